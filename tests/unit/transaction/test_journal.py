from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.errors import Refused
from burnish.transaction.journal import PATHS, Damaged, FileRole, Journal, JournalEntry, StateFolder, decode, encode

A, B, C = "a" * 64, "b" * 64, "c" * 64
DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)
ROLES: list[FileRole] = list(PATHS)


def journal(**changed: object) -> Journal:
    """Return a journal."""
    plain = Journal(id="0" * 32, revision=1, number=1, workspace=A, owner="me", pid=1)
    return msgspec.structs.replace(plain, **changed)


ENTRIES = st.builds(
    JournalEntry,
    role=st.sampled_from(ROLES),
    before=st.none() | DIGESTS,
    afters=st.lists(DIGESTS, max_size=3).map(tuple),
    made_folder=st.booleans(),
    keys=st.lists(st.text(max_size=20), max_size=3).map(tuple),
)


@given(st.lists(ENTRIES, max_size=4, unique_by=lambda entry: entry.role), st.text(max_size=200), st.booleans())
def test_decode_gives_what_encode_got(entries: list[JournalEntry], owner: str, kept: bool) -> None:  # noqa: FBT001 - generated
    """A journal survives its way to the disk and back."""
    given_one = journal(entries=tuple(entries), owner=owner, kept=kept)
    assert decode(encode(given_one)) == given_one


@given(st.binary(max_size=300))
def test_decode_of_anything_else_is_damaged(raw: bytes) -> None:
    """Whatever bytes come, they are refused in the one way that callers know."""
    with pytest.raises(Damaged):
        decode(raw)


BODY = encode(journal(entries=(JournalEntry(role="config", before=A),))).partition(b"\n")[2]
FORGED = {
    "same file twice": BODY.replace(b'"entries":[', b'"entries":[{"role":"config","before":null},'),
    "unknown field": BODY.replace(b'{"id"', b'{"x":1,"id"'),
    "unknown field of an entry": BODY.replace(b'{"role"', b'{"x":1,"role"'),
    "path for a role": BODY.replace(b'"config"', b'"../Cargo.toml"'),
    "path for a digest": BODY.replace(b'"before":"aaa', b'"before":"../'),
    "line behind a digest": BODY.replace(b'"before":"' + b"a" * 64, b'"before":"' + b"a" * 64 + b"\\n"),
    "path for an id": BODY.replace(b'"id":"000', b'"id":"../'),
    "long owner": BODY.replace(b'"me"', b'"' + b"m" * 201 + b'"'),
    "negative number": BODY.replace(b'"number":1', b'"number":-1'),
    "huge number": BODY.replace(b'"number":1', b'"number":1' + b"0" * 5000),
    "deep": b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "many entries": BODY.replace(b'"entries":[', b'"entries":[' + b'{"role":"config","before":null},' * 1000),
    "missing field": BODY.replace(b'"number":1,', b""),
    "another shape": b"[]",
    "not UTF-8": BODY.replace(b"me", b"\xff\xff"),
}


@pytest.mark.parametrize("name", FORGED)
def test_decode_of_a_forged_body_is_damaged(name: str) -> None:
    """A first line that agrees with the body is not enough: the body must be a journal, and nothing else."""
    body = FORGED[name]
    assert body != BODY
    with pytest.raises(Damaged, match=r"content is not|names a file twice"):
        decode(b"burnish-journal 1 " + hashlib.sha256(body).hexdigest().encode() + b"\n" + body)


def test_format_is_as_documented() -> None:
    """The bytes on disk are a promise to later versions."""
    entry = JournalEntry(role="config", before=None, afters=(B,), made_folder=True, keys=("build.rustflags",))
    body = (
        b'{"id":"00000000000000000000000000000000","revision":1,"number":1,"workspace":"' + b"a" * 64 + b'",'
        b'"owner":"me","pid":1,"recipe":"","began":"","kept":false,"entries":[{"role":"config","before":null,"afters":["'
        + b"b"
        * 64
        + b'"],'
        b'"made_folder":true,"keys":["build.rustflags"]}]}\n'
    )
    head = b"burnish-journal 1 " + hashlib.sha256(body).hexdigest().encode() + b"\n"
    assert encode(journal(entries=(entry,))) == head + body


@pytest.mark.parametrize(
    ("now", "holds"),
    [(A, "before"), (B, "after"), (C, "after"), ("d" * 64, "edited"), (None, "gone")],
)
def test_holds_of_a_file_that_was_there(now: str | None, holds: str) -> None:
    """The table of hashes, for a file that the change found."""
    assert JournalEntry(role="manifest", before=A, afters=(B, C)).holds(now) == holds


@pytest.mark.parametrize(("now", "holds"), [(None, "before"), (B, "after"), (A, "edited")])
def test_holds_of_a_file_that_was_absent(now: str | None, holds: str) -> None:
    """The table of hashes, for a file that the change made."""
    assert JournalEntry(role="config", before=None, afters=(B,)).holds(now) == holds


def test_holds_of_an_after_image_that_is_the_before_image() -> None:
    """An edit that was taken back by a later one leaves nothing to undo."""
    assert JournalEntry(role="manifest", before=A, afters=(B, A)).holds(A) == "before"


def test_create_makes_a_private_folder_that_git_ignores(tmp_path: Path) -> None:
    """What we keep may hold what a manifest holds, and never shows in `git status`; twice is once."""
    state = StateFolder(tmp_path)
    for _ in range(2):
        state.create()
        assert state.folder.stat().st_mode & 0o7777 == 0o700
        assert (state.folder / ".gitignore").read_bytes() == b"*\n"


def test_create_refuses_a_file_in_its_place(tmp_path: Path) -> None:
    """A file named `.burnish` is somebody else's."""
    (tmp_path / ".burnish").write_bytes(b"mine")
    with pytest.raises(Refused):
        StateFolder(tmp_path).create()
    assert (tmp_path / ".burnish").read_bytes() == b"mine"


def test_finished_sorts_by_number_and_ignores_the_rest(tmp_path: Path) -> None:
    """Ten comes after nine, and what has another name is not ours."""
    state = StateFolder(tmp_path)
    state.create()
    for name in (
        "10000.kept.json",
        "0009.kept.json",
        "0010.rolled-back.json",
        "x.json",
        "0001.kept.json.tmp",
        "1.kept.json",
    ):
        (state.history / name).touch()
    found = [(finished.number, finished.outcome) for finished in state.finished()]
    assert found == [(9, "kept"), (10, "rolled-back"), (10000, "kept")]
