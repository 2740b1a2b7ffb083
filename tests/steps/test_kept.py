"""What is kept, proven in a fresh clone by the harness of the cases: all is made and passed as before, as was asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cases.case import DATA, read_case
from tests.cases.harness import try_case
from tests.conftest import cases

pytestmark = pytest.mark.cargo

# Libraries of all kinds beside the program, overrides that beat the recipe, and a search beside a library.
KEPT = ["libraries-kept", "overrides-kept", "mixed"]


@pytest.mark.promise("H1")
@pytest.mark.promise("H2")
@pytest.mark.promise("H3")
@pytest.mark.parametrize("name", KEPT[: cases(quick=1, deep=len(KEPT))])
def test_what_is_kept_loses_nothing_and_is_in_force(name: str, tmp_path: Path, tried: Callable[..., None]) -> None:
    """Each artifact and test of before is there after, in release and dev; each setting is rustc's, or was named."""
    verdict = try_case(read_case(DATA / f"{name}.toml"), tmp_path)
    assert (verdict.outcome, verdict.findings) == ("kept", []), verdict.said
    assert all(verdict.compared[what] for what in ("artifacts", "settings")), verdict.compared
    tried("H1", cases=verdict.compared["artifacts"] + verdict.compared["tests"])
    tried("H2", cases=verdict.compared["programs"])
    tried("H3", cases=verdict.compared["settings"])
