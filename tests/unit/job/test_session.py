"""The session: a change is kept by `keep` alone; any other way out puts every file back."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.errors import Busy, GateFailed, Refused
from burnish.job.session import Session, opened_session
from burnish.phases.applying import keep_change, write_profile
from tests.unit.opened import Place, make_place


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a project."""
    return make_place(tmp_path, monkeypatch)


def changed(place: Place, session: Session) -> bool:
    """Write the recipe, and return whether that changed the manifest."""
    before = place.files()
    write_profile(session, session.job.opened)
    return place.files() != before


def test_change_that_is_not_kept_is_undone(place: Place) -> None:
    """Leaving the block is enough."""
    before = place.files()
    with place.session() as session:
        with session.change("test", session.job.opened):
            assert changed(place, session)
            assert session.live() is not None
        assert (session.live(), session.is_kept) == (None, False)
    assert place.files() == before


def test_change_that_is_kept_stays(place: Place) -> None:
    """And the session says so."""
    with place.session() as session:
        with session.change("test", session.job.opened):
            assert changed(place, session)
            after = place.files()
            keep_change(session, session.job.opened)
        assert session.is_kept
    assert place.files() == after


WAYS_OUT = [(Refused("no"), GateFailed), (KeyboardInterrupt(), KeyboardInterrupt), (ValueError(), ValueError)]


def failing_change(place: Place, session: Session, error: BaseException) -> None:
    """Write the recipe, and end by an error."""
    with session.change("test", session.job.opened):
        assert changed(place, session)
        raise error


@pytest.mark.parametrize(("error", "raised"), WAYS_OUT)
def test_error_undoes_a_change_and_ends_the_run(
    place: Place, error: BaseException, raised: type[BaseException]
) -> None:
    """A refusal comes too late to have touched nothing: it ends as a failed gate does."""
    before = place.files()
    with place.session() as session:
        with pytest.raises(raised):
            failing_change(place, session, error)
        assert session.notes.report.outcome == "rolled_back"
    assert place.files() == before


def test_project_is_held_as_it_was_for_a_while(place: Place) -> None:
    """But for a comment in each file that is edited; then the change is back."""
    before = place.files()
    with place.session() as session, session.change("test", session.job.opened):
        assert changed(place, session)
        after = place.files()
        with session.as_before(b"# mine\n"):
            assert place.files() == {
                name: content + b"# mine\n" * (name == "Cargo.toml") for name, content in before.items()
            }
        assert place.files() == after
    assert place.files() == before


def test_second_session_is_told_who_is_at_work(place: Place) -> None:
    """One run at a time."""
    with place.session(), pytest.raises(Busy), opened_session(*place.open(), "another"):
        pass


def test_programs_are_recorded_within_a_session_only(place: Place) -> None:
    """By the record a later rollback finds what outlived us; without the lock it would be another run's."""
    opened = place.open()
    assert opened.job.programs.children is None
    with opened_session(*opened, "test") as session:
        assert session.job.programs.children == session.job.state.children
