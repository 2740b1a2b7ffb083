"""The gates of several binaries as one table: each gate is as bad as its worst binary, which is named. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from burnish.judge.budget import Budget
from burnish.judge.findings import Finding, clipped, gate_of, named, names_of
from burnish.model import SEVERITY, Gate, Side
from burnish.text import format_bytes


def budget_beside(budget: Budget, before: Side) -> Budget:
    """Return the limits of another binary than the first.

    The first must shrink where the budget asks for it. Another, for which a recipe finds nothing to do, need not, and
    may not grow.
    """
    if not budget.size_must_shrink or before.size_bytes is None:
        return budget
    limits = [limit for limit in (budget.max_size_bytes, before.size_bytes) if limit is not None]
    return msgspec.structs.replace(budget, size_must_shrink=False, max_size_bytes=min(limits))


def joined(first: Sequence[Gate], others: Mapping[str, Sequence[Gate]]) -> list[Gate]:
    """Return the first binary's gates with the verdicts of the others, by name, in them."""
    return [_joined(gate, _of_name(gate.name, others)) for gate in first]


def _of_name(wanted: str, others: Mapping[str, Sequence[Gate]]) -> dict[str, Gate]:
    return {name: gate for name, gates in others.items() for gate in gates if gate.name == wanted}


def _joined(gate: Gate, others: Mapping[str, Gate]) -> Gate:
    """Return one gate with the verdicts of other binaries in it: the number is the worst one's."""
    if not others:
        return gate
    worst = max([gate, *others.values()], key=lambda each: SEVERITY.index(each.verdict))
    worse = {name: each for name, each in others.items() if each.verdict in {"fail", "inconclusive"}}
    told = [f"{named(name)}: {each.reason}" for name, each in worse.items()]
    well = [name for name, each in others.items() if each.verdict == "pass"]
    met = [f"met by {names_of(well)} too"] if well else []
    return msgspec.structs.replace(
        gate if worst is gate else worst, reason="; ".join([*told, gate.reason, *met]), criterion=gate.criterion
    )


def judge_total(gates: Sequence[Gate], sides: Mapping[str, Side], budget: Budget) -> list[Gate]:
    """Return the gates, that of size with the limit of all binaries together, where the budget states one."""
    found = list(_total(sides, budget))
    return [_with_finding(gate, found) if gate.name == "size" and found else gate for gate in gates]


def _total(sides: Mapping[str, Side], budget: Budget) -> Iterator[Finding]:
    limit = budget.max_total_size_bytes
    if limit is None or not sides:
        return
    sizes = {name: side.size_bytes for name, side in sides.items()}
    criterion = f"all binaries together at most {format_bytes(limit)}"
    missing = [name for name, size in sizes.items() if size is None]
    if missing:
        yield Finding(criterion=criterion, verdict="inconclusive", reason=f"not there: {names_of(missing)}")
        return
    total = sum(size for size in sizes.values() if size is not None)
    told = ", ".join(f"{clipped(name)} {format_bytes(size or 0)}" for name, size in sizes.items())
    yield Finding(
        criterion=criterion,
        verdict="pass" if total <= limit else "fail",
        reason=f"{format_bytes(total)} together: {told}",
        measured=total,
        limit=limit,
        unit="bytes",
    )


def _with_finding(gate: Gate, findings: Sequence[Finding]) -> Gate:
    own = Finding(
        criterion=gate.criterion,
        verdict=gate.verdict,
        reason=gate.reason,
        measured=gate.measured,
        limit=gate.limit,
        unit=gate.unit,
    )
    return gate_of(gate.name, [own, *findings])
