"""Sides to judge: all that was measured of a build, in the fewest words."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from burnish import model
from burnish.model import ArtifactPart, Behaviour, Evidence, Floor, Gate, Linkage, Side, Startup, Timing, Workload

DYNAMIC = Linkage(
    format="elf",
    architecture="x86_64",
    interpreter="/lib64/ld-linux-x86-64.so.2",
    needed=["libc.so.6", "libgcc_s.so.1"],
    is_static=False,
    is_stripped=False,
    is_pie=True,
    versions={"libc.so.6": ["GLIBC_2.34"], "libgcc_s.so.1": ["GCC_4.2.0"]},
    system="linux 3.2.0",
    libc="glibc",
    defences=["relro", "full relro", "nx"],
    stack_protector=False,
)
STATIC = replace(
    DYNAMIC, interpreter=None, needed=[], is_static=True, is_stripped=True, versions={}, stack_protector=None
)
VERSION = Behaviour(
    args=["--version"], exit_status=0, stdout_sha256="a", stderr_sha256="b", stdout_head="tool 1.0\n", stderr_head=""
)
DIVIDE = Behaviour(
    args=["-c", "1 // 0"], exit_status=1, stdout_sha256="c", stderr_sha256="d", stdout_head="", stderr_head="error\n"
)


def startup(mean: float, *, half: float = 5e-6, spread: float = 1.0, floor: bool = True) -> Startup:
    """Return ten rounds of one run; each round's mean lies near `mean`, in a fixed zigzag of `spread` microseconds."""
    raw = [[mean + spread * 1e-6 * (-1) ** number] for number in range(10)]
    timing = Timing(
        command=["floor"],
        mean_seconds=112e-6,
        ci95_seconds=(1e-4, 1.2e-4),
        median_seconds=112e-6,
        runs=1,
        rounds=10,
        raw=[[112e-6]] * 10,
    )
    return Startup(
        mean_seconds=mean,
        ci95_seconds=(mean - half, mean + half),
        median_seconds=mean,
        runs=1,
        rounds=10,
        raw=raw,
        command=["tool", "--version"],
        floor=Floor(kind="static, no libc", timing=timing) if floor else None,
    )


def workload(mean: float, name: str = "fib", *, spread: float = 1.0, **changes: Any) -> Workload:
    """Return a workload of ten rounds near a mean, with 10 MB of memory."""
    times = startup(mean, spread=spread)
    times = replace(times, evidence=Evidence(peak_bytes=10e6))
    return replace(Workload(name=name, times=times, printed=["1" * 64]), **changes)


def run_of(
    passed: str = "", failed: str = "", ignored: str = "", retried: str = "", *, timed_out: bool = False
) -> model.Tests:
    """Return a test run from names between blanks."""
    return model.Tests(
        command=["cargo", "test"],
        passed=passed.split(),
        failed=failed.split(),
        ignored=ignored.split(),
        retried=retried.split(),
        timed_out=timed_out,
        seconds=1.0,
    )


def made_part(kind: Any, target: str = "tool", package: str = "tool", **changes: Any) -> ArtifactPart:
    """Return something that a build made."""
    form: Any = "archive" if kind in {"rlib", "staticlib"} else "elf"
    names = {"bin": target, "rlib": f"lib{target}.rlib", "staticlib": f"lib{target}.a"}
    part = ArtifactPart(
        package=package, target=target, kind=kind, name=names.get(kind, f"lib{target}.so"), format=form, size_bytes=1
    )
    return replace(part, **changes)


def side(**changes: Any) -> Side:
    """Return a side with a binary of 1000 bytes, changed."""
    values = {"command": ["cargo", "build"], "build_seconds": 2.0, "built": True, "artifact": "target/release/tool"}
    measured = {"size_bytes": 1000, "sha256": "f" * 64, "linkage": DYNAMIC, "startup": startup(400e-6)}
    made = [made_part("bin")] if changes.get("artifact", "tool") else [made_part("rlib")]
    return Side(**{**values, **measured, "artifacts": made, **changes})


def library(**changes: Any) -> Side:
    """Return a side without a binary."""
    return side(artifact=None, size_bytes=None, sha256=None, linkage=None, startup=None, **changes)


def verdict_and_numbers(gate: Gate) -> tuple[str, float | None, float | None, str]:
    """Return what the table shows of a gate, without its words."""
    return gate.verdict, gate.measured, gate.limit, gate.unit
