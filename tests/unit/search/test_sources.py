"""The digest of the sources: what makes another build changes it, and nothing else."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from burnish.cargo.build import Cargo
from burnish.cargo.layers import config_layers
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
    project = read_project(programs, root / "app" / "Cargo.toml", timeout_seconds=60)
    toolkit = Toolkit(triple="the host's")
    cargo = Cargo(programs=programs, project=project, toolkit=toolkit, target_directory=None, on_line=lambda _: None)
    return digest_sources(cargo, layers=config_layers(project.root, root / "no-home"), timeout_seconds=60)


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


def test_large_file_is_read_in_parts(root: Path) -> None:
    """A disk image of some gigabytes, most of it holes, takes time but no memory."""
    with (root / "app" / "disk.img").open("wb") as file:
        file.truncate(40_000_000)
    before = digest(root)
    tracemalloc.start()
    try:
        assert digest(root) == before
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most_bytes < 10_000_000
    with (root / "app" / "disk.img").open("r+b") as file:
        file.seek(39_999_999)
        file.write(b"x")
    assert digest(root) != before


def test_file_that_cannot_be_read_is_known_by_what_it_says_of_itself(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cargo cannot read it either, so that no build is made of it; another time, and it is another file."""
    path = root / "app" / "private.key"
    path.write_text("secret", encoding="utf-8")
    opened = Path.open

    def refusing(self: Path, *arguments: Any, **named: Any) -> Any:
        if self == path:
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, *arguments, **named)

    monkeypatch.setattr(Path, "open", refusing)
    before = digest(root)
    assert digest(root) == before
    os.utime(path, ns=(1, 1))
    assert digest(root) != before


def test_what_is_no_file_is_not_opened(root: Path) -> None:
    """A pipe would never end, and a link may lead nowhere, or round in a circle."""
    os.mkfifo(root / "app" / "pipe")
    (root / "app" / "nowhere").symlink_to("missing")
    (root / "app" / "circle").symlink_to("circle")
    assert digest(root) == digest(root)


@pytest.mark.parametrize("name", ["app/target/x", "app/.burnish/x", "app/.git/x", "elsewhere/x"])
def test_what_builds_and_we_leave_makes_no_other_digest(root: Path, name: str) -> None:
    """Builds, our own state, git's, and what lies beside the packages."""
    before = digest(root)
    write(root, name, "new")
    assert digest(root) == before
    assert digest(root, EDITOR="vi") == before
