"""C6, E3: names that attack a shell, a terminal or a CI system: no shell reads them, and none acts on the output."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import MANIFEST, Crate, Run, Tried, cases

pytestmark = pytest.mark.cargo
CANARY = "canary"
NAMES = (
    f"a b; touch {CANARY} $(touch {CANARY}) `touch {CANARY}` 'q' \"r\" \u00e9",
    f"-{CANARY}",
    f"line\ntouch {CANARY}\n::error::forged",
    f"*?[a] {{b,c}} ~ !! | touch {CANARY} & touch {CANARY} > {CANARY}",
    "\x1b[31m\x1b]0;title\x07 ##[error]forged",
    "\u202egpj.\u202c \u4e2d \U0001f980",
)
BINARY = f"$(touch {CANARY}); ##[error]x \u001b[2J".replace("\x1b", "\\u001b")


def assert_inert(said: str) -> None:
    """Check that an output holds nothing that a terminal or a CI system acts on."""
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "##[" not in said
    assert not [line for line in said.splitlines() if line.lstrip().startswith("::")]


@pytest.mark.promise("C6")
@pytest.mark.promise("E3")
@pytest.mark.parametrize("name", NAMES[: cases(4, len(NAMES))])
def test_folder_names_are_only_names(crate: Crate, burnish: Run, name: str, tmp_path: Path, tried: Tried) -> None:
    """A project's and a report's folder of any name are used as they are called."""
    folder = crate.root.rename(crate.root.with_name(name))
    reports = tmp_path / "reports" / name
    calls = [("plan", f"--project={folder}"), ("apply-profile", f"--report-dir={reports}"), ("status",), ("rollback",)]
    for words in calls:
        finished = burnish(*words, cwd=folder)
        assert finished.returncode == 0, finished.stderr
        assert_inert(finished.stdout + finished.stderr)
    assert reports.is_dir()
    assert list(tmp_path.rglob(CANARY)) == []
    tried("C6", cases=len(calls))
    tried("E3", cases=len(calls))


@pytest.mark.promise("C6")
@pytest.mark.promise("E3")
def test_binary_names_are_only_names(crate: Crate, burnish: Run, tmp_path: Path, tried: Tried) -> None:
    """A binary that is named for an attack is named in the messages, and nothing comes of it."""
    crate.write({"Cargo.toml": f'{MANIFEST}\n[[bin]]\nname = "{BINARY}"\npath = "src/main.rs"\n'})
    crate.commit()
    before = crate.tree()
    calls = [("plan",), ("optimize", "--bin", "none"), ("doctor",), ("status",)]
    for words in calls:
        finished = burnish(*words, cwd=crate.root)
        assert finished.returncode in {0, 1, 2, 3}, finished.stderr
        assert_inert(finished.stdout + finished.stderr)
    assert crate.tree() == before
    assert list(tmp_path.rglob(CANARY)) == []
    tried("C6", cases=len(calls))
    tried("E3", cases=len(calls))


TALKS = """
#[test]
fn talks() {
    println!("\\n::error file=x::forged\\n  ::set-output name=a::b\\n##[error]forged\\n\\x1b[2J");
    panic!("##vso[task.setvariable]x");
}
"""


@pytest.mark.promise("E3")
def test_what_tests_say_commands_nobody(crate: Crate, burnish: Run, tried: Tried) -> None:
    """What a project's own tests print reaches neither the terminal nor the CI system as a command."""
    crate.write({"src/lib.rs": (crate.root / "src/lib.rs").read_text(encoding="utf-8") + TALKS})
    crate.commit()
    finished = burnish("optimize", cwd=crate.root)
    assert finished.returncode == 0, finished.stderr
    assert_inert(finished.stdout + finished.stderr)
    report = next((crate.root / ".burnish" / "runs").rglob("report.txt"))
    assert_inert(report.read_text(encoding="utf-8"))
    tried("E3", cases=1)


@pytest.mark.promise("E3")
def test_diff_commands_nobody(crate: Crate, burnish: Run, tried: Tried) -> None:
    """A manifest's own lines beside our edit are shown, and are no commands."""
    text = "'''\n::error::forged\n  ::set-output name=a::b\n##[error]forged\n'''"
    crate.write({"Cargo.toml": f"{MANIFEST}\n[package.metadata.x]\ny = {text}\n"})
    crate.commit()
    for words in (("plan",), ("plan", "--json")):
        finished = burnish(*words, cwd=crate.root)
        assert "forged" in finished.stdout
        assert_inert(finished.stdout + finished.stderr)
    tried("E3", cases=2)


def test_whole_flow_in_a_folder_whose_name_is_shell_syntax(crate: Crate, burnish: Run) -> None:
    """The whole flow works in a folder whose name is shell syntax, and no shell reads it."""
    folder = crate.root.rename(crate.root.with_name(NAMES[0]))
    beside = sorted(path.name for path in folder.parent.iterdir())
    finished = burnish("optimize", "--json", cwd=folder)
    assert json.loads(finished.stdout)["outcome"] == "kept", finished.stderr
    assert burnish("rollback", cwd=folder).returncode == 0
    assert sorted(path.name for path in folder.parent.iterdir()) == sorted({*beside, "state"})
    assert not list(folder.parent.rglob(CANARY))
