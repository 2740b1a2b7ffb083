"""The live line of a step: a bar with what is done of what is known, the time, and what is at work now. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_MARGIN = "    "
_BAR_COLUMNS = 20
_NARROWEST_WITH_BAR = 60
_MINUTE_SECONDS, _HOUR_SECONDS = 60, 3600
# Before so much is done, one slow beginning would speak for all the rest.
_FEWEST_TO_JUDGE_BY = 3


@dataclass(frozen=True, kw_only=True)
class Count:
    """How many are done, of how many: `known` is None where nobody can tell. `noun` names them, in the plural.

    `started_seconds` is when the first was begun, in the step's own time; None where they take too different times for
    the rest to be told from those that are done.
    """

    done: int
    known: int | None
    noun: str
    started_seconds: float | None = None

    @property
    def is_complete(self) -> bool:
        """Return whether none is left."""
        return self.known is not None and self.done >= self.known

    @property
    def words(self) -> str:
        """Return `34 of 80 units`, or `34 units` where nobody knows how many there are."""
        told = str(self.done) if self.known is None else f"{self.done} of {self.known}"
        is_one = (self.done if self.known is None else self.known) == 1
        return f"{told} {self.noun.removesuffix('s') if is_one else self.noun}"

    def remaining_seconds(self, elapsed_seconds: float) -> float | None:
        """Return how long the rest will take, where the ones that are done tell; None where they do not."""
        if self.started_seconds is None or self.known is None or self.is_complete or self.done < _FEWEST_TO_JUDGE_BY:
            return None
        return (elapsed_seconds - self.started_seconds) / self.done * (self.known - self.done)


def progress_line(
    counts: Sequence[Count], *, elapsed_seconds: float, remaining_seconds: float | None, now: str, columns: int
) -> str:
    """Return the line of a step; it may be longer than `columns`, which only say whether there is room for a bar.

    The bar is of the first count that is known and not complete. Counts that are complete are left out, except for the
    last one.
    """
    told = [count for count in counts if not count.is_complete] or list(counts[-1:])
    bar = next((_bar(count) for count in told if count.known), "") if columns >= _NARROWEST_WITH_BAR else ""
    left = f"about {duration(remaining_seconds)} left" if remaining_seconds is not None else ""
    words = ", ".join(filter(None, [*(count.words for count in told), duration(elapsed_seconds), left]))
    return f"{_MARGIN}{bar}{words}{': ' if now else ''}{now}"


def _bar(count: Count) -> str:
    full = min(count.done, count.known or 0) * _BAR_COLUMNS // (count.known or 1)
    return f"[{'#' * full}{'-' * (_BAR_COLUMNS - full)}] "


def duration(seconds: float) -> str:
    """Return a time as a person says it: `12 s`, `3 min 05 s`, `1 h 20 min`."""
    whole = max(round(seconds), 0)
    if whole < _MINUTE_SECONDS:
        return f"{whole} s"
    if whole < _HOUR_SECONDS:
        return f"{whole // _MINUTE_SECONDS} min {whole % _MINUTE_SECONDS:02} s"
    return f"{whole // _HOUR_SECONDS} h {whole % _HOUR_SECONDS // _MINUTE_SECONDS:02} min"
