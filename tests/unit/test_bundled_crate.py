"""The bundled crate is what the README says of it."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

CRATE = Path(__file__).parents[2] / "examples" / "pyrust"


def test_expected_answers_are_cpythons() -> None:
    """What the conformance tests expect is what this CPython answers."""
    script = CRATE / "tests" / "cases" / "regenerate.py"
    checked = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_manifest_asks_for_the_mission_and_has_no_profile() -> None:
    """The crate names the mission's recipe and budget, and leaves the profile to burnish."""
    manifest = tomllib.loads((CRATE / "Cargo.toml").read_text(encoding="utf-8"))
    assert "profile" not in manifest
    assert not (CRATE / ".cargo").exists()
    own = manifest["package"]["metadata"]["burnish"]
    assert (own["recipe"], own["budget"]) == ("phase1", {"base": "phase1"})
