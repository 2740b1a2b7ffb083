"""Growth that the project accepts, in a file that is committed with the change that grows: burnish.lock.toml.

What the reference holds too was accepted for an earlier change, and lifts no limit of this one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from burnish.errors import Refused, UsageError
from burnish.job.job import Job
from burnish.judge.budget import budget_from
from burnish.model import AcceptedGrowth, GrowthName
from burnish.text import did_you_mean, format_bytes, format_percent, neutral, shown
from burnish.toml.data import TomlValue
from burnish.toml.edit import TextEdit, edit_keys
from burnish.toml.reading import read_toml
from burnish.toml.spelling import Path as KeyPath
from burnish.transaction import files
from burnish.transaction.files import Image

NAME = "burnish.lock.toml"
MAX_REASON = 500
_NAMES: tuple[GrowthName, ...] = get_args(GrowthName)
_KEYS = ("level", "reason", "commit")
_NOTE = """\
# Growth that was accepted, each with its reason, as `burnish check --against REF --accept-growth "REASON"` writes it.
# Commit it with the change that grows. It counts until that change is part of the reference.
"""


def require_reason(text: str) -> str:
    """Return the reason for accepting growth, in one line. Raise UsageError where nothing is said, or too much."""
    reason = neutral(" ".join(text.split()))
    if not reason or len(reason) > MAX_REASON:
        raise UsageError(
            f"--accept-growth is {shown(text)}",
            expected=f"why the change may grow, in 1 to {MAX_REASON} characters",
            next_command='burnish check --against REF --accept-growth "WHY"',
        )
    return reason


def accepted_growth(job: Job, before: bytes | None, now: bytes | None = None) -> dict[GrowthName, AcceptedGrowth]:
    """Return what is accepted of this selection, and was not yet in the file as the reference has it, `before`.

    The file is the project's as it stands, or holds what is given, `now`. Raise Refused for one that cannot be read.
    """
    earlier = _entries(job, before) if before is not None else {}
    content = _image(job).content if now is None else now
    return {name: entry for name, entry in _entries(job, content).items() if entry != earlier.get(name)}


def accept_growth(job: Job, levels: Mapping[GrowthName, float], reason: str, commit: str) -> TextEdit:
    """Write levels with their reason into the project's file, and return the edit; nothing where it holds them.

    All else in the file stays as it is. Raise Refused where it cannot be edited safely.
    """
    image = _image(job)
    values: dict[KeyPath, TomlValue] = {}
    for name, level in levels.items():
        words = format_bytes(level).replace(",", "") if name == "size" else format_percent(level - 1)
        parts = zip(_KEYS, (words, reason, commit), strict=True)
        values |= {(name, _subject(job), key): value for key, value in parts}
    edit = edit_keys(image.content, values, name=NAME, note=_NOTE)
    if edit.changed:
        for warning in files.examine_before_writing(image):
            job.console.warn(warning)
        temp = image.path.with_name(f".burnish-{NAME}.tmp")
        files.replace_durably(image, edit.after, temp=temp, disk=job.state.disk)
    return edit


def _image(job: Job) -> Image:
    root = job.project.root
    return files.read_image(files.resolve_inside(root, root / NAME), disk=job.state.disk)


def _subject(job: Job) -> str:
    """Return what a level is of: the binary on its platform, and the selection where that is not the usual one."""
    return " ".join([str(job.project.judged), job.triple, *job.project.selection.identity])


def _entries(job: Job, content: bytes | None) -> dict[GrowthName, AcceptedGrowth]:
    data = read_toml(content or b"", NAME)
    for name in data:
        if name not in _NAMES:
            raise _unusable(f"an unknown table {shown(name)}{did_you_mean(name, _NAMES)}")
    found = {name: _table(_table(data.get(name), name).get(_subject(job)), name) for name in _NAMES}
    return {name: _entry(name, table) for name, table in found.items() if table}


def _entry(name: GrowthName, table: Mapping[str, Any]) -> AcceptedGrowth:
    wrong = [key for key in table if key not in _KEYS] or [key for key in _KEYS[:2] if key not in table]
    texts = [table.get(key, "") for key in _KEYS[1:]]
    if wrong or not all(isinstance(text, str) for text in texts):
        raise _unusable(f"[{name}] with {', '.join(table)}")
    try:
        level = _size(table["level"]) if name == "size" else _ratio(table["level"])
    except Refused as error:
        raise _unusable(f"[{name}] with the level {shown(table['level'])}") from error
    return AcceptedGrowth(name=name, level=level, reason=texts[0], commit=texts[1])


def _size(value: object) -> float:
    budget = budget_from({"max_size": value}, name="", where=NAME)
    return float(budget.max_size_bytes or 0)


def _ratio(value: object) -> float:
    budget = budget_from({"max_startup_growth": value}, name="", where=NAME)
    return 1 + (budget.max_startup_growth or 0.0)


def _table(value: object, name: str) -> Mapping[str, Any]:
    if value is not None and not isinstance(value, dict):
        raise _unusable(f"{name}, which is {shown(value)}")
    return value or {}


def _unusable(what: str) -> Refused:
    return Refused(
        f"{NAME} has {what}",
        expected="tables size, startup, workloads and instructions, each with tables of level, reason and commit",
        next_command=f"git checkout -- {NAME}, or burnish check after correcting it",
    )
