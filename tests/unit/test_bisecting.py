"""The first commit beyond a limit, in one process, with a cargo that takes no time."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from burnish.errors import Refused, UsageError
from burnish.job.options import Options
from burnish.job.session import opened_session
from burnish.phases.bisecting import Bisection, bisect_history
from tests.conftest import MANIFEST, Crate, Tried
from tests.unit.opened import Place, make_place

GROWN_AT = 6
LIMITED = Options(set=('budget.max_size_growth="100 B"',))
# A commit of that name does not build.
BROKEN_THERE = """\
[ ! -e "$PWD/broken" ] || { echo "error: no such luck" >&2; exit 101; }
"""


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a project with ten commits, v1 to v10, whose binary grows beyond the limit in one of them."""
    place = make_place(tmp_path, monkeypatch)
    crate = Crate(root=place.root)
    crate.write({".gitignore": "target\nCargo.lock\n"})
    for number in range(1, 11):
        grown = 10 * number + (200 if number >= GROWN_AT else 0)
        crate.write({"grown": "x" * grown, "notes.txt": f"{number}\n"})
        crate.commit()
        crate.git("tag", f"v{number}")
    return place


def bisected(place: Place, good: str = "v1", options: Options = LIMITED) -> Bisection:
    """Find what was passed since a commit; git has nothing to tell afterwards that it had not before, nor have we."""
    before = standing(place)
    with place.session(options) as session:
        found = bisect_history(session, good)
    assert standing(place) == before
    assert not session.job.state.record.exists()
    assert not list(session.job.state.runs.glob("*/report.json"))
    return found


def standing(place: Place) -> list[object]:
    """Return what is the user's: refs, stash, status, worktrees, index and files."""
    crate = Crate(root=place.root)
    words = ("status", "--porcelain"), ("worktree", "list"), ("for-each-ref",), ("stash", "list")
    index = (place.root / ".git" / "index").read_bytes()
    return [*(crate.git("--no-optional-locks", *each) for each in words), index, crate.tree()]


def commit_of(place: Place, name: str) -> str:
    """Return the hash of a commit."""
    return str(Crate(root=place.root).git("rev-parse", name)).strip()


@pytest.mark.promise("I1")
def test_commit_that_passed_the_limit_is_named(line: Place, tried: Tried) -> None:
    """By four builds between at most; a second time by none. No report is left.

    What is edited or staged and not committed is not looked at, and stays.
    """
    tried("I1", cases=2)
    crate = Crate(root=line.root)
    crate.write({"grown": "edited", "staged.txt": "x\n"})
    crate.git("stash", "-q")
    crate.write({"grown": "edited again", "staged.txt": "y\n"})
    crate.git("add", "staged.txt")
    found = bisected(line)
    (passed,) = found.passed
    assert (passed.gate, passed.commit) == ("size", commit_of(line, f"v{GROWN_AT}"))
    assert passed.within == commit_of(line, f"v{GROWN_AT - 1}")
    assert "150 B more than 100 B allow" in passed.reason
    assert (found.between, passed.unjudged) == (8, [])
    assert {*found.built} >= {found.good, found.head}
    assert len({*found.built} - {found.good, found.head}) <= 4
    again = bisected(line)
    assert (again.built, again.passed) == ([], found.passed)


def test_commit_that_does_not_build_is_left_between(line: Place) -> None:
    """It may be the one: it is named, with why, beside the first that is known to be beyond."""
    crate = Crate(root=line.root)
    crate.write({"broken": ""})
    crate.commit()
    crate.git("rm", "-q", "broken")
    crate.write({"grown": "x" * 900})
    crate.commit()
    (line.stubs / "at-build").write_text(BROKEN_THERE, encoding="utf-8")
    found = bisected(line, "v10")
    (passed,) = found.passed
    assert (passed.within, passed.commit) == (commit_of(line, "v10"), commit_of(line, "HEAD"))
    (unjudged,) = passed.unjudged
    assert unjudged.commit == commit_of(line, "HEAD~1")
    assert "does not build" in unjudged.why


def test_nothing_was_passed(line: Place) -> None:
    """Where the end is within the limits nothing between is built."""
    found = bisected(line, f"v{GROWN_AT}")
    assert (found.passed, found.already, found.undecided) == ([], [], [])
    assert len(found.built) == 2


@pytest.mark.parametrize("name", ["v10", "HEAD"])
def test_commit_itself_is_none_before_it(line: Place, name: str) -> None:
    """There is nothing between a commit and itself, and no run is left that is not over."""
    with pytest.raises(Refused, match="is the commit that is checked out"):
        bisected(line, name)


def test_gate_that_the_good_commit_does_not_meet_is_told(line: Place) -> None:
    """A limit on the size itself may have been passed before the commit that was named."""
    found = bisected(line, "v7", msgspec.structs.replace(LIMITED, max_size="8 B"))
    assert ([gate.name for gate in found.already], found.passed) == (["size"], [])


def test_good_commit_is_held_against_no_limit_on_a_change(line: Place) -> None:
    """It has not changed since itself: on a busy machine its own two timings would tell nothing."""
    growth = ('budget.max_startup_growth = "0%"', "startup.rounds = 3", "startup.max_rounds = 3", "startup.runs = 2")
    with line.session(Options(set=growth)) as session:
        found = bisect_history(session, "v9")
    assert found.already == []
    assert {*[each.gate for each in found.passed], *[gate.name for gate in found.undecided]} <= {"startup"}


def test_growth_is_accepted_as_the_last_commit_says(line: Place) -> None:
    """What lies in the working tree lifts no limit of commits."""
    crate, job = Crate(root=line.root), line.open(LIMITED).job
    accepted = f'[size."{job.project.binary} {job.triple}"]\nlevel = "9 MB"\nreason = "a table"\n'
    crate.write({"burnish.lock.toml": accepted})
    assert [each.gate for each in bisected(line).passed] == ["size"]
    crate.commit()
    assert bisected(line).passed == []


def test_live_change_is_refused_and_its_record_stays(line: Place) -> None:
    """Whoever is in the midst of the steps goes on with them afterwards."""
    opened = line.open(LIMITED)
    with opened_session(*opened, "baseline") as session:
        session.begin("baseline", session.job.opened)
        session.notes.leave()
    with pytest.raises(Refused, match="a change is applied here and not final"), line.session(LIMITED) as session:
        bisect_history(session, "v1")
    assert opened.job.state.record.exists()


def test_several_binaries_are_named_of_which_one_is_looked_at(line: Place) -> None:
    """The other one may be what grew."""
    crate = Crate(root=line.root)
    crate.write({"src/bin/other.rs": "fn main() {}\n", "Cargo.toml": f"{MANIFEST}\n[workspace]\n"})
    crate.commit()
    bisected(line, "v9")
    assert "and not other: `burnish history --bisect --bin other` looks at one alone" in " ".join(
        line.said.getvalue().split()
    )


def test_names_that_mean_nothing(line: Place) -> None:
    """A commit of another branch leads nowhere, and an unknown name is an error of its own."""
    crate = Crate(root=line.root)
    crate.git("checkout", "-q", "-b", "other", "v2")
    crate.write({"notes.txt": "other\n"})
    crate.commit()
    crate.git("checkout", "-q", "v10")
    with pytest.raises(Refused, match="is none of the first parents that led here"):
        bisected(line, "other")
    with pytest.raises(UsageError, match="there is no commit, branch or tag of that name"):
        bisected(line, "v11")
