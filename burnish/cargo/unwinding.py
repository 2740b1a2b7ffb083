"""Code that relies on unwinding: where a source file outlives a panic, which `panic = "abort"` makes dead. Pure.

Cargo ignores the setting for tests, so that such code passes its tests and fails in the shipped binary only. What is
looked for are known words and shapes: a file without them may rely on unwinding all the same.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from burnish.cargo.rust_code import without_tests, without_texts

# Words that stand for themselves, wherever they stand and whatever other name an import gives them.
_WORDS = (
    "catch_unwind", "resume_unwind", "AssertUnwindSafe", "panicking", "is_panic", "into_panic", "try_into_panic",
    "JoinError", "JoinSet", "catch_panic", "CatchPanic", "CatchPanicLayer", "defer_on_unwind", "guard_on_unwind",
    "serve_connection",
)  # fmt: skip
_SAID = {
    "join": "join() with its error handled",
    "path": "JoinHandle::join as a function",
    "server": "a server that outlives a handler's panic",
    "foreign": "a function whose panic another language gets as an error",
    "name": "spawn as a function",
    "alias": "spawn under another name",
}
_HOOK, _TASK, _DROPPED, _LEFT = (
    "set_hook", "spawn() of a task", "spawn() with its handle dropped", "spawn() whose panics no join passes on",
)  # fmt: skip
_NAMED = ("word", "hook", "spawn", *_SAID)
KNOWN_PATTERNS = (*_WORDS, _HOOK, _DROPPED, _LEFT, _TASK, *_SAID.values())
"""What is looked for, for messages."""

# Most files have none of these, and need not be taken apart.
_HINTS = (
    *_WORDS, "set_hook", "join", "spawn", "axum", "hyper", "HttpServer", "rocket", "warp", "tonic", "pymodule",
    "pyfunction", "pymethods", "napi", "rustler",
)  # fmt: skip
# Hooks of other crates, a method and a definition of that name are none of panics; a `use` only names a spawn.
_RELIANCE = re.compile(
    rf"\b(?P<word>(?:{'|'.join(_WORDS)})|catch_unwind\w*+)\b"
    r"|(?<![.])(?<!fn )(?<!miette::)(?<!eyre::)\b(?P<hook>set_hook)\b\s*+(?P<hook_open>\()?+"
    r"|\bJoinHandle\b[^;(){}]{0,200}?::\s{0,20}(?P<path>join)\b"
    r"|\.\s*+(?P<join>join)\s*+\(\s*+\)(?P<passed>\s*+\.\s*+(?:unwrap|expect)\s*+\()?+"
    r"|\b(?P<server>(?:axum|hyper)\s*+::\s*+(?:serve|Server)|HttpServer|rocket\s*+::\s*+(?:build|launch|ignite)"
    r"|warp\s*+::\s*+serve|tonic\s*+::\s*+transport)\b"
    r"|(?P<foreign>\#\s*+\[\s*+(?:pyo3\s*+::\s*+)?+(?:pymodule|pyfunction|pymethods|napi)"
    r"|\brustler\s*+::\s*+init)\b"
    r"|(?<!fn )\b(?P<spawn>spawn(?:_blocking|_local|_on|_pinned|_fifo)?+)\s*+(?P<open>\()"
    r"|(?<=::)(?<!Command::)(?P<name>spawn(?:_blocking|_local)?+)(?=\s*+\))"
    r"|\b(?P<alias>spawn(?:_blocking|_local)?+)\s++as\b"
)
# Tasks: their panics never end the program, whoever holds the handle.
_RUNTIMES = frozenset({
    "tokio", "task", "rayon", "smol", "async_std", "executor", "runtime", "actix", "actix_rt", "rt", "monoio",
    "glommio",
})  # fmt: skip
# Other types of that style make processes, or things of a game.
_SPAWNERS = frozenset({
    "Builder", "JoinSet", "Runtime", "Handle", "LocalSet", "Scope", "ThreadPool", "Executor", "LocalExecutor",
    "TaskTracker", "LocalPool", "Arbiter",
})  # fmt: skip
_OWNER = re.compile(r"(?:(\w{1,60})\s{0,20}::|(\.))\s{0,20}\Z")
# What a thread is made of: a closure or a function. A process takes nothing, a thing of a game is a value.
_WORK = re.compile(r"\s{0,200}(?:move\b|\||async\b|[a-z_])")
_ASYNC = re.compile(r"\s{0,200}async\b")
# So far back and ahead a statement is looked at: more is nobody's, and would take long.
_WINDOW, _HOOK_WINDOW = 400, 2000
# A file with more places is nobody's either. It counts as one that relies on unwinding, whatever the places are.
_MOST = 2000
_TOO_MANY = "more places than can be looked at"
_STATEMENT_EDGE = re.compile(r"[;{}]|=>")
_UNUSED = re.compile(r"\A\s*+(?:let\s++)?+_\w*+\s*+=(?!=)|\bdrop\s*+\(\s*+(?:\w++\s*+::\s*+)*+\Z")
_USED = re.compile(r"=|\b(?:return|break)\b")
_STATEMENT_END = re.compile(
    r"(?:\s*+(?:\?|\.\s*+(?:unwrap|expect|ok|is_ok|is_err|map_err|context|detach|forget)\s*+\([^()]*+\)))*+\s*+;"
)
_EXIT = re.compile(r"\b(?:exit|(?<![.])abort)\s*+\(")
_BRANCH = re.compile(r"\b(?:if|match|while|for|loop)\b")
_BRACKET = re.compile(r"[(){}\[\]]")


@dataclass(frozen=True, kw_only=True)
class Reliance:
    """One place that relies on unwinding: the line, from 1, and what stands there."""

    line: int
    what: str


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """A file's code, where its calls end, and whether it passes the panics of joined threads on."""

    code: str
    closings: dict[int, int]
    passes_on: bool

    def end_of(self, opening: int) -> int:
        """Return where the bracket closes, or the end of the code where it never does."""
        return self.closings.get(opening, len(self.code))


def find_reliance(source: str) -> list[Reliance]:
    """Find where Rust code outlives panics or hooks into them, outside comments, texts and what only tests have."""
    if not any(hint in source for hint in _HINTS):
        return []
    code = without_tests(without_texts(source))
    matches = list(itertools.islice(_RELIANCE.finditer(code), _MOST))
    openings = {match.start(name) for match in matches for name in ("open", "hook_open") if match[name]}
    # A panic that `.join().unwrap()` or `.expect(...)` passes on ends the program either way.
    passes_on = any(match["passed"] for match in matches)
    reading = _Reading(code=code, closings=_closings(code, openings), passes_on=passes_on)
    return list(_reliances(reading, matches))


def _closings(code: str, openings: set[int]) -> dict[int, int]:
    """Return where each of these brackets closes, by one walk through all."""
    closings: dict[int, int] = {}
    opened: list[int] = []
    for bracket in _BRACKET.finditer(code) if openings else ():
        if bracket[0] in "([{":
            opened.append(bracket.start())
        elif opened:
            opening = opened.pop()
            if opening in openings:
                closings[opening] = bracket.start()
    return closings


def _reliances(reading: _Reading, matches: list[re.Match[str]]) -> Iterator[Reliance]:
    line, at = 1, 0
    for match in matches:
        place = match.start(next(name for name in _NAMED if match[name]))
        line, at = line + reading.code.count("\n", at, place), place
        what = _what(reading, match)
        if what:
            yield Reliance(line=line, what=what)
    if len(matches) == _MOST:
        yield Reliance(line=line, what=_TOO_MANY)


def _what(reading: _Reading, match: re.Match[str]) -> str:
    """Return what a match relies on, empty where it does not."""
    if match["word"]:
        return match["word"]
    if match["hook"]:
        return "" if match["hook_open"] and _exits(reading, match.start("hook_open")) else _HOOK
    if match["spawn"]:
        return _spawned(reading, match)
    return "" if match["passed"] else next(said for name, said in _SAID.items() if match[name])


def _exits(reading: _Reading, opening: int) -> bool:
    """Return whether a hook ends the program itself, on whatever way through it."""
    hook = reading.code[opening + 1 : min(reading.end_of(opening), opening + _HOOK_WINDOW)]
    end = _EXIT.search(hook)
    if end is None:
        return False
    before = hook[: end.start()]
    head, block, _ = before.partition("{")
    is_straight = before.count("{") - before.count("}") == (1 if block else 0)
    return is_straight and not _BRANCH.search(head) and "return" not in before and "?" not in before


def _spawned(reading: _Reading, match: re.Match[str]) -> str:
    """Return what a call of a spawn relies on: nothing where its handle may be joined and pass a panic on."""
    code, opening = reading.code, match.start("open")
    before = code[max(0, match.start("spawn") - _WINDOW) : match.start("spawn")]
    owner = _OWNER.search(before)
    name = (owner[1] or "") if owner else ""
    is_other_call = owner is not None and owner[2] and not _WORK.match(code, opening + 1)
    if is_other_call or (name[:1].isupper() and name not in _SPAWNERS):
        return ""
    if match["spawn"] != "spawn" or name in _RUNTIMES or _ASYNC.match(code, opening + 1):
        return _TASK
    end = reading.end_of(opening) + 1
    if _is_dropped(before, code[end : end + _WINDOW]):
        return _DROPPED
    return "" if reading.passes_on else _LEFT


def _is_dropped(before: str, after: str) -> bool:
    """Return whether nothing uses the value of a call, by what stands before and after it."""
    statement = before[max((edge.end() for edge in _STATEMENT_EDGE.finditer(before)), default=0) :]
    if _UNUSED.search(statement):
        return True
    is_inside = statement.count("(") > statement.count(")") or _USED.search(statement)
    return not is_inside and _STATEMENT_END.match(after) is not None
