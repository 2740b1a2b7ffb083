"""The final files of builds that went before, out of the way while a build's tests run.

Where a setting moves cargo's output to another folder, what an older build left in the first one stays there. A test
that opens `target/release/NAME` would then pass by a file that no fresh clone has.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from burnish.cargo.project import Project

_FOLDERS = ("release", "*/release", "release/examples", "*/release/examples")


@contextlib.contextmanager
def older_outputs_aside(project: Project, own_folder: Path | None) -> Iterator[int]:
    """Move the workspace's final release files aside, and give their number; put back those that were not built anew.

    Those in the `own_folder` of the build whose tests run stay: it has written what it makes there, and the rest is as
    it was when the baseline's tests ran. The others are build output, which cargo links again when it finds it missing:
    nothing is lost by an end in between.
    """
    target = project.target_directory
    aside = target / "burnish" / "aside"
    _put_back(aside, target)
    moved = 0
    try:
        for file in [file for file in final_files(project) if own_folder not in (file.parent, file.parent.parent)]:
            with contextlib.suppress(OSError):
                _move(file, aside / file.relative_to(target))
                moved += 1
        yield moved
    finally:
        _put_back(aside, target)


def final_files(project: Project) -> Iterator[Path]:
    """Give the files that cargo links into the target folder's release folders for targets of the workspace."""
    names = {target.name for member in project.members for target in member.targets}
    names |= {name.replace("-", "_") for name in names}
    for pattern in _FOLDERS:
        for file in project.target_directory.glob(f"{pattern}/*"):
            stem = file.name.partition(".")[0]
            if {stem, stem.removeprefix("lib")} & names and file.suffix != ".d" and file.is_file():
                yield file


def _put_back(aside: Path, target: Path) -> None:
    for file in [path for path in aside.rglob("*") if path.is_file()]:
        to = target / file.relative_to(aside)
        with contextlib.suppress(OSError):
            if not to.exists():
                _move(file, to)
    shutil.rmtree(aside, ignore_errors=True)


def _move(file: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    file.rename(to)
