//! The `pyrust` program, run as a user runs it.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use test_case::test_case;

fn pyrust(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pyrust"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    pyrust(arguments).output().expect("pyrust starts")
}

fn run_with_input(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = pyrust(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("pyrust starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    stdin.write_all(input).expect("pyrust reads its input");
    drop(stdin);
    child.wait_with_output().expect("pyrust ends")
}

/// Checks everything that shows on the outside.
fn assert_output(output: &Output, status: i32, stdout: &str, stderr: &str) {
    let found = (
        output.status.code(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(found, (Some(status), stdout.into(), stderr.into()));
}

/// A program in a file of its own in the build folder.
fn program_file(name: &str, content: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, content).expect("the build folder is writable");
    path
}

#[test]
fn code_on_the_command_line_runs() {
    assert_output(&run(&["-c", "print(2 + 3)"]), 0, "5\n", "");
}

#[test]
fn code_of_several_lines_runs() {
    let code = "for i in range(2):\n    print(i)\n";
    assert_output(&run(&["-c", code]), 0, "0\n1\n", "");
}

#[test]
fn code_that_looks_like_an_option_is_code() {
    assert_output(&run(&["-c", "-1"]), 0, "", "");
}

#[test]
fn empty_code_prints_nothing() {
    assert_output(&run(&["-c", ""]), 0, "", "");
}

#[test]
fn a_file_runs() {
    let path = program_file("hello.py", b"print('hello from a file')\n");
    let path = path.to_str().expect("the path is UTF-8");
    assert_output(&run(&[path]), 0, "hello from a file\n", "");
}

#[test]
fn an_error_in_a_file_names_the_file() {
    let path = program_file("broken.py", b"x = 1\nprint(y)\n");
    let path = path.to_str().expect("the path is UTF-8");
    let message = format!("{path}:2:7: NameError: name 'y' is not defined\n");
    assert_output(&run(&[path]), 1, "", &message);
}

#[test_case(&[]; "without arguments")]
#[test_case(&["-"]; "with a dash")]
fn a_program_on_standard_input_runs(arguments: &[&str]) {
    let output = run_with_input(arguments, b"x = 'input'\nprint(x)\n");
    assert_output(&output, 0, "input\n", "");
}

#[test]
fn an_empty_standard_input_is_an_empty_program() {
    assert_output(&run(&[]), 0, "", "");
}

#[test]
fn an_error_on_standard_input_names_it() {
    let output = run_with_input(&[], b"1 // 0");
    let message = "<stdin>:1:3: ZeroDivisionError: integer division or modulo by zero\n";
    assert_output(&output, 1, "", message);
}

#[test]
fn a_runtime_error_follows_the_output_before_it() {
    let output = run(&["-c", "print('before')\nprint(1 // 0)\nprint('after')"]);
    let message = "<string>:2:9: ZeroDivisionError: integer division or modulo by zero\n";
    assert_output(&output, 1, "before\n", message);
}

#[test]
fn a_syntax_error_comes_before_any_output() {
    let output = run(&["-c", "print('not run')\nif True print(1)"]);
    assert_output(&output, 1, "", "<string>:2:9: SyntaxError: expected ':'\n");
}

#[test_case("-V"; "short")]
#[test_case("--version"; "long")]
fn the_version_is_shown(option: &str) {
    assert_output(&run(&[option]), 0, "pyrust 0.1.0\n", "");
}

#[test_case("-h"; "short")]
#[test_case("--help"; "long")]
fn the_help_is_shown(option: &str) {
    let output = run(&[option]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
    let help = String::from_utf8(output.stdout).expect("the help is UTF-8");
    for part in ["Usage: pyrust -c CODE", "--version", "Exit status"] {
        assert!(help.contains(part), "{part} in {help}");
    }
}

#[test_case(&["-c"], "option '-c' needs CODE"; "code is missing")]
#[test_case(&["-x"], "unknown option '-x'"; "unknown short option")]
#[test_case(&["--no-such-option"], "unknown option '--no-such-option'"; "unknown long option")]
#[test_case(&["-c", "1", "more"], "unexpected argument 'more'"; "argument after code")]
#[test_case(&["a.py", "b.py"], "unexpected argument 'b.py'"; "two files")]
#[test_case(&["-", "a.py"], "unexpected argument 'a.py'"; "input and a file")]
fn wrong_usage_is_refused(arguments: &[&str], problem: &str) {
    let message = format!("pyrust: {problem}\nTry 'pyrust --help'.\n");
    assert_output(&run(arguments), 2, "", &message);
}

#[test]
fn a_file_that_does_not_exist_is_refused() {
    let output = run(&["no-such-file.py"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        message.starts_with("pyrust: cannot read 'no-such-file.py': "),
        "{message}"
    );
}

#[test]
fn a_folder_is_refused() {
    let output = run(&[env!("CARGO_TARGET_TMPDIR")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stderr.starts_with(b"pyrust: cannot read "));
}

#[test]
fn a_program_that_is_not_utf8_is_a_syntax_error_at_the_byte() {
    let output = run_with_input(&[], b"print('\xc3\xa9')\nx = '\xff'\n");
    assert_output(
        &output,
        1,
        "",
        "<stdin>:2:6: SyntaxError: not valid UTF-8\n",
    );
}

#[test]
fn text_beyond_ascii_survives_the_way_in_and_out() {
    let output = run_with_input(&[], "print('héllo 日本 😀')".as_bytes());
    assert_output(&output, 0, "héllo 日本 😀\n", "");
}

#[test]
fn a_long_output_is_complete() {
    let output = run(&["-c", "for i in range(50000): print(i)"]);
    let expected: String = (0..50_000).map(|number| format!("{number}\n")).collect();
    assert_output(&output, 0, &expected, "");
}

#[test]
fn endless_recursion_is_an_error() {
    let output = run(&["-c", "def f(n):\n    return f(n + 1)\nf(0)"]);
    let message = "<string>:2:13: RecursionError: maximum recursion depth exceeded\n";
    assert_output(&output, 1, "", message);
}

#[test]
fn a_hundred_thousand_parentheses_are_an_error() {
    let output = run_with_input(&[], "(".repeat(100_000).as_bytes());
    let message = "<stdin>:1:201: SyntaxError: too many nested parentheses\n";
    assert_output(&output, 1, "", message);
}

#[test]
fn a_reader_that_goes_away_ends_an_endless_program_quietly() {
    let mut child = pyrust(&["-c", "while True: print('again')"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("pyrust starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("pyrust ends");
    assert_output(&output, 0, "", "");
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_cannot_be_written_is_reported() {
    let full = fs::File::options()
        .write(true)
        .open("/dev/full")
        .expect("Linux has /dev/full");
    let output = pyrust(&["-c", "print(1)"])
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .and_then(|child| child.wait_with_output())
        .expect("pyrust runs");
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        message.starts_with("pyrust: cannot write the output: "),
        "{message}"
    );
}
