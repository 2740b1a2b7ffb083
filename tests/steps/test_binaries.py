"""Several binaries: all that the build command makes are judged together, and kept or put back together."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MANIFEST, Crate, Run
from tests.steps.test_tune import AUTO, small_where

pytestmark = pytest.mark.cargo

# The third one behaves in its own way where code is small, and only with a word.
FILES = {
    "src/bin/second.rs": 'fn main() {\n    println!("{}", hello::greeting("second"));\n}\n',
    "src/bin/third.rs": """\
fn main() {
    let word = std::env::args().nth(1).unwrap_or_default();
    if word == "--wait" || (word == "--version" && cfg!(waits)) {
        std::thread::sleep(std::time::Duration::from_secs(600));
    }
    println!("third {}", if cfg!(small) && word == "say" { "small" } else { "large" });
}
""",
    "build.rs": small_where('!= "3"'),
}
OF_THIRD = "\n[package.metadata.burnish.bins.third]\nargs = ["
WAITS = FILES["build.rs"].replace("fn main() {", 'fn main() {\n    println!("cargo::rustc-cfg=waits");', 1)


def with_binaries(crate: Crate, more: str = "", **files: str) -> None:
    """Write the crate with three binaries; `more` is added to its manifest."""
    crate.write({**FILES, **files, "Cargo.toml": MANIFEST + more})
    crate.commit()


def optimised(
    crate: Crate, burnish: Run, *arguments: str
) -> tuple[subprocess.CompletedProcess[str], dict[str, Any], dict[str, dict[str, Any]]]:
    """Optimise, and return what was printed, the report, and its gates by name."""
    finished = burnish("optimize", "--json", *arguments, cwd=crate.root)
    report = json.loads(finished.stdout)
    return finished, report, {gate["name"]: gate for gate in report["gates"]}


def test_all_binaries_are_judged_and_kept_together(crate: Crate, burnish: Run) -> None:
    """Each has its size, start-up and behaviour on both sides, and each gate says that the others meet it too."""
    with_binaries(crate)
    finished, report, gates = optimised(crate, burnish)
    assert (finished.returncode, report["outcome"]) == (0, "kept"), finished.stderr
    assert report["project"]["binary"] == "hello"
    assert [part["name"] for part in report["binaries"]] == ["second", "third"]
    for part in report["binaries"]:
        before, after = part["baseline"], part["candidate"]
        assert after["size_bytes"] < before["size_bytes"]
        assert before["startup"]["rounds"] == after["startup"]["rounds"] == 3
        assert after["startup"]["ratio_to_baseline"]["mean"] > 0
        assert before["behaviour"][0]["stdout_head"] == after["behaviour"][0]["stdout_head"]
        assert {gate["name"]: gate["verdict"] for gate in part["gates"]}["size"] == "pass"
    for name in ("size", "behaviour", "linkage"):
        assert gates[name]["reason"].endswith("met by second, third too")


def test_one_binary_that_behaves_otherwise_is_named_and_nothing_is_kept(crate: Crate, burnish: Run) -> None:
    """The first one has nothing wrong."""
    with_binaries(crate, f'{OF_THIRD}"say"]\n')
    before = crate.tree()
    finished, report, gates = optimised(crate, burnish)
    assert (finished.returncode, report["outcome"]) == (2, "rolled_back")
    assert [name for name, gate in gates.items() if gate["verdict"] == "fail"] == ["behaviour"]
    assert gates["behaviour"]["reason"].startswith("`third`: with the arguments `say`: stdout `third small")
    assert gates["tests"]["verdict"] == "not-applicable"
    assert {**crate.tree(), "Cargo.lock": ""} == {**before, "Cargo.lock": ""}


# A test that leaves a file behind, which is a part of the second binary alone.
COUNTED = """
#[test]
fn counts() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/count.txt");
    let before = std::fs::read_to_string(path).unwrap();
    std::fs::write(path, format!("{before}.")).unwrap();
}
"""
COUNTS = 'fn main() {\n    println!("{}", std::hint::black_box(include_str!("../../count.txt")).is_empty());\n}\n'


def test_another_binary_that_is_another_file_when_it_is_built_again_is_named(crate: Crate, burnish: Run) -> None:
    """What was judged is not what the user's own build gives, though the first binary's file is the same."""
    with_binaries(crate, **{"src/bin/second.rs": COUNTS, "tests/counts.rs": COUNTED, "count.txt": "."})
    _, report, gates = optimised(crate, burnish)
    assert (report["outcome"], gates["build"]["verdict"]) == ("rolled_back", "fail")
    assert gates["build"]["reason"].startswith("`second`: built again from the written files, ")
    assert "built again from the written files it is the same file" in gates["build"]["reason"]
    assert "met by third too" in gates["build"]["reason"]


def test_binary_that_cannot_be_started_is_judged_by_its_file(crate: Crate, burnish: Run) -> None:
    """A server that never ends is no reason to refuse; where the project says how to start it, it must end."""
    limit = ("--set", "limits.command_seconds = 1")
    with_binaries(crate, **{"build.rs": WAITS})
    finished, report, _ = optimised(crate, burnish, *limit)
    assert (finished.returncode, report["outcome"]) == (0, "kept"), finished.stderr
    (third,) = [part for part in report["binaries"] if part["name"] == "third"]
    assert third["unstarted"] == "the binary as it is cannot be timed: `--version` did not end within its time limit"
    assert [gate["name"] for gate in third["gates"]] == ["build", "linkage", "size"]
    assert third["candidate"]["size_bytes"] < third["baseline"]["size_bytes"]
    assert any("[package.metadata.burnish.bins.third]" in warning for warning in report["warnings"])


def test_binary_that_the_project_starts_wrongly_is_refused(crate: Crate, burnish: Run) -> None:
    """The user's own word is corrected by the user."""
    with_binaries(crate, f'{OF_THIRD}"--wait"]\n')
    finished = burnish("optimize", "--set", "limits.command_seconds = 1", cwd=crate.root)
    assert finished.returncode == 3
    assert "`--wait` did not end within its time limit" in " ".join(finished.stderr.split())


def test_limit_of_all_binaries_together(crate: Crate, burnish: Run) -> None:
    """Each alone is within it, and the sum is not."""
    with_binaries(crate)
    _, report, gates = optimised(crate, burnish, "--set", 'budget.max_total_size = "700 kB"')
    sizes = [report["candidate"]["size_bytes"], *(part["candidate"]["size_bytes"] for part in report["binaries"])]
    assert max(sizes) < 700_000 < sum(sizes)
    assert (report["outcome"], gates["size"]["verdict"]) == ("rolled_back", "fail")
    assert gates["size"]["measured"] == sum(sizes)
    assert "all binaries together at most 700" in gates["size"]["criterion"]


def test_one_binary_by_name_is_judged_alone(crate: Crate, burnish: Run) -> None:
    """What was asked for is what is worked on."""
    with_binaries(crate)
    finished, report, gates = optimised(crate, burnish, "--bin", "third")
    assert (finished.returncode, report["outcome"]) == (0, "kept"), finished.stderr
    assert (report["project"]["binary"], report["binaries"]) == ("third", [])
    assert "too" not in gates["size"]["reason"].split()


def test_binaries_by_name_are_judged_together_and_no_other(crate: Crate, burnish: Run) -> None:
    """As cargo takes them, or as a list in the metadata; the first one named is the first."""
    with_binaries(crate)
    _, report, _ = optimised(crate, burnish, "--bin", "third", "--bin", "hello")
    assert report["outcome"] == "kept"
    assert report["project"]["binary"] == "third"
    assert [part["name"] for part in report["binaries"]] == ["hello"]
    assert report["selection"]["bins"] == ["third", "hello"]
    with_binaries(crate, '\n[package.metadata.burnish.build]\nbin = ["third", "hello"]\n')
    checked = json.loads(burnish("check", "--json", cwd=crate.root).stdout)
    assert (checked["project"]["binary"], [part["name"] for part in checked["binaries"]]) == ("third", ["hello"])


def test_binary_that_is_named_as_any_setting_is_wrong_usage(crate: Crate, burnish: Run) -> None:
    """What is judged is chosen before the settings are read."""
    with_binaries(crate)
    finished = burnish("plan", "--set", 'build.bin = "third"', cwd=crate.root)
    assert (finished.returncode, "build.bin is set by --set" in finished.stderr) == (1, True), finished.stderr


def test_named_binary_that_cargo_does_not_make_is_refused(crate: Crate, burnish: Run) -> None:
    """Else it would be taken for judged."""
    needs = '\n[features]\nloud = []\n\n[[bin]]\nname = "second"\nrequired-features = ["loud"]\n'
    with_binaries(crate, needs)
    finished = burnish("optimize", "--bin", "hello", "--bin", "second", cwd=crate.root)
    assert finished.returncode == 3
    assert "does not make the binary second" in " ".join(finished.stderr.split())


def test_settings_of_a_binary_that_is_not_there(crate: Crate, burnish: Run) -> None:
    """The nearest name is told, and wrong keys are refused."""
    with_binaries(crate, "\n[package.metadata.burnish.bins.thrid]\n")
    said = burnish("plan", cwd=crate.root)
    assert (said.returncode, 'did you mean "third"' in said.stderr) == (3, True), said.stderr
    with_binaries(crate, "\n[package.metadata.burnish.bins.third]\narguments = []\n")
    said = burnish("plan", cwd=crate.root)
    assert (said.returncode, "unknown field `arguments`" in said.stderr) == (3, True), said.stderr


@pytest.mark.parametrize(
    ("arguments", "judged"),
    [
        ((), ["one", "two"]),
        (("-p", "three", "-p", "one"), ["three", "one"]),
        (("--workspace",), ["one", "three", "two"]),
    ],
)
def test_binaries_of_several_packages(
    tmp_path: Path, burnish: Run, arguments: tuple[str, ...], judged: list[str]
) -> None:
    """Those of all default members are judged in a workspace without a package of its own, or those that are named."""
    crate = Crate(root=tmp_path / "ws")
    names = ("one", "two", "three")
    member = '[package]\nname = "NAME"\nversion = "0.1.0"\nedition = "2021"\n'
    main = 'fn main() {\n    println!("NAME {:?}", std::env::args().nth(1));\n}\n'
    metadata = MANIFEST[MANIFEST.index("# Without") :].replace("[package.", "[workspace.")
    files = {
        "Cargo.toml": f'[workspace]\nmembers = ["one", "two", "three"]\ndefault-members = ["one", "two"]\n{metadata}',
        **{f"{name}/Cargo.toml": member.replace("NAME", name) for name in names},
        **{f"{name}/src/main.rs": main.replace("NAME", name) for name in names},
    }
    crate.write(files)
    crate.commit()
    finished, report, _ = optimised(crate, burnish, *arguments)
    assert (finished.returncode, report["outcome"]) == (0, "kept"), finished.stderr
    first, *others = judged
    assert report["project"]["binary"] == first
    assert [(part["package"], part["name"]) for part in report["binaries"]] == [(name, name) for name in others]
    for part in report["binaries"]:
        assert part["candidate"]["behaviour"][0]["stdout_head"].startswith(part["name"])


def test_workload_of_another_binary_that_fails_is_no_workload_that_was_not_run(crate: Crate, burnish: Run) -> None:
    """Nothing that takes longer is run then, and what failed is told; nothing is kept."""
    throughput = "\n[package.metadata.burnish.throughput]\nrounds = 2\nmax_rounds = 2\nruns = 2\n"
    workload = '\n[[package.metadata.burnish.bins.third.workloads]]\nargs = ["say"]\nname = "says"\n'
    with_binaries(crate, throughput + workload)
    finished, report, gates = optimised(crate, burnish)
    assert (finished.returncode, report["outcome"]) == (2, "rolled_back")
    assert gates["workloads"]["verdict"] == "fail"
    assert gates["workloads"]["reason"].startswith("`third`: ")
    assert "other output than before: says" in gates["workloads"]["reason"]
    assert gates["tests"]["reason"] == "not run, since workloads failed; --all-gates runs it all the same"


def test_check_holds_each_binary_and_all_together_against_the_limits(crate: Crate, burnish: Run) -> None:
    """Which ones miss them is told."""
    with_binaries(crate)
    for limit, reason in (('max_size = "400 kB"', "`third`"), ('max_total_size = "1 MB"', "together: hello")):
        finished = burnish("check", "--json", "--set", f"budget.{limit}", cwd=crate.root)
        report = json.loads(finished.stdout)
        (size,) = [gate for gate in report["gates"] if gate["name"] == "size"]
        assert (finished.returncode, size["verdict"]) == (2, "fail"), size
        assert reason in size["reason"]
    assert burnish("check", cwd=crate.root).returncode == 0


def test_binary_by_name_is_started_as_its_table_says(crate: Crate, burnish: Run) -> None:
    """What the project says of it holds where it is the only one, too."""
    with_binaries(crate, f'{OF_THIRD}"say"]\n')
    _, report, gates = optimised(crate, burnish, "--bin", "third")
    assert report["baseline"]["behaviour"][0]["args"] == ["say"]
    assert gates["behaviour"]["verdict"] == "fail"


def test_binary_that_is_not_to_be_started_is_not(crate: Crate, burnish: Run) -> None:
    """Neither is one that ends badly when it is asked for its version."""
    fails = "fn main() {\n    std::process::exit(7);\n}\n"
    with_binaries(crate, "\n[package.metadata.burnish.bins.third]\nstart = false\n", **{"src/bin/second.rs": fails})
    finished, report, _ = optimised(crate, burnish)
    assert report["outcome"] == "kept", finished.stderr
    unstarted = {part["name"]: part["unstarted"] for part in report["binaries"]}
    assert unstarted == {"second": "`second --version` ends with 7", "third": "the project says so"}


def test_check_against_a_commit_times_one_binary_and_judges_no_shipped_file(crate: Crate, burnish: Run) -> None:
    """It says which ones it did not time; `build` takes those neither for judged nor for other files than were."""
    with_binaries(crate)
    assert burnish("optimize", cwd=crate.root).returncode == 0
    crate.write({"src/bin/second.rs": FILES["src/bin/second.rs"].replace("second", "another")})
    crate.commit()
    checked = burnish("check", "--against", "HEAD~1", "--json", cwd=crate.root)
    report = json.loads(checked.stdout)
    assert report["outcome"] == "met", checked.stderr
    told = "the times that are compared are those of hello, and of second, third the sizes alone"
    assert any(told in warning for warning in report["warnings"])
    built = burnish("build", cwd=crate.root)
    assert built.returncode == 0, built.stdout + built.stderr
    assert "the sources changed since they were judged" in " ".join(built.stdout.split())
    assert {path.name for path in (crate.root / "dist").iterdir()} >= {"hello", "second", "third"}


GROWN_SECOND = """fn main() {
    let mut counts = std::collections::BTreeMap::new();
    for word in std::env::args() {
        *counts.entry(word).or_insert(0_u32) += 1;
    }
    let share = std::env::args().count() as f64 / 3.7;
    println!("{counts:?} {share:?} {}", hello::greeting("second"));
}
"""


def test_growth_of_another_binary_since_a_commit_is_judged_and_named(crate: Crate, burnish: Run) -> None:
    """The first one is as it was; what is accepted is accepted of that binary alone."""
    with_binaries(crate)
    crate.write({"src/bin/second.rs": GROWN_SECOND})
    crate.commit()
    words = ("check", "--against", "HEAD~1", "--json", "--set", 'budget.max_size_growth = "1%"')

    failed = burnish(*words, cwd=crate.root)
    report = json.loads(failed.stdout)
    (size,) = [gate for gate in report["gates"] if gate["name"] == "size"]
    assert (failed.returncode, size["verdict"]) == (2, "fail"), failed.stderr
    assert size["reason"].startswith("`second`: ")
    assert "more than 1% allow" in size["reason"]
    (second,) = [part for part in report["binaries"] if part["name"] == "second"]
    assert 0 < second["baseline"]["size_bytes"] < second["candidate"]["size_bytes"] == size["measured"]
    assert report["check"]["beyond"] == ["size"]

    accepted = burnish(*words, "--accept-growth", "it counts now", cwd=crate.root)
    assert accepted.returncode == 0, accepted.stderr
    text = (crate.root / "burnish.lock.toml").read_text(encoding="utf-8")
    assert text.count("it counts now") == 1
    assert "second " in text
    assert burnish(*words, cwd=crate.root).returncode == 0


def test_start_ups_of_several_binaries_are_corrected_for_their_number(crate: Crate, burnish: Run) -> None:
    """Each of three is judged beside two others, of which any could fail by chance."""
    with_binaries(crate)
    _, report, _ = optimised(crate, burnish)
    sides = [report["candidate"], *(part["candidate"] for part in report["binaries"])]
    assert [side["startup"]["beside"] for side in sides] == [2, 2, 2]


def test_search_times_all_binaries_and_names_the_one_that_starts_more_slowly(crate: Crate, burnish: Run) -> None:
    """What it finds of another than the first stands in the candidate's gate, whatever else the machine is doing."""
    sleep = "std::thread::sleep(std::time::Duration::from_millis(60));"
    crate.write(
        {
            "src/bin/second.rs": f"fn main() {{ if cfg!(small) {{ {sleep} }} }}\n",
            "build.rs": small_where('!= "3"'),
            "Cargo.toml": AUTO,
        }
    )
    crate.commit()
    finished = burnish(
        "tune", "--json", "--budget", "improve", "--accept", "speed", "--max-trials", "3", cwd=crate.root
    )
    trials = {trial["name"]: trial for trial in json.loads(finished.stdout)["tune"]["trials"]}
    reasons = {
        name: [(gate["verdict"], gate["reason"]) for gate in trial["gates"] if gate["name"] == "startup"]
        for name, trial in trials.items()
    }
    ((verdict, reason),) = reasons["opt-level z"]
    assert verdict == "fail"
    assert reason.startswith("`second`: slower than the baseline")
    ((_, reason),) = reasons["the base"]
    assert "second" in reason


OF_FIRST = "[package.metadata.burnish.startup]\n"


@pytest.mark.parametrize(
    "manifest",
    [
        AUTO + '\n[package.metadata.burnish.bins.second]\nstdin = "x"\n',
        AUTO.replace(OF_FIRST, OF_FIRST + 'stdin = "x"\n'),
    ],
    ids=["second", "first"],
)
def test_binary_that_is_started_in_another_way_is_not_timed_in_the_search(
    crate: Crate, burnish: Run, manifest: str
) -> None:
    """All sides of a round read the same: the search says whom it leaves to the end, where each is judged."""
    crate.write({"src/bin/second.rs": FILES["src/bin/second.rs"], "Cargo.toml": manifest})
    crate.commit()
    finished, report, gates = optimised(crate, burnish, "--max-startup", "20 s")
    assert report["outcome"] == "kept", finished.stderr
    assert any("not timed in the search" in warning and "second" in warning for warning in report["warnings"])
    assert "second" in gates["startup"]["reason"]


def test_candidate_with_which_another_binary_ends_otherwise_is_of_no_use(crate: Crate, burnish: Run) -> None:
    """It ends no search: the next candidate is taken."""
    ends = "fn main() {\n    std::process::exit(if cfg!(small) { 3 } else { 0 });\n}\n"
    crate.write({"src/bin/second.rs": ends, "build.rs": small_where('!= "3"'), "Cargo.toml": AUTO})
    crate.commit()
    finished = burnish("tune", "--json", "--accept", "speed", "--max-trials", "3", cwd=crate.root)
    trials = {trial["name"]: trial for trial in json.loads(finished.stdout)["tune"]["trials"]}
    assert trials["opt-level z"]["failure"] == (
        "behaviour: `second`: `second --version` ends with 3 where it ended with 0"
    )
    assert trials["the base"]["failure"] == ""


def test_trials_of_one_binary_are_built_again_for_all(crate: Crate, burnish: Run) -> None:
    """What was kept of a search for one binary holds no other."""
    crate.write({"src/bin/second.rs": FILES["src/bin/second.rs"], "Cargo.toml": AUTO})
    crate.commit()
    burnish("tune", "--json", "--bin", "hello", "--max-trials", "1", cwd=crate.root)
    finished = burnish("tune", "--json", "--max-startup", "20 s", "--max-trials", "1", cwd=crate.root)
    (trial,) = json.loads(finished.stdout)["tune"]["trials"]
    (gate,) = [gate for gate in trial["gates"] if gate["name"] == "startup"]
    assert gate["reason"].endswith("met by second too")


def test_package_that_is_new_hides_no_growth_of_another(tmp_path: Path, burnish: Run) -> None:
    """Of several packages those that a commit has are compared with it."""
    crate = Crate(root=tmp_path / "ws")
    member = '[package]\nname = "NAME"\nversion = "0.1.0"\nedition = "2021"\n'
    metadata = MANIFEST[MANIFEST.index("# Without") :].replace("[package.", "[workspace.")
    root = "[workspace]\nmembers = [MEMBERS]\n"
    grown = 'static BIG: [u8; 90_000] = [1; 90_000];\nfn main() { println!("{}", std::hint::black_box(&BIG)[3]); }\n'
    crate.write(
        {
            "Cargo.toml": root.replace("MEMBERS", '"one"') + metadata,
            "one/Cargo.toml": member.replace("NAME", "one"),
            "one/src/main.rs": 'fn main() { println!("1"); }\n',
        }
    )
    crate.commit()
    crate.write(
        {
            "Cargo.toml": root.replace("MEMBERS", '"one", "two"') + metadata,
            "one/src/main.rs": grown,
            "two/Cargo.toml": member.replace("NAME", "two"),
            "two/src/main.rs": "fn main() {}\n",
        }
    )
    crate.commit()
    limit = ("--set", 'budget.max_size_growth = "1 kB"')
    finished = burnish("check", "--json", "-p", "one", "-p", "two", "--against", "HEAD~1", *limit, cwd=crate.root)
    gates = {gate["name"]: gate for gate in json.loads(finished.stdout)["gates"]}
    assert (finished.returncode, gates["size"]["verdict"]) == (2, "fail"), finished.stderr
