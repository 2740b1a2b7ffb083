"""mimalloc in place of musl's allocator: what is linked first is what a program calls."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import lief
import pytest

from burnish.errors import Refused
from burnish.measure.stack_tables import _come_to_an_end
from burnish.platforms.allocator import CRATE, CRATE_VERSION, _addresses, allocating_linker_in, make_allocator
from burnish.platforms.unwinder import make_unwinder
from burnish.system.process import Programs
from tests.unit.measure.test_stack_tables import END
from tests.unit.platforms.stubs import Stubs

FOLDER = Path(__file__).parents[3] / "burnish" / "platforms"


def test_lock_file_names_the_version_that_is_compiled() -> None:
    """Manifest, lock file and code agree, or cargo would bring another one."""
    assert f'{CRATE} = "={CRATE_VERSION}"' in (FOLDER / "mimalloc.Cargo.toml").read_text(encoding="utf-8")
    locked = (FOLDER / "mimalloc.Cargo.lock").read_text(encoding="utf-8")
    assert f'name = "{CRATE}"\nversion = "{CRATE_VERSION}"\n' in locked
    assert "checksum" in locked.partition(f'name = "{CRATE}"')[2].partition("[[")[0]


def test_source_that_cannot_be_brought_is_refused_in_cargos_words(stubs: Stubs, tmp_path: Path) -> None:
    """Without a network there is no other allocator, and nothing is left that looks like one."""
    stubs.program("cargo", metadata="{}")
    own = tmp_path / "own"
    with pytest.raises(Refused, match=f"mimalloc cannot be had: cargo does not bring {CRATE} {CRATE_VERSION}"):
        make_allocator(stubs.machine().programs, own, "musl-gcc", "cargo", offline=True)
    assert list(own.iterdir()) == []


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Return the linker that puts mimalloc first, made by this machine's compiler for musl."""
    if shutil.which("musl-gcc") is None:
        pytest.skip("there is no musl-gcc")
    programs = Programs(env=dict(os.environ))
    make_unwinder(programs, tmp_path / "a folder", "musl-gcc")
    make_allocator(programs, tmp_path / "a folder", "musl-gcc", "cargo")
    return allocating_linker_in(tmp_path / "a folder")


@pytest.mark.cargo
@pytest.mark.network
def test_program_allocates_by_mimalloc_and_musl_brings_none(made: Path, tmp_path: Path) -> None:
    """Each function of the family is mimalloc's own, and musl's allocator is not in the file."""
    (tmp_path / "it.c").write_text(
        "#include <stdlib.h>\n#include <string.h>\nint main(int n, char **v) {\n"
        "    char *s = strdup(v[0]); s = realloc(s, 100); free(s); return calloc(1, 5) == 0;\n}\n",
        encoding="utf-8",
    )
    for linker, name in ((str(made), "by"), ("musl-gcc", "without")):
        argv = [linker, "-static", "it.c", "-o", name]
        subprocess.run(argv, cwd=tmp_path, check=True)
        subprocess.run([tmp_path / name], check=True)
    found = [_addresses(tmp_path / name) for name in ("by", "without")]
    assert all(found[0][name] == found[0][f"mi_{name}"] for name in ("malloc", "realloc", "calloc", "free"))
    assert "__libc_malloc_impl" in found[1]
    assert "__libc_malloc_impl" not in found[0]


@pytest.mark.cargo
@pytest.mark.network
def test_tables_of_the_stack_have_an_end(made: Path, tmp_path: Path) -> None:
    """Rustc names what begins and ends them itself; what comes behind that would take the end from them."""
    (tmp_path / "it.c").write_text(
        "#include <stdlib.h>\nint main(int n) { return malloc(n) == 0; }\n", encoding="utf-8"
    )
    (tmp_path / "end.s").write_text(END, encoding="utf-8")
    folder = Path("/usr/lib/x86_64-linux-musl")  # where Debian has it: the compiler names glibc's
    if not folder.is_dir():
        pytest.skip(f"there is no {folder}")
    crt1, crti, crtn = (str(folder / name) for name in ("crt1.o", "crti.o", "crtn.o"))
    for linker in (made, made.with_name("usual-linker")):
        argv = [str(linker), "-nostartfiles", "-nodefaultlibs", "-static", f"-L{folder}", crt1, crti]
        argv += ["it.c", "-lc", "end.s", crtn, "-o", "it"]
        subprocess.run(argv, cwd=tmp_path, check=True)
        subprocess.run([tmp_path / "it"], check=True)
        assert records_end(tmp_path / "it")


def records_end(program: Path) -> bool:
    """Return whether the records of the stack's tables come to a record of no length before the section ends."""
    elf = lief.ELF.parse(str(program))
    assert elf is not None
    section = elf.get_section(".eh_frame")
    assert section is not None
    return _come_to_an_end(bytes(section.content), "little")


@pytest.mark.cargo
@pytest.mark.network
def test_what_is_made_stays_and_holds_no_path(made: Path, tmp_path: Path) -> None:
    """The next build pays nothing, and what is linked is the same from any folder, at any time."""
    code = made.with_name("mimalloc.o").read_bytes()
    assert str(tmp_path).encode() not in code
    make_allocator(Programs(env={}), tmp_path / "a folder", "nothing", "nothing")
    assert made.with_name("mimalloc.o").read_bytes() == code
    make_allocator(Programs(env=dict(os.environ)), tmp_path / "another", "musl-gcc", "cargo")
    assert allocating_linker_in(tmp_path / "another").with_name("mimalloc.o").read_bytes() == code
    assert sorted(path.name for path in (tmp_path / "a folder").iterdir() if path.is_dir()) == [made.parent.name]
