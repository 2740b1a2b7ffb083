from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from burnish.measure.loading import copy_that_only_loads

PYTHON = Path(sys.executable).resolve()
SAYS = ["-c", "print('main was reached')"]


@pytest.mark.skipif(sys.platform != "linux", reason="programs of Linux are copied")
def test_copy_is_loaded_and_ends_before_its_own_code(tmp_path: Path) -> None:
    """The copy ends well and says nothing, and differs from the original at its entry point only."""
    copy = tmp_path / "copy"
    assert copy_that_only_loads(PYTHON, copy)
    finished = subprocess.run([copy, *SAYS], check=True, capture_output=True)
    assert (finished.stdout, finished.stderr) == (b"", b"")
    assert b"main was reached" in subprocess.run([PYTHON, *SAYS], check=True, capture_output=True).stdout
    before, after = PYTHON.read_bytes(), copy.read_bytes()
    assert len(before) == len(after)
    assert 0 < sum(one != other for one, other in zip(before, after, strict=True)) <= 12


@pytest.mark.skipif(sys.platform != "linux", reason="programs of Linux are copied")
def test_copy_is_loaded_with_its_libraries(tmp_path: Path) -> None:
    """The dynamic linker does its work: it names the libraries that it finds for the copy."""
    copy = tmp_path / "copy"
    assert copy_that_only_loads(PYTHON, copy)
    env = {"LD_PRELOAD": "", "LD_TRACE_LOADED_OBJECTS": "1"}
    assert b"libc" in subprocess.run([copy], check=True, capture_output=True, env=env).stdout


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n", b"\x7fELF", b"MZ" + bytes(200)])
def test_what_is_no_program_of_linux_is_not_copied(tmp_path: Path, content: bytes) -> None:
    """There is no copy, and no error."""
    binary = tmp_path / "binary"
    binary.write_bytes(content)
    assert not copy_that_only_loads(binary, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
