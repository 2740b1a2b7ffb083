"""A3: a power loss at any instant leaves a disk from which `rollback` gives back the workspace."""

from __future__ import annotations

import contextlib
import random
import secrets
import shutil
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from burnish.errors import BurnishError
from burnish.transaction import files
from burnish.transaction.files import DISK, Disk, Image
from burnish.transaction.rollback import UndoKeys
from tests.conftest import cases
from tests.faults.power import Killed, Remembering, State
from tests.faults.world import Tree, World, cut_recipe, make_world, no_keys

EVERY = cases(quick=5, deep=1)
TOKEN = b"# mine\n"


@dataclass(kw_only=True)
class Play:
    """One life of a workspace on a disk that remembers.

    `gives` is what a rollback must give from each instant on; `done` what is there by itself at an instant at which a
    step has said that it is done; `keys` tell the states that were tried.
    """

    base: Path
    disk: Remembering
    gives: dict[int, Tree] = field(default_factory=dict)
    done: dict[int, Tree] = field(default_factory=dict)
    undo_keys: UndoKeys = no_keys
    keys: set[object] = field(default_factory=set)

    @property
    def world(self) -> World:
        """Return the workspace on this disk."""
        return World(base=self.base, disk=self.disk)

    def must_give(self, tree: Tree) -> None:
        """Say what a rollback gives from now on."""
        self.gives[len(self.disk.snapshots)] = tree

    def is_done(self) -> None:
        """Say that what is there now must stay, whatever happens."""
        self.done[len(self.disk.snapshots)] = self.world.tree()
        self.disk.remember()

    def states(self, known: Container[object] = ()) -> Iterator[tuple[int, State]]:
        """Yield each state that a power loss could leave, once, with the instant; not those whose keys are known."""
        for instant, snapshot in enumerate(self.disk.snapshots):
            for state in snapshot.states(random.Random(instant)):  # noqa: S311 - no secret
                key = (state.key(), instant if instant in self.done else -1, self._begin(instant))
                if key not in self.keys and key not in known:
                    self.keys.add(key)
                    yield instant, state

    def all_keys(self) -> set[object]:
        """Return the keys of all states, which need not be tried in another play of the same scenario."""
        for _ in self.states():
            pass
        return self.keys

    def survives(self, instant: int, state: State) -> bool:
        """Lay out a state and roll back; say whether all is as it must be."""
        state.lay_out(self.base)
        world = World(base=self.base)
        held = world.tree()
        if instant in self.done and held != self.done[instant]:
            return False
        try:
            world.rollback(self.undo_keys)
        except BurnishError:
            return False
        return world.tree() == self.gives[self._begin(instant)] and self._has_users_version(world, held)

    def _has_users_version(self, world: World, held: Tree) -> bool:
        """Return whether a file that the user had edited is saved as it was, or still there."""
        edited = held["Cargo.toml"][2]
        saved = [path.read_bytes() for path in world.state.saved.iterdir()]
        return TOKEN not in edited or edited in {world.tree()["Cargo.toml"][2], *saved}

    def _begin(self, instant: int) -> int:
        return max(begin for begin in self.gives if begin <= instant)


def whole_life(play: Play) -> None:
    """Begin, apply, keep, roll back."""
    play.world.change().keep()
    play.is_done()
    play.world.rollback()
    play.is_done()


def rollback_of_edited_files(play: Play) -> None:
    """Roll back a live change whose manifest the user has edited."""
    before = play.world.tree()
    play.world.change()
    play.undo_keys = cut_recipe
    manifest = play.world.root / "Cargo.toml"
    manifest.write_bytes(manifest.read_bytes() + TOKEN)
    kind, mode, content = before["Cargo.toml"]
    play.must_give({**before, "Cargo.toml": (kind, mode, content + TOKEN)})
    play.world.rollback(cut_recipe)
    play.is_done()


def rollback_without_links(play: Play) -> None:
    """Save the user's version on a file system without hard links, in a workspace that has a `.cargo`."""
    play.world.write(".cargo/other", b"")
    play.must_give(play.world.tree())
    play.world.change()
    play.disk.has_links = False
    play.world.rollback()
    play.is_done()


def rollback_after_git_clean(play: Play) -> None:
    """Roll back from the user's own record, since the workspace's is gone."""
    play.world.change()
    shutil.rmtree(play.world.state.folder)
    play.world.rollback()
    play.is_done()


def killed_rollbacks(calls: int) -> Callable[[Play], None]:
    """Roll back twice: the first one is killed at a call."""

    def killed_rollback(play: Play) -> None:
        play.world.change()
        play.disk.dies_at = play.disk.calls + calls
        with contextlib.suppress(Killed):
            play.world.rollback()
        play.disk.dies_at = 0
        play.world.rollback()
        play.is_done()

    return killed_rollback


Scenario = Callable[[Play], None]
LIVES: list[Scenario] = [whole_life, rollback_of_edited_files, rollback_without_links, rollback_after_git_clean]
KILLED: list[Scenario] = [killed_rollbacks(calls) for calls in range(1, 40, EVERY)]


@pytest.fixture
def play(fast_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Play]:
    """Return a function that plays a scenario in a fresh workspace, with the syncs of one place left out.

    Two plays of one scenario differ in nothing else, so that a state which was tried need not be tried again.
    """
    monkeypatch.setattr(secrets, "token_hex", lambda _: "0" * 32)
    base = fast_folder / "world"

    def play(scenario: Scenario, loses: str = "") -> Play:
        shutil.rmtree(base, ignore_errors=True)
        base.mkdir()
        world = make_world(base)
        played = Play(base=base, disk=Remembering(base, loses))
        played.must_give(world.tree())
        scenario(played)
        return played

    return play


@pytest.mark.promise("A3")
@pytest.mark.parametrize("scenarios", [LIVES, KILLED], ids=["lives", "killed"])
def test_power_loss_at_any_instant_then_rollback_restores(
    scenarios: list[Scenario], play: Callable[..., Play], tried: Callable[..., None]
) -> None:
    """Whatever was lost, torn or reordered, a rollback gives back the workspace, and what was done stays done."""
    known: set[object] = set()
    for scenario in scenarios:
        played = play(scenario)
        broken = [instant for instant, state in played.states(known) if not played.survives(instant, state)]
        assert broken == [], scenario.__name__
        known |= played.keys
    tried("A3", crash_states=len(known))


@pytest.mark.parametrize(
    "place", ["_put < replace_durably", "_put < _put_spare", "write_synced < _record", "_record < begin"]
)
def test_missing_sync_loses_something(place: str, play: Callable[..., Play]) -> None:
    """The model sees the difference that one place's syncs make; the order of all of them has a test of its own."""
    harmless = play(whole_life).all_keys()
    played = play(whole_life, place)
    assert not all(played.survives(*found) for found in played.states(harmless))


def test_writer_that_does_not_sync_loses_something(play: Callable[..., Play], monkeypatch: pytest.MonkeyPatch) -> None:
    """The model sees the difference: a writer that only writes and renames does not survive."""
    monkeypatch.setattr(files, "replace_durably", write_unsynced)
    played = play(whole_life)
    assert not all(played.survives(*found) for found in played.states())


def write_unsynced(image: Image, content: bytes, *, temp: Path, spare: Path | None = None, disk: Disk = DISK) -> None:
    """Write as most programs do: a new file, renamed into place."""
    del spare
    with files.open_handle(disk.create(temp, image.mode)) as handle:
        disk.write(handle, memoryview(content))
    disk.rename(temp, image.path)
