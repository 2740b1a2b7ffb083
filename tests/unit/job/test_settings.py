from __future__ import annotations

import math
from typing import Any

import pytest

from burnish.errors import Refused
from burnish.job.settings import Layer, Resolved, defaults_layer, metadata_layers, resolve
from burnish.resources import config_file

# Of each TOML type, at the ends of what it can hold; where a value can be used all the same, that is no error.
UNUSABLE = ["nonsense", "", -1, 0, 1.5, 10**400, 2**20000, True, [], ["x"], [1], math.inf, math.nan, None]
DEFAULTS = defaults_layer(config_file("defaults.toml").read_bytes())


def resolved(values: dict[str, Any], *more: dict[str, Any]) -> Resolved:
    """Resolve the defaults and layers named after their place."""
    layers = [Layer(origin=f"layer {number}", values=each) for number, each in enumerate((values, *more))]
    return resolve([DEFAULTS, *layers])


def refusal_of(values: dict[str, Any]) -> Refused | None:
    """Return what refuses settings, if anything does."""
    try:
        resolved(values)
    except Refused as refused:
        return refused
    return None


def test_defaults_alone_are_legal() -> None:
    """config/defaults.toml is complete: every setting has a value of its own type."""
    assert set(resolve([DEFAULTS]).origins.values()) == {"config/defaults.toml"}


def test_later_layers_win_and_are_named() -> None:
    """A later layer's value is in force, and its origin is known; what it does not say stays."""
    found = resolved({"recipe": "small", "startup": {"runs": 7}}, {"recipe": "mine"})
    assert found.settings.recipe == "mine"
    assert (found.origins["recipe"], found.origins["startup.runs"]) == ("layer 1", "layer 0")
    assert found.settings.startup.runs == 7
    assert found.origins["startup.rounds"] == "config/defaults.toml"


def test_budget_keys_are_laid_over_one_by_one() -> None:
    """A package's limit is added to the workspace's budget; it does not replace the table."""
    found = resolved({"budget": {"base": "phase1", "min_tests": 3}}, {"budget": {"max_size": "1 MB"}})
    assert found.settings.budget == {"base": "phase1", "min_tests": 3, "max_size": "1 MB"}


def test_tables_of_names_are_laid_over_name_by_name() -> None:
    """A package's recipe, or expected bench, is added to the workspace's; of one name the later holds, whole."""
    found = resolved(
        {"recipes": {"a": {"static": True}, "b": {"summary": "old"}}, "budget": {"benches": {"x.y": 1, "z": 2}}},
        {"recipes": {"b": {"profile": {}}}, "budget": {"benches": {"z": 3}}},
    )
    assert found.settings.recipes == {"a": {"static": True}, "b": {"profile": {}}}
    assert found.settings.budget["benches"] == {"x.y": 1, "z": 3}
    assert found.names["recipes"] == {"a": "layer 0", "b": "layer 1"}
    assert found.names["budget.benches"] == {"x.y": "layer 0", "z": "layer 1"}
    over_no_table = resolved({"budget": {"benches": 3}}, {"budget": {"benches": {"z": 3}}})
    assert over_no_table.settings.budget["benches"] == {"z": 3}


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"recepie": "small"}, 'unknown setting "recepie" in layer 0 (did you mean "recipe"?)'),
        ({"startup": {"run": 1}}, 'did you mean "startup.runs"?'),
        ({"startup": 3}, 'unknown setting "startup"'),
        ({"budget": "improve"}, 'unknown setting "budget"'),
        ({"recipe": {"x": 1}}, 'unknown setting "recipe.x"'),
    ],
)
def test_unknown_key_is_refused_with_the_nearest(values: dict[str, Any], says: str) -> None:
    """A key that config/defaults.toml does not have is refused, with the one that was probably meant."""
    with pytest.raises(Refused) as caught:
        resolved(values)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        {"recipe": 3},
        {"startup": {"runs": "many"}},
        {"startup": {"runs": 2.5}},
        {"startup": {"runs": True}},
        {"startup": {"runs": -1}},
        {"startup": {"runs": 1}},
        {"startup": {"args": "--version"}},
        {"startup": {"args": [1]}},
        {"benches": {"attempts": 2}},
        {"limits": {"build_seconds": "1 h"}},
        {"behaviour": {"args": []}},
        {"behaviour": [{"argv": ["x"]}]},
        {"behaviour": [{"args": "x"}]},
        {"behaviour": 5},
        {"recipes": []},
    ],
)
def test_value_of_another_type_or_range_is_refused(values: dict[str, Any]) -> None:
    """A value that cannot be meant is refused, and the message says where it stands."""
    with pytest.raises(Refused, match="layer 0"):
        resolved(values)


@pytest.mark.parametrize("value", UNUSABLE, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize(
    "key", sorted(set(resolve([DEFAULTS]).origins) - {"behaviour", "workloads", "recipes", "budget.base"})
)
def test_what_is_refused_is_named_and_where_it_stands(key: str, value: object) -> None:
    """Whatever value a setting is given: it can be used, or its own name and place are in the message."""
    refused = refusal_of({key: value})
    if refused is not None:
        assert f'"{key}" in layer 0' in refused.found or f"{key} in layer 0 accepts" in refused.found
        assert refused.expected
        assert "[[behaviour]]" not in refused.expected


@pytest.mark.parametrize(
    ("values", "found", "expected"),
    [
        (
            {"search": {"oldest_cpu": "v2"}},
            "setting \"search.oldest_cpu\" in layer 0 is 'v2'",
            "one of any, x86-64-v2, x86-64-v3, native",
        ),
        ({"search": {"time_budget": "x"}}, "setting \"search.time_budget\" in layer 0 is 'x'", '"30 min"'),
        ({"search": {"time_budget": "0 s"}}, "setting \"search.time_budget\" in layer 0 is '0 s'", '"30 min"'),
        ({"search": {"worth": "100%"}}, "setting \"search.worth\" in layer 0 is '100%'", 'like "1%"'),
        ({"search": {"worth": "1"}}, "setting \"search.worth\" in layer 0 is '1'", 'like "1%"'),
        ({"limits": {"build_seconds": 1e300}}, 'setting "limits.build_seconds" in layer 0', "1,000,000,000 or less"),
    ],
)
def test_value_that_is_none_of_the_choices_is_refused(values: dict[str, Any], found: str, expected: str) -> None:
    """By its own name, with what may stand there."""
    with pytest.raises(Refused) as caught:
        resolved(values)
    assert caught.value.found.startswith(found)
    assert expected in caught.value.expected


def test_every_setting_is_shown_with_its_origin() -> None:
    """The report has each setting as text, with where it came from."""
    text = resolved({"startup": {"args": ["-c", "x"]}}).as_text()
    assert text["startup.args"] == '["-c","x"] (layer 0)'
    assert text["recipe"] == '"auto" (config/defaults.toml)'


def test_expected_benches_are_one_value_whatever_their_names() -> None:
    """A bench's name may hold dots, which are no tables of ours."""
    benches = {"sum.of all": {"expected": "8 ns"}}
    assert resolved({"budget": {"benches": benches}}).settings.budget["benches"] == benches


def test_platforms_own_settings_lie_over_the_projects() -> None:
    """What a project says of one platform holds there, with its own origin, and nowhere else."""
    table = {"recipe": "small", "platforms": {"musl": {"budget": {"max_size": 1}}, "mac": {"recipe": "portable"}}}
    assert metadata_layers(table, "[package.metadata.burnish]", "musl", ["musl", "mac"]) == [
        Layer(origin="[package.metadata.burnish]", values={"recipe": "small"}),
        Layer(origin="[package.metadata.burnish.platforms.musl]", values={"budget": {"max_size": 1}}),
    ]


@pytest.mark.parametrize(
    ("platforms", "says"), [({"musk": {}}, 'did you mean "musl"'), ({"musl": 1}, "musl"), (3, '""')]
)
def test_settings_for_no_platform_are_refused(platforms: object, says: str) -> None:
    """A misspelt platform's settings would never hold."""
    with pytest.raises(Refused, match=says):
        metadata_layers({"platforms": platforms}, "[package.metadata.burnish]", "musl", ["musl"])


@pytest.mark.parametrize("key", ["behaviour", "workloads"])
@pytest.mark.parametrize("table", ["no table", {"args": "x"}, {"arguments": []}, {"args": [], "env": {"A": 1}}])
def test_table_of_a_command_that_cannot_be_used_is_refused(key: str, table: object) -> None:
    """The message names the setting, and says what such a table holds."""
    refused = refusal_of({key: [table]})
    assert refused is not None
    assert f'"{key}" in layer 0' in refused.found
    assert f"[[{key}]]" in refused.expected


def test_workload_has_its_arguments_for_a_name() -> None:
    """A name is what people call it; keys may be spelled as cargo spells its own."""
    table = {"args": ["count", "a b.txt"], "stdin-file": "input.txt", "env": {"LANG": "C"}, "exit-status": 3}
    (workload,) = resolved({"workloads": [table]}).settings.workloads
    assert workload.name == "count 'a b.txt'"
    assert (workload.stdin_file, workload.env, workload.exit_status) == ("input.txt", {"LANG": "C"}, 3)


def test_workloads_that_cannot_be_told_apart_are_refused() -> None:
    """The report and the limits go by names."""
    refused = refusal_of({"workloads": [{"args": ["a"]}, {"name": "a", "args": ["b"]}]})
    assert refused is not None
    assert 'two workloads in layer 0 are called "a"' in refused.found


def test_workloads_that_only_train_are_refused() -> None:
    """What was trained with judges nothing."""
    refused = refusal_of({"workloads": [{"args": ["a"], "train": True}]})
    assert refused is not None
    assert "all workloads in layer 0 are there to train" in refused.found
    assert refusal_of({"workloads": [{"args": ["a"], "train": True}, {"args": ["b"]}]}) is None


@pytest.mark.parametrize("seconds", [0, -1, 0.0, float("nan"), float("inf")])
def test_limit_of_a_workload_is_a_time(seconds: float) -> None:
    """What nothing could miss, or nothing meet, is no limit."""
    refused = refusal_of({"workloads": [{"name": "fib", "args": ["a"], "max_seconds": seconds}]})
    assert refused is not None
    assert "max_seconds of the workload fib in layer 0" in refused.found
