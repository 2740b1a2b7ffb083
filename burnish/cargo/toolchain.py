"""The toolchain: which rustc and cargo answer here, for which host, and with what `cfg` values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from burnish.errors import Refused
from burnish.process import Programs


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
    """Give the lines of `rustc --print cfg` for a target, such as `target_os="linux"`."""
    argv = ["rustc", "--print", "cfg", "--target", triple]
    return _ask(programs, argv, folder, timeout_seconds).splitlines()


def _ask(programs: Programs, argv: list[str], folder: Path, timeout_seconds: float) -> str:
    answer = programs.run(argv, cwd=folder, timeout_seconds=timeout_seconds)
    text = answer.stdout.decode("utf-8", "replace").strip()
    if not answer.ok or not text:
        said = answer.stderr.decode("utf-8", "replace").strip()
        raise Refused(
            f"`{' '.join(argv)}` failed: {said[:500] or 'it said nothing'}",
            expected="a working Rust toolchain",
            next_command="rustup show",
        )
    return text
