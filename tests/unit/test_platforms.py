from __future__ import annotations

import pytest

from burnish.errors import Refused, UsageError
from burnish.platforms import load_platforms, pick_platform, why_not_here
from burnish.resources import config_file

PLATFORMS = load_platforms(config_file("platforms.toml").read_bytes())
LINUX = "x86_64-unknown-linux-gnu"


def test_every_platform_is_its_own_hosts() -> None:
    """Each platform runs on its own host, and says why not on any other."""
    for name, platform in PLATFORMS.items():
        assert why_not_here(platform, platform.host) == ""
        assert why_not_here(platform, "some-other-host") == platform.elsewhere != ""
        assert name == platform.host


def test_static_flags_or_a_reason_why_not() -> None:
    """A platform knows how to link statically, or why it cannot."""
    for platform in PLATFORMS.values():
        assert bool(platform.static_rustflags) != bool(platform.static_why_not)


def test_unknown_name_is_refused_with_the_nearest() -> None:
    """A typo in a platform's name gets the name that was meant."""
    with pytest.raises(UsageError, match='did you mean "x86_64-unknown-linux-gnu"'):
        pick_platform(PLATFORMS, "x86_64-unknown-linux-gnuu", LINUX)


def test_platform_of_another_host_is_refused_with_the_reason() -> None:
    """A platform that is not native here is refused in so many words."""
    with pytest.raises(Refused, match="run on a macOS host"):
        pick_platform(PLATFORMS, "aarch64-apple-darwin", LINUX)


def test_unlisted_host_still_works() -> None:
    """A host that the data does not list builds natively; only static linking is unknown there."""
    platform = pick_platform(PLATFORMS, "riscv64gc-unknown-linux-gnu", "riscv64gc-unknown-linux-gnu")
    assert platform.static_rustflags == ()
    assert "riscv64gc" in platform.static_why_not
