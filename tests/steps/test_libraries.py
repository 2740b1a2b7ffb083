"""Libraries that ship: a cdylib or staticlib is judged by its file, alone or beside a binary."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import LIBRARY, MANIFEST, Crate, Run
from tests.steps.test_tune import AUTO

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
    """Its size, linkage and exports are judged, and its tests; nothing is started."""
    as_library(crate, '"cdylib", "rlib"')
    report, gates = optimised(crate, burnish)
    assert report["outcome"] == "kept"
    before, after = report["baseline"], report["candidate"]
    assert (before["kind"], after["kind"]) == ("cdylib", "cdylib")
    assert after["artifact"].endswith("libhello.so")
    assert after["size_bytes"] < before["size_bytes"]
    verdicts = {name: gate["verdict"] for name, gate in gates.items()}
    assert {verdicts[name] for name in ("build", "artifacts", "linkage", "size", "tests")} == {"pass"}
    assert {verdicts[name] for name in ("behaviour", "startup", "workloads")} == {"not-applicable"}
    assert gates["startup"]["reason"] == "a library is not started by itself"
    (exported,) = [part["exports"] for part in after["artifacts"] if part["kind"] == "cdylib"]
    assert "hello_add" in exported


def test_staticlib_is_judged_by_its_size(crate: Crate, burnish: Run) -> None:
    """Who links it decides the rest."""
    as_library(crate, '"staticlib"', MANIFEST.replace("strip = true", 'strip = true, lto = "fat"'))
    report, gates = optimised(crate, burnish)
    assert (report["outcome"], report["candidate"]["kind"]) == ("kept", "staticlib")
    assert gates["linkage"]["verdict"] == "not-applicable"
    assert gates["size"]["verdict"] == "pass"


def test_search_finds_settings_for_a_cdylib(crate: Crate, burnish: Run) -> None:
    """By its size, since nothing is timed."""
    as_library(crate, '"cdylib"', AUTO.replace('accept = "all"', 'accept = ["speed", "symbols"]'))
    report, _ = optimised(crate, burnish)
    assert report["outcome"] == "kept"
    sizes = {trial["name"]: trial["side"]["size_bytes"] for trial in report["tune"]["trials"]}
    assert min(sizes.values()) == sizes[report["tune"]["pick"]]


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
    assert [gate["name"] for gate in part["gates"]] == ["linkage", "size"]
    assert gates["size"]["reason"].endswith("met by libhello.so too")


def test_pure_rust_library_has_nothing_to_ship(crate: Crate, burnish: Run) -> None:
    """An rlib is built anew by whoever takes it: there is no file to judge, as ever."""
    as_library(crate, '"rlib"')
    report, gates = optimised(crate, burnish)
    assert report["baseline"]["artifact"] is None
    assert gates["size"]["verdict"] == "not-applicable"


def test_library_is_not_explained(crate: Crate, burnish: Run) -> None:
    """There is no start-up to take apart; nothing is built for that."""
    as_library(crate, '"cdylib"')
    said = burnish("explain", cwd=crate.root)
    assert (said.returncode, "the project has no binary" in said.stderr) == (3, True), said.stderr
