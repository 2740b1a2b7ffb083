"""A search under way: its trials so far, built and timed as far as they were, and what is best among them."""

from __future__ import annotations

import dataclasses
import shlex
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from burnish.job.binaries import BinaryNotes
from burnish.job.costs import recall_costs
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.recipe import BASE
from burnish.job.session import Session
from burnish.judge.findings import count_of, listed
from burnish.judge.startup_gate import is_shown_slower
from burnish.measure.command import Command
from burnish.measure.hyperfine import EndedOtherwise
from burnish.measure.statistics import mean
from burnish.model import Trial, Tune, Workload
from burnish.search.beside import commands_beside, digest_beside, started_binaries, with_startups_beside
from burnish.search.candidates import (
    Answer,
    Failure,
    answer_for,
)
from burnish.search.choices import Combination, SearchSpace
from burnish.search.effort import Effort
from burnish.search.judged import entry_of, frontier, means_of_rounds, point_of, shortfall, with_startup
from burnish.search.musl import remedies
from burnish.search.pick import Entry, by_product, is_undecided, product_ratio, promising, rank, standing
from burnish.search.picked import candidate_of
from burnish.search.space import space_of
from burnish.search.timing import BASELINE, Stage, Stopwatch, Timed, plan_stages
from burnish.search.trials import Workshop, workshop_of
from burnish.sides.side import lay_out_anew
from burnish.sides.starts import floor_of, startup_command, timer_of
from burnish.system.console import Step
from burnish.text import format_about, format_bytes, format_seconds, parse_seconds

_LEFT_OUT = ("report_dir", "all_gates", "steps")


@dataclass(kw_only=True)
class Search:
    """A search under way: its trials so far, by name, and what stopped it.

    `at_work` has for each trial whose workloads were timed those of the baseline in the same rounds. `unaffordable`
    are candidates that are beyond the effort, and so many `unaffordable_offers` too. `begun` are those that were built
    before it was their turn. `beside` are the other binaries that were timed in the same rounds. So many trials are
    `kept_back` for what is fast at its work, of which nobody knows before all the others were timed. `decided` are the
    digests of the files whose work was timed for as long as a verdict takes.
    """

    space: SearchSpace
    workshop: Workshop
    time_budget_seconds: float
    started: float = field(default_factory=time.monotonic)
    combinations: dict[str, Combination] = field(default_factory=dict)
    trials: dict[str, Trial] = field(default_factory=dict)
    timed: dict[str, Timed] = field(default_factory=dict)
    stopped: str = ""
    kept_back: int = 0
    answered: dict[str, Answer] = field(default_factory=dict)
    at_work: dict[str, list[Workload]] = field(default_factory=dict)
    decided: set[str] = field(default_factory=set)
    unaffordable: dict[str, Combination] = field(default_factory=dict)
    unaffordable_offers: int = 0
    begun: set[str] = field(default_factory=set)
    beside: list[tuple[Job, BinaryNotes]] = field(default_factory=list)

    @property
    def job(self) -> Job:
        """Return what is worked on."""
        return self.workshop.job

    @property
    def notes(self) -> Notebook:
        """Return what was found so far."""
        return self.workshop.notes

    @property
    def working(self) -> dict[str, Trial]:
        """Return the trials that built and behave as the baseline does."""
        return {name: trial for name, trial in self.trials.items() if not trial.failure}

    @property
    def meets_budget(self) -> bool:
        """Return whether a trial was shown to meet what the budget asks of size and start-up."""
        return any(entry.verdict == "pass" for entry in self._untimed().values())

    @property
    def meets_at_speed(self) -> bool:
        """Return whether one of these has no choice for which benches may find code slower."""
        met = (name for name, entry in self._untimed().items() if entry.verdict == "pass")
        return not all(self.combinations[name].slower for name in met)

    @property
    def may_pass(self) -> bool:
        """Return whether a trial works that no gate has failed so far: only then its time at work matters."""
        return any(all(gate.verdict != "fail" for gate in trial.gates) for trial in self.working.values())

    def is_new(self, combination: Combination) -> bool:
        """Return whether a combination was not tried, and neither is known to fail nor beyond the effort."""
        return not any(combination.label in known for known in (self.trials, self.answered, self.unaffordable))

    def build(self, wanted: Sequence[Combination]) -> None:
        """Try out combinations that were not tried before, as far as the search may go."""
        left = list({each.label: each for each in wanted if each.label not in self.trials}.values())
        while left:
            self._build_ahead(left)
            combination = left.pop(0)
            answer = self._answer_for(combination)
            if answer is not None:
                self.answered[combination.label] = answer
                continue
            self.stopped = self.stopped or self._limit_reached(len(left) + 1)
            if self.stopped:
                return
            if not self.affords(combination, self._share):
                self.unaffordable[combination.label] = combination
                continue
            known = len(self.trials) + max(1, self._to_build(len(left) + 1))
            with self.job.console.step(f"trial {len(self.trials) + 1} of {known}: {combination.label}") as step:
                self._show_ahead(step, known)
                trial = self.workshop.try_combination(combination)
                self.combinations[combination.label] = combination
                self.trials[combination.label] = trial
                step.summary = self._said(trial, self._to_build(sum(each.label not in self.begun for each in left)))
            if trial.failure:
                left.sort(key=lambda each: bool(each.choices))  # does the base fail as well, then so do they all

    def _build_ahead(self, left: Sequence[Combination]) -> None:
        """Build the next ones side by side, as far as they would be asked for one after the other, if all work."""
        search, base = self.job.settings.search, Combination().label
        wanted: dict[str, Combination] = {}
        if self.stopped or self._limit_reached(len(left)):
            return
        for each in left[: max(0, min(self.workshop.jobs, self._trials_left))]:
            has_base = base in self.trials or base in wanted
            share = search.candidates_share if has_base else 1.0
            if each.is_guided or not self.workshop.effort.allows_at_once(len(wanted) + 1, share=share):
                break
            if self._answer_for(each) is None:
                wanted[each.label] = each
        done, known = len(self.trials), len(self.trials) + max(1, self._to_build(len(left)))
        if self.build_at_once(wanted.values(), done=done, known=known):
            self.begun.update(wanted)

    def build_at_once(self, wanted: Iterable[Combination], *, done: int = 0, known: int = 0) -> bool:
        """Build combinations side by side that will be asked for, as many as may be at work at once; return if it did.

        Those that a profile guides are not: it has to be recorded before.
        """
        candidates = [candidate_of(self.job, each) for each in wanted if not each.is_guided]
        return self.workshop.build_ahead(candidates, done=done, known=known)

    def affords(self, combination: Combination, share: float = 1.0) -> bool:
        """Return whether a combination can be expected to be built within a share of the effort, or is built already.

        What a profile guides is built twice.
        """
        builds = 2 if combination.is_guided else 1
        return self.workshop.effort.allows(builds, share=share) or self.workshop.is_kept(combination)

    @property
    def _share(self) -> float:
        """Return what candidates may take of the effort: all of it up to the base, on which a change can fall back."""
        has_base = Combination().label in self.trials
        return self.job.settings.search.candidates_share if has_base else 1.0

    def _answer_for(self, combination: Combination) -> Answer | None:
        """Return why a combination would fail, where failures that were seen tell."""
        failures = (
            Failure(choices=frozenset(trial.choices), reason=trial.failure)
            for trial in self.trials.values()
            if trial.failure
        )
        return answer_for(failures, combination.ids)

    @property
    def _trials_left(self) -> int:
        return self.job.settings.search.max_trials - self.kept_back - len(self.trials)

    def go_on(self) -> None:
        """Make use of the trials that were kept back, too. Whatever else has ended the search ends it again."""
        if self.kept_back:
            self.kept_back, self.stopped = 0, ""

    def _limit_reached(self, left: int) -> str:
        limit = self.job.settings.search.max_trials
        if self._trials_left <= 0 and self.kept_back:
            kept = f"{self.kept_back} of them kept for what is fast at its work"
            return f"{len(self.trials)} of {limit} trials were made, {kept}, with {left} more to try"
        if self._trials_left <= 0:
            return f"the limit of {limit} trials was reached with {left} more to try"
        return self._time_over(f"with {left} to try") if self.trials else ""

    @property
    def is_time_over(self) -> bool:
        """Return whether the search has used up its time."""
        return time.monotonic() - self.started > self.time_budget_seconds

    def _time_over(self, words: str) -> str:
        budget = self.job.settings.search.time_budget
        return f"the time budget of {budget} was used up {words}" if self.is_time_over else ""

    def is_late(self, words: str) -> bool:
        """Return whether the time is over; if so, the result says in these words what was left."""
        told = self._time_over(words)
        self.stopped = self.stopped or told
        return bool(told)

    def _to_build(self, left: int) -> int:
        """Return how many of those that are left will be built, as far as trials and effort go."""
        search = self.job.settings.search
        ends = (self._trials_left, self.workshop.effort.builds_left(share=search.candidates_share))
        return max(0, min(left, *(end for end in ends if end is not None)))

    def _show_ahead(self, step: Step, known: int) -> None:
        """Show how many trials are done of those that are wanted so far, and how long the rest will take to build."""
        step.count(len(self.trials), known, "trials")
        if self.trials:
            step.expect(self._typical_seconds * (known - len(self.trials)))

    @property
    def _typical_seconds(self) -> float:
        """Return how long a build holds the search up: less than it takes where it is one of several at once."""
        of_trials = [each.side.build_seconds for each in self.trials.values()]
        return mean(self.workshop.effort.spent_seconds or of_trials)

    def _said(self, trial: Trial, left: int) -> str:
        result = f"{trial.side.size_bytes or 0:,} bytes" if not trial.failure else f"not usable: {trial.failure}"
        best = self.trials[self.leader().label] if self.working else None
        so_far = f"; best so far {format_bytes(best.side.size_bytes or 0)} ({best.name})" if best else ""
        rest = f"; about {format_seconds(self._typical_seconds * left)} of building left" if left else ""
        return result + so_far + rest

    def time(self, *, all_rounds: int, most_rounds: int = 0) -> None:
        """Time everything that works, from the first round, and give the better ones up to `all_rounds`.

        While another of the last ones may be better than the pick, and worth it, they get more, up to `most_rounds`.
        """
        names = self.different([entry.name for entry in rank(self._untimed().values())])
        if not names or not self.notes.side("baseline").behaviour:
            return
        stages = plan_stages(len(names), first_rounds=self.job.settings.search.screen_rounds, all_rounds=all_rounds)
        further = partial(self._further, rounds=all_rounds, most_rounds=most_rounds)
        with self.job.console.step(f"timing {len(names)} candidates and the baseline in rotating rounds") as step:
            self.timed = self._timed_with_others(names, stages, further, step.count_rounds)
            last = self._latest_stage()
            if any(map(self._is_doubted, last.items())):
                self._lay_out_anew(last)
                stage = Stage(sides=len(last), rounds=all_rounds)
                self.timed |= self._timed_with_others(list(last), [stage], further, step.count_rounds, anew=True)
            longest = max(self.timed.values(), key=lambda timed: timed.baseline.rounds)
            step.summary = f"{longest.own.rounds} rounds for the best"
        self.notes.note_side("baseline", startup=longest.baseline)
        self._share_times()

    def _is_doubted(self, timed: tuple[str, Timed]) -> bool:
        """Return whether a trial misses nothing that was judged but the baseline's start-up: that may be chance."""
        trial = self._with_startup(self.trials[timed[0]], timed[1])
        failed = {gate.name for gate in trial.gates if gate.verdict == "fail"}
        return failed == {"startup"} and is_shown_slower(timed[1].baseline, timed[1].own, self.job.budget)

    def _lay_out_anew(self, names: Iterable[str]) -> None:
        """Put the baseline and some trials elsewhere: what is slower from there too is slower."""
        for file in (self.notes.copy("baseline"), *(self.workshop.binary(self.trials[name]) for name in names)):
            lay_out_anew(file)

    def _timed_with_others(
        self,
        names: Sequence[str],
        stages: Sequence[Stage],
        more: Callable[[Mapping[str, Timed]], Stage | None],
        on_round: Callable[[int, int], None],
        *,
        anew: bool = False,
    ) -> dict[str, Timed]:
        """Time some trials with their other binaries, by the first alone where one of the others cannot be timed."""
        digests = {BASELINE: self._digest_of_baseline()} | {name: self._digest(name) for name in names}
        stopwatch = dataclasses.replace(self._stopwatch(on_round), anew=anew)

        def order(latest: Mapping[str, Timed]) -> list[str]:
            return [entry.name for entry in promising(self._entries(latest).values())]

        commands = self._commands(names)
        try:
            return stopwatch.time(commands, digests, stages, order, more)
        except EndedOtherwise as error:
            if not self.beside:
                raise
            self.notes.warn(f"the first binary alone is timed in the search: {error.found}")
            self.beside = []
            return stopwatch.time({name: each[:1] for name, each in commands.items()}, digests, stages, order, more)

    def _commands(self, names: Sequence[str]) -> dict[str, list[Command]]:
        """Return the timed commands of the baseline and some trials: of the first binary, then of the others."""
        files = [self.notes.copy("baseline"), *(self.workshop.binary(self.trials[name]) for name in names)]
        first = [startup_command(self.job, self.notes, self.job.opened, file) for file in files]
        others = started_binaries(self.job, self.notes)
        self.beside, commands, left = commands_beside(others, [file.parent for file in files[1:]], first[0])
        if left:
            self.notes.warn(f"not timed in the search, and judged in the end: {listed(left)}: started in another way")
        return dict(zip([BASELINE, *names], map(list, zip(first, *commands, strict=True)), strict=True))

    def time_finally(self) -> None:
        """Time everything that works as it takes to make a pick."""
        settings = self.job.settings
        self.time(all_rounds=settings.startup.rounds, most_rounds=settings.search.max_rounds)

    @property
    def has_fast_one(self) -> bool:
        """Return whether the best candidate is fast enough at its work, as far as that is judged."""
        best = next(iter(self.ranked()), None)
        gates = best.gates if best else []
        return all(gate.verdict != "fail" for gate in gates if gate.name == "workloads")

    def is_slow(self, combination: Combination) -> bool:
        """Return whether a candidate was shown to be too slow at its work."""
        trial = self.trials.get(combination.label)
        gates = trial.gates if trial else []
        return any(gate.name == "workloads" and gate.verdict == "fail" for gate in gates)

    @property
    def has_slow_one(self) -> bool:
        """Return whether a candidate was shown to be too slow at its work."""
        return any(map(self.is_slow, self.combinations.values()))

    def too_slow(self) -> list[Combination]:
        """Return the candidates that were too slow at their work, the least product of size and start-up first."""
        slow = [name for name, each in self.combinations.items() if self.is_slow(each) and name in self.working]
        known = self.entries()
        return [self.combinations[entry.name] for entry in sorted((known[name] for name in slow), key=by_product)]

    def entries(self) -> dict[str, Entry]:
        """Return what is compared of each trial that works, with the start-ups of those that were timed."""
        return {**self._untimed(), **self._entries(self.timed)}

    def _further(self, latest: Mapping[str, Timed], rounds: int, most_rounds: int) -> Stage | None:
        """Return `rounds` more for the last ones where those could change the pick, as far as `most_rounds` go."""
        left = min(rounds, most_rounds - min(timed.own.rounds for timed in latest.values()))
        is_worth_it = left > 0 and is_undecided(self._entries(latest).values(), self.job.settings.search.worth_ratio)
        return Stage(sides=len(latest), rounds=left) if is_worth_it else None

    def different(self, names: Iterable[str]) -> list[str]:
        """Return the first of each that are the same files: some settings do nothing here."""
        return list({self._digest(name): name for name in reversed(list(names))}.values())[::-1]

    def _digest_of_baseline(self) -> str:
        others = (str(own.side("baseline").sha256) for _, own in started_binaries(self.job, self.notes))
        return " ".join([str(self.notes.side("baseline").sha256), *others])

    def _digest(self, name: str) -> str:
        """Return what tells the files of a trial from those of others."""
        trial = self.trials[name]
        folder = self.workshop.binary(trial).parent
        others = (digest_beside(folder, own) for _, own in started_binaries(self.job, self.notes))
        return " ".join([str(trial.side.sha256), *others])

    def _share_times(self) -> None:
        """Give each trial the times of the file that it is."""
        by_file = {self._digest(name): timed for name, timed in self.timed.items()}
        for name, trial in self.working.items():
            timed = by_file.get(self._digest(name))
            if timed:
                self.timed[name] = timed
                self.trials[name] = self._with_startup(trial, timed)

    def _stopwatch(self, on_round: Callable[[int, int], None]) -> Stopwatch:
        return Stopwatch(
            timer=timer_of(self.job, self.notes, runs=self.job.settings.search.runs),
            floor=floor_of(self.job, self.notes.record.loader),
            folder=self.workshop.folder / "timings",
            sealed=self.job.sealed,
            on_round=on_round,
            on_warning=self.job.console.warn,
        )

    def _untimed(self) -> dict[str, Entry]:
        return {name: self._entry(trial, ()) for name, trial in self.working.items()}

    def _entries(self, timed: Mapping[str, Timed]) -> dict[str, Entry]:
        """Return what is compared of trials that were timed in the same rounds."""
        judged = {name: self._with_startup(self.trials[name], each) for name, each in timed.items()}
        return {name: self._entry(trial, means_of_rounds(timed[name])) for name, trial in judged.items()}

    def _with_startup(self, trial: Trial, timed: Timed) -> Trial:
        trial = with_startup(trial, timed, self.notes.side("baseline"), self.job.budget)
        return with_startups_beside(trial, self.beside, timed.beside, self.job.budget)

    def _entry(self, trial: Trial, means: tuple[float, ...]) -> Entry:
        others = [part.name for part in self.notes.report.binaries]
        return entry_of(trial, means, plain_first=self.job.settings.search.plain_first, others=others)

    def leader(self) -> Combination:
        """Return the best candidate as far as sizes tell, the base where none works."""
        names = [entry.name for entry in rank(self._untimed().values())]
        return self.combinations[names[0]] if names else Combination()

    @property
    def best(self) -> Combination:
        """Return the best candidate of all, the base where nothing was tried."""
        return next((self.combinations[trial.name] for trial in self.ranked()), Combination())

    def ranked(self) -> list[Trial]:
        """Return the trials, the best first, the failed ones last; of equals the one that was timed for longer."""
        finalists = self._entries(self._latest_stage())
        others = {name: entry for name, entry in self._untimed().items() if name not in finalists}
        works = sorted([*rank(finalists.values()), *rank(others.values())], key=standing)
        failed = [name for name, trial in self.trials.items() if trial.failure]
        return [self.trials[name] for name in (*(entry.name for entry in works), *failed)]

    def _latest_stage(self) -> dict[str, Timed]:
        most = max((timed.own.rounds for timed in self.timed.values()), default=0)
        return {name: timed for name, timed in self.timed.items() if timed.own.rounds == most}

    def effects(self) -> dict[str, float]:
        """Return for each choice what it does by itself: the product of size and start-up as a ratio to the base's."""
        entries = self._entries(self.timed) or self._untimed()
        base = entries.get(Combination().label)
        single = {
            name: self.combinations[name].choices for name in entries if len(self.combinations[name].choices) == 1
        }
        return {choice.id: product_ratio(entries[name], base) for name, (choice,) in single.items()} if base else {}

    @property
    def why_stopped(self) -> str:
        """Return what ended the search before all was tried, in words; empty where all was."""
        return "; ".join(filter(None, [self.stopped, self._not_tried(), self._beyond_effort()]))

    def _beyond_effort(self) -> str:
        """Return what was not built for the effort, and the command that builds it."""
        names = [f'"{name}"' for name in self.unaffordable if name not in self.trials]
        offers = f"{self.unaffordable_offers} of what concessions would buy" if self.unaffordable_offers else ""
        left = " and ".join(filter(None, [", ".join(names), offers]))
        if not left:
            return ""
        command = shlex.join(["burnish", "tune", *self.job.options.words(without=_LEFT_OUT)])
        spent = format_about(sum(self.workshop.effort.spent_seconds))
        return f"left out for search.effort, after {spent} of building trials: {left}; `{command}` tries them"

    def _not_tried(self) -> str:
        reasons = listed(list(dict.fromkeys(answer.sentence(self.space) for answer in self.answered.values())))
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
            remedies=remedies(self.job) if missing else [],
            stopped=self.why_stopped,
        )


def is_plain(job: Job, combination: Combination) -> bool:
    """Return whether `cargo build` alone gives a combination, or whether that does not matter."""
    has_command = combination.is_guided or bool(candidate_of(job, combination).toolkit.arguments)
    return not (has_command and job.settings.search.plain_first)


def begin_search(session: Session, effort: Effort | None = None) -> Search:
    """Begin a search in a run whose baseline is built; without an `effort` it may build as long as its time budget."""
    return Search(
        space=space_of(session.job, session.notes),
        workshop=workshop_of(session, effort),
        time_budget_seconds=parse_seconds(session.job.settings.search.time_budget),
    )


def effort_of(job: Job) -> Effort:
    """Return the effort of a short search, by what a build of the project as it is takes."""
    return Effort(times=job.settings.search.effort, build_seconds=recall_costs(job).build_seconds)
