"""The workspace's shared libraries, and the settings that reach them and that they cannot be made with.

What is written for a target reaches every crate type. Static linking makes no shared library on ELF platforms: cargo
drops a cdylib beside another crate type, and says so in one warning line. Code for a fixed address does not link as
one, and an unwinder inside the library meets another one in the program that loads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from burnish.cargo.flags import normalise
from burnish.cargo.project import Project
from burnish.job.recipe import Recipe
from burnish.judge.findings import listed

NO_SHARED_LIBRARY = "no-shared-library"
"""The fact that config/search.toml asks for."""

_KINDS = ("cdylib", "dylib")
_FIXED = "-C relocation-model=static"
_STATIC, _DYNAMIC = "-C target-feature=+crt-static", "-C target-feature=-crt-static"
_STATIC_ITSELF = 'target_feature="crt-static"'


def shared_libraries(project: Project) -> list[str]:
    """Return the shared libraries of the workspace, by their crate types and packages."""
    return [
        f"the {kind} of {package.name}"
        for package in project.members
        for kind in _KINDS
        if any(kind in target.kind for target in package.targets)
    ]


def links_libc_statically(triple: str, cfg: Iterable[str], flags: Iterable[str]) -> bool:
    """Return whether a platform's libc is linked statically, so that it makes no shared library.

    `cfg` is what rustc says of the platform, and `flags` are what it is given. Windows and macOS make one all the same.
    """
    said = [flag for flag in normalise(flags) if flag in {_STATIC, _DYNAMIC}]
    return "linux" in triple and (said[-1] == _STATIC if said else _STATIC_ITSELF in cfg)


def without_shared(project: Project) -> Project:
    """Return a project of which no shared library is made: a static one of the same package is judged in its place."""
    found = project.package.libraries if project.package else []
    static = next((each for each in found if each[1] == "staticlib"), None)
    return replace(project, library=static)


def dropped_note(project: Project, triple: str) -> Iterator[str]:
    """Yield that the library which would be judged is not made for the platform, and what is judged in its place."""
    first = project.package.library if project.package and project.binary is None else None
    if first is not None and first != project.library:
        instead = "its staticlib is judged" if project.library else "there is no file to judge, and its tests are run"
        yield f"{triple} links statically here, so that cargo makes no cdylib of {first[0]}: {instead}"


def library_notes(project: Project, recipe: Recipe, *, is_static: bool, has_target: bool) -> Iterator[str]:
    """Yield beforehand what a recipe would keep from being built; whether it does is seen in the builds.

    `is_static`: the platform links statically for it, and makes no shared library so. `has_target`: build scripts and
    proc macros are spared, since a target is built for by name.
    """
    libraries = shared_libraries(project)
    flags = [setting.flag for setting in recipe.rustflags if setting.flag == _FIXED]
    if libraries and is_static:
        yield f"static linking makes no shared library: cargo would no longer build {listed(libraries)}"
    if libraries and flags:
        yield f"{_FIXED} reaches {listed(libraries)}, which would no longer link"
    macros = [each.name for each in project.members if any("proc-macro" in target.kind for target in each.targets)]
    if macros and flags and not has_target:
        yield f"{_FIXED} reaches the proc macros of {listed(macros)}, which would no longer link"
