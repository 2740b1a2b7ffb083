"""Concessions: what a setting may take from the people who run the binary. Only what the user accepts is used. Pure.

The list is closed: a lever that takes something else needs another name here first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, get_args

from burnish.errors import BurnishError, Refused
from burnish.text import did_you_mean, shown

Concession = Literal[
    "speed",
    "unwinding",
    "panic-messages",
    "backtraces",
    "fixed-address",
    "old-systems",
    "old-cpus",
    "allocator",
    "name-services",
    "symbols",
    "function-addresses",
]
ALL = "all"
NAMES: tuple[Concession, ...] = get_args(Concession)
SENTENCES: Mapping[Concession, str] = {
    "speed": "the program's own code may run more slowly",
    "unwinding": "a panic ends the whole program at once, in whatever thread or task it comes; nothing catches it",
    "panic-messages": "a panic does not say what went wrong, nor where",
    "backtraces": "the backtrace of a panic is empty",
    "fixed-address": "the binary is always loaded at the same address, which makes attacks on it easier",
    "old-systems": "the binary needs a newer C library or kernel than before",
    "old-cpus": "the binary does not run on older processors",
    "allocator": "memory is allocated by musl, more slowly than by glibc, most of all in several threads",
    "name-services": "users and hosts are looked up without the system's name services, and dlopen loads nothing",
    "symbols": "symbols that were kept on purpose, or the build id by which debuggers look for them, are gone",
    "function-addresses": "functions of the same code have one address: C code that tells them apart by it goes wrong",
}


def read_concessions(names: object, where: str, refusal: type[BurnishError] = Refused) -> tuple[Concession, ...]:
    """Return the concessions of a text like "unwinding,speed", or of several; "all" stands for each of them.

    Raise `refusal` for anything else, with the nearest name; `where` says in it who accepts that.
    """
    texts = [names] if isinstance(names, str) else names
    if not isinstance(texts, Sequence) or not all(isinstance(text, str) for text in texts):
        raise _refused(refusal, f"{where} accepts {shown(names)}")
    words = list(_words(texts))
    for word in words:
        if word not in (*NAMES, ALL):
            raise _refused(refusal, f'{where} accepts "{word}", which is no concession{did_you_mean(word, NAMES)}')
    return tuple(name for name in NAMES if name in words or ALL in words)


def _words(texts: Iterable[str]) -> Iterator[str]:
    return (word.strip() for text in texts for word in text.split(",") if word.strip())


def _refused(refusal: type[BurnishError], found: str) -> BurnishError:
    return refusal(
        found,
        expected=f"{ALL}, or some of {', '.join(NAMES)}",
        next_command="burnish plan, after correcting the name",
    )


def in_order(concessions: Iterable[Concession]) -> list[Concession]:
    """Return concessions in the order of the list."""
    given = set(concessions)
    return [name for name in NAMES if name in given]


def told(concessions: Iterable[Concession]) -> list[str]:
    """Return for each concession its name and what it takes, for people."""
    return [f"{name}: {SENTENCES[name]}" for name in in_order(concessions)]
