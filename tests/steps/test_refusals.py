"""What cannot be used is refused in one clear message, before anything is touched."""

from __future__ import annotations

import fcntl
import json
import os
import sys
from pathlib import Path

import pytest

from tests.conftest import MANIFEST, Crate, Run

pytestmark = pytest.mark.cargo


def assert_refused(crate: Crate, burnish: Run, *arguments: str, says: str, status: int = 3, **options: object) -> None:
    """Assert that a command is refused with a status, in one message, and that no file was touched."""
    before = crate.tree()
    finished = burnish(*arguments, cwd=crate.root, **options)
    assert finished.returncode == status, finished.stderr
    assert says in finished.stderr
    assert "Traceback" not in finished.stderr
    assert crate.tree() == before


def test_no_cargo_toml(tmp_path: Path, burnish: Run) -> None:
    """A folder without a Cargo.toml, above it too, is no project."""
    empty = tmp_path / "empty"
    empty.mkdir()
    finished = burnish("optimize", "--project", ".", cwd=empty)
    assert finished.returncode == 3
    assert "there is no Cargo.toml" in finished.stderr
    assert list(empty.iterdir()) == []


def test_manifest_with_a_syntax_error(crate: Crate, burnish: Run) -> None:
    """A manifest that cargo cannot read is refused in cargo's own words."""
    crate.write({"Cargo.toml": MANIFEST + "[dependencies\n"})
    crate.commit()
    assert_refused(crate, burnish, "optimize", says="Cargo.toml")


def test_baseline_that_does_not_build(crate: Crate, burnish: Run) -> None:
    """A project that does not build as it is, is not ours to change."""
    crate.write({"src/main.rs": "fn main() { nonsense }\n"})
    crate.commit()
    assert_refused(crate, burnish, "optimize", says="does not build as it is: error")


def test_missing_hyperfine(crate: Crate, burnish: Run, tmp_path: Path) -> None:
    """Without hyperfine 2 the message names the package that brings it."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("cargo", "rustc", "git", "cc"):
        found = next(Path(folder) / name for folder in os.environ["PATH"].split(":") if (Path(folder) / name).exists())
        (tools / name).symlink_to(found)
    old = tools / "hyperfine"
    old.write_text("#!/bin/sh\necho hyperfine 1.20.0\n", encoding="utf-8")
    old.chmod(0o755)
    env = {"PATH": str(tools)}
    code = "import sysconfig; sysconfig.get_path = lambda name: '/nonexistent'; "
    code += "from burnish.commands.cli import main; main()"
    assert_refused(
        crate,
        burnish,
        "optimize",
        says="astral-dev-toolchain-hyperfine",
        env={**env, "PYTHONPATH": str(Path(__file__).parents[2])},
        program=(sys.executable, "-c", code),
    )


@pytest.mark.parametrize(
    ("arguments", "says", "status"),
    [
        (("--recipe", "portabel"), 'did you mean "portable"', 1),
        (("--budget", "improv"), 'did you mean "improve"', 1),
        (("--platform", "x86_64-unknown-linux-gnuu"), 'did you mean "x86_64-unknown-linux-gnu"', 1),
        (("--accept", "speed,unwindin"), 'no concession (did you mean "unwinding"?)', 1),
        (("--set", 'search.accept = ["speedy"]'), 'no concession (did you mean "speed"?)', 3),
        (("--bin", "hallo"), 'did you mean "hello"', 1),
        (("--package", "hallo"), 'did you mean "hello"', 1),
        (("--max-size", "500 kilo"), "500 kilo", 1),
        (("--color", "red"), "red", 1),
        (("--no-such-option",), "no-such-option", 1),
    ],
)
def test_wrong_words(crate: Crate, burnish: Run, arguments: tuple[str, ...], says: str, status: int) -> None:
    """A wrong word on the command line is named, with the nearest right one."""
    assert_refused(crate, burnish, "optimize", *arguments, says=says, status=status)


def test_unknown_key_in_the_metadata(crate: Crate, burnish: Run) -> None:
    """An unknown key is refused with the nearest legal one, and with the table that it stands in."""
    crate.write({"Cargo.toml": MANIFEST.replace("warmup", "warm_up")})
    crate.commit()
    assert_refused(crate, burnish, "optimize", says='unknown setting "startup.warm_up" in [package.metadata.burnish]')


@pytest.mark.parametrize("value", ["", "-D warnings"])
def test_flags_in_the_environment(crate: Crate, burnish: Run, value: str) -> None:
    """A RUSTFLAGS variable, even an empty one, would silence the flags that we write: it is named."""
    assert_refused(crate, burnish, "optimize", "--recipe", "phase1", says="RUSTFLAGS", env={"RUSTFLAGS": value})


def test_profile_overridden_by_a_variable(crate: Crate, burnish: Run) -> None:
    """A variable that overrides a profile key with another value would undo ours in silence: it is named."""
    env = {"CARGO_PROFILE_RELEASE_OPT_LEVEL": "3"}
    assert_refused(crate, burnish, "optimize", says="CARGO_PROFILE_RELEASE_OPT_LEVEL", env=env)


def test_uncommitted_edits(crate: Crate, burnish: Run) -> None:
    """A manifest with uncommitted edits is not edited without the user's word."""
    crate.write({"Cargo.toml": MANIFEST + "# an edit\n"})
    assert_refused(crate, burnish, "optimize", says="--allow-dirty")


def test_startup_command_that_gives_another_status(crate: Crate, burnish: Run) -> None:
    """A start-up command that does not give the status the project states is told, and nothing is changed."""
    crate.write({"Cargo.toml": MANIFEST.replace("warmup = 1", "warmup = 1\nexit_status = 7")})
    crate.commit()
    assert_refused(crate, burnish, "optimize", says="gave exit status 0, where the project says 7")


def test_second_run_is_busy(crate: Crate, burnish: Run) -> None:
    """While one run holds the lock another ends with 5 and says who it waits for in vain."""
    state = crate.root / ".burnish"
    state.mkdir(mode=0o700)
    with (state / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert_refused(crate, burnish, "optimize", says="another run", status=5)


def test_binary_that_a_plain_build_does_not_make(crate: Crate, burnish: Run) -> None:
    """A binary behind a feature that is not enabled is not mistaken for a library."""
    gated = '\n[features]\nextra = []\n\n[[bin]]\nname = "hello"\npath = "src/main.rs"\nrequired-features = ["extra"]\n'
    crate.write({"Cargo.toml": MANIFEST + gated})
    crate.commit()
    assert_refused(crate, burnish, "optimize", says="does not make the binary hello")


def test_report_folder_that_cannot_be_written(crate: Crate, burnish: Run) -> None:
    """A folder for the report that cannot be made is refused before any work is done for it."""
    assert_refused(crate, burnish, "optimize", "--report-dir", "Cargo.toml/x", says="--report-dir")


def test_refusal_as_json(crate: Crate, burnish: Run) -> None:
    """With `--json` a refusal is one document on stdout too, and its message on stderr."""
    finished = burnish("optimize", "--json", "--recipe", "portabel", cwd=crate.root)
    error = json.loads(finished.stdout)["error"]
    assert (error["exit_status"], error["files"]) == (1, "untouched")
    assert 'did you mean "portable"' in error["found"]


def test_missing_cargo(crate: Crate, burnish: Run, tmp_path: Path) -> None:
    """Without cargo the message says where to get it, also to the doctor."""
    env = {"PATH": str(tmp_path)}
    assert_refused(crate, burnish, "doctor", says="https://rustup.rs", env=env)


@pytest.mark.parametrize("command", ["plan", "doctor"])
def test_legacy_configuration_is_reported_and_is_the_file_that_is_edited(
    crate: Crate, burnish: Run, command: str
) -> None:
    """`.cargo/config`, which hides a config.toml beside it, is named, and is where our flags would go."""
    crate.write({".cargo/config": '[build]\nrustflags = ["--cfg", "kept"]\n', ".cargo/config.toml": ""})
    crate.commit()
    finished = burnish(command, "--recipe", "phase1", cwd=crate.root)
    assert finished.returncode == 0, finished.stderr
    said = finished.stdout + finished.stderr
    assert "cargo reads this file without extension" in said
    assert "b/.cargo/config\n" in said or "would edit Cargo.toml, .cargo/config\n" in said


def test_configuration_that_git_ignores(crate: Crate, burnish: Run) -> None:
    """What is written there would be in no clone: refused by each way in, and done where the user says so."""
    recipe = ("--recipe", "flagged")
    own = '\n[package.metadata.burnish.recipes.flagged]\nextends = "quick"\nrustflags = ["-C prefer-dynamic=no"]\n'
    crate.write({"Cargo.toml": MANIFEST + own, ".gitignore": "/target\n.cargo/\n"})
    crate.commit()
    for command in ("plan", "optimize", "write-config"):
        assert_refused(crate, burnish, command, *recipe, says="git ignores .cargo/config.toml: a clone would be built")
    assert burnish("plan", *recipe, "--allow-dirty", cwd=crate.root).returncode == 0
    # A recipe that writes nothing there is not held up; nor is a file that is tracked all the same.
    assert burnish("plan", "--recipe", "quick", cwd=crate.root).returncode == 0
    crate.write({".cargo/config.toml": "[term]\n"})
    crate.git("add", "--force", ".cargo/config.toml")
    crate.commit()
    assert burnish("plan", *recipe, cwd=crate.root).returncode == 0


def test_copy_in_a_folder_that_git_ignores(crate: Crate, burnish: Run) -> None:
    """A copy in a scratch folder of a repository is in no clone, whatever is written to it: nothing is refused."""
    copy = crate.root / "target" / "copy"
    (copy / "src").mkdir(parents=True)
    (copy / "Cargo.toml").write_text(MANIFEST + "\n[workspace]\n", encoding="utf-8")
    (copy / "src" / "main.rs").write_text("fn main() {}\n", encoding="utf-8")
    finished = burnish("plan", "--recipe", "phase1", cwd=copy)
    assert finished.returncode == 0, finished.stderr
    assert "git ignores" not in finished.stdout + finished.stderr


def test_tests_that_only_the_baseline_builds_are_lost(crate: Crate, burnish: Run) -> None:
    """Also where the project has no test: an example that no longer builds is what `cargo test` builds too."""
    own = '\n[package.metadata.burnish.recipes.odd]\nextends = "quick"\nrustflags = ["--cfg=changed"]\n'
    broken = '#[cfg(changed)]\ncompile_error!("not with this");\nfn main() {}\n'
    crate.write(
        {"Cargo.toml": MANIFEST + own, "examples/odd.rs": broken, "src/lib.rs": "pub fn greeting(_: &str) {}\n"}
    )
    crate.write({"src/main.rs": "fn main() {}\n"})
    crate.commit()
    before = crate.tree()
    finished = burnish("optimize", "--recipe", "odd", "--budget", "sound", "--json", cwd=crate.root)
    gates = {gate["name"]: gate for gate in json.loads(finished.stdout)["gates"]}
    assert (finished.returncode, gates["tests"]["verdict"], crate.tree()) == (2, "fail", before)
    assert "`cargo test` builds in the baseline only" in gates["tests"]["reason"]
