"""Installing what is lacking: the commands as lists of arguments, by system.

They are said, and carried out by `burnish doctor --fix`, those for Debian by `nox -s provision` too.
"""

from __future__ import annotations

import importlib.util
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from burnish.platforms import Platform

_SYSTEMS = {"linux": "Debian", "darwin": "macOS", "win32": "Windows"}
_OF_PYTHON = {"cargo-zigbuild", "zig"}
_STANDARD = "standard library"
_OF_THE_SYSTEM = {_STANDARD, "linker", "stripper", "emulator"}


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """Commands that bring what is lacking. `system` is what they are for; `without` says what works without them."""

    system: str
    commands: tuple[tuple[str, ...], ...]
    as_root: bool = False
    without: str

    @property
    def text(self) -> str:
        """Return the commands as one line for a shell."""
        return " && ".join(map(shlex.join, self.commands))

    @property
    def text_of_user(self) -> str:
        """Return the line for a user who is not root."""
        return " && ".join(shlex.join(("sudo", *each) if self.as_root else each) for each in self.commands)


def remedies_of(platform: Platform, triple: str) -> dict[str, Remedy]:
    """Return what brings all that a platform takes, by the system or program that it is for."""
    without = f"every platform but {triple}"
    of_system = dict(platform.install)
    if platform.cross is not None:
        of_system |= {"Debian": tuple(debian_commands(platform.cross.debian))}
        of_system |= {"rustup": (("rustup", "target", "add", triple),)}
    if platform.cross is not None and platform.cross.pip:
        of_system |= {"Python": (pip_command(platform.cross.pip),)}
    return {
        system: Remedy(system=system, commands=commands, as_root=system == "Debian", without=without)
        for system, commands in of_system.items()
    }


def remedies_here(lacking: str, platform: Platform, triple: str, has: Callable[[str], bool]) -> Iterator[Remedy]:
    """Return what brings here what is `lacking`, by its subject; `has` says whether a program can be started."""
    known = remedies_of(platform, triple)
    system = known.get(_SYSTEMS.get(sys.platform, ""))
    if lacking == _STANDARD and "rustup" in known and has("rustup"):
        yield known["rustup"]  # takes seconds; Debian's packages are a toolchain of their own
    elif lacking in _OF_THE_SYSTEM and system is not None and has(system.commands[0][0]):
        yield system
    elif lacking in _OF_PYTHON and "Python" in known:
        yield known["Python"]


def install_here(platform: Platform, triple: str) -> str:
    """Return the line for this system, or where to look for others."""
    known = remedies_of(platform, triple)
    here = [known[name].text for name in (_SYSTEMS.get(sys.platform, ""), "Python") if name in known]
    return " && ".join(here) or f"burnish doctor --platform {triple}"


def python_remedy(package: str, without: str) -> Remedy:
    """Return what installs a Python package beside burnish."""
    return Remedy(system="Python", commands=(pip_command([package]),), without=without)


def source_remedy() -> Remedy:
    """Return what brings the source of the standard library to a toolchain of rustup's."""
    without = "all but candidates that rebuild the standard library"
    return Remedy(system="rustup", commands=(("rustup", "component", "add", "rust-src"),), without=without)


def profiling_remedies(major: str, has: Callable[[str], bool]) -> Iterator[Remedy]:
    """Return what brings an llvm-profdata of rustc's LLVM, by its major version: the toolchain's own, else Debian's.

    The first that can be carried out here is enough.
    """
    without = "all but builds that are guided by a profile"
    if has("rustup"):
        yield Remedy(system="rustup", commands=(("rustup", "component", "add", "llvm-tools"),), without=without)
    elif has("apt-get") and major:
        commands = tuple(debian_commands([f"llvm-{major}"]))
        yield Remedy(system="Debian", commands=commands, as_root=True, without=without)
    elif has("brew") and major:
        yield Remedy(system="macOS", commands=(("brew", "install", f"llvm@{major}"),), without=without)
    elif has("winget"):
        yield Remedy(system="Windows", commands=(("winget", "install", "--id", "LLVM.LLVM"),), without=without)


def valgrind_remedies(has: Callable[[str], bool]) -> Iterator[Remedy]:
    """Return what brings valgrind, which counts instructions where the kernel gives programs no counter."""
    without = "all but the gate of instructions"
    if has("apt-get"):
        yield Remedy(system="Debian", commands=tuple(debian_commands(["valgrind"])), as_root=True, without=without)


def musl_gcc_remedies(has: Callable[[str], bool]) -> Iterator[Remedy]:
    """Return what brings a C compiler for musl."""
    without = "all but static musl for projects that build C code"
    if has("apt-get"):
        yield Remedy(system="Debian", commands=tuple(debian_commands(["musl-tools"])), as_root=True, without=without)


def pip_command(packages: Iterable[str]) -> tuple[str, ...]:
    """Return the command that installs Python packages beside burnish: by uv where its Python comes without pip."""
    if importlib.util.find_spec("pip") is None:
        return ("uv", "pip", "install", "--python", sys.executable, *packages)
    return (sys.executable, "-m", "pip", "install", *packages)


def debian_commands(packages: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the commands that install Debian packages, those of other architectures too."""
    unique = list(dict.fromkeys(packages))
    architectures = dict.fromkeys(name.partition(":")[2] for name in unique if ":" in name)
    return [
        *(("dpkg", "--add-architecture", architecture) for architecture in architectures),
        ("apt-get", "update"),
        ("apt-get", "install", "-y", "--no-install-recommends", *unique),
    ]
