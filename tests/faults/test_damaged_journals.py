"""A7, E1: a damaged, truncated or forged journal is never guessed at, and never applied."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from burnish.errors import BurnishError, Refused, RollbackNeedsUser
from burnish.transaction.files import digest_of
from burnish.transaction.journal import MAX_JOURNAL_BYTES, PATHS, Damaged, Journal, JournalEntry, decode, encode
from burnish.transaction.registry import Registry
from tests.conftest import Tried
from tests.faults.world import MANIFEST, Tree, World, make_world

EVIL = b"[build]\nrustc-wrapper = '/tmp/evil'\n"


@pytest.fixture
def applied(fast_folder: Path) -> World:
    """Return a workspace with a live change."""
    world = make_world(fast_folder)
    world.change()
    return world


def everything(world: World) -> tuple[Tree, set[str]]:
    """Return the workspace and the names of the contents that are kept."""
    return world.tree(), {path.name for path in world.state.blobs.iterdir()}


def refuses(world: World, raw: bytes) -> RollbackNeedsUser:
    """Return how a rollback by this journal ends."""
    world.state.active.write_bytes(raw)
    with pytest.raises(RollbackNeedsUser) as caught:
        world.rollback()
    return caught.value


@pytest.mark.promise("A7")
def test_every_truncation_is_seen(applied: World, tried: Callable[..., None]) -> None:
    """A journal that ends early, at any byte, is not used."""
    raw, before = applied.state.active.read_bytes(), everything(applied)
    for size in range(len(raw)):
        refuses(applied, raw[:size])
    tried("A7", cases=len(raw))
    assert everything(applied) == before


@pytest.mark.promise("A7")
def test_every_bit_flip_is_seen(applied: World, tried: Callable[..., None]) -> None:
    """A journal with any one bit turned does not decode, and, for a bit of every byte, is not used."""
    raw, before = applied.state.active.read_bytes(), everything(applied)
    for bit in range(8 * len(raw)):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Damaged):
            decode(bytes(flipped))
        if bit % 8 == bit // 8 % 8:
            refuses(applied, bytes(flipped))
    tried("A7", cases=8 * len(raw))
    assert everything(applied) == before


@pytest.mark.parametrize("addition", [b"\n", b" ", b"{}", b"\0" * MAX_JOURNAL_BYTES])
def test_journal_with_more_at_its_end_is_refused(applied: World, addition: bytes) -> None:
    """Nothing may follow."""
    refuses(applied, applied.state.active.read_bytes() + addition)


def test_refusal_names_journal_and_contents(applied: World) -> None:
    """The user learns where everything is, and what to do when the files are right."""
    error = refuses(applied, b"")
    assert error.exit_status == 4
    assert str(applied.state.active) in error.next_command
    for path in (applied.root / "Cargo.toml", applied.state.blobs, applied.user_state):
        assert str(path) in error.files


def test_undamaged_journal_still_works_after_the_refusals(applied: World) -> None:
    """Refusing changes nothing: with the right journal back in place, all is put back."""
    raw = applied.state.active.read_bytes()
    refuses(applied, raw[:-1])
    applied.state.active.write_bytes(raw)
    assert {one.action for one in applied.rollback().files} == {"restored", "removed"}


def test_damaged_record_of_the_history_is_refused(applied: World) -> None:
    """A kept change with a damaged record is not undone, and stays where it is."""
    number = applied.load().keep()
    record = applied.state.finished_path(number, "kept")
    record.write_bytes(record.read_bytes()[:-1])
    before = everything(applied)
    with pytest.raises(RollbackNeedsUser):
        applied.rollback()
    assert everything(applied) == before
    assert record.exists()
    assert not applied.state.active.exists()


def sealed(body: bytes) -> bytes:
    """Return a body a first line that agrees with it, as a forger would."""
    return b"burnish-journal 1 " + digest_of(body).encode() + b"\n" + body


def forged(world: World, **changed: object) -> bytes:
    """Return a journal that would write `EVIL`, made by someone who knows the format."""
    (world.state.blobs / digest_of(EVIL)).write_bytes(EVIL)
    held = digest_of((world.root / ".cargo/config.toml").read_bytes())
    entry = JournalEntry(role="config", before=digest_of(EVIL), afters=(held,))
    journal = Journal(
        id="0" * 32, revision=1, number=1, workspace=Registry(world.state, world.user_state).workspace,
        owner="me", pid=1, entries=(entry,),
    )  # fmt: skip
    return encode(msgspec.structs.replace(journal, **changed))


def stolen_id(world: World) -> bytes:
    """Return a forged journal with the id of a change that is registered."""
    own = decode(world.state.active.read_bytes())
    return forged(world, id=own.id, revision=own.revision, number=own.number)


FORGERIES: dict[str, Callable[[World], bytes]] = {
    "unregistered": forged,
    "stolen id": stolen_id,
    "path for a role": lambda world: sealed(forged(world).split(b"\n")[1].replace(b'"config"', b'"../../.bashrc"')),
    "absolute path": lambda world: sealed(forged(world).split(b"\n")[1].replace(b'"config"', b'"/etc/passwd"')),
    "path for a digest": lambda world: sealed(forged(world).split(b"\n")[1].replace(b'"before":"', b'"before":"../')),
    "path for an id": lambda world: sealed(forged(world).split(b"\n")[1].replace(b'"id":"', b'"id":"../')),
    "unknown field": lambda world: sealed(forged(world).split(b"\n")[1].replace(b'{"id"', b'{"x":1,"id"')),
    "same file twice": lambda world: sealed(
        forged(world).split(b"\n")[1].replace(b'"entries":[', b'"entries":[{"role":"config","before":null},')
    ),
    "deep": lambda _: sealed(b'{"id":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "not UTF-8": lambda _: sealed(b'{"id":"\xff"}'),
    "later version": lambda world: forged(world).replace(b"burnish-journal 1 ", b"burnish-journal 2 ", 1),
    "nothing": lambda _: b"",
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_journal_writes_nothing(applied: World, name: str) -> None:
    """A journal that came with a cloned repository is refused, whatever it says."""
    raw = FORGERIES[name](applied)
    before = everything(applied)
    refuses(applied, raw)
    assert everything(applied) == before


@pytest.mark.parametrize("name", ["unregistered", "stolen id"])
def test_forged_journal_is_not_made_ours_by_a_later_step(applied: World, name: str) -> None:
    """Neither `apply` nor `keep` go on with a change that this user did not begin."""
    applied.state.active.write_bytes(FORGERIES[name](applied))
    before = everything(applied)
    for act in (lambda: applied.load().apply(applied.usual_edits()), applied.load().keep):
        with pytest.raises(RollbackNeedsUser):
            act()
    assert everything(applied) == before


def test_forged_record_of_the_history_is_refused_and_stays(applied: World) -> None:
    """A kept change that came with a cloned repository is not undone."""
    applied.rollback()
    applied.write(".cargo/config.toml", b"[build]\n")
    record = applied.state.finished_path(7, "kept")
    record.write_bytes(forged(applied))
    before = everything(applied)
    with pytest.raises(RollbackNeedsUser):
        applied.rollback()
    assert everything(applied) == before
    assert record.exists()


def test_forged_group_is_not_ended(applied: World) -> None:
    """The recorded process group of a forged journal is not looked at."""
    applied.state.children.write_text('{"pid": 1}')
    refuses(applied, forged(applied))
    assert applied.state.children.exists()


@pytest.mark.parametrize("content", [b"", b"something else", b"\0" * 5_000_000])
def test_before_image_with_another_content_is_not_used(applied: World, content: bytes) -> None:
    """A content whose digest is not its name is no before-image; without any good copy the file stays."""
    before_image = digest_of(b'[package]\nname = "p"\n')
    spare = applied.state.spare(applied.load().journal.id, "manifest")
    copies = [path for path in applied.base.rglob(before_image) if path.is_file()]
    assert len(copies) == 2
    for path in (*copies, spare):
        path.write_bytes(content)
    manifest = (applied.root / "Cargo.toml").read_bytes()
    with pytest.raises(RollbackNeedsUser, match="lost or damaged"):
        applied.rollback()
    assert (applied.root / "Cargo.toml").read_bytes() == manifest
    assert not (applied.root / ".cargo").exists()


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


# What a repository can hold, or an archive unpack, in place of a file of ours.
ODD: dict[str, Callable[[Path], object]] = {
    "sparse terabyte": _sparse,
    "FIFO": os.mkfifo,
    "folder": lambda path: path.mkdir(),
    "device": lambda path: path.symlink_to("/dev/zero"),
    "link to nowhere": lambda path: path.symlink_to("nowhere"),
    "link to a secret": lambda path: path.symlink_to("/etc/hostname"),
}


def user_files(world: World) -> dict[str, bytes]:
    """Return the user's files; a walk through our folder would wait at what is put there."""
    return {name: (world.root / name).read_bytes() for name in PATHS.values() if (world.root / name).exists()}


def put_in_place(path: Path, odd: str) -> None:
    """Put something else where a file of ours was."""
    path.unlink()
    ODD[odd](path)


@pytest.mark.promise("E1")
@pytest.mark.skipif(sys.platform == "win32", reason="needs links and FIFOs")
@pytest.mark.parametrize("odd", ODD)
def test_blobs_that_are_no_files_are_not_used(applied: World, odd: str, tried: Tried) -> None:
    """Nothing waits, fills the memory or is followed: without a good copy the file stays as it is."""
    spare = applied.state.spare(applied.load().journal.id, "manifest")
    copies = [path for path in applied.base.rglob(digest_of(MANIFEST)) if path.is_file()]
    for path in (*copies, spare):
        put_in_place(path, odd)
    manifest = (applied.root / "Cargo.toml").read_bytes()
    with pytest.raises(RollbackNeedsUser, match="lost or damaged"):
        applied.rollback()
    assert (applied.root / "Cargo.toml").read_bytes() == manifest
    assert not (applied.root / "Cargo.toml").is_symlink()
    assert not (applied.root / ".cargo").exists()
    tried("E1", cases=1)


@pytest.mark.promise("E1")
@pytest.mark.skipif(sys.platform == "win32", reason="needs links and FIFOs")
@pytest.mark.parametrize("odd", ODD)
def test_one_good_copy_is_enough(applied: World, odd: str) -> None:
    """A spare and a blob that are something else do not stop a rollback while the user's own state has the content."""
    spare = applied.state.spare(applied.load().journal.id, "manifest")
    for path in (spare, applied.state.blob(digest_of(MANIFEST))):
        put_in_place(path, odd)
    applied.rollback()
    assert (applied.root / "Cargo.toml").read_bytes() == MANIFEST
    assert not (applied.root / "Cargo.toml").is_symlink()


@pytest.mark.promise("E1")
@pytest.mark.skipif(sys.platform == "win32", reason="needs links and FIFOs")
@pytest.mark.parametrize("odd", ODD)
def test_journal_that_is_no_file_is_refused(applied: World, odd: str) -> None:
    """A live journal that is something else is not waited for, not followed, and not guessed at."""
    before = user_files(applied)
    put_in_place(applied.state.active, odd)
    with pytest.raises(BurnishError):
        applied.rollback()
    assert user_files(applied) == before


@pytest.mark.promise("E1")
@pytest.mark.skipif(sys.platform == "win32", reason="needs links and FIFOs")
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    "name", ["0009.kept.json", "0009.rolled-back.json", "999999999.kept.json", "\x1b[2J", "..json"]
)
def test_odd_history_does_not_stop_the_way_back(fast_folder: Path, odd: str, name: str) -> None:
    """Whatever a repository puts into the history, a live change of this user is rolled back."""
    world = make_world(fast_folder)
    world.state.create()
    ODD[odd](world.state.history / name)
    before = user_files(world)
    world.change()
    world.rollback()
    assert user_files(world) == before


@pytest.mark.skipif(sys.platform == "win32", reason="needs links and FIFOs")
@pytest.mark.parametrize("name", ["", "blobs", "spares", "history", "saved", "runs"])
def test_link_in_place_of_a_folder_of_ours_is_refused(tmp_path: Path, name: str) -> None:
    """A cloned repository cannot lead our own writing elsewhere."""
    world, elsewhere = make_world(tmp_path), tmp_path / "elsewhere"
    elsewhere.mkdir()
    path = world.state.folder / name
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(elsewhere)
    with pytest.raises(Refused):
        world.state.create()
    assert list(elsewhere.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs links and FIFOs")
@pytest.mark.parametrize("name", ["lock", "holder", "children", "active.json", ".gitignore"])
def test_link_or_fifo_in_place_of_a_file_of_ours_is_refused(tmp_path: Path, name: str) -> None:
    """A cloned repository can neither lead our own writing elsewhere nor make us wait."""
    world = make_world(tmp_path)
    for make in (lambda path: path.symlink_to(tmp_path / "elsewhere"), os.mkfifo):
        shutil.rmtree(world.state.folder, ignore_errors=True)
        world.state.folder.mkdir()
        make(world.state.folder / name)
        with pytest.raises(BurnishError):
            world.begin()
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs links")
def test_file_that_became_a_link_out_of_the_workspace_is_left(applied: World) -> None:
    """A rollback follows no link out of the workspace; the other files are put back."""
    outside = applied.base / "outside"
    manifest = applied.root / "Cargo.toml"
    outside.write_bytes(manifest.read_bytes())
    manifest.unlink()
    manifest.symlink_to(outside)
    content = outside.read_bytes()
    with pytest.raises(RollbackNeedsUser, match="is a link to"):
        applied.rollback()
    assert outside.read_bytes() == content
    assert not (applied.root / ".cargo").exists()
