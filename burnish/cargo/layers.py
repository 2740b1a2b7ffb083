"""The configuration files that cargo reads for a project: found, read, and with what they include, nearest first."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from burnish.cargo.flags import ConfigLayer
from burnish.cargo.given_config import is_given_file
from burnish.errors import CHECK_COMMAND, Refused, UsageError
from burnish.system.redact import secrets_of, without_secrets
from burnish.text import shown
from burnish.toml.reading import read_toml
from burnish.transaction.files import read_image

MAX_INCLUDES = 64


def config_layers(
    folder: Path, cargo_home: Path, root: Path | None = None, given: Sequence[ConfigLayer] = ()
) -> list[ConfigLayer]:
    """Read cargo's configuration for a folder: `.cargo` of it and of each folder above, then of `cargo_home`.

    The legacy `config` hides a `config.toml` beside it. A file's includes follow it, the last named first. The files
    below `root`, which is the folder where nothing is said, are the project's own, but for those of `cargo_home`. What
    is `given` by `--config` goes before all files.
    Raise Refused for a file that cannot be read, and for a file that is included twice.
    """
    layers: list[ConfigLayer] = []
    for place in (*(above / ".cargo" for above in (folder, *folder.parents)), cargo_home):
        path = _config_file(place)
        if path and all(path.resolve() != Path(layer.path).resolve() for layer in layers):
            is_own = place != cargo_home and place.is_relative_to(root or folder)
            layers += (replace(layer, is_own=is_own) for layer in _with_includes(path, set()))
    return [*given, *layers]


def given_layers(config: Sequence[str], folder: Path) -> list[ConfigLayer]:
    """Read what `--config` gives to cargo in a folder, the strongest first, which is the last.

    As cargo does, take what names a file for that file, and all else for KEY=VALUE. Raise UsageError for what is
    neither, and for a secret: whoever looks at the machine's processes sees a command line.
    """
    layers: list[ConfigLayer] = []
    for text in config:
        found = _with_includes(folder / text, set()) if is_given_file(folder, text) else [_assigned(text)]
        layers = [*(replace(layer, is_own=False, is_given=True) for layer in found), *layers]
    return layers


def _assigned(text: str) -> ConfigLayer:
    """Read KEY=VALUE, which is one dotted key of TOML."""
    try:
        data = {} if "\n" in text else read_toml(text.encode(), "--config")
    except Refused:
        data = {}
    if _leaf_count(data) != 1 or text.lstrip().startswith("["):
        raise UsageError(
            f"--config {shown(without_secrets(text))} is neither a file nor KEY=VALUE",
            expected="the path of a file, or such as 'profile.release.lto=\"thin\"'",
        )
    if any(secrets_of(data)):
        raise UsageError(
            f"--config {shown(without_secrets(text))} holds a secret, and all that run on this machine see it there",
            expected="secrets in a file, in the variable that cargo takes, or by `cargo login`",
        )
    return ConfigLayer(path=f"--config {text}", data=data)


def _leaf_count(value: object) -> int:
    return sum(map(_leaf_count, value.values())) if isinstance(value, dict) and value else int(value != {})


def known_secrets(
    folder: Path, cargo_home: Path, env: Mapping[str, str], given: Sequence[ConfigLayer] = ()
) -> frozenset[str]:
    """Return the secrets that cargo gets in a folder: from its configuration, its credentials and its environment.

    Raise Refused for a file that cannot be read.
    """
    credentials = (
        path for path in (cargo_home / "credentials.toml", cargo_home / "credentials") if os.path.lexists(path)
    )
    data = [layer.data for layer in config_layers(folder, cargo_home, given=given)]
    data += [_read(path) for path in credentials]
    variables = {name: value for name, value in env.items() if name.startswith("CARGO_")}
    return frozenset(secret for source in (*data, variables) for secret in secrets_of(source))


def _config_file(folder: Path) -> Path | None:
    return next((path for path in (folder / "config", folder / "config.toml") if os.path.lexists(path)), None)


def _read(path: Path) -> dict[str, Any]:
    # A pipe would make us, and cargo, wait for ever; a device would have no end.
    image = read_image(path)
    if image.content is None:
        raise _bad_include(path, "is not there")
    return read_toml(image.content, str(path))


def _with_includes(path: Path, seen: set[Path]) -> Iterator[ConfigLayer]:
    # Cargo refuses a file that is included twice, even where that makes no circle.
    if path.resolve() in seen or len(seen) >= MAX_INCLUDES:
        raise _bad_include(path, f"is included twice, or is one of more than {MAX_INCLUDES} includes")
    seen.add(path.resolve())
    data = _read(path)
    yield ConfigLayer(path=str(path), data=data)
    for name, is_optional in reversed(list(_includes(data, path))):
        included = path.parent / name
        if included.exists() or not is_optional:
            yield from _with_includes(included, seen)


def _includes(data: dict[str, Any], path: Path) -> Iterator[tuple[str, bool]]:
    include = data.get("include", [])
    for item in include if isinstance(include, list) else [include]:
        table = {"path": item} if isinstance(item, str) else item
        name = table.get("path") if isinstance(table, dict) else None
        if not isinstance(name, str) or not name.endswith(".toml") or "\0" in name:
            raise _bad_include(path, "includes what is not the path of a .toml file")
        yield name, table.get("optional") is True


def _bad_include(path: Path, what: str) -> Refused:
    return Refused(f"{path} {what}", expected="a configuration that cargo can load", next_command=CHECK_COMMAND)
