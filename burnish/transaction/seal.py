"""What this user wrote on this machine: a seal by a key in the user's own state folder.

A cloned repository can bring any file along in our folder, but none with the right seal.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
from pathlib import Path

from burnish.errors import Refused
from burnish.transaction import files

_KEY_BYTES = 32
_DIGEST = "sha256"


class Unsealed(ValueError):
    """This was not written by this user, on this machine, for this workspace."""


def seal(body: bytes, *, root: Path, user_state: Path) -> bytes:
    """Return a body behind a line that only this user can make, and only for the workspace at `root`."""
    return _seal(body, root, _made_key(user_state)) + b"\n" + body


def unseal(raw: bytes, *, root: Path, user_state: Path) -> bytes:
    """Return the body of what `seal` gave. Raise Unsealed for anything else."""
    line, _, body = raw.partition(b"\n")
    key = files.read_image(_key(user_state)).content
    if key is None or len(key) != _KEY_BYTES or not hmac.compare_digest(line, _seal(body, root, key)):
        raise Unsealed("it was not written by this user on this machine, for this folder")
    return body


def _seal(body: bytes, root: Path, key: bytes) -> bytes:
    workspace = os.fsencode(os.path.realpath(root))
    return hmac.new(key, workspace + b"\0" + body, _DIGEST).hexdigest().encode()


def _key(user_state: Path) -> Path:
    return user_state / "key"


def _made_key(user_state: Path) -> bytes:
    """Return the user's key; it is made once, and the first stays where two runs begin at once."""
    path = _key(user_state)
    try:
        if not path.exists():
            user_state.mkdir(mode=0o700, parents=True, exist_ok=True)
            ready = path.with_name(f"key.{secrets.token_hex(8)}")
            files.write_synced(ready, secrets.token_bytes(_KEY_BYTES))
            with contextlib.suppress(FileExistsError):
                files.DISK.link(ready, path)
            files.discard(ready)
    except OSError as error:
        raise Refused(
            f"cannot make a key in {user_state}: {error.strerror}",
            expected="a state folder that can be written (XDG_STATE_HOME)",
        ) from error
    return files.read_image(path).content or b""
