"""What the tests of this folder share; the workspace comes from the faults' tests, however pytest was started."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parents[3]))

if TYPE_CHECKING:
    from tests.faults.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a workspace with a manifest and a lock file."""
    from tests.faults.world import make_world  # noqa: PLC0415 - only now is it on the path

    return make_world(tmp_path)


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Let Ctrl-C be heard, also where the tests were started in the background of a shell that mutes it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
