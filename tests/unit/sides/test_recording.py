"""What is known of how files were compiled, where the files are lent to another folder."""

from __future__ import annotations

import os
from pathlib import Path

from burnish.cargo.invocations import Invocation, Unit
from burnish.sides.recording import lend_recordings, record_units
from burnish.transaction.sealed import Sealed


def unit_in(folder: Path, name: str, *, fresh: bool) -> Unit:
    """Return a unit of one file in a folder, with its call where it was compiled."""
    file = folder / "deps" / f"lib{name}.rlib"
    call = Invocation(
        crate_name=name,
        crate_types=("lib",),
        source="src/lib.rs",
        target=None,
        output=str(folder / "deps" / name),
        externs=(str(folder / "deps" / "core"),),
        settings=(("-C panic", "abort"),),
    )
    return Unit(
        package=f"registry+https://x#{name}@1.0.0",
        name=name,
        kind=("lib",),
        crate_types=("lib",),
        files=(str(file),),
        is_fresh=fresh,
        invocation=None if fresh else call,
    )


def laid(folder: Path, name: str, when: int) -> None:
    """Lay the file of a unit into a folder, as it was made at a time."""
    path = folder / "deps" / f"lib{name}.rlib"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("code", encoding="utf-8")
    os.utime(path, (when, when))


def test_what_is_known_of_a_lent_file_goes_with_it(tmp_path: Path) -> None:
    """Its call names the files of the folder that it is in now; of a file that is another nothing is known."""
    sealed = Sealed(root=tmp_path, user_state=tmp_path / "state")
    one, two = tmp_path / "one", tmp_path / "two"
    for name in ("libc", "other"):
        laid(one, name, 1000)
    record_units(sealed, one, [unit_in(one, name, fresh=False) for name in ("libc", "other")])
    laid(two, "libc", 1000)
    laid(two, "other", 2000)
    lend_recordings(sealed, one, two)
    libc, other = record_units(sealed, two, [unit_in(two, name, fresh=True) for name in ("libc", "other")])
    assert libc.invocation == unit_in(two, "libc", fresh=False).invocation
    assert other.invocation is None
