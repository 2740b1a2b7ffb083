"""The pin: which choices make the program that is kept, in a file that the repository holds.

It is written only where cargo's own files cannot say all: a fresh clone knows by it what `burnish build` has to do. It
names choices of ours and what of the project is built, never a path: in a cloned project it can set nothing of its own.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import tomlkit

from burnish.cargo.selection import named_once
from burnish.errors import Refused
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.options import Options
from burnish.toml.edit import TextEdit
from burnish.toml.reading import read_toml
from burnish.transaction.journal import PATHS

PIN_NAME = PATHS["pin"]
PIN_KEYS = ("binary", "choices")
_NAMES = ("package", "bin")
_SELECTING = (
    *_NAMES, "workspace", "bins", "lib", "features", "all_features", "no_default_features", "profile", "platform",
)  # fmt: skip
_COMMENT = (
    "Written by burnish, to be committed: by it `burnish build` makes the program that was judged, which",
    "`cargo build --release` alone does not. `burnish rollback` takes it out.",
)


class Pin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab", omit_defaults=True):
    """The `choices` that make `binary`, and the options by which it was chosen what of the project is built.

    Without choices `cargo build --release` makes it: an earlier pin holds no more.
    """

    version: Literal[1]
    binary: str = ""
    choices: tuple[str, ...] = ()
    package: str | tuple[str, ...] | None = None
    workspace: bool = False
    bin: str | tuple[str, ...] | None = None
    bins: bool = False
    lib: bool = False
    features: tuple[str, ...] = ()
    all_features: bool = False
    no_default_features: bool = False
    profile: str | None = None
    platform: str | None = None

    @property
    def options(self) -> Options:
        """Return the options that chose what of the project is built."""
        named = {name: getattr(self, name) for name in _SELECTING}
        return Options(**{**named, **{name: named_once(named[name] or ()) for name in _NAMES}})


def selecting(options: Options) -> Options:
    """Return those of the options that choose what of a project is built, and nothing else."""
    return Options(**_selecting(options))


def with_selection(options: Options, kept: Options) -> Options:
    """Return options with what chose, when something was kept, what of the project is built."""
    return msgspec.structs.replace(options, **_selecting(kept))


def _selecting(options: Options) -> dict[str, Any]:
    return {name: getattr(options, name) for name in _SELECTING}


def read_pin(content: bytes | None) -> Pin | None:
    """Return the pin that a file holds, None where there is no file. Raise Refused for what is none."""
    if content is None:
        return None
    try:
        return msgspec.convert(read_toml(content, PIN_NAME), Pin)
    except msgspec.ValidationError as error:
        raise Refused(
            f"{PIN_NAME} cannot be read: {error}",
            expected="what this version of burnish writes there",
            next_command=f"git checkout {PIN_NAME}, or delete it and run burnish optimize",
        ) from error


def edit_pin(job: Job, candidate: Candidate) -> TextEdit:
    """Return the edit of the pin: none where a candidate needs no command of its own, and there is no earlier pin."""
    before = job.state.image("pin").content
    is_needed = bool(candidate.choices) and candidate.toolkit.arguments != job.opened.toolkit.arguments
    if before is None and not is_needed:
        return TextEdit(name=PIN_NAME, before=None, after=b"")
    choices = candidate.choices if is_needed else ()
    selection = _selecting(job.options)
    selection |= {name: _shortest(selection[name]) for name in _NAMES}
    wanted = Pin(version=1, binary=job.project.binary or "", choices=choices, **selection)
    after = before if before is not None and read_pin(before) == wanted else _text(wanted)
    return TextEdit(name=PIN_NAME, before=before, after=after)


def _shortest(names: tuple[str, ...]) -> str | tuple[str, ...] | None:
    return names[0] if len(names) == 1 else names or None


def _text(pin: Pin) -> bytes:
    document = tomlkit.document()
    for line in _COMMENT:
        document.add(tomlkit.comment(line))
    for key, value in msgspec.to_builtins(pin).items():
        document.add(key, value)
    return tomlkit.dumps(document).encode()


def undo_pin(_current: bytes, before: bytes | None, _after: bytes) -> bytes:
    """Return the pin as it was before a change, whatever was edited in it since: all of the file is ours."""
    return before or b""
