"""The pages of the guide that are made: `python -m guide.reference` writes them anew from guide/pages/ and the data.

They are committed, so that they can be read in the repository as they are, and a review sees what a change of a setting
does to them. A test compares them with what this makes.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from types import ModuleType

import jinja2

from guide import command_tables, config_tables, lever_tables, schema_tables
from guide.capture_list import CAPTURES, FOLDER, ROOT
from guide.tables import section, sections

DOCS = ROOT / "docs"
_SOURCES = Path(__file__).parent / "pages"
_TABLES: tuple[ModuleType, ...] = (command_tables, config_tables, lever_tables, schema_tables)


def main() -> None:
    """Write each page whose text has changed."""
    for name, text in pages().items():
        path = DOCS / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"written: docs/{name}")


def page_names() -> list[str]:
    """Return the paths in docs/ of the pages that are made."""
    return sorted(path.relative_to(_SOURCES).as_posix() for path in _SOURCES.rglob("*.md"))


def pages() -> dict[str, str]:
    """Return the text of each page that is made, by its path in docs/."""
    loader = jinja2.FileSystemLoader(_SOURCES)
    templates = jinja2.Environment(loader=loader, undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701 - Markdown
    made = {name: each for module in _TABLES for name, each in inspect.getmembers(module, inspect.isfunction)}
    templates.globals |= made | {"captures": captures}
    return {name: _page(name, templates.get_template(name).render()) for name in page_names()}


def _page(name: str, text: str) -> str:
    return f"<!-- Made by `python -m guide.reference`: edit guide/pages/{name}, or the data. -->\n\n{text.rstrip()}\n"


def captures() -> str:
    """Return a section for each capture that was made: the picture, the circumstances, and where the text is."""
    made = json.loads((FOLDER / "captures.json").read_text(encoding="utf-8"))
    return sections(_capture_section(name, facts) for name, facts in made.items())


def _capture_section(name: str, facts: dict[str, object]) -> str:
    shows = CAPTURES[name].shows
    told = f"`{facts['command']}`, exit status {facts['exit_status']}; [all of it as text](captures/{name}.txt)."
    where = f"{facts['day']}, {facts['machine']}, {facts['toolchain']}."
    return section(shows[0].upper() + shows[1:], f"![{facts['command']}](captures/{name}.svg)", f"{told} {where}")


if __name__ == "__main__":
    main()
