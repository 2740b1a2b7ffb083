"""Testing: the user's own `cargo test --release`, and the names of what passed."""

from __future__ import annotations

from collections.abc import Callable, Collection

from burnish.cargo.build import JSON_MESSAGES, Cargo
from burnish.cargo.libtest import ParsedTests, parse_tests
from burnish.report.model import Tests

_SAID_AT_MOST = 2000


def run_tests(cargo: Cargo, *, timeout_seconds: float, on_count: Callable[[int], None]) -> Tests:
    """Run the whole suite once; a failing test stops nothing. `on_count` gets the number of tests done so far."""
    command = ["test", "--release", "--no-fail-fast", *cargo.project.selection]
    count = _Counter(on_count)
    finished = cargo.run([*command, JSON_MESSAGES], timeout_seconds=timeout_seconds, merged=True, on_stdout=count.see)
    text = finished.stdout.decode("utf-8", "replace")
    parsed = parse_tests(text, complete=not finished.timed_out)
    return Tests(
        command=["cargo", *command],
        passed=list(parsed.passed),
        failed=list(parsed.failed),
        ignored=list(parsed.ignored),
        timed_out=finished.timed_out,
        seconds=finished.seconds,
        note=_what_went_wrong(parsed, text, finished_ok=finished.ok),
    )


def confirm_failures(
    cargo: Cargo,
    tests: Tests,
    lost: Collection[str],
    *,
    timeout_seconds: float,
    on_count: Callable[[int], None],
) -> Tests:
    """Run the suite again and count as passed, but name as retried, what of the `lost` passes now."""
    again = run_tests(cargo, timeout_seconds=timeout_seconds, on_count=on_count)
    regained = sorted(set(lost) & set(again.passed))
    return Tests(
        command=tests.command,
        passed=sorted({*tests.passed, *regained}),
        failed=[name for name in tests.failed if name not in regained],
        ignored=tests.ignored,
        retried=sorted({*tests.retried, *regained}),
        timed_out=tests.timed_out,
        seconds=tests.seconds + again.seconds,
        note=tests.note,
    )


def _what_went_wrong(parsed: ParsedTests, text: str, *, finished_ok: bool) -> str:
    if finished_ok or parsed.passed or parsed.failed:
        return "; ".join(parsed.warnings)
    said = [line for line in text.splitlines() if not line.startswith("{")]
    return "\n".join(said)[-_SAID_AT_MOST:]


class _Counter:
    """Counts the tests that are done, for the progress line."""

    def __init__(self, on_count: Callable[[int], None]) -> None:
        self._done = 0
        self._on_count = on_count

    def see(self, line: str) -> None:
        if line.startswith("test ") and " ... " in line:
            self._done += 1
            self._on_count(self._done)
