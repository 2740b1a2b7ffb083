"""Static binaries with musl: what is told to whom, where they cannot be built, or their C code cannot."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from pathlib import Path

import pytest

from burnish.cargo.toolkit import Toolkit
from burnish.job.allocating import MUSL
from burnish.job.options import Options
from burnish.platforms.finding import Found, Lack
from burnish.search import musl, space
from burnish.search.musl import has_no_c_compiler, musl_lacks, remedies
from burnish.search.picked import candidate_of
from burnish.search.space import read_facts, space_of
from tests.unit.opened import Place, make_place

VARIABLE = "CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_RUSTDOCFLAGS"
PLAIN = Found(toolkit=Toolkit(triple=MUSL, arguments=("--target", MUSL)))
REBUILT = Found(toolkit=Toolkit(triple=MUSL, arguments=("--target", MUSL, "-Z", "build-std=std"), env={"A": "1"}))
NONE = Found(toolkit=Toolkit(triple=MUSL)).without("standard library", "no toolchain here has it")
LACKS = (Lack(subject="standard library", found="no toolchain here has it"),)
LOCK = 'version = 4\n[[package]]\nname = "hello"\nversion = "0.1.0"\n[[package]]\nname = "cc"\nversion = "1.0.0"\n'


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a small project."""
    return make_place(tmp_path, monkeypatch)


@pytest.fixture
def can(monkeypatch: pytest.MonkeyPatch) -> dict[str, Found]:
    """Return what is found of musl here: as it comes, and rebuilt; and let tests change it."""
    here = {"plain": NONE, "rebuilt": NONE}

    def found(*_: object, rebuilt: bool = False) -> Found:
        return here["rebuilt" if rebuilt else "plain"]

    for module in (musl, space):
        monkeypatch.setattr(module, "find_toolkit", found)
    monkeypatch.setattr("burnish.search.picked.find_toolkit", found)
    return here


def test_who_would_have_static_musl_is_told_how_to_get_it(place: Place, can: dict[str, Found]) -> None:
    """The commands repeat what was asked for; nothing is told once musl is there."""
    job = place.open(Options(budget="phase1")).job
    assert musl_lacks(job) == LACKS
    (remedy,) = remedies(job)
    assert remedy.endswith("`burnish doctor --fix --budget phase1`, then `burnish optimize --budget phase1`")
    can["plain"] = PLAIN
    assert (musl_lacks(job), remedies(job)) == ((), [])


@pytest.mark.usefixtures("can")
def test_who_does_not_take_musl_is_told_nothing(place: Place) -> None:
    """Its allocator is not accepted: it would not be tried if it were there."""
    job = place.open().job
    assert (musl_lacks(job), remedies(job)) == ((), [])


def test_standard_library_is_rebuilt_where_it_comes_with_the_toolchain_too(place: Place, can: dict[str, Found]) -> None:
    """Candidates for size have it rebuilt; plain musl takes it as it is."""
    can.update(plain=PLAIN, rebuilt=REBUILT)
    opened = place.open(Options(accept=("all",)))
    assert {"musl", "build-std"} <= read_facts(opened.job)
    known = space_of(opened.job, opened.notes)
    plain = known.candidate(["link.musl"])
    assert plain is not None
    assert not candidate_of(opened.job, plain).toolkit.rebuilds_std
    for name, features in (
        ("link.musl-for-size", "panic-unwind,backtrace,optimize_for_size"),
        ("link.musl-traceless", "panic-unwind"),
    ):
        rebuilt = known.candidate([name])
        assert rebuilt is not None
        toolkit = candidate_of(opened.job, rebuilt).toolkit
        assert toolkit.rebuilds_std
        assert f"build-std-features={features}" in toolkit.arguments


@pytest.mark.parametrize("before", ["", "-C link-self-contained=no", "-C relocation-model=static -C x=y"])
def test_documentation_tests_are_linked_as_the_program_is(place: Place, can: dict[str, Found], before: str) -> None:
    """Rustdoc sees no rustflags, and links no code for a fixed address into what may be loaded anywhere."""
    known = {VARIABLE: before} if before else {}
    toolkit = dataclasses.replace(REBUILT.toolkit, runner_env=known)
    can.update(plain=PLAIN, rebuilt=Found(toolkit=toolkit))
    opened = place.open(Options(accept=("all",)))
    small, plain = (
        space_of(opened.job, opened.notes).candidate([name, "position.fixed"])
        for name in ("link.musl-for-size", "link.musl")
    )
    assert small is not None
    assert plain is not None
    said = candidate_of(opened.job, small).toolkit.runner_env[VARIABLE]
    assert said == (before if "relocation" in before else f"{before} -C relocation-model=static".strip())
    assert candidate_of(opened.job, plain).toolkit.runner_env == {}


def test_c_compiler_for_musl_is_missed_where_c_code_is_built(
    place: Place, can: dict[str, Found], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests build C code too; where no crate does, none is needed."""
    can["plain"] = PLAIN
    monkeypatch.setattr(musl, "_COMPILERS", ("t-musl-gcc",))  # one that no machine has
    options = Options(budget="phase1")
    assert not has_no_c_compiler(place.open(options).job)
    (place.root / "Cargo.lock").write_text(LOCK, encoding="utf-8")
    assert has_no_c_compiler(place.open(options).job)
    assert not has_no_c_compiler(place.open().job)
    compiler = place.stubs / "t-musl-gcc"
    compiler.write_text("#!/bin/sh\n", encoding="utf-8")
    compiler.chmod(0o755)
    assert not has_no_c_compiler(place.open(options).job)


@pytest.mark.usefixtures("can")
def test_who_builds_for_another_platform_is_told_nothing(place: Place) -> None:
    """Static musl takes the place of glibc on x86_64 Linux alone."""
    (place.root / "Cargo.lock").write_text(LOCK, encoding="utf-8")
    job = place.open(Options(budget="phase1")).job
    job = replace(job, opened=replace(job.opened, triple="aarch64-unknown-linux-gnu"))
    assert (musl_lacks(job), remedies(job), has_no_c_compiler(job)) == ((), [], False)
