"""The gates that are not met, for those who show them beside the code: code quality of GitLab, annotations of GitHub.

They stand at the first line of the manifest: that is where the settings are which decide about them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

import msgspec

from burnish.model import Gate, Report, VerdictName
from burnish.text import neutral, shortened

_MANIFEST = "Cargo.toml"
_LONGEST = 500
_SEVERITIES: Mapping[VerdictName, str] = {"fail": "major", "inconclusive": "minor"}
_LEVELS: Mapping[VerdictName, str] = {"fail": "error", "inconclusive": "warning"}
# What ends a message or a property of a workflow command.
_ENCODED = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_ENCODED_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def render_code_quality(report: Report) -> str:
    """Return GitLab's code quality report: one finding for each gate that is not met."""
    found = [_finding(report, gate) for gate in _unmet(report)]
    return msgspec.json.format(msgspec.json.encode(found), indent=1).decode() + "\n"


def _finding(report: Report, gate: Gate) -> dict[str, object]:
    project = report.project
    told = "\0".join([project.package or "", project.binary or "", report.platform.triple, gate.name])
    return {
        "description": _sentence(report, gate),
        "check_name": f"burnish/{_short(gate.name)}",
        # The same from run to run, so that GitLab knows what is new.
        "fingerprint": hashlib.sha256(told.encode("utf-8", "replace")).hexdigest(),
        "severity": _SEVERITIES[gate.verdict],
        "location": {"path": _MANIFEST, "lines": {"begin": 1}},
    }


def render_annotations(report: Report, manifest: str = _MANIFEST) -> str:
    """Return workflow commands that show the gates that are not met at `manifest`, its path in the repository."""
    path = neutral(manifest).translate(_ENCODED_PROPERTY)
    lines = [
        f"::{_LEVELS[gate.verdict]} file={path},line=1,title=burnish%3A {_property(gate.name)}::"
        + encoded_message(_sentence(report, gate))
        for gate in _unmet(report)
    ]
    return "".join(f"{line}\n" for line in lines)


def encoded_message(text: str) -> str:
    """Return a text as the message of a workflow command."""
    return text.translate(_ENCODED)


def _unmet(report: Report) -> Iterator[Gate]:
    return (gate for gate in report.gates if gate.verdict in _SEVERITIES)


def _sentence(report: Report, gate: Gate) -> str:
    return f"{_short(gate.name)} ({gate.verdict}, {_short(report.platform.triple)}): {_short(gate.reason)}"


def _property(text: str) -> str:
    return _short(text).translate(_ENCODED_PROPERTY)


def _short(text: str) -> str:
    return shortened(" ".join(neutral(text).split()), _LONGEST)
