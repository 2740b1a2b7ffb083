"""The flow in one process, with a cargo that takes no time: what is done, in which order, and what is left."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from burnish.cargo.project import Project
from burnish.cargo.scan import UnwindingScan, scan_for_unwinding
from burnish.errors import Refused
from burnish.optimize import whole_flow
from burnish.phases.judging import next_after
from tests.unit.opened import OPTIONS, Place, make_place


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a project whose binary is smaller with the recipe than without."""
    return make_place(tmp_path, monkeypatch)


def subcommands(place: Place) -> list[str]:
    """Return what cargo was asked to do, without what only looks."""
    return [argv[1] for argv in place.asked if Path(argv[0]).name == "cargo" and argv[1] in {"build", "test", "bench"}]


def test_change_that_meets_all_is_kept(place: Place) -> None:
    """Both sides are built, tested and judged, the files hold the recipe, and the report says all of it."""
    with place.session() as session:
        report = whole_flow(session)
    assert report.outcome == "kept"
    assert {gate.verdict for gate in report.gates} <= {"pass", "not-applicable"}
    assert b'opt-level = "s"' in place.files()["Cargo.toml"]
    # The baseline, the trial, and what is written, twice for the judge; tests only once something may pass.
    assert subcommands(place) == ["build", "build", "test", "build", "test", "build"]


def test_the_same_again_finds_nothing_to_do(place: Place) -> None:
    """Nothing is built for a recipe that the files hold."""
    with place.session() as session:
        whole_flow(session)
    place.asked.clear()
    with place.session() as session:
        assert whole_flow(session).outcome == "nothing_to_do"
    assert subcommands(place) == []


def test_gate_that_fails_puts_all_back(place: Place) -> None:
    """A binary that grew is rolled back, with the reason in the report."""
    (place.stubs / "at-build").write_text(
        'if grep -q "^.profile.release" Cargo.toml; then cat "$stubs/small" "$stubs/small" "$stubs/small" >> '
        '"$folder/hello"; fi\n',
        encoding="utf-8",
    )
    before = place.files()
    with place.session() as session:
        report = whole_flow(session)
    assert report.outcome == "rolled_back"
    assert {gate.name for gate in report.gates if gate.verdict == "fail"} == {"size"}
    assert place.files() == before
    assert not (place.root / ".burnish" / "active.json").exists()


def test_candidate_that_does_not_build_is_not_tested(place: Place) -> None:
    """What cannot be built is judged at once."""
    (place.stubs / "at-build").write_text(
        'if grep -q "^.profile.release" Cargo.toml; then echo "error: not with this" >&2; exit 101; fi\n',
        encoding="utf-8",
    )
    before = place.files()
    with place.session() as session:
        report = whole_flow(session)
    assert report.outcome == "rolled_back"
    assert next(gate for gate in report.gates if gate.name == "build").verdict == "fail"
    assert subcommands(place) == ["build", "build", "test", "build"]
    assert place.files() == before


# The overlay is in force, as the stub sees it where the manifest holds the profile.
LARGE = 'case "$*" in *--config*) cat "$folder/hello" >> "$folder/hello.x"; cat "$folder/hello.x" >> "$folder/hello"; '
LARGE += "grep() { true; } ;; esac\n"


def test_recipe_that_is_far_from_the_limit_costs_two_builds(place: Place) -> None:
    """It is seen by a trial: no file is edited, no test is run, and the report says what was not run, and why."""
    (place.stubs / "at-build").write_text(LARGE, encoding="utf-8")
    before = place.files()
    with place.session() as session:
        report = whole_flow(session)
    verdicts = {gate.name: gate.verdict for gate in report.gates}
    assert (report.outcome, verdicts["size"], verdicts["tests"]) == ("rolled_back", "fail", "not-applicable")
    assert "not run, since size failed" in next(gate.reason for gate in report.gates if gate.name == "tests")
    assert subcommands(place) == ["build", "build"]
    assert "apply-profile" not in place.said.getvalue()
    assert place.files() == before


def test_all_gates_are_run_where_that_is_asked_for(place: Place) -> None:
    """Who wants to know the rest gets it, though the first gate has failed."""
    grown = 'if grep -q "^.profile.release" Cargo.toml; then cat "$stubs/small" "$stubs/small" "$stubs/small" >> '
    (place.stubs / "at-build").write_text(f'{grown}"$folder/hello"; fi\n', encoding="utf-8")
    with place.session(msgspec.structs.replace(OPTIONS, all_gates=True)) as session:
        report = whole_flow(session)
    verdicts = {gate.name: gate.verdict for gate in report.gates}
    assert (report.outcome, verdicts["size"]) == ("rolled_back", "fail")
    assert subcommands(place) == ["build", "test", "build", "test", "build"]


def test_project_that_does_not_build_is_refused(place: Place) -> None:
    """Without a baseline there is nothing to compare with, and nothing was touched."""
    (place.stubs / "at-build").write_text('echo "error: never" >&2; exit 101\n', encoding="utf-8")
    before = place.files()
    with place.session() as session, pytest.raises(Refused, match="does not build as it is"):
        whole_flow(session)
    assert place.files() == before


def test_limit_that_no_program_meets_here_is_told_before_anything_is_built(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no verdict on the program, and costs a few looks at the floor, several since a machine may be busy once."""
    pauses: list[float] = []
    monkeypatch.setattr("burnish.phases.starting.time.sleep", pauses.append)
    before = place.files()
    with place.session(msgspec.structs.replace(OPTIONS, max_startup="1 us")) as session:
        report = whole_flow(session)
    assert report.outcome == "rolled_back"
    assert [(gate.name, gate.verdict) for gate in report.gates] == [("startup", "inconclusive")]
    assert "no program could meet the limit here" in report.gates[0].reason
    assert next_after(report).startswith(
        "burnish optimize, when the machine has less to do; or with max_startup_above_"
    )
    assert len(pauses) == 4
    assert subcommands(place) == []
    assert place.files() == before


def test_limit_that_a_program_may_meet_here_is_judged(place: Place) -> None:
    """One look at the floor is enough then."""
    with place.session(msgspec.structs.replace(OPTIONS, max_startup="9 s")) as session:
        assert whole_flow(session).outcome == "kept"


def test_no_question_is_asked_twice(place: Place) -> None:
    """What rustc, cargo, git and hyperfine say of themselves stays the same for a run."""
    with place.session() as session:
        whole_flow(session)
    questions = Counter(
        argv
        for argv in place.asked
        if "target" not in Path(argv[0]).parts
        and (argv[-1] in {"-vV", "--version"} or {"--print", "rev-parse", "check-ignore", "metadata"} & {*argv})
    )
    assert len(questions) >= 4
    assert {argv: count for argv, count in questions.items() if count > 1} == {}


def test_sources_are_searched_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Searching a large project for code that relies on unwinding takes long."""
    manifest = (place.root / "Cargo.toml").read_text(encoding="utf-8")
    aborting = manifest.replace('opt-level = "s", strip = true', 'opt-level = "s", panic = "abort"')
    (place.root / "Cargo.toml").write_text(aborting, encoding="utf-8")
    searched: list[Project] = []

    def scan(project: Project, _given: object) -> UnwindingScan:
        searched.append(project)
        return scan_for_unwinding(project)

    monkeypatch.setattr("burnish.job.job.scan_for_unwinding", scan)
    with place.session() as session:
        whole_flow(session)
    assert len(searched) == 1


def test_job_stays_as_it_was_opened(place: Place) -> None:
    """Nothing of a job can be changed, and the flow leaves it as it was."""
    with place.session() as session:
        job, before = session.job, dataclasses.replace(session.job)
        whole_flow(session)
        assert all(getattr(job, each.name) is getattr(before, each.name) for each in dataclasses.fields(job))
        with pytest.raises(dataclasses.FrozenInstanceError):
            job.opened = before.opened  # type: ignore[misc]


def test_price_is_said_before_the_first_build_and_after_it(place: Place) -> None:
    """First what is done; then its time, as far as the baseline's build tells; an earlier run tells all of it."""
    before = place.files()
    with place.session() as session:
        report = whole_flow(session)
    said = place.said.getvalue()
    first = said.index("ahead: the baseline build, about 1 trial build, the final build, 2 test runs")
    second = said.index("ahead: about 1 s of building: about 1 trial build, the final build; then 2 test runs")
    assert first < said.index("==> 0 baseline") < second < said.index("==> trial")
    assert report.price is not None
    assert (report.price.trials, report.price.is_whole) == (1, False)

    (place.root / "Cargo.toml").write_bytes(before["Cargo.toml"])
    with place.session() as session:
        again = whole_flow(session)
    assert again.price is not None
    assert again.price.is_whole
    assert "its time is known" not in place.said.getvalue()[len(said) :]
