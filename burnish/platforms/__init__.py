"""Platforms: what differs from one target triple to another, as data (config/platforms.toml) and small functions."""

from __future__ import annotations

from typing import Literal

import msgspec

from burnish.errors import Refused, UsageError
from burnish.text import did_you_mean

Mode = Literal["native", "emulated", "link-only"]


class Platform(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of config/platforms.toml; its comments tell what each field means."""

    host: str
    elsewhere: str
    static_rustflags: tuple[str, ...] = ()
    static_target: bool = False
    static_why_not: str = ""


def load_platforms(content: bytes) -> dict[str, Platform]:
    """Read config/platforms.toml: platforms by triple."""
    return msgspec.toml.decode(content, type=dict[str, Platform])


def pick_platform(platforms: dict[str, Platform], name: str, host: str) -> Platform:
    """Give the platform `name` for work on `host`.

    Raise UsageError for a name that does not exist, Refused for a platform that this host cannot build and run.
    """
    if name not in platforms:
        if name == host:
            return Platform(host=host, elsewhere="", static_why_not=f"burnish does not know how on {host}")
        raise UsageError(
            f'unknown platform "{name}"{did_you_mean(name, platforms)}',
            expected=f"one of {', '.join(platforms)}",
        )
    reason = why_not_here(platforms[name], host)
    if reason:
        raise Refused(
            f"the platform {name} cannot be built and run on this host, {host}: {reason}",
            expected="a platform that is native here",
            next_command="burnish doctor",
        )
    return platforms[name]


def why_not_here(platform: Platform, host: str) -> str:
    """Say why a platform does not run on `host`, or give nothing where it does."""
    return "" if platform.host == host else platform.elsewhere
