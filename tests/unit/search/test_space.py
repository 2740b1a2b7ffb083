"""The packages that the user calls hot: what is set for them, and names that are none."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from burnish.errors import Refused, UsageError
from burnish.search.space import base_recipe, hot_recipe, require_known
from burnish.transaction.journal import StateFolder

LOCK = 'version = 4\n[[package]]\nname = "regex"\nversion = "1.0.0"\n[[package]]\nname = "memchr"\nversion = "2.0.0"\n'


def job_with(folder: Path, *hot: str, lock: str | None = LOCK) -> Any:
    """Return as much of a job as is looked at."""
    if lock is not None:
        (folder / "Cargo.lock").write_text(lock, encoding="utf-8")
    settings = SimpleNamespace(search=SimpleNamespace(hot=list(hot)))
    return SimpleNamespace(settings=settings, state=StateFolder(folder))


def test_hot_packages_are_optimised_for_speed_around_the_base(tmp_path: Path) -> None:
    """Every candidate starts from the base with them, each with its reason; without any from the base alone."""
    with_hot = base_recipe(job_with(tmp_path, "regex", "memchr")).profile
    without = base_recipe(job_with(tmp_path)).profile
    added = {key: setting for key, setting in with_hot.items() if key not in without}
    assert {key: setting.value for key, setting in added.items()} == {
        "package.regex.opt-level": 3,
        "package.memchr.opt-level": 3,
    }
    assert all("search.hot names it" in setting.reason for setting in added.values())


def test_name_that_is_no_package_is_refused_with_the_nearest(tmp_path: Path) -> None:
    """Cargo would only warn, and the setting do nothing."""
    require_known(job_with(tmp_path, "regex"))
    with pytest.raises(UsageError, match=r'names "regx", which is no package.*did you mean "regex"'):
        require_known(job_with(tmp_path, "regx"))


@pytest.mark.parametrize("lock", [None, "", "package = 3\n", "package = [3]\n", "[package]\nname = 1\n"])
def test_without_a_lock_file_that_tells_any_name_may_be_right(tmp_path: Path, lock: str | None) -> None:
    """Before the first build nothing is known, and a damaged file is cargo's to refuse."""
    require_known(job_with(tmp_path, "regex", lock=lock))


def test_more_hot_packages_than_can_be_written_are_refused(tmp_path: Path) -> None:
    """A setting of a cloned project cannot make a search endless."""
    with pytest.raises(Refused, match="too many settings for single packages"):
        hot_recipe(job_with(tmp_path, *(f"p{number}" for number in range(51))))
