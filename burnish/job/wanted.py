"""What a candidate asks of a build: flags, a target, the kind of link, and the settings that say so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from burnish.cargo.flags import ConfigLayer
from burnish.cargo.profiles import lineage, merged_profiles
from burnish.cargo.targets import configured_targets
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.kept_symbols import keep_symbols, stated_symbols
from burnish.job.portability import THIS_PROCESSOR
from burnish.job.recipe import FlagSetting, Recipe
from burnish.judge.linkage_gate import LinkageWanted
from burnish.model import RELEASE, Mode, Setting
from burnish.platforms import Platform
from burnish.toml.reading import read_toml
from burnish.toml.spelling import join_key

STRIPS_SYMBOLS = (True, "symbols")


def link_flags(recipe: Recipe, platform: Platform, mode: Mode) -> tuple[str, ...]:
    """Return the rustflags of a recipe on a platform; static linking is the platform's to say."""
    own = tuple(flag for setting in _own_flags(recipe, mode) for flag in setting.flag.split(" ", 1))
    return (*own, *platform.static_rustflags) if recipe.static else own


def guided_flags(candidate: Candidate) -> tuple[str, ...]:
    """Return the rustflags by which a candidate is built by a profile; none where it is not."""
    return candidate.guide.flags if candidate.guide else ()


def _own_flags(recipe: Recipe, mode: Mode) -> list[FlagSetting]:
    """Return the recipe's flags, without this machine's processor for what is to run on another machine."""
    return [setting for setting in recipe.rustflags if mode == "native" or setting.flag != THIS_PROCESSOR]


def linkage_wanted(candidate: Candidate) -> LinkageWanted:
    """Return what the recipe asks of the link where the platform can give it."""
    strip = candidate.recipe.profile.get("strip")
    return LinkageWanted(
        static=candidate.links_statically,
        stripped=strip is not None and strip.value in STRIPS_SYMBOLS,
    )


def target_to_write(job: Job, candidate: Candidate, layers: Sequence[ConfigLayer]) -> str | None:
    """Return the `build.target` that keeps flags away from build scripts and proc macros, if one is needed."""
    if not needs_target(candidate):
        return None
    # Any target that the configuration names keeps the flags away, and is the user's to change.
    return None if configured_targets(layers, {}, job.surroundings.host) else candidate.triple


def needs_target(candidate: Candidate) -> bool:
    """Return whether its flags have to be kept away from build scripts by a target that is named.

    A command of its own that names one serves all builds for a platform. With a profile that is not so: what is written
    serves plain builds too.
    """
    is_static = candidate.recipe.static and bool(candidate.platform.static_target)
    is_named = "--target" in candidate.toolkit.arguments and candidate.guide is None
    return (is_static or candidate.recipe.own_target) and not is_named


def with_kept_symbols(job: Job, candidate: Candidate) -> Candidate:
    """Return the candidate with a recipe that leaves symbols and debug information which the user keeps on purpose."""
    manifest = read_toml(job.state.image("manifest").content or b"", "Cargo.toml")
    package = job.project.package.name if job.project.package else None
    layers, env = job.surroundings.layers, job.programs.env
    rustflags = job.surroundings.rustflags(candidate.triple)
    line = lineage(merged_profiles(manifest, layers), job.project.selection.profile)
    stated = stated_symbols(manifest, layers, env, package, rustflags, line)
    return candidate.with_recipe(keep_symbols(candidate.recipe, stated, job.said))


def profile_table(profile: str) -> str:
    """Return the table of a profile as its settings are told."""
    return f"[{join_key(('profile', profile))}]"


def settings_of(
    candidate: Candidate, target: str | None, *, profile_name: str = RELEASE, inherits: str | None = None
) -> Iterator[Setting]:
    """Yield the settings of a candidate as they are told, each with its reason.

    `target` is what is written of one, and `inherits` what the profile is made from where it is not there.
    """
    table = profile_table(profile_name)
    if inherits:
        reason = f"the project has no profile {profile_name}: it is made, and is {inherits} but for what follows"
        yield Setting(where=table, key="inherits", value=inherits, reason=reason, origin="--profile")
    for key, profile in candidate.recipe.profile.items():
        yield Setting(where=table, key=key, value=str(profile.value), reason=profile.reason, origin=profile.origin)
    section = f"[target.{candidate.triple}]"
    for flag in _own_flags(candidate.recipe, candidate.toolkit.mode):
        yield Setting(where=section, key="rustflags", value=flag.flag, reason=flag.reason, origin=flag.origin)
    if candidate.recipe.static:
        for name in candidate.platform.static_rustflags[1::2]:
            reason = candidate.recipe.static_reason or "static linking, as this platform has it"
            yield Setting(
                where=section, key="rustflags", value=f"-C {name}", reason=reason, origin="config/platforms.toml"
            )
    if target:
        reason = "keeps the flags away from build scripts and proc macros, which cannot take them"
        yield Setting(where="[build]", key="target", value=target, reason=reason, origin="config/platforms.toml")
