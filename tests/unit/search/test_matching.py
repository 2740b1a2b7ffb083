"""How far a profile is of the build: what ran, what the build missed, and names that differ by their crates' hashes."""

from __future__ import annotations

import pytest

from burnish.search.matching import LEAST_MATCHED, Missed, functions_run, share_matched

SHOWN = """\
Counters:
  tool.8ac603c628cad151-cgu.0;_ZN4tool4main17h3ad11b45f5095267E:
    Hash: 0x09a4e9b7ef8de10d
    Counters: 2
    Block counts: [0, 121]
  _ZN4tool4idle17h7c15b02505dbcf0cE:
    Hash: 0x0ae15a442a4d8805
    Counters: 2
    Block counts: [0, 0]
  _RNvMNtCslNYArtu3iFV_5alloc6stringNtB2_6String4push:
    Hash: 0x0ae15a442a4d8805
    Counters: 1
    Function count: 7
    Block counts: []
Instrumentation level: IR  entry_first = 0
Total functions: 3
Maximum function count: 121
"""
MAIN, PUSH = (
    "tool.8ac603c628cad151-cgu.0;_ZN4tool4main17h3ad11b45f5095267E",
    ("_RNvMNtCslNYArtu3iFV_5alloc6stringNtB2_6String4push"),
)


def test_functions_that_ran_are_those_with_a_count() -> None:
    """A function that never ran tells nothing about the build."""
    assert functions_run(SHOWN) == {MAIN, PUSH}
    assert functions_run("") == frozenset()


@pytest.mark.parametrize(
    ("line", "names"),
    [
        (
            "warning: a-cgu.0: no profile data available for function _ZN4tool4main17h8a8fe61dbd240748E Hash = 1",
            {"_ZN4tool4main17h8a8fe61dbd240748E"},
        ),
        (
            "warning: tool.c594-cgu.0: function control flow change detected (hash mismatch) _ZN4tool4mainE Hash = 7",
            {"_ZN4tool4mainE"},
        ),
        ("   Compiling tool v0.1.0", set()),
    ],
)
def test_line_of_the_build_names_what_it_missed(line: str, names: set[str]) -> None:
    """LLVM writes one line for each function, in either of two forms."""
    missed = Missed()
    assert missed.takes(line) == bool(names)
    assert missed.names == names


def test_function_of_another_hash_is_lost() -> None:
    """Built otherwise, each symbol has another hash: by name it is there, and not one is found again."""
    run = functions_run(SHOWN)
    other = "_ZN4tool4main17h8a8fe61dbd240748E", "_RNvMNtCsother_5alloc6stringNtB2_6String4push"
    assert share_matched(run, other, ["tool", "alloc"]) == 0
    assert share_matched(run, other[:1], ["tool", "alloc"]) == LEAST_MATCHED
    assert share_matched(run, ["_ZN4tool4idle17h7c15b02505dbcf0cE"], ["tool"]) == 1
    assert share_matched(run, [], ["tool"]) == 1


def test_what_nobody_warns_of_is_not_counted() -> None:
    """Cargo silences registry crates: of theirs nothing is missed, whatever was found."""
    run = functions_run(SHOWN)
    assert share_matched(run, ["_ZN4tool4main17h8a8fe61dbd240748E"], ["tool"]) == 0
    assert share_matched(run, [], ["too"]) is None
    assert share_matched([], [], ["tool"]) is None
