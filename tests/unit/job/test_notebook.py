"""The notebook: what it says, what it keeps on disk, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.errors import Refused
from burnish.job.notebook import Notebook, read_record
from burnish.job.options import Options
from burnish.model import Side
from tests.unit.opened import Place, make_place

SIDE = Side(command=["cargo", "build"], build_seconds=1.0, built=True)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a project."""
    return make_place(tmp_path, monkeypatch)


@pytest.fixture
def notes(place: Place) -> Notebook:
    """Return the notebook of a fresh run."""
    return place.open().notes


def test_what_is_noted_is_on_disk_for_the_next_step(place: Place, notes: Notebook) -> None:
    """Another process goes on with it, and with the options that began the run."""
    notes.note(baseline=SIDE)
    notes.note_side("baseline", size_bytes=7)
    notes.leave(copies={"baseline": "/somewhere"})
    later = place.open(fresh=False).notes
    assert later.side("baseline").size_bytes == 7
    assert later.built_sides == ["baseline"]
    assert later.report.run.id == notes.report.run.id


def test_side_that_was_not_built_is_asked_for(notes: Notebook) -> None:
    """With the step that builds it."""
    for name, step in (("baseline", "burnish baseline"), ("candidate", "burnish build")):
        with pytest.raises(Refused) as refused:
            notes.side(name)  # type: ignore[arg-type]
        assert refused.value.next_command == step


def test_warning_is_said_once(place: Place, notes: Notebook) -> None:
    """However many phases meet it, and it is in the report."""
    notes.warn("mind the gap")
    notes.warn("mind the gap")
    assert place.said.getvalue().count("mind the gap") == 1
    assert notes.report.warnings == ["mind the gap"]


def test_closed_run_is_published_and_gone_on_with_no_more(place: Place, notes: Notebook) -> None:
    """The report is final; the next step begins another run."""
    notes.note(baseline=SIDE)
    report = notes.close("rolled_back")
    assert report.run.ended
    assert (notes.folder / "report.json").is_file()
    assert read_record(notes.state, notes.sealed) is None
    assert place.open(fresh=False).notes.report.run.id != report.run.id


def test_report_goes_to_the_users_folder_too(place: Place, tmp_path: Path) -> None:
    """And one that cannot be written is refused before any work."""
    folder = tmp_path / "reports"
    notes = place.open(Options(report_dir=str(folder))).notes
    notes.require_report_folder()
    notes.close("nothing_to_do")
    assert (folder / "report.json").is_file()
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="cannot be written"):
        place.open(Options(report_dir=str(tmp_path / "file"))).notes.require_report_folder()


def test_damaged_record_is_refused_with_the_way_out(notes: Notebook) -> None:
    """What another program left there is not believed."""
    notes.leave()
    notes.state.record.write_bytes(b"{}")
    with pytest.raises(Refused, match="cannot be read") as refused:
        read_record(notes.state, notes.sealed)
    assert str(notes.state.record) in refused.value.next_command
