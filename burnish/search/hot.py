"""The packages that the user calls hot: they do the work, and are optimised for speed in every candidate."""

from __future__ import annotations

from burnish.cargo.recipe import Recipe, read_recipe
from burnish.cargo.toml import read_toml
from burnish.errors import UsageError
from burnish.run import Run
from burnish.text import did_you_mean

_SETTING = "search.hot"
_REASON = f"{_SETTING} names it: it does the work, and is optimised for speed whatever is tried for the rest"


def locked_packages(run: Run) -> set[str]:
    """Give the names of the packages in Cargo.lock, which is there once something was built."""
    packages = read_toml(run.state.image("lockfile").content or b"", "Cargo.lock").get("package", [])
    return {str(package["name"]) for package in packages}


def hot_recipe(run: Run) -> Recipe:
    """Give what optimises the hot packages for speed. Raise UsageError for one that the project does not have."""
    hot = run.resolved.settings.search.hot
    known = locked_packages(run) if hot else set()
    for name in hot:
        if known and name not in known:
            raise UsageError(
                f'{_SETTING} names "{name}", which is no package in Cargo.lock{did_you_mean(name, known)}',
                expected="names of packages that the program is made of",
                next_command="cargo tree, which lists them",
            )
    packages = {name: {"opt-level": {"value": 3, "reason": _REASON}} for name in hot}
    return read_recipe("hot packages", {"profile": {"package": packages}}, _SETTING)
