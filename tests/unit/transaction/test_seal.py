"""The seal: what this user wrote for this folder is read again, and nothing else."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from burnish.errors import Refused
from burnish.transaction.seal import Unsealed, seal, unseal

BODY = b'{"copies": {"baseline": "/bin/true"}}'


@pytest.mark.promise("E1")
def test_unseal_gives_what_was_sealed(tmp_path: Path) -> None:
    """The same user and folder read it back; the key is private, and is not made twice."""
    raw = seal(BODY, root=tmp_path, user_state=tmp_path / "state")
    assert unseal(raw, root=tmp_path, user_state=tmp_path / "state") == BODY
    assert seal(BODY, root=tmp_path, user_state=tmp_path / "state") == raw
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["key"]
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / "state" / "key").stat().st_mode) == 0o600


@pytest.mark.promise("E1")
def test_unseal_refuses_what_others_sealed(tmp_path: Path) -> None:
    """Another user's, another folder's, a changed one, one without a seal, and any where there is no key."""
    mine, yours = tmp_path / "mine", tmp_path / "yours"
    raw = seal(BODY, root=tmp_path, user_state=mine)
    foreign = seal(BODY, root=tmp_path, user_state=yours)
    elsewhere = seal(BODY, root=tmp_path / "other", user_state=mine)
    for forged in (foreign, elsewhere, raw + b" ", raw[:-1], BODY, b"\n" + BODY, b""):
        with pytest.raises(Unsealed):
            unseal(forged, root=tmp_path, user_state=mine)
    with pytest.raises(Unsealed):
        unseal(raw, root=tmp_path, user_state=tmp_path / "none")


@pytest.mark.promise("E1")
@pytest.mark.parametrize("key", [b"", b"short"])
def test_unseal_trusts_no_damaged_key(tmp_path: Path, key: bytes) -> None:
    """A key that anybody could guess seals nothing."""
    (tmp_path / "key").write_bytes(key)
    raw = seal(BODY, root=tmp_path, user_state=tmp_path)
    with pytest.raises(Unsealed):
        unseal(raw, root=tmp_path, user_state=tmp_path)


def test_seal_without_a_place_for_the_key_is_refused(tmp_path: Path) -> None:
    """Where the user's state folder cannot be made, that is said."""
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="cannot make a key"):
        seal(BODY, root=tmp_path, user_state=tmp_path / "file" / "state")
