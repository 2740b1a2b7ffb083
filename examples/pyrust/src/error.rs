//! What can go wrong, and where in the source it did.

use std::fmt;

use thiserror::Error;

/// A place in the source; both numbers start at 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column, in characters rather than bytes.
    pub column: u32,
}

impl Position {
    /// The first character of the source.
    pub(crate) const START: Self = Self { line: 1, column: 1 };
}

/// The error that ended a program.
///
/// # Examples
///
/// ```
/// use pyrust::{execute_python, ErrorKind};
///
/// let error = execute_python("x = 1\nprint(y)").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Name);
/// assert_eq!(error.kind().name(), "NameError");
/// assert_eq!(error.message(), "name 'y' is not defined");
/// assert_eq!(error.position().line, 2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{}: {} (line {}, column {})",
    .0.kind, .0.message, .0.position.line, .0.position.column
)]
pub struct PyRustError(Box<Details>);

/// Behind a pointer, so that a `Result` with the error is no larger than without it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Details {
    kind: ErrorKind,
    message: String,
    position: Position,
}

impl PyRustError {
    #[cold]
    pub(crate) fn new(kind: ErrorKind, message: fmt::Arguments<'_>, position: Position) -> Self {
        Fault::new(kind, message).at(position)
    }

    #[cold]
    pub(crate) fn syntax(message: fmt::Arguments<'_>, position: Position) -> Self {
        Self::new(ErrorKind::Syntax, message, position)
    }

    /// Valid Python that is outside the subset; `what` starts a sentence, up to its verb.
    #[cold]
    pub(crate) fn unsupported(what: fmt::Arguments<'_>, position: Position) -> Self {
        Fault::unsupported(what).at(position)
    }

    /// Which exception it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What went wrong, without the exception's name or the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where it went wrong.
    #[must_use]
    pub fn position(&self) -> Position {
        self.0.position
    }
}

/// The exceptions a program can end with, each named as CPython names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// `IndentationError`: blocks do not line up.
    Indentation,
    /// `IndexError`: an index is out of range.
    Index,
    /// `MemoryError`: a string would be too large.
    Memory,
    /// `NameError`: a name was never assigned.
    Name,
    /// `NotImplementedError`: valid Python that is outside the subset.
    NotImplemented,
    /// `OSError`: the output cannot be written.
    Os,
    /// `OverflowError`: an integer does not fit in 64 bits.
    Overflow,
    /// `RecursionError`: calls or expressions are nested too deeply.
    Recursion,
    /// `SyntaxError`: the source is not Python.
    Syntax,
    /// `TabError`: tabs and spaces are mixed inconsistently.
    Tab,
    /// `TypeError`: an operation does not apply to its operands.
    Type,
    /// `UnboundLocalError`: a local variable is read before it is assigned.
    UnboundLocal,
    /// `ValueError`: an argument has the right type but a wrong value.
    Value,
    /// `ZeroDivisionError`: a division by zero.
    ZeroDivision,
}

impl ErrorKind {
    /// The name of the exception in CPython.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Indentation => "IndentationError",
            Self::Index => "IndexError",
            Self::Memory => "MemoryError",
            Self::Name => "NameError",
            Self::NotImplemented => "NotImplementedError",
            Self::Os => "OSError",
            Self::Overflow => "OverflowError",
            Self::Recursion => "RecursionError",
            Self::Syntax => "SyntaxError",
            Self::Tab => "TabError",
            Self::Type => "TypeError",
            Self::UnboundLocal => "UnboundLocalError",
            Self::Value => "ValueError",
            Self::ZeroDivision => "ZeroDivisionError",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// An error whose place is not known yet: operators and built-in functions work on values alone,
/// and the machine adds the position of the instruction.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault(Box<Details>);

// Messages come as `fmt::Arguments` and constructors are cold, so that what succeeds is not slowed
// down, nor the program swelled, by formatting code at every place that can fail.
impl Fault {
    #[cold]
    pub(crate) fn new(kind: ErrorKind, message: fmt::Arguments<'_>) -> Self {
        Self(Box::new(Details {
            kind,
            message: fmt::format(message),
            position: Position::START,
        }))
    }

    #[cold]
    pub(crate) fn type_error(message: fmt::Arguments<'_>) -> Self {
        Self::new(ErrorKind::Type, message)
    }

    #[cold]
    pub(crate) fn value_error(message: fmt::Arguments<'_>) -> Self {
        Self::new(ErrorKind::Value, message)
    }

    #[cold]
    pub(crate) fn overflow() -> Self {
        let message = format_args!("integer does not fit in 64 bits");
        Self::new(ErrorKind::Overflow, message)
    }

    /// Valid Python that is outside the subset; `what` starts a sentence, up to its verb.
    #[cold]
    pub(crate) fn unsupported(what: fmt::Arguments<'_>) -> Self {
        let message = format_args!("{what} not supported by pyrust");
        Self::new(ErrorKind::NotImplemented, message)
    }

    pub(crate) fn at(mut self, position: Position) -> PyRustError {
        self.0.position = position;
        PyRustError(self.0)
    }
}

impl From<fmt::Error> for Fault {
    fn from(_: fmt::Error) -> Self {
        Self::new(ErrorKind::Os, format_args!("cannot write the output"))
    }
}

#[cfg(test)]
mod tests {
    use super::{ErrorKind, Fault, Position, PyRustError};

    #[test]
    fn an_error_shows_its_kind_its_message_and_its_place() {
        let position = Position { line: 3, column: 7 };
        let error = PyRustError::new(ErrorKind::Value, format_args!("no such thing"), position);
        assert_eq!(
            error.to_string(),
            "ValueError: no such thing (line 3, column 7)"
        );
    }

    #[test]
    fn a_fault_becomes_an_error_at_the_place_it_is_given() {
        let position = Position { line: 2, column: 1 };
        let error = Fault::type_error(format_args!("bad operand")).at(position);
        assert_eq!(error.kind(), ErrorKind::Type);
        assert_eq!(error.message(), "bad operand");
        assert_eq!(error.position(), position);
    }

    #[test]
    fn a_failing_writer_is_an_os_error() {
        let error = Fault::from(std::fmt::Error).at(Position::START);
        assert_eq!(error.kind().name(), "OSError");
    }

    #[test]
    fn an_error_can_cross_threads_and_be_boxed() {
        fn check<T: std::error::Error + Send + Sync + 'static>() {}
        check::<PyRustError>();
    }
}
