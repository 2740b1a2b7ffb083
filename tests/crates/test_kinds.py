"""The default job on ten programs of different kinds: each verdict is proven by the harness of the cases."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cases.case import Case, Same
from tests.cases.harness import try_case
from tests.conftest import active_toolchain
from tests.crates.fetch import KINDS, fetch_one

pytestmark = [pytest.mark.cargo, pytest.mark.network]
UNMET = {"fail", "inconclusive"}
BINARIES = {"fd-find": "fd", "dua-cli": "dua", "bore-cli": "bore", "ripgrep": "rg"}


@pytest.mark.parametrize("name", list(KINDS))
def test_auto_loses_nothing_of_a_real_program(
    name: str, tmp_path: Path, record_property: Callable[[str, object], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that a fresh clone built, passed and printed it still does, and nothing is taken that nobody offered.

    With the toolchain that is here: one that a program's rust-toolchain.toml names may be none that can be had.
    """
    monkeypatch.setenv("RUSTUP_TOOLCHAIN", active_toolchain())
    source = fetch_one(tmp_path / "source", name)
    binary = BINARIES.get(name, name)
    case = Case(
        kind="a real program",
        files={},
        needs=["network"],
        tried=[["optimize", "--recipe", "auto"]],
        outcomes=["kept", "rolled_back", "nothing_to_do"],
        same=[Same(command=[binary, "--version"]), Same(command=[binary, "--help"])],
    )
    started = time.monotonic()
    verdict = try_case(case, tmp_path / "tried", source=source)
    told = in_short(verdict.outcome, verdict.report, time.monotonic() - started)
    record_property("case", {"name": name, "was": "", "now": told})
    assert verdict.findings == [], verdict.said


def in_short(outcome: str, report: Mapping[str, Any], seconds: float) -> str:
    """Return what became of a program in one line: size and start-up of both sides, and which gates were not met."""
    sides = [report.get(side) or {} for side in ("baseline", "candidate")]
    sizes = " -> ".join(f"{side['size_bytes']:,} bytes" for side in sides if side.get("size_bytes"))
    means = " -> ".join(f"{side['startup']['mean_seconds'] * 1e3:.2f} ms" for side in sides if side.get("startup"))
    unmet = [f"{gate['name']}: {gate['reason']}" for gate in report.get("gates", []) if gate["verdict"] in UNMET]
    return "; ".join(filter(None, [outcome, sizes, means, f"{seconds:.0f} s with the proof", *unmet]))
