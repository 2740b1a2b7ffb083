"""burnish.lock.toml: written with the change that grows, read until that is part of the reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.errors import Refused, UsageError
from burnish.job.accepted import MAX_REASON, NAME, accept_growth, accepted_growth, require_reason
from burnish.job.job import Job
from burnish.model import AcceptedGrowth
from tests.unit.opened import Place, make_place


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a project."""
    return make_place(tmp_path, monkeypatch)


@pytest.fixture
def job(place: Place) -> Job:
    """Return a job on it."""
    return place.open().job


def test_levels_are_written_and_read_back(place: Place, job: Job) -> None:
    """Sizes in bytes and times in percent, each with its reason and commit, under the program and its platform."""
    edit = accept_growth(job, {"size": 494_000.0, "startup": 1.15}, "a new parser", "ab" * 20)
    text = (place.root / NAME).read_text(encoding="utf-8")
    assert edit.changed
    assert text == edit.after.decode()
    assert f'[size."hello {job.triple}"]\nlevel = "494000 B"\nreason = "a new parser"' in text
    assert f'[startup."hello {job.triple}"]\nlevel = "15%"' in text
    found = accepted_growth(job, None)
    assert found["size"] == AcceptedGrowth(name="size", level=494_000.0, reason="a new parser", commit="ab" * 20)
    assert found["startup"].level == pytest.approx(1.15)
    assert list(found) == ["size", "startup"]
    assert not list(place.root.glob(".burnish-*"))


def test_what_the_reference_has_is_accepted_no_more(place: Place, job: Job) -> None:
    """It was for an earlier change; what was written since counts, also where it took its place."""
    accept_growth(job, {"size": 400.0, "startup": 1.05}, "first", "")
    before = (place.root / NAME).read_bytes()
    assert accepted_growth(job, before) == {}
    accept_growth(job, {"size": 500.0}, "second", "")
    assert [each.reason for each in accepted_growth(job, before).values()] == ["second"]


def test_all_else_in_the_file_stays(place: Place, job: Job) -> None:
    """Comments, other programs, and the mode; a second time nothing is written."""
    path = place.root / NAME
    other = '# Ours.\n[size."other x"]  # theirs\nlevel = "1 MB"\nreason = "r"\n'
    path.write_text(other, encoding="utf-8")
    path.chmod(0o640)
    assert accepted_growth(job, None) == {}
    accept_growth(job, {"size": 400.0}, "why", "")
    assert path.read_text(encoding="utf-8").startswith(other)
    assert path.stat().st_mode & 0o777 == 0o640
    assert not accept_growth(job, {"size": 400.0}, "why", "").changed


@pytest.mark.parametrize(
    "content",
    [
        "[sise]\n",
        "size = 3\n",
        '[size."hello TRIPLE"]\nlevel = "1 kB"\n',
        '[size."hello TRIPLE"]\nlevel = "much"\nreason = "r"\n',
        '[size."hello TRIPLE"]\nlevel = "1 kB"\nreason = 3\n',
        '[size."hello TRIPLE"]\nlevel = "1 kB"\nreason = "r"\nmore = 1\n',
        '[startup."hello TRIPLE"]\nlevel = 1.2\nreason = "r"\n',
        '[size]\n"hello TRIPLE" = 3\n',
        "[size\n",
    ],
)
def test_file_that_cannot_be_meant_is_refused(place: Place, job: Job, content: str) -> None:
    """No limit is lifted by a slip, and none is judged as if the file were not there."""
    (place.root / NAME).write_text(content.replace("TRIPLE", job.triple), encoding="utf-8")
    with pytest.raises(Refused, match=NAME):
        accepted_growth(job, None)


def test_link_out_of_the_project_is_refused(place: Place, job: Job, tmp_path: Path) -> None:
    """A cloned repository could bring one along."""
    outside = tmp_path / "outside"
    outside.write_text("", encoding="utf-8")
    (place.root / NAME).symlink_to(outside)
    with pytest.raises(Refused, match="is a link to"):
        accept_growth(job, {"size": 400.0}, "why", "")
    assert outside.read_bytes() == b""


def test_reason_is_one_line_of_words() -> None:
    """White space alone is none, and a novel is too much."""
    assert require_reason(" two\n lines ") == "two lines"
    for text in ("", " \n", "x" * (MAX_REASON + 1)):
        with pytest.raises(UsageError, match="--accept-growth is"):
            require_reason(text)
