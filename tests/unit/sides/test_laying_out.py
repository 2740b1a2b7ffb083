"""A copy of ours, put elsewhere on the disk."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from burnish.sides.side import lay_out_anew


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is open stays there")
def test_copy_that_is_laid_out_anew_is_the_same_file_elsewhere(tmp_path: Path) -> None:
    """Its name, its bytes and its permissions stay; the file is another one, and nothing is left beside it."""
    copy = tmp_path / "program"
    copy.write_bytes(b"#!/bin/sh\n")
    copy.chmod(0o751)
    before = copy.stat()
    with copy.open("rb"):  # the number of a file that is open is not given to another one
        lay_out_anew(copy)
        after = copy.stat()
    assert after.st_ino != before.st_ino
    assert (after.st_mode, copy.read_bytes()) == (before.st_mode, b"#!/bin/sh\n")
    assert list(tmp_path.iterdir()) == [copy]
