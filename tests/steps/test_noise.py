"""Our own traces on real crates: what any two builds of the project differ in is no change of behaviour."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import MANIFEST, Crate, Run
from tests.steps.test_optimize import CHANGED

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
    """Commit and tag the files, carry out the recipe that sets `--cfg=changed`, and give the report."""
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
    """Give the verdict and reason of each gate."""
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
    assert "left out what differs between two builds of the baseline too: stdout (" in reason
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
