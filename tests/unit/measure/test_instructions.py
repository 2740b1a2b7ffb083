"""Counting instructions: what valgrind and the timer say, and what they do not."""

from __future__ import annotations

import itertools
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from burnish.measure.command import Command
from burnish.measure.instructions import CannotCountError, CountPlan, ValgrindCounter, count_in_rounds
from burnish.model import CountedBy, SideName
from burnish.system.process import Programs

PLAN = CountPlan(rounds=3, max_rounds=6, max_seconds=1000.0)


def counter(tmp_path: Path, script: str) -> ValgrindCounter:
    """Return a counter whose valgrind is this Python program; `options` are its arguments by name."""
    valgrind = tmp_path / "valgrind"
    begin = "import sys\noptions = dict(word.split('=', 1) for word in sys.argv[1:] if '=' in word)\n"
    valgrind.write_text(f"#!{sys.executable}\n{begin}{script}\n")
    valgrind.chmod(0o755)
    programs = Programs(env=dict(os.environ))
    return ValgrindCounter(
        programs=programs, valgrind=str(valgrind), folder=tmp_path / "50% counts", timeout_seconds=10.0
    )


def command(tmp_path: Path, exit_status: int = 0) -> Command:
    """Return a command of no importance."""
    return Command(argv=("program", "--version"), cwd=tmp_path, exit_status=exit_status)


WRITES = "open(options['--cachegrind-out-file'].replace('%%', '%'), 'w').write('events: Ir\\nsummary: 123456\\n')"


LOGS = "open(options['--log-file'].replace('%%', '%'), 'w').write('==7== Illegal opcode\\n==7== \\n')"


@pytest.mark.skipif(sys.platform == "win32", reason="valgrind is not there, nor are its stand-ins")
class TestValgrind:
    """What cachegrind leaves behind is read, and every other end is told."""

    def test_the_sum_is_read(self, tmp_path: Path) -> None:
        """Also where the folder has a percent sign, which valgrind would expand; the program's arguments are last."""
        checks = "assert sys.argv[-2:] == ['program', '--version'] and '--command-line-only=yes' in sys.argv"
        assert counter(tmp_path, f"{checks}\n{WRITES}").count(command(tmp_path)) == 123456

    @pytest.mark.parametrize(
        ("script", "exit_status", "words"),
        [
            (f"{WRITES}; sys.exit(3)", 0, "it gave exit status 3 under valgrind, not 0"),
            (WRITES, 3, "it gave exit status 0 under valgrind, not 3"),
            ("pass", 0, "valgrind wrote no count"),
            ("open(options['--cachegrind-out-file'].replace('%%', '%'), 'w').write('x')", 0, "wrote no count"),
            (
                f"{LOGS}; sys.exit(132)",
                0,
                "it gave exit status 132 under valgrind, not 0; Illegal opcode",
            ),
        ],
    )
    def test_what_was_not_counted_is_told(self, tmp_path: Path, script: str, exit_status: int, words: str) -> None:
        """A run that ended otherwise is no count, whatever was written."""
        with pytest.raises(CannotCountError, match=words):
            counter(tmp_path, script).count(command(tmp_path, exit_status))

    def test_counts_of_an_earlier_run_are_not_read(self, tmp_path: Path) -> None:
        """The file is gone before the next start."""
        first = counter(tmp_path, WRITES)
        first.count(command(tmp_path))
        with pytest.raises(CannotCountError, match="wrote no count"):
            counter(tmp_path, "pass").count(command(tmp_path))

    def test_valgrind_that_cannot_be_started_is_told(self, tmp_path: Path) -> None:
        """It may have gone since it was found."""
        gone = counter(tmp_path, WRITES)
        Path(gone.valgrind).unlink()
        with pytest.raises(CannotCountError, match="cannot start"):
            gone.count(command(tmp_path))


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")
def test_real_counts_hardly_differ(tmp_path: Path) -> None:
    """The same program twice gives the same work, to a fraction of a percent."""
    valgrind = str(shutil.which("valgrind"))
    real = ValgrindCounter(
        programs=Programs(env=dict(os.environ)), valgrind=valgrind, folder=tmp_path / "counts", timeout_seconds=60.0
    )
    seen = [real.count(Command(argv=("/bin/true",), cwd=tmp_path)) for _ in range(3)]
    assert min(seen) > 10_000
    assert max(seen) / min(seen) < 1.005


class Scripted:
    """A counter that gives the counts that it was told, and remembers whom it counted."""

    by: CountedBy = "kernel"

    def __init__(self, counts: Sequence[int] = (1,)) -> None:
        """Give these counts in turn, again and again."""
        self._counts = itertools.cycle(counts)
        self.counted: list[str] = []

    def count(self, command: Command) -> int:
        """Return the next count."""
        self.counted.append(command.argv[0])
        return next(self._counts)


def counted(
    scripted: Scripted, plan: CountPlan = PLAN, *, undecided: bool = False, seconds: float = 0.0
) -> dict[SideName, list[int]]:
    """Count two sides, each round of which takes so many seconds."""
    commands: Mapping[SideName, Command] = {
        "baseline": Command(argv=("old",), cwd=Path()),
        "candidate": Command(argv=("new",), cwd=Path()),
    }
    clock = itertools.count(0.0, seconds)
    return count_in_rounds(
        commands,
        scripted,
        plan,
        is_undecided=lambda _: undecided,
        clock=lambda: next(clock),
        on_round=lambda *_: None,
    )


def test_sides_are_counted_in_turn() -> None:
    """What changes with time changes both."""
    scripted = Scripted([10, 20])
    assert counted(scripted) == {"baseline": [10] * 3, "candidate": [20] * 3}
    assert scripted.counted == ["old", "new"] * 3


def test_rounds_go_on_while_undecided() -> None:
    """As far as the plan goes."""
    assert len(counted(Scripted(), undecided=True)["baseline"]) == 6


def test_no_round_is_begun_that_would_end_late() -> None:
    """One is always there, and each further one must fit in what is left."""
    plan = CountPlan(rounds=3, max_rounds=6, max_seconds=35.0)
    assert len(counted(Scripted(), plan, undecided=True, seconds=5.0)["baseline"]) == 5
    assert len(counted(Scripted(), plan, undecided=True, seconds=100.0)["baseline"]) == 1
