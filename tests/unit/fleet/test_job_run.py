"""One job on its machine: what is started, in what surroundings, and what is made of what it left."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from burnish import __version__
from burnish.fleet import job_run
from burnish.fleet.fleet_jobs import FleetJob, FleetResult, ProjectSource
from burnish.fleet.job_run import answer_of, arguments_of, do_job, do_order
from burnish.fleet.packing import pack_tree, tree_digest
from burnish.model import Report
from burnish.system.machine_turns import MachineTurns
from burnish.system.process import Finished, Programs
from tests.conftest import Crate
from tests.stubs import stub_cargo
from tests.unit.fleet.jobs import HOST, job
from tests.unit.report.samples import samples

# Asks for its turn as burnish does, has it, and takes a second.
TIMES_ONCE = """
import os, time
from pathlib import Path
from burnish.system.turns import turns_asked_for
with turns_asked_for(dict(os.environ)).timing():
    time.sleep(1)
"""


def ended(status: int = 0, stdout: bytes = b"") -> Finished:
    """Return what burnish left behind."""
    return Finished(argv=("burnish",), exit_status=status, stdout=stdout, stderr=b"", seconds=1.0)


def path_job(crate: Crate) -> tuple[FleetJob, bytes]:
    """Return a job on a crate's tree, and the tree."""
    tree = pack_tree(Programs(env=os.environ), crate.root)
    source = ProjectSource(kind="path", place=str(crate.root), revision=tree_digest(tree))
    return job(source=source), tree


def test_program_is_given_one_word_for_each_option() -> None:
    """Nothing of a project's can become an option, and no shell is between."""
    words = arguments_of(job(arguments=("--budget=sound",), toolchain="1.90.0"), Path("/reports"))
    assert words[:5] == [sys.executable, "-P", "-m", "burnish", "optimize"]
    assert words[5:] == [
        "--project=.",
        "--json",
        "--report-dir=/reports",
        "--allow-dirty",
        "--toolchain=1.90.0",
        f"--platform={HOST}",
        "--budget=sound",
    ]
    assert "--allow-dirty" not in arguments_of(job(command="check"), Path("/reports"))


@pytest.mark.parametrize("name", ["kept", "rolled-back", "link-only"])
def test_numbers_are_those_of_the_report(name: str) -> None:
    """Sizes, the ratio of start-up with its interval, the outcome and the verdict."""
    report = samples()[name]
    encoded = msgspec.json.encode(report)
    result = answer_of(job(), ended(0 if name != "rolled-back" else 2), encoded).result
    assert report.baseline is not None
    assert report.candidate is not None
    assert (result.size_before, result.size_after) == (report.baseline.size_bytes, report.candidate.size_bytes)
    ratio = report.candidate.startup and report.candidate.startup.ratio_to_baseline
    assert result.startup_ratio == ((ratio.mean, *ratio.ci95) if ratio else None)
    assert (result.outcome, result.fault) == (report.outcome, "project" if name == "rolled-back" else "")


def test_refused_call_is_told_by_what_was_found() -> None:
    """There is no report then."""
    document = json.dumps({"error": {"found": "Cargo.toml is not valid TOML", "exit_status": 3}}).encode()
    answer = answer_of(job(), ended(3, document), b"")
    assert (answer.result.fault, answer.result.reason) == ("project", "Cargo.toml is not valid TOML")
    assert (answer.result.exit_status, answer.report) == (3, b"")


def test_call_with_a_report_is_told_by_its_last_words() -> None:
    """Its document is the report then."""
    said = b"==> baseline\nburnish: the project does not build\n  error[E0308]: mismatched types\n  expected: a build\n"
    refused = msgspec.json.encode(msgspec.structs.replace(samples()["kept"], outcome="refused"))
    finished = Finished(argv=("burnish",), exit_status=3, stdout=refused, stderr=said, seconds=1.0)
    result = answer_of(job(), finished, b"").result
    assert (result.fault, result.outcome) == ("project", "refused")
    assert result.reason == "the project does not build error[E0308]: mismatched types"


def test_good_end_without_a_report_is_our_fault() -> None:
    """It is no success."""
    assert answer_of(job(), ended(0, b"nonsense"), b"").result.fault == "burnish"


def test_worker_of_another_version_does_nothing() -> None:
    """A client of another version may mean another thing."""
    order = msgspec.json.encode(job(burnish="9.9.9"))
    with pytest.raises(RuntimeError, match=f"has burnish {__version__}"):
        do_order(order, b"")


def test_job_leaves_nothing_and_changes_no_users_file(crate: Crate, tmp_path: Path) -> None:
    """A project that does not build: the checkout is gone, the user's folder is as it was, the result says why."""
    crate.write({"Cargo.toml": "nonsense"})
    before = crate.tree()
    made, tree = path_job(crate)
    answer = do_job(
        made, tree, env=os.environ, work=tmp_path / "work", turns=MachineTurns(tmp_path), is_unwanted=lambda: False
    )
    assert (answer.result.fault, answer.result.exit_status) == ("project", 3)
    assert "Cargo.toml" in answer.result.reason
    assert answer.result.machine
    assert list((tmp_path / "work").iterdir()) == []
    assert crate.tree() == before
    assert not (crate.root / ".burnish").exists()


@pytest.mark.promise("J1")
@pytest.mark.parametrize("name", ["report", "state", "fetcher"])
def test_project_with_the_name_of_a_folder_of_ours_is_any_other(crate: Crate, tmp_path: Path, name: str) -> None:
    """What it calls its report is none."""
    crate.write({"Cargo.toml": "nonsense", "report.json": msgspec.json.encode(samples()["kept"]).decode()})
    made, tree = path_job(crate)
    named = msgspec.structs.replace(made, project=name)
    answer = do_job(
        named, tree, env=os.environ, work=tmp_path / "work", turns=MachineTurns(tmp_path), is_unwanted=lambda: False
    )
    assert (answer.result.fault, answer.result.exit_status) == ("project", 3)
    assert "Cargo.toml" in answer.result.reason
    assert (answer.result.size_before, answer.result.outcome, answer.report) == (None, "", b"")


def test_job_from_a_hook_leaves_the_hooks_repository_alone(crate: Crate, tmp_path: Path) -> None:
    """Git tells its hooks of their repository: the checkout is none of that."""
    commit = crate.git("rev-parse", "HEAD").strip()
    crate.write({"Cargo.toml": "nonsense"})
    crate.commit()
    last, branch = crate.git("rev-parse", "HEAD"), crate.git("symbolic-ref", "HEAD")
    source = ProjectSource(kind="git", place=f"file://{crate.root}", revision=commit)
    env = {**os.environ, "GIT_DIR": str(crate.root / ".git"), "GIT_WORK_TREE": str(crate.root)}
    answer = do_job(
        job(source=source, arguments=("--bin=none",)),
        b"",
        env=env,
        work=tmp_path / "work",
        turns=MachineTurns(tmp_path),
        is_unwanted=lambda: False,
    )
    assert "none" in answer.result.reason
    assert (crate.git("rev-parse", "HEAD"), crate.git("symbolic-ref", "HEAD")) == (last, branch)
    assert (crate.root / "Cargo.toml").read_text(encoding="utf-8") == "nonsense"


def test_folder_that_cannot_be_written_is_the_machines_fault(crate: Crate, tmp_path: Path) -> None:
    """It is tried on another machine."""
    (tmp_path / "work").write_bytes(b"")
    made, tree = path_job(crate)
    answer = do_job(
        made, tree, env=os.environ, work=tmp_path / "work", turns=MachineTurns(tmp_path), is_unwanted=lambda: False
    )
    assert answer.result.fault == "machine"


def test_machine_without_room_begins_nothing(crate: Crate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would fail one job after the other."""
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    made, tree = path_job(crate)
    answer = do_job(
        made, tree, env=os.environ, work=tmp_path / "work", turns=MachineTurns(tmp_path), is_unwanted=lambda: False
    )
    assert (answer.result.fault, answer.result.reason) == ("machine", "its disk is nearly full: 1,000 B left")


@pytest.mark.parametrize(
    ("said", "fault", "words"),
    [
        ("collect2: fatal error: ld terminated with signal 9 [Killed]", "project", "no memory for its build or link"),
        ("error: No space left on device (os error 28)", "machine", "the disk refuses"),
        ("error[E0308]: mismatched types", "project", "does not build"),
    ],
)
def test_why_a_build_failed_is_told_in_one_line(
    crate: Crate, tmp_path: Path, said: str, fault: str, words: str
) -> None:
    """Of the whole way: cargo's words, burnish's, and the result."""
    env = stub_cargo(tmp_path / "stubs", os.environ)
    (tmp_path / "stubs" / "at-build").write_text(f"echo {shlex.quote(said)} >&2; exit 101\n", encoding="utf-8")
    result = done(crate, env, tmp_path)
    assert (result.fault, result.exit_status) == (fault, 3)
    assert words in result.reason
    assert "\n" not in result.reason


def test_toolchain_that_is_missing_is_told_in_one_line(crate: Crate, tmp_path: Path) -> None:
    """It is the machine's: another one may have it."""
    result = done(crate, os.environ, tmp_path, toolchain="1.0.0")
    assert result.fault == "machine"
    assert "1.0.0" in result.reason
    assert "\n" not in result.reason


def test_failure_under_a_clock_that_jumps_is_the_machines(
    crate: Crate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Set ahead by an hour after the job has begun."""
    now, begun = time.time, iter([True])
    monkeypatch.setattr(time, "time", lambda: now() + (0 if next(begun, False) else 3600))
    crate.write({"Cargo.toml": "nonsense"})
    result = done(crate, os.environ, tmp_path)
    assert result.fault == "machine"
    assert result.reason.startswith("its clock jumped ahead by 60 min meanwhile: ")


def done(crate: Crate, env: Mapping[str, str], folder: Path, **changes: Any) -> FleetResult:
    """Do a job on a crate, and return its result."""
    made, tree = path_job(crate)
    job = msgspec.structs.replace(made, **changes)
    turns = MachineTurns(folder)
    return do_job(job, tree, env=env, work=folder / "work", turns=turns, is_unwanted=lambda: False).result


@pytest.mark.parametrize(("limit_seconds", "words"), [(3.0, "left no report"), (0.5, "longer than its time limit")])
def test_time_limit_of_a_job_is_without_what_it_waits_for_its_turn(
    crate: Crate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit_seconds: float, words: str
) -> None:
    """Another one builds meanwhile, for longer than the limit; what the job itself takes counts."""
    monkeypatch.setattr(job_run, "_BURNISH", (sys.executable, "-c", TIMES_ONCE))
    with ExitStack() as other:
        other.enter_context(MachineTurns(tmp_path).building())
        timer = threading.Timer(4.0, other.pop_all().close)
        timer.start()
        result = done(crate, os.environ, tmp_path, time_limit_seconds=limit_seconds)
        timer.join()
    assert words in result.reason


@pytest.mark.cargo
@pytest.mark.promise("J1")
def test_job_of_a_real_crate_comes_to_a_verdict(crate: Crate, tmp_path: Path) -> None:
    """In a checkout of its own: whatever target folder the worker's user has set, it stays as it is."""
    made, tree = path_job(crate)
    before = crate.tree()
    env = {**os.environ, "CARGO_TARGET_DIR": str(tmp_path / "target")}
    answer = do_job(
        made, tree, env=env, work=tmp_path / "work", turns=MachineTurns(tmp_path), is_unwanted=lambda: False
    )
    result, report = answer.result, msgspec.json.decode(answer.report, type=Report)
    assert (result.outcome, result.fault, result.verdict) == ("kept", "", "pass"), result.reason
    assert result.size_ratio is not None
    assert result.size_ratio < 1
    assert report.platform.triple == HOST
    assert crate.tree() == before
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".lock") == ["hello", "work"]
