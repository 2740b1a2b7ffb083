"""What the tests of this folder share; their helpers can be imported by name, however pytest was started."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))


@pytest.fixture
def fast_folder(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder in memory where there is one: the sweeps sync tens of thousands of times."""
    memory = Path("/dev/shm")  # noqa: S108 - a private folder is made in it
    if not memory.is_dir():
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(prefix="burnish-faults-", dir=memory))
    yield folder
    shutil.rmtree(folder)
