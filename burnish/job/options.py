"""What was asked for on the command line."""

from __future__ import annotations

import msgspec


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line asked for; None where it said nothing."""

    project: str | None = None
    package: str | None = None
    bin: str | None = None
    recipe: str | None = None
    platform: str | None = None
    budget: str | None = None
    max_size: str | None = None
    max_startup: str | None = None
    report_dir: str | None = None
    allow_dirty: bool = False
    max_trials: str | None = None
    time_budget: str | None = None
    allow_abort: bool = False
    accept: tuple[str, ...] = ()
    test_runner: str | None = None
    set: tuple[str, ...] = ()

    def over(self, earlier: Options) -> Options:
        """Lay these options over those of an earlier step of the same run."""
        given = {name: value for name, value in msgspec.structs.asdict(self).items() if value}
        return msgspec.structs.replace(earlier, **given)
