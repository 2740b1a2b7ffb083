"""Growth: what a change adds to a program's size, start-up and work, against the limits and what was accepted. Pure.

Growth that was accepted says up to which level, and why; it lifts the limits on growth and ratios, and no other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from burnish.judge.budget import Budget
from burnish.judge.findings import Finding, clipped
from burnish.judge.instructions_gate import instruction_ratios
from burnish.model import AcceptedGrowth, Gate, GrowthName, Side, Startup
from burnish.text import format_bytes, format_percent

Accepted = Mapping[GrowthName, AcceptedGrowth]
# The mean of a ratio, and the upper end of its interval.
_Ratio = tuple[float, float]

# Another machine builds with other paths in the file, and measures otherwise: levels are rounded up to these.
_SIZE_STEP = 1_000
_STEPS: Mapping[GrowthName, float] = {"startup": 0.05, "workloads": 0.05, "instructions": 0.01}


def limits_of_change(budget: Budget, accepted: Accepted) -> Budget:
    """Return the budget with one limit each on the ratios of times and instructions, as the gates judge them."""
    return msgspec.structs.replace(
        budget,
        max_startup_ratio=_ratio_limit(budget.max_startup_ratio, budget.max_startup_growth, accepted.get("startup")),
        max_workload_ratio=_ratio_limit(
            budget.max_workload_ratio, budget.max_workload_growth, accepted.get("workloads")
        ),
        max_instructions_ratio=_ratio_limit(
            budget.max_instructions_ratio, budget.max_instructions_growth, accepted.get("instructions")
        ),
    )


def _ratio_limit(ratio: float | None, growth: float | None, accepted: AcceptedGrowth | None) -> float | None:
    limits = [*([ratio] if ratio is not None else []), *([1 + growth] if growth is not None else [])]
    if not limits:
        return None
    return max(min(limits), accepted.level if accepted else 0.0)


def size_growth_findings(
    size: int | None, before: int | None, budget: Budget, accepted: Accepted, lacking: str = ""
) -> Iterator[Finding]:
    """Yield what is found of the limit on the size's growth; `lacking` says why there is nothing to compare with."""
    growth, level = budget.max_size_growth, accepted.get("size")
    if growth is None or size is None:
        return
    criterion = f"at most {growth.told} more than the baseline"
    if before is None:
        yield Finding(criterion=criterion, verdict="inconclusive", reason=lacking or "the baseline's size is not known")
        return
    limit = math.floor(growth.limit(before))
    allowed = max(limit, round(level.level)) if level else limit
    by = f"{size - before:+,} B against the baseline ({format_percent((size - before) / before)})" if before else ""
    beyond = f", {format_bytes(size - limit)} more than {growth.told} allow" if size > limit else ""
    yield Finding(
        criterion=criterion,
        verdict="pass" if size <= allowed else "fail",
        reason=f"{by}{beyond}",
        measured=size,
        limit=allowed,
        unit="bytes",
    )


def told_accepted(gate: Gate, accepted: Accepted, without: Gate) -> Gate:
    """Return the gate with the growth that was accepted in its reason, where it is not met `without` that."""
    entry = next((each for name, each in accepted.items() if name == gate.name), None)
    if entry is None or without.verdict == "pass":
        return gate
    level = format_bytes(entry.level) if entry.name == "size" else format_percent(entry.level - 1)
    by = f" by {entry.commit[:12]}" if entry.commit else ""
    words = f"growth to {level} is accepted{by}" if entry.name == "size" else f"growth of {level} is accepted{by}"
    return msgspec.structs.replace(gate, reason=f"{words}: {clipped(entry.reason)}; {gate.reason}")


def levels_to_accept(before: Side | None, after: Side, budget: Budget) -> dict[GrowthName, float]:
    """Return the levels at which growth beyond the limits would be met: bytes of the size, ratios of the others.

    A ratio is accepted by the upper end of its interval, where it grew by more than that is wide: not where the machine
    was too busy to tell.
    """
    limits, found = limits_of_change(budget, {}), dict[GrowthName, float]()
    if before is None:
        return found
    if any(
        finding.verdict == "fail" for finding in size_growth_findings(after.size_bytes, before.size_bytes, budget, {})
    ):
        found["size"] = float(_up_to((after.size_bytes or 0) / _SIZE_STEP) * _SIZE_STEP)
    grown: dict[GrowthName, tuple[float | None, Iterator[_Ratio]]] = {
        "startup": (limits.max_startup_ratio, _time_ratios([after.startup])),
        "workloads": (limits.max_workload_ratio, _time_ratios([each.times for each in after.workloads])),
        "instructions": (limits.max_instructions_ratio, _count_ratios(before, after)),
    }
    for name, (limit, ratios) in grown.items():
        ends = [high for mean, high in ratios if limit is not None and mean > limit and high - mean <= mean - 1]
        if ends:
            step = _STEPS[name]
            found[name] = 1 + round(_up_to((max(ends) - 1) / step) * step, 2)
    return found


def _time_ratios(timed: Iterable[Startup | None]) -> Iterator[_Ratio]:
    for ratio in (each.ratio_to_baseline for each in timed if each):
        if ratio:
            yield ratio.mean, ratio.ci95[1]


def _count_ratios(before: Side, after: Side) -> Iterator[_Ratio]:
    for ratio in instruction_ratios(before, after):
        yield ratio.mean, ratio.high


def _up_to(steps: float) -> int:
    """Return the next whole number of steps, one at least beyond what is a whole number but for rounding."""
    return max(1, math.ceil(steps - 1e-9))
