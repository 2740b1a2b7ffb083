"""What the TOML package may know of the rest."""

from __future__ import annotations

import re
from pathlib import Path

import burnish.toml

ALLOWED = ("burnish.errors", "burnish.system.redact", "burnish.toml.")


def test_toml_knows_nothing_of_cargo() -> None:
    """It neither imports what does, nor names it: it edits any TOML file."""
    modules = {path.name: path.read_text(encoding="utf-8") for path in Path(burnish.toml.__path__[0]).glob("*.py")}
    assert "keys.py" in modules
    imports = {name for text in modules.values() for name in re.findall(r"(?:from|import) (burnish\S*)", text)}
    assert [name for name in imports if not f"{name}.".startswith(ALLOWED)] == []
    assert [name for name, text in modules.items() if re.search(r"(?i)cargo|rust|profile", text)] == []
