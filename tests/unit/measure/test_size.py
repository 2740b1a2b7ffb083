from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from burnish.errors import Refused
from burnish.measure.size import size_and_digest


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=4096), times=st.sampled_from([1, 300]))
def test_size_and_digest_of_a_file(tmp_path: Path, content: bytes, times: int) -> None:
    """The size is what the file system says, the digest is that of all bytes, also of a file of many blocks."""
    file = tmp_path / "binary"
    file.write_bytes(content * times)
    assert size_and_digest(file) == (file.stat().st_size, hashlib.sha256(content * times).hexdigest())


def test_size_and_digest_of_no_file(tmp_path: Path) -> None:
    """A file that is not there is refused with its name."""
    with pytest.raises(Refused, match="gone"):
        size_and_digest(tmp_path / "gone")


def test_size_and_digest_of_a_folder(tmp_path: Path) -> None:
    """A folder has no size that could be judged."""
    with pytest.raises(Refused, match="not a regular file"):
        size_and_digest(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_size_and_digest_of_a_pipe(tmp_path: Path) -> None:
    """A pipe is refused at once: reading it would wait for ever."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Refused, match="not a regular file"):
        size_and_digest(tmp_path / "pipe")
