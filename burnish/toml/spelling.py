"""How keys and values are written in TOML. tomlkit writes them."""

from __future__ import annotations

import re

import tomli
import tomlkit

from burnish.toml.data import TomlValue

Path = tuple[str, ...]
_KEY_PART = re.compile(r'"(?:[^"\\]|\\.)*+"|\'[^\']*+\'|[A-Za-z0-9_-]++')


def split_key(text: str) -> Path:
    """Take a dotted key apart, as `package."*".opt-level`."""
    return tuple(_bare_key(part) for part in _KEY_PART.findall(text))


def _bare_key(part: str) -> str:
    if part.startswith('"') and "\\" in part:
        return str(tomli.loads(f"key = {part}")["key"])
    return part[1:-1] if part[0] in "\"'" else part


def join_key(path: Path) -> str:
    """Write the dotted key of a path."""
    return ".".join(tomlkit.key(part).as_string() for part in path)


def literal(value: TomlValue) -> str:
    """Write a value."""
    return tomlkit.item(value).as_string()


def value_of(text: str) -> object:
    """Read a value as it is written."""
    return tomli.loads(f"value = {text}")["value"]
