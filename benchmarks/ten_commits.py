"""Whether `burnish check --against HEAD~1` finds what went wrong in a history, and `history --bisect` where.

    python benchmarks/ten_commits.py [--folder DIR] [--again 20] [--busy]

Makes a repository of ten commits in a folder: a dependency that grows the file, code that grows it, more work before
main's first line, and a CI script that sets RUSTFLAGS, each in a commit of its own, with six that change nothing for
those who run the program. Each commit is checked against the one before it, by the product's own command. Then the
commits that grew are looked for by `burnish history --bisect`, which has nothing built yet; and the last one is checked
against itself, again and again: whatever is found there is false.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.error_rates import neighbour
from burnish.system.process import Programs

MANIFEST = """\
[package]
name = "tool"
version = "0.1.0"
edition = "2021"

[profile.release]
strip = true

DEPENDENCIES[package.metadata.burnish]
recipe = "own"
[package.metadata.burnish.recipes.own]
profile = { strip = true }
rustflags = ["-C target-cpu=x86-64"]
[package.metadata.burnish.budget]
base = "sound"
max_size_growth = "4 kB"
max_instructions_ratio = 1.02
"""
NUMBERS = '[package]\nname = "numbers"\nversion = "1.2.0"\nedition = "2021"\n'
CONFIG = '[target.x86_64-unknown-linux-gnu]\nrustflags = ["-C", "target-cpu=x86-64"]\n'
IGNORED = "target/\n.burnish/\n"
WORDS = """\
/// Returns what is said to somebody.
pub fn greeting(name: &str) -> String {
    format!("hello, {name}")
}
"""
TEST = """
#[cfg(test)]
mod tests {
    #[test]
    fn greets() {
        assert_eq!(super::greeting("you"), "hello, you");
    }
}
"""

NO_INSTRUCTIONS, NO_SIZE = "budget.max_instructions_ratio = 100.0", 'budget.max_size_growth = "10 MB"'
MOST_BUILDS = 4
SLOW = ["    for each in 0..std::hint::black_box(4000_u32) {", "        std::hint::black_box(each);", "    }"]


def manifest(*, numbers: bool = False) -> str:
    """Return the manifest, with the dependency or without."""
    told = '[dependencies]\nnumbers = { path = "numbers" }\n\n' if numbers else ""
    return MANIFEST.replace("DEPENDENCIES", told)


def program(*, numbers: bool = False, codes: bool = False, slow: bool = False) -> str:
    """Return the program's main file, with what later commits add to it."""
    lines = [
        *(["mod codes;"] if codes else []),
        "mod words;",
        "",
        "fn main() {",
        *(SLOW if slow else []),
        "    let name = std::env::args().nth(1).unwrap_or_default();",
        *(_told_of("numbers", is_there=numbers)),
        *(_told_of("codes", is_there=codes)),
        '    println!("{}", words::greeting(&name));',
        "}",
        "",
    ]
    return "\n".join(lines)


def _told_of(name: str, *, is_there: bool) -> list[str]:
    if not is_there:
        return []
    return [f'    if name == "{name}" {{', f'        println!("{{}}", {name}::{name}(name.len()));', "    }"]


def functions(name: str, count: int) -> str:
    """Return a function that calls one of so many, about a hundred bytes of code each, which no compiler folds."""
    bodies = "".join(
        f"#[inline(never)]\nfn {name}_{each}(at: u64) -> u64 {{\n"
        f"    let mixed = std::hint::black_box(at).wrapping_mul({7919 + each}).rotate_left({each % 63 + 1});\n"
        f"    let other = std::hint::black_box(mixed ^ {each * 104_729}).wrapping_add(at >> {each % 31});\n"
        f"    std::hint::black_box(other).wrapping_mul(mixed | {each + 1}) ^ {each}\n}}\n"
        for each in range(count)
    )
    arms = "".join(f"        {each} => {name}_{each}(at),\n" for each in range(count))
    return (
        f"{bodies}\n/// Returns what one of the functions makes of a number.\npub fn {name}(at: usize) -> u64 {{\n"
        f"    let at = std::hint::black_box(at as u64);\n    match at % {count} {{\n{arms}        _ => 0,\n    }}\n}}\n"
    )


@dataclass(frozen=True, kw_only=True)
class Commit:
    """One commit: its title, the files that it writes, and the gate that should fail.

    `cause` must be in that gate's reason, or among the crates that changed. `env` is what CI sets from then on.
    """

    title: str
    files: Mapping[str, str]
    gate: str = ""
    cause: str = ""
    env: Mapping[str, str] = field(default_factory=dict)


def history() -> list[Commit]:
    """Return the ten commits."""
    return [
        Commit(
            title="A tool that greets",
            files={
                "Cargo.toml": manifest(),
                ".cargo/config.toml": CONFIG,
                "src/main.rs": program(),
                "src/words.rs": WORDS,
                ".gitignore": IGNORED,
            },
        ),
        Commit(title="Say in a README what it does", files={"README.md": "# tool\n\nGreets.\n"}),
        Commit(
            title="Take numbers from a crate",
            files={
                "numbers/Cargo.toml": NUMBERS,
                "numbers/src/lib.rs": functions("numbers", 400),
                "Cargo.toml": manifest(numbers=True),
                "src/main.rs": program(numbers=True),
            },
            gate="size",
            cause="numbers",
        ),
        Commit(
            title="Word a comment better", files={"src/words.rs": WORDS.replace("Returns what", "Returns all that")}
        ),
        Commit(
            title="Know codes",
            files={"src/codes.rs": functions("codes", 240), "src/main.rs": program(numbers=True, codes=True)},
            gate="size",
            cause="tool",
        ),
        Commit(title="Test the greeting", files={"src/words.rs": WORDS + TEST}),
        Commit(
            title="Warm up before the first word",
            files={"src/main.rs": program(numbers=True, codes=True, slow=True)},
            gate="instructions",
            cause="start-up",
        ),
        Commit(title="Ignore what an editor leaves", files={".gitignore": f"{IGNORED}*.swp\n"}),
        Commit(
            title="Build in CI with flags of its own",
            files={"ci.env": "RUSTFLAGS=-C debuginfo=0\n"},
            gate="build",
            cause="RUSTFLAGS",
            env={"RUSTFLAGS": "-C debuginfo=0"},
        ),
        Commit(title="Thank the readers", files={"README.md": "# tool\n\nGreets. Thank you.\n"}),
    ]


def check(root: Path, reference: str, env: Mapping[str, str]) -> tuple[dict[str, Any], float]:
    """Check the project against a commit, and return the report and how many seconds it took."""
    argv = [sys.executable, "-m", "burnish", "check", "--against", reference, "--json"]
    finished = Programs(env={**os.environ, **env}).run(argv, cwd=root, timeout_seconds=1800.0)
    if not finished.stdout.startswith(b"{"):
        raise SystemExit(finished.stderr.decode())
    report: dict[str, Any] = json.loads(finished.stdout)
    return report, finished.seconds


def unmet(report: Mapping[str, Any]) -> dict[str, str]:
    """Return the gates that are not met, with the reason of each."""
    return {gate["name"]: gate["reason"] for gate in report["gates"] if gate["verdict"] in {"fail", "inconclusive"}}


def is_right(commit: Commit, report: Mapping[str, Any]) -> bool:
    """Return whether a check found what the commit did, and nothing else, and named the cause."""
    found = unmet(report)
    if not commit.gate:
        return not found
    named = [found.get(commit.gate, ""), *(moved["name"] for moved in report["check"]["moved_crates"])]
    return [*found] == [commit.gate] and any(commit.cause in text for text in named)


def make_commit(root: Path, commit: Commit) -> None:
    """Write the files of a commit, and commit them."""
    for name, text in commit.files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    _run(root, "cargo", "metadata", "--format-version=1", "--offline")
    _run(root, "git", "add", "-A")
    _run(root, "git", "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-q", "-m", commit.title)


def _run(root: Path, *argv: str) -> None:
    finished = Programs(env=dict(os.environ)).run(argv, cwd=root, timeout_seconds=600.0)
    if not finished.ok:
        raise SystemExit(finished.stderr.decode())


def judge_history(root: Path) -> bool:
    """Make the commits, check each against the one before it, and print what was found; return whether all is right."""
    _run(root, "git", "init", "-q", "-b", "main")
    right = []
    for number, commit in enumerate(history(), 1):
        make_commit(root, commit)
        if number == 1:
            continue
        report, seconds = check(root, "HEAD~1", commit.env)
        right.append(is_right(commit, report))
        found = "; ".join(f"{name}: {reason}" for name, reason in unmet(report).items()) or "met"
        print(
            f"{number:2} {'right' if right[-1] else 'WRONG'} {seconds:5.1f} s  {commit.title}: {found[:200]}",
            flush=True,
        )
    print(f"{sum(right)} of {len(right)} checks are right")
    return all(right)


def bisect(root: Path) -> bool:
    """Look for the commits at which limits were passed, print what was found, and return whether all is right."""
    return all([_bisect(root, "size", NO_INSTRUCTIONS), _bisect(root, "instructions", NO_SIZE)])


def _bisect(root: Path, gate: str, without: str) -> bool:
    """Look for the first commit beyond one limit, from the first commit on; four builds between are enough for ten."""
    for folder in root.glob("target/burnish/**/references"):
        shutil.rmtree(folder)
    reference = f"HEAD~{len(history()) - 1}"
    argv = [sys.executable, "-m", "burnish", "history", "--bisect", "--against", reference, "--set", without, "--json"]
    finished = Programs(env=dict(os.environ)).run(argv, cwd=root, timeout_seconds=1800.0)
    found: dict[str, Any] = json.loads(finished.stdout)
    named = [(each["gate"], each["title"]) for each in found.get("passed", [])]
    wanted = next(commit.title for commit in history() if commit.gate == gate)
    between = len({*found.get("built", [])} - {found.get("good"), found.get("head")})
    is_found = named == [(gate, wanted)] and between <= MOST_BUILDS
    told = f"{between} of {found.get('between')} commits between built"
    print(f"{'right' if is_found else 'WRONG'} {finished.seconds:5.1f} s  bisected: {named}, {told}", flush=True)
    return is_found


def check_again(root: Path, times: int) -> bool:
    """Check the last commit against itself so often, print the outcomes, and return whether none is red."""
    outcomes = Counter(check(root, "HEAD", {})[0]["outcome"] for _ in range(times))
    print(f"the same commit on both sides, {times} checks: {dict(outcomes)}")
    return set(outcomes) <= {"met"}


def main(arguments: Sequence[str]) -> int:
    """Judge the history, bisect it, and judge the last commit against itself; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="where to make the repository (a temporary folder)")
    parser.add_argument("--again", type=int, default=20, help="checks of the last commit against itself (20)")
    parser.add_argument("--busy", action="store_true", help="keep a second core busy meanwhile")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch, neighbour(busy=options.busy):
        root = options.folder or Path(scratch) / "tool"
        root.mkdir(parents=True)
        found = [judge_history(root), bisect(root), check_again(root, options.again)]
    return 0 if all(found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
