"""The code blocks of Markdown pages: each says in a comment above it what it is. Pure.

<!-- run -->        commands that need no long build: a test runs them on a small crate; `run 3`: with exit status 3
<!-- parse -->      commands that do: a test takes them apart by the real parser
<!-- capture X -->  lines of docs/captures/X.txt, in their order; `...` stands for some that are left out
<!-- settings -->   a part of a manifest: a test reads it as burnish does
<!-- workflow -->   a part of a workflow: a test takes the commands of its `run:` lines apart
<!-- file -->       a file, or a part of one, without a command of ours
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

KINDS = ("run", "parse", "capture", "settings", "workflow", "file")
_MARK = re.compile(r"\s*<!-- (\w+)(?: (\S+))? -->$")
_FENCE = re.compile(r"( *)```")
_LIST_ITEM = re.compile(r"\s*([-*]|\d+\.) ")


@dataclass(frozen=True, kw_only=True)
class Block:
    """A code block: what its comment says of it, and its lines without indentation; `line` is where it begins."""

    line: int
    kind: str
    argument: str
    lines: Sequence[str]


def code_blocks(text: str) -> list[Block]:
    """Return the code blocks of a page, fenced and indented ones. Raise ValueError for one that nothing classifies."""
    return list(_blocks(text.splitlines()))


def _blocks(lines: Sequence[str]) -> Iterator[Block]:
    at, mark, is_in_list = 0, None, False
    while at < len(lines):
        line = lines[at]
        if end := _end_of_block(lines, at, is_in_list=is_in_list):
            yield _block(lines, at, end, mark)
            at, mark = end, None
            continue
        if line.strip():
            mark = _MARK.match(line)
            is_in_list = bool(_LIST_ITEM.match(line)) or (is_in_list and line.startswith(" "))
        at += 1


def _end_of_block(lines: Sequence[str], at: int, *, is_in_list: bool) -> int:
    """Return the number of the line behind the block that begins in this line; 0 where none begins."""
    if fence := _FENCE.match(lines[at]):
        closing = f"{fence[1]}```"
        return next(end for end in range(at + 1, len(lines)) if lines[end] == closing) + 1
    if not lines[at].startswith("    ") or is_in_list or not lines[at].strip():
        return 0
    return next((end for end in range(at, len(lines)) if not lines[end].startswith("    ")), len(lines))


def _block(lines: Sequence[str], at: int, end: int, mark: re.Match[str] | None) -> Block:
    if mark is None or mark[1] not in KINDS:
        raise ValueError(f"line {at + 1}: a code block without a comment above it: one of {', '.join(KINDS)}")
    fence = _FENCE.match(lines[at])
    inside, indent = (lines[at + 1 : end - 1], len(fence[1])) if fence else (lines[at:end], 4)
    return Block(line=at + 1, kind=mark[1], argument=mark[2] or "", lines=[line[indent:] for line in inside])


def missing_line(shown: Sequence[str], captured: Sequence[str]) -> str | None:
    """Return the first line that does not stand next in what was captured; after `...` it may stand further down."""
    at, may_skip = 0, True
    for line in shown:
        if line == "...":
            may_skip = True
            continue
        places = range(at, len(captured)) if may_skip else range(at, min(at + 1, len(captured)))
        found = next((place for place in places if captured[place] == line), None)
        if found is None:
            return line
        at, may_skip = found + 1, False
    return None
