from __future__ import annotations

from pathlib import Path

import pytest

from burnish.job.example import working_copy


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout with a bundled crate."""
    crate = tmp_path / "examples" / "pyrust"
    (crate / "src").mkdir(parents=True)
    (crate / "target").mkdir()
    (crate / "target" / "big").write_text("built", encoding="utf-8")
    (crate / "Cargo.toml").write_text("one", encoding="utf-8")
    (crate / "src" / "lib.rs").write_text("code", encoding="utf-8")
    return tmp_path


def test_copy_has_the_sources_and_nothing_built(checkout: Path) -> None:
    """The copy is the crate without what cargo made of it; the original stays as it is."""
    copy = working_copy(checkout)
    names = sorted(str(path.relative_to(copy)) for path in copy.rglob("*"))
    assert names == ["Cargo.toml", "src", "src/lib.rs"]
    assert copy.is_relative_to(checkout / ".work")


def test_copy_of_an_unchanged_original_is_left_alone(checkout: Path) -> None:
    """What was kept in the copy stays while the original stays."""
    copy = working_copy(checkout)
    (copy / "Cargo.toml").write_text("kept", encoding="utf-8")
    assert (working_copy(checkout) / "Cargo.toml").read_text(encoding="utf-8") == "kept"


def test_copy_as_it_stands_is_left_alone_though_the_original_has_changed(checkout: Path) -> None:
    """Who only looks, or undoes what was kept in the copy, is given that copy; there is one even at first."""
    copy = working_copy(checkout, as_it_stands=True)
    (copy / "Cargo.toml").write_text("kept", encoding="utf-8")
    (checkout / "examples" / "pyrust" / "Cargo.toml").write_text("two", encoding="utf-8")
    assert (working_copy(checkout, as_it_stands=True) / "Cargo.toml").read_text(encoding="utf-8") == "kept"


def test_copy_of_a_changed_original_is_made_anew_but_for_what_was_built(checkout: Path) -> None:
    """A new original is copied anew; the copy's target folder stays, files that are gone go."""
    copy = working_copy(checkout)
    (copy / "target").mkdir()
    (copy / "target" / "cache").touch()
    (checkout / "examples" / "pyrust" / "src" / "lib.rs").unlink()
    working_copy(checkout)
    assert sorted(str(path.relative_to(copy)) for path in copy.rglob("*")) == [
        "Cargo.toml",
        "src",
        "target",
        "target/cache",
    ]


def test_copy_with_a_live_change_is_left_alone(checkout: Path) -> None:
    """A change that is not final is never thrown away with the copy."""
    copy = working_copy(checkout)
    (copy / ".burnish").mkdir()
    (copy / ".burnish" / "active.json").touch()
    (checkout / "examples" / "pyrust" / "Cargo.toml").write_text("two", encoding="utf-8")
    assert (working_copy(checkout) / "Cargo.toml").read_text(encoding="utf-8") == "one"
