"""What a project makes, passes and prints: built and tested in a fresh clone, target by target, as its users would.

It knows nothing of burnish, so that a wrong "kept" is found without knowing its kind.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lief

from tests.cases.case import Same
from tests.cases.rustc_lines import RustcLine, read_rustc_lines

PROFILES = {"release": ["--release"], "dev": []}
TIMEOUT_SECONDS = 3600
_RUN_EACH = Path(__file__).with_name("run_each.py")
_ERROR = re.compile(r"^(?:error|  = note: .*error:).*$", re.MULTILINE)
_SUMMARY = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed", re.MULTILINE)
_UNMANGLED = re.compile(r"#\[(?:unsafe\()?no_mangle\)?\][^{;]*?\b(?:fn|static)\s+(?:mut\s+)?(\w+)")
_VERSION = re.compile(r"^GLIBC_(\d+(?:\.\d+)*)$")


@dataclass(frozen=True, kw_only=True)
class Output:
    """What a command of the project gave."""

    exit_status: int
    stdout: str


@dataclass(frozen=True, kw_only=True)
class Demands:
    """What an executable demands of the machine that runs it, and what it guards against; read from the file."""

    is_pie: bool
    has_relro: bool
    binds_now: bool
    has_stack_guard: bool
    interpreter: str
    libraries: frozenset[str]
    newest_glibc: tuple[int, ...]
    has_packed_relocations: bool


@dataclass(kw_only=True)
class Survey:
    """All that was seen of one project: `made` is the symbols by artifact, `built` and `passed` are names."""

    built: set[str] = field(default_factory=set)
    made: dict[str, frozenset[str]] = field(default_factory=dict)
    passed: set[str] = field(default_factory=set)
    outputs: list[Output] = field(default_factory=list)
    demands: dict[str, Demands] = field(default_factory=dict)
    lines: tuple[RustcLine, ...] = ()
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Surveyor:
    """Looks at projects in one folder, so that paths in what is built are the same each time.

    `env` is the environment of the user; `above` are files of the folder that the project lies in.
    """

    folder: Path
    env: Mapping[str, str]
    above: Mapping[str, str] = field(default_factory=dict)

    def survey(self, project: Path, same: Sequence[Same] = ()) -> Survey:
        """Return what is seen of a fresh clone of the project, with all that stands in its folder committed."""
        place = clone(project, self.folder / "clone" / project.name)
        write_files(place.parent, self.above)
        seen = Survey()
        metadata = self._metadata(place)
        unmangled = frozenset(_unmangled_names(place))
        for profile, options in PROFILES.items():
            self._build(seen, place, profile, options, unmangled)
            self._build_in_members(seen, place, profile, options, metadata, unmangled)
            if profile == "release":
                seen.outputs = [self._output(place, command) for command in same]
            self._test(seen, place, profile, options, metadata)
        shutil.rmtree(self.folder / "clone")
        return seen

    def cargo(self, place: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run cargo in a folder, without colours and without traces of earlier builds."""
        fixed = {"CARGO_INCREMENTAL": "0", "CARGO_TERM_COLOR": "never"}
        return subprocess.run(
            ["cargo", *arguments],  # noqa: S607 - the user's own
            cwd=place,
            env={**self.env, **fixed, **env},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def _metadata(self, place: Path) -> list[dict[str, Any]]:
        done = self.cargo(place, "metadata", "--format-version=1", "--no-deps")
        if done.returncode:
            raise AssertionError(f"cargo cannot read the project:\n{done.stderr}")
        packages: list[dict[str, Any]] = json.loads(done.stdout)["packages"]
        return packages

    def _build(self, seen: Survey, place: Path, profile: str, options: list[str], unmangled: frozenset[str]) -> None:
        """Build as users and their CI do: the default members, then everything, examples too."""
        for number, what in enumerate(([], ["--workspace"], ["--workspace", "--examples"])):
            command = ["build", *options, *what, "--keep-going"]
            done = self.cargo(place, *command, "-vv", "--message-format=json")
            label = f"`cargo {' '.join(command)}`"
            self._note(seen, done, label, profile, unmangled)
            if profile == "release" and number == 0:
                seen.lines = read_rustc_lines(done.stderr)

    def _build_in_members(
        self,
        seen: Survey,
        place: Path,
        profile: str,
        options: list[str],
        packages: Iterable[dict[str, Any]],
        unmangled: frozenset[str],
    ) -> None:
        """Build in each member's own folder too, where it has a configuration of its own."""
        for package in packages:
            folder = Path(package["manifest_path"]).parent
            if folder != place and (folder / ".cargo").is_dir():
                done = self.cargo(folder, "build", *options, "--message-format=json")
                name = folder.relative_to(place)
                self._note(seen, done, f"`cargo build {' '.join(options)}` in {name}", f"{profile} {name}", unmangled)

    @staticmethod
    def _note(
        seen: Survey, done: subprocess.CompletedProcess[str], label: str, profile: str, unmangled: frozenset[str]
    ) -> None:
        messages = list(_messages(done.stdout))
        if done.returncode == 0:
            seen.built.add(label)
        else:
            told = [message["message"] for message in messages if message["reason"] == "compiler-message"]
            errors = [message["message"] for message in told if message["level"] == "error"]
            seen.errors[label] = "; ".join([*errors, *_ERROR.findall(done.stderr)][:3])
        for message in messages:
            if message["reason"] == "compiler-artifact" and message["target"]["kind"] != ["custom-build"]:
                _note_artifact(seen, message, profile, unmangled)

    def _output(self, place: Path, same: Same) -> Output:
        name, *arguments = same.command
        done = self.cargo(place, "build", "--release", "--workspace", "--keep-going", "--message-format=json")
        made = [Path(message["executable"]) for message in _messages(done.stdout) if message.get("executable")]
        path = next((path for path in made if path.stem == name), None)
        if path is None:
            return Output(exit_status=127, stdout=f"{name} was not built")
        ran = subprocess.run(
            [str(path), *arguments],
            cwd=place,
            env={**self.env, **same.env},
            input=same.stdin,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=60,
            check=False,
        )
        return Output(exit_status=ran.returncode, stdout=_without_commit(place, ran.stdout))

    def _test(
        self, seen: Survey, place: Path, profile: str, options: list[str], packages: Iterable[dict[str, Any]]
    ) -> None:
        for package in packages:
            name = package["name"]
            with tempfile.TemporaryDirectory() as results:
                runner = shlex.join([sys.executable, str(_RUN_EACH)])
                triples = ("X86_64_UNKNOWN_LINUX_GNU", "X86_64_UNKNOWN_LINUX_MUSL", "AARCH64_UNKNOWN_LINUX_GNU")
                env = {f"CARGO_TARGET_{triple}_RUNNER": runner for triple in triples}
                command = ("test", *options, "-p", name, "--tests", "--no-fail-fast")
                done = self.cargo(place, *command, **env, RUN_EACH_RESULTS=results)
                self._note(seen, done, f"`cargo {' '.join(command)}`", profile, frozenset())
                for path in sorted(Path(results).iterdir()):
                    found = json.loads(path.read_text(encoding="utf-8"))
                    for test, status in found["results"].items():
                        if status == 0:
                            seen.passed.add(f"{profile} {name} {found['executable']}::{test}")
            if any("lib" in target["kind"] for target in package["targets"]):
                doctests = self.cargo(place, "test", *options, "-p", name, "--doc")
                counted = sum(int(passed) for passed, _failed in _SUMMARY.findall(doctests.stdout))
                if doctests.returncode == 0:
                    seen.passed.add(f"{profile} {name}: {counted} doctests")


def _without_commit(place: Path, text: str) -> str:
    """Return the text without the name of the clone's commit, which is another one after the change."""
    head = git(place, "rev-parse", "HEAD").strip()
    return re.sub(r"\b[0-9a-f]{7,40}\b", lambda found: "<commit>" if head.startswith(found[0]) else found[0], text)


def _messages(stdout: str) -> Iterator[dict[str, Any]]:
    for line in stdout.splitlines():
        if line.startswith("{"):
            yield json.loads(line)


def _note_artifact(seen: Survey, message: dict[str, Any], profile: str, unmangled: frozenset[str]) -> None:
    """Note each file that was really made, by what it is: a file that cargo names and nobody finds was not made."""
    target = message["target"]
    for path in (Path(name) for name in message["filenames"]):
        if not path.is_file():
            continue
        kind = path.suffix or "executable"
        is_test = message["profile"]["test"]
        name = f"{profile} {target['name']} ({'/'.join(target['kind'])}) {kind}{' of tests' if is_test else ''}"
        if kind in {".so", ".a"}:
            seen.made[name] = _exported(path, unmangled)
        elif kind == "executable":
            seen.made[name] = frozenset()
            if profile == "release" and not is_test:
                seen.demands[target["name"]] = read_demands(path)
        elif kind == ".rlib":
            seen.made[name] = frozenset()


def _exported(path: Path, unmangled: frozenset[str]) -> frozenset[str]:
    """Return those names that the sources say are for others, and that the library really offers.

    Of an archive the index tells: its members may be bitcode too, of a version that this machine's nm cannot read.
    """
    options = ["--dynamic", "--defined-only", "--format=posix"] if path.suffix == ".so" else ["--print-armap"]
    argv = ["nm", *options, str(path)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    return frozenset(line.split()[0] for line in done.stdout.splitlines() if line.strip()) & unmangled


def _unmangled_names(place: Path) -> Iterator[str]:
    for path in place.rglob("*.rs"):
        yield from _UNMANGLED.findall(path.read_text(encoding="utf-8", errors="replace"))


def read_demands(path: Path) -> Demands:
    """Return what an ELF executable demands and guards against."""
    elf = lief.ELF.parse(str(path))
    assert elf is not None
    tags = {entry.tag: entry for entry in elf.dynamic_entries}
    versions = {str(aux.name) for needed in elf.symbols_version_requirement for aux in needed.get_auxiliary_symbols()}
    numbers = [tuple(map(int, match[1].split("."))) for name in versions if (match := _VERSION.match(name))]
    flags = getattr(tags.get(lief.ELF.DynamicEntry.TAG.FLAGS_1), "value", 0)
    return Demands(
        is_pie=elf.is_pie,
        has_relro=elf.has(lief.ELF.Segment.TYPE.GNU_RELRO),
        binds_now=bool(flags & 1) or lief.ELF.DynamicEntry.TAG.BIND_NOW in tags,
        has_stack_guard=elf.has_nx,
        interpreter=elf.interpreter if elf.has_interpreter else "",
        libraries=frozenset(map(str, elf.libraries)),
        newest_glibc=max(numbers, default=()),
        has_packed_relocations="GLIBC_ABI_DT_RELR" in versions,
    )


def clone(project: Path, place: Path) -> Path:
    """Make a fresh clone of a project as it stands: what git would not take is not there."""
    shutil.rmtree(place.parent, ignore_errors=True)
    place.parent.mkdir(parents=True)
    left_out = shutil.ignore_patterns(".burnish", "target")
    if not (project / ".git").is_dir():
        shutil.copytree(project, place, ignore=left_out, symlinks=True)
        return place
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "copy"
        shutil.copytree(project, copy, ignore=left_out, symlinks=True)
        git(copy, "add", "-A")
        git(copy, "commit", "-q", "--allow-empty", "-m", "as it stands")
        git(Path(scratch), "clone", "-q", str(copy), str(place))
    return place


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, as somebody who is configured nowhere."""
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    argv = ["git", *identity, *arguments]
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    return subprocess.run(argv, cwd=folder, env=env, check=True, capture_output=True, text=True).stdout


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write files, by their paths in the folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode())
        if content.startswith("#!"):
            path.chmod(0o755)
