"""Reading fleet.toml: which projects, on which platforms, by which command. Strict, since names become folders."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args
from urllib.parse import urlsplit

from burnish.errors import BurnishError, Refused
from burnish.fleet.fleet_jobs import FleetCommand, ProjectSource, SourceKind
from burnish.platforms import pick_platform, shipped_platforms
from burnish.text import did_you_mean, neutral, parse_bytes, parse_seconds, shown
from burnish.toml.reading import read_toml

Number = TypeVar("Number", int, float)
_COMMANDS: tuple[FleetCommand, ...] = get_args(FleetCommand)
_KINDS: tuple[SourceKind, ...] = get_args(SourceKind)
# What a job may be told beside its platform; each is the option of that name.
_TEXTS = ("recipe", "reach", "budget", "package", "bin", "profile", "max_size", "max_startup")
_LISTS = ("features", "accept", "set")
_SHARED = ("command", "platforms", "labels", "memory", "time_limit", "toolchain", *_TEXTS, *_LISTS)
_OF_PROJECTS = (*_KINDS, "rev", "name", *_SHARED)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CRATE = re.compile(
    r"([A-Za-z][A-Za-z0-9_-]{0,63})@((?:0|[1-9]\d{0,8})\.\d{1,9}\.\d{1,9}(?:-[0-9A-Za-z.-]{1,60})?(?:\+[0-9A-Za-z.-]{1,60})?)"
)
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TOOLCHAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}")
_SCP_ADDRESS = re.compile(r"(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?!/)[A-Za-z0-9._~/-]+")
_SCHEMES = ("https", "ssh", "git", "http", "file")
# Git's own transports with a user name take it for a login, which is no secret.
_LOGIN_SCHEMES = ("ssh",)
_USUAL_TIME_LIMIT_SECONDS = 4 * 3600.0
_MOST_PROJECTS = 20_000
_LONGEST_VALUE = 500


@dataclass(frozen=True, kw_only=True)
class FleetProject:
    """A project of the fleet. The source of a path has no revision yet; `arguments` are options, each in one word."""

    name: str
    source: ProjectSource
    command: FleetCommand
    platforms: tuple[str, ...]
    labels: tuple[str, ...]
    memory_bytes: int
    time_limit_seconds: float
    toolchain: str
    arguments: tuple[str, ...]


def read_fleet(content: bytes, file: Path, *, host: str) -> list[FleetProject]:
    """Return the projects of a fleet.toml, in its order; `host` is the platform where the file names none.

    Paths begin at the file's folder. Raise Refused for whatever the file may not say.
    """
    data = read_toml(content, file.name)
    reader = _Reader(file, host)
    reader.require_known(data, ("defaults", "projects"), "the file")
    defaults = reader.table(data.get("defaults", {}), "[defaults]")
    reader.require_known(defaults, _SHARED, "[defaults]")
    listed = data.get("projects", [])
    if not isinstance(listed, list) or not listed:
        raise reader.wrong("it names no project", "tables [[projects]] with crate, git or path")
    if len(listed) > _MOST_PROJECTS:
        raise reader.wrong(f"it has {len(listed):,} projects", f"at most {_MOST_PROJECTS:,}")
    projects = [reader.project(entry, defaults, number) for number, entry in enumerate(listed, 1)]
    _require_distinct(projects, reader)
    return projects


def _require_distinct(projects: Sequence[FleetProject], reader: _Reader) -> None:
    seen: dict[str, str] = {}
    for project in projects:
        # Folders are named after them, and there are disks that do not tell case.
        folded = project.name.lower()
        if folded in seen:
            found = f"two projects are called {seen[folded]}" + (
                f" and {project.name}" if seen[folded] != project.name else ""
            )
            raise reader.wrong(found, 'a name of its own for each: name = "..."')
        seen[folded] = project.name


@dataclass(frozen=True)
class _Reader:
    """Reads the tables of one file; what is wrong is told with its place."""

    file: Path
    host: str

    def wrong(self, found: str, expected: str) -> BurnishError:
        return Refused(
            f"{self.file.name}: {found}",
            expected=expected,
            next_command=f"burnish fleet {self.file.name}, after editing it",
        )

    def require_known(self, table: Mapping[str, Any], known: Collection[str], where: str) -> None:
        for key in table:
            if key not in known:
                near = did_you_mean(key, known)
                raise self.wrong(f"{where} has an unknown key {shown(key)}{near}", f"one of {', '.join(known)}")

    def table(self, value: object, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.wrong(f"{where} is {shown(value)}", "a table")
        return value

    def project(self, entry: object, defaults: Mapping[str, Any], number: int) -> FleetProject:
        own = self.table(entry, f"project {number}")
        where = f"project {number}"
        self.require_known(own, _OF_PROJECTS, where)
        source = self._source(own, where)
        name = self._name(own, source, where)
        where = f"project {name}"
        asked = {**defaults, **own}
        return FleetProject(
            name=name,
            source=source,
            command=self._command(asked, where),
            platforms=self._platforms(asked, where),
            labels=self._matching(asked, "labels", _LABEL, where),
            memory_bytes=self._measure(asked, "memory", parse_bytes, 'a size, such as "8000 MB"', where) or 0,
            time_limit_seconds=self._time_limit(asked, where),
            toolchain=self._toolchain(asked, where),
            arguments=self._arguments(asked, where),
        )

    def _source(self, own: Mapping[str, Any], where: str) -> ProjectSource:
        kinds = [kind for kind in _KINDS if kind in own]
        if len(kinds) != 1:
            found = f"{where} has {' and '.join(kinds) if kinds else 'no source'}"
            raise self.wrong(found, "exactly one of crate, git (with rev) and path")
        kind = kinds[0]
        if "rev" in own and kind != "git":
            raise self.wrong(f"{where} has rev beside {kind}", "rev for git alone")
        value = self._text(own[kind], kind, where)
        return {"crate": self._crate, "git": self._git, "path": self._path}[kind](value, own, where)

    def _crate(self, value: str, _own: Mapping[str, Any], where: str) -> ProjectSource:
        if not _CRATE.fullmatch(value):
            raise self.wrong(f"{where} has crate = {shown(value)}", 'a name and a whole version: "hexyl@0.17.0"')
        return ProjectSource(kind="crate", place=value)

    def _git(self, value: str, own: Mapping[str, Any], where: str) -> ProjectSource:
        self._require_address(value, where)
        revision = self._text(own.get("rev", ""), "rev", where, may_be_empty=True)
        if not _COMMIT.fullmatch(revision):
            raise self.wrong(
                f"{where} has rev = {shown(revision)}" if revision else f"{where} has git without rev",
                "the whole hash of a commit, as `git rev-parse HEAD` prints it",
            )
        return ProjectSource(kind="git", place=value, revision=revision)

    def _require_address(self, value: str, where: str) -> None:
        if _SCP_ADDRESS.fullmatch(value) and "::" not in value:
            return
        scheme, _, rest = value.partition("://")
        is_address, is_secret = scheme in _SCHEMES and rest != "", False
        try:
            split = urlsplit(value)
            is_address = is_address and split.port != 0
            is_secret = bool(split.password or (split.username and scheme not in _LOGIN_SCHEMES) or "@" in split.path)
        except ValueError:
            is_address = False
        if not is_address:  # nobody knows where in it a password is: it is not repeated
            raise self.wrong(f"{where} has a git address that is none", f"an address with one of {', '.join(_SCHEMES)}")
        if is_secret or split.query:
            raise self.wrong(
                f"{where} has an address with a password, a token or a query",
                "the address alone: each worker has its own credentials, by git's credential helper or by ssh",
            )

    def _path(self, value: str, _own: Mapping[str, Any], where: str) -> ProjectSource:
        folder = (self.file.parent / Path(value).expanduser()).resolve()
        if not (folder / "Cargo.toml").is_file():
            raise self.wrong(f"{where} has path = {shown(value)}, where no Cargo.toml is", "the folder of a workspace")
        return ProjectSource(kind="path", place=str(folder))

    def _name(self, own: Mapping[str, Any], source: ProjectSource, where: str) -> str:
        if "name" in own:
            name = self._text(own["name"], "name", where)
        elif source.kind == "crate":
            name = source.place.partition("@")[0]
        else:
            name = re.split(r"[/:\\]", source.place.rstrip("/"))[-1].removesuffix(".git")
        if not _NAME.fullmatch(name) or name.endswith("."):
            raise self.wrong(
                f"{where} would be called {shown(name)}", 'a name of letters, digits, ".", "_" and "-": name = "..."'
            )
        return name

    def _text(self, value: object, key: str, where: str, *, may_be_empty: bool = False) -> str:
        """Return a text that can neither be taken for an option nor forge a line."""
        # An address may hold a password, wherever it is wrong.
        told = "a git address that is none" if key == "git" else f"{key} = {shown(value)}"
        is_text = isinstance(value, str) and (may_be_empty or value != "")
        if not isinstance(value, str) or not is_text:
            raise self.wrong(f"{where} has {told}", "a text")
        if value.startswith("-") or value != neutral(value) or len(value) > _LONGEST_VALUE or "\t" in value:
            raise self.wrong(
                f"{where} has {told}",
                f'a text of at most {_LONGEST_VALUE} characters, without control characters or a "-" in front',
            )
        return value

    def _list(self, asked: Mapping[str, Any], key: str, where: str) -> list[str]:
        value = asked.get(key, [])
        if not isinstance(value, list):
            raise self.wrong(f"{where} has {key} = {shown(value)}", "a list of texts")
        texts = [self._text(each, key, where) for each in value]
        if len(set(texts)) < len(texts):
            raise self.wrong(f"{where} has {key} = {shown(value)}, with one of them twice", "each once")
        return texts

    def _matching(self, asked: Mapping[str, Any], key: str, pattern: re.Pattern[str], where: str) -> tuple[str, ...]:
        texts = self._list(asked, key, where)
        for text in texts:
            if not pattern.fullmatch(text):
                raise self.wrong(f"{where} has {key} with {shown(text)}", 'letters, digits, ".", "_" and "-"')
        return tuple(texts)

    def _command(self, asked: Mapping[str, Any], where: str) -> FleetCommand:
        value = asked.get("command", "optimize")
        for command in _COMMANDS:
            if command == value:
                return command
        near = did_you_mean(value, _COMMANDS) if isinstance(value, str) else ""
        raise self.wrong(f"{where} has command = {shown(value)}{near}", f"one of {', '.join(_COMMANDS)}")

    def _platforms(self, asked: Mapping[str, Any], where: str) -> tuple[str, ...]:
        names = self._list(asked, "platforms", where) or ([self.host] if self.host else [])
        if not names:
            raise self.wrong(f"{where} names no platform, and no rustc here says one", 'platforms = ["..."]')
        for name in names:
            try:
                pick_platform(shipped_platforms(), name, self.host)
            except BurnishError as error:
                raise self.wrong(f"{where}: {error.found}", error.expected) from None
        return tuple(names)

    def _toolchain(self, asked: Mapping[str, Any], where: str) -> str:
        value = self._text(asked.get("toolchain", ""), "toolchain", where, may_be_empty=True)
        if value and not _TOOLCHAIN.fullmatch(value):
            raise self.wrong(f"{where} has toolchain = {shown(value)}", 'a toolchain of rustup, such as "1.90.0"')
        return value

    def _time_limit(self, asked: Mapping[str, Any], where: str) -> float:
        given = self._measure(asked, "time_limit", parse_seconds, 'a time, such as "2 h"', where)
        return given or _USUAL_TIME_LIMIT_SECONDS

    def _measure(
        self, asked: Mapping[str, Any], key: str, read: Callable[[Any], Number], expected: str, where: str
    ) -> Number | None:
        if key not in asked:
            return None
        try:
            if isinstance(asked[key], str | int | float) and not isinstance(asked[key], bool):
                return read(asked[key])
        except (ValueError, TypeError):
            pass
        raise self.wrong(f"{where} has {key} = {shown(asked[key])}", expected)

    def _arguments(self, asked: Mapping[str, Any], where: str) -> tuple[str, ...]:
        texts = [f"{_flag(key)}={self._text(asked[key], key, where)}" for key in _TEXTS if key in asked]
        lists = [f"{_flag(key)}={each}" for key in _LISTS for each in self._list(asked, key, where)]
        return (*texts, *lists)


def _flag(key: str) -> str:
    return f"--{key.replace('_', '-')}"
