from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.platforms.stubs import Stubs


@pytest.fixture
def stubs(tmp_path: Path) -> Stubs:
    """Return a machine with nothing on it yet."""
    return Stubs(tmp_path)
