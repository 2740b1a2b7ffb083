"""Sections: together they are the file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from burnish.measure.floor import smallest_elf
from burnish.measure.sections import BETWEEN, read_sections


def test_sections_of_a_real_program_add_up_to_its_file() -> None:
    """Whatever the format, nothing is counted twice and nothing is left out; the largest is first."""
    program = Path(sys.executable).resolve()
    shares = read_sections(program)
    assert sum(share.amount for share in shares) == program.stat().st_size
    sizes = [share.amount for share in shares if share.name != BETWEEN]
    assert sizes == sorted(sizes, reverse=True)
    assert all(share.amount > 0 for share in shares)


@pytest.mark.skipif(sys.platform != "linux", reason="an ELF file of ours")
def test_file_without_sections_is_all_between_them(tmp_path: Path) -> None:
    """The smallest program has headers and code, and no section that names them."""
    path = tmp_path / "smallest"
    path.write_bytes(smallest_elf("linux-x86_64"))
    assert [(share.name, share.amount) for share in read_sections(path)] == [(BETWEEN, path.stat().st_size)]
