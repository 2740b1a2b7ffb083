"""Which harness a bench target is written for: Criterion's results are read, every other is named. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from burnish.cargo.project import Package, Target

CRITERION = "criterion"
_LIBTEST = "libtest's own bench harness, which stable Rust does not run"
_NONE = "it depends on no harness that burnish knows, and Criterion is the one that it reads"
# The crates that bench targets are written with, each as crates.io names it.
_HARNESSES = (
    CRITERION,
    "criterion2",
    "codspeed-criterion-compat",
    "codspeed-bencher-compat",
    "codspeed-divan-compat",
    "divan",
    "iai",
    "iai-callgrind",
    "gungraun",
    "bencher",
    "brunch",
    "diol",
    "glassbench",
    "tango-bench",
    "tiny-bench",
)


def why_not_judged(package: Package, target: Target, *, has_own_main: bool, source: str) -> str:
    """Return why a bench target is not judged; nothing for one of Criterion's.

    `has_own_main` is `harness = false`. Where the package depends on several harnesses, the target's `source` says
    which of them it names.
    """
    if not has_own_main:
        return _LIBTEST
    lacking = sorted(set(target.required_features) - _default_features(package))
    if lacking:
        return f"it needs features that are not on by default: {', '.join(lacking)}"
    named = dict(_harnesses_of(package))
    if len(named) > 1:
        named = {crate: name for crate, name in named.items() if re.search(rf"\b{re.escape(crate)}\b", source)}
    others = sorted(name for name in named.values() if name != CRITERION)
    if others:
        return f"its harness is {' or '.join(others)}, and burnish reads Criterion's results only"
    return "" if named else _NONE


def _harnesses_of(package: Package) -> Iterator[tuple[str, str]]:
    """Yield each harness among the dependencies: the name under which the code knows it, and its own."""
    for dependency in package.dependencies:
        if dependency.name in _HARNESSES and dependency.kind != "build":
            yield (dependency.rename or dependency.name).replace("-", "_"), dependency.name


def _default_features(package: Package) -> set[str]:
    """Return the features that are on without being asked for."""
    on: set[str] = set()
    waiting = ["default"]
    while waiting:
        feature = waiting.pop()
        if feature not in on:
            on.add(feature)
            waiting += package.features.get(feature, [])
    return on
