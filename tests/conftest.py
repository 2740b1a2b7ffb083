"""Shared fixtures: small crates in folders of their own, and our program started as a user starts it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import settings

from tests.cases.tally import CaseTally
from tests.faults.tally import Tally, read_promises, table, unproven

# A busy machine is no reason to fail; and CI tries the same cases each time, so that a failure is the change's own.
settings.register_profile("patient", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("patient")

MANIFEST = """\
[package]
name = "hello"
version = "0.1.0"
edition = "2021"

# Without link-time optimisation, so that tests which are not about it are quick.
[package.metadata.burnish]
recipe = "quick"

[package.metadata.burnish.recipes.quick]
profile = { opt-level = "s", strip = true }

# Three rounds can err, as one verdict in forty does; the test that is about the start-up asks for it.
[package.metadata.burnish.budget]
startup_must_not_slow = false

[package.metadata.burnish.startup]
rounds = 3
max_rounds = 3
runs = 3
warmup = 1

# Under valgrind each start takes half a second.
[package.metadata.burnish.instructions]
max_seconds = 0
"""
ONE_SUITE = MANIFEST.replace(
    'edition = "2021"\n',
    'edition = "2021"\n\n[lib]\ndoctest = false\n\n[[bin]]\nname = "hello"\npath = "src/main.rs"\ntest = false\n',
)
"""The same with the library's unit tests alone: where a search optimises as a whole, each suite costs seconds."""
MAIN = """\
fn main() {
    println!("{}", hello::greeting(&std::env::args().nth(1).unwrap_or_default()));
}
"""
LIBRARY = """\
/// Greets.
///
/// ```
/// assert_eq!(hello::greeting("you"), "hello, you");
/// ```
pub fn greeting(name: &str) -> String {
    format!("hello, {name}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn greets_by_name() {
        assert_eq!(super::greeting("me"), "hello, me");
    }

    #[test]
    fn knows_release_builds() {
        assert!(!cfg!(debug_assertions));
    }
}
"""
TALLY = pytest.StashKey[Tally]()
CASES = pytest.StashKey[CaseTally]()
Run = Callable[..., subprocess.CompletedProcess[str]]
Tried = Callable[..., None]
T = TypeVar("T")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer `--promises`, `--cases`, `--deep` and `--generated`."""
    parser.addoption("--cases", action="store_true", help="try all cases of tests/cases, and say what became of each")
    parser.addoption("--deep", action="store_true", help="generate hundreds of projects, not a handful")
    parser.addoption("--generated", metavar="FROM-TO", help="generate the projects of these numbers, such as 40-79")
    parser.addoption(
        "--promises",
        action="store_true",
        help="say what was tried for each promise of config/promises.toml, and fail where one was not proven",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Count what is tried for each promise."""
    config.stash[TALLY] = Tally()
    config.pluginmanager.register(config.stash[TALLY])
    config.stash[CASES] = CaseTally()
    config.pluginmanager.register(config.stash[CASES])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what was tried."""
    if config.getoption("cases"):
        terminalreporter.section("cases")
        for line in config.stash[CASES].lines():
            terminalreporter.line(line)
    if config.getoption("promises"):
        terminalreporter.section("promises")
        for line in (*table(read_promises(), config.stash[TALLY].tried), *_unproven(config)):
            terminalreporter.line(line)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail where a promise was not proven: no test is no proof."""
    is_worker = hasattr(session.config, "workerinput")
    if session.config.getoption("promises") and not is_worker and _unproven(session.config):
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


def _unproven(config: pytest.Config) -> list[str]:
    return list(unproven(read_promises(), config.stash[TALLY].tried))


@dataclass(frozen=True, kw_only=True)
class Crate:
    """A crate in a folder of its own, and the user's files of it."""

    root: Path

    def write(self, files: Mapping[str, str]) -> None:
        """Write files, by their paths in the crate."""
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")

    def git(self, *arguments: str) -> str:
        """Run git in the crate."""
        identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        argv = ["git", *identity, *arguments]
        return subprocess.run(argv, cwd=self.root, check=True, capture_output=True, text=True).stdout

    def cargo(self, *arguments: str) -> str:
        """Run cargo in the crate, as its user does."""
        argv = ["cargo", *arguments]
        return subprocess.run(argv, cwd=self.root, check=True, capture_output=True, text=True).stdout

    def commit(self) -> None:
        """Commit everything."""
        if not (self.root / ".git").exists():
            self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "state")

    def tree(self) -> dict[str, str]:
        """Return the digest of each of the user's files: what neither cargo nor burnish made."""
        ours = {"target", ".burnish", ".git"}
        paths = [path for path in self.root.rglob("*") if path.relative_to(self.root).parts[0] not in ours]
        return {
            str(path.relative_to(self.root)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            for path in sorted(paths)
        }


def active_toolchain() -> str:
    """Return the name of rustup's toolchain here, by which another home has the same one; nothing without rustup."""
    if shutil.which("rustup") is None:
        return ""
    argv = ["rustup", "show", "active-toolchain"]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.split()[0]


def cases(quick: T, deep: T) -> T:
    """Return how many cases to try, or which: many with BURNISH_DEEP=1, a few in the ordinary tests."""
    return deep if os.environ.get("BURNISH_DEEP") == "1" else quick


@pytest.fixture
def tried(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Return a function that notes how many cases a test tried: `tried("A1", kills=120)`."""

    def note(promise: str, **counts: int) -> None:
        for kind, count in counts.items():
            record_property(f"{promise}:{kind}", count)

    return note


@pytest.fixture
def user_env(tmp_path: Path) -> dict[str, str]:
    """Return an environment like a user's, with a state folder of its own and no flags of the machine's."""
    dropped = ("RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_TARGET_DIR", "CARGO_BUILD_TARGET", "FORCE_COLOR")
    env = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**env, "XDG_STATE_HOME": str(tmp_path / "state"), "RUST_BACKTRACE": "0"}


@pytest.fixture
def crate(tmp_path: Path) -> Crate:
    """Return a small crate: a binary, a library, unit tests and a doc test; committed."""
    made = Crate(root=tmp_path / "hello")
    made.write(
        {
            "Cargo.toml": MANIFEST,
            "src/main.rs": MAIN,
            "src/lib.rs": LIBRARY,
            ".gitignore": "/target\n",
        }
    )
    made.commit()
    return made


@pytest.fixture
def burnish(user_env: dict[str, str]) -> Run:
    """Return a function that starts burnish in a folder and gives what it left."""

    def run(
        *arguments: str, cwd: Path, env: Mapping[str, str] | None = None, program: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        argv = [*(program or (sys.executable, "-m", "burnish")), *arguments]
        return subprocess.run(
            argv,
            cwd=cwd,
            env={**user_env, **(env or {})},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )

    return run
