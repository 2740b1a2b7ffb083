"""C1: a rollback gives back whatever bytes there were."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from burnish.transaction.change import FileEdit
from burnish.transaction.journal import PATHS, EditRole, FileRole
from tests.conftest import Tried, cases
from tests.faults.world import World

MANY = settings(max_examples=cases(60, 1200), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
# Long ones are made of a short one: hypothesis draws byte by byte.
contents = st.binary(max_size=200) | st.builds(bytes.__mul__, st.binary(min_size=1, max_size=64), st.integers(1, 1024))
EDITED: tuple[EditRole, ...] = ("manifest", "config", "config-legacy")


@pytest.mark.promise("C1")
def test_rollback_gives_back_any_bytes(fast_folder: Path, tried: Tried) -> None:
    """Four files of any content, or absent, some or all changed to any other again and again, are what they were."""
    tally: Counter[str] = Counter()

    @MANY
    @given(
        before=st.fixed_dictionaries({role: st.none() | contents for role in PATHS}),
        afters=st.lists(
            st.fixed_dictionaries({}, optional=dict.fromkeys(EDITED, contents))
            | st.fixed_dictionaries(dict.fromkeys(EDITED, contents)),
            max_size=6,
        ),
        lock=st.none() | contents,
        is_kept=st.booleans(),
    )
    def check(
        before: dict[FileRole, bytes | None], afters: list[dict[EditRole, bytes]], lock: bytes | None, *, is_kept: bool
    ) -> None:
        tally["cases"] += 1
        with tempfile.TemporaryDirectory(dir=fast_folder) as folder:
            world = World(base=Path(folder))
            world.root.mkdir()
            for role, content in before.items():
                if content is not None:
                    world.write(PATHS[role], content)
            tree = world.tree()
            change = world.begin()
            if lock is not None:
                world.write(PATHS["lockfile"], lock)
            for after in afters:
                edits = [FileEdit(role=role, before=_now(world, role), after=after[role]) for role in after]
                change.apply(edits)
                assert {role: _now(world, role) for role in after} == after
            if is_kept:
                change.keep()
            world.rollback()
            assert world.tree() == tree

    check()
    tried("C1", cases=tally["cases"])


def _now(world: World, role: FileRole) -> bytes | None:
    path = world.root / PATHS[role]
    return path.read_bytes() if path.exists() else None
