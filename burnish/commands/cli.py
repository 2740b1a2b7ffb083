"""The `burnish` program, and `cargo burnish`: the same tasks as `invoke`, installed."""

from __future__ import annotations

import os
import shutil
import sys

from invoke.exceptions import Exit
from invoke.program import Program

from burnish import __version__
from burnish.commands.asking import Asked, read_words
from burnish.commands.calls import error_lines, one_document
from burnish.commands.completing import completions
from burnish.commands.helping import Pages, version_line
from burnish.commands.steps import COMMANDS, MAIN, collection
from burnish.errors import BurnishError, UsageError
from burnish.system.console import Console, flush_streams

_USUAL_COLUMNS = 80
_MOST_COLUMNS = 100
_FEWEST_COLUMNS = 50


def main() -> None:
    """Run `burnish COMMAND ...`."""
    _run("burnish", sys.argv)


def main_cargo() -> None:
    """Run `cargo burnish COMMAND ...`: cargo starts us as `cargo-burnish burnish COMMAND ...`."""
    own, *arguments = sys.argv
    if arguments[:1] == ["burnish"]:
        arguments = arguments[1:]
    _run("cargo burnish", [own, *arguments])


def _run(name: str, argv: list[str]) -> None:
    """Run the program. Where nobody reads what Invoke prints, as `| head -1` does not for long, it ends quietly."""
    console = Console(env=os.environ)
    try:
        with one_document(console, wanted="--json" in argv):
            _carry_out(_asked(name, argv), name, console)
    except BurnishError as error:
        for line in error_lines(error, console):
            console.say(line, is_command=True)
        sys.exit(error.exit_status)
    except BrokenPipeError as unheard:
        # It prints an error while it handles it, and a list by itself.
        told = unheard.__context__
        sys.exit(told.code if isinstance(told, Exit) else int(told is not None))
    finally:
        flush_streams()


def _carry_out(asked: Asked, name: str, console: Console) -> None:
    if asked.what == "run":
        _start(name, asked.words)
    elif asked.what == "version":
        console.result(version_line())
    elif asked.what == "completions":
        console.result(completions(asked.of, COMMANDS))
    else:
        pages = Pages(name, COMMANDS, width=_columns(), paint=console.paint)
        console.result(pages.of_command(asked.of) if asked.of else pages.overview(MAIN))


def _columns() -> int:
    columns = shutil.get_terminal_size((_USUAL_COLUMNS, 24)).columns
    return max(_FEWEST_COLUMNS, min(columns, _MOST_COLUMNS))


def _asked(name: str, argv: list[str]) -> Asked:
    return read_words(argv[1:], COMMANDS, _program(name).core_args(), name)


def _start(name: str, words: tuple[str, ...]) -> None:
    """Let Invoke run the tasks; what goes wrong in them has its own exit status, and the rest is Invoke's settings."""
    try:
        _program(name).run([name, *words])
    except BrokenPipeError:
        raise
    except Exception as error:
        raise UsageError(
            f"Invoke, which starts the commands, cannot: {type(error).__name__}: {error}",
            expected="settings of Invoke that it can read: its files, its INVOKE_ variables, its options",
            next_command=f"{name} --help-invoke",
        ) from error


def _program(name: str) -> Program:
    return Program(
        version=__version__,
        namespace=collection(),
        name="burnish",
        binary=name,
        binary_names=["burnish", "cargo-burnish"],
    )
