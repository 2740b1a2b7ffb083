"""The standard library of a platform: a toolchain that has it, or one that has its source and can build it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from burnish.process import Programs

_SYSTEM = Path("/usr/bin")
# panic_abort beside std, since a profile may ask for `panic = "abort"`.
_REBUILD = ("-Z", "build-std=std,panic_abort")


@dataclass(frozen=True, kw_only=True)
class Standard:
    """A toolchain that gives the standard library of a platform; `env` and `arguments` are for its cargo.

    `is_bare` says that it comes without a C runtime of its own, so that the linker has to have one.
    """

    cargo: str
    rustc: str
    env: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    is_bare: bool


def find_standard(
    programs: Programs, folder: Path, triple: str, timeout_seconds: float, *, system: Path = _SYSTEM
) -> Standard | None:
    """Find the toolchain for a platform: the one on the PATH, as `folder` chooses it, then the system's own.

    Of one toolchain the library that it comes with is taken before its source, which takes a minute to build.
    """
    for cargo, rustc in _toolchains(programs, system):
        argv = [rustc, "--print", "target-libdir", "--print", "sysroot", "--target", triple]
        answer = programs.run(argv, cwd=folder, timeout_seconds=timeout_seconds)
        lines = answer.stdout.decode("utf-8", "replace").splitlines()
        if answer.ok and len(lines) == 2:  # noqa: PLR2004 - one line for each --print
            libraries, sysroot = map(Path, lines)
            env = {} if rustc == "rustc" else {"RUSTC": rustc, "RUSTDOC": str(system / "rustdoc")}
            is_bare = not (libraries / "self-contained").is_dir()
            if any(libraries.glob("libstd-*.rlib")):
                return Standard(cargo=cargo, rustc=rustc, env=env, is_bare=is_bare)
            if (sysroot / "lib/rustlib/src/rust/library/Cargo.lock").is_file():
                env |= {"RUSTC_BOOTSTRAP": "1"}
                return Standard(cargo=cargo, rustc=rustc, env=env, arguments=_REBUILD, is_bare=is_bare)
    return None


def _toolchains(programs: Programs, system: Path) -> Iterator[tuple[str, str]]:
    yield "cargo", "rustc"
    path = programs.env.get("PATH")
    if shutil.which("rustc", path=path) != str(system / "rustc") and (system / "cargo").is_file():
        yield str(system / "cargo"), str(system / "rustc")
