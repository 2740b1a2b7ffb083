"""Where a project's workspace is: by cargo's own answer, wherever there is more than one."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from burnish.errors import Refused
from burnish.system.process import Programs
from burnish.toml.reading import read_toml
from burnish.transaction.files import read_image


def workspace_root(programs: Programs, folder: Path, timeout_seconds: float) -> Path | None:
    """Return the root of the workspace that a folder is in; None where cargo cannot say."""
    with contextlib.suppress(Refused, OSError, ValueError, KeyError, TypeError):
        return _lone_root(folder) or _ask_cargo(programs, folder, timeout_seconds)
    return None


def _lone_root(folder: Path) -> Path | None:
    """Return the folder of the only manifest from here upward, unless it names a workspace elsewhere.

    What we cannot read is cargo's to read.
    """
    with contextlib.suppress(Refused, OSError):
        here = folder.resolve()
        folders = [place for place in (here, *here.parents) if (place / "Cargo.toml").exists()]
        if len(folders) == 1:
            package = read_toml(read_image(folders[0] / "Cargo.toml").content or b"", "Cargo.toml").get("package")
            return folders[0] if isinstance(package, dict) and "workspace" not in package else None
    return None


def _ask_cargo(programs: Programs, folder: Path, timeout_seconds: float) -> Path | None:
    # As JSON: in plain text cargo drops what a terminal would act on, which may be part of a folder's name.
    argv = ["cargo", "locate-project", "--workspace", "--message-format=json"]
    found = programs.run(argv, cwd=folder, timeout_seconds=timeout_seconds)
    return Path(json.loads(found.stdout)["root"]).parent if found.ok else None
