"""`python -m burnish.platforms TRIPLE`: say why a platform cannot be built on this host; say nothing where it can."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from burnish.console import Console
from burnish.errors import Refused
from burnish.opening import open_run
from burnish.platforms.finding import require_complete
from burnish.options import Options


def main() -> None:
    """Print the reason, if there is one."""
    console = Console(env=os.environ)
    run = open_run(Options(platform=sys.argv[1]), console=console, env=os.environ, cwd=Path.cwd(), fresh=True)
    try:
        require_complete(run.found, run.platform)
    except Refused as refusal:
        console.result(refusal.found)


if __name__ == "__main__":
    main()
