"""The phases: each does one step of the flow on a run, and leaves what it found in the run's report, on disk."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable
from typing import cast

import msgspec

from burnish.cargo import bench as benching
from burnish.cargo import build as building
from burnish.cargo import test as testing
from burnish.cargo.libtest import compare
from burnish.cargo.toml import Edit
from burnish.cargo.vcs import uncommitted
from burnish.errors import GateFailed, Refused
from burnish.judge import gates
from burnish.judge.findings import count_of
from burnish.judge.gates import LinkageWanted
from burnish.judge.verdict import overall, startup_needs_more_rounds
from burnish.measure.behaviour import observe
from burnish.measure.command import Command
from burnish.measure.floor import find_floor
from burnish.measure.linkage import read_linkage
from burnish.measure.size import size_and_digest
from burnish.measure.startup import Timer, find_hyperfine, measure_startup
from burnish.plan import Plan, linkage_wanted, make_plan, require_in_force
from burnish.report.model import Behaviour, Report, Side, Startup, VerdictName
from burnish.run import Run, SideName
from burnish.settings import CommandSettings
from burnish.transaction.change import Change, FileEdit
from burnish.transaction.journal import EditRole

STEPS = "steps"
AS_LEFT = "as the steps before left them"


def plan(run: Run) -> Plan:
    """Work out what would be written, and describe it in the report; write nothing."""
    made = make_plan(run)
    run.describe(made.edits, made.settings)
    return made


def preflight(run: Run) -> None:
    """Refuse, before anything is touched, whatever would fail or lose something later."""
    require_unchanged(run)
    _preflight(run, are_ours=False)


def preflight_step(run: Run) -> None:
    """Do the same for a step of its own, which may extend the change that the steps before it began."""
    live = run.live_change()
    if live is not None and live.journal.owner != STEPS:
        require_unchanged(run)
    _preflight(run, are_ours=live is not None)


def require_unchanged(run: Run) -> None:
    """Raise Refused where a change is applied and not final: the baseline is the project without one."""
    if run.live_change() is not None:
        raise Refused(
            "a change is applied here and not final",
            expected="no live change",
            files=AS_LEFT,
            next_command="burnish rollback, or burnish keep",
        )


def _preflight(run: Run, *, are_ours: bool) -> None:
    made = plan(run)
    require_in_force(made)
    if run.project.binary is not None:
        find_hyperfine(run.programs, run.scripts)
    names = [] if run.options.allow_dirty or are_ours else [edit.name for edit in made.edits]
    dirty = uncommitted(run.programs, run.project.root, names, run.limits.query_seconds) if names else []
    if dirty:
        raise Refused(
            f"{', '.join(dirty)}: uncommitted changes",
            expected="files whose present content git would bring back",
            next_command="git commit, or the same with --allow-dirty: a rollback then restores them as they are now",
        )
    for note in made.notes:
        run.warn(note)


def baseline(run: Run) -> None:
    """Build and measure the project as it is, in a target folder of its own; its tests and benches too."""
    built = _build(run, "baseline", "0 baseline: cargo build --release, as it is")
    if not built.ok:
        raise Refused(
            f"the project does not build as it is; cargo says:\n{built.errors}",
            expected="`cargo build --release` to complete before anything is changed",
            next_command="cargo build --release",
        )
    if run.project.binary is not None and built.binary(run.project) is None:
        raise Refused(
            f"`{' '.join(built.command)}` does not make the binary {run.project.binary}",
            expected="a binary without required-features that are not enabled, and of a package that cargo builds here",
            next_command="burnish optimize --package NAME --bin NAME",
        )
    _inspect(run, "baseline", built)
    _observe(run, "baseline")
    _run_tests(run, "baseline", "0 baseline: cargo test --release")
    _build_benches(run, "baseline", "0 baseline: cargo bench --no-run")


def baseline_by_itself(run: Run) -> None:
    """Do the same for a step of its own, and put back what cargo makes of Cargo.lock on the way."""
    require_unchanged(run)
    with run.change("baseline"):
        baseline(run)


def apply_profile(run: Run) -> None:
    """Write the recipe's profile into the manifest, under the journal."""
    _apply(run, "1 apply-profile", plan(run).manifest, "manifest")


def write_config(run: Run) -> None:
    """Write the recipe's link settings into the cargo configuration, under the journal."""
    made = plan(run)
    _apply(run, "2 write-config", made.config, made.config_role)


def _apply(run: Run, title: str, edit: Edit, role: EditRole) -> None:
    with run.console.step(f"{title}: {edit.name}") as step:
        if not edit.changed:
            step.summary = "nothing to write"
            return
        run.leave()
        change = run.live_change() or Change.begin(run.state, run.user_state, owner=STEPS)
        for warning in change.apply([FileEdit(role=role, before=edit.before, after=edit.after)]):
            run.warn(warning)
        step.summary = "written"


def build(run: Run) -> bool:
    """Build the candidate by the user's own command, and say whether it builds."""
    built = _build(run, "candidate", "3 build: cargo build --release")
    if built.ok:
        _inspect(run, "candidate", built)
    return built.ok


def _build(run: Run, name: SideName, title: str) -> building.Built:
    with run.console.step(title) as step:
        built = building.build(run.cargo(name), timeout_seconds=run.limits.build_seconds)
        step.summary = "built" if built.ok else "does not build"
    side = Side(command=list(built.command), build_seconds=built.seconds, build_error=built.errors)
    run.note(**{name: side})
    return built


def _inspect(run: Run, name: SideName, built: building.Built) -> None:
    """Read size, digest and linkage of the artefact, and keep a copy: cargo's tests may overwrite it."""
    artifact = built.binary(run.project)
    if artifact is None:
        return
    size_bytes, sha256 = size_and_digest(artifact)
    copy = run.project.target_directory / "burnish" / "artifacts" / name / artifact.name
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(artifact, copy)
    run.leave(copies={**run.record.copies, name: str(copy)})
    run.note_side(
        name,
        artifact=run.relative(artifact),
        size_bytes=size_bytes,
        sha256=sha256,
        linkage=read_linkage(artifact),
    )
    run.console.say(f"    {run.relative(artifact)}: {size_bytes:,} bytes")


def measure(run: Run) -> None:
    """Observe the behaviour of both sides, and time their start-up and the floor's in rotating rounds."""
    if run.project.binary is None:
        run.console.say("==> 4 measure: there is no binary to measure", "title")
        return
    if not run.built_sides():
        run.side("baseline")
    for name in run.built_sides():
        _observe(run, name)
    changed = _ends_otherwise(run)
    if changed:
        run.warn(f"the start-up was not timed: {changed}")
        return
    settings = run.resolved.settings.startup
    with run.console.step("4 measure: start-up, both sides and the floor in rotating rounds") as step:
        time_more = _stopwatch(run, lambda done, planned: step.update(f"round {done} of {planned}"))
        done = time_more(settings.rounds)
        while _is_undecided(run) and done < settings.max_rounds:
            done += time_more(min(settings.rounds, settings.max_rounds - done))
        step.summary = f"{done} rounds of {settings.runs} runs each"


def _ends_otherwise(run: Run) -> str:
    """Say how the candidate's start-up command ends where it does not end as the baseline's: that is no start-up."""
    endings = {
        (seen.timed_out, seen.exit_status) for seen in (run.side(name).behaviour[0] for name in run.built_sides())
    }
    return "" if len(endings) <= 1 else "the start-up command ends otherwise than in the baseline"


def _stopwatch(run: Run, on_round: Callable[[int, int], None]) -> Callable[[int], int]:
    """Give a function that times so many more rounds, notes the start-up of all so far, and gives their number."""
    hyperfine = find_hyperfine(run.programs, run.scripts)
    run.note(toolchain=msgspec.structs.replace(run.report.toolchain, hyperfine=hyperfine.version))
    timer = Timer(
        programs=run.programs,
        hyperfine=hyperfine.path,
        folder=run.folder / "startup",
        runs=run.resolved.settings.startup.runs,
        warmup=run.resolved.settings.startup.warmup,
        timeout_seconds=run.limits.round_seconds,
    )
    floor = find_floor(run.programs, run.project.target_directory / "burnish" / "floor")
    commands: dict[str, Command] = {name: _startup_command(run, name) for name in run.built_sides()}
    earlier: dict[str, Startup] = {}

    def time_more(rounds: int) -> int:
        startups = measure_startup(commands, timer, floor=floor, rounds=rounds, on_round=on_round, earlier=earlier)
        earlier.update(startups.sides)
        for name in run.built_sides():
            run.note_side(name, startup=earlier[name])
        for warning in startups.warnings:
            run.warn(warning)
        return rounds

    return time_more


def _is_undecided(run: Run) -> bool:
    """Say whether more rounds could still show or refute what the budget asks of the start-up."""
    before, after = _judged_sides(run)
    return startup_needs_more_rounds(gates.judge_startup(before, after, run.budget, "native"))


def _observe(run: Run, name: SideName) -> None:
    """Start the binary once with each listed command, and keep what it gave."""
    if name not in run.record.copies:
        return
    settings = run.resolved.settings
    startup = CommandSettings(args=settings.startup.args, stdin=settings.startup.stdin)
    commands = [_command(run, name, listed, 0) for listed in (startup, *settings.behaviour)]
    seen = [observe(command, programs=run.programs, timeout_seconds=run.limits.command_seconds) for command in commands]
    if name == "baseline":
        for observed, expected in zip(seen, _expected_statuses(run), strict=True):
            _require_usable(observed, expected)
    run.note_side(name, behaviour=seen)


def _expected_statuses(run: Run) -> list[int | None]:
    """Give the exit status that each listed command was said to give; None where nobody said."""
    settings = run.resolved.settings
    startup = None if run.resolved.is_default("startup.exit_status") else settings.startup.exit_status
    return [startup, *(command.exit_status for command in settings.behaviour)]


def _require_usable(observed: Behaviour, expected: int | None) -> None:
    """Refuse a command of the baseline that never ends, dies of a signal, or does not give what the project says."""
    words = shlex.join(observed.args)
    problem = ""
    if observed.timed_out:
        problem = f"`{words}` did not end within its time limit"
    elif observed.exit_status < 0:
        problem = f"`{words}` was ended by signal {-observed.exit_status}"
    elif expected is not None and observed.exit_status != expected:
        problem = f"`{words}` gave exit status {observed.exit_status}, where the project says {expected}"
    if problem:
        raise Refused(
            f"the binary as it is cannot be timed: {problem}",
            expected="a command that ends by itself and always the same; see [package.metadata.burnish.startup]",
            next_command="burnish optimize, after setting startup.args, stdin and exit_status",
        )


def _startup_command(run: Run, name: SideName) -> Command:
    """Give the timed command of a side; every run must give the exit status that the baseline gave."""
    settings = run.resolved.settings.startup
    listed = CommandSettings(args=settings.args, stdin=settings.stdin)
    return _command(run, name, listed, run.side("baseline" if run.report.baseline else name).behaviour[0].exit_status)


def _command(run: Run, name: SideName, listed: CommandSettings, exit_status: int) -> Command:
    return Command(
        argv=(run.record.copies[name], *listed.args),
        cwd=run.project.root,
        stdin=listed.stdin.encode(),
        exit_status=exit_status,
    )


def test(run: Run) -> None:
    """Run the candidate's tests; what the baseline passed and this run did not is run again before it is believed."""
    run.side("candidate")
    _run_tests(run, "candidate", "5 test: cargo test --release")
    before = run.report.baseline and run.report.baseline.tests
    for _ in range(run.resolved.settings.tests.retries if before else 0):
        after = run.side("candidate").tests
        lost = compare(before, after) if before and after else []
        if not lost or after is None:
            return
        with run.console.step(f"5 test: again, for {len(lost)} that the baseline passed") as step:
            confirmed = testing.confirm_failures(
                run.cargo("candidate"),
                after,
                lost,
                log=run.folder / "tests-candidate-again.log",
                timeout_seconds=run.limits.test_seconds,
                on_count=lambda count: step.update(f"{count} tests done"),
            )
            step.summary = f"{len(confirmed.retried)} passed this time"
        run.note_side("candidate", tests=confirmed)


def _run_tests(run: Run, name: SideName, title: str) -> None:
    with run.console.step(title) as step:
        tests = testing.run_tests(
            run.cargo(name),
            log=run.folder / f"tests-{name}.log",
            timeout_seconds=run.limits.test_seconds,
            on_count=lambda count: step.update(f"{count} tests done"),
        )
        step.summary = f"{len(tests.passed)} passed, {len(tests.failed)} failed, {len(tests.ignored)} ignored"
    run.note_side(name, tests=tests)
    if tests.note:
        run.warn(f"{name}: cargo test: {tests.note.strip().splitlines()[-1]}")


def bench(run: Run) -> None:
    """Build the candidate's benches and run both sides' in alternation."""
    run.side("candidate")
    _build_benches(run, "candidate", "6 bench: cargo bench --no-run")
    has_benches = any(built.executables for built in run.record.benches.values())
    with run.console.step("6 bench: Criterion, both sides in alternation") as step:
        results = benching.run_benches(
            run.record.benches,
            programs=run.programs,
            settings=run.resolved.settings.benches,
            home=run.project.target_directory / "burnish" / "criterion",
            timeout_seconds=run.limits.bench_seconds,
            on_attempt=lambda attempt, side, bench: step.update(f"attempt {attempt}, {side}, {bench}"),
        )
        step.summary = (
            f"{run.resolved.settings.benches.attempts} attempts a side" if has_benches else "nothing to bench"
        )
    for name, measured in results.items():
        run.note_side(cast("SideName", name), benches=measured)


def _build_benches(run: Run, name: SideName, title: str) -> None:
    with run.console.step(title) as step:
        built = benching.build_benches(run.cargo(name), timeout_seconds=run.limits.build_seconds)
        step.summary = f"{count_of(len(built.executables), 'bench target')}"
    run.leave(benches={**run.record.benches, name: built})
    for target, reason in built.not_judged.items():
        run.warn(f"the benches of {target} are not judged: {reason}")


def judge(run: Run) -> VerdictName:
    """Judge every gate, put the table into the report, and give the verdict."""
    before, after = _judged_sides(run)
    verdicts = gates.judge(
        baseline=before,
        candidate=after,
        budget=run.budget,
        wants=linkage_wanted(run.recipe, run.platform) if run.report.candidate else LinkageWanted(),
        mode="native",
        artifact_sha256_again=_digest_when_built_again(run),
    )
    run.note(gates=verdicts)
    return overall(verdicts)


def _judged_sides(run: Run) -> tuple[Side, Side]:
    """Give what is compared. Without a change the project as it is stands for both: it is judged by the budget."""
    before = run.side("baseline")
    if run.live_change() is not None:
        return before, run.side("candidate")
    return before, run.report.candidate or before


def _digest_when_built_again(run: Run) -> str | None:
    """Build once more by the user's own command: what it gives after all tests and benches must be what was judged."""
    candidate = run.report.candidate
    if candidate is None or candidate.artifact is None:
        return None
    with run.console.step("7 judge: cargo build --release, once more") as step:
        built = building.build(run.cargo("candidate"), timeout_seconds=run.limits.build_seconds)
        artifact = built.binary(run.project)
        digest = size_and_digest(artifact)[1] if artifact else ""
        step.summary = "the same file" if digest == candidate.sha256 else "ANOTHER file"
    return digest


def keep(run: Run) -> None:
    """Make the applied change final."""
    change = run.live_change()
    if change is None:
        raise Refused("there is no change to keep", expected="an applied change", next_command="burnish status")
    number = change.keep()
    run.console.say(f"==> 8 keep: change {number} is final; `burnish rollback` undoes it", "title")


def require_passed(report: Report, *, files: str, next_command: str) -> None:
    """Raise GateFailed when a gate of the report failed or stayed inconclusive."""
    unmet = [f"{gate.name} ({gate.verdict})" for gate in report.gates if gate.verdict in {"fail", "inconclusive"}]
    if unmet:
        raise GateFailed(
            f"not met: {', '.join(unmet)}",
            expected="every gate to pass",
            files=files,
            next_command=next_command,
        )
