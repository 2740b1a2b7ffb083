"""The client's side of a fleet: hand the jobs to Dask, write down each result as it arrives, and try again elsewhere.

Dask does the scheduling: it gives a job to a worker that has what it takes, and again to another one where a worker
dies. Ours is what Dask cannot know: a job that failed by the machine's fault is tried on another machine, and a machine
that fails jobs which others do is left out.
"""

from __future__ import annotations

import queue
import secrets
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

import msgspec

from burnish.errors import Refused
from burnish.fleet.crew import WorkerSeen, lacking_words, taken_by, workers_seen
from burnish.fleet.fleet_jobs import FleetJob, FleetResult, fleet_failure
from burnish.fleet.job_run import JobAnswer, do_order

if TYPE_CHECKING:
    from distributed import Client, Future

_LOOK_SECONDS = 2.0
_GATHER_SECONDS = 30.0
_MOST_TRIES = 3
_FAILURES_OF_A_BROKEN_MACHINE = 3
_RETRIES_FIRST = 10
_JOBS_OF_A_WORKER = 2
_LONGEST_ERROR = 400

_Kind = tuple[str, tuple[str, ...], int]
Keep = Callable[[FleetResult, bytes], None]
Watcher = Callable[[int, str], None]
"""Is told how many jobs are done, and what the machines do now."""


@dataclass(kw_only=True)
class _Begun:
    """A job that Dask has: its place in the file, how often it was tried, and on which machines it failed.

    `is_alone` says that Dask has no other job of the fleet beside it. `sent_to` are the addresses of the workers that
    may do it; empty where all may.
    """

    job: FleetJob
    place: int
    tries: int = 1
    failed_on: list[str] = field(default_factory=list)
    future: Future[Any] | None = None
    sent_to: frozenset[str] = frozenset()
    is_alone: bool = False


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """What is to be done: `trees` are the archives of path projects by their digests.

    `keep` is given each result as it arrives; `warn` a sentence that the user should see. A job that no worker can do
    is given up after `patience_seconds`. `work` is what the workers call.
    """

    jobs: Sequence[FleetJob]
    trees: Mapping[str, bytes]
    keep: Keep
    warn: Callable[[str], None]
    watch: Watcher = lambda _done, _now: None
    patience_seconds: float = 60.0
    work: Callable[[bytes, bytes], bytes] = do_order


def collect(client: Client, fleet: Fleet) -> None:
    """Do all jobs, each result kept as it arrives; return when the last one has.

    However it is left, nothing is left with the scheduler. Raise Refused where that is lost.
    """
    from distributed.client import ClosedClientError

    collector = _Collector(client, fleet)
    try:
        collector.run()
    except (OSError, ClosedClientError) as error:
        raise _lost() from error
    finally:
        collector.cancel_all()


class _Collector:
    def __init__(self, client: Client, fleet: Fleet) -> None:
        self._client, self._fleet = client, fleet
        self._ended: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._open: dict[str, _Begun] = {}
        self._suspects: list[_Begun] = []
        self._waiting: dict[_Kind, deque[_Begun]] = defaultdict(deque)
        self._word = secrets.token_hex(4)
        self._done, self._now, self._begun = 0, "", 0
        self._crew: list[WorkerSeen] = []
        self._told: set[str] = set()
        self._strikes: dict[str, set[str]] = {}
        self._left_out: set[str] = set()
        self._waiting_since: float | None = None

    def run(self) -> None:
        self._look()
        for place, job in enumerate(self._fleet.jobs):
            self._waiting[_kind_of(job)].append(_Begun(job=job, place=place))
        looked = time.monotonic()
        while self._begin_some():
            try:
                self._take(self._ended.get(timeout=_LOOK_SECONDS))
            except queue.Empty:
                looked = 0.0
            if time.monotonic() - looked > _LOOK_SECONDS:
                self._look()
                self._hand_on_what_is_stuck()
                self._give_up_what_nobody_can()
                looked = time.monotonic()

    def _begin_some(self) -> bool:
        """Hand on what the workers can take, and what is to be done alone once nothing else is; return whether any is.

        A worker that dies casts suspicion on all that it was given, so that it is given little: the job that it does,
        and the next.
        """
        for waiting in filter(None, self._waiting.values()):
            for _ in range(min(len(waiting), self._room_for(waiting[0].job))):
                self._begin(waiting.popleft())
        is_any = bool(self._open or any(self._waiting.values()))
        if not is_any and self._suspects:
            self._begin_alone()
        return is_any or bool(self._open)

    def _room_for(self, job: FleetJob) -> int:
        kind = _kind_of(job)
        return _JOBS_OF_A_WORKER * len(self._able(job)) - sum(
            _kind_of(each.job) == kind for each in self._open.values()
        )

    def _begin_alone(self) -> None:
        begun = self._suspects.pop(0)
        begun.is_alone = True
        begun.tries += 1
        self._begin(begun)

    def cancel_all(self) -> None:
        futures = [begun.future for begun in self._open.values() if begun.future is not None]
        if futures and self._client.status == "running":
            self._client.cancel(futures, force=True)

    def _begin(self, begun: _Begun) -> None:
        """Hand a job to Dask: to any worker, or to those of other machines, before what has not been tried yet."""
        job = begun.job
        self._begun += 1
        key = f"{job.project}-{job.platform}-{self._word}-{self._begun}"
        begun.sent_to = frozenset(each.address for each in self._others(begun)) if begun.failed_on else frozenset()
        begun.future = self._client.submit(
            self._fleet.work,
            msgspec.json.encode(job),
            self._fleet.trees.get(job.source.revision, b""),
            key=key,
            pure=False,
            workers=sorted(begun.sent_to) or None,
            resources=taken_by(job),
            priority=_RETRIES_FIRST if begun.failed_on else -begun.place,
        )
        self._open[key] = begun
        begun.future.add_done_callback(lambda _future: self._ended.put(key))

    def _others(self, begun: _Begun) -> list[WorkerSeen]:
        """Return the workers that can do a job, of machines on which it has not failed."""
        return [each for each in self._able(begun.job) if each.machine not in begun.failed_on]

    def _able(self, job: FleetJob) -> list[WorkerSeen]:
        return [each for each in self._crew if each.can_do(job) and each.machine not in self._left_out]

    def _take(self, key: str) -> None:
        begun = self._open.get(key)
        if begun is None or begun.future is None:
            return
        try:
            answer = self._answer(begun, begun.future)
        except TimeoutError:  # its worker died before it was fetched: Dask does the job again
            begun.future.add_done_callback(lambda _future: self._ended.put(key))
            return
        del self._open[key]
        if answer is None:
            self._suspects.append(begun)
            self._fleet.warn(
                f"workers died that had {begun.job.name}, or a job beside it: it is done again, alone, at the end"
            )
            return
        result = _of_job(begun, answer.result)
        if result.machine and result.fault == "machine" and self._tried_elsewhere(begun, result):
            return
        self._note_broken(begun, result)
        self._fleet.keep(result, answer.report)
        self._done += 1
        self._fleet.watch(self._done, self._now)

    def _answer(self, begun: _Begun, future: Future[Any]) -> JobAnswer | None:
        """Return a job's answer, None where it is to be done once more alone.

        Dask counts the death of a worker against each job that it had given to it, begun or not.
        """
        from distributed.scheduler import KilledWorker

        if future.status == "finished":
            content = future.result(timeout=_GATHER_SECONDS)
            return _read_answer(begun.job, content)
        if future.status in {"cancelled", "lost"}:
            raise _lost()
        error = future.exception(timeout=_GATHER_SECONDS)
        if isinstance(error, KilledWorker):
            return JobAnswer(result=_killed(begun.job, error.allowed_failures + 1)) if begun.is_alone else None
        return JobAnswer(
            result=fleet_failure(begun.job, "burnish", f"{type(error).__name__}: {error}"[:_LONGEST_ERROR])
        )

    def _tried_elsewhere(self, begun: _Begun, result: FleetResult) -> bool:
        """Give a job that failed by its machine's fault to another machine, where there is one."""
        begun.failed_on.append(result.machine)
        if not self._others(begun) or begun.tries >= _MOST_TRIES:
            return False
        told = f"{begun.job.name} failed on {result.machine}, and is tried elsewhere: {result.reason}"
        self._fleet.warn(told)
        begun.tries += 1
        self._begin(begun)
        return True

    def _note_broken(self, begun: _Begun, result: FleetResult) -> None:
        """Leave a machine out that failed several jobs which others could do."""
        if result.fault in {"machine", "burnish"}:
            return
        for machine in begun.failed_on:
            strikes = self._strikes.setdefault(machine, set())
            strikes.add(begun.job.key)
            if len(strikes) >= _FAILURES_OF_A_BROKEN_MACHINE and machine not in self._left_out:
                self._leave_out(machine, len(strikes))

    def _leave_out(self, machine: str, failures: int) -> None:
        self._left_out.add(machine)
        self._fleet.warn(f"{machine} is left out: it failed {failures} jobs that other machines did")
        self._retire_left_out()

    def _retire_left_out(self) -> None:
        """Take the workers of machines that are left out from Dask: one that is started again would get jobs again."""
        addresses = [each.address for each in self._crew if each.machine in self._left_out]
        if addresses:
            self._client.retire_workers(addresses)

    def _look(self) -> None:
        """See who is there; tell once of each worker that gets no job."""
        self._crew = workers_seen(self._client.scheduler_info(n_workers=-1))
        for worker in self._crew:
            if worker.refusal and worker.address not in self._told:
                self._told.add(worker.address)
                self._fleet.warn(f"the worker on {worker.machine} gets no job: {worker.refusal}")
        self._crew = [worker for worker in self._crew if not worker.refusal]
        self._retire_left_out()
        self._now = ", ".join(self._at_work())
        self._fleet.watch(self._done, self._now)

    def _at_work(self) -> Iterator[str]:
        """Yield what each machine does now."""
        machines = {each.address: each.machine for each in self._crew}
        for address, keys in self._client.processing().items():
            begun = self._open.get(str(keys[0])) if keys else None
            if begun is not None:
                yield f"{machines.get(address, address)}: {begun.job.name}"

    def _hand_on_what_is_stuck(self) -> None:
        """Send jobs on whose only workers are gone: one that its nanny started again has another address."""
        present = {each.address for each in self._crew}
        for begun in list(self._open.values()):
            if begun.sent_to and not begun.sent_to & present and self._others(begun):
                self._withdraw(begun)
                self._begin(begun)

    def _give_up_what_nobody_can(self) -> None:
        """Give up the jobs that no worker can do, once that has lasted: a worker may still come."""
        able: dict[tuple[object, ...], bool] = {}
        stuck = []
        for begun in [*self._open.values(), *chain.from_iterable(self._waiting.values())]:
            asked = (*_kind_of(begun.job), tuple(begun.failed_on))
            if asked not in able:
                able[asked] = bool(self._others(begun))
            if not able[asked]:
                stuck.append(begun)
        if not stuck:
            self._waiting_since = None
            return
        self._waiting_since = self._waiting_since or time.monotonic()
        if time.monotonic() - self._waiting_since >= self._fleet.patience_seconds:
            for begun in stuck:
                self._give_up(begun)

    def _give_up(self, begun: _Begun) -> None:
        self._withdraw(begun)
        self._fleet.keep(fleet_failure(begun.job, "machine", self._why_nobody(begun)), b"")
        self._done += 1

    def _why_nobody(self, begun: _Begun) -> str:
        if self._able(begun.job):
            return f"it failed on {', '.join(begun.failed_on)}, and the other machines are gone"
        return lacking_words(begun.job, self._crew)

    def _withdraw(self, begun: _Begun) -> None:
        """Take a job back, from Dask where that has it."""
        if begun.future is None:
            self._waiting[_kind_of(begun.job)].remove(begun)
            return
        del self._open[str(begun.future.key)]
        begun.future.cancel(force=True)


def _kind_of(job: FleetJob) -> _Kind:
    """Return what decides which workers can do a job."""
    return job.platform, job.labels, job.memory_bytes


def _read_answer(job: FleetJob, content: bytes) -> JobAnswer:
    """Return what a worker sent, or a failure that says why it is no answer."""
    try:
        return msgspec.msgpack.decode(content, type=JobAnswer)
    except (msgspec.MsgspecError, TypeError, UnicodeDecodeError, RecursionError) as error:
        told = f"the worker's answer cannot be read: {error}"[:_LONGEST_ERROR]
        return JobAnswer(result=fleet_failure(job, "burnish", told))


def _of_job(begun: _Begun, result: FleetResult) -> FleetResult:
    """Return a result as one of its job: a worker says how it went, neither what it was nor where that is kept."""
    job = begun.job
    return msgspec.structs.replace(
        result,
        key=job.key,
        project=job.project,
        platform=job.platform,
        command=job.command,
        source=job.source,
        tries=begun.tries,
        report="",
    )


def _killed(job: FleetJob, deaths: int) -> FleetResult:
    """Return the result of a job whose worker died each time. More memory may help: --retry-failed is to repeat it."""
    told = f"{deaths} workers died that had this job alone: the memory of a machine may not suffice for it"
    return fleet_failure(job, "machine", told)


def _lost() -> Refused:
    return Refused(
        "the scheduler is gone, or has dropped what it was given",
        expected="a scheduler that lives as long as the fleet; all results that arrived are kept",
        next_command="the same with --resume, once there is a scheduler",
    )
