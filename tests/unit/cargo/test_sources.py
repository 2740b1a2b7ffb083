from __future__ import annotations

from pathlib import Path

from burnish.cargo.project import Package, Project, Target
from burnish.cargo.sources import reliances_on_unwinding, shipped_sources

CATCHES = "\nfn f() { std::panic::catch_unwind(g); }\n"


def package(root: Path, name: str, *targets: tuple[str, str]) -> Package:
    """Give a package in a folder of its own, with targets of these kinds and root files."""
    made = [Target(name=name, kind=[kind], src_path=str(root / name / path)) for kind, path in targets]
    manifest = str(root / name / "Cargo.toml")
    return Package(id=name, name=name, version="1.0.0", manifest_path=manifest, targets=made, dependencies=[])


def project(root: Path, *members: Package) -> Project:
    """Give a workspace of these members."""
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
    assert [str(path.relative_to(tmp_path)) for path in shipped_sources(workspace)] == list(searched)
    assert reliances_on_unwinding(workspace) == [
        "app/parts/deep/mod.rs:2: catch_unwind",
        "lib/src/lib.rs:2: catch_unwind",
    ]
