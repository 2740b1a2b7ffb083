"""What a choice of the search takes from those who run the binary, seen on what it makes: never more than it says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lief
import pytest

from burnish.cargo.surroundings import surroundings_of
from burnish.platforms.folding import folds_functions
from burnish.system.process import Programs
from tests.cases.comparison import takings
from tests.cases.in_force import made_of_what
from tests.cases.rustc_lines import RustcLine, read_rustc_lines
from tests.cases.survey import Survey, read_demands, write_files
from tests.conftest import cases

pytestmark = [
    pytest.mark.cargo,
    pytest.mark.skipif(sys.platform != "linux", reason="ELF files are read"),
    pytest.mark.promise("H2"),
]

CONFIG = Path(__file__).parents[2] / "config"
TRIPLE = f"{os.uname().machine}-unknown-linux-gnu"
LINKERS = {"ld.bfd", "ld.lld", "mold"}
FILES = {
    "src/main.rs": """\
fn main() { println!("told apart: {}", one as *const () != other as *const ());
    let ended = std::thread::spawn(|| { if dep::count() > 0 { panic!("the word is bad") } }).join();
    println!("it lives on: {}", ended.is_err());
}

std::arch::global_asm!(
    r#".section .text.one,"ax""#, ".globl one", "one:", "nop", "ret",
    r#".section .text.other,"ax""#, ".globl other", "other:", "nop", "ret", ".text",
);
unsafe extern "C" { fn one(); fn other(); }
""",
    "dep/Cargo.toml": '[package]\nname = "dep"\nversion = "0.1.0"\nedition = "2021"\n',
    "dep/src/lib.rs": "pub fn count() -> usize { std::env::args().count() }\n",
}
MANIFEST = """\
[package]
name = "lever"
version = "0.1.0"
edition = "2021"

[dependencies]
dep = { path = "dep" }

"""
# What must be seen of these choices, or nothing is seen of any other.
SEEN = {
    "opt-level.z": {"speed"},
    "panic.abort": {"unwinding"},
    "position.fixed": {"fixed-address"},
    "relocations.packed": {"old-systems"},
    "link.static": {"name-services"},
    "cpu.v2": {"old-cpus"},
    "build-id.none": {"symbols"},
    "folding.all": {"function-addresses"},
}


@dataclass(frozen=True, kw_only=True)
class Made:
    """A program that was made: the file, the calls of rustc that made it, and what it says when it panics."""

    path: Path
    lines: tuple[RustcLine, ...]
    stdout: str
    stderr: str


def choices() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Return each choice of config/search.toml that can be built here by cargo alone, with its name."""
    factors = tomllib.loads((CONFIG / "search.toml").read_text(encoding="utf-8"))["factors"]
    for factor, named in factors.items():
        for name, choice in named.items():
            linkers = LINKERS & set(choice.get("needs", ()))
            if all(map(shutil.which, linkers)) and not {"platform", "arguments"} & choice.keys():
                yield f"{factor}.{name}", choice


def folds() -> bool:
    """Return whether the linker here folds functions."""
    around = surroundings_of(Programs(env=dict(os.environ)), CONFIG)
    return folds_functions(around, around.host)


def make(folder: Path, choice: Mapping[str, Any]) -> Made:
    """Build the program by the settings of `portable` and those of a choice, and start it."""
    base = tomllib.loads((CONFIG / "recipes.toml").read_text(encoding="utf-8"))["portable"]["profile"]
    profile = {key: setting["value"] for key, setting in base.items()} | choice.get("profile", {})
    flags = [*choice.get("rustflags", ()), *(["-C target-feature=+crt-static"] if choice.get("static") else ())]
    write_files(folder, {**FILES, "Cargo.toml": MANIFEST + "".join(_lines("profile.release", profile))})
    argv = ["cargo", "build", "--release", "-v", "--offline", "--target", TRIPLE]
    env = {**os.environ, "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(word for flag in flags for word in flag.split())}
    done = subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    path = folder / "target" / TRIPLE / "release" / "lever"
    started = subprocess.run([path], env={**os.environ, "RUST_BACKTRACE": "full"}, capture_output=True, check=False)
    said = started.stdout.decode(), started.stderr.decode()
    return Made(path=path, lines=read_rustc_lines(done.stderr), stdout=said[0], stderr=said[1])


def _lines(head: str, table: Mapping[str, Any]) -> Iterator[str]:
    """Return the lines of a profile's table, and of those of its packages."""
    yield f"[{head}]\n"
    for key, value in table.items():
        if not isinstance(value, dict):
            yield f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}\n"
    for key, value in table.get("package", {}).items():
        yield from _lines(f'{head}.package."{key}"', value)


def taken(before: Made, after: Made) -> set[str]:
    """Return what the second program takes that the first one does not, in the words of the concessions."""
    seen = {name: Survey(demands={"it": read_demands(made.path)}) for name, made in (("a", before), ("b", after))}
    words = {finding.removeprefix("takes ").split()[0] for finding in takings(seen["a"], seen["b"], frozenset())}
    for name, lost in (
        ("unwinding", "it lives on: true" not in after.stdout),
        ("function-addresses", "told apart: true" not in after.stdout),
        ("panic-messages", "src/main.rs:2" not in after.stderr or "the word is bad" not in after.stderr),
        ("backtraces", "   0: " not in after.stderr),
        ("symbols", _has_build_id(before.path) and not _has_build_id(after.path)),
        ("old-cpus", any(line.value("target-cpu") for line in after.lines)),
        ("speed", any(line.value("opt-level") != "3" for line in _of_program(after))),
    ):
        words |= {name} if lost else set()
    return words


def _of_program(made: Made) -> Iterator[RustcLine]:
    return made_of_what([line for line in made.lines if line.crate == "lever"], made.lines)


def _has_build_id(path: Path) -> bool:
    elf = lief.ELF.parse(str(path))
    assert elf is not None
    return any(note.type == lief.ELF.Note.TYPE.GNU_BUILD_ID for note in elf.notes)


@pytest.fixture(scope="module")
def portable(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Return the program as the base of the search makes it."""
    return make(tmp_path_factory.mktemp("portable"), {})


def tried_here() -> list[str]:
    """Return the choices that are tried: in the ordinary tests those that take nothing, and two others."""
    named = dict(choices())
    unasked = [name for name, choice in named.items() if not choice["takes"]]
    return cases(quick=[*unasked, "panic.abort", "position.fixed"], deep=list(named))


@pytest.mark.parametrize("name", tried_here())
def test_choice_takes_no_more_than_it_says(
    name: str, portable: Made, tmp_path: Path, tried: Callable[..., None]
) -> None:
    """What those who run the binary would miss shows on what a choice makes, and stands in its `takes`."""
    choice = dict(choices())[name]
    if "folding" in choice.get("needs", ()) and not folds():
        pytest.skip("rustc's own linker does not fold functions here")
    seen = taken(portable, make(tmp_path, choice))
    assert taken(portable, portable) == set()
    assert SEEN.get(name, set()) <= seen <= set(choice["takes"])
    tried("H2", cases=1)
