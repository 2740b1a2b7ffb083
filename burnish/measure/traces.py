"""What our choice of folders leaves in text: target folders, build hashes and the project's own path. Pure.

The baseline and the candidate are built in different folders, and what names itself by a path (a doctest of generated
code, a test of a harness of its own, a line that a program prints) names itself differently in each.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TARGET = "<target>"
PROJECT = "<project>"
_HASH = "<hash>"

_SEPARATOR = r"[/\\]+"  # more than one where the text quotes Windows' paths
_END = r"(?![\w-]|\.\w)"
_NOTHING = "(?!)"
_SEGMENT = r"[\w.-]+"
_PROFILES = "release|debug"
_BEHIND_TARGET = re.compile(rf"{TARGET}[^\s:;,'\"()]*")
# Cargo's own: `build/NAME-HASH/out`, `deps/NAME-HASH`, and with the newer layout `build/NAME/HASH/out`.
_BUILD_HASH = re.compile(r"(?<=[-/\\])[0-9a-f]{16}(?![0-9A-Za-z_])")


@dataclass(frozen=True, kw_only=True)
class Places:
    """The folders that a run may have put anything in: the project's root, its target folder, and the triples below it.

    Our own target folders are `burnish/...` in the project's. A `checkout` holds the project as another commit has it.
    """

    project: Path
    target: Path
    triples: tuple[str, ...] = ()
    checkout: Path | None = None


def without_places(text: str, places: Places) -> str:
    """Return the text with fixed words for target folders, the hashes below them, and the project's own path.

    The triple is part of the target folder: whether cargo puts it there is a setting's choice. Texts of two builds
    that differ in nothing else are the same afterwards.
    """
    targets, project = _patterns(places)
    text = targets.sub(TARGET, text)
    text = _BEHIND_TARGET.sub(lambda path: _BUILD_HASH.sub(_HASH, path[0]), text)
    return project.sub(PROJECT, text)


@functools.lru_cache(maxsize=16)
def _patterns(places: Places) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what finds any of the target folders, and what finds the project's."""
    triples = "|".join(map(re.escape, sorted(places.triples, key=len, reverse=True))) or _NOTHING
    ours = (
        rf"{_SEPARATOR}burnish(?:(?:{_SEPARATOR}{_SEGMENT}){{1,3}}?(?={_SEPARATOR}(?:{_PROFILES}){_END})"
        rf"|(?:{_SEPARATOR}{_SEGMENT})?{_SEPARATOR}(?:baseline|candidate){_END})"
    )
    below = rf"(?:{ours})?(?:{_SEPARATOR}(?:{triples}){_END})?"
    folders = [rf"{_absolute(places.target)}{_END}"]
    if places.target.is_relative_to(places.project) and places.target != places.project:
        # A word such as `target` is a folder of ours only where what cargo makes in it follows.
        relative = _joined(places.target.relative_to(places.project).parts)
        made = rf"(?={_SEPARATOR}(?:burnish|{_PROFILES}|{triples}){_END})"
        folders.append(rf"(?<![\w./\\-])(?:\.\.?{_SEPARATOR})*{relative}{made}")
    roots = "|".join(_absolute(root) for root in (places.checkout, places.project) if root)
    return re.compile(rf"(?:{'|'.join(folders)}){below}"), re.compile(rf"(?:{roots}){_END}")


def _absolute(folder: Path) -> str:
    """Return a pattern for a folder's own path, also where a program has followed its links or asks for a long path."""
    if folder == Path(folder.anchor):
        return _NOTHING  # a path of nothing would be found everywhere
    spelled = dict.fromkeys(_joined(_parts(path)) for path in (folder, folder.resolve()))
    return rf"(?<![\w.-])(?:[/\\]{{2,4}}\?{_SEPARATOR})?(?:{'|'.join(spelled)})"


def _parts(path: Path) -> Iterable[str]:
    return (path.anchor.rstrip("/\\"), *path.parts[1:])


def _joined(parts: Iterable[str]) -> str:
    return _SEPARATOR.join(map(re.escape, parts))
