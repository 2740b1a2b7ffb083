"""Configurations that cargo takes are read as cargo reads them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import lief
import pytest

from tests.conftest import MANIFEST, Crate, Run

pytestmark = pytest.mark.cargo

NEW_TOML = {
    "Cargo.toml": MANIFEST
    + """
[profile]
release = {
  lto = "thin", # TOML 1.1
}

[workspace]

[workspace.metadata]
burnish = {
  startup.runs = 12,
}

[dependencies]
dep = { path = "dep", }
""",
    "dep/Cargo.toml": 'package = {\n  name = "dep", version = "0.1.0", edition = "2021",\n}\n',
    "dep/src/lib.rs": "",
    ".cargo/config.toml": 'env = {\n  GREETING = { value = "\\e[1m\\x21", force = true, },\n}\n',
}


def test_toml_1_1_is_read_and_edited_everywhere(crate: Crate, burnish: Run) -> None:
    """A manifest, its metadata, a dependency and a cargo configuration in TOML 1.1 are read, edited and restored."""
    crate.write(NEW_TOML)
    crate.commit()
    before = crate.tree()
    for step in ("apply-profile", "write-config"):
        finished = burnish(step, "--recipe", "phase1", "--allow-dirty", cwd=crate.root)
        assert finished.returncode == 0, finished.stderr
    written = (crate.root / "Cargo.toml").read_text(encoding="utf-8")
    assert 'release = {\n  lto = "fat", # TOML 1.1\n  opt-level = 3,\n' in written
    assert burnish("rollback", cwd=crate.root).returncode == 0
    assert crate.tree() == before


def host() -> str:
    """Return the triple of this machine's own rustc."""
    said = subprocess.run(["rustc", "-vV"], check=True, capture_output=True, text=True).stdout  # noqa: S607 - as cargo does
    return next(line.removeprefix("host: ") for line in said.splitlines() if line.startswith("host: "))


@pytest.mark.parametrize("form", ['["HOST"]', '"host-tuple"', '["host-tuple", "HOST"]'])
def test_build_target_of_one_triple_is_read_in_any_form(crate: Crate, burnish: Run, form: str) -> None:
    """An array of one and `host-tuple` name this machine's target: the build is judged, and stays as it is written."""
    config = f"[build]\ntarget = {form.replace('HOST', host())} # mine\n"
    crate.write({".cargo/config.toml": config})
    crate.commit()
    finished = burnish("optimize", "--recipe", "phase1", "--budget", "sound", cwd=crate.root)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert f"target/{host()}/release/hello: " in finished.stderr
    assert (crate.root / ".cargo/config.toml").read_text(encoding="utf-8").startswith(config)


def test_build_target_of_several_triples_asks_for_one(crate: Crate, burnish: Run) -> None:
    """Of several targets one is to be named: the message says how, and that very command works."""
    crate.write({".cargo/config.toml": f'build.target = ["wasm32-wasip1", "{host()}"]\n'})
    crate.commit()
    before = crate.tree()
    refused = burnish("plan", cwd=crate.root)
    assert refused.returncode == 3
    assert f"several targets here: wasm32-wasip1, {host()}" in refused.stderr
    assert f"next:     burnish plan --platform {host()}\n" in refused.stderr
    assert burnish("plan", "--platform", host(), cwd=crate.root).returncode == 0
    assert crate.tree() == before
    kept = burnish("optimize", "--platform", host(), "--recipe", "quick", cwd=crate.root)
    assert kept.returncode == 0, kept.stdout + kept.stderr
    assert f"`burnish build` makes what is judged, by: cargo build --target {host()} --release" in kept.stderr


def test_profiles_that_inherit_from_release_are_told_what_they_get(crate: Crate, burnish: Run) -> None:
    """What plan and doctor say of a profile is what cargo then builds it with."""
    profiles = '[profile.flame]\ninherits = "profiling"\n\n[profile.profiling]\ninherits = "release"\nlto = "off"\n'
    crate.write({"Cargo.toml": f"{MANIFEST}\n{profiles}"})
    crate.commit()
    told = "profile flame inherits from release (by profiling): it gets codegen-units = 1, strip = true too"
    assert told in burnish("plan", "--recipe", "portable", cwd=crate.root).stderr
    assert told in burnish("doctor", "--recipe", "portable", cwd=crate.root).stdout
    assert burnish("apply-profile", "--recipe", "portable", cwd=crate.root).returncode == 0
    argv = ["cargo", "build", "--profile", "flame", "--verbose"]
    built = subprocess.run(argv, cwd=crate.root, check=True, capture_output=True, text=True).stderr
    assert "-C codegen-units=1" in built
    assert "-C strip=symbols" in built
    assert "lto=fat" not in built


def sections_of(binary: Path) -> set[str]:
    """Return the names of a binary's sections."""
    found = lief.parse(binary)
    assert found is not None
    return {str(section.name) for section in found.sections}


@pytest.mark.skipif(sys.platform != "linux", reason="ELF sections are looked at")
def test_symbols_that_were_kept_on_purpose_are_kept(crate: Crate, burnish: Run) -> None:
    """A recipe of burnish's leaves an explicit strip and debug, says so, and is kept; the binary has its symbols."""
    stated = '\n[profile.release]\ndebug = "line-tables-only"\nstrip = "none"\n'
    crate.write({"Cargo.toml": MANIFEST + stated})
    crate.commit()
    finished = burnish("optimize", "--recipe", "portable", "--budget", "sound", cwd=crate.root)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert 'strip = "none" stands in Cargo.toml: it is kept' in finished.stderr
    assert stated in (crate.root / "Cargo.toml").read_text(encoding="utf-8")
    assert {".symtab", ".debug_line"} <= sections_of(crate.root / "target/release/hello")


def test_symbols_that_were_kept_on_purpose_go_by_the_users_word(crate: Crate, burnish: Run) -> None:
    """The option that the message names gives them away, and nothing is left out any more."""
    crate.write({"Cargo.toml": MANIFEST + "\n[profile.release]\ndebug = 1\n"})
    crate.commit()
    kept = burnish("plan", "--recipe", "portable", cwd=crate.root)
    assert "+strip = true" not in kept.stdout
    assert "--accept symbols takes it" in kept.stderr
    given = burnish("plan", "--recipe", "portable", "--accept", "symbols", cwd=crate.root)
    assert "+strip = true" in given.stdout
    assert "left out" not in given.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="ELF sections are looked at")
def test_symbols_go_by_a_recipe_of_the_projects_own(crate: Crate, burnish: Run) -> None:
    """The project's own recipe is the user's word: it strips what the manifest keeps."""
    crate.write({"Cargo.toml": MANIFEST + "\n[profile.release]\ndebug = 1\n"})
    crate.commit()
    finished = burnish("optimize", "--recipe", "quick", "--budget", "sound", cwd=crate.root)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert not {".symtab", ".debug_line"} & sections_of(crate.root / "target/release/hello")


GATED = {
    ".cargo/config.toml": '[build]\nrustflags = ["--cfg", "gate"]\n',
    "build.rs": '#[cfg(not(gate))]\ncompile_error!("built without gate");\nfn main() {}\n',
}


def test_flags_that_build_target_takes_from_build_scripts_are_foreseen(crate: Crate, burnish: Run) -> None:
    """The plan names them, and the gate says that they may be why the build failed; everything is restored."""
    crate.write(GATED)
    crate.commit()
    before = crate.tree()
    assert "takes --cfg gate from build scripts" in burnish("plan", "--recipe", "phase1", cwd=crate.root).stderr
    finished = burnish("optimize", "--recipe", "phase1", "--budget", "sound", cwd=crate.root)
    assert finished.returncode == 2, finished.stdout + finished.stderr
    assert "built without gate" in finished.stdout
    assert "no longer get --cfg gate, which may be why" in " ".join(finished.stdout.replace("|", " ").split())
    assert crate.tree() == before


def test_search_leaves_flags_to_build_scripts(crate: Crate, burnish: Run) -> None:
    """A search does not try what would take them, says so, and keeps what the build script builds with."""
    crate.write(GATED)
    crate.commit()
    few = ("--set", "search.max_rounds = 3", "--set", "search.runs = 3", "--set", "search.offer_trials = 1")
    finished = burnish("optimize", "--recipe", "auto", "--budget", "sound", *few, cwd=crate.root)
    assert "settings that need a target of their own are not tried" in finished.stderr
    assert finished.returncode == 0, finished.stdout + finished.stderr
    argv = ["cargo", "build", "--release"]
    subprocess.run(argv, cwd=crate.root, check=True, capture_output=True)
