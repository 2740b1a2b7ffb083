"""Results on disk: each as it arrives, none lost or doubled by a torn line."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.errors import Busy, Refused
from burnish.fleet.fleet_jobs import fleet_failure
from burnish.fleet.ledger import Ledger
from burnish.fleet.packing import pack_tree, tree_digest
from burnish.system.process import Programs
from tests.conftest import Crate
from tests.unit.fleet.jobs import job, passed

ONE, TWO = job("one"), job("two")


def test_result_is_on_disk_when_it_was_added(tmp_path: Path) -> None:
    """Another process reads it at once, and of two for one job the later one."""
    with Ledger(tmp_path / "fleet").held():
        ledger = Ledger(tmp_path / "fleet")
        ledger.add(fleet_failure(ONE, "machine", "disk full"), b"")
        ledger.add(passed(TWO), b"")
        ledger.add(passed(ONE), b"")
        assert ledger.read() == {ONE.key: passed(ONE), TWO.key: passed(TWO)}
    assert len(ledger.path.read_bytes().splitlines()) == 3


@given(cut=st.integers(min_value=1, max_value=200))
def test_torn_line_costs_no_other_result(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    """A power loss in the midst of a line, then the next result."""
    ledger = Ledger(tmp_path_factory.mktemp("fleet"))
    ledger.add(passed(ONE), b"")
    whole = ledger.path.read_bytes()
    torn = msgspec.json.encode(passed(TWO))[:cut]
    ledger.path.write_bytes(whole + torn)
    ledger.add(fleet_failure(TWO, "project", "later"), b"")
    assert ledger.read() == {ONE.key: passed(ONE), TWO.key: fleet_failure(TWO, "project", "later")}


def test_foreign_lines_are_left_out(tmp_path: Path) -> None:
    """Whatever somebody wrote into the file, what can be read is read."""
    ledger = Ledger(tmp_path)
    ledger.add(passed(ONE), b"")
    deep = b"[" * 100_000
    with ledger.path.open("ab") as file:
        file.write(b'nonsense\n{"key": 1}\n\xff\xfe\n' + deep + b"\n\n")
    assert ledger.read() == {ONE.key: passed(ONE)}


def test_second_fleet_in_one_folder_is_told_that_it_is_busy(tmp_path: Path) -> None:
    """Two would write each other's table."""
    with Ledger(tmp_path).held(), pytest.raises(Busy, match="another fleet"), Ledger(tmp_path).held():
        pass


def test_report_stands_beside_the_state(tmp_path: Path) -> None:
    """One that this version cannot read is kept as it came."""
    kept = Ledger(tmp_path).add(passed(ONE), b'{"schema_version": 99}')
    assert kept.report == f"reports/one/{ONE.platform}/{ONE.key[:12]}/report.json"
    assert (tmp_path / kept.report).read_bytes() == b'{"schema_version": 99}'
    assert Ledger(tmp_path).read()[ONE.key].report == kept.report


def test_other_settings_leave_the_earlier_report(tmp_path: Path) -> None:
    """Each result of one project and platform has a report of its own."""
    ledger, other = Ledger(tmp_path), job("one", arguments=("--set", "startup.runs=30"))
    for each, report in ((ONE, b"{}"), (other, b"[]")):
        ledger.add(passed(each), report)
    first, second = (ledger.read()[each.key].report for each in (ONE, other))
    assert [(tmp_path / each).read_bytes() for each in (first, second)] == [b"{}", b"[]"]


def test_folder_with_files_of_the_user_is_left_as_it_is(tmp_path: Path) -> None:
    """A page of theirs would be overwritten. What is not a folder is told too."""
    page = tmp_path / "docs" / "index.html"
    page.parent.mkdir()
    page.write_bytes(b"theirs")
    with pytest.raises(Refused, match="docs holds other files") as refused, Ledger(page.parent).held():
        pass
    assert refused.value.next_command == "burnish fleet --results DIR, for another folder"
    assert list(page.parent.iterdir()) == [page]
    with pytest.raises(Refused, match="cannot be used"), Ledger(page).held():
        pass


@pytest.mark.parametrize("before", [None, {}, {".gitignore": b"mine"}])
def test_folder_without_files_is_taken_and_known_again(tmp_path: Path, before: dict[str, bytes] | None) -> None:
    """Also where no result came into it, but its pages did; a .gitignore of the user's stays."""
    folder = tmp_path / "fleet"
    if before is not None:
        folder.mkdir()
        for name, content in before.items():
            (folder / name).write_bytes(content)
    with Ledger(folder).held():
        (folder / "index.html").touch()
    (folder / ".lock").unlink(missing_ok=True)
    with Ledger(folder).held():
        assert (folder / ".gitignore").read_bytes() == (before or {".gitignore": b"*\n"})[".gitignore"]
    assert Ledger(folder).read() == {}


def test_results_within_a_project_are_no_part_of_it(crate: Crate, tmp_path: Path) -> None:
    """Else each fleet would make a new revision of it, and nothing could be resumed."""
    programs = Programs(env=os.environ)
    before = tree_digest(pack_tree(programs, crate.root))
    ledger = Ledger(crate.root / "fleet")
    with ledger.held():
        ledger.add(passed(ONE), b"{}")
    assert tree_digest(pack_tree(programs, crate.root)) == before
    assert crate.git("status", "--porcelain") == ""
    assert not (tmp_path / "fleet").exists()
