"""A real crate whose tests pass, fail, hang, flake and crash, run by each runner."""

from __future__ import annotations

import os
import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest

from burnish.cargo.build import Cargo
from burnish.cargo.nextest import NextestTests
from burnish.cargo.project import read_project
from burnish.cargo.test import CargoTests, Conditions, Runner, run_again
from burnish.cargo.toolkit import Toolkit
from burnish.process import Programs
from burnish.report import model

pytestmark = pytest.mark.cargo

MANIFEST = '[package]\nname = "odd"\nversion = "0.1.0"\nedition = "2021"\n'
HANG = "loop { std::thread::sleep(std::time::Duration::from_secs(1)) }"
LIBRARY = f"""\
/// ```
/// assert_eq!(odd::two(), 2);
/// ```
pub fn two() -> u8 {{ 2 }}

/// ```
/// {HANG}
/// ```
pub fn hangs() {{}}

#[cfg(test)]
mod tests {{
    #[test]
    fn hangs() {{ {HANG} }}
    #[test]
    fn passes() {{}}
    #[test]
    fn fails() {{ panic!() }}
    #[test]
    #[ignore]
    fn is_ignored() {{}}
}}
"""
# The flaky one fails the first time only: it leaves a file behind.
INTEGRATION = """\
#[test]
fn passes() {}
#[test]
fn flakes() {
    let mark = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/ran");
    let ran = mark.exists();
    std::fs::write(mark, "").unwrap();
    assert!(ran);
}
"""


def conditions_of(folder: Path, files: dict[str, str], *, threads: int = 2) -> Conditions:
    """Give how the tests of a crate with these files are run."""
    for name, content in {"Cargo.toml": MANIFEST, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    search = os.pathsep.join([os.environ["PATH"], sysconfig.get_path("scripts")])
    programs = Programs(env={**os.environ, "PATH": search, "RUST_TEST_THREADS": str(threads)})
    project = read_project(programs, folder / "Cargo.toml", package=None, binary=None, timeout_seconds=60)
    toolkit = Toolkit(triple="this host's")
    cargo = Cargo(programs=programs, project=project, toolkit=toolkit, target_directory=None, on_line=lambda _: None)
    log = folder / "target" / "logs" / "tests.log"
    return Conditions(
        cargo=cargo,
        log=log,
        test_seconds=300,
        hang_seconds=4.0,  # long enough for a doctest to be compiled on a busy machine
        on_count=lambda _: None,
    )


def found_in(tests: model.Tests) -> dict[str, list[str]]:
    """Give the names by what became of them."""
    return {
        "passed": tests.passed,
        "failed": tests.failed,
        "ignored": tests.ignored,
        "hung": tests.hung,
        "retried": tests.retried,
    }


@pytest.mark.parametrize("runner", [CargoTests, NextestTests])
def test_run_of_a_suite_that_hangs(runner: type[CargoTests | NextestTests], tmp_path: Path) -> None:
    """A hung test and a hung doctest cost themselves only: every other test has its result, whoever runs it."""
    files = {"src/lib.rs": LIBRARY, "tests/other.rs": INTEGRATION}
    tests_by: Runner = runner(conditions=conditions_of(tmp_path, files))
    once = tests_by.run_all()
    hung = ["odd::doc/odd::src/lib.rs - hangs (line 6)", "odd::tests::hangs"]
    assert found_in(once) == {
        "passed": ["odd::doc/odd::src/lib.rs - two (line 1)", "odd::other::passes", "odd::tests::passes"],
        "failed": [hung[0], "odd::other::flakes", "odd::tests::fails", hung[1]],
        "ignored": ["odd::tests::is_ignored"] if runner is CargoTests else [],
        "hung": hung,
        "retried": [],
    }
    again = run_again(tests_by, once, ["odd::other::flakes", "odd::tests::fails", "odd::gone::x"], retries=1)
    assert found_in(again) == {
        **found_in(once),
        "passed": sorted([*once.passed, "odd::other::flakes"]),
        "failed": [hung[0], "odd::tests::fails", hung[1]],
        "retried": ["odd::other::flakes"],
    }


def test_run_of_a_suite_that_hangs_before_it_came_to_the_others(tmp_path: Path) -> None:
    """With one thread a hung test is in the way of those behind it: they get their turn, and one that crashes fails."""
    tests = f"#[test] fn a() {{ {HANG} }}\n#[test] fn b() {{ std::process::abort() }}\n#[test] fn c() {{}}\n"
    found = CargoTests(
        conditions=conditions_of(tmp_path, {"src/lib.rs": "", "tests/odd.rs": tests}, threads=1)
    ).run_all()
    assert found_in(found) == {
        "passed": ["odd::odd::c"],
        "failed": ["odd::odd::a", "odd::odd::b"],
        "ignored": [],
        "hung": ["odd::odd::a"],
        "retried": [],
    }


def test_run_that_hangs_where_another_did_before(tmp_path: Path) -> None:
    """What hung before is not run alone to see it hang again; what passes now passes, whatever it did before."""
    tests = f"#[test] fn a() {{ {HANG} }}\n#[test] fn b() {{}}\n"
    conditions = conditions_of(tmp_path, {"src/lib.rs": "", "tests/odd.rs": tests})
    runs: list[str] = []
    counted = replace(conditions.cargo, on_line=lambda line: runs.append(line) if "Running tests/" in line else None)
    before = frozenset({"odd::odd::a", "odd::odd::b"})
    found = CargoTests(conditions=replace(conditions, cargo=counted, hung_before=before)).run_all()
    assert (found.passed, found.hung) == (["odd::odd::b"], ["odd::odd::a"])
    assert len(runs) == len(["the suite", "its list of tests"])


def test_run_that_its_time_limit_ends(tmp_path: Path) -> None:
    """The limit of the whole suite holds for everything: what was not run has no result, and the run says so."""
    files = {"src/lib.rs": "", "tests/odd.rs": f"#[test] fn a() {{ {HANG} }}\n#[test] fn b() {{}}\n"}
    conditions = replace(conditions_of(tmp_path, files), test_seconds=8.0, hang_seconds=60.0)
    # Built beforehand, so that the time is the tests' own.
    conditions.cargo.run(["test", "--release", "--no-run"], timeout_seconds=300)
    runner = CargoTests(conditions=conditions)
    found = runner.run_all()
    assert (found.timed_out, found.passed, found.hung) == (True, ["odd::odd::b"], [])
    assert runner.run_alone("odd::odd::b") is None
