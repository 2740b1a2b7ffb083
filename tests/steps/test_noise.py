"""Our own traces on real crates: what any two builds of the project differ in is no change of behaviour."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

import pytest

from tests.conftest import MANIFEST, Crate, Run
from tests.steps.test_optimize import CHANGED
from tests.steps.test_tune import AUTO

pytestmark = pytest.mark.cargo

CLOCK = "std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos()"
DESCRIBES = """\
fn main() {
    let arguments = ["describe", "--always", "--tags", "--dirty"];
    let described = std::process::Command::new("git").args(arguments).output().unwrap();
    println!("cargo:rustc-env=FOUND={}", String::from_utf8_lossy(&described.stdout).trim());
}
"""
TIMES = f'fn main() {{ println!("cargo:rustc-env=FOUND={{}}", {CLOCK}); }}\n'
ALWAYS = f'fn main() {{ println!("cargo:rerun-if-changed=/no/such/file"); {TIMES.split("{", 1)[1]}'
# The length of the manifest stands for whatever looks at the files that are edited.
READS = """\
fn main() {
    println!("cargo:rustc-env=FOUND={}", std::fs::read("Cargo.toml").unwrap().len());
}
"""
READS_PROFILE = """\
fn main() {
    let has = std::fs::read_to_string("Cargo.toml").unwrap().contains("opt-level = \\"s\\"\\nstrip");
    println!("cargo:rustc-env=FOUND={}", has);
}
"""
SAYS = 'fn main() { println!("app {}", env!("FOUND")); println!("{}", if cfg!(changed) { WORD } else { "same" }); }\n'


def optimize(crate: Crate, burnish: Run, files: dict[str, str], recipe: str = "own") -> dict[str, Any]:
    """Commit and tag the files, carry out the recipe that sets `--cfg=changed`, and return the report."""
    own = f'\n[package.metadata.burnish.recipes.own]\nextends = "quick"\n{CHANGED}\n'
    crate.write({**files, "Cargo.toml": MANIFEST + own})
    crate.commit()
    crate.git("tag", "v1")
    before = crate.tree()
    finished = burnish("optimize", "--recipe", recipe, "--json", cwd=crate.root)
    report: dict[str, Any] = json.loads(finished.stdout)
    assert (report["outcome"] == "kept") == (finished.returncode == 0), finished.stderr
    assert report["outcome"] == "kept" or crate.tree() == before
    assert not (crate.root / "target" / "burnish" / "twin").exists()
    return report


def gates(report: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Return the verdict and reason of each gate."""
    return {gate["name"]: (gate["verdict"], gate["reason"]) for gate in report["gates"]}


@pytest.mark.parametrize(
    ("script", "told"),
    [(DESCRIBES, "`v1` or `v1-dirty`"), (TIMES, "` or `"), (ALWAYS, "` or `"), (READS, "` or `")],
    ids=["dirty", "time", "always", "manifest"],
)
def test_optimize_keeps_what_differs_only_as_any_two_builds_do(
    crate: Crate, burnish: Run, script: str, told: str
) -> None:
    """A revision that our edit makes dirty, a build time and the edited file's length are left out, and told."""
    report = optimize(crate, burnish, {"build.rs": script, "src/main.rs": SAYS.replace("WORD", '"same"')})
    assert report["outcome"] == "kept", gates(report)
    verdict, reason = gates(report)["behaviour"]
    assert verdict == "pass"
    assert "left out what differs between runs or builds of the baseline too: stdout (" in reason
    assert told in reason
    assert all("burnish builds" not in (crate.root / edit["path"]).read_text("utf-8") for edit in report["edits"])


@pytest.mark.parametrize("script", [DESCRIBES, TIMES, ALWAYS, READS], ids=["dirty", "time", "always", "manifest"])
def test_optimize_sees_a_real_change_beside_the_noise(crate: Crate, burnish: Run, script: str) -> None:
    """A line that the recipe changes in the same output is no noise, and the recipe is not kept."""
    report = optimize(crate, burnish, {"build.rs": script, "src/main.rs": SAYS.replace("WORD", '"other"')})
    assert report["outcome"] == "rolled_back"
    assert gates(report)["behaviour"][0] == "fail"


def test_optimize_sees_what_a_build_script_makes_of_the_recipe_itself(crate: Crate, burnish: Run) -> None:
    """Where a build script reads the profile, an edit by itself changes nothing, and the recipe does."""
    report = optimize(crate, burnish, {"build.rs": READS_PROFILE, "src/main.rs": SAYS.replace("WORD", '"same"')})
    assert report["outcome"] == "rolled_back"
    verdict, reason = gates(report)["behaviour"]
    assert (verdict, "app true" in reason) == ("fail", True)


@pytest.mark.parametrize("script", [TIMES, ALWAYS], ids=["time", "always"])
def test_optimize_tells_of_a_project_that_never_reproduces_and_judges_the_rest(
    crate: Crate, burnish: Run, script: str
) -> None:
    """A file that is another one each time is no failure where that holds of the baseline too."""
    main = 'fn main() { if std::env::args().count() > 9 { println!("{}", env!("FOUND")); } println!("app"); }\n'
    report = optimize(crate, burnish, {"build.rs": script, "src/main.rs": main}, recipe="quick")
    assert report["outcome"] == "kept", gates(report)
    verdict, reason = gates(report)["build"]
    assert verdict == "pass"
    if script == ALWAYS:
        assert "this project never reproduces: two builds of the baseline differ too" in reason
        assert "the other file passes linkage, behaviour, size as well" in reason


def test_optimize_builds_no_twin_without_a_difference(crate: Crate, burnish: Run) -> None:
    """What costs a build is done only where there is something to explain."""
    finished = burnish("optimize", "--recipe", "quick", cwd=crate.root)
    assert finished.returncode == 0, finished.stderr
    assert "a twin of the baseline" not in finished.stdout + finished.stderr


def test_place_of_generated_code_is_no_behaviour(crate: Crate, burnish: Run) -> None:
    """A panic in code that a build script wrote names a path below the target folder, another one in each."""
    script = """\
    fn main() {
        let path = std::path::Path::new(&std::env::var_os("OUT_DIR").unwrap()).join("made.rs");
        std::fs::write(path, "pub fn fail() { panic!(\\"on purpose\\") }").unwrap();
    }
    """
    main = 'mod made { include!(concat!(env!("OUT_DIR"), "/made.rs")); }\nfn main() { made::fail() }\n'
    report = optimize(crate, burnish, {"build.rs": script, "src/main.rs": main})
    assert report["outcome"] == "kept", gates(report)
    assert (
        "panicked at <target>/release/build/hello-<hash>/out/made.rs"
        in report["baseline"]["behaviour"][0]["stderr_head"]
    )


# Whatever the search finds takes the symbols, and no two candidates differ in that.
SEES_SYMBOLS = """\
fn main() {
    let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let word = format!(".sym{}", "tab");
    println!("symbols {}", own.windows(word.len()).any(|bytes| bytes == word.as_bytes()));
}
"""
MENTIONS_UNITS = 'std::fs::read_to_string("Cargo.toml").unwrap().contains("codegen-units")'
THREE = AUTO.replace("max_trials = 2", "max_trials = 3")


def test_search_stops_where_no_lever_changes_what_fails(crate: Crate, burnish: Run) -> None:
    """The base is tried next and fails as well: nothing else is built, nothing applied, and one sentence says so."""
    crate.write({"Cargo.toml": AUTO.replace("max_trials = 2", "max_trials = 9"), "src/main.rs": SEES_SYMBOLS})
    crate.commit()
    before = crate.tree()
    finished = burnish("optimize", "--json", cwd=crate.root)
    report = json.loads(finished.stdout)
    assert (finished.returncode, report["outcome"]) == (2, "rolled_back"), finished.stderr
    assert [trial["name"] for trial in report["tune"]["trials"]] == ["opt-level z", "the base"]
    assert gates(report)["behaviour"][0] == "fail"
    assert "not tried, for what failed already: behaviour: " in report["tune"]["stopped"]
    assert [text for text in report["warnings"] if text.startswith("no candidate works, the base does not either")]
    assert "5 test" not in finished.stderr
    assert "next:     burnish apply-profile --recipe portable, then cargo build" in finished.stderr
    assert crate.tree() == before


def test_candidates_that_would_lose_the_same_test_are_not_applied(crate: Crate, burnish: Run) -> None:
    """The second one is asked for it first and for nothing else; the third shares what is left, and is not built."""
    test = '#[test]\nfn plain() { assert!(!include_str!("../Cargo.toml").contains("codegen-units")); }\n'
    crate.write({"Cargo.toml": THREE, "tests/plain.rs": test})
    crate.commit()
    finished = burnish("optimize", "--json", cwd=crate.root)
    report = json.loads(finished.stdout)
    assert (finished.returncode, report["outcome"]) == (2, "rolled_back"), finished.stderr
    lost = {trial["name"]: trial["lost_tests"] for trial in report["tune"]["trials"]}
    assert sorted(lost.values()) == [[], ["hello::plain::plain"], ["hello::plain::plain"]]
    assert finished.stderr.count("==> 5 test: cargo test") == 1
    assert finished.stderr.count("==> 5 test: first what was lost before: 1 test") == 1
    verdict, reason = gates(report)["tests"]
    assert verdict == "fail"
    assert "no longer passing: hello::plain::plain; another candidate had lost them too" in reason
    (told,) = [text for text in report["warnings"] if "not applied" in text]
    assert (
        "1 further candidate not applied, since they would fail for what failed already: the test hello::plain" in told
    )


def test_candidate_of_a_search_whose_behaviour_differs_is_not_tested(crate: Crate, burnish: Run) -> None:
    """What the trial cannot see, since nothing is edited for it, ends an applied candidate before its tests."""
    script = READS.replace('std::fs::read("Cargo.toml").unwrap().len()', MENTIONS_UNITS)
    crate.write({"Cargo.toml": THREE, "build.rs": script, "src/main.rs": SAYS.replace("WORD", '"same"')})
    crate.commit()
    finished = burnish("optimize", "--json", cwd=crate.root)
    report = json.loads(finished.stdout)
    assert (finished.returncode, report["outcome"]) == (2, "rolled_back"), finished.stderr
    assert gates(report)["behaviour"][0] == "fail"
    assert "5 test" not in finished.stderr
    assert finished.stderr.count("==> 3 build: cargo build") == 2
    assert finished.stderr.count("==> a twin of the baseline") == 1


CLOCKED = (
    f"""fn main() {{ println!("{{}}", {CLOCK}); println!("{{}}", if cfg!(changed) {{ WORD }} else {{ "same" }}); }}"""
)


@pytest.mark.parametrize(("word", "outcome"), [('"same"', "kept"), ('"other"', "rolled_back")])
def test_clock_hides_no_change_beside_it(crate: Crate, burnish: Run, word: str, outcome: str) -> None:
    """What differs from run to run is left out, and no more than that."""
    report = optimize(crate, burnish, {"src/main.rs": CLOCKED.replace("WORD", word)})
    assert report["outcome"] == outcome, gates(report)
    assert gates(report)["behaviour"][0] == ("pass" if outcome == "kept" else "fail")


@pytest.mark.skipif(sys.platform == "win32", reason="needs kill")
def test_kill_while_the_twin_is_built_is_rolled_back(crate: Crate, user_env: dict[str, str], burnish: Run) -> None:
    """The comment that makes the tree an edited one is part of the change: nothing of it outlives a rollback."""
    slow = DESCRIBES.replace("fn main() {", "fn main() {\n    std::thread::sleep(std::time::Duration::from_secs(4));")
    crate.write({"build.rs": slow, "src/main.rs": SAYS.replace("WORD", '"same"')})
    crate.commit()
    before = crate.tree()
    argv = [sys.executable, "-m", "burnish", "optimize"]
    with subprocess.Popen(
        argv, cwd=crate.root, env=user_env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as run:
        deadline = time.monotonic() + 300
        while "burnish builds" not in (crate.root / "Cargo.toml").read_text("utf-8"):
            assert run.poll() is None, "no twin was built"
            assert time.monotonic() < deadline
            time.sleep(0.05)
        run.kill()
    rolled_back = burnish("rollback", cwd=crate.root)
    assert rolled_back.returncode == 0, rolled_back.stderr
    assert {**crate.tree(), "Cargo.lock": ""} == {**before, "Cargo.lock": ""}
