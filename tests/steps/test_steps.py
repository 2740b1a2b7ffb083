"""Each step usable by itself, the state between them on disk; and the ways back."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from burnish.commands.steps import PIPELINE
from tests.conftest import MANIFEST, Crate, Run

pytestmark = pytest.mark.cargo


def test_steps_one_by_one_then_keep(crate: Crate, burnish: Run) -> None:
    """The steps, each started by itself, come to the same end as optimize; later steps know the first one's options."""
    own = '\n[package.metadata.burnish.recipes.sized]\nextends = "quick"\nprofile = { opt-level = "z" }\n'
    crate.write({"Cargo.toml": MANIFEST + own})
    crate.commit()
    for step in PIPELINE:
        options = ("--recipe", "sized") if step == "baseline" else ()
        finished = burnish(step, *options, cwd=crate.root)
        assert finished.returncode == 0, f"{step}: {finished.stderr}"
    assert 'opt-level = "z"' in (crate.root / "Cargo.toml").read_text(encoding="utf-8")
    assert "applied, NOT final" in burnish("status", cwd=crate.root).stdout
    assert burnish("keep", cwd=crate.root).returncode == 0
    status = json.loads(burnish("status", "--json", cwd=crate.root).stdout)
    assert status["change"]["state"] == "kept"
    assert {file["path"]: file["holds"] for file in status["change"]["files"]}["Cargo.toml"] == "after"


def test_apply_profile_then_rollback(crate: Crate, burnish: Run) -> None:
    """apply-profile may come first; rollback puts the file back, and is harmless when repeated."""
    before = crate.tree()
    assert burnish("apply-profile", "--recipe", "phase1", cwd=crate.root).returncode == 0
    assert burnish("write-config", "--recipe", "phase1", cwd=crate.root).returncode == 0
    assert (crate.root / ".cargo" / "config.toml").exists()
    assert crate.tree() != before
    for _ in range(2):
        assert burnish("rollback", cwd=crate.root).returncode == 0
        assert crate.tree() == before


@pytest.mark.parametrize("step", ["measure", "test", "bench", "judge", "keep"])
def test_step_without_the_ones_before_it(crate: Crate, burnish: Run, step: str) -> None:
    """A step that needs another one first names it, and touches nothing."""
    before = crate.tree()
    finished = burnish(step, cwd=crate.root)
    assert finished.returncode == 3, finished.stderr
    assert "next:" in finished.stderr
    assert crate.tree() == before


@pytest.mark.promise("C5")
def test_baseline_leaves_no_file_behind(crate: Crate, burnish: Run, tried: Callable[..., None]) -> None:
    """The Cargo.lock that cargo writes for the baseline is gone after the step, as before it."""
    before = crate.tree()
    assert "Cargo.lock" not in before
    assert burnish("baseline", cwd=crate.root).returncode == 0
    assert crate.tree() == before
    tried("C5", cases=1)


def test_baseline_of_an_applied_change_is_refused(crate: Crate, burnish: Run) -> None:
    """The baseline is the project without a change: with one applied, baseline and optimize name the ways out."""
    burnish("apply-profile", cwd=crate.root)
    for command in ("baseline", "optimize"):
        finished = burnish(command, cwd=crate.root)
        assert finished.returncode == 3, finished.stderr
        assert "burnish rollback" in finished.stderr


def test_plan_and_dry_write_nothing(crate: Crate, burnish: Run) -> None:
    """`plan` and Invoke's `--dry` show the diff and write nothing, not even a folder of ours."""
    before = sorted(path for path in crate.root.rglob("*") if ".git" not in path.parts)
    shown = [
        burnish("plan", "--recipe", "phase1", cwd=crate.root),
        burnish("--dry", "optimize", "--recipe", "phase1", cwd=crate.root),
        burnish("--dry", "apply-profile", "--recipe", "phase1", cwd=crate.root),
    ]
    assert [finished.returncode for finished in shown] == [0, 0, 0], shown
    assert all('+lto = "fat"' in finished.stdout for finished in shown)
    assert sorted(path for path in crate.root.rglob("*") if ".git" not in path.parts) == before


def test_plan_is_what_apply_writes(crate: Crate, burnish: Run, tmp_path: Path) -> None:
    """The diff of `plan`, applied by git, gives the files that the steps write."""
    diff = tmp_path / "plan.diff"
    diff.write_text(burnish("plan", "--recipe", "phase1", cwd=crate.root).stdout, encoding="utf-8")
    crate.git("apply", "-p0" if "--- a/" not in diff.read_text(encoding="utf-8") else "-p1", str(diff))
    planned = crate.tree()
    crate.git("checkout", "-q", ".")
    crate.git("clean", "-fdxq")
    burnish("apply-profile", "--recipe", "phase1", cwd=crate.root)
    burnish("write-config", "--recipe", "phase1", cwd=crate.root)
    assert crate.tree() == planned


def _start_and_wait_for_the_change(crate: Crate, user_env: dict[str, str]) -> subprocess.Popen[str]:
    """Start optimize, and come back when it has edited the manifest."""
    process = subprocess.Popen(
        [sys.executable, "-m", "burnish", "optimize"],
        cwd=crate.root,
        env=user_env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    manifest = crate.root / "Cargo.toml"
    while "profile.release" not in manifest.read_text(encoding="utf-8"):
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.01)
    return process


def test_live_only_leaves_a_kept_change_alone(crate: Crate, burnish: Run) -> None:
    """`rollback --live-only` undoes what is not final; `rollback` goes on to the newest kept change."""
    assert burnish("optimize", cwd=crate.root).returncode == 0
    kept = crate.tree()
    assert burnish("rollback", "--live-only", cwd=crate.root).returncode == 0
    assert crate.tree() == kept
    assert burnish("rollback", cwd=crate.root).returncode == 0
    assert crate.tree() != kept


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_signal_rolls_back(crate: Crate, user_env: dict[str, str], number: int, status: int) -> None:
    """A signal in the middle of the flow puts every byte back and ends with the shell's status."""
    before = crate.tree()
    process = _start_and_wait_for_the_change(crate, user_env)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == status, stderr
    assert crate.tree() == before


def test_storm_of_interrupts_cannot_break_the_rollback(crate: Crate, user_env: dict[str, str]) -> None:
    """Ctrl-C pressed again and again still ends in restored files."""
    before = crate.tree()
    process = _start_and_wait_for_the_change(crate, user_env)
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.002)
    process.communicate()
    assert crate.tree() == before


def test_kill_then_rollback(crate: Crate, user_env: dict[str, str], burnish: Run) -> None:
    """After a kill -9, status tells what is applied, a new run is refused, and rollback puts every byte back."""
    before = crate.tree()
    process = _start_and_wait_for_the_change(crate, user_env)
    process.kill()
    process.communicate()
    assert "burnish rollback" in burnish("status", cwd=crate.root).stdout
    refused = burnish("optimize", cwd=crate.root)
    assert refused.returncode == 3, refused.stderr
    assert burnish("rollback", cwd=crate.root).returncode == 0
    assert crate.tree() == before


def test_options_of_the_first_step_hold_for_the_next(crate: Crate, burnish: Run) -> None:
    """apply-profile may be first, and what it was asked for holds for the steps after it, and stands in the report."""
    assert burnish("apply-profile", "--recipe", "phase1", cwd=crate.root).returncode == 0
    assert burnish("write-config", cwd=crate.root).returncode == 0
    assert "crt-static" in (crate.root / ".cargo" / "config.toml").read_text(encoding="utf-8")
    sealed = (crate.root / ".burnish" / "runs" / "current.json").read_bytes()
    record = json.loads(sealed.partition(b"\n")[2])
    assert [edit["path"] for edit in record["report"]["edits"]] == ["Cargo.toml", ".cargo/config.toml"]
    assert record["report"]["recipe"]["name"] == "phase1"


def test_another_binary_cannot_be_named_on_the_way(crate: Crate, burnish: Run) -> None:
    """What a run is about is said in its first step."""
    assert burnish("apply-profile", cwd=crate.root).returncode == 0
    finished = burnish("write-config", "--bin", "hello", cwd=crate.root)
    assert (finished.returncode, "burnish baseline --bin hello" in finished.stderr) == (1, True)


def test_judge_of_an_applied_change_that_was_not_built(crate: Crate, burnish: Run) -> None:
    """With a change applied it is the candidate that is judged: without one, the step that makes it is named."""
    for step in ("baseline", "apply-profile"):
        assert burnish(step, cwd=crate.root).returncode == 0
    finished = burnish("judge", "--max-size", "9 MB", cwd=crate.root)
    assert (finished.returncode, "next:     burnish build" in finished.stderr) == (3, True)


def test_judge_of_the_project_as_it_is(crate: Crate, burnish: Run) -> None:
    """Without a change the present build itself is judged by the budget: one byte is missed, nine megabytes are met."""
    limits = ("--budget", "phase1", "--max-startup", "9 s")
    for step in ("baseline", "measure"):
        assert burnish(step, *limits, cwd=crate.root).returncode == 0
    missed = burnish("judge", *limits, "--max-size", "1", cwd=crate.root)
    assert (missed.returncode, "next:     burnish optimize" in missed.stderr) == (2, True)
    assert burnish("judge", *limits, "--max-size", "9 MB", cwd=crate.root).returncode == 0


def test_rollback_of_a_path_that_is_not_there(crate: Crate, burnish: Run) -> None:
    """A wrong path is refused; the change of the project around it is not undone."""
    burnish("apply-profile", cwd=crate.root)
    applied = crate.tree()
    finished = burnish("rollback", "--project", "nope", cwd=crate.root)
    assert finished.returncode == 3, finished.stderr
    assert crate.tree() == applied


def test_rollback_from_a_member_and_with_a_broken_manifest(crate: Crate, burnish: Run) -> None:
    """The workspace's change is found from a folder inside it, and also where cargo can no longer read the manifest."""
    before = crate.tree()
    burnish("apply-profile", cwd=crate.root)
    assert burnish("rollback", cwd=crate.root / "src").returncode == 0
    assert crate.tree() == before
    burnish("apply-profile", cwd=crate.root)
    with (crate.root / "Cargo.toml").open("a", encoding="utf-8") as manifest:
        manifest.write("[dependencies\n")
    finished = burnish("rollback", cwd=crate.root / "src")
    assert finished.returncode == 4, finished.stderr
    assert "[dependencies\n" in (crate.root / "Cargo.toml").read_text(encoding="utf-8")
