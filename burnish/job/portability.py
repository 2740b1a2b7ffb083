"""What settings take from the people who run the binary: where it does not run, and what it cannot do there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from burnish.concessions import SENTENCES, Concession
from burnish.job.recipe import Recipe
from burnish.model import Mode

THIS_PROCESSOR = "-C target-cpu=native"
_PROCESSOR = "-C target-cpu="
_SLOWER = (0, 1, "s", "z")
# Where rustc links a static program with glibc so that it can be loaded anywhere; for aarch64 it was seen not to.
_STATIC_PIE = "x86_64-"
# What is found in one flag, by a part of it that nothing else has.
_BY_FLAG: Mapping[str, Concession] = {
    "relocation-model=static": "fixed-address",
    "link-arg=-no-pie": "fixed-address",
    "pack-relative-relocs": "old-systems",
    # GCC's own archive of the unwinder asks for newer functions of glibc than its shared library's users do.
    "-lgcc_eh": "old-systems",
    "--build-id=none": "symbols",
    "--icf=all": "function-addresses",
    "force-unwind-tables=no": "backtraces",
    "+crt-static": "name-services",
}


@dataclass(frozen=True, kw_only=True)
class Taking:
    """One thing that a setting takes, and how that is said of it."""

    concession: Concession
    sentence: str


def takings(
    profile: Mapping[str, object], flags: Iterable[str], triple: str, mode: Mode = "native", *, static: bool = False
) -> Iterator[Taking]:
    """Yield what is taken by a release profile and by flags in cargo's usual spelling, on a platform.

    `profile` has dotted keys for single packages. `static` is whether the binary is linked statically as well.
    """
    yield from (_slower(key, value) for key, value in profile.items() if key.endswith("opt-level") and value in _SLOWER)
    if profile.get("panic") == "abort":
        yield _taking("unwinding", 'panic = "abort"')
    for flag in flags:
        yield from _of_flag(flag, triple, mode)
    if static and triple.endswith("-gnu") and "linux" in triple:
        yield _taking("name-services", "static linking with glibc")
        if not triple.startswith(_STATIC_PIE):
            yield _taking("fixed-address", "static linking with glibc on this platform")
    if triple.endswith("-musl"):
        yield from (_taking(name, "musl") for name in ("allocator", "name-services"))


def takings_of(recipe: Recipe, triple: str, mode: Mode) -> list[Taking]:
    """Return what a recipe takes."""
    profile = {key: setting.value for key, setting in recipe.profile.items()}
    flags = [setting.flag for setting in recipe.rustflags]
    return list(takings(profile, flags, triple, mode, static=recipe.static))


def tells_the_linker(recipe: Recipe) -> bool:
    """Return whether a recipe tells the linker something by itself, which may take what no list here knows of."""
    return any("link-arg" in setting.flag for setting in recipe.rustflags)


def left_out(recipe: Recipe, mode: Mode) -> Iterator[str]:
    """Yield which flag of a recipe is not for a binary that runs elsewhere."""
    if mode != "native" and any(setting.flag == THIS_PROCESSOR for setting in recipe.rustflags):
        yield "target-cpu=native is left out: the binary is for another machine's processor"


def _of_flag(flag: str, triple: str, mode: Mode) -> Iterator[Taking]:
    name = flag.removeprefix("-C ")
    if flag.startswith(_PROCESSOR):
        yield from _processor(flag, mode)
    elif "+crt-static" in flag and not triple.endswith("-gnu"):
        return
    else:
        yield from (_taking(concession, name) for part, concession in _BY_FLAG.items() if part in flag)


def _processor(flag: str, mode: Mode) -> Iterator[Taking]:
    name = flag.removeprefix(_PROCESSOR)
    if flag != THIS_PROCESSOR:
        words = f"target-cpu={name}: the binary runs on {name} processors and later ones only"
        yield Taking(concession="old-cpus", sentence=words)
    elif mode == "native":
        words = "target-cpu=native: the binary runs on processors like this machine's only"
        yield Taking(concession="old-cpus", sentence=words)


def _slower(key: str, value: object) -> Taking:
    return _taking("speed", f"{key} = {value}")


def _taking(concession: Concession, setting: str) -> Taking:
    return Taking(concession=concession, sentence=f"{setting}: {SENTENCES[concession]}")
