"""What a recipe gives up: where its binary does not run any more, and what it cannot do there. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from burnish.cargo.recipe import Recipe
from burnish.report.model import Mode

THIS_PROCESSOR = "-C target-cpu=native"
_PROCESSOR = "-C target-cpu="
_FIXED = "-C relocation-model=static"
_PACKED = "pack-relative-relocs"


def given_up(recipe: Recipe, triple: str, mode: Mode) -> Iterator[str]:
    """Say each thing that whoever runs the binary, or the code in it, has to do without."""
    flags = [setting.flag for setting in recipe.rustflags]
    yield from (_processor(flag, mode) for flag in flags if flag.startswith(_PROCESSOR))
    if _FIXED in flags:
        yield "relocation-model=static: the binary is always loaded at one address, which makes attacks on it easier"
    if any(_PACKED in flag for flag in flags):
        yield "pack-relative-relocs: the binary needs glibc 2.36 or later"
    if triple.endswith("-musl"):
        yield "musl: its allocator is slower than glibc's, most of all in several threads, and no name services load"


def _processor(flag: str, mode: Mode) -> str:
    name = flag.removeprefix(_PROCESSOR)
    if flag != THIS_PROCESSOR:
        return f"target-cpu={name}: the binary runs on {name} processors and later ones only"
    if mode == "native":
        return "target-cpu=native: the binary runs on processors like this machine's only"
    return "target-cpu=native is left out: the binary is for another machine's processor"
