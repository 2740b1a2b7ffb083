"""The rustflags that build scripts and proc macros get today, and which of them a recipe takes away."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from burnish.cargo.flags import ConfigLayer, effective_rustflags
from burnish.job.host_flags import hidden_losses, host_flags, loss_notes, loss_remark, lost_flags, untried_words

HOST, OTHER = "x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"
GATE = {"build": {"rustflags": ["--cfg", "gate", "-Clink-arg=-s"]}}
FLAGS = ("--cfg gate", "-C link-arg=-s")

# What stands in a configuration, and the flags of build scripts and proc macros.
CONFIGURED: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "nothing": ({}, ()),
    "build.rustflags": (GATE, FLAGS),
    "the host's table": ({"target": {HOST: {"rustflags": "--cfg gate"}}}, ("--cfg gate",)),
    "a table that fits the host": ({"target": {"cfg(unix)": {"rustflags": ["--cfg=gate"]}}}, ("--cfg gate",)),
    "another's table": ({"target": {OTHER: {"rustflags": "--cfg gate"}}}, ()),
    "a target by name": ({"build": {**GATE["build"], "target": HOST}}, ()),
    "the host by name": ({"build": {**GATE["build"], "target": ["host-tuple"]}}, ()),
}


def job(config: dict[str, Any], *kinds: str, dependencies: int = 0, platform: str = HOST, **env: str) -> Any:
    """Return as much of a job as is looked at: a project with targets of these kinds."""
    package = SimpleNamespace(
        targets=[SimpleNamespace(kind=[kind]) for kind in kinds], dependencies=[""] * dependencies
    )
    layers = [ConfigLayer(path="x", data=config)]
    machine = SimpleNamespace(
        host=HOST, layers=layers, rustflags=lambda triple: effective_rustflags(layers, env, triple, ["unix"])
    )
    return SimpleNamespace(
        surroundings=machine,
        triple=platform,
        programs=SimpleNamespace(env=env),
        project=SimpleNamespace(members=[package]),
    )


@pytest.mark.parametrize("case", CONFIGURED)
def test_host_flags_are_those_that_reach_build_scripts(case: str) -> None:
    """They are all rustflags for the host, until cargo is told a target."""
    config, expected = CONFIGURED[case]
    assert host_flags(job(config, "bin", "custom-build")) == expected


def test_host_flags_come_from_variables_too() -> None:
    """A variable's flags reach build scripts as a file's do, and a target in a variable ends that as well."""
    assert host_flags(job({}, "proc-macro", RUSTFLAGS="--cfg gate")) == ("--cfg gate",)
    assert host_flags(job(GATE, "proc-macro", CARGO_BUILD_TARGET="host-tuple")) == ()


def test_host_flags_need_code_that_gets_them() -> None:
    """A project without build scripts, proc macros and dependencies has none; what dependencies have is not known."""
    assert host_flags(job(GATE, "bin", "lib")) == ()
    assert host_flags(job(GATE, "bin", dependencies=1)) == FLAGS
    assert host_flags(job(GATE, "bin", "custom-build", platform=OTHER)) == ()


def test_flags_are_lost_where_a_target_is_named() -> None:
    """A recipe that writes `build.target`, or is for another platform than the project's, takes them."""
    here = job(GATE, "custom-build")
    own: Any = SimpleNamespace(triple=HOST)
    other: Any = SimpleNamespace(triple=OTHER)
    assert lost_flags(here, own, None) == ()
    assert lost_flags(here, own, HOST) == FLAGS
    assert lost_flags(here, other, None) == FLAGS


def test_losses_that_a_build_need_not_tell_are_those_that_code_asks_for() -> None:
    """Code that is compiled otherwise for a flag may build without it; a linker's flag is missed at once."""
    assert hidden_losses(job(GATE, "custom-build")) == ("--cfg gate",)
    assert hidden_losses(job({"build": {"rustflags": "-Clink-arg=-s -Cdebug-assertions"}}, "proc-macro")) == (
        "-C debug-assertions=yes",
    )


def test_losses_are_told() -> None:
    """Beforehand, when a build has failed, and when a search leaves settings out for them; else nothing is said."""
    assert [*loss_notes(()), loss_remark(())] == [""]
    assert list(untried_words(job({}, "custom-build"))) == []
    told = [*loss_notes(FLAGS), loss_remark(FLAGS), *untried_words(job(GATE, "custom-build"))]
    assert ["--cfg gate" in words for words in told] == [True, True, True]
    assert ["-C link-arg=-s" in words for words in told] == [True, True, False]
