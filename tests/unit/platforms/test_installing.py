from __future__ import annotations

import sys

import pytest

from burnish.platforms import Cross, Platform
from burnish.platforms.installing import debian_commands, install_commands, install_here

PLATFORM = Platform(
    runs_on=("arm-linux",),
    elsewhere="run there",
    install={"macOS": "brew install arm-gcc"},
    cross=Cross(hosts=("x86-linux",), mode="native", debian=("gcc-arm", "libc:arm"), pip=("zig>=1",)),
)
PIP = f"{sys.executable} -m pip install 'zig>=1'"


def test_debian_packages_of_another_architecture_bring_it_first() -> None:
    """Each package is named once, and its architecture is added before the lists are read."""
    assert debian_commands(["gcc-arm", "libc:arm", "gcc-arm"]) == [
        "dpkg --add-architecture arm",
        "apt-get update",
        "apt-get install -y --no-install-recommends gcc-arm libc:arm",
    ]


def test_commands_are_given_for_every_system_that_is_known() -> None:
    """Whoever asks on one machine may be installing on another."""
    assert install_commands(PLATFORM, "arm-linux") == {
        "macOS": "brew install arm-gcc",
        "Debian": " && ".join(debian_commands(["gcc-arm", "libc:arm"])),
        "rustup": "rustup target add arm-linux",
        "Python": PIP,
    }


@pytest.mark.parametrize(
    ("system", "command"),
    [("darwin", f"brew install arm-gcc && {PIP}"), ("win32", PIP)],
)
def test_next_command_is_this_systems(monkeypatch: pytest.MonkeyPatch, system: str, command: str) -> None:
    """What comes as Python packages is for every system."""
    monkeypatch.setattr("sys.platform", system)
    assert install_here(PLATFORM, "arm-linux") == command


def test_system_without_a_command_is_sent_to_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """The doctor names the commands for the systems that have one."""
    monkeypatch.setattr("sys.platform", "win32")
    assert install_here(Platform(runs_on=("x",), elsewhere="y"), "x") == "burnish doctor --platform x"
