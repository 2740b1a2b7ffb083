"""The portability guard: what a recipe gives up is said."""

from __future__ import annotations

from typing import Any

import pytest

from burnish.job.portability import left_out, takings_of, tells_the_linker
from burnish.job.recipe import read_recipe

GNU, MUSL = "x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl"


def said(triple: str = GNU, mode: Any = "native", **recipe: Any) -> list[tuple[str, str]]:
    """Return what a recipe takes, each with the setting that does."""
    taken = takings_of(read_recipe("own", recipe, "test"), triple, mode)
    return [(taking.concession, taking.sentence.split(":")[0]) for taking in taken]


def test_recipe_that_takes_nothing_says_nothing() -> None:
    """Link-time optimisation, one unit, stripping and code made for speed take nothing from anybody."""
    assert said(profile={"opt-level": 3, "lto": "fat", "codegen-units": 1, "strip": True, "panic": "unwind"}) == []
    assert said(rustflags=["-C prefer-dynamic=no", "-C link-arg=-Wl,--hash-style=gnu"]) == []


def test_profile_that_slows_or_aborts_is_told() -> None:
    """Code made for size, of dependencies only too, and panics that abort."""
    settings = {"opt-level": "s", "panic": "abort", "package": {"*": {"opt-level": "z"}, "regex": {"opt-level": 3}}}
    assert said(profile=settings) == [
        ("speed", "opt-level = s"),
        ("speed", 'package."*".opt-level = z'),
        ("unwinding", 'panic = "abort"'),
    ]


@pytest.mark.parametrize(
    ("flag", "takes"),
    [
        ("-C target-cpu=native", "old-cpus"),
        ("-C link-arg=-Wl,--icf=all", "function-addresses"),
        ("-Ctarget-cpu=x86-64-v3", "old-cpus"),
        ("-C relocation-model=static", "fixed-address"),
        ("-C link-arg=-Wl,-z,pack-relative-relocs", "old-systems"),
        ("-C link-arg=-Wl,--whole-archive,-lgcc_eh,--no-whole-archive", "old-systems"),
        ("-Clink-arg=-Wl,--build-id=none", "symbols"),
        ("-C force-unwind-tables=no", "backtraces"),
        ("-C target-feature=+crt-static", "name-services"),
    ],
)
def test_flag_that_takes_something_is_told(flag: str, takes: str) -> None:
    """Each in whatever spelling, and nothing else with it."""
    (found,) = said(rustflags=[flag])
    assert found == (takes, flag.replace("-C ", "").replace("-C", ""))


@pytest.mark.parametrize(
    ("flags", "tells"),
    [(["-C link-arg=-lx"], True), (["-C", "link-args=-lx -ly"], True), (["-C target-cpu=native"], False), ([], False)],
)
def test_recipe_that_tells_the_linker_something_is_known(flags: list[str], *, tells: bool) -> None:
    """Such a flag may take what no list knows of: naming the recipe is the user's word for it."""
    assert tells_the_linker(read_recipe("own", {"rustflags": flags}, "test")) is tells


def test_static_linking_takes_what_it_takes_where_it_does() -> None:
    """A static glibc has no name services; on Windows the C runtime is static with all that it had."""
    assert said(static=True) == [("name-services", "static linking with glibc")]
    assert said(triple="aarch64-unknown-linux-gnu", static=True) == [
        ("name-services", "static linking with glibc"),
        ("fixed-address", "static linking with glibc on this platform"),
    ]
    assert said(triple="x86_64-pc-windows-gnu", static=True) == []
    assert said(triple="x86_64-pc-windows-msvc", rustflags=["-C target-feature=+crt-static"]) == []


def test_musl_is_told() -> None:
    """The platform's allocator is another, and it has no name services."""
    assert said(triple=MUSL) == [("allocator", "musl"), ("name-services", "musl")]


def test_this_processor_is_left_out_for_another_machine() -> None:
    """A cross build says that the flag does nothing."""
    assert said(mode="emulated", rustflags=["-C target-cpu=native"]) == []
    recipe = read_recipe("own", {"rustflags": ["-C target-cpu=native"]}, "test")
    assert [text.split(":")[0] for text in left_out(recipe, "emulated")] == ["target-cpu=native is left out"]
    assert list(left_out(recipe, "native")) == []
