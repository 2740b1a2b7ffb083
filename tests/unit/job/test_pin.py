"""The pin: what makes the kept program where cargo's own files cannot say it, without a path."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from burnish.errors import Refused
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.options import Options
from burnish.job.pin import Pin, edit_pin, read_pin, undo_pin
from burnish.job.plan import make_plan
from burnish.phases.applying import write_link_settings
from burnish.transaction.journal import PATHS
from tests.unit.opened import Place, make_place


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a place with a project."""
    return make_place(tmp_path, monkeypatch)


def with_command(job: Job) -> Candidate:
    """Return a candidate that is built by a command of its own."""
    toolkit = dataclasses.replace(job.opened.toolkit, arguments=("-Z", f"x={job.project.root}"))
    return dataclasses.replace(job.opened.with_toolkit(toolkit), choices=("link.std-untraced", "opt-level.z"))


def test_pick_of_cargos_own_files_needs_none(place: Place) -> None:
    """Nothing is written where `cargo build` gives what was judged."""
    job, _ = place.open()
    plain = dataclasses.replace(job.opened, choices=("opt-level.z",))
    assert not edit_pin(job, plain).changed
    assert PATHS["pin"] not in [edit.name for edit in make_plan(job, plain).edits]


def test_pick_with_a_command_is_pinned_by_its_choices(place: Place) -> None:
    """What of the project was chosen stands there too, as it was asked for, and no path."""
    job, _ = place.open(Options(bin=("hello",), no_default_features=True))
    edit = edit_pin(job, with_command(job))
    assert edit.after.decode().splitlines()[2:] == [
        "version = 1",
        'binary = "hello"',
        'choices = ["link.std-untraced", "opt-level.z"]',
        'bin = "hello"',
        "no-default-features = true",
    ]
    assert str(place.root).encode() not in edit.after
    pin = read_pin(edit.after)
    assert pin is not None
    assert pin.options == Options(bin=("hello",), no_default_features=True)


def test_pin_of_several_binaries_names_them_all(place: Place) -> None:
    """As a list; it is read again as what was asked for."""
    (place.root / "src" / "bin").mkdir(parents=True, exist_ok=True)
    (place.root / "src" / "bin" / "other.rs").write_text("fn main() {}\n", encoding="utf-8")
    job, _ = place.open(Options(bin=("hello", "other")))
    edit = edit_pin(job, with_command(job))
    assert 'bin = ["hello", "other"]' in edit.after.decode()
    pin = read_pin(edit.after)
    assert pin is not None
    assert pin.options == Options(bin=("hello", "other"))


def test_pin_that_says_the_same_is_left_alone(place: Place) -> None:
    """However it is written; a plain pick after it takes the choices out, which the next build would follow."""
    job, _ = place.open()
    text = b"version = 1\nchoices = [\n  'link.std-untraced', # mine\n  'opt-level.z',\n]\nbinary = 'hello'\n"
    (place.root / PATHS["pin"]).write_bytes(text)
    assert not edit_pin(job, with_command(job)).changed
    pin = read_pin(edit_pin(job, job.opened).after)
    assert pin == Pin(version=1, binary="hello")


@pytest.mark.parametrize("text", [b"version = 2\n", b"", b"version = 1\nrun = 'x'\n", b"version = 1\nchoices = 'x'\n"])
def test_pin_that_is_none(text: bytes) -> None:
    """It is refused, and the file is named."""
    with pytest.raises(Refused, match=PATHS["pin"].replace(".", r"\.")):
        read_pin(text)


def test_pin_is_written_under_the_journal_and_undone_with_it(place: Place) -> None:
    """All of the file is ours, whatever was edited in it since."""
    with place.session() as session:
        with session.change("test", session.job.opened):
            write_link_settings(session, with_command(session.job))
            assert (place.root / PATHS["pin"]).exists()
            (place.root / PATHS["pin"]).write_bytes(b"edited")
        assert not (place.root / PATHS["pin"]).exists()
    assert undo_pin(b"edited", b"before", b"after") == b"before"
