"""The standard library of a platform: a toolchain that has it, or one that has its source and can build it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from burnish.cargo.surroundings import Surroundings

_SOURCE = "lib/rustlib/src/rust/library/Cargo.lock"
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


def find_standard(surroundings: Surroundings, triple: str) -> Standard | None:
    """Find the toolchain for a platform: the one on the PATH, as the project chooses it, then the system's own.

    Of one toolchain the library that it comes with is taken before its source, which takes a minute to build.
    """
    standards = (_standard_of(surroundings, cargo, rustc, triple) for cargo, rustc in _toolchains(surroundings))
    return next(filter(None, standards), None)


def find_source(surroundings: Surroundings, triple: str) -> Standard | None:
    """Find a toolchain that can build the standard library of a platform from its source, in the same order."""
    standards = (_rebuilt(surroundings, cargo, rustc, triple) for cargo, rustc in _toolchains(surroundings))
    return next(filter(None, standards), None)


def _toolchains(surroundings: Surroundings) -> Iterator[tuple[str, str]]:
    yield "cargo", "rustc"
    cargo, rustc = (str(surroundings.system / name) for name in ("cargo", "rustc"))
    if not surroundings.is_named and surroundings.which("rustc") != rustc and surroundings.which(cargo):
        yield cargo, rustc


def _standard_of(surroundings: Surroundings, cargo: str, rustc: str, triple: str) -> Standard | None:
    libraries = surroundings.says(rustc, "--print", "target-libdir", "--target", triple)
    if libraries and any(Path(libraries).glob("libstd-*.rlib")):
        return Standard(cargo=cargo, rustc=rustc, env=_own_env(surroundings, rustc), is_bare=_is_bare(libraries))
    return _rebuilt(surroundings, cargo, rustc, triple)


def _rebuilt(surroundings: Surroundings, cargo: str, rustc: str, triple: str) -> Standard | None:
    libraries = surroundings.says(rustc, "--print", "target-libdir", "--target", triple)
    sysroot = surroundings.says(rustc, "--print", "sysroot")
    if not (libraries and Path(sysroot, _SOURCE).is_file()):
        return None
    env = {**_own_env(surroundings, rustc), "RUSTC_BOOTSTRAP": "1"}
    return Standard(cargo=cargo, rustc=rustc, env=env, arguments=_REBUILD, is_bare=_is_bare(libraries))


def _own_env(surroundings: Surroundings, rustc: str) -> dict[str, str]:
    return {} if rustc == "rustc" else {"RUSTC": rustc, "RUSTDOC": str(surroundings.system / "rustdoc")}


def _is_bare(libraries: str) -> bool:
    return not Path(libraries, "self-contained").is_dir()
