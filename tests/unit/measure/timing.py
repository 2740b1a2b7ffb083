"""Timers for tests: the real hyperfine, and one that says what it is told to."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from burnish.measure.hyperfine import Timer, find_hyperfine
from burnish.measure.rounds import Round, Runs
from burnish.system.process import Finished, Programs

PROGRAMS = Programs(env=dict(os.environ))
SCRIPTS = Path(sys.executable).parent
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="the programs are shell scripts")


def export_of(times: Mapping[str, Sequence[float]], **changed: object) -> bytes:
    """Return what hyperfine exports for these wall-clock seconds."""
    results = [
        {
            "command": name,
            "name": name,
            "measurements": [
                {"time_wall_clock": {"value": second, "unit": "second"}, "exit_code": 0} for second in seconds
            ],
        }
        for name, seconds in times.items()
    ]
    return json.dumps({"schema_version": 2, "metadata": {}, "results": results, **changed}).encode()


def round_of(**times: Sequence[float]) -> Round:
    """Return a round of these wall-clock seconds."""
    return {
        name: Runs(wall_seconds=list(seconds), user_seconds=[], system_seconds=[], peak_bytes=[], instructions=[])
        for name, seconds in times.items()
    }


@dataclass(frozen=True, kw_only=True)
class FakeHyperfine(Programs):
    """A hyperfine whose rounds take what `levels` says, for each side; the last round's level is used for ever."""

    levels: Mapping[str, Sequence[float]]
    env: Mapping[str, str] = field(default_factory=dict)
    calls: list[Sequence[str]] = field(default_factory=list)

    def run(self, argv: Sequence[str], **_: Any) -> Finished:
        """Write the export that was asked for."""
        done = len(self.calls)
        self.calls.append(argv)
        order = [word.partition("=")[2] for word in argv if word.startswith("--command-name=")]
        runs = next(int(word.partition("=")[2]) for word in argv if word.startswith("--runs="))
        times = {name: [self.levels[name][min(done, len(self.levels[name]) - 1)]] * runs for name in order}
        export = next(word.partition("=")[2] for word in argv if word.startswith("--export-json="))
        Path(export).write_bytes(export_of(times))
        return Finished(argv=tuple(argv), exit_status=0, stdout=b"", stderr=b"", seconds=0.0)


def fake_timer(folder: Path, **levels: Sequence[float]) -> Timer:
    """Return a timer of two runs a round, with the levels of each side."""
    programs = FakeHyperfine(levels=levels)
    return Timer(programs=programs, hyperfine=Path("hyperfine"), folder=folder, runs=2, warmup=0, timeout_seconds=9.0)


def calls_of(timer: Timer) -> list[Sequence[str]]:
    """Return the arguments of each invocation of a fake timer."""
    assert isinstance(timer.programs, FakeHyperfine)
    return timer.programs.calls


def real_timer(folder: Path, *, runs: int = 2, warmup: int = 0) -> Timer:
    """Return a timer with the real hyperfine."""
    hyperfine = find_hyperfine(PROGRAMS, SCRIPTS).path
    return Timer(
        programs=PROGRAMS, hyperfine=hyperfine, folder=folder / "timing", runs=runs, warmup=warmup, timeout_seconds=60.0
    )
