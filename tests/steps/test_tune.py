"""Searching for the best settings, started as a user starts it."""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import psutil
import pytest

from burnish.resources import config_file
from tests.conftest import LIBRARY, MANIFEST, ONE_SUITE, Crate, Run
from tests.steps.test_optimize import with_bench

pytestmark = pytest.mark.cargo

# Two candidates, in this order or the other: opt-level z and the base. However slow the machine, the effort holds them.
OWN = 'accept = ["speed"]\noffer_trials = 0\nmax_trials = 2\n'
LIMITS = f"{OWN}screen_rounds = 2\nmax_rounds = 3\nruns = 3\neffort = 1000.0\n"
SEARCH = f"\n[package.metadata.burnish.search]\n{LIMITS}"
WITH_ALL_TESTS = MANIFEST.replace('recipe = "quick"', 'recipe = "auto"') + SEARCH
AUTO = ONE_SUITE.replace('recipe = "quick"', 'recipe = "auto"') + SEARCH
PANICS_DIFFER = '#[cfg(panic = "abort")]\ncompile_error!("abort is not for this crate");\n'


@pytest.fixture
def user_env(user_env: dict[str, str]) -> dict[str, str]:
    """Return a user's environment without a linker for musl, for which each candidate would rebuild the library."""
    return {**user_env, "CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_LINKER": "there-is-none"}


def tuned(crate: Crate, burnish: Run, *arguments: str) -> dict[str, Any]:
    """Tune the crate and return the report's part about it."""
    finished = burnish("tune", "--json", *arguments, cwd=crate.root)
    assert finished.returncode == 0, finished.stderr
    report = json.loads(finished.stdout)
    jsonschema.Draft202012Validator(json.loads(config_file("report.schema.json").read_bytes())).validate(report)
    part: dict[str, Any] = report["tune"]
    return part


def small_where(condition: str) -> str:
    """Return a build script that sets `--cfg=small` at the opt-levels that a condition is true of."""
    return (
        f'fn main() {{ if std::env::var("OPT_LEVEL").unwrap() {condition} {{ println!("cargo:rustc-cfg=small"); }} '
        'println!("cargo:rustc-check-cfg=cfg(small)"); }\n'
    )


def large_unless_small(library: str) -> str:
    """Return the library twice as large where it is not made small: no noise of the timing changes what comes first."""
    large = "#[cfg(not(small))]\nstatic LARGE: [u8; 400_000] = [1; 400_000];\n"
    holding = "#[cfg(not(small))]\n    std::hint::black_box(&LARGE);\n    format!("
    return large + library.replace("format!(", holding, 1)


def trial_files(crate: Crate) -> dict[Path, int]:
    """Return the kept trials with the time of their writing."""
    return {path: path.stat().st_mtime_ns for path in crate.root.glob("target/burnish/trials/*/trial.json")}


def test_tune_touches_nothing_and_builds_nothing_twice(crate: Crate, burnish: Run) -> None:
    """The tree is as it was, without a Cargo.lock too; a second search takes its trials from the first."""
    crate.write({"Cargo.toml": AUTO})
    crate.commit()
    before = crate.tree()
    first = tuned(crate, burnish)
    kept = trial_files(crate)
    assert crate.tree() == before
    assert len(kept) == 2
    assert "limit of 2 trials" in first["stopped"]

    assert tuned(crate, burnish) == first
    assert trial_files(crate) == kept
    assert crate.tree() == before


def test_tune_builds_one_trial_at_least_and_stops_at_its_time_budget(crate: Crate, burnish: Run) -> None:
    """Once the time is over nothing more is built, and what there is is timed and picked from."""
    crate.write({"Cargo.toml": AUTO})
    part = tuned(crate, burnish, "--time-budget", "1 us")
    assert [trial["name"] for trial in part["trials"]] == [part["pick"]] == ["the base"]
    assert part["trials"][0]["startup_ratio"] is not None
    assert "time budget of 1 us" in part["stopped"]


def test_tune_refuses_a_library_for_which_optimize_takes_the_base(crate: Crate, burnish: Run) -> None:
    """Without a binary there is nothing to try: `tune` says so, and portable stands in for `auto`."""
    quick = WITH_ALL_TESTS + '\n[profile.release]\nlto = "off"\n'
    crate.write({"Cargo.toml": quick})
    (crate.root / "src" / "main.rs").unlink()
    crate.commit()
    planned = burnish("plan", cwd=crate.root).stderr
    assert "no binary, cdylib or staticlib to try settings on: portable stands in for the recipe auto" in planned
    assert "burnish tune" not in planned
    refused = burnish("tune", cwd=crate.root)
    assert (refused.returncode, "no binary" in refused.stderr) == (3, True), refused.stderr
    finished = burnish("optimize", "--json", cwd=crate.root)
    report = json.loads(finished.stdout)
    assert (finished.returncode, report["outcome"], report["recipe"]["name"]) == (0, "kept", "portable"), (
        finished.stderr
    )


def test_tune_builds_again_what_was_edited(crate: Crate, burnish: Run) -> None:
    """A trial is known by its sources: an edited file makes others of all."""
    crate.write({"Cargo.toml": AUTO})
    tuned(crate, burnish)
    before = trial_files(crate)
    crate.write({"src/lib.rs": LIBRARY.replace("hello, {name}", "good morning, {name}")})
    tuned(crate, burnish)
    assert len(set(trial_files(crate)) - set(before)) == 2


def test_tune_keeps_a_trial_that_does_not_build_with_its_reason(crate: Crate, burnish: Run) -> None:
    """A crate that refuses panic = "abort" is told in the result, and is no candidate for the pick."""
    crate.write({"Cargo.toml": AUTO.replace('["speed"]', '"all"'), "src/lib.rs": PANICS_DIFFER + LIBRARY})
    part = tuned(crate, burnish, "--max-trials", "4")
    aborting = [trial for trial in part["trials"] if "panic.abort" in trial["choices"]]
    assert [trial for trial in part["trials"] if trial["failure"]] == aborting == part["trials"][-len(aborting) :]
    for failed in aborting:
        assert failed["failure"].startswith("does not build: error: abort is not for this crate")
    assert "panic abort" not in part["pick"]


@contextlib.contextmanager
def tuning_up_to(words: str, crate: Crate, env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Yield a search that has said these words, and goes on."""
    argv = [sys.executable, "-m", "burnish", "tune"]
    with subprocess.Popen(
        argv, cwd=crate.root, env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if words in line)
        yield process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_tune_is_gone_on_with(
    crate: Crate, burnish: Run, user_env: dict[str, str], number: signal.Signals
) -> None:
    """Ended while it builds the second trial, it leaves the tree as it was, and the next search keeps the first."""
    crate.write({"Cargo.toml": f"{AUTO}jobs = 1\n"})
    burnish("generate-lockfile", cwd=crate.root, program=("cargo",))
    crate.commit()
    before = crate.tree()
    with tuning_up_to("trial 2 of", crate, user_env) as process:
        process.send_signal(number)
        process.communicate(timeout=60)
    assert crate.tree() == before
    kept = trial_files(crate)
    assert len(kept) == 1

    tuned(crate, burnish)
    assert kept.items() <= trial_files(crate).items()
    assert crate.tree() == before


# So many trials at once, whatever the machine has: its memory and cores may allow one.
AT_ONCE = AUTO.replace("max_trials = 2", "max_trials = 4").replace('["speed"]', '"all"')
NOT_ON_WINDOWS = pytest.mark.skipif(sys.platform == "win32", reason="one at a time there")


@NOT_ON_WINDOWS
def test_trials_built_at_once_are_those_built_one_after_the_other(crate: Crate, burnish: Run) -> None:
    """The same candidates are the same files, and what does not build is told, be it alone or beside another."""
    crate.write({"src/lib.rs": PANICS_DIFFER + LIBRARY})
    found = []
    for jobs in (1, 2):
        crate.write({"Cargo.toml": f"{AT_ONCE}jobs = {jobs}\n"})
        finished = burnish("tune", "--json", cwd=crate.root)
        assert finished.returncode == 0, finished.stderr
        assert ("==> 2 trials side by side" in finished.stderr) == (jobs > 1)
        assert finished.stderr.count("abort is not for this crate") >= 1
        trials = json.loads(finished.stdout)["tune"]["trials"]
        found.append({each["name"]: (each["side"]["sha256"], each["failure"], each["settings"]) for each in trials})
        shutil.rmtree(crate.root / "target")
    assert found[0] == found[1]
    assert len(found[0]) == 4
    assert 0 < sum(bool(failure) for _, failure, _ in found[0].values()) < 4


def compilers_below(folder: Path) -> list[int]:
    """Return the processes that compile something in a folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            is_compiler = process.name() in {"cargo", "rustc"} and process.status() != psutil.STATUS_ZOMBIE
            if is_compiler and any(str(folder) in word for word in (process.cwd(), *process.cmdline())):
                found.append(process.pid)
    return found


@NOT_ON_WINDOWS
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_trials_built_at_once_end_with_us(
    crate: Crate, burnish: Run, user_env: dict[str, str], number: signal.Signals
) -> None:
    """Interrupted, a search leaves no compiler at work; after a kill -9 the next command ends both."""
    slow = 'fn main() { std::thread::sleep(std::time::Duration::from_secs(if std::env::var("OUT_DIR")'
    slow += '.unwrap().contains("baseline") { 0 } else { 300 })); }\n'
    crate.write({"Cargo.toml": f"{AT_ONCE}jobs = 2\n", "build.rs": slow})
    burnish("generate-lockfile", cwd=crate.root, program=("cargo",))
    crate.commit()
    before = crate.tree()
    with tuning_up_to("side by side", crate, user_env) as process:
        while len(compilers_below(crate.root)) < 2:
            time.sleep(0.05)
        process.send_signal(number)
        process.communicate(timeout=60)
    if number == signal.SIGKILL:
        assert len(compilers_below(crate.root)) >= 2
        assert burnish("rollback", cwd=crate.root).returncode == 0
    assert compilers_below(crate.root) == []
    assert crate.tree() == before


def test_optimize_applies_what_the_search_picks_then_finds_nothing_to_do(crate: Crate, burnish: Run) -> None:
    """`auto` keeps the best candidate; again there is nothing to do; a rollback undoes it all."""
    crate.write({"Cargo.toml": AUTO})
    crate.commit()
    before = crate.tree()
    first = burnish("optimize", "--json", cwd=crate.root)
    report = json.loads(first.stdout)
    assert (first.returncode, report["outcome"]) == (0, "kept"), first.stderr
    picked = next(trial for trial in report["tune"]["trials"] if trial["name"] == report["tune"]["pick"])
    assert report["candidate"]["sha256"] == picked["side"]["sha256"]
    assert "not the file of its trial" not in first.stderr
    profile = tomllib.loads((crate.root / "Cargo.toml").read_text(encoding="utf-8"))["profile"]["release"]
    assert [f"opt-level.{level}" for level in [profile["opt-level"]] if level != 3] == picked["choices"]

    again = burnish("optimize", cwd=crate.root)
    assert again.returncode == 0, again.stderr
    assert "Nothing to do" in again.stdout
    assert burnish("rollback", cwd=crate.root).returncode == 0
    assert {**crate.tree(), "Cargo.lock": ""} == {**before, "Cargo.lock": ""}


def test_optimize_tries_the_next_candidate_where_a_gate_fails(crate: Crate, burnish: Run) -> None:
    """The smallest one breaks a test; the next one is kept, and the report tells why it was not the first."""
    script = small_where('== "z"')
    broken = LIBRARY.replace('hello::greeting("me")', "").replace(
        'super::greeting("me"), "hello, me"', "cfg!(small), false"
    )
    crate.write({"Cargo.toml": AUTO, "build.rs": script, "src/lib.rs": large_unless_small(broken)})
    crate.commit()
    finished = burnish("optimize", "--json", cwd=crate.root)
    report = json.loads(finished.stdout)
    assert (finished.returncode, report["outcome"]) == (0, "kept"), finished.stderr
    assert report["recipe"]["name"] == "auto: the base"
    small = next(trial for trial in report["tune"]["trials"] if trial["name"] == "opt-level z")
    assert [gate["name"] for gate in small["gates"] if gate["verdict"] == "fail"] == ["tests"]


def test_optimize_takes_the_pick_made_for_speed_where_benches_fail(crate: Crate, burnish: Run) -> None:
    """Code made for size is too slow for a bench: none like it is tried, but the same one made for speed."""
    script = small_where('!= "3"')
    files = with_bench('criterion::report("sum", if cfg!(small) { 20.0 } else { 10.0 });')
    manifest = AUTO.replace("max_trials = 2", "max_trials = 12").replace('["speed"]', '["speed", "unwinding"]')
    files |= {"Cargo.toml": manifest + files["Cargo.toml"], "src/lib.rs": large_unless_small(LIBRARY)}
    crate.write({**files, "build.rs": script})
    crate.commit()
    finished = burnish("optimize", "--json", cwd=crate.root)
    report = json.loads(finished.stdout)
    assert (finished.returncode, report["outcome"]) == (0, "kept"), finished.stderr
    trials = {trial["name"]: trial for trial in report["tune"]["trials"]}
    failed = [
        trial for trial in trials.values() if ("benches", "fail") in {(g["name"], g["verdict"]) for g in trial["gates"]}
    ]
    levels = [[choice for choice in trial["choices"] if choice.startswith("opt-level.")] for trial in failed]
    assert levels
    assert len({level for (level,) in levels}) == len(levels)
    at_speed = [words for words in report["tune"]["pick"].split(", ") if "opt-level" not in words]
    assert (", ".join(at_speed) or "the base") in trials
    assert "opt-level" not in report["recipe"]["name"]


def test_optimize_says_what_no_candidate_meets(crate: Crate, burnish: Run) -> None:
    """Where the budget is out of reach nothing is applied; the nearest, the gap and what would help are told."""
    crate.write({"Cargo.toml": AUTO})
    crate.commit()
    before = crate.tree()
    accept = "speed,allocator,name-services,fixed-address"
    finished = burnish("optimize", "--max-size", "1 kB", "--accept", accept, cwd=crate.root)
    assert finished.returncode == 2, finished.stderr
    assert crate.tree() == before
    said = " ".join(finished.stdout.split())
    assert "size: no candidate meets at most 1,000 B" in said
    assert "what would help: a static binary with musl" in said  # its linker is not there
    assert "apply-profile" not in finished.stderr
    # The nearest was built by an overlay: a build of the files holds nothing of it.
    assert "once more" not in finished.stderr
    assert "another file" not in said


def test_bench_that_does_not_compile_judges_no_speed(crate: Crate, burnish: Run) -> None:
    """What was made for size and would rest on it is not applied, and the report says why; the rest may be kept."""
    files = with_bench("this does not compile")
    manifest = AUTO.replace('["speed"]', '["symbols"]') + files["Cargo.toml"]
    script = small_where('!= "3"')
    library = large_unless_small(LIBRARY)
    crate.write(
        {
            **files,
            "Cargo.toml": manifest.replace("max_trials = 2", "max_trials = 3"),
            "build.rs": script,
            "src/lib.rs": library,
        }
    )
    crate.commit()
    finished = burnish("optimize", "--json", cwd=crate.root)
    report = json.loads(finished.stdout)
    assert finished.returncode in {0, 2}, finished.stderr
    assert "opt-level" not in report["recipe"]["name"]
    assert any("no bench can be judged after all, and speed is not accepted" in text for text in report["warnings"])


def test_plan_shows_the_pick_or_says_that_nothing_was_tuned(crate: Crate, burnish: Run) -> None:
    """Before a search `auto` stands for portable, and says so; after it for the pick."""
    crate.write({"Cargo.toml": AUTO})
    untuned = burnish("plan", cwd=crate.root)
    assert "nothing was tuned here yet" in untuned.stderr
    part = tuned(crate, burnish)
    planned = burnish("plan", "--json", cwd=crate.root)
    assert "nothing was tuned" not in planned.stdout
    assert json.loads(planned.stdout)["recipe"]["name"] == f"auto: {part['pick']}"


def test_a_planted_pick_sets_nothing_of_its_own(crate: Crate, burnish: Run) -> None:
    """A cloned project may hold a pick that we did not make: it can only name choices of ours."""
    crate.write({"Cargo.toml": AUTO})
    state = crate.root / ".burnish"
    state.mkdir()
    planted = {"binary": "hello", "triple": "x86_64-unknown-linux-gnu", "choices": ["-C linker=evil"]}
    (state / "tuned.json").write_text(json.dumps(planted), encoding="utf-8")
    planned = burnish("plan", cwd=crate.root)
    assert "evil" not in planned.stdout
    assert "nothing was tuned here yet" in planned.stderr


def test_explain_takes_a_recipe_apart_and_touches_nothing(crate: Crate, burnish: Run) -> None:
    """Each setting alone and away, bytes that add up, times that add up, and the tree as it was."""
    before = crate.tree()
    finished = burnish("explain", "--json", cwd=crate.root)
    assert finished.returncode == 0, finished.stderr
    assert crate.tree() == before
    part = json.loads(finished.stdout)["explanation"]
    assert [effect["setting"] for effect in part["effects"]] == ['opt-level = "s"', "strip = true"]
    assert all(effect["alone_bytes"] is not None for effect in part["effects"])
    strip = part["effects"][1]
    assert strip["alone_bytes"] < 0 < strip["without_bytes"]
    assert sum(share["amount"] for share in part["sections"]) == part["size_bytes"]
    assert [share["name"] for share in part["startup"]] == [
        "the floor",
        "loading and relocation",
        "the runtime",
        "the program's own part",
    ]
    assert "hello" in {share["name"] for share in part["crates"]}


def test_explain_refuses_a_recipe_that_the_files_hold(crate: Crate, burnish: Run) -> None:
    """There is no project without it to compare with."""
    assert burnish("optimize", cwd=crate.root).returncode == 0
    finished = burnish("explain", cwd=crate.root)
    assert finished.returncode == 3
    assert "hold the recipe quick already" in finished.stderr


PORTABLE = '[profile.release]\nopt-level = 3\nlto = "fat"\ncodegen-units = 1\nstrip = true\n'


def test_optimize_with_nothing_left_to_gain_changes_nothing_and_says_what_is_on_the_table(
    crate: Crate, burnish: Run
) -> None:
    """Exit 0: the answer is good, and each concession is told with its size here and the command that takes it."""
    manifest = AUTO.replace(OWN, "offer_trials = 3\n")
    crate.write({"Cargo.toml": manifest + PORTABLE})
    crate.commit()
    before = crate.tree()
    finished = burnish("optimize", "--json", cwd=crate.root)
    assert finished.returncode == 0, finished.stderr
    report = json.loads(finished.stdout)
    assert (report["outcome"], report["tune"]["nothing_left"], crate.tree()) == ("nothing_to_do", True, before)
    offers = report["tune"]["offers"]
    assert offers
    for offer in offers:
        assert offer["size_bytes"] < offer["before_bytes"] == report["baseline"]["size_bytes"]
        assert offer["command"].endswith(f"--accept {'all' if len(offer['accept']) > 1 else offer['accept'][0]}")
    text = burnish("optimize", cwd=crate.root).stdout
    assert "nothing is left to gain without a concession" in " ".join(text.split())
    assert f"accept {'all' if len(offers[-1]['accept']) > 1 else offers[-1]['accept'][0]}: " in text


def test_absolute_limit_that_nothing_accepted_meets_is_no_good_answer(crate: Crate, burnish: Run) -> None:
    """Where a limit is stated, and missed, exit 2 says so; what is on the table may be the way out."""
    manifest = AUTO.replace(OWN, "offer_trials = 1\n")
    crate.write({"Cargo.toml": manifest + PORTABLE})
    crate.commit()
    finished = burnish("optimize", "--max-size", "1 kB", "--json", cwd=crate.root)
    report = json.loads(finished.stdout)
    assert (finished.returncode, report["outcome"]) == (2, "rolled_back")
    assert not report["tune"]["nothing_left"]
    assert report["tune"]["offers"]


def test_optimize_builds_as_many_trials_as_its_effort_allows(crate: Crate, burnish: Run) -> None:
    """One is built always; what is left is named, and the command that is told builds it."""
    crate.write({"Cargo.toml": AUTO})
    crate.commit()
    finished = burnish("optimize", "--set", "search.effort = 0", "--json", cwd=crate.root)
    part = json.loads(finished.stdout)["tune"]
    assert [trial["name"] for trial in part["trials"]] == ["opt-level z"], finished.stderr
    assert part["stopped"].startswith("left out for search.effort, after ")
    assert ' of building trials: "the base"' in part["stopped"]
    command = part["stopped"].split("`")[1]
    assert command == "burnish tune --set 'search.effort = 0'"
    burnish("rollback", cwd=crate.root)
    further = tuned(crate, burnish, *shlex.split(command)[2:])
    assert {trial["name"] for trial in further["trials"]} == {"the base", "opt-level z"}
