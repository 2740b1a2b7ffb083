"""The other binaries of a search's trials: their files, timed in the same rounds as the first one's, and judged so."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from burnish.cargo.build import Built
from burnish.job.binaries import BinaryNotes, started_others
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.judge.budget import Budget
from burnish.judge.findings import named
from burnish.judge.several import budget_beside, joined
from burnish.judge.startup_gate import judge_startup
from burnish.measure.command import Command
from burnish.measure.size import size_and_digest
from burnish.model import Behaviour, Trial
from burnish.search.timing import Pair
from burnish.sides.products import judged_file
from burnish.sides.side import copied
from burnish.sides.starts import starts_of, startup_command


def started_binaries(job: Job, notes: Notebook) -> list[tuple[Job, BinaryNotes]]:
    """Return the other binaries of a run that are started, each with its job and notebook."""
    return [(other, own) for other, own in started_others(job, notes) if other.project.binary is not None]


def keep_beside(job: Job, notes: Notebook, candidate: Candidate, built: Built, folder: Path) -> str:
    """Copy into `folder` what a build made of the other binaries, each into a folder of its name, and start it once.

    Return how one ends otherwise than the baseline's, in words; empty where none does.
    """
    otherwise = ""
    for other, own in started_binaries(job, notes):
        file = judged_file(other.project, built)
        if file is not None:
            (folder / own.binary).mkdir(exist_ok=True)
            seen = starts_of(other, own, candidate).observe(copied(file, folder / own.binary))
            otherwise = otherwise or _ends_otherwise(own, seen)
    return otherwise


def _ends_otherwise(own: BinaryNotes, seen: Sequence[Behaviour]) -> str:
    for before, after in zip(own.side("baseline").behaviour, seen, strict=False):
        if before.exit_status != after.exit_status and "exit_status" not in before.unstable:
            command = shlex.join([own.binary, *before.args])
            ends = f"ends with {after.exit_status} where it ended with {before.exit_status}"
            return f"behaviour: {named(own.binary)}: `{command}` {ends}"
    return ""


def kept_beside(folder: Path, own: BinaryNotes) -> Path | None:
    """Return the file of another binary that was kept; None where it was not made."""
    files = sorted((folder / own.binary).glob("*"))
    return files[0] if files else None


def digest_beside(folder: Path, own: BinaryNotes) -> str:
    """Return the sha256 of another binary's file that was kept; nothing where it was not made."""
    file = kept_beside(folder, own)
    return size_and_digest(file)[1] if file is not None else ""


def commands_beside(
    others: Iterable[tuple[Job, BinaryNotes]], folders: Sequence[Path], first: Command
) -> tuple[list[tuple[Job, BinaryNotes]], list[list[Command]], list[str]]:
    """Return which others are timed with the `first` command, their commands, and the names of those that are not.

    The commands are the baseline's, then those of the trials in `folders`. In one round all have one folder, standard
    input and environment: what is started in another way is not timed there, and neither is what a trial lacks.
    """
    timed, commands, left = [], [], []
    for other, own in others:
        files = [own.copy("baseline"), *(kept_beside(folder, own) for folder in folders)]
        there = [startup_command(other, own, other.opened, file) for file in files if file is not None]
        alike = all((each.cwd, each.stdin, each.env) == (first.cwd, first.stdin, first.env) for each in there)
        if alike and len(there) == len(files):
            timed.append((other, own))
            commands.append(there)
        else:
            left.append(own.binary)
    return timed, commands, left


def with_startups_beside(
    trial: Trial, others: Sequence[tuple[Job, BinaryNotes]], pairs: Sequence[Pair], budget: Budget
) -> Trial:
    """Return a trial whose gate of start-ups has those of the other binaries in it: the worst one is named."""
    gates = {}
    for (_, own), pair in zip(others, pairs, strict=True):
        before = msgspec.structs.replace(own.side("baseline"), startup=pair.baseline)
        after = msgspec.structs.replace(before, startup=pair.own)
        gates[own.binary] = [judge_startup(before, after, budget_beside(budget, before), "native")]
    first = [gate for gate in trial.gates if gate.name == "startup"]
    rest = [gate for gate in trial.gates if gate.name != "startup"]
    return msgspec.structs.replace(trial, gates=[*rest, *joined(first, gates)])
