"""The report's files: `report.json` first, then everything that is made of it."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import msgspec

from burnish.errors import Refused
from burnish.model import Report
from burnish.system.redact import without_secrets
from burnish.system.regular import read_regular
from burnish.transaction.files import write_synced

REPORT_NAME = "report.json"
PAGE_NAME = "report.html"


def write_report(report: Report, folder: Path) -> None:
    """Write `report.json` and its renderings into `folder`, each replaced at once or not at all.

    What looks like a secret is left out, and characters that UTF-8 does not have are written as escapes. Raise OSError
    when the folder cannot be made or written.
    """
    from burnish.report.renderings import FEEDS, PICTURES, RENDERINGS  # noqa: PLC0415 - `status` reads a report and writes none

    folder.mkdir(parents=True, exist_ok=True)
    written = publishable(report)
    _write(folder / REPORT_NAME, encoded_report(written))
    for name, render in {**RENDERINGS, **FEEDS}.items():
        _write(folder / name, render(written).encode("utf-8"))
    for name, draw in PICTURES.items():
        picture = draw(written)
        if picture is not None:
            _write(folder / name, picture.encode("utf-8"))


def encoded_report(report: Report) -> bytes:
    """Return a `report.json`, without secrets."""
    return msgspec.json.format(msgspec.json.encode(publishable(report)), indent=1) + b"\n"


def read_report(path: Path) -> Report:
    """Read a `report.json`. Raise Refused when it is none, or damaged, or of another version."""
    try:
        return msgspec.json.decode(read_regular(path), type=Report)
    except (OSError, ValueError, RecursionError) as error:
        raise Refused(
            f"{path} cannot be read as a report: {error}",
            expected="a report.json that this version of burnish wrote",
            next_command="burnish status",
        ) from error


def newest_run(runs: Path) -> Path | None:
    """Return the folder of the newest run with a report, or None: their names begin with when they began."""
    return max((path.parent for path in runs.glob(f"*/{REPORT_NAME}")), default=None)


def write_page(report: Report, page: Path) -> None:
    """Write the page of a report anew where the file is another: one that came with a repository may hold anything.

    Raise Refused where it cannot be written.
    """
    from burnish.report.html import render_html  # noqa: PLC0415 - for those who open a page only

    wanted = render_html(publishable(report)).encode("utf-8")
    try:
        if page.is_symlink() or not page.is_file() or page.read_bytes() != wanted:
            _write(page, wanted)
    except OSError as error:
        raise Refused(
            f"{page} cannot be written: {error.strerror or error}",
            expected="the page as this version of burnish makes it of its report.json",
            next_command="burnish report",
        ) from error


def publishable(report: Report) -> Report:
    """Return the report without secrets, in characters that every file can hold."""
    return msgspec.convert(_clean(msgspec.to_builtins(report)), Report)


def _clean(value: Any) -> Any:  # noqa: ANN401 - any part of a report
    if isinstance(value, str):
        return without_secrets(value.encode("utf-8", "backslashreplace").decode("utf-8"))
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    if isinstance(value, float) and math.isinf(value):
        # JSON has no infinity; the end of an interval of one sample stays beyond every limit.
        return math.copysign(sys.float_info.max, value)
    return value


def _write(path: Path, content: bytes) -> None:
    # For others too: what CI keeps of a run is read by who looks at it.
    write_synced(path, content, mode=0o666)
