"""The toolchain: which rustc and cargo answer here, for which host, and with what `cfg` values."""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from burnish.errors import Refused
from burnish.system.process import Programs
from burnish.text import did_you_mean
from burnish.transaction.files import read_image

# As rustup 1.29 says it, and older ones in part; by itself it installs what is missing, where its settings let it.
_NOT_INSTALLED = re.compile(
    r"^error: (?:(?P<own>custom|override) )?toolchain '(?P<name>[^']+)'"
    r"(?: specified in override file '(?P<file>[^']+)')? is not installed",
    re.MULTILINE,
)
_NOT_DOWNLOADED = re.compile(
    r"^info: syncing channel updates for '?(?P<name>[^'\s]+)'?$[\s\S]*?^error: (?P<why>.*)$", re.MULTILINE
)
_FILES = ("rust-toolchain", "rust-toolchain.toml")


@dataclass(frozen=True, kw_only=True)
class RustToolchain:
    """The first lines of `rustc --version` and `cargo --version`, and the host triple."""

    rustc: str
    cargo: str
    host: str


def read_toolchain(programs: Programs, folder: Path, timeout_seconds: float, *, rustc: str = "rustc") -> RustToolchain:
    """Ask rustc and the cargo beside it who they are, in `folder`: a rust-toolchain file may choose others there."""
    verbose = _ask(programs, [rustc, "-vV"], folder, timeout_seconds).splitlines()
    hosts = [line.removeprefix("host: ") for line in verbose if line.startswith("host: ")]
    cargo = _ask(programs, [str(Path(rustc).with_name("cargo")), "--version"], folder, timeout_seconds)
    if not hosts:
        raise Refused("rustc -vV names no host", expected="a line `host: TRIPLE`", next_command="rustc -vV")
    return RustToolchain(rustc=verbose[0], cargo=cargo.splitlines()[0], host=hosts[0])


def read_cfg(programs: Programs, folder: Path, triple: str, timeout_seconds: float) -> list[str]:
    """Return the lines of `rustc --print cfg` for a target, such as `target_os="linux"`."""
    argv = ["rustc", "--print", "cfg", "--target", triple]
    return _ask(programs, argv, folder, timeout_seconds).splitlines()


def _ask(programs: Programs, argv: list[str], folder: Path, timeout_seconds: float) -> str:
    answer = programs.ask(argv, cwd=folder, timeout_seconds=timeout_seconds)
    text = answer.stdout.decode("utf-8", "replace").strip()
    if not answer.ok or not text:
        said = answer.stderr.decode("utf-8", "replace").strip()
        require_toolchain(said, folder, programs.env)
        raise Refused(
            f"`{' '.join(argv)}` failed: {said[:500] or 'it said nothing'}",
            expected="a working Rust toolchain",
            next_command="rustup show",
        )
    return text


def with_toolchain(programs: Programs, name: str, folder: Path, timeout_seconds: float) -> Programs:
    """Return what starts programs with a toolchain of rustup's, as `cargo +NAME` does. Nothing is installed.

    Raise Refused where rustup is not there, does not have the toolchain, or is not asked by the rustc on the PATH.
    """
    try:
        listed = programs.ask(["rustup", "toolchain", "list"], cwd=folder, timeout_seconds=timeout_seconds)
    except Refused as error:
        raise Refused(
            f"--toolchain {name} is for rustup to find, and there is none: {error.found}",
            expected="rustup on the PATH, or no --toolchain",
            next_command="install rustup from https://rustup.rs, or the same without --toolchain",
        ) from error
    installed = [line.split()[0] for line in listed.stdout.decode("utf-8", "replace").splitlines() if line.strip()]
    if not any(_is_named(each, name) for each in installed):
        raise Refused(
            f"rustup does not have the toolchain {name}{did_you_mean(name, installed)}",
            expected=f"one of {', '.join(installed)}" if listed.ok else "a rustup that lists its toolchains",
            next_command=f"rustup toolchain install {shlex.quote(name)}",
        )
    chosen = replace(programs, env={**programs.env, "RUSTUP_TOOLCHAIN": name})
    ask = ["rustc", "--print", "sysroot"]
    there = _ask(chosen, ["rustup", "run", name, *ask], folder, timeout_seconds)
    if (here := _ask(chosen, ask, folder, timeout_seconds)) != there:
        raise Refused(
            f"the rustc on the PATH is that of {here}, whatever rustup is told",
            expected="the folder of rustup's own cargo and rustc first on the PATH",
            next_command="the same without --toolchain, or with the PATH put right",
        )
    return chosen


def _is_named(installed: str, name: str) -> bool:
    """Return whether a toolchain is meant by a name, which need not say the host; what follows it is no date then."""
    rest = installed.removeprefix(f"{name}-")
    return installed == name or (rest != installed and not rest[:1].isdigit())


def require_toolchain(said: str, folder: Path, env: Mapping[str, str]) -> None:
    """Raise Refused where rustup says, in the place of cargo or rustc, that the toolchain for a folder is missing."""
    missing = _NOT_INSTALLED.search(said)
    failed = missing or _NOT_DOWNLOADED.search(said)
    if failed is None:
        return
    name = failed["name"]
    wanted_by = (missing and missing["file"]) or _who_wants(name, folder, env)
    why = "is not installed" if missing else f"is not installed, and rustup cannot install it: {failed['why']}"
    is_own = missing and missing["own"]
    command = f"link {shlex.quote(name)} PATH" if is_own else f"install {shlex.quote(name)}"
    raise Refused(
        f"the toolchain {name} {why}" + (f"; {wanted_by} asks for it" if wanted_by else ""),
        expected="a toolchain that is installed",
        next_command=f"rustup toolchain {command}",
    )


def _who_wants(name: str, folder: Path, env: Mapping[str, str]) -> str:
    """Return what names a toolchain for a folder: the variable, or the nearest file; empty where neither does."""
    if name.startswith(env.get("RUSTUP_TOOLCHAIN") or "\0"):
        return "RUSTUP_TOOLCHAIN"
    paths = (above / file for above in (folder, *folder.parents) for file in _FILES)
    path = next((path for path in paths if path.is_file()), None)
    with contextlib.suppress(Refused):
        words = re.findall(rb"[\w.-]+", (path and read_image(path).content) or b"")
        return str(path) if any(f"{name}-".startswith(f"{word.decode()}-") for word in words) else ""
    return ""
