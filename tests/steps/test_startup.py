"""What `measure` tells of the start-up, started as a user starts it."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from tests.conftest import MANIFEST, Crate, Run

pytestmark = pytest.mark.cargo
NAP = 'fn main() { std::thread::sleep(std::time::Duration::from_millis(100)); println!("done"); }\n'


def measure(crate: Crate, burnish: Run) -> tuple[Any, str]:
    """Build, measure and return the start-up of the project as it is, and what was said."""
    assert burnish("baseline", cwd=crate.root).returncode == 0
    finished = burnish("measure", "--json", cwd=crate.root)
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)["baseline"]["startup"], finished.stderr


def test_measure_tells_what_a_start_costs(crate: Crate, burnish: Run) -> None:
    """Beside the times: the first round alone, what is above the floor, processor time, memory, page faults."""
    startup, _ = measure(crate, burnish)
    low, high = startup["single_ci95_seconds"]
    assert low < high
    assert startup["above_floor_seconds"]["ci95"][0] < startup["above_floor_seconds"]["ci95"][1]
    assert startup["looks"] == 1
    assert startup["evidence"]["user_seconds"] + startup["evidence"]["system_seconds"] > 0
    assert startup["evidence"]["peak_bytes"] > 0
    assert (startup["evidence"]["page_faults"] is None) == (sys.platform == "win32")


def test_optimize_tells_the_ratio_to_the_baseline(crate: Crate, burnish: Run) -> None:
    """The candidate carries it with its interval, and the gate tells it beside the time and what is above the floor."""
    report = json.loads(burnish("optimize", "--json", cwd=crate.root).stdout)
    before, after = report["baseline"]["startup"], report["candidate"]["startup"]
    ratio = after["ratio_to_baseline"]
    assert before["ratio_to_baseline"] is None
    assert 0 < ratio["ci95"][0] < ratio["mean"] < ratio["ci95"][1]
    (gate,) = [gate for gate in report["gates"] if gate["name"] == "startup"]
    assert f"{ratio['mean']:.3f} (" in gate["reason"]
    assert "above the floor" in gate["reason"]


def test_measure_of_a_slow_start_keeps_to_its_time(crate: Crate, burnish: Run) -> None:
    """A start of a tenth of a second, in one second: three runs a round instead of fifty, and it is told."""
    settings = MANIFEST.replace("runs = 3\n", "runs = 50\nmax_seconds = 1.0\n")
    crate.write({"Cargo.toml": settings, "src/main.rs": NAP})
    crate.commit()
    startup, said = measure(crate, burnish)
    assert (startup["runs"], startup["rounds"]) == (3, 3)
    assert "3 runs a round of the 50 asked for" in said
    assert "raise startup.max_seconds" in said
    report = json.loads(burnish("judge", "--json", cwd=crate.root).stdout)
    (warning,) = [warning for warning in report["startup_warnings"] if warning["kind"] == "few-runs"]
    assert f"{warning['text']}; {warning['advice']}" in report["warnings"]


WRITES = """\
use std::io::Write;
fn main() {
    let needed = std::fs::read_to_string("needed.txt").unwrap_or("nothing".into());
    if std::env::args().any(|word| word == "read") { assert_eq!(needed, "something"); }
    let mut log = std::fs::OpenOptions::new().create(true).append(true).open("writer.log").unwrap();
    writeln!(log, "started").unwrap();
    println!("hello 0.1.0");
}
"""


@pytest.mark.parametrize(("args", "place"), [("[]", "a scratch folder"), ('["read"]', "a copy of the project")])
def test_program_that_writes_where_it_is_started_leaves_nothing_in_the_project(
    crate: Crate, burnish: Run, args: str, place: str
) -> None:
    """It is started elsewhere, hundreds of times, and the user is told which file it writes."""
    manifest = MANIFEST.replace(
        "[package.metadata.burnish.startup]\n", f"[package.metadata.burnish.startup]\nargs = {args}\n"
    )
    crate.write({"Cargo.toml": manifest, "src/main.rs": WRITES, "needed.txt": "something"})
    crate.commit()
    finished = burnish("optimize", "--json", cwd=crate.root)
    report = json.loads(finished.stdout)
    assert report["outcome"] == "kept", finished.stderr
    assert not (crate.root / "writer.log").exists()
    assert any(
        f"writes files where it is started: writer.log; it is started in {place}" in text for text in report["warnings"]
    )
