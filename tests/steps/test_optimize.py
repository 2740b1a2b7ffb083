"""The main job on a small crate, started as a user starts it."""

from __future__ import annotations

import hashlib
import json
import tomllib

import jsonschema
import pytest

from burnish.resources import config_file
from tests.conftest import LIBRARY, MANIFEST, Crate, Run

pytestmark = pytest.mark.cargo


def test_optimize_keeps_what_meets_the_budget_then_finds_nothing_to_do(crate: Crate, burnish: Run) -> None:
    """A recipe that meets the budget is kept, with exit 0; again there is nothing to do; rollback undoes it all."""
    before = crate.tree()
    first = burnish("optimize", "--recipe", "portable", cwd=crate.root)
    assert first.returncode == 0, first.stderr
    assert "Kept" in first.stdout
    profile = tomllib.loads((crate.root / "Cargo.toml").read_text(encoding="utf-8"))["profile"]["release"]
    assert profile == {"opt-level": 3, "lto": "fat", "codegen-units": 1, "strip": True}

    again = burnish("optimize", "--recipe", "portable", cwd=crate.root)
    assert again.returncode == 0, again.stderr
    assert "Nothing to do" in again.stdout

    undone = burnish("rollback", cwd=crate.root)
    assert undone.returncode == 0, undone.stderr
    after = crate.tree()
    after.pop("Cargo.lock", None)
    assert after == before


def test_optimize_rolls_back_what_misses_the_budget(crate: Crate, burnish: Run) -> None:
    """A budget of one byte is missed: exit 2, and every byte is as it was, down to the absent Cargo.lock."""
    before = crate.tree()
    finished = burnish("optimize", "--max-size", "1", cwd=crate.root)
    assert finished.returncode == 2, finished.stderr
    assert "not met: size (fail)" in finished.stderr
    assert crate.tree() == before
    assert crate.git("status", "--porcelain") == ""


def assert_rolled_back(
    crate: Crate, burnish: Run, recipe: str, files: dict[str, str], *, manifest: str = MANIFEST
) -> str:
    """Assert that a recipe of the crate's own is not kept and every byte is put back; return all that was said.

    The recipe extends `quick` with what `recipe` says; `files` are written and committed first.
    """
    own = f'\n[package.metadata.burnish.recipes.own]\nextends = "quick"\n{recipe}\n'
    crate.write({**files, "Cargo.toml": manifest + own + files.get("Cargo.toml", "")})
    crate.commit()
    before = crate.tree()
    finished = burnish("optimize", "--recipe", "own", cwd=crate.root)
    assert finished.returncode == 2, finished.stderr
    assert crate.tree() == before
    return finished.stdout + finished.stderr


def test_optimize_rolls_back_a_recipe_that_breaks_a_test(crate: Crate, burnish: Run) -> None:
    """A test that passed before and fails with the recipe is named, and the recipe is not kept."""
    said = assert_rolled_back(crate, burnish, "profile = { debug-assertions = true }", {})
    assert "not met: tests (fail)" in said
    assert "knows_release_builds" in said


def test_optimize_rolls_back_a_recipe_that_changes_behaviour(crate: Crate, burnish: Run) -> None:
    """A binary that prints something else with the recipe is not kept."""
    main = 'fn main() { println!("{}", if cfg!(changed) { "other" } else { "same" }); }\n'
    said = assert_rolled_back(crate, burnish, CHANGED, {"src/main.rs": main})
    assert "not met: behaviour (fail)" in said


def test_optimize_rolls_back_a_recipe_whose_binary_ends_otherwise(crate: Crate, burnish: Run) -> None:
    """A candidate that ends with another exit status is not timed, and not kept."""
    main = "fn main() { std::process::exit(if cfg!(changed) { 1 } else { 0 }); }\n"
    said = assert_rolled_back(crate, burnish, CHANGED, {"src/main.rs": main})
    assert "behaviour (fail)" in said
    assert "was not timed" in said


def test_optimize_rolls_back_a_recipe_that_slows_the_start(crate: Crate, burnish: Run) -> None:
    """A main that sleeps with the recipe only is seen by the start-up gate."""
    nap = "std::thread::sleep(std::time::Duration::from_millis(100))"
    main = f'fn main() {{ if cfg!(changed) {{ {nap} }} println!("done"); }}\n'
    manifest = MANIFEST.replace("startup_must_not_slow = false", "startup_must_not_slow = true")
    said = assert_rolled_back(crate, burnish, CHANGED, {"src/main.rs": main}, manifest=manifest)
    assert "not met: startup (fail)" in said
    (report,) = (crate.root / ".burnish" / "runs").glob("*/report.json")
    startup = json.loads(report.read_text(encoding="utf-8"))["candidate"]["startup"]
    assert (startup["measured"], startup["ratio_to_baseline"]["ci95"][0] > 1) == (2, True)


def test_optimize_rolls_back_a_recipe_that_does_not_build(crate: Crate, burnish: Run) -> None:
    """A candidate that does not build fails the build gate, and everything is put back."""
    library = '#[cfg(changed)]\ncompile_error!("broken on purpose");\n' + LIBRARY
    assert "build (fail)" in assert_rolled_back(crate, burnish, CHANGED, {"src/lib.rs": library})


@pytest.mark.parametrize(
    ("bench", "says"),
    [
        ('criterion::report("sum", if cfg!(changed) { 20.0 } else { 10.0 });', "1 slower: speed/sum"),
        ('if !cfg!(changed) { criterion::report("sum", 10.0); }', "1 vanished: speed/sum"),
    ],
)
def test_optimize_rolls_back_a_recipe_that_harms_a_bench(crate: Crate, burnish: Run, bench: str, says: str) -> None:
    """A bench that is slower with the recipe, or is no longer there, is named, and the recipe is not kept."""
    said = assert_rolled_back(crate, burnish, CHANGED, with_bench(bench))
    assert "not met: benches (fail)" in said
    assert says in " ".join(said.replace("|", " ").split())


def test_optimize_keeps_a_recipe_that_leaves_the_benches_alone(crate: Crate, burnish: Run) -> None:
    """The untouched twin of the harmed bench passes, and the bench writes nothing into the project."""
    files = with_bench('criterion::report("sum", 10.0);')
    crate.write({**files, "Cargo.toml": MANIFEST + files["Cargo.toml"]})
    crate.commit()
    finished = burnish("optimize", "--json", cwd=crate.root)
    report = json.loads(finished.stdout)
    assert report["outcome"] == "kept", finished.stderr
    assert report["candidate"]["benches"]["measured"] == [{"id": "speed/sum", "attempts": [1e-8, 1e-8, 1e-8]}]
    assert not (crate.root / "target" / "criterion").exists()


def test_step_that_was_left_out_is_no_bench_that_passes(crate: Crate, burnish: Run) -> None:
    """Where there are benches, who judges without running them has shown nothing."""
    files = with_bench('criterion::report("sum", 10.0);')
    crate.write({**files, "Cargo.toml": MANIFEST + files["Cargo.toml"]})
    crate.commit()
    for step in ("baseline", "apply-profile", "write-config", "build", "measure", "test"):
        assert burnish(step, cwd=crate.root).returncode == 0, step
    judged = burnish("judge", cwd=crate.root)
    assert judged.returncode == 2
    assert "they were not run: `burnish bench` does" in " ".join(judged.stdout.replace("|", "").split())
    assert burnish("bench", cwd=crate.root).returncode == 0
    assert burnish("judge", cwd=crate.root).returncode == 0


def test_benches_that_cannot_be_judged_are_named_and_the_others_are(crate: Crate, burnish: Run) -> None:
    """libtest's, another harness's, one that does not compile and one that fails: each with its reason, in the gate."""
    files = with_bench('criterion::report("sum", 10.0);')
    targets = "".join(f'[[bench]]\nname = "{name}"\nharness = false\n' for name in ("broken", "fails", "fast"))
    divan = 'divan = { path = "divan" }\n'
    files["Cargo.toml"] = files["Cargo.toml"].replace("\n\n[[bench]]", f"\n{divan}\n[[bench]]") + targets
    crate.write(
        {
            **files,
            "Cargo.toml": MANIFEST + files["Cargo.toml"],
            "benches/speed.rs": 'fn main() { criterion::report("sum", 10.0); }\n',
            "benches/broken.rs": "use criterion::nothing_of_the_kind;\n",
            "benches/fails.rs": 'fn main() { criterion::report("sum", 1.0); panic!("on purpose"); }\n',
            "benches/fast.rs": "fn main() { divan::main(); }\n",
            "benches/old.rs": "#![feature(test)]\n",
            "divan/Cargo.toml": '[package]\nname = "divan"\nversion = "0.1.21"\nedition = "2021"\n',
            "divan/src/lib.rs": "pub fn main() {}\n",
        }
    )
    crate.commit()
    planned = burnish("plan", "--json", cwd=crate.root)
    notes = [note for note in json.loads(planned.stdout)["notes"] if " are not judged: " in note]
    assert [note.split(" are not judged: ")[0] for note in notes] == [
        "the benches of hello/fast",
        "the benches of hello/old",
    ]
    finished = burnish("optimize", "--json", cwd=crate.root)
    report = json.loads(finished.stdout)
    assert report["outcome"] == "kept", report["gates"]
    assert [bench["id"] for bench in report["candidate"]["benches"]["measured"]] == ["speed/sum"]
    assert report["baseline"]["benches"]["not_judged"] == {
        "hello/fast": "its harness is divan, and burnish reads Criterion's results only",
        "hello/old": "libtest's own bench harness, which stable Rust does not run",
        "hello/broken": "cargo could not build it",
        "hello/fails": "it failed when it ran, with exit status 101",
    }
    reason = report["gates"][-1]["reason"]
    assert all(name in reason for name in report["baseline"]["benches"]["not_judged"])


def test_bench_that_is_noisy_at_first_is_run_until_it_is_decided(crate: Crate, burnish: Run) -> None:
    """What three and six attempts a side cannot decide, twelve do; a bench that was decided by then has no more."""
    noisy = """
        let count = std::path::PathBuf::from(std::env::var_os("CRITERION_HOME").unwrap()).with_extension("count");
        let done = std::fs::read(&count).map_or(0, |bytes| bytes.len());
        std::fs::write(&count, vec![0; done + 1]).unwrap();
        let times = if cfg!(changed) { [10.0, 12.5, 8.0] } else { [10.0; 3] };
        criterion::report("noisy", *times.get(done).unwrap_or(&10.0));
        if std::env::args().last().unwrap().parse::<f64>().is_ok() { criterion::report("steady", 10.0); }
    """
    files = with_bench(noisy)
    own = f'\n[package.metadata.burnish.recipes.own]\nextends = "quick"\n{CHANGED}\n'
    crate.write({**files, "Cargo.toml": MANIFEST + own + files["Cargo.toml"]})
    crate.commit()
    finished = burnish("optimize", "--recipe", "own", "--json", cwd=crate.root)
    report = json.loads(finished.stdout)
    counts = {bench["id"]: len(bench["attempts"]) for bench in report["candidate"]["benches"]["measured"]}
    assert (report["outcome"], counts) == ("kept", {"speed/noisy": 12, "speed/steady": 3}), finished.stderr


def test_expected_time_of_a_bench_is_held_against_it(crate: Crate, burnish: Run) -> None:
    """A budget that expects less than a bench takes is missed, though the bench is as quick as before."""
    expectation = '\n[package.metadata.burnish.budget.benches."sum.of all"]\nexpected = "8 ns"\n'
    files = with_bench('criterion::report("sum.of all", 10.0);')
    said = assert_rolled_back(crate, burnish, CHANGED, files, manifest=MANIFEST + expectation)
    assert "not met: benches (fail)" in said
    assert "takes 10 ns (10 ns to 10 ns), expected 8 ns" in " ".join(said.replace("|", " ").split())


CHANGED = 'rustflags = ["--cfg=changed"]'
STAND_IN_FOR_CRITERION = """\
/// Writes what Criterion writes of one bench: times in nanoseconds.
pub fn report(id: &str, nanoseconds: f64) {
    let folder = std::path::PathBuf::from(std::env::var_os("CRITERION_HOME").unwrap()).join(id).join("new");
    std::fs::create_dir_all(&folder).unwrap();
    let named = format!("{{\\"full_id\\":\\"{id}\\"}}");
    std::fs::write(folder.join("benchmark.json"), named).unwrap();
    let sample = format!("{{\\"sampling_mode\\":\\"Flat\\",\\"iters\\":[1.0],\\"times\\":[{nanoseconds}]}}");
    std::fs::write(folder.join("sample.json"), sample).unwrap();
}
"""


def with_bench(body: str) -> dict[str, str]:
    """Return the files of a bench target whose main is `body`, with a quick stand-in for Criterion."""
    return {
        "Cargo.toml": '\n[dev-dependencies]\ncriterion = { path = "criterion" }\n\n'
        '[[bench]]\nname = "speed"\nharness = false\n',
        "benches/speed.rs": f"fn main() {{ {body} }}\n",
        "criterion/Cargo.toml": '[package]\nname = "criterion"\nversion = "0.5.1"\nedition = "2021"\n',
        "criterion/src/lib.rs": STAND_IN_FOR_CRITERION,
    }


def test_optimize_links_statically_beside_a_proc_macro_and_a_build_script(crate: Crate, burnish: Run) -> None:
    """Static glibc is asked for and seen, though a proc macro and a build script, which cannot be static, are there."""
    crate.write(
        {
            "Cargo.toml": MANIFEST + '\n[dependencies]\nshout = { path = "shout" }\n',
            "build.rs": 'fn main() { println!("cargo:rustc-env=MADE=built"); }\n',
            "src/main.rs": 'fn main() { println!("{}{}", shout::loud!(), env!("MADE")); }\n',
            "shout/Cargo.toml": '[package]\nname = "shout"\nversion = "0.1.0"\nedition = "2021"\n'
            "[lib]\nproc-macro = true\n",
            "shout/src/lib.rs": "#[proc_macro]\npub fn loud(_: proc_macro::TokenStream) -> proc_macro::TokenStream {\n"
            '    "\\"LOUD\\"".parse().unwrap()\n}\n',
        }
    )
    crate.commit()
    reports = crate.root / "target" / "reports"
    finished = burnish(
        *("optimize", "--recipe", "phase1", "--max-size", "9 MB", "--max-startup", "9 s", "--budget", "phase1"),
        *("--report-dir", str(reports)),
        cwd=crate.root,
    )
    report = json.loads((reports / "report.json").read_text(encoding="utf-8"))
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert report["candidate"]["linkage"]["is_static"] is True
    assert report["baseline"]["linkage"]["is_static"] is False
    assert (crate.root / report["candidate"]["artifact"]).is_file()


def test_optimize_existing_flags_stay_in_force(crate: Crate, burnish: Run) -> None:
    """The flags that the project has in `build.rustflags` still reach the compiler after ours are written."""
    main = 'fn main() { println!("{}", if cfg!(kept) { "kept" } else { "lost" }); }\n'
    own = '\n[package.metadata.burnish.recipes.mine]\nextends = "quick"\nrustflags = ["-C", "relro-level=full"]\n'
    config = '[build]\nrustflags = ["--cfg", "kept"]\n'
    crate.write({"Cargo.toml": MANIFEST + own, "src/main.rs": main, ".cargo/config.toml": config})
    crate.commit()
    finished = burnish("optimize", "--recipe", "mine", cwd=crate.root)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    text = (crate.root / ".cargo" / "config.toml").read_text(encoding="utf-8")
    assert text.startswith(config)
    assert "relro-level=full" in text


def test_report_agrees_with_its_schema_and_its_table(crate: Crate, burnish: Run) -> None:
    """`--json` gives one document on stdout that the schema accepts, with every number of the table."""
    finished = burnish("optimize", "--json", cwd=crate.root)
    report = json.loads(finished.stdout)
    schema = json.loads(config_file("report.schema.json").read_bytes())
    jsonschema.Draft202012Validator(schema).validate(report)
    assert [gate["name"] for gate in report["gates"]] == [
        "build",
        "artifacts",
        "linkage",
        "behaviour",
        "size",
        "startup",
        "workloads",
        "tests",
        "benches",
    ]
    size = report["gates"][4]
    binary = crate.root / report["candidate"]["artifact"]
    assert size["measured"] == report["candidate"]["size_bytes"]
    if report["outcome"] == "kept":
        assert binary.stat().st_size == report["candidate"]["size_bytes"]
    rounds = report["candidate"]["startup"]["raw"]
    assert [len(runs) for runs in rounds] == [3, 3, 3]


def test_judged_file_is_the_one_that_the_users_own_build_gives(crate: Crate, burnish: Run) -> None:
    """After the change is kept, a plain `cargo build --release` from nothing gives the judged file."""
    finished = burnish("optimize", "--json", cwd=crate.root)
    report = json.loads(finished.stdout)
    assert report["outcome"] == "kept", finished.stderr
    burnish("clean", cwd=crate.root, program=("cargo",))
    burnish("build", "--release", cwd=crate.root, program=("cargo",))
    rebuilt = hashlib.sha256((crate.root / "target" / "release" / "hello").read_bytes()).hexdigest()
    assert rebuilt == report["candidate"]["sha256"]


def test_a_library_gets_not_applicable_where_a_binary_is_needed(crate: Crate, burnish: Run) -> None:
    """A project without a binary is built, tested and benched; the rest is not applicable, with the reason."""
    (crate.root / "src" / "main.rs").unlink()
    crate.commit()
    finished = burnish("optimize", "--json", cwd=crate.root)
    verdicts = {gate["name"]: gate["verdict"] for gate in json.loads(finished.stdout)["gates"]}
    assert finished.returncode == 0, finished.stderr
    assert verdicts == {
        "build": "pass",
        "artifacts": "pass",
        "linkage": "not-applicable",
        "behaviour": "not-applicable",
        "size": "not-applicable",
        "startup": "not-applicable",
        "workloads": "not-applicable",
        "tests": "pass",
        "benches": "not-applicable",
    }


def test_optimize_in_a_member_folder_works_on_the_member(crate: Crate, burnish: Run) -> None:
    """In a member's folder the member's binary is built and judged; the profile goes into the workspace's root."""
    member = '[package]\nname = "tool"\nversion = "0.1.0"\nedition = "2021"\n'
    root = MANIFEST + '\n[workspace]\nmembers = ["crates/tool"]\n'
    own = root[
        root.index("[package.metadata.burnish.recipes.quick]") : root.index("[package.metadata.burnish.startup]")
    ]
    workspace = own.replace("[package.", "[workspace.") + '\n[workspace.metadata.burnish]\nrecipe = "quick"\n'
    crate.write(
        {
            "Cargo.toml": root + workspace,
            "crates/tool/Cargo.toml": member,
            "crates/tool/src/main.rs": 'fn main() { println!("tool"); }\n',
        }
    )
    crate.commit()
    finished = burnish("optimize", "--json", cwd=crate.root / "crates" / "tool")
    report = json.loads(finished.stdout)
    assert (report["outcome"], report["candidate"]["artifact"]) == ("kept", "target/release/tool"), finished.stderr
    assert [edit["path"] for edit in report["edits"]] == ["Cargo.toml"]
    assert "[profile.release]" in (crate.root / "Cargo.toml").read_text(encoding="utf-8")


def test_plan_says_what_optimize_would_do(crate: Crate, burnish: Run) -> None:
    """Before anything was built it says what, after a run how long; where nothing is to do it says neither."""
    untimed = burnish("plan", cwd=crate.root)
    told = "burnish optimize: the baseline build, about 1 trial build, the final build, 2 test runs, timing; its time"
    assert told in untimed.stderr
    assert told not in untimed.stdout
    assert burnish("optimize", cwd=crate.root).returncode == 0
    assert "burnish optimize: " not in burnish("plan", cwd=crate.root).stderr
    assert burnish("rollback", cwd=crate.root).returncode == 0
    price = json.loads(burnish("plan", "--json", cwd=crate.root).stdout)["price"]
    assert (price["trials"], price["is_whole"]) == (1, True)
    assert price["seconds"] > 0
