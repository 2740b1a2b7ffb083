"""Building: cargo's own commands, and artefact paths from its JSON messages, never guessed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from burnish.cargo.command_lines import build_command
from burnish.cargo.diagnostics import failure_of, has_error, kept_of
from burnish.cargo.invocations import Unit, is_said_by_v, read_units, without_v
from burnish.cargo.layers import config_layers, given_layers
from burnish.cargo.messages import compiler_artifacts, is_of_a_unit
from burnish.cargo.profiles import BUILT_IN, is_defined, merged_profiles
from burnish.cargo.project import Project
from burnish.cargo.surroundings import cargo_home
from burnish.cargo.toolkit import Toolkit
from burnish.model import RELEASE
from burnish.system.jobserver import Jobserver
from burnish.system.process import Finished, Programs
from burnish.toml.reading import read_toml
from burnish.transaction.files import read_image

JSON_MESSAGES = "--message-format=json-render-diagnostics"
_NOT_SHIPPED = frozenset({"custom-build", "test", "bench", "example"})


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """An executable that cargo made."""

    package_id: str
    target: str
    kind: tuple[str, ...]
    executable: Path


@dataclass(frozen=True, kw_only=True)
class Product:
    """What cargo made of one target of a package: the files, as its crate types ask for them.

    A crate type that the target platform does not support is dropped in silence: its file is not among `files`.
    """

    package_id: str
    target: str
    crate_types: tuple[str, ...]
    files: tuple[Path, ...]
    executable: Path | None


@dataclass(frozen=True, kw_only=True)
class Built:
    """What a cargo command made; `ok` is by its exit status alone, `errors` is never empty where it failed.

    `fails_always` is whether it would fail another time too: it named an error, and no time limit ended it. `units` are
    what it compiled or found fresh, with the command lines of rustc; of a build only.
    """

    command: tuple[str, ...]
    ok: bool
    seconds: float
    artifacts: tuple[Artifact, ...]
    errors: str
    fails_always: bool = False
    units: tuple[Unit, ...] = ()
    timed_out: bool = False
    products: tuple[Product, ...] = ()

    def binary(self, project: Project) -> Path | None:
        """Return the executable of the project's chosen binary."""
        for artifact in self.artifacts:
            is_ours = project.package is not None and artifact.package_id == project.package.id
            if is_ours and "bin" in artifact.kind and artifact.target == project.binary:
                return artifact.executable
        return None


def _unheard(*_: object) -> None:
    """Take what nobody asked for."""


@dataclass(frozen=True, kw_only=True)
class Cargo:
    """Runs cargo for one project, with the toolkit of one platform.

    `target_directory` is None for the project's own. `on_line` gets what cargo says as it comes, `on_unit` the command
    and how many units it has made so far, and `on_failure` all that was said by a build that failed. Under a
    `jobserver` it shares the cores with others, and ends when that is over.
    """

    programs: Programs
    project: Project
    toolkit: Toolkit
    target_directory: Path | None
    on_line: Callable[[str], None]
    on_unit: Callable[[str, int], None] = _unheard
    on_failure: Callable[[str], None] = _unheard
    jobserver: Jobserver | None = None

    @property
    def without_failures(self) -> Cargo:
        """Return the same, of which nobody hears what a failed build said: where it is tried again in another way."""
        return replace(self, on_failure=_unheard)

    @property
    def own_env(self) -> dict[str, str]:
        """Return the variables that we add to the user's for cargo."""
        env = {"CARGO_TERM_COLOR": "never", "CARGO_TERM_QUIET": "false", **self.toolkit.env, **self.toolkit.runner_env}
        return env if self.target_directory is None else {**env, "CARGO_TARGET_DIR": str(self.target_directory)}

    def command(self, command: Sequence[str]) -> list[str]:
        """Return the argument list by which cargo carries out `command` here.

        A profile that the project does not have, or not yet, is one that inherits from release; cargo is told so.
        """
        profile = self.project.selection.profile
        if profile in BUILT_IN or is_defined(self._profiles, profile):
            return self.toolkit.command(command)
        made = ("--config", f'profile.{profile}.inherits="{RELEASE}"')
        return replace(self.toolkit, arguments=(*self.toolkit.arguments, *made)).command(command)

    @property
    def _profiles(self) -> dict[str, Any]:
        root = self.project.root
        manifest = read_toml(read_image(self.project.manifest).content or b"", "Cargo.toml")
        given = given_layers(self.project.selection.config, root)
        return merged_profiles(manifest, config_layers(root, cargo_home(self.programs.env), given=given))

    def run(
        self,
        command: Sequence[str],
        *,
        timeout_seconds: float,
        on_stdout: Callable[[str], None] | None = None,
        merged: bool = False,
        is_hung: Callable[[], bool] = lambda: False,
    ) -> Finished:
        """Run `cargo COMMAND` in the workspace root; only the target folder and form of output are ours."""
        shared = self.jobserver
        return self.programs.run(
            self.command(command),
            cwd=self.project.root,
            timeout_seconds=timeout_seconds,
            env={**self.own_env, **(shared.env if shared else {})},
            on_stdout=on_stdout,
            on_stderr=self.on_line,
            merged=merged,
            is_hung=lambda: is_hung() or (shared is not None and shared.is_over),
            descriptors=shared.descriptors if shared else (),
        )


def build_release(cargo: Cargo, *, timeout_seconds: float) -> Built:
    """Run the user's own build command."""
    return build_with(cargo, build_command(cargo.project), timeout_seconds=timeout_seconds)


def build_with(cargo: Cargo, command: Sequence[str], *, timeout_seconds: float) -> Built:
    """Run a building command of cargo and read the executables that it made, and of a build how rustc was called."""
    quiet = replace(cargo, on_line=lambda line: None if is_said_by_v(line) else cargo.on_line(line))
    finished = quiet.run(telling(command), timeout_seconds=timeout_seconds, on_stdout=_unit_counter(cargo, command))
    return built_by(cargo, command, finished, timeout_seconds=timeout_seconds)


def telling(command: Sequence[str]) -> list[str]:
    """Return a building command that says what it makes, and a build how it calls rustc."""
    return [*command, *(["-v"] if command[0] == "build" else []), JSON_MESSAGES]


def built_by(cargo: Cargo, command: Sequence[str], finished: Finished, *, timeout_seconds: float) -> Built:
    """Read what a building command has said, here or on another machine."""
    stderr = finished.stderr.decode("utf-8", "replace")
    if not finished.ok:
        cargo.on_failure(_said(finished))
    return Built(
        command=tuple(cargo.command(command)),
        ok=finished.ok,
        seconds=finished.seconds,
        artifacts=tuple(_artifacts(finished.stdout)),
        errors="" if finished.ok else _said_of_failure(finished, timeout_seconds),
        fails_always=not (finished.ok or finished.timed_out) and has_error(_said(finished)),
        units=read_units(finished.stdout, stderr, cargo.project.root) if command[0] == "build" else (),
        timed_out=finished.timed_out,
        products=tuple(_products(finished.stdout)),
    )


def _unit_counter(cargo: Cargo, command: Sequence[str]) -> Callable[[str], None]:
    """Return what counts the units of a run, told by its command: an overlay changes them, and hardly their number."""
    words = list(command)
    name = " ".join(words[: words.index("--config")] if "--config" in words else words)
    numbers = itertools.count(1)
    return lambda line: cargo.on_unit(name, next(numbers)) if is_of_a_unit(line) else None


def _said_of_failure(finished: Finished, timeout_seconds: float) -> str:
    """Return what cargo said, and how it ended where it did not say that anything was wrong."""
    said = _said(finished)
    if finished.timed_out:
        return f"error: the time limit of {timeout_seconds:.0f} s was reached\n{kept_of(said)}"
    return failure_of(said, f"cargo ended with exit status {finished.exit_status}")


def _said(finished: Finished) -> str:
    return without_v(finished.stderr.decode("utf-8", "replace")).strip()


def _artifacts(messages: bytes) -> Iterator[Artifact]:
    for message in compiler_artifacts(messages):
        if message.executable is not None:
            yield Artifact(
                package_id=message.package_id,
                target=message.target.name,
                kind=tuple(message.target.kind),
                executable=Path(message.executable),
            )


def _products(messages: bytes) -> Iterator[Product]:
    for message in compiler_artifacts(messages):
        if not _NOT_SHIPPED.intersection(message.target.kind):
            yield Product(
                package_id=message.package_id,
                target=message.target.name,
                crate_types=tuple(message.target.crate_types),
                files=tuple(map(Path, message.filenames)),
                executable=Path(message.executable) if message.executable is not None else None,
            )
