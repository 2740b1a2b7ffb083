"""Reports to render: one that holds everything, one that has just begun, and one whose every text attacks."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from burnish.model import (
    AcceptedGrowth,
    Behaviour,
    Bench,
    Benches,
    BinaryPart,
    Check,
    Counted,
    DependencyChange,
    Edit,
    Effect,
    Estimate,
    Evidence,
    Explanation,
    Floor,
    Gate,
    Linkage,
    Machine,
    Movement,
    PlatformPart,
    ProjectPart,
    RecipePart,
    Reference,
    Report,
    Run,
    Setting,
    Share,
    Side,
    Startup,
    StartupWarning,
    Tests,
    Timing,
    Tool,
    Toolchain,
    Trial,
    Tune,
)

ATTACK = (
    "\x1b[31mred\x1b[0m\r\n::error::forged ##[error]no ##vso[task.x]y </pre><script>alert(1)</script>"
    "<img src=x onerror=alert(1)> [a](javascript:x) ![i](http://evil.example/i.png) `code` ```fence *b* _i_ | cell |"
    " @user #1 https://evil.example &amp; ]]> \\ {{ 7*7 }} {% x %} \x00\u202e\u2028\ufffe =1+1"
)


@pytest.fixture(scope="session")
def partial_report() -> Report:
    """Return a report as it is when a run begins."""
    return Report(
        tool=Tool(version="0.1.0"),
        run=Run(id="20260102T030405Z-1", command=["burnish", "plan"], started="2026-01-02T03:04:05Z"),
        machine=Machine(system="Linux", architecture="x86_64", cpu="A CPU", cores=2, memory_bytes=8_000_000_000),
        toolchain=Toolchain(rustc="rustc 1.95.0", cargo="cargo 1.95.0", host="x86_64-unknown-linux-gnu"),
        project=ProjectPart(root="/home/user/tool", package=None, version=None, binary=None),
        platform=PlatformPart(name="linux", triple="x86_64-unknown-linux-gnu", mode="native"),
        recipe=RecipePart(name="portable", settings=[]),
        settings={},
    )


@pytest.fixture(scope="session")
def full_report(partial_report: Report) -> Report:
    """Return a report in which every part is filled, of a run that was rolled back."""
    return msgspec.structs.replace(
        partial_report,
        run=msgspec.structs.replace(partial_report.run, command=["burnish", "optimize"], ended="2026-01-02T03:14:05Z"),
        toolchain=msgspec.structs.replace(partial_report.toolchain, hyperfine="hyperfine 2.0.0"),
        project=ProjectPart(root="/home/user/tool", package="tool", version="1.2.3", binary="tl"),
        recipe=RecipePart(name="portable", settings=[_setting("lto", '"fat"'), _setting("strip", "true")]),
        settings={"startup.runs": "100 (config/defaults.toml)"},
        edits=[Edit(path="Cargo.toml", diff=_DIFF)],
        baseline=_side(706_000, 0.000872),
        candidate=_side(473_368, 0.000668),
        gates=_gates(),
        warnings=["the load average is 3.1 on 2 cores"],
        outcome="rolled_back",
        tune=_tune(),
        explanation=_explanation(),
        check=_check(),
        startup_warnings=[StartupWarning(kind="load", text="1.5 of 2 cores were busy", advice="measure again")],
        binaries=[
            BinaryPart(
                name="other",
                package="tool",
                target="other",
                baseline=_side(300_000, 0.000500),
                candidate=_side(200_000, 0.000450),
                gates=_gates(),
            )
        ],
    )


@pytest.fixture(scope="session")
def hostile_report(full_report: Report) -> Report:
    """Return the full report with an attack in every text that a project, a tool or a user chooses."""
    attacked = _attacked(msgspec.to_builtins(full_report))
    return msgspec.convert(attacked, Report)


_FIXED = {"verdict", "outcome", "mode", "format", "unit", "by", "beyond"}
_DIFF = """\
--- a/Cargo.toml
+++ b/Cargo.toml
@@ -7,3 +7,8 @@
 [dev-dependencies]
-old = 1
+new = 2
+
+[profile.release]
+lto = "fat"
"""


def _setting(key: str, value: str) -> Setting:
    return Setting(
        where="Cargo.toml [profile.release]", key=key, value=value, reason=f"{key} helps", origin="recipe portable"
    )


def _side(size_bytes: int, mean_seconds: float) -> Side:
    timing: dict[str, Any] = {"median_seconds": mean_seconds, "runs": 2, "rounds": 2}
    floor = Timing(
        command=["floor"], mean_seconds=112e-6, ci95_seconds=(1e-4, 1.2e-4), raw=[[112e-6] * 2] * 2, **timing
    )
    return Side(
        command=["cargo", "build", "--release"],
        build_seconds=12.5,
        artifact="target/release/tl",
        size_bytes=size_bytes,
        instructions=[Counted(name="start-up", by="valgrind", runs=[150_000 + size_bytes // 100, 150_010])],
        sha256="0" * 64,
        linkage=Linkage(
            format="elf",
            architecture="x86_64",
            interpreter="/lib64/ld.so",
            needed=["libc.so.6"],
            is_static=False,
            is_stripped=True,
            is_pie=True,
        ),
        startup=Startup(
            command=["tl", "--version"],
            mean_seconds=mean_seconds,
            ci95_seconds=(mean_seconds - 1e-5, mean_seconds + 1e-5),
            raw=[[mean_seconds] * 2] * 2,
            floor=Floor(kind="static, no libc", timing=floor),
            looks=3,
            single_ci95_seconds=(mean_seconds - 2e-5, mean_seconds + 1e-5),
            above_floor_seconds=Estimate(mean=mean_seconds - 112e-6, ci95=(5e-4, 8e-4)),
            ratio_to_baseline=Estimate(mean=mean_seconds / 0.000872, ci95=(0.7, 1.1)),
            evidence=Evidence(user_seconds=2e-4, system_seconds=3e-4, peak_bytes=3e6, page_faults=96.0),
            **timing,
        ),
        tests=Tests(command=["cargo", "test"], passed=["a::b"], failed=["c::d"], ignored=[], seconds=3.0),
        benches=Benches(measured=[Bench(id="eval/loop", attempts=[1e-6, 2e-6])], not_judged={"old": "libtest's"}),
        behaviour=[
            Behaviour(
                args=["--version"],
                exit_status=0,
                stdout_sha256="1" * 64,
                stderr_sha256="2" * 64,
                stdout_head="tl 1.2.3",
                stderr_head="",
            )
        ],
    )


def _explanation() -> Explanation:
    """Return an explanation in which one setting cannot be tried alone."""
    strip = Effect(setting="strip = true", alone_bytes=-104_328, alone_startup=(1.0, 0.9, 1.1), without_bytes=104_528)
    return Explanation(
        effects=[strip, Effect(setting="static", note="only static: does not build")],
        size_bytes=473_368,
        sections=[Share(name=".text", amount=400_000), Share(name="headers and padding", amount=73_368)],
        crates=[Share(name="std", amount=250_000)],
        crates_note="code only",
        startup=[Share(name="the floor", amount=112e-6), Share(name="the program's own part", amount=-2e-6)],
        max_size_bytes=500_000,
        max_startup_seconds=500e-6,
    )


def _check() -> Check:
    """Return a check against a tag, with growth that was accepted."""
    return Check(
        kept="portable",
        left_out=["size_must_shrink"],
        reference=Reference(name="v1.0", commit="0123456789abcdef" * 2 + "01234567", rustc="rustc 1.94.0"),
        moved_crates=[Movement(name="std", before_bytes=200_000, after_bytes=250_000)],
        moved_functions=[Movement(name="tool::parse (tool)", before_bytes=0, after_bytes=12_000)],
        moved_note="code only",
        dependencies=[
            DependencyChange(name="added", before=[], after=["1.0.0"]),
            DependencyChange(name="updated", before=["1.0.0"], after=["1.1.0", "2.0.0"]),
        ],
        beyond=["size"],
        accepted=[AcceptedGrowth(name="size", level=474_000, reason="a parser", commit="0123456789abcdef")],
    )


def _tune() -> Tune:
    """Return a search of three trials: the pick, one on the frontier that misses the budget, and one that failed."""
    ratio = (0.77, 0.74, 0.80)
    pick, larger = _side(413_024, 0.000668), _side(1_312_832, 0.000577)
    failed = Side(command=["cargo", "build"], build_seconds=3.5, build_error="error: linking failed")
    guided = "built by the profile of fib: 12 functions ran, 100% of them found again; .burnish/profiles/1.profdata"
    return Tune(
        base="portable",
        trials=[
            _trial("opt-level.s", pick, startup_ratio=ratio, gives_up=["a fixed address"], guided=guided),
            _trial("link.static", larger, startup_ratio=(0.66, 0.64, 0.69), gates=_gates()),
            _trial("linker.mold", failed, failure="does not build: error: linking failed"),
        ],
        frontier=["opt-level.s", "link.static"],
        pick="opt-level.s",
        shortfall=["size: no candidate meets at most 400,000 B"],
        remedies=["`rustup target add x86_64-unknown-linux-musl`"],
        stopped="the limit of 3 trials was reached with 4 more to try",
    )


def _trial(name: str, side: Side, **parts: Any) -> Trial:
    settings = [_setting("opt-level", '"s"')]
    return Trial(name=name, choices=[name], unusual=1, settings=settings, side=side, **parts)


def _gates() -> list[Gate]:
    return [
        Gate(
            name="build",
            criterion="the release build completes",
            verdict="pass",
            measured=None,
            limit=None,
            unit="",
            reason="`target/release/tl` built in 12.5 s",
        ),
        Gate(
            name="size",
            criterion="at most 400,000 B",
            verdict="fail",
            measured=473_368,
            limit=400_000,
            unit="bytes",
            reason="73,368 B over the limit; 473,368 B, 0.670 of the baseline's 706,000 B",
        ),
        Gate(
            name="startup",
            criterion="upper bound of the mean's 95% interval at most 670 us",
            verdict="inconclusive",
            measured=0.000678,
            limit=0.00067,
            unit="s",
            reason="the interval lies on both sides of the limit of 670 us; mean 668 us",
        ),
        Gate(
            name="benches",
            criterion="no bench slower than 1.10 times the baseline",
            verdict="not-applicable",
            measured=None,
            limit=None,
            unit="",
            reason="no bench to compare",
        ),
    ]


def _attacked(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        attacked = {_key(name, key): _attacked(item, name) for name, item in value.items()}
        of_kind = value.keys() & {"advice", "target", "sha256"}
        ours = {"name"} if value.keys() & {"verdict", "level"} else {"kind"} if of_kind else set()
        return {**attacked, **{name: value[name] for name in ours}}
    if isinstance(value, list | tuple):
        return [_attacked(item, key if isinstance(item, str) else "") for item in value]
    # Where there is no failure or command of its own there is nothing that could speak.
    is_attacked = isinstance(value, str) and key not in _FIXED and (value or key not in {"failure", "command"})
    return value + ATTACK if is_attacked else value


def _key(name: str, of: str) -> str:
    """Attack the keys that a project chooses, and keep the model's own."""
    return name + ATTACK if of in {"settings", "not_judged"} else name
