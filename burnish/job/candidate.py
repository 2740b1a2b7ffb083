"""A candidate: settings to build a project with, the platform that they are for, and what builds it there."""

from __future__ import annotations

from dataclasses import dataclass, replace

from burnish.cargo.toolkit import Toolkit
from burnish.job.guide import Guide
from burnish.job.portability import Taking, takings_of
from burnish.job.recipe import Recipe
from burnish.platforms import Platform
from burnish.platforms.finding import Found


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A recipe on a platform: a value, which can be built, judged and written, and never changes.

    `rests_on_benches` is whether the recipe may slow the program's own code, which benches have to judge then.
    `choices` are the names of what a search chose for it, and `guide` is the profile that its toolkit builds it by.
    """

    recipe: Recipe
    triple: str
    platform: Platform
    found: Found
    rests_on_benches: bool = False
    choices: tuple[str, ...] = ()
    guide: Guide | None = None

    @property
    def toolkit(self) -> Toolkit:
        """Return what builds and starts the platform."""
        return self.found.toolkit

    @property
    def takings(self) -> list[Taking]:
        """Return what the recipe takes from those who run the binary."""
        return takings_of(self.recipe, self.triple, self.toolkit.mode)

    @property
    def links_statically(self) -> bool:
        """Return whether the recipe asks for static linking and the platform has it."""
        return self.recipe.static and bool(self.platform.static_rustflags)

    def with_toolkit(self, toolkit: Toolkit) -> Candidate:
        """Return the same recipe on the same platform, built by another toolkit."""
        return replace(self, found=replace(self.found, toolkit=toolkit))

    def with_recipe(self, recipe: Recipe) -> Candidate:
        """Return the same platform with another recipe."""
        return replace(self, recipe=recipe)
