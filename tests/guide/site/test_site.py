"""The built site: what users ask is found, and no page needs the network."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from guide.capture_list import ROOT

SITE = ROOT / ".work" / "site"
QUESTIONS = {
    "how do I undo": "how-to/undo.html",
    'why is my start-up "inconclusive"': "how-to/inconclusive-startup.html",
    "startup inconclusive": "how-to/inconclusive-startup.html",
    "how do I run it in CI": "how-to/ci.html",
    "what does it change": "explanation/what-changes.html",
    "how do I keep panic unwinding": "how-to/panic-unwinding.html",
    "musl": "how-to/musl.html",
    "exit status": "reference/exit-statuses.html",
}
_LOADED = re.compile(
    r"<(?:script|img|iframe|audio|video|source|embed)\b[^>]*?\bsrc=[\"']?(?P<src>[^\"'\s>]+)"
    r"|<link\b(?=[^>]*\brel=[\"']?(?:stylesheet|preconnect|preload|icon|dns-prefetch))[^>]*?\bhref=[\"']?(?P<href>[^\"'\s>]+)"
    r"|url\([\"']?(?P<url>[^\"')]+)|@import\s+[\"'](?P<css>[^\"']+)",
    re.IGNORECASE,
)


def loads(text: str) -> list[str]:
    """Return what a page or a style sheet loads by itself."""
    return [next(filter(None, found.groups())) for found in _LOADED.finditer(text)]


@pytest.fixture(scope="module")
def answers() -> dict[str, list[str]]:
    """Return what the site's own search finds for each question, best first."""
    (worker,) = (SITE / "assets" / "javascripts" / "workers").glob("search.*.js")
    argv = ["node", str(ROOT / "guide" / "search.js"), str(worker), str(SITE / "search.json"), *QUESTIONS]
    found: dict[str, list[str]] = json.loads(subprocess.run(argv, check=True, capture_output=True).stdout)
    return found


@pytest.mark.parametrize(("question", "page"), QUESTIONS.items())
def test_question_is_answered_by_the_first_result(question: str, page: str, answers: dict[str, list[str]]) -> None:
    """The page that is meant for it comes first."""
    assert answers[question][0].partition("#")[0] == page, answers[question]


@pytest.mark.parametrize(
    ("text", "loaded"),
    [
        ('<script src="a.js"></script>', "a.js"),
        ("<img alt=x src=https://x.org/a.png>", "https://x.org/a.png"),
        ('<link href="https://x.org/a.css" rel="stylesheet">', "https://x.org/a.css"),
        ("a { background: url(https://x.org/b) }", "https://x.org/b"),
        ('@import "https://x.org/c.css";', "https://x.org/c.css"),
    ],
)
def test_what_is_loaded_would_be_seen(text: str, loaded: str) -> None:
    """Scripts, pictures and style sheets, in whatever order their attributes stand."""
    assert loads(text) == [loaded]


def test_no_page_loads_anything_from_elsewhere() -> None:
    """It can be read from a folder, without a network."""
    files = [path for path in SITE.rglob("*") if path.suffix in {".html", ".css", ".svg"}]
    assert len(files) > len(QUESTIONS)
    foreign = {str(path): found for path in files if (found := [x for x in loads(path.read_text()) if is_foreign(x)])}
    assert foreign == {}


def is_foreign(address: str) -> bool:
    """Return whether an address is on another host."""
    return bool(re.match(r"(https?:)?//", address))


def test_pages_and_pictures_of_the_site_are_those_of_the_guide() -> None:
    """Nothing is left out of the site."""
    docs = ROOT / "docs"
    for path in docs.rglob("*"):
        made = SITE / path.relative_to(docs)
        assert path.is_dir() or (made.with_suffix(".html") if path.suffix == ".md" else made).exists(), path


def test_site_is_light() -> None:
    """A page with all that it loads is small: captures are text, and there is one script."""
    assert sum(path.stat().st_size for path in Path(SITE / "assets").rglob("*")) < 2_000_000
