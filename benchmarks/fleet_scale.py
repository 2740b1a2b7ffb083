"""What a fleet costs beside its jobs: Dask's real scheduler and 64 workers in this process, and jobs that only wait.

    python benchmarks/fleet_scale.py [JOBS ...]

For each number of jobs it prints the time per job beside what the jobs themselves took, the largest resident memory of
this process, in which client, scheduler and workers are, and how long `--resume` needs to find that nothing is to be
done, with the table and the page of all results. Each result is synced to the disk, which takes its own time where the
disk is busy: TMPDIR names the folder.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import dask
import distributed
import msgspec
from distributed import Client

from burnish.fleet.clusters import cluster_here
from burnish.fleet.collecting import Fleet, Keep, collect
from burnish.fleet.crew import resources_of
from burnish.fleet.due_jobs import still_to_do
from burnish.fleet.fleet_document import document_of
from burnish.fleet.fleet_jobs import FleetJob, FleetResult, ProjectSource, fleet_failure
from burnish.fleet.fleet_page import render_fleet
from burnish.fleet.job_run import JobAnswer
from burnish.fleet.ledger import Ledger

HOST = "x86_64-unknown-linux-gnu"
WORKERS = 64
# Real jobs took 4 s to some minutes; a hundredth of that leaves the scheduler little rest, which is what is looked at.
MEAN_SECONDS = 0.25


def main() -> None:
    """Run each number of jobs, and print a line for it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("jobs", nargs="*", type=int, default=[100, 1_000, 10_000])
    print(f"{'jobs':>7} {'wall':>9} {'jobs alone':>11} {'beside, per job':>16} {'memory':>9} {'resume':>8}")
    with cluster() as client:
        for count in parser.parse_args().jobs:
            print(measured(client, count), flush=True)


@contextmanager
def cluster() -> Iterator[Client]:
    """Yield the client of as many machines as WORKERS says, all in this process."""
    # Each worker would look at its own stack a hundred times a second: 64 of them in one process are no real fleet.
    quiet = {"distributed.worker.profile.enabled": False, "distributed.admin.system-monitor.interval": "60s"}
    with dask.config.set(quiet), cluster_here(0) as local, Client(local, set_as_default=False) as client:
        for number in range(WORKERS):
            resources = resources_of(f"machine-{number}", "rustc", [HOST], [], 1)
            options = {"nthreads": 1, "memory_limit": 0, "resources": resources, "dashboard_address": "127.0.0.1:0"}
            local.worker_spec[f"machine-{number}"] = {"cls": distributed.Worker, "options": options}
        local.sync(local._correct_state)  # noqa: SLF001 - Dask has no public way to give each worker resources of its own
        client.wait_for_workers(WORKERS)
        yield client


def measured(client: Client, count: int) -> str:
    """Return the line of one number of jobs."""
    jobs = jobs_of(count)
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder))
        started = time.perf_counter()
        collect(client, Fleet(jobs=jobs, trees={}, keep=keeper(ledger), warn=print, work=wait))
        wall = time.perf_counter() - started
        resume = resumed(jobs, ledger)
    alone = sum(seconds_of(job) for job in jobs) / WORKERS
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    beside = 1000 * max(wall - alone, 0) / count
    return f"{count:>7,} {wall:>7.1f} s {alone:>9.1f} s {beside:>13.2f} ms {memory:>5.0f} MiB {resume:>6.2f} s"


def keeper(ledger: Ledger) -> Keep:
    """Return what keeps a result."""

    def keep(result: FleetResult, report: bytes) -> None:
        ledger.add(result, report)

    return keep


def jobs_of(count: int) -> list[FleetJob]:
    """Return so many jobs."""
    return [
        FleetJob(
            project=f"p{number}",
            platform=HOST,
            command="optimize",
            source=ProjectSource(kind="crate", place=f"p{number}@1.0.0"),
            time_limit_seconds=60.0,
        )
        for number in range(count)
    ]


def seconds_of(job: FleetJob) -> float:
    """Return how long a job waits: the same each time, a few of them much longer than the others."""
    return min(random.Random(job.project).lognormvariate(0, 0.8), 8.0) * MEAN_SECONDS / 1.35  # noqa: S311 - a duration


def wait(order: bytes, _tree: bytes) -> bytes:
    """Do what a worker is sent: nothing, for as long as the job takes."""
    job = msgspec.json.decode(order, type=FleetJob)
    time.sleep(seconds_of(job))
    result = msgspec.structs.replace(
        fleet_failure(job, "", ""), verdict="pass", outcome="kept", size_before=2, size_after=1
    )
    return msgspec.msgpack.encode(JobAnswer(result=result))


def resumed(jobs: Sequence[FleetJob], ledger: Ledger) -> float:
    """Return how many seconds it takes to find that each job has its result, and to write table and page anew."""
    started = time.perf_counter()
    results = ledger.read()
    left = still_to_do(jobs, results, [], resume=True, retry_failed=False)
    document = document_of(jobs, results)
    msgspec.json.encode(document)
    render_fleet(document)
    if left or len(document.results) != len(jobs):
        raise RuntimeError(f"{len(left)} of {len(jobs)} jobs were lost")
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
