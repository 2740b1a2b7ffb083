from __future__ import annotations

import pytest

from burnish.cargo.flags import ConfigLayer
from burnish.cargo.toolkit import Toolkit
from burnish.errors import Refused
from burnish.platforms import Cross, Platform
from burnish.platforms.allocator import allocating_linker_in
from burnish.platforms.finding import (
    Found,
    Lack,
    allocating_by_mimalloc,
    find_toolkit,
    make_ready,
    may_allocate_otherwise,
    require_complete,
)
from tests.unit.platforms.stubs import HOST, Stubs

TRIPLE = "arm-linux"
SHIPPED = "lib/libstd-0123.rlib"
SOURCE = "lib/rustlib/src/rust/library/Cargo.lock"
TARGET = ("--target", TRIPLE)
LINKER, RUNNER = "CARGO_TARGET_ARM_LINUX_LINKER", "CARGO_TARGET_ARM_LINUX_RUNNER"
RUSTFLAGS, RUSTDOCFLAGS = "CARGO_TARGET_ARM_LINUX_RUSTFLAGS", "CARGO_TARGET_ARM_LINUX_RUSTDOCFLAGS"


def platform(*, debian: tuple[str, ...] = ("gcc-arm",), **cross: object) -> Platform:
    """Return a platform that is built from the stubs' host by a cross compiler, unless `cross` says otherwise."""
    how = {"linker": "arm-linux-gcc", "linker_machine": "arm-linux", "mode": "native", **cross}
    return Platform(
        runs_on=(TRIPLE,),
        elsewhere="run on an arm host",
        cross=Cross(hosts=(HOST,), debian=debian, **how),  # type: ignore[arg-type]
    )


@pytest.fixture
def ready(stubs: Stubs) -> Stubs:
    """Return a machine with the standard library and the cross compiler of the platform."""
    stubs.toolchain(SHIPPED)
    stubs.program("arm-linux-gcc", dumpmachine="arm-linux", version="arm-linux-gcc 12.2.0")
    return stubs


def lacks(stubs: Stubs, of: Platform, **env: str) -> list[Lack]:
    """Return what the machine lacks."""
    return list(find_toolkit(stubs.machine(**env), of, TRIPLE).lacks)


def test_own_platform_takes_nothing(stubs: Stubs) -> None:
    """On its own host a platform is built by cargo as it is, which nothing is looked for."""
    own = Platform(runs_on=(HOST,), elsewhere="elsewhere")
    assert find_toolkit(stubs.machine(), own, HOST) == Found(toolkit=Toolkit(triple=HOST))


def test_host_out_of_reach_is_named_with_what_it_takes(stubs: Stubs) -> None:
    """A host for which no way is known is told where the platform can be built."""
    far = Platform(runs_on=(TRIPLE,), elsewhere="run on an arm host")
    assert lacks(stubs, far) == [Lack(subject="host", found=f"this host is {HOST}: run on an arm host")]


def test_cross_compiler_is_given_to_cargo(ready: Stubs) -> None:
    """The linker goes by a variable, and its version into the report."""
    assert find_toolkit(ready.machine(), platform(), TRIPLE) == Found(
        toolkit=Toolkit(
            triple=TRIPLE,
            arguments=TARGET,
            env={LINKER: "arm-linux-gcc"},
            programs={"arm-linux-gcc": "arm-linux-gcc 12.2.0"},
        )
    )


def test_configured_linker_is_left_to_cargo(ready: Stubs) -> None:
    """A linker that the project's configuration names is not overridden."""
    ready.program("my-gcc", dumpmachine="arm-linux-gnueabi", version="my-gcc 1")
    ready.configure(TRIPLE, linker="my-gcc")
    toolkit = find_toolkit(ready.machine(), platform(), TRIPLE).toolkit
    assert (toolkit.env, toolkit.programs) == ({}, {"my-gcc": "my-gcc 1"})


def test_library_is_rebuilt_on_request_though_the_toolchain_comes_with_it(stubs: Stubs) -> None:
    """With a runtime of its own, as rustup's musl has it, no linker has to be found; without the source nothing is."""
    stubs.toolchain(SHIPPED, "lib/self-contained/crt1.o")
    bare = platform(bare_linker=True)
    assert find_toolkit(stubs.machine(), bare, TRIPLE).toolkit.arguments == TARGET
    assert find_toolkit(stubs.machine(), bare, TRIPLE, rebuilt=True).lacks
    stubs.toolchain(SHIPPED, "lib/self-contained/crt1.o", "lib/rustlib/src/rust/library/Cargo.lock")
    found = find_toolkit(stubs.machine(), bare, TRIPLE, rebuilt=True)
    assert (found.lacks, found.toolkit.rebuilds_std) == ((), True)
    assert found.toolkit.env == {"RUSTC_BOOTSTRAP": "1"}
    assert not find_toolkit(stubs.machine(), bare, TRIPLE).toolkit.rebuilds_std


def test_missing_compiler_is_named(stubs: Stubs) -> None:
    """A compiler that is not there is one clear line."""
    stubs.toolchain(SHIPPED)
    assert lacks(stubs, platform()) == [Lack(subject="linker", found="there is no arm-linux-gcc")]


@pytest.mark.parametrize("named_by", ["variable", "file", "nobody"])
def test_compiler_for_another_machine_is_told(ready: Stubs, named_by: str) -> None:
    """A compiler that links for another machine is seen before an hour of building, whoever named it."""
    name = "arm-linux-gcc" if named_by == "nobody" else "gcc"
    ready.program(name, dumpmachine="x86_64-linux-gnu", version="gcc 12")
    if named_by == "file":
        ready.configure(TRIPLE, linker=name)
    env = {LINKER: name} if named_by == "variable" else {}
    found = f"{name} links for x86_64-linux-gnu, not for arm-linux"
    assert lacks(ready, platform(), **env) == [Lack(subject="linker", found=found)]


def test_configured_clang_is_believed(ready: Stubs) -> None:
    """A compiler that is for many machines is not judged by the one that it answers with."""
    ready.program("clang", dumpmachine="x86_64-pc-linux-gnu", version="clang 19")
    ready.configure(TRIPLE, linker="clang")
    assert lacks(ready, platform()) == []


def test_library_with_its_own_runtime_needs_no_special_linker(stubs: Stubs) -> None:
    """With Rust's own musl target cargo's usual linker does, and none is looked for."""
    stubs.toolchain(SHIPPED, "lib/self-contained/crt1.o")
    bare = platform(bare_linker=True, rustflags=("-C", "link-self-contained=no"))
    assert find_toolkit(stubs.machine(), bare, TRIPLE) == Found(toolkit=Toolkit(triple=TRIPLE, arguments=TARGET))


def test_linker_that_is_configured_and_not_there_is_named(stubs: Stubs) -> None:
    """Cargo would ask for it, also where the toolchain's own link takes none."""
    stubs.toolchain(SHIPPED, "lib/self-contained/crt1.o")
    stubs.configure(TRIPLE, linker="there-is-none")
    assert lacks(stubs, platform(bare_linker=True)) == [Lack(subject="linker", found="there is no there-is-none")]


def test_flags_of_the_link_join_the_users(ready: Stubs) -> None:
    """Flags that the link needs go behind those of the variable, for rustdoc too; none of the user's is silenced."""
    needs = platform(rustflags=("-C", "relocation-model=static"))
    toolkit = find_toolkit(ready.machine(**{RUSTFLAGS: "-C debuginfo=1"}), needs, TRIPLE).toolkit
    assert toolkit.env[RUSTFLAGS] == "-C debuginfo=1 -C relocation-model=static"
    assert toolkit.runner_env == {RUSTDOCFLAGS: "-C relocation-model=static"}


def test_flags_of_build_are_carried_over(ready: Stubs) -> None:
    """Flags of `target`, which ours are, silence those of `build`: these come along."""
    ready.layers.append(ConfigLayer(path="config.toml", data={"build": {"rustflags": ["--cfg", "mine"]}}))
    needs = platform(rustflags=("-C", "relocation-model=static"))
    toolkit = find_toolkit(ready.machine(), needs, TRIPLE).toolkit
    assert toolkit.env[RUSTFLAGS] == "--cfg mine -C relocation-model=static"


def test_variable_that_silences_the_flags_of_the_link_is_named(ready: Stubs) -> None:
    """With RUSTFLAGS set, cargo would never see what the link needs."""
    needs = platform(rustflags=("-C", "relocation-model=static"))
    found = "the variable RUSTFLAGS is set, and silences the flags of the link"
    assert lacks(ready, needs, RUSTFLAGS="-O") == [Lack(subject="RUSTFLAGS", found=found)]


def test_emulator_starts_what_was_built(ready: Stubs) -> None:
    """The emulator stands before every program of the platform, ours and cargo's, with a folder for what it keeps."""
    ready.program("emulate", version="emulate 7")
    emulated = platform(mode="emulated", emulator="emulate", emulator_env={"PREFIX": "{folder}"})
    toolkit = find_toolkit(ready.machine(), emulated, TRIPLE).toolkit
    folder = str(ready.folder / "state" / "platforms" / TRIPLE)
    assert toolkit.mode == "emulated"
    assert toolkit.runner == ("emulate",)
    assert toolkit.runner_env == {"PREFIX": folder, RUNNER: "emulate"}
    assert toolkit.programs["emulate"] == "emulate 7"


def test_wine_gets_the_library_that_it_lacks(ready: Stubs) -> None:
    """The DLL is made once, by the compiler of the platform, in the folder that wine looks in."""
    ready.program("wine", version="wine-8.0")
    stub = ready.path / "arm-linux-gcc"
    stub.write_text(
        stub.read_text(encoding="utf-8").replace("  *) exit 1", "  *-shared*) : > dll.new;;\n  *) exit 1"), "utf-8"
    )
    by_wine = platform(mode="emulated", emulator="wine")
    make_ready(ready.machine(), by_wine, find_toolkit(ready.machine(), by_wine, TRIPLE).toolkit)
    assert (ready.folder / "state" / "platforms" / TRIPLE / "bcryptprimitives.dll").is_file()


def test_configured_runner_is_used(ready: Stubs) -> None:
    """A runner of the project's own configuration starts the programs for us too."""
    ready.program("my-runner", version="1")
    ready.configure(TRIPLE, runner=["my-runner", "--quick"])
    emulated = platform(mode="emulated", emulator="emulate")
    assert find_toolkit(ready.machine(), emulated, TRIPLE).toolkit.runner == ("my-runner", "--quick")


def test_configured_runner_of_a_cfg_table_is_used(ready: Stubs) -> None:
    """Behind a table of the platform's own name; a program with a folder is looked for from the folder of `.cargo`."""
    tables = {"cfg(unix)": {"runner": "tools/run --quick"}, "cfg(windows)": {"runner": "no"}}
    ready.layers.append(ConfigLayer(path="/project/.cargo/config.toml", data={"target": tables}))
    assert ready.machine().configured(TRIPLE, "runner") == ["/project/tools/run", "--quick"]
    ready.configure(TRIPLE, runner="mine")
    assert ready.machine().configured(TRIPLE, "runner") == ["mine"]


def test_missing_emulator_is_named(ready: Stubs) -> None:
    """An emulator that is not there is one clear line."""
    found = "there is no emulate to start its programs with"
    assert lacks(ready, platform(mode="emulated", emulator="emulate")) == [Lack(subject="emulator", found=found)]


def test_zig_links_by_a_cargo_of_its_own(stubs: Stubs) -> None:
    """cargo-zigbuild stands for cargo, and is told which cargo and which zig are meant."""
    stubs.toolchain(SHIPPED)
    stubs.program("cargo-zigbuild", version="cargo-zigbuild 0.24.1")
    stubs.program("python-zig", place=stubs.folder / "scripts", version="0.17.1")
    by_zig = platform(mode="link-only", builder="zigbuild", linker="")
    zigbuild, zig = str(stubs.path / "cargo-zigbuild"), str(stubs.folder / "scripts" / "python-zig")
    toolkit = find_toolkit(stubs.machine(), by_zig, TRIPLE).toolkit
    assert toolkit == Toolkit(
        triple=TRIPLE,
        mode="link-only",
        cargo=zigbuild,
        builder="zigbuild",
        arguments=TARGET,
        env={"CARGO": "cargo", "CARGO_ZIGBUILD_ZIG_PATH": zig},
        programs={"cargo-zigbuild": "cargo-zigbuild 0.24.1", "zig": "0.17.1"},
    )


def test_toolchain_without_its_stripper_is_named(stubs: Stubs) -> None:
    """Without that program rustc fails at the very end of a build, after minutes."""
    stubs.toolchain(SHIPPED)
    stripped = platform(mode="link-only", linker="", stripper="objcopy")
    sysroot = stubs.path / "sysroot"
    found = f"the toolchain in {sysroot} has no objcopy, by which rustc strips"
    assert lacks(stubs, stripped) == [Lack(subject="stripper", found=found)]
    stubs.program("objcopy")
    assert lacks(stubs, stripped) == []
    (stubs.path / "objcopy").unlink()
    stubs.toolchain(SHIPPED, f"lib/rustlib/{HOST}/bin/objcopy")
    assert lacks(stubs, stripped) == []


def test_everything_lacking_is_named_at_once(stubs: Stubs) -> None:
    """Someone who installs what is missing wants the whole list."""
    stubs.toolchain()
    by_zig = platform(mode="link-only", builder="zigbuild", linker="")
    found = find_toolkit(stubs.machine(), by_zig, TRIPLE)
    with pytest.raises(Refused) as refusal:
        require_complete(found, by_zig)
    assert refusal.value.as_dict() == {
        "found": "arm-linux cannot be built here: no toolchain here has its standard library, or the source to build "
        "it from; there is no cargo-zigbuild; there is no zig",
        "expected": "all that `burnish doctor --platform arm-linux` looks for",
        "files": "untouched",
        "next_command": "apt-get update && apt-get install -y --no-install-recommends gcc-arm",
    }


@pytest.mark.parametrize("data", [{"target": 3}, {"target": {TRIPLE: []}}, {"target": {TRIPLE: {"linker": 3}}}])
def test_nonsense_in_the_configuration_is_left_for_cargo_to_tell(ready: Stubs, data: dict[str, object]) -> None:
    """A table that is none configures nothing."""
    ready.layers.append(ConfigLayer(path="config.toml", data=data))
    assert find_toolkit(ready.machine(), platform(), TRIPLE).toolkit.env == {LINKER: "arm-linux-gcc"}


OURS = platform(bare_linker=True, unwinder="libgcc")


def test_standard_library_is_rebuilt_where_that_is_asked_for(stubs: Stubs) -> None:
    """A toolchain that comes with one may have its source too: what is asked for decides."""
    stubs.toolchain(SHIPPED, "lib/self-contained/crt1.o", SOURCE)
    as_it_comes = find_toolkit(stubs.machine(), OURS, TRIPLE)
    rebuilt = find_toolkit(stubs.machine(), OURS, TRIPLE, rebuilt=True)
    assert (as_it_comes.toolkit.rebuilds_std, rebuilt.toolkit.rebuilds_std) == (False, True)
    assert rebuilt.toolkit.env == {"RUSTC_BOOTSTRAP": "1"}
    assert not rebuilt.lacks


def test_without_the_source_nothing_is_rebuilt(stubs: Stubs) -> None:
    """The library that a toolchain comes with does not stand in for it."""
    stubs.toolchain(SHIPPED)
    lacks = find_toolkit(stubs.machine(), OURS, TRIPLE, rebuilt=True).lacks
    assert lacks[0].subject == "standard library"


@pytest.mark.parametrize(
    ("machine", "has_cc", "configured", "may"),
    [
        ("arm-linux-musl", True, False, True),
        ("x86_64-linux-gnu", True, False, False),
        ("", True, False, False),
        ("arm-linux-musl", False, False, False),
        ("arm-linux-musl", True, True, False),
    ],
)
def test_other_allocator_takes_a_compiler_and_a_link_of_ours(
    stubs: Stubs,
    machine: str,
    has_cc: bool,  # noqa: FBT001 - a case
    configured: bool,  # noqa: FBT001 - a case
    may: bool,  # noqa: FBT001 - a case
) -> None:
    """It is compiled for the platform, and the user's own linker is not replaced."""
    stubs.toolchain(SHIPPED, "lib/self-contained/crt1.o")
    if machine:
        stubs.program("arm-linux-gcc", dumpmachine=machine, version="arm-linux-gcc 12")
    if has_cc:
        stubs.program("cc", version="cc 12")
    if configured:
        stubs.configure(TRIPLE, linker="my-ld")
    found = find_toolkit(stubs.machine(), OURS, TRIPLE)
    assert may_allocate_otherwise(stubs.machine(), OURS, found) is may


@pytest.mark.parametrize("brings_libc", [True, False])
def test_other_allocator_comes_by_a_linker_and_a_folder_of_its_own(stubs: Stubs, brings_libc: bool) -> None:  # noqa: FBT001 - a case
    """It is the usual linker or the one for a bare library, and cargo would compile all anew in the usual folder."""
    stubs.toolchain(SHIPPED, *(["lib/self-contained/crt1.o"] if brings_libc else []))
    stubs.program("arm-linux-gcc", dumpmachine="arm-linux", version="arm-linux-gcc 12")
    found = find_toolkit(stubs.machine(), OURS, TRIPLE)
    toolkit = allocating_by_mimalloc(stubs.machine(), found).toolkit
    own = stubs.machine().own(TRIPLE)
    assert toolkit.env[LINKER] == str(allocating_linker_in(own, is_usual=brings_libc))
    assert (toolkit.folder_name, found.toolkit.folder_name) == (f"{TRIPLE}-mimalloc", TRIPLE)
    assert toolkit.programs["libmimalloc-sys"]
