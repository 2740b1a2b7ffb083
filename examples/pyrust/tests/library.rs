//! The public API, as another crate uses it.

use std::fmt;

use pyrust::{execute_python, execute_python_into, ErrorKind, Position, PyRustError};
use test_case::test_case;

fn error_of(code: &str) -> PyRustError {
    execute_python(code).expect_err("the program should fail")
}

#[test]
fn a_program_returns_what_it_prints() {
    assert_eq!(
        execute_python("print('a')\nprint('b')"),
        Ok("a\nb\n".to_owned())
    );
}

#[test]
fn the_signature_is_the_promised_one() {
    let _: fn(&str) -> Result<String, PyRustError> = execute_python;
}

#[test]
fn runs_do_not_share_variables() {
    assert_eq!(execute_python("x = 1"), Ok(String::new()));
    assert_eq!(error_of("print(x)").kind(), ErrorKind::Name);
}

#[test]
fn the_output_before_an_error_is_kept_by_the_writer() {
    let mut output = String::new();
    let result = execute_python_into("print('kept', end='')\n1 // 0", &mut output);
    assert_eq!(output, "kept");
    assert_eq!(result.unwrap_err().kind(), ErrorKind::ZeroDivision);
}

#[test]
fn nothing_runs_when_the_program_does_not_compile() {
    let mut output = String::new();
    let result = execute_python_into("print('not run')\nreturn", &mut output);
    assert_eq!(output, "");
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Syntax);
}

#[test]
fn a_writer_that_fails_stops_the_program() {
    struct Full;
    impl fmt::Write for Full {
        fn write_str(&mut self, _: &str) -> fmt::Result {
            Err(fmt::Error)
        }
    }
    let error = execute_python_into("while True: print(1)", &mut Full).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Os);
}

#[test]
fn an_error_tells_its_kind_message_and_place() {
    let error = error_of("x = 1\nprint(x + None)");
    assert_eq!(error.kind(), ErrorKind::Type);
    assert_eq!(
        error.message(),
        "unsupported operand type(s) for +: 'int' and 'NoneType'"
    );
    assert_eq!(error.position(), Position { line: 2, column: 9 });
    assert_eq!(
        error.to_string(),
        "TypeError: unsupported operand type(s) for +: 'int' and 'NoneType' (line 2, column 9)"
    );
}

#[test]
fn errors_convert_into_boxed_errors() {
    fn run() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        execute_python("missing")?;
        Ok(())
    }
    let message = run().unwrap_err().to_string();
    assert!(message.starts_with("NameError"), "{message}");
}

#[test]
fn programs_can_run_on_several_threads() {
    let threads: Vec<_> = (0..4)
        .map(|number| {
            std::thread::spawn(move || execute_python(&format!("print({number} * 2)")).unwrap())
        })
        .collect();
    let outputs: Vec<_> = threads
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .collect();
    assert_eq!(outputs, ["0\n", "2\n", "4\n", "6\n"]);
}

// Columns count characters, from 1.

#[test_case("1 // 0", 1, 3; "at the operator")]
#[test_case("x = 1\nif x:\n    y = x + '1'\n", 3, 11; "in a block")]
#[test_case("print('é😀', missing)", 1, 13; "in characters rather than bytes")]
#[test_case("\tx", 1, 2; "after a tab")]
#[test_case("f(\n  1,\n  2)", 1, 1; "at the name of an unknown function")]
#[test_case("x = 1\nx(\n1)", 2, 2; "at the call of what is no function")]
#[test_case("x = 'abc", 1, 5; "at the start of an unterminated string")]
#[test_case("(\n(1)", 1, 1; "at the bracket that is not closed")]
#[test_case("x = 'ab\\xZZ'", 1, 8; "at a bad escape")]
#[test_case("'a'\r\n'b'\r\nx y", 3, 3; "after windows line ends")]
#[test_case("1 < 2 < 'a'", 1, 7; "at the comparison that fails")]
#[test_case("\u{feff}x y", 1, 3; "after a byte order mark")]
fn an_error_is_placed(code: &str, line: u32, column: u32) {
    assert_eq!(error_of(code).position(), Position { line, column });
}

// Where pyrust is smaller than Python, it says so.

#[test_case("9223372036854775807 + 1"; "sum")]
#[test_case("-9223372036854775808 - 1"; "difference")]
#[test_case("9223372036854775807 * 2"; "product")]
#[test_case("-9223372036854775808 // -1"; "quotient")]
#[test_case("2 ** 63"; "power")]
#[test_case("10 ** 9223372036854775807"; "huge power")]
#[test_case("x = -9223372036854775808\n-x"; "negation")]
#[test_case("abs(-9223372036854775808)"; "absolute value")]
#[test_case("9223372036854775808"; "literal")]
#[test_case("99999999999999999999999"; "long literal")]
#[test_case("-9223372036854775808 ** 1"; "literal that a power binds tighter than its minus")]
#[test_case("int('9223372036854775808')"; "conversion")]
#[test_case("len(range(-9223372036854775808, 9223372036854775807))"; "length")]
fn an_integer_that_leaves_64_bits_is_an_overflow(code: &str) {
    assert_eq!(error_of(code).kind(), ErrorKind::Overflow);
}

#[test_case("4 / 2", "'/' gives a float"; "true division")]
#[test_case("2 ** -1", "negative power"; "negative power")]
#[test_case("x = 1.5", "floats"; "float")]
#[test_case("x = 1e5", "floats"; "exponent")]
#[test_case("x = .5", "'.'"; "leading point")]
#[test_case("[1, 2]", "lists"; "list")]
#[test_case("x = 1, 2", "tuple"; "tuple")]
#[test_case("()", "tuples"; "empty tuple")]
#[test_case("x = {}", "'{'"; "dictionary")]
#[test_case("'abc'[0:1]", "slices"; "slice")]
#[test_case("'abc'[:]", "slices"; "whole slice")]
#[test_case("f'{x}'", "f-strings"; "f string")]
#[test_case("b'x'", "byte strings"; "byte string")]
#[test_case("'%d' % 5", "formatting"; "string formatting")]
#[test_case("import sys", "'import'"; "import")]
#[test_case("class A: pass", "'class'"; "class")]
#[test_case("try:\n    pass\nfinally:\n    pass", "'try'"; "try")]
#[test_case("f = lambda: 1", "'lambda'"; "lambda")]
#[test_case("def f(a=1): pass", "default values"; "default value")]
#[test_case("def f(*a): pass", "parameter"; "variadic function")]
#[test_case("def f():\n    def g(): pass", "nested functions"; "nested function")]
#[test_case("def f(a): pass\nf(a=1)", "keyword arguments"; "keyword argument of a function")]
#[test_case("x: int = 1", "annotations"; "annotation")]
#[test_case("1 << 2", "'<<'"; "shift")]
#[test_case("a, b = 'xy'", "tuple"; "unpacking")]
#[test_case("print(x for x in 'abc')", "comprehensions"; "comprehension")]
#[test_case("x = 'a'\nx[0] = 'b'", "item assignment"; "item assignment")]
#[test_case("int('ff', 16)", "base"; "base of int")]
fn python_outside_the_subset_is_not_implemented(code: &str, part: &str) {
    let error = error_of(code);
    assert_eq!(error.kind(), ErrorKind::NotImplemented, "{error}");
    assert!(error.message().contains(part), "{error}");
}

// Hostile programs end in an error.

#[test_case("(", ErrorKind::Syntax; "open parentheses")]
#[test_case(")", ErrorKind::Syntax; "closed parentheses")]
#[test_case("not ", ErrorKind::Recursion; "nots")]
#[test_case("-", ErrorKind::Recursion; "minuses")]
#[test_case("2 ** ", ErrorKind::Recursion; "powers")]
#[test_case("1 if 1 else ", ErrorKind::Recursion; "conditionals")]
#[test_case("f(", ErrorKind::Syntax; "calls")]
#[test_case("'a'[", ErrorKind::Syntax; "subscripts")]
fn a_hundred_thousand_of_them_are_an_error(unit: &str, kind: ErrorKind) {
    let code = unit.repeat(100_000) + "1";
    assert_eq!(error_of(&code).kind(), kind);
}

#[test_case("1 + ", "1"; "sums")]
#[test_case("1 < ", "1"; "comparisons")]
#[test_case("1 and ", "1"; "ands")]
#[test_case("1; ", "1"; "statements")]
#[test_case("x = ", "1"; "assignments")]
#[test_case("'a' ", "'a'"; "adjacent strings")]
fn ten_thousand_of_them_are_fine(unit: &str, end: &str) {
    let code = unit.repeat(10_000) + end;
    assert_eq!(execute_python(&code), Ok(String::new()));
}

#[test]
fn a_chain_of_ten_thousand_calls_is_not_deep() {
    let code = format!("def f(): return f\nf{}", "()".repeat(10_000));
    assert_eq!(execute_python(&code), Ok(String::new()));
}

#[test]
fn ten_thousand_branches_are_not_deep() {
    let code = "if 0: pass\n".to_owned() + &"elif 0: pass\n".repeat(10_000) + "else: print('end')";
    assert_eq!(execute_python(&code), Ok("end\n".to_owned()));
}

#[test]
fn the_deepest_program_fits_a_stack_of_one_mebibyte() {
    let blocks: String = (0..19)
        .map(|depth| " ".repeat(depth) + "while 1:\n")
        .collect();
    let inner = "(1 or 1 and 1 < 1 + 1 * ".repeat(44) + "1" + &")".repeat(44);
    let code = format!("{blocks}{}print({inner}); missing", " ".repeat(19));
    let run = move || execute_python(&code).map_err(|error| error.kind());
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(run);
    assert_eq!(thread.unwrap().join().unwrap(), Err(ErrorKind::Name));
}

#[test_case("x = 'a' * 9223372036854775807"; "repetition")]
#[test_case("x = 'a'\nwhile True: x += x"; "concatenation")]
fn a_string_that_grows_too_long_is_a_memory_error(code: &str) {
    assert_eq!(error_of(code).kind(), ErrorKind::Memory);
}

#[test]
fn endless_recursion_with_open_loops_is_an_error() {
    let code = "def f():\n    for i in range(3):\n        for c in 'ab':\n            1 + f()\nf()";
    assert_eq!(error_of(code).kind(), ErrorKind::Recursion);
}

#[test_case("\0"; "nul")]
#[test_case("x = \u{7}"; "bell")]
#[test_case("\u{200b}"; "zero width space")]
#[test_case("x = €"; "euro sign")]
#[test_case("x = ?"; "question mark")]
#[test_case("x = 1 ! 2"; "exclamation mark")]
fn a_stray_character_is_a_syntax_error(code: &str) {
    assert_eq!(error_of(code).kind(), ErrorKind::Syntax);
}
