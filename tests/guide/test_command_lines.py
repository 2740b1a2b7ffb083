"""Command lines of the guide are those that burnish reads."""

from __future__ import annotations

import pytest

from guide.command_lines import check_line, commands_in, workflow_commands


def test_line_is_taken_apart_as_a_shell_does() -> None:
    """Comments and paths of programs go, quotes hold words together."""
    line = 'python3 -m venv .venv && .venv/bin/burnish plan --max-size "500 kB"   # a limit'
    assert list(commands_in(line)) == [["python3", "-m", "venv", ".venv"], ["burnish", "plan", "--max-size", "500 kB"]]


@pytest.mark.parametrize(
    "line",
    [
        "burnish plan --recipe small --set 'startup.runs = 30' --accept unwinding,speed",
        "cargo burnish optimize --budget sound --platform x86_64-unknown-linux-musl",
        "burnish --dry optimize",
        "burnish --help optimize",
        "burnish help optimize",
        "burnish completions bash",
        "burnish -p app optimize -n -q",
        "invoke --list",
        "invoke baseline --recipe small build",
        "nox -s validate -- --project x",
        'nox -s "validate(aarch64-apple-darwin)"',
        "git status",
    ],
)
def test_command_that_can_be_is_accepted(line: str) -> None:
    """Steps, options and values that there are."""
    check_line(line)


@pytest.mark.parametrize(
    "line",
    [
        "burnish optimise",
        "burnish plan --nope",
        "burnish plan --report-dir x",
        "burnish help nope",
        "burnish completions csh",
        "invoke optimise",
        "invoke plan --nope",
        "burnish plan --set 'startup.run = 1'",
        "burnish plan --accept nothing",
        "burnish plan --budget small",
        "burnish plan --max-size big",
        "burnish plan --platform x86",
        "cargo burnish optimise",
        "nox -s validat",
        'nox -s "validate(x86)"',
        "true && burnishh plan",
    ],
)
def test_command_that_cannot_be_is_refused(line: str) -> None:
    """An unknown step, option, setting, concession, budget, limit, platform, session or program."""
    with pytest.raises(ValueError, match=r"."):
        check_line(line)


def test_commands_of_a_workflow_are_its_run_lines() -> None:
    """Whether they begin a step or follow its name."""
    assert workflow_commands(["- run: burnish doctor", "  run: a", "# run: b", "with: c"]) == ["burnish doctor", "a"]
    assert workflow_commands(["  script: burnish doctor", "before_script:"]) == ["burnish doctor"]
