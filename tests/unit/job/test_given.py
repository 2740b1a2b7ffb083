"""What the command lines of a run's steps say, laid over the project's settings and budget."""

from __future__ import annotations

from functools import reduce
from typing import Any

import msgspec
import pytest

from burnish.errors import Refused, UsageError
from burnish.job.given import budget_in_force, command_line_layers
from burnish.job.options import Options
from burnish.job.settings import Layer, Resolved, defaults_layer, resolve
from burnish.resources import config_file


def after(*steps: Options) -> Options:
    """Return the options of the last of several steps of one run."""
    return reduce(lambda earlier, options: options.over(earlier), steps)


def in_force(*steps: Options, project: dict[str, Any] | None = None) -> Resolved:
    """Resolve what the steps of one run have said so far, over a project's settings."""
    defaults = defaults_layer(config_file("defaults.toml").read_bytes())
    own = Layer(origin="[package.metadata.burnish]", values=project or {})
    return resolve([defaults, own, *command_line_layers(after(*steps))])


def test_set_of_an_earlier_step_holds_when_a_later_one_sets_something_else() -> None:
    """README: the options given to the first step hold for the others."""
    found = in_force(Options(set=("startup.runs = 30",)), Options(set=("startup.rounds = 4",)), Options())
    assert (found.settings.startup.runs, found.settings.startup.rounds) == (30, 4)
    assert found.origins["startup.runs"] == "the command line"


def test_set_of_a_later_step_wins_over_an_earlier_one() -> None:
    """What is said last holds."""
    assert in_force(Options(set=("startup.runs = 30",)), Options(set=("startup.runs = 7",))).settings.startup.runs == 7


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Options(recipe="small"), Options(set=('recipe = "portable"',))),
        (Options(set=('recipe = "small"',)), Options(recipe="portable")),
    ],
)
def test_later_step_wins_however_the_setting_is_spelled(first: Options, second: Options) -> None:
    """An option and `--set` are two spellings of one setting: the step that came last is the one that holds."""
    assert in_force(first, second, Options()).settings.recipe == "portable"


def test_accepted_concessions_of_all_steps_add_up() -> None:
    """As within one command, where `--accept` may stand several times."""
    found = in_force(Options(accept=("unwinding",)), Options(accept=("speed",)), Options(set=("startup.runs = 9",)))
    assert found.settings.search.accept == ("speed", "unwinding")


@pytest.mark.parametrize(
    ("first", "second", "bytes_"),
    [
        (Options(max_size="500 kB"), Options(max_startup="1 s"), 500_000),
        (Options(max_size="500 kB"), Options(set=("budget.max_size = 7",)), 7),
        (Options(set=("budget.max_size = 7",)), Options(max_size="500 kB"), 500_000),
        (Options(set=("budget.max_size = 7",)), Options(budget="sound"), 7),
        (Options(budget="sound"), Options(set=("budget.max_size = 7",)), 7),
    ],
)
def test_limits_of_all_steps_hold(first: Options, second: Options, bytes_: int) -> None:
    """A budget that is named stands for the project's own limits, not for those of the command line."""
    options = after(first, second)
    budget = budget_in_force(options, in_force(first, second, project={"budget": {"max_size": 1, "min_tests": 3}}))
    assert budget.max_size_bytes == bytes_
    assert budget.min_tests == (0 if options.budget else 3)


REFUSED = [
    ("max_size", "0"),
    ("max_size", ""),
    ("max_startup", "0"),
    ("max_startup", ""),
    ("max_trials", "0"),
    ("max_trials", ""),
]


@pytest.mark.parametrize(("name", "text"), REFUSED)
def test_limit_of_nothing_is_refused_and_not_left_out(name: str, text: str) -> None:
    """What was typed counts: without it anything would pass."""
    options: Options = msgspec.convert({name: text}, Options)
    with pytest.raises((Refused, UsageError)):
        budget_in_force(options, in_force(options))


@pytest.mark.parametrize("base", ["3", "[3]", "{ a = 1 }", "true"])
def test_base_of_a_budget_is_a_name(base: str) -> None:
    """What is none is refused in one message."""
    options = Options(set=(f"budget.base = {base}",))
    with pytest.raises((Refused, UsageError), match=r"budget\.base"):
        budget_in_force(options, in_force(options))


@pytest.mark.parametrize("key", ["recipes", "behaviour"])
def test_table_that_is_a_number_is_named(key: str) -> None:
    """By the key and the place where it stands, not by another one's."""
    with pytest.raises(Refused, match=rf'"{key}" in the command line is 3'):
        in_force(Options(set=(f"{key} = 3",)))


def test_named_budget_leaves_the_projects_benches_out_and_the_command_lines_in() -> None:
    """Each bench that is expected is a limit of its own."""
    options = Options(budget="sound", set=('budget.benches.a.expected = "1 ns"',))
    found = in_force(options, project={"budget": {"benches": {"b": {"expected": "2 ns"}}}})
    assert [bench.bench for bench in budget_in_force(options, found).benches] == ["a"]


def test_options_that_are_no_settings_hold_too() -> None:
    """What is worked on is said once."""
    options = after(
        Options(package=("a",), report_dir="/r"), Options(allow_dirty=True), Options(set=("startup.runs = 9",))
    )
    assert (options.package, options.report_dir, options.allow_dirty) == (("a",), "/r", True)
