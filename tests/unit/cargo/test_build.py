"""Builds: what is heard of them while they run, and of one that fails."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from burnish.cargo.build import Built, Cargo, build_with
from burnish.cargo.project import Project
from burnish.cargo.selection import Selection
from burnish.cargo.toolkit import Toolkit
from burnish.system.process import Programs

UNIT = """\
echo '{"reason":"compiler-artifact","package_id":"a","target":{"name":"a","kind":["lib"],"crate_types":["lib"],\
"src_path":"a"},"profile":{"test":false},"filenames":[],"fresh":true}'
"""
Build = Callable[..., tuple[Built, list[Any]]]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Return a function that runs a build by a cargo of the test's own, and gives what was heard of it."""

    def run(script: str, *command: str, **parts: Any) -> tuple[Built, list[Any]]:
        stub = tmp_path / "cargo"
        stub.write_text(f"#!/bin/sh\n{script}", encoding="utf-8")
        stub.chmod(0o755)
        heard: list[Any] = []
        cargo = Cargo(
            programs=Programs(env={"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}),
            project=cast("Project", SimpleNamespace(root=tmp_path, selection=Selection())),
            toolkit=Toolkit(triple="x86_64-unknown-linux-gnu"),
            target_directory=None,
            on_line=parts.get("on_line", lambda _line: None),
            on_unit=lambda name, done: heard.append((name, done)),
            on_failure=heard.append,
        )
        cargo = cargo.without_failures if parts.get("again") else cargo
        return build_with(cargo, command, timeout_seconds=60), heard

    return run


def test_units_are_counted_by_the_command_without_its_overlay(build: Build) -> None:
    """A trial makes about as many units as the build that it is a trial of."""
    built, heard = build(UNIT * 3, "build", "--release", "--config", "overlay.toml")
    assert built.ok
    assert heard == [("build --release", 1), ("build --release", 2), ("build --release", 3)]


def test_failed_build_is_heard_whole_and_without_the_command_lines(build: Build) -> None:
    """The report keeps the end of what was said; whoever watches is told all of it, but not what only `-v` says."""
    lines = "\n".join(f"echo 'error: number {number}' >&2" for number in range(2000))
    built, heard = build(f"echo '     Running `rustc x`' >&2\n{lines}\nexit 101", "build", "--release")
    assert not built.ok
    assert heard == ["\n".join(f"error: number {number}" for number in range(2000))]
    assert len(built.errors) < len(heard[0])


def test_failed_build_that_is_tried_in_another_way_is_not_heard(build: Build) -> None:
    """The same errors are told once."""
    built, heard = build("echo 'error: no' >&2\nexit 101", "build", "--release", again=True)
    assert (built.ok, heard) == (False, [])
