"""The folder of what is shipped: what lies in it, and that nothing of the user's is overwritten there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from burnish.errors import Refused
from burnish.report.dist import is_made_by_us, put_into, report_file, require_room
from burnish.report.store import read_report
from tests.unit.report.samples import kept

BYTES = b"\x7fELF program"
LINE = f"{hashlib.sha256(BYTES).hexdigest()}  app\n"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Return a program that was built."""
    file = tmp_path / "built" / "app"
    file.parent.mkdir()
    file.write_bytes(BYTES)
    file.chmod(0o755)
    return file


def test_program_lies_there_with_its_digest_and_report(program: Path, tmp_path: Path) -> None:
    """It can be started; the folder is marked as ours; put there again, it is the same."""
    folder = tmp_path / "out" / "dist"
    for _ in range(2):
        target = put_into(folder, program, kept())
        assert (target.read_bytes(), target.stat().st_mode & 0o777) == (BYTES, 0o755)
        assert (folder / "app.sha256").read_text(encoding="utf-8") == LINE
        assert read_report(report_file(target)) == kept()
        assert sorted(path.name for path in folder.iterdir()) == [".gitignore", "app", "app.report.json", "app.sha256"]
    assert is_made_by_us(folder)


@pytest.mark.parametrize("name", ["app", "app.sha256", "app.report.json"])
def test_file_of_the_users_stays(program: Path, tmp_path: Path, name: str) -> None:
    """Whichever of the three it is named like, nothing is written."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / name).write_bytes(b"mine")
    with pytest.raises(Refused, match="is not what burnish put there"):
        put_into(folder, program, kept())
    assert [path.read_bytes() for path in folder.iterdir()] == [b"mine"]


def test_link_is_replaced_and_not_written_through(program: Path, tmp_path: Path) -> None:
    """A cloned project may bring a folder that looks like ours."""
    folder, theirs = tmp_path / "dist", tmp_path / "theirs"
    theirs.write_bytes(b"mine")
    put_into(folder, program, kept())
    for name in ("app", "app.sha256", "app.report.json"):
        (folder / name).unlink()
        (folder / name).symlink_to(theirs)
    put_into(folder, program, kept())
    assert theirs.read_bytes() == b"mine"
    assert (folder / "app").read_bytes() == BYTES


def test_folder_that_nobody_named(tmp_path: Path) -> None:
    """One with files in it that are not ours is no place, nor one elsewhere; an empty one and one of ours are."""
    root = tmp_path / "project"
    root.mkdir()
    require_room(root / "dist", root=root, is_named=False)
    (root / "dist").mkdir()
    require_room(root / "dist", root=root, is_named=False)
    (root / "dist" / "index.html").touch()
    with pytest.raises(Refused, match="holds files"):
        require_room(root / "dist", root=root, is_named=False)
    require_room(root / "dist", root=root, is_named=True)
    (root / "away").symlink_to(tmp_path)
    with pytest.raises(Refused, match="leads out"):
        require_room(root / "away", root=root, is_named=False)
    (root / "file").touch()
    with pytest.raises(Refused, match="is not a folder"):
        require_room(root / "file", root=root, is_named=True)
