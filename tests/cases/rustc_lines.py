"""Rustc's command lines, as `cargo build -v` shows them: read anew here, so that no error of burnish's is repeated."""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_RUNNING = re.compile(r"^ +Running `", re.MULTILINE)
_ENDING = re.compile(r"`$", re.MULTILINE)
_IS_VARIABLE = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*=")


@dataclass(frozen=True, kw_only=True)
class RustcLine:
    """One call of rustc, for one target of one package."""

    crate: str
    package: str
    kinds: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def file_stem(self) -> str:
        """Return how the name of its file begins, with the hash that tells it from others of the same crate."""
        extra = self.value("extra-filename")
        return f"lib{self.crate}{extra}" if extra else ""

    def codegen(self, key: str) -> list[str]:
        """Return each value of `-C KEY`, in order; a key without a value gives an empty text."""
        return [value for name, value in self._codegen() if name == key]

    def _codegen(self) -> Iterator[tuple[str, str]]:
        for word, after in zip(self.words, (*self.words[1:], ""), strict=True):
            text = after if word == "-C" else word.removeprefix("-C") if word.startswith("-C") else None
            if text:
                name, _, value = text.partition("=")
                yield name.replace("_", "-"), value

    def value(self, key: str) -> str | None:
        """Return the value of `-C KEY` that wins, the last; None where it is not given."""
        given = self.codegen(key)
        return given[-1] if given else None

    def values(self, option: str) -> list[str]:
        """Return what follows each `--option`."""
        pairs = zip(self.words, (*self.words[1:], ""), strict=True)
        spaced = [after for word, after in pairs if word == option]
        return spaced + [word.removeprefix(option + "=") for word in self.words if word.startswith(option + "=")]

    @property
    def is_static_runtime(self) -> bool:
        """Whether `+crt-static` is in force: any `+` wins, wherever it stands."""
        return any("+crt-static" in value.split(",") for value in self.codegen("target-feature"))


def read_rustc_lines(said: str) -> tuple[RustcLine, ...]:
    """Return the calls of rustc that cargo shows with `-v`, and `-vv`, where a variable may have several lines."""
    starts = [match.end() for match in _RUNNING.finditer(said)]
    texts = (said[start:end] for start, end in zip(starts, (*starts[1:], len(said)), strict=True))
    return tuple(found for text in texts if (found := _read(_words(text))))


def _words(text: str) -> list[str]:
    """Return the words of the first command in a text: up to the first end of a line at which its quotes are closed."""
    for ending in _ENDING.finditer(text):
        with contextlib.suppress(ValueError):
            return shlex.split(text[: ending.start()])
    return []


def _read(words: Sequence[str]) -> RustcLine | None:
    variables = dict(word.split("=", 1) for word in words if _IS_VARIABLE.match(word))
    if "--crate-name" not in words:
        return None
    found = RustcLine(crate="", package="", kinds=(), words=tuple(words))
    return RustcLine(
        crate=found.values("--crate-name")[0],
        package=variables.get("CARGO_PKG_NAME", found.values("--crate-name")[0]),
        kinds=tuple(kind for value in found.values("--crate-type") for kind in value.split(",")),
        words=tuple(words),
    )
