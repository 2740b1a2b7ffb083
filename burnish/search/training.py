"""Training: a build that records what it does, the workloads that it does it in, and the profile of all of them."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec

from burnish.cargo.build import Built, build_with
from burnish.cargo.command_lines import build_command
from burnish.cargo.diagnostics import first_error
from burnish.errors import AS_LEFT, Refused
from burnish.job.candidate import Candidate
from burnish.job.guide import Guide, with_rustflags
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.plan import make_plan
from burnish.job.settings import WorkloadSettings
from burnish.judge.findings import listed
from burnish.measure.size import size_and_digest
from burnish.platforms.profiling import Profiling, find_profiling
from burnish.search.matching import functions_run
from burnish.search.overlay import overlay
from burnish.sides.side import cargo_of
from burnish.sides.workloads import WorkloadRuns, workloads_here

SECONDS = 2.0
"""How long each workload is recorded: by equal time, so that none outweighs the others."""
_EXPECTED = "a profile of the program at its work"
_TROUBLE = "burnish doctor"
# What rustc says of a library that is an archive and something else too.
_NO_LTO = "lto can only be run for"


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The profile of a candidate, and by which sources, commands and programs it was recorded."""

    made_from: str
    guide: Guide


def guide_of(job: Job, candidate: Candidate) -> Guide:
    """Return the profile that was recorded for a candidate. Raise Refused where it is not there, or not as it was."""
    kept = _kept(job, candidate)
    if kept is not None:
        return kept.guide
    raise Refused(
        f"the profile that guided {candidate.recipe.name} is gone",
        expected=_EXPECTED,
        files=AS_LEFT,
        next_command="burnish rollback, then the same burnish tune as before",
    )


def _kept(job: Job, candidate: Candidate) -> _Kept | None:
    """Return what was recorded for a candidate, where the profile is there and as it was."""
    with contextlib.suppress(OSError, ValueError, Refused):
        kept = job.sealed.read(_record(job, candidate), _Kept)
        if size_and_digest(Path(kept.guide.path))[1] == kept.guide.sha256:
            return kept
    return None


def guided_by(job: Job, candidate: Candidate, guide: Guide) -> Candidate:
    """Return a candidate as it is built by a profile."""
    toolkit = with_rustflags(candidate.toolkit, job.surroundings.rustflags(candidate.triple), guide.flags)
    return dataclasses.replace(candidate.with_toolkit(toolkit), guide=guide)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Training:
    """Records profiles of candidates that are built from `sources`, in target folders below `folder`.

    `on_built` gets the seconds of each build that is made for it.
    """

    job: Job
    notes: Notebook
    sources: str
    folder: Path
    on_built: Callable[[float], None]

    def guide_for(self, candidate: Candidate, on_line: Callable[[str], None]) -> Guide:
        """Return the profile of a candidate, recorded now unless it was for the same sources and commands.

        Raise Refused where none can be recorded: what records does not build, or writes nothing.
        """
        made_from, kept = self._made_from(candidate), _kept(self.job, candidate)
        if kept is not None and kept.made_from == made_from:
            return kept.guide
        self.job.state.create()
        guide = self._recorded(candidate, on_line)
        self.job.sealed.write(_record(self.job, candidate), _Kept(made_from=made_from, guide=guide))
        return guide

    def functions(self, guide: Guide) -> frozenset[str]:
        """Return the names of the functions that ran when a profile was recorded."""
        return functions_run(self._profdata("show", "--all-functions", "--counts", guide.path))

    @property
    def _trainers(self) -> list[WorkloadSettings]:
        return [workload for workload in workloads_here(self.job) if workload.train]

    @property
    def _profiling(self) -> Profiling:
        return find_profiling(self.job.surroundings, self.job.triple)

    def _made_from(self, candidate: Candidate) -> str:
        rustc = self.job.surroundings.answer(candidate.toolkit.rustc, "-vV")
        told = overlay(make_plan(self.job, candidate), candidate.triple)
        parts = [self.sources, rustc, told, self._profiling.version, str(SECONDS)]
        parts += self.job.project.selection.identity
        commands = msgspec.json.encode(self._trainers)
        return hashlib.sha256("\0".join(parts).encode() + commands).hexdigest()

    def _recorded(self, candidate: Candidate, on_line: Callable[[str], None]) -> Guide:
        """Build what records, carry out the workloads, and merge what they left into one file by its digest."""
        raw = self.folder / "recorded"
        shutil.rmtree(raw, ignore_errors=True)
        program = self._instrumented(candidate, raw, on_line)
        runs = WorkloadRuns(job=self.job, notes=self.notes)
        for workload in self._trainers:
            on_line(f"recording the workload {workload.name}")
            # One file for each, however many processes write it.
            own = raw / hashlib.sha256(workload.name.encode()).hexdigest()[:12]
            runs.repeat(workload, program, {"LLVM_PROFILE_FILE": f"{own}-%m.profraw"}, SECONDS)
        merged = self._merged(raw)
        digest = size_and_digest(merged)[1]
        path = Path(shutil.copyfile(merged, self.job.state.profiles / f"{digest[:16]}.profdata"))
        guide = Guide(path=str(path), sha256=digest, trained_on=[each.name for each in self._trainers], functions=0)
        functions = len(self.functions(guide))
        if not functions:
            raise _refused(f"no function is counted in what {listed(guide.trained_on)} recorded")
        return msgspec.structs.replace(guide, functions=functions)

    def _instrumented(self, candidate: Candidate, raw: Path, on_line: Callable[[str], None]) -> Path:
        """Build what records. Optimised as a whole at the link it takes many times the memory, so that is left out.

        A library that is made as an archive and as a shared one does not build so: then it is the recipe's word.
        """
        job, record = self.job, f"-Cprofile-generate={raw}"
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "overlay.toml"
        file.write_text(overlay(make_plan(job, candidate), candidate.triple), encoding="utf-8")
        built = self._built(candidate, (record, *_thin(candidate)), on_line)
        if not built.ok and _thin(candidate) and _NO_LTO in built.errors:
            built = self._built(candidate, (record,), on_line)
        program = built.binary(job.project) if built.ok else None
        if program is None:
            raise _refused(f"what records the profile does not build: {first_error(built.errors)}")
        return program

    def _built(self, candidate: Candidate, flags: tuple[str, ...], on_line: Callable[[str], None]) -> Built:
        job = self.job
        toolkit = with_rustflags(candidate.toolkit, job.surroundings.rustflags(candidate.triple), flags)
        cargo = dataclasses.replace(
            cargo_of(job, candidate, "candidate").without_failures,
            toolkit=toolkit,
            target_directory=self.folder / "build",
            on_line=on_line,
        )
        command = build_command(job.project, "--config", str(self.folder / "overlay.toml"))
        built = build_with(cargo, command, timeout_seconds=job.limits.build_seconds)
        self.on_built(built.seconds)
        return built

    def _merged(self, raw: Path) -> Path:
        """Return one file of all that was recorded; what cannot be read of it is left out."""
        files = sorted(map(str, raw.glob("*.profraw")))
        if not files:
            raise _refused(
                f"{listed([each.name for each in self._trainers])} recorded nothing: a program that aborts, or is"
                " replaced by another, writes no profile"
            )
        merged = self.folder / "merged.profdata"
        self._profdata("merge", "--failure-mode=warn", "-o", str(merged), *files)
        return merged

    def _profdata(self, *arguments: str) -> str:
        """Run llvm-profdata and return what it says. Raise Refused where it fails."""
        finished = self.job.programs.run(
            [self._profiling.program, *arguments],
            cwd=self.job.project.root,
            timeout_seconds=self.job.limits.query_seconds,
        )
        if not finished.ok:
            said = finished.stderr.decode("utf-8", "replace").strip()[:400]
            raise _refused(f"llvm-profdata {arguments[0]} fails: {said or finished.exit_status}")
        return finished.stdout.decode("utf-8", "replace")


def _thin(candidate: Candidate) -> tuple[str, ...]:
    """Return the flag that makes rustc optimise less at the link than the recipe says.

    The recipe stays as it is, or cargo would give symbols other names, and nothing would be found again.
    """
    lto = candidate.recipe.profile.get("lto")
    return ("-Clto=thin",) if lto is not None and lto.value in (True, "fat") else ()


def _record(job: Job, candidate: Candidate) -> Path:
    parts = [str(job.project.binary), candidate.triple, candidate.recipe.name, *job.project.selection.identity]
    return job.state.profiles / f"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:16]}.json"


def _refused(found: str) -> Refused:
    return Refused(found, expected=_EXPECTED, next_command=_TROUBLE)
