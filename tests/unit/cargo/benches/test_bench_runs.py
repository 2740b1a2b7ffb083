"""Bench processes: their order, what is run again, and what becomes of those that fail."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from burnish.cargo.benches.bench import BenchExecutable, BuiltBenches
from burnish.cargo.benches.bench_runs import BenchRuns, BenchSettings, Process, filter_of, looks_of
from burnish.measure.traces import Places
from burnish.model import Bench
from burnish.system.process import Programs

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are scripts with a first line")

SETTINGS = BenchSettings(attempts=3, max_attempts=12, max_seconds=60, warm_up_seconds=0.1, measurement_seconds=0.1)
# Writes what Criterion writes, for those of BENCHES that the last argument selects; then does what BODY says.
STAND_IN = """\
#!{python}
import json, os, pathlib, re, sys
wanted = sys.argv[-1] if sys.argv[-1].startswith("^") else ""
for number, (name, time) in enumerate({benches!r}.items()):
    if re.search(wanted, name):
        folder = pathlib.Path(os.environ["CRITERION_HOME"], str(number), "new")
        folder.mkdir(parents=True)
        (folder / "benchmark.json").write_text(json.dumps({{"full_id": name}}))
        sample = {{"sampling_mode": "Flat", "iters": [1.0], "times": [time]}}
        (folder / "sample.json").write_text(json.dumps(sample))
{body}
"""


class Folder:
    """A folder of bench executables that are Python programs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.started: list[tuple[int, str, str]] = []
        self.left: list[float | None] = []

    def bench(
        self, side: str, name: str, benches: Mapping[str, float], *, package: str = "p", body: str = ""
    ) -> BenchExecutable:
        """Make the executable of one target on one side; times in nanoseconds."""
        path = self.path / f"{side}-{package}-{name}"
        path.write_text(STAND_IN.format(python=sys.executable, benches=dict(benches), body=body), encoding="utf-8")
        path.chmod(0o755)
        return BenchExecutable(package=package, name=name, path=str(path), folder=str(self.path))

    def runs(self, sides: Mapping[str, list[BenchExecutable]], *, timeout_seconds: float = 60) -> BenchRuns:
        """Return the runs of these sides."""
        return BenchRuns(
            sides={side: BuiltBenches(executables=made, not_judged={}) for side, made in sides.items()},
            programs=Programs(env=os.environ),
            settings=SETTINGS,
            home=self.path / "criterion",
            timeout_seconds=timeout_seconds,
            on_process=self.note,
            places=Places(project=Path("/ws"), target=Path("/ws/target"), triples=("x-y-z",)),
        )

    def note(self, process: Process, left_seconds: float | None) -> None:
        """Note the process."""
        self.started.append((process.attempt, process.side, process.target))
        self.left.append(left_seconds)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Return a folder for bench executables."""
    return Folder(tmp_path)


def test_looks_are_the_attempts_doubled_up_to_the_most() -> None:
    """Every planned look costs the others some of the error, so that there are few."""
    assert looks_of(SETTINGS) == [3, 6, 12]
    assert looks_of(msgspec.structs.replace(SETTINGS, max_attempts=11)) == [3, 6]
    assert looks_of(msgspec.structs.replace(SETTINGS, max_attempts=2)) == [3]


def test_run_takes_the_sides_of_each_target_in_turn(folder: Folder) -> None:
    """Both sides of a target run one right after the other, the other side first in the next attempt."""
    sides = {side: [folder.bench(side, name, {"x": 1.0}) for name in ("a", "b")] for side in ("old", "new")}
    folder.runs(sides).run(range(1, 3))
    assert folder.started == [
        *((1, "old", "a"), (1, "new", "a"), (1, "old", "b"), (1, "new", "b")),
        *((2, "new", "a"), (2, "old", "a"), (2, "new", "b"), (2, "old", "b")),
    ]


def test_results_are_each_attempts_time_in_seconds(folder: Folder) -> None:
    """A bench is named by its target and Criterion's id; the looks that were planned stand beside it."""
    runs = folder.runs(
        {
            "old": [folder.bench("old", "a", {"x y": 10.0})],
            "new": [folder.bench("new", "a", {"x y": 20.0, "z": 1.0})],
        }
    )
    runs.run(range(1, 3))
    results = runs.results()
    assert results["old"].measured == [Bench(id="a/x y", attempts=[1e-8, 1e-8])]
    assert results["new"].measured == [Bench(id="a/x y", attempts=[2e-8, 2e-8]), Bench(id="a/z", attempts=[1e-9] * 2)]
    assert results["old"].looks == [3, 6, 12]


def test_targets_of_one_name_are_told_apart_by_their_package(folder: Folder) -> None:
    """Two packages may each have a bench target of the same name."""
    made = [folder.bench("old", "a", {"x": time}, package=package) for package, time in (("p", 1.0), ("q", 2.0))]
    runs = folder.runs({"old": made})
    runs.run(range(1, 2))
    assert [bench.id for bench in runs.results()["old"].measured] == ["p/a/x", "q/a/x"]


def test_benches_that_are_named_by_a_path_have_one_name_on_both_sides(folder: Folder) -> None:
    """The target folder is our choice: what names itself by it is paired, and chosen by its own name on each side."""
    ours = {"/ws/target/burnish/baseline/release/data/a": 1.0, "b": 1.0}
    theirs = {"/ws/target/x-y-z/release/data/a": 2.0, "b": 1.0}
    runs = folder.runs({"old": [folder.bench("old", "a", ours)], "new": [folder.bench("new", "a", theirs)]})
    runs.run(range(1, 2))
    runs.run(range(2, 3), {"a/<target>/release/data/a"})
    counts = {side: {bench.id: len(bench.attempts) for bench in each.measured} for side, each in runs.results().items()}
    assert counts["old"] == counts["new"] == {"a/<target>/release/data/a": 2, "a/b": 1}


def test_benches_that_differ_by_a_place_only_keep_it(folder: Folder) -> None:
    """Two benches of one side are never made one."""
    names = {"/ws/target/release/a": 1.0, "/ws/target/x-y-z/release/a": 2.0}
    runs = folder.runs({"old": [folder.bench("old", "a", names)]})
    runs.run(range(1, 2))
    assert [bench.id for bench in runs.results()["old"].measured] == [f"a/{name}" for name in names]


def test_run_of_some_benches_leaves_the_others_alone(folder: Folder) -> None:
    """Criterion is told which benches to run, by their exact ids, and a target with none of them is not started."""
    benches = {"x": 1.0, "x (1+1)": 2.0, "[y]": 3.0}
    runs = folder.runs({"old": [folder.bench("old", "a", benches), folder.bench("old", "b", {"x": 1.0})]})
    runs.run(range(1, 2))
    folder.started.clear()
    runs.run(range(2, 3), {"a/x (1+1)", "a/[y]"})
    assert folder.started == [(2, "old", "a")]
    counts = {bench.id: len(bench.attempts) for bench in runs.results()["old"].measured}
    assert counts == {"a/x": 1, "a/x (1+1)": 2, "a/[y]": 2, "b/x": 1}


def test_filter_is_a_pattern_of_exactly_these_names() -> None:
    """Names with a pattern's own characters mean themselves."""
    names = ["a", "a+", "(a|b)", "a b/c.d", "x^$"]
    for pattern in (filter_of(names[1:]), filter_of(["-a"])):
        assert not re.search(pattern, "a")
    assert all(re.search(filter_of(names), name) for name in names)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("sys.exit(101)", "it failed when it ran, with exit status 101"),
        ("import time; time.sleep(60)", "it reached its time limit of 2 s"),
        ("(folder / 'sample.json').write_text('{')", "holds"),
    ],
)
def test_target_that_fails_is_named_and_the_others_go_on(folder: Folder, body: str, says: str) -> None:
    """It is started once, and its benches, which would be half a run's, are not taken."""
    runs = folder.runs(
        {
            "old": [folder.bench("old", "a", {"x": 1.0}), folder.bench("old", "b", {"x": 1.0})],
            "new": [folder.bench("new", "a", {"x": 1.0}, body=body), folder.bench("new", "b", {"x": 1.0})],
        },
        timeout_seconds=2,
    )
    runs.run(range(1, 3))
    results = runs.results()
    assert [bench.id for bench in results["old"].measured] == ["a/x", "b/x"]
    assert [bench.id for bench in results["new"].measured] == ["b/x"]
    assert says in results["new"].not_judged["p/a"]
    assert results["old"].not_judged == {}
    assert [attempt for attempt, _, target in folder.started if target == "a"] == [1, 1]


def test_target_that_runs_only_as_cargo_starts_it_is_unread(folder: Folder) -> None:
    """A main function that refuses our options runs for the user: what it would show is unknown, on either side."""
    picky = "if sys.argv[1:] != ['--bench']: sys.exit(2)"
    made = {side: [folder.bench(side, "a", {"x": 1.0}, body=picky)] for side in ("old", "new")}
    runs = folder.runs(made)
    runs.run(range(1, 2))
    assert {name for side in runs.results().values() for name in side.unread} == {"p/a"}
    broken = folder.runs({"old": [folder.bench("old", "a", {"x": 1.0}, body="sys.exit(1)")]})
    broken.run(range(1, 2))
    assert broken.results()["old"].unread == []


def test_target_is_started_with_what_cargo_gives_it(folder: Folder) -> None:
    """The environment and the runner that were recorded are those of every start; Criterion's folder is ours."""
    body = "sys.exit(os.environ.get('WORDS') != 'here' or os.environ.get('RUN_BY') != 'env')"
    made = folder.bench("old", "a", {"x": 1.0}, body=body)
    given = msgspec.structs.replace(
        made, env={"WORDS": "here", "CRITERION_HOME": "/nowhere"}, runner=["env", "RUN_BY=env"]
    )
    runs = folder.runs({"old": [given]})
    runs.run(range(1, 2))
    assert [bench.id for bench in runs.results()["old"].measured] == ["a/x"]


def test_target_that_writes_nothing_is_named(folder: Folder) -> None:
    """A main function that only looks like Criterion's gives no times."""
    runs = folder.runs({"old": [folder.bench("old", "a", {})]})
    runs.run(range(1, 2))
    assert runs.results()["old"].not_judged == {"p/a": "it wrote no result of Criterion's when it ran"}


def test_attempts_are_those_in_which_both_sides_gave_a_time(folder: Folder) -> None:
    """A target that fails in a later attempt, after the other side has run, leaves the pairs before it."""
    third = "import pathlib\nlog = pathlib.Path(__file__ + '.log')\nwith log.open('a') as file: file.write('x')\n"
    third += "sys.exit(log.read_text() == 'xxx')"
    runs = folder.runs(
        {
            "old": [folder.bench("old", "a", {"x": 1.0})],
            "new": [folder.bench("new", "a", {"x": 2.0}, body=third)],
        }
    )
    runs.run(range(1, 5))
    assert [side for attempt, side, _ in folder.started if attempt == 3] == ["old", "new"]
    assert [side.measured[0].attempts for side in runs.results().values()] == [[1e-9] * 2, [2e-9] * 2]


def test_remaining_time_is_estimated_once_every_target_ran(folder: Folder) -> None:
    """Nothing is known before; then it is that of the processes to come, by the number of their benches."""
    runs = folder.runs({"old": [folder.bench("old", "a", {"x": 1.0, "y": 1.0})]})
    runs.run(range(1, 3))
    assert [left is None for left in folder.left] == [True, False]
    of_one_bench = runs._bench_seconds["a"]
    folder.left.clear()
    runs.run(range(5, 7), {"a/x"})
    assert folder.left[0] == pytest.approx(2 * of_one_bench)
