"""The client's side of trials on a cluster: which workers build as this machine does, and what they are given.

A worker is used once it has made the same file of the project as it is, byte for byte, as this machine has. What fails
on a worker is built here before it counts for anything, and so is what a worker has died of.
"""

from __future__ import annotations

import contextlib
import itertools
import queue
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from burnish.cargo.build import Built, Cargo, built_by, telling
from burnish.cargo.command_lines import build_command
from burnish.cargo.surroundings import cargo_home
from burnish.errors import Refused
from burnish.fleet.crew import WorkerSeen, resources_for, workers_seen
from burnish.fleet.packing import pack_tree, read_lockfile, tree_digest
from burnish.fleet.trial_order import TrialAnswer, TrialOrder, TrialPlaces, tools_in
from burnish.fleet.trial_run import do_trial
from burnish.job.elsewhere import Errand
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.measure.size import size_and_digest
from burnish.search.sources import decides_builds
from burnish.sides.products import judged_file
from burnish.sides.side import cargo_of
from burnish.system.console import Console
from burnish.system.process import Finished

if TYPE_CHECKING:
    from distributed import Client, Future

_LOOK_SECONDS = 2.0
_CONNECTED = ("running", "connecting")
_GATHER_SECONDS = 60.0
_LONGEST_ERROR = 300
_LEAST_SECONDS = 0.001
# These name folders, which each machine has its own of, and how many processors to use.
_OWN_FOLDERS = frozenset({"CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "CARGO_BUILD_BUILD_DIR", "CARGO_BUILD_JOBS"})
# What of cargo's configuration says where packages are from and what is shown, and not what is built.
_HARMLESS = frozenset(
    {"alias", "cargo-new", "credential-alias", "future-incompat-report", "http", "install", "net", "registries"}
    | {"registry", "source", "term", "cache", "include"}
)
# Cargo writes others into its messages and ids in ways of its own.
_PLAIN_PATH = re.compile(r"[\w./+@-]+", re.ASCII)


class _SchedulerLost(Exception):
    """The scheduler is gone."""


@dataclass(kw_only=True)
class _Sent:
    """An order with the workers that may carry it out, and what came of it."""

    order: TrialOrder
    addresses: tuple[str, ...]
    future: Future[Any] | None = None
    answer: TrialAnswer | None = None


@dataclass(kw_only=True)
class TrialCluster:
    """The workers of a scheduler, as builders for one search.

    `proven` are the addresses of those that build as this machine does, `told` who was named for not doing so.
    `declined` are what came to nothing there, by the overlay's path: it is built here.
    """

    client: Client
    console: Console
    work: Callable[[bytes, bytes], bytes] = do_trial
    proven: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    declined: set[Path | None] = field(default_factory=set)
    _bar: str | None = None
    _tree: bytes = b""
    _digest: str = ""
    _lockfile: bytes = b""
    _made: Path | None = None
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _word: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def places(self) -> int:
        """Return how many workers may build, as far as is known."""
        try:
            return 0 if self._bar else len(self._crew())
        except _SchedulerLost:
            self._lose()
            return 0

    def build(
        self, job: Job, notes: Notebook, errands: Sequence[Errand], on_end: Callable[[], None]
    ) -> list[Built | None]:
        """Build on the workers that do it as this machine does; None for what is to be built here."""
        try:
            return self._build(job, notes, errands, on_end)
        except _SchedulerLost:
            self._lose()
            return [None] * len(errands)

    def clear(self) -> None:
        """Remove what was made for the last builds."""
        if self._made is not None:
            shutil.rmtree(self._made, ignore_errors=True)

    def _lose(self) -> None:
        """Go on without a scheduler."""
        if not self._bar:
            self._bar = "the scheduler is gone"
            self.console.warn(f"trials are built on this machine: {self._bar}")

    def _build(
        self, job: Job, notes: Notebook, errands: Sequence[Errand], on_end: Callable[[], None]
    ) -> list[Built | None]:
        made: list[Built | None] = [None] * len(errands)
        wanted = [number for number, errand in enumerate(errands) if errand.overlay not in self.declined]
        if not wanted or self._is_barred(job):
            return made
        self.clear()
        self._made = _folder_of(job)
        self._prove(job, notes)
        able = tuple(each.address for each in self._crew(job.triple) if each.address in self.proven)
        sent = {number: self._sent(job, errands[number], able) for number in wanted} if able else {}
        self._carry_out(list(sent.values()), on_end)
        for number in wanted:
            made[number] = _read(job, errands[number], sent[number]) if number in sent else None
        self.declined.update(errands[number].overlay for number in wanted if made[number] is None)
        return made

    def _is_barred(self, job: Job) -> bool:
        """Return whether no worker can build for this project; the reason is told once."""
        if self._bar is None:
            try:
                self._bar = _why_not(job)
                if not self._bar:
                    self._tree = pack_tree(job.programs, job.project.root)
                    self._digest, self._lockfile = tree_digest(self._tree), read_lockfile(job.project.root)
            except Refused as error:
                self._bar = error.found
            if self._bar:
                self.console.warn(f"trials are built on this machine: {self._bar}")
        return bool(self._bar)

    def _crew(self, triple: str = "") -> list[WorkerSeen]:
        """Return the workers that are there and of our version; name the others once."""
        crew = workers_seen(self._information())
        for worker in crew:
            if worker.refusal:
                self._tell(worker, worker.refusal)
            elif triple and not worker.can_build(triple):
                self._tell(worker, f"it cannot build for {triple}")
        return [worker for worker in crew if worker.address not in self.told]

    def _information(self) -> Mapping[str, Any]:
        """Return what the scheduler says of its workers."""
        with _lost_where_it_is():
            if self.client.status not in _CONNECTED:
                raise _SchedulerLost
            return self.client.scheduler_info(n_workers=-1)

    def _tell(self, worker: WorkerSeen, why: str) -> None:
        if worker.address not in self.told:
            self.told.add(worker.address)
            self.console.warn(f"the worker on {worker.machine} builds no trials: {why}")

    def _prove(self, job: Job, notes: Notebook) -> None:
        """Let each worker that is new build the project as it is; what makes another file of it is not used."""
        new = [worker for worker in self._crew(job.triple) if worker.address not in self.proven]
        if not new:
            return
        errand, wanted = _as_it_is(job), notes.side("baseline").sha256
        with self.console.step(f"{len(new)} worker{'s' if len(new) > 1 else ''}: the project as it is") as step:
            sent = [self._sent(job, errand, (worker.address,)) for worker in new]
            self._carry_out(sent, lambda: None)
            for worker, each in zip(new, sent, strict=True):
                why = _difference(job, errand, each, wanted)
                if why:
                    self._tell(worker, why)
                else:
                    self.proven.add(worker.address)
            same = sum(worker.address in self.proven for worker in new)
            step.summary = f"{same} of {len(new)} build as this machine does"

    def _sent(self, job: Job, errand: Errand, addresses: tuple[str, ...]) -> _Sent:
        made = _folder_of(job) / f"{next(self._numbers):04}"
        order = _order(job, errand, made, tree=self._digest, lockfile=self._lockfile)
        return _Sent(order=order, addresses=addresses)

    def _carry_out(self, sent: Sequence[_Sent], on_end: Callable[[], None]) -> None:
        """Let workers carry out orders; one whose workers are all gone, or have died of it, stays without an answer."""
        ended: queue.SimpleQueue[int] = queue.SimpleQueue()
        waiting = dict(enumerate(sent))
        try:
            for number, each in waiting.items():
                each.future = self._submit(each)
                each.future.add_done_callback(lambda _future, number=number: ended.put(number))
            while waiting:
                try:
                    each = waiting.pop(ended.get(timeout=_LOOK_SECONDS))
                except queue.Empty:
                    self._drop_lost(waiting)
                    continue
                each.answer = self._answer(each)
                on_end()
        finally:
            if waiting and self.client.status == "running":
                with contextlib.suppress(OSError):
                    self.client.cancel([each.future for each in waiting.values() if each.future], force=True)

    def _submit(self, sent: _Sent) -> Future[Any]:
        with _lost_where_it_is():
            return self.client.submit(
                self.work,
                msgspec.json.encode(sent.order),
                self._tree,
                key=f"trial-{self._word}-{next(self._numbers)}",
                pure=False,
                workers=sorted(sent.addresses),
                resources=resources_for(sent.order.triple),
            )

    def _drop_lost(self, waiting: dict[int, _Sent]) -> None:
        """Take back what no worker is left for: one that its nanny has started again has another address."""
        present = set(self._information()["workers"])
        for number, each in list(waiting.items()):
            if each.future is not None and not present.intersection(each.addresses):
                each.future.cancel(force=True)
                del waiting[number]

    def _answer(self, sent: _Sent) -> TrialAnswer | None:
        future = sent.future
        if future is None or future.status != "finished":
            return None
        try:
            return msgspec.msgpack.decode(future.result(timeout=_GATHER_SECONDS), type=TrialAnswer)
        except (msgspec.MsgspecError, TimeoutError, OSError):
            return None


@contextlib.contextmanager
def _lost_where_it_is() -> Iterator[None]:
    """Let what Dask raises where the scheduler is gone be one error, apart from those of our own disk."""
    from distributed.client import ClosedClientError

    try:
        yield
    except (OSError, ClosedClientError) as error:
        raise _SchedulerLost from error


def _why_not(job: Job) -> str:
    """Return what of this machine decides how the project is built and is on no worker; empty where nothing does."""
    root = job.project.root
    env = job.programs.env
    variables = sorted(name for name in env if decides_builds(name) and name not in _OWN_FOLDERS)
    if variables:
        return f"the variable {variables[0]} is set here, and workers do not have it"
    if job.project.selection.config:
        return "--config is given, and workers do not have it"
    for layer in job.surroundings.layers_in(root):
        decisive = sorted(set(layer.data) - _HARMLESS)
        if not Path(layer.path).is_relative_to(root) and decisive:
            return f"{layer.path} sets [{decisive[0]}], and workers do not have that file"
    if not _PLAIN_PATH.fullmatch(str(root)):
        return f"the path {root} has characters that cargo writes in ways of its own"
    return ""


def _folder_of(job: Job) -> Path:
    """Return where files of other machines are while they are looked at."""
    return job.builds / "elsewhere"


def _as_it_is(job: Job) -> Errand:
    cargo = cargo_of(job, job.opened, "baseline").without_failures
    return Errand(cargo=cargo, command=tuple(build_command(job.project)))


def _order(job: Job, errand: Errand, made: Path, *, tree: str, lockfile: bytes) -> TrialOrder:
    cargo, root = errand.cargo, job.project.root
    env = {name: value for name, value in cargo.own_env.items() if name != "CARGO_TARGET_DIR"}
    return TrialOrder(
        argv=tuple(cargo.command(telling(errand.command))),
        env=env,
        triple=cargo.toolkit.triple,
        overlay=errand.overlay.read_text(encoding="utf-8") if errand.overlay else "",
        overlay_path=str(errand.overlay or ""),
        tree=tree,
        lockfile=lockfile,
        toolchain=job.programs.env.get("RUSTUP_TOOLCHAIN", ""),
        rustc=cargo.toolkit.rustc,
        cargo=cargo.toolkit.cargo,
        tools=tools_in(job.programs, root, cargo.toolkit.rustc, cargo.toolkit.cargo),
        places=TrialPlaces(
            root=str(root),
            cargo_home=str(cargo_home(job.programs.env)),
            target=str(cargo.target_directory or job.project.target_directory),
            made=str(made),
        ),
        time_limit_seconds=job.limits.build_seconds,
    )


def _read(job: Job, errand: Errand, sent: _Sent) -> Built | None:
    """Write what a worker made, and return it as if cargo had made it here; None where it did not build."""
    answer, made = sent.answer, Path(sent.order.places.made)
    if answer is None or answer.refusal or answer.exit_status or answer.timed_out:
        return None
    for file in answer.files:
        path = Path(file.path)
        if ".." in path.parts or not path.is_relative_to(made):
            return None
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        path.chmod(file.mode & 0o755)
    return _built(errand.cargo, errand.command, answer, job.limits.build_seconds)


def _built(cargo: Cargo, command: Sequence[str], answer: TrialAnswer, limit_seconds: float) -> Built:
    finished = Finished(
        argv=tuple(cargo.command(command)),
        exit_status=answer.exit_status,
        stdout=answer.stdout,
        stderr=answer.stderr,
        seconds=max(answer.seconds, _LEAST_SECONDS),
    )
    return built_by(cargo, command, finished, timeout_seconds=limit_seconds)


def _difference(job: Job, errand: Errand, sent: _Sent, wanted: str | None) -> str:
    """Return why a worker does not build as this machine does, empty where it does."""
    answer = sent.answer
    if answer is None:
        return "it was lost while it built the project as it is"
    if answer.refusal:
        return answer.refusal
    built = _read(job, errand, sent)
    file = judged_file(job.project, built) if built else None
    if file is None:
        said = answer.stderr.decode("utf-8", "replace").strip().splitlines()
        return f"the project as it is does not build there: {next(reversed(said), '')[:_LONGEST_ERROR]}"
    if size_and_digest(file)[1] != wanted:
        return "it makes another file of the project as it is than this machine does"
    return ""
