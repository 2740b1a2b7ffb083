"""The runner that cargo starts in place of an executable: it writes down how it was started, and no more.

It is a program by itself and imports nothing of ours. Its arguments: a folder, the executable, the executable's own.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile


def record(folder: str, argv: list[str]) -> None:
    """Write the arguments, the current folder and the environment to a new JSON file in `folder`."""
    env = {name: value for name, value in os.environ.items() if is_text(name + value)}
    document = {"argv": argv, "cwd": os.getcwd(), "env": env}  # noqa: PTH109 - pathlib takes long to import
    descriptor, _ = tempfile.mkstemp(suffix=".json", dir=folder)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file)


def is_text(value: str) -> bool:
    """Return whether a variable is Unicode text, as all that cargo sets is."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


if __name__ == "__main__":
    record(sys.argv[1], sys.argv[2:])
