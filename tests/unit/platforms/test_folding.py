"""Whether rustc's own linker folds functions: it is asked to, and no other program of the project is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from burnish.cargo.surroundings import surroundings_of
from burnish.platforms.folding import folds_functions
from burnish.system.process import Programs
from tests.unit.platforms.stubs import HOST, Stubs

WITH_LLD = """\
case "$*" in
  *icf=all*) for last; do :; done; touch "$last";;
  *cfg*) echo unix;;
  *) exit 1;;
esac
"""


def rustc(stubs: Stubs, script: str) -> None:
    """Put a rustc there."""
    stubs.path.mkdir(exist_ok=True)
    program = stubs.path / "rustc"
    program.write_text(f'#!/bin/sh\nPATH=/usr/bin:/bin\necho "$*" >> {stubs.folder}/asked\n{script}', encoding="utf-8")
    program.chmod(0o755)


def asked(stubs: Stubs) -> int:
    """Return how often it was asked to link."""
    log = stubs.folder / "asked"
    return log.read_text(encoding="utf-8").count("icf=all") if log.exists() else 0


def test_linker_that_takes_the_flag_folds_and_leaves_nothing(stubs: Stubs) -> None:
    """It is asked once in a run."""
    rustc(stubs, WITH_LLD)
    machine = stubs.machine()
    assert [folds_functions(machine, HOST), folds_functions(machine, HOST), asked(stubs)] == [True, True, 1]
    assert {path.name for path in stubs.folder.iterdir()} == {"path", "asked"}  # `plan` and `doctor` ask too


def test_linker_that_does_not_know_the_flag_folds_nothing(stubs: Stubs) -> None:
    """GNU's ends with `unrecognized option '--icf=all'`."""
    rustc(stubs, WITH_LLD.replace("icf=all", "icf=none"))
    assert not folds_functions(stubs.machine(), HOST)
    assert asked(stubs) == 1


@pytest.mark.parametrize(
    "keys",
    [
        {"linker": "./theirs"},
        {"rustflags": ["-C", "linker=./theirs"]},
        {"rustflags": ["-Clinker=./theirs"]},
        {"rustflags": ["-C", "link-arg=-fuse-ld=mold"]},
        {"rustflags": "-Zlinker-features=-lld"},
        {"rustflags": ["--codegen", "linker=./theirs"]},
        {"rustflags": ["-Clinker-flavor=gcc"]},
        {"rustflags": ["-Clink-arg=--ld-path=./theirs"]},
        {"rustflags": ["-Clink-arg=-B./theirs"]},
    ],
)
def test_linker_of_the_project_is_not_started(stubs: Stubs, keys: dict[str, object]) -> None:
    """A program of a clone is nobody's before the user builds it."""
    rustc(stubs, WITH_LLD)
    stubs.configure(HOST, **keys)
    assert not folds_functions(stubs.machine(), HOST)
    assert asked(stubs) == 0


def test_other_flags_are_no_linker(stubs: Stubs) -> None:
    """Link-time optimisation by the linker's plugin has only the name in common."""
    rustc(stubs, WITH_LLD)
    stubs.configure(HOST, rustflags=["-Clinker-plugin-lto", "-Clink-arg=-s"])
    assert folds_functions(stubs.machine(), HOST)


@pytest.mark.cargo
def test_real_linker_is_asked(tmp_path: Path) -> None:
    """The answer is that of a link by hand."""
    around = surroundings_of(Programs(env=dict(os.environ)), tmp_path)
    argv = ["rustc", "-", "--crate-name=x", "-Clink-arg=-Wl,--icf=all", "-o", str(tmp_path / "x")]
    by_hand = around.programs.run(argv, cwd=tmp_path, timeout_seconds=60, stdin=b"fn main() {}").ok
    assert folds_functions(around, around.host) == by_hand
