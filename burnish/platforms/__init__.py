"""Platforms: what differs from one target triple to another, as data (config/platforms.toml) and small functions."""

from __future__ import annotations

from functools import cache

import msgspec

from burnish.errors import UsageError
from burnish.model import Mode
from burnish.resources import config_file
from burnish.text import did_you_mean


class Cross(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A `cross` table of config/platforms.toml; its comments tell what each field means."""

    hosts: tuple[str, ...]
    mode: Mode
    builder: str = "build"
    linker: str = ""
    linker_machine: str = ""
    bare_linker: bool = False
    rustflags: tuple[str, ...] = ()
    unwinder: str = ""
    stripper: str = ""
    emulator: str = ""
    cannot_load: int | None = None
    emulator_env: dict[str, str] = {}
    debian: tuple[str, ...] = ()
    pip: tuple[str, ...] = ()


class Platform(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of config/platforms.toml."""

    runs_on: tuple[str, ...]
    elsewhere: str
    static_rustflags: tuple[str, ...] = ()
    static_target: bool = False
    static_why_not: str = ""
    install: dict[str, tuple[tuple[str, ...], ...]] = {}
    github: dict[str, str] = {}
    cross: Cross | None = None

    def cross_from(self, host: str) -> Cross | None:
        """Return how it is built on `host`, where it is neither that host's own nor out of its reach."""
        return self.cross if self.cross is not None and host in self.cross.hosts else None


@cache
def shipped_platforms() -> dict[str, Platform]:
    """Return the platforms of config/platforms.toml by their triples; the file is read once."""
    return load_platforms(config_file("platforms.toml").read_bytes())


def load_platforms(content: bytes) -> dict[str, Platform]:
    """Read config/platforms.toml: platforms by triple."""
    return msgspec.toml.decode(content, type=dict[str, Platform])


def pick_platform(platforms: dict[str, Platform], name: str, host: str) -> Platform:
    """Return the platform `name`. Raise UsageError for a name that does not exist."""
    if name in platforms:
        return platforms[name]
    if name == host:
        return Platform(runs_on=(host,), elsewhere="", static_why_not=f"burnish does not know how on {host}")
    raise UsageError(
        f'unknown platform "{name}"{did_you_mean(name, platforms)}',
        expected=f"one of {', '.join(platforms)}",
    )
