"""What a command line asks for, read before Invoke reads it: help, completions, or what is wrong, and the nearest.

Options may stand before the command too, as with cargo; Invoke is given them behind it.
"""

from __future__ import annotations

import shlex
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from invoke.parser.argument import Argument

from burnish.commands.arguments import OPTIONS, flags_of
from burnish.commands.calls import StepTask
from burnish.errors import UsageError
from burnish.text import nearest

SHELLS = ("bash", "zsh", "fish")
BUILT_IN = {
    "completions": ("<SHELL>", f"Print the completions for a shell: {', '.join(SHELLS)}"),
    "help": ("[COMMAND]", "Show this help, or that of a command"),
}
"""The commands that are no steps: what follows them, and what they do."""
_HELP = ("-h", "--help")
_VERSION = ("-V", "--version")
_OF_INVOKE = "--help-invoke"
_COMPLETES = ("--complete", "--print-completion-script")
_FEW = 3
_OURS = {flag: name for name in OPTIONS for flag in flags_of(name)}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked for: `of` is the command of a help, or the shell of completions; `words` are for Invoke to run."""

    what: Literal["run", "help", "version", "completions"]
    of: str = ""
    words: tuple[str, ...] = ()


def read_words(words: Sequence[str], commands: Mapping[str, StepTask], core: Iterable[Argument], program: str) -> Asked:
    """Return what the words behind the program's name ask for; `core` are Invoke's own options.

    Raise UsageError for a word that has no place, with the nearest one that has.
    """
    if any(word.partition("=")[0] in _COMPLETES for word in words):
        return Asked(what="run", words=tuple(words))
    if _OF_INVOKE in words:
        return Asked(what="run", words=("--help",))
    return _Reader(words, commands, core, program).read()


class _Reader:
    """Goes through the words, one option or command after the other."""

    def __init__(
        self, words: Sequence[str], commands: Mapping[str, StepTask], core: Iterable[Argument], program: str
    ) -> None:
        self._words = tuple(words)
        self._rest = deque(words)
        self._commands = commands
        self._core = {("--" if len(name) > 1 else "-") + name: argument for argument in core for name in argument.names}
        self._program = program
        self._command = ""
        self._before: list[list[str]] = []
        self._given: set[str] = set()
        self._for_invoke: list[str] = []

    def read(self) -> Asked:
        while self._rest:
            word = self._rest.popleft()
            if word in _HELP:
                return Asked(what="help", of=self._command or self._next_command())
            if word in _VERSION:
                return Asked(what="version")
            if word in BUILT_IN and not self._command:
                return self._built_in(word)
            if word.startswith("-") and word != "-":
                self._take_option(word)
            else:
                self._take_command(word)
        return Asked(what="run", words=tuple(self._for_invoke)) if self._for_invoke else Asked(what="help")

    def _next_command(self) -> str:
        """Return the command behind a `--help` that stands before it, or nothing."""
        return self._known_command(self._rest[0]) if self._rest and not self._rest[0].startswith("-") else ""

    def _built_in(self, word: str) -> Asked:
        """Read what follows one of our own commands."""
        given = list(self._rest)
        if any(each in _HELP for each in given):
            return Asked(what="help", of=word)
        if len(given) > 1:
            raise self._wrong(f"`{word}` takes one word, and `{given[1]}` is one more", f"help {word}")
        if word == "help":
            return Asked(what="help", of=self._known_command(given[0]) if given else "")
        if not given or given[0] not in SHELLS:
            near = nearest(given[0], SHELLS) if given else None
            found = f"there are no completions for `{given[0]}`" if given else f"`{word}` takes the name of a shell"
            raise self._wrong(found + _meant(near), f"{word} {near or SHELLS[0]}", f"one of {', '.join(SHELLS)}")
        return Asked(what="completions", of=given[0])

    def _known_command(self, word: str) -> str:
        known = (*self._commands, *BUILT_IN)
        if word in known:
            return word
        near = nearest(word, known)
        raise self._wrong(f"there is no command `{word}`{_meant(near)}", self._corrected(word, near) or "help")

    def _take_command(self, word: str) -> None:
        alone = self._commands[self._command].word if self._command else ""
        if alone and alone not in self._given:
            self._take_option(f"{flags_of(alone)[-1]}={word}")
            return
        if self._command and word not in self._commands:
            raise self._wrong(f"`{self._command}` takes no `{word}`: only options follow it", f"help {self._command}")
        self._command = self._known_command(word)
        self._for_invoke.append(word)
        self._given = set()
        for option in self._before:
            self._require_taken(option[0])
            self._for_invoke += option

    def _take_option(self, word: str) -> None:
        flag, is_joined, value = word.partition("=")
        if flag not in _OURS and flag not in self._core:
            return self._take_short(word)
        if flag in _OURS:
            self._require_taken(flag)
        taken = [flag]
        if self._takes_value(flag):
            taken.append(self._value_of(flag, value if is_joined else None))
        elif is_joined and not self._may_take_value(flag):
            raise self._wrong(f"`{flag}` takes no value", self._corrected(word, flag) or "help")
        elif is_joined:
            taken.append(value)
        if flag in _OURS and not self._command:
            self._before.append(taken)
            return None
        self._for_invoke += taken
        return None

    def _take_short(self, word: str) -> None:
        """Take apart what stands together, such as `-qn` or `-pname`; raise UsageError for an unknown option."""
        first, rest = word[:2], word[2:]
        if word.startswith("--") or not rest or not (first in _OURS or first in self._core):
            raise self._unknown_option(word.partition("=")[0])
        self._rest.extendleft([rest, first] if self._takes_value(first) else [f"-{rest}", first])

    def _takes_value(self, flag: str) -> bool:
        if flag in _OURS:
            return bool(OPTIONS[_OURS[flag]].value)
        return self._core[flag].takes_value and not self._core[flag].optional

    def _may_take_value(self, flag: str) -> bool:
        return flag not in _OURS and bool(self._core[flag].optional)

    def _value_of(self, flag: str, joined: str | None) -> str:
        """Return the value of an option, which stands in the same word or in the next."""
        value = joined if joined is not None else self._rest.popleft() if self._rest else None
        # Invoke takes an option's name for an option wherever it stands.
        if value is None or value in {*_OURS, *self._core, "--"}:
            found = f"`{flag}` needs a value" + (f", and `{value}` is an option" if value else "")
            raise self._wrong(found, f"help {self._command}".strip(), f"{flag} <{self._placeholder(flag)}>")
        if flag in self._core and self._core[flag].kind is int and not value.isdigit():
            raise self._wrong(f"`{flag}` is `{value}`", _OF_INVOKE, "a whole number")
        return value

    def _placeholder(self, flag: str) -> str:
        return OPTIONS[_OURS[flag]].value if flag in _OURS else "VALUE"

    def _require_taken(self, flag: str) -> None:
        """Raise UsageError where the command has no such option, or has been given it already."""
        name, command = _OURS[flag], self._commands.get(self._command)
        if command and name not in command.options:
            having = [f"`{each.command}`" for each in self._commands.values() if name in each.options]
            whose = f"; it belongs to {', '.join(having)}" if len(having) <= _FEW else ""
            raise self._wrong(f"`{self._command}` has no option `{flag}`{whose}", f"help {self._command}")
        if name in self._given and OPTIONS[name].value and not OPTIONS[name].is_list:
            raise self._wrong(f"`{flag}` is given twice", f"help {self._command}".strip(), "it once")
        self._given.add(name)

    def _unknown_option(self, flag: str) -> UsageError:
        command = self._commands.get(self._command)
        ours = [each for name in (command.options if command else OPTIONS) for each in flags_of(name)]
        near = nearest(flag, [*ours, *_HELP, *_VERSION])
        whose = f"`{self._command}` has" if command else "there is"
        corrected = self._corrected(flag, near) if command else ""
        return self._wrong(f"{whose} no option `{flag}`{_meant(near)}", corrected or f"help {self._command}".strip())

    def _corrected(self, word: str, near: str | None) -> str:
        """Return the command line with a word replaced, or nothing where nothing is near."""
        if near is None:
            return ""
        return shlex.join(
            near + each.removeprefix(word) if each == word or each.startswith(f"{word}=") else each
            for each in self._words
        )

    def _wrong(self, found: str, next_words: str, expected: str = "") -> UsageError:
        return UsageError(found, expected=expected, next_command=f"{self._program} {next_words}")


def _meant(near: str | None) -> str:
    return f"; did you mean `{near}`?" if near else ""
