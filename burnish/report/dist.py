"""The folder of what is shipped: the program, its digest as `sha256sum -c` reads it, and the report of its build."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from burnish.errors import Refused
from burnish.measure.size import size_and_digest
from burnish.model import Report
from burnish.report.store import REPORT_NAME, encoded_report, read_report
from burnish.system.regular import read_regular
from burnish.transaction.files import write_synced

_IGNORE = ".gitignore"
# A folder that git ignores makes no build stamp of the user's dirty, and runs no build script anew.
_MARK = b"# What `burnish build` makes; delete this line and the next to commit it.\n*\n"
_REMEDY = "burnish build --out FOLDER, with another folder"


def is_made_by_us(folder: Path) -> bool:
    """Return whether `burnish build` made a folder: nothing is built from what is in it."""
    with contextlib.suppress(OSError, ValueError):
        return read_regular(folder / _IGNORE) == _MARK
    return False


def require_room(folder: Path, *, root: Path, is_named: bool) -> None:
    """Raise Refused for a folder that is no place for what we make.

    One that nobody named must be within the project, and of our own making: it may be what a program is made from.
    """
    if os.path.lexists(folder) and not folder.is_dir():
        raise Refused(f"{folder} is not a folder", expected="a folder to put the program into", next_command=_REMEDY)
    if is_named or not folder.exists():
        return
    if not folder.resolve().is_relative_to(root.resolve()):
        raise Refused(f"{folder} leads out of the project", expected="a folder of burnish's own", next_command=_REMEDY)
    if not is_made_by_us(folder) and any(folder.iterdir()):
        raise Refused(
            f"{folder} holds files that burnish did not make", expected="a folder of its own", next_command=_REMEDY
        )


def put_into(folder: Path, file: Path, report: Report) -> Path:
    """Put a program into a folder with its digest and the report of its build, and return where it lies.

    Raise Refused where a file of the name is there that we did not make, and where the folder cannot be written.
    """
    target = folder / file.name
    try:
        _make(folder)
        if not is_made_by_us(folder):
            _require_ours(target)
        _copy(file, target)
        line = f"{size_and_digest(target)[1]}  {target.name}\n"
        write_synced(_digest_file(target), line.encode("utf-8", "surrogateescape"), mode=0o666)
        write_synced(report_file(target), encoded_report(report), mode=0o666)
    except OSError as error:
        raise Refused(
            f"{folder} cannot be written: {error.strerror or error}", expected="a folder", next_command=_REMEDY
        ) from error
    return target


def report_file(target: Path) -> Path:
    """Return the place of the report of a program's build."""
    return target.with_name(f"{target.name}.{REPORT_NAME}")


def _digest_file(target: Path) -> Path:
    return target.with_name(f"{target.name}.sha256")


def _copy(file: Path, target: Path) -> None:
    """Copy a file whole or not at all, by a name that no link of a cloned project can have been laid at."""
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as temp:
        try:
            shutil.copyfile(file, temp.name)
            shutil.copystat(file, temp.name)
            Path(temp.name).replace(target)
        except BaseException:
            Path(temp.name).unlink(missing_ok=True)
            raise


def _make(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True)
        write_synced(folder / _IGNORE, _MARK, mode=0o666)


def _require_ours(target: Path) -> None:
    """Raise Refused where a file stands in the way that we did not make: nobody's work is overwritten."""
    for path, is_ours in (
        (target, _has_digest(target)),
        (_digest_file(target), _is_digest(target)),
        (report_file(target), _is_report(target)),
    ):
        if os.path.lexists(path) and not is_ours:
            raise Refused(f"{path} is not what burnish put there", expected="no such file", next_command=_REMEDY)


def _has_digest(target: Path) -> bool:
    with contextlib.suppress(OSError, ValueError, Refused):
        return read_regular(_digest_file(target)).split()[:1] == [size_and_digest(target)[1].encode()]
    return False


def _is_digest(target: Path) -> bool:
    with contextlib.suppress(OSError, ValueError):
        words = read_regular(_digest_file(target)).split()
        return len(words) > 1 and words[1] == os.fsencode(target.name)
    return False


def _is_report(target: Path) -> bool:
    with contextlib.suppress(Refused):
        return read_report(report_file(target)) is not None
    return False
