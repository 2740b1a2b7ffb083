from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from burnish.errors import Refused
from burnish.measure.loader import LOADS_NOTHING, find_loader, loader_floor, why_not_loaded
from burnish.system.process import Finished, Programs

PROGRAMS = Programs(env=dict(os.environ))
needs_rustc = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("rustc") is None, reason="the loader is compiled"
)


class Refusing(Programs):
    """Programs of a machine on which nothing can be started."""

    def run(self, argv: Sequence[str], **_: Any) -> Finished:
        """Refuse."""
        raise Refused(f"cannot start {argv[0]}")


def library(folder: Path, source: str) -> Path:
    """Compile a shared library."""
    (folder / "lib.rs").write_text(source, encoding="utf-8")
    words = ["rustc", "--crate-type=cdylib", "--crate-name=some", "-o", str(folder / "libsome.so"), "lib.rs"]
    subprocess.run(words, cwd=folder, check=True, capture_output=True)
    return folder / "libsome.so"


@needs_rustc
def test_loader_loads_a_library_and_ends_well(tmp_path: Path) -> None:
    """What the library runs when it is loaded runs, and what it would run at the end does not."""
    loader = find_loader(PROGRAMS, tmp_path / "floor", rustc=["rustc"], cwd=tmp_path)
    assert loader is not None
    source = """
#[used] #[link_section = ".init_array"] static ON_LOAD: extern "C" fn() = on_load;
#[used] #[link_section = ".fini_array"] static AT_END: extern "C" fn() = at_end;
extern "C" fn on_load() { println!("loaded") }
extern "C" fn at_end() { println!("unloaded") }
"""
    ran = subprocess.run([loader.path, library(tmp_path, source)], check=False, capture_output=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"loaded\n", b"")


@needs_rustc
def test_loader_says_which_name_nobody_has(tmp_path: Path) -> None:
    """All names are found when a library is loaded, not when one is called."""
    loader = find_loader(PROGRAMS, tmp_path / "floor", rustc=["rustc"], cwd=tmp_path)
    assert loader is not None
    path = library(
        tmp_path,
        'extern "C" { fn PyNone_Ask(); } #[no_mangle] pub extern "C" fn call() { unsafe { PyNone_Ask() } }',
    )
    ran = subprocess.run([loader.path, path], check=False, capture_output=True, text=True)
    assert ran.returncode == 1
    assert why_not_loaded(ran.stderr, path) == "it needs PyNone_Ask, which Python has"


@needs_rustc
def test_find_loader_twice_compiles_once(tmp_path: Path) -> None:
    """The second call finds what the first one made; it is its own floor, and ends well with nothing to load."""
    first = find_loader(PROGRAMS, tmp_path, rustc=["rustc"], cwd=tmp_path)
    assert first is not None
    before = first.path.stat().st_mtime_ns
    assert find_loader(PROGRAMS, tmp_path, rustc=["rustc"], cwd=tmp_path) == first == loader_floor(first.path)
    assert (first.path.stat().st_mtime_ns, first.kind) == (before, LOADS_NOTHING)
    assert subprocess.run([first.path], check=False).returncode == 0


def test_find_loader_without_a_compiler_finds_none(tmp_path: Path) -> None:
    """What cannot be loaded is judged by its file alone: that is no error."""
    assert find_loader(Refusing(env={}), tmp_path, rustc=["rustc"], cwd=tmp_path) is None


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("/l/libx.so: undefined symbol: napi_create", "it needs napi_create, which the program that loads it has"),
        ("Error relocating /l/libx.so: _Py_Dealloc: symbol not found", "it needs _Py_Dealloc, which Python has"),
        ("symbol not found in flat namespace '_PyList_New'", "it needs PyList_New, which Python has"),
        ("/l/libx.so: cannot open libz.so.1", "libx.so: cannot open libz.so.1"),
        ("", "it cannot be loaded"),
    ],
)
def test_why_not_loaded_names_what_is_missing(said: str, why: str) -> None:
    """As glibc, musl and macOS say it; anything else in the loader's own words, without folders."""
    assert why_not_loaded(said, Path("/l/libx.so")) == why
