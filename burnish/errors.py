"""What can go wrong, one class per exit status (config/exit-statuses.toml says what each means)."""

from __future__ import annotations

import errno
from typing import ClassVar

from invoke.exceptions import Exit

from burnish.text import inert, neutral

_BY_THE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}
UNTOUCHED = "untouched"
AS_LEFT = "as the steps before left them"
RESTORED = "restored, byte for byte"
CHECK_COMMAND = "cargo metadata --no-deps --format-version 1"
IN_DOUBT = "restored where a change was under way; `burnish status` says whether a journal is left"


class BurnishError(Exit):
    """An error that the user can read: what was found and expected, the state of the files, what to type next.

    `found` is one sentence. `files` is the state of the user's files now; `next_command` is one command line.
    Control characters in any of them, which may come from a hostile project, are made visible.
    """

    exit_status: ClassVar[int] = 70

    def __init__(self, found: str, *, expected: str = "", files: str = UNTOUCHED, next_command: str = "") -> None:
        self.found = found
        self.expected = expected
        self.files = files
        self.next_command = next_command
        super().__init__(self.render(), self.exit_status)

    def render(self) -> str:
        """Return the whole message, one labelled line for each part that there is."""
        parts = (("expected", self.expected), ("files", self.files), ("next", self.next_command))
        lines = [f"burnish: {neutral(self.found, keep_newlines=True)}"]
        lines += [f"  {name + ':':<10}{neutral(text, keep_newlines=True)}" for name, text in parts if text]
        return inert("\n".join(lines))

    def as_dict(self) -> dict[str, str]:
        """Return the parts by name."""
        return {name: getattr(self, name) for name in ("found", "expected", "files", "next_command")}

    def __str__(self) -> str:
        return self.render()


class UsageError(BurnishError):
    """The command line was wrong: 1, files untouched."""

    exit_status = 1


class GateFailed(BurnishError):
    """A gate failed or stayed inconclusive: 2, files restored."""

    exit_status = 2


class Refused(BurnishError):
    """Refused before touching anything: 3."""

    exit_status = 3


def refusal_by_disk(error: BaseException) -> Refused | None:
    """Return the refusal where a disk is full, read-only or broken, no defect of ours; None for other errors."""
    if isinstance(error, OSError) and error.errno in _BY_THE_DISK:
        return Refused(
            f"the disk refuses: {error}",
            expected="a disk that can be written",
            files=IN_DOUBT,
            next_command="burnish status",
        )
    return None


def unreadable(where: str, what: str, expected: str) -> Refused:
    """Return the refusal of a file of cargo's that burnish cannot read."""
    return Refused(f"{where} {what}", expected=expected, next_command=CHECK_COMMAND)


def not_toml(where: str, reason: str) -> Refused:
    """Return the refusal of a file that is no TOML."""
    return unreadable(where, f"is not valid TOML: {reason}", "TOML 1.1, as cargo reads it since 1.94")


def cannot_edit(name: str, reason: str) -> Refused:
    """Return the refusal of a file that burnish cannot edit without touching more than its own keys."""
    return Refused(
        f"burnish cannot edit {name} safely: {reason}",
        expected="a table written as a section, like [profile.release]",
        next_command="burnish plan, after rewriting that table as a section",
    )


class RollbackNeedsUser(BurnishError):
    """A rollback would lose something, and stopped: 4, the paths are named."""

    exit_status = 4


class Busy(BurnishError):
    """Another run holds the lock: 5, files untouched."""

    exit_status = 5


class InternalError(BurnishError):
    """A defect of ours: 70."""

    exit_status = 70


class Interrupted(BaseException):
    """A signal asked us to stop. Not an `Exception`: only what restores files may catch it.

    `signal_number` is the signal; the exit status is the shell's 128 + signal. `files` is what became of the user's
    files, and `next_command` what to type: whoever has touched them says so on the way out.
    """

    def __init__(self, signal_number: int) -> None:
        self.signal_number = signal_number
        self.files = UNTOUCHED
        self.next_command = ""
        super().__init__(f"interrupted by signal {signal_number}")

    @property
    def exit_status(self) -> int:
        """Return 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP."""
        return 128 + self.signal_number
