from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"jinja2", "lief", "msgspec", "platformdirs", "psutil", "tomlkit", "burnish.phases", "burnish.job.opening"}


@pytest.mark.parametrize(
    ("imported", "allowed"),
    [
        ("burnish.commands.steps", set()),
        ("burnish.commands.steps, burnish.job.places, burnish.commands.status", {"msgspec", "platformdirs", "psutil"}),
    ],
)
def test_listing_the_steps_and_asking_for_the_status_import_nothing_heavy(imported: str, allowed: set[str]) -> None:
    """What a step does not need is not waited for: `--list` and `status` answer at once."""
    program = f"import sys, {imported}; print(*sys.modules)"
    finished = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    assert HEAVY & set(finished.stdout.split()) <= allowed
