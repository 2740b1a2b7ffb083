"""The table of projects and platforms for a terminal, and as JUnit. Pure."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence

from burnish.fleet.fleet_document import FAULT_WORDS, FleetDocument
from burnish.fleet.fleet_jobs import FleetResult
from burnish.report.junit import xml_text
from burnish.system.console import ColorRole
from burnish.text import format_bytes, neutral, shortened

_HEAD = ("project", "platform", "verdict", "size", "ratio", "start-up ratio", "machine")
_LONGEST_REASON = 200
_RIGHT = {3, 4}
Painter = Callable[[str, ColorRole], str]


def fleet_table(document: FleetDocument, paint: Painter) -> str:
    """Return the table, the reasons of what did not pass, and the geometric means."""
    rows = [cells_of(result) for result in document.results]
    widths = [max(map(len, column)) for column in zip(_HEAD, *rows, strict=True)]
    lines = [paint(_line(_HEAD, widths), "title")]
    lines += [paint(_line(row, widths), role_of(result)) for row, result in zip(rows, document.results, strict=True)]
    return "\n\n".join(filter(None, ["\n".join(lines), "\n".join(_reasons(document)), summary_line(document)]))


def role_of(result: FleetResult) -> ColorRole:
    """Return the colour of a result."""
    if result.passed:
        return "good"
    return "bad" if result.fault == "project" and result.verdict == "fail" else "doubt"


def verdict_words(result: FleetResult) -> str:
    """Return the verdict in a word or two: what became of a job, or whose fault it is that nothing did."""
    if result.passed:
        return (result.outcome or result.verdict).replace("_", " ")
    if result.fault == "project":
        return (result.outcome or "failed").replace("_", " ")
    return f"not done ({result.fault})"


def interval_words(result: FleetResult) -> str:
    """Return the start-up ratio with its 95% interval, or a dash."""
    if result.startup_ratio is None:
        return "-"
    middle, low, high = result.startup_ratio
    return f"{middle:.3f} ({low:.3f} to {high:.3f})"


def size_words(result: FleetResult) -> tuple[str, str]:
    """Return the size as it is now and its ratio to before, each or a dash."""
    size = result.size_after if result.size_after is not None else result.size_before
    ratio = result.size_ratio
    return format_bytes(size) if size is not None else "-", f"{ratio:.3f}" if ratio is not None else "-"


def cells_of(result: FleetResult) -> tuple[str, ...]:
    """Return the cells of a row."""
    told = (result.project, result.platform, verdict_words(result), *size_words(result), interval_words(result))
    return tuple(neutral(cell) for cell in (*told, result.machine or "-"))


def summary_line(document: FleetDocument) -> str:
    """Return how many jobs passed, and the geometric means."""
    total = len(document.results) + len(document.missing)
    parts = [f"{document.passed} of {total} jobs passed"]
    if document.missing:
        parts.append(f"{len(document.missing)} without a result yet")
    means = [("size", document.size_ratio), ("start-up", document.startup_ratio)]
    told = [f"{name} {ratio:.3f}" for name, ratio in means if ratio is not None]
    if told:
        parts.append(f"geometric means of the ratios: {', '.join(told)}")
    return "; ".join(parts)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    aligned = (
        cell.rjust(width) if place in _RIGHT else cell.ljust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(aligned).rstrip()


def _reasons(document: FleetDocument) -> Iterator[str]:
    for result in document.results:
        if not result.passed:
            whose = FAULT_WORDS[result.fault]
            yield f"{neutral(result.name)}, through {whose}: {shortened(neutral(result.reason), _LONGEST_REASON)}"


def fleet_junit(document: FleetDocument) -> str:
    """Return the document for CI systems: a job is a test case, in the suite of its platform."""
    root = ET.Element("testsuites", name="burnish fleet")
    platforms = dict.fromkeys(result.platform for result in document.results)
    for platform in platforms:
        of_platform = [result for result in document.results if result.platform == platform]
        suite = ET.SubElement(
            root,
            "testsuite",
            name=xml_text(platform),
            tests=str(len(of_platform)),
            failures=str(sum(result.fault == "project" for result in of_platform)),
            errors=str(sum(result.fault in {"machine", "burnish"} for result in of_platform)),
            skipped="0",
        )
        for result in of_platform:
            _add_case(suite, result)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _add_case(suite: ET.Element, result: FleetResult) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=xml_text(f"burnish.fleet.{result.platform}"),
        name=xml_text(result.project),
        time=f"{result.seconds:.1f}",
    )
    if not result.passed:
        kind = "failure" if result.fault == "project" else "error"
        ET.SubElement(case, kind, type=xml_text(verdict_words(result)), message=xml_text(result.reason))
