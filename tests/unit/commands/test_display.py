"""What the terminal shows at the end of a run, and `burnish report`."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Any

import msgspec
import pytest
from invoke.program import Program

from burnish.commands.steps import collection
from burnish.errors import Refused
from burnish.model import Machine, PlatformPart, ProjectPart, RecipePart, Report, Run, Tool, Toolchain
from burnish.report.store import read_report, write_report


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project in which the user is."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.rs").write_text("fn main() {}\n", encoding="utf-8")
    (tmp_path / "Cargo.toml").write_text('[package]\nname = "tool"\nversion = "1.0.0"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def with_run(project: Path, name: str, **parts: Any) -> Path:
    """Leave a run with a report there, and return its folder."""
    report = Report(
        tool=Tool(version="0.1.0"),
        run=Run(id=name, command=["burnish", "optimize"], started="2026-01-02T03:04:05Z"),
        machine=Machine(system="Linux", architecture="x86_64", cpu="A CPU", cores=2, memory_bytes=8_000_000_000),
        toolchain=Toolchain(rustc="rustc 1.95.0", cargo="cargo 1.95.0", host="x86_64-unknown-linux-gnu"),
        project=ProjectPart(root=str(project), package="tool", version="1.0.0", binary="tool"),
        platform=PlatformPart(name="linux", triple="x86_64-unknown-linux-gnu", mode="native"),
        recipe=RecipePart(name="portable", settings=[]),
        settings={},
    )
    folder = project / ".burnish" / "runs" / name
    write_report(msgspec.structs.replace(report, **parts), folder)
    return folder


def run(*words: str) -> int:
    """Run burnish in this process, and return its exit status."""
    program = Program(namespace=collection(), name="burnish", binary="burnish")
    try:
        program.run(["burnish", *words])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def test_report_names_the_newest_and_what_it_says(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The path is the first line, by itself, for `$(burnish report | head -1)`; the headline follows."""
    with_run(project, "2026-01-02T030405Z-1", outcome="kept")
    newest = with_run(project, "2026-01-03T030405Z-1", outcome="rolled_back")
    assert run("report") == 0
    assert capsys.readouterr().out.splitlines() == [
        str(newest / "report.html"),
        "",
        "Rolled back: every file is as it was, byte for byte.",
        "  project   tool 1.0.0, x86_64-unknown-linux-gnu",
    ]


def test_report_as_json_is_the_report(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One document: the same that the run gave, and `report.json` holds."""
    folder = with_run(project, "2026-01-02T030405Z-1", outcome="kept")
    assert run("report", "--json") == 0
    told = msgspec.json.decode(capsys.readouterr().out, type=Report)
    assert told == read_report(folder / "report.json")


def test_report_without_a_run_is_refused_with_the_command_that_makes_one(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 3, and what to type."""
    assert run("report", "--project", str(project)) == 3
    said = capsys.readouterr().err
    assert f"there is no report of {project} yet" in said
    assert f"next:     burnish optimize --project {project}\n" in said


def test_report_opens_the_page_as_it_is_made_of_the_report(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that came with a cloned repository may hold a script: it is made anew before a browser sees it."""
    opened: list[tuple[str, str]] = []
    folder = with_run(project, "2026-01-02T030405Z-1", outcome="kept")
    page = folder / "report.html"
    own = page.read_text(encoding="utf-8")

    def browse(uri: str) -> bool:
        opened.append((uri, page.read_text(encoding="utf-8")))
        return True

    monkeypatch.setattr(webbrowser, "open", browse)
    page.write_text("<script>alert(1)</script>", encoding="utf-8")
    assert run("report", "--open") == 0
    assert opened == [(page.as_uri(), own)]


def test_report_says_where_there_is_no_browser(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The path is told all the same, and what would help."""
    folder = with_run(project, "2026-01-02T030405Z-1", outcome="kept")
    monkeypatch.setattr(webbrowser, "open", lambda _uri: False)
    assert run("report", "--open") == 3
    said = capsys.readouterr()
    assert said.out.startswith(str(folder / "report.html"))
    assert "no browser was found that could be started" in said.err
    assert "next:     BROWSER=firefox burnish report --open" in said.err


def test_report_writes_through_no_link(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A folder of runs that leads elsewhere came with a repository: nothing is written there."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    folder = with_run(project, "2026-01-02T030405Z-1", outcome="kept")
    folder.rename(elsewhere / "run")
    (elsewhere / "run" / "report.html").write_text("mine", encoding="utf-8")
    folder.symlink_to(elsewhere / "run")
    assert run("report", "--open") == 3
    assert (elsewhere / "run" / "report.html").read_text(encoding="utf-8") == "mine"


def test_damaged_report_is_refused(project: Path) -> None:
    """What is no report is none."""
    folder = with_run(project, "2026-01-02T030405Z-1")
    (folder / "report.json").write_text("{}", encoding="utf-8")
    with pytest.raises(Refused):
        read_report(folder / "report.json")
    assert run("report") == 3
