from __future__ import annotations

import pytest

from burnish.cargo.selection import USUAL, Selection, read_features


@pytest.mark.parametrize(
    ("given", "features"),
    [
        ([], ()),
        ([""], ()),
        (["a"], ("a",)),
        (["a,b", "c d"], ("a", "b", "c", "d")),
        ([" a , b ", "a"], ("a", "b")),
        (["dep/x,dep?/y"], ("dep/x", "dep?/y")),
    ],
)
def test_features_stand_with_commas_or_blanks_between(given: list[str], features: tuple[str, ...]) -> None:
    """As cargo reads them: several times, too, and one that is said twice is one."""
    assert read_features(given) == features


def test_plain_release_build_has_nothing_of_its_own() -> None:
    """What a plain `cargo build --release` builds is told by no argument beyond that."""
    assert (USUAL.profile_arguments, USUAL.identity, USUAL.common_arguments) == (["--release"], (), [])
    assert USUAL.told("build") == "cargo build --release"


def test_arguments_are_cargos_own() -> None:
    """Each is spelled as cargo takes it."""
    selection = Selection(
        profile="dist",
        features=("a", "b"),
        all_features=True,
        no_default_features=True,
        config=("net.retry=1", "/x/y.toml"),
        locked=True,
        offline=True,
        frozen=True,
        jobs=3,
    )
    assert selection.profile_arguments == ["--profile=dist"]
    assert selection.feature_arguments == ["--all-features", "--no-default-features", "--features=a,b"]
    assert selection.common_arguments == [
        "--locked",
        "--offline",
        "--frozen",
        "--config=net.retry=1",
        "--config=/x/y.toml",
    ]
    assert selection.jobs_arguments == ["--jobs=3"]
    assert selection.told("test") == (
        "cargo test --profile=dist --all-features --no-default-features --features=a,b --config=net.retry=1"
        " --config=/x/y.toml"
    )
    assert selection.told("nextest", "run").startswith("cargo nextest run --cargo-profile=dist ")


def test_what_makes_no_other_file_is_no_other_selection() -> None:
    """A trial is known again with other rules for the lockfile, and with more jobs; with other features it is not."""
    assert Selection(locked=True, offline=True, frozen=True, jobs=2).identity == USUAL.identity
    others = [Selection(features=("a",)), Selection(all_features=True), Selection(no_default_features=True)]
    others += [Selection(profile="dist"), Selection(config=("net.retry=1",))]
    assert len({each.identity for each in (USUAL, *others)}) == len(others) + 1
