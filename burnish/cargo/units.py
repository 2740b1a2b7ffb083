"""What cargo has compiled in one target folder, lent to another: a standard library that is rebuilt takes a minute.

Cargo names what it compiles by all that goes into it: the package's version and source, features, profile, rustflags,
compiler. So a unit of one name is the same wherever it lies, and cargo looks itself whether it still is what it asks
for. What is the project's own is never lent: each build compiles that itself.

Cargo writes into its fingerprints and what build scripts said, which are copied. Libraries it replaces, so they are
linked.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

_FINGERPRINTS, _SCRIPTS, _LIBRARIES = ".fingerprint", "build", "deps"
_LINKED = frozenset({".rlib", ".rmeta", ".so"})
_DIGITS = frozenset("0123456789abcdef")
_LENGTH = 16


def lend_units(source: Path, target: Path, own_packages: Collection[str]) -> int:
    """Lend what a target folder holds to another one that lacks it, but for `own_packages`; return how many units.

    Both are folders of one profile, such as `target/release`. Where cargo lays them out in another way, none is lent.
    """
    lent = 0
    for unit in _units(source / _FINGERPRINTS, own_packages):
        digest = unit.name.rpartition("-")[2]
        if (target / _FINGERPRINTS / unit.name).exists():
            continue
        with contextlib.suppress(OSError):
            for file in (source / _LIBRARIES).glob(f"*-{digest}.*"):
                _lend_file(file, target / _LIBRARIES / file.name)
            _lend_folder(source / _SCRIPTS / unit.name, target / _SCRIPTS / unit.name)
            # Last: cargo looks for it first.
            _lend_folder(unit, target / _FINGERPRINTS / unit.name)
            lent += 1
    return lent


def _units(folder: Path, own_packages: Collection[str]) -> Iterator[Path]:
    """Yield the fingerprints of packages that are not the project's own."""
    with contextlib.suppress(OSError):
        for path in sorted(folder.iterdir()):
            name, _, digest = path.name.rpartition("-")
            if len(digest) == _LENGTH and _DIGITS.issuperset(digest) and name not in own_packages:
                yield path


def _lend_folder(source: Path, target: Path) -> None:
    """Copy a folder with the times of its files, whole or not at all."""
    if not source.is_dir() or target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        copy = Path(scratch) / target.name
        shutil.copytree(source, copy, symlinks=True)
        with contextlib.suppress(FileExistsError):
            copy.rename(target)


def _lend_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        return
    if source.suffix in _LINKED:
        with contextlib.suppress(OSError):
            os.link(source, target)
            return
    shutil.copy2(source, target)
