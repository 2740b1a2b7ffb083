"""Which starts of a program are found in tests, with which arguments."""

from __future__ import annotations

import pytest

from burnish.cargo.command_starts import CommandStart, find_starts


@pytest.mark.parametrize(
    ("source", "args", "stdin"),
    [
        ('Command::cargo_bin("tool").unwrap().arg("count").arg("a b.txt").assert();', ("count", "a b.txt"), ""),
        ('Command::new(cargo_bin!("tool")).args(["--fast", "x"]).output().unwrap();', ("--fast", "x"), ""),
        ('Command::new(cargo_bin!()).args(&["-n", "3",]).status()', ("-n", "3"), ""),
        ('Command::new(env!("CARGO_BIN_EXE_tool")).args(vec!["a"]).spawn()', ("a",), ""),
        (
            'let mut c = Command::cargo_bin("tool")?;\n    c.arg("run");\n    c.arg(r#"say "hi""#).output()',
            ("run", 'say "hi"'),
            "",
        ),
        (r'Command::cargo_bin("tool").arg("a\n\"b\"\\").write_stdin("x\ty").assert()', ("a\n" + '"b"' + "\\",), "x\ty"),
        ('Command::cargo_bin("tool").write_stdin("only").assert()', (), "only"),
    ],
)
def test_literal_arguments_are_found(source: str, args: tuple[str, ...], stdin: str) -> None:
    """By each way that tests start a program."""
    assert list(find_starts(source, "tool")) == [CommandStart(args=args, stdin=stdin)]


@pytest.mark.parametrize(
    "source",
    [
        'Command::cargo_bin("other").unwrap().arg("count").assert();',
        'Command::cargo_bin("tool").unwrap().arg(path).assert();',
        'Command::cargo_bin("tool").unwrap().args(["a", name]).assert();',
        'Command::cargo_bin("tool").unwrap().arg(format!("{x}")).assert();',
        'Command::cargo_bin("tool").unwrap().arg("--version").assert();',
        'Command::cargo_bin("tool").unwrap().assert(); other.arg("x");',
        'Command::new("git").arg("status").output()',
        'Command::cargo_bin("tool").unwrap().env("HOME", dir).args(["config", "reset"]).assert();',
        'Command::cargo_bin("tool").unwrap().arg("clean").current_dir("scratch").assert();',
        "",
        'Command::cargo_bin("tool").arg("',
    ],
)
def test_what_is_not_known_whole_is_left_out(source: str) -> None:
    """Another program, what is no literal, and what does nothing."""
    assert list(find_starts(source, "tool")) == []


def test_each_start_has_its_own_arguments() -> None:
    """One start ends where the next begins."""
    source = 'fn a() { bin().cargo_bin("tool").arg("a"); }\nfn b() { x.cargo_bin("tool").arg("b").assert(); }'
    assert [start.args for start in find_starts(source, "tool")] == [("a",), ("b",)]


def test_function_that_makes_the_command_is_followed() -> None:
    """Tests often have one function of their own for it."""
    source = """
        fn tool() -> Command {
            Command::cargo_bin(env!("CARGO_PKG_NAME")).unwrap()
        }

        fn counts() {
            tool().arg("count").arg("words").assert().success();
            tool().arg(path).assert();
            tool().args(["sort"]).write_stdin("b\\na").assert();
        }
    """
    assert list(find_starts(source, "tool")) == [
        CommandStart(args=("count", "words")),
        CommandStart(args=("sort",), stdin="b\na"),
    ]
