"""The plan of a candidate: what would be written, what is known of it before, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.errors import Refused
from burnish.job.options import Options
from burnish.job.plan import make_plan, require_in_force, require_no_reliance
from tests.conftest import MANIFEST
from tests.unit.opened import Place, make_place


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a project."""
    return make_place(tmp_path, monkeypatch)


def test_plan_edits_the_manifest_and_writes_nothing(place: Place) -> None:
    """The recipe `quick` is a profile alone."""
    before = place.files()
    job = place.open().job
    plan = make_plan(job, job.opened)
    assert [edit.name for edit in plan.edits] == ["Cargo.toml"]
    assert dict(plan.profile) == {"opt-level": "s", "strip": True}
    assert plan.keys("manifest") == ("profile.release.opt-level", "profile.release.strip")
    assert place.files() == before


def test_plan_of_what_the_files_hold_is_empty(place: Place) -> None:
    """There is nothing to do then."""
    holding = MANIFEST + '\n[profile.release]\nopt-level = "s"\nstrip = true\n'
    (place.root / "Cargo.toml").write_text(holding, encoding="utf-8")
    job = place.open().job
    assert make_plan(job, job.opened).is_empty


def test_flags_go_into_the_table_of_the_target(place: Place) -> None:
    """Behind those that the project has there."""
    (place.root / ".cargo").mkdir()
    config = f'[target.{place.open().job.triple}]\nrustflags = ["-Cforce-frame-pointers=yes"]\n'
    (place.root / ".cargo" / "config.toml").write_text(config, encoding="utf-8")
    job = place.open(Options(recipe="phase1")).job
    plan = make_plan(job, job.opened)
    assert {edit.name for edit in plan.edits} == {"Cargo.toml", ".cargo/config.toml"}
    written = plan.config.after.decode()
    assert written.index("force-frame-pointers=yes") < written.index("crt-static")
    assert {setting.where for setting in plan.settings} >= {"[profile.release]", f"[target.{job.triple}]"}


def test_variable_that_beats_the_recipe_is_refused_with_its_remedy(place: Place) -> None:
    """Cargo takes it before any file."""
    place.env["CARGO_PROFILE_RELEASE_OPT_LEVEL"] = "1"
    job = place.open().job
    plan = make_plan(job, job.opened)
    assert [each.key for each in plan.beaten] == ["opt-level"]
    with pytest.raises(Refused, match="CARGO_PROFILE_RELEASE_OPT_LEVEL"):
        require_in_force(plan)


def test_code_that_catches_panics_is_named_where_they_begin_to_abort(place: Place) -> None:
    """And the recipe refused, unless the user has said so."""
    main = place.root / "src" / "main.rs"
    main.write_text("fn main() { std::panic::catch_unwind(|| ()).ok(); }\n", encoding="utf-8")
    job = place.open(Options(recipe="phase1")).job
    plan = make_plan(job, job.opened)
    assert any("src/main.rs" in each for each in plan.reliances)
    require_no_reliance(plan, allowed=True)
    with pytest.raises(Refused, match="relies on unwinding"):
        require_no_reliance(plan, allowed=False)
    quiet = place.open().job
    assert make_plan(quiet, quiet.opened).reliances == ()
