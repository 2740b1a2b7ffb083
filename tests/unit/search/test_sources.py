"""The digest of the sources: what makes another build changes it, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from burnish.cargo.build import Cargo
from burnish.cargo.project import read_project
from burnish.cargo.toolkit import Toolkit
from burnish.search.sources import digest_sources
from burnish.system.process import Programs

pytestmark = pytest.mark.cargo

MANIFEST = '[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n'
FILES = {
    "app/Cargo.toml": MANIFEST.format(name="app") + '\n[dependencies]\nbeside = { path = "../beside" }\n',
    "app/src/main.rs": "fn main() {}\n",
    "beside/Cargo.toml": MANIFEST.format(name="beside"),
    "beside/src/lib.rs": "",
}


def write(root: Path, name: str, content: str) -> None:
    """Write one file."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder with a program and a library beside it, which is not of its workspace."""
    for name, content in FILES.items():
        write(tmp_path, name, content)
    digest(tmp_path)  # cargo writes its lock file at the first question
    return tmp_path


def digest(root: Path, **env: str) -> str:
    """Return the digest of the program."""
    programs = Programs(env={**os.environ, **env})
    project = read_project(programs, root / "app" / "Cargo.toml", package=None, binary=None, timeout_seconds=60)
    toolkit = Toolkit(triple="the host's")
    cargo = Cargo(programs=programs, project=project, toolkit=toolkit, target_directory=None, on_line=lambda _: None)
    return digest_sources(cargo, cargo_home=root / "no-home", timeout_seconds=60)


@pytest.mark.parametrize(
    "name", ["app/src/main.rs", "app/data.txt", "beside/src/lib.rs", "app/.cargo/config.toml", ".cargo/config.toml"]
)
def test_another_source_makes_another_digest(root: Path, name: str) -> None:
    """The program's own files, those of a path dependency, and every configuration that cargo reads for it."""
    before = digest(root)
    write(root, name, "# other\n" if name.endswith(".toml") else "fn main() { }\n")
    assert digest(root) != before


def test_variable_that_reaches_the_compiler_makes_another_digest(root: Path) -> None:
    """Flags are in force from the environment too."""
    assert digest(root, RUSTFLAGS="--cfg=x") != digest(root)


@pytest.mark.parametrize("name", ["app/target/x", "app/.burnish/x", "app/.git/x", "elsewhere/x"])
def test_what_builds_and_we_leave_makes_no_other_digest(root: Path, name: str) -> None:
    """Builds, our own state, git's, and what lies beside the packages."""
    before = digest(root)
    write(root, name, "new")
    assert digest(root) == before
    assert digest(root, EDITOR="vi") == before
