"""A guide: a profile of what the program does at its work, by which rustc builds it."""

from __future__ import annotations

import dataclasses

import msgspec
import tomlkit

from burnish.cargo.flags import EffectiveFlags
from burnish.cargo.toolkit import Toolkit
from burnish.errors import Refused
from burnish.toml.spelling import join_key


class Guide(msgspec.Struct, frozen=True, kw_only=True):
    """A profile in LLVM's form: the file at `path`, whose digest is `sha256`.

    It was recorded while the binary carried out the workloads `trained_on`; so many `functions` ran.
    """

    path: str
    sha256: str
    trained_on: list[str]
    functions: int

    @property
    def flags(self) -> tuple[str, ...]:
        """Return the flags by which rustc builds by the profile. The path is whole: rustc runs in many folders."""
        return (f"-Cprofile-use={self.path}",)


def with_rustflags(toolkit: Toolkit, effective: EffectiveFlags, flags: tuple[str, ...]) -> Toolkit:
    """Return a toolkit that gives rustc more flags by cargo's command line, for the target only.

    Flags of a target silence those of `build`, so these are repeated. Raise Refused where cargo cannot be told: of two
    strings it takes one, and it does not merge an array with a string.
    """
    if effective.as_string:
        raise Refused(
            f"target.{toolkit.triple}.rustflags is a string, beside which cargo takes no further flags",
            expected="rustflags as an array",
            next_command=f'burnish tune, after writing target.{toolkit.triple}.rustflags = ["...", "..."]',
        )
    value = tomlkit.item([*effective.silenced_by_target, *flags]).as_string()
    target = () if "--target" in toolkit.arguments else ("--target", toolkit.triple)
    told = ("--config", f"{join_key(('target', toolkit.triple, 'rustflags'))}={value}")
    return dataclasses.replace(toolkit, arguments=(*target, *toolkit.arguments, *told))
