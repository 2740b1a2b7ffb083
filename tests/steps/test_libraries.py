"""Libraries that ship: a cdylib or staticlib is judged by its file, alone or beside a binary."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import LIBRARY, MANIFEST, Crate, Run
from tests.steps.test_tune import WITH_ALL_TESTS

pytestmark = pytest.mark.cargo

EXPORTS = """
/// Adds.
#[no_mangle]
pub extern "C" fn hello_add(one: u32, other: u32) -> u32 {
    greeting(&format!("{one}")).len() as u32 + other
}
"""


def as_library(crate: Crate, types: str, manifest: str = MANIFEST) -> None:
    """Write the crate without its binary, as a library of these crate types."""
    crate.write({"Cargo.toml": f"{manifest}\n[lib]\ncrate-type = [{types}]\n", "src/lib.rs": LIBRARY + EXPORTS})
    (crate.root / "src" / "main.rs").unlink()
    crate.commit()


def optimised(crate: Crate, burnish: Run, *arguments: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Optimise, and return the report and its gates by name."""
    finished = burnish("optimize", "--json", *arguments, cwd=crate.root)
    report = json.loads(finished.stdout)
    return report, {gate["name"]: gate for gate in report["gates"]}


def test_cdylib_is_made_smaller_and_kept(crate: Crate, burnish: Run) -> None:
    """Its size, linkage, exports and load time are judged, and its tests."""
    as_library(crate, '"cdylib", "rlib"')
    report, gates = optimised(crate, burnish, "--max-startup", "20 s")
    assert report["outcome"] == "kept"
    before, after = report["baseline"], report["candidate"]
    assert (before["kind"], after["kind"]) == ("cdylib", "cdylib")
    assert after["artifact"].endswith("libhello.so")
    assert after["size_bytes"] < before["size_bytes"]
    verdicts = {name: gate["verdict"] for name, gate in gates.items()}
    assert {verdicts[name] for name in ("build", "artifacts", "linkage", "size", "tests")} == {"pass"}
    assert {verdicts[name] for name in ("behaviour", "startup")} == {"pass"}
    assert verdicts["workloads"] == "not-applicable"
    assert "mean load time" in gates["startup"]["reason"]
    assert before["startup"]["floor"]["kind"] == "a program of burnish's own, which loads nothing"
    floor = before["startup"]["floor"]["timing"]
    assert len(before["startup"]["raw"]) == len(floor["raw"]) == before["startup"]["rounds"]
    assert min(before["startup"]["mean_seconds"], floor["mean_seconds"]) > 0
    assert after["startup"]["command"][-1].endswith("libhello.so")
    (exported,) = [part["exports"] for part in after["artifacts"] if part["kind"] == "cdylib"]
    assert "hello_add" in exported


def test_staticlib_is_judged_by_its_size(crate: Crate, burnish: Run) -> None:
    """Who links it decides the rest."""
    as_library(crate, '"staticlib"', MANIFEST.replace("strip = true", 'strip = true, lto = "fat"'))
    report, gates = optimised(crate, burnish)
    assert (report["outcome"], report["candidate"]["kind"]) == ("kept", "staticlib")
    assert gates["linkage"]["verdict"] == "not-applicable"
    assert gates["startup"]["reason"] == "a library is not started by itself"
    assert gates["size"]["verdict"] == "pass"


def test_search_finds_settings_for_a_cdylib(crate: Crate, burnish: Run) -> None:
    """By its size and load time, each candidate's in the same rounds."""
    as_library(crate, '"cdylib"', WITH_ALL_TESTS.replace('accept = "all"', 'accept = ["speed", "symbols"]'))
    report, _ = optimised(crate, burnish)
    assert report["outcome"] == "kept"
    (pick,) = [trial for trial in report["tune"]["trials"] if trial["name"] == report["tune"]["pick"]]
    assert pick["startup_ratio"] is not None
    assert pick["side"]["size_bytes"] < report["baseline"]["size_bytes"]


def test_library_beside_a_binary_is_held_too(crate: Crate, burnish: Run) -> None:
    """It has a row of its own, and its size and linkage in the gates."""
    crate.write(
        {"Cargo.toml": f'{MANIFEST}\n[lib]\ncrate-type = ["cdylib", "rlib"]\n', "src/lib.rs": LIBRARY + EXPORTS}
    )
    crate.commit()
    report, gates = optimised(crate, burnish)
    assert report["outcome"] == "kept"
    (part,) = report["binaries"]
    assert (part["name"], part["kind"], part["target"]) == ("libhello.so", "cdylib", "hello")
    assert part["candidate"]["size_bytes"] < part["baseline"]["size_bytes"]
    assert [gate["name"] for gate in part["gates"]] == ["build", "linkage", "behaviour", "size", "startup"]
    assert part["candidate"]["startup"]["ratio_to_baseline"] is not None
    assert gates["size"]["reason"].endswith("met by libhello.so too")


def test_library_alone_is_judged_where_it_is_asked_for(crate: Crate, burnish: Run) -> None:
    """As cargo's --lib: the binary beside it is built, and no row of the report is its own."""
    crate.write(
        {"Cargo.toml": f'{MANIFEST}\n[lib]\ncrate-type = ["cdylib", "rlib"]\n', "src/lib.rs": LIBRARY + EXPORTS}
    )
    crate.commit()
    report, _ = optimised(crate, burnish, "--lib", "--max-startup", "20 s")
    assert (report["outcome"], report["project"]["binary"], report["binaries"]) == ("kept", None, [])
    assert report["candidate"]["artifact"].endswith("libhello.so")


NEEDS_PYTHON = """
extern "C" {
    fn PyLong_FromLong(value: std::ffi::c_long) -> *mut std::ffi::c_void;
}

/// What Python calls.
#[no_mangle]
pub extern "C" fn PyInit_hello() -> *mut std::ffi::c_void {
    unsafe { PyLong_FromLong(1) }
}
"""


def test_library_that_needs_its_host_is_not_loaded(crate: Crate, burnish: Run) -> None:
    """An extension of Python has names that only Python has: it is judged by its file alone, and that is said."""
    as_library(crate, '"cdylib"')
    crate.write({"src/lib.rs": NEEDS_PYTHON})
    (crate.root / "tests" / "greeting.rs").unlink(missing_ok=True)
    crate.commit()
    report, gates = optimised(crate, burnish)
    assert report["outcome"] == "kept", report
    why = "not loaded: it needs PyLong_FromLong, which Python has"
    assert (gates["startup"]["verdict"], gates["startup"]["reason"]) == ("not-applicable", why)
    assert (gates["behaviour"]["verdict"], gates["behaviour"]["reason"]) == ("not-applicable", why)


ENDS_WITH_ABORT = """
/// Runs when it is loaded, in place of a check that only the candidate fails.
#[link_section = ".init_array"]
#[used]
static AT_LOAD: extern "C" fn() = at_load;

extern "C" fn at_load() {
    if cfg!(panic = "abort") {
        std::process::exit(3);
    }
}
"""


def test_change_with_which_it_loads_otherwise_is_not_kept(crate: Crate, burnish: Run) -> None:
    """How loading ends is its behaviour, as a command's exit status is a program's."""
    manifest = MANIFEST.replace("strip = true", 'strip = true, panic = "abort"')
    as_library(crate, '"cdylib", "rlib"', manifest)
    crate.write({"src/lib.rs": LIBRARY + EXPORTS + ENDS_WITH_ABORT})
    crate.commit()
    report, gates = optimised(crate, burnish, "--allow-abort")
    assert report["outcome"] == "rolled_back"
    assert gates["behaviour"]["verdict"] == "fail"
    assert "`dlopen`: exit status 3, was 0" in gates["behaviour"]["reason"]


STATIC_HERE = {".cargo/config.toml": '[build]\nrustflags = ["-Ctarget-feature=+crt-static"]\n'}


@pytest.mark.parametrize("types", ['"cdylib", "rlib"', '"cdylib", "staticlib"'])
def test_platform_that_makes_no_cdylib_is_no_reason_to_refuse(crate: Crate, burnish: Run, types: str) -> None:
    """Cargo drops it where the libc is linked statically: the staticlib is judged then, or the tests alone."""
    as_library(crate, types, MANIFEST.replace("strip = true", 'strip = true, lto = "fat"'))
    crate.write(STATIC_HERE)
    crate.commit()
    finished = burnish("optimize", "--json", cwd=crate.root)
    assert finished.returncode == 0, finished.stderr
    report = json.loads(finished.stdout)
    artifact = report["baseline"]["artifact"]
    assert report["outcome"] == "kept"
    assert artifact.endswith("libhello.a") if "static" in types else artifact is None
    instead = "its staticlib is judged" if "static" in types else "there is no file to judge"
    why = f"links statically here, so that cargo makes no cdylib of hello: {instead}"
    assert any(why in warning for warning in report["warnings"])


def test_pure_rust_library_has_nothing_to_ship(crate: Crate, burnish: Run) -> None:
    """An rlib is built anew by whoever takes it: there is no file to judge, as ever."""
    as_library(crate, '"rlib"')
    report, gates = optimised(crate, burnish)
    assert report["baseline"]["artifact"] is None
    assert gates["size"]["verdict"] == "not-applicable"


@pytest.mark.parametrize(("types", "how"), [("cdylib", "its file and its load time"), ("staticlib", "its file")])
def test_doctor_names_the_library(crate: Crate, burnish: Run, types: str, how: str) -> None:
    """With what it is judged by; nothing is built for that."""
    as_library(crate, f'"{types}"')
    said = " ".join(burnish("doctor", cwd=crate.root).stdout.split())
    assert f"the {types} hello, judged by {how}" in said


def test_check_of_a_library_times_it_beside_the_commits(crate: Crate, burnish: Run) -> None:
    """Alone it is held against the limits there are; against a commit both are loaded in the same rounds."""
    as_library(crate, '"cdylib"')
    alone = json.loads(burnish("check", "--json", "--max-startup", "20 s", cwd=crate.root).stdout)
    assert {gate["name"]: gate["verdict"] for gate in alone["gates"]}["startup"] == "pass"
    against = json.loads(burnish("check", "--json", "--against", "HEAD", cwd=crate.root).stdout)
    assert against["outcome"] == "met"
    assert against["candidate"]["startup"]["ratio_to_baseline"] is not None


def test_library_is_not_explained(crate: Crate, burnish: Run) -> None:
    """There is no start-up to take apart; nothing is built for that."""
    as_library(crate, '"cdylib"')
    said = burnish("explain", cwd=crate.root)
    assert (said.returncode, "the project has no binary" in said.stderr) == (3, True), said.stderr
