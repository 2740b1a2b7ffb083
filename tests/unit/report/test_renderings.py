"""Each rendering: whole documents compared, and nothing that foreign text can do to any of them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from burnish.model import Edit, Gate, Report, Workload
from burnish.report import markdown
from burnish.report.html import render_html
from burnish.report.junit import render_junit
from burnish.report.markdown import render_markdown
from burnish.report.plot import BOTTOM, TOP, render_frontier
from burnish.report.renderings import RENDERINGS
from burnish.report.store import publishable
from burnish.report.terminal import render_table, render_text
from burnish.report.waterfall import render_waterfall
from burnish.system.console import ColorRole
from burnish.text import neutral

GOLDEN = Path(__file__).parent / "golden"
MARKUP = ["::error::x", "##[error]", "##vso[x]", "<b>", "</td>", "&lt;", "]]>", "|", "`", "```", "[a](b)", "@u", "#1"]
MARKUP += ["\\", "www.a.b", "http://a.b", "{{1}}"]
CONTROLS = list("\n\r\t \x1b\x00\u202e\u2028\ufffe\ud800")
foreign = st.lists(st.sampled_from(MARKUP + CONTROLS) | st.text(max_size=5), max_size=8).map("".join)


def gate_with(text: str) -> Gate:
    """Return a failed gate whose reason is `text`."""
    return Gate(name="tests", criterion="c", verdict="fail", measured=1, limit=0, unit="tests lost", reason=text)


def report_with(report: Report, text: str) -> Report:
    """Return the report with `text` in a gate's reason, a warning and an edit."""
    return replace(
        report, gates=[gate_with(text)], warnings=[text], edits=[Edit(path=text, diff=f"--- a\n+++ b\n+{text}\n")]
    )


@pytest.mark.parametrize("name", sorted(RENDERINGS))
def test_full_report_is_rendered_as_before(full_report: Report, name: str) -> None:
    """The whole document, byte for byte."""
    assert RENDERINGS[name](full_report).encode() == (GOLDEN / "full" / name).read_bytes()


@pytest.mark.parametrize("name", sorted(RENDERINGS))
def test_hostile_report_is_rendered_as_before(hostile_report: Report, name: str) -> None:
    """The whole document with an attack in every text that is not ours."""
    assert RENDERINGS[name](publishable(hostile_report)).encode() == (GOLDEN / "hostile" / name).read_bytes()


@pytest.mark.parametrize("name", sorted(RENDERINGS))
def test_report_that_has_just_begun_can_be_rendered(partial_report: Report, name: str) -> None:
    """Parts that the run has not come to leave no hole."""
    assert "None" not in RENDERINGS[name](partial_report)
    assert "Not judged yet." in RENDERINGS[name](partial_report)


# text


def marked(text: str, role: ColorRole) -> str:
    """Show where colour would be."""
    return f"<{role}>{text}</>"


def test_text_names_the_verdict_in_words_and_colours_it(full_report: Report) -> None:
    """The colour repeats what the word says, and the columns stay aligned under it."""
    painted = render_table(full_report, marked)
    assert re.findall(r"<(\w+)>([a-z-]+) *</> \|", painted) == [
        ("good", "pass"),
        ("bad", "fail"),
        ("doubt", "inconclusive"),
        ("quiet", "not-applicable"),
    ]
    assert re.sub(r"<\w+>|</>", "", painted) + "\n" == render_text(full_report)


def test_text_wraps_the_reason_beside_its_gate(full_report: Report) -> None:
    """The reason is broken between words, in its own column."""
    table = render_table(
        replace(full_report, gates=full_report.gates[1:2], tune=None, explanation=None, check=None),
        lambda text, _role: text,
        width=90,
    )
    assert table.split("\n\n")[1].splitlines() == [
        "gate | verdict | measured  | limit     | reason",
        "-----+---------+-----------+-----------+-------",
        "size | fail    | 473,368 B | 400,000 B | 73,368 B over the limit; 473,368 B, 0.670 of the",
        "     |         |           |           | baseline's 706,000 B",
    ]


def test_text_puts_the_reason_below_on_a_narrow_terminal(full_report: Report) -> None:
    """Where the column would be a thin strip, the reason takes the whole width."""
    table = render_table(
        replace(full_report, gates=full_report.gates[1:2], tune=None, explanation=None, check=None),
        lambda text, _role: text,
        width=60,
    )
    assert table.split("\n\n")[1].splitlines() == [
        "gate | verdict | measured  | limit    ",
        "-----+---------+-----------+----------",
        "size | fail    | 473,368 B | 400,000 B",
        "  | 73,368 B over the limit; 473,368 B, 0.670 of the",
        "  | baseline's 706,000 B",
    ]


@given(text=foreign, width=st.integers(20, 200))
@example(text="x ::error::forged " * 20, width=60)
def test_text_holds_no_command_and_only_ascii(partial_report: Report, text: str, width: int) -> None:
    """No line can be taken for a workflow command, moves the cursor, or is broken by a name."""
    lines = render_table(report_with(partial_report, text), lambda painted, _role: painted, width=width).split("\n")
    assert all(line.isascii() and line.isprintable() for line in lines)
    assert not [line for line in lines if line.lstrip().startswith("::") or "##[" in line or "##vso[" in line]
    assert not [line for line in lines if " | " in line and len(line) > max(width, 60)]


# Markdown


@given(foreign)
def test_markdown_text_is_escaped_and_loses_nothing(text: str) -> None:
    """Without the escapes it is the neutral text again, and no sign that opens anything stands without one."""
    shown = markdown.markdown_text(text)
    plain = re.sub(r"\\(?=[!-/:-@\[-`{-~])(.)", r"\1", shown.replace("<!-- -->", ""))
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        plain = plain.replace(entity, sign)
    assert plain == " ".join(neutral(text).split())
    bare = re.sub(r"\\.", "", shown.replace("<!-- -->", ""))
    assert not re.search(r"[`*_\[\]|~!$^<>@#]|://|www\.", bare)


@given(foreign)
def test_markdown_fence_is_longer_than_any_in_the_diff(text: str) -> None:
    """A diff cannot end its own block."""
    first, *inside, last = markdown._edit(Edit(path="p", diff=f" {text}\n")).split("\n")[2:]
    assert first == f"{last}diff"
    assert set(last) == {"`"}
    assert not [line for line in inside if last in line]


def test_markdown_tables_keep_their_columns(hostile_report: Report) -> None:
    """A bar in a name makes no cell."""
    rows = [line for line in render_markdown(publishable(hostile_report)).split("\n") if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {4, 5, 6, 7}


# HTML


class Outline(HTMLParser):
    """Collects the elements with their attributes, and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, tuple(attrs)))

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.texts.append(data)


def outline(page: str) -> Outline:
    """Parse a page."""
    parser = Outline()
    parser.feed(page)
    parser.close()
    return parser


def test_html_of_a_hostile_report_has_the_elements_of_a_friendly_one(
    full_report: Report, hostile_report: Report
) -> None:
    """No text opens or closes an element or adds an attribute; only the attacked diff has more lines."""

    def without_lines(page: str) -> list[object]:
        return [each for each in outline(page).elements if each[0] != "span"]

    assert without_lines(render_html(publishable(hostile_report))) == without_lines(render_html(full_report))


@given(text=foreign)
def test_html_shows_foreign_text_as_it_is(partial_report: Report, text: str) -> None:
    """What the page shows is the neutral text, in one place each."""
    page = outline(render_html(report_with(partial_report, text)))
    assert "script" not in {element for element, _attributes in page.elements}
    assert neutral(text) in "".join(page.texts)


def test_html_loads_nothing_and_runs_nothing(hostile_report: Report) -> None:
    """One file that can be mailed: no address in an attribute, no script, a policy that forbids both."""
    page = outline(render_html(publishable(hostile_report)))
    names = {name for _element, attributes in page.elements for name, _value in attributes}
    assert names == {
        *("lang", "charset", "name", "content", "http-equiv", "class", "style", "scope", "title"),
        "data-label",
        *("role", "aria-label", "aria-labelledby", "aria-hidden", "tabindex"),
        # What is folded away, and the orders of a table.
        *("open", "type", "id", "checked", "for"),
        # The picture's: places on it.
        *("xmlns", "viewbox", "font-family", "width", "height", "rx", "transform", "text-anchor"),
        *("x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r"),
    }
    assert not {"script", "link", "img", "iframe", "a"} & {element for element, _attributes in page.elements}
    policy = (("http-equiv", "Content-Security-Policy"), ("content", "default-src 'none'; style-src 'unsafe-inline'"))
    assert ("meta", policy) in page.elements


# JUnit


def test_junit_counts_what_it_holds(full_report: Report) -> None:
    """A gate is a case; fail and inconclusive are failures, what does not apply is skipped with its reason."""
    root = ET.fromstring(render_junit(full_report))  # noqa: S314 - our own document
    suite = root[0]
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["4", "2", "0", "1"]
    cases = [(case.get("name"), case[0].tag, case[0].get("type")) for case in suite.iter("testcase")]
    assert cases == [
        ("build", "system-out", None),
        ("size", "failure", "fail"),
        ("startup", "failure", "inconclusive"),
        ("benches", "skipped", None),
    ]


@given(text=foreign)
def test_junit_is_well_formed_whatever_the_reason(partial_report: Report, text: str) -> None:
    """Every character can be parsed again, and the reason is one attribute."""
    document = render_junit(report_with(partial_report, text)).encode()
    failure = next(ET.fromstring(document).iter("failure"))  # noqa: S314 - our own document
    shown = neutral(text).replace("\t", " ")
    assert failure.get("message") == re.sub(
        "[\ufffe\uffff]", lambda match: match[0].encode("unicode_escape").decode(), shown
    )


@given(text=foreign)
@pytest.mark.parametrize("render", RENDERINGS.values(), ids=list(RENDERINGS))
def test_every_rendering_can_be_written_as_utf8(
    partial_report: Report, render: Callable[[Report], str], text: str
) -> None:
    """Not even half a surrogate pair stops a report from being written."""
    render(report_with(partial_report, text)).encode("utf-8")


# The picture


def test_frontier_is_drawn_with_every_build_that_was_timed(full_report: Report) -> None:
    """The baseline and both trials that work have a mark; those on the frontier a number and a line below."""
    picture = ET.fromstring(render_frontier(full_report) or "")  # noqa: S314 - our own
    titles = [element.text or "" for element in picture.iter("{http://www.w3.org/2000/svg}title")]
    texts = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert titles[0] == "tool 1.2.3, binary tl: 3 builds by size and start-up"
    assert sorted(title.split(":")[0] for title in titles[1:]) == ["as it is", "link.static", "opt-level.s"]
    assert [text for text in texts if text in {"1", "2", "3"}] == ["1", "2", "1", "2"]
    assert {"opt-level.s (the pick)", "link.static", "size of the binary", "limit 400,000 B"} <= set(texts)


def test_frontier_marks_lie_within_the_axes_and_bars_around_them(full_report: Report) -> None:
    """A larger file stands further right, a slower one higher, and each on its own interval."""
    picture = ET.fromstring(render_frontier(full_report) or "")  # noqa: S314 - our own
    marks = {}
    for group in picture.iter("{http://www.w3.org/2000/svg}g"):
        title = group.find("{http://www.w3.org/2000/svg}title")
        if title is not None:
            circle = group[-1]
            bar = group[1]
            marks[str(title.text).split(":")[0]] = (float(circle.get("cx", 0)), float(circle.get("cy", 0)))
            assert float(bar.get("y1", 0)) <= float(circle.get("cy", 0)) <= float(bar.get("y2", 0))
    assert marks["opt-level.s"][0] < marks["as it is"][0] < marks["link.static"][0]
    assert marks["as it is"][1] < marks["opt-level.s"][1] < marks["link.static"][1]


def test_frontier_shows_each_interval_whole(full_report: Report) -> None:
    """A bar that ends at the edge of the picture would say less than was measured."""
    picture = ET.fromstring(render_frontier(full_report) or "")  # noqa: S314 - our own
    bars = [bar for bar in picture.iter("{http://www.w3.org/2000/svg}line") if bar.get("class") == "bar"]
    ends = [float(bar.get(name, 0)) for bar in bars for name in ("y1", "y2")]
    assert TOP < min(ends) < max(ends) < BOTTOM


def test_hostile_frontier_has_the_elements_of_a_friendly_one(full_report: Report, hostile_report: Report) -> None:
    """No name opens an element, and none is drawn at full length."""
    hostile = render_frontier(publishable(hostile_report)) or ""
    friendly = render_frontier(full_report) or ""
    assert [each.tag for each in ET.fromstring(hostile).iter()] == [each.tag for each in ET.fromstring(friendly).iter()]  # noqa: S314 - our own


def test_report_without_times_has_no_picture(full_report: Report) -> None:
    """Nothing is drawn where there is nothing to compare."""
    assert render_frontier(replace(full_report, tune=None, explanation=None)) is None


def test_waterfall_adds_up_to_the_file_and_to_the_start_up(full_report: Report) -> None:
    """Each part begins where the one before it ends, the whole begins at nothing, and the limits are drawn."""
    picture = ET.fromstring(render_waterfall(full_report) or "")  # noqa: S314 - our own
    svg = "{http://www.w3.org/2000/svg}"
    bars = [bar for bar in picture.iter(f"{svg}rect") if bar.get("class") != "paper"]
    names = [str(bar[0].text).split(":")[0] for bar in bars]
    assert names == [".text", "headers and padding", "together", "the floor", "the program's own part", "together"]
    ends = [(float(bar.get("x", 0)), float(bar.get("x", 0)) + float(bar.get("width", 0))) for bar in bars]
    assert ends[0][1] == pytest.approx(ends[1][0], abs=0.2)
    assert ends[2][0] == ends[0][0]
    assert ends[2][1] == pytest.approx(ends[1][1], abs=0.2)
    # What is less than nothing goes back.
    assert ends[4][1] == pytest.approx(ends[3][1], abs=1.1)
    texts = {text.text for text in picture.iter(f"{svg}text")}
    assert {"limit 500,000 B", "limit 500 us"} <= texts


def test_report_without_an_explanation_has_no_waterfall(full_report: Report) -> None:
    """Nothing is drawn where nothing was taken apart."""
    assert render_waterfall(replace(full_report, explanation=None)) is None


@pytest.mark.parametrize("name", ["report.txt", "report.md", "report.html"])
def test_workloads_are_told_where_there_are_any(full_report: Report, name: str) -> None:
    """Their times stand beside the others, and the candidates have a column for them; without them there is none."""
    assert full_report.tune is not None
    assert full_report.baseline is not None
    assert full_report.candidate is not None
    startup = full_report.baseline.startup
    assert startup is not None
    quick = replace(startup, mean_seconds=0.0123)
    first, *others = full_report.tune.trials
    report = replace(
        full_report,
        baseline=replace(full_report.baseline, workloads=[Workload(name="fib <b>", times=startup)]),
        candidate=replace(full_report.candidate, workloads=[Workload(name="fib <b>", times=quick)]),
        tune=replace(full_report.tune, trials=[replace(first, workload_ratio=(0.931, 0.901, 0.962)), *others]),
    )
    rendered = RENDERINGS[name](report)
    assert "12.3 ms" in rendered
    # The page draws an interval, and says its ends beside.
    told = "95% interval 0.901 to 0.962" if name == "report.html" else "0.931 (0.901 to 0.962)"
    assert "workload fib &lt;b&gt;" in rendered or name == "report.txt"
    assert "time at work" in rendered
    assert told in rendered
    assert "time at work" not in RENDERINGS[name](full_report)
