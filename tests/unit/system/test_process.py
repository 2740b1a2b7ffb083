from __future__ import annotations

import json
import os
import sys
import time
from functools import partial
from pathlib import Path
from threading import Thread

import psutil
import pytest

from burnish.errors import Refused
from burnish.system.children import MARK
from burnish.system.process import Programs


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    """Return a door that records its children."""
    return Programs(env=os.environ, children=tmp_path / "children")


def python(code: str, *arguments: str) -> list[str]:
    """Return the argument list of a small Python program."""
    return [sys.executable, "-c", code, *arguments]


def wait_until_gone(pid: int) -> bool:
    """Wait until a process is gone or a zombie, for a while."""
    for _ in range(200):
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def test_run_gives_status_and_both_streams(programs: Programs, tmp_path: Path) -> None:
    """A program's exit status, stdout and stderr come back as they were."""
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    finished = programs.run(python(code), cwd=tmp_path, timeout_seconds=60)
    assert (finished.exit_status, finished.stdout, finished.stderr) == (3, b"out\n", b"err\n")
    assert not finished.ok


def test_run_feeds_stdin(programs: Programs, tmp_path: Path) -> None:
    """What is given as stdin reaches the program, and then its end."""
    code = "import sys; sys.stdout.write(sys.stdin.read()[::-1])"
    assert programs.run(python(code), cwd=tmp_path, timeout_seconds=60, stdin=b"abc").stdout == b"cba"


def test_run_takes_arguments_literally(programs: Programs, tmp_path: Path) -> None:
    """No shell sees an argument: a name that is shell syntax stays a name."""
    hostile = ["a;touch X", "$(touch Y)", "`touch Z`", "a b\nc", "-rf", "*"]
    code = "import sys, json; print(json.dumps(sys.argv[1:]))"
    finished = programs.run(python(code, *hostile), cwd=tmp_path, timeout_seconds=60)
    assert json.loads(finished.stdout) == hostile
    assert list(tmp_path.iterdir()) == []


def test_run_merges_streams_in_order(programs: Programs, tmp_path: Path) -> None:
    """Merged streams keep the order in which they were written."""
    code = "import os; [os.write(1 + i % 2, b'%d\\n' % i) for i in range(20)]"
    finished = programs.run(python(code), cwd=tmp_path, timeout_seconds=60, merged=True)
    assert finished.stdout.split() == [b"%d" % i for i in range(20)]


def test_run_hands_lines_over_as_they_come(programs: Programs, tmp_path: Path) -> None:
    """A line is handed over without its end, also the last one without a line break, also one that is not UTF-8."""
    lines: list[str] = []
    code = "import os; os.write(1, b'one\\r\\ntwo\\xff\\nlast')"
    programs.run(python(code), cwd=tmp_path, timeout_seconds=60, on_stdout=lines.append)
    assert lines == ["one", "two\N{REPLACEMENT CHARACTER}", "last"]


def test_run_ends_a_stubborn_group_at_its_time_limit(programs: Programs, tmp_path: Path) -> None:
    """A program that ignores SIGTERM, and its child, are gone after the time limit."""
    code = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    finished = programs.run(python(code), cwd=tmp_path, timeout_seconds=2)
    assert finished.timed_out
    assert not finished.ok
    assert wait_until_gone(int(finished.stdout))


def test_run_does_not_wait_for_a_grandchild_that_holds_the_pipe(programs: Programs, tmp_path: Path) -> None:
    """A daemon that a program leaves behind with its stdout open is ended with the program's group."""
    code = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid)\n"
    )
    finished = programs.run(python(code), cwd=tmp_path, timeout_seconds=60)
    assert finished.ok
    assert wait_until_gone(int(finished.stdout))


def test_run_refuses_a_missing_program(programs: Programs, tmp_path: Path) -> None:
    """A program that is not there is one clear refusal."""
    with pytest.raises(Refused, match="cannot start no-such-program"):
        programs.run(["no-such-program"], cwd=tmp_path, timeout_seconds=60)


def test_children_are_recorded_before_they_start(programs: Programs, tmp_path: Path) -> None:
    """From its first moment a program carries the word that stands in the file, another one each time; then it goes."""
    code = f"import os, pathlib, sys; said = os.environ[{MARK!r}], pathlib.Path(sys.argv[1]).read_text();"
    code += "pathlib.Path('said').write_text(' '.join(said))"
    words = set()
    for _ in range(2):
        assert programs.run(python(code, str(tmp_path / "children")), cwd=tmp_path, timeout_seconds=60).ok
        mark, word = (tmp_path / "said").read_text(encoding="utf-8").split()
        assert mark == f"{word}:{tmp_path / 'children'}"
        words.add(word)
        assert not (tmp_path / "children").exists()
    assert len(words) == 2


def test_each_of_several_programs_stands_in_the_record(programs: Programs, tmp_path: Path) -> None:
    """Whichever ends first: while one runs, its word is there."""
    code = f"import os, pathlib, sys, time; word = os.environ[{MARK!r}].partition(':')[0]\n"
    code += "pathlib.Path(sys.argv[1]).write_text(word)\n"
    code += "while not pathlib.Path(sys.argv[2]).exists(): time.sleep(0.01)"
    threads, seen = [], []
    for name in ("one", "other"):
        argv = python(code, name, f"end {name}")
        threads.append(Thread(target=partial(programs.run, argv, cwd=tmp_path, timeout_seconds=60)))
        threads[-1].start()
    while not all((tmp_path / name).exists() and (tmp_path / name).read_text() for name in ("one", "other")):
        time.sleep(0.01)
    words = [(tmp_path / name).read_text(encoding="ascii") for name in ("one", "other")]
    seen.append(set(words) - set((tmp_path / "children").read_text(encoding="ascii").split()))
    (tmp_path / "end one").touch()
    threads[0].join()
    seen.append({words[1]} - set((tmp_path / "children").read_text(encoding="ascii").split()))
    (tmp_path / "end other").touch()
    threads[1].join()
    assert seen == [set(), set()]
    assert not (tmp_path / "children").exists()


def test_program_that_prints_its_environment_says_the_same_each_time(programs: Programs, tmp_path: Path) -> None:
    """The word that differs from start to start is in nothing that a program says: the gates compare what it says."""
    code = f"import os, sys; print(os.environ[{MARK!r}]); print(os.environ[{MARK!r}], file=sys.stderr)"
    said = [programs.run(python(code), cwd=tmp_path, timeout_seconds=60) for _ in range(2)]
    assert said[0].stdout == said[0].stderr == said[1].stdout == said[1].stderr
    assert b"children" in said[0].stdout


def test_program_that_cannot_be_started_leaves_no_record(programs: Programs, tmp_path: Path) -> None:
    """Nothing runs that it could tell of."""
    with pytest.raises(Refused):
        programs.run(["no-such-program"], cwd=tmp_path, timeout_seconds=60)
    assert not (tmp_path / "children").exists()


def test_run_ends_what_is_said_to_be_hung(programs: Programs, tmp_path: Path) -> None:
    """A program that its watcher gives up is ended long before its time limit, and what it had written is kept."""
    seen: list[str] = []
    finished = programs.run(
        python("import time; print('alive', flush=True); time.sleep(600)"),
        cwd=tmp_path,
        timeout_seconds=300,
        on_stdout=seen.append,
        is_hung=lambda: bool(seen),
    )
    assert (finished.timed_out, finished.stdout) == (True, b"alive\n")
