"""The bundled crate is worked on in a copy, so that the checkout stays clean."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

_LEFT_OUT = ("target", ".burnish", ".git")


def working_copy(checkout: Path, *, as_it_stands: bool = False) -> Path:
    """Return the folder of the copy of `examples/pyrust`, made anew when the original has changed.

    While a change is live in the copy it stays as it is, and `as_it_stands` a copy that is there is not looked into. A
    new copy keeps the target folder only: a change applied to an earlier original means nothing to it.
    """
    source = checkout / "examples" / "pyrust"
    copy = checkout / ".work" / "pyrust"
    if as_it_stands and (copy / "Cargo.toml").exists():
        return copy
    stamp = checkout / ".work" / "pyrust.sha256"
    digest = _digest(source)
    is_old = not stamp.exists() or stamp.read_text(encoding="ascii") != digest
    has_live_change = (copy / ".burnish" / "active.json").exists()
    if not (copy / "Cargo.toml").exists() or (is_old and not has_live_change):
        _empty(copy)
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns(*_LEFT_OUT), dirs_exist_ok=True)
        stamp.write_text(digest, encoding="ascii")
    return copy


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(_files(folder)):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in _LEFT_OUT:
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


def _empty(copy: Path) -> None:
    """Remove what came from an earlier original; what cargo built stays."""
    if not copy.is_dir():
        return
    for path in copy.iterdir():
        if path.name == "target":
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
