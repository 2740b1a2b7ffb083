"""Which llvm-profdata reads what rustc's programs record: of rustc's own LLVM, from the toolchain or the PATH."""

from __future__ import annotations

import pytest

from burnish.platforms.installing import profiling_remedies
from burnish.platforms.profiling import Profiling, find_profiling
from tests.unit.platforms.stubs import HOST, Stubs

RUNTIME = "lib/libprofiler_builtins-0123.rlib"
OWN = f"lib/rustlib/{HOST}/bin/llvm-profdata"
RUSTC = "rustc 1.95.0\nhost: x86_64-unknown-linux-gnu\nLLVM version: 22.1.2"


def toolchain(stubs: Stubs, *holds: str) -> None:
    """Put a toolchain there whose rustc says that its LLVM is 22."""
    stubs.toolchain(*holds)
    root = stubs.path / "sysroot"
    stubs.program("rustc", target_libdir=str(root / "lib"), sysroot=str(root), vV=RUSTC)


def test_program_of_rustcs_llvm_is_found_by_its_number(stubs: Stubs) -> None:
    """Debian has many beside each other, of which the one without a number is seldom the right one."""
    toolchain(stubs, RUNTIME)
    stubs.program("llvm-profdata", version="Debian LLVM version 14.0.6")
    stubs.program("llvm-profdata-22", version="Debian LLVM version 22.1.8")
    found = find_profiling(stubs.machine(), HOST)
    assert (found.program, found.version, found.lacking) == (str(stubs.path / "llvm-profdata-22"), "22", "")


def test_toolchains_own_program_is_taken_first(stubs: Stubs) -> None:
    """A component of rustup lies in the toolchain, and always fits."""
    toolchain(stubs, RUNTIME)
    place = stubs.path / "sysroot" / "lib" / "rustlib" / HOST / "bin"
    place.mkdir(parents=True)
    stubs.program("llvm-profdata", place=place, version="LLVM version 22.1.2-rust-1.95.0-stable")
    stubs.program("llvm-profdata-22", version="Debian LLVM version 22.1.8")
    assert find_profiling(stubs.machine(), HOST).program == str(place / "llvm-profdata")


def test_program_of_another_llvm_is_no_use(stubs: Stubs) -> None:
    """It cannot read the profiles of a newer one, and says so only when it is tried."""
    toolchain(stubs, RUNTIME)
    stubs.program("llvm-profdata", version="Debian LLVM version 14.0.6")
    found = find_profiling(stubs.machine(), HOST)
    assert found == Profiling(wanted="22", lacking=f"{stubs.path}/llvm-profdata is of LLVM 14, and rustc's LLVM is 22")


@pytest.mark.parametrize(
    ("has", "commands"),
    [
        ({"rustup", "apt-get"}, ["rustup component add llvm-tools"]),
        ({"apt-get"}, ["apt-get update && apt-get install -y --no-install-recommends llvm-22"]),
        ({"brew"}, ["brew install llvm@22"]),
        ({"winget"}, ["winget install --id LLVM.LLVM"]),
        (set(), []),
    ],
)
def test_what_brings_it_is_of_the_same_llvm(has: set[str], commands: list[str]) -> None:
    """The toolchain's own always fits; of the system's the number is named."""
    assert [remedy.text for remedy in profiling_remedies("22", has.__contains__)] == commands


@pytest.mark.parametrize(
    ("holds", "lacking"),
    [
        ((RUNTIME,), "there is no llvm-profdata, and rustc's LLVM is 22"),
        ((), f"this toolchain has no runtime that records profiles for {HOST}"),
    ],
)
def test_what_is_lacking_is_told(stubs: Stubs, holds: tuple[str, ...], lacking: str) -> None:
    """Without the program, or without what records, nothing can be guided."""
    toolchain(stubs, *holds)
    found = find_profiling(stubs.machine(), HOST)
    assert (found.program, found.lacking) == ("", lacking)
