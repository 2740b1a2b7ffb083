"""The price: what a run is about to do and how long that takes, said before it, by what earlier builds took."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from burnish.cargo.benches.bench import sort_benches
from burnish.job.costs import Costs, recall_costs, remember_costs
from burnish.job.job import Job
from burnish.job.notebook import Notebook, utc_now
from burnish.job.session import Session
from burnish.judge.findings import count_of
from burnish.measure.statistics import mean
from burnish.model import Price
from burnish.phases.searching import tries_named
from burnish.phases.workspace import selects_all
from burnish.search.foreseen import likely_trials
from burnish.search.space import why_no_trials
from burnish.search.trials import workshop_of
from burnish.search.under_way import effort_of
from burnish.text import format_about

# A run's times are cut to the second; none at all would mean that nobody knows.
_LEAST_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """What is still to do: `trials` are builds of candidates, `offers` of what concessions would buy.

    All else is done on both sides, or is not.
    """

    baseline: bool
    trials: int
    offers: int = 0
    workspace: bool
    tests: bool
    benches: bool
    timing: bool

    def builds(self) -> Iterator[str]:
        """Yield what is built, as people say it."""
        if self.baseline:
            yield "the baseline build"
        if self.trials:
            yield f"about {count_of(self.trials, 'trial build')}"
        if self.offers:
            yield f"about {self.offers} of what concessions would buy"
        yield "the final build"

    def rest(self) -> Iterator[str]:
        """Yield what is done beside that."""
        if self.workspace:
            yield "2 builds of the whole workspace"
        if self.tests:
            yield "2 test runs"
        if self.benches:
            yield "benches on both sides"
        if self.timing:
            yield "timing"


def price_of(ahead: Ahead, costs: Costs) -> Price:
    """Return what is ahead in words, with the seconds of what is known of them."""
    one, rest, trials = costs.trial_seconds or costs.build_seconds, [*ahead.rest()], ahead.trials + ahead.offers
    if not costs.build_seconds:
        words = f"{', '.join([*ahead.builds(), *rest])}; its time is known after the first build"
        return Price(words=words, trials=trials)
    seconds = ahead.baseline * costs.build_seconds + (trials + 1) * one
    is_whole = bool(costs.rest_seconds) or not rest
    seconds += costs.rest_seconds if rest else 0.0
    if is_whole:
        words = f"about {format_about(seconds)}: {', '.join([*ahead.builds(), *rest])}"
    else:
        words = f"about {format_about(seconds)} of building: {', '.join(ahead.builds())}"
        words += f"; then {', '.join(rest)}, whose time is known after a whole run"
    return Price(words=words, trials=trials, build_seconds=one, seconds=seconds, is_whole=is_whole)


def foresee(job: Job, notes: Notebook, session: Session | None = None) -> Price:
    """Return what a run of `optimize` costs; within a `session`, without the trials that earlier runs have left."""
    is_run, costs = job.opened.toolkit.mode != "link-only", recall_costs(job)
    trials, offers = _trials(job, notes, session)
    ahead = Ahead(
        baseline=notes.report.baseline is None,
        trials=trials,
        offers=offers,
        workspace=not selects_all(job),
        tests=is_run,
        benches=job.opened.toolkit.mode == "native" and bool(sort_benches(job.project)[0]),
        timing=is_run and job.project.may_be_started,
    )
    return price_of(ahead, costs)


def _trials(job: Job, notes: Notebook, session: Session | None) -> tuple[int, int]:
    """Return how many candidates and offers are likely to be built, as far as the effort goes."""
    if not job.is_auto:
        return int(tries_named(job)), 0
    if why_no_trials(job):
        return 0, 0
    candidates, offers = likely_trials(job, notes)
    if session is not None and notes.report.baseline is not None:
        workshop = workshop_of(session)
        candidates, offers = (
            [each for each in likely if not workshop.is_kept(each)] for likely in (candidates, offers)
        )
    left = effort_of(job).builds_left()
    trials = len(candidates) if left is None else min(len(candidates), left)
    return trials, len(offers) if left is None else min(len(offers), left - trials)


def state_price(session: Session) -> None:
    """Say what the run costs, by what is known by now, and put it into the report."""
    price = foresee(session.job, session.notes, session)
    session.job.console.say(f"ahead: {price.words}")
    session.notes.note(price=price)


def remember_price(job: Job, notes: Notebook) -> None:
    """Keep what the parts of a run took that came to its tests, for the runs to come."""
    baseline, candidate, trials = notes.report.baseline, notes.report.candidate, notes.record.trial_seconds
    if baseline is None or candidate is None or candidate.tests is None:
        return
    building = baseline.build_seconds + candidate.build_seconds + sum(trials)
    whole = dt.datetime.fromisoformat(utc_now()) - dt.datetime.fromisoformat(notes.report.run.started)
    known = {"trial_seconds": mean(trials)} if trials else {}
    remember_costs(job, rest_seconds=max(whole.total_seconds() - building, _LEAST_SECONDS), **known)
