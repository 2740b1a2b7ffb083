"""Where a project's workspace is, by cargo's own answer."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path

from burnish.errors import Refused
from burnish.process import Programs
from burnish.transaction.files import read_image

# A key may be written with escapes, too.
_MAY_NAME_WORKSPACE = re.compile(rb"workspace|\\[uU]")


def workspace_root(programs: Programs, folder: Path, timeout_seconds: float) -> Path | None:
    """Give the root of the workspace that a folder is in; None where cargo cannot say."""
    with contextlib.suppress(Refused, OSError, ValueError, KeyError, TypeError):
        return _lone_root(folder.resolve()) or _ask_cargo(programs, folder, timeout_seconds)
    return None


def _lone_root(folder: Path) -> Path | None:
    """Give the folder of the only manifest from here upward, where that names no workspace: it can belong to none."""
    manifests = [place / "Cargo.toml" for place in (folder, *folder.parents) if (place / "Cargo.toml").exists()]
    is_lone = len(manifests) == 1 and not _MAY_NAME_WORKSPACE.search(read_image(manifests[0]).content or b"")
    return manifests[0].parent if is_lone else None


def _ask_cargo(programs: Programs, folder: Path, timeout_seconds: float) -> Path | None:
    # As JSON: in plain text cargo drops what a terminal would act on, which may be part of a folder's name.
    argv = ["cargo", "locate-project", "--workspace", "--message-format=json"]
    found = programs.run(argv, cwd=folder, timeout_seconds=timeout_seconds)
    return Path(json.loads(found.stdout)["root"]).parent if found.ok else None
