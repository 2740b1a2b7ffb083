from __future__ import annotations

import pytest

from burnish.errors import UsageError
from burnish.platforms import load_platforms, pick_platform
from burnish.resources import config_file

PLATFORMS = load_platforms(config_file("platforms.toml").read_bytes())
LINUX = "x86_64-unknown-linux-gnu"


def test_every_platform_runs_on_its_own_host() -> None:
    """Each platform is native to the host of its own triple, and says what it takes elsewhere."""
    for name, platform in PLATFORMS.items():
        assert name in platform.runs_on
        assert platform.elsewhere


def test_six_platforms_are_in_reach_of_linux() -> None:
    """From an x86_64 Linux host six platforms are built, each in the mode that the host can give it."""
    crosses = {name: platform.cross_from(LINUX) for name, platform in PLATFORMS.items()}
    assert {name: cross.mode for name, cross in crosses.items() if cross} == {
        "x86_64-unknown-linux-musl": "native",
        "aarch64-unknown-linux-gnu": "emulated",
        "x86_64-pc-windows-gnu": "emulated",
        "x86_64-apple-darwin": "link-only",
        "aarch64-apple-darwin": "link-only",
    }


def test_cross_build_is_out_of_reach_of_a_host_that_is_not_listed() -> None:
    """A way to build that is known for one host is not tried on another."""
    assert PLATFORMS["aarch64-unknown-linux-gnu"].cross_from("x86_64-pc-windows-msvc") is None


def test_what_runs_under_an_emulator_names_one() -> None:
    """An emulated platform names its emulator, and no other does."""
    for platform in PLATFORMS.values():
        if platform.cross:
            assert bool(platform.cross.emulator) == (platform.cross.mode == "emulated")


def test_static_flags_or_a_reason_why_not() -> None:
    """A platform knows how to link statically, or why it cannot."""
    for platform in PLATFORMS.values():
        assert bool(platform.static_rustflags) != bool(platform.static_why_not)


def test_unknown_name_is_refused_with_the_nearest() -> None:
    """A typo in a platform's name gets the name that was meant."""
    with pytest.raises(UsageError, match='did you mean "x86_64-unknown-linux-gnu"'):
        pick_platform(PLATFORMS, "x86_64-unknown-linux-gnuu", LINUX)


def test_unlisted_host_still_works() -> None:
    """A host that the data does not list builds natively; only static linking is unknown there."""
    platform = pick_platform(PLATFORMS, "riscv64gc-unknown-linux-gnu", "riscv64gc-unknown-linux-gnu")
    assert platform.runs_on == ("riscv64gc-unknown-linux-gnu",)
    assert platform.static_rustflags == ()
    assert "riscv64gc" in platform.static_why_not
