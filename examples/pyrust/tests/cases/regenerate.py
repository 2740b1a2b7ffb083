"""Run every case with the CPython that runs this script, and record what it does.

For each CASE.py, CASE.out holds what the program prints. For a program that fails, CASE.err holds
the name of the exception and the line it is reported at.

    python tests/cases/regenerate.py           write the files
    python tests/cases/regenerate.py --check   compare them; exit status 1 on a difference
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
TIME_LIMIT_SECONDS = 60


def main() -> int:
    """Write or check the recordings; return the exit status."""
    parser = argparse.ArgumentParser(description="Record what CPython does with every case.")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    check_only = parser.parse_args().check
    cases = sorted(path for path in FOLDER.glob("*.py") if path != Path(__file__).resolve())
    with ThreadPoolExecutor() as pool:
        recordings = list(pool.map(record, cases))
    expected = {path: content for files in recordings for path, content in files.items()}
    recorded = {path for pattern in ("*.out", "*.err") for path in FOLDER.glob(pattern)}
    stale = sorted(recorded - expected.keys())
    changed = sorted(path for path, content in expected.items() if read(path) != content)
    for path in stale + changed:
        print(f"{'differs' if check_only else 'rewritten'}: {path.name}")
    if check_only:
        return 1 if stale or changed else 0
    for path in stale:
        path.unlink()
    for path in changed:
        path.write_bytes(expected[path])
    return 0


def record(case: Path) -> dict[Path, bytes]:
    """Run `case` and return the content of each of its files."""
    command = [sys.executable, "-I", "-X", "utf8", "-W", "ignore", str(case)]
    result = subprocess.run(
        command, capture_output=True, stdin=subprocess.DEVNULL, timeout=TIME_LIMIT_SECONDS
    )
    files = {case.with_suffix(".out"): result.stdout.replace(b"\r\n", b"\n")}
    if result.returncode != 0:
        files[case.with_suffix(".err")] = summarise(result.stderr.decode()).encode()
    return files


def summarise(traceback: str) -> str:
    """Return the exception's name and the last line number of `traceback`."""
    lines = re.findall(r'^  File ".*", line (\d+)', traceback, re.MULTILINE)
    exception = traceback.rstrip().rpartition("\n")[2].partition(":")[0]
    return f"{exception} on line {lines[-1]}\n"


def read(path: Path) -> bytes | None:
    """Return the content of `path`, or None where there is no such file."""
    return path.read_bytes() if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
