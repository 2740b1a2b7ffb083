"""Where a project's workspace is, by cargo's own answer."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from burnish.errors import Refused
from burnish.process import Programs


def workspace_root(programs: Programs, folder: Path, timeout_seconds: float) -> Path | None:
    """Give the root of the workspace that a folder is in; None where cargo cannot say."""
    # As JSON: in plain text cargo drops what a terminal would act on, which may be part of a folder's name.
    argv = ["cargo", "locate-project", "--workspace", "--message-format=json"]
    with contextlib.suppress(Refused, ValueError, KeyError, TypeError):
        found = programs.run(argv, cwd=folder, timeout_seconds=timeout_seconds)
        return Path(json.loads(found.stdout)["root"]).parent if found.ok else None
    return None
