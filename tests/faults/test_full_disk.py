"""A5: a rollback needs no space, on a real file system that has none."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Crate

ROOT = Path(__file__).parents[2]
MOUNT = 'mount -t tmpfs -o size=600k,nr_inodes=400 none "$1" && exec "$2" -m tests.faults.full_disk "$1" "$3"'


@pytest.mark.promise("A5")
@pytest.mark.skipif(sys.platform != "linux", reason="namespaces")
def test_rollback_on_a_full_disk(
    crate: Crate, user_env: dict[str, str], tmp_path: Path, tried: Callable[..., None]
) -> None:
    """With not a byte left everything is put back, and the next change is refused untouched."""
    disk = tmp_path / "disk"
    disk.mkdir()
    unshare = shutil.which("unshare") or "unshare"
    if subprocess.run([unshare, "-rm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this kernel lets no user mount")
    shutil.rmtree(crate.root / ".git")
    crate.write({".cargo/config.toml": '[alias]\nb = "build"\n'})  # a file that goes would make room for the next
    argv = [unshare, "-rm", "sh", "-c", MOUNT, "sh", str(disk), sys.executable, str(crate.root)]
    done = subprocess.run(argv, cwd=ROOT, env=user_env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["applied"], result["is_changed"], result["free_bytes"]) == ([0, 0], True, 0)
    assert (result["rolled_back"][0], result["is_restored"]) == (0, True), result["rolled_back"][1]
    assert (result["refused"][0], result["is_untouched"]) == (3, True), result["refused"][1]
    assert "No space left" in result["refused"][1]
    tried("A5", cases=2)
