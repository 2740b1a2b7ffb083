"""What cargo says when it fails: which line tells why, and how much of it is kept. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

_KEPT_CHARACTERS = 4000
_LINE_CHARACTERS = 300
_ERROR = "error"
# They sum up, and stand beside what tells more.
_SUMMARIES = ("error: could not compile ", "error: build failed", "error: aborting due to ")
_LINKING = "error: linking with "
_LINKER_SAYS = ("ld: ", "ld.exe: ", "mold: ", "undefined reference", "ld returned ")
_LINKER_SAYS_BESIDE = ("warning: ", ": in function ")
_BUILD_SCRIPT = "error: failed to run custom build command"
_STDERR, _AROUND_IT = "--- stderr", ("thread '", "note: ")
# What cargo says after what it repeats of a build script.
_CARGO_GOES_ON = ("warning: build failed", "error: ")
_PLACE = "--> "


def first_error(said: str) -> str:
    """Return the line that tells why cargo failed: its first error, with the place in the source where it names one.

    Where linking failed it is the linker's own first line; where a build script failed, what that says stands after it.
    What has no error in it gives its last line.
    """
    lines = _telling(said)
    return lines[-1][:_LINE_CHARACTERS] if lines else ""


def has_error(said: str) -> bool:
    """Return whether cargo named an error."""
    return any(_is_error(line.strip()) for line in said.splitlines())


def failure_of(said: str, ending: str) -> str:
    """Return what is kept of the words of a cargo that failed, and `ending` where it did not name an error."""
    return kept_of(said) if has_error(said) else f"{kept_of(said)}\nerror: {ending} and named no error".strip()


def kept_of(said: str) -> str:
    """Return the end of what was said, and before it the first error where that would be cut off."""
    if len(said) <= _KEPT_CHARACTERS:
        return said
    lines = _telling(said)
    if not has_error("\n".join(lines)) or lines[0] in said[-_KEPT_CHARACTERS:]:
        return said[-_KEPT_CHARACTERS:]
    first = "\n".join(line[:_LINE_CHARACTERS] for line in lines) + "\n...\n"
    return first + said[len(first) - _KEPT_CHARACTERS :]


def _telling(said: str) -> list[str]:
    """Return cargo's first error and, where that is the linker's, what the linker says; else the last line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [number for number, line in enumerate(lines) if _is_error(line)]
    telling = [number for number in errors if not lines[number].startswith(_SUMMARIES)] or errors
    if not telling:
        return lines[-1:]
    first, following = lines[telling[0]], lines[telling[0] + 1 :]
    if first.startswith(_BUILD_SCRIPT):
        own = _scripts_own(following)
        return [first if first.endswith(own) else f"{first}: {own}"]
    own = _linkers_own(following) if first.startswith(_LINKING) else ""
    return [first, own] if own else [first + _place(following[:2])]


def _is_error(line: str) -> bool:
    return line.startswith((f"{_ERROR}:", f"{_ERROR}["))


def _linkers_own(lines: Sequence[str]) -> str:
    """Return the linker's first complaint, of the lines that follow rustc's error; empty where there is none."""
    said = (line.removeprefix("= note: ") for line in lines if not line.startswith('= note:  "'))
    return next((line for line in said if _has(line, _LINKER_SAYS) and not _has(line, _LINKER_SAYS_BESIDE)), "")


def _scripts_own(lines: Sequence[str]) -> str:
    """Return the first that a build script wrote to its standard error: of a panic its message; else nothing.

    A rustc before 1.73 writes the message into the line that says where it was.
    """
    after = lines[lines.index(_STDERR) + 1 :] if _STDERR in lines else ()
    own = takewhile(lambda line: not line.startswith(_CARGO_GOES_ON), after)
    return next((line for line in own if " panicked at '" in line or not line.startswith(_AROUND_IT)), "")


def _has(line: str, words: Sequence[str]) -> bool:
    return any(word in line for word in words)


def _place(lines: Sequence[str]) -> str:
    place = next((line.removeprefix(_PLACE) for line in lines if line.startswith(_PLACE)), "")
    return f" ({place})" if place else ""
