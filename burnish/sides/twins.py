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
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from burnish.cargo.build import build_release
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.session import Session
from burnish.judge.behaviour_gate import parts_to_judge
from burnish.judge.noise import MAX_NOISE_BYTES, Twin, TwinName, difference_of, explained_parts, is_unlike
from burnish.measure.behaviour import Output, behaviour_of
from burnish.measure.size import size_and_digest
from burnish.model import Behaviour
from burnish.sides.products import judged_file
from burnish.sides.side import artifacts_folder, cargo_of, copied
from burnish.sides.starts import Starts, starts_of

_COMMENT = (
    b"\n# burnish builds the project with this line in it, and then takes it out, to see what an edit by itself does\n"
)
# So many that hardly anything that differs from run to run is the same in all of them.
_RUNS = 12
_OWN_RUNS = 3
_STREAMS = ("stdout", "stderr")
_WHY: dict[TwinName, str] = {
    "beside": "the project as it is, in another folder",
    "edited": "the project as it is but for a comment in the files that are edited",
    "again": "the same once more, from nothing",
}


@dataclass(frozen=True, kw_only=True)
class Twins:
    """The twins of a run's baseline: built when they are first asked for, and kept in its notebook."""

    session: Session

    @property
    def job(self) -> Job:
        """Return what is worked on."""
        return self.session.job

    @property
    def notes(self) -> Notebook:
        """Return where they are kept."""
        return self.session.notes

    def without_noise(
        self, seen: Sequence[Behaviour], program: Path, twin: TwinName, starts: Starts
    ) -> list[Behaviour]:
        """Return what was seen of a build, with the differences named in it that two builds of the baseline have too.

        `program` is the build's own file, started as `starts` says. The `twin` is built where there is something to
        explain that those which are known do not.
        """
        before = self.notes.side("baseline").behaviour
        seen = self._held_against_runs(list(seen), program, starts)
        if not _unexplained(before, seen):
            return seen
        outputs = self._outputs_of_baseline(), starts.outputs(program)
        if {*map(len, outputs)} != {len(before)} or len(seen) != len(before):
            return seen  # other commands than before: the settings have changed since
        for name in dict.fromkeys([*self.notes.record.twins, twin]):
            if _unexplained(before, seen):
                self.twin(name)
                seen = self._explained(seen, outputs)
        return seen

    def _outputs_of_baseline(self) -> list[Output]:
        return starts_of(self.job, self.notes, self.job.opened).outputs(self.notes.copy("baseline"))

    def _held_against_runs(self, seen: list[Behaviour], program: Path, starts: Starts) -> list[Behaviour]:
        """Compare outputs that differ from run to run with many runs of the baseline: what all share is stable.

        Half of those come before and half after: a clock that goes on meanwhile has gone on among them, too.
        """
        before = self.notes.side("baseline").behaviour
        if not any({*_STREAMS} & {*old.unstable} for old in before):
            return seen
        sooner = [self._outputs_of_baseline() for _ in range(_RUNS // 2)]
        mine = list(zip(*(starts.outputs(program) for _ in range(_OWN_RUNS)), strict=True))
        runs = list(zip(*sooner, *(self._outputs_of_baseline() for _ in range(_RUNS // 2)), strict=True))
        if {len(runs), len(mine), len(seen)} != {len(before)}:
            return seen
        return [_held(*each) for each in zip(before, seen, runs, mine, strict=True)]

    def _explained(self, after: Sequence[Behaviour], outputs: tuple[list[Output], list[Output]]) -> list[Behaviour]:
        """Return what was seen `after`, with the differences named in it that the known twins have too."""
        before = self.notes.side("baseline").behaviour
        twins = [twin.outputs for twin in self.notes.record.twins.values() if len(twin.outputs) == len(before)]
        found = []
        for number, (old, new, *gave) in enumerate(zip(before, after, *outputs, strict=True)):
            # What this start gave is what was seen, or it is no noise of builds that makes it differ.
            parts = parts_to_judge(old, new) if _agree([old, new], gave) else []
            noise = explained_parts(gave[0], [twin[number] for twin in twins], gave[1], parts)
            found.append(msgspec.structs.replace(new, noise={**new.noise, **noise}))
        return found

    def reproduce(self) -> bool:
        """Return whether two builds of the baseline's settings, each from nothing in one place, give the same file."""
        first, second = self.twin("edited"), self.twin("again")
        return "" in {first.sha256, second.sha256} or first.sha256 == second.sha256

    def differ_elsewhere(self) -> bool:
        """Return whether the baseline's settings give another file in another folder, with the files edited."""
        return self.twin("edited").sha256 not in {"", self.notes.side("baseline").sha256}

    def twin(self, name: TwinName) -> Twin:
        """Return a twin of the baseline, built where this run has none yet."""
        notes = self.notes
        if name not in notes.record.twins:
            with self.job.console.step(f"a twin of the baseline: {_WHY[name]}") as step:
                with self.session.as_before(_COMMENT) if name != "beside" else contextlib.nullcontext():
                    twin = self._build(name)
                same = twin.sha256 == notes.side("baseline").sha256
                step.summary = "the same file" if same else "another file" if twin.sha256 else "does not build"
            notes.leave(twins={**notes.record.twins, name: twin})
        return notes.record.twins[name]

    def _build(self, name: TwinName) -> Twin:
        """Build the baseline's settings from nothing, in a folder of its own that is gone afterwards."""
        job, own = self.job, self.job.opened
        folder = job.builds / "twin"
        with _emptied(folder):
            cargo = replace(cargo_of(job, own, "baseline"), target_directory=folder)
            built = build_release(cargo, timeout_seconds=job.limits.build_seconds)
            artifact = judged_file(job.project, built)
            if artifact is None:
                return Twin(sha256="", outputs=[])
            copy = copied(artifact, artifacts_folder(job) / name)
        is_started = own.toolkit.mode != "link-only"
        outputs = starts_of(job, self.notes, own).outputs(copy) if is_started else []
        kept = [each for each in outputs if len(each.stdout) + len(each.stderr) <= 2 * MAX_NOISE_BYTES]
        return Twin(sha256=size_and_digest(copy)[1], outputs=outputs if kept == outputs else [])


def _held(old: Behaviour, new: Behaviour, runs: Sequence[Output], mine: Sequence[Output]) -> Behaviour:
    """Return one command's behaviour with the unstable streams named that differ in more than the runs do, or not."""
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


def _agree(seen: Sequence[Behaviour], gave: Sequence[Output]) -> bool:
    """Return whether starts gave again what was seen before, as far as that is stable."""
    again = map(behaviour_of, gave)
    return not any(parts_to_judge(one, other) for one, other in zip(seen, again, strict=True))


@contextlib.contextmanager
def _emptied(folder: Path) -> Iterator[None]:
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
