"""B1: whatever the user does to the files meanwhile, no byte they typed is lost, and without edits all is as before.

A hypothesis state machine over the real editors and the real transaction: changes that are applied, kept, interrupted
at any call to the disk and rolled back, and a user who types, deletes, renames, reformats and switches branches.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tomlkit
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tomlkit.exceptions import TOMLKitError

from burnish.cargo.config import edit_config
from burnish.cargo.manifest import edit_profile
from burnish.errors import BurnishError, Refused
from burnish.job.undoing import undo_keys
from burnish.transaction.change import Change, FileEdit
from burnish.transaction.journal import PATHS
from burnish.transaction.registry import Registry
from burnish.transaction.rollback import RollbackResult
from tests.conftest import cases
from tests.faults.world import LOCK, Counting, Tree, World

MANIFESTS = (
    '[package]\nname = "p" # mine\nversion = "0.1.0"\n\n[dependencies]\nserde = "1"\n',
    '[package]\r\nname = "p"\r\n[profile.release]\r\nlto = false # off\r\nopt-level = 3\r\n',
    'profile.release = { debug = 1 }\n[package]\nname = "p"\n[dependencies]',
    '[workspace]\nmembers = []\n\n[profile.release.package."*"]\nopt-level = 1\n# last\n',
)
CONFIGS = (None, "", '[build]\nrustflags = ["-Cforce-frame-pointers=yes"] # mine\n', '[alias]\nb = "build"\n')
RECIPES = ({"lto": "fat", "codegen-units": 1}, {"opt-level": "z", "strip": True, "panic": "abort"}, {"lto": "thin"})
TRIPLE = "x86_64-unknown-linux-gnu"
FILES = ("Cargo.toml", ".cargo/config.toml", "Cargo.lock")
names = st.sampled_from(FILES)
crashes = st.one_of(st.just(0), st.just(0), st.integers(1, 90))
recipes = st.sampled_from(RECIPES)
# Mostly TOML: a file that is not is refused by all that follows.
forms = st.sampled_from(["# {}\n", "[{}]\n", "# {0}\n\n# {0}\n", '{} = "1"\n', '{}.x = "1"\n', "{} = [\n"])


class Crash(BaseException):
    """The process is dead."""


class Crashing(Counting):
    """Is never heard of again from the k-th call on."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at

    def call(self, name: str, method: Callable[..., object], arguments: tuple[object, ...]) -> object:
        """Make the call, unless the process is dead."""
        del name
        self.calls += 1
        if self.at and self.calls >= self.at:
            raise Crash
        return method(*arguments)


class UserEdits(RuleBasedStateMachine):
    """A workspace, a user and burnish.

    `typed` are the words that the user typed and has not deleted, `named` what rollbacks have named of deleted files.
    """

    cases = 0

    def __init__(self) -> None:
        super().__init__()
        UserEdits.cases += 1
        memory = Path("/dev/shm")  # noqa: S108 - a private folder is made in it
        self.world = World(base=Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None)))
        self.typed: set[bytes] = set()
        self.named: set[Path] = set()
        self.count = 0
        self.unedited: dict[int, Tree] = {}
        self.check_out(0, 0)

    def teardown(self) -> None:
        """Roll everything back, as far as it goes."""
        with contextlib.suppress(BurnishError), self.told() as hear:
            while hear(self.world.rollback(undo_keys)).numbers:
                pass
        self.no_typed_byte_is_lost()
        shutil.rmtree(self.world.base)

    # What burnish does.

    @initialize(recipe=recipes, flag=st.booleans())
    def begin_with_a_change(self, recipe: dict[str, str | int | bool], *, flag: bool) -> None:
        """Apply a first change, so that there is something to meddle with."""
        self.apply(recipe, 0, flag=flag)

    @rule(recipe=recipes, flag=st.booleans(), at=crashes)
    def apply(self, recipe: dict[str, str | int | bool], at: int, *, flag: bool) -> None:
        """Keep what is live, begin a change and apply a recipe, or die on the way."""
        self.keep(0)
        before = self.world.tree()
        with contextlib.suppress(Crash, Refused):
            change = self.world.on(Crashing(at)).begin()
            self.unedited[change.journal.number] = before
            change.apply(list(self.edits(recipe, flag=flag)))

    def edits(self, recipe: dict[str, str | int | bool], *, flag: bool) -> Iterator[FileEdit]:
        """Yield the edits of a recipe on the files as they are."""
        manifest, config = (self.content(name) for name in FILES[:2])
        edit = edit_profile(manifest or b"", recipe)
        yield FileEdit(role="manifest", before=manifest, after=edit.after)
        flags = ("-C", "target-feature=+crt-static") if flag else ()
        edit = edit_config(config, triple=TRIPLE, flags=flags, build_target=None, as_string=False, name=FILES[1])
        if edit.changed:
            yield FileEdit(role="config", before=config, after=edit.after)

    @rule(at=crashes)
    def keep(self, at: int) -> None:
        """Make the live change final, or die on the way."""
        world = self.world.on(Crashing(at))
        with contextlib.suppress(Crash, Refused, AssertionError):
            world.load().keep()

    @rule(at=crashes, only_live=st.booleans())
    def roll_back(self, at: int, *, only_live: bool) -> None:
        """Roll back one change, or die on the way."""
        with contextlib.suppress(Crash, BurnishError), self.told() as hear:
            result = hear(self.world.on(Crashing(at)).rollback(undo_keys, only_live=only_live))
            for number in result.numbers:
                if number in self.unedited:
                    assert self.world.tree() == self.unedited[number]
            after = self.world.tree()
            if not Registry(self.world.state, self.world.user_state).lost():
                assert self.world.rollback(undo_keys, only_live=True).numbers == ()
                assert self.world.tree() == after

    @rule(to=st.integers(1, 4), at=crashes)
    def roll_back_to(self, to: int, at: int) -> None:
        """Roll back several changes, or die on the way."""
        with contextlib.suppress(Crash, BurnishError), self.told() as hear:
            hear(self.world.on(Crashing(at)).rollback(undo_keys, to=to))
            if to in self.unedited:
                assert self.world.tree() == self.unedited[to]

    @rule()
    def cargo_writes_the_lock_file(self) -> None:
        """Let cargo write, as it does in any build while a change is live."""
        if self.world.state.active.exists() and b"by cargo" not in (self.content("Cargo.lock") or b""):
            (self.world.root / "Cargo.lock").write_bytes((self.content("Cargo.lock") or LOCK) + b"# by cargo\n")

    # What the user does.

    @rule(name=names, line=st.integers(0, 12), form=forms)
    def type_a_line(self, name: str, line: int, form: str) -> None:
        """Type a line of one's own, anywhere, be it TOML or not."""
        lines = (self.content(name) or b"").splitlines(keepends=True)
        lines.insert(line, form.format(self.token()).encode())
        self.save(name, b"".join(lines))

    @rule(name=names)
    def type_behind_a_value_of_ours(self, name: str) -> None:
        """Type a remark on each line that we may have written."""
        remark = b" # " + self.token().encode() + b"\n"
        content = self.content(name) or b""
        self.save(name, content.replace(b'"fat"\n', b'"fat"' + remark).replace(b"]\n", b"]" + remark) + remark)

    @rule(ours=st.sampled_from([b'"fat"', b'"z"', b'"thin"', b'"abort"', b"+crt-static"]), name=names)
    def change_our_value_to_a_third(self, ours: bytes, name: str) -> None:
        """Give a key of ours another value, where it is there."""
        content = self.content(name) or b""
        if ours in content:
            third = self.token().encode()
            self.save(name, content.replace(ours, b'"' + third + b'"' if ours.startswith(b'"') else third))

    @rule(name=names)
    def delete(self, name: str) -> None:
        """Delete a file, and with it what was typed there."""
        self.forget(name)
        (self.world.root / name).unlink(missing_ok=True)

    @rule(name=names)
    def rename_away_and_back(self, name: str) -> None:
        """Move a file aside, or back to where it was."""
        path = self.world.root / name
        aside = path.with_name(path.name + ".mine")
        self.unedited.clear()
        if aside.exists():
            self.forget(name)
            path.unlink(missing_ok=True)
            path.parent.mkdir(exist_ok=True)
            aside.rename(path)
        elif path.exists():
            path.rename(aside)

    @rule(name=names, mode=st.sampled_from([0o600, 0o644, 0o664, 0o755, 0o444]))
    def change_the_mode(self, name: str, mode: int) -> None:
        """Change a file's mode."""
        self.unedited.clear()
        with contextlib.suppress(FileNotFoundError):
            (self.world.root / name).chmod(mode)

    @rule(name=names, form=st.sampled_from(["tomlkit", "crlf", "lf", "trailing"]))
    def reformat(self, name: str, form: str) -> None:
        """Let a formatter write the file."""
        content = self.content(name)
        if content is None:
            return
        if form == "tomlkit":
            with contextlib.suppress(TOMLKitError, UnicodeDecodeError):
                self.save(name, tomlkit.dumps(tomlkit.parse(content.decode())).encode())
            return
        plain = content.replace(b"\r\n", b"\n")
        self.save(name, {"crlf": plain.replace(b"\n", b"\r\n"), "lf": plain, "trailing": plain + b"\n\n"}[form])

    @rule(manifest=st.integers(0, len(MANIFESTS) - 1), config=st.integers(0, len(CONFIGS) - 1))
    def check_out(self, manifest: int, config: int) -> None:
        """Switch to another branch: several files at once are what they are there."""
        for name in FILES:
            self.forget(name)
        self.save("Cargo.toml", MANIFESTS[manifest].encode())
        self.save("Cargo.lock", LOCK)
        text = CONFIGS[config]
        if text is None:
            (self.world.root / FILES[1]).unlink(missing_ok=True)
        else:
            self.save(FILES[1], text.encode())

    @precondition(lambda self: self.world.state.folder.exists())
    @rule()
    def clean(self) -> None:
        """`git clean -fdx`: our folder goes, and with it what was saved in it."""
        self.unedited.clear()
        kept = self.visible(saved=False)
        self.typed = {word for word in self.typed if word in kept}
        shutil.rmtree(self.world.state.folder)

    # What must hold.

    @invariant()
    def no_typed_byte_is_lost(self) -> None:
        """Every word that the user typed and did not delete is in a file of theirs, or saved."""
        visible = self.visible()
        assert [word for word in self.typed if word not in visible] == []

    def visible(self, *, saved: bool = True) -> bytes:
        """Return all that the user finds: their files, what was saved, and what a rollback would bring back."""
        theirs = [path for path in self.world.root.rglob("*") if ".burnish" not in path.parts]
        before_images = {image for _, image in self.before_images()}
        ours = [*self.world.state.saved.glob("*"), *before_images, *self.named] if saved else []
        return b"\n".join(path.read_bytes() for path in (*theirs, *ours) if path.is_file())

    @contextlib.contextmanager
    def told(self) -> Iterator[Callable[[RollbackResult], RollbackResult]]:
        """Go through rollbacks: what they say of a deleted file, where it is as it was before, the user knows.

        Who dies says nothing; what was before is where it was all the same.
        """
        images = list(self.before_images())

        def hear(result: RollbackResult) -> RollbackResult:
            words = [one.message for one in result.files if one.action == "left"]
            self.named |= {Path(word.rpartition(" before the change it was ")[2]) for word in words}
            return result

        try:
            yield hear
        except (Crash, BurnishError):
            self.named |= {image for path, image in images if not path.exists()}
            raise

    def before_images(self) -> Iterator[tuple[Path, Path]]:
        """Yield what was before each change that can be rolled back, each with the user's file."""
        state = self.world.state
        for path in (state.active, *(one.path for one in state.finished() if one.outcome == "kept")):
            change = Change.read(state, self.world.user_state, path)
            for entry in change.journal.entries if change else ():
                yield state.root / PATHS[entry.role], state.blob(entry.before or "none")

    def content(self, name: str) -> bytes | None:
        """Read a file, if it is there."""
        path = self.world.root / name
        return path.read_bytes() if path.exists() else None

    def save(self, name: str, content: bytes) -> None:
        """Save a file as an editor does, in place."""
        self.unedited.clear()
        path = self.world.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def token(self) -> str:
        """Return a word that is typed for the first time."""
        self.count += 1
        word = f"word{self.count}x"
        self.typed.add(word.encode())
        return word

    def forget(self, name: str) -> None:
        """Take what was typed in a file as deleted by the user."""
        self.unedited.clear()
        content = self.content(name) or b""
        self.typed = {word for word in self.typed if word not in content}


def test_live_changes_that_were_lost_are_undone_newest_first() -> None:
    """`git clean -fdx` twice, each time with a change live: each rollback undoes one, the newest first."""
    state = UserEdits()
    before = state.world.tree()
    state.begin_with_a_change(recipe={"lto": "fat"}, flag=False)
    state.rename_away_and_back("Cargo.toml")
    state.clean()
    state.apply(recipe={"lto": "thin"}, at=0, flag=True)
    state.clean()
    state.rename_away_and_back("Cargo.toml")
    undone = [state.world.rollback(undo_keys).numbers for _ in range(3)]
    assert undone == [(2,), (1,), ()]
    assert state.world.tree() == before
    state.teardown()


@pytest.mark.promise("B1")
def test_no_typed_byte_is_lost(tried: Callable[..., None]) -> None:
    """Over all that burnish and a user may do in any order, with a crash anywhere."""
    UserEdits.cases = 0
    run_state_machine_as_test(
        UserEdits,
        settings=settings(
            max_examples=cases(quick=60, deep=600),
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    tried("B1", cases=UserEdits.cases)
