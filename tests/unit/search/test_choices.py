"""The search space: what config/search.toml says, as far as it is to be had."""

from __future__ import annotations

import pytest

from burnish.cargo.flags import normalise
from burnish.concessions import NAMES, Concession
from burnish.errors import InternalError
from burnish.job.portability import takings_of
from burnish.job.recipe import load_recipes
from burnish.resources import config_file
from burnish.search.candidates import one_at_a_time
from burnish.search.choices import NOTHING_JUDGES, Combination, Judges, SearchSpace, load_space

SEARCH = config_file("search.toml").read_bytes()
BASE = load_recipes(config_file("recipes.toml").read_bytes(), {})["portable"]
ALL = frozenset(
    {"flags", "x86_64", "elf", "glibc", "static", "ld.bfd", "ld.lld", "mold", "musl", "build-std", "abort"}
    | {"dependencies", "musl-shipped", "mimalloc", "folding"}
    | {"x86-64-v2", "x86-64-v3", "native"}
    | {"target", "no-shared-library", "std-source", "profiling", "training"}
    | {"cargo -Z build-std-features", "cargo -Z panic-immediate-abort"}
)


def space(
    facts: frozenset[str] = ALL,
    accepted: frozenset[Concession] = frozenset(NAMES),
    judges: Judges = NOTHING_JUDGES,
) -> SearchSpace:
    """Return the shipped space for some facts and concessions."""
    return load_space(SEARCH, facts, accepted, judges)


def candidate(*ids: str) -> Combination:
    """Return the candidate of these choices."""
    found = space().candidate(ids)
    assert found is not None
    return found


def test_every_choice_needs_facts_that_exist_and_changes_something() -> None:
    """No choice is out of reach for ever, and none is empty."""
    for choice in space().choices:
        assert choice.needs <= ALL, choice.id
        recipe = choice.settings
        changes = (recipe.profile, recipe.rustflags, recipe.static, choice.arguments, choice.is_guided)
        assert any((*changes, choice.by_mimalloc)), choice.id
        assert choice.reason
        assert not (choice.is_unusual and recipe.profile.keys() - {"panic"}), choice.id


def test_flag_that_a_toolchain_does_not_have_is_not_asked_of_it() -> None:
    """Each flag that is not stable is a need of its own, by its name; the same choices without it are there."""
    lost = {choice.id for choice in space().choices}
    lost -= {choice.id for choice in space(ALL - {"cargo -Z panic-immediate-abort"}).choices}
    assert lost == {"link.musl-silent", "link.std-silent"}
    text = """short = []
[factors.detail.none]
reason = "-"
rustflags = ["-Z location-detail=none", "-C opt-level=3"]
takes = []
"""
    assert not list(load_space(text.encode(), frozenset({"flags"}), NOTHING).choices)
    facts = frozenset({"flags", "rustc -Z location-detail"})
    assert [choice.id for choice in load_space(text.encode(), facts, NOTHING).choices] == ["detail.none"]


def test_bare_machine_has_the_profile_to_choose_from() -> None:
    """Without linkers, without static libraries and with RUSTFLAGS set there are profile keys, and no abort unasked."""
    assert [choice.id for choice in space(frozenset()).choices] == [
        "opt-level.2",
        "opt-level.s",
        "opt-level.z",
        "lto.thin",
        "codegen-units.16",
    ]


def test_nothing_that_needs_the_users_word_is_there_without_it() -> None:
    """Aborting and narrower processors are the user's to allow."""
    words = frozenset({"abort", "x86-64-v2", "x86-64-v3", "native"})
    ids = {choice.id for choice in space(ALL - words).choices}
    assert ids.isdisjoint({"panic.abort", "cpu.v2", "cpu.v3", "cpu.native"})


def test_nothing_takes_flags_from_build_scripts_that_look_at_them() -> None:
    """Where a build by name of its target would take a `--cfg` away, no choice builds so."""
    choices = list(space(ALL - {"target"}).choices)
    settings = [choice.settings for choice in choices]
    assert not any(choice.platform or choice.rebuilds_std for choice in choices)
    assert not any(each.own_target or each.static for each in settings)
    assert {"hash.gnu", "cpu.v2"} <= {choice.id for choice in choices}


def test_short_search_leaves_out_what_is_not_to_be_had() -> None:
    """Each of its candidates is one of the space; on a bare machine the profile's are left."""
    assert [each.label for each in space(frozenset()).short] == ["opt-level z", "the base", "opt-level s"]
    assert len(space().short) == 14


def test_short_search_takes_an_optional_choice_where_it_is_to_be_had() -> None:
    """Static linking is tried with panics that abort, and where those are not allowed without."""
    for facts, label in ((ALL, "panic abort, "), (ALL - {"abort"}, "")):
        labels = [each.label for each in space(facts - {"folding"}).short]
        assert f"static linking, opt-level z, {label}fixed address" in labels


def test_short_search_tries_musl_as_it_comes_and_by_the_best_way_to_rebuild_its_library() -> None:
    """A rebuilt one is without tables where a panic may abort, else without backtraces; the plain one as it comes."""
    everything = frozenset(NAMES)
    untraced = everything - {"backtraces"}
    for lacks, accepted, label in (
        ({}, everything, "static musl without stack tables, made for size, opt-level z, panic abort"),
        ({"abort"}, everything, "static musl without backtraces, opt-level z"),
        ({"abort"}, untraced, "static musl made for size, opt-level z"),
        ({"build-std"}, everything, None),
        ({"musl-shipped", "build-std"}, everything, None),
    ):
        labels = [each.label for each in space(ALL - set(lacks), accepted=accepted).short]
        plain = "static musl, opt-level z" + ("" if "abort" in lacks else ", panic abort")
        found = [each for each in labels if "musl" in each and "messages" not in each]
        assert found == [plain, *([label] if label else [])]
    assert not [each.label for each in space(ALL - {"musl"}).short if "musl" in each.label]


def test_candidate_is_the_base_with_its_choices() -> None:
    """Profile keys replace the base's, flags follow each other, and what a choice cannot do without comes with it."""
    recipe = candidate("position.fixed", "opt-level.z", "link.static").recipe(BASE)
    assert {key: setting.value for key, setting in recipe.profile.items()} == {
        "opt-level": "z",
        "lto": "fat",
        "codegen-units": 1,
        "strip": True,
    }
    assert [setting.flag for setting in recipe.rustflags] == list(normalise(["-Crelocation-model=static"]))
    assert (recipe.static, recipe.own_target) == (True, True)
    assert recipe.name == "auto: static linking, opt-level z, fixed address"


def test_candidate_has_one_choice_of_a_factor() -> None:
    """Another choice of the same factor replaces the one that was there; order makes no other candidate."""
    small = candidate("opt-level.s", "link.static")
    (two,) = [choice for choice in space().choices if choice.id == "opt-level.2"]
    assert small.with_choice(two).ids == ("link.static", "opt-level.2")
    assert candidate("link.static", "opt-level.s").label == small.label
    assert small.without("link").ids == ("opt-level.s",)


NOTHING: frozenset[Concession] = frozenset()
BENCHES = Judges(benches=True)


def test_nothing_that_takes_anything_is_there_unless_it_is_accepted() -> None:
    """A default takes nothing: the base is all that the short search has."""
    found = space(accepted=NOTHING)
    assert {choice.takes for choice in found.choices} == {frozenset()}
    assert [candidate.label for candidate in found.short] == ["the base"]


def test_a_choice_is_there_where_all_that_it_takes_is_accepted() -> None:
    """One that takes two things is not there for one of them."""
    cases: list[tuple[set[Concession], set[str]]] = [
        ({"unwinding"}, {"panic.abort"}),
        ({"allocator", "name-services"}, {"link.static", "allocator.mimalloc"}),
        (
            {"allocator", "name-services", "fixed-address"},
            {
                "link.static",
                "link.musl",
                "link.musl-rebuilt",
                "position.fixed",
                "segments.joined",
                "allocator.mimalloc",
            },
        ),
    ]
    for accepted, ids in cases:
        free = {choice.id for choice in space(accepted=NOTHING).choices}
        assert {choice.id for choice in space(accepted=frozenset(accepted)).choices} - free == ids


def test_speed_that_benches_measure_need_not_be_accepted() -> None:
    """They judge the library on the host's platform, and tell nothing of a rebuilt standard library."""
    rest = frozenset(NAMES) - {"speed"}
    without = {choice.id for choice in space(accepted=rest).choices}
    measured = {choice.id for choice in space(accepted=rest, judges=BENCHES).choices}
    assert {"opt-level.z", "lto.thin", "opt-level.dependencies-s"} <= measured - without
    assert measured.isdisjoint({"link.musl-for-size", "link.musl-untraced-for-size", "link.musl-silent"})
    assert "link.musl" in without
    at_work = {choice.id for choice in space(accepted=rest, judges=Judges(workloads=True)).choices}
    assert {"opt-level.z", "link.musl-for-size", "link.musl-untraced-for-size"} <= at_work


def test_what_a_candidate_concedes_is_what_no_bench_measures() -> None:
    """With benches code made for size concedes nothing; a library rebuilt for size still does."""
    small = candidate("opt-level.z", "panic.abort")
    assert small.conceded(NOTHING_JUDGES) == {"speed", "unwinding"}
    assert small.conceded(BENCHES) == {"unwinding"}
    assert "speed" in candidate("link.musl-for-size").conceded(BENCHES)
    assert "speed" not in candidate("link.musl-for-size").conceded(Judges(workloads=True))


def test_every_choice_states_at_least_what_its_settings_take() -> None:
    """The statement is by hand, and what is known of flags and profile keys is in it."""
    for choice in space().choices:
        triple = choice.platform or "x86_64-unknown-linux-gnu"
        assert {taking.concession for taking in takings_of(choice.settings, triple, "native")} <= choice.takes, (
            choice.id
        )


@pytest.mark.parametrize(
    ("takes", "says"),
    [
        ("", "factors.one.a"),
        ('takes = ["sped"]', 'accepts "sped", which is no concession (did you mean "speed"?)'),
    ],
)
def test_a_choice_that_does_not_say_what_it_takes_is_refused(takes: str, says: str) -> None:
    """Whoever adds one has to think of it."""
    text = f'short = []\n[factors.one.a]\nreason = "r"\n{takes}\n'
    with pytest.raises(InternalError) as error:
        load_space(text.encode(), ALL, NOTHING)
    assert says.removeprefix("factors.") in error.value.found


def test_unknown_choice_makes_no_candidate() -> None:
    """What an earlier search picked may not be to be had any more."""
    assert space(frozenset()).candidate(["link.static"]) is None


def test_candidate_at_speed_is_without_what_may_slow_its_code() -> None:
    """Optimising for size goes, dependencies' too; how it is linked stays."""
    small = candidate("opt-level.dependencies-s", "lto.thin", "panic.abort", "link.musl")
    assert small.slower == {"opt-level.dependencies-s", "lto.thin"}
    assert small.at_speed.label == "static musl, panic abort"
    assert small.at_speed.at_speed == small.at_speed


def test_no_profile_guides_what_has_no_runtime_to_record_one() -> None:
    """A standard library that is rebuilt, musl's or the host's own, has none; anything else may be guided."""
    assert candidate("opt-level.z", "guided.profile", "position.fixed").is_possible
    assert not candidate("guided.profile", "link.musl").is_possible
    assert not candidate("guided.profile", "link.std-untraced").is_possible
    assert candidate("link.std-untraced").is_possible


def test_what_records_a_profile_is_the_candidate_without_one() -> None:
    """Its choices stay otherwise as they are: by others its functions would have other names."""
    assert candidate("opt-level.z", "guided.profile").untrained.ids == ("opt-level.z",)
    assert candidate("opt-level.z", "guided.profile").is_guided
    assert not candidate("opt-level.z").is_guided


def test_another_allocator_is_for_musl_alone() -> None:
    """Beside its own platform's C library nobody's allocator is replaced: by itself it is no candidate."""
    assert candidate("allocator.mimalloc", "link.musl").is_possible
    assert candidate("allocator.mimalloc", "link.musl").by_mimalloc
    assert not candidate("allocator.mimalloc").is_possible
    assert not candidate("allocator.mimalloc", "link.std-untraced").is_possible
    assert not candidate("link.musl").by_mimalloc
    alone = [each.ids for each in one_at_a_time(space())]
    assert ("link.musl",) in alone
    assert ("allocator.mimalloc",) not in alone


@pytest.mark.parametrize("other", ["link.musl", "link.std-untraced", "linker.bfd"])
def test_functions_are_folded_by_rustcs_own_linker_alone(other: str) -> None:
    """Of another linker, and of another platform's, nobody knows that it takes the flag: a build would end there."""
    assert candidate("folding.all", "opt-level.z", "link.own-libgcc").is_possible
    assert not candidate("folding.all", "opt-level.z", other).is_possible
    left = "folding.all" if other == "linker.bfd" else other
    assert candidate("folding.all", "opt-level.z", other).possible_part.ids == candidate("opt-level.z", left).ids


@pytest.mark.parametrize(
    ("ids", "at_speed"),
    [
        (("opt-level.z", "link.musl-untraced-for-size"), ("link.musl-untraced",)),
        (("opt-level.z", "link.musl-for-size", "panic.abort"), ("link.musl-rebuilt", "panic.abort")),
        (("opt-level.z", "link.musl-silent"), ()),
        (("opt-level.z", "link.std-silent", "inlining.less"), ("link.std-silent",)),
    ],
)
def test_candidate_at_speed_stays_on_its_platform(ids: tuple[str, ...], at_speed: tuple[str, ...]) -> None:
    """What is made for size has a counterpart that takes all the same but speed, or is left out."""
    assert candidate(*ids).at_speed_among(space()).ids == at_speed


def test_candidate_that_unwinds_stays_on_its_platform() -> None:
    """It is at full speed, with the library that takes least, first without backtraces; elsewhere there is none."""
    found = candidate("opt-level.z", "panic.abort", "link.musl-untraced-for-size", "hash.gnu")
    ids = [("hash.gnu", "link.musl-traceless"), ("hash.gnu", "link.musl")]
    assert [each.ids for each in found.unwinding_among(space())] == ids
    traced = space(accepted=frozenset(NAMES) - {"backtraces"})
    assert [each.ids for each in found.unwinding_among(traced)] == ids[1:]
    assert not list(candidate("opt-level.z", "panic.abort", "hash.gnu").unwinding_among(space()))
