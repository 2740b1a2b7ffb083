"""What the whole flow costs beside the plain commands it stands for: `python benchmarks/cost.py`.

Two fresh copies of the bundled crate, or of `--project`. In one, `burnish optimize`. In the other what a user would
type for the same evidence, with no time between the commands: `cargo build`, `cargo test` and `cargo bench --no-run` as
the project is; the recipe's settings, written without being timed; the same three again, in another fresh target
folder; the same number of hyperfine rounds of both binaries; and the same bench executables for the same attempts of
the same benches, with Criterion's options for the same times. The plain commands time no floor, compare no behaviour,
look into no file, build nothing again and write no report: that is what burnish adds, and its aim is a ratio of at most
1.10.

`--repeat` takes the two in turn so many times, so that a drift of the machine shows in the ratios. `--quick` is for
trying the script out: its ratio means nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from burnish.cargo.benches.bench_runs import filter_of

ROOT = Path(__file__).parents[1]
SCRIPTS = Path(sysconfig.get_path("scripts"))
RECIPE = ("--recipe", "portable")
QUICK = """
[workspace.metadata.burnish.startup]
rounds = 3
max_rounds = 3
runs = 10
[workspace.metadata.burnish.benches]
max_attempts = 3
warm_up_seconds = 0.01
measurement_seconds = 0.05
"""


class Paid(NamedTuple):
    """What one way took, and the report that says how much work it was."""

    seconds: float
    report: dict[str, Any]


def main() -> None:
    """Take both ways in turn and print what each took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--project", type=Path, default=ROOT / "examples" / "pyrust")
    arguments = parser.parse_args()
    for number in range(arguments.repeat):
        with tempfile.TemporaryDirectory() as folder:
            ours, plain = (
                _copy(arguments.project, Path(folder) / name, quick=arguments.quick) for name in ("ours", "plain")
            )
            _compare(ours, plain)
        print(f"({number + 1} of {arguments.repeat})")


def _copy(project: Path, folder: Path, *, quick: bool) -> Path:
    shutil.copytree(project, folder, ignore=shutil.ignore_patterns("target", ".burnish"))
    if quick:
        manifest = folder / "Cargo.toml"
        manifest.write_text(manifest.read_text(encoding="utf-8") + QUICK, encoding="utf-8")
    _run(["cargo", "fetch", "--quiet"], folder)
    return folder


def _compare(ours: Path, plain: Path) -> None:
    paid = _optimize(ours)
    parts = list(_plain_commands(plain, paid.report))
    total = sum(seconds for _, seconds in parts)
    for name, seconds in parts:
        print(f"  {name:<44} {seconds:8.1f} s")
    print(f"plain commands {total:.1f} s, burnish optimize {paid.seconds:.1f} s, ratio {paid.seconds / total:.3f}")


def _optimize(folder: Path) -> Paid:
    started = time.perf_counter()
    argv = [str(SCRIPTS / "burnish"), "optimize", *RECIPE, "--budget", "improve", "--allow-dirty", "--json"]
    finished = subprocess.run(argv, cwd=folder, check=False, stdout=subprocess.PIPE)  # noqa: S603 - ours
    return Paid(time.perf_counter() - started, json.loads(finished.stdout))


def _plain_commands(folder: Path, report: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Carry out the plain commands, and return what each took."""
    benches = {}
    for side in ("before", "after"):
        if side == "after":
            _run([str(SCRIPTS / "burnish"), "apply-profile", *RECIPE, "--allow-dirty"], folder)
            _run([str(SCRIPTS / "burnish"), "write-config", *RECIPE, "--allow-dirty"], folder)
        target = {"CARGO_TARGET_DIR": str(folder / "target" / side)}
        yield f"cargo build --release, {side}", _run(["cargo", "build", "--release"], folder, target)
        yield f"cargo test --release, {side}", _run(["cargo", "test", "--release", "--no-fail-fast"], folder, target)
        yield f"cargo bench --no-run, {side}", _run(["cargo", "bench", "--no-run", *_targets(report)], folder, target)
        benches[side] = _executables(folder, target, report)
    yield "hyperfine, both", _run_hyperfine(folder, report)
    yield "benches, both", sum(_run_benches(folder, benches, report))


def _run(argv: list[str], folder: Path, env: dict[str, str] | None = None) -> float:
    started = time.perf_counter()
    subprocess.run(  # noqa: S603 - commands of this script's own
        argv, cwd=folder, env={**os.environ, **(env or {})}, check=True, stdout=sys.stderr
    )
    return time.perf_counter() - started


def _targets(report: dict[str, Any]) -> list[str]:
    return [f"--bench={name}" for name in sorted({name for name, _ in _benches(report)})]


def _benches(report: dict[str, Any]) -> dict[tuple[str, str], int]:
    """Return the attempts of each bench, by its target and Criterion's id."""
    measured = report["baseline"]["benches"]["measured"]
    return {tuple(bench["id"].split("/", 1)): len(bench["attempts"]) for bench in measured}


def _executables(folder: Path, target: dict[str, str], report: dict[str, Any]) -> dict[str, str]:
    """Ask cargo, which has built them, where the bench executables are."""
    argv = ["cargo", "bench", "--no-run", *_targets(report), "--message-format=json", "--quiet"]
    env = {**os.environ, **target}
    said = subprocess.run(argv, cwd=folder, env=env, check=True, stdout=subprocess.PIPE).stdout  # noqa: S603 - ours
    messages = [json.loads(line) for line in said.splitlines()]
    return {
        message["target"]["name"]: message["executable"]
        for message in messages
        if message.get("executable") and "bench" in message["target"]["kind"]
    }


def _run_hyperfine(folder: Path, report: dict[str, Any]) -> float:
    startup = report["candidate"]["startup"]
    binary = Path(report["candidate"]["artifact"]).name
    commands = [f"{folder / 'target' / side / 'release' / binary} {_quoted(startup)}" for side in ("before", "after")]
    options = ["--runs", str(startup["runs"]), "--warmup", "5", "--style", "none"]
    return sum(
        _run([str(SCRIPTS / "hyperfine"), *options, command], folder)
        for _ in range(startup["rounds"])
        for command in commands
    )


def _quoted(startup: dict[str, Any]) -> str:
    return " ".join(f"'{argument}'" for argument in startup["command"][1:])


def _run_benches(folder: Path, sides: dict[str, dict[str, str]], report: dict[str, Any]) -> Iterator[float]:
    counts = _benches(report)
    options = ["--bench", "--noplot", *_criterion_times(report)]
    home = {"CRITERION_HOME": str(folder / "target" / "criterion")}
    for attempt in range(1, max(counts.values(), default=0) + 1):
        for target in {name for name, _ in counts}:
            names = [full_id for (name, full_id), count in counts.items() if name == target and count >= attempt]
            for executables in sides.values() if names else ():
                yield _run([executables[target], *options, filter_of(names)], folder, home)


def _criterion_times(report: dict[str, Any]) -> list[str]:
    settings = {key: text.partition(" ")[0] for key, text in report["settings"].items()}
    warm_up, measurement = (settings[f"benches.{name}_seconds"] for name in ("warm_up", "measurement"))
    return ["--warm-up-time", warm_up, "--measurement-time", measurement]


if __name__ == "__main__":
    main()
