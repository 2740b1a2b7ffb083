"""`burnish history` as a user types it: after checks of real builds, in the notes of a real repository."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Crate, Run

LARGER = """
static TABLE: [u8; 300_000] = [7; 300_000];

fn main() {
    println!("{}", TABLE[std::env::args().count()]);
}
"""
pytestmark = pytest.mark.cargo


@pytest.fixture
def recorded(crate: Crate, burnish: Run) -> Crate:
    """Return a crate with records at two commits, of which the second has a larger binary."""
    assert burnish("check", cwd=crate.root).returncode in {0, 2}
    # So much that no alignment hides it.
    text = (
        'static TABLE: [u8; 300_000] = [7; 300_000];\nfn main() { println!("{}", TABLE[std::env::args().count()]); }\n'
    )
    crate.write({"src/main.rs": text})
    crate.commit()
    assert burnish("check", cwd=crate.root).returncode in {0, 2}
    return crate


def test_history_names_the_commit_that_moved_the_size(recorded: Crate, burnish: Run, tmp_path: Path) -> None:
    """As a table, as one document, and as a page; the files and refs are as they were."""
    first, second = (recorded.git("rev-parse", name).strip() for name in ("HEAD~1", "HEAD"))
    before, refs = recorded.tree(), recorded.git("for-each-ref")
    shown = burnish("history", cwd=recorded.root)
    assert shown.returncode == 0, shown.stderr
    rows = shown.stdout.splitlines()
    assert [row.split()[0] for row in rows[2:4]] == [second[:10], first[:10]]
    assert f"at {second[:10]}" in shown.stdout.partition("what moved")[2]
    found = json.loads(burnish("history", "--json", "--report-dir", str(tmp_path / "page"), cwd=recorded.root).stdout)
    (timeline,) = found["timelines"]
    assert [each["entry"]["commit"] for each in timeline["milestones"]] == [first, second]
    (move,) = [move for series in timeline["series"] if series["name"] == "size" for move in series["moves"]]
    assert move["commit"] == second
    assert move["after"] > move["before"] + 250_000
    assert "<svg" in (tmp_path / "page" / "history.html").read_text(encoding="utf-8")
    assert (recorded.tree(), recorded.git("for-each-ref")) == (before, refs)
    assert burnish("history", "--bin", "hello", cwd=recorded.root).stdout == shown.stdout
    elsewhere = burnish("history", "--profile", "dist", cwd=recorded.root)
    assert elsewhere.returncode == 3
    assert "there is no record" in elsewhere.stderr


def test_first_commit_beyond_a_limit_is_found_from_the_newest_that_was_met(recorded: Crate, burnish: Run) -> None:
    """As words and as one document; nothing of the user's changes, and --against alone has no meaning."""
    first, second = (recorded.git("rev-parse", name).strip() for name in ("HEAD~1", "HEAD"))
    before, refs = recorded.tree(), recorded.git("for-each-ref")
    limit = ("--set", 'budget.max_size_growth = "100 kB"')
    shown = burnish("history", "--bisect", *limit, cwd=recorded.root)
    assert shown.returncode == 0, shown.stderr
    assert f"Limits from {first[:10]} to {second[:10]}: 0 commits between, 2 built." in shown.stdout
    assert f"size: passed at {second[:10]} " in shown.stdout
    found = json.loads(burnish("history", "--bisect", "--against", first, "--json", *limit, cwd=recorded.root).stdout)
    assert [(each["gate"], each["commit"], each["within"]) for each in found["passed"]] == [("size", second, first)]
    assert found["built"] == []
    within = burnish("history", "--bisect", cwd=recorded.root)
    assert "is beyond no limit" in within.stdout, within.stderr
    assert (recorded.tree(), recorded.git("for-each-ref")) == (before, refs)
    refused = burnish("history", "--against", first, cwd=recorded.root)
    assert (refused.returncode, "--against without --bisect" in refused.stderr) == (1, True)
    paged = burnish("history", "--bisect", "--report-dir", "page", cwd=recorded.root)
    assert (paged.returncode, "--report-dir with --bisect" in paged.stderr) == (1, True)
    already = burnish("history", "--bisect", "--against", first, "--max-size", "1 kB", "--json", cwd=recorded.root)
    assert (already.returncode, [gate["name"] for gate in json.loads(already.stdout)["already"]]) == (2, ["size"])
    off = burnish("history", "--bisect", "--history", "off", cwd=recorded.root)
    assert (off.returncode, 'the setting "history" is off' in off.stderr) == (3, True)


def test_history_travels_with_the_repository(recorded: Crate, burnish: Run, tmp_path: Path) -> None:
    """A clone that fetches the notes has it."""
    clone = Crate(root=tmp_path / "clone")
    recorded.git("clone", "-q", ".", str(clone.root))
    refused = burnish("history", cwd=clone.root)
    assert refused.returncode == 3
    assert "there is no record" in refused.stderr
    clone.git("fetch", "-q", "origin", "refs/notes/burnish:refs/notes/burnish")
    assert burnish("history", cwd=clone.root).stdout == burnish("history", cwd=recorded.root).stdout


def test_history_that_is_off_is_refused(crate: Crate, burnish: Run) -> None:
    """The next command is one that works."""
    refused = burnish("history", "--history", "off", cwd=crate.root)
    assert refused.returncode == 3
    assert "burnish history --history notes" in refused.stderr
