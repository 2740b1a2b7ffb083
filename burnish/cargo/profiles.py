"""Profiles: which there are, from which each inherits, and what is in force in one. Pure.

The rules are those of cargo 1.95: a profile takes from its parent what it does not set itself, tables for single
packages too; `bench` inherits from release and `test` from dev without being told. Profiles stand in the manifest and
in configuration files, which go before it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

from burnish.cargo.flags import ConfigLayer
from burnish.model import RELEASE
from burnish.toml.data import ABSENT, value_at

_PARENTS = {"bench": RELEASE, "test": "dev"}
BUILT_IN = (RELEASE, "dev", "test", "bench")
# As cargo's `validate_profile_name` has them, beside all that begin with "cargo".
_RESERVED = frozenset(
    {
        "build", "check", "clean", "config", "fetch", "fix", "install", "metadata", "package", "publish", "report",
        "root", "run", "rust", "rustc", "rustdoc", "target", "tmp", "uninstall", "doc", "debug",
    }
)  # fmt: skip


def merged_profiles(manifest: Mapping[str, Any], layers: Sequence[ConfigLayer]) -> dict[str, Any]:
    """Return the profiles that stand in a manifest and in the `layers` over it, which come nearest first."""
    found: dict[str, Any] = reduce(
        _laid_over, (_profiles(layer.data) for layer in reversed(layers)), _profiles(manifest)
    )
    return found


def is_defined(profiles: Mapping[str, Any], name: str) -> bool:
    """Return whether cargo knows a profile: one of its own, or one that says from which it inherits."""
    return name in BUILT_IN or value_at(profiles.get(name), ("inherits",)) is not ABSENT


def can_be_named(name: str) -> bool:
    """Return whether cargo takes a name for a profile of one's own."""
    is_word = re.fullmatch(r"[A-Za-z0-9_-]+", name) is not None
    return is_word and name not in _RESERVED and not name.startswith("cargo")


def lineage(profiles: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return a profile and those from which it inherits, the nearest first, as far as they can be told.

    One that does not say from which it inherits counts as one of release, as burnish makes it.
    """
    found: list[str] = []
    while name not in found:
        found.append(name)
        if name in {RELEASE, "dev"}:
            break
        parent = value_at(profiles.get(name), ("inherits",))
        parent = _PARENTS.get(name, RELEASE) if parent is ABSENT else parent
        if not isinstance(parent, str):
            break
        name = parent
    return tuple(found)


def in_force(profiles: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the keys of a profile and of all from which it inherits, the nearest of each."""
    found: dict[str, Any] = reduce(
        _laid_over, (_table(profiles.get(each)) for each in reversed(lineage(profiles, name))), {}
    )
    return found


def _profiles(data: Mapping[str, Any]) -> dict[str, Any]:
    return _table(data.get("profile"))


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _laid_over(below: Any, above: Any) -> Any:  # noqa: ANN401 - any TOML value
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return {**below, **{key: _laid_over(below.get(key), value) for key, value in above.items()}}
