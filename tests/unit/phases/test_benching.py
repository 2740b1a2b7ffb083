"""Whose platform benches are built for."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from burnish.cargo.build import Cargo
from burnish.cargo.project import Project
from burnish.cargo.toolkit import Toolkit
from burnish.phases import benching
from burnish.system.process import Programs

GNU, MUSL = "x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl"


def cargo_of(monkeypatch: pytest.MonkeyPatch, triple: str, toolkit: Toolkit) -> tuple[Cargo, Cargo, list[str]]:
    """Return cargo for the candidate and for its benches, and what was said, in a run that began for GNU."""
    said: list[str] = []
    own = Cargo(
        programs=Programs(env={}),
        project=cast("Project", None),
        toolkit=toolkit,
        target_directory=Path("t"),
        on_line=said.append,
    )
    monkeypatch.setattr(benching, "cargo_of", lambda _job, _candidate, _name: own)
    job: Any = SimpleNamespace(triple=GNU)
    notes: Any = SimpleNamespace(warn=said.append)
    candidate: Any = SimpleNamespace(triple=triple)
    return own, benching._cargo_of(job, notes, candidate, "candidate"), said


def test_benches_are_built_as_the_candidate_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """On one platform there is nothing to part, and nothing to say."""
    own, benches, said = cargo_of(monkeypatch, GNU, Toolkit(triple=GNU))
    assert benches is own
    assert said == []


def test_benches_of_a_pick_for_another_platform_are_the_librarys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's users build it for their own platform, with their own standard library; and the report says so."""
    musl = Toolkit(triple=MUSL, arguments=("--target", MUSL, "-Z", "build-std=std"), env={"RUSTC_BOOTSTRAP": "1"})
    own, benches, said = cargo_of(monkeypatch, MUSL, musl)
    assert benches == dataclasses.replace(own, toolkit=Toolkit(triple=GNU, arguments=("--target", GNU)))
    assert said == [f"benches are built for {GNU}, as users of the library build it: {MUSL} is the binary's"]
