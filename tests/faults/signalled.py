"""burnish, sent a signal in the midst of `optimize`: `python -m tests.faults.signalled NUMBER AT STORM ARGUMENTS`.

The signal NUMBER comes at the AT-th call of a function of burnish from the first line of the flow on, or at the first
call of the function that AT names; with a STORM of 1 at each call after it, too. The last line of stderr tells the
number of calls.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import FrameType

import burnish
from burnish.commands.cli import main

OURS = str(Path(burnish.__file__).parent)


class Signalling:
    """Counts the calls, and sends the signal."""

    def __init__(self, number: int, at: str, *, storm: bool) -> None:
        self.number, self.at, self.storm = number, at, storm
        self.calls = 0
        self.has_begun = self.has_come = False

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        """See one call or return of the main thread."""
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(OURS):
            return
        self.has_begun |= (code.co_name, Path(code.co_filename).name) == ("whole_flow", "optimize.py")
        self.calls += self.has_begun
        if self.has_begun and (self.at in {str(self.calls), code.co_name} or (self.has_come and self.storm)):
            self.has_come = True
            os.kill(os.getpid(), self.number)


if __name__ == "__main__":
    number, at, storm, *arguments = sys.argv[1:]
    signalling = Signalling(int(number), at, storm=storm == "1")
    sys.argv = ["burnish", *arguments]
    sys.setprofile(signalling)
    try:
        main()
    finally:
        sys.setprofile(None)
        sys.stderr.write(f"calls: {signalling.calls}\n")
