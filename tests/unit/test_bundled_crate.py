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


def test_manifest_asks_for_nothing_and_has_no_profile() -> None:
    """The first command is the default one, and the mission's is `--budget phase1`; the profile is left to burnish."""
    manifest = tomllib.loads((CRATE / "Cargo.toml").read_text(encoding="utf-8"))
    assert "profile" not in manifest
    assert not (CRATE / ".cargo").exists()
    own = manifest["package"]["metadata"]["burnish"]
    assert {"recipe", "budget"}.isdisjoint(own)
    assert [workload["name"] for workload in own["workloads"]] == ["calls", "strings", "loops"]
