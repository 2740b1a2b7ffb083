"""The project: what `cargo metadata` says of a workspace, and which of its binaries is meant."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from burnish.cargo.selection import NOTHING_NAMED, USUAL, Only, Selection, Wanted, named_once
from burnish.cargo.toolchain import require_toolchain
from burnish.errors import Refused, UsageError
from burnish.system.process import Finished, Programs
from burnish.text import did_you_mean
from burnish.toml.reading import refuse_hostile
from burnish.transaction.files import read_image

LibraryKind = Literal["cdylib", "staticlib"]
LIBRARY_KINDS: tuple[LibraryKind, ...] = ("cdylib", "staticlib")
"""The crate types that are shipped to others than Rust, the one that counts where there are both first."""


class Target(msgspec.Struct, frozen=True):
    """A target of a package: `kind` as cargo names it (bin, lib, test, bench, proc-macro, custom-build ...).

    `test` and `doctest` say whether `cargo test` runs the target's tests, and its doctests.
    """

    name: str
    kind: list[str]
    src_path: str
    required_features: list[str] = msgspec.field(default_factory=list, name="required-features")
    test: bool = False
    doctest: bool = False


class Dependency(msgspec.Struct, frozen=True):
    """A dependency: its own name, and `rename` where the manifest has another; `kind` is None, "dev" or "build".

    `path` is its folder, where the manifest names one.
    """

    name: str
    kind: str | None = None
    rename: str | None = None
    path: str | None = None


class Package(msgspec.Struct, frozen=True):
    """A member of the workspace."""

    id: str
    name: str
    version: str
    manifest_path: str
    targets: list[Target]
    dependencies: list[Dependency]
    features: dict[str, list[str]] = {}
    default_run: str | None = None
    metadata: dict[str, Any] | None = None
    publish: list[str] | None = None

    @property
    def spec(self) -> str:
        """Return what means this package alone: a dependency may have its name. Before Cargo 1.77 it is the name."""
        return self.id if "#" in self.id else self.name

    @property
    def may_be_published(self) -> bool:
        """Return whether it may be published in some registry."""
        return self.publish != []

    @property
    def folder(self) -> Path:
        """Return the package's folder."""
        return Path(self.manifest_path).parent

    @property
    def binaries(self) -> list[str]:
        """Return the names of its binaries."""
        return [target.name for target in self.targets if "bin" in target.kind]

    @property
    def library(self) -> tuple[str, LibraryKind] | None:
        """Return the name of its library and what of it is shipped: a cdylib, else a staticlib; None for neither."""
        return next(iter(self.libraries), None)

    @property
    def libraries(self) -> list[tuple[str, LibraryKind]]:
        """Return the name of its library with each kind that may be shipped, the one that counts first."""
        return [(target.name, kind) for kind in LIBRARY_KINDS for target in self.targets if kind in target.kind]

    def needs_features(self, binary: str) -> bool:
        """Return whether a binary is made only with features that it names."""
        return any(
            target.required_features for target in self.targets if "bin" in target.kind and target.name == binary
        )

    def own_features(self, features: Iterable[str]) -> list[str]:
        """Return which of the features it has; those of its dependencies, spelled `dependency/feature`, are its own."""
        others = {each.rename or each.name for each in self.dependencies}
        own = {*self.features, *(f"{self.name}/{name}" for name in self.features)}
        return [name for name in features if name in own or name.partition("/")[0].rstrip("?") in others]


class _Metadata(msgspec.Struct, frozen=True):
    packages: list[Package]
    workspace_root: str
    target_directory: str
    workspace_default_members: list[str] = []
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Project:
    """One Cargo workspace. `package` and `binary` are what was chosen in it; a project without binaries has none.

    `selected` are the packages that are worked on: the workspace's default members, or (`by_package`) those that were
    named or the one in whose folder we are, told to cargo by name or, `by_id`, by what means no dependency of that
    name; `members` are all of the workspace. `package` is None where several are selected and none holds a binary.
    `library` is the one that is shipped, and what of it, where no binary is judged. `named` are the binaries that were
    named, `binary` the first of them: no others are judged. `only` the binaries are judged, or `only` the library.
    """

    root: Path
    target_directory: Path
    selected: tuple[Package, ...]
    members: tuple[Package, ...]
    package: Package | None
    binary: str | None
    by_package: bool
    workspace_metadata: dict[str, Any]
    selection: Selection = USUAL
    library: tuple[str, LibraryKind] | None = None
    by_id: bool = False
    named: tuple[str, ...] = ()
    only: Only = ""

    @property
    def judged(self) -> str | None:
        """Return what is judged by its file: the binary's name, or the library's with its package."""
        if self.binary is not None or self.library is None or self.package is None:
            return self.binary
        return f"{self.library[1]} {self.library[0]} of {self.package.name}"

    @property
    def may_be_started(self) -> bool:
        """Return whether what is judged can be started: a binary, or a shared library, which is loaded."""
        return self.binary is not None or (self.library is not None and self.library[1] == "cdylib")

    @property
    def manifest(self) -> Path:
        """Return the workspace root's Cargo.toml, the one in which profiles count."""
        return self.root / "Cargo.toml"

    @property
    def package_arguments(self) -> list[str]:
        """Return cargo's arguments that choose the package, where it is not what cargo works on in the root anyway."""
        if not self.by_package:
            return []
        return [f"--package={package.spec if self.by_id else package.name}" for package in self.selected]

    def features_for(self, package_id: str) -> list[str]:
        """Return cargo's arguments that choose the features of one of the selected packages by itself."""
        package = next((each for each in self.selected if each.id == package_id), None)
        return self.selection.features_of(package.own_features(self.selection.features)) if package else []

    @property
    def package_metadata(self) -> dict[str, Any]:
        """Return `[package.metadata.burnish]` of the chosen package."""
        return _own_table(self.package.metadata if self.package else None, "[package.metadata.burnish]")


def find_manifest(start: Path) -> Path:
    """Return the nearest Cargo.toml from `start`, a folder or a Cargo.toml, upward. Raise Refused for none."""
    if start.name == "Cargo.toml" and not start.is_dir():
        return start
    if start.is_file():
        raise UsageError(f"{start} is not a Cargo.toml", expected="a folder or a Cargo.toml")
    if not start.is_dir():
        raise Refused(
            f"there is no folder {start}",
            expected="a folder of a Cargo project",
            next_command="burnish doctor --project PATH",
        )
    for folder in (start, *start.parents):
        if os.path.lexists(folder / "Cargo.toml"):
            return folder / "Cargo.toml"
    raise Refused(
        f"there is no Cargo.toml in {start} or in any folder above it",
        expected="a Cargo project",
        next_command="burnish plan --project PATH, with the path of one",
    )


def examine_manifest(manifest: Path) -> None:
    """Raise Refused, before cargo sees it, for a manifest that is no file or is made to choke its reader."""
    refuse_hostile(read_image(manifest).content or b"", str(manifest))


def read_project(
    programs: Programs,
    manifest: Path,
    *,
    timeout_seconds: float,
    wanted: Wanted = NOTHING_NAMED,
    config: Sequence[str] = (),
) -> Project:
    """Ask cargo for the workspace that `manifest` belongs to, and choose in it what is `wanted`.

    Where nothing is named, what the metadata's `build.package`, `build.workspace` and `build.bin` say is chosen.
    Nothing is resolved or written: cargo is asked with `--no-deps`, and with the `config` that it is given in builds.
    Raise Refused when cargo cannot read the project, UsageError when what was named does not exist or several could be
    meant.
    """
    argv = ["cargo", "metadata", "--format-version=1", "--no-deps", "--manifest-path", str(manifest)]
    argv += [f"--config={each}" for each in config]
    answer = programs.run(argv, cwd=manifest.parent, timeout_seconds=timeout_seconds)
    metadata = _decode(answer, manifest, programs.env)
    workspace = _own_table(metadata.metadata, "[workspace.metadata.burnish]")
    if not (wanted.packages or wanted.workspace):
        wanted = msgspec.structs.replace(wanted, **_packages_in(workspace))
    selected = _select(metadata, manifest, wanted)
    named = wanted.bins or (() if wanted.only else _binaries_named(selected, workspace))
    chosen, chosen_binary = _first_judged(selected, named, wanted.only)
    return Project(
        root=Path(metadata.workspace_root),
        target_directory=Path(metadata.target_directory),
        selected=tuple(selected),
        members=tuple(metadata.packages),
        package=chosen,
        binary=chosen_binary,
        library=chosen.library if chosen and chosen_binary is None else None,
        by_package=bool(wanted.packages) or wanted.workspace or not _is_root(metadata, manifest),
        workspace_metadata=workspace,
        named=named,
        only=wanted.only,
    )


def _decode(answer: Finished, manifest: Path, env: Mapping[str, str]) -> _Metadata:
    if not answer.ok:
        said = answer.stderr.decode("utf-8", "replace").strip() or "nothing"
        require_toolchain(said, manifest.parent, env)
        raise Refused(
            f"cargo cannot read {manifest}; it says:\n{said[:2000]}",
            expected="a manifest that `cargo metadata` accepts",
            next_command=f"cargo metadata --no-deps --manifest-path {manifest}",
        )
    try:
        return msgspec.json.decode(answer.stdout, type=_Metadata)
    except msgspec.DecodeError as error:
        raise Refused(f"cargo metadata answered what burnish cannot read: {error}") from error


def _packages_in(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the packages that a metadata's table `build` names. What is no text is refused with the other settings."""
    build = table.get("build")
    said = build if isinstance(build, dict) else {}
    return {"packages": _texts(said.get("package")), "workspace": said.get("workspace") is True}


def _binaries_named(selected: Sequence[Package], workspace: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the binaries that the only selected package names, else the workspace."""
    own = (selected[0].metadata or {}).get("burnish") if len(selected) == 1 else None
    return _bins_in(own if isinstance(own, dict) else {}) or _bins_in(workspace)


def _bins_in(table: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a metadata's `build.bin` names. What is no text is refused with the other settings."""
    build = table.get("build")
    return _texts(build.get("bin") if isinstance(build, dict) else None)


def _texts(said: object) -> tuple[str, ...]:
    names = said if isinstance(said, list) else [said]
    return named_once([name for name in names if isinstance(name, str)])


def _own_table(metadata: dict[str, Any] | None, where: str) -> dict[str, Any]:
    table = (metadata or {}).get("burnish", {})
    if not isinstance(table, dict):
        raise Refused(f"{where} is {table!r}", expected="a table")
    return table


def _select(metadata: _Metadata, manifest: Path, wanted: Wanted) -> list[Package]:
    """Select as cargo does: what is named, else a member's own package, else the workspace's default members."""
    if wanted.workspace:
        return metadata.packages
    if wanted.packages:
        return [_named_package(metadata.packages, name) for name in wanted.packages]
    if not _is_root(metadata, manifest):
        return [member for member in metadata.packages if _is_same(Path(member.manifest_path), manifest)]
    default = [member for member in metadata.packages if member.id in metadata.workspace_default_members]
    return default or metadata.packages


def _is_root(metadata: _Metadata, manifest: Path) -> bool:
    return _is_same(Path(metadata.workspace_root) / "Cargo.toml", manifest)


def _is_same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _named_package(members: list[Package], name: str) -> Package:
    for member in members:
        if member.name == name:
            return member
    names = [member.name for member in members]
    raise UsageError(
        f'there is no package "{name}" in this workspace{did_you_mean(name, names)}',
        expected=f"one of {', '.join(names)}",
    )


def _first_judged(packages: list[Package], named: Sequence[str], only: Only) -> tuple[Package | None, str | None]:
    """Choose what is judged first. Raise UsageError where a binary that is named, or the wanted kind, is not there."""
    if only == "lib":
        shipped = [package for package in packages if package.library]
        if not shipped:
            names = ", ".join(package.name for package in packages)
            raise UsageError(
                f"--lib: {names} has no library that is shipped to others than Rust",
                expected=f"a library with the crate-type {' or '.join(LIBRARY_KINDS)}",
            )
        return shipped[0], None
    chosen, *_ = [_choose_binary(packages, each) for each in named] or [_choose_binary(packages, None)]
    if only == "bins" and chosen[1] is None:
        names = ", ".join(package.name for package in packages)
        raise UsageError(f"--bins: {names} has no binary", expected="a package with a binary: see --package")
    return chosen


def _choose_binary(packages: list[Package], binary: str | None) -> tuple[Package | None, str | None]:
    pairs = [(package, name) for package in packages for name in package.binaries]
    pairs.sort(key=lambda pair: pair[0].needs_features(pair[1]))  # cargo may not make those
    named = [pair for pair in pairs if pair[1] == binary] if binary is not None else pairs
    if binary is not None and not named:
        names = [name for _, name in pairs]
        raise UsageError(
            f'there is no binary "{binary}" here{did_you_mean(binary, names)}',
            expected=f"one of {', '.join(names)}" if names else "a package with a binary: see --package",
        )
    if not named:
        shipped = [package for package in packages if package.library]
        return next(iter(shipped if len(packages) > 1 else packages), None), None
    preferred = [pair for pair in named if pair[0].default_run == pair[1]] or named
    preferred = [pair for pair in preferred if len(preferred) == 1 or pair[0].name == pair[1]] or preferred
    if len(preferred) > 1 and binary is not None:
        choices = ", ".join(f"--package {package.name} --bin {name}" for package, name in preferred)
        raise UsageError(f"several packages have a binary {binary}: {choices}", expected="one of them to be named")
    return preferred[0]
