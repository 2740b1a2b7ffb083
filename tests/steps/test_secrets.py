"""E2: what cargo's configuration keeps secret is in nothing that we say or leave behind, whatever cargo says."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Crate, Run, Tried

pytestmark = [pytest.mark.cargo, pytest.mark.promise("E2")]
# Every canary is another value, so that a leak names its origin.
CONFIG = """\
[registry]
token = "CANARY-registry-token"
credential-provider = ["cargo:token-from-stdout", "print", "CANARY-provider-argument"]

[registries.mine]
index = "sparse+https://somebody:CANARY-index-password@registry.example.org/index/"
"\\u0074oken" = 'CANARY-escaped-key'
secret-key = '''CANARY-secret-key'''

[registries.third]
index = "https://CANARY-index-token@registry.example.org/index.git"

[http]
proxy = "https://me:CANARY-proxy-password@proxy.example.org:3128"

[env]
MY_API_TOKEN = { value = "CANARY-environment-token", force = true }

[target.x86_64-unknown-linux-gnu]
rustflags = ["--cfg", "mine"]
"""
CREDENTIALS = '[registries.mine]\ntoken = "CANARY-credentials-token"\n'
ENVIRONMENT = {"CARGO_REGISTRIES_OTHER_TOKEN": "CANARY-variable-token"}
# Says all of it, whole and each value by itself, before it does what cargo does.
STUB = """\
#!/bin/sh
echo "error: registry said: $CARGO_REGISTRIES_OTHER_TOKEN" >&2
cat '{config}' '{credentials}' >&2
grep -oh 'CANARY-[a-z-]*' '{config}' '{credentials}' >&2
{then}
"""
KEPT_CONTENTS = {"blobs", "spares", "saved"}


@pytest.fixture
def talkative(crate: Crate, tmp_path: Path) -> dict[str, str]:
    """Return an environment in which cargo says all that it knows."""
    crate.write({".cargo/config.toml": CONFIG})
    crate.commit()
    home = tmp_path / "cargo-home"
    home.mkdir()
    (home / "credentials.toml").write_text(CREDENTIALS, encoding="utf-8")
    _write_stub(crate, tmp_path, f"exec '{shutil.which('cargo')}' \"$@\"")
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    return {**ENVIRONMENT, "CARGO_HOME": str(home), "PATH": path}


def _write_stub(crate: Crate, tmp_path: Path, then: str) -> None:
    stub = tmp_path / "bin" / "cargo"
    stub.parent.mkdir(exist_ok=True)
    config, credentials = crate.root / ".cargo/config.toml", tmp_path / "cargo-home" / "credentials.toml"
    stub.write_text(STUB.format(config=config, credentials=credentials, then=then), encoding="utf-8")
    stub.chmod(0o755)


def _left_behind(*folders: Path) -> Iterator[Path]:
    """Yield what a run wrote, but the contents of the user's own files, which are kept for the way back."""
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        if not (KEPT_CONTENTS.intersection(path.parts) or re.fullmatch("[0-9a-f]{64}", path.name)):
            yield path


def _canaries(text: str) -> set[str]:
    return set(re.findall("CANARY-[a-z-]*", text))


def test_no_secret_comes_out_of_a_whole_run(
    crate: Crate, burnish: Run, talkative: dict[str, str], tmp_path: Path, tried: Tried
) -> None:
    """Neither the terminal, the reports, the logs nor the journal hold one."""
    reports = tmp_path / "reports"
    calls = [("plan", "--recipe", "phase1"), ("plan", "--json"), ("doctor",), ("status", "--json")]
    calls += [("optimize", "--report-dir", str(reports)), ("status",), ("rollback", "--json")]
    for words in calls:
        finished = burnish(*words, cwd=crate.root, env=talkative)
        assert finished.returncode == 0, finished.stderr
        assert _canaries(finished.stdout + finished.stderr) == set(), words
        assert "--json" not in words or json.loads(finished.stdout)
    found = list(_left_behind(crate.root / ".burnish", crate.root / "target" / "burnish", reports, tmp_path / "state"))
    assert {path.name for path in found} >= {"report.json", "report.html", "0001.rolled-back.json"}
    leaks = {path: _canaries(path.read_bytes().decode("utf-8", "replace")) for path in found}
    assert {path: canaries for path, canaries in leaks.items() if canaries} == {}
    tried("E2", cases=len(calls) + len(found))


def test_no_secret_comes_out_of_a_refusal(
    crate: Crate, burnish: Run, talkative: dict[str, str], tmp_path: Path, tried: Tried
) -> None:
    """What cargo said when it failed is shown without them."""
    _write_stub(crate, tmp_path, "exit 101")
    for words in (("plan",), ("optimize",), ("optimize", "--json"), ("doctor",)):
        finished = burnish(*words, cwd=crate.root, env=talkative)
        assert finished.returncode == 3, finished.stderr
        assert "registry said" in finished.stderr
        assert _canaries(finished.stdout + finished.stderr) == set(), words
    tried("E2", cases=4)
