"""Testing the other members of a workspace too: what is written in its root reaches them as well."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from burnish.cargo.tests.libtest import Result
from burnish.cargo.tests.suites import Runner, SuiteConditions, joined
from burnish.model import Tests


@dataclass(frozen=True, kw_only=True)
class WorkspaceTests:
    """Runs the tests of the selected packages, as the user does, and then those of the `others`.

    They are two runs of cargo: in one, what others ask of a common dependency would be built into what is selected.
    `for_others` returns how the others' are run, where the selected ones are run under some conditions.
    """

    selected: Runner
    others: Runner
    for_others: Callable[[SuiteConditions], SuiteConditions]

    def run_all(self) -> Tests:
        """Run the whole suite of each once. What is `built` is asked of the user's own selection."""
        selected = self.selected.run_all()
        return replace(joined(selected, self.others.run_all()), built=selected.built)

    def run_again(self, names: Iterable[str]) -> dict[str, Result]:
        """Run these tests again, each by whoever has it."""
        wanted = [*names]
        return self.selected.run_again(wanted) | self.others.run_again(wanted)

    def elsewhere(self, conditions: SuiteConditions) -> WorkspaceTests:
        """Return what runs the same tests under other conditions."""
        return WorkspaceTests(
            selected=self.selected.elsewhere(conditions),
            others=self.others.elsewhere(self.for_others(conditions)),
            for_others=self.for_others,
        )
