"""Which captures there are: commands in a terminal, and what each of them shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "captures"


@dataclass(frozen=True, kw_only=True)
class Capture:
    """A command as a user types it, and where: in the small crate `greet`, or in this checkout.

    The picture begins with the first line that starts with `picture_from`; the text always has all of it. The terminals
    of one width share a small crate.
    """

    command: str
    shows: str
    in_checkout: bool = False
    picture_from: str = ""
    edits_manifest: bool = False
    exit_status: int = 0
    columns: int = 80


# In this order: each finds what the ones before it left in the small crate.
_CAPTURES: Mapping[str, Capture] = {
    "help": Capture(command="burnish help", shows="the commands, and the options of most of them"),
    "help-optimize": Capture(command="burnish help optimize", shows="all about one command"),
    "doctor": Capture(command="burnish doctor", shows="what this machine and project have and lack"),
    "plan": Capture(command="burnish plan --recipe portable", shows="the exact diff, which is written nowhere"),
    "missed": Capture(
        command='burnish optimize --recipe portable --max-size "100 kB"', shows="a limit that is missed", exit_status=2
    ),
    "optimize": Capture(command="burnish optimize", shows="the whole job on a small crate", picture_from="burnish: "),
    "status": Capture(command="burnish status", shows="what is applied after that"),
    "rollback": Capture(command="burnish rollback", shows="a kept change undone"),
    "refusal": Capture(
        command="burnish optimize",
        shows="a refusal: Cargo.toml has changes of yours",
        edits_manifest=True,
        exit_status=3,
    ),
    "fleet": Capture(command="burnish fleet", shows="a fleet of one project on two platforms"),
    "pyrust": Capture(
        command="invoke optimize",
        shows="the whole job on the bundled crate",
        in_checkout=True,
        picture_from="burnish: ",
    ),
}
_WIDE = ("help", "doctor", "plan", "optimize", "status", "rollback", "refusal")
CAPTURES: Mapping[str, Capture] = {
    **_CAPTURES,
    **{
        f"{name}-wide": replace(_CAPTURES[name], columns=120, shows=f"{_CAPTURES[name].shows}, in 120 columns")
        for name in _WIDE
    },
}
