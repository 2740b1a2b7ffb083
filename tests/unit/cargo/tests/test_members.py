"""Tests of the selected packages and of the others, as one suite."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from burnish import model
from burnish.cargo.tests.libtest import Result
from burnish.cargo.tests.members import WorkspaceTests
from burnish.cargo.tests.suites import SuiteConditions


@dataclass(kw_only=True)
class Fake:
    """Runs tests that have one result each; `where` is the log of what it runs by."""

    results: dict[str, Result]
    where: str = "here"
    built: bool = True
    asked: list[str] = field(default_factory=list)

    def run_all(self) -> model.Tests:
        """Return what has passed and failed."""
        named = {
            wanted: [name for name, result in self.results.items() if result == wanted]
            for wanted in ("passed", "failed")
        }
        return model.Tests(command=["cargo", self.where], ignored=[], seconds=1.0, built=self.built, **named)  # type: ignore[arg-type]

    def run_again(self, names: Iterable[str]) -> dict[str, Result]:
        """Return what becomes of those tests that are its own."""
        self.asked = [*names]
        return {name: self.results[name] for name in self.asked if name in self.results}

    def elsewhere(self, conditions: Any) -> Fake:
        """Return the same in another place."""
        return Fake(results=self.results, where=conditions.log.name)


def joined() -> WorkspaceTests:
    """Return two packages' tests; the others' conditions are told by their log."""

    def for_others(conditions: SuiteConditions) -> Any:
        return type(conditions)(log=conditions.log.with_name("others.log"))  # type: ignore[call-arg]

    selected, others = Fake(results={"app::a": "passed"}), Fake(results={"e2e::b": "failed", "e2e::c": "passed"})
    return WorkspaceTests(selected=selected, others=others, for_others=for_others)


def test_all_tests_of_both_are_run() -> None:
    """The command is the user's own, the names are of all members."""
    tests = joined().run_all()
    assert (tests.passed, tests.failed, tests.command, tests.seconds) == (
        ["app::a", "e2e::c"],
        ["e2e::b"],
        ["cargo", "here"],
        2.0,
    )


def test_what_is_built_is_asked_of_the_users_own_selection() -> None:
    """Another member whose tests do not compile hides nothing of the selected ones."""
    runner = joined()
    assert isinstance(runner.others, Fake)
    runner.others.built = False
    assert runner.run_all().built
    assert isinstance(runner.selected, Fake)
    runner.selected.built = False
    assert not runner.run_all().built


def test_each_is_run_again_by_whoever_has_it() -> None:
    """A test that only the others have has a result, and one that nobody has has none."""
    assert joined().run_again(iter(["app::a", "e2e::b", "gone::d"])) == {"app::a": "passed", "e2e::b": "failed"}


def test_both_are_run_elsewhere_each_by_its_own_conditions(tmp_path: Path) -> None:
    """Where the selected are run under other conditions, the others' are made of those."""

    @dataclass(frozen=True)
    class Conditions:
        log: Path

    there = joined().elsewhere(Conditions(log=tmp_path / "tests.log"))  # type: ignore[arg-type]
    assert isinstance(there.selected, Fake)
    assert isinstance(there.others, Fake)
    assert (there.selected.where, there.others.where) == ("tests.log", "others.log")
