"""burnish with a writer that has no protocol, for the tests of the tests: `python -m tests.faults.naive ARGUMENTS`."""

from __future__ import annotations

from burnish.commands.cli import main
from burnish.transaction import files
from tests.faults.world import write_naively

if __name__ == "__main__":
    files.replace_durably = write_naively
    main()
