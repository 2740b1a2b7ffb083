"""The effort of a search: how long it may build trials, measured by the build of the project as it is."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from burnish.measure.statistics import mean

LEAST_SECONDS = 60.0
"""A quicker build counts as one of a minute: nobody misses a few, and what the noise of a second decides is chance."""


@dataclass(kw_only=True)
class Effort:
    """What building trials may take: so many `times` a build of the project as it is, which took `build_seconds`.

    Those are 0 where nobody knows: the first trial's stand in for them. `spent_seconds` are what the builds of this run
    took, in their order.
    """

    times: float = math.inf
    build_seconds: float = 0.0
    spent_seconds: list[float] = field(default_factory=list)

    @property
    def limit_seconds(self) -> float:
        """Return how long trials may be built in all."""
        known = self.build_seconds or next(iter(self.spent_seconds), 0.0)
        return self.times * max(LEAST_SECONDS, known)

    @property
    def expected_seconds(self) -> float:
        """Return how long one more build may be expected to take: as those before, or as the project's own."""
        return mean(self.spent_seconds) if self.spent_seconds else self.build_seconds

    def note(self, seconds: float) -> None:
        """Count a build that was made."""
        self.spent_seconds.append(seconds)

    def allows(self, builds: int = 1, *, share: float = 1.0) -> bool:
        """Return whether so many builds more can be expected to end within a share of the limit; the first one may."""
        spent = sum(self.spent_seconds)
        return not self.spent_seconds or spent + builds * self.expected_seconds <= share * self.limit_seconds

    def allows_at_once(self, builds: int, *, share: float = 1.0) -> bool:
        """Return whether so many builds may be begun together: the first one, and as many as can be expected to end."""
        is_known = bool(self.expected_seconds) or math.isinf(self.limit_seconds)
        spent = sum(self.spent_seconds) + builds * self.expected_seconds
        return self.allows(builds, share=share) and (builds == 1 or (is_known and spent <= share * self.limit_seconds))

    def builds_left(self, *, share: float = 1.0) -> int | None:
        """Return how many builds more may be made, None where there is no end to them that anybody knows."""
        expected = self.expected_seconds
        if math.isinf(self.limit_seconds) or not expected:
            return None
        left = int((share * self.limit_seconds - sum(self.spent_seconds)) / expected)
        return max(0 if self.spent_seconds else 1, left)
