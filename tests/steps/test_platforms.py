"""Platforms, as a user asks for them: what is written, and one clear message where one cannot be built."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MANIFEST, Crate, Run

pytestmark = [
    pytest.mark.cargo,
    pytest.mark.skipif(shutil.which("sh") is None, reason="the stubs are shell scripts"),
]

AARCH64 = "aarch64-unknown-linux-gnu"


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """Return a folder for a PATH of its own: the toolchain, git and a C compiler, and nothing for other platforms."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in ("cargo", "rustc", "git", "cc"):
        # No link: a stub that is written in its place would go through it.
        stub(folder, name, f'exec {shutil.which(name)} "$@"')
    return folder


def stub(folder: Path, name: str, body: str) -> None:
    """Put a shell script there."""
    (folder / name).unlink(missing_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


@pytest.fixture
def cross(tools: Path) -> Path:
    """Return a PATH on which everything for aarch64 seems to be there, without a library to build with."""
    sysroot = tools / "sysroot"
    (sysroot / "lib").mkdir(parents=True)
    (sysroot / "lib" / "libstd-0123.rlib").touch()
    stub(
        tools,
        "rustc",
        f'case "$*" in *target-libdir*) echo "{sysroot}/lib";; *) exec {shutil.which("rustc")} "$@";; esac',
    )
    stub(tools, "aarch64-linux-gnu-gcc", 'case "$1" in -dumpmachine) echo aarch64-linux-gnu;; *) echo gcc 12;; esac')
    stub(tools, "qemu-aarch64", "echo qemu-aarch64 version 7.2")
    return tools


def plan(burnish: Run, crate: Crate, path: Path, *arguments: str) -> tuple[int, str]:
    """Ask for the plan for aarch64 with a PATH of its own, and return the exit status and what was said."""
    finished = burnish(*("plan", "--platform", AARCH64), *arguments, cwd=crate.root, env={"PATH": str(path)})
    return finished.returncode, finished.stdout + finished.stderr


def test_platform_out_of_reach_is_refused_with_what_it_takes(crate: Crate, burnish: Run) -> None:
    """A platform that no cross build from here is known for: exit 3, and where it runs."""
    finished = burnish("optimize", "--platform", "x86_64-pc-windows-msvc", cwd=crate.root)
    assert finished.returncode == 3
    assert "x86_64-pc-windows-msvc cannot be built here" in finished.stderr
    assert "run on a Windows host with the MSVC toolchain" in finished.stderr


def test_missing_emulator_is_refused_with_the_command(crate: Crate, burnish: Run, cross: Path) -> None:
    """Without its emulator a platform is not built at all, and the message says what installs it."""
    (cross / "qemu-aarch64").unlink()
    status, said = plan(burnish, crate, cross)
    assert status == 3
    assert f"{AARCH64} cannot be built here: there is no qemu-aarch64 to start its programs with" in said
    assert "apt-get install" in said


def test_wrong_cross_compiler_is_refused(crate: Crate, burnish: Run, cross: Path) -> None:
    """A compiler of the right name for another machine is told before anything is built."""
    stub(cross, "aarch64-linux-gnu-gcc", "echo x86_64-linux-gnu")
    status, said = plan(burnish, crate, cross)
    assert status == 3
    assert "aarch64-linux-gnu-gcc links for x86_64-linux-gnu, not for aarch64-linux-gnu" in said


def test_doctor_lists_what_a_platform_lacks_and_what_installs_it(crate: Crate, burnish: Run, cross: Path) -> None:
    """Each lack is a line, and each system's command is one."""
    (cross / "qemu-aarch64").unlink()
    (cross / "aarch64-linux-gnu-gcc").unlink()
    arguments = ("doctor", "--platform", AARCH64, "--json")
    finished = burnish(*arguments, cwd=crate.root, env={"PATH": str(cross)})
    assert finished.returncode == 3
    findings = json.loads(finished.stdout)
    missing = {finding["subject"]: finding["found"] for finding in findings if finding["state"] == "missing"}
    installs = [finding["found"].partition(":")[0] for finding in findings if finding["subject"] == "to install"]
    assert missing["linker"] == "there is no aarch64-linux-gnu-gcc"
    assert missing["emulator"] == "there is no qemu-aarch64 to start its programs with"
    assert installs == ["Debian", "rustup"]


def test_plan_for_another_platform_writes_only_what_holds_for_everyone(crate: Crate, burnish: Run, cross: Path) -> None:
    """The file gets the recipe's flags for the triple; linker and target are in the command, which the plan says."""
    status, said = plan(burnish, crate, cross, "--recipe", "phase1")
    assert status == 0
    assert f"+[target.{AARCH64}]" in said
    assert '+rustflags = ["-C", "prefer-dynamic=no", "-C", "target-feature=+crt-static"]' in said
    assert "+linker" not in said
    assert "+target =" not in said
    assert f"=aarch64-linux-gnu-gcc cargo build --target {AARCH64} --release" in said
    assert "target-cpu=native is left out" in said


def test_platforms_live_side_by_side(crate: Crate, burnish: Run, cross: Path) -> None:
    """A recipe written for the host's own platform stays as it is when one is planned for another."""
    env = {"PATH": str(cross)}
    for step in ("apply-profile", "write-config", "keep"):
        arguments = ("--recipe", "phase1") if step != "keep" else ()
        finished = burnish(step, *arguments, cwd=crate.root, env=env)
        assert finished.returncode == 0, finished.stderr
    before = (crate.root / ".cargo" / "config.toml").read_text(encoding="utf-8")
    crate.commit()
    status, said = plan(burnish, crate, cross, "--recipe", "phase1")
    assert status == 0, said
    added = [line[1:] for line in said.splitlines() if line.startswith("+") and not line.startswith("+++")]
    removed = [line for line in said.splitlines() if line.startswith("-") and not line.startswith("---")]
    assert "[target.x86_64" in before
    assert f"[target.{AARCH64}]" in added
    assert removed == []


def test_projects_own_limit_for_a_platform_holds_there(crate: Crate, burnish: Run, cross: Path) -> None:
    """A table of the manifest for one platform is laid over the package's, and a misspelt one is refused."""
    crate.write({"Cargo.toml": MANIFEST + f'[package.metadata.burnish.platforms.{AARCH64}]\nrecipe = "phase1"\n'})
    crate.commit()
    assert "+panic" not in burnish("plan", cwd=crate.root).stdout
    status, said = plan(burnish, crate, cross)
    assert (status, '+panic = "abort"' in said) == (0, True)


def test_setting_is_given_on_the_command_line(crate: Crate, burnish: Run) -> None:
    """`--set` is a line of TOML, checked like any other setting."""
    finished = burnish("plan", "--set", 'recipe = "small"', "--set", "startup.runs = 7", cwd=crate.root)
    assert '+opt-level = "s"' in finished.stdout
    refused = burnish("plan", "--set", "startup.rums = 7", cwd=crate.root)
    assert refused.returncode == 3
    assert 'unknown setting "startup.rums" in the command line (did you mean "startup.runs"' in refused.stderr
    assert burnish("plan", "--set", "startup.runs", cwd=crate.root).returncode == 1


# Stands in for a cargo that can build for other platforms: it builds for this one.
BUILDS_HERE = """
count=$#
while [ $count -gt 0 ]; do
  word=$1; shift; count=$((count - 1))
  case "$word" in
    --target | aarch64-*) ;;
    zigbuild) set -- "$@" build ;;
    *) set -- "$@" "$word" ;;
  esac
done
exec CARGO "$@"
"""


def optimized(burnish: Run, crate: Crate, path: Path, triple: str) -> dict[str, Any]:
    """Carry out the main job for a platform with a PATH of its own, and return the report."""
    finished = burnish("optimize", "--platform", triple, "--json", cwd=crate.root, env={"PATH": str(path)})
    assert finished.returncode == 0, finished.stderr
    report: dict[str, Any] = json.loads(finished.stdout)
    return report


def verdicts(report: dict[str, Any]) -> dict[str, str]:
    """Return the verdicts by gate."""
    return {gate["name"]: gate["verdict"] for gate in report["gates"]}


def test_emulated_platform_is_started_by_its_emulator_and_not_timed(
    crate: Crate, burnish: Run, cross: Path, tmp_path: Path
) -> None:
    """Behaviour and tests are judged under the emulator; times under it would say nothing, and are not taken."""
    stub(cross, "cargo", BUILDS_HERE.replace("CARGO", str(shutil.which("cargo"))))
    stub(
        cross,
        "qemu-aarch64",
        f'case "$1" in --version) echo qemu 7.2;; *) echo "$1" >> {tmp_path}/started; exec "$@";; esac',
    )
    report = optimized(burnish, crate, cross, AARCH64)
    assert report["platform"] == {"name": AARCH64, "triple": AARCH64, "mode": "emulated"}
    assert report["toolchain"]["programs"] == {"aarch64-linux-gnu-gcc": "gcc 12", "qemu-aarch64": "qemu 7.2"}
    expected = dict.fromkeys(("build", "artifacts", "linkage", "behaviour", "size", "tests"), "pass")
    not_timed = dict.fromkeys(("startup", "workloads", "benches"), "not-applicable")
    assert verdicts(report) == {**expected, **not_timed}
    started = (tmp_path / "started").read_text(encoding="utf-8").split()
    assert {Path(program).parent.name for program in started} == {"baseline", "candidate"}


WINDOWS = "x86_64-pc-windows-gnu"


def test_program_that_the_emulator_cannot_load_is_refused(crate: Crate, burnish: Run, cross: Path) -> None:
    """What cannot be loaded on either side does not count as the same behaviour, and the files stay."""
    stub(cross, "cargo", BUILDS_HERE.replace("CARGO", str(shutil.which("cargo"))).replace("aarch64", "x86_64-pc"))
    compiler = 'case "$*" in -dumpmachine) echo x86_64-w64-mingw32;; *-shared*) : > dll.new;; *) echo gcc 12;; esac'
    stub(cross, "x86_64-w64-mingw32-gcc", compiler)
    stub(cross, "wine", 'case "$1" in --version) echo wine-8.0;; *) echo no foo.dll >&2; exit 53;; esac')
    before = crate.tree()
    arguments = ("optimize", "--recipe", "quick", "--platform", WINDOWS)
    finished = burnish(*arguments, cwd=crate.root, env={"PATH": str(cross)})
    assert finished.returncode == 3, finished.stderr
    assert "wine gave exit status 53, by which it says that it cannot load the binary" in finished.stderr
    assert "no foo.dll" in finished.stderr
    assert crate.tree() == before


def test_link_only_platform_is_built_and_never_started(crate: Crate, burnish: Run, cross: Path) -> None:
    """What cannot run here is judged by its file alone, and nothing more is claimed."""
    stub(cross, "cargo-zigbuild", BUILDS_HERE.replace("CARGO", str(shutil.which("cargo"))))
    stub(cross, "zig", "echo 0.17.1")
    report = optimized(burnish, crate, cross, "aarch64-apple-darwin")
    expected = dict.fromkeys(("build", "artifacts", "linkage", "size"), "pass")
    others = dict.fromkeys(("behaviour", "startup", "workloads", "tests", "benches"), "not-applicable")
    assert report["platform"]["mode"] == "link-only"
    assert verdicts(report) == {**expected, **others}
    assert (report["candidate"]["tests"], report["candidate"]["behaviour"]) == (None, [])
