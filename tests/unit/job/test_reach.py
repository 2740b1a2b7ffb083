"""Whom a recipe reaches: what `cargo install` gives is said, and with `--reach install` nothing else is tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.errors import Refused
from burnish.job.options import Options
from burnish.job.plan import make_plan
from burnish.phases.before import require_applicable
from burnish.search.space import space_of
from tests.conftest import MANIFEST
from tests.unit.opened import Place, make_place

MEMBER = '[workspace]\nmembers = ["app"]\nresolver = "2"\n'
FLAGS = 'recipes.own = { profile = { opt-level = "s" }, rustflags = ["-C relocation-model=static"] }'
ALL = ("all",)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a place whose project is a package of its own."""
    return make_place(tmp_path, monkeypatch)


def said(place: Place, *settings: str, recipe: str = "own", reach: str | None = None) -> list[str]:
    """Return what a plan says of `cargo install`."""
    job, _ = place.open(Options(recipe=recipe, set=settings, reach=reach))
    return [note for note in make_plan(job, job.opened).notes if "cargo install" in note]


def test_profile_alone_reaches_everybody(place: Place) -> None:
    """There is nothing to say, and nothing to refuse."""
    assert said(place, recipe="portable") == []
    job, notes = place.open(Options(recipe="portable", reach="install"))
    require_applicable(job, notes, make_plan(job, job.opened))


def test_flags_reach_only_who_builds_a_clone(place: Place) -> None:
    """What does reach the others is named too, with the option that tries nothing else."""
    (note,) = said(place, FLAGS)
    assert note == (
        "`cargo install hello` gives the profile's opt-level, and not the rustflags -C relocation-model=static; "
        "`--reach install` tries only what reaches its users"
    )


def test_flags_where_they_must_reach_everybody(place: Place) -> None:
    """The recipe is refused, with one that is not."""
    job, notes = place.open(Options(recipe="own", set=(FLAGS,), reach="install"))
    with pytest.raises(Refused, match="does not give the rustflags") as refused:
        require_applicable(job, notes, make_plan(job, job.opened))
    assert "burnish plan --recipe portable" in refused.value.next_command


def test_profile_of_another_name(place: Place) -> None:
    """`cargo install` builds by release."""
    job, _ = place.open(Options(recipe="portable", profile="dist"))
    (note,) = [note for note in make_plan(job, job.opened).notes if "cargo install" in note]
    assert "gives nothing of this, and not the profile dist, unless they say --profile dist" in note


def test_member_of_a_workspace(place: Place) -> None:
    """The profile of the workspace is not published with it; a package that is not published has no such users."""
    (place.root / "app").mkdir()
    (place.root / "src").rename(place.root / "app/src")
    (place.root / "Cargo.toml").write_text(MEMBER, encoding="utf-8")
    manifest = place.root / "app/Cargo.toml"
    manifest.write_text(MANIFEST, encoding="utf-8")
    (note,) = said(place, recipe="portable")
    assert "`cargo install hello` from a registry gets none of this" in note
    manifest.write_text(MANIFEST.replace("[package]\n", "[package]\npublish = false\n", 1), encoding="utf-8")
    assert said(place, recipe="portable") == []


def test_search_for_what_reaches_everybody(place: Place) -> None:
    """Choices with flags, a target, or a command of their own are not there; choices of the profile are."""
    auto = Options(recipe="auto", accept=ALL)
    job, notes = place.open(auto)
    assert {"position.fixed", "opt-level.z"} <= {choice.id for choice in space_of(job, notes).choices}
    job, notes = place.open(Options(recipe="auto", accept=ALL, set=('reach = "install"',)))
    choices = list(space_of(job, notes).choices)
    assert {choice.factor for choice in choices} == {"opt-level", "lto", "codegen-units", "panic"}
    assert not any(choice.settings.rustflags or choice.settings.static or choice.arguments for choice in choices)


def test_reach_of_another_name(place: Place) -> None:
    """It is refused with the nearest one."""
    with pytest.raises(Refused, match='did you mean "install"'):
        place.open(Options(set=('reach = "instal"',)))
