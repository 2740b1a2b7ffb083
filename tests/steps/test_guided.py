"""Builds that are guided by a profile: recorded by the workloads that may train, and judged by the others."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from burnish.cargo.surroundings import surroundings_of
from burnish.platforms.profiling import find_profiling
from burnish.system.process import Programs
from tests.conftest import MANIFEST, Crate, Run

pytestmark = pytest.mark.cargo

# Counts words in a loop that a profile knows as often run, or ends as it is told, without writing a profile.
MAIN = """\
fn count(text: &str, rounds: u32) -> usize {
    (0..rounds).map(|round| text.split(' ').filter(|word| word.len() > (round % 3) as usize).count()).sum()
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let rounds: u32 = words.iter().find_map(|word| word.strip_prefix("rounds=")?.parse().ok()).unwrap_or(1);
    println!("{} {}", hello::greeting("you"), count("a few words of some length", rounds));
    if words.iter().any(|word| word == "vanishes") {
        extern "C" { fn _exit(status: i32) -> !; }
        unsafe { _exit(0) }
    }
}
"""
TABLES = """
[package.metadata.burnish.throughput]
rounds = 4
max_rounds = 4
runs = 2

[[package.metadata.burnish.workloads]]
name = "trains"
args = ["rounds=2000"{more}]
train = true

[[package.metadata.burnish.workloads]]
name = "judges"
args = ["rounds=3000"]
"""
FEW = ("search.max_trials = 4", "search.plain_first = false", "search.offer_trials = 0", "search.max_rounds = 3")
GUIDED = "guided by a profile, opt-level z"


@pytest.fixture(autouse=True)
def profiles() -> None:
    """Skip where nothing here merges the profiles of this rustc."""
    around = surroundings_of(Programs(env=dict(os.environ)), Path.cwd())
    found = find_profiling(around, around.host)
    if not found.program:
        pytest.skip(found.lacking)


def tuned(crate: Crate, burnish: Run, *, more: str = "", env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Write the crate with its workloads, tune it, and return the trial that is guided."""
    crate.write({"Cargo.toml": MANIFEST + TABLES.replace("{more}", more), "src/main.rs": MAIN})
    crate.commit()
    (trial,) = [trial for trial in trials_of(crate, burnish, env) if trial["name"] == GUIDED]
    return trial


def trials_of(crate: Crate, burnish: Run, env: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Tune with narrow limits and return the trials."""
    options = [word for setting in FEW for word in ("--set", setting)]
    finished = burnish("tune", "--json", *options, cwd=crate.root, env=env)
    trials: list[dict[str, Any]] = json.loads(finished.stdout)["tune"]["trials"]
    return trials


def test_build_is_guided_by_the_workloads_that_train(crate: Crate, burnish: Run) -> None:
    """All that ran is found again in the build; its command builds the same file another time."""
    before = crate.tree()
    trial = tuned(crate, burnish)
    assert trial["failure"] == ""
    assert trial["guided"].startswith("built by the profile of trains: ")
    assert "100% of its own were found again" in trial["guided"]
    assert trial["side"]["in_force"]["unmet"] == []
    assert [(each["name"], each["trained"]) for each in trial["side"]["workloads"]] == [
        ("trains", True),
        ("judges", False),
    ]
    assert crate.tree().keys() == before.keys()
    assert profile_of(trial).is_relative_to(crate.root / ".burnish" / "profiles")
    assert f"-Cprofile-use={profile_of(trial)}" in trial["command"]


def profile_of(trial: dict[str, Any]) -> Path:
    """Return the file that a trial says it was guided by."""
    return Path(trial["guided"].rpartition("; ")[2])


def test_workload_that_records_nothing_guides_nothing(crate: Crate, burnish: Run) -> None:
    """A program that ends without its own end writes no profile, which must not pass for one."""
    trial = tuned(crate, burnish, more=', "vanishes"')
    assert "trains recorded nothing: a program that aborts, or is replaced by another" in trial["failure"]


def test_profile_of_another_program_is_no_guide(crate: Crate, burnish: Run, tmp_path: Path) -> None:
    """Cargo takes it without a word, and builds as if there were none."""
    rustc = tmp_path / "bin" / "rustc"
    rustc.parent.mkdir()
    real = shutil.which("rustc")
    # Symbols get other names in what records: so does any difference between the two builds that nobody thought of.
    rustc.write_text(
        f'#!/bin/sh\ncase "$*" in *-Cprofile-generate*) exec {real} "$@" -Cmetadata=other;; esac\nexec {real} "$@"\n'
    )
    rustc.chmod(0o755)
    trial = tuned(crate, burnish, env={"RUSTC": str(rustc)})
    assert trial["failure"].startswith("the profile fits too little of the build: ")


def test_profile_that_is_gone_is_recorded_again(crate: Crate, burnish: Run) -> None:
    """What was kept of the trial does not stand for a file that nobody could build again."""
    profile = profile_of(tuned(crate, burnish))
    profile.unlink()
    (trial,) = [each for each in trials_of(crate, burnish) if each["name"] == GUIDED]
    assert trial["failure"] == ""
    assert profile_of(trial).is_file()
