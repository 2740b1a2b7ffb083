"""What `burnish fleet` and `burnish worker` do: read what is asked, run it, write and show the results."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import psutil

from burnish.cargo.toolchain import read_toolchain
from burnish.commands.arguments import flags_of
from burnish.commands.calls import Call, show_document
from burnish.commands.display import is_opened
from burnish.commands.fleet_options import FLEET_OPTIONS
from burnish.errors import UNTOUCHED, BurnishError, GateFailed, Interrupted, Refused, UsageError
from burnish.fleet import clusters
from burnish.fleet.ci_matrix import github_matrix
from burnish.fleet.clusters import Tls, require_dask, require_private
from burnish.fleet.collecting import Fleet, collect
from burnish.fleet.crew import resources_of, workers_seen
from burnish.fleet.dashboard import dashboard_of
from burnish.fleet.due_jobs import jobs_of, only_named, still_to_do
from burnish.fleet.fleet_document import FleetDocument, counted_faults, document_of
from burnish.fleet.fleet_jobs import FleetJob, FleetResult, ProjectSource, fleet_failure
from burnish.fleet.fleet_page import render_fleet
from burnish.fleet.fleet_table import fleet_junit, fleet_table, role_of, verdict_words
from burnish.fleet.fleet_toml import FleetProject, read_fleet
from burnish.fleet.ledger import Ledger
from burnish.fleet.machine import machine_name, rustc_line
from burnish.fleet.packing import pack_tree, tree_digest
from burnish.fleet.reachable import reachable, why_unreachable
from burnish.fleet.serving import serve
from burnish.fleet.trial_cluster import TrialCluster
from burnish.job.elsewhere import Helpers
from burnish.system.console import Step
from burnish.system.machine_turns import MachineTurns
from burnish.system.process import Programs
from burnish.system.regular import read_regular
from burnish.text import format_about, shortened
from burnish.transaction.files import write_synced

if TYPE_CHECKING:
    from distributed import Client

_USUAL_FILE = "fleet.toml"
_ASK_SECONDS = 60.0
_LONGEST_REASON = 160
_OWN_CHECKOUTS = f"{UNTOUCHED}: each job had a checkout of its own"
Trees = dict[str, bytes]


def run_fleet(call: Call) -> None:
    """Do the jobs that are asked for, and show the table. Raise GateFailed where one of them did not pass."""
    require_dask()
    programs = Programs(env=call.env)
    file, projects = _projects(call, programs)
    projects, trees = _with_trees(projects, programs)
    jobs = jobs_of(projects)
    chosen = only_named(jobs, call.fleet.only)
    ledger = Ledger((call.cwd / call.fleet.results).resolve() if call.fleet.results else file.parent / "fleet")
    with ledger.held():
        try:
            _do(call, chosen, trees, ledger, programs)
        except Interrupted as interruption:
            interruption.files = _OWN_CHECKOUTS
            interruption.next_command = f"{_again(call)} --resume"
            raise
        finally:
            document = _write(document_of(jobs, ledger.read()), ledger)
    if call.json:
        show_document(document, call.console)
    else:
        call.console.result(f"{fleet_table(document, call.console.paint)}\n\n{ledger.folder / 'index.html'}")
    _require_passed(chosen, document, call)


def print_ci_matrix(call: Call) -> None:
    """Print the jobs that are asked for as a matrix."""
    file, projects = _projects(call, Programs(env=call.env))
    call.console.result(github_matrix(only_named(jobs_of(projects), call.fleet.only), file.name))


def _projects(call: Call, programs: Programs) -> tuple[Path, list[FleetProject]]:
    file = (call.cwd / (call.fleet.file or _USUAL_FILE)).resolve()
    try:
        content = read_regular(file)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{file} cannot be read: {error}",
            expected="a file with tables [[projects]]",
            next_command="burnish help fleet",
        ) from error
    host = ""
    with contextlib.suppress(BurnishError):
        host = read_toolchain(programs, file.parent, _ASK_SECONDS).host
    return file, read_fleet(content, file, host=host)


def _with_trees(projects: Sequence[FleetProject], programs: Programs) -> tuple[list[FleetProject], Trees]:
    """Return the projects with the revision of each, and the trees of those that are sent, by their digests."""
    trees: Trees = {}

    def with_revision(project: FleetProject) -> FleetProject:
        if project.source.kind != "path":
            return project
        tree = pack_tree(programs, Path(project.source.place))
        digest = tree_digest(tree)
        trees[digest] = tree
        return replace(project, source=ProjectSource(kind="path", place=project.source.place, revision=digest))

    return [with_revision(project) for project in projects], trees


def _do(call: Call, chosen: Sequence[FleetJob], trees: Trees, ledger: Ledger, programs: Programs) -> None:
    tls = tls_of(call)
    if call.fleet.scheduler is not None:
        with clusters.connected(call.fleet.scheduler, tls, insecure=call.fleet.insecure) as client:
            _show_dashboard(call, client)
            crew = [each for each in workers_seen(client.scheduler_info(n_workers=-1)) if not each.refusal]
            if due := _due(call, chosen, ledger, {each.rustc for each in crew}):
                with _told(call, due, trees, ledger) as fleet:
                    collect(client, fleet)
        return
    due = _due(call, chosen, ledger, [rustc_line(programs)])
    if not due:
        return
    reasons = why_unreachable(programs, dict.fromkeys(job.platform for job in due))
    for job in due:
        if reasons[job.platform]:
            told = f"{job.platform} cannot be built here: {reasons[job.platform]}"
            _keep(call, ledger, fleet_failure(job, "machine", told, machine=machine_name()), b"")
    due = [job for job in due if not reasons[job.platform]]
    if due:
        with clusters.embedded(_of_this_machine(due)) as client:
            _show_dashboard(call, client)
            with _told(call, due, trees, ledger) as fleet:
                collect(client, replace(fleet, patience_seconds=0.0))


def _show_dashboard(call: Call, client: Client) -> None:
    """Tell where Dask's page is, where that is asked for, and open it where somebody sits at the terminal."""
    if not call.fleet.dashboard:
        return
    address = dashboard_of(client)
    call.console.say(f"Dask's page: {address}")
    if call.console.is_watched and not is_opened(address):
        call.console.warn(f"no browser was found that could be started: {address} is Dask's page")


def _due(call: Call, chosen: Sequence[FleetJob], ledger: Ledger, toolchains: Iterable[str]) -> list[FleetJob]:
    asked = call.fleet
    due = still_to_do(chosen, ledger.read(), toolchains, resume=asked.resume, retry_failed=asked.retry_failed)
    if len(due) < len(chosen):
        call.console.say(f"{len(chosen) - len(due)} of {len(chosen)} jobs are left as they are")
    return due


def _of_this_machine(due: Sequence[FleetJob]) -> Mapping[str, float]:
    """Return what the only worker has: each label that is asked for, since there is no other machine to mean."""
    platforms = dict.fromkeys(job.platform for job in due)
    labels = dict.fromkeys(label for job in due for label in job.labels)
    return resources_of(machine_name(), "", platforms, labels, psutil.virtual_memory().total)


@contextlib.contextmanager
def _told(call: Call, due: Sequence[FleetJob], trees: Trees, ledger: Ledger) -> Iterator[Fleet]:
    """Yield what is to be done, with a step that says how far it is."""
    with call.console.step(f"fleet: {len(due)} job{'s' if len(due) > 1 else ''}") as step:
        yield Fleet(
            jobs=due,
            trees=trees,
            keep=lambda result, report: _keep(call, ledger, result, report),
            warn=call.console.warn,
            watch=lambda done, now: _show(step, done, len(due), now),
        )


def _show(step: Step, done: int, known: int, now: str) -> None:
    step.count(done, known, "jobs", is_even=True)
    step.update(now)


def _keep(call: Call, ledger: Ledger, result: FleetResult, report: bytes) -> None:
    kept = ledger.add(result, report)
    why = "" if kept.passed else f": {shortened(kept.reason, _LONGEST_REASON)}"
    where = f" ({kept.machine}, {format_about(kept.seconds)})" if kept.seconds else ""
    call.console.say(f"    {kept.name}: {verdict_words(kept)}{where}{why}", role_of(kept))


def _write(document: FleetDocument, ledger: Ledger) -> FleetDocument:
    written = msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"
    write_synced(ledger.folder / "report.json", written, mode=0o666)
    for name, render in {"index.html": render_fleet, "junit.xml": fleet_junit}.items():
        write_synced(ledger.folder / name, render(document).encode(), mode=0o666)
    return document


def _require_passed(chosen: Sequence[FleetJob], document: FleetDocument, call: Call) -> None:
    keys = {job.key for job in chosen}
    unmet = [result for result in document.results if result.key in keys and not result.passed]
    missing = len(keys) - sum(result.key in keys for result in document.results)
    if not unmet and not missing:
        return
    is_worth_it = any(result.fault in {"machine", "burnish"} for result in unmet)
    option = "--resume" if missing else "--retry-failed" if is_worth_it else ""
    raise GateFailed(
        _unmet_words(unmet, missing, len(chosen)),
        expected="every job to be kept, met or without anything to do",
        files=_OWN_CHECKOUTS,
        next_command=f"{_again(call)} {option}" if option else "the reports, by the page above",
    )


def _unmet_words(unmet: Sequence[FleetResult], missing: int, jobs: int) -> str:
    """Return how many jobs did not pass and how many have no result, where any."""
    parts = [f"{len(unmet)} of {jobs} jobs did not pass: {counted_faults(unmet)}"] if unmet else []
    parts += [f"{missing} of {jobs} jobs have no result"] if missing else []
    return "; ".join(parts)


def _again(call: Call) -> str:
    """Return the command that does the same with the same results, but for what is to be done again."""
    words = ["burnish", "fleet", call.fleet.file or _USUAL_FILE]
    for name in FLEET_OPTIONS:
        value, flag = getattr(call.fleet, name), flags_of(name)[-1]
        if not value or name in {"file", "resume", "retry_failed", "matrix"}:
            continue
        for each in value if isinstance(value, tuple) else [value]:
            words += [flag] if each is True else [flag, str(each)]
    return shlex.join(words)


def tls_of(call: Call) -> Tls:
    """Return the files of an encrypted connection, as they were given."""
    asked = call.fleet
    files = (asked.tls_ca, asked.tls_cert, asked.tls_key)
    ca_file, cert, key = (call.cwd / name if name else None for name in files)
    return Tls(ca_file=ca_file, cert=cert, key=key)


@contextlib.contextmanager
def trial_helpers(call: Call) -> Iterator[Helpers]:
    """Yield the workers of the scheduler that is named, and the turns of this machine: it may have a worker of its own.

    Raise Refused where no scheduler answers, or others can reach it without encryption.
    """
    require_dask()
    address, turns = call.fleet.scheduler or "", MachineTurns()
    with clusters.connected(address, tls_of(call), insecure=call.fleet.insecure) as client, turns.building():
        cluster = TrialCluster(client=client, console=call.console)
        try:
            yield Helpers(turns=turns, elsewhere=cluster)
        finally:
            cluster.clear()


def start_worker(call: Call) -> None:
    """Work for a fleet until the scheduler or the user says that it is over."""
    require_dask()
    address, tls = call.fleet.scheduler, tls_of(call)
    if address is None:
        raise UsageError(
            "a worker needs the address of a scheduler",
            expected="tls://HOST:PORT, or tcp://127.0.0.1:PORT on one machine",
            next_command="burnish help worker",
        )
    require_private(address, tls, insecure=call.fleet.insecure)
    programs = Programs(env=call.env)
    platforms = reachable(programs)
    if not platforms:
        raise Refused("no platform can be built here", expected="a Rust toolchain", next_command="burnish doctor")
    resources = resources_of(
        machine_name(), rustc_line(programs), platforms, call.fleet.label, psutil.virtual_memory().total
    )
    call.console.say(f"{machine_name()} works for {address}: {', '.join(platforms)}")
    serve(address, tls, machine_name(), resources, insecure=call.fleet.insecure)
