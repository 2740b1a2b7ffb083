//! A small Python-subset interpreter.
//!
//! Source text passes through four stages, one module each:
//!
//! | stage | module | turns | into |
//! |---|---|---|---|
//! | lexer | `lexer` | text | tokens, with blocks as indents and dedents |
//! | parser | `parser` | tokens | a syntax tree (`ast`) |
//! | compiler | `compiler` | the tree | byte code (`bytecode`), names as slots |
//! | machine | `vm` | byte code | what the program prints |
//!
//! The subset: 64-bit integers, booleans, strings, `None`, ranges, variables, operators,
//! `if`, `while`, `for`, functions, and a dozen built-in functions. What a program prints, and the
//! name of the exception it ends with, are CPython's. Two departures are deliberate and always
//! loud: an integer that leaves 64 bits raises `OverflowError`, and valid Python outside the subset
//! raises `NotImplementedError`.
//!
//! Hostile input is an error, never a crash: nesting in the source and recursion in the program
//! are both limited, and neither can overflow the machine's own stack.
//!
//! ```
//! let program = "
//! def fib(n):
//!     return n if n < 2 else fib(n - 1) + fib(n - 2)
//!
//! for i in range(5):
//!     print(i, fib(i), sep=' -> ')
//! ";
//! let output = pyrust::execute_python(program)?;
//! assert_eq!(output, "0 -> 0\n1 -> 1\n2 -> 1\n3 -> 2\n4 -> 3\n");
//! # Ok::<(), pyrust::PyRustError>(())
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod ast;
mod builtins;
mod bytecode;
mod compiler;
mod error;
mod keyword;
mod lexer;
mod operators;
mod parser;
mod value;
mod vm;

use std::fmt;

pub use error::{ErrorKind, Position, PyRustError};

/// Runs a program and returns everything it printed.
///
/// The program behaves as a file given to CPython does: the value of a last expression is not
/// printed.
///
/// # Errors
///
/// Returns the program's error: a syntax error, or an exception that was raised while it ran. What
/// the program printed before is lost; [`execute_python_into`] keeps it.
///
/// # Examples
///
/// ```
/// assert_eq!(pyrust::execute_python("print(2 + 3)")?, "5\n");
/// assert_eq!(pyrust::execute_python("2 + 3")?, "");
/// # Ok::<(), pyrust::PyRustError>(())
/// ```
///
/// ```
/// let error = pyrust::execute_python("print(1 // 0)").unwrap_err();
/// assert_eq!(error.kind(), pyrust::ErrorKind::ZeroDivision);
/// assert_eq!((error.position().line, error.position().column), (1, 9));
/// ```
pub fn execute_python(code: &str) -> Result<String, PyRustError> {
    let mut output = String::new();
    execute_python_into(code, &mut output)?;
    Ok(output)
}

/// Runs a program and writes what it prints to `output` as it goes.
///
/// # Errors
///
/// Returns the program's error, as [`execute_python`] does; what was printed before it is in
/// `output`. When `output` itself fails, the program stops with [`ErrorKind::Os`].
///
/// # Examples
///
/// ```
/// let mut output = String::new();
/// let result = pyrust::execute_python_into("print('before')\nprint(after)", &mut output);
/// assert_eq!(output, "before\n");
/// assert_eq!(
///     result.unwrap_err().to_string(),
///     "NameError: name 'after' is not defined (line 2, column 7)",
/// );
/// ```
pub fn execute_python_into(code: &str, output: &mut dyn fmt::Write) -> Result<(), PyRustError> {
    let tokens = lexer::tokenize(code)?;
    let module = parser::parse(tokens)?;
    let program = compiler::compile(&module)?;
    vm::run(&program, output)
}
