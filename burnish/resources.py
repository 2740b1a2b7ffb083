"""The data that comes with burnish: `config/` in a checkout, `burnish/config/` once installed."""

from __future__ import annotations

from pathlib import Path

from burnish.errors import Refused

_PACKAGE = Path(__file__).resolve().parent


def config_file(name: str) -> Path:
    """Return the path of a file of `config/`."""
    installed = _PACKAGE / "config" / name
    return installed if installed.exists() else _PACKAGE.parent / "config" / name


def checkout() -> Path | None:
    """Return the root of the checkout that this package runs from, or None when it is installed elsewhere."""
    root = _PACKAGE.parent
    return root if (root / "examples" / "pyrust" / "Cargo.toml").exists() else None


def current_folder() -> Path:
    """Return the current folder. Raise Refused where somebody has removed it."""
    try:
        return Path.cwd()
    except OSError as error:
        raise Refused(
            f"the current folder cannot be used: {error.strerror}",
            expected="a folder that is still there",
            next_command="cd to the project's folder, then the same again",
        ) from error
