"""`burnish build`: the kept program by one command, in `dist`, held against the file that was judged."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from burnish.transaction.journal import PATHS
from tests.conftest import LIBRARY, MANIFEST, Crate, Run, active_toolchain

pytestmark = [pytest.mark.cargo, pytest.mark.skipif(sys.platform == "win32", reason="names files as ELF systems do")]

CHOICES = ["link.std-untraced"]
# A toolchain with a source of its standard library, which takes no time to rebuild.
RUSTC = """\
#!/bin/sh
[ "$*" = "--print sysroot" ] && exec echo "{sysroot}"
exec {real} "$@"
"""
CARGO = """\
#!/bin/bash
[ "$*" = "-Z help" ] && exec {real} -Z help
words=()
while [ $# -gt 0 ]; do
    case "$1" in -Z) echo "-Z $2" >> "{asked}"; shift 2 ;; *) words+=("$1"); shift ;; esac
done
exec {real} "${{words[@]}}"
"""
REMEMBER = """\
import os, sys
from pathlib import Path
from burnish.job.opening import open_job
from burnish.job.options import Options
from burnish.search.picked import remember
from burnish.system.console import Console
job, _ = open_job(Options(), console=Console(env={}), env=dict(os.environ), cwd=Path.cwd(), fresh=True)
remember(job, sys.argv[1:])
"""
# burnish on a machine whose system has no Rust: no toolchain stands where Debian would put one.
ALONE = """\
import sys
from pathlib import Path
from burnish.cargo.surroundings import Surroundings
Surroundings.__init__.__kwdefaults__["system"] = Path(sys.argv.pop(1))
from burnish.commands.cli import main
main()
"""
AUTO = MANIFEST.replace('recipe = "quick"', 'recipe = "auto"')


def digest(file: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def report_of(folder: Path, name: str = "hello") -> dict[str, object]:
    """Return the report of the build that lies beside a program."""
    return dict(json.loads((folder / f"{name}.report.json").read_text(encoding="utf-8")))


def kept(crate: Crate, burnish: Run, **how: Mapping[str, str]) -> None:
    """Keep the recipe, and commit it."""
    finished = burnish("optimize", cwd=crate.root, **how)
    assert finished.returncode == 0, finished.stderr
    crate.commit()


def test_kept_program_is_put_into_dist(crate: Crate, burnish: Run) -> None:
    """It is the judged file, with its digest and a report; git and the next build see nothing of it."""
    kept(crate, burnish)
    judged = digest(crate.root / "target/release/hello")
    before = crate.tree()
    finished = burnish("build", "--release", cwd=crate.root)
    assert (finished.returncode, "the file that was judged" in finished.stdout) == (0, True), finished.stderr
    dist = crate.root / "dist"
    assert digest(dist / "hello") == judged
    assert (dist / "hello.sha256").read_text(encoding="utf-8") == f"{judged}  hello\n"
    report = report_of(dist)
    assert (report["outcome"], report["candidate"]["sha256"]) == ("built", judged)  # type: ignore[index]
    assert crate.git("status", "--porcelain", "--untracked-files=all") == ""
    shutil.rmtree(dist)
    assert crate.tree() == before


def test_folder_that_is_named(crate: Crate, burnish: Run, tmp_path: Path) -> None:
    """`--out` is any folder, from where the user stands; built twice into it, it is the same."""
    for _ in range(2):
        finished = burnish("build", "--out", "../shipped", "--json", cwd=crate.root)
        assert finished.returncode == 0, finished.stderr
        assert json.loads(finished.stdout)["outcome"] == "built"
    names = sorted(path.name for path in (tmp_path / "shipped").iterdir())
    assert names == [".gitignore", "hello", "hello.report.json", "hello.sha256"]
    assert not (crate.root / "dist").exists()


def test_nothing_kept(crate: Crate, burnish: Run) -> None:
    """It builds what is there, and says that nothing is kept."""
    finished = burnish("build", cwd=crate.root)
    assert (finished.returncode, "nothing is kept here" in finished.stderr) == (0, True), finished.stderr
    assert (crate.root / "dist/hello").is_file()


def test_source_that_was_edited(crate: Crate, burnish: Run) -> None:
    """It is built and said not to be judged; `burnish check`, which is named, judges it."""
    kept(crate, burnish)
    crate.write({"src/lib.rs": LIBRARY.replace('"hello, {name}"', '"hallo, {name}"')})
    finished = burnish("build", cwd=crate.root)
    told = " ".join(finished.stdout.split())
    assert finished.returncode == 0, finished.stderr
    assert "the sources changed since they were judged: built, not judged; run `burnish check`" in told
    assert digest(crate.root / "dist/hello") == report_of(crate.root / "dist")["candidate"]["sha256"]  # type: ignore[index]
    assert burnish("check", cwd=crate.root).returncode == 0
    finished = burnish("build", cwd=crate.root)
    assert (finished.returncode, "the file that was judged" in finished.stdout) == (0, True), finished.stderr


def test_another_file_of_the_judged_sources(crate: Crate, burnish: Run) -> None:
    """It is refused and put nowhere: what was judged is not what would be shipped."""
    crate.write({"src/main.rs": 'fn main() { println!("{}", option_env!("STAMP").unwrap_or("none")); }\n'})
    crate.commit()
    kept(crate, burnish, env={"STAMP": "1"})
    finished = burnish("build", cwd=crate.root, env={"STAMP": "2"})
    assert finished.returncode == 2, finished.stderr
    assert "another file than the judged one, of the judged sources and toolchain" in " ".join(finished.stdout.split())
    assert "burnish check" in finished.stderr
    assert not (crate.root / "dist").exists()


def test_program_that_does_not_build(crate: Crate, burnish: Run) -> None:
    """It is cargo's to say why; nothing is put anywhere."""
    crate.write({"src/main.rs": "fn main() { let x: u8 = 1u16; }\n"})
    finished = burnish("build", cwd=crate.root)
    assert (finished.returncode, "does not build" in finished.stderr) == (2, True), finished.stderr
    assert not (crate.root / "dist").exists()


def test_two_folders_and_two_homes_give_one_file(crate: Crate, burnish: Run, tmp_path: Path) -> None:
    """What is kept is the same file in a fresh clone elsewhere, of a user with another home."""
    crate.cargo("generate-lockfile", "--offline")
    crate.commit()
    kept(crate, burnish)
    assert burnish("build", cwd=crate.root).returncode == 0
    clone = Crate(root=tmp_path / "a colleague" / "clone")
    crate.git("clone", "-q", str(crate.root), str(clone.root))
    home = tmp_path / "a colleague" / "home"
    home.mkdir()
    rustup = os.environ.get("RUSTUP_HOME", str(Path.home() / ".rustup"))
    env = {"HOME": str(home), "CARGO_HOME": str(home / ".cargo"), "RUSTUP_HOME": rustup}
    env |= {"XDG_STATE_HOME": str(home / "state"), "RUSTUP_TOOLCHAIN": active_toolchain()}
    finished = burnish("build", cwd=clone.root, env=env)
    assert finished.returncode == 0, finished.stderr
    assert digest(clone.root / "dist/hello") == digest(crate.root / "dist/hello")


@pytest.mark.parametrize("laid", ["file", "link", "assets"])
def test_dist_that_is_not_ours(crate: Crate, burnish: Run, laid: str, tmp_path: Path) -> None:
    """What is there stays as it is: another file, a link out of the project, a folder that a program may be made of."""
    dist, elsewhere = crate.root / "dist", tmp_path / "elsewhere"
    elsewhere.mkdir()
    if laid == "file":
        dist.write_text("mine", encoding="utf-8")
    elif laid == "link":
        dist.symlink_to(elsewhere)
    else:
        crate.write({"dist/index.html": "<p>mine</p>"})
    before = crate.tree()
    finished = burnish("build", cwd=crate.root)
    assert (finished.returncode, "--out" in finished.stderr) == (3, True), finished.stderr
    assert crate.tree() == {
        **before,
        **({"Cargo.lock": crate.tree()["Cargo.lock"]} if "Cargo.lock" in crate.tree() else {}),
    }
    assert list(elsewhere.iterdir()) == []


def test_file_of_the_users_is_not_overwritten(crate: Crate, burnish: Run, tmp_path: Path) -> None:
    """In a folder that is named, a file of the program's name that we did not make stays."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "hello").write_text("mine", encoding="utf-8")
    finished = burnish("build", "--out", str(out), cwd=crate.root)
    assert (finished.returncode, "is not what burnish put there" in finished.stderr) == (3, True), finished.stderr
    assert [path.read_text(encoding="utf-8") for path in out.iterdir()] == ["mine"]


def test_step_of_a_run_that_is_under_way(crate: Crate, burnish: Run) -> None:
    """Between apply-profile and keep it is step 3, and `--out`, which is not for that, is refused."""
    for step in ("baseline", "apply-profile"):
        assert burnish(step, cwd=crate.root).returncode == 0
    refused = burnish("build", "--out", "x", cwd=crate.root)
    assert (refused.returncode, "step 3" in refused.stderr) == (3, True), refused.stderr
    assert burnish("build", cwd=crate.root).returncode == 0
    assert not (crate.root / "dist").exists()


def test_build_that_was_killed_is_no_run_of_steps(crate: Crate, burnish: Run, user_env: dict[str, str]) -> None:
    """What it leaves, and what a refusal leaves, does not make a step of the next one."""
    crate.write({"build.rs": 'fn main() { std::fs::write("begun", "").unwrap(); std::thread::sleep_ms(60_000); }\n'})
    argv = [sys.executable, "-m", "burnish", "build"]
    with subprocess.Popen(argv, cwd=crate.root, env=user_env, stderr=subprocess.DEVNULL) as killed:
        while not (crate.root / "begun").exists():
            assert killed.poll() is None
            time.sleep(0.1)
        killed.kill()
    assert (crate.root / ".burnish/runs/current.json").exists()
    crate.write({"build.rs": "fn main() {}\n"})
    finished = burnish("build", cwd=crate.root)
    assert (finished.returncode, (crate.root / "dist/hello").is_file()) == (0, True), finished.stderr


def test_selection_that_was_kept_is_built(crate: Crate, burnish: Run) -> None:
    """Nobody has to say again what was chosen for what is kept."""
    manifest = (crate.root / "Cargo.toml").read_text(encoding="utf-8")
    main = 'fn main() { println!("{}", if cfg!(feature = "loud") { "LOUD" } else { "quiet" }); }\n'
    crate.write({"Cargo.toml": f"{manifest}\n[features]\nloud = []\n", "src/main.rs": main})
    crate.commit()
    assert burnish("optimize", "--features", "loud", cwd=crate.root).returncode == 0
    assert burnish("build", cwd=crate.root).returncode == 0
    argv = [str(crate.root / "dist/hello")]
    assert subprocess.run(argv, check=True, capture_output=True, text=True).stdout == "LOUD\n"
    assert burnish("build", "--no-default-features", cwd=crate.root).returncode == 0
    assert subprocess.run(argv, check=True, capture_output=True, text=True).stdout == "quiet\n"


@pytest.fixture
def with_source(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a user whose toolchain has the source of the standard library."""
    folder, sysroot = tmp_path / "bin", tmp_path / "sysroot"
    lock = sysroot / "lib/rustlib/src/rust/library/Cargo.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    folder.mkdir()
    for name, text in (("rustc", RUSTC), ("cargo", CARGO)):
        program = folder / name
        real = shutil.which(name)
        program.write_text(text.format(real=real, sysroot=sysroot, asked=tmp_path / "asked"), encoding="utf-8")
        program.chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture
def pinned(crate: Crate, burnish: Run, user_env: dict[str, str], with_source: dict[str, str]) -> Crate:
    """Return a project with a kept pick that needs a rebuilt standard library, kept step by step."""
    crate.write({"Cargo.toml": AUTO})
    crate.cargo("generate-lockfile", "--offline")
    crate.commit()
    argv = [sys.executable, "-c", REMEMBER, *CHOICES]
    subprocess.run(argv, cwd=crate.root, env={**user_env, **with_source}, check=True)
    for step in ("baseline", "apply-profile", "write-config", "build", "keep"):
        accept = ("--accept", "backtraces") if step == "baseline" else ()
        finished = burnish(step, *accept, cwd=crate.root, env=with_source)
        assert finished.returncode == 0, finished.stderr
    return crate


def test_pick_with_a_command_of_its_own_is_pinned(pinned: Crate, burnish: Run, with_source: dict[str, str]) -> None:
    """The pin names choices and no path of this machine; the plan names `burnish build` before the long command."""
    text = (pinned.root / PATHS["pin"]).read_text(encoding="utf-8")
    assert 'choices = ["link.std-untraced"]' in text
    assert str(pinned.root) not in text
    assert burnish("rollback", cwd=pinned.root).returncode == 0
    assert not (pinned.root / PATHS["pin"]).exists()
    planned = burnish("plan", "--accept", "backtraces", cwd=pinned.root, env=with_source)
    assert "`burnish build` makes what is judged, by: RUSTC_BOOTSTRAP=1 cargo build" in planned.stderr
    assert f"+++ b/{PATHS['pin']}" in planned.stdout


def test_pinned_pick_in_a_fresh_clone(pinned: Crate, burnish: Run, with_source: dict[str, str], tmp_path: Path) -> None:
    """Nobody has to accept anything again; where the source is not here, it is refused with the command that helps."""
    pinned.commit()
    clone = Crate(root=tmp_path / "clone")
    pinned.git("clone", "-q", str(pinned.root), str(clone.root))
    (tmp_path / "asked").unlink()
    state = {"XDG_STATE_HOME": str(tmp_path / "other")}
    finished = burnish("build", cwd=clone.root, env={**with_source, **state})
    assert finished.returncode == 0, finished.stderr
    assert "-Z build-std=std,panic_abort" in (tmp_path / "asked").read_text(encoding="utf-8")
    assert "no file of this was judged here" in " ".join(finished.stdout.split())
    assert (clone.root / "dist/hello").is_file()
    (tmp_path / "sysroot/lib/rustlib/src/rust/library/Cargo.lock").unlink()
    alone = (sys.executable, "-c", ALONE, str(tmp_path / "nothing"))
    without = burnish("build", cwd=clone.root, env={**with_source, **state}, program=alone)
    assert without.returncode == 3, without.stdout
    assert "rustup component add rust-src" in without.stderr
    doctor = burnish("doctor", cwd=clone.root, env={**with_source, **state}, program=alone)
    assert (doctor.returncode, "kept build" in doctor.stdout) == (3, True), doctor.stdout


def test_pin_that_was_edited_is_undone(pinned: Crate, burnish: Run) -> None:
    """All of the file is ours: it goes, and the user's version is saved."""
    pin = pinned.root / PATHS["pin"]
    pin.write_text(f"{pin.read_text(encoding='utf-8')}# mine\n", encoding="utf-8")
    finished = burnish("rollback", cwd=pinned.root)
    assert finished.returncode == 0, finished.stderr
    assert not pin.exists()
    saved = [path.read_text(encoding="utf-8") for path in (pinned.root / ".burnish/saved").iterdir()]
    assert any(text.endswith("# mine\n") for text in saved)


@pytest.mark.parametrize("text", ["version = 2\n", 'version = 1\nrun = "x"\n', 'version = 1\nchoices = ["no.such"]\n'])
def test_pin_that_cannot_be_followed(crate: Crate, burnish: Run, text: str) -> None:
    """A pin of another version, with other keys or unknown choices builds nothing, and says why."""
    crate.write({PATHS["pin"]: text})
    finished = burnish("build", cwd=crate.root)
    assert (finished.returncode, PATHS["pin"] in finished.stderr) == (3, True), finished.stderr
    assert not (crate.root / "target").exists()
