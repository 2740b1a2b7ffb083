"""What concessions would buy: the entries of the table, and the command that takes one."""

from __future__ import annotations

import tomllib

import pytest

from burnish.concessions import ALL, NAMES, Concession
from burnish.job.options import Options
from burnish.search.offers import accepting
from tests.unit.search.test_choices import SEARCH, space


def test_each_entry_of_the_table_takes_what_it_is_offered_for() -> None:
    """What is offered for one concession is to be had by that one alone."""
    table = tomllib.loads(SEARCH.decode())["offers"]
    assert set(table) <= {*NAMES, ALL}
    for name in NAMES:
        known = {choice.id for choice in space(accepted=frozenset({name})).choices}
        free = {choice.id for choice in space(accepted=frozenset()).choices}
        for entry in table.get(name, []):
            assert set(entry) <= known - free, name


def test_all_concessions_together_are_offered_with_what_each_would_buy_alone() -> None:
    """Accepting all of them never buys less than one of them: no choice beside theirs makes the file larger."""
    table = tomllib.loads(SEARCH.decode())["offers"]
    alone = {table[name][0][0] for name in ("speed", "unwinding", "fixed-address", "old-systems", "function-addresses")}
    assert {entry.removesuffix("?") for entry in table[ALL][0]} == alone


@pytest.mark.parametrize(
    ("options", "said", "accepts", "command"),
    [
        (Options(), [], ["unwinding"], "burnish optimize --accept unwinding"),
        (Options(), ["symbols"], ["speed"], "burnish optimize --accept speed,symbols"),
        (Options(), [], ["speed", "symbols"], "burnish optimize --accept all"),
        (
            Options(project="a b", max_size="1 MB", set=("startup.runs = 3",), accept=("symbols",)),
            ["symbols"],
            ["speed"],
            "burnish optimize --project 'a b' --max-size '1 MB' --set 'startup.runs = 3' --accept speed,symbols",
        ),
    ],
)
def test_command_does_the_same_with_more_accepted(
    options: Options, said: list[Concession], accepts: list[Concession], command: str
) -> None:
    """It can be pasted: the options stay, and what was accepted already is accepted again."""
    assert accepting(options, said, accepts) == command
