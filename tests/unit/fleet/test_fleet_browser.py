"""The page in a real browser: it is sorted and filtered there, and hostile names run nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from burnish.fleet.fleet_document import document_of
from burnish.fleet.fleet_page import render_fleet
from tests.conftest import Tried
from tests.unit.fleet.jobs import OTHER, job, passed
from tests.unit.report.test_browser import BROWSER, PAYLOADS, rendered

pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs Chromium: apt install chromium")
# What a reader does with the page, and what is to be seen then.
USE = """
<script>
addEventListener("load", () => {
  const names = () => [...document.querySelectorAll("#jobs tbody tr:not([hidden]) th")].map((each) => each.textContent);
  const button = document.querySelectorAll("#jobs thead button")[SIZE];
  const seen = [];
  button.click();
  seen.push(names());
  button.click();
  seen.push(names());
  const form = document.getElementById("filters");
  form.elements.platform.value = "OTHER";
  form.dispatchEvent(new Event("input"));
  seen.push(names(), [document.getElementById("shown").textContent]);
  document.title = "seen " + seen.map((each) => each.join(",")).join("; ");
});
</script>
"""
SIZE_COLUMN = 3


def page_of(*sizes: int) -> str:
    """Return the page of jobs with these sizes, every second of them on another platform."""
    jobs = [job(f"p{number}", OTHER if number % 2 else job().platform) for number in range(len(sizes))]
    results = {each.key: passed(each, size_after=size) for each, size in zip(jobs, sizes, strict=True)}
    return render_fleet(document_of(jobs, results))


def used(page: str, folder: Path) -> str:
    """Return what a reader sees who sorts by size, then the other way round, then filters by platform."""
    script = USE.replace("SIZE", str(SIZE_COLUMN)).replace("OTHER", OTHER)
    document = rendered(re.sub(r"<meta http-equiv=[^>]*>", "", page) + script, folder)
    found = re.search(r"<title>seen (.*?)</title>", document)
    assert found is not None
    return found[1]


def test_table_is_sorted_by_number_and_filtered(tmp_path: Path) -> None:
    """Numbers as numbers, and not as words: 1,000 is more than 200."""
    assert used(page_of(200, 1000, 30, 4), tmp_path) == "p3,p2,p0,p1; p1,p0,p2,p3; p1,p3; 2 of 4 jobs"


def test_script_runs_under_the_pages_own_policy(tmp_path: Path) -> None:
    """Another script does not: the policy names this one by its digest."""
    page = page_of(1, 2)
    hidden = '<form class="filters" id="filters" hidden="">'
    assert hidden.replace('=""', "") in page
    assert hidden not in rendered(page, tmp_path)
    changed = page.replace('"use strict";', '"use strict";document.title = "ran";')
    assert "<title>ran</title>" not in rendered(changed, tmp_path)
    assert "<title>ran</title>" in rendered(re.sub(r"<meta http-equiv=[^>]*>", "", changed), tmp_path)


@pytest.mark.promise("E3")
def test_hostile_names_run_nothing(tmp_path: Path, tried: Tried) -> None:
    """All payloads in every text of a result, and no policy: they are text to the browser."""
    payload = " ".join(PAYLOADS)
    made = job(payload, payload)
    result = passed(made, reason=payload, machine=payload, outcome=payload, report=payload)
    page = re.sub(r"<meta http-equiv=[^>]*>", "", render_fleet(document_of([made], {made.key: result})))
    document = rendered(page, tmp_path)
    start = document.index("<html")
    assert "data-owned" in document
    assert "data-owned" not in document[start : document.index(">", start)]
    tried("E3", cases=len(PAYLOADS))
