"""What a Cargo.lock holds: the packages from elsewhere with their versions, and how those changed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from burnish.model import DependencyChange
from burnish.toml.reading import read_toml

Locked = Mapping[str, list[str]]

_REGISTRIES = ("registry+https://github.com/rust-lang/crates.io-index", "sparse+https://index.crates.io/")


def locked_packages(content: bytes | None) -> dict[str, list[str]]:
    """Return the versions of each package that is not the workspace's own; nothing without a lock file.

    What is not from crates.io has its source beside its version: another commit of a git repository is another
    version. Raise Refused for what is no TOML.
    """
    found: dict[str, list[str]] = {}
    for package in _packages(content):
        if isinstance(package.get("source"), str):
            found.setdefault(str(package.get("name")), []).append(_version(package))
    return {name: sorted(versions) for name, versions in found.items()}


def local_packages(content: bytes | None) -> frozenset[str]:
    """Return the names of the packages that are the workspace's own, or lie in a folder that it names."""
    return frozenset(str(each.get("name")) for each in _packages(content) if not isinstance(each.get("source"), str))


def _packages(content: bytes | None) -> Iterator[Mapping[str, Any]]:
    packages = read_toml(content or b"", "Cargo.lock").get("package", [])
    yield from (each for each in (packages if isinstance(packages, list) else []) if isinstance(each, dict))


def _version(package: Mapping[str, Any]) -> str:
    version, source = str(package.get("version")), package["source"]
    return version if source in _REGISTRIES else f"{version} ({source})"


def dependency_changes(before: Locked, after: Locked) -> list[DependencyChange]:
    """Return what was added, removed or updated, by name; versions that both have are not told."""
    names = sorted({*before, *after})
    changes = [
        DependencyChange(
            name=name,
            before=[each for each in before.get(name, []) if each not in after.get(name, [])],
            after=[each for each in after.get(name, []) if each not in before.get(name, [])],
        )
        for name in names
    ]
    return [change for change in changes if change.before or change.after]
