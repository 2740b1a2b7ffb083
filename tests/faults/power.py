"""A disk that remembers, so that each state which a power loss could leave of it can be laid out and tried.

The model is weaker than any file system that burnish meets, in the manner of ALICE (Pillai et al., OSDI 2014):

- What was written to a file and not synced is there, is missing, is there in part, or is there as zeros.
- What happened to a name and was not synced through its folder is there or is not, whatever happened to other names.
- A rename has happened at both its ends, at none, or is seen at the new name while the old one is still there.
  To sync only the folder that a file left makes it certain that it is gone from there, and nothing more.
"""

from __future__ import annotations

import itertools
import os
import random
import shutil
import stat
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from burnish.transaction.files import Disk

FOLDER = "folder"
# Of so few changes that are not on the disk, every combination is laid out; of more, the telling ones and some by lot.
ALL_OF = 5
BY_LOT = 12
HALF = 0.5


@dataclass(eq=False)
class Inode:
    """A file by itself: `content` and `mode` are what the disk has for certain, `written` what programs see."""

    content: bytes = b""
    mode: int = 0o600
    written: bytes = b""
    written_mode: int = 0o600

    @property
    def is_synced(self) -> bool:
        """Return whether the disk has what programs see."""
        return self.content == self.written and self.mode == self.written_mode

    def sync(self) -> None:
        """Put on the disk what programs see."""
        self.content, self.mode = self.written, self.written_mode

    def leftovers(self) -> list[tuple[bytes, int]]:
        """Return what a power loss could leave of it."""
        if self.is_synced:
            return [(self.content, self.mode)]
        half = len(self.written) // 2
        contents = [self.written, self.content, self.written[:half], b"\0" * len(self.written)]
        return [(content, self.written_mode) for content in dict.fromkeys(contents)] + [(self.written, self.mode)]


Node = Inode | str | None  # a file, FOLDER, or nothing


@dataclass(frozen=True, kw_only=True, eq=False)
class NameChange:
    """What happened to a name and is not synced. `after` is the change without which this one cannot have happened."""

    path: Path
    node: Node
    after: NameChange | None = None


@dataclass(kw_only=True)
class Snapshot:
    """What the disk has for certain, and what is on its way to it, at one instant."""

    base: Path
    names: dict[Path, Node]
    pending: list[NameChange]
    inodes: dict[Inode, list[tuple[bytes, int]]]

    def states(self, lot: random.Random) -> Iterator[State]:
        """Yield the states that a power loss could leave now."""
        for chosen in _choices(self.pending, lot):
            names = dict(self.names)
            for change in chosen:
                names[change.path] = change.node
            found = _reachable(names, self.base)
            files = {path: node for path, node in found.items() if isinstance(node, Inode)}
            folders = tuple(path for path, node in found.items() if node == FOLDER)
            unsure = [inode for inode in dict.fromkeys(files.values()) if len(self.inodes[inode]) > 1]
            for left in _leftovers(unsure, self.inodes, lot):
                yield State(
                    folders=folders,
                    files={path: left.get(inode, self.inodes[inode][0]) for path, inode in files.items()},
                )


@dataclass(frozen=True, kw_only=True)
class State:
    """One state of the disk: folders, and content and mode of each file."""

    folders: tuple[Path, ...]
    files: dict[Path, tuple[bytes, int]]

    def lay_out(self, base: Path) -> None:
        """Put the disk into this state."""
        shutil.rmtree(base)
        base.mkdir()
        for folder in self.folders:
            folder.mkdir(parents=True, exist_ok=True)
        for path, (content, mode) in self.files.items():
            path.write_bytes(content)
            path.chmod(mode)

    def key(self) -> tuple[object, ...]:
        """Return what two equal states have in common."""
        return self.folders, tuple(sorted(self.files.items()))


def _reachable(names: dict[Path, Node], base: Path) -> dict[Path, Node]:
    """Return what can be found from `base`: not what is in a folder that is not there."""
    found: dict[Path, Node] = {base: FOLDER}
    for path in sorted(names):
        if names[path] is not None and found.get(path.parent) == FOLDER:
            found[path] = names[path]
    return found


def _choices(pending: Sequence[NameChange], lot: random.Random) -> Iterator[list[NameChange]]:
    """Yield subsets of the changes, each with what it cannot be without."""
    if len(pending) <= ALL_OF:
        wanted = [list(chosen) for size in range(len(pending) + 1) for chosen in itertools.combinations(pending, size)]
    else:
        wanted = [list(pending[:size]) for size in range(len(pending) + 1)]
        wanted += [[one] for one in pending]
        wanted += [[other for other in pending if other is not one] for one in pending]
        wanted += [[one for one in pending if lot.random() < HALF] for _ in range(BY_LOT)]
    seen = set()
    for chosen in wanted:
        closed = [one for one in chosen if one.after is None or one.after in chosen or one.after not in pending]
        key = tuple(map(id, closed))
        if key not in seen:
            seen.add(key)
            yield closed


def _leftovers(
    unsure: Sequence[Inode], inodes: dict[Inode, list[tuple[bytes, int]]], lot: random.Random
) -> Iterator[dict[Inode, tuple[bytes, int]]]:
    """Yield what could be left of the files that are not synced: each by itself in each way, some together by lot."""
    yield {}
    for inode in unsure:
        yield from ({inode: left} for left in inodes[inode][1:])
    if len(unsure) > 1:
        for _ in range(BY_LOT):
            yield {inode: lot.choice(inodes[inode]) for inode in unsure}


class Killed(BaseException):
    """The program is no more."""


@dataclass
class Remembering(Disk):
    """Makes every call, and remembers the disk before each.

    `loses` names one place, a function and its caller, whose syncs are left out. With `dies_at`, the program is gone
    from that call on, as after a kill -9: none is made any more.
    """

    base: Path
    loses: str = ""
    dies_at: int = 0
    calls: int = 0
    has_links: bool = True
    names: dict[Path, Node] = field(default_factory=dict)
    visible: dict[Path, Node] = field(default_factory=dict)
    pending: list[NameChange] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)
    handles: dict[int, Inode] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._notice_others()
        self.pending = []
        for node in self.visible.values():
            if isinstance(node, Inode):
                node.sync()
        self.names = dict(self.visible)

    def remember(self) -> None:
        """Remember the disk as it is now."""
        self.calls += 1
        if 0 < self.dies_at <= self.calls:
            raise Killed
        self._notice_others()
        inodes = {
            node for node in (*self.names.values(), *(one.node for one in self.pending)) if isinstance(node, Inode)
        }
        self.snapshots.append(
            Snapshot(
                base=self.base,
                names=dict(self.names),
                pending=list(self.pending),
                inodes={inode: inode.leftovers() for inode in inodes},
            )
        )

    def create(self, path: Path, mode: int) -> int:
        """Make a name and an empty file."""
        self.remember()
        handle = super().create(path, mode)
        inode = Inode(content=b"", written=b"", written_mode=stat.S_IMODE(os.fstat(handle).st_mode))
        inode.mode = inode.written_mode
        self.handles[handle] = inode
        self._change(path, inode)
        return handle

    def open(self, path: Path) -> int:
        """Note which file a handle is."""
        handle = super().open(path)
        self.handles[handle] = self._file(path)
        return handle

    def write(self, handle: int, content: memoryview) -> int:
        """Write behind what is there."""
        self.remember()
        size = super().write(handle, content)
        self.handles[handle].written += bytes(content[:size])
        return size

    def set_mode(self, handle: int, mode: int) -> None:
        """Change a mode."""
        self.remember()
        super().set_mode(handle, mode)
        self.handles[handle].written_mode = mode

    def sync(self, handle: int) -> None:
        """Put a file on the disk."""
        self.remember()
        if not self._is_lost():
            self.handles[handle].sync()

    def sync_folder(self, path: Path) -> None:
        """Put the names in a folder on the disk."""
        self.remember()
        if self._is_lost():
            return
        for change in [one for one in self.pending if one.path.parent == path]:
            self.names[change.path] = change.node
            self.pending.remove(change)

    def rename(self, source: Path, target: Path) -> None:
        """Change two names."""
        self.remember()
        super().rename(source, target)
        arrival = self._change(target, self.visible[source])
        self._change(source, None, after=arrival)

    def link(self, source: Path, target: Path) -> None:
        """Make a second name, on a file system that can have them."""
        self.remember()
        if not self.has_links:
            raise PermissionError(str(source), str(target))
        super().link(source, target)
        self._change(target, self._file(source))

    def remove(self, path: Path) -> None:
        """Take a name away."""
        self.remember()
        super().remove(path)
        self._change(path, None)

    def make_folder(self, path: Path, mode: int) -> None:
        """Make a folder."""
        self.remember()
        super().make_folder(path, mode)
        self._change(path, FOLDER)

    def remove_folder(self, path: Path) -> None:
        """Take a folder away."""
        self.remember()
        super().remove_folder(path)
        self._change(path, None)

    def _change(self, path: Path, node: Node, after: NameChange | None = None) -> NameChange:
        self.visible[path] = node
        change = NameChange(path=path, node=node, after=after)
        self.pending.append(change)
        return change

    def _file(self, path: Path) -> Inode:
        node = self.visible.get(path)
        if not isinstance(node, Inode):
            raise TypeError(f"{path} is no file that this disk knows")
        return node

    def _is_lost(self) -> bool:
        stack = [frame.f_code for frame, _ in traceback.walk_stack(None)]
        ours = [code.co_name for code in stack if "burnish/transaction" in code.co_filename]
        return " < ".join(ours[:2]) == self.loses

    def _notice_others(self) -> None:
        """Take over what the user and cargo did meanwhile, by calls that are not ours, as safely on the disk."""
        found: dict[Path, Path] = {path: path for path in self.base.rglob("*")}
        for path in found:
            node = self.visible.get(path)
            if path.is_dir():
                if node != FOLDER:
                    self.visible[path] = self.names[path] = FOLDER
                continue
            content, mode = path.read_bytes(), stat.S_IMODE(path.stat().st_mode)
            if not (isinstance(node, Inode) and (node.written, node.written_mode) == (content, mode)):
                self.visible[path] = self.names[path] = Inode(content, mode, content, mode)
        for path, node in self.visible.items():
            if node is not None and path not in found:
                self.visible[path] = self.names[path] = None
