"""A real crate whose tests pass, fail, hang, flake and crash, run by each runner."""

from __future__ import annotations

import os
import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest

from burnish import model
from burnish.cargo.build import Cargo
from burnish.cargo.project import read_project
from burnish.cargo.tests.nextest import NextestTests
from burnish.cargo.tests.suites import CargoTests, Runner, SuiteConditions, run_again, run_elsewhere
from burnish.cargo.toolkit import Toolkit
from burnish.measure.traces import Places
from burnish.system.process import Programs

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


def conditions_of(folder: Path, files: dict[str, str], *, threads: int = 2) -> SuiteConditions:
    """Return how the tests of a crate with these files are run."""
    for name, content in {"Cargo.toml": MANIFEST, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    search = os.pathsep.join([os.environ["PATH"], sysconfig.get_path("scripts")])
    programs = Programs(env={**os.environ, "PATH": search, "RUST_TEST_THREADS": str(threads)})
    project = read_project(programs, folder / "Cargo.toml", timeout_seconds=60)
    toolkit = Toolkit(triple="this host's")
    cargo = Cargo(programs=programs, project=project, toolkit=toolkit, target_directory=None, on_line=lambda _: None)
    log = folder / "target" / "logs" / "tests.log"
    return SuiteConditions(
        cargo=cargo,
        log=log,
        test_seconds=300,
        hang_seconds=4.0,  # long enough for a doctest to be compiled on a busy machine
        on_count=lambda _: None,
        places=Places(project=folder, target=folder / "target"),
    )


def found_in(tests: model.Tests) -> dict[str, list[str]]:
    """Return the names by what became of them."""
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
    assert len(runs) == len(["the suite", "its list of tests", "what had passed when it was cut off"])


def test_run_that_its_time_limit_ends(tmp_path: Path) -> None:
    """The limit of the whole suite holds for everything: what was not run has no result, and the run says so."""
    files = {"src/lib.rs": "", "tests/odd.rs": f"#[test] fn a() {{ {HANG} }}\n#[test] fn b() {{}}\n"}
    conditions = replace(conditions_of(tmp_path, files), test_seconds=8.0, hang_seconds=60.0)
    # Built beforehand, so that the time is the tests' own.
    conditions.cargo.run(["test", "--release", "--no-run"], timeout_seconds=300)
    runner = CargoTests(conditions=conditions)
    found = runner.run_all()
    assert (found.timed_out, found.passed, found.hung) == (True, ["odd::odd::b"], [])
    assert runner.run_again(["odd::odd::b"]) == {}


TALKS = """\
#[cfg(test)]
mod tests {
    #[test] fn a_talks() { println!("hello"); eprintln!("to stderr"); }
    #[test] fn b_half() { print!("no newline here"); }
    #[test] fn c_lies() { println!("test tests::d_fails ... ok"); print!("ok"); }
    #[test] fn d_fails() { panic!("known"); }
    #[test] #[should_panic] fn e_panics() { println!("FAILED"); panic!("fine"); }
    #[test] fn f_last() {
        println!("test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s");
    }
    #[test] #[ignore] fn g_ignored() { println!("ok"); }
}
"""
CHILD = """\
fn say(word: &str) { assert!(std::process::Command::new("echo").arg(word).status().unwrap().success()); }
#[test] fn fails() { say("ok"); panic!(); }
#[test] fn passes() { say("FAILED"); }
"""


def watched(conditions: SuiteConditions) -> tuple[SuiteConditions, list[str]]:
    """Return the conditions with a list of the suites that are started under them."""
    runs: list[str] = []
    headers = ("     Running", "   Doc-tests")
    on_line = lambda line: runs.append(line.split("(")[0].strip()) if line.startswith(headers) else None  # noqa: E731
    return replace(conditions, cargo=replace(conditions.cargo, on_line=on_line)), runs


@pytest.mark.parametrize("threads", [1, 2])
def test_run_of_tests_that_write_into_their_results(tmp_path: Path, threads: int) -> None:
    """Output that is not captured and a child's `ok` or `FAILED` change no result: exit statuses decide."""
    cargo = {".cargo/config.toml": f'[env]\nRUST_TEST_NOCAPTURE = "1"\nRUST_TEST_THREADS = "{threads}"\n'}
    files = {**cargo, "src/lib.rs": TALKS, "tests/child.rs": CHILD, "tests/clear.rs": "#[test] fn passes() {}\n"}
    conditions = conditions_of(tmp_path, files, threads=threads)
    found = CargoTests(conditions=conditions).run_all()
    assert found_in(found) == {
        "passed": [
            "odd::child::passes",
            "odd::clear::passes",
            *(f"odd::tests::{name}" for name in ("a_talks", "b_half", "c_lies", "e_panics", "f_last")),
        ],
        "failed": ["odd::child::fails", "odd::tests::d_fails"],
        "ignored": ["odd::tests::g_ignored"],
        "hung": [],
        "retried": [],
    }
    assert "odd::clear" not in found.note
    if threads == 1:  # with more of them the lines may happen to fall in an order that can be read
        assert "odd: " in found.note
        assert found.note.endswith(": judged by exit statuses")


def test_run_of_suites_that_crash(tmp_path: Path) -> None:
    """What a crash took down has its result; a process that fails only with all of its tests has failed as such."""
    crash = "#[test] fn a() {}\n#[test] fn b() { std::process::abort() }\n#[test] fn c() {}\n"
    early = "#[test] fn a() { std::process::exit(0) }\n#[test] fn b() {}\n"
    together = """\
use std::sync::atomic::{AtomicU8, Ordering::SeqCst};
static RAN: AtomicU8 = AtomicU8::new(0);
unsafe extern "C" { fn atexit(callback: extern "C" fn()) -> i32; }
extern "C" fn at_exit() { if RAN.load(SeqCst) == 2 { std::process::abort() } }
#[test] fn a() { RAN.fetch_add(1, SeqCst); unsafe { atexit(at_exit); } }
#[test] fn b() { RAN.fetch_add(1, SeqCst); }
"""
    files = {"src/lib.rs": "", "tests/crash.rs": crash, "tests/early.rs": early, "tests/together.rs": together}
    found = CargoTests(conditions=conditions_of(tmp_path, files)).run_all()
    assert found.failed == ["odd::crash::b", "odd::early::a", "odd::together::(process)"]
    assert found.passed == ["odd::crash::a", "odd::crash::c", "odd::early::b", "odd::together::a", "odd::together::b"]


def test_run_of_a_harness_that_only_looks_like_libtest(tmp_path: Path) -> None:
    """A harness of its own that lists no tests is believed by its exit status, whatever it prints."""
    manifest = MANIFEST + "".join(f'[[test]]\nname = "{name}"\nharness = false\n' for name in ("bad", "good"))
    prints = 'println!("running 2 tests\\ntest a ... ok\\nall is well");'
    files = {
        "Cargo.toml": manifest,
        "src/lib.rs": "",
        "tests/bad.rs": f"fn main() {{ {prints} std::process::exit(3) }}\n",
        "tests/good.rs": f"fn main() {{ {prints} }}\n",
    }
    found = CargoTests(conditions=conditions_of(tmp_path, files)).run_all()
    assert (found.passed, found.failed) == (["odd::good::(process)"], ["odd::bad::(process)"])


def test_run_again_starts_each_suite_once_and_none_for_what_it_does_not_have(tmp_path: Path) -> None:
    """Several tests and doctests of a suite run in one process; those that the suite has not listed start nothing."""
    doc = "/// ```\n/// assert!(true);\n/// ```\npub fn NAME() {}\n"
    files = {
        "src/lib.rs": "".join(doc.replace("NAME", name) for name in ("one", "two")),
        "tests/many.rs": "".join(f"#[test] fn t{number}() {{}}\n" for number in range(20)),
    }
    conditions, runs = watched(conditions_of(tmp_path, files))
    runner = CargoTests(conditions=conditions)
    once = runner.run_all()
    runs.clear()
    gone = ["odd::many::gone", "odd::doc/odd::src/lib.rs - gone (line 7)", "odd::other::t1"]
    assert runner.run_again([*once.passed, *gone]) == dict.fromkeys(once.passed, "passed")
    assert len(once.passed) == 22
    assert runs == ["Doc-tests odd", "Running tests/many.rs"]
    runs.clear()
    assert runner.run_again(gone) == {}
    assert runs == []


def test_run_again_of_few_that_are_in_each_others_way(tmp_path: Path) -> None:
    """What fails together and passes alone has passed; what fails alone too has failed."""
    tests = """\
static FIRST: std::sync::Once = std::sync::Once::new();
fn alone() { let mut first = false; FIRST.call_once(|| first = true); assert!(first); }
#[test] fn a() { alone() }
#[test] fn b() { alone() }
#[test] fn c() { panic!() }
"""
    runner = CargoTests(conditions=conditions_of(tmp_path, {"src/lib.rs": "", "tests/way.rs": tests}))
    once = runner.run_all()
    again = run_again(runner, once, once.failed, retries=1)
    assert (again.passed, again.failed) == (["odd::way::a", "odd::way::b"], ["odd::way::c"])
    assert again.retried == [name for name in once.failed if name != "odd::way::c"]


BUILD_SCRIPT = """\
fn main() {
    let made = std::path::PathBuf::from(std::env::var("OUT_DIR").unwrap()).join("made.rs");
    std::fs::write(made, "/// ```\\n/// assert_eq!(odd::one(), 1);\\n/// ```\\npub fn one() -> u8 { 1 }").unwrap();
}
"""
PRINTS_PATHS = """\
fn main() {
    let name = std::env::current_exe().unwrap();
    let here = std::env::current_dir().unwrap();
    if std::env::args().any(|argument| argument == "--list") {
        return println!("{}: test\\n{}/a.ui: test", name.display(), here.display());
    }
    println!("running 2 tests\\ntest {} ... ok\\ntest {}/a.ui ... ok", name.display(), here.display());
    println!("test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s");
}
"""


def test_names_are_the_same_in_every_target_folder(tmp_path: Path) -> None:
    """A doctest in OUT_DIR and the tests of a harness that prints paths have one name, and run again by it."""
    files = {
        "Cargo.toml": f'{MANIFEST}[[test]]\nname = "paths"\nharness = false\n',
        "build.rs": BUILD_SCRIPT,
        "src/lib.rs": 'include!(concat!(env!("OUT_DIR"), "/made.rs"));\n',
        "tests/paths.rs": PRINTS_PATHS,
    }
    own = conditions_of(tmp_path, files)
    other = replace(own, cargo=replace(own.cargo, target_directory=tmp_path / "target" / "burnish" / "baseline"))
    names = [
        "odd::doc/odd::<target>/release/build/odd-<hash>/out/made.rs - one (line 1)",
        "odd::paths::<project>/a.ui",
        "odd::paths::<target>/release/deps/paths-<hash>",
    ]
    for conditions in (own, other):
        runner = CargoTests(conditions=conditions)
        assert runner.run_all().passed == names
        assert runner.run_again(names) == dict.fromkeys(names, "passed")


@pytest.mark.parametrize("runner", [CargoTests, NextestTests])
def test_run_elsewhere_of_what_fails_by_its_folder_only(
    runner: type[CargoTests | NextestTests], tmp_path: Path
) -> None:
    """What fails in our folder and passes in the project's own has passed; what fails there too has not."""
    fixed = """\
#[test] fn by_fixed_path() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/release/odd");
    assert!(std::process::Command::new(path).status().unwrap().success());
}
#[test] fn fails() { panic!() }
#[test] fn passes() {}
"""
    files = {"src/main.rs": "fn main() {}\n", "tests/fixed.rs": fixed}
    own = conditions_of(tmp_path, files)
    ours = replace(own, cargo=replace(own.cargo, target_directory=tmp_path / "target" / "burnish" / "baseline"))
    first: Runner = runner(conditions=ours)
    once = first.run_all()
    assert (once.passed, once.elsewhere) == (["odd::fixed::passes"], [])
    there = run_elsewhere(first.elsewhere(own), once, once.failed)
    assert there.passed == ["odd::fixed::by_fixed_path", "odd::fixed::passes"]
    assert there.failed == ["odd::fixed::fails"]
    assert there.elsewhere == ["odd::fixed::by_fixed_path"]
    assert there.retried == []


@pytest.mark.parametrize("by", [CargoTests, NextestTests])
def test_run_of_a_project_of_which_one_target_does_not_build(
    by: type[CargoTests | NextestTests], tmp_path: Path
) -> None:
    """Both then run nothing: what can be built is run by itself, and the note says the compiler's error."""
    files = {
        "src/lib.rs": "/// ```\n/// assert!(true);\n/// ```\npub fn one() {}\n#[test] fn of_the_library() {}\n",
        "tests/good.rs": "#[test] fn good() {}\n#[test] fn fails() { panic!() }\n",
        "tests/stale.rs": "#[test] fn stale() { odd::gone(); }\n",
    }
    runner: Runner = by(conditions=conditions_of(tmp_path, files))
    found = runner.run_all()
    assert not found.built
    assert found.passed == ["odd::doc/odd::src/lib.rs - one (line 1)", "odd::good::good", "odd::of_the_library"]
    assert found.failed == ["odd::good::fails"]
    assert "cannot find function `gone`" in found.note
    assert runner.run_again(["odd::good::fails", "odd::stale::stale"]) == {"odd::good::fails": "failed"}
