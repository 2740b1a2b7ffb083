"""The commits of a project's repository: found by the names that users type, and read without a checkout.

A name is never read as an option by git, and nothing that git does here writes to the user's index, refs or files.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path

from burnish.errors import Refused, UsageError
from burnish.system.process import Finished, Programs
from burnish.text import commit_words, did_you_mean, neutral, shown

# Neither a hook nor a file system monitor of the repository's is started, and nothing is written by asking.
GIT = ("git", "--no-optional-locks", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false")
# What git sets for its hooks, from one of which we may be started: for another checkout they name the wrong files.
_OF_A_HOOK = (
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY"),
    *("GIT_NAMESPACE", "GIT_INTERNAL_SUPER_PREFIX", "GIT_QUARANTINE_PATH", "GIT_CEILING_DIRECTORIES"),
)
_HASH = re.compile(r"[0-9a-f]{7,64}", re.IGNORECASE)
# A name that says how to go on from another commit: what lies there is in no clone that was cut off before it.
_STEPS = re.compile(r"[~^@:{]")
_SHOWN_REFS = 5


@dataclass(frozen=True, kw_only=True)
class Revision:
    """A commit of the repository: its `name` as it was typed, and its full hash."""

    name: str
    commit: str

    @property
    def told(self) -> str:
        """Return both, where they differ."""
        return commit_words(self.name, self.commit)


@dataclass(frozen=True, kw_only=True)
class Repository:
    """The git repository that a project lies in: `top` is its folder, `prefix` the project's in it, with its slash."""

    programs: Programs
    root: Path
    top: Path
    prefix: str
    timeout_seconds: float

    def git(self, *arguments: str, timeout_seconds: float | None = None) -> Finished:
        """Run git in the project's folder."""
        limit = timeout_seconds or self.timeout_seconds
        return self.programs.run([*GIT, *arguments], cwd=self.root, timeout_seconds=limit)

    def revision(self, name: str) -> Revision:
        """Return the commit that a name means. Raise UsageError for none, Refused where a shallow clone lacks it."""
        # Git has no name of this kind, and other programs might take it for more than a name.
        if name and not name.startswith("-") and neutral(name) == name:
            found = self.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
            commit = found.stdout.decode("utf-8", "replace").strip()
            if found.ok and _HASH.fullmatch(commit):  # of `^main` git tells what it is not
                return Revision(name=name, commit=commit)
            if self.is_shallow:
                raise self._cut_off(name)
        raise self._unknown(name)

    @property
    def is_shallow(self) -> bool:
        """Return whether the clone was cut off, and lacks commits that led to those that it has."""
        return self._says("rev-parse", "--is-shallow-repository") == ["true"]

    def content(self, revision: Revision, name: str) -> bytes | None:
        """Return what a file of the project, named from its root, holds in a commit; None where it is not there."""
        found = self.git("cat-file", "blob", f"{revision.commit}:{self.prefix}{name}")
        return found.stdout if found.ok else None

    def head(self) -> str:
        """Return the hash of the commit that is checked out, empty where there is none yet."""
        return next(iter(self._says("rev-parse", "--verify", "--quiet", "HEAD")), "")

    def submodules(self, revision: Revision) -> list[str]:
        """Return the folders of the submodules in a commit, which a checkout of it does not hold."""
        rows = self._says("ls-tree", "-r", "-z", "--full-tree", revision.commit, separator="\0")
        return [row.partition("\t")[2] for row in rows if row.startswith("160000 ")]

    def keeps_files_elsewhere(self, revision: Revision) -> bool:
        """Return whether Git LFS keeps some files of a commit, which may be pointers in a checkout."""
        where = ("--", ":(top,glob)**/.gitattributes")
        return self.git("grep", "--quiet", "--fixed-strings", "-e", "filter=lfs", revision.commit, *where).ok

    def _says(self, *arguments: str, separator: str = "\n") -> list[str]:
        answer = self.git(*arguments)
        return [each for each in answer.stdout.decode("utf-8", "replace").split(separator) if each and answer.ok]

    def _unknown(self, name: str) -> UsageError:
        refs = self._says("for-each-ref", "--format=%(refname:short)")
        hint = did_you_mean(name, refs)
        some = f", such as {', '.join(refs[:_SHOWN_REFS])}" if refs else ""
        return UsageError(
            f"--against {shown(name)}: there is no commit, branch or tag of that name{hint}",
            expected=f"a name that `git rev-parse --verify` knows{some}; or the path of a report.json",
            next_command="git for-each-ref, which lists the branches and tags",
        )

    def _cut_off(self, name: str) -> Refused:
        remote = next(iter(self._says("remote")), "origin")
        return Refused(
            f"--against {shown(name)}: this clone is shallow and does not hold that commit",
            expected="a clone with the commit to compare with; in CI with its whole history (fetch-depth: 0)",
            next_command=_fetching(name, remote),
        )


def outside_hooks(programs: Programs) -> Programs:
    """Return what starts programs without what git tells its hooks of the repository that they run for."""
    env = {name: value for name, value in programs.env.items() if name not in _OF_A_HOOK}
    return replace(programs, env=env)


def repository_of(programs: Programs, root: Path, timeout_seconds: float) -> Repository:
    """Return the repository that a project lies in. Raise Refused where there is none, or no git."""
    outside = outside_hooks(programs)
    programs = replace(outside, env={**outside.env, "LC_ALL": "C"})
    asking = Repository(programs=programs, root=root, top=root, prefix="", timeout_seconds=timeout_seconds)
    answers = [asking.git("rev-parse", which) for which in ("--show-toplevel", "--show-prefix")]
    failed = next((answer for answer in answers if not answer.ok), None)
    if failed is not None:
        said = failed.stderr.decode("utf-8", "replace").strip()
        raise Refused(
            f"--against needs the project's git repository, and git finds none in {root}: {said[:500]}",
            expected="a project in a git repository, or an earlier report to compare its size with",
            next_command="burnish check --against REPORT.json",
        )
    top, prefix = (answer.stdout.decode("utf-8", "surrogateescape").removesuffix("\n") for answer in answers)
    return replace(asking, top=Path(top), prefix=prefix)


def _fetching(name: str, remote: str) -> str:
    """Return the commands that bring a commit into a shallow clone, and compare with it."""
    branch = name.removeprefix(f"{remote}/")
    if _STEPS.search(name):
        return f"git fetch --unshallow {shlex.quote(remote)}"
    if branch != name:
        wanted = f"+refs/heads/{branch}:refs/remotes/{name}"
        return f"git fetch --depth=1 {shlex.quote(remote)} {shlex.quote(wanted)}"
    fetch = f"git fetch --depth=1 {shlex.quote(remote)} {shlex.quote(name)}"
    return fetch if _HASH.fullmatch(name) else f"{fetch} && burnish check --against FETCH_HEAD"
