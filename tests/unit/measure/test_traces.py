"""Texts of two builds in two folders: what differs by our choice of places only is the same without them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.measure.traces import Places, without_places

TRIPLE = "x86_64-unknown-linux-gnu"
PLACES = Places(project=Path("/home/me/my app"), target=Path("/home/me/my app/target"), triples=(TRIPLE,))
OWN_TARGETS = (
    "target",
    f"target/{TRIPLE}",
    "target/burnish/baseline",
    f"target/burnish/baseline/{TRIPLE}",
    f"target/burnish/{TRIPLE}/baseline/{TRIPLE}",
    f"target/burnish/{TRIPLE}/candidate/{TRIPLE}",
    f"target/burnish/trials/{TRIPLE}",
    f"target/burnish/trials/{TRIPLE}/{TRIPLE}",
)


@pytest.mark.parametrize("folder", OWN_TARGETS)
@pytest.mark.parametrize("build_hash", ["0123456789abcdef", "fedcba9876543210"])
@pytest.mark.parametrize("root", ["", "./", "../", "/home/me/my app/"], ids=["relative", "here", "above", "absolute"])
def test_without_places_of_a_doctest_in_generated_code(folder: str, build_hash: str, root: str) -> None:
    """The name that rustdoc gives to a doctest in OUT_DIR is one, wherever and however often it was built."""
    name = f"{root}{folder}/release/build/app-{build_hash}/out/made.rs - one (line 2)"
    assert without_places(name, PLACES) == "<target>/release/build/app-<hash>/out/made.rs - one (line 2)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("built in /home/me/my app.", "built in <project>."),
        ("/home/me/my app/src/lib.rs:3:5", "<project>/src/lib.rs:3:5"),
        ("CARGO_TARGET_DIR=/home/me/my app/target/burnish/baseline", "CARGO_TARGET_DIR=<target>"),
        ("/home/me/my app/target/release/build/app/0123456789abcdef/out", "<target>/release/build/app/<hash>/out"),
        ("'/home/me/my app/target/debug/deps/cli-0123456789abcdef'", "'<target>/debug/deps/cli-<hash>'"),
        (r"\home\me\my app\target\release\app.exe", r"<target>\release\app.exe"),
        (r'"\\\\?\\home\\me\\my app\\src"', r'"<project>\\src"'),
    ],
)
def test_without_places_in_any_text(text: str, expected: str) -> None:
    """Both paths are found in the midst of a line, with Windows' separators and in quotes."""
    assert without_places(text, PLACES) == expected


@pytest.mark.parametrize(
    "text",
    [
        "my-target/release/app",
        "target",
        "on target/hit",
        "/home/me/my apple/src",
        "/home/me/my app.old/src",
        "/home/me/my app-2/target/release",
        "/elsewhere/home/me/my app",
        f"built for {TRIPLE}",
        "commit 0123456789abcdef",
        "release/build/app-0123456789abcdef/out",
    ],
)
def test_without_places_leaves_alone_what_is_no_place_of_ours(text: str) -> None:
    """A word that is a folder's name elsewhere, a longer path, a hash of something else: they may tell a change."""
    assert without_places(text, PLACES) == text


def test_without_places_of_a_target_folder_elsewhere(tmp_path: Path) -> None:
    """A target folder outside the project is known by its own path, and a link by what it leads to."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    places = Places(project=tmp_path / "link", target=Path("/var/builds"))
    assert without_places("/var/builds/burnish/baseline/release/x", places) == "<target>/release/x"
    assert without_places(f"{tmp_path}/link/a {tmp_path}/real/a", places) == "<project>/a <project>/a"


def test_without_places_of_a_project_in_the_root_folder() -> None:
    """Where every path begins with the project's, only its target folder can be told apart."""
    places = Places(project=Path("/"), target=Path("/target"))
    assert (
        without_places("/etc/x /target/release/y target/release/z", places)
        == "/etc/x <target>/release/y <target>/release/z"
    )


@given(st.text())
def test_without_places_twice_is_once(text: str) -> None:
    """What was replaced is found by nothing any more."""
    spread = f"{text}/home/me/my app/target/burnish/baseline/release/{text}"
    once = without_places(spread, PLACES)
    assert without_places(once, PLACES) == once


@given(st.text(alphabet="ab/. -:\n"), st.sampled_from(OWN_TARGETS), st.sampled_from(OWN_TARGETS))
def test_without_places_of_two_builds(text: str, one: str, other: str) -> None:
    """A text that differs by the target folder only is the same, whatever stands around it."""
    first, second = (f"{text} /home/me/my app/{folder}/release/{text}" for folder in (one, other))
    assert without_places(first, PLACES) == without_places(second, PLACES)


def test_project_in_a_checkout_is_the_project() -> None:
    """What another commit gives of its own place is what the project gives of its own."""
    checkout = Path("/home/u/.local/state/burnish/references/0f/checkout/app")
    places = Places(project=Path("/home/u/app"), target=Path("/home/u/app/target"), checkout=checkout)
    texts = [f"{root}/tests/data, at {root}; not {root}-old" for root in (places.project, checkout)]
    assert without_places(texts[0], places) == "<project>/tests/data, at <project>; not /home/u/app-old"
    assert without_places(texts[1], places) == f"<project>/tests/data, at <project>; not {checkout}-old"
