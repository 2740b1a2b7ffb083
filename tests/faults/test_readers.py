"""D2: whoever reads a file while we change it sees what was before or what is after, and nothing between."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import cases
from tests.faults.world import CONFIG, MANIFEST, RECIPE, World, make_world

TIMES = cases(quick=60, deep=300)
# Reads two files, as a `cargo build` at the same time would, until it is told to end; prints what it has seen.
READER = """
import collections, json, select, sys
seen = collections.Counter()
print("reading", flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    for name in sys.argv[1:]:
        try:
            with open(name, encoding="latin-1", newline="") as file:
                seen[name + ":" + file.read()] += 1
        except FileNotFoundError:
            seen[name] += 1
print(json.dumps(seen))
"""


def change_and_undo(world: World) -> None:
    """Apply and roll back, again and again."""
    for _ in range(TIMES):
        world.change()
        world.rollback()


@pytest.mark.promise("D2")
@pytest.mark.skipif(sys.platform == "win32", reason="select on a pipe")
def test_reader_sees_before_or_after(fast_folder: Path, tried: Callable[..., None]) -> None:
    """Hundreds of changes under a reader that never rests."""
    world = make_world(fast_folder)
    names = [str(world.root / "Cargo.toml"), str(world.root / ".cargo" / "config.toml")]
    argv = [sys.executable, "-c", READER, *names]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reading\n"
        change_and_undo(world)
        said, _ = reader.communicate("\n")
    seen = json.loads(said)
    manifest, config = names
    assert set(seen) == {
        f"{manifest}:{MANIFEST.decode()}",
        f"{manifest}:{(MANIFEST + RECIPE).decode()}",
        config,
        f"{config}:{CONFIG.decode()}",
    }
    tried("D2", cases=sum(seen.values()))
