"""Which settings a workspace's shared libraries cannot take, and what is said of it beforehand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from burnish.concessions import NAMES
from burnish.job.recipe import Recipe, read_recipe
from burnish.job.shared_libraries import NO_SHARED_LIBRARY, library_notes, links_libc_statically, shared_libraries
from burnish.resources import config_file
from burnish.search.choices import load_space
from tests.unit.search.test_choices import ALL

SEARCH = config_file("search.toml").read_bytes()
LINKED, OTHERS = ["link.static", "link.own-libgcc", "link.musl", "position.fixed"], ["link.musl-for-size", "hash.gnu"]


def project(**members: list[str]) -> Any:
    """Return as much of a project as is looked at: members with one target of these kinds."""
    packages = [SimpleNamespace(name=name, targets=[SimpleNamespace(kind=kinds)]) for name, kinds in members.items()]
    return SimpleNamespace(members=packages)


def fixed(flag: str = "-C relocation-model=static") -> Recipe:
    """Return a recipe of one flag."""
    return read_recipe("fixed", {"rustflags": [flag]}, "here")


GNU, MUSL = "x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl"
STATIC_BY_ITSELF = ['target_env="musl"', 'target_feature="crt-static"']


@pytest.mark.parametrize(
    ("triple", "cfg", "flags", "is_static"),
    [
        (MUSL, STATIC_BY_ITSELF, [], True),
        (MUSL, STATIC_BY_ITSELF, ["-C", "target-feature=-crt-static"], False),
        (GNU, [], [], False),
        (GNU, [], ["-Ctarget-feature=+sse3,+crt-static"], True),
        (GNU, [], ["-Ctarget-feature=+crt-static", "-Ctarget-feature=-crt-static"], False),
        ("x86_64-pc-windows-msvc", [], ["-Ctarget-feature=+crt-static"], False),
    ],
)
def test_platform_whose_libc_is_linked_statically(
    triple: str, cfg: list[str], flags: list[str], *, is_static: bool
) -> None:
    """By what rustc says of it, and the last flag that says otherwise; Windows makes shared libraries all the same."""
    assert links_libc_statically(triple, cfg, flags) == is_static


def test_shared_libraries_are_named_and_nothing_else_is() -> None:
    """A cdylib or dylib is one, beside another crate type too; a staticlib, an rlib and a proc macro are none."""
    found = project(app=["bin"], ext=["cdylib", "rlib"], dy=["dylib"], st=["staticlib"], pm=["proc-macro"], lib=["lib"])
    assert shared_libraries(found) == ["the cdylib of ext", "the dylib of dy"]


def test_choices_that_shared_libraries_cannot_take_are_not_offered() -> None:
    """All that reaches a library and breaks it is left out; what builds the program by its own command is not."""
    with_libraries = {choice.id for choice in load_space(SEARCH, ALL - {NO_SHARED_LIBRARY}, frozenset(NAMES)).choices}
    without = {choice.id for choice in load_space(SEARCH, ALL, frozenset(NAMES)).choices}
    assert without - with_libraries == set(LINKED)
    assert with_libraries >= set(OTHERS)


def test_recipe_that_is_named_all_the_same_is_warned_of() -> None:
    """The plan names each library; where there is none, or nothing reaches it, nothing is said."""
    found = project(app=["bin"], ext=["cdylib"])
    (static,) = library_notes(found, fixed("-C target-cpu=native"), is_static=True, has_target=True)
    assert static == "static linking makes no shared library: cargo would no longer build the cdylib of ext"
    (flag,) = library_notes(found, fixed(), is_static=False, has_target=True)
    assert flag == "-C relocation-model=static reaches the cdylib of ext, which would no longer link"
    assert not list(library_notes(found, fixed("-C target-cpu=native"), is_static=False, has_target=True))
    assert not list(library_notes(project(app=["bin"]), fixed(), is_static=True, has_target=False))


def test_proc_macros_are_reached_where_no_target_is_named() -> None:
    """They are the host's: a target that is built for by name spares them."""
    found = project(app=["bin"], macros=["proc-macro"])
    (words,) = library_notes(found, fixed(), is_static=False, has_target=False)
    assert words == "-C relocation-model=static reaches the proc macros of macros, which would no longer link"
    assert not list(library_notes(found, fixed(), is_static=False, has_target=True))
