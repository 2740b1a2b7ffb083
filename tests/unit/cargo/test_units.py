"""What cargo has compiled, lent from one target folder to another."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from burnish.cargo.units import lend_units

HASH = "0123456789abcdef"


def compiled(folder: Path, name: str, digest: str = HASH) -> None:
    """Leave what cargo leaves of a library with a build script."""
    files = {
        f".fingerprint/{name}-{digest}/lib-{name}": "what it was made from",
        f".fingerprint/{name}-{digest}/lib-{name}.json": "{}",
        f"build/{name}-{digest}/output": "cargo:rustc-cfg=x",
        f"build/{name}-{digest}/out/made.rs": "",
        f"deps/lib{name}-{digest}.rlib": "code",
        f"deps/lib{name}-{digest}.rmeta": "types",
        f"deps/{name}-{digest}.d": "files",
    }
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
        os.utime(folder / path, (1_000_000, 1_000_000))


def files_of(folder: Path) -> set[str]:
    """Return the files of a folder, by their paths in it."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_unit_is_lent_whole_with_the_times_of_its_files(tmp_path: Path) -> None:
    """Cargo compares times: what looked newer than what it was made from would be compiled again."""
    compiled(tmp_path / "one", "core")
    assert lend_units(tmp_path / "one", tmp_path / "two", frozenset()) == 1
    assert files_of(tmp_path / "two") == files_of(tmp_path / "one")
    assert {path.stat().st_mtime for path in (tmp_path / "two").rglob("*") if path.is_file()} == {1_000_000}


def test_what_cargo_writes_into_is_copied(tmp_path: Path) -> None:
    """A build in the one folder changes nothing in the other."""
    compiled(tmp_path / "one", "core")
    lend_units(tmp_path / "one", tmp_path / "two", frozenset())
    for path in (f".fingerprint/core-{HASH}/lib-core", f"build/core-{HASH}/output", f"deps/core-{HASH}.d"):
        (tmp_path / "two" / path).write_text("another", encoding="utf-8")
        assert (tmp_path / "one" / path).read_text(encoding="utf-8") != "another"


def test_projects_own_packages_and_what_is_there_stay(tmp_path: Path) -> None:
    """The program itself is compiled by each build, and a unit that a folder has is the one that it made."""
    compiled(tmp_path / "one", "core")
    compiled(tmp_path / "one", "mine")
    compiled(tmp_path / "one", "core", "f" * 16)
    compiled(tmp_path / "two", "core")
    (tmp_path / "two" / "deps" / f"libcore-{HASH}.rlib").write_text("its own", encoding="utf-8")
    assert lend_units(tmp_path / "one", tmp_path / "two", {"mine"}) == 1
    assert not [path for path in files_of(tmp_path / "two") if "mine" in path]
    assert (tmp_path / "two" / "deps" / f"libcore-{HASH}.rlib").read_text(encoding="utf-8") == "its own"
    assert lend_units(tmp_path / "one", tmp_path / "two", {"mine"}) == 0


def test_folder_that_is_laid_out_otherwise_lends_nothing(tmp_path: Path) -> None:
    """Another version of cargo may keep its work elsewhere: then it compiles as if nobody had."""
    (tmp_path / "one" / "build" / "core" / HASH).mkdir(parents=True)
    assert lend_units(tmp_path / "one", tmp_path / "two", frozenset()) == 0
    assert lend_units(tmp_path / "gone", tmp_path / "two", frozenset()) == 0
    (tmp_path / "one" / ".fingerprint" / "core-nothash").mkdir(parents=True)
    assert lend_units(tmp_path / "one", tmp_path / "two", frozenset()) == 0


@pytest.mark.cargo
def test_cargo_takes_what_was_lent_and_compiles_the_program(tmp_path: Path) -> None:
    """Only the project's own package is compiled in the second folder, and the program is the same."""
    for name, manifest in (("app", '\n[dependencies]\ndep = { path = "../dep" }\n'), ("dep", "")):
        (tmp_path / name / "src").mkdir(parents=True)
        text = f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n{manifest}'
        (tmp_path / name / "Cargo.toml").write_text(text, encoding="utf-8")
    (tmp_path / "dep" / "src" / "lib.rs").write_text('pub fn word() -> &\'static str { "word" }\n', encoding="utf-8")
    (tmp_path / "dep" / "build.rs").write_text("fn main() {}\n", encoding="utf-8")
    (tmp_path / "app" / "src" / "main.rs").write_text('fn main() { println!("{}", dep::word()) }\n', encoding="utf-8")
    fresh = []
    for name in ("one", "two"):
        target = tmp_path / name
        argv = ["cargo", "build", "--release", "--offline", "--message-format=json", f"--target-dir={target}"]
        done = subprocess.run(argv, cwd=tmp_path / "app", capture_output=True, text=True, check=True)
        messages = [json.loads(line) for line in done.stdout.splitlines()]
        fresh.append({each["target"]["name"] for each in messages if each.get("fresh")})
        lend_units(target / "release", tmp_path / "two" / "release", {"app"})
    assert fresh == [set(), {"dep", "build-script-build"}]
    assert (tmp_path / "one/release/app").read_bytes() == (tmp_path / "two/release/app").read_bytes()
