"""Instructions: a count in place of time, where times tell nothing."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from tests.conftest import MANIFEST, Crate, Run
from tests.steps.test_tune import small_where
from tests.steps.test_workloads import workload

pytestmark = [
    pytest.mark.cargo,
    pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed"),
]
# Works as often as it is told; code of the candidate does a tenth more where it is told so too.
COUNTED = MANIFEST.replace("max_seconds = 0\n", "")
MAIN = """\
fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let often: u64 = words.iter().find_map(|word| word.strip_prefix("work=")?.parse().ok()).unwrap_or(0);
    let more = if cfg!(small) && words.iter().any(|word| word == "more") { often / 10 } else { 0 };
    let mut sum = 0_u64;
    for each in 0..often + more {
        sum = std::hint::black_box(sum.wrapping_add(std::hint::black_box(each)));
    }
    println!("{}", hello::greeting("you"));
}
"""


def judged(crate: Crate, burnish: Run, *args: str, ratio: float = 1.05) -> tuple[dict[str, Any], dict[str, Any]]:
    """Optimise a crate with one workload and a limit, and return the report and the gate of instructions."""
    # Times are not judged: the machine may be as busy as it likes.
    limits = f'[package.metadata.burnish.budget]\nbase = "sound"\nmax_instructions_ratio = {ratio}\n'
    manifest = COUNTED.replace("[package.metadata.burnish.budget]\n", limits)
    throughput = "\n[package.metadata.burnish.throughput]\nrounds = 2\nmax_rounds = 2\nruns = 2\n"
    tables = throughput + workload("work=300000", *args, name="sum")
    crate.write({"Cargo.toml": manifest + tables, "src/main.rs": MAIN, "build.rs": small_where('!= "3"')})
    crate.commit()
    report = json.loads(burnish("optimize", "--json", cwd=crate.root).stdout)
    (gate,) = [gate for gate in report["gates"] if gate["name"] == "instructions"]
    return report, gate


def test_candidate_with_no_more_work_is_kept(crate: Crate, burnish: Run) -> None:
    """Both commands are counted on both sides, and stand in the report."""
    report, gate = judged(crate, burnish, ratio=2.0)
    assert (report["outcome"], gate["verdict"], gate["limit"]) == ("kept", "pass", 2.0)
    for side in ("baseline", "candidate"):
        counts = {each["name"]: each["runs"] for each in report[side]["instructions"]}
        assert counts.keys() == {"start-up", "workload sum"}
        assert min(counts["workload sum"]) > min(counts["start-up"]) > 10_000
        assert len(counts["start-up"]) >= 3


def test_candidate_with_a_tenth_more_work_is_not_kept(crate: Crate, burnish: Run) -> None:
    """The workload is named, with how much more it does; nothing else fails."""
    before = crate.tree()
    report, gate = judged(crate, burnish, "more")
    assert (report["outcome"], gate["verdict"]) == ("rolled_back", "fail")
    assert gate["reason"].startswith("more: workload sum 1.")
    assert [each["name"] for each in report["gates"] if each["verdict"] == "fail"] == ["instructions"]
    changed = {"Cargo.toml", "Cargo.lock", "src/main.rs", "build.rs"}
    assert {name: text for name, text in crate.tree().items() if name not in changed} == {
        name: text for name, text in before.items() if name not in changed
    }


def test_without_a_limit_the_start_up_is_evidence(crate: Crate, burnish: Run) -> None:
    """No gate judges it, and one count of each side is enough."""
    crate.write({"Cargo.toml": COUNTED})
    crate.commit()
    report = json.loads(burnish("optimize", "--json", cwd=crate.root).stdout)
    assert "instructions" not in [gate["name"] for gate in report["gates"]]
    counted = report["candidate"]["instructions"]
    if counted or report["candidate"]["startup"]["evidence"]["instructions"] is None:
        assert [(each["name"], each["by"], len(each["runs"])) for each in counted] == [("start-up", "valgrind", 1)]


def test_doctor_says_who_counts(crate: Crate, burnish: Run) -> None:
    """The kernel, or where that is."""
    said = burnish("doctor", cwd=crate.root).stdout
    assert "instructions" in said
    assert "counted by" in said
