"""What of a project is built: chosen once, told to each cargo, and the same in all steps of a run."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from burnish.errors import Refused, UsageError
from burnish.job.options import Options
from burnish.job.plan import make_plan
from burnish.optimize import whole_flow
from burnish.search.code import code_of_recipe
from burnish.sides.side import cargo_of
from tests.conftest import MANIFEST
from tests.unit.opened import Place, make_place

FEATURES = """
[features]
default = ["plain"]
plain = []
loud = []
"""
MakePlace = Callable[..., Place]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakePlace:
    """Return a function that makes a project with features, and what its metadata says of the build."""
    numbers = itertools.count()

    def make(build: str = "") -> Place:
        manifest = MANIFEST + FEATURES + (f"\n[package.metadata.burnish.build]\n{build}\n" if build else "")
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        return make_place(folder, monkeypatch, manifest=manifest)

    return make


def cargo_calls(place: Place) -> list[tuple[str, ...]]:
    """Return what cargo was asked to build, to test and to resolve."""
    asked = [argv for argv in place.asked if Path(argv[0]).name == "cargo"]
    return [
        argv for argv in asked if argv[1] in {"build", "test"} or ("--no-deps" not in argv and argv[1] == "metadata")
    ]


def test_every_call_of_a_run_has_the_selection(made: MakePlace) -> None:
    """The baseline, the trial, the candidate, the tests and the last build are of the features that were asked for."""
    place = made()
    options = Options(features=("loud",), no_default_features=True, jobs="2", config=("net.retry=1",))
    with place.session(options) as session:
        report = whole_flow(session)
    assert report.outcome == "kept"
    calls = cargo_calls(place)
    assert {argv[1] for argv in calls} == {"build", "test", "metadata"}
    for argv in calls:
        assert "--config=net.retry=1" in argv
        assert ("--features=hello/loud" if argv[1] == "metadata" else "--features=loud") in argv
    assert all("--no-default-features" in argv and "--jobs=2" in argv for argv in calls if argv[1] != "metadata")
    assert report.selection is not None
    assert (report.selection.features, report.selection.no_default_features) == (["loud"], True)
    assert (report.selection.packages, report.selection.bins, report.selection.jobs) == (["hello"], ["hello"], 2)


def test_metadata_says_it_for_all_and_the_command_line_before_it(made: MakePlace) -> None:
    """Cargo's spelling of the keys is understood, and an option stands for the key."""
    place = made('features = ["loud"]\nno-default-features = true\nlocked = false')
    selection = place.open().job.project.selection
    assert (selection.features, selection.no_default_features) == (("loud",), True)
    assert place.open(Options(features=("plain",))).job.project.selection.features == ("plain",)
    assert place.open(Options(features=("",))).job.project.selection.features == ()


@pytest.mark.parametrize(
    ("build", "says"),
    [
        ('feature = ["loud"]', 'did you mean "build.features"'),
        ("all-feature = true", 'did you mean "build.all_features"'),
        ("features = 3", 'setting "build.features"'),
        ("jobs = true", 'setting "build.jobs"'),
    ],
)
def test_what_cannot_be_meant_is_refused(made: MakePlace, build: str, says: str) -> None:
    """An unknown key with the nearest legal one, and a value of another kind."""
    with pytest.raises(Refused, match=says.replace(".", r"\.")):
        made(build).open()


@pytest.mark.parametrize(
    ("feature", "says"),
    [
        ("lod", 'there is no feature "lod" in hello (did you mean "loud"?)'),
        ("hello/lod", 'there is no feature "hello/lod"'),
        ("serde/derive", 'there is no feature "serde/derive"'),
    ],
)
def test_unknown_feature_is_wrong_usage(made: MakePlace, feature: str, says: str) -> None:
    """It is named with the nearest one, before anything is built."""
    place = made()
    with pytest.raises(UsageError) as refused:
        place.open(Options(features=(feature,)))
    assert says in str(refused.value)
    assert not cargo_calls(place)


def test_own_feature_may_be_spelled_with_the_package(made: MakePlace) -> None:
    """As cargo takes it."""
    assert made().open(Options(features=("hello/loud",))).job.project.selection.features == ("hello/loud",)


def test_step_goes_on_with_the_selection_of_its_run(made: MakePlace) -> None:
    """What the first step was given holds for the next; another selection is refused, with what begins a run of it."""
    place = made()
    with place.session(Options(features=("loud",))) as session:
        session.notes.note()
    assert place.open(fresh=False).job.project.selection.features == ("loud",)
    assert place.open(Options(features=("loud",), jobs="1"), fresh=False).job.project.selection.jobs == 1
    with pytest.raises(UsageError) as refused:
        place.open(Options(features=("plain",)), fresh=False)
    assert "--features=plain, and this run is of hello --bin=hello" in str(refused.value)
    assert refused.value.next_command.startswith("burnish baseline --features=plain")


def test_step_sees_that_the_metadata_has_changed(made: MakePlace) -> None:
    """Features that were edited between two steps would compare two different programs."""
    place = made('features = ["loud"]')
    with place.session() as session:
        session.notes.note()
    manifest = place.root / "Cargo.toml"
    manifest.write_text(manifest.read_text().replace('["loud"]', '["plain"]'), encoding="utf-8")
    with pytest.raises(UsageError, match=r"this run is of hello --bin=hello .* --features=loud"):
        place.open(fresh=False)


def test_trial_of_other_features_is_another_trial(made: MakePlace) -> None:
    """A search knows its trials again by what they were built of; rules for the lockfile make no other file."""
    place = made()
    numbers = []
    for options in (Options(), Options(features=("loud",)), Options(features=("loud",), jobs="2")):
        place.asked.clear()
        manifest = (place.root / "Cargo.toml").read_bytes()
        with place.session(options) as session:
            whole_flow(session)
        numbers.append(sum("--config" in argv and argv[1] == "build" for argv in cargo_calls(place)))
        (place.root / "Cargo.toml").write_bytes(manifest)
        for change in (place.root / ".burnish").glob("change*"):
            change.unlink()
    assert numbers == [1, 1, 0]


@pytest.mark.parametrize(
    ("profile", "says"),
    [
        ("relase", 'there is no profile "relase" (did you mean "release"?)'),
        ("dist", 'there is no profile "dist" (did you mean "disto"?)'),
        ("dev", "--profile dev is the profile of debug builds"),
        ("test", "--profile test is"),
        ("bench", "--profile bench is"),
        ("debug", 'cargo takes "debug" for no name of a profile'),
    ],
)
def test_profile_that_cannot_be_meant_is_wrong_usage(made: MakePlace, profile: str, says: str) -> None:
    """A slip is told from a new name by the names that there are."""
    place = made('features = []\n[profile.disto]\ninherits = "release"')
    with pytest.raises(UsageError) as refused:
        place.open(Options(profile=profile))
    assert says in str(refused.value)


def test_profile_that_is_not_there_is_made_and_told(made: MakePlace) -> None:
    """The plan says so, and cargo is told of it in each build until it stands in the file."""
    place = made()
    job, _ = place.open(Options(profile="dist"))
    plan = make_plan(job, job.opened)
    assert plan.inherits == "release"
    assert any("there is no profile dist: it is made" in note for note in plan.notes)
    assert b'[profile.dist]\ninherits = "release"\nopt-level = "s"\n' in plan.manifest.after
    assert plan.keys("manifest") == ("profile.dist.inherits", "profile.dist.opt-level", "profile.dist.strip")
    cargo = cargo_of(job, job.opened, "baseline")
    made_of = ["--config", 'profile.dist.inherits="release"']
    assert cargo.command(["build", "--profile=dist"]) == ["cargo", "build", *made_of, "--profile=dist"]
    (place.root / "Cargo.toml").write_bytes(plan.manifest.after)
    assert cargo.command(["build", "--profile=dist"]) == ["cargo", "build", "--profile=dist"]
    assert make_plan(job, job.opened).is_empty


def test_toolchain_is_told_and_belongs_to_the_run(made: MakePlace) -> None:
    """The variable that `cargo +NAME burnish` sets is named in the report, and another compiler is another run."""
    place = made()
    place.env["RUSTUP_TOOLCHAIN"] = os.environ.get("RUSTUP_TOOLCHAIN") or "stable"
    with place.session() as session:
        assert session.notes.report.selection is not None
        assert session.notes.report.selection.toolchain == place.env["RUSTUP_TOOLCHAIN"]
        report = session.notes.report
        other = msgspec.structs.replace(report.toolchain, rustc="rustc 1.0.0 (another)")
        session.notes.note(toolchain=other)
    with pytest.raises(UsageError, match=r"and this run is of rustc 1\.0\.0"):
        place.open(fresh=False)


def test_crates_are_not_told_where_more_is_configured(made: MakePlace, tmp_path: Path) -> None:
    """Of several `--config` cargo-bloat would drop all but one, and tell of another program."""
    job, _ = made().open(Options(config=("net.retry=1",)))
    code = code_of_recipe(job, job.opened, tmp_path)
    assert (code.shares, code.note) == ([], "cargo-bloat takes one --config, which is the recipe's here")
