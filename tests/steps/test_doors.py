"""The ways in: invoke in the checkout, the installed programs, and what they list."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import tasks
from burnish.commands import steps
from tests.conftest import Crate, Run

CHECKOUT = Path(__file__).parents[2]
NAMES = [task.name.replace("_", "-") for task in steps.STEPS]


def test_tasks_and_program_offer_the_same_steps() -> None:
    """tasks.py, the table of contents, lists every step that the installed program has."""
    assert sorted(tasks.namespace.task_names) == sorted(NAMES)


def test_list_numbers_the_steps(burnish: Run) -> None:
    """`invoke --list` sorts by name; each step's number is in its first words."""
    listed = burnish("--list", cwd=CHECKOUT, program=(sys.executable, "-m", "invoke")).stdout
    assert [word for word in listed.split() if word.rstrip(":").isdigit()] != []
    assert all(name in listed for name in NAMES)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(burnish: Run, shell: str) -> None:
    """Completion completes the tasks, in the checkout by invoke and installed by burnish."""
    invoke = (sys.executable, "-m", "invoke")
    assert "invoke" in burnish("--print-completion-script", shell, cwd=CHECKOUT, program=invoke).stdout
    completed = burnish("--complete", "--", "invoke", cwd=CHECKOUT, program=invoke).stdout.split()
    assert set(NAMES) <= set(completed)


def test_cargo_subcommand(crate: Crate, burnish: Run) -> None:
    """`cargo burnish STEP` is `burnish STEP`: cargo hands its own subcommand's name over."""
    code = "import sys; sys.argv[0] = 'cargo-burnish'; from burnish.commands.cli import main_cargo; main_cargo()"
    env = {"PYTHONPATH": str(CHECKOUT)}
    finished = burnish("burnish", "plan", cwd=crate.root, env=env, program=(sys.executable, "-c", code))
    assert finished.returncode == 0, finished.stderr
    assert '+opt-level = "s"' in finished.stdout


@pytest.mark.cargo
def test_installed_wheel_brings_its_configuration(crate: Crate, tmp_path: Path, user_env: dict[str, str]) -> None:
    """From a wheel, in a folder elsewhere, the programs find the configuration that is inside it."""
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path / "wheel"), str(CHECKOUT)],
        check=True,
        timeout=300,
    )
    (wheel,) = (tmp_path / "wheel").glob("*.whl")
    site = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(site), str(wheel)],
        check=True,
        timeout=300,
    )
    finished = subprocess.run(
        [sys.executable, "-m", "burnish", "plan"],
        cwd=crate.root,
        env={**user_env, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert '+opt-level = "s"' in finished.stdout
    assert (site / "bin" / "burnish").exists()
    assert (site / "bin" / "cargo-burnish").exists()
