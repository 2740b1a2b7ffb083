"""Growth: what a change adds to a program's size, start-up and work, against the limits and what was accepted. Pure.

Growth that was accepted says up to which level, and why; it lifts the limits on growth and ratios, and no other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import msgspec

from burnish.judge.budget import Budget
from burnish.judge.findings import Finding, clipped
from burnish.model import AcceptedGrowth, Estimate, Gate, GrowthName, Side, Startup
from burnish.text import format_bytes, format_percent

Accepted = Mapping[GrowthName, AcceptedGrowth]

# Another machine builds with other paths in the file, and measures otherwise: levels are rounded up to these.
_SIZE_STEP = 1_000
_TIME_STEP = 0.05


def limits_of_change(budget: Budget, accepted: Accepted) -> Budget:
    """Return the budget with one limit each on the ratios of start-up and workloads, as the gates judge them."""
    return msgspec.structs.replace(
        budget,
        max_startup_ratio=_ratio_limit(budget.max_startup_ratio, budget.max_startup_growth, accepted.get("startup")),
        max_workload_ratio=_ratio_limit(
            budget.max_workload_ratio, budget.max_workload_growth, accepted.get("workloads")
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
    """Return the levels at which growth beyond the limits would be met: bytes of the size, ratios of times.

    A time is accepted by the upper end of its interval, where that shows growth: not where the machine was too busy to
    tell.
    """
    limits, found = limits_of_change(budget, {}), dict[GrowthName, float]()
    if before is None:
        return found
    if any(
        finding.verdict == "fail" for finding in size_growth_findings(after.size_bytes, before.size_bytes, budget, {})
    ):
        found["size"] = float(_up_to((after.size_bytes or 0) / _SIZE_STEP) * _SIZE_STEP)
    startup = [after.startup] if after.startup else []
    work = [each.times for each in after.workloads if each.times]
    times: dict[GrowthName, tuple[float | None, list[Startup]]] = {
        "startup": (limits.max_startup_ratio, startup),
        "workloads": (limits.max_workload_ratio, work),
    }
    for name, (limit, timed) in times.items():
        ratios = [each.ratio_to_baseline for each in timed if each.ratio_to_baseline]
        ends = [ratio.ci95[1] for ratio in ratios if limit is not None and _is_beyond(ratio, limit)]
        if ends:
            found[name] = 1 + round(_up_to((max(ends) - 1) / _TIME_STEP) * _TIME_STEP, 2)
    return found


def _is_beyond(ratio: Estimate, limit: float) -> bool:
    """Return whether a time grew by more than a limit, and by more than its interval is wide."""
    return ratio.mean > limit and ratio.ci95[1] - ratio.mean <= ratio.mean - 1


def _up_to(steps: float) -> int:
    """Return the next whole number of steps, one at least beyond what is a whole number but for rounding."""
    return max(1, math.ceil(steps - 1e-9))
