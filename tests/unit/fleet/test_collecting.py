"""Dask's real scheduler in this process, with jobs that take no time: what is done again, and where."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import distributed
import msgspec
import pytest
from distributed import Client, LocalCluster
from distributed.scheduler import KilledWorker, WorkerState

from burnish.errors import Refused
from burnish.fleet.clusters import cluster_here
from burnish.fleet.collecting import Fleet, collect
from burnish.fleet.crew import resources_of
from burnish.fleet.fleet_jobs import FleetJob, FleetResult, fleet_failure
from burnish.fleet.job_run import JobAnswer
from tests.unit.fleet.jobs import HOST, OTHER, WORK, do_work, job, passed


@dataclass
class Kept:
    """What a fleet came to."""

    results: list[FleetResult] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def named(self) -> dict[str, FleetResult]:
        """Return the results by their projects."""
        return {result.project: result for result in self.results}


@pytest.fixture
def two_machines() -> Iterator[Client]:
    """Yield the client of a cluster of two workers, each a machine of its own."""
    with cluster_here(0) as cluster, Client(cluster, set_as_default=False) as client:
        for name in ("one", "two"):
            begin_worker(cluster, name, name)
        client.wait_for_workers(2)
        yield client


def begin_worker(cluster: LocalCluster, name: str, machine: str) -> None:
    """Add a worker of a machine to a cluster."""
    cluster.worker_spec[name] = {
        "cls": distributed.Worker,
        "options": {
            "nthreads": 1,
            "memory_limit": 0,
            "resources": resources_of(machine, "rustc 1.90.0", [HOST], [machine], 1000),
        },
    }
    cluster.sync(cluster._correct_state)


def end_worker(cluster: LocalCluster, name: str) -> None:
    """Take a worker out of a cluster."""
    cluster.worker_spec.pop(name)
    cluster.sync(cluster._correct_state)


def here() -> str:
    """Return the machine that a job runs on."""
    resources = distributed.get_worker().state.total_resources
    return next(name.removeprefix("host:") for name in resources if name.startswith("host:"))


def run(
    client: Client,
    jobs: Sequence[FleetJob],
    work: Callable[[FleetJob, bytes], FleetResult],
    *,
    patience_seconds: float = 60.0,
    told: Callable[[str], None] = lambda _warning: None,
) -> Kept:
    """Do jobs by `work`, which is told the job and its tree."""
    kept = Kept()

    def warn(line: str) -> None:
        kept.warnings.append(line)
        told(line)

    def called(order: bytes, tree: bytes) -> bytes:
        result = work(msgspec.json.decode(order, type=FleetJob), tree)
        return msgspec.msgpack.encode(JobAnswer(result=msgspec.structs.replace(result, machine=here())))

    WORK.append(called)
    collect(
        client,
        Fleet(
            jobs=jobs,
            trees={},
            keep=lambda result, _report: kept.results.append(result),
            warn=warn,
            work=do_work,
            patience_seconds=patience_seconds,
        ),
    )
    return kept


def test_each_job_is_kept_once(two_machines: Client) -> None:
    """Thirty jobs on two machines: both work, none is lost or doubled, and a machine never does two at once."""
    at_work: dict[str, int] = {"one": 0, "two": 0}
    most: dict[str, int] = {"one": 0, "two": 0}
    lock = threading.Lock()

    def work(of: FleetJob, _tree: bytes) -> FleetResult:
        with lock:
            at_work[here()] += 1
            most[here()] = max(most[here()], at_work[here()])
        time.sleep(0.02)
        with lock:
            at_work[here()] -= 1
        return passed(of)

    kept = run(two_machines, [job(f"p{number}") for number in range(30)], work)
    assert sorted(result.project for result in kept.results) == sorted(f"p{number}" for number in range(30))
    assert {result.machine for result in kept.results} == {"one", "two"}
    assert most == {"one": 1, "two": 1}
    assert (kept.warnings, {result.tries for result in kept.results}) == ([], {1})


def test_label_chooses_the_machine(two_machines: Client) -> None:
    """Each of the two has a label of its own."""
    jobs = [job(f"p{number}", labels=("two",)) for number in range(4)]
    kept = run(two_machines, jobs, lambda of, _tree: passed(of))
    assert {result.machine for result in kept.results} == {"two"}


def test_worker_is_given_no_more_than_the_next_job(two_machines: Client) -> None:
    """Its death would cast suspicion on all of them. One machine's long row holds up no job of the other's."""
    workers = cast("Any", cast("LocalCluster", two_machines.cluster).scheduler).workers
    given, done = list[int](), list[str]()

    def work(of: FleetJob, _tree: bytes) -> FleetResult:
        given.extend(len(each.processing) for each in list(workers.values()))
        time.sleep(0.05)
        done.append(of.project)
        return passed(of)

    rows = [job(f"{name}{number}", labels=(name,)) for name in ("one", "two") for number in range(8)]
    run(two_machines, rows, work)
    assert max(given) == 2
    assert done.index("two0") < done.index("one7")
    assert sorted(done) == [each.project for each in rows]


def test_failure_of_a_machine_is_tried_on_another(two_machines: Client) -> None:
    """And told; a failure of the project's is a result at once."""
    failed = threading.Event()

    def work(of: FleetJob, _tree: bytes) -> FleetResult:
        if of.project == "bad":
            return fleet_failure(of, "project", "does not build")
        if here() == "one":
            failed.set()
            return fleet_failure(of, "machine", "disk full")
        assert failed.wait(30)  # else it may do both
        return passed(of)

    good = [job(f"p{number}") for number in range(6)]
    kept = run(two_machines, [job("bad"), *good], work)
    faults = {name: result.fault for name, result in kept.named().items()}
    assert faults == {"bad": "project", **{each.project: "" for each in good}}
    assert kept.named()["bad"].tries == 1
    again = [result for result in kept.results if result.tries == 2]
    assert again
    assert len(again) == len([line for line in kept.warnings if "failed on one, and is tried elsewhere" in line])


def test_machine_that_fails_what_others_do_is_left_out(two_machines: Client) -> None:
    """After three jobs, and by its name."""
    jobs = [job(f"p{number}") for number in range(12)]

    def work(of: FleetJob, _tree: bytes) -> FleetResult:
        time.sleep(0.01)
        return fleet_failure(of, "machine", "disk full") if here() == "one" else passed(of)

    kept = run(two_machines, jobs, work)
    assert all(result.passed for result in kept.results)
    assert len(kept.results) == len(jobs)
    assert "one is left out: it failed 3 jobs that other machines did" in kept.warnings


def test_machine_that_is_left_out_stays_out_when_its_worker_is_started_again(two_machines: Client) -> None:
    """It is retired at the next look."""
    cluster = cast("LocalCluster", two_machines.cluster)
    present: dict[str, object] = cast("Any", cluster.scheduler).workers

    def begin_again(warning: str) -> None:
        if "one is left out" in warning:
            begin_worker(cluster, "one again", "one")

    def work(of: FleetJob, _tree: bytes) -> FleetResult:
        if here() == "one":
            return fleet_failure(of, "machine", "disk full")
        end = time.monotonic() + 10
        while of.project == "last" and len(present) > 1 and time.monotonic() < end:
            time.sleep(0.05)
        return passed(of)

    jobs = [*(job(f"p{number}") for number in range(12)), job("last")]
    kept = run(two_machines, jobs, work, told=begin_again)
    assert [line for line in kept.warnings if "one is left out" in line]
    assert "one again" in cluster.worker_spec
    assert len(present) == 1
    assert all(result.passed for result in kept.results)


def test_job_that_failed_by_our_bug_elsewhere_strikes_no_machine(two_machines: Client) -> None:
    """Nobody did it."""

    def work(of: FleetJob, _tree: bytes) -> FleetResult:
        return fleet_failure(of, "machine" if here() == "one" else "burnish", "nothing")

    kept = run(two_machines, [job(f"p{number}") for number in range(12)], work)
    assert {result.fault for result in kept.results} == {"burnish"}
    assert [line for line in kept.warnings if "failed on one" in line]
    assert not [line for line in kept.warnings if "left out" in line]


@pytest.mark.parametrize("comes_again", [True, False])
def test_job_that_was_sent_elsewhere_does_not_wait_for_a_worker_that_is_gone(
    two_machines: Client,
    comes_again: bool,  # noqa: FBT001 - as given
) -> None:
    """It goes to the worker that its nanny started again, which has another address; or it is given up."""
    cluster = cast("LocalCluster", two_machines.cluster)
    gone, tries = threading.Event(), list[int]()

    def replace_two() -> None:
        gone.wait(30)
        end_worker(cluster, "two")
        if comes_again:
            begin_worker(cluster, "two again", "two")

    def work(of: FleetJob, _tree: bytes) -> FleetResult:
        if here() == "one":
            return fleet_failure(of, "machine", "disk full")
        tries.append(1)
        if len(tries) == 1:
            gone.set()
            time.sleep(1)
        return passed(of)

    thread = threading.Thread(target=replace_two)
    thread.start()
    jobs = [job(f"p{number}") for number in range(2)]
    kept = run(two_machines, jobs, work, patience_seconds=3.0)
    thread.join(30)
    assert len(kept.results) == 2
    if comes_again:
        assert {result.fault for result in kept.results} == {""}
    else:
        assert "machine" in {result.fault for result in kept.results}


def test_failure_on_every_machine_is_a_result(two_machines: Client) -> None:
    """It is not tried for ever, and no machine is left out for it."""
    kept = run(two_machines, [job()], lambda of, _tree: fleet_failure(of, "machine", "no network"))
    (result,) = kept.results
    assert (result.fault, result.reason, result.tries) == ("machine", "no network", 2)
    assert not any("left out" in line for line in kept.warnings)


def test_job_that_no_worker_can_do_is_given_up_with_what_is_lacking(two_machines: Client) -> None:
    """The others are done all the same."""
    jobs = [job("hello", OTHER), job("there")]
    kept = run(two_machines, jobs, lambda of, _tree: passed(of), patience_seconds=0.0)
    assert {result.platform: (result.fault, result.reason) for result in kept.results} == {
        OTHER: ("machine", f"no worker has platform:{OTHER}"),
        HOST: ("", ""),
    }


def test_error_of_ours_ends_its_job_alone(two_machines: Client) -> None:
    """It is named, and the fleet goes on."""

    def work(of: FleetJob, _tree: bytes) -> FleetResult:
        if of.project == "bad":
            raise KeyError("missing")
        return passed(of)

    kept = run(two_machines, [job("bad"), job("good")], work).named()
    assert (kept["bad"].fault, kept["bad"].reason) == ("burnish", "KeyError: 'missing'")
    assert kept["good"].passed


def test_answer_counts_for_the_job_that_was_asked_for(two_machines: Client) -> None:
    """Whatever job, folder or page a worker names in it: its names become paths on this machine."""
    foreign = {"project": "../../escaped", "platform": "/etc", "report": "//evil", "tries": 9, "key": "0"}
    asked = job("asked")
    (result,) = run(two_machines, [asked], lambda of, _tree: passed(of, command="tune", **foreign)).results
    assert result == msgspec.structs.replace(passed(asked), machine=result.machine)


@pytest.mark.parametrize("content", [b"\xc1", b"\xa2\xff\xff", b"\x91" * 100_000, "text", None])
def test_answer_that_is_none_ends_its_job_alone(two_machines: Client, content: Any) -> None:
    """It is told, and the other job is done."""

    def work(order: bytes, _tree: bytes) -> bytes:
        of = msgspec.json.decode(order, type=FleetJob)
        good = msgspec.msgpack.encode(JobAnswer(result=passed(of)))
        return cast("bytes", content) if of.project == "bad" else good

    kept = Kept()
    WORK.append(work)
    fleet = Fleet(
        jobs=[job("bad"), job("good")],
        trees={},
        keep=lambda result, _report: kept.results.append(result),
        warn=print,
        work=do_work,
    )
    collect(two_machines, fleet)
    assert kept.named()["bad"].fault == "burnish"
    assert kept.named()["bad"].reason.startswith("the worker's answer cannot be read")
    assert kept.named()["good"].passed


def test_job_whose_workers_died_is_done_again_alone(two_machines: Client) -> None:
    """It may never have begun: Dask counts a death against all that the worker was given. It is not tried for ever."""
    begun, ended = list[str](), list[str]()

    def work(of: FleetJob, _tree: bytes) -> FleetResult:
        tries = begun.count(of.project)
        assert not tries or len(begun) == len(ended)  # nothing beside it
        begun.append(of.project)
        time.sleep(0.02)
        ended.append(of.project)
        if of.project == "bad" or (of.project == "beside" and not tries):
            raise KilledWorker("key", cast("WorkerState", SimpleNamespace(address="tcp://h:1")), 3)
        return passed(of)

    good = [job(f"p{number}") for number in range(8)]
    kept = run(two_machines, [job("bad"), job("beside"), *good], work)
    results = kept.named()
    assert sorted(begun[-2:]) == ["bad", "beside"]
    assert len(begun) == len(good) + 4
    assert (results["bad"].fault, results["bad"].tries) == ("machine", 2)
    assert results["bad"].reason.startswith("4 workers died that had this job alone")
    assert (results["beside"].passed, results["beside"].tries) == (True, 2)
    assert all(results[each.project].passed for each in good)
    assert len([line for line in kept.warnings if "it is done again, alone" in line]) == 2


def test_interrupted_fleet_leaves_nothing_with_the_scheduler(two_machines: Client) -> None:
    """What it gave away is taken back, whatever stops it."""

    def keep(_result: FleetResult, _report: bytes) -> None:
        raise KeyboardInterrupt

    def work(order: bytes, _tree: bytes) -> bytes:
        time.sleep(0.05)
        return msgspec.msgpack.encode(JobAnswer(result=passed(msgspec.json.decode(order, type=FleetJob))))

    WORK.append(work)
    jobs = [job(f"p{number}") for number in range(20)]
    with pytest.raises(KeyboardInterrupt):
        collect(two_machines, Fleet(jobs=jobs, trees={}, keep=keep, warn=print, work=do_work))
    end = time.monotonic() + 10
    while any(two_machines.processing().values()) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(two_machines.processing().values())


def test_lost_scheduler_is_told_with_how_to_go_on() -> None:
    """What had arrived is kept."""
    kept: list[FleetResult] = []
    cluster = cluster_here(1, resources=resources_of("one", "", [HOST], [], 1))

    def work(order: bytes, _tree: bytes) -> bytes:
        of = msgspec.json.decode(order, type=FleetJob)
        time.sleep(0 if of.project == "p0" else 0.5)
        return msgspec.msgpack.encode(JobAnswer(result=passed(of)))

    def keep(result: FleetResult, _report: bytes) -> None:
        kept.append(result)
        cluster.close()

    WORK.append(work)
    fleet = Fleet(jobs=[job(f"p{number}") for number in range(3)], trees={}, keep=keep, warn=print, work=do_work)
    with Client(cluster, set_as_default=False) as client, pytest.raises(Refused, match="the scheduler is gone") as lost:
        collect(client, fleet)
    assert len(kept) == 1
    assert "--resume" in lost.value.next_command
