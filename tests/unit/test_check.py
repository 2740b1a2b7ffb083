"""The check in one process, with a cargo that takes no time: what is judged, what is not, and that nothing changes."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from burnish.check import check_project
from burnish.errors import Refused
from burnish.job.options import Options
from burnish.model import Gate, Report
from burnish.optimize import whole_flow
from burnish.phases.checking import next_after_check
from tests.unit.opened import OPTIONS, Place, make_place


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a project whose binary is the smallest there is, three times."""
    return make_place(tmp_path, monkeypatch)


def checked(place: Place, options: Options = OPTIONS) -> Report:
    """Check the project, and see that no file of the user's is another."""
    before = {path: path.read_bytes() for path in place.root.rglob("*") if path.is_file() and _is_theirs(place, path)}
    with place.session(options) as session:
        report = check_project(session)
    after = {path: path.read_bytes() for path in place.root.rglob("*") if path.is_file() and _is_theirs(place, path)}
    assert before == after
    return report


def _is_theirs(place: Place, path: Path) -> bool:
    return path.relative_to(place.root).parts[0] not in {"target", ".burnish"}


def gate_named(report: Report, name: str) -> Gate:
    """Return one gate of a report."""
    return next(gate for gate in report.gates if gate.name == name)


def test_project_within_its_limits_is_met(place: Place) -> None:
    """It is built once, in a folder of ours, judged by what needs no other build, and the rest is named."""
    report = checked(place, msgspec.structs.replace(OPTIONS, max_size="1 MB", max_startup="9 s"))
    verdicts = {gate.name: gate.verdict for gate in report.gates}
    assert report.outcome == "met"
    assert {name for name, verdict in verdicts.items() if verdict == "pass"} >= {"build", "linkage", "behaviour"}
    assert (verdicts["size"], verdicts["startup"], verdicts["tests"]) == ("pass", "pass", "not-applicable")
    assert "without a reference not judged: size_must_shrink" in gate_named(report, "size").reason
    assert report.check is not None
    assert report.check.left_out == ["size_must_shrink"]
    assert report.candidate is None
    assert report.baseline is not None
    assert str(report.baseline.artifact).startswith("target/burnish/baseline/")
    assert not (place.root / "target" / "release").exists()


def test_project_over_its_size_is_not_met(place: Place) -> None:
    """The gate says by how much, and the next command looks for settings."""
    report = checked(place, msgspec.structs.replace(OPTIONS, max_size="100"))
    assert (report.outcome, gate_named(report, "size").verdict) == ("not_met", "fail")
    assert next_after_check(report).startswith("burnish optimize")


def test_tests_are_run_where_that_is_asked_for(place: Place) -> None:
    """Nobody has to wait for them who did not ask."""
    assert "--tests runs them" in gate_named(checked(place), "tests").reason
    assert not [argv for argv in place.asked if argv[1:2] == ("test",)]
    checked(place, msgspec.structs.replace(OPTIONS, tests=True))
    assert [argv for argv in place.asked if argv[1:2] == ("test",)]


def test_kept_recipe_is_in_force(place: Place) -> None:
    """What was kept is looked for on the command lines of rustc."""
    with place.session() as session:
        assert whole_flow(session).outcome == "kept"
    report = checked(place)
    assert report.outcome == "met"
    assert report.check is not None
    assert report.check.kept == "quick"
    assert "2 settings in force in 1 package" in gate_named(report, "build").reason


def test_kept_recipe_that_a_variable_beats_is_named(place: Place) -> None:
    """The setting, what it is instead, and the variable that says so."""
    with place.session() as session:
        assert whole_flow(session).outcome == "kept"
    cargo = place.stubs / "cargo"
    cargo.write_text(cargo.read_text(encoding="utf-8").replace("opt-level=s", "opt-level=3"), encoding="utf-8")
    place.env["CARGO_PROFILE_RELEASE_OPT_LEVEL"] = "3"
    report = checked(place)
    assert (report.outcome, gate_named(report, "build").verdict) == ("not_met", "fail")
    reason = gate_named(report, "build").reason
    assert "hello has opt-level 3 instead of s" in reason
    assert "the variable CARGO_PROFILE_RELEASE_OPT_LEVEL sets opt-level" in reason
    assert next_after_check(report).startswith("burnish doctor")


def test_kept_recipe_that_was_edited_out_is_named(place: Place) -> None:
    """The file that does not hold it any more is the cause."""
    with place.session() as session:
        assert whole_flow(session).outcome == "kept"
    manifest = place.root / "Cargo.toml"
    manifest.write_text(
        manifest.read_text(encoding="utf-8").replace("\nstrip = true", "\nstrip = false"), encoding="utf-8"
    )
    cargo = place.stubs / "cargo"
    cargo.write_text(cargo.read_text(encoding="utf-8").replace("strip=symbols", "strip=none"), encoding="utf-8")
    report = checked(place)
    assert report.outcome == "not_met"
    assert "Cargo.toml does not hold the recipe quick any more" in gate_named(report, "build").reason


def test_project_that_holds_no_recipe_is_asked_for_none(place: Place) -> None:
    """There is nothing that could be silenced."""
    report = checked(place)
    assert report.check is not None
    assert report.check.kept == ""
    assert "in force" not in gate_named(report, "build").reason


def test_project_that_does_not_build_is_refused(place: Place) -> None:
    """There is nothing to judge."""
    (place.stubs / "at-build").write_text('echo "error: never" >&2; exit 101\n', encoding="utf-8")
    with place.session() as session, pytest.raises(Refused, match="does not build as it stands"):
        check_project(session)


def test_kept_recipe_that_is_not_known_any_more_is_told(place: Place) -> None:
    """Nothing can be looked for, and nobody is left to believe that it was."""
    with place.session() as session:
        assert whole_flow(session).outcome == "kept"
    manifest = place.root / "Cargo.toml"
    text = (
        manifest.read_text(encoding="utf-8").replace('"quick"', '"portable"').replace("recipes.quick", "recipes.other")
    )
    manifest.write_text(text, encoding="utf-8")
    report = checked(place)
    assert any("the recipe quick, which was kept here, is not known any more" in text for text in report.warnings)
    assert report.check is not None
    assert report.check.kept == ""
