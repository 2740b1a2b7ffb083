"""The portability guard: what a recipe gives up is said."""

from __future__ import annotations

from typing import Any

import pytest

from burnish.cargo.recipe import read_recipe
from burnish.portability import given_up

GNU, MUSL = "x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl"


def said(triple: str = GNU, mode: Any = "native", **recipe: Any) -> list[str]:
    """Give the first word or two of what is said of a recipe."""
    return [text.split(":")[0] for text in given_up(read_recipe("own", recipe, "test"), triple, mode)]


def test_recipe_that_gives_up_nothing_says_nothing() -> None:
    """Size, link-time optimisation and stripping take nothing from anybody."""
    assert said(profile={"opt-level": "s", "lto": "fat", "strip": True, "panic": "unwind"}) == []


@pytest.mark.parametrize(
    ("flag", "says"),
    [
        ("-C target-cpu=native", "target-cpu=native"),
        ("-Ctarget-cpu=x86-64-v3", "target-cpu=x86-64-v3"),
        ("-C relocation-model=static", "relocation-model=static"),
        ("-C link-arg=-Wl,-z,pack-relative-relocs", "pack-relative-relocs"),
    ],
)
def test_flag_that_narrows_where_the_binary_runs_is_told(flag: str, says: str) -> None:
    """Each in whatever spelling, and nothing else with it."""
    assert said(rustflags=[flag]) == [says]


def test_musl_is_told() -> None:
    """The platform's allocator is another."""
    assert said(triple=MUSL) == ["musl"]


def test_this_processor_is_left_out_for_another_machine() -> None:
    """A cross build says that the flag does nothing."""
    assert said(mode="emulated", rustflags=["-C target-cpu=native"]) == ["target-cpu=native is left out"]
