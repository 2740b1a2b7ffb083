"""The limits of a budget that hold without a baseline to compare with. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from burnish.judge.budget import Budget
from burnish.model import Gate

# By the gate that judges each: what stands in a budget that asks for nothing of the kind.
_RELATIVE: dict[str, dict[str, bool | None]] = {
    "size": {"size_must_shrink": False},
    "startup": {"startup_must_not_slow": False, "max_startup_ratio": None},
    "workloads": {"max_workload_ratio": None, "max_memory_ratio": None},
}


def absolute_only(budget: Budget) -> Budget:
    """Return the budget without the limits that need a reference."""
    return msgspec.structs.replace(budget, **{key: value for keys in _RELATIVE.values() for key, value in keys.items()})


def limits_left_out(budget: Budget, gates: Sequence[Gate]) -> dict[str, list[str]]:
    """Return by gate the keys of the budget that are set and need a reference, of those gates that measured something.

    A gate that has nothing to measure judges no other limit either.
    """
    measured = {gate.name for gate in gates if gate.measured is not None or gate.verdict != "not-applicable"}
    found = {
        gate: [key for key, unset in keys.items() if getattr(budget, key) != unset]
        for gate, keys in _RELATIVE.items()
        if gate in measured
    }
    return {gate: keys for gate, keys in found.items() if keys}


def told_left_out(gate: Gate, keys: Sequence[str]) -> Gate:
    """Return the gate with what was not judged in its reason."""
    if not keys:
        return gate
    return msgspec.structs.replace(gate, reason=f"{gate.reason}; without a reference not judged: {', '.join(keys)}")
