"""A3: nothing that cannot be undone is done before the disk has what undoes it, and every fsync is needed for that."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.world import MANIFEST, PowerLoss, World, cut_recipe, make_world


def whole_life(world: World, disk: PowerLoss) -> None:
    """Begin, apply, keep, roll back."""
    del disk
    world.change().keep()
    world.rollback()


def live_rollback_with_edits(world: World, disk: PowerLoss) -> None:
    """Roll back a live change whose manifest the user has edited."""
    world.change()
    (world.root / "Cargo.toml").write_bytes((world.root / "Cargo.toml").read_bytes() + b"# mine\n")
    del disk
    world.rollback(cut_recipe)


def rollback_of_values_that_the_user_replaced(world: World, disk: PowerLoss) -> None:
    """Roll back a live change of whose keys nothing is left: what was before is saved, and the file stays."""
    world.begin().apply(world.usual_edits())
    (world.root / "Cargo.toml").write_bytes(b"[package] # mine\n")
    del disk
    world.rollback(cut_recipe)


def rollback_after_an_interrupted_one(world: World, disk: PowerLoss) -> None:
    """Roll back where an earlier rollback had put the files back, but died before it synced their names."""
    world.change()
    for name, content in (("Cargo.toml", MANIFEST), ("Cargo.lock", b"version = 4\n")):
        (world.root / name).write_bytes(content)
    shutil.rmtree(world.root / ".cargo")
    disk.dirty[world.root] = "names"
    world.rollback()


def recovery(world: World, disk: PowerLoss) -> None:
    """Roll back after a `git clean`."""
    world.change()
    shutil.rmtree(world.state.folder)
    del disk
    world.rollback()


def copied_aside(world: World, disk: PowerLoss) -> None:
    """Save the user's version on a file system without hard links, in a workspace that has a `.cargo`."""
    world.write(".cargo/other", b"")
    world.change()
    del disk
    world.rollback()


SCENARIOS = [
    whole_life,
    live_rollback_with_edits,
    rollback_of_values_that_the_user_replaced,
    rollback_after_an_interrupted_one,
    recovery,
    copied_aside,
]
Scenario = Callable[[World, PowerLoss], None]


class WithoutLinks(PowerLoss):
    """A file system without hard links."""

    def link(self, source: Path, target: Path) -> None:
        """Refuse."""
        raise PermissionError(str(source), str(target))


@pytest.fixture
def worlds(fast_folder: Path) -> Iterator[World]:
    """Yield one fresh world after the other."""

    def fresh() -> Iterator[World]:
        for number in range(10_000):
            base = fast_folder / f"{number}"
            base.mkdir()
            yield make_world(base)

    return fresh()


def run(scenario: Scenario, world: World, loses: str = "") -> PowerLoss:
    """Play a scenario, with one sync left out."""
    disk = (WithoutLinks if scenario is copied_aside else PowerLoss)(world, loses)
    scenario(world.on(disk), disk)
    disk.at_end()
    return disk


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_nothing_irreversible_happens_before_the_disk_has_what_undoes_it(
    scenario: Scenario, worlds: Iterator[World]
) -> None:
    """Every content and every name is synced before a user's file or the journal is moved, and before we say done."""
    assert run(scenario, next(worlds)).unsafe == []


def test_every_sync_is_needed(worlds: Iterator[World]) -> None:
    """Leaving out any one fsync of the program is seen in some scenario."""
    unseen: set[str] = set()
    seen: set[str] = set()
    for scenario in SCENARIOS:
        for chain in run(scenario, next(worlds)).chains:
            (seen if run(scenario, next(worlds), chain).unsafe else unseen).add(chain)
    assert len(seen) > 20
    assert unseen - seen == set()
