"""What burnish writes into the shapes of well-known projects: cargo takes it, it is in force, and it can be undone."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from burnish.job.opening import Opened, open_job
from burnish.job.options import Options
from burnish.job.plan import Plan, make_plan
from burnish.job.session import opened_session
from burnish.job.undoing import roll_back
from burnish.phases.applying import write_link_settings, write_profile
from burnish.phases.before import require_applicable
from burnish.system.console import Console
from burnish.transaction.registry import user_state
from tests.cases.in_force import not_in_force
from tests.cases.rustc_lines import read_rustc_lines
from tests.conftest import Crate, Run, cases
from tests.corpus.shapes import Shape, read_shape, shape_names

pytestmark = pytest.mark.cargo

NAMES = shape_names()
# Much configuration of its own, profiles that inherit from each other, and overrides for packages.
QUICK = ["burntsushi-ripgrep", "alacritty-alacritty", "clementtsang-bottom"]
# Its settings stand in both files. That panics abort is the user's word here: what is tried are the files.
RECIPE = "phase1"


@dataclass(frozen=True, kw_only=True)
class Project:
    """A project of a shape, and what starts burnish and cargo on it."""

    shape: Shape
    crate: Crate
    run: Run
    env: Mapping[str, str]

    def cargo(self, *arguments: str) -> str:
        """Start cargo without a network, and return what it said."""
        finished = self.run(*arguments, "--offline", cwd=self.crate.root, program=("cargo",))
        assert finished.returncode == 0, finished.stderr
        return finished.stderr

    def open(self) -> Opened:
        """Open a job on the program that is chosen, as a step does."""
        chosen = dict(zip(self.shape.chosen[::2], self.shape.chosen[1::2], strict=True))
        package, bins = ((chosen[name],) if name in chosen else () for name in ("--package", "--bin"))
        options = Options(recipe=RECIPE, allow_abort=True, package=package, bin=bins)
        console = Console(env={}, out=io.StringIO(), err=io.StringIO())
        return open_job(options, console=console, env=self.env, cwd=self.crate.root, fresh=True)


@pytest.fixture(params=cases(quick=QUICK, deep=NAMES))
def project(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    burnish: Run,
    user_env: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Project:
    """Return a project of each shape, committed with its Cargo.lock."""
    monkeypatch.setenv("XDG_STATE_HOME", user_env["XDG_STATE_HOME"])
    shape, crate = read_shape(request.param), Crate(root=tmp_path / request.param)
    shape.make(crate.root)
    made = Project(shape=shape, crate=crate, run=burnish, env=user_env)
    made.cargo("generate-lockfile")
    crate.commit()
    return made


def test_there_are_many_shapes() -> None:
    """Each is of another project, and most have profiles and a configuration."""
    shapes = [read_shape(name) for name in NAMES]
    assert len({shape.origin for shape in shapes}) == len(shapes) >= 60
    assert sum("[profile" in shape.files["Cargo.toml"] for shape in shapes) >= 60
    assert sum(any(name.startswith(".cargo/") for name in shape.files) for shape in shapes) >= 40


def test_shape_of_a_well_known_project(project: Project) -> None:
    """What is written was planned; cargo takes it; rustc is given each setting, or it is named; all goes back."""
    before = project.crate.tree()
    job, notes = project.open()
    plan = make_plan(job, job.opened)
    require_applicable(job, notes, plan)
    assert project.crate.tree() == before
    _write(opened := project.open())
    changed = {name for name, digest in project.crate.tree().items() if before.get(name) != digest}
    assert changed - {".cargo"} == {edit.name for edit in plan.edits}
    assert make_plan(opened.job, job.opened).is_empty
    missing = list(_missing(project, plan))
    assert missing == []
    undone = roll_back(job.project.root, user_state(), job.console, to=None, only_live=True)
    assert undone.numbers
    assert project.crate.tree() == before


def _write(opened: Opened) -> None:
    """Write both files, as the steps do."""
    job, notes = opened
    with opened_session(job, notes, "test") as session:
        write_profile(session, job.opened)
        write_link_settings(session, job.opened)


def _missing(project: Project, plan: Plan) -> Iterator[str]:
    """Build the program as its user does, and yield each setting that rustc was not given and no note names."""
    lines = read_rustc_lines(project.cargo("build", "--release", "-v", *project.shape.chosen))
    if not project.shape.chosen:
        return
    judged = project.shape.chosen[-1]
    assert any(line.crate == judged.replace("-", "_") and "bin" in line.kinds for line in lines)
    settings = [{"where": each.where, "key": each.key, "value": each.value} for each in plan.settings]
    yield from dict.fromkeys(not_in_force(settings, lines, judged, "\n".join(plan.notes)))
