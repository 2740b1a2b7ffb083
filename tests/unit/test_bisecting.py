"""The first commit beyond a limit, in one process, with a cargo that takes no time."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from burnish.errors import Refused, UsageError
from burnish.job.options import Options
from burnish.model import Report
from burnish.phases.bisecting import Bisection, bisect_history
from tests.conftest import Crate, Tried
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


def bisected(place: Place, good: str = "v1", options: Options = LIMITED) -> tuple[Bisection, Report]:
    """Find what was passed since a commit, and see that git has nothing to tell afterwards that it had not before."""
    before = standing(place)
    with place.session(options) as session:
        found = bisect_history(session, good)
    assert standing(place) == before
    return found, session.notes.report


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
    """By four builds between at most; a second time by none. The report is of the commit that is checked out.

    What is edited or staged and not committed is not looked at, and stays.
    """
    tried("I1", cases=2)
    crate = Crate(root=line.root)
    crate.write({"grown": "edited", "staged.txt": "x\n"})
    crate.git("stash", "-q")
    crate.write({"grown": "edited again", "staged.txt": "y\n"})
    crate.git("add", "staged.txt")
    found, report = bisected(line)
    (passed,) = found.passed
    assert (passed.gate, passed.commit) == ("size", commit_of(line, f"v{GROWN_AT}"))
    assert passed.within == commit_of(line, f"v{GROWN_AT - 1}")
    assert "150 B more than 100 B allow" in passed.reason
    assert (found.between, passed.unjudged) == (8, [])
    assert {*found.built} >= {found.good, found.head}
    assert len({*found.built} - {found.good, found.head}) <= 4
    assert report.outcome == "not_met"
    assert report.candidate is not None
    assert report.baseline is not None
    assert report.candidate.size_bytes == (report.baseline.size_bytes or 0) + 290
    again, _ = bisected(line)
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
    found, _ = bisected(line, "v10")
    (passed,) = found.passed
    assert (passed.within, passed.commit) == (commit_of(line, "v10"), commit_of(line, "HEAD"))
    (unjudged,) = passed.unjudged
    assert unjudged.commit == commit_of(line, "HEAD~1")
    assert "does not build" in unjudged.why


def test_nothing_was_passed(line: Place) -> None:
    """Where the end is within the limits nothing between is built."""
    found, report = bisected(line, f"v{GROWN_AT}")
    assert (found.passed, found.undecided, report.outcome) == ([], [], "met")
    assert len(found.built) == 2


@pytest.mark.parametrize("name", ["v10", "HEAD"])
def test_commit_itself_is_none_before_it(line: Place, name: str) -> None:
    """There is nothing between a commit and itself, and no run is left that is not over."""
    with pytest.raises(Refused, match="is the commit that is checked out"):
        bisected(line, name)


def test_commit_beyond_the_limits_begins_no_line(line: Place) -> None:
    """A limit on the size itself may have been passed before the commit that was named."""
    with pytest.raises(Refused, match="is beyond the limits already: size"):
        bisected(line, "v7", msgspec.structs.replace(LIMITED, max_size="8 B"))


def test_names_that_mean_nothing(line: Place) -> None:
    """A commit of another branch leads nowhere, and an unknown name is an error of its own."""
    crate = Crate(root=line.root)
    crate.git("checkout", "-q", "-b", "other", "v2")
    crate.write({"notes.txt": "other\n"})
    crate.commit()
    crate.git("checkout", "-q", "v10")
    with pytest.raises(Refused, match="is none of those that led here"):
        bisected(line, "other")
    with pytest.raises(UsageError, match="there is no commit, branch or tag of that name"):
        bisected(line, "v11")
