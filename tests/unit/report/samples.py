"""Five reports as real runs leave them: what a page has to show well."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from burnish.measure.statistics import mean
from burnish.model import (
    Edit,
    Estimate,
    Evidence,
    Floor,
    Gate,
    Machine,
    PlatformPart,
    ProjectPart,
    RecipePart,
    Report,
    Run,
    Setting,
    Side,
    Startup,
    Timing,
    Tool,
    Toolchain,
    Trial,
    Tune,
    VerdictName,
    Workload,
)

DIFF = """\
--- a/Cargo.toml
+++ b/Cargo.toml
@@ -31,3 +31,9 @@
 [dev-dependencies]
 assert_cmd = "2.1.2"
 predicates = "3.1.4"
+
+[profile.release]
+opt-level = "s"
+lto = "fat"
+codegen-units = 1
+strip = true
"""
FLOOR = "a static program without libc, which only exits"


def samples() -> Mapping[str, Report]:
    """Return the five: kept, rolled back, inconclusive, cross-built where nothing can be started, forty trials."""
    return {
        "kept": kept(),
        "rolled-back": rolled_back(),
        "inconclusive": inconclusive(),
        "link-only": link_only(),
        "forty-trials": forty_trials(),
    }


def kept() -> Report:
    """Return a run that was kept, with workloads and a search of five."""
    sides = _side(1_290_616, 2.158e-3, seed=1), _side(1_098_520, 2.081e-3, seed=2, base=2.158e-3)
    before, after = (replace(side, workloads=_workloads(seed)) for side, seed in zip(sides, (3, 4), strict=True))
    return replace(
        _base(),
        outcome="kept",
        baseline=before,
        candidate=after,
        tune=_tune(5),
        gates=[
            _gate("build", "pass", "`target/release/hexyl` built in 32.9 s; built again it is the same file"),
            _gate("artifacts", "pass", "the same 1 artifact, by name and kind"),
            _gate("linkage", "pass", "stripped, as asked; elf x86_64, needs libgcc_s.so.1, libc.so.6, no symbol table"),
            _gate("behaviour", "pass", "the same on 1 command", 0, 0, "commands"),
            _gate("size", "pass", "192,096 B smaller; 0.851 of the baseline's", 1_098_520, 1_290_616, "bytes"),
            _gate("startup", "pass", "not shown to be slower than the baseline; mean 2.081 ms", 0.992, 1.0, "ratio"),
            _gate("workloads", "pass", "each of 3 workloads is within its limits", 1.021, 1.1, "ratio"),
            _gate("tests", "pass", "none lost; 56 tests passed, 56 in the baseline", 0, 0, "tests lost"),
            _gate("benches", "not-applicable", "no bench to compare"),
        ],
        warnings=[
            "registry dependencies were not searched for code that relies on unwinding",
            "1.2 of 2 cores were busy; stop what runs beside, and measure again",
        ],
    )


def rolled_back() -> Report:
    """Return a run whose gates failed."""
    before, after = _side(676_648, 8.72e-4, seed=5), _side(597_720, 8.68e-4, seed=6, base=8.72e-4)
    lost = "2 tests lost: parser::reads_empty, cli::prints_help; they passed in the baseline and failed twice here"
    return replace(
        _base(),
        outcome="rolled_back",
        baseline=before,
        candidate=after,
        gates=[
            _gate("build", "pass", "`target/release/hexyl` built in 12.5 s"),
            _gate("size", "fail", "97,720 B over the limit; 0.883 of the baseline's", 597_720, 500_000, "bytes"),
            _gate("startup", "pass", "the upper bound is within the limit", 8.74e-4, 1e-3, "s"),
            _gate("tests", "fail", lost, 2, 0, "tests lost"),
            _gate("benches", "not-applicable", "not run, since size failed"),
        ],
        warnings=["size: no candidate meets at most 500,000 B; `--accept unwinding` takes 41,200 B more"],
    )


def inconclusive() -> Report:
    """Return a run on a noisy machine."""
    before, after = (
        _side(706_000, 8.72e-4, seed=7, noise=0.2),
        _side(673_368, 8.68e-4, seed=8, noise=0.25, base=8.72e-4),
    )
    return replace(
        _base(),
        outcome="rolled_back",
        baseline=before,
        candidate=after,
        gates=[
            _gate("build", "pass", "`target/release/hexyl` built in 12.5 s"),
            _gate("size", "pass", "32,632 B smaller", 673_368, 706_000, "bytes"),
            _gate("startup", "inconclusive", "the interval lies on both sides of the limit", 9.4e-4, 8.9e-4, "s"),
        ],
        warnings=[f"disturbance {number}: set startup.rounds higher" for number in range(5)],
    )


def link_only() -> Report:
    """Return a run for a platform that cannot be started here: nothing is timed."""
    before, after = (replace(_side(size, 1e-3, seed=9), startup=None) for size in (1_102_344, 902_104))
    nothing = "cannot be started here: link-only"
    return replace(
        _base(),
        outcome="kept",
        baseline=before,
        candidate=after,
        platform=PlatformPart(name="macos-aarch64", triple="aarch64-apple-darwin", mode="link-only"),
        gates=[
            _gate("build", "pass", "`target/aarch64-apple-darwin/release/hexyl` built in 41.2 s"),
            _gate("linkage", "pass", "macho aarch64, needs /usr/lib/libSystem.B.dylib"),
            _gate("size", "pass", "200,240 B smaller", 902_104, 1_102_344, "bytes"),
            *(_gate(name, "not-applicable", nothing) for name in ("behaviour", "startup", "tests", "benches")),
        ],
    )


def forty_trials() -> Report:
    """Return a search of forty."""
    tune = _tune(40)
    before = _side(1_290_616, 2.158e-3, seed=1)
    return replace(_base(), outcome="tuned", baseline=before, candidate=tune.trials[0].side, tune=tune)


def _base() -> Report:
    reasons = {"opt-level": "smaller code", "lto": "what no crate uses is dropped", "strip": "nobody reads the symbols"}
    return Report(
        tool=Tool(version="0.1.0"),
        run=Run(
            id="2026-11-23T003157Z-b9b58c",
            command=["burnish", "optimize"],
            started="2026-11-23T00:31:57Z",
            ended="2026-11-23T00:36:22Z",
        ),
        machine=Machine(
            system="Linux 6.1", architecture="x86_64", cpu="AMD EPYC 7B13", cores=2, memory_bytes=8_000_000_000
        ),
        toolchain=Toolchain(
            rustc="rustc 1.95.0 (59807616e 2026-04-14)",
            cargo="cargo 1.95.0 (f2d3ce0bd 2026-03-21)",
            host="x86_64-unknown-linux-gnu",
            hyperfine="hyperfine 2.0.0",
        ),
        project=ProjectPart(root="/home/user/hexyl", package="hexyl", version="0.17.0", binary="hexyl"),
        platform=PlatformPart(name="linux-x86_64", triple="x86_64-unknown-linux-gnu", mode="native"),
        recipe=RecipePart(
            name="auto: opt-level.s",
            settings=[
                Setting(where="Cargo.toml [profile.release]", key=key, value="true", reason=why, origin="auto")
                for key, why in reasons.items()
            ],
        ),
        settings={},
        edits=[Edit(path="Cargo.toml", diff=DIFF)],
    )


def _times(mean_seconds: float, *, seed: int, noise: float = 0.04, base: float | None = None) -> Startup:
    source = random.Random(seed)  # noqa: S311 - the same picture each time
    raw = [[max(source.gauss(mean_seconds, mean_seconds * noise), 1e-5) for _ in range(5)] for _ in range(20)]
    found = mean([mean(runs) for runs in raw])
    half = found * noise / 4
    ratio = found / base if base else 1.0
    floor_raw = [[max(source.gauss(6.671e-4, 2e-5), 1e-5) for _ in range(5)] for _ in range(20)]
    timing: dict[str, Any] = {"runs": 5, "rounds": 20}
    floor = Timing(
        command=["floor"],
        mean_seconds=6.671e-4,
        ci95_seconds=(6.6e-4, 6.75e-4),
        median_seconds=6.671e-4,
        raw=floor_raw,
        **timing,
    )
    return Startup(
        command=["hexyl", "--version"],
        mean_seconds=found,
        ci95_seconds=(found - half, found + half),
        median_seconds=found,
        raw=raw,
        floor=Floor(kind=FLOOR, timing=floor),
        ratio_to_baseline=Estimate(mean=ratio, ci95=(ratio - noise / 2, ratio + noise / 2)) if base else None,
        evidence=Evidence(user_seconds=2e-4, system_seconds=3e-4, peak_bytes=3.1e6, page_faults=96.0),
        **timing,
    )


def _side(size: int, mean_seconds: float, *, seed: int, noise: float = 0.04, base: float | None = None) -> Side:
    return Side(
        command=["cargo", "build", "--release"],
        build_seconds=20.0 + seed,
        built=True,
        artifact="target/release/hexyl",
        size_bytes=size,
        sha256="0" * 64,
        startup=_times(mean_seconds, seed=seed, noise=noise, base=base),
    )


def _workloads(seed: int) -> list[Workload]:
    base = 0.05 if seed == 4 else None
    names = ("a megabyte of zeros", "a picture, with colours", "many small files")
    return [
        Workload(name=name, times=_times(0.05 + number / 40, seed=seed + number, base=base and 0.05 + number / 40))
        for number, name in enumerate(names)
    ]


def _gate(
    name: str,
    verdict: VerdictName,
    reason: str,
    measured: float | None = None,
    limit: float | None = None,
    unit: str = "",
) -> Gate:
    criterion = {"size": "smaller than the baseline", "startup": "not slower than the baseline"}.get(name, "as before")
    return Gate(
        name=name, criterion=criterion, verdict=verdict, measured=measured, limit=limit, unit=unit, reason=reason
    )


def _tune(count: int) -> Tune:
    source = random.Random(count)  # noqa: S311 - the same picture each time
    parts = ("opt-level.s", "opt-level.z", "panic.abort", "link.static", "linker.mold", "position.fixed", "std.rebuilt")
    trials = []
    for number in range(count):
        name = " + ".join(source.sample(parts, 1 + number % 4)) if number else "opt-level.s"
        size, startup = source.randint(700_000, 1_250_000), source.uniform(1.6e-3, 2.3e-3)
        fails = number > count - 4
        ratio = startup / 2.158e-3
        side = _side(size, startup, seed=number, base=2.158e-3)
        trials.append(
            Trial(
                name=f"{name} ({number})" if number else name,
                choices=[name],
                unusual=number % 3,
                settings=[],
                side=Side(command=[], build_seconds=3.0) if fails else side,
                failure="does not build: error: linking with `cc` failed: exit status: 1" if fails else "",
                startup_ratio=None if fails else (ratio, ratio - 0.03, ratio + 0.03),
            )
        )
    works = [trial.name for trial in trials if not trial.failure]
    return Tune(
        base="portable",
        trials=trials,
        frontier=works[:4],
        pick=works[0],
        remedies=["`rustup target add x86_64-unknown-linux-musl`"],
        stopped=f"the limit of {count} trials was reached with 4 more to try",
    )
