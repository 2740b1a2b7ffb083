"""The guide's pages and the README: what they show can be typed, was shown, and leads somewhere."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape

from burnish.errors import Refused
from burnish.job.recipe import load_recipes
from burnish.job.settings import defaults_layer, metadata_layers, resolve
from burnish.judge.budget import budget_from, load_budgets
from burnish.platforms import shipped_platforms
from burnish.resources import config_file
from guide.blocks import Block, code_blocks, missing_line
from guide.capture_list import CAPTURES, FOLDER, ROOT
from guide.command_lines import check_line, commands_in, workflow_commands
from tests.conftest import Crate, Run

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def blocks(*kinds: str) -> list[Any]:
    """Return the blocks of some kinds of all pages, as parameters."""
    every = ((page.relative_to(ROOT).as_posix(), block) for page in PAGES for block in blocks_of(page))
    return [pytest.param(block, id=f"{name}:{block.line}") for name, block in every if block.kind in kinds]


def blocks_of(page: Path) -> list[Block]:
    """Return the code blocks of a page. Raise ValueError, with its name, where nothing says what one of them is."""
    try:
        return code_blocks(page.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{page}: {error}") from error


@pytest.mark.parametrize("block", blocks("run", "parse"))
def test_commands_can_be(block: Block) -> None:
    """Each command is one that burnish, nox or another program of the list has."""
    for line in filter(None, block.lines):
        check_line(line)


@pytest.mark.parametrize("block", blocks("workflow"))
def test_commands_of_workflows_can_be(block: Block) -> None:
    """A workflow's `run:` lines too."""
    for line in workflow_commands(block.lines):
        check_line(line)


@pytest.fixture
def greet(tmp_path: Path) -> Crate:
    """Return a copy of the guide's small crate, committed."""
    made = Crate(root=tmp_path / "greet")
    shutil.copytree(ROOT / "guide" / "greet", made.root, ignore=shutil.ignore_patterns("target"))
    made.commit()
    return made


@pytest.mark.parametrize("block", blocks("run"))
def test_quick_commands_run(block: Block, greet: Crate, burnish: Run) -> None:
    """On a small crate each does what the page says, and leaves the files as they are."""
    before = greet.tree()
    for line in filter(None, block.lines):
        for program, *words in commands_in(line):
            assert program == "burnish", line
            done = burnish(*words, cwd=greet.root)
            assert done.returncode == int(block.argument or 0), f"{line}\n{done.stdout}{done.stderr}"
    assert greet.tree() == before


@pytest.mark.parametrize("block", blocks("capture"))
def test_output_was_shown(block: Block) -> None:
    """What a page shows as output stands in the capture, in that order."""
    captured = (FOLDER / f"{block.argument}.txt").read_text(encoding="utf-8").splitlines()
    assert missing_line(block.lines, captured) is None


@pytest.mark.parametrize("block", blocks("settings"))
def test_settings_can_be_used(block: Block) -> None:
    """Settings, limits and recipes that a page shows are read as a project's own."""
    metadata = tomllib.loads("\n".join(block.lines))
    for kind in metadata:
        table = metadata[kind]["metadata"]["burnish"]
        platforms = table.get("platforms", {"": {}})
        for triple in platforms:
            read_as_burnish_does(table, triple)


def read_as_burnish_does(table: dict[str, Any], triple: str) -> None:
    """Resolve a project's table with what it says for one platform. Raise Refused for what cannot be used."""
    defaults = defaults_layer(config_file("defaults.toml").read_bytes())
    settings = resolve([defaults, *metadata_layers(table, "[it]", triple, shipped_platforms())]).settings
    limits = {key: value for key, value in settings.budget.items() if key != "base"}
    base = load_budgets(config_file("budgets.toml").read_bytes())[settings.budget["base"]]
    budget_from({**base, **limits}, name="own", where="the page")
    recipes = load_recipes(config_file("recipes.toml").read_bytes(), settings.recipes)
    assert settings.recipe == "auto" or settings.recipe in recipes


@pytest.mark.parametrize(
    "table",
    [{"startup": {"run": 1}}, {"budget": {"max_sise": 1}}, {"recipes": {"mine": {"extend": "small"}}}],
    ids=["setting", "limit", "recipe"],
)
def test_settings_that_cannot_be_used_would_be_found(table: dict[str, Any]) -> None:
    """The reading above refuses an unknown setting, limit and key of a recipe."""
    with pytest.raises(Refused):
        read_as_burnish_does(table, "")


@pytest.mark.parametrize("block", blocks("file"))
def test_files_hold_no_command(block: Block) -> None:
    """No command escapes the tests by being called a file."""
    assert not [line for line in block.lines if re.match(r"\s*(\$ )?(burnish|invoke|nox|cargo burnish)\b", line)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """Pages, headings, pictures and files that a page links to are there, and those of the guide stay within it."""
    for link in _LINK.findall(page.read_text(encoding="utf-8")):
        if re.match(r"https?:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not page.is_relative_to(ROOT / "docs") or target.is_relative_to(ROOT / "docs"), link
        assert not anchor or anchor in anchors(target), link


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and the site make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", heading.lower())) for heading in headings}


def test_each_page_is_in_the_table_of_contents() -> None:
    """No page can be found only by those who know its name."""
    contents = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]
    listed = set(re.findall(r"[\w/-]+\.md", json.dumps(contents)))
    assert listed == {page.relative_to(ROOT / "docs").as_posix() for page in PAGES[2:]}


def test_each_capture_is_there_with_its_circumstances() -> None:
    """Text, picture, day and machine of each; and no file of one that is no more."""
    noted = json.loads((FOLDER / "captures.json").read_text(encoding="utf-8"))
    assert list(noted) == [name for name in CAPTURES if name in noted]
    assert {path.stem for path in FOLDER.iterdir()} == {*noted, "captures"}
    for name, capture in ((name, CAPTURES[name]) for name in noted):
        assert noted[name]["command"] == capture.command
        assert noted[name]["exit_status"] == capture.exit_status
        assert {"day", "machine", "toolchain"} <= set(noted[name])
        assert (FOLDER / f"{name}.txt").read_text(encoding="utf-8").startswith(f"$ {capture.command}\n")
        title = str(escape(capture.command))
        assert f"<title>{title}</title>" in (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
