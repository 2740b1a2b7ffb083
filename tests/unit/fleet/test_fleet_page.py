"""The page: all in one file, hostile names harmless, and one script that its own policy names."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

from burnish.fleet.fleet_document import document_of
from burnish.fleet.fleet_jobs import fleet_failure
from burnish.fleet.fleet_page import render_fleet
from tests.unit.fleet.jobs import OTHER, job, passed

HOSTILE = "<script>alert(1)</script>\"'&\x1b[31m"


class Tags(HTMLParser):
    """The tags of a page, with what they name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember a tag."""
        self.found.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of each tag of a name."""
        return [attributes for name, attributes in self.found if name == tag]


def page_of(jobs: int = 3) -> str:
    """Return a page with a good, a failed and a hostile result, and one job without."""
    made = [job(f"p{number}", OTHER if number % 2 else job().platform) for number in range(jobs)]
    results = {each.key: passed(each, report=f"reports/{each.project}/report.html") for each in made}
    results[made[1].key] = fleet_failure(made[1], "machine", HOSTILE, machine=HOSTILE)
    return render_fleet(document_of([*made, job("late")], results))


def test_page_loads_nothing_and_runs_only_its_own_script() -> None:
    """The policy names the script by its digest, so that nothing else runs whatever stands in a name."""
    page = page_of()
    tags = Tags(page)
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == len(tags.named("script")) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    (policy,) = [tag["content"] for tag in tags.named("meta") if tag.get("http-equiv") == "Content-Security-Policy"]
    assert policy == f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    assert not any("src" in attributes or "onclick" in attributes for _, attributes in tags.found)


def test_row_links_to_its_report_and_hostile_text_is_text() -> None:
    """A job without a report has no link, and one without a result is named below."""
    page = page_of()
    assert [tag["href"] for tag in Tags(page).named("a")] == ["reports/p0/report.html", "reports/p2/report.html"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "\x1b" not in page
    assert "late on x86_64-unknown-linux-gnu" in page


def test_every_job_has_its_row() -> None:
    """With a verdict in words beside its mark."""
    tags = Tags(page_of(jobs=50))
    assert len(tags.named("tr")) == 51
    assert len([tag for tag in tags.named("span") if "verdict" in str(tag.get("class"))]) == 50
