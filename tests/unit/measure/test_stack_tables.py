"""The tables by which a stack is walked have an end, or the file is told from one whose tables have."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest

from burnish.judge.differences import differences
from burnish.measure.linkage import read_linkage
from burnish.measure.stack_tables import ENDED, _come_to_an_end

RECORD = (4).to_bytes(4, "little") + b"body"
LONG = b"\xff" * 4 + (4).to_bytes(8, "little") + b"body"


@pytest.mark.parametrize(
    ("records", "order", "has_end"),
    [
        (RECORD + bytes(4), "little", True),
        (RECORD + LONG + RECORD + bytes(4), "little", True),
        (RECORD + bytes(4) + RECORD, "little", True),
        (RECORD + RECORD, "little", False),
        (RECORD + LONG, "little", False),
        (RECORD + (1000).to_bytes(4, "little") + bytes(100), "little", False),
        (RECORD + b"\xff" * 4 + b"\1", "little", False),
        (RECORD + b"\0\0", "little", False),
        (b"", "little", False),
        (b"\0\0\0\4body" + bytes(4), "big", True),
        (b"\0\0\0\4body", "big", False),
    ],
)
def test_records_come_to_an_end(records: bytes, order: Literal["big", "little"], *, has_end: bool) -> None:
    """It is a record of no length, wherever it stands; hostile lengths end the reading."""
    assert _come_to_an_end(records, order) is has_end


# Begins by itself, as a program without start files does; a call has a record in the tables.
MAIN = "int add(int a) { return a + 1; }\nvoid _start(void) { add(1); for (;;) ; }\n"
END = '.section .eh_frame,"a",@progbits\n.long 0\n.section .note.GNU-stack,"",@progbits\n'


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("cc"), reason="links for Linux")
@pytest.mark.parametrize(
    ("files", "has_end"), [(("it.c", "end.s"), True), (("end.s", "it.c"), False), (("it.c",), False)]
)
def test_program_that_lost_the_end_is_less_defended(tmp_path: Path, files: tuple[str, ...], *, has_end: bool) -> None:
    """The linker keeps an end only where it comes last; nobody can accept that it is gone."""
    (tmp_path / "it.c").write_text(MAIN, encoding="utf-8")
    (tmp_path / "end.s").write_text(END, encoding="utf-8")
    for name, parts in (("before", ("it.c", "end.s")), ("after", files)):
        argv = ["cc", "-O0", "-fasynchronous-unwind-tables", "-nostdlib", "-static", "-no-pie", *parts, "-o", name]
        subprocess.run(argv, cwd=tmp_path, check=True)
    before, after = (read_linkage(tmp_path / name) for name in ("before", "after"))
    assert ENDED in (before.defences or ())
    lost = [each for each in differences(before, after) if ENDED in each.what]
    assert [(each.what, each.concession) for each in lost] == ([] if has_end else [(f"it has lost: {ENDED}", "")])
