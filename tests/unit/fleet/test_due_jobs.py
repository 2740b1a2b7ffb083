"""Which jobs are done again, and which have their result."""

from __future__ import annotations

import msgspec
import pytest

from burnish.errors import UsageError
from burnish.fleet.due_jobs import only_named, still_to_do
from burnish.fleet.fleet_jobs import FleetJob, FleetResult, ProjectSource, fleet_failure
from tests.unit.fleet.jobs import HOST, OTHER, job, passed

TOOLCHAIN = "rustc 1.90.0"
GOOD, BAD, BROKEN, OURS, NEW = (job(name) for name in ("good", "bad", "broken", "ours", "new"))
JOBS = [GOOD, BAD, BROKEN, OURS, NEW]
RESULTS: dict[str, FleetResult] = {
    GOOD.key: passed(GOOD),
    BAD.key: fleet_failure(BAD, "project", "does not build"),
    BROKEN.key: fleet_failure(BROKEN, "machine", "disk full"),
    OURS.key: fleet_failure(OURS, "burnish", "a bug"),
}


@pytest.mark.parametrize(
    ("resume", "retry_failed", "expected"),
    [
        (False, False, JOBS),
        (True, False, [NEW]),
        (False, True, [BROKEN, OURS]),
        (True, True, [BROKEN, OURS, NEW]),
    ],
)
def test_done_again_is_what_was_asked_for(resume: bool, retry_failed: bool, expected: list[FleetJob]) -> None:  # noqa: FBT001 - as given
    """A project's own failure is a result: only the machine's and ours are worth another try."""
    assert still_to_do(JOBS, RESULTS, [TOOLCHAIN], resume=resume, retry_failed=retry_failed) == expected


@pytest.mark.parametrize(
    ("toolchain", "expected"),
    [
        ("", "due"),
        ("stable", "due"),
        ("nightly-x86_64-unknown-linux-gnu", "due"),
        ("1.80.0", "done"),
        ("1.80-x86_64-unknown-linux-gnu", "done"),
        ("nightly-2025-09-01", "done"),
    ],
)
def test_result_of_another_toolchain_is_none(toolchain: str, expected: str) -> None:
    """Where every machine has another rustc by now; a job that names one that never changes is not concerned."""
    named = job("named", toolchain=toolchain)
    results = {named.key: passed(named)}
    due = still_to_do([named], results, ["rustc 1.91.0"], resume=True, retry_failed=False)
    assert due == ([named] if expected == "due" else [])
    assert still_to_do([named], results, [], resume=True, retry_failed=False) == []
    assert still_to_do([named], results, ["rustc 1.91.0", "rustc 1.90.0"], resume=True, retry_failed=False) == []


@pytest.mark.parametrize(
    "other",
    [
        job("hello", OTHER),
        job("hello", command="check"),
        job("hello", arguments=("--budget=sound",)),
        job("hello", toolchain="nightly"),
        job("hello", source=ProjectSource(kind="path", place="/a", revision="1")),
        job("hello", source=ProjectSource(kind="path", place="/a", revision="2")),
        job("hello", burnish="9.9.9"),
        job("hello", memory_bytes=5),
        job("hello", time_limit_seconds=9.0),
    ],
)
def test_key_changes_with_all_that_decides_a_result(other: FleetJob) -> None:
    """Another revision, platform, command, setting, limit or burnish is another job: a higher limit is worth a try."""
    assert other.key != job("hello").key
    assert msgspec.structs.replace(other).key == other.key


def test_key_does_not_change_with_where_it_may_run() -> None:
    """A label decides no result."""
    same = job("hello", labels=("big",))
    assert same.key == job("hello").key


def test_only_takes_a_project_or_one_of_its_platforms() -> None:
    """As --only and the matrix name them."""
    jobs = [job("a"), job("a", OTHER), job("b")]
    assert only_named(jobs, []) == jobs
    assert only_named(jobs, ["a"]) == jobs[:2]
    assert only_named(jobs, [f"a:{OTHER}", "b"]) == jobs[1:]
    with pytest.raises(UsageError, match=r'nothing of the fleet is called "c"'):
        only_named(jobs, ["c"])
    with pytest.raises(UsageError, match=HOST):
        only_named(jobs, [f"a:{HOST}x"])
