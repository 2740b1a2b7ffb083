"""An allocator in place of musl's: mimalloc, of crates.io's `libmimalloc-sys`, in an object that is linked first.

What the linker has met before it comes to musl's archive it does not take from there. So a linker of our own, which
names that object before all else, gives every program mimalloc's `malloc` and its family, without a flag that carries a
path, and without a word in anybody's source.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from burnish.errors import Refused
from burnish.platforms.unwinder import compile_with, write_linker
from burnish.system.process import Programs

MIMALLOC = "mimalloc"
USUAL_LINKER = "cc"
"""What rustc links by for a platform whose C library a toolchain brings."""
CRATE, CRATE_VERSION = "libmimalloc-sys", "0.1.49"
_FAMILY = ("malloc", "calloc", "realloc", "free")
# What GCC asks its own library for; rustc names none. It stands right behind what asks: behind the object that ends the
# tables by which a stack is walked, what it brings would leave them without an end, and who walks a stack would run on.
_ASKED = "-lgcc"
_OF_MUSL = "__libc_malloc_impl"
_OBJECT = "mimalloc.o"
_WAY = 2
"""The number of the way in which the linkers are made: what was made in another one is not taken."""
# Of the two that the crate has the smaller one, which starts sooner too: 96 kB and 105 us beside 121 kB and 219 us.
_BRANCH = "v2"
_SECONDS = 300.0
_FLAGS = (
    *("-O2", "-DNDEBUG", "-DMI_BUILD_RELEASE", "-DMI_DEBUG=0", "-DMI_MALLOC_OVERRIDE", "-fno-builtin-malloc"),
    # The program is static: nobody is asked where a thread's own data lies, and what it does not call is left out.
    *("-ftls-model=local-exec", "-ffunction-sections", "-fdata-sections"),
    # The same object at any time: it names the day on which it is compiled, else.
    *("-Wno-builtin-macro-redefined", '-D__DATE__="then"', '-D__TIME__="then"'),
)
_TRIAL = """\
#include <stdlib.h>

int main(void) {
    void *four = 0, *one = realloc(malloc(10), 100), *two = calloc(3, 5), *three = aligned_alloc(64, 128);
    int failed = posix_memalign(&four, 64, 100) || !one || !two || !three || !four;
    free(one), free(two), free(three), free(four);
    return failed;
}
"""
_EXPECTED = "a program in which mimalloc is malloc"


def allocating_linker_in(folder: Path, *, is_usual: bool = False) -> Path:
    """Return the path that a linker has once it is made, in a platform's own folder: others for each version and way.

    It is the usual one where the toolchain brings the C library.
    """
    return folder / f"{CRATE}-{CRATE_VERSION}-{_WAY}" / ("usual-linker" if is_usual else "linker")


def make_allocator(programs: Programs, folder: Path, linker: str, cargo: str, *, offline: bool = False) -> None:
    """Make linkers that have mimalloc before all else: one is `linker`, beside what `make_unwinder` made, and one `cc`.

    `cargo` brings the source, of the version and digest that our lock file names; where it is `offline`, from what was
    brought before. What an earlier call has made stays. Raise Refused where the source cannot be had, the compiler
    fails, or a program that is linked so does not allocate by mimalloc.
    """
    made = allocating_linker_in(folder)
    if made.is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        here, ready = Path(scratch), Path(scratch) / "ready"
        source = _brought(programs, here, cargo, offline=offline)
        ready.mkdir()
        # Named from its own folder, so that no path of this machine is in what is made.
        includes = ("-Iinclude", "-Isrc")
        compile_with(programs, [linker, *_FLAGS, *includes, "-c", "src/static.c", "-o", _OBJECT], source)
        shutil.copy(source / _OBJECT, ready / _OBJECT)
        first = f'"${{0%/*}}/{_OBJECT}" {_ASKED}'
        write_linker(ready / made.name, linker, f'-L"${{0%/*}}/.." {first}')
        write_linker(ready / allocating_linker_in(folder, is_usual=True).name, USUAL_LINKER, first)
        _require_in_place(programs, ready)
        if not made.parent.exists():
            ready.rename(made.parent)


def _brought(programs: Programs, folder: Path, cargo: str, *, offline: bool) -> Path:
    """Return the folder of mimalloc's source, which cargo brings and holds against the digest of our lock file."""
    crate = folder / "crate"
    crate.mkdir()
    for name in ("Cargo.toml", "Cargo.lock"):
        shutil.copy(Path(__file__).with_name(f"mimalloc.{name}"), crate / name)
    (crate / "lib.rs").touch()
    argv = [cargo, "vendor", "--locked", "--versioned-dirs", "--quiet", *(["--offline"] if offline else []), "vendor"]
    finished = programs.run(argv, cwd=crate, timeout_seconds=_SECONDS)
    if not finished.ok:
        said = finished.stderr.decode("utf-8", "replace").strip()
        raise Refused(
            f"mimalloc cannot be had: cargo does not bring {CRATE} {CRATE_VERSION}: {said[:500]}",
            expected="the network, or a registry of cargo's configuration that has it",
            next_command=f"cargo info {CRATE}@{CRATE_VERSION}, which says whether cargo reaches it",
        )
    return crate / "vendor" / f"{CRATE}-{CRATE_VERSION}" / "c_src" / "mimalloc" / _BRANCH


def _require_in_place(programs: Programs, folder: Path) -> None:
    """Link a program that allocates, start it, and raise Refused where its functions are not mimalloc's."""
    (folder.parent / "trial.c").write_text(_TRIAL, encoding="utf-8")
    linked = folder.parent / "trial"
    compile_with(programs, [str(folder / "linker"), "-static", "trial.c", "-o", "trial"], folder.parent)
    compile_with(programs, [str(linked)], folder.parent)
    found = _addresses(linked)
    others = [name for name in _FAMILY if not found.get(name) or found[name] != found.get(f"mi_{name}")]
    if others or _OF_MUSL in found:
        raise Refused(f"mimalloc does not take the place of {', '.join(others) or _OF_MUSL}", expected=_EXPECTED)


def _addresses(program: Path) -> dict[str, int]:
    """Return where each symbol of a program lies."""
    import lief  # noqa: PLC0415 - half a second, for those who need it only

    elf = lief.ELF.parse(str(program))
    return {str(symbol.name): symbol.value for symbol in elf.symbols} if elf is not None else {}
