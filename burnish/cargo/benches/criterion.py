"""Criterion's results, read from the samples themselves.

`change/` is never read: it can be stale, and does not name the baseline that it compares with.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from burnish.errors import Refused
from burnish.measure.statistics import median


class _Sample(msgspec.Struct):
    """`times[i]` nanoseconds for `iters[i]` iterations; linear: each sample takes more iterations than the last."""

    sampling_mode: Literal["Linear", "Flat"]
    iters: list[float]
    times: list[float]


class _Benchmark(msgspec.Struct):
    full_id: str


_Document = TypeVar("_Document", _Sample, _Benchmark)


def read_benches(criterion_home: Path) -> dict[str, float]:
    """Read the newest results under Criterion's folder: seconds per iteration by `full_id`.

    A time is the median of the samples in `new/sample.json`: a burst of other programs' work lengthens some of them,
    slower code all of them. No folder gives no benches.

    Raise Refused, with the file's name, for a file that is torn or is not Criterion's, and for an id that two folders
    claim.
    """
    benches: dict[str, float] = {}
    for folder in _result_folders(criterion_home):
        bench = _decode(folder / "benchmark.json", _Benchmark)
        if bench.full_id in benches:
            raise _not_criterion(folder / "benchmark.json", f"the id {bench.full_id}, as another folder does")
        sample = _decode(folder / "sample.json", _Sample)
        benches[bench.full_id] = _median_seconds(sample, folder / "sample.json")
    return dict(sorted(benches.items()))


def _result_folders(home: Path) -> Iterator[Path]:
    for name, folders, files in os.walk(home):
        folders.sort()
        if Path(name).name == "new" and "sample.json" in files:
            yield Path(name)


def _decode(path: Path, kind: type[_Document]) -> _Document:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise _not_criterion(path, str(error)) from error


def _median_seconds(sample: _Sample, path: Path) -> float:
    numbers = [*sample.iters, *sample.times]
    if len(sample.iters) != len(sample.times) or not numbers:
        raise _not_criterion(path, f"{len(sample.iters)} iteration counts and {len(sample.times)} times")
    if not all(0 < number < math.inf for number in numbers):
        raise _not_criterion(path, "a count or a time that is not more than zero")
    return median([time / count for time, count in zip(sample.times, sample.iters, strict=True)]) * 1e-9


def _not_criterion(path: Path, what: str) -> Refused:
    return Refused(
        f"{path} holds {what}",
        expected="a result that Criterion 0.3 or later wrote",
        files="",
        next_command="cargo bench",
    )
