"""What a toolchain takes of flags that are not stable, by what it says itself."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from burnish.platforms.unstable import taken_flags, unstable_of

CARGO = """\
Available unstable (nightly-only) flags:

    -Z build-std                   Enable Cargo to compile the standard library itself
    -Z trim-paths                  Enable the `trim-paths` option in profiles

Run with `cargo -Z [FLAG] [COMMAND]`
"""
RUSTC = """\

Available unstable options:

    -Z                          location-detail=val -- what location details should be tracked
    -Z                            share_generics=val -- make the current crate share its generic instantiations
"""


def around(**says: str) -> Any:
    """Return surroundings in which programs list these flags; what is not there fails, as a stable rustc does."""
    return SimpleNamespace(answer=lambda program, *asked: says.get(program, "") if asked == ("-Z", "help") else "")


def test_each_program_lists_its_own() -> None:
    """A name is the same with - and _."""
    listed = set(taken_flags(around(cargo=CARGO, rustc=RUSTC), "cargo", "rustc"))
    assert listed == {
        "cargo -Z build-std",
        "cargo -Z trim-paths",
        "rustc -Z location-detail",
        "rustc -Z share-generics",
    }


def test_stable_rustc_lists_nothing() -> None:
    """It refuses to, and nothing is asked of it."""
    assert list(taken_flags(around(cargo=CARGO), "", "rustc")) == []


def test_flags_of_a_command_line() -> None:
    """As two words and as one; a value is no part of the name, and other options are none of it."""
    words = ["--target", "x", "-Z", "build-std-features=a,b", "-Zpanic-immediate-abort", "-C", "opt-level=3"]
    assert list(unstable_of("cargo", words)) == ["cargo -Z build-std-features", "cargo -Z panic-immediate-abort"]
