"""The README is short, and CI reads its test command."""

from __future__ import annotations

import re

from guide.capture_list import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_ci_runs_the_readmes_test_command() -> None:
    """CI finds the one line of the README that runs everything, and the README has no place left to fill."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    pattern = re.search(r"sed -n 's/\^(.*)\$/", script)
    assert pattern is not None
    wanted = pattern[1].replace("\\(", "(").replace("\\)", ")")
    (command,) = [line for line in README.splitlines() if re.fullmatch(wanted, line)]
    assert command.endswith(".venv/bin/nox")
    assert "TRANSCRIPT" not in README


def test_readme_is_short() -> None:
    """It is read in two minutes: the rest is in the guide."""
    assert len(README.splitlines()) <= 150
