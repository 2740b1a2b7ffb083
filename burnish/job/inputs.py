"""The files that commands of the binary read: those of the package, read before anything is done."""

from __future__ import annotations

from pathlib import Path

from burnish.cargo.project import Project
from burnish.errors import Refused
from burnish.job.settings import CommandSettings, Resolved
from burnish.system.regular import read_regular


def package_folder(project: Project) -> Path:
    """Return the folder to which files of commands are relative: the chosen package's."""
    return project.package.folder if project.package else project.root


def read_input(project: Project, settings: CommandSettings) -> bytes:
    """Return what the file `stdin_file` of a command holds. Raise Refused where it cannot be read."""
    path = package_folder(project) / settings.stdin_file
    try:
        return read_regular(path)
    except (OSError, ValueError) as error:
        raise Refused(
            f"stdin_file {path} cannot be read: {error}",
            expected="a regular file of the package",
            next_command="burnish plan, after correcting stdin_file",
        ) from error


def require_inputs(project: Project, resolved: Resolved) -> None:
    """Raise Refused for a file of a command that cannot be read."""
    settings = resolved.settings
    commands = [*settings.behaviour, *settings.workloads]
    for own in settings.bins.values():
        commands += [*(own.behaviour or ()), *(own.workloads or ())]
    for command in commands:
        if command.stdin_file:
            read_input(project, command)
