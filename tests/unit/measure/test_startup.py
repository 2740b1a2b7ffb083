from __future__ import annotations

import itertools
import json
import os
import shlex
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from burnish.errors import Refused
from burnish.measure.command import Command
from burnish.measure.floor import FloorBinary
from burnish.measure.startup import (
    Hyperfine,
    Startups,
    Timer,
    find_hyperfine,
    hyperfine_argv,
    measure_startup,
    plan_order,
    read_export,
    summarise,
    time_round,
)
from burnish.process import Finished, Programs
from burnish.report.model import Startup

PROGRAMS = Programs(env=dict(os.environ))
SCRIPTS = Path(sys.executable).parent
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="the programs are shell scripts")


def export_of(times: Mapping[str, Sequence[float]], **changed: object) -> bytes:
    """Give what hyperfine exports for these wall-clock seconds."""
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
        times = {name: [self.levels[name][min(done, len(self.levels[name]) - 1)]] * 2 for name in order}
        export = next(word.partition("=")[2] for word in argv if word.startswith("--export-json="))
        Path(export).write_bytes(export_of(times))
        return Finished(argv=tuple(argv), exit_status=0, stdout=b"", stderr=b"", seconds=0.0)


def fake_timer(folder: Path, **levels: Sequence[float]) -> Timer:
    """Give a timer of two runs a round, with the levels of each side."""
    programs = FakeHyperfine(levels=levels)
    return Timer(programs=programs, hyperfine=Path("hyperfine"), folder=folder, runs=2, warmup=0, timeout_seconds=9.0)


def real_timer(folder: Path, *, runs: int = 2, warmup: int = 0) -> Timer:
    """Give a timer with the real hyperfine."""
    hyperfine = find_hyperfine(PROGRAMS, SCRIPTS).path
    return Timer(
        programs=PROGRAMS, hyperfine=hyperfine, folder=folder / "timing", runs=runs, warmup=warmup, timeout_seconds=60.0
    )


def measure_fakes(folder: Path, rounds: int, **levels: Sequence[float]) -> tuple[Startups, Timer]:
    """Measure one side, and the floor where it has levels."""
    timer = fake_timer(folder, **levels)
    floor = FloorBinary(path=folder / "floor", kind="a fake") if "floor" in levels else None
    sides = {name: Command(argv=(name,), cwd=folder) for name in levels if name != "floor"}
    return measure_startup(sides, timer, floor=floor, rounds=rounds, on_round=lambda _done, _planned: None), timer


def round_means(startup: Startup) -> list[float]:
    """Give the mean of each round."""
    return [sum(samples) / len(samples) for samples in startup.raw]


def test_plan_order_gives_each_name_each_place_as_often() -> None:
    """Over six rounds of three, everyone is in each place twice, and next to each neighbour, on each side, as often."""
    orders = [plan_order(("baseline", "candidate", "floor"), number) for number in range(6)]
    assert len(set(orders)) == 6
    assert set(Counter((place, name) for order in orders for place, name in enumerate(order)).values()) == {2}
    assert set(Counter(pair for order in orders for pair in itertools.pairwise(order)).values()) == {2}


@given(st.lists(st.text(), min_size=1, unique=True), st.integers(0, 1000))
def test_plan_order_leaves_nobody_out(names: list[str], number: int) -> None:
    """Every round holds every name once."""
    assert sorted(plan_order(tuple(names), number)) == sorted(names)


def test_summarise_takes_the_interval_over_the_rounds() -> None:
    """The mean is that of the round means, the interval scipy's over them, the median that of all runs."""
    raw = [[1.0, 2.0, 6.0], [2.0, 2.0, 2.0], [4.0, 4.0, 7.0]]
    timing = summarise(("tool", "--version"), raw)
    theirs = stats.ttest_1samp([3.0, 2.0, 5.0], 0).confidence_interval(0.95)
    assert timing.ci95_seconds == pytest.approx((theirs.low, theirs.high), rel=1e-9)
    assert (timing.command, timing.raw) == (["tool", "--version"], raw)
    assert timing.mean_seconds == pytest.approx(10 / 3)
    assert (timing.median_seconds, timing.runs, timing.rounds) == (2.0, 3, 3)


@posix_only
def test_measure_startup_runs_every_round_in_the_planned_order(tmp_path: Path) -> None:
    """A log that the programs themselves write proves order, rounds, runs and warm-up."""
    log = tmp_path / "log"
    programs = {}
    for name in ("baseline", "candidate"):
        programs[name] = tmp_path / name
        programs[name].write_text(f"#!/bin/sh\necho {name} >> {shlex.quote(str(log))}\n")
        programs[name].chmod(0o755)
    sides = {name: Command(argv=(str(programs[name]),), cwd=tmp_path) for name in ("baseline", "candidate")}
    beats: list[tuple[int, int]] = []
    measured = measure_startup(
        sides,
        real_timer(tmp_path, runs=2, warmup=1),
        # With a floor, interference could repeat a round, and the log is compared as a whole.
        floor=None,
        rounds=4,
        on_round=lambda done, planned: beats.append((done, planned)),
    )
    orders = [plan_order(("baseline", "candidate"), number) for number in range(4)]
    assert log.read_text().split() == [name for order in orders for name in order for _ in range(3)]
    assert beats == [(1, 4), (2, 4), (3, 4), (4, 4)]
    for name, startup in measured.sides.items():
        assert (startup.command, startup.runs, startup.rounds) == ([str(programs[name])], 2, 4)
        assert [len(samples) for samples in startup.raw] == [2, 2, 2, 2]
    assert measured.warnings == ("no floor could be built here: disturbed rounds cannot be told from others",)


@posix_only
def test_time_round_passes_hostile_words_as_they_are(tmp_path: Path) -> None:
    """Spaces, quotes, shell code, unicode, newlines, placeholders and leading dashes reach the program unchanged."""
    words = (
        "a b",
        "it's",
        '"',
        "; touch evil",
        "$(touch evil)",
        "`x`",
        "größe 🦀",
        "line\nbreak",
        "--runs=1",
        "{x}",
        "",
        "\\",
    )
    tool = tmp_path / "- odd ; name's"
    tool.write_text('#!/bin/sh\nprintf "%s\\0" "$@" > "$OUT"\ncat >> "$OUT"\n')
    tool.chmod(0o755)
    timer = real_timer(tmp_path, runs=1)
    timer = replace(timer, programs=Programs(env={**os.environ, "OUT": str(tmp_path / "out")}))
    command = Command(argv=("./" + tool.name, *words), cwd=tmp_path, stdin=b"given\n")
    times = time_round({"-n odd; side": command}, ("-n odd; side",), timer)
    assert (tmp_path / "out").read_bytes() == "".join(word + "\0" for word in words).encode() + b"given\n"
    assert [len(seconds) for seconds in times.values()] == [1]
    assert not (tmp_path / "evil").exists()


@posix_only
def test_time_round_of_a_program_that_ends_as_expected(tmp_path: Path) -> None:
    """A program that is expected to end with another status than 0 is timed; the floor beside it may end with 0."""
    commands = {
        "candidate": Command(argv=("sh", "-c", "exit 3"), cwd=tmp_path, exit_status=3),
        "floor": Command(argv=("true",), cwd=tmp_path),
    }
    times = time_round(commands, ("floor", "candidate"), real_timer(tmp_path))
    assert {name: len(seconds) for name, seconds in times.items()} == {"candidate": 2, "floor": 2}


@posix_only
@pytest.mark.parametrize(
    ("argv", "exit_status", "found"),
    [
        (("sh", "-c", "exit 4"), 3, r"could not time candidate: .*exit code 4"),
        (("sh", "-c", "exit 0"), 3, r"command of the candidate gave exit status 0"),
        (("sh", "-c", "kill -9 $$"), 0, r"could not time candidate"),
        (("./gone",), 0, r"could not time candidate"),
    ],
)
def test_time_round_of_a_program_that_ends_otherwise(
    tmp_path: Path, argv: tuple[str, ...], exit_status: int, found: str
) -> None:
    """A time of a program that did not do its work is no time: it is refused."""
    commands = {"candidate": Command(argv=argv, cwd=tmp_path, exit_status=exit_status)}
    with pytest.raises(Refused, match=found):
        time_round(commands, ("candidate",), real_timer(tmp_path))


@posix_only
def test_time_round_of_a_program_that_hangs(tmp_path: Path) -> None:
    """A round that takes too long is ended and refused."""
    timer = replace(real_timer(tmp_path), timeout_seconds=0.5)
    with pytest.raises(Refused, match=r"2 runs each of candidate took more than"):
        time_round({"candidate": Command(argv=("sleep", "600"), cwd=tmp_path)}, ("candidate",), timer)


def test_hyperfine_argv_of_a_plain_round(tmp_path: Path) -> None:
    """Runs and warm-up are given explicitly, there is no shell, and names stand in the round's order."""
    timer = fake_timer(tmp_path)
    commands = {name: Command(argv=(f"./{name}", "-c", "1 + 1"), cwd=tmp_path) for name in ("a", "b")}
    assert hyperfine_argv(commands, ("b", "a"), timer, tmp_path / "round.json") == [
        "hyperfine",
        "--shell=none",
        "--runs=2",
        "--warmup=0",
        "--style=none",
        f"--export-json={tmp_path / 'round.json'}",
        "--command-name=b",
        "--command-name=a",
        "--",
        "./b -c '1 + 1'",
        "./a -c '1 + 1'",
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[" * 100_000,
        b'{"other":' + b"[" * 100_000,
        export_of({"a": [1.0, 1.0]}, schema_version=1),
        export_of({"a": [1.0, 1.0]}, schema_version=3),
        export_of({"a": [1.0, 1.0]}, results={}),
        export_of({"b": [1.0, 1.0]}),
        export_of({"a": [1.0, 1.0], "b": [1.0, 1.0]}),
        export_of({"a": [1.0]}),
        export_of({"a": [1.0, 0.0]}),
        export_of({"a": [1.0, -1.0]}),
        export_of({"a": [1.0, 1.0]}).replace(b"second", b"millisecond"),
        export_of({"a": [1.0, 1.0]}).replace(b"1.0", b"1e999"),
        export_of({"a": [1.0, 1.0]}).replace(b"1.0", b'"1"'),
    ],
)
def test_read_export_of_another_shape(content: bytes) -> None:
    """Another schema, unit, command, number of runs, or a time that is none, is refused."""
    with pytest.raises(Refused, match="export holds"):
        read_export(content, {"a": 0}, 2)


@pytest.mark.parametrize("exit_code", [b"1", b"null"])
def test_read_export_with_one_bad_run(exit_code: bytes) -> None:
    """One run among the good ones that ended otherwise is enough to refuse."""
    content = export_of({"a": [1.0, 1.0]}).replace(b'"exit_code": 0', b'"exit_code": ' + exit_code, 1)
    with pytest.raises(Refused, match=r"command of the a (gave exit status 1|was ended by a signal)"):
        read_export(content, {"a": 0}, 2)


def test_read_export_gives_the_raw_samples() -> None:
    """Every run's wall-clock seconds are kept."""
    times = {"a": [0.001, 0.002], "floor": [0.0001, 0.0003]}
    assert read_export(export_of(times), {"a": 0, "floor": 0}, 2) == times


def test_measure_startup_keeps_the_floor_beside_each_side(tmp_path: Path) -> None:
    """Each side carries the floor's own numbers of the same rounds."""
    measured, _ = measure_fakes(tmp_path, 3, baseline=[3.0, 4.0, 5.0], candidate=[2.0, 2.0, 2.0], floor=[1.0])
    assert {name: round_means(side) for name, side in measured.sides.items()} == {
        "baseline": [3.0, 4.0, 5.0],
        "candidate": [2.0, 2.0, 2.0],
    }
    floors = [side.floor for side in measured.sides.values() if side.floor is not None]
    assert [(floor.kind, floor.timing.raw, floor.timing.command) for floor in floors] == [
        ("a fake", [[1.0, 1.0]] * 3, [str(tmp_path / "floor")])
    ] * 2
    assert measured.warnings == ()


def test_measure_startup_repeats_a_disturbed_round_for_all(tmp_path: Path) -> None:
    """A round whose floor was disturbed is measured again, whatever the sides did in it."""
    measured, timer = measure_fakes(tmp_path, 4, side=[5.0, 5.1, 5.2, 5.3, 5.4], floor=[1.0, 1.6, 1.0, 1.0, 1.0])
    assert round_means(measured.sides["side"]) == [5.0, 5.4, 5.2, 5.3]
    assert len(timer.programs.calls) == 5  # type: ignore[attr-defined]
    assert measured.warnings == ("1 start-up rounds beyond 4: the floor was disturbed in those they replace",)


def test_measure_startup_never_looks_at_the_sides(tmp_path: Path) -> None:
    """A side that is slow in one round, with a quiet floor, keeps that round: it may be the side's own doing."""
    measured, timer = measure_fakes(tmp_path, 4, side=[5.0, 500.0, 5.0, 5.0], floor=[1.0, 1.4, 1.0, 1.0])
    assert round_means(measured.sides["side"]) == [5.0, 500.0, 5.0, 5.0]
    assert len(timer.programs.calls) == 4  # type: ignore[attr-defined]


def test_measure_startup_gives_up_on_a_busy_machine(tmp_path: Path) -> None:
    """At most half as many rounds again are taken; after that the rounds count as they are, and it is said."""
    measured, timer = measure_fakes(tmp_path, 4, side=[5.0], floor=[1.0, 1.0, 1.0, 9.0])
    assert len(timer.programs.calls) == 6  # type: ignore[attr-defined]
    assert measured.sides["side"].rounds == 4
    assert measured.warnings[-1] == "the floor stayed disturbed: the machine is too busy for steady times"


def test_measure_startup_goes_on_from_earlier_rounds(tmp_path: Path) -> None:
    """More rounds are added to those there are: same samples, one interval over all, and the order goes on turning."""
    first, _ = measure_fakes(tmp_path, 2, baseline=[3.0, 4.0], candidate=[1.0, 2.0], floor=[1.0])
    timer = fake_timer(tmp_path, baseline=[5.0], candidate=[3.0], floor=[1.1])
    sides = {name: Command(argv=(name,), cwd=tmp_path) for name in ("baseline", "candidate")}
    more = measure_startup(
        sides,
        timer,
        floor=FloorBinary(path=tmp_path / "floor", kind="a fake"),
        rounds=2,
        on_round=lambda _done, _planned: None,
        earlier=first.sides,
    )
    assert round_means(more.sides["baseline"]) == [3.0, 4.0, 5.0, 5.0]
    assert more.sides["candidate"].rounds == 4
    assert more.sides["candidate"].floor is not None
    assert more.sides["candidate"].floor.timing.raw == [[1.0, 1.0]] * 2 + [[1.1, 1.1]] * 2
    named = [word for word in timer.programs.calls[0] if word.startswith("--command-name=")]  # type: ignore[attr-defined]
    assert named == [f"--command-name={name}" for name in plan_order(("baseline", "candidate", "floor"), 2)]


def test_measure_startup_of_sides_that_cannot_share_a_round(tmp_path: Path) -> None:
    """Sides with different input or folders are the caller's mistake."""
    sides = {"a": Command(argv=("a",), cwd=tmp_path), "b": Command(argv=("b",), cwd=tmp_path, stdin=b"x")}
    with pytest.raises(ValueError, match="same folder and standard input"):
        measure_startup(sides, fake_timer(tmp_path), floor=None, rounds=1, on_round=lambda _done, _planned: None)


def write_hyperfine(folder: Path, says: str) -> Path:
    """Write a program that says this to everything."""
    folder.mkdir()
    path = folder / "hyperfine"
    path.write_text(f"#!/bin/sh\necho {shlex.quote(says)}\n")
    path.chmod(0o755)
    return path


@posix_only
def test_find_hyperfine_takes_the_wheels_own_first(tmp_path: Path) -> None:
    """The one beside Python's programs comes before the PATH's."""
    ours = write_hyperfine(tmp_path / "scripts", "hyperfine 2.0.0")
    write_hyperfine(tmp_path / "path", "hyperfine 2.9.0")
    programs = Programs(env={"PATH": str(tmp_path / "path")})
    assert find_hyperfine(programs, ours.parent) == Hyperfine(path=ours, version="2.0.0")


@posix_only
@pytest.mark.parametrize("says", ["hyperfine 1.19.0", "something else", ""])
def test_find_hyperfine_passes_over_what_is_too_old(tmp_path: Path, says: str) -> None:
    """An old version, or another program of the name, does not hide a good one on the PATH."""
    old = write_hyperfine(tmp_path / "scripts", says)
    good = write_hyperfine(tmp_path / "path", "hyperfine 10.1.0")
    programs = Programs(env={"PATH": str(good.parent)})
    assert find_hyperfine(programs, old.parent) == Hyperfine(path=good, version="10.1.0")


@posix_only
def test_find_hyperfine_with_an_old_one_only(tmp_path: Path) -> None:
    """The message says which version was found, which is expected, and what to type."""
    old = write_hyperfine(tmp_path / "scripts", "hyperfine 1.19.0")
    with pytest.raises(Refused) as refused:
        find_hyperfine(Programs(env={}), old.parent)
    assert refused.value.render().splitlines() == [
        f"burnish: {old} is 1.19.0",
        "  expected: hyperfine 2",
        "  files:    untouched",
        "  next:     python -m pip install astral-dev-toolchain-hyperfine",
    ]


def test_find_hyperfine_without_any(tmp_path: Path) -> None:
    """A missing hyperfine is refused in words."""
    with pytest.raises(Refused, match="there is no hyperfine"):
        find_hyperfine(Programs(env={"PATH": str(tmp_path)}), tmp_path)
