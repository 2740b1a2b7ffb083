from __future__ import annotations

from pathlib import Path

import msgspec

from burnish.cargo.layers import given_layers
from burnish.cargo.project import Dependency, Package, Project, Target
from burnish.cargo.scan import UnwindingScan, own_sources, scan_for_unwinding

CATCHES = "\nfn f() { std::panic::catch_unwind(g); }\n"


def package(root: Path, name: str, *targets: tuple[str, str]) -> Package:
    """Return a package in a folder of its own, with targets of these kinds and root files."""
    made = [Target(name=name, kind=[kind], src_path=str(root / name / path)) for kind, path in targets]
    manifest = str(root / name / "Cargo.toml")
    return Package(id=name, name=name, version="1.0.0", manifest_path=manifest, targets=made, dependencies=[])


def project(root: Path, *members: Package) -> Project:
    """Return a workspace of these members."""
    return Project(
        root=root,
        target_directory=root / "app" / "target",
        selected=members[:1],
        members=members,
        package=members[0],
        binary=None,
        by_package=False,
        workspace_metadata={},
    )


def test_reliances_of_a_workspace(tmp_path: Path) -> None:
    """What a binary can be made of is searched in all members; what only tests, benches and builds have is not."""
    searched = {"app/main.rs": "", "app/parts/deep/mod.rs": CATCHES, "lib/src/lib.rs": CATCHES}
    others = ["tests/a.rs", "benches/b.rs", "examples/c.rs", "target/d.rs", ".hidden/e.rs", "parts/tests.rs"]
    alone = ["lib/build.rs", "lib/README.md", "app/nested/src/lib.rs", "macros/src/lib.rs"]
    files = {**searched, **dict.fromkeys([*(f"app/{name}" for name in others), *alone], CATCHES)}
    for name, content in {**files, "app/nested/Cargo.toml": ""}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    (tmp_path / "app" / "broken.rs").symlink_to("gone.rs")
    workspace = project(
        tmp_path,
        package(tmp_path, "app", ("bin", "main.rs"), ("test", "tests/a.rs")),
        package(tmp_path, "lib", ("lib", "src/lib.rs"), ("custom-build", "build.rs")),
        package(tmp_path, "macros", ("proc-macro", "src/lib.rs")),
    )
    assert [str(path.relative_to(tmp_path)) for path in own_sources(workspace)] == list(searched)
    places = ("app/parts/deep/mod.rs:2: catch_unwind", "lib/src/lib.rs:2: catch_unwind")
    assert scan_for_unwinding(workspace) == UnwindingScan(places=places, files=3)


def written(root: Path, files: dict[str, str]) -> None:
    """Write these files."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


NAMED = """
[dependencies]
deeper = { path = "../deeper" }
macros = { path = "../macros" }
[dev-dependencies]
helper = { path = "../helper" }
[target.'cfg(unix)'.dependencies]
unix = { path = "../unix" }
"""


def test_path_dependencies_and_vendored_packages_are_searched(tmp_path: Path) -> None:
    """What the project brings itself, wherever it lies; not macros, what only tests need, nor the others' binaries."""
    found = ["../deeper/src/lib.rs", "../named/src/lib.rs", "../patched/source/lib.rs", "../unix/src/lib.rs"]
    found += ["third/party/old/src/lib.rs"]
    root = tmp_path / "work"
    written(
        root,
        {
            "Cargo.toml": '[patch.crates-io]\npatched = { path = "../patched" }\n',
            ".cargo/config.toml": '[source.vendored]\ndirectory = "third/party"\n',
            "app/src/main.rs": "",
            "third/party/old/Cargo.toml": '[package]\nname = "old"\n',
            "third/party/README": "",
            "../named/Cargo.toml": NAMED,
            "../named/build.rs": CATCHES,
            "../deeper/Cargo.toml": '[dependencies]\nnamed = { path = "../named" }\n',
            "../unix/Cargo.toml": "",
            "../patched/Cargo.toml": '[lib]\npath = "source/lib.rs"\n',
            "../macros/Cargo.toml": "[lib]\nproc-macro = true\n",
            "../macros/src/lib.rs": CATCHES,
            "../helper/Cargo.toml": "",
            "../helper/src/lib.rs": CATCHES,
            **dict.fromkeys(found, CATCHES),
        },
    )
    app = package(root, "app", ("bin", "src/main.rs"))
    named = Dependency(name="named", path=str(tmp_path / "named"))
    helper = Dependency(name="helper", kind="dev", path=str(tmp_path / "helper"))
    workspace = project(root, msgspec.structs.replace(app, dependencies=[named, helper]))
    scan = scan_for_unwinding(workspace)
    assert sorted(place.partition(":")[0] for place in scan.places) == sorted(found)
    assert scan.files == 6


def test_hostile_manifests_of_others_are_passed_over(tmp_path: Path) -> None:
    """What cannot be read is not searched, and breaks nothing: cargo says what is wrong with it."""
    written(
        tmp_path,
        {
            "Cargo.toml": "patch = 1\n[",
            ".cargo/config.toml": 'source = { a = 1, b = { directory = "gone" }, c = { directory = ["x"] } }\n',
            "app/src/main.rs": CATCHES,
            "odd/Cargo.toml": 'lib = 1\ndependencies = ["x"]\ntarget = { a = 1 }\n',
        },
    )
    app = package(tmp_path, "app", ("bin", "src/main.rs"))
    gone = Dependency(name="gone", path=str(tmp_path / "gone"))
    odd = Dependency(name="odd", path=str(tmp_path / "odd"))
    workspace = project(tmp_path, msgspec.structs.replace(app, dependencies=[gone, odd]))
    assert scan_for_unwinding(workspace).places == ("app/src/main.rs:2: catch_unwind",)


def test_file_that_has_changed_is_looked_through_again(tmp_path: Path) -> None:
    """A file is looked through once while it stays as it is."""
    written(tmp_path, {"app/src/main.rs": ""})
    workspace = project(tmp_path, package(tmp_path, "app", ("bin", "src/main.rs")))
    assert scan_for_unwinding(workspace).places == ()
    written(tmp_path, {"app/src/main.rs": CATCHES})
    assert scan_for_unwinding(workspace).places == ("app/src/main.rs:2: catch_unwind",)


def test_package_that_the_command_line_brings_is_searched(tmp_path: Path) -> None:
    """`--config` may put a folder in the place of a registry's package, told as a text or in a file."""
    root = tmp_path / "app"
    written(
        root,
        {
            "src/main.rs": "",
            "../one/Cargo.toml": "",
            "../one/src/lib.rs": CATCHES,
            "../two/Cargo.toml": "",
            "../two/src/lib.rs": CATCHES,
            "../far/.cargo/given.toml": '[patch.crates-io]\ntwo = { path = "../two" }\n',
        },
    )
    workspace = project(root, package(tmp_path, "app", ("bin", "src/main.rs")))
    config = ['patch.crates-io.one.path = "../one"', "../far/.cargo/given.toml"]
    assert len(scan_for_unwinding(workspace, given_layers(config, root)).places) == 2
    assert scan_for_unwinding(workspace).places == ()
