"""Cargo's runner for test executables: run each test by itself and note its exit status, whatever it prints.

    CARGO_TARGET_<TRIPLE>_RUNNER="python run_each.py" RUN_EACH_RESULTS=FOLDER cargo test --tests

It is no part of burnish and reads nobody's summary: one process is one test. What is no libtest harness is one test as
a whole. Standard library only, so that any Python can start it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

_SECONDS = 60


def run(argv: list[str]) -> tuple[int, str]:
    """Return the exit status and the output of one process, of a second one where the first failed: real suites do."""
    status, text = run_once(argv)
    return (status, text) if status == 0 else run_once(argv)


def run_once(argv: list[str]) -> tuple[int, str]:
    """Return the exit status and the output of one process."""
    try:
        done = subprocess.run(argv, capture_output=True, timeout=_SECONDS, check=False, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return 124, ""
    return done.returncode, done.stdout.decode(errors="replace")


def list_tests(executable: str) -> list[str] | None:
    """Return the names of a libtest harness's tests, None where it is another harness."""
    status, text = run([executable, "--list", "--format", "terse"])
    lines = [line for line in text.splitlines() if line.strip()]
    if status or any(not line.endswith((": test", ": benchmark")) for line in lines):
        return None
    return [line.removesuffix(": test") for line in lines if line.endswith(": test")]


def main(executable: str, arguments: list[str]) -> int:
    """Run the tests of one executable, and leave its results in the folder."""
    names = list_tests(executable)
    if names is None:
        results = {"(whole)": run([executable, *arguments])[0]}
    else:
        results = {name: run([executable, "--exact", name])[0] for name in names}
    stem = re.sub(r"-[0-9a-f]{16}$", "", Path(executable).stem)
    found = {"executable": stem, "results": results}
    place = Path(os.environ["RUN_EACH_RESULTS"]) / f"{stem}-{os.getpid()}.json"
    place.write_text(json.dumps(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
