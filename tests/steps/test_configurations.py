"""Configurations that cargo takes are read as cargo reads them."""

from __future__ import annotations

import pytest

from tests.conftest import MANIFEST, Crate, Run

pytestmark = pytest.mark.cargo

NEW_TOML = {
    "Cargo.toml": MANIFEST
    + """
[profile]
release = {
  lto = "thin", # TOML 1.1
}

[workspace]

[workspace.metadata]
burnish = {
  startup.runs = 12,
}

[dependencies]
dep = { path = "dep", }
""",
    "dep/Cargo.toml": 'package = {\n  name = "dep", version = "0.1.0", edition = "2021",\n}\n',
    "dep/src/lib.rs": "",
    ".cargo/config.toml": 'env = {\n  GREETING = { value = "\\e[1m\\x21", force = true, },\n}\n',
}


def test_toml_1_1_is_read_and_edited_everywhere(crate: Crate, burnish: Run) -> None:
    """A manifest, its metadata, a dependency and a cargo configuration in TOML 1.1 are read, edited and restored."""
    crate.write(NEW_TOML)
    crate.commit()
    before = crate.tree()
    for step in ("apply-profile", "write-config"):
        finished = burnish(step, "--recipe", "phase1", "--allow-dirty", cwd=crate.root)
        assert finished.returncode == 0, finished.stderr
    written = (crate.root / "Cargo.toml").read_text(encoding="utf-8")
    assert 'release = {\n  lto = "fat", # TOML 1.1\n  opt-level = 3,\n' in written
    assert burnish("rollback", cwd=crate.root).returncode == 0
    assert crate.tree() == before
