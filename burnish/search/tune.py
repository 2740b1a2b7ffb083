"""The search: each choice by itself, the best ones together, and the finalists timed against each other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from burnish.errors import Refused
from burnish.job.run import Run
from burnish.judge.findings import count_of, listed
from burnish.measure.statistics import mean
from burnish.model import Trial, Tune
from burnish.sides.starts import startup_command
from burnish.phases.starting import floor_of, timer_of
from burnish.search import halving
from burnish.search.answers import Answer, Failure, answer_for
from burnish.search.candidates import best_choices, combinations, neighbours, one_at_a_time
from burnish.search.choices import Candidate, SearchSpace
from burnish.search.frontier import frontier
from burnish.search.halving import Stage
from burnish.search.judged import entry_of, point_of, round_means, with_startup
from burnish.search.pick import Entry, is_undecided, product_ratio, promising, rank, standing
from burnish.search.shortfall import remedies, shortfall
from burnish.search.sources import digest_sources
from burnish.search.space import BASE, space_of
from burnish.search.timing import BASELINE, Stopwatch, Timed
from burnish.search.trials import Workshop
from burnish.search.views import view_of
from burnish.text import format_bytes, format_seconds, parse_seconds

PIVOT = "link"
"""The factor with which the others are combined anew: it decides which budgets can be met at all."""


@dataclass(kw_only=True)
class Search:
    """A search under way: its trials so far, by name, and what stopped it."""

    run: Run
    space: SearchSpace
    workshop: Workshop
    time_budget_seconds: float
    started: float = field(default_factory=time.monotonic)
    candidates: dict[str, Candidate] = field(default_factory=dict)
    trials: dict[str, Trial] = field(default_factory=dict)
    timed: dict[str, Timed] = field(default_factory=dict)
    stopped: str = ""
    answered: dict[str, Answer] = field(default_factory=dict)

    @property
    def working(self) -> dict[str, Trial]:
        """Give the trials that built and behave as the baseline does."""
        return {name: trial for name, trial in self.trials.items() if not trial.failure}

    @property
    def meets_budget(self) -> bool:
        """Say whether a trial was shown to meet what the budget asks of size and start-up."""
        return any(entry.verdict == "pass" for entry in self._untimed().values())

    def is_plain(self, candidate: Candidate) -> bool:
        """Say whether `cargo build` alone gives a candidate, or whether that does not matter."""
        has_command = bool(view_of(self.run, candidate).toolkit.arguments)
        return not (has_command and self.run.resolved.settings.search.plain_first)

    def build(self, candidates: Sequence[Candidate]) -> None:
        """Try out candidates that were not tried before, as far as the search may go."""
        left = list({each.label: each for each in candidates if each.label not in self.trials}.values())
        while left:
            candidate = left.pop(0)
            answer = self._answer_for(candidate)
            if answer is not None:
                self.answered[candidate.label] = answer
                continue
            self.stopped = self.stopped or self._limit_reached(len(left) + 1)
            if self.stopped:
                return
            title = f"trial {len(self.trials) + 1} of {len(self.trials) + len(left) + 1}: {candidate.label}"
            with self.run.console.step(title) as step:
                trial = self.workshop.try_out(candidate, step.update)
                self.candidates[candidate.label] = candidate
                self.trials[candidate.label] = trial
                step.summary = self._said(trial, len(left))
            if trial.failure:
                left.sort(key=lambda each: bool(each.choices))  # does the base fail as well, then so do they all

    def _answer_for(self, candidate: Candidate) -> Answer | None:
        """Return why a candidate would fail, where failures that were seen tell."""
        failures = (
            Failure(choices=frozenset(trial.choices), reason=trial.failure)
            for trial in self.trials.values()
            if trial.failure
        )
        return answer_for(failures, candidate.ids)

    def _limit_reached(self, left: int) -> str:
        limit = self.run.resolved.settings.search.max_trials
        if len(self.trials) >= limit:
            return f"the limit of {limit} trials was reached with {left} more to try"
        if self.trials and time.monotonic() - self.started > self.time_budget_seconds:
            return f"the time budget of {self.run.resolved.settings.search.time_budget} was used up with {left} to try"
        return ""

    def _said(self, trial: Trial, left: int) -> str:
        result = f"{trial.side.size_bytes or 0:,} bytes" if not trial.failure else f"not usable: {trial.failure}"
        best = self.trials[self.leader().label] if self.working else None
        so_far = f"; best so far {format_bytes(best.side.size_bytes or 0)} ({best.name})" if best else ""
        typical = mean([each.side.build_seconds for each in self.trials.values()])
        rest = f"; about {format_seconds(typical * left)} of building left" if left else ""
        return result + so_far + rest

    def time(self, *, all_rounds: int, most_rounds: int = 0) -> None:
        """Time everything that works, from the first round, and give the better ones up to `all_rounds`.

        While it is undecided which of the last ones is the best, they get more, up to `most_rounds`.
        """
        names = self._different([entry.name for entry in rank(self._untimed().values())])
        if not names or self.run.project.binary is None:
            return
        stages = halving.plan_stages(
            len(names), first_rounds=self.run.resolved.settings.search.screen_rounds, all_rounds=all_rounds
        )
        files = {BASELINE: self.run.copy("baseline")} | {
            name: self.workshop.binary(self.trials[name]) for name in names
        }
        sides = {BASELINE: self.run.side("baseline")} | {name: self.trials[name].side for name in names}
        with self.run.console.step(f"timing {len(names)} candidates and the baseline in rotating rounds") as step:
            self.timed = self._stopwatch(lambda done, of: step.update(f"round {done} of {of}")).time(
                {name: startup_command(self.run, path) for name, path in files.items()},
                {name: str(side.sha256) for name, side in sides.items()},
                stages,
                lambda latest: [entry.name for entry in promising(self._entries(latest).values())],
                lambda latest: self._further(latest, all_rounds, most_rounds),
            )
            longest = max(self.timed.values(), key=lambda timed: timed.baseline.rounds)
            step.summary = f"{longest.own.rounds} rounds for the best"
        self.run.note_side("baseline", startup=longest.baseline)
        self._share_times()

    def time_finally(self) -> None:
        """Time everything that works as it takes to make a pick."""
        settings = self.run.resolved.settings
        self.time(all_rounds=settings.startup.rounds, most_rounds=settings.search.max_rounds)

    def _further(self, latest: Mapping[str, Timed], rounds: int, most_rounds: int) -> Stage | None:
        """Give `rounds` more for the last ones where those could change the pick, as far as `most_rounds` go."""
        left = min(rounds, most_rounds - min(timed.own.rounds for timed in latest.values()))
        is_worth_it = left > 0 and is_undecided(self._entries(latest).values())
        return Stage(sides=len(latest), rounds=left) if is_worth_it else None

    def _different(self, names: Iterable[str]) -> list[str]:
        """Give the first of each that are the same file: some settings do nothing here."""
        return list({self.trials[name].side.sha256: name for name in reversed(list(names))}.values())[::-1]

    def _share_times(self) -> None:
        """Give each trial the times of the file that it is."""
        by_file = {self.trials[name].side.sha256: timed for name, timed in self.timed.items()}
        for name, trial in self.working.items():
            if trial.side.sha256 in by_file:
                self.timed[name] = by_file[trial.side.sha256]
                self.trials[name] = self._with_startup(trial, self.timed[name])

    def _stopwatch(self, on_round: Callable[[int, int], None]) -> Stopwatch:
        return Stopwatch(
            timer=timer_of(self.run, runs=self.run.resolved.settings.search.runs),
            floor=floor_of(self.run),
            folder=self.workshop.folder / "timings",
            sealed=self.run.sealed,
            on_round=on_round,
            on_warning=self.run.console.warn,
        )

    def _untimed(self) -> dict[str, Entry]:
        return {name: self._entry(trial, ()) for name, trial in self.working.items()}

    def _entries(self, timed: Mapping[str, Timed]) -> dict[str, Entry]:
        """Give what is compared of trials that were timed in the same rounds."""
        judged = {name: self._with_startup(self.trials[name], each) for name, each in timed.items()}
        return {name: self._entry(trial, round_means(timed[name])) for name, trial in judged.items()}

    def _with_startup(self, trial: Trial, timed: Timed) -> Trial:
        return with_startup(trial, timed, self.run.side("baseline"), self.run.budget)

    def _entry(self, trial: Trial, means: tuple[float, ...]) -> Entry:
        return entry_of(trial, means, plain_first=self.run.resolved.settings.search.plain_first)

    def leader(self) -> Candidate:
        """Give the best candidate as far as sizes tell, the base where none works."""
        names = [entry.name for entry in rank(self._untimed().values())]
        return self.candidates[names[0]] if names else Candidate()

    @property
    def best(self) -> Candidate:
        """Give the best candidate of all, the base where nothing was tried."""
        return next((self.candidates[trial.name] for trial in self.ranked()), Candidate())

    def ranked(self) -> list[Trial]:
        """Give the trials, the best first, the failed ones last; who was timed for longer stands before its equals."""
        finalists = self._entries(self._latest_stage())
        others = {name: entry for name, entry in self._untimed().items() if name not in finalists}
        works = sorted([*rank(finalists.values()), *rank(others.values())], key=standing)
        failed = [name for name, trial in self.trials.items() if trial.failure]
        return [self.trials[name] for name in (*(entry.name for entry in works), *failed)]

    def _latest_stage(self) -> dict[str, Timed]:
        most = max((timed.own.rounds for timed in self.timed.values()), default=0)
        return {name: timed for name, timed in self.timed.items() if timed.own.rounds == most}

    def effects(self) -> dict[str, float]:
        """Give for each choice what it does by itself: the product of size and start-up as a ratio to the base's."""
        entries = self._entries(self.timed) or self._untimed()
        base = entries.get(Candidate().label)
        single = {name: self.candidates[name].choices for name in entries if len(self.candidates[name].choices) == 1}
        return {choice.id: product_ratio(entries[name], base) for name, (choice,) in single.items()} if base else {}

    def _not_tried(self) -> str:
        reasons = listed(list(dict.fromkeys(answer.sentence for answer in self.answered.values())))
        return (
            f"{count_of(len(self.answered), 'candidate')} not tried, for what failed already: {reasons}"
            if reasons
            else ""
        )

    def result(self) -> Tune:
        """Judge what was found."""
        trials = self.ranked()
        works = [trial for trial in trials if not trial.failure]
        missing = shortfall(works)
        return Tune(
            base=BASE,
            trials=trials,
            frontier=frontier([point_of(trial) for trial in works]),
            pick=works[0].name if works else None,
            shortfall=missing,
            remedies=remedies(self.run) if missing else [],
            stopped="; ".join(filter(None, [self.stopped, self._not_tried()])),
        )


def begin_search(run: Run) -> Search:
    """Begin a search for a run whose baseline is built."""
    cargo = run.cargo("candidate")
    sources = digest_sources(cargo, cargo_home=run.cargo_home, timeout_seconds=run.limits.query_seconds)
    return Search(
        run=run,
        space=space_of(run),
        workshop=Workshop(run=run, sources=sources),
        time_budget_seconds=_time_budget(run),
    )


def _time_budget(run: Run) -> float:
    text = run.resolved.settings.search.time_budget
    try:
        return parse_seconds(text)
    except ValueError as error:
        raise Refused(f"search.time_budget is {text!r}", expected='a duration like "30 min"') from error


def search_widely(search: Search) -> Tune:
    """Try every choice by itself, then the best ones together and what comes near them, and time the finalists.

    What is likeliest to pay comes first after the base, so that a search with narrow limits has tried that.
    """
    settings = search.run.resolved.settings
    search.build([Candidate(), *search.space.short, *one_at_a_time(search.space)])
    search.time(all_rounds=settings.search.screen_rounds)
    effects = search.effects()
    best = best_choices(search.space, effects)
    search.build(combinations(search.space, best, PIVOT))
    search.build(neighbours(search.leader(), search.space, effects))
    search.time_finally()
    return search.result()


def search_shortly(search: Search, known: Iterable[Candidate]) -> Tune:
    """Try a handful of candidates: those that an earlier search found, and the likeliest to pay.

    What needs a command of its own, and minutes to build, is tried where nothing else meets the budget. Where there are
    benches, which code that is made for size may fail, the best one made for speed stands ready.
    """
    candidates = [*known, *search.space.short]
    search.build([candidate for candidate in candidates if search.is_plain(candidate)])
    search.time_finally()
    if not search.meets_budget and not all(map(search.is_plain, candidates)):
        search.build(candidates)
        search.time_finally()
    at_speed = search.best.at_speed
    if search.run.has_benches and at_speed.label not in search.trials:
        search.build([at_speed])
        search.time_finally()
    return search.result()
