"""The text of a `cargo test` run, read into test names. Pure.

The text is that of `cargo test --no-fail-fast --message-format=json-render-diagnostics`, stdout and stderr merged in
the order written, and not quiet. libtest's text is stable, its JSON is not. The text is made by the project's own
tests and may hold anything: a suite is believed only where what was read by name agrees with the counts of its last
line, with its own list of failures and with what cargo says of its exit status. Else none of its tests has a result.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from burnish.cargo.project import Package
from burnish.measure.traces import Places, without_places
from burnish.model import PROCESS

Result = Literal["passed", "failed", "ignored", "hung"]

_WORDS: Mapping[str, Result] = {"ok": "passed", "FAILED": "failed", "ignored": "ignored"}
_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# Both may follow, on one line, what a program wrote without a line end.
_RUNNING = re.compile(r" {5}Running (?P<source>.+) \((?P<path>[^()]*)\)$")
_DOC_TESTS = re.compile(r" {3}Doc-tests (?P<crate>\S+)$")
_START = re.compile(r"^running \d+ tests?$")
_TEST = re.compile(r"^test (?P<name>.+?) +\.\.\. ?(?P<rest>.*)$")
# A name without spaces, so that what stands before it can be told from it.
_GLUED_TEST = re.compile(r"test (?P<name>\S+(?: - should panic)?) \.\.\. (?P<rest>(?:ok|FAILED|ignored(?:, .*)?))$")
_RESULT = re.compile(r"^(?P<word>ok|FAILED|ignored)(?:, .*| \(.*\)| <[\d.]+s>)?$")
_LATE_RESULT = re.compile(r"(?P<word>ok|FAILED|ignored)$")
_MODE = re.compile(r" - (?:should panic|compile fail|compile)$")
_DETAILS = re.compile(r"^(?P<what>failures|successes):$")
_DETAIL_NAME = re.compile(r"^ {4}(?P<name>\S.*)$")
_SUMMARY = re.compile(
    r"test result: (?P<word>ok|FAILED)\. (?P<passed>\d+) passed; (?P<failed>\d+) failed; (?P<ignored>\d+) ignored; "
    r"\d+ measured; \d+ filtered out(?:; finished in [\d.]+s)?$"
)
_CARGO_ERROR = re.compile(r"error: (?:doc)?test failed, to rerun pass `.*`$")
_CRASH = re.compile(r"^ +process didn't exit successfully: `.*` \((?P<ending>.*)\)$")
_LISTED = re.compile(r"^(?P<name>.+): test$")
_CHOSEN_BY_NAME = {"bin", "test", "example", "bench"}
# All others are kinds of libraries.
_NAMED_KINDS = {"bin", "example", "bench", "proc-macro"}


@dataclass(frozen=True, kw_only=True)
class ParsedTests:
    """Names as `suite::test`, sorted, each in one tuple.

    `doubts` are the suites whose text cannot be believed, with the reason: their tests are in no tuple, and their
    process in `failed`. `counted` is how many tests passed by each suite's own last line.
    """

    passed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    doubts: Mapping[str, str] = field(default_factory=dict)
    counted: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Suite:
    """One test target of a build: its name, and cargo's arguments that choose it alone, of its package."""

    name: str
    package_id: str
    target: tuple[str, ...]

    @property
    def is_doc(self) -> bool:
        """Return whether these are a library's doctests."""
        return self.target == ("--doc",)

    @property
    def selection(self) -> list[str]:
        """Return cargo's arguments for this suite and no other."""
        # Before Cargo 1.77 an id was no package specification.
        spec = self.package_id if "#" in self.package_id else _package_name(self.package_id)
        return ["--package", spec, *self.target]

    def filters_for(self, tests: Iterable[str]) -> list[str]:
        """Return the arguments behind `--` that choose tests of this suite; for doctests, those of their items.

        rustdoc takes its arguments apart at blanks, which the name of every doctest has.
        """
        if self.is_doc:
            return list(dict.fromkeys(_longest_word(test) for test in tests))
        return ["--exact", *tests]

    def chosen(self, tests: Iterable[str], listed: Iterable[str]) -> list[str]:
        """Return which of the `listed` tests run where these are asked for: several doctests may share an item."""
        filters = self.filters_for(tests)
        return [name for name in listed if (any(map(name.__contains__, filters)) if self.is_doc else name in filters)]


def _longest_word(doctest: str) -> str:
    file, _, item = doctest.partition(" - ")
    return max(item.rpartition("(line ")[0].split() or file.split(), key=len)


@dataclass(kw_only=True)
class _Suite:
    """One test process while its output is read.

    `summaries` has libtest's last line of each block, None while it has not come: rustdoc runs its tests in blocks.
    `pending` is the test whose result has not come: with one thread, its output stands before the result.
    `failures` are the names in libtest's own list of them, of each block; None where a block has printed none.
    `is_torn`: something was written into the lines of tests, so that a result may have been read of another test.
    """

    name: str
    results: list[tuple[str, Result]] = field(default_factory=list)
    summaries: list[re.Match[str] | None] = field(default_factory=list)
    pending: str | None = None
    pending_result: Result = "failed"
    in_details: bool = False
    details: list[str] | None = None
    failures: list[str] | None = None
    cargo_failed: bool = False
    crashed: bool = False
    was_cut: bool = False
    is_torn: bool = False


def parse_tests(
    text: str, *, places: Places | None = None, complete: bool = True, ok: bool | None = None
) -> ParsedTests:
    """Read which tests passed, failed and were ignored.

    A suite is named as nextest names it, without any hash, so that two builds share it: `package` (library),
    `package::NAME` (tests/NAME.rs), `package::bin/NAME`, `package::doc/CRATE` and so on. A suite without libtest's
    output, or one that ended without libtest's last line, has the test `(process)`. Of tests with the same name the
    second is `NAME (2)`, those that passed first. What names itself by one of the `places` is named without it.

    `complete` is False when the run was cut off: the process that it was cut off in has then failed. `ok` is what
    cargo's exit status says of all suites together, where it is known.
    """
    lines = [_ESCAPES.sub("", line.rstrip("\r")) for line in text.split("\n")]
    suites = _read_suites(lines, _suite_names(lines))
    if suites and not complete and not _has_ended(suites[-1]):
        suites[-1].was_cut = True
    doubts = _doubts(suites, ok=ok if complete else None)
    by_result: dict[Result, list[str]] = {"passed": [], "failed": [], "ignored": []}
    believed = (found for suite in suites for found in _results(suite, places, doubted=suite.name in doubts))
    for name, result in _numbered(believed):
        by_result[result].append(name)
    return ParsedTests(
        passed=tuple(sorted(by_result["passed"])),
        failed=tuple(sorted(by_result["failed"])),
        ignored=tuple(sorted(by_result["ignored"])),
        doubts=doubts,
        counted={suite.name: _stated(suite, "passed") for suite in suites if _has_ended(suite)},
    )


def built_suites(text: str) -> list[Suite]:
    """Return the suites that the run built, those of doctests with them, by cargo's messages."""
    suites = (_suite(artifact) for artifact in _artifacts(text.split("\n")))
    # A library is built once more where build scripts use it with other features.
    return list(dict.fromkeys(suite for suite in suites if suite is not None))


def suites_of(package: Package) -> Iterator[Suite]:
    """Yield what `cargo test` runs of a package where all of it can be built."""
    for target in package.targets:
        if target.test and (made := _suite_of(package.id, target.name, target.kind)):
            yield made
    for target in package.targets:
        if target.doctest:
            crate = target.name.replace("-", "_")
            yield Suite(name=f"{package.name}::doc/{crate}", package_id=package.id, target=("--doc",))


def _suite_of(package_id: str, name: str, kinds: Sequence[str]) -> Suite | None:
    kind = kinds[0] if kinds else "lib"
    chosen = (f"--{kind}", name) if kind in _CHOSEN_BY_NAME else ("--lib",)
    suite = _suite_name(_package_name(package_id), _Target(name=name, kind=list(kinds)))
    return None if kind == "custom-build" else Suite(name=suite, package_id=package_id, target=chosen)


def started_suites(text: str) -> list[str]:
    """Return the names of the suites that the run came to, in its order: it was cut off in the last."""
    lines = [_ESCAPES.sub("", line.rstrip("\r")) for line in text.split("\n")]
    return [suite.name for suite in _read_suites(lines, _suite_names(lines))]


def homes_of(name: str, suites: Iterable[Suite]) -> list[tuple[Suite, str]]:
    """Return where a test can stand, suite and own name, the longest suite's name first: `a::b::c` may be b::c of a."""
    fitting = [suite for suite in suites if name.startswith(f"{suite.name}::")]
    longest_first = sorted(fitting, key=lambda suite: len(suite.name), reverse=True)
    return [(suite, name.removeprefix(f"{suite.name}::")) for suite in longest_first]


def listed_tests(text: str) -> list[str]:
    """Read the names from what a suite gives for `--list`."""
    return [match["name"] for line in text.split("\n") if (match := _LISTED.match(line.rstrip("\r")))]


class _Target(msgspec.Struct):
    name: str
    kind: list[str]
    doctest: bool = False


class _Profile(msgspec.Struct):
    test: bool = False


class _Artifact(msgspec.Struct):
    reason: str
    package_id: str = ""
    target: _Target | None = None
    profile: _Profile = msgspec.field(default_factory=_Profile)
    executable: str | None = None


def _suite_names(lines: Iterable[str]) -> dict[str, str]:
    """Return each suite's name by its executable's file name, and each library's package by `doc/CRATE`."""
    names: dict[str, str] = {}
    for artifact in _artifacts(lines):
        if artifact.target is not None:
            names |= _names_of(_package_name(artifact.package_id), artifact.target, artifact.executable)
    return names


def _artifacts(lines: Iterable[str]) -> Iterator[_Artifact]:
    """Read cargo's messages of what it built; what looks like them behind its last one is a test's own output."""
    for line in lines:
        artifact = _artifact(line)
        if artifact is not None and artifact.reason == "build-finished":
            return
        if artifact is not None and artifact.target is not None and artifact.package_id:
            yield artifact


def _artifact(line: str) -> _Artifact | None:
    if not line.startswith('{"reason":'):
        return None
    try:
        return msgspec.json.decode(line, type=_Artifact)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None


def _names_of(package: str, target: _Target, executable: str | None) -> dict[str, str]:
    if executable is not None:
        return {_file_name(executable): _suite_name(package, target)}
    crate = target.name.replace("-", "_")
    return {f"doc/{crate}": f"{package}::doc/{crate}"}


def _package_name(package_id: str) -> str:
    """Return `name` of `path+file:///folder/name#0.1.0`, `...#name@0.1.0`, and of the old `name 0.1.0 (...)`."""
    url, _, fragment = package_id.partition("#")
    if " " in url or not fragment:
        return package_id.split(" ", maxsplit=1)[0]
    return fragment.split("@")[0] if "@" in fragment else _file_name(url.split("?")[0])


def _file_name(path: str) -> str:
    return re.split(r"[/\\]", path.rstrip("/"))[-1]


def _suite_name(package: str, target: _Target) -> str:
    kind = target.kind[0] if target.kind else "lib"
    if kind == "test":
        return f"{package}::{target.name}"
    return f"{package}::{kind}/{target.name}" if kind in _NAMED_KINDS else package


def _suite(artifact: _Artifact) -> Suite | None:
    target, package = artifact.target, _package_name(artifact.package_id)
    if target is None:
        return None
    if artifact.executable is not None:
        found = _suite_of(artifact.package_id, target.name, target.kind)
        return found if artifact.profile.test else None
    (name,) = _names_of(package, target, None).values()
    return Suite(name=name, package_id=artifact.package_id, target=("--doc",)) if target.doctest else None


def _read_suites(lines: Iterable[str], names: Mapping[str, str]) -> list[_Suite]:
    suites: list[_Suite] = []
    for line in lines:
        header = _RUNNING.search(line) or _DOC_TESTS.search(line)
        name = names.get(_header_key(header)) if header is not None else None
        if name is not None:
            suites.append(_Suite(name=name))
        elif suites:
            _read_line(suites[-1], line)
    for suite in suites:
        _close_pending(suite)
    return suites


def _header_key(header: re.Match[str]) -> str:
    found = header.groupdict()
    return f"doc/{found['crate'].replace('-', '_')}" if "crate" in found else _file_name(found["path"])


def _read_line(suite: _Suite, line: str) -> None:
    if _CARGO_ERROR.search(line):
        suite.cargo_failed = True
    if crash := _CRASH.match(line):
        # libtest's own status for failed tests is 101.
        suite.crashed = suite.crashed or not crash["ending"].endswith(": 101")
    elif _START.match(line):
        _start_block(suite)
    elif suite.summaries:
        _read_libtest_line(suite, line)


def _start_block(suite: _Suite) -> None:
    # The details quote what the tests printed, and a test may have run libtest.
    if suite.in_details and suite.summaries[-1] is None:
        return
    suite.summaries.append(None)
    suite.in_details = False


def _read_libtest_line(suite: _Suite, line: str) -> None:
    if summary := _SUMMARY.search(line):
        _close_pending(suite)
        # Of several, the last is libtest's own: it ends the output.
        suite.summaries[-1] = summary
        _close_details(suite)
    elif details := _DETAILS.match(line):
        _close_pending(suite)
        suite.in_details = True
        # The list of failures is the last thing that is headed so: what the tests printed stands before it.
        suite.details = [] if details["what"] == "failures" else None
    elif not suite.in_details:
        _read_test_line(suite, line)
    elif line.startswith("---- "):
        suite.details = None
    elif suite.details is not None and (name := _DETAIL_NAME.match(line)):
        suite.details.append(_MODE.sub("", name["name"]))


def _close_details(suite: _Suite) -> None:
    if suite.details is not None:
        suite.failures = [*(suite.failures or []), *suite.details]
    suite.details = None


def _read_test_line(suite: _Suite, line: str) -> None:
    if test := _TEST.match(line) or _GLUED_TEST.search(line):
        _close_pending(suite)
        suite.pending = _MODE.sub("", test["name"])
        line = test["rest"]
    result, late = _RESULT.match(line), _LATE_RESULT.search(line)
    suite.is_torn |= bool(late if test is None else not result)
    if suite.pending is None:
        return
    if result:
        suite.pending_result = _WORDS[result["word"]]
        if test:
            _close_pending(suite)
    elif late:
        suite.pending_result = _WORDS[late["word"]]


def _close_pending(suite: _Suite) -> None:
    if suite.pending is not None:
        suite.results.append((suite.pending, suite.pending_result))
    suite.pending, suite.pending_result = None, "failed"


def _results(suite: _Suite, places: Places | None, *, doubted: bool) -> list[tuple[str, Result]]:
    results: list[tuple[str, Result]] = [(PROCESS, "failed")] if doubted else _own_results(suite)
    return [(f"{suite.name}::{without_places(name, places) if places else name}", result) for name, result in results]


def _own_results(suite: _Suite) -> list[tuple[str, Result]]:
    """Return what a suite says of its tests; of its process where it says nothing, or was cut off."""
    if suite.was_cut:
        return [*suite.results, (PROCESS, "failed")]
    if suite.summaries:
        return suite.results
    return [(PROCESS, "failed" if suite.cargo_failed or suite.crashed else "passed")]


def _has_ended(suite: _Suite) -> bool:
    return bool(suite.summaries) and None not in suite.summaries


def _numbered(found: Iterable[tuple[str, Result]]) -> Iterator[tuple[str, Result]]:
    by_name: dict[str, list[Result]] = defaultdict(list)
    for name, result in found:
        by_name[name].append(result)
    for name, results in by_name.items():
        ordered = sorted(results, key=list(_WORDS.values()).index)
        for number, result in enumerate(ordered, start=1):
            yield (name if number == 1 else f"{name} ({number})"), result


def _stated(suite: _Suite, result: Result) -> int:
    """Return how many tests had a result by the suite's own last lines."""
    return sum(int(summary[result]) for summary in suite.summaries if summary is not None)


def _doubts(suites: Iterable[_Suite], *, ok: bool | None) -> dict[str, str]:
    """Return the suites that are not to be believed by their text, with the reason."""
    suites = list(suites)
    failing = [suite.name for suite in suites if any(result == "failed" for _, result in _own_results(suite))]
    doubts = {suite.name: reason for suite in suites if (reason := _why_in_doubt(suite))}
    if ok is False and not failing and not doubts:
        return {suite.name: "cargo says that a test failed, and no line of a test does" for suite in suites}
    return doubts | dict.fromkeys(failing, "a line says that a test failed, cargo that none did") if ok else doubts


def _why_in_doubt(suite: _Suite) -> str:
    """Return how a suite's words and its end disagree; nothing where they agree, or where it was cut off."""
    if suite.was_cut or not suite.summaries:
        return ""
    if not _has_ended(suite) or suite.crashed:
        return "its process came to no end of its own"
    read = Counter(result for _, result in suite.results)
    for result in _WORDS.values():
        if (stated := _stated(suite, result)) != read[result]:
            return f"{stated} {result} by its own count, {read[result]} by name"
    if listed := _why_names_in_doubt(suite):
        return listed
    if suite.cargo_failed == bool(read["failed"]):
        return ""
    return "its process failed, and none of its tests" if suite.cargo_failed else "tests failed, its process did not"


def _why_names_in_doubt(suite: _Suite) -> str:
    """Return how the tests that failed by name are not those that the suite lists; nothing where they are."""
    failed = Counter(name for name, result in suite.results if result == "failed")
    passed = {name for name, result in suite.results if result == "passed"}
    if suite.failures is None:
        is_certain = not (suite.is_torn and failed and passed)
        return "" if is_certain else "something was written into its lines, and its list of failures cannot be read"
    # A line that another thread breaks into gives one test the result of two.
    is_same = failed == Counter(suite.failures) and not passed & failed.keys()
    return "" if is_same else "its own list of failures names others"
