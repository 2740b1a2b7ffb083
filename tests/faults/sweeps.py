"""The sweeps of kill -9, run as a program of its own, since it forks: `python -m tests.faults.sweeps SWEEP FOLDER`.

For k = 1, 2, ... a child does its work and is killed before its k-th call to the disk; then a rollback must give back
the same bytes, modes and existence, and leave nothing behind. The sweep ends with the first child that lives to its
end. Prints one JSON object: kills, and the k of each failure.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from burnish.errors import BurnishError
from burnish.transaction import files
from burnish.transaction.lock import locked
from tests.faults.world import Counting, Killing, World, make_world, write_naively

Work = Callable[[World], object]


def change(world: World) -> None:
    """Apply."""
    with locked(world.state, "optimize"):
        world.change()


def change_and_keep(world: World) -> None:
    """Apply and keep."""
    with locked(world.state, "optimize"):
        world.change().keep()


def roll_back(world: World) -> None:
    """Roll back."""
    with locked(world.state, "rollback"):
        world.rollback()


def nothing(world: World) -> None:
    """Prepare nothing."""


SWEEPS: dict[str, tuple[Work, Work]] = {
    "keep": (nothing, change_and_keep),
    "rollback": (change, roll_back),
    "rollback-kept": (change_and_keep, roll_back),
}


def is_killed(world: World, work: Work, at: int) -> bool:
    """Do the work in a child that is killed before its call number `at`; say whether it came to that."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work(world.on(Killing(at)))
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    if status not in {0, 9}:
        raise RuntimeError(f"the child failed by itself at call {at}: {status}")
    return status == 9


def survives(base: Path, prepare: Work, work: Work, kills: tuple[int, ...], *, lock: bool) -> tuple[int, bool]:
    """Do the work with a kill at each number in turn, then roll back; say how many came, and if all is as before."""
    base.mkdir()
    world = make_world(base, lock=lock)
    before = world.tree()
    prepare(world)
    killed = sum([is_killed(world, work, at) for at in kills])
    try:
        roll_back(world)
    except BurnishError:
        return killed, False
    return killed, world.tree() == before


def sweep(name: str, base: Path, *, lock: bool) -> tuple[int, list[int]]:
    """Kill at every call, and for rollbacks a second time, at a call of the second attempt."""
    prepare, work = SWEEPS[name]
    base.mkdir(parents=True)
    failed: list[int] = []
    kills, killed, at = 0, 1, 0
    while killed:
        at += 1
        pattern = (at, 1 + at // 2) if name.startswith("rollback") else (at,)
        killed, is_as_before = survives(base / f"{at}", prepare, work, pattern, lock=lock)
        kills += killed
        failed += [] if is_as_before else [at]
    return kills, failed


def calls_of(base: Path, name: str) -> int:
    """Count the calls that one undisturbed run makes."""
    prepare, work = SWEEPS[name]
    base.mkdir(parents=True)
    world = make_world(base)
    prepare(world)
    disk = Counting()
    work(world.on(disk))
    return disk.calls


def main() -> None:
    """Run one sweep; `naive-NAME` runs it over a writer without the protocol."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    if name.startswith("naive-"):
        name = name.removeprefix("naive-")
        files.replace_durably = write_naively
    results = [sweep(name, folder / f"lock-{lock}", lock=lock) for lock in (True, False)]
    failed = [at for _, failures in results for at in failures]
    print(  # noqa: T201 - this is a program, and that is its result
        json.dumps(
            {"calls": calls_of(folder / "count", name), "kills": sum(kills for kills, _ in results), "failed": failed}
        )
    )


if __name__ == "__main__":
    main()
