"""What client and workers say to each other of a trial that is built for a search: an order, and the answer to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from burnish import __version__
from burnish.errors import Refused
from burnish.fleet.fleet_jobs import PROTOCOL
from burnish.system.process import Programs

_ASK_SECONDS = 60.0
# Whatever of these links: of two versions each may make another file.
_LINKERS = ("cc", "ld", "ld.lld", "mold")


class TrialPlaces(msgspec.Struct, frozen=True, kw_only=True):
    """The client's folders: the project's, cargo's own, `target` where it would build, and `made` where files go."""

    root: str
    cargo_home: str
    target: str
    made: str


class TrialOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One build: `argv` is cargo's as the client would start it, `env` what it adds, and `tree` the sources' digest.

    `overlay` is the configuration that the file `overlay_path` of `argv` holds at the client, which names none where
    it is empty. `rustc` and `cargo` are the names by which those are started, and `tools` what must be the same.
    """

    argv: tuple[str, ...]
    env: dict[str, str]
    triple: str
    overlay: str = ""
    overlay_path: str = ""
    tree: str
    lockfile: bytes
    toolchain: str = ""
    rustc: str
    cargo: str
    tools: dict[str, str]
    places: TrialPlaces
    time_limit_seconds: float
    protocol: int = PROTOCOL
    burnish: str = __version__


class MadeFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a build made, by its path at the client."""

    path: str
    mode: int
    content: bytes


class TrialAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What cargo did, in the client's paths; `refusal` is why nothing was built."""

    refusal: str = ""
    exit_status: int = 1
    seconds: float = 0.0
    timed_out: bool = False
    stdout: bytes = b""
    stderr: bytes = b""
    files: tuple[MadeFile, ...] = ()


def tools_in(programs: Programs, folder: Path, rustc: str, cargo: str) -> dict[str, str]:
    """Return what each program says of its version in a folder: all of the compiler's, the first line of linkers'."""
    compiler = {" ".join(argv): _said(programs, folder, argv) for argv in ([rustc, "-vV"], [cargo, "-V"])}
    return compiler | {name: _said(programs, folder, [name, "--version"]).partition("\n")[0] for name in _LINKERS}


def _said(programs: Programs, folder: Path, argv: Sequence[str]) -> str:
    try:
        answer = programs.ask(argv, cwd=folder, timeout_seconds=_ASK_SECONDS)
    except Refused:
        return ""
    return answer.stdout.decode("utf-8", "replace").strip() if answer.ok else ""


def other_tool(wanted: dict[str, str], found: dict[str, str]) -> str:
    """Return in words which program is another one than is wanted, empty where all are the same."""
    for name, version in wanted.items():
        if found.get(name) != version:
            ours, theirs = (_short(each.get(name, ""), other.get(name, "")) for each, other in _both(found, wanted))
            return f"its {name.split()[0]} is {ours}, and here it is {theirs}"
    return ""


def _both(found: dict[str, str], wanted: dict[str, str]) -> list[tuple[dict[str, str], dict[str, str]]]:
    return [(found, wanted), (wanted, found)]


def _short(version: str, other: str) -> str:
    """Return the line in which a version differs from another one."""
    lines = [line for line in version.splitlines() if line not in other.splitlines()]
    return next(iter(lines or version.splitlines()), "") or "not there"
