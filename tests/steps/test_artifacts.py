"""Whatever is kept, everything that the workspace's builds made is made still: real crates of every kind."""

from __future__ import annotations

import json
from typing import Any

import pytest

from burnish.commands.steps import PIPELINE
from tests.conftest import MANIFEST, Crate, Run

pytestmark = pytest.mark.cargo

RECIPES = """
[package.metadata.burnish.recipes.static]
extends = "quick"
static = true

[package.metadata.burnish.recipes.fixed]
extends = "quick"
rustflags = ["-C relocation-model=static"]
own_target = true

[package.metadata.burnish.recipes.reaching]
extends = "quick"
rustflags = ["-C relocation-model=static"]

[package.metadata.burnish.recipes.marked]
extends = "quick"
rustflags = ["--cfg marked"]
"""
MACROS = (
    "extern crate proc_macro;\n"
    '#[proc_macro] pub fn seven(_: proc_macro::TokenStream) -> proc_macro::TokenStream { "7".parse().unwrap() }\n'
)
EXPORTS = '#[no_mangle] pub extern "C" fn ext_greet() -> u8 { println!("hello"); 7 }\n'
FEWER = EXPORTS.replace("#[no_mangle]", "#[cfg_attr(not(marked), no_mangle)]")


def with_member(crate: Crate, crate_type: str, source: str = EXPORTS) -> None:
    """Add a member `ext` whose library is of a crate type; cargo builds only the root package by itself."""
    library = "proc-macro = true" if crate_type == "proc-macro" else f'crate-type = ["{crate_type}"]'
    member = f'[package]\nname = "ext"\nversion = "0.1.0"\nedition = "2021"\n\n[lib]\n{library}\n'
    manifest = MANIFEST + RECIPES + '\n[workspace]\nmembers = ["ext"]\n'
    crate.write({"Cargo.toml": manifest, "ext/Cargo.toml": member, "ext/src/lib.rs": source})
    crate.commit()


def optimized(crate: Crate, burnish: Run, recipe: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Optimize by a recipe, and return the report and its gate of artifacts; what is not kept left no trace."""
    before = crate.tree()
    finished = burnish("optimize", "--recipe", recipe, "--budget", "sound", "--json", cwd=crate.root)
    report = json.loads(finished.stdout)
    gate = next(gate for gate in report["gates"] if gate["name"] == "artifacts")
    assert finished.returncode == (0 if report["outcome"] == "kept" else 2), finished.stderr
    assert report["outcome"] == "kept" or crate.tree() == before
    return report, gate


def assert_lost(crate: Crate, burnish: Run, recipe: str, *words: str) -> None:
    """Assert that a recipe is not kept for what it loses, and that this is named."""
    report, gate = optimized(crate, burnish, recipe)
    assert (report["outcome"], gate["verdict"]) == ("rolled_back", "fail"), gate
    assert all(word in gate["reason"] for word in words), gate["reason"]


def assert_kept(crate: Crate, burnish: Run, recipe: str) -> dict[str, Any]:
    """Assert that a recipe is kept and every member still builds, and return the report."""
    report, gate = optimized(crate, burnish, recipe)
    unmet = [gate for gate in report["gates"] if gate["verdict"] in {"fail", "inconclusive"}]
    assert (report["outcome"], gate["verdict"], unmet) == ("kept", "pass", [])
    return report


def assert_all_build(crate: Crate, burnish: Run) -> None:
    """Assert that plain cargo builds every member in both profiles."""
    for profile in ((), ("--release",)):
        finished = burnish("build", "--workspace", *profile, cwd=crate.root, program=("cargo",))
        assert finished.returncode == 0, finished.stderr


def test_library_of_the_same_package_that_is_dropped_in_silence(crate: Crate, burnish: Run) -> None:
    """Static linking drops a cdylib, and cargo only warns."""
    library = '\n[lib]\ncrate-type = ["cdylib", "rlib"]\n'
    crate.write({"Cargo.toml": MANIFEST + RECIPES + library})
    crate.commit()
    words = ("the release build has lost the cdylib libhello.so of hello", "no further build was made")
    assert_lost(crate, burnish, "static", *words)


@pytest.mark.parametrize("crate_type", ["cdylib", "dylib"])
@pytest.mark.parametrize("recipe", ["static", "fixed"])
def test_library_of_another_member_that_does_not_link(crate: Crate, burnish: Run, crate_type: str, recipe: str) -> None:
    """The judged binary is as wanted, and a member beside it does not build any more."""
    with_member(crate, crate_type)
    assert_lost(
        crate,
        burnish,
        recipe,
        "the release build of all members does not complete",
        f"the {crate_type} libext.so of ext",
    )
    assert not (crate.root / "target" / "release" / "libext.so").exists()


def test_proc_macro_that_the_flags_reach(crate: Crate, burnish: Run) -> None:
    """Flags reach a proc macro where no `build.target` keeps them away, and where one does it is built."""
    with_member(crate, "proc-macro", MACROS)
    assert_lost(crate, burnish, "reaching", "the proc-macro libext.so of ext")
    assert_kept(crate, burnish, "static")
    assert_all_build(crate, burnish)


@pytest.mark.parametrize("recipe", ["static", "marked"])
def test_static_library_stays(crate: Crate, burnish: Run, recipe: str) -> None:
    """A staticlib can be had of any code: the sound change is kept, and the library defines what it did."""
    with_member(crate, "staticlib")
    report = assert_kept(crate, burnish, recipe)
    for build in ("workspace", "debug"):
        (made,) = [part for part in report["candidate"][build]["artifacts"] if part["kind"] == "staticlib"]
        assert (made["name"], made["format"], made["exports"]) == ("libext.a", "archive", ["ext_greet"])
    assert report["baseline"]["debug"] is None
    assert_all_build(crate, burnish)


@pytest.mark.parametrize("crate_type", ["cdylib", "dylib", "staticlib"])
def test_name_that_is_exported_no_more(crate: Crate, burnish: Run, crate_type: str) -> None:
    """The library is there, and lacks what others link with."""
    with_member(crate, crate_type, FEWER)
    assert_lost(crate, burnish, "marked", "1 name that the", "exports: ext_greet")


def test_member_that_never_built(crate: Crate, burnish: Run) -> None:
    """A member that is broken already is nobody's loss; another library beside it is, and is still looked at."""
    with_member(crate, "cdylib", "nonsense\n")
    report = assert_kept(crate, burnish, "marked")
    assert not report["baseline"]["workspace"]["built"]
    reason = next(gate["reason"] for gate in report["gates"] if gate["name"] == "artifacts")
    assert "the release build of all members makes 1 rlib, 1 bin as before (it failed before too: error: " in reason


def test_debug_build_that_breaks(crate: Crate, burnish: Run) -> None:
    """A flag reaches debug builds too: one that breaks there only is not kept."""
    broken = '#[cfg(all(marked, debug_assertions))]\ncompile_error!("marked");\n'
    with_member(crate, "cdylib", EXPORTS + broken)
    assert_lost(crate, burnish, "marked", "the debug build of all members does not complete any more: error: marked")


def test_debug_build_that_never_worked(crate: Crate, burnish: Run) -> None:
    """One that is broken already is asked of nobody: the baseline's is built then, of the files as they were."""
    with_member(crate, "cdylib", EXPORTS + '#[cfg(debug_assertions)]\ncompile_error!("release only");\n')
    report = assert_kept(crate, burnish, "marked")
    assert "relocation" not in json.dumps(report["baseline"]["debug"]["command"])
    assert (report["baseline"]["debug"]["built"], report["candidate"]["debug"]["built"]) == (False, False)


def test_nothing_more_is_built_where_one_command_builds_all(crate: Crate, burnish: Run) -> None:
    """For a single package whose profile alone changes, what is built and judged is what was before."""
    report = assert_kept(crate, burnish, "quick")
    assert (report["candidate"]["workspace"], report["candidate"]["debug"]) == (None, None)
    assert not (crate.root / "target" / "burnish" / "workspace").exists()
    assert [part["kind"] for part in report["candidate"]["artifacts"]] == ["rlib", "bin"]


def test_steps_by_themselves_come_to_the_same(crate: Crate, burnish: Run) -> None:
    """The build step builds all members too, and judge names what is lost."""
    with_member(crate, "cdylib")
    for step in PIPELINE[:-1]:
        options = ("--recipe", "fixed", "--budget", "sound") if step == "baseline" else ()
        finished = burnish(step, *options, cwd=crate.root)
        assert finished.returncode == 0, f"{step}: {finished.stderr}"
    finished = burnish("judge", cwd=crate.root)
    assert (finished.returncode, "not met: artifacts (fail)" in finished.stderr) == (2, True), finished.stderr


def test_search_offers_nothing_that_a_shared_library_cannot_take(crate: Crate, burnish: Run) -> None:
    """Where all is accepted a search says which settings it leaves out for the library, and what is kept builds."""
    with_member(crate, "cdylib")
    manifest = (crate.root / "Cargo.toml").read_text(encoding="utf-8")
    limits = "max_trials = 3\nmax_rounds = 3\nruns = 3\neffort = 1000.0\n"
    crate.write({"Cargo.toml": f"{manifest}\n[package.metadata.burnish.search]\n{limits}"})
    crate.commit()
    finished = burnish("optimize", "--recipe", "auto", "--accept", "all", "--json", cwd=crate.root)
    report = json.loads(finished.stdout)
    assert report["outcome"] == "kept", finished.stderr
    left_out = [words for words in report["warnings"] if words.startswith("not tried: ")]
    assert "not tried: fixed address: the workspace has a shared library: the cdylib of ext" in left_out
    tried = {choice for trial in report["tune"]["trials"] for choice in trial["choices"]}
    assert not tried & {"link.static", "link.own-libgcc", "link.musl", "position.fixed"}
    assert_all_build(crate, burnish)


def test_plan_foresees_what_is_lost(crate: Crate, burnish: Run) -> None:
    """A recipe that is named is the user's word: the plan says which library it would cost."""
    with_member(crate, "cdylib")
    said = burnish("plan", "--recipe", "static", cwd=crate.root)
    assert said.returncode == 0, said.stderr
    assert "cargo would no longer build the cdylib of ext" in said.stdout + said.stderr
    assert "the cdylib of ext" not in burnish("plan", "--recipe", "quick", cwd=crate.root).stderr
