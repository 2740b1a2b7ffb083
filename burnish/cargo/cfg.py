"""Rust's `cfg(...)` expressions, as the keys of `target` tables in cargo's configuration use them."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TOKEN = re.compile(r'\s*(?:(?P<name>(?:r#)?[A-Za-z_]\w*+)|(?P<text>"[^"]*+")|(?P<mark>[(),=]))', re.ASCII)
_MAX_LENGTH = 2_000
_MAX_DEPTH = 32


def matches(expression: str, cfg: Sequence[str]) -> bool:
    """Return whether a `cfg(...)` key holds for a target, given the lines of `rustc --print cfg`.

    One that is not well-formed does not: cargo says what is wrong with it.
    """
    try:
        return _Reader(expression, cfg).read()
    except ValueError:
        return False


class _Reader:
    """A reader of one expression: its tokens, and how many are read."""

    def __init__(self, expression: str, cfg: Sequence[str]) -> None:
        self._tokens = _tokens(expression)
        self._next = 0
        self._cfg = {re.sub(r"\s*=\s*", "=", line.strip(), count=1) for line in cfg}

    def read(self) -> bool:
        self._expect("cfg")
        operands = self._operands(0)
        if len(operands) != 1 or self._peek():
            raise ValueError(self._peek())
        return operands[0]

    def _predicate(self, depth: int) -> bool:
        if depth > _MAX_DEPTH:
            raise ValueError(depth)
        name = self._take()
        if self._peek() == "(":
            return self._combined(name, self._operands(depth))
        if self._peek() != "=":
            return {"true": True, "false": False}.get(name, name.removeprefix("r#") in self._cfg)
        self._expect("=")
        return f"{name}={self._take()}" in self._cfg

    def _combined(self, name: str, operands: list[bool]) -> bool:
        if name == "not" and len(operands) == 1:
            return not operands[0]
        if name not in {"all", "any"}:
            raise ValueError(name)
        return all(operands) if name == "all" else any(operands)

    def _operands(self, depth: int) -> list[bool]:
        self._expect("(")
        operands = []
        while self._peek() != ")":
            operands.append(self._predicate(depth + 1))
            if self._peek() != ")":
                self._expect(",")
        self._expect(")")
        return operands

    def _peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""

    def _take(self) -> str:
        taken = self._peek()
        if taken in {"", *"(),="}:
            raise ValueError(taken)
        self._next += 1
        return taken

    def _expect(self, token: str) -> None:
        if self._peek() != token:
            raise ValueError(token)
        self._next += 1


def _tokens(expression: str) -> list[str]:
    expression = expression.strip()
    if len(expression) > _MAX_LENGTH:
        raise ValueError(_MAX_LENGTH)
    tokens, position = [], 0
    while position < len(expression):
        match = _TOKEN.match(expression, position)
        if match is None:
            raise ValueError(position)
        tokens.append(match[0].strip())
        position = match.end()
    return tokens
