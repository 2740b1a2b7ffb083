"""`burnish check --benches`: the benches of the project beside another commit's, or against what the budget expects."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import MANIFEST, Crate, Run
from tests.steps.test_optimize import with_bench

pytestmark = pytest.mark.cargo


def benched(crate: Crate, nanoseconds: float, body: str = 'criterion::report("sum", TIME);', more: str = "") -> None:
    """Commit a crate whose bench takes so long."""
    files = with_bench(body.replace("TIME", str(nanoseconds)))
    crate.write({**files, "Cargo.toml": MANIFEST + more + files["Cargo.toml"]})
    crate.commit()


def gate_of(crate: Crate, burnish: Run, *options: str) -> dict[str, Any]:
    """Check the crate with its benches, see that nothing changed, and return the gate."""
    before, worktrees = crate.tree(), crate.git("worktree", "list")
    finished = burnish("check", "--benches", "--json", *options, cwd=crate.root)
    assert finished.returncode in {0, 2}, finished.stderr
    assert (crate.tree(), crate.git("worktree", "list")) == (before, worktrees)
    gates = {gate["name"]: gate for gate in json.loads(finished.stdout)["gates"]}
    found: dict[str, Any] = gates["benches"]
    assert (finished.returncode == 2) == any(gate["verdict"] in {"fail", "inconclusive"} for gate in gates.values())
    return found


def test_bench_that_became_slower_is_named(crate: Crate, burnish: Run) -> None:
    """Both commits' benches are built and run; without --benches there is no such gate."""
    benched(crate, 10.0)
    crate.git("tag", "v1")
    benched(crate, 13.0)
    gate = gate_of(crate, burnish, "--against", "v1")
    assert (gate["verdict"], gate["measured"]) == ("fail", pytest.approx(1.3))
    assert "slower: speed/sum" in gate["reason"]
    assert gate_of(crate, burnish, "--against", "HEAD")["verdict"] == "pass"
    without = json.loads(burnish("check", "--json", "--against", "v1", cwd=crate.root).stdout)
    assert "benches" not in {each["name"] for each in without["gates"]}


def test_bench_that_is_gone_is_named(crate: Crate, burnish: Run) -> None:
    """As in an optimisation: what cannot be compared any more is no pass."""
    benched(crate, 10.0)
    crate.git("tag", "v1")
    benched(crate, 10.0, 'criterion::report("other", TIME);')
    gate = gate_of(crate, burnish, "--against", "v1")
    assert gate["verdict"] == "fail"
    assert "vanished: speed/sum" in gate["reason"]


@pytest.mark.parametrize("broken", ["new", "old"])
@pytest.mark.parametrize("body", ['panic!("boom")', "criterion::nothing_of_the_kind()"], ids=["panics", "no build"])
def test_bench_that_fails_on_one_side_is_no_pass(crate: Crate, burnish: Run, broken: str, body: str) -> None:
    """What was asked for and not judged shows nothing; what ran before and fails now has vanished."""
    bodies = {"new": 'criterion::report("sum", TIME);', "old": 'criterion::report("sum", TIME);', broken: body}
    benched(crate, 10.0, bodies["old"])
    crate.git("tag", "v1")
    benched(crate, 10.0, bodies["new"])
    gate = gate_of(crate, burnish, "--against", "v1")
    assert gate["verdict"] == ("fail" if broken == "new" else "inconclusive"), gate
    if broken == "new":
        assert gate_of(crate, burnish)["verdict"] == "inconclusive"


def test_alone_a_bench_is_held_against_what_is_expected(crate: Crate, burnish: Run) -> None:
    """There is nothing that it could be slower than, so nothing else is judged."""
    benched(crate, 10.0)
    assert gate_of(crate, burnish)["verdict"] == "not-applicable"
    expected = '\n[package.metadata.burnish.budget.benches."sum"]\nexpected = "8 ns"\n'
    benched(crate, 10.0, more=expected)
    gate = gate_of(crate, burnish)
    assert gate["verdict"] == "fail"
    assert "takes 10 ns (10 ns to 10 ns), expected 8 ns" in gate["reason"]
    benched(crate, 8.0, more=expected)
    assert gate_of(crate, burnish)["verdict"] == "pass"
