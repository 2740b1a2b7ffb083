"""What the comments of a TOML file say of its keys. Pure."""

from __future__ import annotations

import re

_TABLE = re.compile(r"\[([^\[\]]+)\]\s*(?:#.*)?$")
_KEY = re.compile(r"([\w-]+(?:\.[\w-]+)*)\s*=")
_DEFINITION = re.compile(r"#\s{3,}(\S.*?)\s{2,}(\S.*)$")
_CONTINUED = re.compile(r"#\s{6,}(\S.*)$")


def comments_of_keys(text: str) -> dict[str, str]:
    """Return for each dotted key of a TOML text the comment directly above it; "" where there is none."""
    found, above, table = {}, [], ""
    for line in text.splitlines():
        if line.startswith("#"):
            above.append(line.lstrip("#").strip())
            continue
        if opened := _TABLE.match(line):
            table = f"{opened[1]}."
        elif key := _KEY.match(line):
            found[table + key[1]] = " ".join(above)
        above = []
    return found


def definitions(text: str) -> dict[str, str]:
    """Return what the comments of a text define: `#   name, other name   what they mean`, and further lines of it."""
    found: dict[str, str] = {}
    names: list[str] = []
    for line in text.splitlines():
        if begun := _DEFINITION.match(line):
            names = begun[1].split(", ")
            found |= dict.fromkeys(names, begun[2])
        elif names and (more := _CONTINUED.match(line)):
            found |= {name: f"{found[name]} {more[1]}" for name in names}
        else:
            names = []
    return found
