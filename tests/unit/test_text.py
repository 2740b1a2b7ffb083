from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.text import (
    did_you_mean,
    folded,
    format_about,
    format_bytes,
    format_change,
    format_seconds,
    inert,
    neutral,
    parse_bytes,
    parse_seconds,
    parse_share,
)


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        (1, 1),
        ("1", 1),
        ("1 B", 1),
        ("500 kB", 500_000),
        ("500KB", 500_000),
        ("1.5 MB", 1_500_000),
        ("1 KiB", 1_024),
        ("2 MiB", 2_097_152),
    ],
)
def test_parse_bytes_known_units(text: int | str, size_bytes: int) -> None:
    """A bare number is bytes; kB is 1000, KiB is 1024."""
    assert parse_bytes(text) == size_bytes


@pytest.mark.parametrize(
    "text", ["", "kB", "500 kb", "-1", "0", 0, -5, "1e3", "500 kB!", "9" * 100, "\N{FULLWIDTH DIGIT FIVE}", "1 GB"]
)
def test_parse_bytes_refuses_the_rest(text: int | str) -> None:
    """What is not a positive number with a known unit is refused, never guessed."""
    with pytest.raises(ValueError, match="is not"):
        parse_bytes(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500 us", 500e-6), ("500 µs", 500e-6), ("1.5ms", 0.0015), ("2 s", 2.0), (0.25, 0.25), ("293 ns", 293e-9)],
)
def test_parse_seconds_known_units(text: float | str, seconds: float) -> None:
    """A duration is a number with its unit; a bare number is seconds."""
    assert parse_seconds(text) == pytest.approx(seconds, rel=1e-12)


@pytest.mark.parametrize("text", ["", "us", "500 usec", "-1 s", "0 ms", "nan", "inf s"])
def test_parse_seconds_refuses_the_rest(text: str) -> None:
    """What is not a positive number with a known unit is refused, never guessed."""
    with pytest.raises(ValueError, match="is not"):
        parse_seconds(text)


@pytest.mark.parametrize(("text", "fraction"), [("1%", 0.01), ("0.5 %", 0.005), ("99.9%", 0.999)])
def test_parse_share_gives_a_fraction(text: str, fraction: float) -> None:
    """A percentage is a number with its sign."""
    assert parse_share(text) == pytest.approx(fraction, rel=1e-12)


@pytest.mark.parametrize("text", ["", "%", "1", "0.01", "-1%", "0%", "100%", "nan%", "1 percent"])
def test_parse_share_refuses_the_rest(text: str) -> None:
    """A bare number might be meant as either; nothing and all of it are no share."""
    with pytest.raises(ValueError, match="is not"):
        parse_share(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "1 s"),
        (40.4, "40 s"),
        (89.0, "89 s"),
        (91.0, "2 min"),
        (372.0, "6 min"),
        (5399.0, "90 min"),
        (9e3, "2.5 h"),
    ],
)
def test_format_about_is_as_exact_as_a_guess(seconds: float, text: str) -> None:
    """Nobody plans by the seconds of an hour."""
    assert format_about(seconds) == text


@given(st.text())
def test_neutral_leaves_no_control_character(text: str) -> None:
    """No output of ours can move a cursor, start a line of its own or hide text."""
    categories = {unicodedata.category(character) for character in neutral(text) if character != "\t"}
    assert not categories & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S"])))
def test_neutral_leaves_ordinary_text_alone(text: str) -> None:
    """Letters, digits, punctuation and symbols of any script stay as they are."""
    assert neutral(text) == text


def test_neutral_indents_the_lines_it_keeps() -> None:
    """A kept line break is indented, so that foreign text cannot begin a line."""
    assert neutral("a\n::error::b\x1b[31m", keep_newlines=True) == "a\n  ::error::b\\x1b[31m"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 ns"), (2.5e-7, "250 ns"), (412e-6, "412 us"), (1.32e-3, "1.32 ms"), (2.54, "2.5 s"), (120, "120.0 s")],
)
def test_format_seconds_picks_the_unit(seconds: float, text: str) -> None:
    """A duration is written in the unit that gives a readable number."""
    assert format_seconds(seconds) == text


def test_format_bytes_separates_thousands() -> None:
    """A size is written in full: every byte counts here."""
    assert format_bytes(473_368) == "473,368 B"


@pytest.mark.parametrize(("word", "hint"), [("portabel", ' (did you mean "portable"?)'), ("xyz", "")])
def test_did_you_mean_names_the_nearest(word: str, hint: str) -> None:
    """A near miss is named; a wild one is not guessed at."""
    assert did_you_mean(word, ["portable", "small"]) == hint


COMMANDS = [
    "::error file=x::y",
    " \t::set-output name=a::b",
    "##[error]x",
    "a ##[add-mask]b",
    "#####vso[task.x]y",
    "a\n\n ::x",
]


@pytest.mark.promise("E3")
@pytest.mark.parametrize("command", COMMANDS)
def test_inert_text_commands_no_ci_system(command: str) -> None:
    """Neither GitHub's runner, which skips leading spaces, nor Azure's finds a command; twice is once."""
    shown = inert(command)
    assert "##[" not in shown
    assert "##vso[" not in shown
    assert not [line for line in shown.splitlines() if line.strip().startswith("::")]
    assert inert(shown) == shown


@pytest.mark.promise("E3")
@given(st.text() | st.lists(st.sampled_from([*COMMANDS, "\\", '"']), max_size=4).map("".join))
def test_inert_json_means_the_same(text: str) -> None:
    """A document on standard output is still that document."""
    document = json.dumps({text: [text]}, indent=2)
    assert json.loads(inert(document)) == {text: [text]}
    assert "##[" not in inert(document)


@pytest.mark.parametrize("text", ["std::env", "a: b", "# note", "## title", "x ::y", "[a]"])
def test_inert_leaves_ordinary_text_alone(text: str) -> None:
    """A Rust path, a comment and a heading are no commands."""
    assert inert(text) == text


@pytest.mark.parametrize(
    ("ratio", "text"), [(1.074, "+7.4%"), (0.9, "-10.0%"), (0.99996, "+0.0%"), (1.00004, "+0.0%"), (1.0, "+0.0%")]
)
def test_change_that_rounds_to_nothing_has_no_direction(ratio: float, text: str) -> None:
    """Nobody reads `-0.0%` as no change."""
    assert format_change(ratio) == text


@pytest.mark.parametrize(
    ("text", "is_command", "lines"),
    [
        ("short", False, ["short"]),
        ("ok    rustc  one two three", False, ["ok    rustc  one two", "      three"]),
        ("  a-word-that-is-longer-than-the-line b", False, ["  a-word-that-is-longer-than-the-line", "      b"]),
        ("next:   burnish optimize --project 'a b'", True, ["next:", "      burnish optimize --project 'a b'"]),
        ("next: git commit, or: burnish x", True, ["next: git commit,", "      or: burnish x"]),
        ("", False, [""]),
    ],
)
def test_line_is_folded_between_its_words(text: str, lines: list[str], *, is_command: bool) -> None:
    """No word is cut, columns stay as they are, and no command is broken that somebody may copy."""
    assert folded(text, 20, hang=6, is_command=is_command) == lines
