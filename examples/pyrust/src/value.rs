//! The values that programs compute with.

use std::fmt;
use std::rc::Rc;

use crate::builtins::Builtin;
use crate::bytecode::Code;
use crate::error::{ErrorKind, Fault};

/// The longest string in bytes; a longer one is a `MemoryError`.
pub(crate) const MAX_TEXT_BYTES: usize = 1 << 26;

#[derive(Clone, Debug)]
pub(crate) enum Value {
    None,
    Boolean(bool),
    Integer(i64),
    Text(Rc<str>),
    Range(Rc<Range>),
    Function(Rc<Code>),
    Builtin(Builtin),
    /// The state of a `for` loop; no program can get hold of it.
    Iterator(Box<ValueIterator>),
}

impl Value {
    /// The name of the value's type, as error messages show it.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::None => "NoneType",
            Self::Boolean(_) => "bool",
            Self::Integer(_) => "int",
            Self::Text(_) => "str",
            Self::Range(_) => "range",
            Self::Function(_) => "function",
            Self::Builtin(builtin) if builtin.is_type() => "type",
            Self::Builtin(_) => "builtin_function_or_method",
            Self::Iterator(_) => "iterator",
        }
    }

    pub(crate) fn is_true(&self) -> bool {
        match self {
            Self::None => false,
            Self::Boolean(value) => *value,
            Self::Integer(value) => *value != 0,
            Self::Text(text) => !text.is_empty(),
            Self::Range(range) => range.len() != 0,
            Self::Function(_) | Self::Builtin(_) | Self::Iterator(_) => true,
        }
    }

    /// The value as an integer, which booleans are in Python.
    pub(crate) fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Boolean(value) => Some(i64::from(*value)),
            Self::Integer(value) => Some(*value),
            _ => None,
        }
    }

    /// An argument that has to be an integer.
    pub(crate) fn to_index(&self) -> Result<i64, Fault> {
        self.as_integer().ok_or_else(|| {
            let found = self.type_name();
            Fault::type_error(format_args!(
                "'{found}' object cannot be interpreted as an integer"
            ))
        })
    }

    pub(crate) fn iterate(&self) -> Result<ValueIterator, Fault> {
        match self {
            Self::Range(range) => Ok(ValueIterator::Range {
                next: range.start,
                step: range.step,
                remaining: range.len(),
            }),
            Self::Text(text) => Ok(ValueIterator::Text {
                text: Rc::clone(text),
                offset: 0,
            }),
            _ => {
                let found = self.type_name();
                Err(Fault::type_error(format_args!(
                    "'{found}' object is not iterable"
                )))
            }
        }
    }

    /// The item at `index`, which counts from the end if it is negative.
    pub(crate) fn subscript(&self, index: &Self) -> Result<Self, Fault> {
        match self {
            Self::Text(text) => text_item(text, index),
            Self::Range(range) => range_item(range, index),
            _ => {
                let found = self.type_name();
                Err(Fault::type_error(format_args!(
                    "'{found}' object is not subscriptable"
                )))
            }
        }
    }

    /// The value as `repr()` shows it.
    pub(crate) fn repr(&self) -> Repr<'_> {
        Repr(self)
    }
}

/// As `str()` shows it.
impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => formatter.write_str("None"),
            Self::Boolean(true) => formatter.write_str("True"),
            Self::Boolean(false) => formatter.write_str("False"),
            Self::Integer(value) => value.fmt(formatter),
            Self::Text(text) => formatter.write_str(text),
            Self::Range(range) => range.fmt(formatter),
            Self::Function(code) => write!(formatter, "<function {}>", code.name),
            Self::Builtin(builtin) if builtin.is_type() => {
                write!(formatter, "<class '{}'>", builtin.name())
            }
            Self::Builtin(builtin) => write!(formatter, "<built-in function {}>", builtin.name()),
            Self::Iterator(_) => formatter.write_str("<iterator>"),
        }
    }
}

fn text_item(text: &str, index: &Value) -> Result<Value, Fault> {
    let Some(index) = index.as_integer() else {
        let found = index.type_name();
        return Err(Fault::type_error(format_args!(
            "string indices must be integers, not '{found}'"
        )));
    };
    let distance = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
    let character = if index < 0 {
        text.chars().nth_back(distance - 1)
    } else {
        text.chars().nth(distance)
    };
    match character {
        Some(character) => Ok(character_text(character)),
        None => Err(Fault::new(
            ErrorKind::Index,
            format_args!("string index out of range"),
        )),
    }
}

fn range_item(range: &Range, index: &Value) -> Result<Value, Fault> {
    let Some(index) = index.as_integer() else {
        let found = index.type_name();
        return Err(Fault::type_error(format_args!(
            "range indices must be integers or slices, not {found}"
        )));
    };
    let length = range.len();
    let place = if index < 0 {
        length.checked_sub(index.unsigned_abs())
    } else {
        Some(index.unsigned_abs())
    };
    match place.filter(|place| *place < length) {
        Some(place) => Ok(Value::Integer(range.item(place))),
        None => Err(Fault::new(
            ErrorKind::Index,
            format_args!("range object index out of range"),
        )),
    }
}

fn character_text(character: char) -> Value {
    Value::Text(character.encode_utf8(&mut [0; 4]).into())
}

/// A value as `repr()` shows it.
pub(crate) struct Repr<'v>(&'v Value);

impl fmt::Display for Repr<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Text(text) => quote(text, formatter),
            other => other.fmt(formatter),
        }
    }
}

/// Writes `text` as a literal, in single quotes unless that would need escapes and double quotes
/// would not.
fn quote(text: &str, output: &mut fmt::Formatter<'_>) -> fmt::Result {
    use fmt::Write as _;

    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    output.write_char(quote)?;
    for character in text.chars() {
        match character {
            '\\' => output.write_str("\\\\")?,
            '\n' => output.write_str("\\n")?,
            '\r' => output.write_str("\\r")?,
            '\t' => output.write_str("\\t")?,
            _ if character == quote => write!(output, "\\{quote}")?,
            _ if character.is_control() => write!(output, "\\x{:02x}", character as u32)?,
            _ => output.write_char(character)?,
        }
    }
    output.write_char(quote)
}

/// What `range()` returns; the step is never zero.
#[derive(Clone, Debug)]
pub(crate) struct Range {
    start: i64,
    stop: i64,
    step: i64,
}

impl Range {
    pub(crate) fn new(start: i64, stop: i64, step: i64) -> Result<Self, Fault> {
        if step == 0 {
            return Err(Fault::value_error(format_args!(
                "range() arg 3 must not be zero"
            )));
        }
        Ok(Self { start, stop, step })
    }

    pub(crate) fn len(&self) -> u64 {
        let is_empty = if self.step > 0 {
            self.start >= self.stop
        } else {
            self.start <= self.stop
        };
        if is_empty {
            return 0;
        }
        (self.start.abs_diff(self.stop) - 1) / self.step.unsigned_abs() + 1
    }

    pub(crate) fn contains(&self, value: i64) -> bool {
        let is_within = if self.step > 0 {
            self.start <= value && value < self.stop
        } else {
            self.stop < value && value <= self.start
        };
        is_within
            && self
                .start
                .abs_diff(value)
                .is_multiple_of(self.step.unsigned_abs())
    }

    /// The item at `place`, which must be less than the length: so it lies between start and stop,
    /// and arithmetic modulo 2^64 arrives at it.
    fn item(&self, place: u64) -> i64 {
        self.start
            .wrapping_add_unsigned(place.wrapping_mul(self.step as u64))
    }
}

/// Ranges are equal if they have the same items.
impl PartialEq for Range {
    fn eq(&self, other: &Self) -> bool {
        let length = self.len();
        length == other.len()
            && (length == 0 || self.start == other.start)
            && (length <= 1 || self.step == other.step)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "range({}, {}", self.start, self.stop)?;
        if self.step != 1 {
            write!(formatter, ", {}", self.step)?;
        }
        formatter.write_str(")")
    }
}

#[derive(Clone, Debug)]
pub(crate) enum ValueIterator {
    Range {
        next: i64,
        step: i64,
        remaining: u64,
    },
    Text {
        text: Rc<str>,
        /// In bytes.
        offset: usize,
    },
}

impl Iterator for ValueIterator {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        match self {
            Self::Range {
                next,
                step,
                remaining,
            } => {
                *remaining = remaining.checked_sub(1)?;
                let value = *next;
                // Past the last item this may wrap around, and is not looked at any more.
                *next = next.wrapping_add(*step);
                Some(Value::Integer(value))
            }
            Self::Text { text, offset } => {
                let character = text[*offset..].chars().next()?;
                *offset += character.len_utf8();
                Some(character_text(character))
            }
        }
    }
}

#[cfg(test)]
mod tests;
