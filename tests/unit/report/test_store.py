"""The report's files: complete, replaced at once, read back strictly."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from burnish.errors import Refused
from burnish.model import Edit, Report
from burnish.report import renderings
from burnish.report.store import read_report, write_report
from burnish.system import regular

FILES = [
    "benchmark.json",
    "bmf.json",
    "code-quality.json",
    "comment.md",
    "frontier.svg",
    "metrics.txt",
    "report.html",
    "report.json",
    "report.md",
    "report.txt",
    "report.xml",
    "size-limit.json",
    "waterfall.svg",
]
PICTURES = {"frontier.svg", "waterfall.svg"}


def test_write_gives_every_file_and_no_other(tmp_path: Path, full_report: Report) -> None:
    """The folder is made, and no temporary file stays."""
    folder = tmp_path / "new" / "reports"
    write_report(full_report, folder)
    assert sorted(path.name for path in folder.iterdir()) == FILES


def test_read_gives_what_was_written(tmp_path: Path, full_report: Report, partial_report: Report) -> None:
    """Writing twice replaces the first."""
    write_report(partial_report, tmp_path)
    write_report(full_report, tmp_path)
    assert read_report(tmp_path / "report.json") == full_report


def test_json_is_written_before_what_is_made_of_it(
    tmp_path: Path, full_report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rendering that breaks costs no number."""

    def broken(_report: Report) -> str:
        raise RuntimeError("broken")

    monkeypatch.setattr(renderings, "RENDERINGS", {"report.txt": broken})
    with pytest.raises(RuntimeError):
        write_report(full_report, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert read_report(tmp_path / "report.json") == full_report


def test_write_that_fails_leaves_the_earlier_file(
    tmp_path: Path, full_report: Report, partial_report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk tears no file and leaves no temporary one."""
    write_report(partial_report, tmp_path)

    def full_disk(_descriptor: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="no space"):
        write_report(full_report, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [name for name in FILES if name not in PICTURES]
    assert read_report(tmp_path / "report.json") == partial_report


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege there")
def test_write_replaces_a_link_and_not_its_target(tmp_path: Path, partial_report: Report) -> None:
    """A project cannot lead a report over a file of the user's."""
    precious = tmp_path / "precious"
    precious.write_text("mine", encoding="utf-8")
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "report.json").symlink_to(precious)
    write_report(partial_report, tmp_path / "reports")
    assert precious.read_text(encoding="utf-8") == "mine"
    assert read_report(tmp_path / "reports" / "report.json") == partial_report


def test_half_a_surrogate_pair_is_written_as_an_escape(tmp_path: Path, partial_report: Report) -> None:
    """A file name that is no UTF-8 reaches a warning, and the report is written all the same."""
    write_report(replace(partial_report, warnings=["bad \udcff name"]), tmp_path)
    assert read_report(tmp_path / "report.json").warnings == ["bad \\udcff name"]


def test_unbounded_interval_stays_beyond_every_limit(tmp_path: Path, full_report: Report) -> None:
    """JSON has no infinity, and a single round has no interval."""
    assert full_report.candidate is not None
    assert full_report.candidate.startup is not None
    startup = replace(full_report.candidate.startup, ci95_seconds=(-math.inf, math.inf))
    write_report(replace(full_report, candidate=replace(full_report.candidate, startup=startup)), tmp_path)
    candidate = read_report(tmp_path / "report.json").candidate
    assert candidate is not None
    assert candidate.startup is not None
    assert candidate.startup.ci95_seconds == (-sys.float_info.max, sys.float_info.max)


def test_no_file_holds_a_registry_token(tmp_path: Path, full_report: Report) -> None:
    """What stands beside our edit in a configuration file is not ours to publish."""
    diff = ' [registries.private]\n token = "CANARY"\n+[build]\n+index = "https://me:CANARY@example.org"\n'
    leaky = replace(
        full_report,
        edits=[Edit(path=".cargo/config.toml", diff=diff)],
        warnings=["--config registries.x.token='CANARY' is in force"],
        settings={"env.CARGO_REGISTRY_TOKEN": "CARGO_REGISTRY_TOKEN=CANARY"},
    )
    write_report(leaky, tmp_path)
    assert [path.name for path in tmp_path.iterdir() if "CANARY" in path.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-20],
        lambda text: text.replace('"schema_version": 1', '"schema_version": 2'),
        lambda text: text.replace('"warnings"', '"warning"'),
        lambda text: text.replace('"unfinished"', '"finished"'),
        lambda text: text.replace('"cores": 2', '"cores": "2"'),
        lambda _text: "",
        lambda _text: "[" * 100_000,
        lambda _text: "\udcff",
        lambda _text: "null",
    ],
)
def test_damaged_report_is_refused(tmp_path: Path, partial_report: Report, damage: Callable[[str], str]) -> None:
    """Neither a torn file nor another version, key, word or type passes for a report."""
    write_report(partial_report, tmp_path)
    path = tmp_path / "report.json"
    damaged = damage(path.read_text(encoding="utf-8"))
    path.write_bytes(damaged.encode("utf-8", "surrogateescape"))
    with pytest.raises(Refused, match=r"report\.json cannot be read as a report"):
        read_report(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A missing file, a folder, and a pipe that nobody writes to."""
    paths = [tmp_path / "missing", tmp_path]
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe")
        paths.append(tmp_path / "pipe")
    for path in paths:
        with pytest.raises(Refused):
            read_report(path)


def test_oversized_report_is_refused(tmp_path: Path, partial_report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that would fill the memory is not read."""
    write_report(partial_report, tmp_path)
    monkeypatch.setattr(regular, "MAX_OWN_BYTES", 10)
    with pytest.raises(Refused, match="larger than 10 bytes"):
        read_report(tmp_path / "report.json")


def test_json_is_indented_and_ends_its_last_line(tmp_path: Path, partial_report: Report) -> None:
    """People read it too."""
    write_report(partial_report, tmp_path)
    text = (tmp_path / "report.json").read_text(encoding="utf-8")
    assert text.startswith('{\n "schema_version": 1,\n')
    assert text.endswith("}\n")
    assert json.loads(text)["outcome"] == "unfinished"
