"""A disk filled to its last byte, as a program of its own: `python -m tests.faults.full_disk FOLDER CRATE`.

FOLDER is a file system of its own. A copy of the crate in it is changed, the disk is filled, and the change is undone;
then another change is tried on the full disk. Prints one JSON object with what came of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import Crate


def fill(folder: Path) -> None:
    """Write until not one byte more can be written, and no file more can be made."""
    for size in (65536, 4096, 1):
        with contextlib.suppress(OSError), (folder / f"ballast-{size}").open("wb", buffering=0) as ballast:
            while ballast.write(b"x" * size) == size:
                pass
    with contextlib.suppress(OSError):
        for number in range(100_000):
            (folder / f"file-{number}").touch()


def burnish(crate: Crate, *arguments: str) -> tuple[int, str]:
    """Run burnish, with the user's state folder on the same disk; return its exit status and message."""
    env = {**os.environ, "XDG_STATE_HOME": str(crate.root.parent / "state")}
    argv = [sys.executable, "-m", "burnish", *arguments, "--project", str(crate.root)]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def main() -> None:
    """Apply, fill, roll back; apply again."""
    folder, original = Path(sys.argv[1]), Path(sys.argv[2])
    crate = Crate(root=folder / "hello")
    shutil.copytree(original, crate.root)
    before = crate.tree()
    applied = [burnish(crate, step, "--recipe", "phase1") for step in ("apply-profile", "write-config")]
    is_changed = crate.tree() != before
    fill(folder)
    rolled_back = burnish(crate, "rollback")
    is_restored = crate.tree() == before
    fill(folder)
    refused = burnish(crate, "apply-profile", "--recipe", "phase1")
    result = {
        "applied": [status for status, _ in applied],
        "is_changed": is_changed,
        "free_bytes": shutil.disk_usage(folder).free,
        "rolled_back": rolled_back,
        "is_restored": is_restored,
        "refused": refused,
        "is_untouched": crate.tree() == before,
    }
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main()
