"""Building benches with the real cargo: which executables there are, and what is said of the others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from burnish.cargo.benches.bench import build_benches, sort_benches
from burnish.cargo.build import Cargo
from burnish.cargo.project import read_project
from burnish.cargo.toolchain import read_toolchain
from burnish.cargo.toolkit import Toolkit
from burnish.system.process import Programs

pytestmark = pytest.mark.cargo

MEMBER = """\
[package]
name = "{name}"
version = "0.1.0"
edition = "2021"
[features]
extra = []
[dev-dependencies]
bench_lib = {{ package = "criterion", path = "../criterion" }}
[[bench]]
name = "speed"
harness = false
[[bench]]
name = "odd-name_2"
harness = false
[[bench]]
name = "more"
harness = false
required-features = ["extra"]
"""
CRITERION = '[package]\nname = "criterion"\nversion = "0.5.1"\nedition = "2021"\n'


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Return a workspace of two members with the same bench targets, of which one does not compile in the second."""
    files = {
        "Cargo.toml": '[workspace]\nmembers = ["one", "two", "criterion"]\ndefault-members = ["one", "two"]\n'
        'resolver = "2"\n',
        "criterion/Cargo.toml": CRITERION,
        "criterion/src/lib.rs": "",
    }
    for name in ("one", "two"):
        files |= {f"{name}/Cargo.toml": MEMBER.format(name=name), f"{name}/src/lib.rs": ""}
        files |= {f"{name}/benches/{bench}.rs": "fn main() {}\n" for bench in ("speed", "odd-name_2", "more")}
    files["two/benches/odd-name_2.rs"] = "fn main() { nothing() }\n"
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content, encoding="utf-8")
    return tmp_path


def cargo_for(workspace: Path) -> Cargo:
    """Return cargo for the workspace's default members."""
    programs = Programs(env={**os.environ, "CARGO_TARGET_DIR": str(workspace / "target")})
    project = read_project(programs, workspace / "Cargo.toml", timeout_seconds=60)
    toolkit = Toolkit(triple=read_toolchain(programs, workspace, 60).host)
    return Cargo(programs=programs, project=project, toolkit=toolkit, target_directory=None, on_line=lambda _: None)


def test_every_package_of_a_workspace_has_its_benches_built(workspace: Path) -> None:
    """Each target is its own package's; one that does not compile, or needs a feature, is named and stops no other."""
    built = build_benches(cargo_for(workspace), timeout_seconds=300)
    found = {(each.package, each.name, Path(each.folder).name) for each in built.executables}
    assert found == {("one", "speed", "one"), ("one", "odd-name_2", "one"), ("two", "speed", "two")}
    assert all(Path(each.path).is_file() for each in built.executables)
    lacking = "it needs features that are not on by default: extra"
    assert built.not_judged == {
        "one/more": lacking,
        "two/more": lacking,
        "two/odd-name_2": "cargo could not build it",
    }


def test_each_bench_has_the_start_that_cargo_gives_it(workspace: Path) -> None:
    """`[env]`, `OUT_DIR` and the package's variables are cargo's own, also where the user has a runner."""
    (workspace / ".cargo").mkdir()
    config = '[env]\nWORDS = { value = "data/words.txt", relative = true }\n'
    config += "[target.'cfg(all())']\nrunner = 'no-such-program'\n"
    (workspace / ".cargo" / "config.toml").write_text(config, encoding="utf-8")
    (workspace / "one" / "build.rs").write_text("fn main() {}\n", encoding="utf-8")
    built = build_benches(cargo_for(workspace), runner=["mine", "--fast"], timeout_seconds=300)
    start = next(each for each in built.executables if (each.package, each.name) == ("one", "speed"))
    assert start.runner == ["mine", "--fast"]
    assert Path(start.folder) == workspace / "one"
    assert start.env["WORDS"] == str(workspace / "data" / "words.txt")
    assert start.env["CARGO_PKG_NAME"] == "one"
    assert Path(start.env["OUT_DIR"]).is_relative_to(workspace / "target")
    assert not {"BURNISH_CHILDREN", "CARGO_TERM_COLOR", "HOME"} & start.env.keys()


def test_bench_that_was_built_and_not_seen_to_start_is_no_bench_that_does_not_build(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the recorder cannot be started, cargo ends as for a bench that fails: nothing is known of it then."""
    monkeypatch.setattr("burnish.cargo.benches.recorder.__file__", str(workspace / "gone.py"))
    built = build_benches(cargo_for(workspace), timeout_seconds=600)
    assert built.executables == []
    assert built.unread == ["one/odd-name_2", "one/speed", "two/speed"]
    assert built.not_judged["two/odd-name_2"] == "cargo could not build it"
    assert "not seen how cargo starts it" in built.not_judged["one/speed"]


def test_benches_without_a_table_in_the_manifest_are_libtests(workspace: Path) -> None:
    """Cargo finds them by itself in `benches/`, and gives them libtest's main function."""
    manifest = workspace / "one" / "Cargo.toml"
    manifest.write_text(manifest.read_text(encoding="utf-8").partition("[[bench]]")[0], encoding="utf-8")
    judged, not_judged = sort_benches(cargo_for(workspace).project)
    assert {package.name for package, _ in judged} == {"two"}
    reason = "libtest's own bench harness, which stable Rust does not run"
    assert {name: why for name, why in not_judged.items() if name.startswith("one/")} == {
        f"one/{bench}": reason for bench in ("more", "odd-name_2", "speed")
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_bench_whose_source_is_a_pipe_is_not_waited_for(workspace: Path) -> None:
    """A project from elsewhere may name what never ends."""
    source = workspace / "one" / "benches" / "speed.rs"
    source.unlink()
    os.mkfifo(source)
    judged, _ = sort_benches(cargo_for(workspace).project)
    assert "speed" in {name for package, name in judged if package.name == "one"}
