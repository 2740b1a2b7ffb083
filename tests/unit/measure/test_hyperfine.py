from __future__ import annotations

import os
import shlex
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from burnish.errors import Refused
from burnish.measure.command import Command
from burnish.measure.hyperfine import (
    Hyperfine,
    find_hyperfine,
    hyperfine_argv,
    read_export,
    time_round,
)
from burnish.measure.rounds import Runs
from burnish.system.process import Programs
from tests.unit.measure.timing import export_of, fake_timer, posix_only, real_timer, round_of


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
    assert [len(runs.wall_seconds) for runs in times.values()] == [1]
    assert not (tmp_path / "evil").exists()


@posix_only
def test_time_round_of_a_program_that_ends_as_expected(tmp_path: Path) -> None:
    """A program that is expected to end with another status than 0 is timed; the floor beside it may end with 0."""
    commands = {
        "candidate": Command(argv=("sh", "-c", "exit 3"), cwd=tmp_path, exit_status=3),
        "floor": Command(argv=("true",), cwd=tmp_path),
    }
    times = time_round(commands, ("floor", "candidate"), real_timer(tmp_path))
    assert {name: len(runs.wall_seconds) for name, runs in times.items()} == {"candidate": 2, "floor": 2}


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
    assert read_export(export_of(times), {"a": 0, "floor": 0}, 2) == round_of(**times)


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


def test_read_export_keeps_what_each_run_cost() -> None:
    """Processor time, memory and counters are read where every run has them, in hyperfine's base units."""
    run = {
        "time_wall_clock": {"value": 0.003, "unit": "second"},
        "time_user": {"value": 0.001, "unit": "second"},
        "time_system": {"value": 0.002, "unit": "second"},
        "memory_peak_resident": {"value": 4096.0, "unit": "byte"},
        "instructions": {"value": 1e6, "unit": "count"},
        "exit_code": 0,
    }
    without = {name: value for name, value in run.items() if name != "instructions"}
    odd = {**run, "memory_peak_resident": {"value": 4.0, "unit": "kibibyte"}}
    results = [{"name": "a", "measurements": [run, run]}, {"name": "b", "measurements": [odd, without]}]
    content = msgspec.json.encode({"schema_version": 2, "results": results})
    whole = Runs(
        wall_seconds=[0.003] * 2,
        user_seconds=[0.001] * 2,
        system_seconds=[0.002] * 2,
        peak_bytes=[4096.0] * 2,
        instructions=[1e6] * 2,
    )
    assert read_export(content, {"a": 0, "b": 0}, 2) == {
        "a": whole,
        "b": replace(whole, peak_bytes=[], instructions=[]),
    }


@posix_only
def test_time_round_with_the_real_hyperfine_tells_processor_time_and_memory(tmp_path: Path) -> None:
    """What the real export calls its metrics is what we read."""
    timed = time_round({"a": Command(argv=("true",), cwd=tmp_path)}, ("a",), real_timer(tmp_path, runs=3))["a"]
    assert [len(timed.wall_seconds), len(timed.user_seconds), len(timed.system_seconds)] == [3, 3, 3]
    assert all(size > 4096 for size in timed.peak_bytes)
    assert len(timed.peak_bytes) == 3
