from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from burnish.errors import Refused
from burnish.transaction.change import Change, FileEdit
from burnish.transaction.files import Disk
from burnish.transaction.journal import decode

if TYPE_CHECKING:
    from tests.faults.world import World


def holds(change: Change) -> dict[str, str]:
    """Return what each file holds of a change."""
    return {entry.role: entry.holds(change.state.image(entry.role).digest) for entry in change.journal.entries}


posix_only = pytest.mark.skipif(sys.platform == "win32", reason="POSIX files")


def test_begin_touches_no_file_of_the_user(world: World) -> None:
    """Arming writes to our own folders only."""
    before = world.tree()
    world.begin()
    assert world.tree() == before
    assert world.state.active.exists()


def test_begin_refuses_a_second_change(world: World) -> None:
    """A change that did not end is rolled back first, and the message says how."""
    world.begin()
    with pytest.raises(Refused) as caught:
        world.begin()
    assert caught.value.next_command == "burnish rollback"


def test_begin_refuses_beside_a_damaged_journal(world: World) -> None:
    """A journal that cannot be read is a live change still."""
    world.state.create()
    world.state.active.write_bytes(b"?")
    with pytest.raises(Refused):
        world.begin()
    assert world.state.active.read_bytes() == b"?"


def test_begin_refuses_a_state_folder_that_cannot_be_written(world: World) -> None:
    """Without the user's own record nothing is begun, and the message names the way out."""
    world.user_state.parent.mkdir()
    world.user_state.write_bytes(b"a file")
    with pytest.raises(Refused, match="cannot register") as caught:
        world.begin()
    assert "XDG_STATE_HOME" in caught.value.expected
    assert not world.state.active.exists()


def test_begin_refuses_an_owner_that_its_journal_cannot_hold(world: World) -> None:
    """What could not be read back is not armed."""
    with pytest.raises(Refused):
        Change.begin(world.state, world.user_state, owner="x" * 201)
    assert not world.state.active.exists()


def test_load_of_nothing_is_none(world: World) -> None:
    """Without a live change there is none, and asking writes nothing."""
    assert Change.load(world.state, world.user_state) is None
    assert not world.state.folder.exists()


def test_load_gives_the_live_change(world: World) -> None:
    """A later step finds what an earlier one began, and goes on with it."""
    edits = world.usual_edits()
    world.begin().apply(edits[:1])
    world.load().apply(edits[1:])
    change = world.load()
    assert change.journal.owner == "a test"
    assert change.journal.pid == os.getpid()
    assert holds(change) == {"lockfile": "before", "manifest": "after", "config": "after"}
    assert change.is_registered


def test_apply_of_nothing_changes_nothing(world: World) -> None:
    """Edits that change nothing are not recorded."""
    change = world.begin()
    journal, before = world.state.active.read_bytes(), world.tree()
    content = (world.root / "Cargo.toml").read_bytes()
    assert change.apply([FileEdit(role="manifest", before=content, after=content)]) == []
    assert change.apply([]) == []
    assert (world.state.active.read_bytes(), world.tree()) == (journal, before)


def test_apply_writes_all_and_keeps_modes(world: World) -> None:
    """Whole files are compared: the edits are there, nothing else is, and the manifest keeps its mode."""
    edits = world.usual_edits()
    assert world.begin().apply(edits) == []
    tree = world.tree()
    assert set(tree) == {"Cargo.toml", "Cargo.lock", ".cargo", ".cargo/config.toml"}
    assert tree["Cargo.toml"] == ("file", 0o640, edits[0].after)
    assert tree[".cargo/config.toml"][2] == edits[1].after


@pytest.mark.parametrize("now", [b"edited since", None])
def test_apply_refuses_a_file_that_changed_since_the_edit_was_made(world: World, now: bytes | None) -> None:
    """Nothing is touched, not even the files before it."""
    edits = [*world.usual_edits()[::-1]]
    change = world.begin()
    manifest = world.root / "Cargo.toml"
    manifest.unlink() if now is None else manifest.write_bytes(now)
    before = world.tree()
    with pytest.raises(Refused, match="changed by someone else"):
        change.apply(edits)
    assert world.tree() == before


def test_apply_refuses_a_file_that_appeared_since_the_edit_was_made(world: World) -> None:
    """A configuration that was absent when the edit was made is not overwritten."""
    edits = world.usual_edits()
    change = world.begin()
    world.write(".cargo/config.toml", b"mine")
    before = world.tree()
    with pytest.raises(Refused, match="changed by someone else"):
        change.apply(edits)
    assert world.tree() == before


def test_apply_again_over_its_own_edit(world: World) -> None:
    """A second edit of the same file extends the change; one over the user's own edit is refused."""
    change = world.change()
    change.apply([world.edit("Cargo.toml", b"third")])
    (world.root / "Cargo.toml").write_bytes(b"third, and mine")
    with pytest.raises(Refused, match="changed by someone else"):
        change.apply([world.edit("Cargo.toml", b"fourth")])
    assert (world.root / "Cargo.toml").read_bytes() == b"third, and mine"


def test_apply_refuses_a_read_only_file(world: World) -> None:
    """A file that is protected stays as it is, also for root."""
    (world.root / "Cargo.toml").chmod(0o444)
    change = world.begin()
    with pytest.raises(Refused, match="read-only"):
        change.apply(world.usual_edits())
    assert not (world.root / ".cargo").exists()


@posix_only
def test_apply_warns_of_hard_links(world: World) -> None:
    """The other name keeps the old content, and the user is told."""
    os.link(world.root / "Cargo.toml", world.base / "other")
    (warning,) = world.begin().apply(world.usual_edits())
    assert "hard links" in warning
    assert (world.base / "other").read_bytes() != (world.root / "Cargo.toml").read_bytes()


@posix_only
def test_apply_writes_the_target_of_a_link_and_keeps_the_link(world: World) -> None:
    """A manifest that is a link inside the workspace stays one."""
    real = world.write("real/manifest.toml", b"real")
    manifest = world.root / "Cargo.toml"
    manifest.unlink()
    manifest.symlink_to("real/manifest.toml")
    before = world.tree()
    world.begin().apply([world.edit("Cargo.toml", b"edited")])
    assert manifest.is_symlink()
    assert real.read_bytes() == b"edited"
    world.rollback()
    assert world.tree() == before


@posix_only
@pytest.mark.parametrize("name", ["Cargo.toml", "Cargo.lock", ".cargo"])
def test_link_out_of_the_workspace_is_refused(world: World, name: str) -> None:
    """What lies elsewhere is not ours to write."""
    outside = world.base / "outside"
    outside.mkdir()
    (outside / "file").write_bytes((world.root / "Cargo.toml").read_bytes())
    (world.root / name).unlink(missing_ok=True)
    (world.root / name).symlink_to(outside if name == ".cargo" else outside / "file")
    edits = world.usual_edits()
    with pytest.raises(Refused, match="is a link to"):
        world.begin().apply(edits)
    assert [path.name for path in outside.iterdir()] == ["file"]


@posix_only
def test_fifo_is_refused_without_waiting(world: World) -> None:
    """A FIFO in the place of a file does not stop us for ever."""
    (world.root / ".cargo").mkdir()
    os.mkfifo(world.root / ".cargo/config.toml")
    with pytest.raises(Refused, match="a FIFO"):
        world.begin().apply([FileEdit(role="config", before=None, after=b"x")])


def test_failure_while_writing_says_that_the_journal_holds_all(world: World) -> None:
    """From the first written file on, the message names the way back."""

    class NoManifest(Disk):
        def rename(self, source: Path, target: Path) -> None:
            if target.name == "Cargo.toml":
                raise OSError(5, "broken")
            super().rename(source, target)

    broken = world.on(NoManifest())
    before = world.tree()
    with pytest.raises(Refused, match="broken") as caught:
        broken.begin().apply(world.usual_edits()[::-1])
    assert caught.value.files != "untouched"
    assert caught.value.next_command == "burnish rollback"
    world.rollback()
    assert world.tree() == before


def test_interrupt_during_apply_waits_until_all_is_written(world: World) -> None:
    """Ctrl-C between two files is delivered behind the second."""

    class Impatient(Disk):
        def rename(self, source: Path, target: Path) -> None:
            super().rename(source, target)
            signal.raise_signal(signal.SIGINT)

    change = world.begin()
    with pytest.raises(KeyboardInterrupt):
        Change.apply(world.on(Impatient()).load(), world.usual_edits())
    assert set(holds(change).values()) == {"before"}
    assert set(holds(world.load()).values()) == {"before", "after"}


def test_keep_files_the_journal_away(world: World) -> None:
    """A kept change is live no more, is numbered, and knows the lock file that it leaves."""
    change = world.change()
    before = world.tree()
    assert change.keep() == 1
    assert world.tree() == before
    assert Change.load(world.state, world.user_state) is None
    journal = decode(world.state.finished_path(1, "kept").read_bytes())
    assert journal.kept
    assert {entry.role: entry.holds(world.state.image(entry.role).digest) for entry in journal.entries} == {
        "lockfile": "after",
        "manifest": "after",
        "config": "after",
    }


def test_numbers_go_up(world: World) -> None:
    """Kept or rolled back, each change has a number of its own, also where the history was lost."""
    assert world.begin().keep() == 1
    assert world.begin().journal.number == 2
    world.rollback()
    assert world.begin().keep() == 3
    for path in world.state.history.iterdir():
        path.unlink()
    assert world.begin().journal.number == 4
