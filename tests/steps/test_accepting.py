"""What is taken from the people who run the binary is the user's to say, from the command line to the kept file."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest

from tests.conftest import ONE_SUITE, Crate, Run

pytestmark = pytest.mark.cargo

LIMITS = "offer_trials = 0\nscreen_rounds = 2\nmax_rounds = 3\nruns = 3\neffort = 1000.0\n"
SEARCH = f"\n[package.metadata.burnish.search]\n{LIMITS}"
AUTO = ONE_SUITE.replace('recipe = "quick"', 'recipe = "auto"') + SEARCH
# A thread that nobody waits for panics, and the program lives on: no scan can know that for certain.
LIVES_ON = """\
fn main() {
    let (answer, answers) = std::sync::mpsc::channel::<i64>();
    let word = std::env::args().nth(1).unwrap_or_default();
    drop(std::thread::spawn(move || answer.send(word.parse().expect("a number"))));
    println!("{} answers", answers.iter().count());
}
"""


def optimized(crate: Crate, burnish: Run, *arguments: str) -> dict[str, object]:
    """Optimize the crate, and return the report of what was kept."""
    finished = burnish("optimize", "--json", *arguments, cwd=crate.root)
    report: dict[str, object] = json.loads(finished.stdout)
    assert (finished.returncode, report["outcome"]) == (0, "kept"), finished.stderr
    return report


def says(crate: Crate) -> tuple[int, str]:
    """Return what the user's own build gives for a word that is no number."""
    argv = [str(crate.root / "target" / "release" / "hello"), "x"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.promise("H2")
def test_default_takes_nothing_and_a_panicking_thread_ends_only_itself(
    crate: Crate, burnish: Run, tried: Callable[..., None]
) -> None:
    """Nothing that takes anything is even tried, and the program lives on as before."""
    crate.write({"Cargo.toml": AUTO, "src/main.rs": LIVES_ON})
    crate.commit()
    report = optimized(crate, burnish)
    assert report["recipe"]["takes"] == []  # type: ignore[index]
    assert [trial["takes"] for trial in report["tune"]["trials"]] == [[]]  # type: ignore[index]
    assert says(crate) == (0, "0 answers\n")
    tried("H2", cases=1)


def test_accepted_concession_is_tried_and_no_other(crate: Crate, burnish: Run) -> None:
    """What the user accepts is in the search, and said of the trial that takes it."""
    crate.write({"Cargo.toml": AUTO, "src/main.rs": LIVES_ON})
    crate.commit()
    report = optimized(crate, burnish, "--accept", "unwinding")
    trials = {trial["name"]: trial for trial in report["tune"]["trials"]}  # type: ignore[index]
    assert {name: trial["takes"] for name, trial in trials.items()} == {"the base": [], "panic abort": ["unwinding"]}
    (sentence,) = trials["panic abort"]["gives_up"]
    assert sentence.startswith("unwinding: a panic ends the whole program")


def test_pick_that_takes_what_is_accepted_no_longer_is_not_brought_back(crate: Crate, burnish: Run) -> None:
    """A search with more accepted has left its pick; a plan without that does not know it."""
    crate.write({"Cargo.toml": AUTO, "src/main.rs": LIVES_ON})
    assert burnish("tune", "--accept", "speed", "--max-trials", "2", cwd=crate.root).returncode == 0
    accepting = burnish("plan", "--accept", "speed", "--json", cwd=crate.root)
    assert json.loads(accepting.stdout)["recipe"]["name"].startswith("auto: opt-level ")
    assert "nothing was tuned here yet" in burnish("plan", cwd=crate.root).stderr


def test_named_recipe_is_the_users_word_and_the_plan_says_what_it_takes(crate: Crate, burnish: Run) -> None:
    """Each thing by its setting; and what stripping means for backtraces, where the file was not stripped before."""
    planned = burnish("plan", "--recipe", "phase1", "--json", cwd=crate.root)
    document = json.loads(planned.stdout)
    assert document["recipe"]["takes"] == ["unwinding", "old-cpus", "name-services"]
    notes = "\n".join(document["notes"])
    assert "static linking with glibc: users and hosts are looked up" in notes
    assert "strip: the binary runs as before; backtraces of its panics" in notes
