"""What is on the table: what each concession that is not accepted would buy on this project, by trials of its own."""

from __future__ import annotations

import dataclasses
import itertools
import shlex
import tomllib
from collections.abc import Iterable, Iterator, Sequence

from burnish.concessions import ALL, NAMES, Concession, in_order
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.options import Options
from burnish.model import Offer, Trial, Tune
from burnish.resources import config_file
from burnish.search.choices import Combination, wanted_choices
from burnish.search.pick import TIE
from burnish.search.space import judges_here, space_of
from burnish.search.under_way import Search, is_plain

_Offered = tuple[list[Concession], Combination]
_LEFT_OUT = ("accept", "report_dir", "max_trials", "time_budget", "all_gates", "steps")


def make_offers(search: Search, found: Tune, *, may_pass: bool) -> list[Offer]:
    """Try what each concession alone adds to the pick, and what all do together; return those that make it smaller.

    They are compared with the pick, or with the project as it is where no candidate `may_pass`.
    """
    pick = next((trial for trial in found.trials if trial.name == found.pick), None)
    side = pick.side if pick and may_pass else search.notes.side("baseline")
    base = search.combinations[pick.name] if pick else Combination()
    offers = []
    for accepts, trial in _trials(search, base):
        size = trial.side.size_bytes
        if not trial.failure and size and side.size_bytes and size * TIE < side.size_bytes:
            command = accepting(search.job.options, search.job.said, accepts)
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


def _trials(search: Search, base: Combination) -> Iterator[tuple[Sequence[Concession], Trial]]:
    """Build what is offered, all concessions together first, as far as `search.offer_trials`, effort and time go."""
    most = search.job.settings.search.offer_trials
    wanted = list(itertools.islice(offered(search.job, search.notes, base), most))
    for number, (accepts, combination) in enumerate(wanted):
        if search.is_time_over:
            return
        search.build_at_once(_affordable(search, wanted[number:]), done=number, known=len(wanted))
        workshop = dataclasses.replace(search.workshop, offered=frozenset(accepts))
        if not search.affords(combination):
            search.unaffordable_offers += 1
            continue
        with search.job.console.step(f"what {_words(accepts)} would buy: {combination.label}") as step:
            trial = workshop.try_combination(combination)
            step.summary = trial.failure or f"{trial.side.size_bytes or 0:,} bytes"
        yield accepts, trial


def _affordable(search: Search, left: Sequence[_Offered]) -> list[Combination]:
    """Return the first of what is left, as many as may be built at once."""
    effort, jobs = search.workshop.effort, search.workshop.jobs
    most = max((count for count in range(1, jobs + 1) if effort.allows_at_once(count)), default=0)
    return [combination for _, combination in left[:most]]


def offered(job: Job, notes: Notebook, base: Combination) -> Iterator[tuple[list[Concession], Combination]]:
    """Yield what concessions would buy beside a candidate, each with those that it needs: all of them first."""
    judges = judges_here(job, notes)
    measured: set[Concession] = {"speed"} if judges.benches or judges.workloads else set()
    missing = in_order(frozenset(NAMES) - job.accepted(job.opened) - measured)
    table = tomllib.loads(config_file("search.toml").read_text(encoding="utf-8"))["offers"]
    for accepts in ([missing] if len(missing) > 1 else []) + [[name] for name in missing]:
        space = space_of(job, notes, frozenset(accepts))
        known = {choice.id for choice in space.choices}
        for entry in table[ALL] if len(accepts) > 1 else table.get(accepts[0], []):
            whole = space.candidate(wanted_choices(entry, known))
            if whole is None or not whole.choices:
                continue
            combination = whole if len(accepts) > 1 else base
            for choice in whole.choices:
                combination = combination.with_choice(choice)
            if combination.is_possible and is_plain(job, combination):
                yield accepts, combination


def _words(accepts: Sequence[Concession]) -> str:
    return accepts[0] if len(accepts) == 1 else "all concessions"


def accepting(options: Options, said: Iterable[Concession], accepts: Sequence[Concession]) -> str:
    """Return the command that does the same with more accepted."""
    words = ["burnish", "optimize", *options.words(without=_LEFT_OUT)]
    names = in_order({*said, *accepts})
    return shlex.join([*words, "--accept", ALL if len(accepts) > 1 else ",".join(names)])
