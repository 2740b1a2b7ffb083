"""Which of our target folders lend what they hold to a build."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from burnish.cargo.toolkit import Toolkit
from burnish.sides.sharing import borrow_units
from burnish.transaction.journal import StateFolder
from burnish.transaction.sealed import Sealed
from tests.unit.cargo.test_units import compiled, files_of

TRIPLE = "x86_64-unknown-linux-musl"
REBUILDS = ("--target", TRIPLE, "-Z", "build-std=std,panic_abort")
LOCK = """\
[[package]]
name = "mine"
version = "1.0.0"

[[package]]
name = "libc"
version = "0.2.1"
source = "registry"
"""


def job_in(root: Path, profile: str = "release") -> Any:
    """Return as much of a job as is looked at."""
    (root / "Cargo.lock").write_text(LOCK, encoding="utf-8")
    selection = SimpleNamespace(profile=profile)
    return SimpleNamespace(
        builds=root / "target" / "burnish",
        project=SimpleNamespace(selection=selection, members=[SimpleNamespace(name="member")]),
        state=StateFolder(root),
        sealed=Sealed(root=root, user_state=root / "state"),
    )


def borrowed(job: Any, folder: str, **toolkit: Any) -> set[str]:
    """Return the libraries that a target folder of ours has after it borrowed."""
    target = job.builds / folder
    cargo: Any = SimpleNamespace(
        target_directory=target, toolkit=Toolkit(triple=TRIPLE, **{"arguments": REBUILDS, **toolkit})
    )
    borrow_units(job, cargo)
    return {Path(path).name.partition("-")[0] for path in files_of(target) if path.endswith(".rlib")}


@pytest.mark.parametrize("lender", [f"trials/{TRIPLE}", f"side01/{TRIPLE}", f"{TRIPLE}/candidate"])
def test_build_borrows_what_is_not_the_projects_own(tmp_path: Path, lender: str) -> None:
    """From trials, those that were built beside them, and the candidate; the build scripts' programs come too."""
    job = job_in(tmp_path)
    for digit, name in enumerate(("core", "libc", "mine", "member")):
        compiled(job.builds / lender / TRIPLE / "release", name, str(digit) * 16)
    compiled(job.builds / lender / "release", "build_script")
    assert borrowed(job, "empty-crate/target") == {"libcore", "liblibc", "libbuild_script"}
    assert borrowed(job, lender) == {"libcore", "liblibc", "libmine", "libmember", "libbuild_script"}


@pytest.mark.parametrize("toolkit", [{"arguments": ("--target", TRIPLE)}, {"variant": "other"}])
def test_nothing_is_borrowed_where_it_would_not_serve(tmp_path: Path, toolkit: dict[str, Any]) -> None:
    """Without a standard library that is rebuilt, or where another link makes cargo compile all anew."""
    job = job_in(tmp_path)
    compiled(job.builds / "trials" / TRIPLE / TRIPLE / "release", "core")
    assert borrowed(job, f"{TRIPLE}/candidate", **toolkit) == set()


def test_profiles_have_folders_of_their_own(tmp_path: Path) -> None:
    """What is not built by this profile is looked for where cargo would look."""
    job = job_in(tmp_path, "dist")
    compiled(job.builds / "trials" / TRIPLE / TRIPLE / "release", "core")
    compiled(job.builds / "trials" / TRIPLE / TRIPLE / "dist", "alloc")
    assert borrowed(job, f"{TRIPLE}/candidate") == {"liballoc"}
