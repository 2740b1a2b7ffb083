"""The limits of a budget that hold in a check: by themselves, and between two commits where there is a reference. Pure.

What is asked of an optimisation, that it makes the file smaller and the start-up no slower, is asked of no change of
the project: its limits are those of growth, and the ratios, which say how much is too much.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from burnish.judge.budget import Budget
from burnish.model import Gate

SIZE_LIMITS = ("max_size_growth",)
"""The limits that an earlier report is enough for."""
CHANGE_LIMITS = (
    *SIZE_LIMITS,
    *("max_startup_ratio", "max_startup_growth", "max_workload_ratio", "max_workload_growth", "max_memory_ratio"),
    *("max_instructions_ratio", "max_instructions_growth"),
)
"""The limits that compare two builds of a check, both of which are timed in the same rounds."""

# By the gate that judges each: what stands in a budget that asks for nothing of the kind.
_RELATIVE: dict[str, dict[str, bool | None]] = {
    "size": {"size_must_shrink": False, "max_size_growth": None},
    "startup": {
        "startup_must_not_slow": False,
        "max_startup_ratio": None,
        "max_startup_growth": None,
        "max_instructions_ratio": None,
        "max_instructions_growth": None,
    },
    "workloads": {"max_workload_ratio": None, "max_workload_growth": None, "max_memory_ratio": None},
}


def absolute_only(budget: Budget, keeping: Collection[str] = ()) -> Budget:
    """Return the budget without the limits that need a reference, but for those that there is a reference for."""
    unset = {key: value for keys in _RELATIVE.values() for key, value in keys.items() if key not in keeping}
    return msgspec.structs.replace(budget, **unset)


def limits_left_out(budget: Budget, gates: Sequence[Gate], judged: Collection[str] = ()) -> dict[str, list[str]]:
    """Return by gate the keys of the budget that are set, compare, and were not `judged`.

    Of those gates that measured something: one that has nothing to measure judges no other limit either.
    """
    measured = {gate.name for gate in gates if gate.measured is not None or gate.verdict != "not-applicable"}
    found = {
        gate: [key for key, unset in keys.items() if getattr(budget, key) != unset and key not in judged]
        for gate, keys in _RELATIVE.items()
        if gate in measured
    }
    return {gate: keys for gate, keys in found.items() if keys}


def told_left_out(gate: Gate, keys: Sequence[str], why: str = "without a reference") -> Gate:
    """Return the gate with what was not judged in its reason."""
    if not keys:
        return gate
    return msgspec.structs.replace(gate, reason=f"{gate.reason}; {why} not judged: {', '.join(keys)}")
