"""A commit's files in a folder of ours beside the user's own checkout, for as long as they are needed.

Such a folder is a worktree of the user's repository. Git lists it while it is there, and nothing else of the repository
changes: no branch, no index, no stash, no file.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from burnish.cargo.revisions import Repository, Revision, repository_of
from burnish.errors import Refused
from burnish.system.process import Programs
from burnish.system.signals import uninterrupted
from burnish.transaction.files import digest_of

_CHECKOUT = "checkout"
# A large repository on a slow disk.
_CHECKOUT_SECONDS = 1800.0


def checkout_folder(user_state: Path, root: Path) -> Path:
    """Return the folder for checkouts of a project's commits: always the same, so that little is built anew.

    It is never below the project, since cargo would take today's configuration for it too.
    """
    return user_state / "references" / digest_of(os.fsencode(os.path.realpath(root)))[:16] / _CHECKOUT


@contextlib.contextmanager
def checked_out(repository: Repository, revision: Revision, folder: Path) -> Iterator[Path]:
    """Check a commit out, and yield the project's folder in it; it is gone again however the block is left.

    Raise Refused where it cannot be made.
    """
    _require_outside(folder, repository.top)
    remove_checkout(repository, folder)  # of a run that was killed
    try:
        _add(repository, revision, folder)
        yield folder / repository.prefix
    finally:
        with uninterrupted():
            remove_checkout(repository, folder)


def remove_left_checkout(programs: Programs, root: Path, user_state: Path, timeout_seconds: float) -> None:
    """Remove what a killed run has left of a checkout, if anything; what git refuses waits for the next run."""
    folder = checkout_folder(user_state, root)
    if os.path.lexists(folder):
        with contextlib.suppress(Refused):
            remove_checkout(repository_of(programs, root, timeout_seconds), folder)


def remove_checkout(repository: Repository, folder: Path) -> None:
    """Remove what is left of a checkout, and git's record of it; of no other, so nothing is pruned.

    Twice forced: while git makes a worktree it is locked, and stays so after a kill.
    """
    removal = ("worktree", "remove", "--force", "--force", str(folder))
    if not repository.git(*removal).ok and os.path.lexists(folder):
        shutil.rmtree(folder, ignore_errors=True)
        repository.git(*removal)
    with contextlib.suppress(OSError):
        folder.parent.rmdir()


def _require_outside(folder: Path, top: Path) -> None:
    if Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(top)):
        raise Refused(
            f"a checkout in {folder} would be built by the configuration of the repository {top} around it",
            expected="a state folder (XDG_STATE_HOME) outside the repository",
            next_command="XDG_STATE_HOME=/tmp/burnish-state burnish check --against REF",
        )


def _add(repository: Repository, revision: Revision, folder: Path) -> None:
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(
            f"cannot make {folder.parent}: {error.strerror}",
            expected="a state folder that can be written (XDG_STATE_HOME)",
        ) from error
    adding = ("worktree", "add", "--detach", "--quiet", str(folder), revision.commit)
    added = repository.git(*adding, timeout_seconds=_CHECKOUT_SECONDS)
    if not added.ok:
        said = added.stderr.decode("utf-8", "replace").strip()
        raise Refused(
            f"git cannot check {revision.told} out into {folder}: {said[:500]}",
            expected="a repository in which `git worktree add` works",
            next_command=f"git worktree add --detach /tmp/reference {revision.commit}",
        )
