"""What of a project is built, said as cargo says it, with the real cargo."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import MANIFEST, Crate, Run
from tests.steps.test_refusals import assert_refused

pytestmark = pytest.mark.cargo

STALE = 'version = 4\n\n[[package]]\nname = "another"\nversion = "0.1.0"\n'
FEATURES = '\n[features]\nloud = []\n\n[[bin]]\nname = "hello"\npath = "src/main.rs"\nrequired-features = ["loud"]\n'


@pytest.mark.parametrize("option", ["--locked", "--frozen"])
@pytest.mark.parametrize("step", ["optimize", "plan"])
def test_stale_lockfile_that_may_not_change(crate: Crate, burnish: Run, option: str, step: str) -> None:
    """It is refused at once, in cargo's own words, and stays as it is."""
    crate.write({"Cargo.lock": STALE})
    crate.commit()
    assert_refused(crate, burnish, step, option, says=f"cargo cannot resolve the project with {option}: error: ")


def test_offline_without_the_registrys_packages(crate: Crate, burnish: Run, tmp_path: Path) -> None:
    """What cargo would have to fetch is named by cargo, and no lockfile is left."""
    crate.write({"Cargo.toml": f'{MANIFEST}\n[dependencies]\nno-such-crate-here = "1"\n'})
    crate.commit()
    # An empty home: nothing was ever fetched.
    env = {"CARGO_HOME": str(tmp_path / "home")}
    assert_refused(crate, burnish, "optimize", "--offline", says="no-such-crate-here", env=env)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--manifest-path", "nowhere/Cargo.toml"), "is not there"),
        (("--manifest-path", "src"), "is a folder"),
        (("--manifest-path", "src/main.rs"), "is not called Cargo.toml"),
        (("--manifest-path", "Cargo.toml", "--project", "."), "both say where the project is"),
        (("--features", "lod"), 'did you mean "loud"'),
        (("--profile", "relaese"), 'did you mean "release"'),
        (("--config", "nothing.toml"), "neither a file nor KEY=VALUE"),
        (("-p", "hallo"), 'did you mean "hello"'),
    ],
)
def test_wrong_words_of_the_selection(crate: Crate, burnish: Run, arguments: tuple[str, ...], says: str) -> None:
    """Each is named, with the nearest right one, and nothing is touched."""
    crate.write({"Cargo.toml": MANIFEST + FEATURES})
    crate.commit()
    assert_refused(crate, burnish, "plan", *arguments, says=says, status=1)


def test_features_of_two_packages_at_once(tmp_path: Path, burnish: Run) -> None:
    """Where one package is worked on the other's are not its own; in the virtual manifest both are."""
    crate = Crate(root=tmp_path / "ws")
    member = '[package]\nname = "NAME"\nversion = "0.1.0"\nedition = "2021"\n[features]\nf = []\n'
    crate.write({"Cargo.toml": '[workspace]\nmembers = ["one", "two"]\nresolver = "2"\n'})
    for name in ("one", "two"):
        files = {"Cargo.toml": member.replace("NAME", name), "src/main.rs": "fn main() {}\n"}
        crate.write({f"{name}/{file}": text for file, text in files.items()})
    crate.commit()
    two = ("--features", "one/f,two/f")
    assert_refused(crate, burnish, "plan", "-p", "one", *two, says="is for the package two", status=1)
    assert burnish("plan", "--manifest-path", "Cargo.toml", *two, cwd=crate.root).returncode == 0


def test_configuration_that_beats_the_recipe_is_named(crate: Crate, burnish: Run) -> None:
    """It would be in force over the written files wherever it is given, and in silence; what agrees is no trouble."""
    given = ("--config", 'profile.release.opt-level = "z"')
    assert_refused(crate, burnish, "plan", *given, says='sets profile.release.opt-level = "z", over Cargo.toml')
    flags = ("--config", 'target."cfg(unix)".rustflags = ["-C", "opt-level=3"]')
    assert_refused(crate, burnish, "plan", *flags, says="set opt-level = 3")
    agreeing = burnish("plan", "--config", 'profile.release.opt-level = "s"', cwd=crate.root)
    assert agreeing.returncode == 0, agreeing.stderr


def test_profile_and_features_are_built_tested_and_kept(crate: Crate, burnish: Run) -> None:
    """A program that needs a feature is made small in the profile that ships it, and all of it can be undone."""
    crate.write({"Cargo.toml": MANIFEST + FEATURES, "local.toml": "[term]\nquiet = false\n"})
    crate.commit()
    options = ("--profile", "dist", "-F", "loud", "-j2", "--config", "local.toml")
    finished = burnish("optimize", *options, "--json", cwd=crate.root)
    assert finished.returncode == 0, finished.stderr
    report = json.loads(finished.stdout)
    assert report["outcome"] == "kept"
    assert (report["selection"]["profile"], report["selection"]["features"]) == ("dist", ["loud"])
    assert report["selection"]["config"] == [str(crate.root / "local.toml")]
    assert report["candidate"]["artifact"] == "target/dist/hello"
    told = ["--profile=dist", "--features=loud", "--jobs=2", f"--config={crate.root / 'local.toml'}"]
    for command in (report["candidate"]["command"], report["candidate"]["tests"]["command"]):
        assert set(told) <= set(command)
    # What is written needs no word of ours.
    assert "profile.dist.inherits" not in " ".join(report["candidate"]["command"])
    manifest = (crate.root / "Cargo.toml").read_text(encoding="utf-8")
    assert '[profile.dist]\ninherits = "release"\n' in manifest
    crate.cargo("build", "--profile=dist", "--features=loud")
    undone = burnish("rollback", cwd=crate.root)
    assert undone.returncode == 0, undone.stderr
    assert crate.git("status", "--porcelain", "--untracked-files=no") == ""
