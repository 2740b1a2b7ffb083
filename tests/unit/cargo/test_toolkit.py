from __future__ import annotations

import pytest

from burnish.cargo.toolkit import Toolkit

CROSS = Toolkit(
    triple="arm-linux",
    cargo="/usr/bin/cargo",
    arguments=("--target", "arm-linux"),
    env={"RUSTC": "/usr/bin/rustc", "CARGO_TARGET_ARM_LINUX_RUSTFLAGS": "-C debuginfo=1"},
)

REBUILT = Toolkit(triple="x", arguments=("--target", "x", "-Z", "build-std=std,panic_abort"))


def test_own_platform_is_built_by_the_users_own_command() -> None:
    """Without anything special the command is cargo's, word for word."""
    assert Toolkit(triple="x").command(["build", "--release"]) == ["cargo", "build", "--release"]


def test_platforms_arguments_follow_the_subcommand() -> None:
    """Cargo takes them there, before what a subcommand hands on to others."""
    assert CROSS.command(["test", "--release", "--", "-q"]) == [
        *("/usr/bin/cargo", "test", "--target", "arm-linux", "--release", "--", "-q"),
    ]


def test_platforms_arguments_follow_a_subcommand_of_two_words() -> None:
    """`cargo nextest run` is one command, whose options come behind both words."""
    assert Toolkit(triple="x", arguments=("--target", "x")).command(["nextest", "run", "--release"]) == [
        *("cargo", "nextest", "run", "--target", "x", "--release"),
    ]


@pytest.mark.parametrize(
    ("command", "profile"),
    [
        (("test", "--release"), "release"),
        (("nextest", "run", "--release"), "release"),
        (("bench", "--no-run"), "bench"),
    ],
)
def test_tests_and_benches_unwind_where_std_is_rebuilt(command: tuple[str, ...], profile: str) -> None:
    """Their harness always does, and cannot be linked with a standard library that was rebuilt to abort."""
    *words, option = command
    assert REBUILT.command(command) == [
        *("cargo", *words, *REBUILT.arguments, "--config", f'profile.{profile}.panic="unwind"', option),
    ]


def test_profile_decides_on_unwinding_in_a_build() -> None:
    """What is built is the user's own, also where the standard library is rebuilt for it."""
    assert REBUILT.command(["build", "--release"]) == ["cargo", "build", *REBUILT.arguments, "--release"]


def test_builder_stands_for_build_alone() -> None:
    """A cargo with a builder of its own keeps the other subcommands."""
    zig = Toolkit(triple="x", cargo="cargo-zigbuild", builder="zigbuild")
    assert zig.command(["build"]) == ["cargo-zigbuild", "zigbuild"]
    assert zig.command(["clean"]) == ["cargo-zigbuild", "clean"]


def test_typed_command_can_be_pasted_into_a_shell() -> None:
    """Variables come first, quoted where a shell would part them."""
    assert CROSS.typed(["build"]) == (
        "RUSTC=/usr/bin/rustc CARGO_TARGET_ARM_LINUX_RUSTFLAGS='-C debuginfo=1' /usr/bin/cargo build --target arm-linux"
    )
