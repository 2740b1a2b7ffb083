"""Files of older builds are out of the way for a while, and nothing of them is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.cargo.project import Package, Project, Target
from burnish.cargo.tests.outputs import final_files, lent_outputs, older_outputs_aside

LINKED = (
    "release/my-tool",
    "release/libmy_tool.so",
    "x-y-z/release/my-tool",
    "release/examples/shown",
    "release/my_tool.dll",
)
OTHERS = (
    "release/my-tool.d",
    "release/fixture.bin",
    "release/deps/my-tool",
    "release/build/my-tool/out",
    "burnish/baseline/release/my-tool",
    "burnish/baseline/release/examples/shown",
)
OTHER_PROFILES = ("debug/my-tool", "debug/examples/shown", "x-y-z/dist/libmy_tool.so", "x-y-z/dist/examples/shown")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project whose target folder holds what cargo linked, and other files."""
    targets = [
        Target(name, [kind], "") for name, kind in (("my-tool", "bin"), ("my_tool", "lib"), ("shown", "example"))
    ]
    package = Package("id", "my-tool", "0.1.0", str(tmp_path / "Cargo.toml"), targets, [])
    for name in (*LINKED, *OTHERS, *OTHER_PROFILES):
        file = tmp_path / "target" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"old {name}", encoding="utf-8")
    return Project(
        root=tmp_path,
        target_directory=tmp_path / "target",
        selected=(package,),
        members=(package,),
        package=package,
        binary="my-tool",
        by_package=False,
        workspace_metadata={},
    )


def contents(project: Project) -> dict[str, str]:
    """Return every file below the target folder with its content."""
    target = project.target_directory
    return {
        str(file.relative_to(target)): file.read_text(encoding="utf-8") for file in target.rglob("*") if file.is_file()
    }


def test_final_files_are_what_cargo_links_for_the_workspaces_targets(project: Project) -> None:
    """Binaries, libraries and examples by their targets' names; no other file of the folder, and no other profile's."""
    found = {str(file.relative_to(project.target_directory)) for file in final_files(project)}
    assert found == set(LINKED)


def test_older_outputs_are_put_back_where_nothing_new_stands(project: Project) -> None:
    """While tests run nothing of an older build is there; afterwards all is as it was but what was built anew."""
    before = contents(project)
    with older_outputs_aside(project, None) as moved:
        assert moved == len(LINKED)
        assert not list(final_files(project))
        assert set(OTHERS) <= set(contents(project))
        (project.target_directory / LINKED[0]).write_text("new", encoding="utf-8")
    assert contents(project) == {**before, LINKED[0]: "new"}
    assert not (project.target_directory / "burnish" / "aside").exists()


@pytest.mark.parametrize(
    ("own", "moved"),
    [
        ("release", {"x-y-z/release/my-tool", "x-y-z/dist/libmy_tool.so", "x-y-z/dist/examples/shown"}),
        ("x-y-z/release", {*LINKED, "debug/my-tool", "debug/examples/shown"} - {"x-y-z/release/my-tool"}),
    ],
)
def test_outputs_beside_the_builds_own_folder_stay(project: Project, own: str, moved: set[str]) -> None:
    """Where a build writes to the same folder as those before it, nothing there is older; all other profiles are."""
    before = contents(project)
    with older_outputs_aside(project, project.target_directory / own):
        assert set(before) - set(contents(project)) == moved
    assert contents(project) == before


def test_older_outputs_are_put_back_after_an_end_in_between(project: Project) -> None:
    """An error puts them back at once, and what a kill has left aside is put back the next time."""
    before = contents(project)
    with pytest.raises(KeyboardInterrupt), older_outputs_aside(project, None):
        raise KeyboardInterrupt
    assert contents(project) == before
    aside = project.target_directory / "burnish" / "aside" / LINKED[0]
    aside.parent.mkdir(parents=True)
    (project.target_directory / LINKED[0]).rename(aside)
    with older_outputs_aside(project, None) as moved:
        assert moved == len(LINKED)
    assert contents(project) == before


def test_outputs_are_lent_for_a_while(project: Project) -> None:
    """They lie over what stood there, which comes back; what the lender has not made is not lent."""
    before = contents(project)
    target = project.target_directory
    lender = target / "burnish" / "workspace" / "release"
    lender.mkdir(parents=True)
    (lender / "libmy_tool.so").write_text("new", encoding="utf-8")
    (lender / "libother.so").write_text("new", encoding="utf-8")
    (lender / "my-tool").write_text("new", encoding="utf-8")
    after = contents(project)
    names = ["libmy_tool.so", "libother.so", "libgone.so"]
    with lent_outputs(project, target / "release", lender, names):
        lent = {"release/libmy_tool.so": "new", "release/libother.so": "new"}
        assert {path: text for path, text in contents(project).items() if "aside" not in path} == {**after, **lent}
    assert contents(project) == after
    assert set(after) - set(before) == {f"burnish/workspace/release/{file.name}" for file in lender.iterdir()}
