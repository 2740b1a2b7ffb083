"""Settings: one cascade, defaults < platform < workspace < package < command line; every value knows its origin."""

from __future__ import annotations

import contextlib
import shlex
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from burnish.cargo.benches.bench_runs import BenchSettings
from burnish.cargo.selection import Selection, named_once, read_features
from burnish.concessions import Concession, read_concessions
from burnish.errors import Refused
from burnish.text import did_you_mean, parse_seconds, parse_share, shown

DEFAULTS_ORIGIN = "config/defaults.toml"
# What is checked by whoever reads it, with the same strictness: own recipes and commands, and a budget's keys.
_CHECKED_ELSEWHERE = ("recipes", "behaviour", "workloads", "bins")
_COMMANDS = ("behaviour", "workloads")
# Tables whose keys are names of the project's own, with dots in them perhaps.
_ONE_VALUE = ("recipes", "budget.benches", "bins")
_ACCEPT = "search.accept"
_BUILD, _NAMES = "build", ("package", "bin")
RunnerName = Literal["auto", "cargo", "nextest"]
Reach = Literal["clone", "install"]
# Thirty years in seconds, and more of anything than can be waited for: the system's own clocks end not far beyond.
_MOST = 10**9
# Texts that are quantities: what reads them, and what they are, in words.
_QUANTITIES: Mapping[str, tuple[Callable[[str], float], str]] = {
    "search.time_budget": (parse_seconds, 'a duration like "30 min"'),
    "search.offer_share": (parse_share, 'a percentage like "1%"'),
    "search.worth": (parse_share, 'a percentage like "1%"'),
}
_TABLES = (
    "[[behaviour]] tables with args, and stdin or stdin_file, env and exit_status where wanted; [[workloads]] tables "
    "with the same, and name, train and max_seconds; [bins.NAME] tables with args, stdin, exit_status, behaviour and "
    "workloads; [recipes.NAME] tables"
)


class BuildSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What of the project is built, as cargo's own options say it; see config/defaults.toml.

    Empty texts, and 0 jobs, leave it to cargo.
    """

    package: tuple[str, ...]
    workspace: bool
    bin: tuple[str, ...]
    features: tuple[str, ...]
    all_features: bool
    no_default_features: bool
    profile: str
    target: str
    config: tuple[str, ...]
    locked: bool
    offline: bool
    frozen: bool
    jobs: int

    @property
    def selection(self) -> Selection:
        """Return what cargo is told in each build, test and bench."""
        named = msgspec.structs.asdict(self)
        others = {name: value for name, value in named.items() if name in Selection.__struct_fields__}
        return Selection(**{**others, "features": read_features(self.features)})


class StartupSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The timed command and how often it is timed; see config/defaults.toml."""

    args: tuple[str, ...]
    stdin: str
    exit_status: int
    rounds: int
    max_rounds: int
    max_seconds: float
    runs: int
    warmup: int


class SearchSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How far a search for settings goes; see config/defaults.toml."""

    max_trials: int
    time_budget: str
    effort: float
    jobs: int
    offer_share: str
    screen_rounds: int
    max_rounds: int
    worth: str
    runs: int
    plain_first: bool
    oldest_cpu: Literal["any", "x86-64-v2", "x86-64-v3", "native"]
    hot: list[str]
    accept: tuple[Concession, ...]
    offer_trials: int

    @property
    def worth_ratio(self) -> float:
        """Return `worth` as a fraction."""
        return parse_share(self.worth)

    @property
    def candidates_share(self) -> float:
        """Return which part of the effort is not kept for offers, as a fraction."""
        return 1 - parse_share(self.offer_share) if self.offer_trials else 1.0


class TestSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How tests are run, by which `runner`, of which members, and how a failure is believed; seconds."""

    runner: RunnerName
    workspace: bool
    retries: int
    hang_seconds: float


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Time limits of the programs that we start, seconds."""

    build_seconds: float
    test_seconds: float
    bench_seconds: float
    command_seconds: float
    workload_seconds: float
    round_seconds: float
    query_seconds: float


class CommandSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One further command of the binary whose behaviour is compared; without `exit_status` any will do.

    Its standard input is the text `stdin`, or the file `stdin_file` of the package. `env` adds to the environment.
    """

    args: tuple[str, ...]
    stdin: str = ""
    stdin_file: str = ""
    env: dict[str, str] = {}
    exit_status: int | None = None


class WorkloadSettings(CommandSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One workload: a command with real input, timed as a whole, by its `name`.

    With one to `train` a build may be guided; it does not judge what was guided by it.
    `max_seconds` is its own limit, by the upper bound of its interval; None where there is none.
    """

    name: str = ""
    train: bool = False
    max_seconds: float | None = None


class BinSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one binary is started: its timed command, further commands, and its workloads; None where nobody says.

    One that is not to `start` is judged by its file.
    """

    args: tuple[str, ...] | None = None
    stdin: str | None = None
    exit_status: int | None = None
    behaviour: tuple[CommandSettings, ...] | None = None
    workloads: tuple[WorkloadSettings, ...] | None = None
    start: bool = True


class ThroughputSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How often a workload is timed; see config/defaults.toml."""

    rounds: int
    max_rounds: int
    max_seconds: float
    runs: int
    warmup: int


class InstructionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How often the instructions of a command are counted; see config/defaults.toml."""

    rounds: int
    max_rounds: int
    max_seconds: float


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings after the cascade. `budget` is a flat table of the budget's own keys and `base`."""

    recipe: str
    history: str
    reach: Reach
    allow_abort: bool
    behaviour: tuple[CommandSettings, ...]
    workloads: tuple[WorkloadSettings, ...]
    bins: dict[str, BinSettings]
    recipes: dict[str, Any]
    budget: dict[str, Any]
    build: BuildSettings
    startup: StartupSettings
    throughput: ThroughputSettings
    instructions: InstructionSettings
    search: SearchSettings
    tests: TestSettings
    benches: BenchSettings
    limits: Limits


def _choices() -> Iterator[tuple[str, tuple[str, ...]]]:
    for table, kind in get_type_hints(Settings).items():
        if get_origin(kind) is Literal:
            yield table, get_args(kind)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            hints = get_type_hints(kind).items()
            yield from ((f"{table}.{name}", get_args(each)) for name, each in hints if get_origin(each) is Literal)


# The settings of which only some words can be meant, by their dotted keys.
_CHOICES = dict(_choices())


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One source of settings: nested tables, and where they stand, in words."""

    origin: str
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """The settings in force, and for each dotted key (`startup.runs`) the origin of its value.

    `names` has, for each table whose keys are names of the project's own, the origin of each name.
    """

    settings: Settings
    origins: Mapping[str, str]
    names: Mapping[str, Mapping[str, str]]

    def is_default(self, key: str) -> bool:
        """Return whether nobody but burnish has set `key`."""
        return self.origins[key] == DEFAULTS_ORIGIN

    def as_text(self) -> dict[str, str]:
        """Return each dotted key with its value and origin, for the report."""
        values = dict(_leaves(msgspec.to_builtins(self.settings)))
        return {key: f"{msgspec.json.encode(values.get(key)).decode()} ({self.origins[key]})" for key in self.origins}


def defaults_layer(content: bytes) -> Layer:
    """Read config/defaults.toml, which also tells the legal keys."""
    return Layer(origin=DEFAULTS_ORIGIN, values=tomllib.loads(content.decode()))


def metadata_layers(table: Mapping[str, Any], where: str, triple: str, known: Iterable[str]) -> list[Layer]:
    """Return a project's table as a layer, and what it says under `platforms.<triple>` as another one over it.

    Without a `triple` the first alone. Raise Refused for a platform that is not among the `known`: its settings would
    never hold.
    """
    own = {key: value for key, value in table.items() if key != "platforms"}
    if not triple:
        return [Layer(origin=where, values=own)]
    platforms = table.get("platforms", {})
    for name, values in platforms.items() if isinstance(platforms, Mapping) else [("", platforms)]:
        if name not in known or not isinstance(values, Mapping):
            raise Refused(
                f'{where} has settings for "{name}", which is no platform{did_you_mean(name, known)}',
                expected=f"tables of settings for {', '.join(known)}",
                next_command="burnish plan, after correcting the name",
            )
    inner = f"{where.removesuffix(']')}.platforms.{triple}]"
    return [Layer(origin=where, values=own), Layer(origin=inner, values=platforms.get(triple, {}))]


def resolve(layers: Sequence[Layer]) -> Resolved:
    """Lay each layer over the ones before it; the first is the defaults and tells the legal keys and their types.

    Raise Refused for an unknown key, with the nearest legal one, and for a value of another type.
    """
    values = dict(_leaves(layers[0].values))
    origins = dict.fromkeys(values, layers[0].origin)
    known = dict(values)
    names: dict[str, dict[str, str]] = {key: {} for key in _ONE_VALUE}
    for layer in layers[1:]:
        for key, stated in _leaves(_as_we_spell(layer.values)):
            value = list(read_concessions(stated, f"{key} in {layer.origin}")) if key == _ACCEPT else stated
            _check(key, value, known, layer.origin)
            if key in _ONE_VALUE and isinstance(value, Mapping):
                names[key] |= dict.fromkeys(value, layer.origin)
                value = {**_table(values.get(key)), **value}
            values[key] = value
            origins[key] = layer.origin
    return Resolved(settings=_convert(values, origins), origins=origins, names=names)


def _as_we_spell(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a layer's tables with the keys of `build` as we spell them: `all-features` is how people write it.

    One package or binary stands for a list of one.
    """
    build = values.get(_BUILD)
    if not isinstance(build, Mapping):
        dotted = [f"{_BUILD}.{name}" for name in _NAMES]
        return {**values, **{key: _listed(values[key]) for key in dotted if key in values}}
    spelled = {key.replace("-", "_"): value for key, value in build.items()}
    return {**values, _BUILD: {**spelled, **{name: _listed(spelled[name]) for name in _NAMES if name in spelled}}}


def _listed(said: object) -> object:
    return list(named_once(said)) if isinstance(said, str) else said


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _leaves(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Walk nested tables down to their values, with dotted keys; a table of names is one value."""
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and name not in _ONE_VALUE:
            yield from _leaves(value, f"{name}.")
        else:
            yield name, value


def _check(key: str, value: object, known: Mapping[str, Any], origin: str) -> None:
    is_limit = key.startswith("budget.") and key.count(".") == 1  # the budget knows its own
    if is_limit or (key in _CHECKED_ELSEWHERE and isinstance(value, type(known[key]))):
        return
    if key not in known:
        hint = did_you_mean(key, known)
        raise Refused(
            f'unknown setting "{key}" in {origin}{hint}',
            expected="a key of config/defaults.toml",
            next_command="burnish plan, after correcting the key",
        )
    if not (_same_type(known[key], value) and _is_chosen(key, value)):
        near = did_you_mean(str(value), _CHOICES[key]) if key in _CHOICES and isinstance(value, str) else ""
        raise Refused(
            f'setting "{key}" in {origin} is {shown(value)}{near}',
            expected=_expected(key, known[key]),
            next_command="burnish plan, after correcting the value",
        )


def _is_chosen(key: str, value: object) -> bool:
    if key in _QUANTITIES:
        return _is_quantity(str(value), _QUANTITIES[key][0])
    return value in _CHOICES.get(key, (value,))


def _is_quantity(text: str, read: Callable[[str], float]) -> bool:
    with contextlib.suppress(ValueError):
        return read(text) <= _MOST
    return False


def _expected(key: str, default: object) -> str:
    if key in _CHOICES:
        return f"one of {', '.join(_CHOICES[key])}"
    if key in _QUANTITIES:
        return _QUANTITIES[key][1]
    most = f" of {_MOST:,} or less" if type(default) in {int, float} else ""
    return f"a {_type_name(default)}{most}, such as {default!r}"


def _same_type(default: object, value: object) -> bool:
    if isinstance(default, dict):
        return isinstance(value, Mapping)
    if isinstance(default, list):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if isinstance(value, bool) or isinstance(default, bool | str):
        return type(value) is type(default)
    return (
        isinstance(value, int | float)
        and 0 <= value <= _MOST
        and (isinstance(default, float) or isinstance(value, int))
    )


def _type_name(default: object) -> str:
    names = {bool: "boolean", str: "string", int: "whole number", float: "number", list: "list", dict: "table"}
    return names[type(default)]


def _convert(values: Mapping[str, Any], origins: Mapping[str, str]) -> Settings:
    nested: dict[str, Any] = {"budget": {}}
    for key, value in values.items():
        table, _, leaf = key.rpartition(".")
        (nested.setdefault(table, {}) if table else nested)[leaf] = value
    nested = _with_spelled_commands(nested)
    nested["bins"] = {name: _with_spelled_commands(table) for name, table in nested["bins"].items()}
    try:
        settings = msgspec.convert(nested, Settings)
    except msgspec.ValidationError as error:
        name = next((name for name in (*_COMMANDS, "bins") if f"$.{name}" in str(error)), "recipes")
        raise Refused(
            f'setting "{name}" in {origins[name]} cannot be used: {error}',
            expected=_TABLES,
            next_command="burnish plan, after correcting the value",
        ) from error
    _check_ranges(settings, origins)
    bins = {
        name: msgspec.structs.replace(own, workloads=_named(own.workloads, f"{origins['bins']} of {name}"))
        for name, own in settings.bins.items()
        if own.workloads is not None
    }
    return msgspec.structs.replace(
        settings, workloads=_named(settings.workloads, origins["workloads"]), bins={**settings.bins, **bins}
    )


def _with_spelled_commands(table: Any) -> Any:  # noqa: ANN401 - what is no table is refused later
    """Return a table with the keys of its commands as we spell them."""
    if not isinstance(table, Mapping):
        return table
    lists = {name: table[name] for name in _COMMANDS if isinstance(table.get(name), list)}
    return {**table, **{name: [_spelled(each) for each in commands] for name, commands in lists.items()}}


def _spelled(table: object) -> object:
    """Return a table with its keys as we spell them: `stdin-file` is what cargo's users may write."""
    return {key.replace("-", "_"): value for key, value in table.items()} if isinstance(table, Mapping) else table


def _named(workloads: Sequence[WorkloadSettings], origin: str) -> tuple[WorkloadSettings, ...]:
    """Return the workloads, each with a name of its own: its arguments where it was given none.

    Raise Refused for two of one name, and where none is left to judge.
    """
    named = [msgspec.structs.replace(each, name=each.name or shlex.join(each.args)) for each in workloads]
    twice = next((each.name for each in named if [other.name for other in named].count(each.name) > 1), None)
    if twice is not None:
        raise Refused(
            f'two workloads in {origin} are called "{twice}"',
            expected="a name of its own for each",
            next_command="burnish plan, after giving one of them another name",
        )
    wrong = next((each for each in named if each.max_seconds is not None and not 0 < each.max_seconds < _MOST), None)
    if wrong is not None:
        raise Refused(
            f"max_seconds of the workload {wrong.name} in {origin} is {wrong.max_seconds}",
            expected="a number of seconds, more than 0",
            next_command="burnish plan, after correcting the value",
        )
    if named and all(each.train for each in named):
        raise Refused(
            f"all workloads in {origin} are there to train",
            expected="at least one without `train = true`: what was trained with judges nothing",
            next_command="burnish plan, after adding a workload to judge by",
        )
    return tuple(named)


def _check_ranges(settings: Settings, origins: Mapping[str, str]) -> None:
    at_least = {
        "startup.rounds": (settings.startup.rounds, 2),
        "startup.runs": (settings.startup.runs, 2),
        "throughput.rounds": (settings.throughput.rounds, 2),
        "throughput.runs": (settings.throughput.runs, 1),
        "instructions.rounds": (settings.instructions.rounds, 2),
        "search.max_trials": (settings.search.max_trials, 1),
        "search.jobs": (settings.search.jobs, 0),
        "search.screen_rounds": (settings.search.screen_rounds, 2),
        "search.runs": (settings.search.runs, 2),
        "tests.hang_seconds": (settings.tests.hang_seconds, 1),
        "benches.attempts": (settings.benches.attempts, 3),
        "benches.measurement_seconds": (settings.benches.measurement_seconds, 0.01),
    }
    for key, (value, least) in at_least.items():
        if value < least:
            raise Refused(
                f'setting "{key}" in {origins[key]} is {value}',
                expected=f"{least} or more",
                next_command="burnish plan, after correcting the value",
            )
