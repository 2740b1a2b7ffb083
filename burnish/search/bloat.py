"""Where the bytes of a binary are by crate: cargo-bloat, on a build of its own that keeps its symbols."""

from __future__ import annotations

import dataclasses
import os
import shutil
from pathlib import Path

import msgspec

from burnish.job.plan import make_plan
from burnish.job.run import Run
from burnish.model import Share
from burnish.search.overlay import overlay

_WHEEL = "astral-dev-toolchain-cargo-bloat"


class _Crate(msgspec.Struct):
    name: str
    size: int


class _Bloat(msgspec.Struct):
    crates: list[_Crate]


def read_crates(run: Run, folder: Path) -> tuple[list[Share], str]:
    """Give the crates of the recipe's binary, the largest first, or none and the reason."""
    program = shutil.which("cargo-bloat", path=os.pathsep.join((str(run.scripts), run.programs.env.get("PATH", ""))))
    if program is None:
        return [], f"there is no cargo-bloat: python -m pip install {_WHEEL}"
    if run.toolkit.arguments:
        return [], f"cargo-bloat cannot build for {run.triple} with what is given to cargo there"
    plan = make_plan(run)
    with_symbols = dataclasses.replace(plan, profile={**plan.profile, "strip": False})
    home = folder / "bloat"
    home.mkdir(parents=True, exist_ok=True)
    (home / "overlay.toml").write_text(overlay(with_symbols, run.triple), encoding="utf-8")
    argv = [program, "bloat", "--release", "--crates", "--message-format=json", "-n=0", f"--bin={run.project.binary}"]
    argv += [f"--config={home / 'overlay.toml'}", *run.project.selection]
    with run.console.step("crates: cargo-bloat, on a build with symbols") as step:
        finished = run.programs.run(
            argv,
            cwd=run.project.root,
            timeout_seconds=run.limits.build_seconds,
            env={"CARGO_TARGET_DIR": str(home)},
            on_stderr=step.update,
        )
    try:
        crates = msgspec.json.decode(finished.stdout, type=_Bloat).crates
    except msgspec.DecodeError:
        said = finished.stderr.decode("utf-8", "replace").strip().splitlines()
        return [], f"cargo-bloat failed: {said[-1] if said else 'it said nothing'}"
    return _shares(crates), "code only, of a build with symbols"


def _shares(crates: list[_Crate]) -> list[Share]:
    return [Share(name=crate.name, amount=crate.size) for crate in sorted(crates, key=lambda crate: -crate.size)]
