"""`burnish fleet` as it is typed, on the embedded cluster, with jobs that take no time."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import msgspec
import pytest

from burnish.commands import fleets
from burnish.commands.calls import Call
from burnish.commands.fleet_options import FleetOptions
from burnish.errors import GateFailed, Refused, UsageError
from burnish.fleet.collecting import Fleet
from burnish.fleet.due_jobs import jobs_of
from burnish.fleet.fleet_jobs import FleetJob, FleetResult, fleet_failure
from burnish.fleet.job_run import JobAnswer
from burnish.job.options import Options
from burnish.system.console import Console
from burnish.system.process import Programs
from tests.unit.fleet.jobs import HOST, OTHER, WORK, do_work, passed

TWO = '[[projects]]\ncrate = "a@1.0.0"\n[[projects]]\ncrate = "b@1.0.0"\n'


class Typed:
    """One call in a folder, and what it wrote."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.out, self.err = io.StringIO(), io.StringIO()
        self.did: list[str] = []
        self.results: dict[str, FleetResult] = {}
        monkeypatch.setattr(fleets, "Fleet", partial(Fleet, work=do_work))
        self.reasons: Mapping[str, str] = {}
        monkeypatch.setattr(
            fleets, "why_unreachable", lambda _programs, triples: {each: self.reasons.get(each, "") for each in triples}
        )
        monkeypatch.setattr(fleets, "rustc_line", lambda _programs: "rustc 1.90.0")
        WORK.append(self._work)

    def _work(self, order: bytes, _tree: bytes) -> bytes:
        job = msgspec.json.decode(order, type=FleetJob)
        self.did.append(job.name)
        return msgspec.msgpack.encode(JobAnswer(result=self.results.get(job.project, passed(job))))

    def call(self, text: str | None = TWO, *, as_json: bool = False, **asked: object) -> Call:
        """Return a call on a file of this text."""
        if text is not None:
            (self.folder / "fleet.toml").write_text(text, encoding="utf-8")
        self.did.clear()
        self.out, self.err = io.StringIO(), io.StringIO()
        return Call(
            options=Options(),
            console=Console(out=self.out, err=self.err),
            dry=False,
            json=as_json,
            fleet=msgspec.convert(asked, FleetOptions),
            env=dict(os.environ),
            cwd=self.folder,
        )


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Return a folder to type in."""
    return Typed(tmp_path, monkeypatch)


def test_fleet_writes_its_table_and_resumes_without_work(typed: Typed) -> None:
    """The first does both jobs, the second none; both print the same table."""
    fleets.run_fleet(typed.call())
    first = typed.out.getvalue()
    assert sorted(typed.did) == [f"a on {HOST}", f"b on {HOST}"]
    assert first.startswith("project  platform")
    assert "2 of 2 jobs passed" in first
    assert first.endswith(f"{typed.folder / 'fleet' / 'index.html'}\n")
    names = {path.name for path in (typed.folder / "fleet").iterdir()}
    assert {"STATE.jsonl", "index.html", "report.json", "junit.xml"} <= names
    fleets.run_fleet(typed.call(resume=True))
    assert (typed.did, typed.out.getvalue()) == ([], first)
    assert "2 of 2 jobs are left as they are" in typed.err.getvalue()


def test_json_is_one_document_with_every_result(typed: Typed) -> None:
    """As in report.json."""
    fleets.run_fleet(typed.call(as_json=True))
    document = json.loads(typed.out.getvalue())
    assert [result["project"] for result in document["results"]] == ["a", "b"]
    assert document == json.loads((typed.folder / "fleet" / "report.json").read_bytes())


def test_job_that_does_not_pass_is_the_exit_status(typed: Typed) -> None:
    """With whose failure it is; the machine's is done again by --retry-failed, the project's is not."""
    fleets.run_fleet(typed.call(only=("b",)))
    broken = fleet_failure(_job_of(typed, "a"), "machine", "disk full")
    typed.results = {"a": broken, "b": fleet_failure(_job_of(typed, "b"), "project", "does not build")}
    with pytest.raises(
        GateFailed, match="2 of 2 jobs did not pass: 1 through the project, 1 through the machine"
    ) as end:
        fleets.run_fleet(typed.call())
    assert end.value.next_command == "burnish fleet fleet.toml --retry-failed"
    typed.results.pop("a")
    with pytest.raises(GateFailed, match="1 of 2 jobs did not pass: 1 through the project"):
        fleets.run_fleet(typed.call(retry_failed=True))
    assert typed.did == [f"a on {HOST}"]


def test_job_without_a_result_is_none_that_passed(typed: Typed) -> None:
    """--retry-failed does nothing for it, and says what does; alone, and beside one that failed."""
    fleets.run_fleet(typed.call(only=("a",)))
    with pytest.raises(GateFailed, match="burnish: 1 of 2 jobs have no result") as end:
        fleets.run_fleet(typed.call(retry_failed=True))
    assert end.value.next_command == "burnish fleet fleet.toml --resume"
    typed.results = {"a": fleet_failure(_job_of(typed, "a"), "machine", "disk full")}
    with pytest.raises(GateFailed, match="through the machine"):
        fleets.run_fleet(typed.call(only=("a",)))
    with pytest.raises(GateFailed, match="1 of 2 jobs did not pass: 1 through the machine; 1 of 2 jobs have no result"):
        fleets.run_fleet(typed.call(retry_failed=True))
    fleets.run_fleet(typed.call(only=("b",)))


def _job_of(typed: Typed, project: str) -> FleetJob:
    call = typed.call(None if (typed.folder / "fleet.toml").exists() else TWO)
    _, projects = fleets._projects(call, Programs(env=call.env))
    return next(job for job in jobs_of(projects) if job.project == project)


def test_platform_that_cannot_be_built_here_is_told_and_the_rest_is_done(typed: Typed) -> None:
    """It is the machine's failure: another one may have what it takes."""
    typed.reasons = {OTHER: "there is no aarch64-linux-gnu-gcc"}
    text = f'[[projects]]\ncrate = "a@1.0.0"\nplatforms = ["{HOST}", "{OTHER}"]\n'
    with pytest.raises(GateFailed, match="1 of 2 jobs did not pass: 1 through the machine"):
        fleets.run_fleet(typed.call(text))
    assert typed.did == [f"a on {HOST}"]
    assert f"{OTHER} cannot be built here: there is no aarch64-linux-gnu-gcc" in typed.out.getvalue()


def test_what_cannot_be_begun_says_so(typed: Typed) -> None:
    """A file that is not there, a project that is not in it, a scheduler on another machine without encryption."""
    with pytest.raises(UsageError, match="cannot be read"):
        fleets.run_fleet(typed.call(None))
    with pytest.raises(UsageError, match='nothing of the fleet is called "c"'):
        fleets.run_fleet(typed.call(only=("c",)))
    with pytest.raises(Refused, match="is not encrypted"):
        fleets.run_fleet(typed.call(scheduler="tcp://10.0.0.1:8786"))
    with pytest.raises(UsageError, match="a worker needs the address of a scheduler"):
        fleets.start_worker(typed.call())


def test_search_on_a_cluster_begins_as_a_fleet_does(typed: Typed) -> None:
    """Nobody is asked who can be reached without encryption, or who does not answer."""
    with (
        pytest.raises(Refused, match="is not encrypted"),
        fleets.trial_helpers(typed.call(scheduler="tcp://10.0.0.1:1")),
    ):
        pass
    with pytest.raises(UsageError, match="is no address"), fleets.trial_helpers(typed.call(scheduler="10.0.0.1")):
        pass


def test_dashboard_is_told_or_refused_before_a_job_begins(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is opened only where somebody sits at a terminal."""
    opened: list[str] = []
    monkeypatch.setattr(fleets, "is_opened", opened.append)
    monkeypatch.setattr(fleets, "dashboard_of", lambda _client: "http://127.0.0.1:1/status")
    fleets.run_fleet(typed.call(dashboard=True))
    assert "Dask's page: http://127.0.0.1:1/status" in typed.err.getvalue()
    assert (opened, len(typed.did)) == ([], 2)
    monkeypatch.setattr(Console, "is_watched", True)
    fleets.run_fleet(typed.call(dashboard=True))
    assert opened == ["http://127.0.0.1:1/status"]
    assert "no browser was found" in typed.err.getvalue()

    def refuse(_client: object) -> str:
        raise Refused("no bokeh", expected="bokeh")

    monkeypatch.setattr(fleets, "dashboard_of", refuse)
    with pytest.raises(Refused, match="no bokeh"):
        fleets.run_fleet(typed.call(dashboard=True))
    assert typed.did == []


def test_matrix_needs_no_dask_and_runs_nothing(typed: Typed) -> None:
    """One line of JSON."""
    fleets.print_ci_matrix(typed.call(matrix="github", only=("a",)))
    assert [entry["only"] for entry in json.loads(typed.out.getvalue())["include"]] == [f"a:{HOST}"]
    assert typed.did == []


def test_command_that_goes_on_has_all_that_was_given(typed: Typed) -> None:
    """It can be pasted: the same results, the same scheduler with its files."""
    call = typed.call(only=("a", "b"), scheduler="tcp://h:1", insecure=True, results="of it", resume=True)
    again = fleets._again(call)
    assert again == "burnish fleet fleet.toml --scheduler tcp://h:1 --only a --only b --results 'of it' --insecure"
