from __future__ import annotations

import json
from pathlib import Path

import pytest

from burnish.cargo.benches.criterion import read_benches
from burnish.errors import Refused

# As Criterion 0.5 wrote them, with its own median, in nanoseconds.
FLAT = {
    "sampling_mode": "Flat",
    "iters": [29237.0] * 10,
    "times": [
        39383501.0, 28789646.0, 29693725.0, 31319483.0, 32075626.0,
        22363228.0, 32609603.0, 25725580.0, 28933865.0, 27893752.0,
    ],
}  # fmt: skip
FLAT_MEDIAN_NANOSECONDS = 1002.6266888942094
BENCHMARK = {
    "group_id": "a group/with slash",
    "function_id": "flat",
    "value_str": None,
    "throughput": None,
    "full_id": "a group/with slash/flat",
    "directory_name": "a group_with slash/flat",
    "title": "a group/with slash/flat",
}


def write_result(folder: Path, sample: object, full_id: str = "a group/with slash/flat") -> None:
    """Write one result as Criterion does."""
    folder.mkdir(parents=True)
    (folder / "sample.json").write_text(json.dumps(sample), encoding="utf-8")
    (folder / "benchmark.json").write_text(json.dumps({**BENCHMARK, "full_id": full_id}), encoding="utf-8")


def test_read_benches_gives_criterions_own_median(tmp_path: Path) -> None:
    """The median recomputed from the samples is the one that Criterion estimated, in seconds, by the full id."""
    write_result(tmp_path / "a group_with slash" / "flat" / "new", FLAT)
    assert read_benches(tmp_path) == {
        "a group/with slash/flat": pytest.approx(FLAT_MEDIAN_NANOSECONDS * 1e-9, rel=1e-12)
    }


def test_read_benches_of_linear_samples(tmp_path: Path) -> None:
    """Linear sampling takes more iterations for each sample; every sample counts the same."""
    linear = {"sampling_mode": "Linear", "iters": [10.0, 20.0], "times": [1000.0, 4000.0]}
    write_result(tmp_path / "a" / "new", linear, "a")
    assert read_benches(tmp_path) == {"a": pytest.approx(150e-9)}


def test_read_benches_of_samples_that_a_burst_lengthened(tmp_path: Path) -> None:
    """A neighbour's burst of work, which lengthens a few samples tenfold, leaves the time alone."""
    times = [100.0] * 95 + [1000.0] * 5
    write_result(tmp_path / "a" / "new", {"sampling_mode": "Flat", "iters": [1.0] * 100, "times": times}, "a")
    assert read_benches(tmp_path) == {"a": pytest.approx(100e-9)}


def test_read_benches_reads_the_newest_results_only(tmp_path: Path) -> None:
    """Saved baselines, stale changes and reports, however broken, are not read."""
    write_result(tmp_path / "b" / "new", FLAT, "b")
    write_result(tmp_path / "a" / "new", FLAT, "a")
    write_result(tmp_path / "a" / "base", "not a sample", "a")
    write_result(tmp_path / "a" / "change", "not a sample", "a")
    (tmp_path / "report" / "new").mkdir(parents=True)
    assert list(read_benches(tmp_path)) == ["a", "b"]


def test_read_benches_without_any(tmp_path: Path) -> None:
    """A project whose benches never ran has none."""
    assert read_benches(tmp_path / "criterion") == {}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"other":' + b"[" * 100_000,
        b"\xff\xfe",
        b"null",
        b'{"sampling_mode":"Flat","iters":[],"times":[]}',
        b'{"sampling_mode":"Flat","iters":[1.0],"times":[1.0,2.0]}',
        b'{"sampling_mode":"Flat","iters":[0.0],"times":[1.0]}',
        b'{"sampling_mode":"Flat","iters":[1.0],"times":[-1.0]}',
        b'{"sampling_mode":"Flat","iters":[1.0],"times":[1e999]}',
        b'{"sampling_mode":"Flat","iters":[1.0],"times":["1.0"]}',
        b'{"sampling_mode":"Auto","iters":[1.0],"times":[1.0]}',
    ],
)
def test_read_benches_of_a_torn_or_hostile_sample(tmp_path: Path, content: bytes) -> None:
    """What Criterion did not write is refused, and the message names the file."""
    write_result(tmp_path / "a" / "new", FLAT)
    sample = tmp_path / "a" / "new" / "sample.json"
    sample.write_bytes(content)
    with pytest.raises(Refused) as refused:
        read_benches(tmp_path)
    assert str(sample) in refused.value.found


def test_read_benches_without_the_ids_file(tmp_path: Path) -> None:
    """Samples that no `benchmark.json` names are refused: they cannot be joined."""
    write_result(tmp_path / "a" / "new", FLAT)
    (tmp_path / "a" / "new" / "benchmark.json").unlink()
    with pytest.raises(Refused, match=r"benchmark\.json"):
        read_benches(tmp_path)


def test_read_benches_with_one_id_twice(tmp_path: Path) -> None:
    """Two folders with one id are refused: which of them is meant cannot be known."""
    write_result(tmp_path / "a" / "new", FLAT, "same")
    write_result(tmp_path / "b" / "new", FLAT, "same")
    with pytest.raises(Refused, match="the id same"):
        read_benches(tmp_path)
