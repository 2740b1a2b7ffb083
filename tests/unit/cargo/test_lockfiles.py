"""What changed among the dependencies, by two lock files."""

from __future__ import annotations

import pytest

from burnish.cargo.lockfiles import dependency_changes, locked_packages
from burnish.errors import Refused
from burnish.model import DependencyChange

INDEX = "registry+https://github.com/rust-lang/crates.io-index"
GIT = "git+https://example.org/g?branch=main#{}"


def lock(*packages: tuple[str, str, str]) -> bytes:
    """Return a lock file of packages: name, version, source, which a package of the workspace does not have."""
    tables = []
    for name, version, source in packages:
        told = f'source = "{source}"\n' if source else ""
        tables.append(f'[[package]]\nname = "{name}"\nversion = "{version}"\n{told}')
    return ("version = 4\n\n" + "\n".join(tables)).encode()


def test_added_removed_and_updated_dependencies() -> None:
    """By name; a second version of a package is one more, and the workspace's own packages are no dependencies."""
    before = lock(("own", "1.0.0", ""), ("a", "1.0.0", INDEX), ("b", "1.0.0", INDEX), ("gone", "3.0.0", INDEX))
    after = lock(("own", "2.0.0", ""), ("a", "1.0.0", INDEX), ("a", "2.0.0", INDEX), ("b", "1.1.0", INDEX))
    assert dependency_changes(locked_packages(before), locked_packages(after)) == [
        DependencyChange(name="a", before=[], after=["2.0.0"]),
        DependencyChange(name="b", before=["1.0.0"], after=["1.1.0"]),
        DependencyChange(name="gone", before=["3.0.0"], after=[]),
    ]
    assert dependency_changes(locked_packages(after), locked_packages(after)) == []


def test_another_commit_is_another_version() -> None:
    """The number of a git dependency may stay as it is."""
    before, after = (lock(("g", "0.1.0", GIT.format(commit))) for commit in ("aaaa", "bbbb"))
    changes = dependency_changes(locked_packages(before), locked_packages(after))
    assert changes == [
        DependencyChange(name="g", before=[f"0.1.0 ({GIT.format('aaaa')})"], after=[f"0.1.0 ({GIT.format('bbbb')})"])
    ]


@pytest.mark.parametrize("content", [None, b"", b"version = 4\n", b"package = 3\n", b"[[package]]\nname = 3\n"])
def test_lock_file_without_packages_has_none(content: bytes | None) -> None:
    """Absent, empty, or of another shape."""
    assert locked_packages(content) == {}


def test_lock_file_that_is_no_toml_is_refused() -> None:
    """As every file of cargo's."""
    with pytest.raises(Refused):
        locked_packages(b"[[package")
