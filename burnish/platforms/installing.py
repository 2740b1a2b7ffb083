"""Installing what a platform takes: the commands, by system. They are said, and carried out by `nox -s provision`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable

from burnish.platforms import Platform


def install_commands(platform: Platform, triple: str) -> dict[str, str]:
    """Return the commands that bring what a platform takes, by the system or program that they are for."""
    commands = dict(platform.install)
    if platform.cross is not None:
        commands["Debian"] = " && ".join(debian_commands(platform.cross.debian))
        commands["rustup"] = f"rustup target add {triple}"
    if platform.cross is not None and platform.cross.pip:
        commands["Python"] = pip_command(platform.cross.pip)
    return commands


def install_here(platform: Platform, triple: str) -> str:
    """Return the commands for this system, or where to look for others."""
    system = {"linux": "Debian", "darwin": "macOS", "win32": "Windows"}.get(sys.platform, "")
    commands = install_commands(platform, triple)
    here = [commands[name] for name in (system, "Python") if name in commands]
    return " && ".join(here) or f"burnish doctor --platform {triple}"


def pip_command(packages: Iterable[str]) -> str:
    """Return the command that installs Python packages beside burnish."""
    return shlex.join([sys.executable, "-m", "pip", "install", *packages])


def debian_commands(packages: Iterable[str]) -> list[str]:
    """Return the commands that install Debian packages, those of other architectures too."""
    unique = list(dict.fromkeys(packages))
    architectures = dict.fromkeys(name.partition(":")[2] for name in unique if ":" in name)
    return [
        *(f"dpkg --add-architecture {architecture}" for architecture in architectures),
        "apt-get update",
        f"apt-get install -y --no-install-recommends {' '.join(unique)}",
    ]
