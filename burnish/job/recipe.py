"""Recipes: named sets of release settings, burnish's own and a project's, read from the same form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from burnish.cargo.flags import is_part, normalise, parse_flags
from burnish.errors import Refused, UsageError
from burnish.text import did_you_mean
from burnish.toml.data import TomlValue
from burnish.toml.reading import read_toml
from burnish.toml.spelling import join_key

SHIPPED = "config/recipes.toml"
AUTO = "auto"
"""The recipe that is searched for; see burnish/search."""
BASE = "portable"
"""The recipe that every candidate of a search starts from."""
_WORKSPACE = "[workspace.metadata.burnish]"
_UNSTATED = "the project's own recipe asks for it"

_KEYS = ("extends", "summary", "profile", "rustflags", "static", "own_target")
_SWITCH = (True, False)
# The stable keys of a profile and the values that cargo takes; None is any positive integer.
_PROFILE_VALUES: dict[str, tuple[TomlValue, ...] | None] = {
    "opt-level": (0, 1, 2, 3, "s", "z"),
    "lto": (True, False, "thin", "fat", "off"),
    "codegen-units": None,
    "strip": (True, False, "none", "debuginfo", "symbols"),
    "panic": ("unwind", "abort"),
    "debug": (True, False, 0, 1, 2, "none", "limited", "full", "line-tables-only", "line-directives-only"),
    "split-debuginfo": ("off", "packed", "unpacked"),
    "debug-assertions": _SWITCH,
    "overflow-checks": _SWITCH,
    "incremental": _SWITCH,
    "rpath": _SWITCH,
}
# What cargo takes for one package too, in [profile.release.package.NAME].
_PACKAGE_KEYS = ("opt-level", "codegen-units", "strip", "debug", "debug-assertions", "overflow-checks")
# Each is one more look through the whole manifest.
_MAX_PACKAGE_KEYS = 50


@dataclass(frozen=True, kw_only=True)
class ProfileSetting:
    """The value of one key of `[profile.release]`, why, and the recipe that says so.

    What is for some packages only has a dotted key: `package."*".opt-level`, for all but the workspace's own.
    """

    value: TomlValue
    reason: str
    origin: str


@dataclass(frozen=True, kw_only=True)
class FlagSetting:
    """One rustflag in the form `-C name=value`, why, and the recipe that says so."""

    flag: str
    reason: str
    origin: str


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A named set of release settings.

    `static` asks for static linking where the platform can, `own_target` for a `build.target` that keeps the flags away
    from build scripts and proc macros. `left_out` tells which of its settings were taken out, and why.
    """

    name: str
    summary: str
    profile: dict[str, ProfileSetting]
    rustflags: tuple[FlagSetting, ...]
    static: bool
    static_reason: str = ""
    own_target: bool = False
    left_out: tuple[str, ...] = ()


def load_recipes(
    shipped: bytes, own: Mapping[str, Any], origins: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Recipe]:
    """Read burnish's recipes and a project's own, each with the settings of the one that it extends.

    `origins` tells which table of settings an own recipe stands in: the workspace's where it says nothing.

    Raise Refused for one that is malformed, that names an unknown parent, or that extends itself.
    """
    tables = {name: (table, SHIPPED) for name, table in read_toml(shipped, SHIPPED).items()}
    for name, table in own.items():
        where = origins.get(name, _WORKSPACE).replace("]", ".recipes]")
        if name in tables or name == AUTO:
            raise _bad(name, where, "has the name of one of burnish's own", "another name")
        tables[name] = (table, where)
    return {name: _resolved(name, tables, ()) for name in tables}


def read_recipe(name: str, table: Mapping[str, Any], where: str) -> Recipe:
    """Read one recipe that extends none. Raise Refused where it is malformed."""
    return _resolved(name, {name: (table, where)}, ())


def combine(name: str, summary: str, parts: Sequence[Recipe]) -> Recipe:
    """Make one recipe of several: the settings of all, a later part's profile over an earlier one's."""
    static = next((part for part in parts if part.static), None)
    return Recipe(
        name=name,
        summary=summary,
        profile={key: setting for part in parts for key, setting in part.profile.items()},
        rustflags=tuple(flag for part in parts for flag in part.rustflags),
        static=static is not None,
        static_reason=static.static_reason if static else "",
        own_target=any(part.own_target for part in parts),
        left_out=tuple(dict.fromkeys(words for part in parts for words in part.left_out)),
    )


def pick_recipe(recipes: Mapping[str, Recipe], name: str) -> Recipe:
    """Return the recipe of a name. Raise UsageError, with the nearest name, where there is none."""
    if name in recipes:
        return recipes[name]
    raise UsageError(
        f'there is no recipe "{name}"{did_you_mean(name, (AUTO, *recipes))}',
        expected=f"one of {', '.join((AUTO, *recipes))}",
        next_command="burnish plan --recipe portable",
    )


def _resolved(name: str, tables: Mapping[str, tuple[Any, str]], below: tuple[str, ...]) -> Recipe:
    table, where = tables[name]
    origin = f"recipe {name} in {where}"
    _check_keys(name, where, table, _KEYS, "key")
    parent = _parent(name, where, table, tables, (*below, name))
    is_static, static_reason = _static(name, where, table, parent)
    own_target = table.get("own_target", parent is not None and parent.own_target)
    if not isinstance(own_target, bool):
        raise _bad(name, where, "has an own_target that is no boolean", "true or false")
    return Recipe(
        name=name,
        summary=_text(name, where, table, "summary"),
        profile={**(parent.profile if parent else {}), **dict(_profile(name, where, table, origin))},
        rustflags=_with_parents(parent, _rustflags(name, where, table, origin)),
        static=is_static,
        static_reason=static_reason,
        own_target=own_target,
    )


def _parent(
    name: str, where: str, table: Mapping[str, Any], tables: Mapping[str, tuple[Any, str]], below: tuple[str, ...]
) -> Recipe | None:
    parent = _text(name, where, table, "extends")
    if not parent:
        return None
    if parent in below:
        raise _bad(name, where, f'extends itself by "{parent}"', "a parent that does not extend it")
    if parent not in tables:
        near = did_you_mean(parent, tables)
        raise _bad(name, where, f'extends "{parent}", which is no recipe{near}', f"one of {', '.join(tables)}")
    return _resolved(parent, tables, below)


def _with_parents(parent: Recipe | None, flags: Iterable[FlagSetting]) -> tuple[FlagSetting, ...]:
    inherited = parent.rustflags if parent else ()
    known = {setting.flag for setting in inherited if not _is_part(setting.flag)}
    return (*inherited, *(setting for setting in flags if setting.flag not in known))


def _is_part(text: str) -> bool:
    return any(is_part(*setting) for flag in parse_flags([text]) for setting in flag.settings)


def _profile(name: str, where: str, table: Mapping[str, Any], origin: str) -> Iterator[tuple[str, ProfileSetting]]:
    profile = table.get("profile", {})
    _check_keys(name, where, profile, (*_PROFILE_VALUES, "package"), "profile key")
    entries = {(key,): entry for key, entry in profile.items() if key != "package"}
    for path, entry in (entries | dict(_package_keys(name, where, profile.get("package", {})))).items():
        key = join_key(path)
        value, reason = _with_reason(name, where, f"profile.{key}", entry, "value")
        allowed = _PROFILE_VALUES[path[-1]]
        if not _is_allowed(value, allowed):
            choices = ", ".join(_toml(choice) for choice in allowed or ()) or "an integer above zero"
            raise _bad(name, where, f"has a profile.{key} that cargo does not take", choices)
        yield key, ProfileSetting(value=value, reason=reason, origin=origin)


def _package_keys(name: str, where: str, packages: Any) -> Iterator[tuple[tuple[str, ...], Any]]:  # noqa: ANN401 - any TOML
    if not isinstance(packages, dict):
        raise _bad(name, where, "has a profile.package that is no table", 'package."*" = { opt-level = "s" }')
    if sum(len(keys) for keys in packages.values() if isinstance(keys, dict)) > _MAX_PACKAGE_KEYS:
        raise _bad(name, where, "has too many settings for single packages", f"at most {_MAX_PACKAGE_KEYS}")
    for package, keys in packages.items():
        _check_keys(name, where, keys, _PACKAGE_KEYS, "key of a package's profile")
        yield from ((("package", package, key), entry) for key, entry in keys.items())


def _is_allowed(value: object, allowed: tuple[TomlValue, ...] | None) -> bool:
    if allowed is None:
        return type(value) is int and value > 0
    # 1 equals True in Python, and is another value in TOML.
    return any(type(value) is type(choice) and value == choice for choice in allowed)


def _rustflags(name: str, where: str, table: Mapping[str, Any], origin: str) -> Iterator[FlagSetting]:
    entries = table.get("rustflags", [])
    if not isinstance(entries, list):
        raise _bad(name, where, "has rustflags that are no array", 'rustflags = ["-C name=value"]')
    if all(isinstance(entry, str) for entry in entries):
        # As in cargo's configuration, an option and its value may be two texts.
        entries = list(normalise(entries))
    for entry in entries:
        flag, reason = _with_reason(name, where, "rustflags", entry, "flag")
        if not isinstance(flag, str) or not flag.startswith("-"):
            raise _bad(name, where, "has a rustflag that is none", 'a text like "-C name=value"')
        yield from (FlagSetting(flag=each, reason=reason, origin=origin) for each in normalise([flag]))


def _static(name: str, where: str, table: Mapping[str, Any], parent: Recipe | None) -> tuple[bool, str]:
    if "static" not in table:
        return (parent.static, parent.static_reason) if parent else (False, "")
    value, reason = _with_reason(name, where, "static", table["static"], "value")
    if not isinstance(value, bool):
        raise _bad(name, where, "has a static that is no boolean", "true or false")
    return value, reason


def _with_reason(name: str, where: str, what: str, entry: Any, key: str) -> tuple[Any, str]:  # noqa: ANN401 - any TOML
    """Read the short form, a bare value, or the long one, a table of it and a reason."""
    if not isinstance(entry, dict):
        return entry, _UNSTATED
    _check_keys(name, where, entry, (key, "reason"), f"key in {what}")
    if key not in entry:
        raise _bad(name, where, f'has a setting in {what} without its "{key}"', f'{{ {key} = ..., reason = "..." }}')
    return entry[key], _text(name, where, entry, "reason") or _UNSTATED


def _text(name: str, where: str, table: Mapping[str, Any], key: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise _bad(name, where, f'has the key "{key}", which is no text', f'{key} = "..."')
    return value


def _check_keys(name: str, where: str, table: Any, known: Iterable[str], what: str) -> None:  # noqa: ANN401 - any TOML
    if not isinstance(table, dict):
        raise _bad(name, where, f"has something else where a table is expected ({what}s)", "a table")
    for key in table:
        if key not in known:
            near = did_you_mean(key, known)
            raise _bad(name, where, f'has the unknown {what} "{key}"{near}', f"one of {', '.join(known)}")


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"')


def _bad(name: str, where: str, what: str, expected: str) -> Refused:
    return Refused(
        f'the recipe "{name}" of {where} {what}', expected=expected, next_command="burnish plan --recipe portable"
    )
