"""The toolchain as it answers, and as rustup answers in its place where it is missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from burnish.cargo.project import read_project
from burnish.cargo.toolchain import read_toolchain, with_toolchain
from burnish.errors import Refused
from burnish.system.process import Programs

NAME = "1.70.0-x86_64-unknown-linux-gnu"
# What rustup 1.29 says, as it was seen; PROJECT stands for the project's folder.
MISSING = f"error: toolchain '{NAME}' is not installed\nhelp: run `rustup toolchain install` to install it\n"
MISSING_OWN = (
    "error: custom toolchain 'mine' specified in override file 'PROJECT/rust-toolchain.toml' is not installed\n"
)
NO_NETWORK = (
    f"info: syncing channel updates for {NAME}\n"
    "error: could not download file from 'http://example.org/x' to '/tmp/x'\n\nCaused by:\n    0: no route\n"
)
OTHER = "error: the 'cargo' binary is not applicable\n"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")


def stubs(folder: Path, said: str, **env: str) -> Programs:
    """Put a rustup there that stands for cargo and rustc, and says why neither can be started."""
    place = folder / "bin"
    place.mkdir(exist_ok=True)
    text = said.replace("PROJECT", str(folder))
    for name in ("cargo", "rustc"):
        (place / name).write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{text}END\nexit 1\n", encoding="utf-8")
        (place / name).chmod(0o755)
    return Programs(env={"PATH": f"{place}:/usr/bin:/bin", **env})


def refusals(folder: Path, programs: Programs) -> list[Refused]:
    """Return how a project of this toolchain is refused, by whichever of the two is asked first."""
    (folder / "Cargo.toml").touch()
    with pytest.raises(Refused) as by_cargo:
        read_project(programs, folder / "Cargo.toml", timeout_seconds=20)
    with pytest.raises(Refused) as by_rustc:
        read_toolchain(programs, folder, 20)
    return [by_cargo.value, by_rustc.value]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rust-toolchain.toml", '[toolchain]\nchannel = "1.70.0"\ncomponents = ["clippy"]\n'),
        ("rust-toolchain", "1.70.0\n"),
    ],
)
def test_missing_toolchain_is_named_with_its_file_and_the_command(tmp_path: Path, name: str, text: str) -> None:
    """A toolchain that the project asks for is named, with the file that does, and rustup's command to install it."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    for refused in refusals(tmp_path, stubs(tmp_path, MISSING)):
        assert refused.found == f"the toolchain {NAME} is not installed; {tmp_path / name} asks for it"
        assert refused.next_command == f"rustup toolchain install {NAME}"


def test_missing_toolchain_of_a_folder_above_names_its_file(tmp_path: Path) -> None:
    """The nearest file upward counts, as for rustup."""
    (tmp_path / "rust-toolchain.toml").write_text('toolchain.channel = "1.70.0"\n', encoding="utf-8")
    member = tmp_path / "member"
    member.mkdir()
    for refused in refusals(member, stubs(tmp_path, MISSING)):
        assert str(tmp_path / "rust-toolchain.toml") in refused.found


def test_missing_toolchain_of_the_variable_names_the_variable(tmp_path: Path) -> None:
    """RUSTUP_TOOLCHAIN goes before any file."""
    (tmp_path / "rust-toolchain").write_text("1.70.0\n", encoding="utf-8")
    for refused in refusals(tmp_path, stubs(tmp_path, MISSING, RUSTUP_TOOLCHAIN="1.70.0")):
        assert refused.found == f"the toolchain {NAME} is not installed; RUSTUP_TOOLCHAIN asks for it"


@pytest.mark.parametrize("text", ['[toolchain]\nchannel = "1.71.0"\n', "\udcff", ""])
def test_missing_toolchain_that_no_file_names_blames_none(tmp_path: Path, text: str) -> None:
    """A file that names another, or that cannot be read, is not what asks for it: `rustup override` may."""
    (tmp_path / "rust-toolchain.toml").write_text(text, encoding="utf-8", errors="surrogateescape")
    for refused in refusals(tmp_path, stubs(tmp_path, MISSING)):
        assert refused.found == f"the toolchain {NAME} is not installed"


def test_missing_toolchain_of_the_users_own_is_linked(tmp_path: Path) -> None:
    """A toolchain that rustup has no download for is linked, from wherever it is."""
    for refused in refusals(tmp_path, stubs(tmp_path, MISSING_OWN)):
        assert refused.found == f"the toolchain mine is not installed; {tmp_path}/rust-toolchain.toml asks for it"
        assert refused.next_command == "rustup toolchain link mine PATH"


def test_toolchain_that_cannot_be_downloaded_is_named_with_the_reason(tmp_path: Path) -> None:
    """Where rustup installs by itself and cannot, the toolchain is named, and rustup's own reason."""
    for refused in refusals(tmp_path, stubs(tmp_path, NO_NETWORK)):
        assert refused.found.startswith(
            f"the toolchain {NAME} is not installed, and rustup cannot install it: could not"
        )
        assert refused.next_command == f"rustup toolchain install {NAME}"


def test_other_failures_stay_in_their_own_words(tmp_path: Path) -> None:
    """What is no missing toolchain is told as it was."""
    for refused in refusals(tmp_path, stubs(tmp_path, OTHER)):
        assert "the 'cargo' binary is not applicable" in refused.found


def rustup(folder: Path, *installed: str, follows: bool = True) -> Programs:
    """Put a rustup there that has these toolchains, and a rustc that follows RUSTUP_TOOLCHAIN, or does not."""
    place = folder / "bin"
    place.mkdir()
    listed = "\n".join(f"{name} (active)" for name in installed)
    scripts = {
        "rustup": f"[ $1 = toolchain ] && echo '{listed}' || echo /toolchains/$2",
        "rustc": "echo /toolchains/$RUSTUP_TOOLCHAIN" if follows else "echo /usr",
    }
    for name, script in scripts.items():
        (place / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (place / name).chmod(0o755)
    return Programs(env={"PATH": f"{place}:/usr/bin:/bin", "RUSTUP_TOOLCHAIN": "stable"})


@pytest.mark.parametrize("name", ["nightly", "nightly-x86_64-unknown-linux-gnu", "mine"])
def test_named_toolchain_is_what_all_programs_get(tmp_path: Path, name: str) -> None:
    """The host need not be said, and what the variable held before does not count."""
    programs = rustup(tmp_path, "stable-x86_64-unknown-linux-gnu", "nightly-x86_64-unknown-linux-gnu", "mine")
    assert with_toolchain(programs, name, tmp_path, 20).env["RUSTUP_TOOLCHAIN"] == name


@pytest.mark.parametrize("name", ["1.95", "nightly", "mein", ""])
def test_toolchain_that_rustup_lacks_is_refused_and_not_installed(tmp_path: Path, name: str) -> None:
    """A toolchain of a day is another than that of its channel, as 1.95.0 is another than 1.95."""
    programs = rustup(
        tmp_path, "1.95.0-x86_64-unknown-linux-gnu", "nightly-2026-01-01-x86_64-unknown-linux-gnu", "mine"
    )
    with pytest.raises(Refused, match="rustup does not have the toolchain"):
        with_toolchain(programs, name, tmp_path, 20)


def test_toolchain_without_rustup_is_refused(tmp_path: Path) -> None:
    """Nobody could find it."""
    with pytest.raises(Refused, match="and there is none"):
        with_toolchain(Programs(env={"PATH": str(tmp_path)}), "nightly", tmp_path, 20)


def test_rustc_that_does_not_ask_rustup_is_refused(tmp_path: Path) -> None:
    """A rustc of the system before rustup's on the PATH would build, and the report would name another."""
    with pytest.raises(Refused, match="the rustc on the PATH is that of /usr"):
        with_toolchain(rustup(tmp_path, "mine", follows=False), "mine", tmp_path, 20)
