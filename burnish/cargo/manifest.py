"""The manifest: one profile of the workspace root's Cargo.toml, as text in and text out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from burnish.errors import Refused
from burnish.model import RELEASE
from burnish.toml.data import TomlValue, deep_set, table_at
from burnish.toml.edit import TextEdit, edit_keys
from burnish.toml.keys import Place
from burnish.toml.reading import read_toml
from burnish.toml.spelling import Path, split_key
from burnish.toml.statements import Statement
from burnish.toml.undo import undo_edit

_DEV_DEPENDENCIES = frozenset({"dev-dependencies", "dev_dependencies"})
_DEPENDENCIES = _DEV_DEPENDENCIES | {"dependencies", "build-dependencies", "build_dependencies"}

# Spellings that cargo takes for one setting (cargo 1.95). Its keys have one spelling each: `opt_level` is unused.
_SPELLINGS: dict[str, Mapping[tuple[type, object], str]] = {
    "lto": {(bool, True): "fat", (str, "y"): "fat", (str, "yes"): "fat", (str, "on"): "fat"},
    "strip": {(bool, True): "symbols", (bool, False): "none"},
    "debug": {(bool, True): "full", (int, 2): "full", (int, 1): "limited", (int, 0): "none", (bool, False): "none"},
}


def same_setting(key: str, one: object, other: object) -> bool:
    """Return whether two values of a profile key mean the same to cargo, as `true` and "fat" do for lto."""
    return meaning(key, one) == meaning(key, other)


def meaning(key: str, value: object) -> tuple[type, object]:
    """Return what a value of a profile key means to cargo, with its type: one for all spellings."""
    spellings = _SPELLINGS.get(key, {})
    typed = (type(value), value if isinstance(value, str | int) else repr(value))
    return (str, spellings[typed]) if typed in spellings else typed


def edit_profile(
    content: bytes,
    settings: Mapping[str, TomlValue],
    *,
    profile: str = RELEASE,
    inherits: str | None = None,
    name: str = "Cargo.toml",
) -> TextEdit:
    """Set keys of a profile, dotted ones too; a value that means the same to cargo already stays as written.

    `inherits` is what a profile that is not there yet is made from. Raise Refused for a file that cannot be read, or
    not be edited without touching more than our keys.
    """
    data = read_toml(content, name)
    own = ("profile", profile)
    values: dict[Path, TomlValue] = {(*own, "inherits"): inherits} if inherits else {}
    for key, value in settings.items():
        path = (*own, *split_key(key))
        _refuse_second_spec(data, path, name)
        present = table_at(data, path[:-1], name).get(path[-1])
        if present is None or not same_setting(path[-1], present, value):
            values[path] = value
            data = deep_set(data, path, value)
    return edit_keys(content, values, name=name, place=_place_for(own))


def _refuse_second_spec(data: dict[str, Any], path: Path, name: str) -> None:
    """Raise Refused where the user has a profile for the same package under another spec: cargo takes one of them."""
    *above, package, _ = path
    if above[2:] != ["package"]:
        return
    for spec in table_at(data, above, name):
        if spec != package and re.fullmatch(rf"(?:.*[/#])?{re.escape(package)}(?:[@:#][0-9][^/]*)?", spec):
            raise Refused(
                f'{name} has a profile for "{spec}", and the recipe has one for "{package}", which is the same package',
                expected="one name for a package, since cargo takes one profile for each",
                next_command=f'the same with "{spec}" renamed to "{package}", or without {package} in the recipe',
            )


def undo_profile(current: bytes, before: bytes | None, after: bytes) -> bytes | None:
    """Undo only our keys in a manifest that was edited since, or return None where that cannot be done safely.

    A key that still has our value gets its old one or goes; a third value is the user's and stays.
    """
    return undo_edit(current, before, after)


def _place_for(profile: Path) -> Place:
    def place(text: str, statements: Sequence[Statement], section: Path) -> int:
        """Place a section behind [dev-dependencies] and its sub-tables, else behind the last dependencies, else last.

        That of a package goes behind the profile's last one, and a profile of the project's own behind the last
        profile, where there is one.
        """
        before: list[Callable[[Path], bool]] = [_is_dev_dependencies, _is_dependencies]
        if section != profile:
            before = [lambda other: other[:2] == profile, *before]
        elif section != ("profile", RELEASE):
            before = [lambda other: other[:1] == profile[:1], *before]
        for is_wanted in before:
            last = next((each for each in reversed(statements) if each.section and is_wanted(each.section)), None)
            if last:
                return _end_of_section(text, last)
        return len(text)

    return place


def _is_dev_dependencies(section: Path) -> bool:
    return section[0] in _DEV_DEPENDENCIES


def _is_dependencies(section: Path) -> bool:
    is_workspace = section[:2] == ("workspace", "dependencies")
    is_platform = section[0] == "target" and bool(_DEPENDENCIES.intersection(section[2:3]))
    return section[0] in _DEPENDENCIES or is_workspace or is_platform


def _end_of_section(text: str, last: Statement) -> int:
    """Return where a section ends: behind its last statement and the comments straight below it.

    Comments that run into the next header are that section's.
    """
    below = text[last.end :]
    comments = re.match(r"(?:[ \t]*#[^\n]*(?:\n|\Z))*", below)
    length = comments.end() if comments else 0
    runs_into_header = re.match(r"[ \t]*\[", below[length:])
    return last.end + (0 if runs_into_header else length)
