"""Reproducible pipelines: `nox` runs what CI runs, `nox -s validate` one pipeline for each platform.

Sessions install and call; what they call does the work.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import nox

ROOT = Path(__file__).parent
PLATFORMS = list(tomllib.loads((ROOT / "config" / "platforms.toml").read_text(encoding="utf-8")))
STEPS = ("baseline", "apply-profile", "write-config", "build", "measure", "test", "bench", "judge")

nox.needs_version = ">=2026.4.10"
nox.options.default_venv_backend = "venv"
nox.options.sessions = ["lint", "types", "tests"]


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting."""
    session.install(*dependency_group("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check types."""
    session.install(*dependency_group("types"), "-e", ".")
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests; further arguments go to pytest."""
    session.install(*dependency_group("test"), "-e", ".")
    session.run("pytest", "-n", "auto", "-m", "not network", *session.posargs)


@nox.session
def faults(session: nox.Session) -> None:
    """Try what is promised about the user's files in depth, and say how much was tried for each (ten minutes)."""
    session.install(*dependency_group("test"), "-e", ".")
    session.run("pytest", "-n", "auto", "-m", "promise", "--promises", *session.posargs, env={"BURNISH_DEEP": "1"})


@nox.session
def crates(session: nox.Session) -> None:
    """Carry out the main job on real programs from crates.io (half an hour)."""
    session.install(*dependency_group("test"), "-e", ".")
    session.run("pytest", "-m", "network", *session.posargs)


@nox.session
@nox.parametrize("platform", PLATFORMS, ids=PLATFORMS)
def validate(session: nox.Session, platform: str) -> None:
    """Take the bundled crate, or `-- --project PATH`, through every step on one platform, and put it back."""
    session.install("-e", ".")
    options = ("--platform", platform, *session.posargs)
    reason = session.run("python", "-m", "burnish.platforms", platform, silent=True)
    if reason:
        session.skip(str(reason).strip())
    try:
        for step in STEPS:
            session.run("invoke", step, *options)
    finally:
        session.run("invoke", "rollback", "--live-only", *project_option(session.posargs), interrupt_timeout=60)


def project_option(arguments: list[str]) -> list[str]:
    """Give those of the arguments that choose the project."""
    at = next((number for number, word in enumerate(arguments) if word.split("=")[0] == "--project"), len(arguments))
    return arguments[at : at + (1 if "=" in "".join(arguments[at : at + 1]) else 2)]


def dependency_group(name: str) -> list[str]:
    """Give the requirements of one of pyproject.toml's dependency groups."""
    return list(nox.project.dependency_groups(nox.project.load_toml(ROOT / "pyproject.toml"), name))
