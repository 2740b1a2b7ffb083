"""Each setting of a recipe is in force, or it is named: by the plan, by the steps, and by what rustc was given."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping

import pytest

from tests.conftest import MANIFEST, Crate, Run

pytestmark = pytest.mark.cargo

HOST = next(
    line.removeprefix("host: ")
    for line in subprocess.run(["rustc", "-vV"], check=True, capture_output=True, text=True).stdout.splitlines()  # noqa: S607 - as cargo does
    if line.startswith("host: ")
)
VARIABLE = f"CARGO_TARGET_{HOST.replace('-', '_').upper()}_RUSTFLAGS"
DEP = {
    "Cargo.toml": f'{MANIFEST}\n[dependencies]\ndep = {{ path = "dep" }}\n',
    "dep/Cargo.toml": '[package]\nname = "dep"\nversion = "0.1.0"\nedition = "2021"\n',
    "dep/src/lib.rs": "pub fn one() -> u8 { 1 }\n",
    "src/main.rs": 'fn main() { println!("{}", dep::one()) }\n',
}


def manifest_with(tables: str) -> str:
    """Return the manifest of a program with a dependency, and some tables."""
    return f"{DEP['Cargo.toml']}\n{tables}\n"


def assert_both_refuse(crate: Crate, burnish: Run, says: str, env: Mapping[str, str] | None = None) -> None:
    """Assert that plan and apply-profile refuse in the same words, and leave all as it is."""
    before = crate.tree()
    refused = [burnish(step, "--recipe", "phase1", cwd=crate.root, env=env) for step in ("plan", "apply-profile")]
    assert [finished.returncode for finished in refused] == [3, 3], refused[0].stderr
    said = [finished.stderr[finished.stderr.index("burnish: ") :] for finished in refused]
    assert said[0] == said[1]
    assert says in said[0]
    assert crate.tree() == before


def test_flag_of_a_cfg_table_that_beats_the_recipe(crate: Crate, burnish: Run) -> None:
    """It comes after ours: the file, the table and the option are named, and what to do."""
    crate.write({".cargo/config.toml": '[target."cfg(all())"]\nrustflags = ["-C", "target-cpu=x86-64-v2"]\n'})
    crate.commit()
    assert_both_refuse(crate, burnish, 'config.toml: target."cfg(all())".rustflags sets -C target-cpu to x86-64-v2')


def test_flag_of_the_targets_variable_that_beats_the_recipe(crate: Crate, burnish: Run) -> None:
    """The variable is named."""
    env = {VARIABLE: "-C target-cpu=x86-64-v2"}
    assert_both_refuse(crate, burnish, f"the variable {VARIABLE} sets -C target-cpu to x86-64-v2", env)


def test_profile_of_a_configuration_that_beats_the_manifest(crate: Crate, burnish: Run) -> None:
    """The plan says what applying would say."""
    crate.write({".cargo/config.toml": '[profile.release]\nlto = "thin"\n'})
    crate.commit()
    assert_both_refuse(crate, burnish, 'config.toml sets profile.release.lto = "thin", over Cargo.toml')


def test_plan_of_what_is_not_committed_says_what_applying_would(crate: Crate, burnish: Run) -> None:
    """And takes the same words against it."""
    crate.write({"Cargo.toml": f"{MANIFEST}# mine\n"})
    assert_both_refuse(crate, burnish, "Cargo.toml: uncommitted changes")
    assert burnish("plan", "--allow-dirty", cwd=crate.root).returncode == 0
    shown = burnish("plan", "--json", cwd=crate.root)
    assert shown.returncode == 3
    assert "uncommitted" in json.loads(shown.stdout)["refusal"]["found"]


def test_configuration_of_a_members_folder(crate: Crate, burnish: Run) -> None:
    """It decides where the user builds in that folder, and is named from the root."""
    crate.write({**DEP, "Cargo.toml": manifest_with("[workspace]"), "dep/src/main.rs": "fn main() {}\n"})
    crate.write({"dep/.cargo/config.toml": '[profile.release]\nstrip = "none"\n'})
    crate.commit()
    says = 'dep/.cargo/config.toml sets profile.release.strip = "none", over Cargo.toml'
    assert_both_refuse(Crate(root=crate.root / "dep"), burnish, says)
    planned = burnish("plan", "--recipe", "portable", cwd=crate.root)
    assert planned.returncode == 0
    assert "where cargo is started in dep, " in planned.stderr
    assert says in planned.stderr


def test_settings_of_this_machine_are_not_leant_upon(crate: Crate, burnish: Run) -> None:
    """What stands in cargo's home only is written into the project too, and what it silences there is told."""
    home = crate.root.parent / "home"
    home.mkdir()
    config = f'[build]\ntarget = "{HOST}"\nrustflags = ["-C", "target-cpu=native", "--cfg", "mine"]\n'
    (home / "config.toml").write_text(config, encoding="utf-8")
    planned = burnish("plan", "--recipe", "phase1", cwd=crate.root, env={"CARGO_HOME": str(home)})
    assert planned.returncode == 0, planned.stderr
    assert f'+target = "{HOST}"' in planned.stdout
    assert '+rustflags = ["-C", "target-cpu=native", ' in planned.stdout
    assert "mine" not in planned.stdout
    assert f"--cfg mine of build.rustflags ({home / 'config.toml'}) is not the root's own" in planned.stderr


def test_static_linking_wins_over_a_table_that_denies_it(crate: Crate, burnish: Run) -> None:
    """Rustc takes any `+crt-static`: so it is told, and not refused."""
    crate.write({".cargo/config.toml": '[target."cfg(all())"]\nrustflags = ["-C", "target-feature=-crt-static"]\n'})
    crate.commit()
    planned = burnish("plan", "--recipe", "phase1", cwd=crate.root)
    assert planned.returncode == 0, planned.stderr
    assert "for static linking rustc takes any `+`, which is the recipe's" in planned.stderr


def test_what_single_packages_override_is_named_and_the_rest_in_force(crate: Crate, burnish: Run) -> None:
    """The program's own table no longer resets strip; what the user says for packages stays, and the gate names it."""
    tables = '[profile.release.package.hello]\nopt-level = 1\n\n[profile.release.package."*"]\nopt-level = 0\n'
    crate.write({**DEP, "Cargo.toml": manifest_with(tables)})
    crate.commit()
    finished = burnish("optimize", "--budget", "sound", "--json", cwd=crate.root)
    assert finished.returncode == 0, finished.stderr
    (build,) = (gate for gate in json.loads(finished.stdout)["gates"] if gate["name"] == "build")
    assert build["reason"].endswith(
        "2 settings in force in 2 packages, but "
        "hello has opt-level 1 instead of s (Cargo.toml: profile.release.package.hello.opt-level = 1), "
        'dep has opt-level 0 instead of s (Cargo.toml: profile.release.package."*".opt-level = 0)'
    )
    assert "beats the recipe for what it names" in finished.stderr
    assert "opt-level = 1\nstrip = true\n" in (crate.root / "Cargo.toml").read_text(encoding="utf-8")


@pytest.mark.promise("H3")
def test_setting_that_went_in_silence_is_not_kept(crate: Crate, burnish: Run, tried: Callable[..., None]) -> None:
    """What nobody foresaw shows on rustc's command lines: the gate names it, and all is put back."""
    recipe = "[package.metadata.burnish.recipes.quick.profile]\n"
    manifest = MANIFEST.replace('profile = { opt-level = "s", strip = true }', "")
    manifest = f'{manifest}\n{recipe}opt-level = "s"\nstrip = true\nincremental = true\n'
    crate.write({"Cargo.toml": manifest})
    crate.commit()
    before = crate.tree()
    finished = burnish("optimize", "--budget", "sound", cwd=crate.root, env={"CARGO_INCREMENTAL": "0"})
    assert finished.returncode == 2, finished.stderr
    assert "hello has incremental no instead of yes" in " ".join(finished.stdout.replace("|", " ").split())
    assert crate.tree() == before
    tried("H3", cases=1)


def test_crates_that_are_fresh_are_looked_at_too(crate: Crate, burnish: Run, user_env: dict[str, str]) -> None:
    """By the recordings of an earlier build of ours, or, where the user built it, in a folder of its own."""
    crate.write(DEP)
    crate.commit()

    def in_force() -> dict[str, object]:
        finished = burnish("build", "--json", cwd=crate.root)
        assert finished.returncode == 0, finished.stderr
        return dict(json.loads(finished.stdout)["in_force"])

    for step in ("baseline", "apply-profile"):
        assert burnish(step, cwd=crate.root).returncode == 0
    subprocess.run(["cargo", "build", "--release"], cwd=crate.root, env=user_env, check=True, capture_output=True)  # noqa: S607 - as the user does
    expected = {"settings": 2, "packages": 2, "unmet": [], "unknown": "", "causes": []}
    ours = crate.root / "target/burnish"
    assert in_force() == expected
    assert (ours / "seen").is_dir()
    shutil.rmtree(ours / "seen")
    os.utime(crate.root / "src/main.rs")
    os.utime(crate.root / "dep/src/lib.rs")
    assert in_force() == expected
    assert in_force() == expected
    assert not (ours / "seen").exists()
