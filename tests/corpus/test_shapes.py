"""What burnish writes into the shapes of well-known projects: cargo takes it, it is in force, and it can be undone."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cases.in_force import not_in_force
from tests.cases.rustc_lines import read_rustc_lines
from tests.conftest import Crate, Run, cases
from tests.corpus.shapes import Shape, read_shape, shape_names

pytestmark = pytest.mark.cargo

NAMES = shape_names()
# One with a configuration of its own, one with overrides for packages, and one with a profile that inherits.
QUICK = ["burntsushi-ripgrep", "clementtsang-bottom", "alacritty-alacritty"]
# Its settings stand in both files, and all that burnish can say of a plan may be said of them.
RECIPE = ("--recipe", "phase1", "--allow-abort")


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A project of a shape, and who tries burnish on it."""

    shape: Shape
    crate: Crate
    burnish: Run

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Start burnish on the program that is chosen."""
        return self.burnish(*arguments, *self.shape.chosen, cwd=self.crate.root)

    def cargo(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Start cargo without a network."""
        return self.burnish(*arguments, "--offline", cwd=self.crate.root, program=("cargo",))


@pytest.fixture(params=cases(quick=QUICK, deep=NAMES))
def tried_shape(request: pytest.FixtureRequest, tmp_path: Path, burnish: Run) -> Tried:
    """Return a project of each shape, committed with its Cargo.lock."""
    shape, crate = read_shape(request.param), Crate(root=tmp_path / request.param)
    shape.make(crate.root)
    made = Tried(shape=shape, crate=crate, burnish=burnish)
    locked = made.cargo("generate-lockfile")
    assert locked.returncode == 0, locked.stderr
    crate.commit()
    return made


def test_there_are_many_shapes() -> None:
    """Each is of another project, and most have profiles."""
    shapes = [read_shape(name) for name in NAMES]
    assert len({shape.origin for shape in shapes}) == len(shapes) >= 60
    assert sum("[profile" in text for shape in shapes for text in shape.files.values()) >= 60


@pytest.mark.promise("C2")
@pytest.mark.promise("H3")
def test_shape_of_a_well_known_project(tried_shape: Tried) -> None:
    """The plan is what is applied; cargo takes it; rustc is given each setting, or it is named; all can be undone."""
    before = tried_shape.crate.tree()
    planned = tried_shape.run("plan", *RECIPE, "--json")
    plan = json.loads(planned.stdout)
    assert tried_shape.crate.tree() == before
    if planned.returncode:
        assert tried_shape.shape.refused, (plan, planned.stderr)
        assert tried_shape.shape.refused in plan["refusal"]["found"]
        refused = tried_shape.run("apply-profile", *RECIPE)
        assert (refused.returncode, plan["refusal"]["found"] in refused.stderr) == (3, True), refused.stderr
        assert tried_shape.crate.tree() == before
        return
    assert not tried_shape.shape.refused
    said = _applied(tried_shape)
    assert {name for name, content in tried_shape.crate.tree().items() if before.get(name) != content} - {".cargo"} == {
        edit["path"] for edit in plan["edits"]
    }
    accepted = tried_shape.cargo("metadata", "--format-version=1", "--locked")
    assert accepted.returncode == 0, accepted.stderr
    assert list(_missing(tried_shape, plan, f"{said}\n{_lines(plan['notes'])}")) == []
    undone = tried_shape.burnish("rollback", cwd=tried_shape.crate.root)
    assert undone.returncode == 0, undone.stderr
    assert tried_shape.crate.tree() == before
    again = tried_shape.run("plan", *RECIPE, "--json")
    assert json.loads(again.stdout)["edits"] == plan["edits"]


def _applied(tried: Tried) -> str:
    """Write both files, and return what burnish said of it."""
    said = ""
    for step in ("apply-profile", "write-config"):
        finished = tried.run(step, *RECIPE)
        assert finished.returncode == 0, finished.stderr
        said += finished.stderr
    twice = tried.run("plan", *RECIPE, "--json")
    assert json.loads(twice.stdout)["edits"] == [], twice.stdout
    return said


def _missing(tried: Tried, plan: Mapping[str, Any], said: str) -> Iterator[str]:
    """Build the program as its user does, and yield each setting that rustc was not given and nobody named."""
    if not tried.shape.chosen:
        built = tried.cargo("build", "--release")
        assert built.returncode == 0, built.stderr
        return
    built = tried.cargo("build", "--release", "-v", *tried.shape.chosen)
    assert built.returncode == 0, built.stderr
    lines = read_rustc_lines(built.stderr)
    judged = tried.shape.chosen[-1]
    assert any(line.crate == judged.replace("-", "_") and "bin" in line.kinds for line in lines)
    yield from dict.fromkeys(not_in_force(plan["recipe"]["settings"], lines, judged, said))


def _lines(notes: list[str]) -> str:
    return "\n".join(notes)
