"""One job on the machine that does it: a clean checkout, burnish started in it as a program, and what it left.

Dask calls `do_order` by its name: order, tree and answer are bytes of ours, so that no code travels.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from burnish import __version__
from burnish.cargo.revisions import outside_hooks
from burnish.errors import BurnishError, Refused, refusal_by_disk
from burnish.fleet.clock_faults import Clocks, by_clock
from burnish.fleet.faults import blame, one_line
from burnish.fleet.fetching import FetchFailed, fetch_project
from burnish.fleet.fleet_jobs import PROTOCOL, FleetJob, FleetResult, fleet_failure
from burnish.fleet.machine import job_folder, machine_name, rustc_line, work_folder
from burnish.model import Report, overall
from burnish.report.store import REPORT_NAME
from burnish.system.machine_turns import Abandoned, MachineTurns, granting
from burnish.system.process import Finished, Programs
from burnish.system.regular import read_regular
from burnish.system.turns import TURNS
from burnish.text import format_bytes

# A checkout is built in its own folder, and nothing of it stays with the worker's user.
_DROPPED = ("CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "CARGO_BUILD_TARGET", "CARGO_BUILD_BUILD_DIR")
_ROOM_BYTES = 256 * 1024 * 1024
_BURNISH = (sys.executable, "-P", "-m", "burnish")
# A worker that is asked to leave may end what it has begun.
_AT_WORK = {"running", "paused", "closing_gracefully"}


class JobAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker sends back: the result, and the job's report as it stands on the worker's disk."""

    result: FleetResult
    report: bytes = b""


def do_order(order: bytes, tree: bytes) -> bytes:
    """Do one job on this machine, alone there while it times, and return the answer. This is what a worker is sent."""
    job = msgspec.json.decode(order, type=FleetJob)
    if (job.protocol, job.burnish) != (PROTOCOL, __version__):
        raise RuntimeError(f"{machine_name()} has burnish {__version__}, protocol {PROTOCOL}, and the client another")
    is_unwanted = watch_task()
    turns = MachineTurns(is_unwanted=is_unwanted)
    with turns.building():
        answer = do_job(job, tree, env=os.environ, work=work_folder(), turns=turns, is_unwanted=is_unwanted)
    return msgspec.msgpack.encode(answer)


def do_job(
    job: FleetJob,
    tree: bytes,
    *,
    env: Mapping[str, str],
    work: Path,
    turns: MachineTurns,
    is_unwanted: Callable[[], bool],
) -> JobAnswer:
    """Do one job in a folder below `work`, which is gone afterwards; the caller builds by `turns`."""
    machine, started, clock = machine_name(), datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), Clocks.now()
    programs = outside_hooks(Programs(env={name: value for name, value in env.items() if name not in _DROPPED}))
    try:
        with job_folder(work) as (folder, children):
            answer = _done(replace(programs, children=children), job, tree, folder, turns, is_unwanted)
    except (BurnishError, OSError) as error:
        answer = JobAnswer(result=_not_begun(job, error))
    told = msgspec.structs.replace(
        answer.result,
        machine=machine,
        rustc=rustc_line(programs),
        started=started,
        seconds=round(clock.seconds, 1),
    )
    return msgspec.structs.replace(answer, result=by_clock(told, clock.jump_seconds))


def _not_begun(job: FleetJob, error: BurnishError | OSError) -> FleetResult:
    """Return the result where no program of ours was started: for want of the project, or of the machine's disk."""
    if isinstance(error, FetchFailed) and error.is_projects:
        return fleet_failure(job, "project", one_line(error.found))
    refused = error if isinstance(error, BurnishError) else refusal_by_disk(error)
    return fleet_failure(job, "machine", one_line(refused.found if refused else f"{type(error).__name__}: {error}"))


def _done(
    programs: Programs, job: FleetJob, tree: bytes, folder: Path, turns: MachineTurns, is_unwanted: Callable[[], bool]
) -> JobAnswer:
    require_room(folder)
    checkout, reports, asked = fetch_project(programs, job, tree, folder), folder / "report", folder / "turns"
    began, waited = time.monotonic(), turns.waited_seconds

    def is_over() -> bool:
        """Return whether the job's time is up: none of it is what it waited for its turn."""
        return time.monotonic() - began - (turns.waited_seconds - waited) > job.time_limit_seconds

    with granting(asked, turns):
        finished = programs.run(
            arguments_of(job, reports),
            cwd=checkout,
            timeout_seconds=math.inf,
            env={"XDG_STATE_HOME": str(folder / "state"), "NO_COLOR": "1", TURNS: str(asked)},
            is_hung=lambda: is_unwanted() or is_over(),
        )
    if finished.timed_out and is_unwanted():
        raise Abandoned
    report, free_bytes = b"", shutil.disk_usage(folder).free
    with contextlib.suppress(OSError, ValueError):
        report = read_regular(reports / REPORT_NAME)
    return answer_of(job, finished, report, free_bytes=free_bytes)


def require_room(folder: Path) -> None:
    """Raise Refused where no build would find room: such a machine would fail one job after the other."""
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < _ROOM_BYTES:
        raise Refused(f"its disk is nearly full: {format_bytes(free_bytes)} left", expected=format_bytes(_ROOM_BYTES))


def arguments_of(job: FleetJob, reports: Path) -> list[str]:
    """Return the program and its arguments, each a word of its own that cannot be taken for an option."""
    own = [*([f"--toolchain={job.toolchain}"] if job.toolchain else []), f"--platform={job.platform}", *job.arguments]
    dirty = ["--allow-dirty"] if job.command != "check" else []
    return [*_BURNISH, job.command, "--project=.", "--json", f"--report-dir={reports}", *dirty, *own]


def answer_of(job: FleetJob, finished: Finished, report: bytes, *, free_bytes: int | None = None) -> JobAnswer:
    """Return the result of a job whose program has ended, with its numbers where it left a report."""
    read = _read(report) or _read(finished.stdout)
    error, limit = _error_of(finished), job.time_limit_seconds
    fault, reason = blame(finished, error, read, limit_seconds=limit, free_bytes=free_bytes)
    if read is None and not fault:
        fault, reason = "burnish", "burnish ended well, and left no report"
    result = msgspec.structs.replace(fleet_failure(job, fault, reason), exit_status=finished.exit_status)
    if read is None:
        return JobAnswer(result=result)
    before, after = read.baseline, read.candidate
    verdict = overall(read.gates) if read.gates else "pass" if finished.ok else "inconclusive"
    result = msgspec.structs.replace(
        result,
        outcome=read.outcome,
        verdict=verdict,
        size_before=before.size_bytes if before else None,
        size_after=after.size_bytes if after else None,
        startup_ratio=_startup_ratio(read),
    )
    return JobAnswer(result=result, report=report or finished.stdout)


def _startup_ratio(report: Report) -> tuple[float, float, float] | None:
    startup = report.candidate.startup if report.candidate else None
    ratio = startup.ratio_to_baseline if startup else None
    return (ratio.mean, *ratio.ci95) if ratio else None


def _read(report: bytes) -> Report | None:
    with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return msgspec.json.decode(report, type=Report)
    return None


def _error_of(finished: Finished) -> str:
    """Return what a call that ended badly says was found: in its document, else as its last words to the user."""
    with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError, RecursionError):
        return str(msgspec.json.decode(finished.stdout)["error"]["found"])
    said = finished.stderr.decode("utf-8", "replace")
    _, begins, message = f"\n{said}".rpartition("\nburnish: ")
    return re.split(r"\n  (?:expected|files|next):", message)[0] if begins else ""


def watch_task() -> Callable[[], bool]:
    """Return whether nobody waits for the task of this thread any more: it was cancelled, or the scheduler is gone."""
    from distributed import get_worker

    try:
        worker = get_worker()
    except ValueError:  # we are called by no worker
        return lambda: False
    key = worker.get_current_task()

    def is_unwanted() -> bool:
        task = worker.state.tasks.get(key)
        return str(worker.status.name) not in _AT_WORK or task is None or task.state == "cancelled"

    return is_unwanted
