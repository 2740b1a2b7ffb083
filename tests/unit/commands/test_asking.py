"""What a command line asks for, and what is wrong with it."""

from __future__ import annotations

import shlex

import pytest
from invoke.program import Program

from burnish.commands.asking import Asked, read_words
from burnish.commands.steps import COMMANDS
from burnish.errors import UsageError

CORE = Program(namespace=None).core_args()


def asked(line: str) -> Asked:
    """Return what a command line asks for."""
    return read_words(shlex.split(line), COMMANDS, CORE, "burnish")


@pytest.mark.parametrize(
    ("line", "found", "next_command"),
    [
        ("optimise", "there is no command `optimise`; did you mean `optimize`?", "optimize"),
        ("optimise --json", "there is no command `optimise`; did you mean `optimize`?", "optimize --json"),
        ("opt", "there is no command `opt`; did you mean `optimize`?", "optimize"),
        ("xyzzy", "there is no command `xyzzy`", "help"),
        ("help optimise", "there is no command `optimise`; did you mean `optimize`?", "help optimize"),
        ("--help optimise", "there is no command `optimise`; did you mean `optimize`?", "--help optimize"),
        ("plan --recipie small", "`plan` has no option `--recipie`; did you mean `--recipe`?", "plan --recipe small"),
        ("plan --recipie=small", "`plan` has no option `--recipie`; did you mean `--recipe`?", "plan --recipe=small"),
        ("plan --xyzzy", "`plan` has no option `--xyzzy`", "help plan"),
        ("plan -x", "`plan` has no option `-x`", "help plan"),
        ("plan -qx", "`plan` has no option `-x`", "help plan"),
        ("plan --max-trials 3", "`plan` has no option `--max-trials`; it belongs to `tune`", "help plan"),
        ("--max-trials 3 plan", "`plan` has no option `--max-trials`; it belongs to `tune`", "help plan"),
        ("keep --recipe x", "`keep` has no option `--recipe`", "help keep"),
        ("--quit", "there is no option `--quit`; did you mean `--quiet`?", "help"),
        ("plan --recipe", "`--recipe` needs a value", "help plan"),
        ("plan --recipe --json", "`--recipe` needs a value, and `--json` is an option", "help plan"),
        ("plan --recipe=--json", "`--recipe` needs a value, and `--json` is an option", "help plan"),
        ("plan --json=yes", "`--json` takes no value", "plan --json"),
        ("plan --recipe a --recipe b", "`--recipe` is given twice", "help plan"),
        ("--recipe a plan --recipe b", "`--recipe` is given twice", "help plan"),
        ("plan more", "`plan` takes no `more`: only options follow it", "help plan"),
        ("fleet a.toml b.toml", "`fleet` takes no `b.toml`: only options follow it", "help fleet"),
        ("fleet a.toml --file b.toml", "`--file` is given twice", "help fleet"),
        ("plan -- more", "`plan` has no option `--`", "help plan"),
        ("help plan build", "`help` takes one word, and `build` is one more", "help help"),
        ("completions", "`completions` takes the name of a shell", "completions bash"),
        ("completions fsh", "there are no completions for `fsh`; did you mean `fish`?", "completions fish"),
        ("--list-depth x", "`--list-depth` is `x`", "--help-invoke"),
    ],
)
def test_word_without_a_place_is_told_with_the_nearest(line: str, found: str, next_command: str) -> None:
    """One clear sentence, and a command that works, or the page that helps."""
    with pytest.raises(UsageError) as refused:
        asked(line)
    assert (refused.value.found, refused.value.next_command) == (found, f"burnish {next_command}")
    assert refused.value.exit_status == 1


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("", Asked(what="help")),
        ("-q", Asked(what="help")),
        ("-h", Asked(what="help")),
        ("help", Asked(what="help")),
        ("help plan", Asked(what="help", of="plan")),
        ("help completions", Asked(what="help", of="completions")),
        ("completions --help", Asked(what="help", of="completions")),
        ("--help plan", Asked(what="help", of="plan")),
        ("plan --recipe x -h", Asked(what="help", of="plan")),
        ("-V", Asked(what="version")),
        ("plan --version", Asked(what="version")),
        ("completions zsh", Asked(what="completions", of="zsh")),
    ],
)
def test_help_version_and_completions_are_asked_in_each_usual_way(line: str, wanted: Asked) -> None:
    """As of cargo and its commands."""
    assert asked(line) == wanted


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("plan --recipe=x --json", "plan --recipe x --json"),
        ("-q --project x plan --json", "plan -q --project x --json"),
        ("-q build test", "build -q test -q"),
        ("plan -px", "plan -p x"),
        ("optimize -qn", "optimize -q -n"),
        ("plan --set a=1 --set b=2", "plan --set a=1 --set b=2"),
        ("build --recipe x test --recipe x", "build --recipe x test --recipe x"),
        ("plan --recipe build", "plan --recipe build"),
        ("--dry plan", "--dry plan"),
        ("--list", "--list"),
        ("--list-depth 1 --list", "--list-depth 1 --list"),
        ("--help-invoke", "--help"),
        ("--complete -- burnish op", "--complete -- burnish op"),
    ],
)
def test_invoke_is_given_its_own_words(line: str, words: str) -> None:
    """Options may stand before the command, joined or apart; Invoke's own are left alone."""
    assert asked(line) == Asked(what="run", words=tuple(shlex.split(words)))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("fleet", ("fleet",)),
        ("fleet a.toml --resume", ("fleet", "--file", "a.toml", "--resume")),
        ("fleet --resume plan", ("fleet", "--resume", "--file", "plan")),
        ("worker tcp://127.0.0.1:1 --label x", ("worker", "--scheduler", "tcp://127.0.0.1:1", "--label", "x")),
    ],
)
def test_word_that_may_stand_alone_is_its_options_value(line: str, words: tuple[str, ...]) -> None:
    """A file or an address behind the command, whatever it is called."""
    assert asked(line) == Asked(what="run", words=words)
