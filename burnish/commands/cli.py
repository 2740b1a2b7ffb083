"""The `burnish` program, and `cargo burnish`: the same tasks as `invoke`, installed."""

from __future__ import annotations

import sys

from invoke.exceptions import Exit
from invoke.program import Program

from burnish import __version__
from burnish.commands.steps import collection
from burnish.system.console import flush_streams


def main() -> None:
    """Run `burnish TASK ...`."""
    _run("burnish", sys.argv)


def main_cargo() -> None:
    """Run `cargo burnish TASK ...`: cargo starts us as `cargo-burnish burnish TASK ...`."""
    own, *arguments = sys.argv
    if arguments[:1] == ["burnish"]:
        arguments = arguments[1:]
    _run("cargo-burnish", [own, *arguments])


def _run(binary: str, argv: list[str]) -> None:
    """Run the program. Where nobody reads what Invoke prints, as `| head -1` does not for long, it ends quietly."""
    try:
        _program(binary).run(argv)
    except BrokenPipeError as unheard:
        # It prints an error while it handles it, and a list or a help by itself.
        error = unheard.__context__
        sys.exit(error.code if isinstance(error, Exit) else int(error is not None))
    finally:
        flush_streams()


def _program(binary: str) -> Program:
    return Program(
        version=__version__,
        namespace=collection(),
        name="burnish",
        binary=binary,
        binary_names=["burnish", "cargo-burnish"],
    )
