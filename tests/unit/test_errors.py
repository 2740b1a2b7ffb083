from __future__ import annotations

import signal

import pytest

from burnish import errors


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.UsageError, 1),
        (errors.GateFailed, 2),
        (errors.Refused, 3),
        (errors.RollbackNeedsUser, 4),
        (errors.Busy, 5),
        (errors.InternalError, 70),
    ],
)
def test_each_class_has_its_exit_status(error: type[errors.BurnishError], status: int) -> None:
    """One class for each exit status, and Invoke ends with it."""
    assert error("found").code == status


def test_message_says_found_expected_files_next() -> None:
    """A message has all four parts, each on its line."""
    error = errors.Refused("no Cargo.toml", expected="a project", files="untouched", next_command="burnish doctor")
    assert str(error) == (
        "burnish: no Cargo.toml\n  expected: a project\n  files:    untouched\n  next:     burnish doctor"
    )


def test_message_neutralises_foreign_text() -> None:
    """An escape sequence in a hostile name is shown, not sent to the terminal."""
    assert "\x1b" not in str(errors.Refused("bad name \x1b[2J\r\n::error::"))


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_interruption_has_the_shells_status(number: int, status: int) -> None:
    """A signal ends us as a shell would report it."""
    assert errors.Interrupted(number).exit_status == status


def test_interruption_is_no_ordinary_exception() -> None:
    """Code that handles errors must not swallow a Ctrl-C."""
    assert not issubclass(errors.Interrupted, Exception)
