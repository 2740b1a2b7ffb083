from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from burnish.errors import UsageError
from burnish.model import Gate, Machine, PlatformPart, ProjectPart, RecipePart, Report, Run, Tool, Toolchain
from burnish.platforms.__main__ import install, runners
from burnish.report.store import write_report

ROOT = Path(__file__).parents[3]
LINUX = "x86_64-unknown-linux-gnu"
MSVC = "x86_64-pc-windows-msvc"


def ask(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Call the module as noxfile.py does."""
    argv = [sys.executable, "-m", "burnish.platforms", *arguments]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def report(verdict: str) -> Report:
    """Return a report of one gate."""
    gate = {
        "name": "build",
        "criterion": "",
        "verdict": verdict,
        "measured": None,
        "limit": None,
        "unit": "",
        "reason": "",
    }
    return Report(
        tool=Tool(version="1"),
        run=Run(id="1", command=[], started="2026-01-02T03:04:05Z"),
        machine=Machine(system="Linux", architecture="x86_64", cpu="A CPU", cores=2, memory_bytes=1),
        toolchain=Toolchain(rustc="rustc 1.96.0", cargo="cargo 1.96.0", host=LINUX),
        project=ProjectPart(root="/", package=None, version=None, binary=None),
        platform=PlatformPart(name=LINUX, triple=LINUX, mode="native"),
        recipe=RecipePart(name="portable", settings=[]),
        settings={},
        gates=[msgspec.convert(gate, Gate)],
    )


def test_install_names_every_package_once() -> None:
    """One line of apt for all that is asked."""
    commands = install(["aarch64-unknown-linux-gnu", "aarch64-apple-darwin", "x86_64-apple-darwin"])
    words = [word for command in commands for word in command.split()]
    assert commands[:2] == ["dpkg --add-architecture arm64", "apt-get update"]
    assert [words.count(name) for name in ("rustc-web", "rust-web-src", "qemu-user")] == [1, 1, 1]


def test_own_platform_takes_nothing_more() -> None:
    """What every host has needs no command."""
    assert install([LINUX]) == []


def test_unknown_platform_is_one_clear_message() -> None:
    """A typo gets the name that was meant, and no traceback."""
    finished = ask("install", "x86_64-unknown-linux-gnuu")
    assert finished.returncode == 1
    assert f'did you mean "{LINUX}"' in finished.stderr
    assert "Traceback" not in finished.stderr


def test_runners_are_those_of_the_listed_sessions() -> None:
    """Each session gets the runner on which its platform is native."""
    listed = [{"session": f"validate({LINUX})", "call_spec": {"platform": LINUX}}]
    assert json.loads(runners(json.dumps(listed))) == [
        {"session": f"validate({LINUX})", "platform": LINUX, "runner": "ubuntu-24.04", "toolchain": "stable"}
    ]


@pytest.mark.parametrize(("verdict", "status"), [("pass", 0), ("fail", 2)])
def test_table_fails_where_a_gate_does(tmp_path: Path, verdict: str, status: int) -> None:
    """The table is the last word on all pipelines, and a platform out of reach is named, not failed."""
    (tmp_path / MSVC).mkdir()
    write_report(report(verdict), tmp_path / LINUX)
    finished = ask("table", str(tmp_path))
    assert finished.returncode == status
    assert finished.stdout.splitlines()[-1].startswith(f"- {MSVC} was not run: this host is ")


def test_table_fails_where_a_report_is_missing(tmp_path: Path) -> None:
    """A pipeline of a platform in reach that left no report did not pass."""
    host = ask("why-not", LINUX)
    (tmp_path / LINUX).mkdir()
    finished = ask("table", str(tmp_path))
    assert finished.returncode == (0 if host.stdout else 2)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "no command is given"),
        (("instal",), 'did you mean "install"'),
        (("",), "no command is given"),
        (("table",), "table is given 0 arguments"),
        (("why-not", LINUX, MSVC), "why-not is given 2 arguments"),
        (("why-not",), "python -m burnish.platforms why-not TRIPLE"),
        (("runners", "x"), "runners is given 1 argument"),
        (("install", "x86_64-unknown-linux-gnuu"), f'did you mean "{LINUX}"'),
    ],
)
def test_wrong_words_are_told_in_one_message(arguments: tuple[str, ...], says: str) -> None:
    """As the steps do: what was found, what is expected, and no trace of ours."""
    finished = ask(*arguments)
    assert (finished.returncode, finished.stdout) == (1, "")
    assert says in finished.stderr
    assert "\\n" not in finished.stderr
    assert "Traceback" not in finished.stderr


def test_report_that_is_damaged_is_told(tmp_path: Path) -> None:
    """A pipeline that was killed in a copy leaves half of one."""
    (tmp_path / LINUX).mkdir()
    (tmp_path / LINUX / "report.json").write_text('{"tool":', encoding="utf-8")
    finished = ask("table", str(tmp_path))
    assert finished.returncode == 3
    assert "report.json cannot be read as a report" in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize("sessions", ["", "no JSON", "3", "[3]", '[{"session": "x"}]'])
def test_sessions_that_nox_did_not_list_are_told(sessions: str) -> None:
    """What the workflow hands over may be anything."""
    with pytest.raises(UsageError, match="not what nox says"):
        runners(sessions)


def test_table_of_no_folder_is_told(tmp_path: Path) -> None:
    """A name that was mistyped is no empty table."""
    finished = ask("table", str(tmp_path / "nowhere"))
    assert (finished.returncode, "there is no folder" in finished.stderr) == (1, True)
    assert "Traceback" not in finished.stderr
