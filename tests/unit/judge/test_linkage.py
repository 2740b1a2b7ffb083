from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from burnish.judge.linkage import LinkageWanted, judge_linkage
from tests.unit.judge.sides import STATIC, library, side, verdict_and_numbers


def test_linkage_static_as_asked_passes() -> None:
    """No interpreter and no needed library is static."""
    gate = judge_linkage(side(linkage=STATIC), LinkageWanted(static=True, stripped=True))
    assert verdict_and_numbers(gate) == ("pass", 0, 0, "shared libraries")
    assert gate.criterion == "static: no interpreter and no shared library; stripped: no symbol table"
    assert gate.reason == (
        "static, as asked; stripped, as asked; elf x86_64, no interpreter, needs no shared library, no symbol table"
    )


@pytest.mark.parametrize("change", [{"interpreter": "/lib/ld.so"}, {"needed": ["libc.so.6"]}])
def test_linkage_dynamic_where_static_was_asked_fails(change: dict[str, Any]) -> None:
    """What the file itself shows counts, not what was asked nor what the file is said to be."""
    gate = judge_linkage(side(linkage=replace(STATIC, **change)), LinkageWanted(static=True))
    assert (gate.verdict, gate.measured) == ("fail", len(change.get("needed", [])))
    assert gate.reason.startswith("asked to be static, and is not; ")


def test_linkage_with_symbols_where_stripped_was_asked_fails() -> None:
    """A symbol table is left when the linker did not strip, although the link is static."""
    gate = judge_linkage(side(linkage=replace(STATIC, is_stripped=False)), LinkageWanted(static=True, stripped=True))
    assert gate.verdict == "fail"
    assert gate.reason.startswith("static, as asked; asked to be stripped, and has a symbol table; ")


def test_linkage_that_nothing_asks_for_passes_and_is_told() -> None:
    """What the binary needs is told anyway."""
    gate = judge_linkage(side(), LinkageWanted())
    assert (gate.verdict, gate.reason) == (
        "pass",
        (
            "the recipe asks for nothing here; "
            "elf x86_64, interpreter /lib64/ld-linux-x86-64.so.2, needs libc.so.6, libgcc_s.so.1, a symbol table"
        ),
    )


def test_linkage_without_a_binary_does_not_apply() -> None:
    """A library is linked by its user."""
    gate = judge_linkage(library(), LinkageWanted(static=True))
    assert (gate.verdict, gate.reason) == ("not-applicable", "there is no binary")


def test_linkage_that_cannot_be_read_is_inconclusive_where_something_is_asked() -> None:
    """Static is seen, not assumed."""
    assert judge_linkage(side(linkage=None), LinkageWanted(stripped=True)).verdict == "inconclusive"
    assert judge_linkage(side(linkage=None), LinkageWanted()).verdict == "not-applicable"
