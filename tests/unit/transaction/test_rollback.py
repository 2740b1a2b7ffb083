from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from burnish.errors import Refused, RollbackNeedsUser, UsageError
from burnish.system.children import MARK
from burnish.transaction.files import Disk, digest_of

if TYPE_CHECKING:
    from tests.faults.world import World

LOCK = b"version = 4\n"
BY_CARGO = LOCK + b"# by cargo\n"
RECIPE = b'\n[profile.release]\nlto = "fat"\n'
MINE = b'serde = "1" # mine\n'


def actions(result: Any) -> dict[str, str]:
    """Return what was done, by role."""
    return {one.role: one.action for one in result.files}


def cut_recipe(_role: str, current: bytes, _before: bytes | None, _after: bytes) -> bytes | None:
    """Take the recipe out of a manifest."""
    return current.replace(RECIPE, b"")


def test_nothing_to_roll_back_is_a_result(world: World) -> None:
    """Without a change nothing happens, and that is said."""
    before = world.tree()
    result = world.rollback()
    assert (result.numbers, result.files, result.messages) == ((), (), ("nothing to roll back",))
    assert world.tree() == before


@pytest.mark.parametrize("kept", [False, True])
def test_rollback_restores_everything(world: World, *, kept: bool) -> None:
    """Bytes, modes and existence are as before, `.cargo` is gone again, and nothing else is there."""
    before = world.tree()
    change = world.change()
    if kept:
        change.keep()
    result = world.rollback()
    assert world.tree() == before
    assert actions(result) == {"manifest": "restored", "config": "removed", "lockfile": "restored"}
    assert result.numbers == (1,)
    assert not world.state.active.exists()
    assert [finished.outcome for finished in world.state.finished()] == ["rolled-back"]
    assert list(world.state.spares.iterdir()) == []


def test_rollback_twice_is_once(world: World) -> None:
    """A change that was rolled back is not there to be rolled back again."""
    world.change()
    world.rollback()
    before = world.tree()
    assert world.rollback().numbers == ()
    assert world.tree() == before


def test_restored_files_have_the_present_time(world: World) -> None:
    """Old bytes with an old time would make cargo ship what it built of the edited manifest."""
    manifest = world.root / "Cargo.toml"
    os.utime(manifest, (1, 1))
    world.change()
    world.rollback()
    assert manifest.stat().st_mtime >= world.state.active.parent.stat().st_ctime - 3600


def test_mode_that_the_user_changed_since_is_kept(world: World) -> None:
    """Only contents are put back: the user's chmod is the user's."""
    world.change()
    (world.root / "Cargo.toml").chmod(0o604)
    world.rollback()
    assert world.tree()["Cargo.toml"][1] == 0o604


def test_edited_file_loses_our_keys_only(world: World) -> None:
    """A dependency that was added since survives, and the whole version of the user is saved."""
    world.change()
    manifest = world.root / "Cargo.toml"
    edited = manifest.read_bytes() + MINE
    manifest.write_bytes(edited)
    result = world.rollback(cut_recipe)
    assert actions(result) == {"manifest": "keys-undone", "config": "removed", "lockfile": "restored"}
    assert manifest.read_bytes() == edited.replace(RECIPE, b"")
    assert edited in [path.read_bytes() for path in world.state.saved.iterdir()]
    assert any(str(world.state.saved) in message for message in result.messages)


def test_what_only_stood_before_the_change_is_saved(world: World) -> None:
    """A value of the user's that we replaced, and the user again, is in no file any more: it is saved."""
    before = (world.root / "Cargo.toml").read_bytes()
    world.change()
    (world.root / "Cargo.toml").write_bytes(b"[package] # another\n")
    manifest = next(undone for undone in world.rollback(cut_recipe).files if undone.role == "manifest")
    saved = world.state.saved / f"manifest-{digest_of(before)}"
    assert saved.read_bytes() == before
    assert (manifest.action, str(saved) in manifest.message) == ("left", True)


def test_undo_keys_gets_the_three_contents(world: World) -> None:
    """Role, what the file holds, what it held before, and what we gave it."""
    before = (world.root / "Cargo.toml").read_bytes()
    world.change()
    world.write(".cargo/config.toml", b"config of mine")
    (world.root / "Cargo.toml").write_bytes(MINE)
    calls = []

    def note(role: str, current: bytes, before: bytes | None, after: bytes) -> bytes:
        calls.append((role, current, before, after))
        return current

    result = world.rollback(note)
    assert calls == [
        ("config", b"config of mine", None, b'[build]\nrustflags = ["-Ctarget-cpu=native"]\n'),
        ("manifest", MINE, before, before + RECIPE),
    ]
    assert actions(result) == {"manifest": "left", "config": "left", "lockfile": "restored"}
    assert (world.root / ".cargo/config.toml").read_bytes() == b"config of mine"


@pytest.mark.parametrize("failure", [None, ValueError, RecursionError])
def test_edit_that_cannot_be_undone_needs_the_user(world: World, failure: type[Exception] | None) -> None:
    """The other files are put back, this one is untouched, three paths are named, and the change stays live."""
    world.change()
    manifest = world.root / "Cargo.toml"
    manifest.write_bytes(MINE)

    def undo(*_contents: object) -> None:
        if failure:
            raise failure

    with pytest.raises(RollbackNeedsUser) as caught:
        world.rollback(undo)
    assert caught.value.exit_status == 4
    assert manifest.read_bytes() == MINE
    assert set(world.tree()) == {"Cargo.toml", "Cargo.lock"}
    assert world.tree()["Cargo.lock"][2] == LOCK
    named = [word.rstrip(";,") for word in caught.value.found.replace(str(world.root), "ROOT").split()]
    blobs = [word for word in named if "/blobs/" in word]
    assert len(blobs) == 2
    assert all((world.root / blob.removeprefix("ROOT/")).exists() for blob in blobs)
    assert "ROOT/Cargo.toml" in named
    assert "profile.release.lto" in named
    assert world.state.active.exists()


def test_user_resolves_what_a_rollback_left(world: World) -> None:
    """Once the file is right, the next rollback ends the change."""
    before = world.tree()
    world.change()
    (world.root / "Cargo.toml").write_bytes(MINE)
    with pytest.raises(RollbackNeedsUser):
        world.rollback()
    (world.root / "Cargo.toml").write_bytes(before["Cargo.toml"][2])
    world.rollback()
    assert world.tree() == before
    assert not world.state.active.exists()


def test_user_leaves_what_a_rollback_left(world: World) -> None:
    """`keep` is the other way out: all stays as it is, and a new change can begin."""
    world.change()
    (world.root / "Cargo.toml").write_bytes(MINE)
    with pytest.raises(RollbackNeedsUser):
        world.rollback()
    assert world.load().keep() == 1
    assert (world.root / "Cargo.toml").read_bytes() == MINE
    world.begin()


def test_edited_file_that_holds_nothing_but_our_keys_is_removed(world: World) -> None:
    """A configuration of ours that the user only reformatted goes, and `.cargo` with it."""
    before = world.tree()
    world.change()
    (world.root / ".cargo/config.toml").write_bytes(b"reformatted")
    world.rollback(lambda *_contents: b"")
    assert world.tree() == before


def test_deleted_file_stays_deleted(world: World) -> None:
    """What the user removed is not brought back; the message says where it is."""
    world.change()
    (world.root / "Cargo.toml").unlink()
    result = world.rollback()
    assert actions(result)["manifest"] == "left"
    assert not (world.root / "Cargo.toml").exists()
    assert any("/blobs/" in message for message in result.messages)


def test_folder_of_ours_with_a_file_of_the_user_stays(world: World) -> None:
    """`.cargo` is removed only if it is empty."""
    world.change()
    world.write(".cargo/audit.toml", b"mine")
    world.rollback()
    assert [path.name for path in (world.root / ".cargo").iterdir()] == ["audit.toml"]


def test_folder_of_the_user_stays(world: World) -> None:
    """An empty `.cargo` that was there before is there afterwards."""
    (world.root / ".cargo").mkdir()
    before = world.tree()
    world.change()
    world.rollback()
    assert world.tree() == before


@pytest.mark.parametrize(("was", "now"), list(itertools.product([LOCK, None], [LOCK, BY_CARGO, None])))
def test_lockfile_of_a_live_change(world: World, was: bytes | None, now: bytes | None) -> None:
    """While the change is live, cargo's writing is undone and saved; a deletion is the user's."""
    lock = world.root / "Cargo.lock"
    lock.unlink() if was is None else lock.write_bytes(was)
    world.begin()
    lock.unlink(missing_ok=True) if now is None else lock.write_bytes(now)
    world.rollback()
    assert (lock.read_bytes() if lock.exists() else None) == (None if now is None else was)
    saved = [path.read_bytes() for path in world.state.saved.iterdir()]
    assert saved == ([now] if now not in {None, was} else [])


@pytest.mark.parametrize(
    ("was", "kept", "now"), list(itertools.product([LOCK, None], [BY_CARGO, None], [LOCK, BY_CARGO, b"later", None]))
)
def test_lockfile_of_a_kept_change(world: World, was: bytes | None, kept: bytes | None, now: bytes | None) -> None:
    """After keeping, it is put back only if it is still what it was then; what came later is the user's."""
    lock = world.root / "Cargo.lock"
    lock.unlink() if was is None else lock.write_bytes(was)
    change = world.begin()
    lock.unlink(missing_ok=True) if kept is None else lock.write_bytes(kept)
    change.keep()
    lock.unlink(missing_ok=True) if now is None else lock.write_bytes(now)
    world.rollback()
    is_as_kept = now is not None and now == kept
    assert (lock.read_bytes() if lock.exists() else None) == (was if is_as_kept else now)
    saved = [path.read_bytes() for path in world.state.saved.iterdir()]
    assert saved == ([now] if is_as_kept and now != was else [])


def kept_three(world: World) -> list[object]:
    """Keep three changes of the manifest, and return the workspace before each."""
    trees: list[object] = []
    for number in (1, 2, 3):
        trees.append(world.tree())
        change = world.begin()
        change.apply([world.edit("Cargo.toml", b"change %d" % number)])
        assert change.keep() == number
    return trees


def test_rollback_goes_back_one_kept_change_at_a_time(world: World) -> None:
    """The newest kept change goes first; in the end there is none."""
    trees = kept_three(world)
    for number in (3, 2, 1):
        assert world.rollback().numbers == (number,)
        assert world.tree() == trees[number - 1]
    assert world.rollback().numbers == ()


def test_rollback_of_a_live_change_leaves_the_kept_ones(world: World) -> None:
    """One rollback undoes one change, unless told otherwise."""
    tree = [*kept_three(world), world.tree()][3]
    world.begin().apply([world.edit("Cargo.toml", b"live")])
    assert world.rollback().numbers == (4,)
    assert world.tree() == tree


def test_rollback_to_a_number_undoes_that_one_too(world: World) -> None:
    """From the newest down to and including the one named."""
    trees = kept_three(world)
    assert world.rollback(to=2).numbers == (3, 2)
    assert world.tree() == trees[1]
    assert [(one.number, one.outcome) for one in world.state.finished()] == [
        (1, "kept"), (2, "rolled-back"), (3, "rolled-back"),
    ]  # fmt: skip


def test_rollback_to_a_number_begins_with_the_live_change(world: World) -> None:
    """A change that did not end is newer than all kept ones."""
    trees = kept_three(world)
    world.begin().apply([world.edit("Cargo.toml", b"live")])
    assert world.rollback(to=3).numbers == (4, 3)
    assert world.tree() == trees[2]


@pytest.mark.parametrize("to", [0, 4, 99])
def test_rollback_to_an_unknown_number_is_wrong_usage(world: World, to: int) -> None:
    """Nothing is touched, and the numbers that there are are named."""
    kept_three(world)
    before = world.tree()
    with pytest.raises(UsageError) as caught:
        world.rollback(to=to)
    assert "3, 2, 1" in caught.value.expected
    assert world.tree() == before


def test_rollback_of_the_live_change_only(world: World) -> None:
    """What an automatic rollback asks for: kept changes stay, whether there is a live one or not."""
    trees = [*kept_three(world), world.tree()]
    assert world.rollback(only_live=True).numbers == ()
    world.begin().apply([world.edit("Cargo.toml", b"live")])
    assert world.rollback(only_live=True).numbers == (4,)
    assert world.tree() == trees[3]


def test_rollback_removes_our_litter(world: World) -> None:
    """A file that a killed run was making ready beside the target goes; the user's like-named files stay."""
    change = world.change()
    litter = change.temp("manifest", world.state.image("manifest"))
    litter.write_bytes(b"half")
    mine = world.write(".burnish-mine.tmp", b"mine")
    world.rollback()
    assert not litter.exists()
    assert mine.exists()


def test_spares_that_were_not_needed_go(world: World) -> None:
    """Where the files are as before already, what was laid ready for them is removed all the same."""
    world.begin()
    assert len(list(world.state.spares.iterdir())) == 1
    world.rollback()
    assert list(world.state.spares.iterdir()) == []


def test_second_edit_that_was_recorded_but_not_written_is_undone(world: World) -> None:
    """Each content that the change ever gave a file is known as ours, and the folder stays ours."""

    class Broken(Disk):
        def rename(self, source: Path, target: Path) -> None:
            if target.name in {"Cargo.toml", "config.toml"}:
                raise OSError(5, "broken")
            super().rename(source, target)

    before = world.tree()
    world.change()
    edits = [world.edit("Cargo.toml", b"second"), world.edit(".cargo/config.toml", b"second")]
    with pytest.raises(Refused, match="broken"):
        world.on(Broken()).load().apply(edits)
    world.rollback()
    assert world.tree() == before


def test_spares_that_are_lost_are_not_needed(world: World) -> None:
    """Without them a rollback needs space, and no more."""
    before = world.tree()
    world.change()
    shutil.rmtree(world.state.spares)
    world.rollback()
    assert world.tree() == before


@pytest.mark.parametrize("kept", [False, True])
def test_way_back_after_git_clean(world: World, *, kept: bool) -> None:
    """The workspace's state folder is gone, and the user's own still knows the change and its contents."""
    before = world.tree()
    change = world.change()
    if kept:
        change.keep()
    shutil.rmtree(world.state.folder)
    world.rollback()
    assert world.tree() == before


def test_way_back_after_git_clean_and_an_edit(world: World) -> None:
    """With the after-images, too, our keys can be undone in a file that was edited."""
    world.change()
    shutil.rmtree(world.state.folder)
    manifest = world.root / "Cargo.toml"
    manifest.write_bytes(manifest.read_bytes() + MINE)
    world.rollback(cut_recipe)
    assert manifest.read_bytes().endswith(MINE)
    assert RECIPE not in manifest.read_bytes()


def test_live_change_is_found_by_begin_after_git_clean(world: World) -> None:
    """A new change does not begin over an old one that only the user's own record knows."""
    world.change()
    shutil.rmtree(world.state.folder)
    with pytest.raises(Exception, match="a change is live here"):
        world.begin()


def test_another_checkout_at_the_same_path_is_left_alone(world: World) -> None:
    """A change whose files are not there any more does not come back."""
    world.change()
    shutil.rmtree(world.root)
    world.write("Cargo.toml", b"another project")
    world.write("Cargo.lock", b"another lock file")
    before = world.tree()
    assert world.rollback().numbers == ()
    assert world.tree() == before
    world.begin()


def test_history_knows_what_was_rolled_back_where_the_registry_does_not(world: World) -> None:
    """A rollback that ended before the user's own record heard of it is a rollback all the same."""
    world.change()
    after = (world.root / "Cargo.toml").read_bytes()
    world.rollback()
    for marker in world.user_state.rglob("rolled-back"):
        marker.unlink()
    (world.root / "Cargo.toml").write_bytes(after)
    assert world.rollback().numbers == ()
    assert (world.root / "Cargo.toml").read_bytes() == after


def test_change_that_was_rolled_back_does_not_come_back(world: World) -> None:
    """Not even where the same contents are there again and the state folder is gone."""
    world.change()
    after = {path: (world.root / path).read_bytes() for path in ("Cargo.toml", ".cargo/config.toml")}
    world.rollback()
    shutil.rmtree(world.state.folder)
    for path, content in after.items():
        world.write(path, content)
    assert world.rollback().numbers == ()
    assert (world.root / "Cargo.toml").read_bytes() == after["Cargo.toml"]


def test_moved_workspace_rolls_back(world: World) -> None:
    """Roles, not paths: the journal goes with its workspace."""
    before = world.tree()
    world.change()
    moved = type(world)(base=world.base / "elsewhere")
    moved.base.mkdir()
    world.root.rename(moved.root)
    moved.user_state.parent.mkdir()
    world.user_state.rename(moved.user_state)
    moved.rollback()
    assert moved.tree() == before


def test_copied_workspace_rolls_back_on_both_sides(world: World) -> None:
    """A copy that was made while a change was live has a live change of its own."""
    before = world.tree()
    world.change()
    copy = world.base / "copy"
    shutil.copytree(world.root, copy)
    world.rollback()
    shutil.rmtree(world.root)
    copy.rename(world.root)
    assert world.tree() != before
    world.rollback()
    assert world.tree() == before


def test_storm_of_interrupts_does_not_break_a_rollback(world: World) -> None:
    """Ctrl-C at every rename is delivered once, when all is put back."""

    class Impatient(Disk):
        def rename(self, source: Path, target: Path) -> None:
            signal.raise_signal(signal.SIGINT)
            super().rename(source, target)
            signal.raise_signal(signal.SIGINT)

    before = world.tree()
    world.change()
    with pytest.raises(KeyboardInterrupt):
        world.on(Impatient()).rollback()
    assert world.tree() == before
    assert not world.state.active.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="process groups")
def test_group_that_outlived_its_run_is_ended_first(world: World) -> None:
    """A cargo that is still at work could write a lock file that was just put back."""
    world.change()
    env = {MARK: f"word:{world.state.children}"}
    argv = ["/bin/sh", "-c", "echo; sleep 1000"]
    with subprocess.Popen(argv, start_new_session=True, env=env, stdout=subprocess.PIPE) as orphan:
        assert orphan.stdout is not None
        orphan.stdout.readline()  # its environment can be read once it runs
        world.state.children.write_text("word")
        world.rollback()
        was_ended = orphan.poll() is not None
        orphan.kill()
    assert was_ended
