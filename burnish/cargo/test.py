"""Testing: the user's own `cargo test --release`, and the names of what passed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from burnish.cargo.build import JSON_MESSAGES, Cargo
from burnish.cargo.libtest import ParsedTests, parse_tests
from burnish.report.model import Tests

_SAID_AT_MOST = 2000
# The words that cargo begins its lines with; what the tests themselves write is in the log.
_CARGO_SAYS = ("   Compiling ", "    Finished ", "     Running ", "   Doc-tests ", "warning:", "error:", "error[")


def run_tests(cargo: Cargo, *, log: Path, timeout_seconds: float, on_count: Callable[[int], None]) -> Tests:
    """Run the whole suite once; a failing test stops nothing.

    `on_count` gets the number of tests done so far. All that cargo and the tests said is left in the file `log`.
    """
    command = ["test", "--release", "--no-fail-fast", *cargo.project.selection]
    count = _Counter(on_count, cargo.on_line)
    finished = cargo.run([*command, JSON_MESSAGES], timeout_seconds=timeout_seconds, merged=True, on_stdout=count.see)
    text = finished.stdout.decode("utf-8", "replace")
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(finished.stdout)
    parsed = parse_tests(text, complete=not finished.timed_out)
    return Tests(
        command=cargo.toolkit.command(command),
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
    log: Path,
    timeout_seconds: float,
    on_count: Callable[[int], None],
) -> Tests:
    """Run the suite again and count as passed, but name as retried, what of the `lost` passes now."""
    again = run_tests(cargo, log=log, timeout_seconds=timeout_seconds, on_count=on_count)
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
    """Counts the tests that are done, for the progress line, and passes on what cargo says of building them."""

    def __init__(self, on_count: Callable[[int], None], on_line: Callable[[str], None]) -> None:
        self._done = 0
        self._on_count = on_count
        self._on_line = on_line

    def see(self, line: str) -> None:
        if line.startswith("test ") and " ... " in line:
            self._done += 1
            self._on_count(self._done)
        elif line.startswith(_CARGO_SAYS):
            self._on_line(line)
