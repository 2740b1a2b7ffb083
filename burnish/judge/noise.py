"""What builds of the same settings print differently: learnt from their own outputs, and left out in another's. Pure.

Two builds of one project may print a time, a revision or a random name that differs. A third build differs from them in
nothing else when its output has the same words in the same order, except where those two differ themselves, and there
a value of the same kind: a number for numbers, else one of the words that were seen.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

import msgspec

from burnish.judge.findings import listed, named
from burnish.measure.behaviour import Output

MAX_NOISE_BYTES = 256 * 1024
"""Longer outputs are compared as a whole."""
_MAX_TOKENS = 2000
# A quicker program may tell its time in another unit.
_DURATION = rb"[0-9]+(?:\.[0-9]+)?(?:ns|us|\xc2\xb5s|ms|s)"
_TOKEN = re.compile(rb"(?<![\w.])" + _DURATION + rb"(?!\w)|[\w\x80-\xff]+|\s|[^\w\s]")
_VISIBLE = re.compile(rb"\S+|\s")
_WORD = re.compile(_DURATION + rb"|[\w\x80-\xff]+")
# Of the first kind that all values of a place are, another value may stand there.
_KINDS = tuple(re.compile(kind) for kind in (rb"[0-9]+", _DURATION, rb"\w*[0-9]\w*"))

TwinName = Literal["beside", "edited", "again"]
Tokens = list[bytes]
# Tokens from and to, in the first text and in another.
_Change = tuple[int, int, int, int]


class Twin(msgspec.Struct, frozen=True, kw_only=True):
    """Another build of the baseline's settings: its digest, empty where it did not build, and what it gives."""

    sha256: str
    outputs: list[Output]


@dataclass(frozen=True, kw_only=True)
class _Gap:
    """A place where outputs differ: tokens `start` to `end` of the first one, and what stands there in each."""

    start: int
    end: int
    values: tuple[tuple[bytes, ...], ...]


def explained_parts(before: Output, twins: Iterable[Output], after: Output, parts: Iterable[str]) -> dict[str, str]:
    """Return those of the differing `parts` of a build that differ only where twins differ from the baseline, and how.

    `before`, `twins` and `after` are what one command gave: of the baseline, its twins, and the build that is judged.
    """
    others = [twin for twin in twins if twin.args == before.args]
    if after.timed_out or before.timed_out or any(twin.timed_out for twin in others):
        return {}
    found = {part: _explained(part, before, others, after) for part in parts}
    return {part: words for part, words in found.items() if words}


def is_unlike(samples: Sequence[bytes], text: bytes) -> bool:
    """Return whether a text differs from samples of one program in more than they differ in themselves.

    They tell only where they are enough to know: the last of them is like those before it.
    """
    return _is_like(samples[:-1], samples[-1]) and not _is_like(samples, text)


def _is_like(samples: Sequence[bytes], text: bytes) -> bool:
    return text in samples or bool(difference_of(samples, text))


def _explained(part: str, before: Output, twins: Sequence[Output], after: Output) -> str:
    if part == "exit_status":
        seen = [before.exit_status, *(twin.exit_status for twin in twins)]
        return f"{' or '.join(map(str, dict.fromkeys(seen)))}" if after.exit_status in seen else ""
    return difference_of([getattr(output, part) for output in (before, *twins)], getattr(after, part))


def difference_of(samples: Sequence[bytes], text: bytes) -> str:
    """Return in words where a text differs from the first sample as the samples do among themselves, else nothing."""
    if max(map(len, (*samples, text))) > MAX_NOISE_BYTES:
        return "" if text not in samples[1:] else "the whole output"
    first, *others = (_TOKEN.findall(sample) for sample in samples)
    gaps = _gaps(first, others)
    if not gaps or not re.fullmatch(_pattern(first, gaps), text):
        return ""
    return listed(_told(samples))


def _told(samples: Sequence[bytes]) -> list[str]:
    """Return in words what stands where the samples differ."""
    first, *others = (_VISIBLE.findall(sample) for sample in samples)
    values = [
        [b"".join(value).decode("utf-8", "replace").strip() for value in gap.values] for gap in _gaps(first, others)
    ]
    return [" or ".join(named(value) if value else "nothing" for value in dict.fromkeys(each)) for each in values]


def _gaps(first: Tokens, others: Sequence[Tokens]) -> list[_Gap]:
    """Return where the others differ from the first, places that touch as one; none where that cannot be told."""
    found = [_changes(first, other) for other in others]
    if any(changes is None for changes in found):
        return []
    changes = [each or [] for each in found]
    places = _merged(sorted(change[:2] for each in changes for change in each))
    return [_gap(start, end, first, list(zip(others, changes, strict=True))) for start, end in places]


def _gap(start: int, end: int, first: Tokens, others: Sequence[tuple[Tokens, list[_Change]]]) -> _Gap:
    values = [tuple(first[start:end])]
    for other, changes in others:
        before = sum(_grown(change) for change in changes if change[1] < start)
        within = sum(_grown(change) for change in changes if start <= change[0] and change[1] <= end)
        values.append(tuple(other[start + before : end + before + within]))
    return _Gap(start=start, end=end, values=tuple(dict.fromkeys(values)))


def _grown(change: _Change) -> int:
    """Return by how many tokens a change makes a text longer."""
    start, end, other_start, other_end = change
    return (other_end - other_start) - (end - start)


def _merged(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in places:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _changes(one: Tokens, other: Tokens) -> list[_Change] | None:
    """Return what differs between two texts: line by line where they have as many lines, else as a whole."""
    lines, other_lines = _lines(one), _lines(other)
    if len(lines) != len(other_lines):
        return _changes_within(one, other, 0, 0)
    found: list[_Change] = []
    at, other_at = 0, 0
    for line, other_line in zip(lines, other_lines, strict=True):
        changes = _changes_within(line, other_line, at, other_at) if line != other_line else []
        if changes is None:
            return None
        found += changes
        at, other_at = at + len(line), other_at + len(other_line)
    return found


def _lines(tokens: Tokens) -> list[Tokens]:
    ends = [0, *(number for number, token in enumerate(tokens, 1) if token == b"\n"), len(tokens)]
    return [tokens[start:end] for start, end in itertools.pairwise(ends)]


def _changes_within(one: Tokens, other: Tokens, at: int, other_at: int) -> list[_Change] | None:
    """Return what differs, counted from `at` and `other_at`; None where there is too much to compare."""
    head = _common(one, other)
    tail = _common(one[head:][::-1], other[head:][::-1])
    some, others = one[head : len(one) - tail], other[head : len(other) - tail]
    if max(len(some), len(others)) > _MAX_TOKENS:
        return None
    matcher = SequenceMatcher(None, some, others, autojunk=False)
    start, other_start = at + head, other_at + head
    return [
        (start + i1, start + i2, other_start + j1, other_start + j2)
        for kind, i1, i2, j1, j2 in matcher.get_opcodes()
        if kind != "equal"
    ]


def _common(some: Tokens, others: Tokens) -> int:
    pairs = enumerate(zip(some, others, strict=False))
    return next((index for index, (one, other) in pairs if one != other), min(len(some), len(others)))


def _pattern(first: Tokens, gaps: Sequence[_Gap]) -> bytes:
    """Return what matches the first text with the seen values, or others of their kind, in the gaps."""
    words = sorted({word for gap in gaps for value in gap.values for word in value if _WORD.fullmatch(word)})
    pattern, at = b"", 0
    for gap in gaps:
        pattern += re.escape(b"".join(first[at : gap.start])) + _filling(gap.values, words)
        at = gap.end
    return pattern + re.escape(b"".join(first[at:]))


def _filling(values: Sequence[Sequence[bytes]], words: Sequence[bytes]) -> bytes:
    """Return what matches a gap: word by word where the values differ in words only, else by one of the values."""
    if len({tuple(_WORD.fullmatch(token) is None and token for token in value) for value in values}) == 1:
        places = (sorted(set(place)) for place in zip(*values, strict=True))
        return b"".join(re.escape(*place) if len(place) == 1 else _kind(place, words) for place in places)
    common = set.intersection(*map(set, values))
    alternatives = (
        b"".join(re.escape(token) if token in common else _kind([token], [token]) for token in value)
        for value in values
    )
    return b"(?:" + b"|".join(alternatives) + b")"


def _kind(values: Collection[bytes], words: Sequence[bytes]) -> bytes:
    """Return what matches the values of one place, and others of their kind: numbers and what holds digits."""
    fitting = (kind.pattern for kind in _KINDS if all(map(kind.fullmatch, values)))
    return next(fitting, b"(?:" + b"|".join(map(re.escape, words)) + b")")
