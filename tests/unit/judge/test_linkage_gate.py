from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from burnish.judge.linkage_gate import LinkageWanted, judge_linkage
from burnish.model import Gate, Side
from tests.unit.judge.sides import DYNAMIC, STATIC, library, side, verdict_and_numbers

SERVICES = frozenset({"name-services"})


def judged(candidate: Side, *accepted: str, **wants: bool) -> Gate:
    """Judge a candidate against the dynamic baseline."""
    return judge_linkage(side(), candidate, LinkageWanted(**wants), frozenset(accepted))


def changed(**changes: Any) -> Side:
    """Return a side that is linked like the baseline, but for this."""
    return side(linkage=replace(DYNAMIC, **changes))


def test_linkage_static_as_asked_passes() -> None:
    """No interpreter and no needed library is static."""
    gate = judged(side(linkage=STATIC), "name-services", static=True, stripped=True)
    assert verdict_and_numbers(gate) == ("pass", 0, 0, "shared libraries")
    assert gate.criterion == (
        "static: no interpreter and no shared library; stripped: no symbol table; "
        "no more demanding and no less defended than the baseline, but for what is accepted"
    )
    assert gate.reason == (
        "static, as asked; stripped, as asked; given up, as accepted: it has no dynamic linker: no dlopen, and no name "
        "services but what is in the file (name-services); elf x86_64, no interpreter, needs no shared library, no "
        "symbol table; asks for linux 3.2.0; relro, full relro, nx; "
        "processor: not told by the file, target-cpu decides"
    )


@pytest.mark.parametrize("change", [{"interpreter": "/lib/ld.so"}, {"needed": ["libc.so.6"]}])
def test_linkage_dynamic_where_static_was_asked_fails(change: dict[str, Any]) -> None:
    """What the file itself shows counts, not what was asked nor what the file is said to be."""
    gate = judged(side(linkage=replace(STATIC, **change)), "name-services", "old-systems", static=True)
    assert (gate.verdict, gate.measured) == ("fail", len(change.get("needed", [])))
    assert gate.reason.startswith("asked to be static, and is not; ")


def test_linkage_with_symbols_where_stripped_was_asked_fails() -> None:
    """A symbol table is left when the linker did not strip, although the link is static."""
    candidate = side(linkage=replace(STATIC, is_stripped=False))
    gate = judged(candidate, "name-services", static=True, stripped=True)
    assert gate.verdict == "fail"
    assert gate.reason.startswith("static, as asked; asked to be stripped, and has a symbol table; ")


def test_linkage_that_nothing_asks_for_passes_and_is_told() -> None:
    """What the binary needs is told anyway."""
    gate = judged(side())
    assert (gate.verdict, gate.reason) == (
        "pass",
        (
            "the recipe asks for nothing here; demands no more than the baseline; "
            "elf x86_64, interpreter /lib64/ld-linux-x86-64.so.2, needs libc.so.6, libgcc_s.so.1, a symbol table; "
            "asks for linux 3.2.0, GLIBC_2.34, GCC_4.2.0; relro, full relro, nx; "
            "processor: not told by the file, target-cpu decides"
        ),
    )


def test_linkage_without_a_binary_does_not_apply() -> None:
    """A library is linked by its user."""
    gate = judge_linkage(library(), library(), LinkageWanted(static=True), frozenset())
    assert (gate.verdict, gate.reason) == ("not-applicable", "there is no binary")


def test_linkage_that_cannot_be_read_is_inconclusive() -> None:
    """Linkage is seen, not assumed: not the candidate's, and not the baseline's."""
    assert judged(side(linkage=None), stripped=True).verdict == "inconclusive"
    assert judged(side(linkage=None)).verdict == "inconclusive"
    assert judge_linkage(side(linkage=None), side(), LinkageWanted(), frozenset()).verdict == "inconclusive"


def test_linkage_of_a_binary_where_the_baseline_had_none_is_judged_by_what_was_asked() -> None:
    """There is nothing to compare it with."""
    assert judge_linkage(library(), side(), LinkageWanted(), frozenset()).verdict == "pass"
    assert judge_linkage(library(), side(), LinkageWanted(stripped=True), frozenset()).verdict == "fail"


DEMANDS: list[tuple[str, dict[str, Any], str]] = [
    ("fixed-address", {"is_pie": False}, "it is loaded at a fixed address"),
    (
        "old-systems",
        {"versions": {"libc.so.6": ["GLIBC_2.36"], "libgcc_s.so.1": ["GCC_4.2.0"]}},
        "it needs GLIBC_2.36 of libc.so.6 (GLIBC_2.34 in the baseline)",
    ),
    (
        "old-systems",
        {"versions": {"libc.so.6": ["GLIBC_2.34", "GLIBC_ABI_DT_RELR"], "libgcc_s.so.1": ["GCC_4.2.0"]}},
        "it needs GLIBC_ABI_DT_RELR of libc.so.6 (the baseline does not)",
    ),
    ("old-systems", {"needed": ["libc.so.6", "libgcc_s.so.1", "libz.so.1"]}, "it needs libz.so.1"),
    ("old-systems", {"system": "linux 5.10.0"}, "it needs linux 5.10.0 (linux 3.2.0 in the baseline)"),
    (
        "old-systems",
        {"interpreter": "/opt/ld-linux-x86-64.so.2"},
        "it needs the dynamic linker /opt/ld-linux-x86-64.so.2 (/lib64/ld-linux-x86-64.so.2 in the baseline)",
    ),
    ("old-cpus", {"cpu": "x86-64-v3"}, "it needs x86-64-v3 processors (the baseline does not)"),
    (
        "name-services",
        {"interpreter": None, "needed": [], "versions": {}},
        "it has no dynamic linker: no dlopen, and no name services but what is in the file",
    ),
    ("allocator", {"libc": "musl"}, "musl allocates in place of glibc"),
    ("allocator", {"libc": ""}, "another C library allocates in place of glibc"),
]


@pytest.mark.parametrize(("concession", "change", "what"), DEMANDS)
def test_linkage_that_demands_more_fails_unless_that_is_accepted(
    concession: str, change: dict[str, Any], what: str
) -> None:
    """Each demand beyond the baseline's is named with the concession that allows it, and no other does."""
    others = {"fixed-address", "old-systems", "old-cpus", "name-services", "allocator", "speed"} - {concession}
    refused = judged(changed(**change), *others)
    assert (refused.verdict, refused.measured, refused.limit) == ("fail", 1, 0)
    assert f"{what} ({concession} is not accepted)" in refused.reason
    allowed = judged(changed(**change), concession)
    assert allowed.verdict == "pass"
    assert f"given up, as accepted: {what} ({concession})" in allowed.reason


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ({"defences": ["relro", "nx"]}, "full relro"),
        ({"defences": ["relro", "full relro"]}, "nx"),
        ({"stack_protector": False}, "stack protector"),
    ],
)
def test_linkage_that_is_less_defended_fails_whatever_is_accepted(change: dict[str, Any], lost: str) -> None:
    """No setting that makes a program small has to take them, and no concession names them."""
    baseline = side(linkage=replace(DYNAMIC, stack_protector=True))
    candidate = side(linkage=replace(DYNAMIC, **{"stack_protector": True, **change}))
    everything = frozenset({"fixed-address", "old-systems", "old-cpus", "name-services", "allocator"})
    gate = judge_linkage(baseline, candidate, LinkageWanted(), everything)
    assert gate.verdict == "fail"
    assert f"it has lost: {lost} (no concession allows it)" in gate.reason


@pytest.mark.parametrize(
    "change",
    [
        {"is_pie": True},
        {"versions": {"libc.so.6": ["GLIBC_2.4"]}, "needed": ["libc.so.6"]},
        {"versions": {"libc.so.6": ["GLIBC_2.9"], "libm.so.6": ["GLIBC_2.34"]}, "needed": ["libc.so.6", "libm.so.6"]},
        {"needed": ["libc.so.6", "ld-linux-x86-64.so.2"]},
        {"system": "linux 2.6.32"},
        {"cpu": "x86-64"},
        {"defences": ["relro", "full relro", "nx", "ibt"]},
        {"stack_protector": True},
        {"stack_protector": None},
        {"system": ""},
    ],
)
def test_linkage_that_demands_no_more_passes(change: dict[str, Any]) -> None:
    """A part of glibc more, an older version, a defence more: nobody misses anything."""
    assert judged(changed(**change)).verdict == "pass"


def test_linkage_of_a_baseline_that_demands_more_passes() -> None:
    """What is given back is not asked about: fixed, new and dynamic before, and none of it now."""
    demanding = replace(
        DYNAMIC,
        is_pie=False,
        cpu="x86-64-v4",
        versions={"libc.so.6": ["GLIBC_2.39", "GLIBC_ABI_DT_RELR"], "libgcc_s.so.1": ["GCC_14.0.0"]},
        system="linux 6.1.0",
        defences=[],
    )
    assert judge_linkage(side(linkage=demanding), side(), LinkageWanted(), frozenset()).verdict == "pass"


def test_linkage_of_two_windows_programs() -> None:
    """Names of libraries differ in case only, the C runtime is one, and less of address randomising is a concession."""
    before = replace(
        DYNAMIC, format="pe", interpreter=None, libc="", system="windows 6.0", versions={},
        needed=["KERNEL32.dll", "api-ms-win-crt-heap-l1-1-0.dll"], defences=["nx", "high-entropy aslr"],
    )  # fmt: skip
    same = replace(before, needed=["kernel32.DLL", "api-ms-win-crt-math-l1-1-0.dll", "ucrtbase.dll"])
    assert judge_linkage(side(linkage=before), side(linkage=same), LinkageWanted(), frozenset()).verdict == "pass"
    more = replace(before, needed=["KERNEL32.dll", "ws2_32.dll"], defences=["nx"], system="windows 10.0")
    gate = judge_linkage(side(linkage=before), side(linkage=more), LinkageWanted(), frozenset())
    for words in (
        "it needs ws2_32.dll (old-systems is not accepted)",
        "it needs windows 10.0 (windows 6.0 in the baseline) (old-systems is not accepted)",
        "it has lost: high-entropy aslr (fixed-address is not accepted)",
    ):
        assert words in gate.reason


def test_linkage_of_two_mac_programs() -> None:
    """The compatible version of a library counts, and a library that may be absent does not."""
    before = replace(
        DYNAMIC, format="macho", interpreter="/usr/lib/dyld", libc="", system="macos 11.0.0", needed=["/lib/s.dylib"],
        versions={"/lib/s.dylib": ["1.0.0"]}, defences=["nx"],
    )  # fmt: skip
    weak = replace(before, needed=["/lib/s.dylib", "/lib/weak.dylib"])
    assert judge_linkage(side(linkage=before), side(linkage=weak), LinkageWanted(), frozenset()).verdict == "pass"
    more = replace(weak, versions={"/lib/s.dylib": ["1.2.0"], "dyld": ["chained fixups"]}, system="macos 12.0.0")
    gate = judge_linkage(side(linkage=before), side(linkage=more), LinkageWanted(), frozenset())
    assert gate.measured == 3
    assert "it needs 1.2.0 of /lib/s.dylib (1.0.0 in the baseline)" in gate.reason


def test_linkage_of_another_kind_of_file_fails() -> None:
    """A program for another processor is none for whoever ran the first."""
    gate = judged(changed(architecture="aarch64"), "fixed-address", "old-systems", "old-cpus")
    assert "it is elf aarch64 in place of elf x86_64 (no concession allows it)" in gate.reason


def test_linkage_told_of_a_hostile_file_is_clipped() -> None:
    """Names out of a file are cut, and only the first few are told."""
    names = ["A" * 10_000, *(f"lib{number}.so" for number in range(1000))]
    gate = judged(changed(needed=names, versions={name: [name] for name in names}))
    assert gate.verdict == "fail"
    assert len(gate.reason) < 3000


def test_linkage_read_by_an_older_version_is_compared_as_far_as_it_goes() -> None:
    """A report without the newer fields says nothing of defences: nothing is held to be lost."""
    old = replace(DYNAMIC, versions={}, system="", libc="", defences=None, stack_protector=None)
    assert judge_linkage(side(), side(linkage=old), LinkageWanted(), frozenset({"allocator"})).verdict == "pass"
