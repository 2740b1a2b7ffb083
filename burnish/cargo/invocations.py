"""The command lines by which cargo called rustc, read from what `cargo build -v` says. Pure.

They are what is really in force: profiles, tables for single packages, configuration files and variables have all been
joined in them. `-v` prints one line for each crate that is compiled, and `Fresh` for one that is not; cargo's JSON
messages say of both which package they belong to. A wrapper of rustc would do the same, but stand where the user's own
one does, and with another wrapper cargo compiles everything again. `-vv` would name the package in the line itself, but
lets build scripts write between the messages, and shows the warnings of all dependencies.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import msgspec

from burnish.cargo.flags import parse_flags
from burnish.cargo.messages import compiler_artifacts

_RUNNING = re.compile(r"^ +Running `(.*?)`\r?$\n?", re.MULTILINE | re.DOTALL)
_CAUSE = re.compile(
    r"(error: could not compile [^\n]*)\n\nCaused by:\n  process didn't exit successfully: `.*?` \([^\n]*\)",
    re.DOTALL,
)
_SAID_BY_V = re.compile(r" +(?:Running `|Fresh |Dirty )")
_NAME = "--crate-name"
# Options that take the next word as their value, and that rustflags cannot set.
_OWN_OPTIONS = (_NAME, "--crate-type", "--out-dir", "--target", "--extern")
_WINDOWS_WORD = re.compile(r'(?:"(?:\\.|[^"\\])*"|[^\s"])+')


class Invocation(msgspec.Struct, frozen=True, kw_only=True):
    """One call of rustc: what it compiles, for what, and its settings in their order, (option, value) in one spelling.

    `target` is None for the host: build scripts, proc macros, and all else where cargo was told no target. `output` is
    the path of what it makes, without prefix and extension; `externs` are the same of what it links.
    """

    crate_name: str
    crate_types: tuple[str, ...]
    source: str
    target: str | None
    output: str
    externs: tuple[str, ...]
    settings: tuple[tuple[str, str], ...]
    is_test: bool = False

    def value(self, option: str) -> str | None:
        """Return the value of an option: of several rustc takes the last."""
        return next((value for name, value in reversed(self.settings) if name == option), None)

    def values(self, option: str) -> list[str]:
        """Return all values of an option that can be given several times."""
        return [value for name, value in self.settings if name == option]


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """One crate that cargo compiled or found fresh: its package, the files, and the call, None where that was not seen.

    `package` is the id that cargo gives it, `kind` and `crate_types` are those of its target.
    """

    package: str
    name: str
    kind: tuple[str, ...]
    crate_types: tuple[str, ...]
    files: tuple[str, ...]
    is_fresh: bool
    invocation: Invocation | None = None

    @property
    def package_name(self) -> str:
        """Return the name of the package."""
        return package_name(self.package)


@dataclass(frozen=True, kw_only=True)
class _Compiled:
    """What a `compiler-artifact` message says: the crate as the command line names it, and the unit without it."""

    crate_name: str
    source: Path
    unit: Unit


def package_name(package_id: str) -> str:
    """Return the name in a package id: `...#name@1.0.0`, `.../name#1.0.0`, and `name 1.0.0 (...)` before cargo 1.77."""
    url, mark, fragment = package_id.rpartition("#")
    if not mark or " " in package_id:
        return package_id.partition(" ")[0]
    name, at, _ = fragment.rpartition("@")
    return name if at else re.split(r"[/\\]", url.partition("?")[0].rstrip("/"))[-1]


def is_said_by_v(line: str) -> bool:
    """Return whether cargo prints a line only because of `-v`."""
    return _SAID_BY_V.match(line) is not None


def without_v(stderr: str) -> str:
    """Return what cargo says without `-v`: no command lines, also not as the cause of an error of the compiler's."""
    text = _CAUSE.sub(r"\1", _RUNNING.sub("", stderr))
    return "".join(line for line in text.splitlines(keepends=True) if not is_said_by_v(line))


def read_invocations(stderr: str, *, is_windows: bool = sys.platform == "win32") -> list[Invocation]:
    """Return the calls of rustc in what `cargo -v` says. Other programs, and what cannot be read, are left out."""
    return [call for line in _RUNNING.findall(stderr) if (call := _read(line, is_windows=is_windows)) is not None]


def _read(line: str, *, is_windows: bool) -> Invocation | None:
    try:
        words = _windows_words(line) if is_windows else shlex.split(line)
    except ValueError:
        return None
    if _NAME not in words:
        return None
    # Before the name stand variables, the user's wrappers of rustc, and rustc.
    own, rest = _own_options(words[words.index(_NAME) :])
    if not own[_NAME]:
        return None
    settings = tuple(setting for flag in parse_flags(rest) for setting in flag.settings)
    extra = next((value for name, value in settings if name == "-C extra-filename"), "")
    return Invocation(
        crate_name=own[_NAME][0],
        crate_types=tuple(own["--crate-type"]),
        source=next((name for name, value in settings if not (name.startswith("-") or value)), ""),
        target=next(iter(own["--target"]), None),
        output=str(PurePath(*own["--out-dir"], own[_NAME][0] + extra)),
        externs=tuple(filter(None, map(_extern, own["--extern"]))),
        settings=settings,
        is_test="--test" in rest,
    )


def _own_options(words: Sequence[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Part the words into the values of cargo's own options and all others."""
    found: dict[str, list[str]] = {option: [] for option in _OWN_OPTIONS}
    others: list[str] = []
    rest = iter(words)
    for word in rest:
        option, glue, value = word.partition("=")
        if option in found:
            found[option].append(value if glue else next(rest, ""))
        else:
            others.append(word)
    return found, others


def _extern(value: str) -> str | None:
    """Return the file of `--extern`, as `Invocation.output` names it. A crate of rustc's own has none."""
    _, glue, file = value.partition("=")
    return output_of(file) if glue else None


def output_of(file: str) -> str:
    """Return the path of a file that rustc made, without `lib` and the extension."""
    path = PurePath(file)
    return str(path.parent / path.stem.removeprefix("lib"))


def _windows_words(line: str) -> list[str]:
    return [word.replace('"', "") for word in _WINDOWS_WORD.findall(line)]


def read_units(stdout: bytes, stderr: str, root: Path) -> tuple[Unit, ...]:
    """Return what cargo compiled or found fresh, each with its command line where it was printed.

    `root` is the folder from which paths of the workspace's own sources count.
    """
    calls = read_invocations(stderr)
    return tuple(
        msgspec.structs.replace(each.unit, invocation=None if each.unit.is_fresh else _call_of(each, calls, root))
        for each in _compiled(stdout)
    )


def _call_of(compiled: _Compiled, calls: Iterable[Invocation], root: Path) -> Invocation | None:
    """Return the call that made a unit: by the file where its name tells, as a library's does, else by the source."""
    outputs = {output_of(file) for file in compiled.unit.files}
    made = [call for call in calls if call.crate_name == compiled.crate_name and not call.is_test]
    by_file = [call for call in made if call.output in outputs]
    by_source = [call for call in made if root / call.source == compiled.source]
    found = by_file or [call for call in by_source if set(call.crate_types) & set(compiled.unit.crate_types)]
    return found[-1] if found else None


def _compiled(stdout: bytes) -> Iterator[_Compiled]:
    for message in compiler_artifacts(stdout):
        if not message.profile.test:
            target = message.target
            unit = Unit(
                package=message.package_id,
                name=target.name,
                kind=tuple(target.kind),
                crate_types=tuple(target.crate_types),
                files=tuple(message.filenames),
                is_fresh=message.fresh,
            )
            yield _Compiled(crate_name=target.name.replace("-", "_"), source=Path(target.src_path), unit=unit)


def graph_of(units: Sequence[Unit], roots: Iterable[Unit]) -> list[Unit]:
    """Return the roots and all that goes into them, by what their command lines link.

    Proc macros and what they are made of stay out, since they run in the compiler. A unit whose command line is not
    known is in the answer, and nothing that only it would name.
    """
    by_output = {output_of(file): unit for unit in units for file in unit.files if "proc-macro" not in unit.kind}
    by_output |= {unit.invocation.output: unit for unit in units if unit.invocation and "proc-macro" not in unit.kind}
    found: dict[Unit, None] = {}
    ahead = list(roots)
    while ahead:
        unit = ahead.pop()
        if unit in found:
            continue
        found[unit] = None
        externs = unit.invocation.externs if unit.invocation else ()
        ahead += [by_output[name] for name in externs if name in by_output]
    return list(found)
