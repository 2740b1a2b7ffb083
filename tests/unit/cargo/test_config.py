"""Editing cargo's configuration: what is left alone, what changes, that twice is once, and taking it back."""

from __future__ import annotations

import tomllib

import pytest

from burnish.cargo.config import NOTE, edit_config, undo_config
from burnish.errors import Refused
from burnish.toml.edit import TextEdit

TRIPLE = "x86_64-unknown-linux-gnu"
NATIVE = ("-C", "target-cpu=native")
TWO = (*NATIVE, "-C", "prefer-dynamic=no")


def _edit(content: str | None, flags: tuple[str, ...] = NATIVE, target: str | None = None) -> TextEdit:
    return edit_config(None if content is None else content.encode(), triple=TRIPLE, flags=flags, build_target=target)


LEFT_ALONE = {
    "array": f'[target.{TRIPLE}]\nrustflags = ["-C", "target-cpu=native"]\n',
    "glued": f'[target.{TRIPLE}]\nrustflags = ["-Ctarget-cpu=native"]\n',
    "underscore": f'[target.{TRIPLE}]\nrustflags = ["-Ctarget_cpu=native"]\n',
    "long name": f'[target.{TRIPLE}]\nrustflags = ["--codegen", "target-cpu=native", "-g"]\n',
    "long name, glued": f'[target.{TRIPLE}]\nrustflags = ["--codegen=target-cpu=native"]\n',
    "string": f'target."{TRIPLE}".rustflags = "-g  -C  target-cpu=native "\n',
    "inline": f"target = {{ '{TRIPLE}' = {{ rustflags = ['-Ctarget-cpu=native'] }} }}",
    "last one counts": f'[target.{TRIPLE}]\nrustflags = ["-Ctarget-cpu=x86-64", "-Ctarget-cpu=native"]\n',
}


@pytest.mark.parametrize("case", LEFT_ALONE)
def test_edit_leaves_alone_flags_that_are_there(case: str) -> None:
    """A flag in any of rustc's spellings is not repeated, and the file keeps every byte."""
    assert not _edit(LEFT_ALONE[case]).changed


@pytest.mark.parametrize("content", [None, "", "[build]\njobs = 2\n"])
def test_edit_without_flags_and_target_is_none(content: str | None) -> None:
    """Nothing to say makes no file and no section."""
    assert not _edit(content, ()).changed


@pytest.mark.parametrize("value", [f'"{TRIPLE}"', f"'{TRIPLE}'", f'["{TRIPLE}"]'])
def test_edit_leaves_alone_the_target_that_is_there(value: str) -> None:
    """A build target in any form of cargo's stays as it is written."""
    assert not _edit(f"[build]\ntarget = {value}\n", (), TRIPLE).changed


ADDED = '"-C", "target-cpu=native"'
CHANGED = {
    "empty": ("", f'[target.{TRIPLE}]\nrustflags = ["-C", "target-cpu=native"]\n'),
    "behind others": (
        "[build]\njobs = 2\n\n[net]\nretry = 1 # x",
        f'[build]\njobs = 2\n\n[net]\nretry = 1 # x\n\n[target.{TRIPLE}]\nrustflags = ["-C", "target-cpu=native"]',
    ),
    "section without flags": (
        f"[target.{TRIPLE}] # x\r\nlinker = 'cc'\r\n\r\n[net]\r\n",
        f'[target.{TRIPLE}] # x\r\nlinker = \'cc\'\r\nrustflags = ["-C", "target-cpu=native"]\r\n\r\n[net]\r\n',
    ),
    "array": (
        f'[target.{TRIPLE}]\nrustflags = [ "-g" ] # x\n',
        f'[target.{TRIPLE}]\nrustflags = [ "-g", "-C", "target-cpu=native" ] # x\n',
    ),
    "array, empty": (
        f"[target.{TRIPLE}]\nrustflags = []\n",
        f'[target.{TRIPLE}]\nrustflags = ["-C", "target-cpu=native"]\n',
    ),
    "array in lines": (
        f'[target.{TRIPLE}]\nrustflags = [\n\t# one\n\t"-C", "opt-level=1", # two\n\t# three\n]\n',
        f'[target.{TRIPLE}]\nrustflags = [\n\t# one\n\t"-C", "opt-level=1", # two\n\t# three\n\t{ADDED},\n]\n',
    ),
    "array in CRLF lines": (
        f'[target.{TRIPLE}]\r\nrustflags = [\r\n  "-g",\r\n]\r\n',
        f'[target.{TRIPLE}]\r\nrustflags = [\r\n  "-g",\r\n  "-C", "target-cpu=native",\r\n]\r\n',
    ),
    "string": (
        f"[target.{TRIPLE}]\nrustflags = '-g' # x\n",
        f"[target.{TRIPLE}]\nrustflags = '-g -C target-cpu=native' # x\n",
    ),
    "string in lines": (
        f'[target.{TRIPLE}]\nrustflags = """\n  -g\n"""\n',
        f'[target.{TRIPLE}]\nrustflags = """\n  -g\n-C target-cpu=native"""\n',
    ),
    "string, empty": (
        f"[target.{TRIPLE}]\nrustflags = ''\n",
        f"[target.{TRIPLE}]\nrustflags = '-C target-cpu=native'\n",
    ),
    "dotted": (
        f"[target]\n'{TRIPLE}'.linker = 'cc'\n",
        f"[target]\n'{TRIPLE}'.linker = 'cc'\n{TRIPLE}.rustflags = [\"-C\", \"target-cpu=native\"]\n",
    ),
    "inline": (
        f'target.{TRIPLE} = {{ rustflags = ["-g"], linker = "cc" }}\n',
        f'target.{TRIPLE} = {{ rustflags = ["-g", "-C", "target-cpu=native"], linker = "cc" }}\n',
    ),
    "another value before": (
        f'[target.{TRIPLE}]\nrustflags = ["-Ctarget-cpu=x86-64-v2"]\n',
        f'[target.{TRIPLE}]\nrustflags = ["-Ctarget-cpu=x86-64-v2", "-C", "target-cpu=native"]\n',
    ),
    "another target's": (
        "[target.'cfg(unix)']\nrustflags = ['-Ctarget-cpu=native']\n",
        f"[target.'cfg(unix)']\nrustflags = ['-Ctarget-cpu=native']\n\n[target.{TRIPLE}]\nrustflags = [{ADDED}]\n",
    ),
}


@pytest.mark.parametrize("case", CHANGED)
def test_edit_appends_in_the_form_that_is_there(case: str) -> None:
    """Our flags go behind the user's in their form, and no other byte changes; twice is once; undone is before."""
    before, after = CHANGED[case]
    assert _edit(before).after.decode() == after
    assert not _edit(after).changed
    assert undo_config(after.encode(), before.encode(), after.encode()) == before.encode()


def test_edit_of_no_file_makes_one_that_says_who_wrote_it() -> None:
    """A new file starts with a note, and holds exactly what was asked for."""
    edit = _edit(None, (*TWO, "-C", "target-feature=+crt-static"), TRIPLE)
    assert edit.before is None
    assert edit.after.decode() == (
        "# Written by burnish. `burnish rollback` takes it back.\n"
        "\n"
        "[build]\n"
        f'target = "{TRIPLE}"\n'
        "\n"
        f"[target.{TRIPLE}]\n"
        'rustflags = ["-C", "target-cpu=native", "-C", "prefer-dynamic=no", "-C", "target-feature=+crt-static"]\n'
    )
    assert not _edit(edit.after.decode(), TWO, TRIPLE).changed


def test_edit_sets_the_target_in_place() -> None:
    """Another target is replaced where it stands, its comment kept; without one the key joins [build]."""
    assert _edit("[build]\ntarget = 'other' # y\n", (), TRIPLE).after.decode() == f'[build]\ntarget = "{TRIPLE}" # y\n'
    assert _edit("[build]\njobs = 1\n", (), TRIPLE).after.decode() == f'[build]\njobs = 1\ntarget = "{TRIPLE}"\n'


def test_edit_adds_only_what_is_lacking() -> None:
    """Of two flags the one that is there stays where it is."""
    before = f'[target.{TRIPLE}]\nrustflags = ["-Cprefer_dynamic=off"]\n'
    assert _edit(before, TWO).after.decode() == before.replace("]\n", ', "-C", "target-cpu=native"]\n').replace(
        f'{TRIPLE}, "-C", "target-cpu=native"]', f"{TRIPLE}]"
    )


def test_edit_as_string_writes_a_string_where_there_is_none() -> None:
    """Beside another file's string an array would keep cargo from loading the configuration."""
    edit = edit_config(None, triple=TRIPLE, flags=NATIVE, build_target=None, as_string=True)
    assert edit.after.decode() == f'{NOTE}\n[target.{TRIPLE}]\nrustflags = "-C target-cpu=native"\n'


def test_edit_quotes_a_triple_that_needs_it() -> None:
    """A custom target with a dot in its name is one key."""
    edit = edit_config(b"", triple="my.target", flags=["-g"], build_target=None)
    assert tomllib.loads(edit.after.decode()) == {"target": {"my.target": {"rustflags": ["-g"]}}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("build = 1", "which is not a table"),
        (f"target.{TRIPLE} = []", "which is not a table"),
        (f"target.{TRIPLE}.rustflags = 1", "neither a string nor strings in an array"),
        (f"target.{TRIPLE}.rustflags = [1]", "neither a string nor strings in an array"),
        ("a = ", "is not valid TOML"),
        (f"target.{TRIPLE}.rustflags = '''-g\\\n'''\n".replace("'''", '"""'), "cannot edit"),
    ],
)
def test_edit_refuses_what_it_cannot_do_right(text: str, message: str) -> None:
    """What cargo would not accept, or what would come out wrong, is refused with the file's name."""
    with pytest.raises(Refused, match=message) as refused:
        _edit(text, NATIVE, TRIPLE)
    assert ".cargo/config.toml" in refused.value.found


def test_edit_refuses_a_flag_with_a_space_in_a_string() -> None:
    """Cargo splits a string at spaces, so such a flag can only stand in an array."""
    with pytest.raises(Refused, match="can hold no flag with a space"):
        _edit(f"target.{TRIPLE}.rustflags = ''", ("-C", "link-arg=a b"))


def test_edit_masks_a_token_in_its_diff() -> None:
    """The registry token beside our keys is in no diff."""
    diff = _edit('[registry]\ntoken = "cio-hunter2"\n').diff()
    assert "hunter2" not in diff
    assert " token = ***\n" in diff


BEFORE = f'[target.{TRIPLE}]\nrustflags = ["-g"]\n'


def _undone(before: str | None, change: tuple[str, str]) -> str | None:
    after = _edit(before, TWO, TRIPLE).after
    assert change[0] in after.decode()
    undone = undo_config(after.decode().replace(*change).encode(), None if before is None else before.encode(), after)
    return None if undone is None else undone.decode()


def test_undo_keeps_a_flag_that_was_added() -> None:
    """Of the array our flags go, and what the user had and put behind them stays."""
    change = ('prefer-dynamic=no"', 'prefer-dynamic=no", "-O"')
    assert _undone(BEFORE, change) == BEFORE.replace('"-g"', '"-g", "-O"')
    assert _undone("", change) == f'\n[target.{TRIPLE}]\nrustflags = ["-O"]\n'


def test_undo_keeps_a_flag_that_was_changed() -> None:
    """A flag of ours that the user set to another value is the user's."""
    assert _undone(BEFORE, ("cpu=native", "cpu=x86-64")) == BEFORE.replace('"-g"', '"-g", "-C", "target-cpu=x86-64"')


def test_undo_removes_the_rest_of_our_flags() -> None:
    """Where the user took out one of our flags, the key goes with the others."""
    assert _undone("", (', "-C", "prefer-dynamic=no"', "")) == ""


def test_undo_keeps_the_user_s_strings() -> None:
    """In a string it is the same: our flags go."""
    before = BEFORE.replace('["-g"]', '"-g"')
    assert _undone(before, ("-g -C", "-g -O -C")) == BEFORE.replace('["-g"]', '"-g -O"')


def test_undo_keeps_another_target() -> None:
    """A build target that the user chose since stays, and the flags go."""
    change = (f'target = "{TRIPLE}"', 'target = "wasm32-wasip1"')
    assert _undone(BEFORE, change) == f'{BEFORE}\n[build]\ntarget = "wasm32-wasip1"\n'


def test_undo_of_our_own_file_leaves_nothing() -> None:
    """A file that we made is empty bytes after the undo, also where the user took keys out of it."""
    assert _undone(None, ("", "")) == ""
    assert _undone(None, (f'target = "{TRIPLE}"', "")) == ""


def test_undo_of_our_own_file_keeps_what_the_user_wrote_into_it() -> None:
    """Neither our keys nor our note stay; the user's section does."""
    assert _undone(None, ("[build]", "[net]\nretry = 1\n\n[build]")) == "[net]\nretry = 1\n"


@pytest.mark.parametrize("now", [b"\xff", b"[build"])
def test_undo_gives_up_on_what_it_cannot_read(now: bytes) -> None:
    """A file that is no TOML any more is for the user to repair."""
    assert undo_config(now, None, _edit(None).after) is None
