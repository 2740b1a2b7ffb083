"""A4, A5: the k-th call to the disk fails, once or for ever; a full disk."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from burnish.errors import UNTOUCHED, BurnishError, Refused, RollbackNeedsUser
from burnish.transaction import files
from burnish.transaction.change import AS_BEFORE
from burnish.transaction.files import Disk
from tests.faults.world import LOCK, Failing, Full, World, make_world, write_naively

FAULTS = [(errno.EIO, False), (errno.EIO, True), (errno.ENOSPC, True), (errno.EACCES, False), (errno.EROFS, True)]


def change_and_keep(world: World) -> None:
    """Do all that writes forwards."""
    world.change().keep()


def sweep(
    folder: Path,
    prepare: Callable[[World], object],
    work: Callable[[World], object],
    errors: tuple[type[BurnishError], ...],
    fault: tuple[int, bool],
) -> tuple[int, list[int]]:
    """Let each call fail in turn; return how many did, and those after which a rollback does not restore everything."""
    broken = []
    for at in range(1, 1000):
        base = folder / f"{at}"
        base.mkdir()
        world = make_world(base)
        before = world.tree()
        prepare(world)
        disk = Failing(at, fault[0], for_ever=fault[1])
        try:
            work(world.on(disk))
        except errors as error:
            broken += [] if error.next_command or error.files in {UNTOUCHED, AS_BEFORE} else [at]
        try:
            world.rollback()
        except BurnishError:
            broken.append(at)
        broken += [at] if world.tree() != before else []
        if disk.calls < at:
            return at - 1, broken
    raise AssertionError("the sweep does not end")


@pytest.mark.promise("A4")
@pytest.mark.parametrize("fault", FAULTS)
def test_kth_call_of_a_change_fails_then_rollback_restores(
    fault: tuple[int, bool], fast_folder: Path, tried: Callable[..., None]
) -> None:
    """A failing disk stops a change with Refused and nothing else, and all can be put back without litter."""
    faults, broken = sweep(fast_folder, lambda _: None, change_and_keep, (Refused,), fault)
    tried("A4", faults=faults)
    assert broken == []


@pytest.mark.promise("A4")
@pytest.mark.parametrize("fault", FAULTS)
def test_kth_call_of_a_rollback_fails_then_rollback_restores(
    fault: tuple[int, bool], fast_folder: Path, tried: Callable[..., None]
) -> None:
    """A failing disk stops a rollback with RollbackNeedsUser and nothing else, and the next one ends it."""
    errors = (RollbackNeedsUser, Refused)
    faults, broken = sweep(fast_folder, lambda world: world.change(), lambda world: world.rollback(), errors, fault)
    tried("A4", faults=faults)
    assert broken == []


def test_sweep_of_a_naive_writer_fails(fast_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep sees the difference: a writer without the protocol fails it."""
    monkeypatch.setattr(files, "replace_durably", write_naively)
    _, broken = sweep(fast_folder, lambda _: None, change_and_keep, (Refused,), (errno.EIO, False))
    assert broken != []


def test_failed_sync_is_not_tried_again(tmp_path: Path) -> None:
    """After a failed fsync the kernel has dropped the pages: a second one that succeeds would say nothing."""

    class FailingSync(Disk):
        def __init__(self) -> None:
            self.before, self.after = at, 0

        def sync(self, handle: int) -> None:
            self.before -= 1
            self.after += self.before < 0
            if self.before == 0:
                raise OSError(errno.EIO, "lost")
            super().sync(handle)

    for at in range(1, 20):
        (tmp_path / f"{at}").mkdir()
        disk = FailingSync()
        with contextlib.suppress(Refused):
            make_world(tmp_path / f"{at}").on(disk).change()
            assert disk.before > 0, "the failure was passed over"
            return
        assert disk.after == 0


@pytest.mark.parametrize("kept", [False, True])
def test_rollback_needs_no_space(tmp_path: Path, *, kept: bool) -> None:
    """On a full disk everything is put back, and what cargo wrote is saved."""
    world = make_world(tmp_path)
    before = world.tree()
    change = world.change()
    if kept:
        change.keep()
    world.on(Full()).rollback()
    assert world.tree() == before
    assert [path.read_bytes() for path in world.state.saved.iterdir()] == [LOCK + b"# by cargo\n"]


def test_full_disk_refuses_a_change_untouched(tmp_path: Path) -> None:
    """A change that cannot be recorded is not begun."""
    world = make_world(tmp_path)
    before = world.tree()
    with pytest.raises(Refused) as caught:
        world.on(Full()).begin()
    assert caught.value.files == "untouched"
    assert world.tree() == before
