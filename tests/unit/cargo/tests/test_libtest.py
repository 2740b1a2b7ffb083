"""Real output of cargo and libtest, captured from a small workspace made for it, and the shapes that text allows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.cargo.tests.libtest import (
    ParsedTests,
    built_suites,
    homes_of,
    listed_tests,
    parse_tests,
    started_suites,
)
from burnish.measure.traces import Places

DATA = Path(__file__).parent
WORKSPACE_PASSED = (
    "alpha::bin/alpha::adds",
    "alpha::cli::same_name",
    "alpha::cli::works",
    "alpha::doc/alpha::alpha/src/lib.rs - add (line 17)",
    "alpha::doc/alpha::alpha/src/lib.rs - add (line 5)",
    "alpha::doc/alpha::alpha/src/lib.rs - add (line 9)",
    "alpha::plain::(process)",
    "alpha::tests::adds",
    "alpha::tests::größe_ünicode",
    "alpha::tests::panics_as_asked",
    "alpha::tests::prints_to_the_terminal",
    "beta::adds",
    "beta::cli::works",
)
WORKSPACE_FAILED = (
    "alpha::crash::(process)",
    "alpha::doc/alpha::alpha/src/lib.rs - add (line 21)",
    "alpha::plain_broken::(process)",
    "alpha::tests::broken",
    "beta::cli::same_name",
)
# A process that came to no end of its own confirms none of its tests.
WORKSPACE_DOUBTS = {"alpha::crash": "its process came to no end of its own"}
WORKSPACE_IGNORED = (
    "alpha::doc/alpha::alpha/src/lib.rs - add (line 13)",
    "alpha::tests::ignored_plainly",
    "alpha::tests::ignored_with_reason",
)


def read(text: str, *, complete: bool = True, ok: bool | None = None) -> ParsedTests:
    """Read a run, and leave out the counts that each suite gives itself."""
    return replace(parse_tests(text, complete=complete, ok=ok), counted={})


def artifact(name: str, kind: str, executable: str | None, package: str = "path+file:///ws/pkg#0.1.0") -> str:
    """Return cargo's line for one built target."""
    target = {"kind": [kind], "name": name, "crate_types": ["bin"]}
    return json.dumps(
        {"reason": "compiler-artifact", "package_id": package, "target": target, "executable": executable},
        separators=(",", ":"),
    )


def run_of(*lines: str, executable: str = "/ws/target/release/deps/cli-0123456789abcdef") -> str:
    """Return the text of a run with one suite, tests/cli.rs, that prints `lines`."""
    failed = (
        ["error: test failed, to rerun pass `--test cli`"] if any("result: FAILED" in line for line in lines) else []
    )
    return "\n".join(
        [
            artifact("cli", "test", executable),
            '{"reason":"build-finished","success":true}',
            f"     Running tests/cli.rs ({executable})",
            *lines,
            *failed,
            "",
        ]
    )


def summary(passed: int = 0, failed: int = 0, ignored: int = 0) -> str:
    """Return libtest's last line."""
    word = "FAILED" if failed else "ok"
    return (
        f"test result: {word}. {passed} passed; {failed} failed; {ignored} ignored; 0 measured; "
        "0 filtered out; finished in 0.01s"
    )


@pytest.mark.parametrize("file", ["libtest_threads.txt", "libtest_one_thread.txt"])
def test_parse_tests_of_a_workspace(file: str) -> None:
    """Unit, integration, doc, harness-less and crashing suites of two packages are told apart, without any hash."""
    assert read((DATA / file).read_text(encoding="utf-8"), ok=False) == ParsedTests(
        passed=WORKSPACE_PASSED,
        failed=WORKSPACE_FAILED,
        ignored=WORKSPACE_IGNORED,
        doubts=WORKSPACE_DOUBTS,
    )


@pytest.mark.parametrize(
    ("file", "suite", "reason"),
    [
        ("libtest_okfirst.txt", "okfirst::cli", "1 passed by its own count, 2 by name"),
        ("libtest_nocapture.txt", "nocapture::bin/nocapture", "5 passed by its own count, 3 by name"),
    ],
)
def test_parse_tests_of_a_suite_that_its_tests_write_into(file: str, suite: str, reason: str) -> None:
    """A child's `ok` before the result, and output that is not captured: none of the suite's tests has passed."""
    parsed = read((DATA / file).read_text(encoding="utf-8"), ok=False)
    assert parsed == ParsedTests(failed=(f"{suite}::(process)",), doubts={suite: reason})


def test_parse_tests_is_the_same_for_another_build() -> None:
    """Another target folder, other hashes and Windows' separators give the same names."""
    lines = ("running 1 test", "test works ... ok", "", summary(1))
    unix = read(run_of(*lines))
    built = "D:\\ws\\target\\burnish\\release\\deps\\cli-fedcba9876543210.exe"
    # Cargo's headers are relative to the current folder, its JSON never is.
    windows = read(run_of(*lines, executable=built).replace("(D:\\ws\\", "("))
    assert unix == windows == ParsedTests(passed=("pkg::cli::works",))


@pytest.mark.parametrize(
    ("kind", "name", "suite"),
    [
        ("lib", "pkg", "pkg"),
        ("cdylib", "pkg", "pkg"),
        ("proc-macro", "pkg", "pkg::proc-macro/pkg"),
        ("bin", "tool", "pkg::bin/tool"),
        ("test", "tool", "pkg::tool"),
        ("example", "tool", "pkg::example/tool"),
        ("bench", "tool", "pkg::bench/tool"),
    ],
)
def test_parse_tests_names_each_kind_as_nextest_does(kind: str, name: str, suite: str) -> None:
    """Targets of one name and different kinds are different suites."""
    path = f"/ws/target/release/deps/{name}-0123456789abcdef"
    text = f"{artifact(name, kind, path)}\n     Running anything ({path})\nrunning 1 test\ntest a ... ok\n{summary(1)}"
    assert read(text) == ParsedTests(passed=(f"{suite}::a",))


@pytest.mark.parametrize(
    "package_id",
    [
        "path+file:///ws/pkg#0.1.0",
        "path+file:///ws/folder#pkg@0.1.0",
        "pkg 0.1.0 (path+file:///ws/folder)",
        "path+file:///C:/ws/pkg#0.1.0",
    ],
)
def test_parse_tests_reads_every_form_of_package_id(package_id: str) -> None:
    """The package's name is read from each form that cargo has used."""
    text = f"{artifact('pkg', 'lib', '/t/pkg-1', package_id)}\n     Running unittests src/lib.rs (/t/pkg-1)\n"
    assert read(text) == ParsedTests(passed=("pkg::(process)",))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # a name with spaces, as libtest-mimic pads and writes them
        (
            ["test [ui] a b - c   ... ok", summary(1)],
            ParsedTests(passed=("pkg::cli::[ui] a b - c",)),
        ),
        (["test a - should panic ... ok", summary(1)], ParsedTests(passed=("pkg::cli::a",))),
        (["noise without end test m::a ... ok", summary(1)], ParsedTests(passed=("pkg::cli::m::a",))),
        (["\x1b[0mtest a ... \x1b[32mok\x1b[m", summary(1)], ParsedTests(passed=("pkg::cli::a",))),
        (["test a ... ok\r", summary(1) + "\r"], ParsedTests(passed=("pkg::cli::a",))),
        (["test a ... ok <0.012s>", summary(1)], ParsedTests(passed=("pkg::cli::a",))),
        (["test a ... ", "shown", "okFAILED", "", summary(0, 1)], ParsedTests(failed=("pkg::cli::a",))),
        (
            ["test a ... ", "ok", "test b ... ", "FAILED", "failures:", "    b", summary(1, 1)],
            ParsedTests(passed=("pkg::cli::a",), failed=("pkg::cli::b",)),
        ),
        # a harness that prints no list of failures, and whose lines are whole
        (
            ["test a ... ok", "all is well", "test b ... FAILED", summary(1, 1)],
            ParsedTests(passed=("pkg::cli::a",), failed=("pkg::cli::b",)),
        ),
        (
            ["test a has been running for over 60 seconds", "test a ... ok", summary(1)],
            ParsedTests(passed=("pkg::cli::a",)),
        ),
        (
            ["test a ... ok", "test a ... FAILED", "test a ... ok", summary(2, 1)],
            ParsedTests(passed=("pkg::cli::a", "pkg::cli::a (2)"), failed=("pkg::cli::a (3)",)),
        ),
    ],
)
def test_parse_tests_of_one_suite(lines: list[str], expected: ParsedTests) -> None:
    """Padding, modes, colours, output before, between and behind, and names that come twice are all read."""
    assert read(run_of("running 1 test", *lines)) == expected


def test_parse_tests_does_not_believe_what_a_failed_test_printed() -> None:
    """The details of failed tests quote their output, which may look like libtest's own."""
    quoted = [
        "failures:",
        "---- a stdout ----",
        "running 1 test",
        "test forged ... ok",
        summary(7),
        "failures:",
        "    a",
    ]
    text = run_of("running 1 test", "test a ... FAILED", *quoted, summary(0, 1))
    assert read(text) == ParsedTests(failed=("pkg::cli::a",))


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["test forged ... ok", "test a ... ok", summary(1)], "1 passed by its own count, 2 by name"),
        (["test a ... ok", "FAILED", summary(0, 1)], "0 passed by its own count, 1 by name"),
        (["test a ... ignored", summary(1)], "1 passed by its own count, 0 by name"),
        # of two tests each printed the other's result
        (
            ["test a ... ok", "test b ... FAILED", "failures:", "    a", summary(1, 1)],
            "its own list of failures names others",
        ),
        # the same, by threads that write while the list is written
        *(
            (
                [*lines, "noisefailures:", "    a", summary(1, 1)],
                "something was written into its lines, and its list of failures cannot be read",
            )
            for lines in (
                ["test a ... noise", "ok", "test b ... FAILED"],
                ["test a ... ok", "FAILED", "test b ... FAILED", "ok"],
                ["test a ... ", "saw ok", "test b ... FAILED", "ok"],
            )
        ),
        (["test a ... ok", "test b ... ok"], "its process came to no end of its own"),
        ([], "its process came to no end of its own"),
        (
            ["test a ... ok", summary(1), "error: test failed, to rerun pass `--test cli`"],
            "its process failed, and none of its tests",
        ),
        (
            [
                *("test a ... ok", "test b ... FAILED", summary(1, 1), "", "Caused by:"),
                "  process didn't exit successfully: `/t/cli-1` (signal: 11, SIGSEGV: invalid memory reference)",
            ],
            "its process came to no end of its own",
        ),
    ],
)
def test_parse_tests_doubts_what_the_suite_itself_does_not_confirm(lines: list[str], reason: str) -> None:
    """Its count, its list of failures, its last line and its exit status are each asked, and nothing passes."""
    assert read(run_of("running 2 tests", *lines)) == ParsedTests(
        failed=("pkg::cli::(process)",), doubts={"pkg::cli": reason}
    )


def test_parse_tests_doubts_what_cargos_exit_status_does_not_confirm() -> None:
    """Whether anything failed at all is known by cargo's own exit status, whatever the lines say."""
    passed = run_of("running 1 test", "test a ... ok", summary(1))
    failed = run_of("running 1 test", "test a ... FAILED", "failures:", "    a", summary(0, 1))
    assert read(passed, ok=False).doubts == {"pkg::cli": "cargo says that a test failed, and no line of a test does"}
    assert read(failed, ok=True).doubts == {"pkg::cli": "a line says that a test failed, cargo that none did"}
    assert read(passed, ok=True).doubts == read(failed, ok=False).doubts == {}


def test_parse_tests_names_no_place_of_the_build() -> None:
    """Doctests of generated code, and tests of a harness that names files, have one name in every target folder."""
    places = Places(project=Path("/ws"), target=Path("/ws/target"), triples=("a-b-c",))
    names = [
        f"test {folder}/release/build/pkg-{build_hash}/out/made.rs - one (line 2) ... ok"
        for folder, build_hash in (("/ws/target/burnish/baseline", "0" * 16), ("target/a-b-c", "f" * 16))
    ]
    texts = [run_of("running 2 tests", name, "test [ui] /ws/tests/ui/a.rs ... ok", summary(2)) for name in names]
    one, other = (parse_tests(text, places=places).passed for text in texts)
    made = "pkg::cli::<target>/release/build/pkg-<hash>/out/made.rs - one (line 2)"
    assert one == other == (made, "pkg::cli::[ui] <project>/tests/ui/a.rs")


def test_parse_tests_of_doc_tests_in_two_blocks() -> None:
    """Rustdoc runs merged and single doc tests one after the other, each with a last line of its own."""
    text = "\n".join(
        [
            artifact("my-crate", "lib", None),
            "   Doc-tests my_crate",
            "running 1 test",
            "test src/lib.rs - a (line 1) ... FAILED",
            "failures:",
            "---- src/lib.rs - a (line 1) stdout ----",
            summary(0, 1),
            "running 2 tests",
            "test src/lib.rs - b (line 5) - compile fail ... ok",
            "test src/lib.rs - test (line 9) ... ignored",
            summary(1, 0, 1),
            "error: doctest failed, to rerun pass `--doc`",
        ]
    )
    assert read(text) == ParsedTests(
        passed=("pkg::doc/my_crate::src/lib.rs - b (line 5)",),
        failed=("pkg::doc/my_crate::src/lib.rs - a (line 1)",),
        ignored=("pkg::doc/my_crate::src/lib.rs - test (line 9)",),
    )


def test_parse_tests_of_a_suite_without_harness() -> None:
    """The next header is found behind output without a line end; cargo alone says that the process failed."""
    text = "\n".join(
        [
            artifact("one", "test", "/t/one-1"),
            artifact("two", "test", "/t/two-2"),
            "     Running tests/one.rs (/t/one-1)",
            "no line end     Running tests/two.rs (/t/two-2)",
            "no line enderror: test failed, to rerun pass `--test two`",
        ]
    )
    assert read(text) == ParsedTests(passed=("pkg::one::(process)",), failed=("pkg::two::(process)",))


def test_parse_tests_cut_off() -> None:
    """The suite that was running when the run was ended has failed; one that had ended has not."""
    running = run_of("hanging")
    ended = run_of("running 1 test", "test a ... ok", summary(1))
    assert read(running, complete=False) == ParsedTests(failed=("pkg::cli::(process)",))
    assert read(ended, complete=False) == ParsedTests(passed=("pkg::cli::a",))


@given(st.lists(st.sampled_from(run_of("running 1 test", "test a ... ", "ok", "failures:", summary(1)).split("\n"))))
def test_parse_tests_puts_each_name_in_one_list(lines: list[str]) -> None:
    """Whatever the order of the lines, no name has two results, and the names are sorted."""
    parsed = read("\n".join(lines))
    names = [*parsed.passed, *parsed.failed, *parsed.ignored]
    assert len(names) == len(set(names))
    assert parsed.passed == tuple(sorted(parsed.passed))


def test_parse_tests_passes_over_hostile_json() -> None:
    """A line that looks like cargo's JSON and is none, or never ends, names no suite."""
    hostile = ['{"reason":1}', '{"reason":"x","other":' + "[" * 100_000, '{"reason":"compiler-artifact","target":null}']
    text = run_of("running 1 test", "test a ... ok", summary(1))
    assert read("\n".join([*hostile, text])) == ParsedTests(passed=("pkg::cli::a",))


@given(st.text())
def test_parse_tests_of_any_text(text: str) -> None:
    """Text that is no test run names no test, and stops nothing."""
    assert read(text) == ParsedTests()


PKG = "path+file:///ws/pkg#0.1.0"


def built(name: str, kind: str, *, test: bool = True, doctest: bool = False, package: str = PKG) -> str:
    """Return cargo's line for a target built as a test, or as a library that has doctests."""
    executable = None if kind == "lib" and not test else f"/ws/deps/{name}-0"
    message = json.loads(artifact(name, kind, executable, package))
    message["target"]["doctest"] = doctest
    return json.dumps({**message, "profile": {"test": test}}, separators=(",", ":"))


@pytest.mark.parametrize(
    ("line", "suite"),
    [
        (built("pkg", "lib"), ("pkg", ["--package", PKG, "--lib"])),
        (built("pkg", "proc-macro"), ("pkg::proc-macro/pkg", ["--package", PKG, "--lib"])),
        (built("tool", "bin"), ("pkg::bin/tool", ["--package", PKG, "--bin", "tool"])),
        (built("cli", "test"), ("pkg::cli", ["--package", PKG, "--test", "cli"])),
        (built("a-b", "lib", test=False, doctest=True), ("pkg::doc/a_b", ["--package", PKG, "--doc"])),
        (built("x", "lib", package="old 1.0.0 (path+file:///x)"), ("old", ["--package", "old", "--lib"])),
    ],
)
def test_built_suites_can_be_chosen_alone(line: str, suite: tuple[str, list[str]]) -> None:
    """Each suite has the name of its tests and cargo's arguments that run it and no other."""
    (found,) = built_suites(line)
    assert (found.name, found.selection) == suite


def test_built_suites_leave_out_what_holds_no_tests() -> None:
    """A binary built for the integration tests, a library without doctests and a test's own output are no suites."""
    lines = [built("tool", "bin", test=False), built("dep", "lib", test=False), '{"reason":"build-finished"}']
    assert built_suites("\n".join([*lines, built("faked", "test")])) == []


def test_started_suites_end_with_the_one_that_was_cut_off() -> None:
    """The run's headers tell how far it came."""
    text = run_of("running 2 tests", "test a ... ok")
    assert started_suites(text) == ["pkg::cli"]
    assert started_suites(artifact("cli", "test", "/ws/cli-0")) == []


def test_homes_of_a_name_that_two_suites_can_hold() -> None:
    """A library's module may be called as a test target is: both are tried, the longer suite first."""
    suites = built_suites("\n".join([built("pkg", "lib"), built("cli", "test"), built("other", "bin")]))
    found = [(suite.name, test) for suite, test in homes_of("pkg::cli::works", suites)]
    assert found == [("pkg::cli", "works"), ("pkg", "cli::works")]
    assert homes_of("gone::works", suites) == []


def test_filters_for_several_tests() -> None:
    """Tests are chosen exactly, doctests by their items, each item once."""
    suite, docs = built_suites("\n".join([built("cli", "test"), built("pkg", "lib", test=False, doctest=True)]))
    assert suite.filters_for(["a::b", "c"]) == ["--exact", "a::b", "c"]
    asked = [
        "src/lib.rs - module::Item::method (line 5)",
        "src/lib.rs - module::Item::method (line 9)",
        "a.rs - (line 1)",
    ]
    assert docs.filters_for(asked) == ["module::Item::method", "a.rs"]
    listed = [*asked, "src/lib.rs - module::Item::method_two (line 7)", "src/lib.rs - other (line 2)"]
    assert docs.chosen(asked[:1], listed) == [*asked[:2], listed[3]]


def test_listed_tests_are_names_only() -> None:
    """Of what `--list` gives, benches, counts and cargo's own lines are no tests."""
    text = "     Running x (y)\na::b: test\nsrc/lib.rs - f (line 1): test\r\nc: benchmark\n\n2 tests, 1 benchmark\n"
    assert listed_tests(text) == ["a::b", "src/lib.rs - f (line 1)"]
