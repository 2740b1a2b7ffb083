"""The loader: a small program of ours that loads one shared library and ends, to time how long loading takes."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from burnish.measure.floor import FloorBinary, compile_rust, exits_well
from burnish.system.process import Programs

LOADS_NOTHING = "a program of burnish's own, which loads nothing"

# It ends by `_exit`: what a library runs when it is unloaded is no part of loading it. RTLD_NOW, which is 2 wherever we
# run, has the system find all names at once: one that is missing is told, and not met later.
_SOURCE = r"""
#![no_main]

use std::ffi::CStr;
use std::io::Write;
use std::os::raw::{c_char, c_int, c_void};

extern "C" {
    fn dlopen(path: *const c_char, flags: c_int) -> *mut c_void;
    fn dlerror() -> *const c_char;
    fn _exit(status: c_int) -> !;
}

#[no_mangle]
pub unsafe extern "C" fn main(count: c_int, words: *const *const c_char) -> c_int {
    if count > 1 && dlopen(*words.add(1), 2).is_null() {
        let error = dlerror();
        let said: &[u8] = if error.is_null() { b"no reason given" } else { CStr::from_ptr(error).to_bytes() };
        let _ = std::io::stderr().write_all(said);
        _exit(1)
    }
    _exit(0)
}
"""
# What the loaders of glibc, musl and macOS say of a name that nobody has.
_MISSING_NAME = re.compile(
    r"undefined symbol: (\S+)|Error relocating .*: (\S+): symbol not found|flat namespace '_?([^']+)'"
)


def find_loader(programs: Programs, folder: Path, *, rustc: Sequence[str], cwd: Path) -> FloorBinary | None:
    """Return the loader, made in `folder` unless an earlier call has made it; None where none can be made or runs.

    `rustc` are the words that compile for the library's platform, started in `cwd`. Without an argument the program
    loads nothing: so it is the floor of what it loads.
    """
    if sys.platform == "win32":
        return None  # libraries are loaded otherwise there
    digest = hashlib.sha256("\0".join([_SOURCE, *rustc]).encode()).hexdigest()
    path = folder / f"loader-{digest[:12]}"
    if not path.is_file():
        # A static program loads nothing: that of a static libc's platform is linked as the libraries there are.
        words = ("-O", "--edition=2018", "--crate-name=loader", "-Ctarget-feature=-crt-static")
        compile_rust(programs, path, _SOURCE, rustc=[*rustc, *words], cwd=cwd)
    return loader_floor(path) if path.is_file() and exits_well(programs, path) else None


def loader_floor(path: Path) -> FloorBinary:
    """Return the floor of what a loader loads: the program itself."""
    return FloorBinary(path=path, kind=LOADS_NOTHING)


def why_not_loaded(said: str, library: Path) -> str:
    """Return in words why the loader could not load a library, by what it said."""
    match = _MISSING_NAME.search(said)
    if match is not None:
        name = next(filter(None, match.groups()))
        host = "Python has" if name.startswith(("Py", "_Py")) else "the program that loads it has"
        return f"it needs {name}, which {host}"
    return said.replace(str(library), library.name).strip() or "it cannot be loaded"
