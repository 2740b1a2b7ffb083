"""The overlay says to cargo what the two edited files would."""

from __future__ import annotations

import tomllib
from typing import Any

from burnish.cargo.flags import EffectiveFlags
from burnish.job.plan import Plan
from burnish.search.overlay import overlay
from burnish.toml.edit import TextEdit

TRIPLE = "x86_64-unknown-linux-gnu"
UNTOUCHED = TextEdit(name="Cargo.toml", before=b"", after=b"")


def written(*, as_string: bool = False, **parts: Any) -> dict[str, Any]:
    """Return what a plan's overlay holds."""
    values: dict[str, Any] = {"profile": {"opt-level": "s"}, "flags": (), "build_target": None, **parts}
    plan = Plan(
        manifest=UNTOUCHED,
        config=UNTOUCHED,
        pin=UNTOUCHED,
        config_role="config",
        settings=(),
        notes=(),
        reliances=(),
        effective=EffectiveFlags(source="none", flags=(), where=[], triple=TRIPLE, as_string=as_string),
        **values,
    )
    return tomllib.loads(overlay(plan, TRIPLE))


def test_profile_alone_needs_nothing_else() -> None:
    """No empty tables: an empty `target` would be one more source of flags."""
    assert written(profile={"opt-level": "s", "strip": True}) == {
        "profile": {"release": {"opt-level": "s", "strip": True}}
    }


def test_what_is_for_some_packages_only_stands_below_them() -> None:
    """A dotted key is one table in another."""
    profile = {"opt-level": "s", 'package."*".opt-level': 3, "package.regex.opt-level": 2}
    packages = {"*": {"opt-level": 3}, "regex": {"opt-level": 2}}
    assert written(profile=profile)["profile"] == {"release": {"opt-level": "s", "package": packages}}


def test_flags_and_target_stand_where_the_configuration_has_them() -> None:
    """Flags with their own quotes and commas stay one each."""
    flags = ("-C", "link-arg=-Wl,-z,noseparate-code", "--cfg", 'feature="x"')
    assert written(flags=flags, build_target=TRIPLE) == {
        "profile": {"release": {"opt-level": "s"}},
        "target": {TRIPLE: {"rustflags": list(flags)}},
        "build": {"target": TRIPLE},
    }


def test_flags_are_a_string_where_the_projects_are() -> None:
    """Cargo does not merge a string with an array."""
    assert written(flags=("-C", "a=b"), as_string=True)["target"] == {TRIPLE: {"rustflags": "-C a=b"}}
