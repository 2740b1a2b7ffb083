"""What was asked for on the command line."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

# What an option is that was not given.
UNSAID: tuple[object, ...] = (None, False, ())


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line asked for; None where it said nothing.

    `steps` are the command lines of a run that has had several, first to last.
    """

    project: str | None = None
    manifest_path: str | None = None
    package: tuple[str, ...] = ()
    workspace: bool = False
    bin: tuple[str, ...] = ()
    bins: bool = False
    lib: bool = False
    features: tuple[str, ...] = ()
    all_features: bool = False
    no_default_features: bool = False
    profile: str | None = None
    locked: bool = False
    offline: bool = False
    frozen: bool = False
    jobs: str | None = None
    config: tuple[str, ...] = ()
    toolchain: str | None = None
    recipe: str | None = None
    reach: str | None = None
    platform: str | None = None
    budget: str | None = None
    max_size: str | None = None
    max_startup: str | None = None
    report_dir: str | None = None
    history: str | None = None
    allow_dirty: bool = False
    max_trials: str | None = None
    time_budget: str | None = None
    allow_abort: bool = False
    all_gates: bool = False
    accept: tuple[str, ...] = ()
    test_runner: str | None = None
    tests: bool = False
    benches: bool = False
    against: str | None = None
    accept_growth: str | None = None
    release: bool = False
    out: str | None = None
    set: tuple[str, ...] = ()
    steps: tuple[Options, ...] = ()

    @property
    def each_step(self) -> tuple[Options, ...]:
        """Return what each step of the run was asked for, first to last."""
        return self.steps or (self,)

    def words(self, *, without: Collection[str]) -> list[str]:
        """Return the options as they are typed, but for some."""
        words: list[str] = []
        for name, value in msgspec.structs.asdict(self).items():
            option = f"--{name.replace('_', '-')}"
            if value is True and name not in without:
                words.append(option)
            elif value not in UNSAID and name not in without:
                words += [word for each in (value if isinstance(value, tuple) else (value,)) for word in (option, each)]
        return words

    def over(self, earlier: Options) -> Options:
        """Lay these options over those of the earlier steps of the same run; what may be said several times adds up."""
        said = msgspec.structs.asdict(self)
        given = {name: value for name, value in said.items() if value not in UNSAID}
        several = {"set": (*earlier.set, *self.set), "accept": (*earlier.accept, *self.accept)}
        return msgspec.structs.replace(earlier, **{**given, **several, "steps": (*earlier.each_step, self)})
