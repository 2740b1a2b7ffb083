"""The workspace's shared libraries, and the settings that reach them and that they cannot be made with.

What is written for a target reaches every crate type. Static linking makes no shared library on ELF platforms: cargo
drops a cdylib beside another crate type, and says so in one warning line. Code for a fixed address does not link as
one, and an unwinder inside the library meets another one in the program that loads it.
"""

from __future__ import annotations

from collections.abc import Iterator

from burnish.cargo.project import Project
from burnish.job.recipe import Recipe
from burnish.judge.findings import listed

NO_SHARED_LIBRARY = "no-shared-library"
"""The fact that config/search.toml asks for."""

_KINDS = ("cdylib", "dylib")
_FIXED = "-C relocation-model=static"


def shared_libraries(project: Project) -> list[str]:
    """Return the shared libraries of the workspace, by their crate types and packages."""
    return [
        f"the {kind} of {package.name}"
        for package in project.members
        for kind in _KINDS
        if any(kind in target.kind for target in package.targets)
    ]


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
