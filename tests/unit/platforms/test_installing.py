from __future__ import annotations

import sys

import pytest

from burnish.platforms import Cross, Platform
from burnish.platforms.installing import debian_commands, install_here, pip_command, remedies_here, remedies_of

PLATFORM = Platform(
    runs_on=("arm-linux",),
    elsewhere="run there",
    install={"macOS": (("brew", "install", "arm-gcc"),)},
    cross=Cross(hosts=("x86-linux",), mode="native", debian=("gcc-arm", "libc:arm"), pip=("zig>=1",)),
)
DEBIAN = "dpkg --add-architecture arm && apt-get update && apt-get install -y --no-install-recommends gcc-arm libc:arm"
PIP = f"{sys.executable} -m pip install 'zig>=1'"


def test_debian_packages_of_another_architecture_bring_it_first() -> None:
    """Each package is named once, and its architecture is added before the lists are read."""
    assert debian_commands(["gcc-arm", "libc:arm", "gcc-arm"]) == [
        ("dpkg", "--add-architecture", "arm"),
        ("apt-get", "update"),
        ("apt-get", "install", "-y", "--no-install-recommends", "gcc-arm", "libc:arm"),
    ]


def test_commands_are_given_for_every_system_that_is_known() -> None:
    """Whoever asks on one machine may be installing on another."""
    known = remedies_of(PLATFORM, "arm-linux")
    assert {system: remedy.text for system, remedy in known.items()} == {
        "macOS": "brew install arm-gcc",
        "Debian": DEBIAN,
        "rustup": "rustup target add arm-linux",
        "Python": PIP,
    }
    assert [system for system, remedy in known.items() if remedy.as_root] == ["Debian"]


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


@pytest.mark.parametrize(
    ("lacking", "programs", "system"),
    [
        ("standard library", {"rustup", "dpkg"}, "rustup"),
        ("standard library", {"dpkg"}, "Debian"),
        ("standard library", set(), None),
        ("linker", {"rustup", "dpkg"}, "Debian"),
        ("emulator", {"rustup"}, None),
        ("zig", set(), "Python"),
        ("host", {"rustup", "dpkg"}, None),
        ("RUSTFLAGS", {"rustup", "dpkg"}, None),
    ],
)
def test_remedy_is_one_that_this_machine_can_carry_out(
    monkeypatch: pytest.MonkeyPatch, lacking: str, programs: set[str], system: str | None
) -> None:
    """Rustup's own target before a toolchain of the system's; nothing for what no program brings."""
    monkeypatch.setattr("sys.platform", "linux")
    found = list(remedies_here(lacking, PLATFORM, "arm-linux", programs.__contains__))
    assert [remedy.system for remedy in found] == ([system] if system else [])


def test_root_is_asked_for_where_it_lacks() -> None:
    """Each command of the line, as a user types it."""
    text = remedies_of(PLATFORM, "arm-linux")["Debian"].text_of_user
    assert text.startswith("sudo dpkg --add-architecture arm && sudo apt-get update && sudo apt-get install -y ")


def test_python_without_pip_is_served_by_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where `uvx` or `uv tool` started burnish."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert pip_command(["zig>=1"]) == ("uv", "pip", "install", "--python", sys.executable, "zig>=1")
