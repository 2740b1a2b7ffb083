"""What no candidate meets, by how much, and what would help. Pure, but for what the machine has."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from burnish.job.run import Run
from burnish.model import Gate, Trial
from burnish.report.summary import format_measure
from burnish.search.facts import read_facts

_LIMITS = ("size", "startup")


def excess_of(gates: Iterable[Gate]) -> float:
    """Give by how much the failed limits are missed: the product of measured / limit."""
    failed = [gate for gate in gates if gate.verdict == "fail" and gate.measured and gate.limit]
    return math.prod(max(1.0, (gate.measured or 0) / (gate.limit or 1)) for gate in failed)


def shortfall(works: Sequence[Trial]) -> list[str]:
    """Say which limits keep every trial that works from meeting the budget, each with the trial that comes nearest.

    The trials come best first. Empty where one meets all that a trial can tell, or may.
    """
    failed = [{gate.name for gate in trial.gates if gate.verdict == "fail"} for trial in works]
    if not all(failed):
        return []
    alone = [name for name in _LIMITS if all(name in names for names in failed)]
    return [_nearest(name, works) for name in alone] or [_together(works[0])] if works else []


def _nearest(name: str, works: Sequence[Trial]) -> str:
    pairs = [(gate, trial) for trial in works for gate in trial.gates if gate.name == name]
    gate, trial = min(pairs, key=lambda pair: pair[0].measured or math.inf)
    return f"{name}: no candidate meets {gate.criterion}; the nearest, {trial.name}, has {_missed(gate)}"


def _together(best: Trial) -> str:
    missed = [f"{gate.name} {_missed(gate)}" for gate in best.gates if gate.verdict == "fail"]
    return f"each limit is met by some candidate, all by none; the nearest, {best.name}: {', '.join(missed)}"


def _missed(gate: Gate) -> str:
    measured, limit = (format_measure(value, gate.unit) for value in (gate.measured, gate.limit))
    over = f", {gate.measured / gate.limit - 1:.1%} too much" if gate.measured and gate.limit else ""
    return f"{measured} where {limit} is the limit{over}"


def remedies(run: Run) -> list[str]:
    """Say what would give the search more to choose from here, each with its command or setting."""
    return list(_remedies(run))


def _remedies(run: Run) -> Iterator[str]:
    facts = read_facts(run)
    if run.triple == "x86_64-unknown-linux-gnu" and "musl" not in facts:
        yield (
            "a static binary with musl is smaller and starts sooner than one with glibc: "
            "`rustup target add x86_64-unknown-linux-musl`, then burnish optimize"
        )
