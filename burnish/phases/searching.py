"""Searching for the best settings: by itself, and for the recipe `auto`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

import msgspec

from burnish.errors import Refused
from burnish.job.host_flags import untried_words
from burnish.job.plan import make_plan, require_in_force
from burnish.job.run import Run
from burnish.job.undoing import undo
from burnish.judge.findings import count_of, listed
from burnish.judge.gates import judge_size
from burnish.judge.startup_gate import judge_startup
from burnish.judge.tests_gate import lost_tests
from burnish.model import Gate, Trial, Tune
from burnish.phases.baseline import build_baseline
from burnish.phases.before import plan, require_unchanged
from burnish.phases.judging import SEE, judge
from burnish.sides.twins import differs_elsewhere
from burnish.platforms.finding import make_ready
from burnish.search import explain as explaining
from burnish.search import offers as offering
from burnish.search import tune as searching
from burnish.search.answers import Answer, Failure, answer_for
from burnish.search.choices import Candidate, SearchSpace
from burnish.search.hot import require_known
from burnish.search.space import space_of, stands_in, untried_for_libraries, why_no_trials
from burnish.search.tuned import picked_view, recall, remember
from burnish.search.views import view_of

TUNE = "tune"


def settle(run: Run) -> None:
    """Take up what the last search picked, in a run of the recipe `auto`; without a pick the base stands in for it."""
    view = picked_view(run)
    if view is not None:
        run.take_up(view)


def holds_recipe(run: Run) -> bool:
    """Say whether there is nothing to do: the files hold the recipe, and for `auto` a search has picked it."""
    view = picked_view(run) if run.is_auto else run
    if view is None or not make_plan(view).is_empty:
        return False
    run.take_up(view)
    plan(run)
    return True


def _prepare(run: Run) -> None:
    """Put back what an earlier search left that was killed, and refuse what no trial can be made of."""
    live = run.live_change()
    if live is not None and live.journal.owner == TUNE:
        # Only Cargo.lock can be other than it was.
        undo(run.state, run.user_state, run.console, only_live=True)
    require_unchanged(run)
    require_known(run)
    reason = why_no_trials(run)
    if reason:
        raise Refused(reason, expected="a binary that can be timed here", next_command="burnish plan")


def tune(run: Run) -> None:
    """Search as widely as the limits allow, and keep the pick for `--recipe auto`. No file of the user's changes."""
    _prepare(run)
    _warn_of_untried(run)
    with run.change(TUNE):
        build_baseline(run)
        begun = searching.begin_search(run)
        found = _with_offers(begun, searching.search_widely(begun))
        _take_up(run, found)
    if found.pick is not None:
        remember(run, found.trials[0].choices)
    run.close("tuned")


def explain(run: Run) -> None:
    """Say what each setting of the recipe buys, and where the rest of bytes and time is. No file of the user's changes.

    Raise Refused where the files hold the recipe: there is no project without it to compare with.
    """
    _prepare(run)
    with run.change(TUNE):
        build_baseline(run)
        as_it_is = dataclasses.replace(run)
        settle(run)
        if plan(run).is_empty:
            raise Refused(
                f"the files hold the recipe {run.recipe.name} already",
                expected="a recipe that is not applied",
                next_command="burnish rollback, or burnish explain --recipe NAME",
            )
        run.note(explanation=explaining.explain(run, as_it_is))
    run.close("explained")


def _take_up(run: Run, found: Tune) -> None:
    """Put a search into the report, with its best trial as the candidate."""
    run.note(tune=found)
    if found.pick is None:
        return
    best = found.trials[0]
    run.take_up(_view(run, space_of(run), best))
    run.note(candidate=best.side)
    plan(run)


def search(run: Run) -> None:
    """Search for the recipe, where it is `auto`, and put what was found into the report.

    Where no trial meets what the budget asks of size and start-up, the nearest one is judged, and nothing is applied.
    """
    if not run.is_auto:
        return
    if why_no_trials(run):
        run.warn(stands_in(run))
        return
    _warn_of_untried(run)
    known = recall(run, space_of(run))
    begun = searching.begin_search(run)
    found = _with_offers(begun, searching.search_shortly(begun, [known] if known else []))
    run.note(tune=found)
    base = next((trial for trial in found.trials if not trial.choices), None)
    if found.pick is None and base is not None and base.failure:
        _judge_failed(run, base)
    elif found.pick is not None and not found.nothing_left and not any(map(_may_pass, found.trials)):
        _judge_nearest(run, found)


def _with_offers(search: searching.Search, found: Tune) -> Tune:
    """Put beside a search what concessions would buy, and whether nothing is left to gain without one."""
    if found.pick is None:
        return found
    may_pass = any(map(_may_pass, found.trials))
    offers = offering.make_offers(search, found, may_pass=may_pass)
    found = msgspec.structs.replace(found, offers=offers)
    if may_pass or not _meets_limits(search.run):
        return found
    # The project as it is meets every limit: there is no shortfall that something could help.
    return msgspec.structs.replace(found, nothing_left=True, shortfall=[], remedies=[])


def _meets_limits(run: Run) -> bool:
    """Say whether the project as it is meets what the budget asks of size and start-up, whatever was before."""
    budget = msgspec.structs.replace(run.budget, size_must_shrink=False, startup_must_not_slow=False)
    side = run.side("baseline")
    gates = [judge_size(side, side, budget), judge_startup(side, side, budget, run.toolkit.mode)]
    return all(gate.verdict in {"pass", "not-applicable"} for gate in gates)


def is_nothing_left(run: Run) -> bool:
    """Say whether a search found nothing better than the project as it is, which meets all limits."""
    return run.report.tune is not None and run.report.tune.nothing_left


def _warn_of_untried(run: Run) -> None:
    for words in (*untried_words(run), *untried_for_libraries(run)):
        run.warn(words)


def attempts(run: Run) -> Iterator[Run]:
    """Give the run once for each recipe to apply: the one that was named, or what a search found, the best first.

    The verdicts on one are in the report when the next is asked for: what they settle for others is not tried. Where
    there was no search, or it came to nothing without trying the base, the base stands in.
    """
    as_it_is, found = dataclasses.replace(run), run.report.tune
    if found is None or found.pick is None:
        if found is None or not run.report.gates:
            yield as_it_is
        return
    space = space_of(as_it_is)
    answered: dict[str, Answer] = {}
    for trial in filter(_may_pass, found.trials):
        answer = _answer_for(run, trial)
        if answer is not None:
            answered[trial.name] = answer
        elif not _fails_benches(run, space, trial):
            yield _view(as_it_is, space, trial)
    if answered and not run.is_kept:
        run.warn(_not_applied(answered))


def _answer_for(run: Run, trial: Trial) -> Answer | None:
    """Return why a trial would fail when it is applied: as others that have been, by the same tests or behaviour."""
    known = run.report.tune.trials if run.report.tune else []
    failures = [
        Failure(choices=frozenset(each.choices), reason=reason) for each in known for reason in _failures_of(each)
    ]
    return answer_for(failures, trial.choices)


def _failures_of(trial: Trial) -> Iterator[str]:
    yield from (f"the test {name} is lost" for name in trial.lost_tests)
    yield from (
        f"another behaviour: {gate.reason}"
        for gate in trial.gates
        if (gate.name, gate.verdict) == ("behaviour", "fail")
    )


def _not_applied(answered: Mapping[str, Answer]) -> str:
    reasons = listed(list(dict.fromkeys(answer.sentence for answer in answered.values())))
    count = count_of(len(answered), "further candidate")
    return f"{count} not applied, since they would fail for what failed already: {reasons}; to see it happen: {SEE}"


def _may_pass(trial: Trial) -> bool:
    return not trial.failure and all(gate.verdict != "fail" for gate in trial.gates)


def _fails_benches(run: Run, space: SearchSpace, trial: Trial) -> bool:
    """Say whether benches failed for choices that a trial has too: nothing else of it makes code faster."""
    own = _slower(space, trial)
    known = run.report.tune.trials if run.report.tune else []
    failed = [each for each in known if any(map(_is_failed_bench, each.gates))]
    return bool(own) and any(_slower(space, each) <= own for each in failed)


def _is_failed_bench(gate: Gate) -> bool:
    """Say whether benches are slower, or none could be judged: that is so for whatever rests on them."""
    is_unjudged = gate.verdict == "inconclusive" and gate.measured is None
    return gate.name == "benches" and (gate.verdict == "fail" or is_unjudged)


def _slower(space: SearchSpace, trial: Trial) -> frozenset[str]:
    return _candidate(space, trial).slower


def _view(run: Run, space: SearchSpace, trial: Trial) -> Run:
    return view_of(run, _candidate(space, trial))


def _candidate(space: SearchSpace, trial: Trial) -> Candidate:
    candidate = space.candidate(trial.choices)
    if candidate is None:
        raise ValueError(f"the search space has lost {trial.name} since it was tried")
    return candidate


def _judge_failed(run: Run, base: Trial) -> None:
    """Judge the base as its trial was, where nothing works: it is not built another time for the same answer."""
    run.note(candidate=base.side)
    plan(run)
    judge(run)
    run.warn(f"no candidate works, the base does not either: {base.failure}; to see it happen: {SEE}")


def _judge_nearest(run: Run, found: Tune) -> None:
    _take_up(run, found)
    judge(run)
    for sentence in (*found.shortfall, *found.remedies):
        run.warn(sentence)


def choose(run: Run, view: Run) -> None:
    """Take up one view of the run, and forget what was found of the one before it."""
    run.take_up(view)
    make_ready(run.machine, run.platform, run.toolkit)
    copies = {name: copy for name, copy in run.record.copies.items() if name == "baseline"}
    run.leave(copies=copies)
    run.note(candidate=None, gates=[], edits=[])
    made = plan(run)
    require_in_force(made)
    for note in made.notes:
        run.warn(note)


def compare_with_trial(run: Run) -> None:
    """Warn where the build from the written files is another file than the trial of the same settings.

    It is no alarm where two builds of the baseline differ too.
    """
    trial = _trial_of(run)
    built = run.side("candidate").sha256
    if trial is None or built == trial.side.sha256:
        return
    if differs_elsewhere(run):
        run.console.say("    another file than its trial, as two builds of the project as it is are, too")
        return
    run.warn(
        f"the build from the written files is not the file of its trial: sha256 {str(built)[:12]} instead of "
        f"{str(trial.side.sha256)[:12]}"
    )


def note_attempt(run: Run) -> None:
    """Put the verdicts on the applied recipe beside its trial, so that the report tells why the next one was tried."""
    trial = _trial_of(run)
    if trial is None or run.report.tune is None:
        return
    judged = msgspec.structs.replace(trial, gates=run.report.gates, lost_tests=_lost_tests(run))
    trials = [judged if each.name == trial.name else each for each in run.report.tune.trials]
    run.note(tune=msgspec.structs.replace(run.report.tune, trials=trials))
    if run.is_kept:
        remember(run, trial.choices)


def _lost_tests(run: Run) -> list[str]:
    before, after = run.side("baseline").tests, run.side("candidate").tests
    return lost_tests(before, after) if before and after else []


def _trial_of(run: Run) -> Trial | None:
    trials = run.report.tune.trials if run.report.tune else []
    return next((trial for trial in trials if run.recipe.name == f"auto: {trial.name}"), None)
