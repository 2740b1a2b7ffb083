"""A job: one project, and how it is worked on. Nothing of it changes once it is open."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from burnish.cargo.allocators import declaring, packages_that_allocate
from burnish.cargo.flags import normalise
from burnish.cargo.lockfiles import locked_packages
from burnish.cargo.profiles import in_force, merged_profiles
from burnish.cargo.project import Project
from burnish.cargo.scan import UnwindingScan, own_sources, scan_for_unwinding
from burnish.cargo.surroundings import Surroundings
from burnish.cargo.tests.nextest import CONFIG as NEXTEST_CONFIG
from burnish.concessions import Concession
from burnish.job.candidate import Candidate
from burnish.job.options import Options
from burnish.job.portability import takings, tells_the_linker
from burnish.job.recipe import AUTO
from burnish.job.settings import Limits, Resolved, Settings
from burnish.judge.budget import Budget
from burnish.judge.differences import LINKAGE_CONCESSIONS
from burnish.measure.traces import Places
from burnish.model import SideName
from burnish.system.console import Console
from burnish.system.process import Programs
from burnish.toml.reading import read_toml
from burnish.transaction.journal import StateFolder
from burnish.transaction.sealed import Sealed


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is worked on, and how.

    `start` is the folder in which the user starts cargo. `opened` is what the project is built with as it is, and the
    recipe that was named; for `auto` the base is in its place. Where `is_beside`, no side is built where the user's own
    `cargo build` puts it.
    """

    options: Options
    console: Console
    surroundings: Surroundings
    project: Project
    start: Path
    resolved: Resolved
    budget: Budget
    state: StateFolder
    opened: Candidate
    is_beside: bool = False

    @property
    def programs(self) -> Programs:
        """Return what starts other programs."""
        return self.surroundings.programs

    @property
    def settings(self) -> Settings:
        """Return the settings that hold here."""
        return self.resolved.settings

    @property
    def limits(self) -> Limits:
        """Return the time limits of the programs that we start."""
        return self.settings.limits

    @property
    def triple(self) -> str:
        """Return the platform that the project is built for as it is."""
        return self.opened.triple

    @property
    def sealed(self) -> Sealed:
        """Return what reads and writes files that only this user's own runs may have left."""
        return Sealed(root=self.project.root, user_state=self.surroundings.user_state)

    @property
    def is_auto(self) -> bool:
        """Return whether the recipe is searched for."""
        return self.settings.recipe == AUTO

    def is_untuned(self, candidate: Candidate) -> bool:
        """Return whether the recipe is searched for and nothing was found yet: the base stands in for it."""
        return self.is_auto and not candidate.recipe.name.startswith(AUTO)

    @property
    def said(self) -> frozenset[Concession]:
        """Return the concessions that the user accepts by name, for this project and whatever is found in it."""
        of_abort: set[Concession] = {"unwinding"} if self.settings.allow_abort else set()
        return frozenset({*self.settings.search.accept, *of_abort})

    @property
    def stated(self) -> frozenset[Concession]:
        """Return the concessions that the user accepts, by the settings and by the budget."""
        of_cpu: set[Concession] = {"old-cpus"} if self.settings.search.oldest_cpu != "any" else set()
        return self.said.union(self.budget.accept, of_cpu)

    @property
    def allows_abort(self) -> bool:
        """Return whether the user has said that panics may abort, whatever code catches them."""
        return "unwinding" in self.said

    def accepted(self, candidate: Candidate) -> frozenset[Concession]:
        """Return all concessions that count as accepted: those stated, and what a named recipe or the project takes."""
        if self.is_auto:
            return self.stated | self._taken_already
        named = {taking.concession for taking in candidate.takings}
        by_linker = LINKAGE_CONCESSIONS if tells_the_linker(candidate.recipe) else frozenset()
        return self.stated | self._taken_already | named | by_linker

    @cached_property
    def _taken_already(self) -> frozenset[Concession]:
        """Return what the project as it is takes: nobody who runs the binary has that."""
        manifest = read_toml(self.state.image("manifest").content or b"", "Cargo.toml")
        profile = in_force(merged_profiles(manifest, ()), self.project.selection.profile)
        flags = normalise(self.surroundings.rustflags(self.triple).flags)
        return frozenset(taking.concession for taking in takings(profile, flags, self.triple))

    @cached_property
    def unwinding(self) -> UnwindingScan:
        """Return where the project's code relies on unwinding, as far as patterns tell: it is searched only once."""
        return scan_for_unwinding(self.project, self.surroundings.given)

    @cached_property
    def own_allocators(self) -> tuple[str, ...]:
        """Return where the program brings an allocator of its own, as far as sources and the lock file tell."""
        locked = locked_packages(self.state.image("lockfile").content)
        files = declaring(own_sources(self.project, self.surroundings.given))
        return (*map(self.relative, files), *packages_that_allocate(locked))

    @property
    def uses_nextest(self) -> bool:
        """Return whether nextest runs the tests: where the user says so, or the project has its configuration."""
        runner = self.settings.tests.runner
        return runner == "nextest" or (runner == "auto" and (self.project.root / NEXTEST_CONFIG).is_file())

    def places(self, candidate: Candidate) -> Places:
        """Return the folders in which builds of this job may leave their paths."""
        triples = {candidate.triple, self.triple, self.surroundings.host}
        return Places(project=self.project.root, target=self.project.target_directory, triples=tuple(sorted(triples)))

    @property
    def builds(self) -> Path:
        """Return the folder of all that we build beside the user's own builds."""
        return self.project.target_directory / "burnish"

    def own_target(self, candidate: Candidate, name: SideName) -> Path | None:
        """Return a side's target folder, where that is not the project's own.

        What rebuilds the standard library has one: build scripts look at the variable that allows it, and all that
        depends on them would be built again each time the user's own `cargo build` and ours take turns.
        """
        ours = self.builds
        name = "baseline" if self.is_beside else name
        if candidate.toolkit.rebuilds_std:
            return ours / candidate.toolkit.folder_name / name
        return ours / "baseline" if name == "baseline" else None

    def relative(self, path: Path) -> str:
        """Return a path as the report names it: from the project's root where it lies below."""
        return str(path.relative_to(self.project.root)) if path.is_relative_to(self.project.root) else str(path)
