"""Programs that are not ours, from crates.io, each in a folder and a git repository of its own.

    python tests/crates/fetch.py FOLDER

cargo itself downloads them: a throw-away package depends on them, and their sources are copied out of its vendor
folder. ripgrep's workspace is put together again: its root manifest as it was written, around its published members.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

VERSIONS = {"hexyl": "=0.17.0", "sd": "=1.0.0", "ripgrep": "=15.2.0"}
# Programs of ten kinds, the smaller first. Each is fetched by itself: they need not agree on versions of what they
# depend on.
KINDS = {
    "sd": "=1.0.0",  # proc macros
    "hexyl": "=0.17.0",  # plain
    "bore-cli": "=0.6.0",  # an async server
    "pastel": "=0.12.0",  # Criterion benches
    "fd-find": "=10.5.0",  # an allocator of its own, tests that start the binary
    "dua-cli": "=2.32.2",  # a TUI
    "tokei": "=14.0.0",  # doctests in OUT_DIR
    "gifski": "=1.34.0",  # a cdylib and a staticlib beside the binary
    "ripgrep": "=15.2.0",  # a workspace
    "b3sum": "=1.8.2",  # C and assembly, which a build script compiles
}
RIPGREP_MEMBERS = {
    "globset": "globset",
    "grep": "grep",
    "grep-cli": "cli",
    "grep-matcher": "matcher",
    "grep-pcre2": "pcre2",
    "grep-printer": "printer",
    "grep-regex": "regex",
    "grep-searcher": "searcher",
    "ignore": "ignore",
}
_TIMEOUT_SECONDS = 900


def fetch(folder: Path, versions: Mapping[str, str] = VERSIONS) -> dict[str, Path]:
    """Put each program, ripgrep among them, into a folder of its own below `folder`; return the folders by name."""
    with tempfile.TemporaryDirectory() as scratch:
        vendor = _vendor(Path(scratch), {**versions, **dict.fromkeys(RIPGREP_MEMBERS, "*")})
        for name in versions:
            _copy(vendor / name, folder / name)
        (folder / "ripgrep" / "Cargo.toml").write_bytes((vendor / "ripgrep" / "Cargo.toml.orig").read_bytes())
        for member, place in RIPGREP_MEMBERS.items():
            _copy(vendor / member, folder / "ripgrep" / "crates" / place)
    for name in versions:
        _commit(folder / name)
    return {name: folder / name for name in versions}


def fetch_one(folder: Path, name: str) -> Path:
    """Put one program of a kind into a folder of its own below `folder`; return it."""
    if name == "ripgrep":
        return fetch(folder, {name: KINDS[name]})[name]
    with tempfile.TemporaryDirectory() as scratch:
        _copy(_vendor(Path(scratch), {name: KINDS[name]}) / name, folder / name)
    _commit(folder / name)
    return folder / name


def _vendor(scratch: Path, wanted: Mapping[str, str]) -> Path:
    lines = [f'{name} = "{version}"' for name, version in wanted.items()]
    manifest = '[package]\nname = "fetcher"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\n' + "\n".join(lines)
    (scratch / "src").mkdir()
    (scratch / "src" / "lib.rs").touch()
    (scratch / "Cargo.toml").write_text(manifest + "\n", encoding="utf-8")
    _run(["cargo", "vendor", "--quiet", "vendor"], scratch)
    return scratch / "vendor"


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".cargo*", "*.orig"))


def _commit(folder: Path) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    (folder / ".gitignore").write_text("/target\n", encoding="utf-8")
    _run(["git", "init", "-q"], folder)
    _run(["git", "add", "-A", "-f", "."], folder)
    _run(["git", *identity, "commit", "-q", "-m", "as published"], folder)


def _run(argv: list[str], folder: Path) -> None:
    subprocess.run(argv, cwd=folder, check=True, timeout=_TIMEOUT_SECONDS, capture_output=True)


if __name__ == "__main__":
    for path in fetch(Path(sys.argv[1])).values():
        sys.stdout.write(f"{path}\n")
