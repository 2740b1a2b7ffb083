"""Cargo's JSON messages on what it compiled. A line of another shape is none: its output may hold anything."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

_BEGINS = b'{"reason":'


class CompiledTarget(msgspec.Struct, frozen=True):
    """The target that was compiled, as cargo names it."""

    name: str
    kind: list[str]
    crate_types: list[str]
    src_path: str


class _Profile(msgspec.Struct, frozen=True):
    test: bool


class CompilerArtifact(msgspec.Struct, frozen=True):
    """One message `compiler-artifact`: the files that were made, and whether they were there already (`fresh`)."""

    package_id: str
    target: CompiledTarget
    profile: _Profile
    filenames: list[str]
    fresh: bool
    executable: str | None = None


class _Message(msgspec.Struct, frozen=True):
    reason: str


def is_of_a_unit(line: str) -> bool:
    """Return whether a line of cargo's says that one more unit is there, compiled or found fresh."""
    return line.startswith('{"reason":"compiler-artifact"')


def compiler_artifacts(stdout: bytes) -> Iterator[CompilerArtifact]:
    """Read the messages on what was compiled, in order."""
    for line in stdout.splitlines():
        if line.startswith(_BEGINS):
            try:
                if msgspec.json.decode(line, type=_Message).reason == "compiler-artifact":
                    yield msgspec.json.decode(line, type=CompilerArtifact)
            except (msgspec.MsgspecError, RecursionError, UnicodeError):
                continue
