"""Command lines of the guide, taken apart by those who would read them: Invoke's parser, and burnish's own settings."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec
from invoke.exceptions import ParseError
from invoke.parser import Parser
from invoke.parser.context import ParserContext
from invoke.program import Program

from burnish.commands.asking import read_words
from burnish.commands.steps import COMMANDS, collection
from burnish.errors import BurnishError
from burnish.job.given import budget_in_force, command_line_layers
from burnish.job.options import Options
from burnish.job.settings import defaults_layer, resolve
from burnish.platforms import shipped_platforms
from burnish.resources import config_file
from guide.capture_list import ROOT

OURS = ("burnish", "invoke", "cargo-burnish")
# What the guide may call beside us, and nobody checks further.
_OTHERS = ("cargo", "cd", "cp", "git", "pip", "pipx", "pytest", "python", "python3", "sed")


def commands_in(line: str) -> Iterator[list[str]]:
    """Yield the commands of a line of shell, each as its words, without the paths of the programs."""
    words: list[str] = []
    for word in [*shlex.split(line, comments=True), "&&"]:
        if word != "&&":
            words.append(word)
        elif words:
            yield [words[0].rpartition("/")[2], *words[1:]]
            words = []


def check_line(line: str) -> None:
    """Raise ValueError where a line of shell holds a command that cannot be, or that the guide does not know."""
    for program, *words in commands_in(line):
        if (program, words[:1]) == ("cargo", ["burnish"]):
            check_ours(words[1:])
        elif program in OURS:
            check_ours(words, by_invoke=program == "invoke")
        elif program == "nox":
            _check_sessions(words)
        elif program not in _OTHERS:
            raise ValueError(f"{program} in {line!r} is no program that the guide knows")


def check_ours(words: Sequence[str], *, by_invoke: bool = False) -> None:
    """Raise ValueError where these words after the program name a command, option or value that there is not."""
    try:
        _check_tasks(words if by_invoke else _words_to_run(words))
    except (BurnishError, ParseError) as error:
        raise ValueError(f"{shlex.join(words)}: {error}") from error


def _words_to_run(words: Sequence[str]) -> Sequence[str]:
    """Return the words that Invoke is given to run, none for a help; raise UsageError as burnish does."""
    return read_words(words, COMMANDS, Program(version="0").core_args(), "burnish").words


def _check_tasks(words: Sequence[str]) -> None:
    core = Parser(initial=_core(), ignore_unknown=True).parse_argv(list(words))
    for task in Parser(contexts=collection().to_contexts()).parse_argv(core.unparsed):
        _check_values(task)


def _core() -> ParserContext:
    return ParserContext(args=[*Program().core_args(), *Program().task_args()])


def _check_values(task: ParserContext) -> None:
    """Refuse what burnish would refuse of a step's options: an unknown setting, concession, budget or platform."""
    given = {name.replace("-", "_"): argument.value for name, argument in task.args.items()}
    known = {name: value for name, value in given.items() if name in Options.__struct_fields__ and value}
    options = msgspec.convert(known, Options)
    layers = [defaults_layer(config_file("defaults.toml").read_bytes()), *command_line_layers(options)]
    budget_in_force(options, resolve(layers))
    if options.platform and options.platform not in shipped_platforms():
        raise ValueError(f"{task.name}: no platform {options.platform}")


def _check_sessions(words: Sequence[str]) -> None:
    named = [word for flag, word in pairwise(words) if flag == "-s"]
    for name in named:
        session, _, platform = name.partition("(")
        if session not in _sessions() or (platform and platform.rstrip(")") not in shipped_platforms()):
            raise ValueError(f"nox -s {name}: no such session")


def _sessions() -> list[str]:
    source = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    functions = (each for each in ast.parse(source).body if isinstance(each, ast.FunctionDef))
    return [each.name for each in functions if any("session" in ast.unparse(by) for by in each.decorator_list)]


def workflow_commands(lines: Sequence[str]) -> list[str]:
    """Return the commands of a workflow's `run:` lines, and of GitLab's `script:` lines."""
    return [found[1] for line in lines if (found := re.match(r"\s*(?:- )?(?:run|script): (.+)$", line))]
