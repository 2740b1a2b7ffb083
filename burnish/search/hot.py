"""The packages that the user calls hot: they do the work, and are optimised for speed in every candidate."""

from __future__ import annotations

from burnish.cargo.toml import read_toml
from burnish.errors import UsageError
from burnish.job.recipe import Recipe, read_recipe
from burnish.job.run import Run
from burnish.text import did_you_mean

_SETTING = "search.hot"
_REASON = f"{_SETTING} names it: it does the work, and is optimised for speed whatever is tried for the rest"


def hot_recipe(run: Run) -> Recipe:
    """Give what optimises the hot packages for speed. Raise Refused where there are too many to write."""
    hot = run.resolved.settings.search.hot
    packages = {name: {"opt-level": {"value": 3, "reason": _REASON}} for name in hot}
    return read_recipe("hot packages", {"profile": {"package": packages}}, _SETTING)


def require_known(run: Run) -> None:
    """Raise UsageError for a hot package that is not in Cargo.lock; without that file nothing is known."""
    known = _locked_packages(run)
    unknown = [name for name in run.resolved.settings.search.hot if known and name not in known]
    if unknown:
        raise UsageError(
            f'{_SETTING} names "{unknown[0]}", which is no package in Cargo.lock{did_you_mean(unknown[0], known)}',
            expected="names of packages that the program is made of",
            next_command="cargo tree, which lists them",
        )


def _locked_packages(run: Run) -> set[str]:
    if not run.resolved.settings.search.hot:
        return set()
    packages = read_toml(run.state.image("lockfile").content or b"", "Cargo.lock").get("package", [])
    tables = packages if isinstance(packages, list) else []
    return {str(package.get("name")) for package in tables if isinstance(package, dict)}
