"""rustflags: what they mean, which of cargo's sources is in force, and what must be written so that none is lost.

The rules are those of cargo 1.95, seen with the real one: the first of CARGO_ENCODED_RUSTFLAGS, RUSTFLAGS,
`target.*` (joined) and `build.rustflags` wins. A RUSTFLAGS variable that is set but empty wins too; empty `target.*`
flags do not. Arrays join across files, the nearest file's last; of strings the nearest file's alone counts. What
`--config` gives goes before files and before the variable of the same key, and joins behind both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from burnish.cargo.cfg import matches
from burnish.cargo.manifest import same_setting
from burnish.errors import CHECK_COMMAND, Refused
from burnish.model import RELEASE
from burnish.toml.data import TomlValue, value_at
from burnish.toml.spelling import join_key, split_key

Source = Literal["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "target", "build", "none"]

_LONG_NAMES = {"--codegen": "-C", "--allow": "-A", "--warn": "-W", "--deny": "-D", "--forbid": "-F"}
_TAKES_VALUE = re.compile(
    r"-[CLlAWDFZo]|--(?:cfg|check-cfg|cap-lints|extern|force-warn|remap-path-prefix|sysroot|emit)"
)
_GLUED_SHORT = re.compile(r"(-[CLlAWDFZ])(.+)", re.DOTALL)
_ACCUMULATING = frozenset({"link-arg", "link-args", "llvm-args", "passes", "metadata", "pre-link-arg", "pre-link-args"})
_LINK_ARGUMENTS = frozenset({"-C link-arg", "-Z pre-link-arg"})
_SWITCHES = frozenset(
    {
        "prefer-dynamic", "rpath", "embed-bitcode", "overflow-checks", "debug-assertions", "force-frame-pointers",
        "force-unwind-tables", "no-redzone", "no-prepopulate-passes", "no-vectorize-loops", "no-vectorize-slp",
        "default-linker-libraries", "dlltool", "instrument-coverage", "soft-float", "save-temps",
    }
)  # fmt: skip
_SWITCH_WORDS = {"": "yes", "y": "yes", "on": "yes", "true": "yes", "n": "no", "off": "no", "false": "no"}
_PROFILE_FLAGS = {
    f"-C {name}": key
    for name, key in {
        **{name: name for name in ("opt-level", "lto", "codegen-units", "strip", "panic", "split-debuginfo")},
        **{name: name for name in ("debug-assertions", "overflow-checks", "rpath")},
        "debuginfo": "debug",
    }.items()
}
_CPU_FEATURES = "-C target-feature"
_STATIC = f"{_CPU_FEATURES} crt-static"


@dataclass(frozen=True, kw_only=True)
class Flag:
    """One flag: `arguments` as written, and the settings that it makes: (option, value) pairs in one spelling."""

    arguments: tuple[str, ...]
    settings: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """An option that the user's flags and ours set to different values; rustc takes the last, which is ours."""

    option: str
    theirs: str
    ours: str


@dataclass(frozen=True, kw_only=True)
class Merged:
    """Flags with ours behind them: `flags` is all, `added` what of ours was not in force yet."""

    flags: tuple[str, ...]
    added: tuple[str, ...]
    conflicts: tuple[Conflict, ...]


def normalise(flags: Iterable[str]) -> tuple[str, ...]:
    """Return each flag in one spelling, `-C name=value` or `--cfg value`, one to an item."""
    return tuple(" ".join(filter(None, _joined(*setting))) for flag in parse_flags(flags) for setting in flag.settings)


def _joined(option: str, value: str) -> tuple[str, ...]:
    if option.startswith(_CPU_FEATURES + " "):
        return (f"{_CPU_FEATURES}={value}{option.rpartition(' ')[2]}",)
    return (f"{option}={value}",) if option.startswith(("-C ", "-Z ")) and value else (option, value)


def parse_flags(flags: Iterable[str]) -> list[Flag]:
    """Group arguments into flags: an option that takes a value and that value are one."""
    rest = iter(flags)
    return [_parse_flag(argument, rest) for argument in rest]


def _parse_flag(argument: str, rest: Iterator[str]) -> Flag:
    arguments: tuple[str, ...] = (argument,)
    name, glue, value = argument.partition("=")
    if _TAKES_VALUE.fullmatch(_LONG_NAMES.get(argument, argument)):
        name, value = argument, next(rest, "")
        arguments = (argument, value) if value else arguments
    elif short := _GLUED_SHORT.fullmatch(argument):
        name, value = short[1], short[2]
    elif not (glue and _TAKES_VALUE.fullmatch(_LONG_NAMES.get(name, name))):
        name, value = argument, ""
    return Flag(arguments=arguments, settings=tuple(_settings(_LONG_NAMES.get(name, name), value.strip())))


def _settings(option: str, value: str) -> Iterator[tuple[str, str]]:
    if option not in {"-C", "-Z"}:
        yield option, value.replace("-", "_") if option in {"-A", "-W", "-D", "-F"} else value
        return
    name, _, content = value.partition("=")
    name = name.strip().replace("_", "-")
    if name == "target-feature":
        for feature in filter(None, content.split(",")):
            yield f"{_CPU_FEATURES} {feature[1:]}", feature[:1]
    else:
        yield f"{option} {name}", _SWITCH_WORDS.get(content, content) if name in _SWITCHES else content


def merge(existing: Sequence[str], ours: Sequence[str]) -> Merged:
    """Put our flags behind the existing ones, those left out that are in force there.

    What is one only together, as `-framework Security` is to the linker, is added or left out whole.
    """
    in_force, there = _in_force(existing), parse_flags(existing)
    lacking = [unit for unit in _units(parse_flags(ours)) if not _is_in_force(unit, in_force, there)]
    # Twice the same among ours is one.
    unique = {tuple(flag.settings for flag in unit): unit for unit in lacking}.values()
    flags = [flag for unit in unique for flag in unit]
    added = tuple(argument for flag in flags for argument in flag.arguments)
    return Merged(flags=(*existing, *added), added=added, conflicts=tuple(_conflicts(in_force, flags)))


def _units(flags: Iterable[Flag]) -> Iterator[tuple[Flag, ...]]:
    """Group flags that may mean something together only: link arguments in a row, and a word with what it follows."""
    unit: list[Flag] = []
    for flag in flags:
        is_word = not flag.arguments[0].startswith("-")
        if unit and not (is_word or (_is_part(unit[-1]) and _is_part(flag))):
            yield tuple(unit)
            unit = []
        unit.append(flag)
    if unit:
        yield tuple(unit)


def _is_part(flag: Flag) -> bool:
    return any(is_part(*setting) for setting in flag.settings)


def is_part(option: str, value: str) -> bool:
    """Return whether a setting may be the option, or the value, of a pair of link arguments: nobody else can tell."""
    return option in _LINK_ARGUMENTS and not value.startswith("-Wl,")


def _is_in_force(unit: Sequence[Flag], in_force: Mapping[str, Sequence[str]], there: Iterable[Flag]) -> bool:
    settings = [setting for flag in unit for setting in flag.settings]
    if len(unit) == 1:
        return all(value in in_force.get(option, ()) for option, value in settings)
    options = {option for option, _ in settings}
    given = [setting for flag in there for setting in flag.settings if setting[0] in options]
    return any(given[start : start + len(settings)] == settings for start in range(len(given)))


def lacking(ours: Iterable[str], given: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Find which of our flags are not in force among what rustc was given: the option, our value, and its value."""
    asked = [setting for flag in parse_flags(ours) for setting in flag.settings]
    last = {option: value for option, value in asked if not accumulates(option)}
    for option, value in asked:
        found = [each for name, each in given if name == option]
        if accumulates(option):
            is_met = value in found
        elif option == _STATIC:
            # For static linking one `+` is enough, wherever it stands.
            is_met = ("+" in found) == (value == "+")
        else:
            is_met = found[-1:] == [value] or last[option] != value
        if not is_met:
            yield option, value, found[-1] if found else "nothing"


def _in_force(flags: Iterable[str]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for flag in parse_flags(flags):
        for option, value in flag.settings:
            values[option] = [*values.get(option, []), value] if accumulates(option) else [value]
    return values


def accumulates(option: str) -> bool:
    """Return whether all values of an option count, and not the last alone."""
    prefix, _, name = option.partition(" ")
    return prefix != "-C" or name in _ACCUMULATING


def _conflicts(in_force: Mapping[str, Sequence[str]], ours: Iterable[Flag]) -> Iterator[Conflict]:
    for flag in ours:
        for option, value in flag.settings:
            if not accumulates(option) and in_force.get(option, [value]) != [value]:
                yield Conflict(option=option, theirs=in_force[option][-1], ours=value)


@dataclass(frozen=True, kw_only=True)
class ConfigLayer:
    """One configuration file of cargo's: its path, and what stands in it.

    `is_own` is whether it is the project's; others are this machine's, and not there where somebody else builds.
    `is_given` is whether it was given to cargo by `--config`: such a layer beats the variables too.
    """

    path: str
    data: dict[str, Any] = field(repr=False)  # may hold registry tokens
    is_own: bool = True
    is_given: bool = False

    @property
    def is_legacy(self) -> bool:
        """Return whether it is a `.cargo/config` without extension, which hides a `config.toml` beside it."""
        return re.split(r"[/\\]", self.path)[-1] == "config"


@dataclass(frozen=True, kw_only=True)
class EffectiveFlags:
    """The flags that rustc gets, and the source that won. `where` names the files and variables that they are from.

    `from_files` is the part of them that neither a variable nor `--config` gives. `configured` is what would be in
    force without the two RUSTFLAGS variables, where one of them is set. `as_string` says that a file writes
    `target.<triple>.rustflags` as a string: an array beside it in another file would not merge.
    """

    source: Source
    flags: tuple[str, ...]
    where: list[str]
    triple: str
    from_files: tuple[str, ...] = ()
    as_string: bool = False
    configured: EffectiveFlags | None = None

    @property
    def silenced_by_target(self) -> tuple[str, ...]:
        """Return the flags that any flag of the target would silence: those of `build`."""
        return self.flags if self.source == "build" else ()


def effective_rustflags(
    layers: Sequence[ConfigLayer], env: Mapping[str, str], triple: str, cfg: Sequence[str]
) -> EffectiveFlags:
    """Find the rustflags in force for a target.

    `layers` come nearest first. `cfg` is the lines of `rustc --print cfg`. Raise Refused where cargo would refuse.
    """
    configured = _configured(layers, env, triple, cfg)
    encoded, plain = env.get("CARGO_ENCODED_RUSTFLAGS"), env.get("RUSTFLAGS")
    if encoded is None and plain is None:
        return configured
    return replace(
        configured,
        source="RUSTFLAGS" if encoded is None else "CARGO_ENCODED_RUSTFLAGS",
        flags=_from_variable(encoded, plain),
        where=["RUSTFLAGS" if encoded is None else "CARGO_ENCODED_RUSTFLAGS"],
        from_files=(),
        configured=configured,
    )


def _from_variable(encoded: str | None, plain: str | None) -> tuple[str, ...]:
    if encoded is None:
        return tuple((plain or "").split())
    return tuple(encoded.split("\x1f")) if encoded else ()


def _configured(
    layers: Sequence[ConfigLayer], env: Mapping[str, str], triple: str, cfg: Sequence[str]
) -> EffectiveFlags:
    key = ("target", triple)
    target = [_part(layers, env, key), *(_part(layers, {}, ("target", name)) for name in _matching_cfgs(layers, cfg))]
    as_string = any(isinstance(_value(layer, key), str) for layer in layers)
    sources: dict[Source, list[_Part]] = {"target": target, "build": [_part(layers, env, ("build",))]}
    for source, parts in sources.items():
        if any(part.flags for part in parts):
            return EffectiveFlags(
                source=source,
                flags=tuple(flag for part in parts for flag in part.flags),
                where=list(dict.fromkeys(name for part in parts for name in part.where)),
                triple=triple,
                from_files=tuple(flag for part in parts for flag in part.from_files),
                as_string=as_string,
            )
    return EffectiveFlags(source="none", flags=(), where=[], triple=triple, as_string=as_string)


def rustflags_sources(
    layers: Sequence[ConfigLayer], env: Mapping[str, str], triple: str, cfg: Sequence[str]
) -> list[tuple[str, tuple[str, ...]]]:
    """Return the flags of `target` by file and table, or by variable, in the order in which rustc gets them."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for key in (triple, *_matching_cfgs(layers, cfg)):
        found += _by_layer(layers, key, is_given=False)
        name = variable("target", key, "rustflags")
        if key == triple and name in env:
            found.append((f"the variable {name}", tuple(env[name].split())))
        found += _by_layer(layers, key, is_given=True)
    return found


def _by_layer(layers: Sequence[ConfigLayer], key: str, *, is_given: bool) -> Iterator[tuple[str, tuple[str, ...]]]:
    for layer in reversed(layers):
        value = _value(layer, ("target", key))
        if value is not None and layer.is_given == is_given:
            where = f"{layer.path}: {join_key(('target', key, 'rustflags'))}"
            yield where, _words(value, layer.path, ("target", key))


def _matching_cfgs(layers: Sequence[ConfigLayer], cfg: Sequence[str]) -> list[str]:
    # Cargo keeps them in a sorted map: their flags join in this order, behind those of the triple.
    keys = {key for layer in layers for key in _dict(layer.data.get("target")) if key.startswith("cfg(")}
    return sorted(key for key in keys if matches(key, cfg))


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _value(layer: ConfigLayer, key: tuple[str, ...]) -> object:
    table = layer.data
    for part in key:
        table = _dict(table.get(part))
    return table.get("rustflags")


@dataclass(frozen=True, kw_only=True)
class _Part:
    """What one key gives: its flags from files, and behind them those of its variable, then those of `--config`."""

    from_files: tuple[str, ...]
    from_elsewhere: tuple[str, ...]
    where: tuple[str, ...]

    @property
    def flags(self) -> tuple[str, ...]:
        return (*self.from_files, *self.from_elsewhere)


def _part(layers: Sequence[ConfigLayer], env: Mapping[str, str], key: tuple[str, ...]) -> _Part:
    name = variable(*key, "rustflags")
    words = tuple(env.get(name, "").split())
    found = [(layer.path, _value(layer, key)) for layer in layers]
    present = [(path, value) for path, value in found if value is not None]
    strings = [isinstance(value, str) for _, value in present]
    if any(strings) and not all(strings):
        raise _bad_flags(present[-1][0], key, "a string in one file and an array in another, which cargo cannot merge")
    # Of strings the nearest counts; arrays join, the nearest last.
    counting = present[:1] if any(strings) else present
    flags = {path: _words(value, path, key) for path, value in reversed(counting)}
    where = (*([name] if words else []), *(path for path, value in counting if value))
    given = {layer.path for layer in layers if layer.is_given}
    return _Part(
        from_files=tuple(flag for path, own in flags.items() if path not in given for flag in own),
        from_elsewhere=(*words, *(flag for path, own in flags.items() if path in given for flag in own)),
        where=where,
    )


def _words(value: object, path: str, key: tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(value.split())
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise _bad_flags(path, key, "neither a string nor an array of strings")


def _bad_flags(path: str, key: tuple[str, ...], what: str) -> Refused:
    return Refused(
        f"{path}: {'.'.join(key)}.rustflags is {what}",
        expected="rustflags as cargo accepts them",
        next_command=CHECK_COMMAND,
    )


def variable(*key: str) -> str:
    """Return the name of the variable by which cargo takes a key of its configuration."""
    return re.sub(r"[.\-]", "_", "_".join(("CARGO", *key))).upper()


def flags_to_write(effective: EffectiveFlags, layers: Sequence[ConfigLayer], ours: Sequence[str]) -> tuple[str, ...]:
    """Return what must stand in `[target.<triple>] rustflags` for our flags to join the user's.

    Flags there silence `build.rustflags`, so those come first where they were in force. What is in force from files
    already is left out; variables may be gone tomorrow, so theirs are not counted.
    """
    configured = effective.configured or effective
    if not ours or configured.source != "target":
        return merge(configured.flags, ours).flags if ours else ()
    added = merge(configured.from_files, ours).added
    if not (added and configured.as_string):
        return added
    # A nearer string replaces a farther one: it must say all of it.
    return merge(_part(layers, {}, ("target", configured.triple)).from_files, added).flags


def shadows_flags(effective: EffectiveFlags) -> bool:
    """Return whether a variable of the environment silences all flags of the files."""
    return effective.configured is not None


@dataclass(frozen=True, kw_only=True)
class Shadow:
    """A profile setting elsewhere that overrides the manifest's: the key, the file or variable, and its value."""

    key: str
    where: str
    value: TomlValue
    is_variable: bool = False


def shadowed_profile_settings(
    layers: Sequence[ConfigLayer], env: Mapping[str, str], settings: Mapping[str, TomlValue], profile: str = RELEASE
) -> list[Shadow]:
    """Find what would override our profile settings with another value: variables first, then the nearest file."""
    found = [profile_override(layers, env, key, profile) for key in settings]
    return [
        shadow
        for shadow in found
        if shadow and not same_setting(split_key(shadow.key)[-1], shadow.value, settings[shadow.key])
    ]


def profile_override(
    layers: Sequence[ConfigLayer], env: Mapping[str, str], key: str, profile: str = RELEASE
) -> Shadow | None:
    """Find what sets a key of a profile: what `--config` gives, the variable, or else the nearest file."""
    own = split_key(key)
    path = ("profile", profile, *own)
    name = variable(*path)
    given = _set_in(layers, key, path, is_given=True)
    if given is not None:
        return given
    # Cargo takes what is for one package from its files only.
    if name in env and len(own) == 1:
        return Shadow(key=key, where=name, value=_typed(env[name]), is_variable=True)
    return _set_in(layers, key, path, is_given=False)


def _set_in(layers: Sequence[ConfigLayer], key: str, path: tuple[str, ...], *, is_given: bool) -> Shadow | None:
    for layer in layers:
        value = value_at(layer.data, path)
        if layer.is_given == is_given and isinstance(value, str | int):
            return Shadow(key=key, where=layer.path, value=value)
    return None


def profile_by_flags(flags: Iterable[str]) -> dict[str, TomlValue]:
    """Return the profile keys that rustflags decide: behind the profile's on rustc's command line, they win."""
    settings = [setting for flag in parse_flags(flags) for setting in flag.settings]
    return {_PROFILE_FLAGS[option]: _typed_flag(value) for option, value in settings if option in _PROFILE_FLAGS}


def _typed_flag(value: str) -> TomlValue:
    # A flag without a value is a switch that is on.
    return {"": True, "yes": True, "no": False}.get(value, _typed(value))


def _typed(text: str) -> TomlValue:
    if re.fullmatch(r"[0-9]{1,18}", text):
        return int(text)
    return {"true": True, "false": False}.get(text, text)
