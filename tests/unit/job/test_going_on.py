"""Steps of one run: what is worked on is said by the first, and cannot change on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.errors import UsageError
from burnish.job.options import Options
from tests.unit.opened import make_place

SAID = [
    (Options(workspace=True), "--workspace"),
    (Options(bins=True), "--bins"),
    (Options(bin=("hello",)), "--bin hello"),
    (Options(package=("hello",)), "--package hello"),
]


@pytest.mark.parametrize(("first", "_typed"), SAID)
def test_step_that_says_nothing_goes_on_with_what_the_run_began_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: Options, _typed: str
) -> None:
    """Or says the same once more."""
    place = make_place(tmp_path, monkeypatch)
    with place.session(first) as session:
        session.notes.note()
    for step in (Options(), first):
        options = place.open(step, fresh=False).job.options
        assert (options.workspace, options.bins, options.bin) == (first.workspace, first.bins, first.bin)
        assert options.package == first.package


@pytest.mark.parametrize(("step", "typed"), SAID)
def test_step_that_says_something_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: Options, typed: str
) -> None:
    """With the option as it was typed, and the command that begins anew."""
    place = make_place(tmp_path, monkeypatch)
    with place.session(Options()) as session:
        session.notes.note()
    with pytest.raises(UsageError) as refused:
        place.open(step, fresh=False)
    assert refused.value.found == f"{typed} begins something new, and this run is of what was chosen without it"
    assert refused.value.next_command == f"burnish baseline {typed}"
