"""What builds of the baseline differ in is left out of a candidate's output, and nothing else of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.judge.noise import MAX_NOISE_BYTES, difference_of, explained_parts, is_unlike
from burnish.measure.behaviour import Output

CLEAN, DIRTY = b"app 1.0 (v1.0-3-g99dcbf6)\nok\n", b"app 1.0 (v1.0-3-g99dcbf6-dirty)\nok\n"


@pytest.mark.parametrize(
    ("samples", "text", "words"),
    [
        ([CLEAN, DIRTY], DIRTY, "`(v1.0-3-g99dcbf6)` or `(v1.0-3-g99dcbf6-dirty)`"),
        ([b"at 17.5\n", b"at 18.25\n"], b"at 19.125\n", "`17.5` or `18.25`"),
        ([b"id 3fa9\n", b"id 77aa\n"], b"id be8f\n", "`3fa9` or `77aa`"),
        ([b"tmp x1Qz\n", b"tmp 9aPq\n"], b"tmp Zz8Z\n", "`x1Qz` or `9aPq`"),
        ([b"on Mon\n", b"on Tue\n"], b"on Tue\n", "`Mon` or `Tue`"),
        ([b"one\n", b"warning: dirty\none\n"], b"warning: dirty\none\n", "nothing or `warning: dirty`"),
        ([b"a 1 x\nb 2\n", b"a 5 x\nb 9\n"], b"a 7 x\nb 8\n", "`1` or `5`, `2` or `9`"),
        ([b"t 1\n", b"t 2\n", b"t 2-edited\n"], b"t 3\n", "`1` or `2` or `2-edited`"),
        ([b"t 1\n", b"t 2\n", b"t 2-edited\n"], b"t 3-edited\n", "`1` or `2` or `2-edited`"),
    ],
)
def test_difference_of_what_builds_of_the_baseline_differ_in(samples: list[bytes], text: bytes, words: str) -> None:
    """A revision, a time, an id, a name: a value that was seen, or a number for numbers, is no difference."""
    assert difference_of(samples, text) == words


@pytest.mark.parametrize(
    ("samples", "text"),
    [
        ([CLEAN, DIRTY], DIRTY.replace(b"ok", b"broken")),
        ([CLEAN, DIRTY], DIRTY.replace(b"1.0 ", b"1.1 ")),
        ([CLEAN, DIRTY], DIRTY + b"more\n"),
        ([CLEAN, DIRTY], CLEAN.replace(b")", b"-changed)")),
        ([b"at 17.5\n", b"at 18.25\n"], b"at never\n"),
        ([b"at 17.5\n", b"at 18.25\n"], b"at 17.5 or so\n"),
        ([b"at 17.5\n", b"at 18.25\n"], b"at 17.5"),
        ([b"on Mon\n", b"on Tue\n"], b"on fire\n"),
        ([b"t 1\n", b"t 2\n", b"t 2-edited\n"], b"t 3-broken\n"),
        ([CLEAN, CLEAN], DIRTY),
        ([CLEAN], DIRTY),
        ([b"x" * (MAX_NOISE_BYTES + 1), b"y"], b"z"),
    ],
)
def test_difference_of_anything_else_is_a_difference(samples: list[bytes], text: bytes) -> None:
    """What no two builds of the baseline differ in is never left out, however noisy the rest of the output is."""
    assert difference_of(samples, text) == ""


TEXTS = st.text(alphabet="ab1 .-\n", max_size=30).map(str.encode)


@given(TEXTS, TEXTS, TEXTS)
def test_difference_of_finds_each_sample_again(first: bytes, second: bytes, third: bytes) -> None:
    """Whatever builds of the baseline gave is matched by what was learnt from them."""
    for sample in (first, second, third):
        assert difference_of([first, second, third], sample) or first == second == third


@given(TEXTS, TEXTS, st.sampled_from([b"X", b"!", b"\n"]))
def test_difference_of_sees_a_change_beside_the_noise(head: bytes, tail: bytes, change: bytes) -> None:
    """A number that differs between builds hides nothing that comes before or behind it."""
    samples = [head + b" <17> " + tail, head + b" <18> " + tail]
    assert not difference_of(samples, head + change + b" <19> " + tail)
    assert not difference_of(samples, head + b" <19> " + tail + change)
    assert difference_of(samples, head + b" <19> " + tail)


def output(*, stdout: bytes = b"", stderr: bytes = b"", exit_status: int = 0, timed_out: bool = False) -> Output:
    """Return an output."""
    return Output(args=["-V"], exit_status=exit_status, stdout=stdout, stderr=stderr, timed_out=timed_out)


def test_explained_parts_are_told_by_part() -> None:
    """Each part is explained by itself; an exit status by one that a twin has."""
    before, twin = output(stdout=b"1"), output(stdout=b"2", exit_status=3)
    after = output(stdout=b"3", stderr=b"new", exit_status=3)
    parts = ["exit_status", "stdout", "stderr"]
    assert explained_parts(before, [twin], after, parts) == {"exit_status": "0 or 3", "stdout": "`1` or `2`"}
    assert explained_parts(before, [], after, parts) == {}
    assert explained_parts(before, [output(stdout=b"2", timed_out=True)], after, parts) == {}


TICKS = [b"started at %d, took 1.%dms\nok\n" % (1700 + number, number) for number in range(4)]


@pytest.mark.parametrize(
    ("samples", "text", "expected"),
    [
        (TICKS, b"started at 1811, took 1.9ms\nok\n", False),
        (TICKS, b"started at 1811, took 850.25\xc2\xb5s\nok\n", False),
        (TICKS, b"started at 1811, took 2s\nok\n", False),
        (TICKS, b"started at 1811, took 1.9ms\nbroken\n", True),
        (TICKS, b"started at 1811\nok\n", True),
        ([b"a b", b"b a", b"a b", b"b a"], b"b a", False),
        ([b"x", b"y", b"z"], b"anything", False),
        ([b"line 1\n", b"line 1\nline 2\n", b"", b"line 4\nmore\nof it\n"], b"broken", False),
    ],
)
def test_is_unlike_only_where_the_runs_are_enough_to_know(samples: list[bytes], text: bytes, expected: bool) -> None:  # noqa: FBT001
    """A clock hides nothing beside it, in whatever unit; where runs have nothing in common, nothing can be said."""
    assert is_unlike(samples, text) is expected
