from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from burnish.errors import Refused
from burnish.transaction import files
from burnish.transaction.files import MAX_FILE_BYTES, Disk, Image, read_image, replace_durably, resolve_inside

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX files; Windows has its own limits")


class Rename(Disk):
    """Fails a rename of one file with one error."""

    def __init__(self, name: str, number: int) -> None:
        self.name, self.number = name, number

    def rename(self, source: Path, target: Path) -> None:
        """Fail, or rename."""
        if source.name == self.name:
            raise OSError(self.number, os.strerror(self.number))
        super().rename(source, target)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file with a content and an unusual mode."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o751)
    return path


def replace(path: Path, content: bytes, disk: Disk = files.DISK, spare: Path | None = None) -> None:
    """Replace a file as it is now."""
    replace_durably(read_image(path), content, temp=path.with_name("temp"), spare=spare, disk=disk)


def test_read_image_of_nothing() -> None:
    """Where nothing is, and where a folder on the way is a file, there is no file."""
    for path in (Path("/nonexistent/x"), Path(__file__) / "x"):
        assert read_image(path) == Image(path=path)
        assert not read_image(path).exists
        assert read_image(path).digest is None


def test_read_image_of_a_file(file: Path) -> None:
    """Content, mode and number of names are read together."""
    image = read_image(file)
    assert (image.content, image.mode, image.links, image.exists) == (b"old", 0o751, 1, True)


@pytest.mark.parametrize(("make", "kind"), [(Path.mkdir, "a folder"), (os.mkfifo, "a FIFO")])
def test_read_image_refuses_what_is_no_file(tmp_path: Path, make: object, kind: str) -> None:
    """Neither is read, and a FIFO is not waited for."""
    assert callable(make)
    make(tmp_path / "x")
    with pytest.raises(Refused, match=kind):
        read_image(tmp_path / "x")


def test_read_image_refuses_a_device() -> None:
    """An endless file is not read."""
    with pytest.raises(Refused, match="a device"):
        read_image(Path("/dev/zero"))


def test_read_image_refuses_more_than_the_limit(file: Path) -> None:
    """The limit itself is still read; a file of one byte more, also a sparse one, is not."""
    os.truncate(file, MAX_FILE_BYTES)
    assert len(read_image(file).content or b"") == MAX_FILE_BYTES
    os.truncate(file, MAX_FILE_BYTES + 1)
    with pytest.raises(Refused, match="larger"):
        read_image(file)


def test_read_image_refuses_a_loop(tmp_path: Path) -> None:
    """A link to itself is refused in one line."""
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(Refused, match="cannot be read"):
        read_image(tmp_path / "loop")


def test_resolve_inside_follows_links_and_refuses_to_leave(tmp_path: Path) -> None:
    """A chain of links inside is followed; one that leads out, or to a sibling with a like name, is refused."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("c")
    assert resolve_inside(root, root / "a") == root / "c"
    for target in ("/etc/passwd", "../root2/x", "../outside"):
        (root / "out").unlink(missing_ok=True)
        (root / "out").symlink_to(target)
        with pytest.raises(Refused, match="is a link to"):
            resolve_inside(root, root / "out")


def test_replace_keeps_mode_and_leaves_nothing_else(file: Path) -> None:
    """The content is new, the mode is the old one, and no other file is there."""
    replace(file, b"new")
    assert (file.read_bytes(), file.stat().st_mode & 0o7777) == (b"new", 0o751)
    assert [path.name for path in file.parent.iterdir()] == ["file"]


def test_replace_keeps_extended_attributes(file: Path) -> None:
    """What the user has attached to the file stays attached."""
    try:
        os.setxattr(file, "user.note", b"mine")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    replace(file, b"new")
    assert os.getxattr(file, "user.note") == b"mine"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_replace_keeps_owner(file: Path) -> None:
    """A file of another user stays theirs."""
    os.chown(file, 1234, 2345)
    replace(file, b"new")
    assert (file.stat().st_uid, file.stat().st_gid) == (1234, 2345)


def test_replace_refuses_an_owner_that_cannot_be_kept(file: Path) -> None:
    """A file of another user is not silently made ours."""

    class Unprivileged(Disk):
        def set_owner(self, handle: int, uid: int, gid: int) -> None:
            raise PermissionError(errno.EPERM, str((handle, uid, gid)))

    image = read_image(file)
    other = Image(path=file, content=image.content, mode=image.mode, owner=(12345, 12345))
    with pytest.raises(PermissionError):
        replace_durably(other, b"new", temp=file.with_name("temp"), disk=Unprivileged())
    assert [path.read_bytes() for path in file.parent.iterdir()] == [b"old"]


def test_replace_of_nothing_makes_an_ordinary_file(tmp_path: Path) -> None:
    """A new file has the mode that any program would give it."""
    (tmp_path / "ordinary").touch()
    replace(tmp_path / "new", b"new")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "ordinary").stat().st_mode


def test_replace_refuses_a_file_that_changed_since(file: Path) -> None:
    """What was written between reading and replacing is not lost."""
    image = read_image(file)
    file.write_bytes(b"mine")
    with pytest.raises(Refused, match="changed by someone else"):
        replace_durably(image, b"new", temp=file.with_name("temp"))
    assert [path.read_bytes() for path in file.parent.iterdir()] == [b"mine"]


def test_replace_refuses_a_file_that_appeared_since(tmp_path: Path) -> None:
    """A file that was absent when it was looked for is not overwritten."""
    image = read_image(tmp_path / "file")
    image.path.write_bytes(b"mine")
    with pytest.raises(Refused, match="changed by someone else"):
        replace_durably(image, b"new", temp=tmp_path / "temp")
    assert image.path.read_bytes() == b"mine"


def test_replace_refuses_a_mount_point(file: Path) -> None:
    """A file that is mounted by itself cannot be replaced by a rename, and is not written in place."""
    with pytest.raises(Refused, match="mounted by itself"):
        replace(file, b"new", Rename("temp", errno.EBUSY))
    assert [path.read_bytes() for path in file.parent.iterdir()] == [b"old"]


def test_replace_does_not_follow_a_link_in_the_place_of_its_temp(file: Path, tmp_path: Path) -> None:
    """A link that waits under our name is removed, not written through."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"victim")
    file.with_name("temp").symlink_to(victim)
    replace(file, b"new")
    assert (file.read_bytes(), victim.read_bytes()) == (b"new", b"victim")


def test_replace_from_a_spare_uses_it_up(file: Path, tmp_path: Path) -> None:
    """The spare becomes the file: the same inode, with the file's mode and the present time."""
    spare = tmp_path / "spare"
    spare.write_bytes(b"new")
    os.utime(spare, (1, 1))
    inode = spare.stat().st_ino
    replace(file, b"new", spare=spare)
    status = file.stat()
    assert (file.read_bytes(), status.st_ino, status.st_mode & 0o7777) == (b"new", inode, 0o751)
    assert status.st_mtime > 1
    assert not spare.exists()


@pytest.mark.parametrize("content", [b"not the same", None])
def test_replace_from_a_bad_spare_writes_the_content(file: Path, tmp_path: Path, content: bytes | None) -> None:
    """A spare that is damaged or lost is not used."""
    spare = tmp_path / "spare"
    if content is not None:
        spare.write_bytes(content)
    replace(file, b"new", spare=spare)
    assert file.read_bytes() == b"new"


def test_replace_from_a_spare_on_another_file_system_writes_the_content(file: Path, tmp_path: Path) -> None:
    """Where the spare cannot be renamed into place, its content still gets there."""
    spare = tmp_path / "spare"
    spare.write_bytes(b"new")
    replace(file, b"new", Rename("spare", errno.EXDEV), spare=spare)
    assert (file.read_bytes(), spare.read_bytes()) == (b"new", b"new")


def test_remove_refuses_a_file_that_changed_since(file: Path) -> None:
    """What was written between reading and removing is not lost."""
    image = read_image(file)
    file.write_bytes(b"mine")
    with pytest.raises(Refused):
        files.remove_durably(image)
    assert file.read_bytes() == b"mine"


def test_examine_refuses_a_read_only_file(file: Path) -> None:
    """A file that its owner has protected is left alone, also by root."""
    file.chmod(0o444)
    with pytest.raises(Refused, match="read-only"):
        files.examine_before_writing(read_image(file))


def test_examine_warns_of_hard_links(file: Path) -> None:
    """The other names keep the old content, and the user is told."""
    assert files.examine_before_writing(read_image(file)) == []
    os.link(file, file.with_name("other"))
    assert files.examine_before_writing(read_image(file)) == [
        f"{file} has 1 more name(s) (hard links): they keep the old content"
    ]


def test_save_aside_survives_the_replacement(file: Path, tmp_path: Path) -> None:
    """What the file held is there under its second name after the file was replaced, twice over."""
    saved = tmp_path / "saved"
    saved.mkdir()
    for _ in range(2):
        files.save_aside(read_image(file), saved / "x")
    replace(file, b"new")
    assert (saved / "x").read_bytes() == b"old"


def test_save_aside_copies_where_there_are_no_hard_links(file: Path, tmp_path: Path) -> None:
    """On a file system without hard links the content is copied."""

    class NoLinks(Disk):
        def link(self, source: Path, target: Path) -> None:
            raise PermissionError(errno.EPERM, f"{source} {target}")

    files.save_aside(read_image(file), tmp_path / "x", disk=NoLinks())
    assert (tmp_path / "x").read_bytes() == b"old"
    assert (tmp_path / "x").stat().st_nlink == 1


def test_save_aside_replaces_a_damaged_copy(file: Path, tmp_path: Path) -> None:
    """A file that stands under the name but holds something else is not taken for a copy."""
    (tmp_path / "x").write_bytes(b"damaged")
    files.save_aside(read_image(file), tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == b"old"


def test_short_writes_are_completed(file: Path) -> None:
    """A disk that takes one byte at a time gets all of them."""

    class Slow(Disk):
        def write(self, handle: int, content: memoryview) -> int:
            return super().write(handle, content[:1])

    replace(file, b"new content", Slow())
    assert file.read_bytes() == b"new content"


def test_remove_empty_folder_leaves_what_is_not_empty(tmp_path: Path) -> None:
    """A folder that the user has put something into stays; one that is gone is no error."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "x").touch()
    files.remove_empty_folder(folder)
    assert (folder / "x").exists()
    (folder / "x").unlink()
    files.remove_empty_folder(folder)
    files.remove_empty_folder(folder)
    assert not folder.exists()


def test_create_overwrites_nothing_and_follows_no_link(file: Path, tmp_path: Path) -> None:
    """A name that is taken is an error, also by a link to nowhere; opening a file of ours follows none either."""
    link = tmp_path / "link"
    for target in (file, tmp_path / "nowhere"):
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        with pytest.raises(FileExistsError):
            Disk().create(link, 0o600)
        with pytest.raises(OSError, match="symbolic links"):
            Disk().open(link)
    with pytest.raises(FileExistsError):
        Disk().create(file, 0o600)
    assert file.read_bytes() == b"old"
    assert not (tmp_path / "nowhere").exists()
