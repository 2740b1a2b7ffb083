"""The editors on whatever people write: exactly our keys change, and all that the user typed is there afterwards."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from burnish.cargo.config import edit_config, undo_config
from burnish.cargo.flags import normalise
from burnish.cargo.manifest import edit_profile, same_setting, undo_profile
from burnish.errors import Refused
from burnish.toml.data import TomlValue, deep_set, same
from burnish.toml.edit import TextEdit
from burnish.toml.keys import remove_key
from tests.conftest import Tried, cases
from tests.unit.cargo.documents import TRIPLE, configs, manifests, read

SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much]
MANY = settings(max_examples=cases(120, 1200), suppress_health_check=SLOW)
RECIPE: dict[str, TomlValue] = {"opt-level": 3, "lto": "fat", "codegen-units": 1, "strip": True, "panic": "abort"}
FLAGS = ("-C", "target-cpu=native", "-C", "prefer-dynamic=no")
USERS = "USER-0123456789"
Undo = Callable[[bytes, bytes | None, bytes], bytes | None]

recipes = st.sets(st.sampled_from(sorted(RECIPE)), min_size=1).map(lambda keys: {key: RECIPE[key] for key in keys})


def at(data: Mapping[str, Any], *path: str) -> Any:
    """Return the value at a path, None where there is none."""
    for key in path:
        data = data.get(key, {})
    return data or None


def without_empty_tables(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data without tables that hold nothing."""
    cleaned = {key: without_empty_tables(value) if isinstance(value, dict) else value for key, value in data.items()}
    return {key: value for key, value in cleaned.items() if value != {}}


def common_length(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (mine, yours) in pairs if mine != yours), min(len(one), len(other)))


def replaced_piece(before: str, after: str) -> tuple[str, str]:
    """Return what was taken out of a text, and what was put in its place."""
    head = common_length(before, after)
    tail = common_length(before[head:][::-1], after[head:][::-1])
    return before[head : len(before) - tail], after[head : len(after) - tail]


def assert_only_inserted(before: str, after: str) -> None:
    """Check that a text is another with one piece put into it; a comma behind a list's last item may be apart."""
    removed, added = replaced_piece(before, after)
    if removed.strip() and added.startswith(","):
        place = common_length(before, after)
        removed, added = replaced_piece(before, after[:place] + after[place + 1 :])
    assert not removed.strip()


def assert_line_endings_stay(before: str, after: str) -> None:
    """Check that a text has no line ending that was not in it before."""
    kinds = set(re.findall(r"\r?\n", before)) or {"\n"}
    assert set(re.findall(r"\r?\n", after)) <= kinds


def assert_proven(edit: TextEdit, expected: Mapping[str, Any], again: Callable[[bytes], TextEdit], undo: Undo) -> None:
    """Check what holds of every edit: the data, the line endings, the mark, that twice is once, and the way back."""
    before = edit.before or b""
    assert same(read(edit.after), dict(expected))
    assert_line_endings_stay(before.decode(), edit.after.decode())
    assert edit.after.startswith(b"\xef\xbb\xbf") == before.startswith(b"\xef\xbb\xbf")
    assert not again(edit.after).changed
    assert undo(edit.after, edit.before, edit.after) == before


def assert_rarely_refused(tally: Counter[str]) -> None:
    """Check that a refusal is rare: none in 2,600 was seen, so that more than one in fifty is no accident."""
    assert tally["refused"] * 50 <= tally["cases"]


def with_line(text: str, place: int, line: str) -> bytes:
    """Return a text with one more line behind its `place`-th, in whatever line ending stands there."""
    lines = re.split(r"(?<=\n)", text)
    place %= len(lines)
    return "".join([*lines[:place], line, "\n" if place < len(lines) else "", *lines[place:]]).encode()


@pytest.mark.promise("C2")
def test_edit_of_any_manifest_changes_exactly_our_keys(tried: Tried) -> None:
    """The data is the input's with our keys, and what the file has in another spelling stays as it is."""
    tally: Counter[str] = Counter()

    @MANY
    @given(content=manifests(), recipe=recipes)
    def check(content: bytes, recipe: dict[str, TomlValue]) -> None:
        tally["cases"] += 1
        try:
            edit = edit_profile(content, recipe)
        except Refused:
            tally["refused"] += 1
            return
        expected = read(content)
        for key, value in recipe.items():
            present = at(expected, "profile", "release", key)
            written = present if same_setting(key, present, value) else value
            expected = deep_set(expected, ("profile", "release", key), written)
        assert_proven(edit, expected, lambda after: edit_profile(after, recipe), undo_profile)

    check()
    assert_rarely_refused(tally)
    tried("C2", cases=tally["cases"])


@pytest.mark.promise("C2")
def test_edit_of_one_key_touches_one_place(tried: Tried) -> None:
    """A new key is one piece put into the text; a key that was there has only its value replaced."""
    tally: Counter[str] = Counter()

    @MANY
    @given(content=manifests(), key=st.sampled_from(sorted(RECIPE)))
    def check(content: bytes, key: str) -> None:
        tally["cases"] += 1
        with contextlib.suppress(Refused):
            before, after = content.decode(), edit_profile(content, {key: RECIPE[key]}).after.decode()
            if key not in (at(read(content), "profile", "release") or {}):
                return assert_only_inserted(before, after)
            removed, added = replaced_piece(before, after)
            assert not re.search(r"[#=,]", removed + added)
        return None

    check()
    tried("C2", cases=tally["cases"])


@pytest.mark.promise("C2")
def test_edit_of_any_config_changes_exactly_our_keys(tried: Tried) -> None:
    """The data is the input's with our flags behind the user's; no other character of the file changes."""
    tally: Counter[str] = Counter()

    @MANY
    @given(content=st.none() | configs(), flags=st.sampled_from([FLAGS, FLAGS[:2]]), builds=st.booleans())
    def check(content: bytes | None, flags: tuple[str, ...], *, builds: bool) -> None:
        def edited(text: bytes | None) -> TextEdit:
            return edit_config(text, triple=TRIPLE, flags=flags, build_target=TRIPLE if builds else None)

        tally["cases"] += 1
        try:
            edit = edited(content)
        except Refused:
            tally["refused"] += 1
            return
        expected = deep_set(read(content), ("build", "target"), TRIPLE) if builds else read(content)
        old, new = (at(read(text), "target", TRIPLE, "rustflags") or [] for text in (content, edit.after))
        assert type(new) is type(old) or old == []
        words = [each.split() if isinstance(each, str) else each for each in (old, new)]
        assert words[1][: len(words[0])] == words[0]
        assert set(normalise(flags)) <= set(normalise(words[1]))
        assert_proven(edit, deep_set(expected, ("target", TRIPLE, "rustflags"), new), edited, undo_config)
        if not builds and content is not None:
            assert_only_inserted(content.decode(), edit.after.decode())
        assert "hunter2" not in edit.diff()

    check()
    assert_rarely_refused(tally)
    tried("C2", cases=tally["cases"])


def _profiled(content: bytes) -> bytes:
    return edit_profile(content, RECIPE).after


def _configured(content: bytes) -> bytes:
    return edit_config(content, triple=TRIPLE, flags=FLAGS, build_target=TRIPLE).after


EDITORS: dict[str, tuple[st.SearchStrategy[bytes], Callable[[bytes], bytes], Undo]] = {
    "manifest": (manifests(), _profiled, undo_profile),
    "config": (configs(), _configured, undo_config),
}


@pytest.mark.promise("B2")
@pytest.mark.parametrize("kind", EDITORS)
def test_undo_keeps_the_lines_that_the_user_wrote_since(kind: str, tried: Tried) -> None:
    """Comments and sections anywhere survive the undo, our keys go, and the rest is what it was."""
    tally: Counter[str] = Counter()
    documents, edited, undo = EDITORS[kind]

    @MANY
    @given(content=documents, place=st.integers(0, 500), line=st.sampled_from([f"# {USERS}", f"[{USERS}]\nx = 1\n"]))
    def check(content: bytes, place: int, line: str) -> None:
        try:
            after = edited(content)
            now = with_line(after.decode(), place if line.startswith("#") else -1, line)
            is_harmless = same(_users_gone(read(now)), read(after))
        except (Refused, ValueError):
            return
        if not is_harmless:
            return
        tally["cases"] += 1
        undone = undo(now, content, after)
        if undone is None:
            tally["refused"] += 1
            return
        assert undone.count(USERS.encode()) == 1
        assert without_empty_tables(_users_gone(read(undone))) == without_empty_tables(read(content))
        assert (USERS in read(undone)) is (USERS in read(now))

    check()
    assert_rarely_refused(tally)
    tried("B2", cases=tally["cases"])


def _users_gone(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != USERS}


@pytest.mark.promise("C2")
def test_editors_raise_nothing_but_refusals(tried: Tried) -> None:
    """Documents with any piece torn out, doubled or put in are edited right or refused; undo gives up or not."""
    tally: Counter[str] = Counter()

    @MANY
    @given(content=_torn(manifests() | configs()), current=_torn(manifests() | configs()))
    def check(content: bytes, current: bytes) -> None:
        tally["cases"] += 1
        for _, edited, undo in EDITORS.values():
            with contextlib.suppress(Refused):
                after = edited(content)
                assert undo(after, content, after) == content
                undone = undo(current, content, after)
                assert undone is None or isinstance(undone, bytes)

    check()
    tried("C2", cases=tally["cases"])


@st.composite
def _torn(draw: st.DrawFn, documents: st.SearchStrategy[bytes]) -> bytes:
    text = draw(documents).decode()
    start = draw(st.integers(0, len(text)))
    end = min(len(text), start + draw(st.sampled_from([0, 1, 2, 30])))
    pieces = ["", text[start:end] * 2, "[", "]]", '"', "'''", "{", "#", ".", "=", "\\", "\n", "\r", "\0"]
    return (text[:start] + draw(st.sampled_from(pieces)) + text[end:]).encode()


# Shapes in which tomlkit 0.15 loses, moves or doubles something, each with what must come of it.
CORRUPTED = {
    "sub-table below dotted keys": (
        "profile.release.debug = 1\n[profile.release.package.x]\nopt-level = 1\n[a]\n",
        'profile.release.debug = 1\nprofile.release.lto = "fat"\n[profile.release.package.x]\nopt-level = 1\n[a]\n',
    ),
    "dotted keys of two profiles": (
        "profile.release.debug = 1\nprofile.dev.debug = 1\n[package]\nname = 'x'\n",
        "profile.release.debug = 1\nprofile.release.lto = \"fat\"\nprofile.dev.debug = 1\n[package]\nname = 'x'\n",
    ),
    "table in two places": (
        "[profile.release]\ndebug = 1\n[a]\n[profile.dev]\ndebug = 1\n",
        '[profile.release]\ndebug = 1\nlto = "fat"\n[a]\n[profile.dev]\ndebug = 1\n',
    ),
    "CRLF": ("[profile.release]\r\ndebug = 1\r\n", '[profile.release]\r\ndebug = 1\r\nlto = "fat"\r\n'),
    "byte order mark": ("\ufeff[profile.release]\n", '\ufeff[profile.release]\nlto = "fat"\n'),
    "not Latin-1": (
        "[package]\nname = '\u4e2d' # \U0001f980\n[profile.release]\n",
        "[package]\nname = '\u4e2d' # \U0001f980\n[profile.release]\nlto = \"fat\"\n",
    ),
    "super-table last": (
        "[profile.release.package.x]\ndebug = 1\n[profile]\nrelease.debug = 1\n",
        '[profile.release.package.x]\ndebug = 1\n[profile]\nrelease.debug = 1\nrelease.lto = "fat"\n',
    ),
}


@pytest.mark.promise("C2")
@pytest.mark.parametrize("case", CORRUPTED)
def test_edit_is_right_where_tomlkit_corrupts(case: str) -> None:
    """The known traps of the library that writes our values: the file is the input and our line."""
    before, after = CORRUPTED[case]
    try:
        read(before.encode())
    except ValueError:
        with pytest.raises(Refused):
            edit_profile(before.encode(), {"lto": "fat"})
    else:
        assert edit_profile(before.encode(), {"lto": "fat"}).after.decode() == after


ARRAYS = {
    "mixed line endings": (
        'rustflags = [\n  "-g",\r\n  # why\n]\r\n',
        'rustflags = [\n  "-g",\r\n  # why\n  "-O",\n]\r\n',
    ),
    "no last comma": (
        'rustflags = [ # all\n  "-g" # why\n]\n',
        'rustflags = [ # all\n  "-g", # why\n  "-O",\n]\n',
    ),
    "comma on a line of its own": (
        'rustflags = [\n  "-g" # why\n  , # odd\n]\n',
        'rustflags = [\n  "-g" # why\n  , # odd\n  "-O",\n]\n',
    ),
    "last comma on the line": ('rustflags = [ "-g", ]\n', 'rustflags = [ "-g", "-O", ]\n'),
    "closed on the last item's line": ('rustflags = [\n  "-g"]\n', 'rustflags = [\n  "-g", "-O"]\n'),
    "only a comment": ("rustflags = [\n  # none\n]\n", 'rustflags = [\n  # none\n    "-O",\n]\n'),
    "brackets and commas in strings": ("rustflags = ['[,]', \"],\"]\n", 'rustflags = [\'[,]\', "],", "-O"]\n'),
}


@pytest.mark.promise("C2")
@pytest.mark.parametrize("case", ARRAYS)
def test_edit_of_an_array_leaves_its_lines_as_they_are(case: str) -> None:
    """Our flags go behind the last one, and no character of the user's changes, line endings and comments included."""
    head = f"[target.{TRIPLE}]\n"
    before, after = (f"{head}{text}".encode() for text in ARRAYS[case])
    edit = edit_config(before, triple=TRIPLE, flags=("-O",), build_target=None)
    assert edit.after.decode() == after.decode()
    assert undo_config(after, before, after) == before


# Inline tables as TOML 1.1 allows them, with what must come of `strip = true`, and what stays when `lto` goes.
INLINE = {
    "last comma": (
        'release = {\n  lto = "thin", # why\n}\n',
        'release = {\n  lto = "thin", # why\n  strip = true,\n}\n',
        "release = {\n  # why\n  strip = true,\n}\n",
    ),
    "no last comma": (
        'release = {\n\tlto = "thin" # why\n}\n',
        'release = {\n\tlto = "thin", # why\n\tstrip = true,\n}\n',
        "release = {\n\t# why\n\tstrip = true,\n}\n",
    ),
    "one line": (
        "release = { lto = 'thin', }\r\n",
        "release = { lto = 'thin', strip = true, }\r\n",
        "release = { strip = true, }\r\n",
    ),
    "CRLF": (
        "release = {\r\n  lto = 'thin',\r\n}\r\n",
        "release = {\r\n  lto = 'thin',\r\n  strip = true,\r\n}\r\n",
        "release = {\r\n  strip = true,\r\n}\r\n",
    ),
    "within another": (
        "release.package = { a = {\n  debug = 1 }, }\nrelease.lto = 'thin'\n",
        "release.package = { a = {\n  debug = 1 }, }\nrelease.lto = 'thin'\nrelease.strip = true\n",
        "release.package = { a = {\n  debug = 1 }, }\nrelease.strip = true\n",
    ),
    "escapes": (
        'release = { "l\\x74o" = "t\\x68in", package."\\e[0m" = {}, }\n',
        'release = { "l\\x74o" = "t\\x68in", package."\\e[0m" = {}, strip = true, }\n',
        'release = { package."\\e[0m" = {}, strip = true, }\n',
    ),
}


@pytest.mark.promise("C2")
@pytest.mark.parametrize("case", INLINE)
def test_edit_of_an_inline_table_leaves_its_lines_as_they_are(case: str) -> None:
    """Our key goes behind the last one, and no character of the user's changes, the comment behind it included."""
    before, after = (f"[profile]\n{text}".encode() for text in INLINE[case][:2])
    assert edit_profile(before, {"strip": True}).after.decode() == after.decode()
    assert undo_profile(after, before, after) == before
    assert remove_key(after.decode(), ("profile", "release", "lto")) == f"[profile]\n{INLINE[case][2]}"


@pytest.mark.promise("C2")
def test_edit_of_an_inline_table_keeps_the_comment_in_an_empty_one() -> None:
    """A table that holds a comment only holds it still, after the edit and after our key went again."""
    before = b"profile.release = {\n  # none yet\n}\n"
    after = edit_profile(before, {"lto": "fat"}).after
    assert after == b'profile.release = {\n  # none yet\n    lto = "fat",\n}\n'
    assert remove_key(after.decode(), ("profile", "release", "lto")) == before.decode()


@pytest.mark.promise("B2")
@pytest.mark.parametrize(
    "written", ['  "-g", # mine\n  "-O",\n', '  "-g",\n  "-O", # mine\n', '  # mine\n  "-O",\n  "-g",\n']
)
def test_undo_keeps_a_comment_inside_the_array(written: str) -> None:
    """What the user wrote into the array between our edit and the undo is there afterwards; only our flag is not."""
    head = f"[target.{TRIPLE}]\nrustflags = [\n"
    before, after = (f"{head}{text}]\n".encode() for text in ('  "-g",\n', '  "-g",\n  "-O",\n'))
    undone = undo_config(f"{head}{written}]\n".encode(), before, after)
    assert undone is not None
    assert b"# mine" in undone
    assert at(read(undone), "target", TRIPLE, "rustflags") == ["-g"]


@pytest.mark.promise("B2")
def test_undo_of_a_whole_array_keeps_the_comments_in_it() -> None:
    """Where the key goes, a comment that the user wrote into its value becomes a line."""
    after = edit_config(b"[net]\n", triple=TRIPLE, flags=("-O",), build_target=None).after
    now = after.replace(b'["-O"]', b'[\n  # mine\n  "-O", # this too\n] # and this')
    undone = undo_config(now, b"[net]\n", after)
    assert undone == f"[net]\n\n[target.{TRIPLE}]\n# mine\n# this too\n# and this\n".encode()


def test_edit_refuses_flags_that_end_in_the_middle() -> None:
    """An option without its value would take our first flag for it."""
    with pytest.raises(Refused, match="end in '-C' without its value"):
        edit_config(f"target.{TRIPLE}.rustflags = ['-C']".encode(), triple=TRIPLE, flags=FLAGS, build_target=None)
