"""One trial on the machine that builds it: sources as the client has them, and a file as the client would have made it.

Where a folder of the client's has another name here, rustc is told to write the client's into what it makes, and what
cargo says is told in the client's paths.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import msgspec

from burnish import __version__
from burnish.cargo.layers import known_secrets
from burnish.cargo.messages import compiler_artifacts
from burnish.cargo.revisions import outside_hooks
from burnish.cargo.surroundings import cargo_home
from burnish.errors import BurnishError, Refused
from burnish.fleet.faults import one_line
from burnish.fleet.fetching import unpack_checked
from burnish.fleet.fleet_jobs import PROTOCOL
from burnish.fleet.job_run import require_room, watch_task
from burnish.fleet.machine import job_folder, machine_name, work_folder
from burnish.fleet.trial_order import MadeFile, TrialAnswer, TrialOrder, other_tool, tools_in
from burnish.search.sources import decides_builds
from burnish.system.machine_turns import MachineTurns
from burnish.system.process import Programs

_OF_MEMBERS = "path+file://"
_MOST_BYTES = 1024**3


def do_trial(order: bytes, tree: bytes) -> bytes:
    """Build one trial on this machine, while nobody times there, and return the answer. This is what a worker is sent.

    A worker that refuses says why; so does one whose disk does.
    """
    trial = msgspec.json.decode(order, type=TrialOrder)
    if (trial.protocol, trial.burnish) != (PROTOCOL, __version__):
        raise RuntimeError(f"{machine_name()} has burnish {__version__}, protocol {PROTOCOL}, and the client another")
    is_unwanted = watch_task()
    with MachineTurns(is_unwanted=is_unwanted).building():
        return msgspec.msgpack.encode(
            build_trial(trial, tree, env=os.environ, work=work_folder(), is_unwanted=is_unwanted)
        )


def build_trial(
    trial: TrialOrder, tree: bytes, *, env: Mapping[str, str], work: Path, is_unwanted: Callable[[], bool]
) -> TrialAnswer:
    """Build in a folder below `work`, which is gone afterwards; the caller has a turn of the machine."""
    own = {name: value for name, value in env.items() if not (decides_builds(name) or name == "RUSTUP_TOOLCHAIN")}
    chosen = {"RUSTUP_TOOLCHAIN": trial.toolchain} if trial.toolchain else {}
    programs = outside_hooks(Programs(env={**own, **chosen}))
    try:
        with job_folder(work) as (folder, children):
            return _built(replace(programs, children=children), trial, tree, folder, is_unwanted)
    except (BurnishError, OSError) as error:
        found = error.found if isinstance(error, BurnishError) else f"{type(error).__name__}: {error}"
        return TrialAnswer(refusal=one_line(found))


def _built(
    programs: Programs, trial: TrialOrder, tree: bytes, folder: Path, is_unwanted: Callable[[], bool]
) -> TrialAnswer:
    require_room(folder)
    root, target = folder / "project" / Path(trial.places.root).name, folder / "target"
    root.parent.mkdir()
    unpack_checked(trial.tree, tree, root)
    (root / "Cargo.lock").write_bytes(trial.lockfile)
    programs = replace(programs, secrets=known_secrets(root, cargo_home(programs.env), programs.env))
    if other := other_tool(trial.tools, tools_in(programs, root, trial.rustc, trial.cargo)):
        return TrialAnswer(refusal=other)
    home, overlay = str(cargo_home(programs.env)), folder / "overlay.toml"
    places = {str(root): trial.places.root, str(target): trial.places.target, home: trial.places.cargo_home}
    overlay.write_text(trial.overlay, encoding="utf-8")
    finished = programs.run(
        [str(overlay) if word == trial.overlay_path else word for word in trial.argv],
        cwd=root,
        timeout_seconds=trial.time_limit_seconds,
        env={**trial.env, **_wrapper(folder / "rustc", places), "CARGO_TARGET_DIR": str(target)},
        is_hung=is_unwanted,
    )
    told = {**places, str(target): trial.places.made}
    return TrialAnswer(
        exit_status=finished.exit_status,
        seconds=finished.seconds,
        timed_out=finished.timed_out,
        stdout=_in_places(finished.stdout, told),
        stderr=_in_places(finished.stderr, told),
        files=tuple(_made(finished.stdout, told)) if finished.ok else (),
    )


def _wrapper(file: Path, places: Mapping[str, str]) -> dict[str, str]:
    """Make what starts rustc so that it writes the client's folders in place of ours; return the variable for cargo.

    As rustflags the same would go into the names of cargo's folders, and with these into what build scripts generate.
    """
    if sys.platform == "win32":  # no script is a program there, and whether the paths matter is seen
        return {}
    remaps = [f"--remap-path-prefix={here}={there}" for here, there in sorted(places.items()) if here != there]
    file.write_text(f'#!/bin/sh\nexec "$@" {shlex.join(remaps)}\n', encoding="utf-8")
    file.chmod(0o700)
    return {"RUSTC_WRAPPER": str(file)}


def _in_places(said: bytes, places: Mapping[str, str]) -> bytes:
    """Return what was said with the client's folders in place of ours, the longest first."""
    for here in sorted(places, key=len, reverse=True):
        said = said.replace(os.fsencode(here), os.fsencode(places[here]))
    return said


def _made(stdout: bytes, places: Mapping[str, str]) -> Iterator[MadeFile]:
    """Yield the files of the workspace's own packages. Raise Refused where they are too large to be sent."""
    paths = {
        Path(name)
        for message in compiler_artifacts(stdout)
        if _OF_MEMBERS in message.package_id and "custom-build" not in message.target.kind
        for name in message.filenames
    }
    size_bytes = sum(path.stat().st_size for path in paths)
    if size_bytes > _MOST_BYTES:
        raise Refused(f"it makes {size_bytes:,} bytes, too many to be sent", expected=f"at most {_MOST_BYTES:,}")
    for path in sorted(paths):
        there = os.fsdecode(_in_places(os.fsencode(path), places))
        yield MadeFile(path=there, mode=path.stat().st_mode & 0o777, content=path.read_bytes())
