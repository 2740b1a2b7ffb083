"""`burnish check --against` with the real cargo and git: what changed since a commit, and no trace of comparing."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from burnish.resources import config_file
from tests.conftest import MAIN, Crate, Run

pytestmark = pytest.mark.cargo

GROWN = MAIN.replace(
    "fn main() {",
    """fn main() {
    let mut counts = std::collections::BTreeMap::new();
    for word in std::env::args() {
        *counts.entry(word).or_insert(0_u32) += 1;
    }
    let share = std::env::args().count() as f64 / 3.7;
    if share > 1e9 {
        println!("{counts:?} {share:?}");
    }
""",
)
SIZE = ("--set", 'budget.max_size_growth="1%"')


def grow(crate: Crate) -> None:
    """Tag what is there, and commit a program of more code."""
    crate.git("tag", "v1.0")
    crate.write({"src/main.rs": GROWN})
    crate.commit()


def traces(crate: Crate) -> Mapping[str, str]:
    """Return what is the user's in the repository, and the digests of all files of the project."""
    asked = {
        # All but refs/notes/burnish, in which each check leaves its numbers.
        "refs": ("for-each-ref", "refs/heads", "refs/tags", "refs/remotes", "refs/stash"),
        "stash": ("stash", "list"),
        "status": ("--no-optional-locks", "status", "--porcelain", "--", ":!burnish.lock.toml"),
        "head": ("rev-parse", "HEAD"),
        "worktrees": ("worktree", "list", "--porcelain"),
    }
    index = hashlib.sha256((crate.root / ".git" / "index").read_bytes()).hexdigest()
    return {**{name: crate.git(*words) for name, words in asked.items()}, "index": index, **crate.tree()}


def check(burnish: Run, crate: Crate, *options: str, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Check the crate, and return its report with the exit status, which is valid by the schema."""
    finished = burnish("check", *options, "--json", cwd=crate.root, env=env)
    document = json.loads(finished.stdout)
    assert "error" not in document, finished.stderr
    jsonschema.Draft202012Validator(json.loads(config_file("report.schema.json").read_bytes())).validate(document)
    return {**document, "exit_status": finished.returncode, "stderr": finished.stderr}


def gate(report: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a gate of a report."""
    return next(each for each in report["gates"] if each["name"] == name)


def test_growth_fails_is_accepted_and_passes_until_it_is_part_of_the_reference(crate: Crate, burnish: Run) -> None:
    """The limit, the reason in a committed file, and a later change that may not lean on it; no trace in git."""
    crate.cargo("generate-lockfile")
    crate.commit()
    grow(crate)
    crate.write({"staged.txt": "x", "stashed.txt": "y", "loose.txt": "z"})
    crate.git("add", "stashed.txt")
    crate.git("stash", "push", "-q", "--", "stashed.txt")
    crate.git("add", "staged.txt")
    before = traces(crate)

    failed = check(burnish, crate, "--against", "v1.0", *SIZE)
    assert (failed["exit_status"], failed["outcome"], gate(failed, "size")["verdict"]) == (2, "not_met", "fail")
    assert "more than 1% allow" in gate(failed, "size")["reason"]
    assert "--accept-growth" in failed["stderr"]
    assert failed["baseline"]["size_bytes"] < failed["candidate"]["size_bytes"]
    assert failed["candidate"]["startup"]["ratio_to_baseline"]
    assert failed["check"]["reference"]["commit"] == crate.git("rev-parse", "v1.0").strip()
    assert failed["check"]["reference"]["is_cached"] is False
    assert failed["check"]["moved_crates"]
    assert len(failed["check"]["moved_functions"]) <= 20
    assert failed["check"]["dependencies"] == []
    assert traces(crate) == before

    accepted = check(burnish, crate, "--against", "v1.0", *SIZE, "--accept-growth", "counts words now")
    assert (accepted["exit_status"], gate(accepted, "size")["verdict"]) == (0, "pass")
    assert accepted["check"]["reference"]["is_cached"] is True
    text = (crate.root / "burnish.lock.toml").read_text(encoding="utf-8")
    assert 'reason = "counts words now"' in text
    assert before["head"].strip() in text
    assert {name: content for name, content in traces(crate).items() if "burnish.lock" not in name} == before

    later = check(burnish, crate, "--against", "v1.0", *SIZE)
    assert later["exit_status"] == 0
    assert "counts words now" in gate(later, "size")["reason"]
    assert later["check"]["accepted"][0]["reason"] == "counts words now"

    crate.commit()
    crate.write({"src/main.rs": GROWN.replace("hello::greeting", "hello::greeting").replace("3.7", "2.9")})
    merged = check(burnish, crate, "--against", "HEAD", *SIZE)
    assert merged["check"]["accepted"] == []


def test_dependencies_that_changed_are_told(crate: Crate, burnish: Run, tmp_path: Path) -> None:
    """By the two lock files; a configuration above the repository is told where the commit is built without it."""
    crate.cargo("generate-lockfile")
    crate.commit()
    crate.git("tag", "v1.0")
    other = Crate(root=tmp_path / "other")
    package = '[package]\nname = "other"\nversion = "1.2.3"\nedition = "2021"\n'
    other.write({"Cargo.toml": package, "src/lib.rs": "pub fn one() -> u32 { 1 }\n"})
    other.commit()
    manifest = (crate.root / "Cargo.toml").read_text(encoding="utf-8")
    crate.write({"Cargo.toml": f'{manifest}\n[dependencies]\nother = {{ git = "file://{other.root}" }}\n'})
    Crate(root=tmp_path).write({".cargo/config.toml": "[profile.release]\ndebug-assertions = false\n"})
    report = check(burnish, crate, "--against", "v1.0")
    changed = report["check"]["dependencies"]
    assert [(each["name"], each["before"]) for each in changed] == [("other", [])]
    assert changed[0]["after"][0].startswith("1.2.3 (git+file://")
    above = str(tmp_path / ".cargo" / "config.toml")
    # The state folder of the tests lies below the same folder, as it may below a home.
    assert not any(above in text for text in report["warnings"])
    with tempfile.TemporaryDirectory() as state:
        elsewhere = check(burnish, crate, "--against", "v1.0", env={"XDG_STATE_HOME": state})
    assert any(above in text for text in elsewhere["warnings"])


def test_second_check_builds_the_project_alone(crate: Crate, burnish: Run, tmp_path: Path) -> None:
    """What was built of the commit is kept by commit and selection; another selection is built anew."""
    crate.git("tag", "v1.0")
    log = tmp_path / "builds"
    stub = tmp_path / "bin" / "cargo"
    stub.parent.mkdir()
    real = subprocess.run(["which", "cargo"], check=True, capture_output=True, text=True).stdout.strip()  # noqa: S607
    stub.write_text(f'#!/bin/sh\n[ "$1" != build ] || echo "$PWD" >> {log}\nexec {real} "$@"\n', encoding="utf-8")
    stub.chmod(0o755)
    env = {"PATH": f"{stub.parent}{os.pathsep}{os.environ['PATH']}"}
    first = check(burnish, crate, "--against", "v1.0", env=env)
    folders = log.read_text(encoding="utf-8").split()
    assert len(folders) == 2
    assert folders[0] == str(crate.root) != folders[1]
    assert not folders[1].startswith(str(crate.root))
    second = check(burnish, crate, "--against", "v1.0", env=env)
    assert log.read_text(encoding="utf-8").split()[2:] == [str(crate.root)]
    sizes = [report["baseline"]["size_bytes"] for report in (first, second)]
    assert sizes[0] == sizes[1] == second["candidate"]["size_bytes"]
    check(burnish, crate, "--against", "v1.0", "--config", "profile.release.opt-level=1", env=env)
    assert len(log.read_text(encoding="utf-8").split()) == 5


def test_commit_that_does_not_build_is_inconclusive(crate: Crate, burnish: Run) -> None:
    """By its first error; the limits that need no reference are judged all the same."""
    crate.write({"src/lib.rs": "pub fn greeting( {\n"})
    crate.commit()
    crate.git("tag", "broken")
    crate.git("revert", "--no-edit", "HEAD")
    before = traces(crate)
    report = check(burnish, crate, "--against", "broken", *SIZE, "--max-size", "9 MB")
    assert (report["exit_status"], gate(report, "size")["verdict"]) == (2, "inconclusive")
    assert "does not build: error: " in gate(report, "size")["reason"]
    assert "does not build" in report["check"]["reference"]["lacking"]
    over = check(burnish, crate, "--against", "broken", *SIZE, "--max-size", "1 kB")
    assert gate(over, "size")["verdict"] == "fail"
    no_limit = check(burnish, crate, "--against", "broken", "--max-size", "9 MB")
    assert (no_limit["exit_status"], gate(no_limit, "size")["verdict"]) == (0, "pass")
    assert any("nothing to compare with" in text for text in no_limit["warnings"])
    assert traces(crate) == before


def test_new_program_is_judged_by_itself(crate: Crate, burnish: Run) -> None:
    """Where the commit has no such program, nothing has grown."""
    crate.write({"src/bin/other.rs": "fn main() {}\n"})
    report = check(burnish, crate, "--against", "HEAD", "--bin", "other", *SIZE, "--max-size", "9 MB")
    assert (report["exit_status"], gate(report, "size")["verdict"]) == (0, "pass")
    assert report["baseline"] is None
    assert "has no such program" in gate(report, "size")["reason"]
    assert "max_size_growth" in report["check"]["left_out"]


def test_configuration_of_today_is_not_the_commits(crate: Crate, burnish: Run) -> None:
    """The commit is built by its own configuration, and not by the one that the project has now."""
    crate.git("tag", "v1.0")
    crate.write({".cargo/config.toml": "[profile.release]\nopt-level = 0\n"})
    crate.commit()
    report = check(burnish, crate, "--against", "v1.0", *SIZE)
    assert report["baseline"]["sha256"] != report["candidate"]["sha256"]
    assert report["baseline"]["size_bytes"] < report["candidate"]["size_bytes"]


def test_earlier_report_compares_sizes_alone(crate: Crate, burnish: Run, tmp_path: Path) -> None:
    """Times of another machine compare with nothing, and the gate says so; another program's report is refused."""
    check(burnish, crate, "--report-dir", str(tmp_path / "earlier"))
    grow(crate)
    earlier = str(tmp_path / "earlier" / "report.json")
    report = check(burnish, crate, "--against", earlier, *SIZE, "--set", 'budget.max_startup_growth="5%"')
    assert (report["exit_status"], gate(report, "size")["verdict"]) == (2, "fail")
    assert "times of another machine compare with nothing, not judged: " in gate(report, "startup")["reason"]
    assert "max_startup_growth" in gate(report, "startup")["reason"]
    assert report["baseline"]["startup"] is None
    text = Path(earlier).read_text(encoding="utf-8").replace('"binary": "hello"', '"binary": "other"')
    Path(earlier).write_text(text, encoding="utf-8")
    refused = burnish("check", "--against", earlier, cwd=crate.root)
    assert refused.returncode == 3
    assert "is a report of other" in refused.stderr


@pytest.mark.parametrize(
    ("name", "status", "says"),
    [
        ("v1.O", 1, 'did you mean "v1.0"?'),
        ("--upload-pack=x", 1, "there is no commit"),
        ("-x", 1, "there is no commit"),
        ("HEAD\n--output=canary", 1, "there is no commit"),
        ("$(touch canary)", 1, "there is no commit"),
    ],
)
def test_name_that_means_nothing_is_wrong_usage(crate: Crate, burnish: Run, name: str, status: int, says: str) -> None:
    """Nothing is built, and nothing is read as an option."""
    crate.git("tag", "v1.0")
    before = traces(crate)
    finished = burnish("check", f"--against={name}", cwd=crate.root)
    assert finished.returncode == status, finished.stderr
    assert says in finished.stderr
    assert traces(crate) == before
    assert not (crate.root / "target").exists()


def test_growth_is_accepted_against_something_and_with_a_reason(crate: Crate, burnish: Run) -> None:
    """Neither is guessed."""
    alone = burnish("check", "--accept-growth", "why", cwd=crate.root)
    assert (alone.returncode, "without --against" in alone.stderr) == (1, True)
    mute = burnish("check", "--against", "HEAD", "--accept-growth", " ", cwd=crate.root)
    assert (mute.returncode, "why the change may grow" in mute.stderr) == (1, True)


def test_project_without_git_is_refused(crate: Crate, burnish: Run, tmp_path: Path) -> None:
    """An earlier report can be compared with."""
    (crate.root / ".git").rename(tmp_path / "git")
    finished = burnish("check", "--against", "main", cwd=crate.root, env={"GIT_CEILING_DIRECTORIES": str(tmp_path)})
    assert finished.returncode == 3
    assert "burnish check --against REPORT.json" in finished.stderr


@pytest.mark.promise("I1")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("words", [("check",), ("history", "--bisect")], ids=["check", "bisect"])
def test_end_in_the_midst_leaves_nothing_for_long(
    crate: Crate, burnish: Run, user_env: dict[str, str], words: tuple[str, ...], number: signal.Signals
) -> None:
    """After Ctrl-C the checkout is gone; after a kill it goes in the next step, and Cargo.lock by the rollback."""
    crate.write({"build.rs": "fn main() { std::thread::sleep(std::time::Duration::from_secs(60)); }\n"})
    crate.commit()
    crate.git("tag", "slow")
    crate.git("rm", "-q", "build.rs")
    crate.commit()
    before = traces(crate)
    argv = [sys.executable, "-m", "burnish", *words, "--against", "slow"]
    with subprocess.Popen(argv, cwd=crate.root, env=user_env, stderr=subprocess.DEVNULL) as process:
        folder = _checkout(Path(user_env["XDG_STATE_HOME"]))
        time.sleep(1)
        process.send_signal(number)
        process.wait(60)
    if number == signal.SIGKILL:
        assert folder.exists()
        assert burnish("baseline", cwd=crate.root).returncode == 3
        assert burnish("rollback", cwd=crate.root).returncode == 0
    else:
        assert process.returncode == 130
    assert not folder.exists()
    assert traces(crate) == before


def _checkout(state: Path) -> Path:
    """Wait until a commit is checked out, and return the folder."""
    for _ in range(3000):
        found = list(state.glob("burnish/references/*/checkout/Cargo.toml"))
        if found:
            return found[0].parent
        time.sleep(0.1)
    raise TimeoutError
