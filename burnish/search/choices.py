"""The choices that a search has, read from config/search.toml, and combinations of them. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from burnish.concessions import Concession, read_concessions
from burnish.errors import InternalError
from burnish.job.recipe import AUTO, Recipe, combine, read_recipe
from burnish.platforms.unstable import unstable_of

SOURCE = "config/search.toml"


@dataclass(frozen=True, kw_only=True)
class Judges:
    """What tells here that code runs more slowly: benches are of the library on the host, workloads of the binary."""

    benches: bool = False
    workloads: bool = False


NOTHING_JUDGES = Judges()


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One value of a factor; config/search.toml tells what the fields mean. `settings` are what it sets."""

    factor: str
    name: str
    words: str
    reason: str
    settings: Recipe
    platform: str
    rebuilds_std: bool
    is_guided: bool
    by_mimalloc: bool
    arguments: tuple[str, ...]
    needs: frozenset[str]
    is_unusual: bool
    takes: frozenset[Concession]
    takes_unless: Mapping[str, frozenset[Concession]]

    def where(self, facts: frozenset[str]) -> Choice:
        """Return the choice with what it takes where these facts are so, and no others."""
        more = (taken for fact, taken in self.takes_unless.items() if fact not in facts)
        return replace(self, takes=self.takes.union(*more))

    @property
    def id(self) -> str:
        """Return the name by which it is written: `opt-level.s`."""
        return f"{self.factor}.{self.name}"

    @property
    def is_slower(self) -> bool:
        """Return whether benches can tell that code runs more slowly for it: they are of the library, on the host."""
        return "speed" in self.takes and not self.platform

    def conceded(self, judges: Judges) -> frozenset[Concession]:
        """Return what has to be accepted for it: not speed where that is measured."""
        is_measured = judges.workloads or (judges.benches and self.is_slower)
        return self.takes - {"speed"} if is_measured else self.takes


@dataclass(frozen=True, kw_only=True)
class Combination:
    """The base recipe with some choices made, one at most for each factor."""

    choices: tuple[Choice, ...] = ()

    @property
    def _ordered(self) -> list[Choice]:
        return sorted(self.choices, key=lambda choice: choice.id)

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the names of its choices, in one order whatever way it was come by."""
        return tuple(choice.id for choice in self._ordered)

    @property
    def label(self) -> str:
        """Return what people call it."""
        return ", ".join(choice.words for choice in self._ordered) or "the base"

    @property
    def unusual(self) -> int:
        """Count its unusual settings."""
        return sum(choice.is_unusual for choice in self.choices)

    @property
    def slower(self) -> frozenset[str]:
        """Return the names of those of its choices for which code may run more slowly."""
        return frozenset(choice.id for choice in self.choices if choice.is_slower)

    @property
    def at_speed(self) -> Combination:
        """Return this candidate without them."""
        return Combination(choices=tuple(choice for choice in self.choices if not choice.is_slower))

    def without_taking(self, *concessions: Concession) -> Combination:
        """Return this candidate without the choices that take one of these."""
        return Combination(choices=tuple(choice for choice in self.choices if choice.takes.isdisjoint(concessions)))

    @property
    def platform(self) -> str:
        """Return the platform that it is built for, where that is not the host's own."""
        return next((choice.platform for choice in self.choices if choice.platform), "")

    @property
    def rebuilds_std(self) -> bool:
        """Return whether the standard library is rebuilt for the host's own platform."""
        return any(choice.rebuilds_std for choice in self.choices)

    @property
    def needs_source(self) -> bool:
        """Return whether another platform's standard library is rebuilt, though it may be there as it comes."""
        return any("build-std" in choice.needs for choice in self.choices)

    @property
    def is_guided(self) -> bool:
        """Return whether it is built by a profile of the program at its work."""
        return any(choice.is_guided for choice in self.choices)

    @property
    def by_mimalloc(self) -> bool:
        """Return whether mimalloc takes the place of the C library's allocator."""
        return any(choice.by_mimalloc for choice in self.choices)

    @property
    def untrained(self) -> Combination:
        """Return this candidate without a profile: what is built to record one."""
        return Combination(choices=tuple(choice for choice in self.choices if not choice.is_guided))

    @property
    def is_possible(self) -> bool:
        """Return whether its choices can be made together."""
        return all(map(self._fits, self.choices))

    @property
    def possible_part(self) -> Combination:
        """Return this candidate without what cannot be made with its platform, its standard library or its linker."""
        return Combination(choices=tuple(filter(self._fits, self.choices)))

    def _fits(self, choice: Choice) -> bool:
        """Return whether a choice can be made beside the others.

        A rebuilt standard library has no runtime for profiles, and only a link of ours puts another allocator first.
        What folds functions is rustc's own linker for the host's platform: of others nothing was found out, and what
        they save by themselves is chance.
        """
        is_plain = not (self.platform or self.rebuilds_std)
        if choice.by_mimalloc:
            return bool(self.platform)
        if choice.factor == "folding":
            return is_plain
        if choice.factor == "linker":
            return not is_plain or self.choice_of("folding") is None
        return is_plain or not choice.is_guided

    @property
    def arguments(self) -> tuple[str, ...]:
        """Return what cargo is told beyond the recipe."""
        return tuple(argument for choice in self.choices for argument in choice.arguments)

    def conceded(self, judges: Judges) -> frozenset[Concession]:
        """Return what has to be accepted for it."""
        return frozenset(name for choice in self.choices for name in choice.conceded(judges))

    def at_speed_among(self, space: SearchSpace) -> Combination:
        """Return this candidate with what takes all the same but speed in place of what takes speed, where there is."""
        kept = (_at_speed(choice, space) if "speed" in choice.takes else choice for choice in self.choices)
        return Combination(choices=tuple(choice for choice in kept if choice is not None))

    def unwinding_among(self, space: SearchSpace) -> Iterator[Combination]:
        """Yield this candidate without what takes speed or unwinding, by its platform's choices that take least.

        First by one that takes backtraces, which makes it small, then by one that does not.
        """
        rest = Combination(choices=tuple(choice for choice in self.choices if not choice.platform))
        rest = rest.without_taking("speed", "unwinding")
        same = [choice for choice in space.choices if choice.platform == self.platform != ""]
        unwinding = [choice for choice in same if choice.takes.isdisjoint({"speed", "unwinding"})]
        for is_traced in (False, True):
            kept = [choice for choice in unwinding if ("backtraces" not in choice.takes) == is_traced]
            if kept:
                yield rest.with_choice(min(kept, key=lambda choice: len(choice.takes)))

    def with_choice(self, choice: Choice) -> Combination:
        """Return this candidate with another choice in that choice's factor."""
        return Combination(choices=(*self.without(choice.factor).choices, choice))

    def without(self, factor: str) -> Combination:
        """Return this candidate with a factor left as the base has it."""
        return Combination(choices=tuple(choice for choice in self.choices if choice.factor != factor))

    def choice_of(self, factor: str) -> Choice | None:
        """Return what it chooses in a factor."""
        return next((choice for choice in self.choices if choice.factor == factor), None)

    def recipe(self, base: Recipe) -> Recipe:
        """Return the recipe of this candidate."""
        summary = f"Found by `burnish tune`: {base.name} with {self.label}."
        return combine(f"{AUTO}: {self.label}", summary, [base, *(choice.settings for choice in self._ordered)])


@dataclass(frozen=True, kw_only=True)
class SearchSpace:
    """What can be tried: the choices by factor, and the candidates of the short search."""

    factors: Mapping[str, tuple[Choice, ...]]
    short: tuple[Combination, ...]

    @property
    def choices(self) -> Iterator[Choice]:
        """Yield all choices."""
        return (choice for choices in self.factors.values() for choice in choices)

    def told(self, ids: Iterable[str]) -> str:
        """Return what choices of this space are called, in words."""
        known = {choice.id: choice.words for choice in self.choices}
        return ", ".join(known.get(id_, id_) for id_ in sorted(ids))

    def candidate(self, ids: Iterable[str]) -> Combination | None:
        """Return the candidate of these choices, or None where one of them is not to be had."""
        known = {choice.id: choice for choice in self.choices}
        wanted = list(ids)
        return Combination(choices=tuple(known[id_] for id_ in wanted)) if set(wanted) <= known.keys() else None


def _at_speed(choice: Choice, space: SearchSpace) -> Choice | None:
    """Return what takes all the same but speed on a choice's platform: of several what needs most of the same."""
    others = space.factors.get(choice.factor, ())
    same = (other for other in others if other.platform == choice.platform != "")
    fitting = [other for other in same if other.takes == choice.takes - {"speed"}]
    return max(fitting, key=lambda other: len(other.needs & choice.needs), default=None)


def load_space(
    content: bytes,
    facts: frozenset[str],
    accepted: frozenset[Concession],
    judges: Judges = NOTHING_JUDGES,
) -> SearchSpace:
    """Read config/search.toml, and leave out what needs more than the `facts`, or takes more than is `accepted`.

    The facts are of machine, platform and user. Speed need not be accepted where something `judges` it.
    """
    document = tomllib.loads(content.decode())
    factors = {
        factor: tuple(choice for choice in choices if choice.needs <= facts and choice.conceded(judges) <= accepted)
        for factor, choices in _every_choice(document, facts).items()
    }
    space = SearchSpace(factors={factor: choices for factor, choices in factors.items() if choices}, short=())
    short = {candidate.label: candidate for candidate in _candidates(space, document["short"])}
    return SearchSpace(factors=space.factors, short=tuple(short.values()))


def needs_of(content: bytes, ids: Iterable[str] | None = None) -> frozenset[str]:
    """Return the facts that choices of config/search.toml need, all of them where none is named."""
    wanted = None if ids is None else set(ids)
    document = tomllib.loads(content.decode())
    choices = (choice for choices in _every_choice(document, frozenset()).values() for choice in choices)
    return frozenset(need for choice in choices if wanted is None or choice.id in wanted for need in choice.needs)


def _every_choice(document: Mapping[str, Any], facts: frozenset[str]) -> dict[str, tuple[Choice, ...]]:
    return {
        factor: tuple(_choice(factor, name, table).where(facts) for name, table in choices.items())
        for factor, choices in document["factors"].items()
    }


def _candidates(space: SearchSpace, entries: Iterable[Sequence[str]]) -> list[Combination]:
    """Return each candidate once: what is not to be had is left out of some, which are the same then."""
    known = {choice.id for choice in space.choices}
    found = (space.candidate(wanted_choices(ids, known)) for ids in entries)
    return list({candidate.label: candidate for candidate in found if candidate}.values())


def wanted_choices(entries: Iterable[str], known: Container[str]) -> list[str]:
    """Return the names of choices: of several the first that is to be had, and none for a question mark that is not."""
    wanted = []
    for entry in entries:
        *others, last = entry.removesuffix("?").split("|")
        name = next((other for other in others if other in known), last)
        if name in known or not entry.endswith("?"):
            wanted.append(name)
    return wanted


def _with_reason(profile: Mapping[str, Any], reason: str) -> dict[str, Any]:
    """Return each setting of a profile, those for single packages too, the reason of the choice."""
    return {
        key: _with_reason(value, reason) if isinstance(value, dict) else {"value": value, "reason": reason}
        for key, value in profile.items()
    }


def _choice(factor: str, name: str, table: Mapping[str, Any]) -> Choice:
    reason = table["reason"]
    settings: dict[str, Any] = {
        "profile": _with_reason(table.get("profile", {}), reason),
        "rustflags": [{"flag": flag, "reason": reason} for flag in table.get("rustflags", [])],
        "own_target": table.get("own_target", False),
    }
    if "static" in table:
        settings["static"] = {"value": table["static"], "reason": reason}
    return Choice(
        factor=factor,
        name=name,
        words=table.get("words", f"{factor} {name}"),
        reason=reason,
        settings=read_recipe(f"{factor}.{name}", settings, SOURCE),
        platform=table.get("platform", ""),
        rebuilds_std=table.get("rebuilds_std", False),
        is_guided=table.get("guided", False),
        by_mimalloc=table.get("mimalloc", False),
        arguments=tuple(table.get("arguments", ())),
        needs=frozenset((*table.get("needs", ()), *_needs(table))),
        is_unusual=table.get("unusual", False),
        takes=_takes(f"{factor}.{name}", table),
        takes_unless={
            fact: frozenset(read_concessions(names, f"{factor}.{name} in {SOURCE}", InternalError))
            for fact, names in table.get("takes_unless", {}).items()
        },
    )


def _needs(table: Mapping[str, Any]) -> Iterator[str]:
    """Return what a choice needs by what it sets."""
    if {"rustflags", "static", "guided"} & table.keys():
        yield "flags"
    if {"own_target", "static", "platform", "rebuilds_std", "guided", "mimalloc"} & table.keys():
        yield "target"
    yield from unstable_of("cargo", list(table.get("arguments", ())))
    flags = " ".join(table.get("rustflags", ())).split()
    # What rebuilds the standard library has leave to use what is not stable.
    yield from () if "rebuilds_std" in table else unstable_of("rustc", flags)


def _takes(id_: str, table: Mapping[str, Any]) -> frozenset[Concession]:
    if "takes" not in table:
        raise InternalError(
            f"{id_} in {SOURCE} does not say what it takes", expected="takes = [...], empty for nothing"
        )
    return frozenset(read_concessions(table["takes"], f"{id_} in {SOURCE}", InternalError))
