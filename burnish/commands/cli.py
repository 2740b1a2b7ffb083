"""The `burnish` program, and `cargo burnish`: the same tasks as `invoke`, installed."""

from __future__ import annotations

import sys

from invoke.program import Program

from burnish import __version__
from burnish.commands.steps import collection


def main() -> None:
    """Run `burnish TASK ...`."""
    _program("burnish").run(sys.argv)


def main_cargo() -> None:
    """Run `cargo burnish TASK ...`: cargo starts us as `cargo-burnish burnish TASK ...`."""
    own, *arguments = sys.argv
    if arguments[:1] == ["burnish"]:
        arguments = arguments[1:]
    _program("cargo-burnish").run([own, *arguments])


def _program(binary: str) -> Program:
    return Program(
        version=__version__,
        namespace=collection(),
        name="burnish",
        binary=binary,
        binary_names=["burnish", "cargo-burnish"],
    )
