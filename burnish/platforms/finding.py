"""Finding the toolkit of a platform on a machine: toolchain, linker, emulator; and what of them is lacking."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from burnish.cargo.flags import variable
from burnish.cargo.surroundings import Surroundings
from burnish.cargo.toolkit import Toolkit
from burnish.errors import Refused
from burnish.platforms import Cross, Platform
from burnish.platforms.allocator import (
    CRATE,
    CRATE_VERSION,
    MIMALLOC,
    USUAL_LINKER,
    allocating_linker_in,
    make_allocator,
)
from burnish.platforms.installing import install_here
from burnish.platforms.standard import Standard, find_source, find_standard
from burnish.platforms.unwinder import linker_in, make_unwinder
from burnish.platforms.wine import make_dll


@dataclass(frozen=True, kw_only=True)
class Lack:
    """What a platform takes and the machine has not, or has another of: `found` says which, in a few words."""

    subject: str
    found: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """A toolkit as far as it goes, and what is lacking: with any of that, nothing can be built."""

    toolkit: Toolkit
    lacks: tuple[Lack, ...] = ()

    def with_env(self, **env: str) -> Found:
        """Add variables for cargo."""
        return replace(self, toolkit=replace(self.toolkit, env={**self.toolkit.env, **env}))

    def with_program(self, name: str, version: str) -> Found:
        """Add the version of a program that is used."""
        return replace(self, toolkit=replace(self.toolkit, programs={**self.toolkit.programs, name: version}))

    def without(self, subject: str, found: str) -> Found:
        """Add something that is lacking."""
        return replace(self, lacks=(*self.lacks, Lack(subject=subject, found=found)))


def find_toolkit(surroundings: Surroundings, platform: Platform, triple: str, *, rebuilt: bool = False) -> Found:
    """Find what builds and starts a platform here, as far as it is there; `rebuilt` with its standard library."""
    if surroundings.host in platform.runs_on:
        return Found(toolkit=Toolkit(triple=triple))
    cross = platform.cross_from(surroundings.host)
    if cross is None:
        nothing = Found(toolkit=Toolkit(triple=triple, mode="link-only"))
        return nothing.without("host", f"this host is {surroundings.host}: {platform.elsewhere}")
    standard = (find_source if rebuilt else find_standard)(surroundings, triple)
    found = _with_standard(cross, triple, standard)
    brings_libc = cross.bare_linker and standard is not None and not standard.is_bare
    if cross.linker and (not brings_libc or surroundings.configured(triple, "linker")):
        found = _with_linker(found, surroundings, cross)
    if cross.builder == "zigbuild":
        found = _with_zig(found, surroundings)
    if cross.stripper and standard:
        found = _with_stripper(found, surroundings, cross.stripper, standard)
    return _with_emulator(found, surroundings, cross) if cross.emulator else found


def find_rebuilding(surroundings: Surroundings, triple: str) -> Toolkit | None:
    """Return what builds the host's own platform with its standard library, from source; None where there is none."""
    standard = find_source(surroundings, triple) if triple == surroundings.host else None
    if standard is None:
        return None
    return Toolkit(
        triple=triple,
        cargo=standard.cargo,
        rustc=standard.rustc,
        arguments=("--target", triple, *standard.arguments),
        env=standard.env,
    )


def _with_standard(cross: Cross, triple: str, standard: Standard | None) -> Found:
    toolkit = Toolkit(triple=triple, mode=cross.mode, builder=cross.builder)
    if standard is None:
        lacking = "no toolchain here has its standard library, or the source to build it from"
        return Found(toolkit=toolkit).without("standard library", lacking)
    return Found(
        toolkit=replace(
            toolkit,
            cargo=standard.cargo,
            rustc=standard.rustc,
            arguments=("--target", triple, *standard.arguments),
            env=standard.env,
        )
    )


def _with_linker(found: Found, surroundings: Surroundings, cross: Cross) -> Found:
    triple = found.toolkit.triple
    configured = surroundings.configured(triple, "linker")
    linker = configured[0] if configured else cross.linker
    if surroundings.which(linker) is None:
        return found.without("linker", f"there is no {linker}")
    # A compiler that is not GCC may be for many machines, and answers for one.
    built_for = surroundings.says(linker, "-dumpmachine")
    if linker.endswith("gcc") and not built_for.startswith(cross.linker_machine):
        return found.without("linker", f"{linker} links for {built_for or 'nothing'}, not for {cross.linker_machine}")
    found = found.with_program(linker, surroundings.says(linker, "--version"))
    if configured:
        return found
    path = str(linker_in(surroundings.own(triple))) if cross.unwinder else linker
    found = found.with_env(**{variable("target", triple, "linker"): path})
    return _with_rustflags(found, surroundings, cross) if cross.rustflags else found


def _with_rustflags(found: Found, surroundings: Surroundings, cross: Cross) -> Found:
    """Add the flags that the link needs, by the variable that joins what stands in `[target.<triple>]`."""
    triple, env = found.toolkit.triple, surroundings.programs.env
    flags = surroundings.rustflags(triple)
    if flags.configured is not None:
        return found.without(flags.source, f"the variable {flags.source} is set, and silences the flags of the link")
    name = variable("target", triple, "rustflags")
    found = found.with_env(
        **{name: " ".join((*flags.silenced_by_target, *env.get(name, "").split(), *cross.rustflags))}
    )
    # Documentation tests are linked too, and rustdoc sees no rustflags.
    runner_env = {variable("target", triple, "rustdocflags"): " ".join(cross.rustflags)}
    return replace(found, toolkit=replace(found.toolkit, runner_env=runner_env))


def _with_zig(found: Found, surroundings: Surroundings) -> Found:
    zigbuild, zig = surroundings.which("cargo-zigbuild"), surroundings.which("zig") or surroundings.which("python-zig")
    if zigbuild is None:
        found = found.without("cargo-zigbuild", "there is no cargo-zigbuild")
    if zig is None:
        found = found.without("zig", "there is no zig")
    if zigbuild is None or zig is None:
        return found
    found = found.with_env(CARGO=found.toolkit.cargo, CARGO_ZIGBUILD_ZIG_PATH=zig)
    found = found.with_program("cargo-zigbuild", surroundings.says(zigbuild, "--version"))
    found = found.with_program("zig", surroundings.says(zig, "version"))
    return replace(found, toolkit=replace(found.toolkit, cargo=zigbuild))


def _with_stripper(found: Found, surroundings: Surroundings, stripper: str, standard: Standard) -> Found:
    """Look where rustc looks: in its own folder, then on the PATH."""
    sysroot = surroundings.says(standard.rustc, "--print", "sysroot")
    own = Path(sysroot, "lib", "rustlib", surroundings.host, "bin", stripper)
    if (sysroot and own.is_file()) or surroundings.which(stripper):
        return found
    return found.without("stripper", f"the toolchain in {sysroot} has no {stripper}, by which rustc strips")


def _with_emulator(found: Found, surroundings: Surroundings, cross: Cross) -> Found:
    triple = found.toolkit.triple
    runner = surroundings.configured(triple, "runner") or [cross.emulator]
    if surroundings.which(runner[0]) is None:
        return found.without("emulator", f"there is no {runner[0]} to start its programs with")
    env = {name: value.format(folder=surroundings.own(triple)) for name, value in cross.emulator_env.items()}
    env |= {variable("target", triple, "runner"): " ".join(runner), **found.toolkit.runner_env}
    found = found.with_program(runner[0], surroundings.says(runner[0], "--version"))
    return replace(found, toolkit=replace(found.toolkit, runner=tuple(runner), runner_env=env))


def require_complete(found: Found, platform: Platform) -> None:
    """Raise Refused where something is lacking without which nothing can be built."""
    if found.lacks:
        triple = found.toolkit.triple
        raise Refused(
            f"{triple} cannot be built here: {'; '.join(lack.found for lack in found.lacks)}",
            expected=f"all that `burnish doctor --platform {triple}` looks for",
            next_command=install_here(platform, triple),
        )


def may_allocate_otherwise(surroundings: Surroundings, platform: Platform, found: Found) -> bool:
    """Return whether a linker of ours can give a platform's programs another allocator, which a compiler compiles."""
    cross, triple = platform.cross, found.toolkit.triple
    if cross is None or not cross.unwinder or surroundings.configured(triple, "linker"):
        return False
    machine = surroundings.says(cross.linker, "-dumpmachine") if surroundings.which(cross.linker) else ""
    return machine.startswith(cross.linker_machine) and surroundings.which(USUAL_LINKER) is not None


def allocating_by_mimalloc(surroundings: Surroundings, found: Found) -> Found:
    """Return the same with mimalloc in place of the C library's allocator."""
    triple, toolkit = found.toolkit.triple, found.toolkit
    own = surroundings.own(triple)
    linker = allocating_linker_in(own, is_usual=str(linker_in(own)) not in toolkit.env.values())
    found = found.with_env(**{variable("target", triple, "linker"): str(linker)}).with_program(CRATE, CRATE_VERSION)
    return replace(found, toolkit=replace(found.toolkit, variant=MIMALLOC))


def make_ready(surroundings: Surroundings, platform: Platform, toolkit: Toolkit, *, offline: bool = False) -> None:
    """Make what the toolkit uses of the platform's own folder; what is there already stays.

    Raise Refused where it cannot be made, or brought from a registry: `offline` it is not asked for.
    """
    own, cross, used = surroundings.own(toolkit.triple), platform.cross, toolkit.env.values()
    allocates = any(str(allocating_linker_in(own, is_usual=each)) in used for each in (True, False))
    if cross and cross.unwinder and (allocates or str(linker_in(own)) in used):
        make_unwinder(surroundings.programs, own, cross.linker)
    if cross and allocates:
        make_allocator(surroundings.programs, own, cross.linker, toolkit.cargo, offline=offline)
    if cross and cross.emulator == "wine":
        make_dll(surroundings.programs, own, cross.linker)
