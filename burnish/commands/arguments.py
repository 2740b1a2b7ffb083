"""The options of the tasks, each described once: for Invoke's parser, for the help, and for the completions."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args

from burnish.concessions import ALL, NAMES
from burnish.resources import config_file
from burnish.text import parse_bytes, parse_seconds

Group = Literal[
    "What is done", "What is built", "What is tried", "What must be met", "Where it runs", "What is printed"
]
GROUPS: tuple[Group, ...] = get_args(Group)


@dataclass(frozen=True, kw_only=True)
class Option:
    """An option, with an `other` name where cargo has one: `value` is the placeholder of its value, empty for a switch.

    Its default is that of the `setting` of config/defaults.toml, or stands here in words. Its known values are `values`
    and the tables of the file `tables` in config/; where it `is_closed` there are no others. `expected` says what
    `read` takes, which raises ValueError for anything else.
    """

    group: Group
    help: str
    value: str = ""
    short: str = ""
    other: str = ""
    setting: str = ""
    default: str = "off"
    values: tuple[str, ...] = ()
    tables: str = ""
    is_closed: bool = False
    is_list: bool = False
    read: Callable[[str], object] = str
    expected: str = ""

    @property
    def default_words(self) -> str:
        """Return the default as the help shows it."""
        if not self.setting:
            return self.default
        value: Any = _shipped("defaults.toml")
        for key in self.setting.split("."):
            value = value[key]
        return str(value) if value else "none"

    @property
    def known_values(self) -> tuple[str, ...]:
        """Return the values that come with burnish; a project may have more."""
        return (*self.values, *(_shipped(self.tables) if self.tables else ()))


@cache
def _shipped(name: str) -> Mapping[str, Any]:
    return tomllib.loads(config_file(name).read_text(encoding="utf-8"))


def _size(text: str) -> int:
    return parse_bytes(int(text) if _is_number(text) else text)


def _duration(text: str) -> float:
    return parse_seconds(float(text) if _is_number(text) else text)


def _number(text: str) -> int:
    if not _is_number(text):
        raise ValueError(text)
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS


# Python reads no decimal of more than 4300; no number of ours has so many as this.
_MAX_DIGITS = 18

OPTIONS: Mapping[str, Option] = {
    "fix": Option(group="What is done", help="Carry out the remedies that install something; asks first"),
    "yes": Option(group="What is done", help="Do not ask", short="y"),
    "to": Option(
        group="What is done",
        help="Undo kept changes back to and including this one; `status` numbers them",
        value="NUMBER",
        default="the newest one",
        read=_number,
        expected="the number of a kept change: see `burnish status`",
    ),
    "allow_dirty": Option(group="What is done", help="Edit files that hold uncommitted changes, or that git ignores"),
    "live_only": Option(group="What is done", help="Undo a change that is not final, and nothing else"),
    "bisect": Option(
        group="What is done",
        help="Find the first commit beyond a limit, by building a few, since the newest check that was met",
    ),
    "dry_run": Option(group="What is done", help="Show what would be done, and do nothing", short="n"),
    "suggest": Option(
        group="What is done", help="Propose workloads from the project's own tests, benches and examples"
    ),
    "open": Option(group="What is done", help="Open the report in the browser"),
    "file": Option(
        group="What is done",
        help="The projects and platforms of the fleet; the path may also stand alone",
        value="PATH",
        default="fleet.toml",
    ),
    "only": Option(
        group="What is done",
        help="Only the project of this name, on this platform if one is named; may be given several times",
        value="NAME[:TRIPLE]",
        default="all projects",
        is_list=True,
    ),
    "resume": Option(
        group="What is done",
        help="Run only what has no result yet for the same revision, settings and toolchain",
    ),
    "retry_failed": Option(
        group="What is done",
        help="Run again what failed by no fault of its project: a machine that vanished, a full disk",
    ),
    "matrix": Option(
        group="What is done",
        help="Run nothing: print the jobs as a matrix for this CI system",
        value="SYSTEM",
        default="none",
        values=("github",),
        is_closed=True,
    ),
    "project": Option(
        group="What is built",
        help="A folder or a Cargo.toml of the project",
        value="PATH",
        default="the nearest Cargo.toml",
    ),
    "package": Option(
        group="What is built",
        help="The package to work on; several are worked on together",
        value="NAME",
        short="p",
        default="the one here, or the only one",
        is_list=True,
    ),
    "workspace": Option(group="What is built", help="Work on all packages of the workspace"),
    "bin": Option(
        group="What is built",
        help="The binary to judge; given several times, those are judged together, and no other",
        value="NAME",
        default="all that are built",
        is_list=True,
    ),
    "bins": Option(group="What is built", help="Judge all binaries, and no library"),
    "lib": Option(group="What is built", help="Judge the library that is shipped, and no binary"),
    "manifest_path": Option(
        group="What is built", help="The Cargo.toml to work on", value="PATH", default="the nearest Cargo.toml"
    ),
    "features": Option(
        group="What is built",
        help="Features of the package, with commas or blanks between; may be given several times",
        value="NAMES",
        short="F",
        setting="build.features",
        is_list=True,
    ),
    "all_features": Option(group="What is built", help="Build all features of the package"),
    "no_default_features": Option(group="What is built", help="Build the package without its default features"),
    "profile": Option(
        group="What is built",
        help="The profile to build, test, bench and edit, such as dist; one that is not there is made from release",
        value="NAME",
        setting="build.profile",
    ),
    "locked": Option(group="What is built", help="Require that Cargo.lock stays as it is"),
    "offline": Option(group="What is built", help="Build without the network"),
    "frozen": Option(group="What is built", help="Require both: --locked and --offline"),
    "jobs": Option(
        group="What is built",
        help="How many jobs of a build run at once",
        value="NUMBER",
        short="j",
        default="cargo's own choice",
        read=_number,
        expected="a whole number, such as 4",
    ),
    "config": Option(
        group="What is built",
        help="Configuration for every cargo command: KEY=VALUE, or a file; may be given several times",
        value="KEY=VALUE|PATH",
        setting="build.config",
        is_list=True,
    ),
    "toolchain": Option(
        group="What is built",
        help="The rustup toolchain to build with, as `cargo +NAME burnish` says it",
        value="NAME",
        default="what rustup chooses here",
    ),
    "recipe": Option(
        group="What is tried",
        help="The recipe of settings, also one of the project's own; auto is the best that is found",
        value="NAME",
        setting="recipe",
        values=("auto",),
        tables="recipes.toml",
    ),
    "reach": Option(
        group="What is tried",
        help="Whom settings must reach: all who build a clone, or those of `cargo install` too, who get a profile only",
        value="WHOM",
        setting="reach",
        values=("clone", "install"),
        is_closed=True,
    ),
    "max_trials": Option(
        group="What is tried",
        help="How many candidates are built at most",
        value="NUMBER",
        setting="search.max_trials",
        read=_number,
        expected="a whole number, such as 40",
    ),
    "time_budget": Option(
        group="What is tried",
        help="How long building may go on",
        value="TIME",
        setting="search.time_budget",
        read=parse_seconds,
        expected='a time, such as "30 min"',
    ),
    "accept": Option(
        group="What is tried",
        help="What the binary may take from the people who run it: names with commas between, or all",
        value="NAMES",
        setting="search.accept",
        values=(ALL, *NAMES),
        is_list=True,
    ),
    "allow_abort": Option(
        group="What is tried", help="Accept `unwinding`: panics may abort, though code of the project catches them"
    ),
    "set": Option(
        group="What is tried",
        help='Any setting, such as "startup.runs = 30"; may be given several times',
        value="KEY=VALUE",
        default="none",
        is_list=True,
    ),
    "budget": Option(
        group="What must be met",
        help="The budget to judge by",
        value="NAME",
        setting="budget.base",
        tables="budgets.toml",
    ),
    "max_size": Option(
        group="What must be met",
        help='The size limit: bytes, or such as "500 kB" (1000 bytes each)',
        value="SIZE",
        default="the budget's",
        read=_size,
        expected='a size: bytes, or such as "500 kB" or "488 KiB"',
    ),
    "max_startup": Option(
        group="What must be met",
        help='The limit of the mean start-up, such as "500 us", by the upper bound of its 95% interval',
        value="TIME",
        default="the budget's",
        read=_duration,
        expected='a time, such as "500 us"',
    ),
    "tests": Option(group="What must be met", help="Run the tests too: none may fail"),
    "benches": Option(group="What must be met", help="Run the benches too: none may be slower than --against"),
    "against": Option(
        group="What must be met",
        help="What to compare with: a commit, branch or tag, which is built too; or an earlier report.json, by size",
        value="REF|PATH",
        default="nothing",
    ),
    "accept_growth": Option(
        group="What must be met",
        help="Accept what grows beyond the limits, for this reason; written into burnish.lock.toml, to be committed",
        value="REASON",
        default="nothing is accepted",
    ),
    "all_gates": Option(
        group="What must be met", help="Run tests and benches too where another gate has failed already"
    ),
    "platform": Option(
        group="Where it runs",
        help="The platform to build for, a target triple",
        value="TRIPLE",
        other="target",
        default="what cargo builds for here",
        tables="platforms.toml",
    ),
    "test_runner": Option(
        group="Where it runs",
        help="Who runs the tests",
        value="NAME",
        setting="tests.runner",
        values=("auto", "cargo", "nextest"),
        is_closed=True,
    ),
    "scheduler": Option(
        group="Where it runs",
        help="The address of a Dask scheduler, such as tls://HOST:8786, whose workers do it",
        value="ADDRESS",
        default="this machine alone",
    ),
    "label": Option(
        group="Where it runs",
        help="A word by which projects may ask for this machine; may be given several times",
        value="NAME",
        default="none",
        is_list=True,
    ),
    "insecure": Option(
        group="Where it runs",
        help="Accept a scheduler on another machine without encryption, on a network of your own",
    ),
    "tls_ca": Option(
        group="Where it runs",
        help="The certificate, a PEM file, of who may take part in the cluster",
        value="PATH",
        default="no encryption",
    ),
    "tls_cert": Option(
        group="Where it runs", help="This side's own certificate, a PEM file", value="PATH", default="no encryption"
    ),
    "tls_key": Option(
        group="Where it runs", help="The key of that certificate, a PEM file", value="PATH", default="no encryption"
    ),
    "results": Option(
        group="What is printed",
        help="The folder of the fleet's results, an earlier fleet's too",
        value="DIR",
        default="fleet beside the file",
    ),
    "dashboard": Option(
        group="What is printed",
        help="Print where Dask's own page is, and open it where this is a terminal; it takes bokeh",
    ),
    "report_dir": Option(
        group="What is printed",
        help="Write report.json and its renderings to this folder too",
        value="DIR",
        default="only .burnish/runs",
    ),
    "history": Option(
        group="What is printed",
        help="Where to keep the history of the numbers: notes (of git), off, or a file for lines of JSON",
        value="notes|off|FILE",
        setting="history",
        values=("notes", "off"),
    ),
    "release": Option(
        group="What is built", help="What is kept is built in any case; taken as cargo takes it", short="r"
    ),
    "out": Option(
        group="What is done",
        help="The folder to put the kept program into, with its digest and the report of its build",
        value="DIR",
        default="dist in the project",
    ),
    "json": Option(group="What is printed", help="Write one JSON document to standard output"),
    "quiet": Option(group="What is printed", help="Say only warnings, errors and results", short="q"),
    "verbose": Option(group="What is printed", help="Say all, the words of cargo and other programs too", short="v"),
    "color": Option(
        group="What is printed",
        help="When to use colour",
        value="WHEN",
        default="auto",
        values=("auto", "always", "never"),
        is_closed=True,
    ),
}


def flags_of(name: str) -> tuple[str, ...]:
    """Return how an option is written: its short form first, where it has one, and its other name last."""
    short, other = OPTIONS[name].short, OPTIONS[name].other
    long = (f"--{each.replace('_', '-')}" for each in (name, other) if each)
    return (*((f"-{short}",) if short else ()), *long)
