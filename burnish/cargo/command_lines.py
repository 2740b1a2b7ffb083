"""The commands of cargo that build, test and bench a project's selection, as argument lists. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from burnish.cargo.project import Project
from burnish.cargo.selection import Selection
from burnish.model import RELEASE


def build_command(project: Project, *options: str) -> list[str]:
    """Return the user's own build command, as arguments of cargo."""
    return ["build", *project.selection.profile_arguments, *_selected(project), *_common(project.selection), *options]


def workspace_command(project: Project, *, debug: bool = False) -> list[str]:
    """Return the command that builds all members, each with its default features and the selected ones on top.

    Features of one package are spelled `package/feature` here. `--no-default-features` would be for all members, whose
    defaults a fresh clone builds, so it is left out.
    """
    profile = [] if debug else project.selection.profile_arguments
    return ["build", *profile, "--workspace", *_qualified_features(project), *_common(project.selection)]


def metadata_command(project: Project, triple: str) -> list[str]:
    """Return the command that resolves the workspace with its selected features.

    Where cargo is to stay offline, only what `triple` takes is looked at: packages of other platforms need not be here.
    """
    selection = project.selection
    is_offline = selection.offline or selection.frozen
    only = [f"--filter-platform={triple}"] if is_offline else []
    return ["metadata", "--format-version=1", *only, *_qualified_features(project), *selection.common_arguments]


def _qualified_features(project: Project) -> list[str]:
    """Return the argument that gives the selected packages their features, whatever of the workspace is built."""
    names = list(dict.fromkeys(_qualified(project)))
    return [f"--features={','.join(names)}"] if names else []


def _qualified(project: Project) -> Iterator[str]:
    selection = project.selection
    for package in project.selected:
        chosen = package.features if selection.all_features else package.own_features(selection.features)
        yield from (f"{package.name}/{feature}" for feature in chosen if "/" not in feature)
    yield from (feature for feature in selection.features if "/" in feature)


def test_command(project: Project, arguments: Sequence[str], *options: str) -> list[str]:
    """Return the command that tests what `arguments` select: options of ours stand before `--`, which they may hold.

    What is tested is built by the profile that is shipped.
    """
    selection = project.selection
    return [
        *("test", *selection.profile_arguments, "--no-fail-fast"),
        *(*_common(selection), *options, *arguments),
    ]


test_command.__test__ = False  # type: ignore[attr-defined] # pytest takes it for a test where a test imports it


def nextest_command(selection: Selection, profile: str) -> list[str]:
    """Return the command by which nextest runs tests, under a `profile` of its own configuration.

    To nextest `--profile` means that one, and `--jobs` how many tests run at once.
    """
    is_release = selection.profile == RELEASE
    return [
        *("nextest", "run", "--release" if is_release else f"--cargo-profile={selection.profile}"),
        *("--no-fail-fast", "--no-tests=pass", f"--profile={profile}"),
        *([f"--build-jobs={selection.jobs}"] if selection.jobs else []),
        *selection.common_arguments,
    ]


def bench_command(selection: Selection, *options: str) -> list[str]:
    """Return the command that builds and runs benches: plain `cargo bench` for release, whose settings bench inherits.

    For another profile benches are built by that one: what is benched is what is shipped.
    """
    profile = [] if selection.profile == RELEASE else selection.profile_arguments
    return ["bench", *profile, *_common(selection), *options]


def _selected(project: Project) -> list[str]:
    return [*project.package_arguments, *project.selection.feature_arguments]


def _common(selection: Selection) -> list[str]:
    return [*selection.jobs_arguments, *selection.common_arguments]
