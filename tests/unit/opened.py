"""A job on a small project in this very process, with a cargo that takes no time: what tests of the middle share."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from burnish.job.opening import Opened, open_job
from burnish.job.options import Options
from burnish.job.session import Session, opened_session
from burnish.system.console import Console
from burnish.system.process import Programs
from tests.conftest import MAIN, MANIFEST
from tests.stubs import stub_cargo

OPTIONS = Options()


@dataclass(kw_only=True)
class Place:
    """A project at `root`, `stubs` with its cargo, and each program that was started, with its arguments."""

    root: Path
    stubs: Path
    env: dict[str, str]
    asked: list[tuple[str, ...]] = field(default_factory=list)
    said: io.StringIO = field(default_factory=io.StringIO)

    def open(self, options: Options = OPTIONS, *, fresh: bool = True) -> Opened:
        """Open a job there, as a step does."""
        console = Console(env={"COLUMNS": "80"}, out=self.said, err=self.said)
        return open_job(options, console=console, env=self.env, cwd=self.root, fresh=fresh)

    @contextmanager
    def session(self, options: Options = OPTIONS) -> Iterator[Session]:
        """Hold a session there, as a step does."""
        with opened_session(*self.open(options), "test") as session:
            yield session

    def files(self) -> Mapping[str, bytes]:
        """Return the user's own files."""
        names = ("Cargo.toml", ".cargo/config.toml", "src/main.rs")
        return {name: (self.root / name).read_bytes() for name in names if (self.root / name).exists()}


def make_place(folder: Path, monkeypatch: pytest.MonkeyPatch, *, manifest: str = MANIFEST) -> Place:
    """Make a project with a cargo of no time, and note each program that is started."""
    root = folder / "hello"  # as the package, so that its id is what the stub says
    (root / "src").mkdir(parents=True)
    (root / "Cargo.toml").write_text(manifest, encoding="utf-8")
    (root / "src" / "main.rs").write_text(MAIN.replace("hello::greeting", "str::to_owned"), encoding="utf-8")
    env = stub_cargo(folder / "stubs", {**os.environ, "XDG_STATE_HOME": str(folder / "state")})
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    place = Place(root=root, stubs=folder / "stubs", env=env)
    run = Programs.run

    def noted(programs: Programs, argv: list[str], **how: object) -> object:
        place.asked.append(tuple(argv))
        return run(programs, argv, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(Programs, "run", noted)
    return place
