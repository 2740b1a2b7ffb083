"""burnish under strace: the system calls by which it changes something, and an end by SIGKILL at one of them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Whatever CPython and the C library use to change files and folders on Linux. To sync changes nothing that a later
# process could see; what a power loss would is tried elsewhere.
MUTATING = (
    "openat", "write", "pwrite64", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "unlink", "unlinkat",
    "mkdir", "mkdirat", "rmdir", "ftruncate", "chmod", "fchmod", "fchown", "utimensat", "setxattr", "fsetxattr",
    "sendfile", "copy_file_range",
)  # fmt: skip
ROOT = Path(__file__).parents[2]
_CALL = re.compile(r"(\w+)\((.*)")
_KILLED = -9


@dataclass(frozen=True, kw_only=True)
class SystemCall:
    """One call: `at` is its number among those of its name, from 1."""

    name: str
    at: int


@dataclass(frozen=True, kw_only=True)
class Traced:
    """burnish with its arguments, environment and folder, to be run under strace."""

    arguments: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    log: Path
    module: str = "burnish"

    def mutating_calls(self, *places: Path) -> list[SystemCall]:
        """Run once; return the calls that change something below one of the places, but for cargo's target folder."""
        if self._run_traced(f"trace={','.join(MUTATING)}") != 0:
            raise RuntimeError("burnish failed where nothing was done to it")
        count: Counter[str] = Counter()
        found = []
        for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines():
            match = _CALL.match(line)
            if match is None:
                continue
            count[match[1]] += 1
            if any(str(place) in match[2] for place in places) and _changes_something(match[1], match[2]):
                found.append(SystemCall(name=match[1], at=count[match[1]]))
        return found

    def is_killed(self, call: SystemCall) -> bool:
        """Run and kill it at one call, before that has an effect; say whether it came to that."""
        return self._run_traced(f"inject={call.name}:signal=KILL:error=EIO:when={call.at}") == _KILLED

    def run(self, *tracer: str) -> int:
        """Run to the end, under a tracer or not, and return the exit status."""
        argv = [*tracer, sys.executable, "-m", self.module, *self.arguments]
        env = {**self.env, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(ROOT)}
        return subprocess.run(argv, cwd=self.cwd, env=env, capture_output=True, timeout=300, check=False).returncode

    def _run_traced(self, expression: str) -> int:
        return self.run("strace", "-qq", "-y", "-s", "0", "-o", str(self.log), "-e", expression)


def _changes_something(name: str, arguments: str) -> bool:
    is_read_only = name == "openat" and not re.search(r"O_WRONLY|O_RDWR|O_CREAT", arguments)
    has_failed = " = -1 E" in arguments
    return not is_read_only and not has_failed and "/target/" not in arguments
