"""Where a program is started: in an empty folder where that gives the same, so that what it writes is not among files.

A program that writes files where it is started would leave them in the project, thousands of times. One that needs the
project's files and writes is started in a copy of them; one that needs them and writes nothing, in the project itself.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from burnish.measure.behaviour import Output

FolderKind = Literal["scratch", "copy", "root"]
Look = Callable[[Path], Output]

MAX_FILES = 5000
MAX_COPIED_BYTES = 64 * 1024 * 1024
"""A larger project is not copied."""
# Cargo's configuration is for builds, and may hold tokens.
_NEVER = frozenset({".git", ".burnish", ".cargo"})
_PARTS = ("exit_status", "stdout", "stderr")


@dataclass(frozen=True, kw_only=True)
class Folders:
    """The folders of one project in which its program may be started.

    Ours lie in `place`, where it is given, or below the `target` folder.
    """

    root: Path
    target: Path
    place: Path | None = None

    def fresh(self, kind: FolderKind) -> Path | None:
        """Return a folder of a kind, as if nothing had ever been started there; None where there can be none."""
        if kind == "root":
            return self.root
        folder = (self.place or self.target / "burnish" / "starts") / kind
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        return folder if kind == "scratch" or self._copied(folder) else None

    def _copied(self, folder: Path) -> bool:
        """Copy the project into a folder, and return whether it could be copied whole."""
        left_bytes, left_files = MAX_COPIED_BYTES, MAX_FILES
        try:
            for path in self._files():
                status = path.lstat()
                left_bytes, left_files = left_bytes - status.st_size, left_files - 1
                if min(left_bytes, left_files) < 0:
                    return False
                place = folder / path.relative_to(self.root)
                place.parent.mkdir(parents=True, exist_ok=True)
                if not stat.S_ISDIR(status.st_mode):
                    shutil.copy2(path, place, follow_symlinks=False)
                else:
                    place.mkdir(exist_ok=True)
        except OSError:
            return False
        return True

    def _files(self) -> Iterator[Path]:
        """Return what is in the project, folders before their files, but for what builds and we ourselves make."""
        for parent, folders, names in os.walk(self.root):
            here = Path(parent)
            folders[:] = [name for name in folders if name not in _NEVER and here / name != self.target]
            paths = (here / name for name in (*folders, *names))
            yield from (path for path in paths if _is_plain(path.lstat().st_mode))

    def listed(self, folder: Path) -> dict[str, tuple[int, int]]:
        """Return what a folder holds, by relative path: the size and time of each file, nothing of folders."""
        files = self._files() if folder == self.root else folder.rglob("*")
        return {str(path.relative_to(folder)): _state(path) for path in files}


@dataclass(frozen=True, kw_only=True)
class Started:
    """Where a command is to be started, and the files that it wrote where it was tried."""

    kind: FolderKind
    written: tuple[str, ...] = ()


def choose_folder(folders: Folders, look: Look, expected_status: int) -> Started:
    """Try a command in an empty folder and beside the project's files, and return where to start it from now on."""
    alone, written_alone = _tried(folders, look, "scratch")
    beside, written = _tried(folders, look, "copy")
    if beside is None and not (written_alone and _ends_as(alone, expected_status)):
        beside, written = _tried(folders, look, "root")
        if written:
            return Started(kind="root", written=written)
    if _ends_as(alone, expected_status) and (beside is None or _is_same(alone, beside, folders, look)):
        return Started(kind="scratch", written=tuple(sorted({*written_alone, *written})))
    return Started(kind="copy" if written else "root", written=written)


def choose_working_folder(folders: Folders, look: Look) -> Started:
    """Start a command once that needs the project's files, and return where to start it from now on.

    It is started in a copy of them, where there can be one, to see whether it writes files.
    """
    output, written = _tried(folders, look, "copy")
    if output is None:
        _, written = _tried(folders, look, "root")
        return Started(kind="root", written=written)
    return Started(kind="copy" if written else "root", written=written)


def _tried(folders: Folders, look: Look, kind: FolderKind) -> tuple[Output | None, tuple[str, ...]]:
    folder = folders.fresh(kind)
    if folder is None:
        return None, ()
    before = folders.listed(folder)
    output = look(folder)
    return output, _changed(before, folders.listed(folder))


def _ends_as(output: Output | None, expected_status: int) -> bool:
    return output is not None and not output.timed_out and output.exit_status == expected_status


def _is_same(alone: Output | None, beside: Output, folders: Folders, look: Look) -> bool:
    """Return whether two starts gave the same, as far as two starts in the same folder do."""
    differing = [part for part in _PARTS if getattr(alone, part) != getattr(beside, part)]
    again = _tried(folders, look, "scratch")[0] if differing else alone
    return all(getattr(alone, part) != getattr(again, part) for part in differing)


def _changed(before: Mapping[str, tuple[int, int]], after: Mapping[str, tuple[int, int]]) -> tuple[str, ...]:
    return tuple(sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name)))


def _state(path: Path) -> tuple[int, int]:
    status = path.lstat()
    return (0, 0) if stat.S_ISDIR(status.st_mode) else (status.st_size, status.st_mtime_ns)


def _is_plain(mode: int) -> bool:
    return stat.S_ISREG(mode) or stat.S_ISLNK(mode) or stat.S_ISDIR(mode)
