"""Taking an edit back from a file that the user changed since: our keys go, whatever the user typed stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from burnish.errors import Refused
from burnish.toml.data import ABSENT, deep_set, same, value_at
from burnish.toml.keys import remove_empty_table, remove_key, set_key
from burnish.toml.reading import decoded_text, parse_toml, split_mark
from burnish.toml.spelling import Path
from burnish.toml.statements import pair_at, replaced, split, value_text
from burnish.toml.tokens import lines_of, tokens

# Takes the value now, before and after our edit; returns what it becomes, ABSENT for nothing.
Resolve = Callable[[Any, Any, Any], Any]


def keep_third_value(now: object, before: object, after: object) -> object:
    """Return the value before our edit where ours still stands, else the user's."""
    return before if same(now, after) else now


def undo_edit(current: bytes, before: bytes | None, after: bytes, resolve: Resolve = keep_third_value) -> bytes | None:
    """Return the current file without our edit, or None where that cannot be done safely.

    Empty bytes, where there was no file before, mean that nothing of the user's is in it.
    """
    if current == after:
        return before or b""
    try:
        undone = _undo_text(
            decoded_text(current, ""), decoded_text(before or b"", ""), decoded_text(after, ""), resolve
        )
    except Refused:
        return None
    return None if undone is None else undone.encode()


def _undo_text(current: str, before: str, after: str, resolve: Resolve) -> str | None:
    mark, now = split_mark(current)
    old, ours = split_mark(before)[1], split_mark(after)[1]
    data, old_data, our_data = (parse_toml(text, "") for text in (now, old, ours))
    changes = {
        path: resolve(value_at(data, path), value_at(old_data, path), value_at(our_data, path))
        for path in _changed(old_data, our_data)
    }
    expected = data
    for path, value in changes.items():
        expected = _without(expected, path) if value is ABSENT else deep_set(expected, path, value)
    for undone in _candidates(now, old, ours, changes):
        if (
            undone is not None
            and _holds(undone, expected, changes)
            and _comments(now) - _comments(ours) <= _comments(undone)
        ):
            return mark + undone if undone.strip() or old else ""
    return None


def _candidates(now: str, old: str, ours: str, changes: Mapping[Path, Any]) -> Iterator[str | None]:
    yield _put_back_lines(now, old, ours)
    yield _put_back_keys(now, old, ours, changes)


def _put_back_lines(now: str, old: str, ours: str) -> str | None:
    """Put back the changed lines as one piece, where the user left them as they were."""
    old_lines, our_lines = lines_of(old), lines_of(ours)
    head = _common(old_lines, our_lines)
    tail = _common(old_lines[head:][::-1], our_lines[head:][::-1])
    before = "".join(old_lines[head : len(old_lines) - tail])
    after = "".join(our_lines[head : len(our_lines) - tail])
    if not after or f"\n{now}".count(f"\n{after}") != 1:
        return None
    return f"\n{now}".replace(f"\n{after}", f"\n{before}").removeprefix("\n")


def _common(some: list[str], others: list[str]) -> int:
    pairs = enumerate(zip(some, others, strict=False))
    return next((index for index, (one, other) in pairs if one != other), min(len(some), len(others)))


def _put_back_keys(now: str, old: str, ours: str, changes: Mapping[Path, Any]) -> str:
    for path, value in changes.items():
        now = _put_back_key(now, old, ours, path, value)
    # The last one first: each takes the blank line above it, which must not be the user's.
    for table in reversed(dict.fromkeys(path[:-1] for path in changes)):
        if not _is_written(old, table):
            now = remove_empty_table(now, table)
    note = lines_of(ours)[0] if not old and ours.startswith("#") else ""
    return now.removeprefix(note).lstrip("\r\n") if note and now.startswith(note) else now


def _is_written(text: str, table: Path) -> bool:
    """Return whether a table has a header or a value of its own, and is not there by its sub-tables only."""
    return pair_at(text, table) is not None or any(each.path == table for each in split(text))


def _put_back_key(now: str, old: str, ours: str, path: Path, value: object) -> str:
    present = value_at(parse_toml(now, ""), path)
    if value is present or same(value, present):
        return now
    return remove_key(now, path) if value is ABSENT else _put_back_value(now, old, ours, path, value)


def _put_back_value(now: str, old: str, ours: str, path: Path, value: Any) -> str:  # noqa: ANN401 - any TOML value
    pair, old_text = pair_at(now, path), _text_at(old, path)
    # The user may have written comments into an array since: only our items go from it.
    is_ours = not isinstance(value, list) or _text_at(now, path) == _text_at(ours, path)
    if pair and old_text and is_ours and same(value, value_at(parse_toml(old, ""), path)):
        return replaced(now, pair, old_text)
    return set_key(now, path, value)


def _text_at(text: str, path: Path) -> str | None:
    pair = pair_at(text, path)
    return value_text(text, pair) if pair else None


def _changed(old: dict[str, Any], new: dict[str, Any], at: Path = ()) -> Iterator[Path]:
    for key, value in new.items():
        before = old.get(key, ABSENT)
        if isinstance(value, dict) and (before is ABSENT or isinstance(before, dict)):
            yield from _changed({} if before is ABSENT else before, value, (*at, key))
        elif before is ABSENT or not same(before, value):
            yield (*at, key)


def _without(data: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return a copy without the value at a path, and without the tables that are empty for it."""
    key, *rest = path
    others = {name: value for name, value in data.items() if name != key}
    if not rest or not isinstance(data.get(key), dict):
        return data if rest else others
    inner = _without(data[key], tuple(rest))
    return {**data, key: inner} if inner else others


def _holds(text: str, expected: dict[str, Any], paths: Iterable[Path]) -> bool:
    try:
        data = parse_toml(text, "")
    except Refused:
        return False
    for path in paths:
        data, expected = _pruned(data, path[:-1]), _pruned(expected, path[:-1])
    return same(data, expected)


def _comments(text: str) -> Counter[str]:
    return Counter(token[0].rstrip() for token in tokens(text) if token.lastgroup == "comment")


def _pruned(data: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return a copy without the tables on a path that hold nothing."""
    if not path or not isinstance(data.get(path[0]), dict):
        return data
    inner = _pruned(data[path[0]], path[1:])
    return {**data, path[0]: inner} if inner else {name: value for name, value in data.items() if name != path[0]}
