"""What to know of a plan before it is written: what it gives up, moves, meets, and would not have in force."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from burnish.cargo.benches.bench import not_judged_words, sort_benches
from burnish.cargo.command_lines import build_command
from burnish.cargo.flags import ConfigLayer, EffectiveFlags, merge
from burnish.cargo.inheritance import find_heirs
from burnish.cargo.overrides import Override
from burnish.cargo.scan import UnwindingScan
from burnish.cargo.targets import configured_targets
from burnish.cargo.unwinding import KNOWN_PATTERNS
from burnish.job.ahead import Ahead
from burnish.job.candidate import Candidate
from burnish.job.host_flags import loss_notes, lost_flags
from burnish.job.job import Job
from burnish.job.portability import left_out
from burnish.job.reach import reach_notes
from burnish.job.shared_libraries import dropped_note, library_notes
from burnish.judge.findings import count_of, listed
from burnish.platforms.allocator import CRATE, CRATE_VERSION, MIMALLOC

NO_WORKLOADS = (
    "no workload is given: where the program gets slower at its real work, nobody sees it; "
    "`burnish workloads --suggest` proposes some"
)
_STRIP_NOTE = "strip: the binary runs as before; backtraces of its panics, and profilers, name none of its functions"
_WINS = {"-C target-feature crt-static": "for static linking rustc takes any `+`"}


def notes_before(
    ahead: Ahead, target: str | None, scan: UnwindingScan | None, *, begins_to_strip: bool
) -> Iterator[str]:
    """Yield what to know of what is `ahead`: the recipe's own notes first, then those on the project around it.

    `target` is the `build.target` that is written, `scan` what was searched where panics begin to abort.
    """
    job, candidate = ahead.job, ahead.candidate
    yield from candidate.recipe.left_out
    if ahead.present.inherits:
        yield _made(ahead.present.profile, ahead.present.inherits)
    yield from _notes(job, candidate, target)
    yield from loss_notes(lost_flags(job, candidate, target))
    yield from _unread_settings(job)
    yield from _library_notes(job, candidate, target)
    yield from _around(ahead)
    yield from [_abort_note(scan)] if scan else ()
    yield from [_STRIP_NOTE] if begins_to_strip else ()
    yield from not_judged_words(sort_benches(job.project)[1])
    yield from _unseen_speed(job, candidate)
    yield from reach_notes(job, candidate, target)


def _made(profile: str, parent: str) -> str:
    return (
        f'there is no profile {profile}: it is made, with inherits = "{parent}", and is built by '
        f"`cargo build --profile {profile}`; the baseline is what {parent} gives"
    )


def _unseen_speed(job: Job, candidate: Candidate) -> Iterator[str]:
    """Yield that a slower program would go unseen, where the recipe may make it slower and nothing runs it."""
    takes = {taking.concession for taking in candidate.takings}
    is_timed = job.project.binary is not None and job.opened.toolkit.mode == "native"
    if is_timed and not job.settings.workloads and takes & {"speed", "allocator"}:
        yield NO_WORKLOADS


def _around(ahead: Ahead) -> Iterator[str]:
    """Yield what the project's own configuration, profiles and packages have to do with it."""
    present = ahead.present
    yield from _legacy_files(present.layers)
    yield from _conflicts(present.effective, ahead.flags, {each.key for each in ahead.beaten})
    yield from ahead.silenced()
    yield from _overridden(ahead.overrides)
    yield from ahead.beaten_elsewhere()
    yield from (heir.sentence for heir in find_heirs(present.data, present.layers, ahead.profile, present.profile))


def _overridden(overrides: Sequence[Override]) -> Iterator[str]:
    for each in overrides:
        yield f"{each.sentence} beats the recipe for what it names: take it out to have the recipe's there"


def _abort_note(scan: UnwindingScan) -> str:
    """Return what a scan gave. That nothing was found says nothing of what was not looked for, and where."""
    if scan.places:
        return f'panic = "abort" makes code dead that relies on unwinding: {listed(scan.places)}'
    patterns = f"{len(KNOWN_PATTERNS)} known patterns ({', '.join(KNOWN_PATTERNS[:3])}, ...)"
    return (
        f'panic = "abort": none of {patterns} was found in {count_of(scan.files, "file")} of the workspace, its path '
        "dependencies and vendored packages; registry dependencies were not searched"
    )


def _legacy_files(layers: Sequence[ConfigLayer]) -> Iterator[str]:
    for layer in layers:
        if layer.is_legacy:
            yield f"{layer.path}: cargo reads this file without extension, and no config.toml beside it"


def _conflicts(effective: EffectiveFlags, ours: Sequence[str], beaten: Collection[str]) -> Iterator[str]:
    for conflict in merge(effective.flags, ours).conflicts:
        if conflict.option in beaten:
            continue
        yield (
            f"your rustflags set {conflict.option} to {conflict.theirs}, the recipe sets it to {conflict.ours}: "
            f"{_WINS.get(conflict.option, 'rustc takes the last one')}, which is the recipe's"
        )


def _unread_settings(job: Job) -> Iterator[str]:
    """Yield whose settings do not count, where binaries of several packages are judged."""
    first = job.project.package
    for package in job.project.selected:
        if first is not None and package.id != first.id and (package.metadata or {}).get("burnish"):
            yield (
                f"[package.metadata.burnish] of {package.name} is not read, since {first.name} is worked on first:"
                f" say it in [workspace.metadata.burnish], or work on {package.name} alone by --package"
            )


def _library_notes(job: Job, candidate: Candidate, target: str | None) -> Iterator[str]:
    """Yield what of the workspace is not built for the platform, and what the recipe would keep from being built."""
    yield from dropped_note(job.project, job.triple)
    if candidate.triple != job.triple and candidate.toolkit.arguments:
        return  # a command of its own builds the program, and plain cargo whatever else there is
    # Windows has a static C runtime for libraries too.
    is_static = candidate.links_statically and "windows" not in candidate.triple
    has_target = bool(target or _is_told(job, candidate))
    yield from library_notes(job.project, candidate.recipe, is_static=is_static, has_target=has_target)


def _is_told(job: Job, candidate: Candidate) -> bool:
    around = job.surroundings
    configured = configured_targets(around.layers, job.programs.env, around.host)
    return bool(configured) or "--target" in candidate.toolkit.arguments


def _notes(job: Job, candidate: Candidate, target: str | None) -> Iterator[str]:
    if candidate.recipe.static and not candidate.platform.static_rustflags:
        yield f"static linking is left out: {candidate.platform.static_why_not or 'this platform has none'}"
    if target:
        selection = job.project.selection
        folder = f"target/{target}/{selection.profile}"
        yield f"`build.target` moves the output: `{selection.told('build')}` then writes to {folder}"
    # Of panics more is said where the code was searched for what relies on unwinding.
    takes = candidate.takings
    yield from (taking.sentence for taking in takes if taking.concession != "unwinding")
    yield from left_out(candidate.recipe, candidate.toolkit.mode)
    if candidate.toolkit.arguments:
        own = job.own_target(candidate, "candidate")
        place = ["--target-dir", job.relative(own)] if own else []
        command = candidate.toolkit.typed(build_command(job.project, *place))
        yield f"`burnish build` makes what is judged, by: {command}"
    if candidate.toolkit.variant == MIMALLOC:
        yield (
            f"mimalloc, of {CRATE} {CRATE_VERSION}, which cargo brings and a C compiler for musl compiles, takes the"
            " place of musl's allocator: `burnish build` does the same elsewhere"
        )
    if candidate.guide:
        yield "the profile is not in the files: plain `cargo build` makes another binary, which was not judged"
