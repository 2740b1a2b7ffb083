"""A small workspace to change, and disks that fail, record, lose and kill."""

from __future__ import annotations

import errno
import os
import signal
import stat
import traceback
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from burnish.transaction.change import Change, FileEdit
from burnish.transaction.files import DISK, Disk, Image
from burnish.transaction.journal import EditRole, StateFolder
from burnish.transaction.rollback import RollbackResult, UndoKeys, roll_back_changes

MANIFEST = b'[package]\nname = "p"\n'
RECIPE = b'\n[profile.release]\nlto = "fat"\n'
CONFIG = b'[build]\nrustflags = ["-Ctarget-cpu=native"]\n'
LOCK = b"version = 4\n"
Tree = dict[str, tuple[str, int, bytes]]


def no_keys(_role: str, _current: bytes, _before: bytes | None, _after: bytes) -> None:
    """Never find the keys safe to undo."""


def cut_recipe(_role: str, current: bytes, _before: bytes | None, _after: bytes) -> bytes | None:
    """Take the recipe out of a manifest, wherever it stands by now."""
    return current.replace(RECIPE, b"")


@dataclass(kw_only=True)
class World:
    """A workspace, the user's state folder beside it, and the disk that both are on."""

    base: Path
    disk: Disk = field(default_factory=Disk)

    @property
    def root(self) -> Path:
        """Return the workspace."""
        return self.base / "work space"

    @property
    def user_state(self) -> Path:
        """Return the user's state folder."""
        return self.base / "home" / "state"

    @property
    def state(self) -> StateFolder:
        """Return the workspace's state folder."""
        return StateFolder(self.root, self.disk)

    def on(self, disk: Disk) -> World:
        """Return the same world on another disk."""
        return World(base=self.base, disk=disk)

    def write(self, name: str, content: bytes, mode: int = 0o644) -> Path:
        """Write a file as the user would."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)
        return path

    def tree(self) -> Tree:
        """Return kind, mode and content of all in the workspace but our own folder."""
        return {name: entry for name, entry in walk(self.root) if Path(name).parts[0] != ".burnish"}

    def begin(self) -> Change:
        """Begin a change."""
        return Change.begin(self.state, self.user_state, owner="a test")

    def load(self) -> Change:
        """Load the live change."""
        change = Change.load(self.state, self.user_state)
        assert change is not None
        return change

    def edit(self, name: str, after: bytes) -> FileEdit:
        """Return an edit of a file as it is now."""
        roles: dict[str, EditRole] = {
            "Cargo.toml": "manifest",
            ".cargo/config.toml": "config",
            ".cargo/config": "config-legacy",
        }
        path = self.root / name
        before = path.read_bytes() if path.exists() else None
        return FileEdit(role=roles[name], before=before, after=after, keys=("profile.release.lto",))

    def usual_edits(self) -> list[FileEdit]:
        """Return the edits of an ordinary change."""
        return [self.edit("Cargo.toml", MANIFEST + RECIPE), self.edit(".cargo/config.toml", CONFIG)]

    def change(self) -> Change:
        """Do what `optimize` does, up to its verdict: begin, cargo writes the lock file, apply."""
        change = self.begin()
        (self.root / "Cargo.lock").write_bytes(LOCK + b"# by cargo\n")
        change.apply(self.usual_edits())
        return change

    def rollback(self, undo_keys: UndoKeys = no_keys, **options: Any) -> RollbackResult:
        """Roll back."""
        self.state.create()
        return roll_back_changes(self.state, self.user_state, undo_keys=undo_keys, **options)


def make_world(base: Path, *, lock: bool = True) -> World:
    """Make a workspace with a manifest, perhaps a lock file, and no configuration."""
    world = World(base=base)
    world.write("Cargo.toml", MANIFEST, mode=0o640)
    if lock:
        world.write("Cargo.lock", LOCK, mode=0o600)
    return world


def walk(root: Path, *, without: Collection[str] = ()) -> Iterator[tuple[str, tuple[str, int, bytes]]]:
    """Yield kind, mode and content of all below a folder, by name, but for what is `without`."""
    tops = [path for path in root.iterdir() if path.name not in without]
    for path in sorted([*tops, *(below for top in tops for below in top.rglob("*"))]):
        status = path.lstat()
        mode, name = stat.S_IMODE(status.st_mode), str(path.relative_to(root))
        if path.is_symlink():
            yield name, ("link", 0, os.fsencode(path.readlink()))
        elif path.is_dir():
            yield name, ("folder", mode, b"")
        else:
            yield name, ("file", mode, path.read_bytes())


class Counting(Disk):
    """Counts the calls, and does something at the k-th."""

    def __init__(self, at: int = 0) -> None:
        self.calls = 0
        self.at = at

    def __getattribute__(self, name: str) -> Any:
        method = object.__getattribute__(self, name)
        if name in Disk.__dict__ and not name.startswith("_"):
            return lambda *arguments: self.call(name, method, arguments)
        return method

    def call(self, name: str, method: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """Count one call and make it."""
        del name
        self.calls += 1
        if self.calls == self.at:
            self.strike()
        return method(*arguments)

    def strike(self) -> None:
        """Do what is to be done at the k-th call."""


class Killing(Counting):
    """Ends the process, as kill -9 does, before the k-th call."""

    def strike(self) -> None:
        """End the process."""
        os.kill(os.getpid(), signal.SIGKILL)


class Failing(Counting):
    """Lets the k-th call fail, and with `for_ever` all that follow."""

    def __init__(self, at: int, number: int = errno.EIO, *, for_ever: bool = False) -> None:
        super().__init__(at)
        self.number = number
        self.for_ever = for_ever

    def call(self, name: str, method: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """Fail, or make the call."""
        del name
        self.calls += 1
        if self.calls == self.at or (self.for_ever and self.calls > self.at):
            raise OSError(self.number, os.strerror(self.number))
        return method(*arguments)


class Full(Disk):
    """A disk without space: no file can be made or written, names can be moved."""

    def create(self, path: Path, mode: int) -> int:
        """Refuse."""
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path), mode)

    def write(self, handle: int, content: memoryview) -> int:
        """Refuse."""
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(handle), len(content))


class PowerLoss(Disk):
    """Knows what a power loss could still take, and objects when something irreversible is done meanwhile.

    Irreversible are: changing a name of the user's, and moving the journal. `loses` names one place, a line and its
    caller, whose sync is left out. `unsafe` collects the objections, `chains` the places that sync.
    """

    def __init__(self, world: World, loses: str = "") -> None:
        self.world = world
        self.loses = loses
        self.dirty: dict[Path, str] = {}
        self.unsafe: list[str] = []
        self.chains: dict[str, None] = {}
        self._paths: dict[int, Path] = {}

    def create(self, path: Path, mode: int) -> int:
        """Note a name and a content that are not on the disk yet."""
        handle = super().create(path, mode)
        self._open(handle, path)
        self._name_changed(path)
        self.dirty[path] = "content"
        return handle

    def open(self, path: Path) -> int:
        """Note which file a handle is."""
        handle = super().open(path)
        self._open(handle, path)
        return handle

    def write(self, handle: int, content: memoryview) -> int:
        """Note a content."""
        self.dirty[self._paths[handle]] = "content"
        return super().write(handle, content)

    def set_mode(self, handle: int, mode: int) -> None:
        """Note a mode."""
        self.dirty[self._paths[handle]] = "mode"
        super().set_mode(handle, mode)

    def touch(self, path: Path) -> None:
        """Note a time."""
        self.dirty[path] = "time"
        super().touch(path)

    def sync(self, handle: int) -> None:
        """Put a content on the disk."""
        if not self._lost():
            self.dirty.pop(self._paths[handle], None)

    def sync_folder(self, path: Path) -> None:
        """Put the names in a folder on the disk."""
        if not self._lost():
            self.dirty.pop(path, None)

    def rename(self, source: Path, target: Path) -> None:
        """Note two folders' names, and object to moving what is not on the disk."""
        self._barrier("rename", source, target)
        super().rename(source, target)
        if source in self.dirty:
            self.dirty[target] = self.dirty.pop(source)
        if source.parent != self.world.state.spares:  # a spare that comes back is only litter
            self._name_changed(source)
        self._name_changed(target)

    def link(self, source: Path, target: Path) -> None:
        """Note a name."""
        super().link(source, target)
        self._name_changed(target)

    def remove(self, path: Path) -> None:
        """Note a name that goes."""
        if not path.name.endswith(".tmp") and "spares" not in path.parts:
            self._barrier("remove", path, path)
            self._name_changed(path)
        super().remove(path)
        self.dirty.pop(path, None)

    def make_folder(self, path: Path, mode: int) -> None:
        """Note a name."""
        super().make_folder(path, mode)
        self._name_changed(path)

    def remove_folder(self, path: Path) -> None:
        """Note a name that goes."""
        super().remove_folder(path)
        self.dirty.pop(path, None)
        self._name_changed(path)

    def at_end(self) -> None:
        """Object to whatever is not on the disk when we say that we are done."""
        self.unsafe += [f"at the end: {path.name}: {kind}" for path, kind in self.dirty.items()]

    def _open(self, handle: int, path: Path) -> None:
        self._paths[handle] = path

    def _name_changed(self, path: Path) -> None:
        if not path.name.endswith(".tmp"):
            self.dirty[path.parent] = "names"

    def _barrier(self, verb: str, source: Path, target: Path) -> None:
        state = self.world.state
        is_ours = state.folder in target.parents or self.world.user_state in target.parents
        if is_ours and state.active not in {source, target}:
            pending = {path: kind for path, kind in self.dirty.items() if path == source}
        else:
            pending = self.dirty
        self.unsafe += [f"{verb} {target.name}: {path.name}: {kind}" for path, kind in pending.items()]

    def _lost(self) -> bool:
        stack = [(frame.f_code, line) for frame, line in traceback.walk_stack(None)]
        ours = [(code.co_name, line) for code, line in stack if "burnish/transaction" in code.co_filename]
        chain = " < ".join(f"{name}:{line}" for name, line in ours[:2])
        self.chains[chain] = None
        return chain == self.loses


def write_naively(image: Image, content: bytes, *, temp: Path, spare: Path | None = None, disk: Disk = DISK) -> None:
    """Write as a program does that has not thought about it: in place, in two halves. For the test of the tests."""
    del temp, spare
    image.path.write_bytes(content[: len(content) // 2])
    disk.touch(image.path)
    image.path.write_bytes(content)
