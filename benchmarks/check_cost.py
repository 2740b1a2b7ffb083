"""What a check costs beside the plain commands it stands for: `python benchmarks/check_cost.py [--repeat 3]`.

A small repository of two commits, and in turn: what a user would type, `git worktree add` of the commit before,
`cargo build --release` of both in fresh target folders, and as many hyperfine rounds of both binaries as the check
takes; then `burnish check --against HEAD~1` where nothing is built yet, and again, where the commit before is known.
The plain commands look into no file, compare no behaviour, time no floor, name no cause and leave no record.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sysconfig
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.ten_commits import check, history, make_commit
from burnish.system.process import Programs

SCRIPTS = Path(sysconfig.get_path("scripts"))


def run(folder: Path, *argv: str, env: Mapping[str, str] | None = None) -> float:
    """Run a command that must succeed, and return how many seconds it took."""
    finished = Programs(env={**os.environ, **(env or {})}).run(argv, cwd=folder, timeout_seconds=1800.0)
    if not finished.ok:
        raise SystemExit(finished.stderr.decode())
    return finished.seconds


def plain(root: Path, startup: Mapping[str, Any]) -> float:
    """Return what the plain commands took, which time each binary as often as a check did."""
    with tempfile.TemporaryDirectory() as scratch:
        other, targets = Path(scratch) / "before", [Path(scratch) / name for name in ("now-target", "before-target")]
        seconds = run(root, "git", "worktree", "add", "--detach", "--quiet", str(other), "HEAD~1")
        for folder, target in zip((root, other), targets, strict=True):
            seconds += run(folder, "cargo", "build", "--release", "--quiet", env={"CARGO_TARGET_DIR": str(target)})
        arguments = " ".join(f"'{argument}'" for argument in startup["command"][1:])
        options = ("--runs", str(startup["runs"]), "--warmup", "5", "--style", "none")
        for _ in range(startup["rounds"]):
            for target in targets:
                command = f"{target / 'release' / 'tool'} {arguments}".strip()
                seconds += run(root, str(SCRIPTS / "hyperfine"), *options, command)
        return seconds + run(root, "git", "worktree", "remove", "--force", str(other))


def main() -> None:
    """Take all three in turn and print what each took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--repeat", type=int, default=3)
    repeat = parser.parse_args().repeat
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "tool"
        root.mkdir()
        run(root, "git", "init", "-q", "-b", "main")
        for commit in history()[:2]:
            make_commit(root, commit)
        for _ in range(repeat):
            shutil.rmtree(root / "target", ignore_errors=True)
            report, first = check(root, "HEAD~1", {})
            _, again = check(root, "HEAD~1", {})
            by_hand = plain(root, report["candidate"]["startup"])
            told = ", ".join(f"{seconds:.1f} s (ratio {seconds / by_hand:.2f})" for seconds in (first, again))
            print(f"plain commands {by_hand:.1f} s; a check, and again with the commit known: {told}", flush=True)


if __name__ == "__main__":
    main()
