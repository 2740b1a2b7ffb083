"""The script that compares picks with peers: what is held against what, and the workloads that it gives programs."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from benchmarks.guided import pairs_of
from benchmarks.peer_builds import AS_IT_IS, BSIZE, FREE, STABLE
from benchmarks.peer_work import WORK, give_work, write_input
from benchmarks.peers import AS_FAST, LEAST, QUICKEST, SMALLEST, AtWork, Result, show, summarise
from burnish.job.settings import WorkloadSettings

STEADY = [1.0, 1.01, 0.99, 1.0]


def result(**other: Any) -> Result:
    """Return a comparison in which the picks are the smallest and quickest, and all do the same work."""
    sizes = {AS_IT_IS: 1000, "min-sized-rust": 800, BSIZE: 500, STABLE: 700, FREE: 400}
    means = {name: [size * each for each in STEADY] for name, size in sizes.items()}
    work = AtWork(means=dict.fromkeys(sizes, STEADY), printed={name: ["same"] for name in sizes}, train=True)
    words = dict.fromkeys(sizes, "opt-level z")
    return msgspec.structs.replace(
        Result(sizes=sizes, means=means, words=words, work={"it": work}, seconds=60), **other
    )


def test_pick_of_stable_is_held_against_stable_peers() -> None:
    """What takes more than a stable compiler is no peer of a pick that does not."""
    found = result()
    assert set(found.best_peers(STABLE).values()) == {"min-sized-rust"}
    assert set(found.best_peers(FREE).values()) == {BSIZE}


def test_peer_that_prints_otherwise_is_none() -> None:
    """A program that does something else may be as small as it likes."""
    found = result()
    printed = {**found.work["it"].printed, BSIZE: ["other"]}
    found = result(work={"it": msgspec.structs.replace(found.work["it"], printed=printed)})
    assert found.prints_otherwise(BSIZE)
    assert set(found.best_peers(FREE).values()) == {"min-sized-rust"}


def test_output_that_differs_between_runs_tells_nothing() -> None:
    """Where the build as it is prints otherwise each time, so may the others."""
    found = result()
    printed = {**found.work["it"].printed, AS_IT_IS: ["one", "two"], BSIZE: ["three"]}
    found = result(work={"it": msgspec.structs.replace(found.work["it"], printed=printed)})
    assert not found.prints_otherwise(BSIZE)


@pytest.mark.parametrize(
    ("size", "factor", "complaints"),
    [
        (400, 1.0, [[], [], []]),
        (600, 1.0, [["NOT MET: larger"], ["NOT MET: larger"], []]),
        (400, 2.0, [["NOT MET: slower"], [], ["NOT MET: slower"]]),
    ],
)
def test_pick_that_is_worse_than_a_peer_is_told(size: int, factor: float, complaints: list[list[str]]) -> None:
    """Larger than the smallest, slower than the quickest, and both beside the best of all."""
    found = result()
    means = {**found.means, FREE: [500 * factor * each for each in STEADY]}
    found = result(sizes={**found.sizes, FREE: size}, means=means)
    assert [found.complaints(FREE, which) for which in (LEAST, SMALLEST, QUICKEST)] == complaints


def test_slow_work_is_told_but_for_what_guided_the_build() -> None:
    """A profile is judged by other data than it was recorded with."""
    found = result()
    slow = msgspec.structs.replace(found.work["it"], means={**found.work["it"].means, FREE: [1.2 * x for x in STEADY]})
    assert result(work={"it": slow}).slow_work(FREE) == ["it"]
    guided = {**found.words, FREE: "guided by a profile"}
    assert result(work={"it": slow}, words=guided).slow_work(FREE) == []


def test_pick_is_held_against_the_best_of_those_as_fast_at_work_too() -> None:
    """A peer may be smaller for slower work, which a pick may not be."""
    found = result()
    slow = msgspec.structs.replace(found.work["it"], means={**found.work["it"].means, BSIZE: [1.2 * x for x in STEADY]})
    best = result(work={"it": slow}).best_peers(FREE)
    assert (best[LEAST], best[AS_FAST]) == (BSIZE, "min-sized-rust")


def test_tables_and_means_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Sizes, start-ups and work, what misses its limit, and a peer that some programs lack."""
    without = {name: size for name, size in result().sizes.items() if name != BSIZE}
    slow = AtWork(
        means={**dict.fromkeys(without, STEADY), FREE: [2.0, 2.01, 2.0, 2.02]},
        printed={name: ["same"] for name in without},
        train=False,
    )
    other = result(sizes=without, work={"slow": slow})
    show("other", other)
    summarise({"one": result(), "other": other})
    said = capsys.readouterr().out
    assert "at slow: 2.0" in said
    assert "no workload shown slower than 1.05: no, on other (slow)" in said
    assert "of 1\n" in said
    assert "(aims 0.60 and 0.35)" in said


@pytest.mark.parametrize("program", list(WORK))
def test_workloads_are_settings_that_burnish_reads(program: str, tmp_path: Path) -> None:
    """Names differ, some train and others judge, and each file that they name is there."""
    (tmp_path / "Cargo.toml").write_text(f'[package]\nname = "{program}"\n', encoding="utf-8")
    give_work(program, tmp_path)
    manifest = tomllib.loads((tmp_path / "Cargo.toml").read_text(encoding="utf-8"))
    tables = manifest["package"]["metadata"]["burnish"]["workloads"]
    named_as_ours = [{key.replace("-", "_"): value for key, value in table.items()} for table in tables]
    read = [msgspec.convert(table, WorkloadSettings) for table in named_as_ours]
    assert {each.train for each in read} == {True, False}
    assert len({each.name for each in read}) == len(read)
    named = [
        word for table in tables for word in (*table["args"], table.get("stdin-file", "")) if "work-input/" in word
    ]
    assert len(named) == len(read)
    assert all((tmp_path / word).exists() for word in named)


def test_input_is_the_same_each_time(tmp_path: Path) -> None:
    """What is compared on two machines is the same work."""
    for name in ("one", "two"):
        write_input(tmp_path / name)
    files = [path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file()]
    assert all((tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes() for path in files)


def test_guided_trials_are_paired_with_the_same_settings_without() -> None:
    """One that failed, and one without a counterpart, are no pairs."""
    trials = [
        {"choices": ["guided.profile", "opt-level.z"], "failure": ""},
        {"choices": ["opt-level.z"], "failure": ""},
        {"choices": ["guided.profile", "panic.abort"], "failure": ""},
        {"choices": ["guided.profile"], "failure": "no"},
        {"choices": [], "failure": ""},
    ]
    assert list(pairs_of(trials)) == [(trials[1], trials[0])]
