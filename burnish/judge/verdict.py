"""What the gates come to together."""

from __future__ import annotations

from collections.abc import Iterable

from burnish.report.model import Gate, VerdictName

# From the mildest to the worst.
SEVERITY: tuple[VerdictName, ...] = ("not-applicable", "pass", "inconclusive", "fail")


def overall(gates: Iterable[Gate]) -> VerdictName:
    """Give the worst verdict of the gates that apply; inconclusive when none does, since nothing was shown."""
    judged = [gate.verdict for gate in gates if gate.verdict != "not-applicable"]
    return max(judged, key=SEVERITY.index, default="inconclusive")
