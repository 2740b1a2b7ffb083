"""The report as JUnit XML, as CI systems read it: a gate is a test case."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from burnish.model import Gate, Report
from burnish.report.summary import format_measure, outcome_sentence
from burnish.text import neutral

# What `neutral` leaves and XML 1.0 forbids.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(report: Report) -> str:
    """Return the document: a gate that failed or stayed inconclusive is a failure, one that does not apply skipped."""
    root = ET.Element("testsuites", name="burnish")
    counts = {
        "tests": len(report.gates),
        "failures": sum(gate.verdict in {"fail", "inconclusive"} for gate in report.gates),
        "errors": 0,
        "skipped": sum(gate.verdict == "not-applicable" for gate in report.gates),
    }
    name = xml_text(f"burnish {report.recipe.name} {report.platform.triple}")
    suite = ET.SubElement(root, "testsuite", {"name": name, **{key: str(number) for key, number in counts.items()}})
    properties = ET.SubElement(suite, "properties")
    for key, value in (("outcome", report.outcome), ("summary", outcome_sentence(report))):
        ET.SubElement(properties, "property", name=key, value=xml_text(value))
    for gate in report.gates:
        _add_case(suite, gate, report)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _add_case(suite: ET.Element, gate: Gate, report: Report) -> None:
    classname = xml_text(f"burnish.{report.platform.name}")
    case = ET.SubElement(suite, "testcase", classname=classname, name=xml_text(gate.name))
    message = xml_text(gate.reason)
    if gate.verdict == "not-applicable":
        ET.SubElement(case, "skipped", message=message)
    elif gate.verdict == "pass":
        ET.SubElement(case, "system-out").text = f"{_details(gate)}\nreason: {message}"
    else:
        ET.SubElement(case, "failure", type=gate.verdict, message=message).text = _details(gate)


def _details(gate: Gate) -> str:
    measured, limit = (format_measure(value, gate.unit) for value in (gate.measured, gate.limit))
    return xml_text(f"criterion: {gate.criterion}") + "\n" + xml_text(f"measured: {measured}, limit: {limit}")


def xml_text(text: str) -> str:
    """Return one line without what XML forbids; the writer escapes the markup."""
    shown = _FORBIDDEN.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), neutral(text))
    return shown.replace("\t", " ")
