"""Cargo's configuration file: rustflags of a target and the target to build for, as text in and text out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from burnish.cargo.flags import merge, parse_flags
from burnish.errors import unreadable
from burnish.toml.data import ABSENT, TomlValue, table_at
from burnish.toml.edit import TextEdit, edit_keys
from burnish.toml.reading import read_toml
from burnish.toml.spelling import Path
from burnish.toml.undo import keep_third_value, undo_edit

NOTE = "# Written by burnish. `burnish rollback` takes it back.\n"


def edit_config(
    content: bytes | None,
    *,
    triple: str,
    flags: Sequence[str],
    build_target: str | None,
    as_string: bool = False,
    name: str = ".cargo/config.toml",
) -> TextEdit:
    """Put flags behind those of `[target.<triple>]`, and set `build.target` where one is given.

    Flags that are in force there are not repeated; an array stays an array and a string a string. New flags are an
    array, or a string with `as_string`, where another file has a string that an array would not merge with. None is
    a file that does not exist. Raise Refused for a file that cannot be read, or not be edited without touching more
    than our keys.
    """
    data = read_toml(content or b"", name)
    values: dict[Path, TomlValue] = {}
    if build_target and table_at(data, ("build",), name).get("target") not in (build_target, [build_target]):
        values["build", "target"] = build_target
    present = table_at(data, ("target", triple), name).get("rustflags")
    merged = _merged_flags(present, flags, name, as_string=as_string)
    if merged is not None:
        values["target", triple, "rustflags"] = merged
    return edit_keys(content, values, name=name, note=NOTE)


def _merged_flags(present: object, flags: Sequence[str], name: str, *, as_string: bool) -> TomlValue | None:
    """Return the flags with ours behind them, in the form that they have, or None where there is nothing to add."""
    words = _words(present)
    if words is None:
        raise unreadable(name, "has rustflags that are neither a string nor strings in an array", "flags as text")
    added = merge(words, flags).added
    if not added:
        return None
    if parse_flags([*words, *added]) != [*parse_flags(words), *parse_flags(added)]:
        raise unreadable(name, f"has rustflags that end in {words[-1]!r} without its value", "whole flags")
    if not (isinstance(present, str) or (present is None and as_string)):
        return [*words, *added]
    if any(not flag or set(flag) & set(" \t\r\n") for flag in added):
        raise unreadable(name, "has its rustflags as a string, which can hold no flag with a space in it", "an array")
    return _joined(present or "", added)


def _words(value: object) -> list[str] | None:
    if isinstance(value, list):
        return value if all(isinstance(item, str) for item in value) else None
    return (value or "").split() if value is None or isinstance(value, str) else None


def _joined(present: str, added: Sequence[str]) -> str:
    gap = " " if present and not present[-1].isspace() else ""
    return f"{present}{gap}{' '.join(added)}"


def undo_config(current: bytes, before: bytes | None, after: bytes) -> bytes | None:
    """Undo only our keys in a configuration that was edited since, or return None where that cannot be done safely.

    Of the flags those that we appended go and the user's stay. Empty bytes, where there was no file before, mean
    that nothing of the user's is in it.
    """
    return undo_edit(current, before, after, _without_our_flags)


def _without_our_flags(now: Any, before: Any, after: Any) -> Any:  # noqa: ANN401 - any TOML value
    resolved = keep_third_value(now, before, after)
    if resolved is not now or not (isinstance(now, str | list) and isinstance(after, str | list)):
        return resolved
    words, old, ours = _words(now), _words(None if before is ABSENT else before), _words(after)
    if words is None or old is None or ours is None:
        return now
    kept = _without(words, ours[len(old) :] if ours[: len(old)] == old else [])
    if not kept and before is ABSENT:
        return ABSENT
    return " ".join(kept) if isinstance(now, str) else kept


def _without(words: Sequence[str], ours: Sequence[str]) -> list[str]:
    unwanted = [flag.settings for flag in parse_flags(ours)]
    kept: list[str] = []
    for flag in parse_flags(words):
        if flag.settings in unwanted:
            unwanted.remove(flag.settings)
        else:
            kept += flag.arguments
    return kept
