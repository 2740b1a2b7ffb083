"""The check against a commit in one process, with a cargo that takes no time: both sides, and what is between them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from burnish.check import check_project
from burnish.errors import Refused, UsageError
from burnish.job.options import Options
from burnish.model import Gate, Report, Side
from burnish.phases.checking import next_after_check
from burnish.sides import references
from tests.conftest import MANIFEST, Crate
from tests.unit.opened import Place, make_place

AGAINST = Options(against="v1", set=('budget.max_size_growth="100 B"',))
WORKLOAD = '\n[[package.metadata.burnish.workloads]]\nname = "work"\nargs = ["--work"]\n'
# Four rounds: on a busy machine the interval of two has hardly an end.
FAST = "\n[package.metadata.burnish.throughput]\nrounds = 4\nmax_rounds = 4\nruns = 1\nwarmup = 0\n"
# What the commit gives is another program there, which ends with another status.
OTHER_THERE = """\
case "$PWD" in */checkout) cp /bin/false "$folder/hello" ;; esac
"""
NEVER_THERE = """\
case "$PWD" in */checkout) echo "error: no such luck" >&2; exit 101 ;; esac
"""


# All but refs/notes/burnish, in which each check leaves its numbers.
USERS_REFS = ("refs/heads", "refs/tags", "refs/remotes", "refs/stash")


def committed(folder: Path, monkeypatch: pytest.MonkeyPatch, manifest: str = MANIFEST) -> Place:
    """Return a project in git, with a tag."""
    place = make_place(folder, monkeypatch, manifest=manifest)
    repository = crate_at(place)
    repository.write({".gitignore": "target\nCargo.lock\n"})
    repository.commit()
    repository.git("tag", "v1")
    return place


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a project whose binary is the smallest there is, three times."""
    return committed(tmp_path, monkeypatch)


def crate_at(place: Place) -> Crate:
    """Return the project as a crate with git."""
    return Crate(root=place.root)


def checked(place: Place, options: Options = AGAINST, **more: Any) -> Report:
    """Check the project, and see that git has nothing to tell afterwards that it had not before."""
    words = ("status", "--porcelain"), ("worktree", "list"), ("for-each-ref", *USERS_REFS)
    before = [crate_at(place).git(*each) for each in words]
    with place.session(msgspec.structs.replace(options, **more)) as session:
        report = check_project(session)
    assert [crate_at(place).git(*each) for each in words] == before
    return report


def gate_named(report: Report, name: str) -> Gate:
    """Return one gate of a report."""
    return next(gate for gate in report.gates if gate.name == name)


def sides(report: Report) -> tuple[Side, Side]:
    """Return the reference and the project."""
    assert report.baseline is not None
    assert report.candidate is not None
    return report.baseline, report.candidate


def test_commit_is_the_baseline_and_the_project_the_candidate(place: Place) -> None:
    """Both are built beside the user's own builds, and timed; a project that has not changed has not grown."""
    report = checked(place)
    before, after = sides(report)
    assert report.outcome == "met"
    assert before.size_bytes == after.size_bytes
    assert (before.artifact, after.artifact) == (
        "target/burnish/revision/release/hello",
        "target/burnish/baseline/release/hello",
    )
    assert after.startup is not None
    assert after.startup.ratio_to_baseline is not None
    assert not (place.root / "target" / "release").exists()
    assert report.check is not None
    assert report.check.left_out == ["size_must_shrink"]
    assert "in a check not judged: size_must_shrink" in gate_named(report, "size").reason


def test_growth_beyond_the_limit_is_not_met(place: Place) -> None:
    """The gate says by how much, and the next command is the one that accepts it."""
    (place.root / "grown").write_bytes(b"x" * 101)
    report = checked(place)
    assert (report.outcome, gate_named(report, "size").verdict) == ("not_met", "fail")
    assert "1 B more than 100 B allow" in gate_named(report, "size").reason
    assert report.check is not None
    assert report.check.beyond == ["size"]
    assert next_after_check(report).startswith('burnish check --against v1 --accept-growth "WHY"')


def test_limits_of_an_optimisation_are_none_of_a_change(place: Place) -> None:
    """The default budget asks a recipe for a smaller file; a commit may leave it as it is, or larger."""
    (place.root / "grown").write_bytes(b"x")
    report = checked(place, Options(against="v1"))
    assert (report.outcome, gate_named(report, "size").verdict) == ("met", "not-applicable")


def test_growth_is_accepted_once(place: Place) -> None:
    """Written where it is needed, and not where nothing grows; no more of it is passed later."""
    nothing = checked(place, accept_growth="why not")
    assert nothing.outcome == "met"
    assert not (place.root / "burnish.lock.toml").exists()
    (place.root / "grown").write_bytes(b"x" * 101)
    with place.session(msgspec.structs.replace(AGAINST, accept_growth="a table")) as session:
        report = check_project(session)
    assert (report.outcome, gate_named(report, "size").verdict) == ("met", "pass")
    assert "is accepted by" in gate_named(report, "size").reason
    assert "a table" in gate_named(report, "size").reason
    (place.root / "grown").write_bytes(b"x" * 5000)
    assert gate_named(checked(place), "size").verdict == "fail"
    crate_at(place).git("add", "-A")
    crate_at(place).git("commit", "-q", "-m", "grown")
    crate_at(place).git("tag", "v2")
    (place.root / "grown").write_bytes(b"x" * 5101)
    assert gate_named(checked(place, against="v2"), "size").verdict == "fail"


def test_commit_that_does_not_build_leaves_relative_limits_open(place: Place) -> None:
    """By its first error, with what a checkout does not hold; nothing is kept of it, and the next check tries again."""
    (place.stubs / "at-build").write_text(NEVER_THERE, encoding="utf-8")
    report = checked(place, set=('budget.max_size_growth="1%"', 'budget.max_startup_growth="5%"'))
    verdicts = {gate.name: gate.verdict for gate in report.gates}
    assert (verdicts["build"], verdicts["size"], verdicts["startup"]) == ("pass", "inconclusive", "inconclusive")
    assert "does not build: error: no such luck" in gate_named(report, "size").reason
    assert "does not build: error: no such luck" in gate_named(report, "startup").reason
    assert sides(report)[1].startup is not None
    assert next_after_check(report) == "burnish check --against REF, with a commit that builds"
    (place.stubs / "at-build").unlink()
    assert checked(place).outcome == "met"


def test_what_a_checkout_lacks_is_named_where_it_does_not_build(place: Place) -> None:
    """Submodules are not in it, and files of Git LFS may be pointers."""
    repository = crate_at(place)
    other = Crate(root=place.root.parent / "other")
    other.write({"x": ""})
    other.commit()
    repository.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other.root), "vendor")
    repository.write({".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"})
    repository.commit()
    (place.stubs / "at-build").write_text(NEVER_THERE, encoding="utf-8")
    reason = gate_named(checked(place, against="HEAD"), "size").reason
    assert "a checkout has no submodules: vendor; files that Git LFS keeps may not be there" in reason


def test_commit_that_starts_otherwise_is_not_timed(place: Place) -> None:
    """The project's own start-up is, and its own limits are judged; what compares is open, and says why."""
    (place.stubs / "at-build").write_text(OTHER_THERE, encoding="utf-8")
    report = checked(place, max_startup="9 s", set=('budget.max_startup_growth="5%"',))
    before, after = sides(report)
    assert (before.startup, after.startup is not None) == (None, True)
    gate = gate_named(report, "startup")
    assert gate.verdict == "inconclusive"
    assert "the baseline's start-up command ends otherwise" in gate.reason
    assert checked(place, Options(against="v1"), max_startup="9 s").outcome == "met"


def test_workload_that_the_commit_cannot_do_is_timed_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be new with this change: its own limit is judged, and the ratio is open."""
    manifest = MANIFEST + WORKLOAD + "max_seconds = 9\n" + FAST
    place = committed(tmp_path, monkeypatch, manifest)
    both = checked(place, Options(against="v1", set=("budget.max_workload_ratio = 1e12",)))
    assert (both.outcome, gate_named(both, "workloads").verdict) == ("met", "pass")
    assert sides(both)[1].workloads[0].times is not None
    (place.stubs / "at-build").write_text(OTHER_THERE, encoding="utf-8")
    crate_at(place).git("commit", "-q", "--allow-empty", "-m", "another")
    report = checked(place, Options(against="HEAD"))
    before, after = sides(report)
    assert before.workloads[0].failure == "gave exit status 1 instead of 0"
    assert after.workloads[0].times is not None
    gate = gate_named(report, "workloads")
    assert gate.verdict == "inconclusive"
    assert "not comparable, since the baseline's ends otherwise: work" in gate.reason


def test_other_output_of_a_change_is_told_and_not_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit may mean to print something else."""
    place = committed(tmp_path, monkeypatch, MANIFEST + WORKLOAD + FAST)
    chatty = OTHER_THERE.replace("false", "echo")
    (place.stubs / "at-build").write_text(chatty, encoding="utf-8")
    report = checked(place, Options(against="v1", set=("budget.max_workload_ratio = 1e12",)))
    assert gate_named(report, "workloads").verdict == "pass"
    assert "other output than the baseline's: work" in gate_named(report, "workloads").reason


def test_new_program_has_nothing_to_compare_with(place: Place) -> None:
    """Its package may be new with the change: it is judged by itself, and says so."""
    repository = crate_at(place)
    repository.git("rm", "-q", "--cached", "Cargo.toml")
    repository.git("commit", "-q", "-m", "none")
    repository.git("tag", "none")
    repository.git("add", "Cargo.toml")
    repository.git("commit", "-q", "-m", "again")
    report = checked(place, against="none", max_size="1 MB")
    assert (report.outcome, report.baseline) == ("met", None)
    assert "since none" in gate_named(report, "size").reason
    assert "has no such program: there is no Cargo.toml, not judged: " in gate_named(report, "size").reason


@pytest.mark.parametrize("limit", ["max_instructions_ratio = 1.5", 'max_instructions_growth = "50%"'])
def test_instructions_are_counted_where_the_budget_limits_them(place: Place, limit: str) -> None:
    """They tell more than times on a busy machine; where nobody counts them that is said, and nothing is shown."""
    limited = (f"budget.{limit}",)
    gate = gate_named(checked(place, set=limited), "instructions")
    counts = sides(checked(place, set=limited))[1].instructions
    assert gate.verdict == ("pass" if counts and not counts[0].failure else "inconclusive")
    alone = checked(place, Options(set=limited))
    assert alone.check is not None
    assert limit.partition(" ")[0] in alone.check.left_out
    assert "instructions" not in {each.name for each in checked(place).gates}


def test_tests_are_those_of_the_project(place: Place) -> None:
    """They are built where the check builds, and the commit's are not run."""
    report = checked(place, tests=True)
    assert sides(report)[1].tests is not None
    assert sides(report)[0].tests is None
    assert len([argv for argv in place.asked if argv[1:2] == ("test",)]) == 1
    assert not (place.root / "target" / "release").exists()


def test_what_was_built_is_taken_again_unless_it_was_touched(place: Place) -> None:
    """The second check asks cargo for the project alone; a program that is another by now is built anew."""

    def builds() -> int:
        return len([argv for argv in place.asked if argv[1:2] == ("build",)])

    checked(place)
    assert builds() == 2
    report = checked(place)
    assert builds() == 3
    assert report.check is not None
    assert report.check.reference is not None
    assert report.check.reference.is_cached
    program = next((place.root / "target" / "burnish" / "references").glob("*/program"))
    program.write_bytes(program.read_bytes() + b"x")
    checked(place)
    assert builds() == 5
    place.env["RUSTFLAGS"] = "-C opt-level=1"
    checked(place)
    assert builds() == 7


def test_only_the_last_commits_are_kept(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check of each commit does not fill the disk."""
    monkeypatch.setattr(references, "_KEPT", 3)
    for _ in range(5):
        crate_at(place).git("commit", "-q", "--allow-empty", "-m", "next")
        checked(place, Options(against="HEAD"))
    assert len(list((place.root / "target" / "burnish" / "references").iterdir())) == 3


def test_wrong_options_are_told_before_anything_is_built(place: Place) -> None:
    """A name that means nothing, growth without a reference, growth without a reason."""
    for options in (
        Options(against="v2"),
        Options(accept_growth="why"),
        Options(against="v1", accept_growth=" "),
    ):
        with place.session(options) as session, pytest.raises(UsageError):
            check_project(session)
    assert not [argv for argv in place.asked if argv[1:2] == ("build",)]


def test_damaged_file_of_accepted_growth_is_refused(place: Place) -> None:
    """It is not taken for an empty one."""
    (place.root / "burnish.lock.toml").write_text("[size\n", encoding="utf-8")
    with place.session(AGAINST) as session, pytest.raises(Refused, match=r"burnish\.lock\.toml"):
        check_project(session)
    assert not [argv for argv in place.asked if argv[1:2] == ("build",)]
