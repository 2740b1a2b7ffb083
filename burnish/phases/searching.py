"""Searching for the best settings: by itself, and for the recipe `auto`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import msgspec

from burnish.errors import Refused
from burnish.job.binaries import others
from burnish.job.candidate import Candidate
from burnish.job.host_flags import untried_words
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.plan import make_plan, require_in_force
from burnish.job.session import Session
from burnish.judge.findings import count_of, listed
from burnish.judge.gates import judge_size
from burnish.judge.several import judge_total
from burnish.judge.startup_gate import judge_startup
from burnish.judge.tests_gate import lost_tests
from burnish.model import Gate, Trial, Tune
from burnish.phases.baseline import build_baseline
from burnish.phases.before import describe_plan, require_unchanged
from burnish.phases.judging import commands_to_see, judge_candidate
from burnish.phases.starting import judge_floor
from burnish.search import explain as explaining
from burnish.search import offers as offering
from burnish.search.candidates import Answer, Failure, answer_for
from burnish.search.choices import Combination, SearchSpace
from burnish.search.judged import not_taken
from burnish.search.picked import candidate_of, picked_candidate, recall, remember, settled
from burnish.search.space import require_known, space_of, stands_in, untried_for_libraries, why_no_trials
from burnish.search.trials import workshop_of
from burnish.search.tune import search_shortly, search_widely
from burnish.search.under_way import Search, begin_search, effort_of
from burnish.sides.twins import Twins

TUNE = "tune"
# What is built from the written files may differ from its trial by a few bytes: it lies in a folder of another name.
_FAR = 1.01


def holds_recipe(job: Job, notes: Notebook) -> bool:
    """Return whether there is nothing to do: the files hold the recipe, and for `auto` a search has picked it."""
    candidate = picked_candidate(job, notes) if job.is_auto else job.opened
    if candidate is None or not make_plan(job, candidate).is_empty:
        return False
    describe_plan(job, notes, candidate)
    return True


def _prepare(session: Session) -> None:
    """Put back what an earlier search left that was killed, and refuse what no trial can be made of."""
    job = session.job
    live = session.live()
    if live is not None and live.journal.owner == TUNE:
        # Only Cargo.lock can be other than it was.
        session.put_back_live()
    require_unchanged(session.job)
    require_known(job)
    reason = why_no_trials(job)
    if reason:
        raise Refused(reason, expected="a binary that can be timed here", next_command="burnish plan")


def search_for_tuning(session: Session) -> None:
    """Search as widely as the limits allow, and keep the pick for `--recipe auto`. No file of the user's changes."""
    job, notes = session.job, session.notes
    _prepare(session)
    _warn_of_untried(job, notes)
    missed = judge_floor(job, notes)
    if missed is not None:
        notes.warn(missed.reason)
    with session.change(TUNE, job.opened):
        build_baseline(job, notes)
        begun = begin_search(session)
        found = _with_offers(begun, search_widely(begun))
        _note_best(job, notes, found)
    if found.pick is not None:
        remember(job, found.trials[0].choices)
    notes.close("tuned")


def explain_recipe(session: Session) -> None:
    """Say what each setting of the recipe buys, and where the rest of bytes and time is. No file of the user's changes.

    Raise Refused where the files hold the recipe: there is no project without it to compare with.
    """
    job, notes = session.job, session.notes
    _prepare(session)
    if job.project.binary is None:
        raise Refused(
            "the project has no binary, and what is explained is a program's size and start-up",
            expected="a binary that can be timed here",
            next_command="burnish tune, which finds the smallest library",
        )
    with session.change(TUNE, job.opened):
        build_baseline(job, notes)
        candidate = settled(job, notes)
        if describe_plan(job, notes, candidate).is_empty:
            raise Refused(
                f"the files hold the recipe {candidate.recipe.name} already",
                expected="a recipe that is not applied",
                next_command="burnish rollback, or burnish explain --recipe NAME",
            )
        notes.note(explanation=explaining.explanation_of(session, candidate))
    notes.close("explained")


def _note_best(job: Job, notes: Notebook, found: Tune) -> Candidate:
    """Put a search into the report, with its best trial as the candidate, and return that."""
    notes.note(tune=found)
    if found.pick is None:
        return job.opened
    best = found.trials[0]
    candidate = candidate_of(job, _combination(space_of(job, notes), best))
    notes.note(candidate=best.side)
    describe_plan(job, notes, candidate)
    return candidate


def search(session: Session) -> None:
    """Search for the recipe, where it is `auto`, and put what was found into the report; try one that was named.

    Where no trial meets what the budget asks of size and start-up, the nearest one is judged, and nothing is applied.
    """
    job, notes = session.job, session.notes
    if not job.is_auto:
        _try_named(session)
        return
    if why_no_trials(job):
        notes.warn(stands_in(job))
        return
    _warn_of_untried(job, notes)
    known = recall(job, space_of(job, notes))
    begun = begin_search(session, effort_of(job))
    found = _with_offers(begun, search_shortly(begun, [known] if known else []))
    notes.leave(trial_seconds=begun.workshop.effort.spent_seconds)
    notes.note(tune=found)
    base = next((trial for trial in found.trials if not trial.choices), None)
    if found.pick is None and base is not None and base.failure:
        _judge_failed(session, base)
    elif found.pick is not None and not found.nothing_left and not any(map(_may_pass, found.trials)):
        _judge_nearest(session, found)


def tries_named(job: Job) -> bool:
    """Return whether a recipe that was named is built beside the project first."""
    limits = job.budget.max_size_bytes is not None or job.budget.size_must_shrink
    return limits and not why_no_trials(job) and not job.options.all_gates


def _try_named(session: Session) -> None:
    """Build a recipe that was named beside the project first, where the budget limits the size.

    One that is far from the limit costs two builds, and no edit. All else is judged when it is applied.
    """
    job, notes = session.job, session.notes
    if not tries_named(job):
        return
    with job.console.step(f"trial: the recipe {job.opened.recipe.name}") as step:
        workshop = workshop_of(session)
        trial = workshop.try_out(job.opened, job.opened.recipe.name)
        notes.leave(trial_seconds=workshop.effort.spent_seconds)
        step.summary = trial.failure or f"{trial.side.size_bytes or 0:,} bytes"
    if not trial.failure and any(map(_is_far_too_large, trial.gates)):
        notes.note(candidate=trial.side)
        judge_candidate(session, job.opened, is_applied=False)


def _is_far_too_large(gate: Gate) -> bool:
    is_over = gate.measured is not None and gate.limit is not None and gate.measured > gate.limit * _FAR
    return (gate.name, gate.verdict) == ("size", "fail") and is_over


def may_go_on(session: Session) -> bool:
    """Return whether there is a candidate to apply."""
    return next(attempts(session), None) is not None


def _with_offers(search: Search, found: Tune) -> Tune:
    """Put beside a search what concessions would buy, and whether nothing is left to gain without one."""
    if found.pick is None:
        return found
    may_pass = any(map(_may_pass, found.trials))
    offers = offering.make_offers(search, found, may_pass=may_pass)
    found = msgspec.structs.replace(found, offers=offers, stopped=search.why_stopped)
    if may_pass or not _meets_limits(search.job, search.notes):
        return found
    # The project as it is meets every limit: there is nothing missing that something could help.
    return msgspec.structs.replace(found, nothing_left=True, shortfall=not_taken(found.trials), remedies=[])


def _meets_limits(job: Job, notes: Notebook) -> bool:
    """Return whether the project as it is meets what the budget asks of size and start-up, whatever was before."""
    budget = msgspec.structs.replace(job.budget, size_must_shrink=False, startup_must_not_slow=False)
    side, mode = notes.side("baseline"), job.opened.toolkit.mode
    beside = {part.name: part.baseline for part in notes.report.binaries if part.baseline is not None}
    sizes = [judge_size(each, each, budget) for each in (side, *beside.values())]
    gates = [*judge_total(sizes, {"": side, **beside}, budget), judge_startup(side, side, budget, mode)]
    return all(gate.verdict in {"pass", "not-applicable"} for gate in gates)


def is_nothing_left(notes: Notebook) -> bool:
    """Return whether a search found nothing better than the project as it is, which meets all limits."""
    return notes.report.tune is not None and notes.report.tune.nothing_left


def _warn_of_untried(job: Job, notes: Notebook) -> None:
    for words in (*untried_words(job), *untried_for_libraries(job, notes)):
        notes.warn(words)


def attempts(session: Session) -> Iterator[Candidate]:
    """Yield each candidate to apply: the recipe that was named, or what a search found, the best first.

    The verdicts on one are in the report when the next is asked for: what they settle for others is not tried. Where
    there was no search, or it came to nothing without trying the base, the base stands in. It is the last one where all
    that were tried fail, and the effort ended before it was.
    """
    job, notes, found = session.job, session.notes, session.notes.report.tune
    if found is None or found.pick is None:
        if not notes.report.gates:
            yield job.opened
        return
    space = space_of(job, notes)
    answered: dict[str, Answer] = {}
    is_untried = all(trial.choices for trial in found.trials) and any(map(_may_pass, found.trials))
    for trial in filter(_may_pass, found.trials):
        if space.candidate(trial.choices) is None:
            notes.warn(f"not applied: {trial.name}: no bench can be judged after all, and speed is not accepted")
            continue
        answer = _answer_for(notes, trial.choices)
        if answer is not None:
            answered[trial.name] = answer
        elif not _fails_benches(notes, space, trial):
            yield candidate_of(job, _combination(space, trial))
    if is_untried and not session.is_kept and _answer_for(notes, ()) is None:
        yield candidate_of(job, Combination())
    if answered and not session.is_kept:
        notes.warn(_not_applied(space, answered, commands_to_see(notes.report)))


def _answer_for(notes: Notebook, choices: Collection[str]) -> Answer | None:
    """Return why a candidate would fail when it is applied: as others that were, by the same tests or behaviour."""
    known = notes.report.tune.trials if notes.report.tune else []
    failures = [
        Failure(choices=frozenset(each.choices), reason=reason) for each in known for reason in _failures_of(each)
    ]
    return answer_for(failures, choices)


def _failures_of(trial: Trial) -> Iterator[str]:
    yield from (f"the test {name} is lost" for name in trial.lost_tests)
    yield from (
        f"another behaviour: {gate.reason}"
        for gate in trial.gates
        if (gate.name, gate.verdict) == ("behaviour", "fail")
    )


def _not_applied(space: SearchSpace, answered: Mapping[str, Answer], see: str) -> str:
    reasons = listed(list(dict.fromkeys(answer.sentence(space) for answer in answered.values())))
    count = count_of(len(answered), "further candidate")
    return f"{count} not applied, since they would fail for what failed already: {reasons}; to see it happen: {see}"


def _may_pass(trial: Trial) -> bool:
    return not trial.failure and all(gate.verdict != "fail" for gate in trial.gates)


def _fails_benches(notes: Notebook, space: SearchSpace, trial: Trial) -> bool:
    """Return whether benches failed for choices that a trial has too: nothing else of it makes code faster.

    A profile does: what failed without one says nothing of the same with one.
    """
    own = _slower(space, trial)
    known = notes.report.tune.trials if notes.report.tune else []
    alike = [each for each in known if bool(each.guided) == bool(trial.guided)]
    failed = [each for each in alike if any(map(_is_failed_bench, each.gates))]
    return bool(own) and any(_slower(space, each) <= own for each in failed)


def _is_failed_bench(gate: Gate) -> bool:
    """Return whether benches are slower, or none could be judged: that is so for whatever rests on them."""
    is_unjudged = gate.verdict == "inconclusive" and gate.measured is None
    return gate.name == "benches" and (gate.verdict == "fail" or is_unjudged)


def _slower(space: SearchSpace, trial: Trial) -> frozenset[str]:
    combination = space.candidate(trial.choices)
    return combination.slower if combination else frozenset()


def _combination(space: SearchSpace, trial: Trial) -> Combination:
    combination = space.candidate(trial.choices)
    if combination is None:
        raise ValueError(f"the search space has lost {trial.name} since it was tried")
    return combination


def _judge_failed(session: Session, base: Trial) -> None:
    """Judge the base as its trial was, where nothing works: it is not built another time for the same answer."""
    session.notes.note(candidate=base.side)
    describe_plan(session.job, session.notes, session.job.opened)
    judge_candidate(session, session.job.opened, is_applied=False)
    see = commands_to_see(session.notes.report)
    session.notes.warn(f"no candidate works, the base does not either: {base.failure}; to see it happen: {see}")


def _judge_nearest(session: Session, found: Tune) -> None:
    judge_candidate(session, _note_best(session.job, session.notes, found), is_applied=False)
    for sentence in (*found.shortfall, *found.remedies):
        session.notes.warn(sentence)


def choose(job: Job, notes: Notebook, candidate: Candidate) -> None:
    """Take up a candidate, and forget what was found of the one before it."""
    for each in (notes, *(own for _, own in others(job, notes))):
        each.leave(copies={name: copy for name, copy in each.record.copies.items() if name == "baseline"})
        each.note(candidate=None, gates=[], edits=[])
    made = describe_plan(job, notes, candidate)
    require_in_force(made)
    for note in made.notes:
        notes.warn(note)


def compare_with_trial(session: Session, candidate: Candidate) -> None:
    """Warn where the build from the written files is another file than the trial of the same settings.

    It is no alarm where two builds of the baseline differ too.
    """
    job, notes = session.job, session.notes
    trial = _trial_of(notes, candidate)
    built = notes.side("candidate").sha256
    if trial is None or built == trial.side.sha256:
        return
    if Twins(session=session).differ_elsewhere():
        job.console.say("    another file than its trial, as two builds of the project as it is are, too")
        return
    notes.warn(
        f"the build from the written files is not the file of its trial: sha256 {str(built)[:12]} instead of "
        f"{str(trial.side.sha256)[:12]}"
    )


def note_attempt(session: Session, candidate: Candidate) -> None:
    """Put the verdicts on the applied recipe beside its trial, so that the report tells why the next one was tried."""
    notes = session.notes
    trial = _trial_of(notes, candidate)
    if trial is None or notes.report.tune is None:
        return
    judged = msgspec.structs.replace(trial, gates=notes.report.gates, lost_tests=_lost_tests(notes))
    trials = [judged if each.name == trial.name else each for each in notes.report.tune.trials]
    notes.note(tune=msgspec.structs.replace(notes.report.tune, trials=trials))
    if session.is_kept:
        remember(session.job, trial.choices)


def _lost_tests(notes: Notebook) -> list[str]:
    before, after = notes.side("baseline").tests, notes.side("candidate").tests
    return lost_tests(before, after) if before and after else []


def _trial_of(notes: Notebook, candidate: Candidate) -> Trial | None:
    trials = notes.report.tune.trials if notes.report.tune else []
    return next((trial for trial in trials if candidate.recipe.name == f"auto: {trial.name}"), None)
