"""The workflows that pages show, each as a file: `python -m guide.workflows FOLDER` writes them, to be checked as such.

What is shown without saying when it runs gets a time; parts without jobs, and GitLab's, are left out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from guide.blocks import code_blocks
from guide.capture_list import ROOT


def main(folder: Path) -> None:
    """Write each workflow into a folder, which is made where it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in shown_workflows():
        (folder / name).write_text(text, encoding="utf-8")


def shown_workflows() -> Iterator[tuple[str, str]]:
    """Yield the workflows of all pages, each with a name for its file."""
    for page in sorted((ROOT / "docs").rglob("*.md")):
        for block in code_blocks(page.read_text(encoding="utf-8")):
            if block.kind == "workflow" and "jobs:" in block.lines:
                when = [] if any(line.startswith("on:") for line in block.lines) else ["on: push"]
                yield f"{page.stem}-{block.line}.yml", "\n".join([*when, *block.lines, ""])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
