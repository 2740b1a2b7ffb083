"""What every rendering says of a search's trials, before it is written in that rendering's own way. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from burnish.model import Offer, Report, Side, Startup, Trial, Tune
from burnish.report.summary import NOT_THERE, startup_name
from burnish.text import format_bytes, format_seconds

_WORK = "time at work"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table; `note` says what is to be said of it, or why it cannot be used.

    `work` is the time of its workloads as a ratio to the baseline's; None where no candidate's were timed.
    """

    name: str
    size: str
    startup: str
    ratio: str
    work: str | None
    build: str
    note: str
    is_pick: bool = False

    @property
    def cells(self) -> tuple[str, ...]:
        """Return the cells in the order of the columns."""
        work = () if self.work is None else (self.work,)
        return self.name, self.size, self.startup, self.ratio, *work, self.build, self.note


def trial_columns(report: Report) -> tuple[str, ...]:
    """Return the names of the columns; the time at work is among them where it was measured."""
    work = [_WORK] if _has_work(report) else []
    return ("candidate", "size", startup_name(report.baseline, None), "ratio to the baseline", *work, "build", "")


def _has_work(report: Report) -> bool:
    return report.tune is not None and any(trial.workload_ratio for trial in report.tune.trials)


def trial_rows(report: Report) -> list[Row]:
    """Return the table of a report's search: the project as it is first, then the trials, the best first."""
    if report.tune is None:
        return []
    work = NOT_THERE if _has_work(report) else None
    rows = [_row("as it is", report.baseline, work)] if report.baseline else []
    return [*rows, *(_trial_row(trial, report.tune, work) for trial in report.tune.trials)]


def _trial_row(trial: Trial, tune: Tune, work: str | None) -> Row:
    return msgspec.structs.replace(
        _row(trial.name, trial.side, work),
        ratio=_ratio_words(trial.startup_ratio),
        work=_ratio_words(trial.workload_ratio) if work else None,
        note=note_of(trial, tune),
        is_pick=trial.name == tune.pick,
    )


def _row(name: str, side: Side, work: str | None) -> Row:
    return Row(
        name=name,
        size=format_bytes(side.size_bytes) if side.size_bytes is not None else NOT_THERE,
        startup=_startup_words(side.startup),
        ratio=NOT_THERE,
        work=work,
        build=format_seconds(side.build_seconds),
        note="",
    )


def _ratio_words(ratio: tuple[float, float, float] | None) -> str:
    return "{:.3f} ({:.3f} to {:.3f})".format(*ratio) if ratio else NOT_THERE


def _startup_words(startup: Startup | None) -> str:
    return format_seconds(startup.mean_seconds) if startup else NOT_THERE


def note_of(trial: Trial, tune: Tune) -> str:
    """Return what is to be said of a trial, or why it cannot be used."""
    if trial.failure:
        return trial.failure
    words = ["the pick"] if trial.name == tune.pick else []
    words += ["on the frontier"] if trial.name in tune.frontier else []
    words += ["needs a command of its own"] if trial.command else []
    words += [f"{gate.name}: {gate.verdict}" for gate in trial.gates if gate.verdict in {"fail", "inconclusive"}]
    return "; ".join(words)


def search_sentences(tune: Tune) -> Sequence[str]:
    """Return what a search came to beyond its table: what is missed, would help, is given up, and ended it."""
    best = tune.trials[0] if tune.pick else None
    given_up = [f"the pick gives up: {text}" for text in best.gives_up] if best else []
    command = [f"the pick is built by `burnish build`, which runs: {best.command}"] if best and best.command else []
    guided = [f"the pick is {best.guided}"] if best and best.guided else []
    stopped = [f"stopped early: {tune.stopped}"] if tune.stopped else []
    return [
        *tune.shortfall,
        *(f"what would help: {text}" for text in tune.remedies),
        *given_up,
        *command,
        *guided,
        *stopped,
        *map(_offer_words, tune.offers),
    ]


def _offer_words(offer: Offer) -> str:
    """Return what accepting something would buy, and the command that does."""
    names = offer.accept[0] if len(offer.accept) == 1 else "all"
    less = 1 - offer.size_bytes / offer.before_bytes
    return f"accept {names}: {format_bytes(offer.size_bytes)}, {less:.1%} less: {offer.command}"
