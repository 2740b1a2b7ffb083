from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from burnish.errors import Refused
from burnish.platforms.unwinder import linker_in, make_unwinder
from burnish.system.process import Programs
from tests.unit.platforms.stubs import Stubs

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")


@pytest.fixture
def programs() -> Programs:
    """Return the real programs of this machine."""
    return Programs(env={"PATH": "/usr/local/bin:/usr/bin:/bin"})


def test_archive_holds_gccs_unwinder_and_what_musl_lacks(programs: Programs, tmp_path: Path) -> None:
    """The archive that the standard library asks for, made of GCC's own and the missing function."""
    make_unwinder(programs, tmp_path / "own", "cc")
    argv = ["nm", "--defined-only", str(tmp_path / "own" / "libunwind.a")]
    defined = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    assert " T _Unwind_RaiseException" in defined
    assert " T _dl_find_object" in defined


def test_linker_finds_the_archive_beside_it(programs: Programs, tmp_path: Path) -> None:
    """It is the compiler, with its own folder to look in, also where a space is in the path."""
    own = tmp_path / "a folder"
    make_unwinder(programs, own, "cc")
    source = tmp_path / "empty.c"
    source.write_text("int main(void) { return 0; }\n", encoding="utf-8")
    argv = [
        str(linker_in(own)),
        str(source),
        "-o",
        str(tmp_path / "empty"),
        "-Wl,-Bstatic",
        "-lunwind",
        "-Wl,-Bdynamic",
    ]
    assert subprocess.run(argv, capture_output=True, check=False).returncode == 0


def test_what_is_made_already_stays(programs: Programs, tmp_path: Path) -> None:
    """Every build asks for it, and only the first one pays."""
    make_unwinder(programs, tmp_path, "cc")
    (tmp_path / "libunwind.a").unlink()
    make_unwinder(programs, tmp_path, "cc")
    assert not (tmp_path / "libunwind.a").exists()


def test_compiler_that_fails_is_refused_in_its_own_words(stubs: Stubs, tmp_path: Path) -> None:
    """A broken compiler is one clear message, and leaves no linker behind."""
    stubs.program("musl-gcc", version="1")
    with pytest.raises(Refused, match=r"musl-gcc .* failed"):
        make_unwinder(stubs.machine().programs, tmp_path / "own", "musl-gcc")
    assert not linker_in(tmp_path / "own").exists()
