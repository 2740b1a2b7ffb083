"""How many trials are built at once."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from burnish.cargo.flags import ConfigLayer
from burnish.search import jobs
from burnish.search.jobs import BYTES_EACH, jobs_of, most_jobs

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="one at a time there")


def job(wanted: int = 0, cargo_jobs: int = 0, env: dict[str, str] | None = None, **config: object) -> Any:
    """Return a job whose settings, selection, environment and configuration of cargo say this."""
    layers = [ConfigLayer(path="config.toml", data={"build": config})]
    return SimpleNamespace(
        programs=SimpleNamespace(env=env or {}),
        project=SimpleNamespace(root=Path(), selection=SimpleNamespace(jobs=cargo_jobs)),
        surroundings=SimpleNamespace(layers_in=lambda _: layers),
        settings=SimpleNamespace(search=SimpleNamespace(jobs=wanted)),
    )


@pytest.fixture(autouse=True)
def _four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "cores_here", lambda: 4)
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=64 * BYTES_EACH))


@pytest.mark.parametrize(("wanted", "count"), [(0, 4), (1, 1), (2, 2), (6, 6)])
def test_as_many_as_cores_unless_the_user_says_another_number(wanted: int, count: int) -> None:
    """0 is as many as there are cores."""
    assert jobs_of(job(wanted, target="x86_64-unknown-linux-gnu")) == count


@pytest.mark.parametrize(
    "told",
    [
        job(6, cargo_jobs=2),
        job(6, env={"CARGO_BUILD_JOBS": "2"}),
        job(6, jobs=2),
        job(6, env={"MAKEFLAGS": " -j4 --jobserver-auth=3,4"}),
        job(6, env={"CARGO_MAKEFLAGS": "-j --jobserver-fds=3,4 --jobserver-auth=3,4"}),
    ],
    ids=["--jobs", "variable", "configuration", "make", "cargo"],
)
def test_one_where_somebody_else_gives_out_the_cores(told: Any) -> None:
    """Cargo would not heed its own number beside a jobserver of ours."""
    assert jobs_of(told) == 1


@pytest.mark.parametrize(
    ("cores", "available_bytes", "count"),
    [(8, 64 * BYTES_EACH, 8), (8, 3 * BYTES_EACH, 3), (8, 0, 1), (1, 64 * BYTES_EACH, 1)],
)
def test_memory_limits_the_number(cores: int, available_bytes: int, count: int) -> None:
    """Each build has its share of what is free; one is built always."""
    assert most_jobs(cores, available_bytes) == count
