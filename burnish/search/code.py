"""Where the code of a binary is, by crate and by function: told by cargo-bloat, on builds that keep their symbols.

What cargo-bloat cannot build, since cargo needs more words for it than it passes on, is read from the symbols here.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import tomlkit

from burnish.cargo.build import build_with
from burnish.cargo.command_lines import build_command
from burnish.cargo.diagnostics import first_error
from burnish.cargo.project import Project
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.plan import make_plan
from burnish.measure.functions import functions_in
from burnish.model import Movement, Share
from burnish.search.overlay import overlay
from burnish.sides.sharing import borrow_units
from burnish.sides.side import cargo_of

MOST_MOVED = 20
_WHEEL = "astral-dev-toolchain-cargo-bloat"


class Function(msgspec.Struct, kw_only=True):
    """A function as cargo-bloat tells it: its crate, its name without a hash, and the bytes of its code.

    What is C's has no crate.
    """

    crate: str = "[Unknown]"
    name: str
    size: int


class _Bloat(msgspec.Struct):
    functions: list[Function]


@dataclass(frozen=True, kw_only=True)
class Code:
    """The bytes of a program's code by crate, and by crate and function; `lacking` says why there are none."""

    crates: Mapping[str, int] = field(default_factory=dict)
    functions: Mapping[str, int] = field(default_factory=dict)
    lacking: str = ""

    @property
    def shares(self) -> list[Share]:
        """Return the crates, the largest first."""
        return [Share(name=name, amount=size) for name, size in Counter(self.crates).most_common()]

    @property
    def note(self) -> str:
        """Return what there is to say of the crates."""
        return self.lacking or "code only, of a build with symbols"


def is_beyond_bloat(candidate: Candidate) -> bool:
    """Return whether cargo is told more for a candidate than cargo-bloat can tell it: its symbols are read then."""
    return bool(candidate.toolkit.arguments)


def code_of_recipe(job: Job, candidate: Candidate, folder: Path) -> Code:
    """Return where the code of a candidate is."""
    plan = make_plan(job, candidate)
    with_symbols = dataclasses.replace(plan, profile={**plan.profile, "strip": False})
    settings = overlay(with_symbols, candidate.triple)
    return _code(job, candidate, settings, folder / "bloat", by_symbols=is_beyond_bloat(candidate))


def code_as_it_is(job: Job, folder: Path, name: str = "bloat-baseline", *, by_symbols: bool = False) -> Code:
    """Return where the code of the project as it is is, by a build in the folder of a name.

    It is read `by_symbols` where what it is compared with is.
    """
    with_symbols = {"profile": {job.project.selection.profile: {"strip": False}}}
    by_symbols = by_symbols or is_beyond_bloat(job.opened)
    return _code(job, job.opened, tomlkit.dumps(with_symbols), folder / name, by_symbols=by_symbols)


def moved(before: Mapping[str, int], after: Mapping[str, int], most: int = MOST_MOVED) -> list[Movement]:
    """Return what grew or shrank most, the largest change first; what is on one side only has no bytes on the other."""
    names = {*before, *after}
    changes = sorted(names, key=lambda name: (-abs(after.get(name, 0) - before.get(name, 0)), name))
    movements = [
        Movement(name=name, before_bytes=before.get(name, 0), after_bytes=after.get(name, 0)) for name in changes[:most]
    ]
    return [each for each in movements if each.before_bytes != each.after_bytes]


def _code(job: Job, candidate: Candidate, settings: str, home: Path, *, by_symbols: bool) -> Code:
    home.mkdir(parents=True, exist_ok=True)
    (home / "overlay.toml").write_text(settings, encoding="utf-8")
    return _by_symbols(job, candidate, home) if by_symbols else _by_bloat(job, home)


def _by_symbols(job: Job, candidate: Candidate, home: Path) -> Code:
    """Build by the overlay in a folder, and read the functions of the program from its symbols."""
    cargo = dataclasses.replace(cargo_of(job, candidate, "candidate"), target_directory=home)
    borrow_units(job, cargo)
    with job.console.step(f"functions: by the symbols of {home.name}, a build that keeps them"):
        command = build_command(job.project, "--config", str(home / "overlay.toml"))
        built = build_with(cargo, command, timeout_seconds=job.limits.build_seconds)
    program = built.binary(job.project)
    if program is None:
        return Code(lacking=f"a build that keeps its symbols fails: {first_error(built.errors)}")
    found = [Function(crate=each.crate, name=each.name, size=each.size_bytes) for each in functions_in(program)]
    return code_of(found) if found else Code(lacking="the symbols of such a file are not read here")


def _by_bloat(job: Job, home: Path) -> Code:
    """Let cargo-bloat build by the overlay in a folder."""
    program = shutil.which(
        "cargo-bloat", path=os.pathsep.join((str(job.surroundings.scripts), job.programs.env.get("PATH", "")))
    )
    if program is None:
        return Code(lacking=f"there is no cargo-bloat: python -m pip install {_WHEEL}")
    if job.project.selection.config:
        return Code(lacking="cargo-bloat takes one --config, which is the recipe's here")
    argv = [program, "bloat", "--message-format=json", "-n=0", f"--bin={job.project.binary}"]
    argv += [*build_command(_told_to_bloat(job.project))[1:], f"--config={home / 'overlay.toml'}"]
    with job.console.step(f"functions: cargo-bloat, on {home.name}, a build with symbols") as step:
        finished = job.programs.run(
            argv,
            cwd=job.project.root,
            timeout_seconds=job.limits.build_seconds,
            env={"CARGO_TARGET_DIR": str(home)},
            on_stderr=step.update,
        )
    try:
        return code_of(msgspec.json.decode(finished.stdout, type=_Bloat).functions)
    except msgspec.DecodeError:
        said = finished.stderr.decode("utf-8", "replace").strip().splitlines()
        return Code(lacking=f"cargo-bloat failed: {said[-1] if said else 'it said nothing'}")


def _told_to_bloat(project: Project) -> Project:
    """Return the project with what cargo-bloat can be told: it knows `--locked`, and nothing of `--offline`."""
    return dataclasses.replace(project, selection=msgspec.structs.replace(project.selection, offline=False))


def code_of(functions: Sequence[Function]) -> Code:
    """Return the sums by crate, and by function: one that is made for many types, or stands there twice, is one."""
    crates: Counter[str] = Counter()
    names: Counter[str] = Counter()
    for each in functions:
        crates[each.crate] += each.size
        names[f"{each.name} ({each.crate})"] += each.size
    return Code(crates=crates, functions=names)
