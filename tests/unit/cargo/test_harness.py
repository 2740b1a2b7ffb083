"""Which bench targets are Criterion's: the manifest says it, and every other harness is named."""

from __future__ import annotations

import pytest

from burnish.cargo.harness import why_not_judged
from burnish.cargo.project import Dependency, Package, Target


def package(*dependencies: Dependency, features: dict[str, list[str]] | None = None) -> Package:
    """Return a package with these dependencies."""
    return Package(
        id="p",
        name="p",
        version="1.0.0",
        manifest_path="/p/Cargo.toml",
        targets=[],
        dependencies=list(dependencies),
        features=features or {},
    )


def dev(name: str, rename: str | None = None) -> Dependency:
    """Return a development dependency."""
    return Dependency(name=name, kind="dev", rename=rename)


def reason(made: Package, *, source: str = "", has_own_main: bool = True, features: tuple[str, ...] = ()) -> str:
    """Return why the bench target of a package is not judged."""
    target = Target(name="speed", kind=["bench"], src_path="benches/speed.rs", required_features=list(features))
    return why_not_judged(made, target, has_own_main=has_own_main, source=source)


@pytest.mark.parametrize(
    "dependencies",
    [
        [dev("criterion")],
        [Dependency(name="criterion")],
        [dev("criterion", rename="bench-lib")],
        [dev("serde"), dev("criterion"), dev("criterion-plot")],
    ],
)
def test_bench_of_a_package_with_criterion_is_judged(dependencies: list[Dependency]) -> None:
    """Criterion is known by its own name, whatever the manifest calls it and beside whatever else."""
    assert reason(package(*dependencies)) == ""


@pytest.mark.parametrize(
    "name",
    [
        "criterion2",
        "codspeed-criterion-compat",
        "divan",
        "codspeed-divan-compat",
        "iai",
        "iai-callgrind",
        "gungraun",
        "bencher",
    ],
)
@pytest.mark.parametrize("rename", [None, "criterion"])
def test_bench_of_another_harness_is_named(name: str, rename: str | None) -> None:
    """A stand-in for Criterion, even under its name, writes its results elsewhere."""
    expected = f"its harness is {name}, and burnish reads Criterion's results only"
    assert reason(package(dev(name, rename))) == expected


def test_bench_with_libtests_main_is_named() -> None:
    """`#[bench]` functions run under nightly Rust only, whatever the package depends on."""
    said = reason(package(dev("criterion")), has_own_main=False)
    assert said == "libtest's own bench harness, which stable Rust does not run"


@pytest.mark.parametrize("dependencies", [[], [Dependency(name="criterion", kind="build")], [dev("serde")]])
def test_bench_without_a_known_harness_is_named(dependencies: list[Dependency]) -> None:
    """A main function of the project's own gives no results that could be read."""
    assert reason(package(*dependencies)).startswith("it depends on no harness that burnish knows")


@pytest.mark.parametrize(
    ("source", "judged"),
    [
        ("use crit::{criterion_group, criterion_main};", True),
        ("fn main() { divan::main(); }", False),
        ("use iai_callgrind::main;", False),
        ("use crit::black_box; fn main() { divan::main(); }", False),
        ("fn main() {}", False),
    ],
)
def test_bench_of_a_package_with_several_harnesses_is_told_by_its_source(source: str, judged: bool) -> None:  # noqa: FBT001 - a case
    """Where a package has several, each target is taken for the one that its source names."""
    made = package(dev("criterion", rename="crit"), dev("divan"), dev("iai-callgrind"))
    assert (reason(made, source=source) == "") == judged


def test_bench_that_needs_a_feature_which_is_off_is_named() -> None:
    """Cargo would refuse to build it; a feature that a default one brings is on."""
    made = package(dev("criterion"), features={"default": ["fast"], "fast": ["table"], "table": [], "slow": []})
    assert reason(made, features=("fast", "table")) == ""
    assert reason(made, features=("table", "slow")) == "it needs features that are not on by default: slow"
