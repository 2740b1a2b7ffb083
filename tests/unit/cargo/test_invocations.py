"""What cargo 1.95 really said of small crates; only folders are replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.cargo.invocations import (
    Invocation,
    graph_of,
    is_said_by_v,
    package_name,
    read_invocations,
    read_units,
    without_v,
)

SAID = Path(__file__).parent / "said"
ROOT = Path("/home/me/big-tool")
TARGET = "x86_64-unknown-linux-gnu"
STDERR = (SAID / "build-v.txt").read_text(encoding="utf-8")
UNITS = read_units((SAID / "build-v.json-lines").read_bytes(), STDERR, ROOT)
AGAIN = read_units(
    (SAID / "build-v-again.json-lines").read_bytes(), (SAID / "build-v-again.txt").read_text(encoding="utf-8"), ROOT
)


def call_of(name: str, target: str | None = None) -> Invocation:
    """Return the command line of one crate."""
    calls = [unit.invocation for unit in UNITS if unit.name == name]
    return next(call for call in calls if call is not None and call.target == target)


def test_command_line_of_a_program_is_read_whole() -> None:
    """Profile, flags with quotes, what is linked, and the target."""
    call = call_of("big-tool", TARGET)
    assert (call.crate_name, call.crate_types, call.source) == ("big_tool", ("bin",), "src/main.rs")
    shown = [call.value(f"-C {key}") for key in ("opt-level", "panic", "lto", "strip", "link-arg", "codegen-units")]
    assert shown == ["3", "abort", "thin", "symbols", "-Wl,-z,now", None]
    assert call.values("-C target-feature crt-static") == ["+"]
    assert 'x="a\'b!"' in call.values("--cfg")
    deps = "/home/me/big-tool/target"
    assert call.output == f"{deps}/{TARGET}/release/deps/big_tool-5af220604031f115"
    assert call.externs == (
        f"{deps}/{TARGET}/release/deps/low_level-6e8deaa80268dae1",
        f"{deps}/release/deps/pm-14f3b82f5f1200f4",
    )


def test_one_package_for_host_and_target_is_two_units() -> None:
    """The library of the build script has the host's settings, that of the program the profile's."""
    assert call_of("low_level").value("-C opt-level") is None
    assert call_of("low_level", TARGET).value("-C opt-level") == "3"


def test_every_unit_has_its_own_command_line() -> None:
    """A build script, which cargo runs too, and a proc macro among them."""
    assert [(unit.package_name, unit.kind, unit.invocation is not None) for unit in UNITS] == [
        ("low-level", ("lib",), True),
        ("low-level", ("lib",), True),
        ("big-tool", ("custom-build",), True),
        ("pm", ("proc-macro",), True),
        ("big-tool", ("bin",), True),
    ]


def test_graph_of_a_program_is_what_goes_into_it() -> None:
    """Neither the build script, nor what that links, nor the proc macro."""
    graph = graph_of(UNITS, [UNITS[-1]])
    assert [(unit.package_name, unit.kind[0]) for unit in graph] == [("big-tool", "bin"), ("low-level", "lib")]
    assert all(unit.invocation is not None and unit.invocation.target == TARGET for unit in graph)


def test_fresh_units_have_no_command_line_and_stay_in_the_graph() -> None:
    """What is not compiled is not printed; the program behind a wrapper of the user's is."""
    graph = graph_of(AGAIN, [AGAIN[-1]])
    assert [(unit.name, unit.is_fresh, unit.invocation is None) for unit in graph] == [
        ("big-tool", False, False),
        ("low_level", True, True),
    ]


def test_line_in_the_midst_of_others_is_read() -> None:
    """Variables, as `-vv` prints them, and wrappers stand before it; other programs have lines too."""
    line = "     Running `A='b c' sccache /opt/rust/bin/rustc --crate-name x --crate-type=lib src/x -C opt-level=s`\n"
    other = "     Running `/p/target/release/build/x-1/build-script-build`\n     Running `rustc --crate-name 'x`\n"
    (call,) = read_invocations(f"   Compiling x v0.1.0\n{other}{line}warning: unused\n", is_windows=False)
    assert (call.crate_name, call.source, call.value("-C opt-level")) == ("x", "src/x", "s")


def test_path_with_a_line_feed_is_read() -> None:
    """Cargo prints it as it is, between quotes."""
    said = "     Running `rustc --crate-name x src/main.rs --out-dir '/p/a'\\''b\nc/deps' -C lto`\n    Finished\n"
    (call,) = read_invocations(said, is_windows=False)
    assert (call.output, call.value("-C lto")) == ("/p/a'b\nc/deps/x", "")


def test_line_of_windows_keeps_its_backslashes() -> None:
    """There quotes are double, and a backslash is part of a path."""
    said = '     Running `"C:\\Program Files\\rustc.exe" --crate-name x src\\main.rs -C "link-arg=/A B" -C lto`\r\n'
    (call,) = read_invocations(said, is_windows=True)
    assert (call.source, call.value("-C link-arg")) == ("src\\main.rs", "/A B")


def test_last_value_of_an_option_counts() -> None:
    """As rustc takes it: a flag of the user's comes after the profile's."""
    (call,) = read_invocations("  Running `rustc --crate-name x a.rs -C opt-level=3 -Copt-level=1`\n", is_windows=False)
    assert call.value("-C opt-level") == "1"


@pytest.mark.parametrize(
    ("package_id", "name"),
    [
        ("path+file:///home/me/tool#0.1.0", "tool"),
        ("path+file:///home/me/folder#tool@0.1.0", "tool"),
        ("registry+https://example.org/index#serde@1.0.2", "serde"),
        ("git+https://example.org/x/y?rev=1#0.3.0", "y"),
        ("tool 0.1.0 (path+file:///home/me/folder)", "tool"),
    ],
)
def test_name_of_a_package_id(package_id: str, name: str) -> None:
    """The forms of cargo before and since 1.77."""
    assert package_name(package_id) == name


BUILD_SCRIPT = "error: failed to run\n\nCaused by:\n  process didn't exit successfully: `b` (exit status: 1)\n"


def test_what_only_v_prints_is_left_out() -> None:
    """An error reads as it does without `-v`; what a build script said stays."""
    said = (
        "       Dirty x v0.1.0: the profile changed\n   Compiling x v0.1.0\n"
        "     Running `rustc --crate-name x\n a.rs`\nerror: no\n\n"
        'error: could not compile `x` (bin "x") due to 1 previous error\n\n'
        "Caused by:\n  process didn't exit successfully: `rustc --crate-name x a.rs` (exit status: 1)\n"
        f"{BUILD_SCRIPT}"
    )
    assert without_v(said) == (
        "   Compiling x v0.1.0\nerror: no\n\n"
        'error: could not compile `x` (bin "x") due to 1 previous error\n'
        f"{BUILD_SCRIPT}"
    )
    lines = ["       Fresh x v0.1.0", "     Running `x`", "   Compiling x v0.1.0", "warning: Fresh fish"]
    assert [is_said_by_v(line) for line in lines] == [True, True, False, False]
