"""Profile settings for single packages, which beat those of the profile: found wherever cargo reads them. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from burnish.cargo.flags import ConfigLayer
from burnish.cargo.invocations import package_name
from burnish.cargo.manifest import same_setting
from burnish.model import RELEASE
from burnish.toml.data import TomlValue, value_at
from burnish.toml.spelling import join_key

ALL_OTHERS = "*"


@dataclass(frozen=True, kw_only=True)
class Override:
    """One key of a package's own table in a profile: the package as it is named there, the value, and the file."""

    spec: str
    key: str
    value: TomlValue
    where: str
    profile: str = RELEASE

    @property
    def sentence(self) -> str:
        """Return it as the file says it."""
        value = str(self.value).lower() if isinstance(self.value, bool) else repr(self.value).replace("'", '"')
        return f"{self.where}: {join_key(('profile', self.profile, 'package', self.spec, self.key))} = {value}"

    def is_for(self, package_id: str, *, is_member: bool) -> bool:
        """Return whether cargo takes it for a package; `"*"` is for all but the workspace's own."""
        return not is_member if self.spec == ALL_OTHERS else names(self.spec, package_name(package_id))


def names(spec: str, package: str) -> bool:
    """Return whether a package id specification means a package of that name, of whatever version and source."""
    return re.fullmatch(rf"(?:.*[/#])?{re.escape(package)}(?:[@:#][0-9][^/]*)?", spec) is not None


def find_overrides(
    manifest: Mapping[str, Any], layers: Sequence[ConfigLayer], line: Sequence[str] = (RELEASE,)
) -> tuple[Override, ...]:
    """Return the settings for single packages in force in a profile, the first of a `line` that inherits.

    The nearest profile goes first; in each, configuration files beat the manifest, the nearest first.
    """
    found: dict[tuple[str, str], Override] = {}
    sources = [*((layer.path, layer.data) for layer in layers), ("Cargo.toml", manifest)]
    for profile, (where, data) in itertools.product(line, sources):
        for override in _read(where, data, profile):
            found.setdefault((override.spec, override.key), override)
    return tuple(found.values())


def _tables(data: Mapping[str, Any], profile: str) -> list[tuple[str, dict[str, Any]]]:
    tables = value_at(dict(data), ("profile", profile, "package"))
    found = tables.items() if isinstance(tables, dict) else ()
    return [(spec, table) for spec, table in found if isinstance(table, dict)]


def _read(where: str, data: Mapping[str, Any], profile: str) -> Iterator[Override]:
    for spec, table in _tables(data, profile):
        for key, value in table.items():
            if isinstance(value, str | int):
                yield Override(spec=spec, key=key, value=value, where=where, profile=profile)


def overriding(overrides: Iterable[Override], profile: Mapping[str, TomlValue]) -> list[Override]:
    """Return those that set a key of the recipe to another value, except where the recipe has the same table."""
    return [
        each
        for each in overrides
        if each.key in profile
        and join_key(("package", each.spec, each.key)) not in profile
        and not same_setting(each.key, each.value, profile[each.key])
    ]


def kept_in_own_tables(
    sources: Iterable[Mapping[str, Any]],
    profile: Mapping[str, TomlValue],
    packages: Sequence[str],
    judged: str | None = None,
    line: Sequence[str] = (RELEASE,),
) -> dict[str, TomlValue]:
    """Return what must be repeated in the packages' own tables: `strip`, which any such table resets (cargo 1.95).

    An empty one does too; all other keys go on with the profile's value (seen with the real one). `sources` are the
    manifest and the configurations, `line` the profile and those that it inherits from. What the user says of `strip`
    in a table stays, but for the `judged` package: a recipe that strips in spite of such a table has the user's word
    for it.
    """
    if "strip" not in profile:
        return {}
    own = [
        (spec, table)
        for data, profile in itertools.product(sources, line)
        for spec, table in _tables(data, profile)
        if any(names(spec, package_name(package)) for package in packages)
    ]
    given = {spec for spec, _ in own if judged is not None and names(spec, package_name(judged))}
    stated = {spec for spec, table in own if "strip" in table} - given
    return {join_key(("package", spec, "strip")): profile["strip"] for spec, _ in own if spec not in stated}
