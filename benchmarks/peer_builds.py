"""How each side of `peers.py` is built: the project as it is, what others recommend, and burnish's picks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec

from benchmarks.peer_work import give_work
from burnish.cargo.surroundings import Surroundings, surroundings_of
from burnish.platforms.standard import find_source
from burnish.system.process import Programs

ROOT = Path(__file__).resolve().parents[1]
AS_IT_IS, STABLE, FREE, BSIZE = "as it is", "burnish, on stable alone", "burnish", "cargo-bsize min-size"
PICKS = (STABLE, FREE)
NOT_STABLE = frozenset({BSIZE})
"""What takes more than a stable compiler: no peer of the pick that takes nothing else."""
BINARIES = {"ripgrep": "rg"}
_TOOLS = {"cargo-wizard": "0.2.3", "cargo-bsize": "0.0.2"}
# min-sized-rust's README, what it lists for a stable compiler.
_MIN_SIZED = ("opt-level='z'", "lto=true", "codegen-units=1", "panic='abort'", "strip=true")


class NotHere(Exception):
    """A peer that cannot be had on this machine, and why."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A build that was made: its file, what there is to say of it, and how long it took, searching included."""

    path: str
    words: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Where the work is done, and how burnish may search."""

    folder: Path
    budget: str
    accept: str
    max_trials: int

    def run(self, argv: list[str], cwd: Path, more: Mapping[str, str] | None = None) -> str:
        """Run a program, and stop where it fails."""
        finished = self._finished(argv, cwd, more or {})
        if finished.returncode != 0:
            sys.exit(f"{' '.join(argv)} in {cwd} gave {finished.returncode}:\n{finished.stderr[-4000:]}")
        return finished.stdout

    def tries(self, argv: list[str], cwd: Path, more: Mapping[str, str] | None = None) -> bool:
        """Run a program, and return whether it ended well."""
        return self._finished(argv, cwd, more or {}).returncode == 0

    def _finished(self, argv: list[str], cwd: Path, more: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        env = {name: value for name, value in os.environ.items() if name not in {"RUSTFLAGS", "CARGO_TARGET_DIR"}}
        return subprocess.run(  # noqa: S603 - our own argument lists
            argv, cwd=cwd, env={**env, "PYTHONPATH": str(ROOT), **more}, capture_output=True, text=True, check=False
        )

    def burnish(self, home: Path, *arguments: str) -> str:
        """Run burnish of this checkout on a project."""
        return self.run([sys.executable, "-m", "burnish", *arguments], home)

    def build(self, source: Path, name: str, *options: str) -> Path:
        """Build a project with cargo and keep its binary."""
        target = self.folder / "targets" / source.name / name.replace(" ", "-")
        said = self.run(
            ["cargo", "build", "--release", "--message-format=json", f"--target-dir={target}", *options], source
        )
        messages = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
        binary = binary_of(source.name)
        made = [each["executable"] for each in messages if each.get("executable") and each["target"]["name"] == binary]
        return self.kept(Path(made[-1]), source.name, name)

    def kept(self, binary: Path, program: str, name: str) -> Path:
        """Keep a binary that a later build would overwrite."""
        copy = self.folder / "binaries" / program / name.replace(" ", "-")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(binary, copy)
        return copy

    def copy_of(self, source: Path, name: str) -> Path:
        """Copy a project, so that a peer may edit it. The folder's name stays."""
        copy = self.folder / "copies" / name / source.name
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns("target", ".burnish"))
        return copy

    def at_work(self, source: Path) -> Path:
        """Return the copy that burnish searches in, with the workloads; made where it is not there."""
        home = self.folder / "copies" / "tune" / source.name
        if not home.exists():
            give_work(source.name, self.copy_of(source, "tune"))
        return home

    def tool(self, name: str) -> str:
        """Return the path of a peer's program, installed by cargo at first. Raise NotHere where that fails."""
        home = self.folder / "tools"
        program = home / "bin" / name
        argv = ["cargo", "install", "--locked", name, f"--version={_TOOLS[name]}", f"--root={home}"]
        if not program.exists() and not self.tries(argv, self.folder):
            raise NotHere(f"`cargo install {name} --version={_TOOLS[name]}` fails here")
        return str(program)

    @cached_property
    def surroundings(self) -> Surroundings:
        """Return the machine's toolchains, as burnish finds them."""
        return surroundings_of(Programs(env=dict(os.environ)), self.folder)


def binary_of(program: str) -> str:
    """Return the name of a program's binary."""
    return BINARIES.get(program, program)


def _as_it_is(bench: Bench, source: Path) -> tuple[Path, str]:
    """Build the project's own release profile."""
    return bench.build(source, AS_IT_IS), ""


def _wizard(template: str) -> Callable[[Bench, Path], tuple[Path, str]]:
    """Return what applies one of cargo-wizard's templates to a copy, and builds it."""

    def build(bench: Bench, source: Path) -> tuple[Path, str]:
        copy = bench.copy_of(source, template)
        bench.run([bench.tool("cargo-wizard"), "wizard", "apply", template, "release"], copy)
        return bench.build(copy, template), ""

    return build


def _min_sized(bench: Bench, source: Path) -> tuple[Path, str]:
    """Build with min-sized-rust's list for a stable compiler."""
    options = [option for setting in _MIN_SIZED for option in ("--config", f"profile.release.{setting}")]
    return bench.build(source, "min-sized-rust", *options), ""


def _phase1(bench: Bench, source: Path) -> tuple[Path, str]:
    """Apply the mission's own recipe to a copy, by burnish's steps, and build that: it aborts whatever unwinds."""
    copy = bench.copy_of(source, "phase1")
    for step in ("apply-profile", "write-config"):
        bench.burnish(copy, step, "--recipe", "phase1", "--allow-dirty", "--allow-abort")
    return bench.build(copy, "phase1"), ""


def _bsize(bench: Bench, source: Path) -> tuple[Path, str]:
    """Let cargo-bsize measure all of its levers at once, by a toolchain with std's source, and strip what it built.

    It measures builds with debug information, and counts what is shipped of them: that is what stripping leaves.
    """
    standard = find_source(bench.surroundings, bench.surroundings.host)
    if standard is None:
        raise NotHere("no toolchain here has the source of the standard library")
    cargo, rustc = (bench.surroundings.which(name) or name for name in (standard.cargo, standard.rustc))
    copy = bench.copy_of(source, "bsize")
    name = binary_of(source.name)
    argv = [bench.tool("cargo-bsize"), "bsize", "--what-if", "--levers=min-size", f"--bin={name}", str(copy)]
    bench.run(argv, copy, {**standard.env, "CARGO": cargo, "RUSTC": rustc})
    found = sorted((copy / "target" / "bsize").glob(f"whatif-min-size/*/release/{name}"))
    if not found:
        raise NotHere("cargo-bsize could not build with its lever min-size")
    kept = bench.kept(found[0], source.name, BSIZE)
    bench.run(["strip", "--strip-all", str(kept)], copy)
    return kept, ""


def _pick(name: str) -> Callable[[Bench, Path], tuple[Path, str]]:
    """Return what lets burnish search, and takes what it picks."""

    def build(bench: Bench, source: Path) -> tuple[Path, str]:
        options = ["--json", f"--budget={bench.budget}", f"--max-trials={bench.max_trials}", "--allow-dirty"]
        options += ["--accept", bench.accept] if bench.accept else []
        options += ["--set", f"search.plain_first={str(name == STABLE).lower()}"]
        found = json.loads(bench.burnish(bench.at_work(source), "tune", *options))["tune"]
        best = found["trials"][0]
        stopped = f" (stopped: {found['stopped']})" if found.get("stopped") else ""
        return bench.kept(Path(best["side"]["artifact"]), source.name, name), best["name"] + stopped

    return build


BUILDERS: Mapping[str, Callable[[Bench, Path], tuple[Path, str]]] = {
    AS_IT_IS: _as_it_is,
    "cargo-wizard min-size": _wizard("min-size"),
    "cargo-wizard fast-runtime": _wizard("fast-runtime"),
    "min-sized-rust": _min_sized,
    BSIZE: _bsize,
    "phase1": _phase1,
    STABLE: _pick(STABLE),
    FREE: _pick(FREE),
}


def build_all(bench: Bench, source: Path) -> dict[str, Made]:
    """Build one program in each way, those left out that cannot be had here; what an earlier run has made stays."""
    record = bench.folder / "made" / f"{source.name}.json"
    record.parent.mkdir(parents=True, exist_ok=True)
    made = msgspec.json.decode(record.read_bytes(), type=dict[str, Made]) if record.exists() else {}
    for name, builder in BUILDERS.items():
        if name in made and Path(made[name].path).is_file():
            continue
        started = time.monotonic()
        try:
            path, words = builder(bench, source)
        except NotHere as error:
            print(f"  {name}: not there: {error}", flush=True)
            continue
        made[name] = Made(path=str(path), words=words, seconds=time.monotonic() - started)
        record.write_bytes(msgspec.json.encode(made))
        print(f"  {name}: {path.stat().st_size:,} B, {made[name].seconds:,.0f} s  {words}", flush=True)
    return {name: made[name] for name in BUILDERS if name in made}
