"""`python -m burnish.platforms TRIPLE`: say why a platform does not run on this host; say nothing where it does."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from burnish.cargo.toolchain import read_toolchain
from burnish.console import Console
from burnish.platforms import load_platforms, why_not_here
from burnish.process import Programs
from burnish.resources import config_file

_QUERY_SECONDS = 60.0


def main() -> None:
    """Print the reason, if there is one."""
    platforms = load_platforms(config_file("platforms.toml").read_bytes())
    host = read_toolchain(Programs(env=os.environ), Path.cwd(), _QUERY_SECONDS).host
    reason = why_not_here(platforms[sys.argv[1]], host)
    if reason:
        Console(env=os.environ).result(f"not on this host, {host}: {reason}")


if __name__ == "__main__":
    main()
