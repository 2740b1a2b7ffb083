"""What is shown beside the code: one remark for each gate that is not met, and no command that is not ours."""

from __future__ import annotations

import json

import jsonschema
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from burnish.model import Gate, Report
from burnish.report.remarks import render_annotations, render_code_quality
from burnish.report.store import publishable
from tests.unit.report.samples import kept

# https://docs.gitlab.com/ci/testing/code_quality/: what a report must have.
CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^[^./]"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}


def test_code_quality_follows_its_published_shape(
    partial_report: Report, full_report: Report, hostile_report: Report
) -> None:
    """Each gate that is not met is a finding; one that fails is worse than one that is not shown."""
    for report in (partial_report, full_report, publishable(hostile_report), kept()):
        jsonschema.Draft202012Validator(CODE_QUALITY).validate(json.loads(render_code_quality(report)))
    found = json.loads(render_code_quality(full_report))
    assert [(each["check_name"], each["severity"]) for each in found] == [
        ("burnish/size", "major"),
        ("burnish/startup", "minor"),
    ]
    assert json.loads(render_code_quality(kept())) == []


def test_finding_is_known_again_in_the_next_run(full_report: Report) -> None:
    """Its fingerprint is the gate's, whatever was measured; another platform's is another."""
    size = full_report.gates[1]
    again = replace(full_report, gates=[replace(size, measured=1e6, reason="much more")])
    elsewhere = replace(again, platform=replace(again.platform, triple="aarch64-apple-darwin"))
    first, second, third = (
        json.loads(render_code_quality(report))[0]["fingerprint"] for report in (full_report, again, elsewhere)
    )
    assert first == second != third


def test_annotations_are_workflow_commands(full_report: Report) -> None:
    """What fails is an error, what stayed inconclusive a warning, in the manifest of the project."""
    first, second = render_annotations(full_report, "crates/tool/Cargo.toml").splitlines()
    assert first.startswith("::error file=crates/tool/Cargo.toml,line=1,title=burnish%3A size::size (fail, x86_64")
    assert second.startswith("::warning file=crates/tool/Cargo.toml,line=1,title=burnish%3A startup::")


@given(st.text(), st.sampled_from(["\n::error::x", "\r::set-output name=a::b", ",line=9::x", "%0A::x"]))
def test_annotation_is_one_line_whatever_the_names_are(partial_report: Report, text: str, attack: str) -> None:
    """No name ends the message, adds a property or begins another command."""
    name = f"{text}{attack}{text}"
    gate = Gate(name=name, criterion="", verdict="fail", measured=1, limit=0, unit="", reason=name)
    (line,) = render_annotations(replace(partial_report, gates=[gate]), f"a{attack}b").split("\n")[:-1]
    head, _, _ = line.removeprefix("::error ").partition("::")
    assert [part.partition("=")[0] for part in head.split(",")] == ["file", "line", "title"]
    assert line.isprintable() or "\t" not in line
