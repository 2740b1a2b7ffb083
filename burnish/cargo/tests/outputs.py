"""The final files of builds that went before, out of the way while a build's tests run.

Where a setting moves cargo's output to another folder, what an older build left in the first one stays there. A test
that opens `target/release/NAME`, or `target/debug/NAME`, would then pass by a file that no fresh clone has.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from burnish.cargo.project import Project

_EXAMPLES = "examples"
_OURS = "burnish"


@contextlib.contextmanager
def older_outputs_aside(project: Project, own_folder: Path | None) -> Iterator[int]:
    """Move the workspace's final files aside, and return their number; put back those that were not built anew.

    With an `own_folder`, that of the build whose tests run, they are those of any profile, but for what lies beside it:
    it has written what it makes there, and where debug builds go has not changed. Without, they are all of the profile
    that is built. Both are build output, which cargo links again when it finds it missing: nothing is lost by an end
    in between.
    """
    target = project.target_directory
    aside = target / _OURS / "aside"
    _put_back(aside, target)
    moved = 0
    try:
        for file in list(final_files(project, beside=own_folder)):
            with contextlib.suppress(OSError):
                _move(file, aside / file.relative_to(target))
                moved += 1
        yield moved
    finally:
        _put_back(aside, target)


@contextlib.contextmanager
def lent_outputs(project: Project, folder: Path, lender: Path, names: Collection[str]) -> Iterator[None]:
    """Copy the files of these names from the folder of another build while tests run, over those that stand there.

    What stood there is put back. What the other build did not make is not lent.
    """
    target = project.target_directory
    aside, lent = target / _OURS / "aside", []
    try:
        for name in names:
            to = folder / name
            if (lender / name).is_file():
                if to.is_file():
                    _move(to, aside / to.relative_to(target))
                lent.append(to)
                shutil.copy2(lender / name, to)
        yield
    finally:
        for file in lent:
            file.unlink(missing_ok=True)
        _put_back(aside, target)


def final_files(project: Project, *, beside: Path | None = None) -> Iterator[Path]:
    """Return the files that cargo linked into the target folder for targets of the workspace by the selected profile.

    Those of all profiles where a profile's folder is given: then none of that one and of those `beside` it.
    """
    names = {target.name for member in project.members for target in member.targets}
    names |= {name.replace("-", "_") for name in names}
    for folder in _profile_folders(project.target_directory, project.selection.profile):
        if folder.name != project.selection.profile if beside is None else folder.parent == beside.parent:
            continue
        for file in (*folder.glob("*"), *folder.glob(f"{_EXAMPLES}/*")):
            stem = file.name.partition(".")[0]
            if {stem, stem.removeprefix("lib")} & names and file.suffix != ".d" and file.is_file():
                yield file


def _profile_folders(target: Path, profile: str) -> list[Path]:
    """Return the folders of profiles: in each cargo makes one for examples, whether there are any or not."""
    folders = [folder for folder in target.glob("*") if folder.name != _OURS]
    folders += [below for folder in folders for below in folder.glob("*")]
    return [folder for folder in folders if folder.name == profile or (folder / _EXAMPLES).is_dir()]


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
