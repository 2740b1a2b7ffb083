"""The default job on ten programs of different kinds: each verdict is proven by the harness of the cases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cases.case import Case, Same
from tests.cases.harness import try_case
from tests.crates.fetch import KINDS, fetch_one

pytestmark = [pytest.mark.cargo, pytest.mark.network]
BINARIES = {"fd-find": "fd", "dua-cli": "dua", "bore-cli": "bore", "ripgrep": "rg"}


@pytest.mark.parametrize("name", list(KINDS))
def test_auto_loses_nothing_of_a_real_program(
    name: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """All that a fresh clone built, passed and printed it still does, and nothing is taken that nobody offered."""
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
    verdict = try_case(case, tmp_path / "tried", source=source)
    record_property("case", {"name": name, "was": "", "now": verdict.outcome})
    assert verdict.findings == [], verdict.said
