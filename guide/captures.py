"""Captures: real runs of burnish in a terminal, for the guide. `python -m guide.captures [NAME ...]` makes them again.

Each leaves docs/captures/NAME.txt and NAME.svg, and its line in captures.json: command, exit status, day and machine.
Nothing in the output is changed but the folders that this checkout and the crates lie in.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from guide import screen
from guide.capture_list import CAPTURES, FOLDER, ROOT, Capture

CRATE = ROOT / "guide" / "greet"
_SCRIPTS = sysconfig.get_path("scripts")
_NOT_A_USERS = (
    *("NO_COLOR", "FORCE_COLOR", "COLUMNS", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_TARGET_DIR"),
    *("CARGO_BUILD_TARGET", "GITHUB_ACTIONS", "CI"),
)


def main() -> None:
    """Make the captures that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(CAPTURES)}; all without one")
    names = parser.parse_args().names
    if unknown := [name for name in names if name not in CAPTURES]:
        parser.error(f"no such capture: {', '.join(unknown)}")
    with tempfile.TemporaryDirectory() as folder:
        make(names or list(CAPTURES), Path(folder).resolve())


def make(names: Sequence[str], folder: Path) -> None:
    """Run the commands of these captures, in the order of the list, and write what they showed."""
    crates: dict[int, Path] = {}
    for name, capture in CAPTURES.items():
        if name in names:
            print(f"{name}: {capture.command}", flush=True)
            if capture.columns not in crates:
                crates[capture.columns] = _fresh_crate(folder / str(capture.columns))
            written, status = _run(capture, crates[capture.columns])
            _require_as_expected(capture, written, status)
            _write(name, capture, written, status)


def _fresh_crate(folder: Path) -> Path:
    crate = folder / "greet"
    shutil.copytree(CRATE, crate, ignore=shutil.ignore_patterns("target"))
    git = ("git", "-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "A greeting")):
        subprocess.run([*git, *words], cwd=crate, check=True)  # noqa: S603 - git, by argument list
    return crate


def _run(capture: Capture, crate: Path) -> tuple[bytes, int]:
    if capture.edits_manifest:
        manifest = crate / "Cargo.toml"
        manifest.write_text(manifest.read_text(encoding="utf-8") + "# a change of yours\n", encoding="utf-8")
    own = {"XDG_STATE_HOME": str(crate.parent / "state"), "TERM": "xterm-256color"}
    env = {name: value for name, value in os.environ.items() if name not in _NOT_A_USERS}
    env |= own | {"PATH": os.pathsep.join((_SCRIPTS, env["PATH"]))}
    # The shell takes the words of the command line apart, as a user's does.
    cwd = ROOT if capture.in_checkout else crate
    command = ["/bin/sh", "-c", capture.command]
    written, status = screen.run_in_terminal(command, cwd=cwd, env=env, columns=capture.columns)
    return _without_our_folders(written, crate.parent), status


def _without_our_folders(written: bytes, folder: Path) -> bytes:
    for path, name in ((_SCRIPTS, "~/.venv/bin"), (str(ROOT), "~/burnish"), (str(folder), "~")):
        written = written.replace(path.encode(), name.encode())
    return written


def _require_as_expected(capture: Capture, written: bytes, status: int) -> None:
    """Leave what was captured before as it is where a run ended in another way: no page shows an accident."""
    if status != capture.exit_status:
        print(written.decode(errors="replace"), file=sys.stderr)
        sys.exit(f"{capture.command}: exit status {status}, not {capture.exit_status}")


def _write(name: str, capture: Capture, written: bytes, status: int) -> None:
    lines = screen.shown_lines(written, capture.columns)
    texts = [screen.as_text(line) for line in lines]
    first = next((at for at, text in enumerate(texts) if text.startswith(capture.picture_from)), 0)
    shown = [screen.prompt_line(capture.command), *lines[first:]]
    picture = screen.draw_svg(shown, title=capture.command, columns=capture.columns)
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.txt").write_text("\n".join([f"$ {capture.command}", *texts]) + "\n", encoding="utf-8")
    (FOLDER / f"{name}.svg").write_text(picture, encoding="utf-8")
    _note(name, {"command": capture.command, "exit_status": status, **_circumstances()})


def _circumstances() -> dict[str, str]:
    """Return when and where a capture was made."""
    rustc = subprocess.run(["rustc", "--version"], check=True, capture_output=True, text=True)  # noqa: S607 - the user's
    return {
        "day": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, shared with others",
        "toolchain": rustc.stdout.strip(),
        "python": platform.python_version(),
    }


def _note(name: str, facts: Mapping[str, object]) -> None:
    path = FOLDER / "captures.json"
    noted = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    noted[name] = facts
    ordered = {each: noted[each] for each in CAPTURES if each in noted}
    path.write_text(json.dumps(ordered, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
