"""Is each setting of the recipe in force? The recipe against the command lines by which cargo called rustc. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from burnish.cargo.flags import accumulates, parse_flags
from burnish.cargo.invocations import Invocation, Unit
from burnish.cargo.manifest import meaning
from burnish.cargo.overrides import ALL_OTHERS, Override
from burnish.judge.findings import Finding, count_of, listed
from burnish.model import InForce, Unmet
from burnish.toml.data import TomlValue
from burnish.toml.spelling import join_key

IN_FORCE = "each setting of the recipe is in force"
_LINKED = frozenset({"bin", "cdylib", "dylib"})
_STATIC = "-C target-feature crt-static"
_LTO = {"": "fat", "yes": "fat", "y": "fat", "on": "fat", "true": "fat", "no": "off", "n": "off", "false": "off"}
_DEBUG = {"0": "none", "1": "limited", "2": "full"}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the recipe asks of a build: the profile, dotted keys for single packages included, flags and target.

    `members` are the ids of the workspace's own packages, `overrides` what was named before anything was written.
    """

    profile: Mapping[str, TomlValue]
    flags: tuple[str, ...]
    target: str | None
    members: frozenset[str]
    overrides: tuple[Override, ...] = ()


def _last(option: str, default: str) -> Callable[[Invocation], str]:
    return lambda call: call.value(option) or default


def _lto(call: Invocation) -> str:
    value = call.value("-C lto")
    return "false" if value is None else _LTO.get(value, value)


def _debug(call: Invocation) -> str:
    value = call.value("-C debuginfo") or "none"
    return _DEBUG.get(value, value)


def _assertions(call: Invocation) -> str:
    return call.value("-C debug-assertions") or ("yes" if call.value("-C opt-level") in {None, "0"} else "no")


def _overflow_checks(call: Invocation) -> str:
    return call.value("-C overflow-checks") or _assertions(call)


def _incremental(call: Invocation) -> str:
    return "no" if call.value("-C incremental") is None else "yes"


# How each key of a profile shows on a command line: what is not there has rustc's default.
_SHOWN: dict[str, Callable[[Invocation], str]] = {
    "opt-level": _last("-C opt-level", "0"),
    "lto": _lto,
    "codegen-units": _last("-C codegen-units", "rustc's default"),
    "strip": _last("-C strip", "none"),
    "panic": _last("-C panic", "unwind"),
    "debug": _debug,
    "split-debuginfo": _last("-C split-debuginfo", "rustc's default"),
    "debug-assertions": _assertions,
    "overflow-checks": _overflow_checks,
    "incremental": _incremental,
    "rpath": _last("-C rpath", "no"),
}
# What counts where the program is linked only, and what cargo does for the workspace's own packages only.
_OF_THE_LINK = frozenset({"lto", "strip", "split-debuginfo", "rpath"})
_OF_MEMBERS = frozenset({"incremental"})


def compare(wanted: Wanted, graph: Sequence[Unit]) -> InForce:
    """Look for each setting on the command lines of all that goes into the program."""
    unseen = [unit.package_name for unit in graph if unit.invocation is None]
    if unseen or not graph:
        names = listed(sorted(set(unseen))) or "anything"
        return InForce(settings=0, packages=0, unknown=f"cargo did not say how it compiles {names}")
    calls = [(unit, unit.invocation) for unit in graph if unit.invocation is not None and not _is_rusts_own(unit)]
    unmet = [each for unit, call in calls for each in _unmet(wanted, unit, call)]
    number = sum(not key.startswith("package.") for key in wanted.profile) + len(parse_flags(wanted.flags))
    return InForce(
        settings=number + (wanted.target is not None),
        packages=len({unit.package for unit, _ in calls}),
        unmet=list(dict.fromkeys(unmet)),
    )


def _is_rusts_own(unit: Unit) -> bool:
    """Return whether a unit is of the standard library, whose packages have settings of their own."""
    return "/lib/rustlib/src/" in unit.package.replace("\\", "/")


def _unmet(wanted: Wanted, unit: Unit, call: Invocation) -> Iterator[Unmet]:
    is_linked = bool(_LINKED.intersection(call.crate_types)) and len(call.crate_types) == 1
    is_member = unit.package in wanted.members
    yield from _unmet_profile(wanted, unit, call, is_linked=is_linked, is_member=is_member)
    if not is_linked:
        return
    for option, value, found in _unmet_flags(wanted.flags, call):
        yield Unmet(package=unit.package_name, key=option, wanted=value, found=found)
    if wanted.target is not None and call.target != wanted.target:
        yield Unmet(
            package=unit.package_name, key="build.target", wanted=wanted.target, found=call.target or "the host"
        )


def _unmet_profile(
    wanted: Wanted, unit: Unit, call: Invocation, *, is_linked: bool, is_member: bool
) -> Iterator[Unmet]:
    by_flags = {option for flag in parse_flags(wanted.flags) for option, _ in flag.settings}
    for key, shown in _SHOWN.items():
        value = _value_for(wanted.profile, unit, key, is_member=is_member)
        is_elsewhere = (key in _OF_THE_LINK and not is_linked) or (key in _OF_MEMBERS and not is_member)
        # What the recipe's own flags say comes after the profile, and is looked for as a flag.
        if value is None or is_elsewhere or f"-C {key}" in by_flags:
            continue
        found = shown(call)
        if found != shown_as(key, value):
            named = next(
                (each.sentence for each in wanted.overrides if _explains(each, unit, key, found, is_member)), ""
            )
            yield Unmet(package=unit.package_name, key=key, wanted=shown_as(key, value), found=found, named=named)


def _value_for(profile: Mapping[str, TomlValue], unit: Unit, key: str, *, is_member: bool) -> TomlValue | None:
    """Return what the recipe asks for one package: its own table, that of all others, the profile."""
    own = profile.get(join_key(("package", unit.package_name, key)))
    others = None if is_member else profile.get(join_key(("package", ALL_OTHERS, key)))
    return next((value for value in (own, others, profile.get(key)) if value is not None), None)


def shown_as(key: str, value: TomlValue) -> str:
    """Return the value of a profile key as the command line shows it."""
    meant = str(meaning(key, value)[1])
    if key in {"debug-assertions", "overflow-checks", "incremental", "rpath"}:
        return "yes" if value is True else "no"
    return meant.lower() if key == "lto" else meant


def _explains(override: Override, unit: Unit, key: str, found: str, is_member: bool) -> bool:  # noqa: FBT001
    return (
        override.key == key
        and override.is_for(unit.package, is_member=is_member)
        and shown_as(key, override.value) == found
    )


def _unmet_flags(flags: Sequence[str], call: Invocation) -> Iterator[tuple[str, str, str]]:
    asked = [setting for flag in parse_flags(flags) for setting in flag.settings]
    last = {option: value for option, value in asked if not accumulates(option)}
    for option, value in asked:
        found = call.values(option)
        if accumulates(option):
            is_met = value in found
        elif option == _STATIC:
            # For static linking one `+` is enough, wherever it stands.
            is_met = ("+" in found) == (value == "+")
        else:
            is_met = found[-1:] == [value] or last[option] != value
        if not is_met:
            yield option, value, found[-1] if found else "nothing"


def judge_in_force(in_force: InForce | None) -> list[Finding]:
    """Return the finding on what rustc was given; none for a build without a recipe."""
    if in_force is None:
        return []
    if in_force.unknown:
        return [Finding(criterion=IN_FORCE, verdict="inconclusive", reason=in_force.unknown)]
    silent = [each for each in in_force.unmet if not each.named]
    if silent:
        why = f"; {'; '.join(in_force.causes)}" if in_force.causes else ""
        reason = f"not in force: {listed([_words(each) for each in silent])}{why}"
        return [Finding(criterion=IN_FORCE, verdict="fail", reason=reason)]
    counted = f"{count_of(in_force.settings, 'setting')} in force in {count_of(in_force.packages, 'package')}"
    named = listed([f"{_words(each)} ({each.named})" for each in in_force.unmet])
    return [Finding(criterion=IN_FORCE, verdict="pass", reason=f"{counted}{f', but {named}' if named else ''}")]


def _words(unmet: Unmet) -> str:
    return f"{unmet.package} has {unmet.key} {unmet.found} instead of {unmet.wanted}"
