"""What is on the table: what each concession that is not accepted would buy on this project, by trials of its own."""

from __future__ import annotations

import dataclasses
import shlex
import time
import tomllib
from collections.abc import Iterable, Iterator, Sequence

from burnish.concessions import ALL, NAMES, Concession, in_order
from burnish.job.options import Options
from burnish.model import Offer, Trial, Tune
from burnish.resources import config_file
from burnish.search.choices import Candidate, wanted_choices
from burnish.search.pick import TIE
from burnish.search.space import space_of
from burnish.search.tune import Search

_SPELLED = ("project", "package", "bin", "recipe", "platform", "budget", "max_size", "max_startup", "test_runner")


def make_offers(search: Search, found: Tune, *, may_pass: bool) -> list[Offer]:
    """Try what each concession alone adds to the pick, and what all do together; give those that make it smaller.

    They are compared with the pick, or with the project as it is where no candidate `may_pass`.
    """
    pick = next((trial for trial in found.trials if trial.name == found.pick), None)
    side = pick.side if pick and may_pass else search.run.side("baseline")
    base = search.candidates[pick.name] if pick else Candidate()
    offers = []
    for accepts, trial in _trials(search, base):
        size = trial.side.size_bytes
        if not trial.failure and size and side.size_bytes and size * TIE < side.size_bytes:
            command = accepting(search.run.options, search.run.said, accepts)
            offers.append(
                Offer(
                    accept=list(accepts),
                    choices=trial.choices,
                    size_bytes=size,
                    before_bytes=side.size_bytes,
                    command=command,
                )
            )
    return _best_of_each(offers)


def _best_of_each(offers: Iterable[Offer]) -> list[Offer]:
    best: dict[tuple[str, ...], Offer] = {}
    for offer in sorted(offers, key=lambda offer: offer.size_bytes):
        best.setdefault(tuple(offer.accept), offer)
    return sorted(best.values(), key=lambda offer: (len(offer.accept), offer.size_bytes))


def _trials(search: Search, base: Candidate) -> Iterator[tuple[Sequence[Concession], Trial]]:
    """Build what is offered, all concessions together first, as far as `search.offer_trials` and the time go."""
    left = search.run.resolved.settings.search.offer_trials
    for accepts, candidate in _offered(search, base):
        if left <= 0 or time.monotonic() - search.started > search.time_budget_seconds:
            return
        left -= 1
        workshop = dataclasses.replace(search.workshop, offered=frozenset(accepts))
        with search.run.console.step(f"what {_words(accepts)} would buy: {candidate.label}") as step:
            trial = workshop.try_out(candidate, step.update)
            step.summary = trial.failure or f"{trial.side.size_bytes or 0:,} bytes"
        yield accepts, trial


def _offered(search: Search, base: Candidate) -> Iterator[tuple[list[Concession], Candidate]]:
    missing = in_order(frozenset(NAMES) - search.run.accepted - search.run.measured)
    table = tomllib.loads(config_file("search.toml").read_text(encoding="utf-8"))["offers"]
    for accepts in ([missing] if len(missing) > 1 else []) + [[name] for name in missing]:
        space = space_of(search.run, frozenset(accepts))
        known = {choice.id for choice in space.choices}
        for entry in table[ALL] if len(accepts) > 1 else table.get(accepts[0], []):
            whole = space.candidate(wanted_choices(entry, known))
            if whole is None or not whole.choices:
                continue
            candidate = whole if len(accepts) > 1 else base
            for choice in whole.choices:
                candidate = candidate.with_choice(choice)
            if search.is_plain(candidate):
                yield accepts, candidate


def _words(accepts: Sequence[Concession]) -> str:
    return accepts[0] if len(accepts) == 1 else "all concessions"


def accepting(options: Options, said: Iterable[Concession], accepts: Sequence[Concession]) -> str:
    """Give the command that does the same with more accepted."""
    words = ["burnish", "optimize"]
    for name in _SPELLED:
        value = getattr(options, name)
        words += [f"--{name.replace('_', '-')}", value] if value else []
    for setting in options.set:
        words += ["--set", setting]
    words += ["--allow-dirty"] if options.allow_dirty else []
    names = in_order({*said, *accepts})
    return shlex.join([*words, "--accept", ALL if len(accepts) > 1 else ",".join(names)])
