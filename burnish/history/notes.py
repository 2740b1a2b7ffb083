"""The history in git notes: it travels with the repository, and no branch, index, stash or file knows of it.

A note is made by git's own plumbing, with an index of our own, and put in place by comparing with what was there: of
two writers at once, one begins again. Neither a hook nor an editor is started.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from burnish.history.repository import HistoryRepository, Unrecorded

NOTES_REF = "refs/notes/burnish"
_ATTEMPTS = 60
_LONGEST_PAUSE_SECONDS = 0.1
# Kind and size, behind the name.
_HEAD_WORDS = 2
# Who writes notes is not the user, and needs no name of theirs.
_IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "burnish"), ("EMAIL", "burnish@localhost"))
}


def read_notes(repository: HistoryRepository) -> dict[str, bytes]:
    """Return the notes by the commits they are of; none where there is no such ref. Raise Unrecorded as git fails."""
    tip = _tip(repository)
    blobs = {_commit(path): blob for path, blob in _tree(repository, tip).items()} if tip else {}
    asked = "".join(f"{blob}\n" for blob in dict.fromkeys(blobs.values())).encode()
    contents = _batch(repository.git("cat-file", "--batch", stdin=asked).stdout) if blobs else {}
    return {commit: contents[blob] for commit, blob in blobs.items() if blob in contents}


def append_note(repository: HistoryRepository, commit: str, line: bytes) -> None:
    """Append a line to the note of a commit. What others write meanwhile is kept. Raise Unrecorded where git fails."""
    for attempt in range(_ATTEMPTS):
        tip = _tip(repository)
        made = _commit_note(repository, tip, commit, line)
        # An empty old value says that there must be none.
        moved = repository.git("update-ref", "-m", "notes: one record of burnish", NOTES_REF, made, tip)
        if moved.ok:
            return
        if _tip(repository) == tip and attempt > _ATTEMPTS // 2:
            break
        time.sleep(random.uniform(0, _LONGEST_PAUSE_SECONDS))  # noqa: S311 - so that two do not meet again
    said = moved.stderr.decode("utf-8", "replace").strip()
    raise Unrecorded(f"git cannot write {NOTES_REF}: {said[:300]}")


def _commit_note(repository: HistoryRepository, tip: str, commit: str, line: bytes) -> str:
    """Make the commit of notes in which one note has one line more, and return it; no ref knows of it yet."""
    tree = _tree(repository, tip) if tip else {}
    path = next((each for each in tree if _commit(each) == commit), commit)
    earlier = _content(repository, tree[path]) if path in tree else b""
    if earlier is None:
        raise Unrecorded(f"the note of {commit} in {NOTES_REF} cannot be read")
    content = earlier + (b"\n" if earlier and not earlier.endswith(b"\n") else b"") + line + b"\n"
    blob = repository.says("hash-object", "-w", "--stdin", "--no-filters", stdin=content)
    with tempfile.TemporaryDirectory(prefix="burnish-notes-") as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        if tip:
            repository.says("read-tree", tip, env=index)
        entry = f"100644 {blob}\t{path}\n".encode()
        repository.says("update-index", "--add", "--index-info", stdin=entry, env=index)
        root = repository.says("write-tree", env=index)
    parents = ("-p", tip) if tip else ()
    return repository.says("commit-tree", root, *parents, "-m", "Record what burnish found", env=_IDENTITY)


def _tip(repository: HistoryRepository) -> str:
    answer = repository.git("rev-parse", "--verify", "--quiet", f"{NOTES_REF}^{{commit}}")
    return answer.stdout.decode("ascii", "replace").strip() if answer.ok else ""


def _tree(repository: HistoryRepository, tip: str) -> Mapping[str, str]:
    """Return the blobs of a tree of notes, by their paths: git cuts the names of many notes into folders."""
    rows = repository.says("ls-tree", "-r", "-z", "--full-tree", tip).split("\0")
    parts = [row.partition("\t") for row in rows if "\t" in row]
    return {path: head.split()[2] for head, _, path in parts if head.split()[1:2] == ["blob"]}


def _batch(answer: bytes) -> dict[str, bytes]:
    """Return the contents that `git cat-file --batch` gives, by their hashes: a head with the size, then the bytes."""
    found, at = {}, 0
    while (end := answer.find(b"\n", at)) >= 0:
        name, *kind = answer[at:end].decode("ascii", "replace").split()
        size = int(kind[1]) if len(kind) == _HEAD_WORDS else 0
        if kind[:1] == ["blob"]:
            found[name] = answer[end + 1 : end + 1 + size]
        at = end + 1 + (size + 1 if len(kind) == _HEAD_WORDS else 0)
    return found


def _commit(path: str) -> str:
    return path.replace("/", "")


def _content(repository: HistoryRepository, blob: str) -> bytes | None:
    answer = repository.git("cat-file", "blob", blob)
    return answer.stdout if answer.ok else None
