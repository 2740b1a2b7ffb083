"""Twins: the baseline's settings built once more, to know what any two builds of this project differ in.

A twin is built only when there is a difference to explain, and once in a run. One stands `beside` the project as it is:
in another target folder, at another time. The other one is `edited`: built while the files that a recipe edits hold a
comment of ours more than before, so that whatever asks git, or the files themselves, sees an edit and no other setting.
Built once more in the same place, it tells whether the project reproduces at all.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from burnish.cargo import build as cargo_build
from burnish.job.run import SIDES, Run
from burnish.judge.behaviour_gate import parts_to_judge
from burnish.judge.noise import MAX_BYTES, Twin, TwinName, difference_of, explained_parts, is_unlike
from burnish.measure.behaviour import Output, behaviour_of
from burnish.measure.size import size_and_digest
from burnish.model import Behaviour
from burnish.sides.starts import outputs_of
from burnish.transaction.change import FileEdit

_COMMENT = (
    b"\n# burnish builds the project with this line in it, and then takes it out, to see what an edit by itself does\n"
)
# So many that hardly anything that differs from run to run is the same in all of them.
_RUNS = 12
_OWN_RUNS = 3
_STREAMS = ("stdout", "stderr")
_WHY: dict[TwinName, str] = {
    "beside": "cargo build --release, as it is, in another folder",
    "edited": "cargo build --release, as it is but for a comment in the files that are edited",
    "again": "the same once more, from nothing",
}


def leave_out_noise(run: Run) -> None:
    """Name in the candidate's behaviour what two builds of the baseline differ in too."""
    candidate = run.report.candidate
    if candidate is not None and candidate.behaviour and {*SIDES} == {*run.built_sides()}:
        seen = without_noise(run, candidate.behaviour, run.copy("candidate"), "edited", view=run)
        run.note_side("candidate", behaviour=seen)


def without_noise(run: Run, seen: Sequence[Behaviour], program: Path, twin: TwinName, *, view: Run) -> list[Behaviour]:
    """Return what was seen of a build, with the differences named in it that two builds of the baseline have too.

    `program` is the build's own file, which `view` starts. The `twin` is built where there is something to explain that
    those which are known do not.
    """
    before = run.side("baseline").behaviour
    seen = _held_against_runs(run, before, list(seen), program, view)
    if not _unexplained(before, seen):
        return seen
    outputs = outputs_of(run.as_opened, run.copy("baseline")), outputs_of(view, program)
    if {*map(len, outputs)} != {len(before)} or len(seen) != len(before):
        return seen  # other commands than before: the settings have changed since
    for name in dict.fromkeys([*run.record.twins, twin]):
        if _unexplained(before, seen):
            twin_of(run, name)
            seen = _explained(run, before, seen, outputs)
    return seen


def _held_against_runs(
    run: Run, before: Sequence[Behaviour], seen: list[Behaviour], program: Path, view: Run
) -> list[Behaviour]:
    """Compare outputs that differ from run to run with many runs of the baseline: what all of them share is stable."""
    if not any({*_STREAMS} & {*old.unstable} for old in before):
        return seen
    runs = list(zip(*(outputs_of(run.as_opened, run.copy("baseline")) for _ in range(_RUNS)), strict=True))
    mine = list(zip(*(outputs_of(view, program) for _ in range(_OWN_RUNS)), strict=True))
    if {len(runs), len(mine), len(seen)} != {len(before)}:
        return seen
    return [_held(*each) for each in zip(before, seen, runs, mine, strict=True)]


def _held(old: Behaviour, new: Behaviour, runs: Sequence[Output], mine: Sequence[Output]) -> Behaviour:
    """Name in one command's behaviour which of the unstable streams differ in more than the runs do, or not."""
    unlike: list[str] = []
    noise: dict[str, str] = {}
    for part in _STREAMS:
        samples = [getattr(output, part) for output in runs]
        texts = [getattr(output, part) for output in mine]
        if part not in old.unstable or any(output.timed_out for output in (*runs, *mine)):
            continue
        if all(is_unlike(samples, text) for text in texts):
            unlike.append(part)
        elif told := next(filter(None, (difference_of(samples, text) for text in texts)), ""):
            noise[part] = told
    return msgspec.structs.replace(new, unlike=unlike, noise={**new.noise, **noise})


def _unexplained(before: Sequence[Behaviour], after: Sequence[Behaviour]) -> bool:
    return any(parts_to_judge(*pair) for pair in zip(before, after, strict=False))


def _explained(
    run: Run, before: Sequence[Behaviour], after: Sequence[Behaviour], outputs: tuple[list[Output], list[Output]]
) -> list[Behaviour]:
    """Name in what was seen `after` the differences that the known twins have too."""
    twins = [twin.outputs for twin in run.record.twins.values() if len(twin.outputs) == len(before)]
    found = []
    for number, (old, new, *gave) in enumerate(zip(before, after, *outputs, strict=True)):
        # What this start gave is what was seen, or it is no noise of builds that makes it differ.
        parts = parts_to_judge(old, new) if _agree([old, new], gave) else []
        noise = explained_parts(gave[0], [twin[number] for twin in twins], gave[1], parts)
        found.append(msgspec.structs.replace(new, noise={**new.noise, **noise}))
    return found


def _agree(seen: Sequence[Behaviour], gave: Sequence[Output]) -> bool:
    """Return whether starts gave again what was seen before, as far as that is stable."""
    again = map(behaviour_of, gave)
    return not any(parts_to_judge(one, other) for one, other in zip(seen, again, strict=True))


def reproduces(run: Run) -> bool:
    """Return whether two builds of the baseline's settings, each from nothing in the same place, give the same file."""
    first, second = twin_of(run, "edited"), twin_of(run, "again")
    return "" in {first.sha256, second.sha256} or first.sha256 == second.sha256


def differs_elsewhere(run: Run) -> bool:
    """Return whether the baseline's settings give another file in another folder, with the files edited."""
    return twin_of(run, "edited").sha256 not in {"", run.side("baseline").sha256}


def twin_of(run: Run, name: TwinName) -> Twin:
    """Return a twin of the baseline, built where this run has none yet."""
    if name not in run.record.twins:
        with run.console.step(f"a twin of the baseline: {_WHY[name]}") as step:
            with as_before(run, _COMMENT) if name != "beside" else contextlib.nullcontext():
                twin = _build(run, name)
            same = twin.sha256 == run.side("baseline").sha256
            step.summary = "the same file" if same else "another file" if twin.sha256 else "does not build"
        run.leave(twins={**run.record.twins, name: twin})
    return run.record.twins[name]


def _build(run: Run, name: TwinName) -> Twin:
    """Build the baseline's settings from nothing, in a folder of its own that is gone afterwards."""
    own = run.as_opened
    folder = run.project.target_directory / "burnish" / "twin"
    with _emptied(folder):
        cargo = replace(own.cargo("baseline"), target_directory=folder)
        built = cargo_build.build(cargo, timeout_seconds=run.limits.build_seconds)
        artifact = built.binary(run.project) if built.ok else None
        if artifact is None:
            return Twin(sha256="", outputs=[])
        copy = run.project.target_directory / "burnish" / "artifacts" / name / artifact.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(artifact, copy)
    outputs = outputs_of(own, copy) if own.toolkit.mode != "link-only" else []
    kept = [each for each in outputs if len(each.stdout) + len(each.stderr) <= 2 * MAX_BYTES]
    return Twin(sha256=size_and_digest(copy)[1], outputs=outputs if kept == outputs else [])


@contextlib.contextmanager
def _emptied(folder: Path) -> Iterator[None]:
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def as_before(run: Run, comment: bytes = b"") -> Iterator[None]:
    """Hold the project as it was before the change, but for a comment in each edited file; a kill is undone as ever."""
    change = run.live_change()
    if change is None:
        yield
        return
    before = change.contents_before()
    now = {role: content for role in before if (content := run.state.image(role).content) is not None}
    change.apply([FileEdit(role=role, before=now[role], after=before[role] + comment) for role in now])
    try:
        yield
    finally:
        change.apply([FileEdit(role=role, before=before[role] + comment, after=now[role]) for role in now])
