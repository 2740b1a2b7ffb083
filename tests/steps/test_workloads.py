"""Workloads: what is timed of the program's real work, started as a user starts it."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.conftest import MANIFEST, Crate, Run
from tests.steps.test_tune import AUTO, large_unless_small, small_where

pytestmark = pytest.mark.cargo

# Works for as long as it is told, and prints what it was given; code made small works longer, or sleeps a while.
MAIN = """\
use std::io::Read;

fn main() {
    let mut said = String::new();
    std::io::stdin().read_to_string(&mut said).unwrap();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let millis: u64 = words.iter().find_map(|word| word.strip_prefix("work=")?.parse().ok()).unwrap_or(0);
    let started = std::time::Instant::now();
    let is_small_and = |wanted: &str| cfg!(small) && words.iter().any(|word| word == wanted);
    let percent = if is_small_and("slower") { 500 } else if is_small_and("a-fifth") { 120 } else { 100 };
    while started.elapsed().as_micros() < u128::from(millis * percent * 10) {}
    if is_small_and("sleeps") {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    println!("{} {}", hello::greeting(said.trim()), std::env::var("WORD").unwrap_or_default());
    if is_small_and("otherwise") {
        println!("and more");
    }
    if let Some(path) = words.iter().find_map(|word| word.strip_prefix("reads=")) {
        println!("{} bytes", std::fs::read(path).unwrap().len());
    }
    if words.iter().any(|word| word == "writes") {
        std::fs::write("written.log", "x").unwrap();
    }
    std::process::exit(words.iter().find_map(|word| word.strip_prefix("exit=")?.parse().ok()).unwrap_or(0));
}
"""
THROUGHPUT = "\n[package.metadata.burnish.throughput]\nrounds = 4\nmax_rounds = 8\nruns = 3\n"


def workload(*args: str, **keys: object) -> str:
    """Return a workload's table."""
    lines = [f"{name.replace('_', '-')} = {json.dumps(value).replace(': ', ' = ')}" for name, value in keys.items()]
    return "\n".join(["\n[[package.metadata.burnish.workloads]]", f"args = {json.dumps(args)}", *lines, ""])


def with_workloads(
    crate: Crate, *tables: str, manifest: str = MANIFEST, small: str = '!= "3"', limit: float = 1.5
) -> None:
    """Write the crate with workloads; code is small where its opt-level is like this."""
    budget = f"[package.metadata.burnish.budget]\nmax_workload_ratio = {limit}\n"
    limited = manifest.replace("[package.metadata.burnish.budget]\n", budget)
    crate.write(
        {"Cargo.toml": limited + THROUGHPUT + "".join(tables), "src/main.rs": MAIN, "build.rs": small_where(small)}
    )
    crate.commit()


def gate_of(finished: subprocess.CompletedProcess[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the report and its gate of workloads."""
    report = json.loads(finished.stdout)
    (gate,) = [gate for gate in report["gates"] if gate["name"] == "workloads"]
    return report, gate


def test_twin_at_work_is_kept(crate: Crate, burnish: Run) -> None:
    """Files are the package's, the environment is the workload's own, and all of it is in the report."""
    with_workloads(
        crate,
        workload("work=20", name="file", stdin_file="input/names.txt", env={"WORD": "given"}),
        workload("work=15", stdin="me", train=True),
    )
    crate.write({"input/names.txt": "somebody\n"})
    crate.commit()
    report, gate = gate_of(burnish("optimize", "--json", cwd=crate.root))
    assert (report["outcome"], gate["verdict"], gate["limit"]) == ("kept", "pass", 1.5)
    names = [[each["name"] for each in report[side]["workloads"]] for side in ("baseline", "candidate")]
    assert names == [["file", "work=15"]] * 2
    times = report["candidate"]["workloads"][0]["times"]
    assert times["mean_seconds"] > 0.02
    assert times["evidence"]["peak_bytes"] > 0
    assert times["ratio_to_baseline"]["ci95"][0] < 1.5
    printed = [report[name]["workloads"][0]["printed"] for name in ("baseline", "candidate")]
    assert printed[0] == printed[1]
    assert len(printed[0]) == 1
    assert not list((crate.root / ".burnish").rglob("stdout-*"))


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("slower", "1 slower: work=20 slower"),
        ("sleeps", "1 slower: work=20 sleeps"),
        ("otherwise", "other output than before: work=20 otherwise"),
    ],
)
def test_candidate_that_is_worse_at_work_is_rolled_back(crate: Crate, burnish: Run, word: str, says: str) -> None:
    """Its start-up, its size and its tests tell nothing of that."""
    with_workloads(crate, workload("work=20"), workload("work=20", word))
    before = crate.tree()
    finished = burnish("optimize", "--json", cwd=crate.root)
    report, gate = gate_of(finished)
    assert (finished.returncode, report["outcome"], gate["verdict"]) == (2, "rolled_back", "fail")
    assert says in gate["reason"]
    assert [each["name"] for each in report["gates"] if each["verdict"] == "fail"] == ["workloads"]
    assert {**crate.tree(), "Cargo.lock": ""} == {**before, "Cargo.lock": ""}


def test_a_fifth_more_time_at_work_is_found_by_the_usual_limit(crate: Crate, burnish: Run) -> None:
    """Of two workloads the one that takes as long as before is not held against the candidate."""
    with_workloads(crate, workload("work=60"), workload("work=60", "a-fifth"), limit=1.05)
    report, gate = gate_of(burnish("optimize", "--json", cwd=crate.root))
    assert (report["outcome"], gate["verdict"], gate["limit"]) == ("rolled_back", "fail", 1.05)
    assert "1 slower: work=60 a-fifth" in gate["reason"]
    assert 1.1 < gate["measured"] < 1.4


def test_search_keeps_the_one_that_is_fast_at_work(crate: Crate, burnish: Run) -> None:
    """The smallest candidate is too slow at its work: the next one is the pick, and no speed was accepted."""
    manifest = AUTO.replace("max_trials = 2", "max_trials = 3").replace('["speed"]', '["symbols"]')
    with_workloads(crate, workload("work=20", "slower"), manifest=manifest, small='== "z"')
    crate.write({"src/lib.rs": large_unless_small((crate.root / "src/lib.rs").read_text(encoding="utf-8"))})
    crate.commit()
    report, gate = gate_of(burnish("optimize", "--json", cwd=crate.root))
    trials = {trial["name"]: trial for trial in report["tune"]["trials"]}
    slow = [each["verdict"] for each in trials["opt-level z"]["gates"] if each["name"] == "workloads"]
    assert slow == ["fail"]
    assert trials["opt-level z"]["workload_ratio"][0] > 1.5
    assert (report["outcome"], gate["verdict"]) == ("kept", "pass")
    assert report["tune"]["pick"] != "opt-level z"
    assert report["tune"]["trials"][0]["workload_ratio"][0] < 1.5


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (workload("exit=3", exit_status=0), "the workload exit=3 cannot be timed: it gave exit status 3, where"),
        (workload("work=60000", name="long"), "the workload long cannot be timed: it did not end within 1 s"),
        (workload(stdin_file="gone.txt"), "gone.txt cannot be read: there is no such file"),
        (workload("a", file="x"), "unknown field `file`"),
    ],
)
def test_workload_that_cannot_be_timed_is_refused(crate: Crate, burnish: Run, table: str, says: str) -> None:
    """It is told before tests and benches, and nothing is touched."""
    with_workloads(crate, table)
    before = crate.tree()
    finished = burnish("optimize", "--set", "limits.workload_seconds = 1", cwd=crate.root)
    assert finished.returncode == 3
    assert says in " ".join(finished.stderr.split())
    assert "cargo test" not in finished.stderr
    assert {**crate.tree(), "Cargo.lock": ""} == {**before, "Cargo.lock": ""}


def test_workload_that_writes_is_started_in_a_copy(crate: Crate, burnish: Run) -> None:
    """Thousands of runs leave nothing in the project; an exit status that nobody stated is told once."""
    with_workloads(crate, workload("writes", "exit=3", "work=20"))
    report, gate = gate_of(burnish("optimize", "--json", cwd=crate.root))
    assert gate["verdict"] == "pass"
    assert not (crate.root / "written.log").exists()
    assert any("writes files in a copy of the project: written.log" in text for text in report["warnings"])
    assert any("ends with 3: if that is meant, say exit_status = 3" in text for text in report["warnings"])


def test_workload_may_read_what_lies_beside_the_package(crate: Crate, burnish: Run) -> None:
    """The copy in which it is looked at first does not hold that: what counts is how it ends where it is started."""
    (crate.root.parent / "beside.txt").write_text("x" * 100, encoding="utf-8")
    with_workloads(crate, workload("reads=../beside.txt", "work=20", exit_status=0))
    report, gate = gate_of(burnish("optimize", "--json", cwd=crate.root))
    assert (report["outcome"], gate["verdict"]) == ("kept", "pass")


def test_workloads_of_the_baseline_alone_are_judged_by_their_own_limits(crate: Crate, burnish: Run) -> None:
    """A project without a change may miss them."""
    with_workloads(crate, workload("work=40", max_seconds=0.02))
    for step in ("baseline", "measure"):
        assert burnish(step, cwd=crate.root).returncode == 0, step
    finished = burnish("judge", cwd=crate.root)
    assert finished.returncode == 2
    assert "work=40 at most 20 ms" in " ".join(burnish("judge", "--json", cwd=crate.root).stdout.split())


def test_steps_judge_workloads_too(crate: Crate, burnish: Run) -> None:
    """`measure` times them, and `judge` holds them against the budget."""
    with_workloads(crate, workload("work=20", "slower"))
    assert burnish("baseline", cwd=crate.root).returncode == 0
    for step in ("apply-profile", "write-config", "build", "measure", "test"):
        finished = burnish(step, "--set", "throughput.runs = 1", cwd=crate.root)
        assert finished.returncode == 0, finished.stderr
    finished = burnish("judge", cwd=crate.root)
    assert finished.returncode == 2
    assert "workloads (fail)" in " ".join(finished.stdout.split())
    assert burnish("rollback", cwd=crate.root).returncode == 0


TESTS = """\
fn hello() -> std::process::Command {
    std::process::Command::new(env!("CARGO_BIN_EXE_hello"))
}

#[test]
fn works() {
    assert!(hello().args(["work=30", "a b"]).status().unwrap().success());
    assert!(hello().arg("work=5").status().unwrap().success());
}
"""


def test_workloads_are_proposed_from_the_projects_own_tests(crate: Crate, burnish: Run) -> None:
    """What can be pasted into the manifest, the longest first once it was built; the listed ones are shown without."""
    with_workloads(crate)
    crate.write({"tests/program.rs": TESTS})
    none = burnish("workloads", cwd=crate.root)
    assert (none.returncode, "burnish workloads --suggest" in none.stdout) == (0, True)
    assert "cargo build --release" in burnish("workloads", "--suggest", cwd=crate.root).stdout
    subprocess.run(["cargo", "build", "--release", "-q"], cwd=crate.root, check=True)  # noqa: S607 - as its user does
    found = json.loads(burnish("workloads", "--suggest", "--json", cwd=crate.root).stdout)
    assert [each["args"] for each in found] == [["work=30", "a b"], ["work=5"]]
    assert found[0]["seconds"] > found[1]["seconds"]
    proposed = burnish("workloads", "--suggest", cwd=crate.root).stdout
    manifest = (crate.root / "Cargo.toml").read_text(encoding="utf-8")
    crate.write({"Cargo.toml": f"{manifest}\n{proposed}"})
    assert burnish("workloads", cwd=crate.root).stdout.splitlines() == [
        "work=30 'a b': work=30 'a b'",
        "work=5: work=5",
    ]
    assert [each["name"] for each in json.loads(burnish("workloads", "--json", cwd=crate.root).stdout)] == [
        "work=30 'a b'",
        "work=5",
    ]
