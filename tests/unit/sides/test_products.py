"""What cargo's messages and the files say that a build made of the members."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from burnish.cargo.build import Built, Product
from burnish.measure.floor import smallest_elf
from burnish.sides.products import made_by

PROJECT: Any = SimpleNamespace(members=[SimpleNamespace(id="id-tool", name="tool")])
ARCHIVE, OTHER = b"!<arch>\n", b"text"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a file of each kind; the shared libraries are none whose exports could be read."""
    elf = smallest_elf("linux-x86_64")
    files = {"tool": elf, "libtool.so": elf, "libtool.a": ARCHIVE, "libtool.rlib": ARCHIVE, "libtool.rmeta": OTHER}
    for name, content in {**files, "tool.dll.a": ARCHIVE, "tool.pdb": OTHER}.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def product(folder: Path, crate_types: str, files: str, *, package: str = "tool", runs: str = "") -> Product:
    """Return a product of a member's target."""
    return Product(
        package_id=f"id-{package}",
        target="tool",
        crate_types=tuple(crate_types.split()),
        files=tuple(folder / name for name in files.split()),
        executable=folder / runs if runs else None,
    )


def kinds(*products: Product) -> list[tuple[str, str]]:
    """Return the kind and name of what these come to."""
    built = Built(command=("cargo",), ok=True, seconds=1.0, artifacts=(), errors="", products=products)
    return [(part.kind, part.name) for part in made_by(PROJECT, built)]


def test_each_file_is_what_its_content_says(folder: Path) -> None:
    """A library and a binary of one name are two; what lies beside them, and other packages' files, are nothing."""
    found = kinds(
        product(folder, "staticlib rlib", "libtool.a libtool.rlib libtool.rmeta tool.dll.a"),
        product(folder, "bin", "tool tool.pdb", runs="tool"),
        product(folder, "bin", "tool", package="other", runs="tool"),
    )
    assert found == [("staticlib", "libtool.a"), ("rlib", "libtool.rlib"), ("bin", "tool")]


def test_shared_library_is_what_its_target_asks_for(folder: Path) -> None:
    """One of a proc macro is asked for no exports."""
    assert kinds(product(folder, "proc-macro", "libtool.so")) == [("proc-macro", "libtool.so")]


def test_crate_type_that_was_dropped_is_not_made(folder: Path) -> None:
    """What is asked for and has no file, or a file that is not there, was not made."""
    assert kinds(product(folder, "cdylib rlib", "libtool.rlib")) == [("rlib", "libtool.rlib")]
    assert kinds(product(folder, "cdylib rlib", "libtool.rlib gone.so")) == [("rlib", "libtool.rlib")]


def test_target_that_is_built_for_the_host_too(folder: Path) -> None:
    """What was made for the host hides nothing that was dropped for the target."""
    host = product(folder, "staticlib rlib", "libtool.a libtool.rlib")
    dropped = product(folder, "staticlib rlib", "libtool.rlib")
    assert kinds(host, dropped) == kinds(dropped, host) == [("rlib", "libtool.rlib")]
    assert kinds(host, host) == [("staticlib", "libtool.a"), ("rlib", "libtool.rlib")]
