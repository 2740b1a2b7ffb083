"""Status: every situation that a project can be in, in the words that the user reads."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from burnish.commands.status import read_status, status_lines
from burnish.system.children import MARK
from burnish.transaction.change import Change
from burnish.transaction.lock import locked

sys.path.insert(0, str(Path(__file__).parents[3]))

if TYPE_CHECKING:
    from tests.faults.world import World

BEGAN = "2026-01-02T03:04:05Z"
MADE_BY = f"         recipe phase1, by `OWNER`, begun {BEGAN}"
HELD = [
    "         Cargo.lock: as it was before the change",
    "         Cargo.toml: holds the change (profile.release.lto)",
    "         .cargo/config.toml: holds the change (profile.release.lto)",
]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a workspace."""
    from tests.faults.world import make_world  # noqa: PLC0415 - only now is it on the path

    return make_world(tmp_path)


def apply(world: World, owner: str = "optimize") -> Change:
    """Apply a change, as the command `owner` does."""
    change = Change.begin(world.state, world.user_state, owner=owner, recipe="phase1", began=BEGAN)
    change.apply(world.usual_edits())
    return change


def lines(world: World) -> list[str]:
    """Return what the user reads, below the project's name; reading has written nothing."""
    before = world.tree(), sorted(world.base.rglob("*"))
    first, *rest = status_lines(read_status(world.root, world.user_state))
    assert first == f"project: {world.root}"
    assert (world.tree(), sorted(world.base.rglob("*"))) == before
    return rest


def test_status_waits_for_nothing_that_it_does_not_need(world: World) -> None:
    """Where nobody is at work, the libraries that are slow to import are not."""
    code = (
        "import pathlib, sys; from burnish.commands.status import read_status;"
        "read_status(*map(pathlib.Path, sys.argv[1:]));"
        "print(sorted({'psutil', 'filelock', 'tomlkit', 'lief'} & set(sys.modules)))"
    )
    argv = [sys.executable, "-c", code, str(world.root), str(world.user_state)]
    assert subprocess.run(argv, check=True, capture_output=True, text=True).stdout == "[]\n"


def test_no_change(world: World) -> None:
    """Where nothing is applied, the main job is what comes next."""
    assert lines(world) == ["change:  none is applied", "next:    burnish optimize"]


def test_change_of_a_run_that_was_ended(world: World) -> None:
    """A change that no verdict was given on is to be rolled back."""
    apply(world)
    assert lines(world) == [
        "change:  1: applied, NOT final",
        MADE_BY.replace("OWNER", "optimize"),
        *HELD,
        "next:    burnish rollback; the run that made the change was ended before its verdict",
    ]


def test_change_between_two_steps(world: World) -> None:
    """One that steps have applied is on its way: the steps to come are named, and the way back."""
    apply(world, "steps")
    assert lines(world)[-1] == ("next:    burnish build and the steps after it, then burnish keep; or burnish rollback")


def test_change_in_files_that_were_edited_since(world: World) -> None:
    """What a rollback will do with an edited file is said before it does it; cargo's lock file is no edit."""
    apply(world)
    world.write("Cargo.toml", b"[package]\n")
    world.write("Cargo.lock", b"# by cargo\n")
    said = lines(world)
    assert "         Cargo.toml: edited since (profile.release.lto)" in said
    assert said[-1].startswith(
        "next:    burnish rollback (only our keys in Cargo.toml; your version is saved first); the run"
    )


def test_kept_change(world: World) -> None:
    """A final change needs nothing; the way back is named."""
    apply(world).keep()
    assert lines(world) == [
        "change:  1: kept, final",
        MADE_BY.replace("OWNER", "optimize"),
        *HELD[1:],
        HELD[0],
        "next:    nothing; burnish rollback undoes the kept change",
    ]


def test_kept_change_that_the_files_hold_no_more(world: World) -> None:
    """As after a switch to a branch without it."""
    apply(world).keep()
    from tests.faults.world import MANIFEST  # noqa: PLC0415 - only now is it on the path

    world.write("Cargo.toml", MANIFEST)
    shutil.rmtree(world.root / ".cargo")
    assert lines(world)[-1] == (
        "next:    burnish optimize; the files hold nothing of the change any more, which burnish rollback then closes"
    )


@pytest.mark.parametrize("kept", [False, True])
def test_change_whose_record_was_cleaned_away(world: World, *, kept: bool) -> None:
    """After a `git clean -fdx` the user's own record is read, and not yet brought back."""
    change = apply(world)
    if kept:
        change.keep()
    shutil.rmtree(world.state.folder)
    said = lines(world)
    assert said[0] == "change:  1: applied, and its record in .burnish is gone; your own state folder has it still"
    assert said[-1].startswith("next:    burnish rollback")


def damaged(world: World) -> None:
    """Cut the journal short."""
    world.state.active.write_bytes(world.state.active.read_bytes()[:-1])


def foreign(world: World) -> None:
    """Take away what says that this user made it."""
    shutil.rmtree(world.user_state)


@pytest.mark.parametrize(
    ("harm", "says"), [(damaged, "is damaged: its checksum"), (foreign, "was not made by this user")]
)
def test_journal_that_cannot_be_trusted(world: World, harm: Callable[[World], None], says: str) -> None:
    """Status still answers, says what is wrong, and names the command that takes the journal out of the way."""
    apply(world)
    harm(world)
    change, command = lines(world)
    assert change.startswith(f"change:  {world.state.active} {says}")
    assert command == f"next:    when the files are as you want them: mv {world.state.active} {world.state.saved}"


def test_project_that_was_moved(world: World) -> None:
    """The change went with the project, and is undone from there."""
    apply(world)
    moved = type(world)(base=world.base.with_name("moved"))
    shutil.move(world.base, moved.base)
    assert "made where the project was before it was moved" in "\n".join(lines(moved))
    assert lines(moved)[-1].startswith("next:    burnish rollback")


def test_run_at_work(world: World) -> None:
    """While another run holds the lock, it is named, and there is nothing to do but wait."""
    with locked(world.state, "optimize"):
        apply(world)
        said = lines(world)
    assert said[0].startswith(f"at work: process {os.getpid()}, `optimize`, since ")
    assert said[-1] == f"next:    burnish status, when process {os.getpid()} has ended"


@pytest.mark.skipif(sys.platform == "win32", reason="process groups")
def test_programs_that_a_dead_run_has_left(world: World) -> None:
    """A cargo that is still at work after its run was killed is named; a rollback ends it."""
    apply(world)
    world.state.children.write_text("word", encoding="ascii")
    env = {**os.environ, MARK: f"word:{world.state.children}"}
    argv = [sys.executable, "-c", "print(flush=True); input()"]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, start_new_session=True, env=env, stdin=pipe, stdout=pipe) as orphan:
        assert orphan.stdout is not None
        orphan.stdout.readline()  # its environment can be read once it runs
        assert read_status(world.root, world.user_state).left_running == orphan.pid
        orphan.kill()
    assert read_status(world.root, world.user_state).left_running is None
    assert MARK not in os.environ


def test_file_that_cannot_be_read(world: World) -> None:
    """A folder in the place of a file is told, and the other files with it."""
    apply(world)
    (world.root / "Cargo.toml").unlink()
    (world.root / "Cargo.toml").mkdir()
    assert "         Cargo.toml: cannot be read (profile.release.lto)" in lines(world)


def test_status_as_json_holds_all_that_the_words_say(world: World) -> None:
    """Owner, recipe, time and keys are fields of their own."""
    apply(world)
    change = msgspec.to_builtins(read_status(world.root, world.user_state))["change"]
    assert change == {
        "number": 1,
        "state": "live",
        "files": [
            {"path": "Cargo.lock", "holds": "before", "keys": []},
            {"path": "Cargo.toml", "holds": "after", "keys": ["profile.release.lto"]},
            {"path": ".cargo/config.toml", "holds": "after", "keys": ["profile.release.lto"]},
        ],
        "owner": "optimize",
        "recipe": "phase1",
        "began": BEGAN,
        "is_elsewhere": False,
    }
