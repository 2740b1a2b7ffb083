"""What a build made of the workspace's members, as cargo's messages name it and the files themselves tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from burnish.cargo.build import Built, Product
from burnish.cargo.project import Project
from burnish.measure.exports import FileFormat, exported_names, file_format
from burnish.model import ArtifactPart

ArtifactKind = Literal["bin", "cdylib", "dylib", "staticlib", "proc-macro", "rlib"]

_SHARED: tuple[ArtifactKind, ...] = ("cdylib", "dylib", "proc-macro")
# What is linked by others than cargo; of a proc macro only rustc asks for names.
_WITH_EXPORTS = ("cdylib", "dylib", "staticlib")
# Beside a shared library of Windows', to link with it.
_IMPORT_LIBRARIES = (".dll.a", ".dll.lib")


def made_by(project: Project, built: Built) -> list[ArtifactPart]:
    """Return what a build made of the members, each crate type of each target once.

    Cargo may build a target twice, for the host too: what it did not make each time counts as not made.
    """
    members = {member.id: member.name for member in project.members}
    made: dict[tuple[str, str, tuple[str, ...]], dict[ArtifactKind, ArtifactPart]] = {}
    for product in built.products:
        if product.package_id in members:
            parts = {part.kind: part for part in _parts(members[product.package_id], product)}
            key = (product.package_id, product.target, product.crate_types)
            earlier = made.get(key, parts)
            made[key] = {kind: part for kind, part in parts.items() if kind in earlier}
    return [part for parts in made.values() for part in parts.values()]


def judged_file(project: Project, built: Built) -> Path | None:
    """Return the file of a build that is judged: the chosen binary, or the library that is shipped."""
    if not built.ok or project.package is None:
        return None
    if project.library is None:
        return built.binary(project)
    name, wanted = project.library
    own = [each for each in built.products if (each.package_id, each.target) == (project.package.id, name)]
    # What is also built for the host, for a build script, is built first.
    files = [(path, product) for product in reversed(own) for path in product.files if path.is_file()]
    return next((path for path, product in files if _kind_of(path, file_format(path), product) == wanted), None)


def _parts(package: str, product: Product) -> Iterator[ArtifactPart]:
    # What cargo names and is gone already, as after a `git clean` beside us, nobody can ship.
    for path in filter(Path.is_file, product.files):
        form = file_format(path)
        kind = _kind_of(path, form, product)
        if kind is not None:
            yield ArtifactPart(
                package=package,
                target=product.target,
                kind=kind,
                name=path.name,
                format=form,
                size_bytes=path.stat().st_size,
                exports=exported_names(path) if kind in _WITH_EXPORTS else None,
            )


def _kind_of(path: Path, form: FileFormat, product: Product) -> ArtifactKind | None:
    """Return the crate type that a file was made for; None for what comes beside it, such as debug information."""
    if path == product.executable:
        return "bin"
    if form == "archive" and path.suffix == ".rlib":
        return "rlib"
    if form == "archive" and "staticlib" in product.crate_types and not path.name.endswith(_IMPORT_LIBRARIES):
        return "staticlib"
    if form in {"elf", "macho", "pe"}:
        return next((kind for kind in _SHARED if kind in product.crate_types), None)
    return None
