//! The built-in functions.

use std::fmt::Write;
use std::rc::Rc;

use crate::error::Fault;
use crate::operators;
use crate::value::{Range, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Builtin {
    Abs,
    Bool,
    Chr,
    Int,
    Len,
    Max,
    Min,
    Ord,
    Print,
    Range,
    Repr,
    Str,
}

impl Builtin {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "abs" => Self::Abs,
            "bool" => Self::Bool,
            "chr" => Self::Chr,
            "int" => Self::Int,
            "len" => Self::Len,
            "max" => Self::Max,
            "min" => Self::Min,
            "ord" => Self::Ord,
            "print" => Self::Print,
            "range" => Self::Range,
            "repr" => Self::Repr,
            "str" => Self::Str,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Abs => "abs",
            Self::Bool => "bool",
            Self::Chr => "chr",
            Self::Int => "int",
            Self::Len => "len",
            Self::Max => "max",
            Self::Min => "min",
            Self::Ord => "ord",
            Self::Print => "print",
            Self::Range => "range",
            Self::Repr => "repr",
            Self::Str => "str",
        }
    }

    /// Whether the name is a type's in CPython, and calling it makes a value of that type.
    pub(crate) fn is_type(self) -> bool {
        matches!(self, Self::Bool | Self::Int | Self::Range | Self::Str)
    }

    /// Calls the function; the last `arguments` are those that `keywords` name.
    pub(crate) fn call(
        self,
        arguments: &[Value],
        keywords: &[Rc<str>],
        output: &mut dyn Write,
    ) -> Result<Value, Fault> {
        if self == Self::Print {
            let (arguments, named) = arguments.split_at(arguments.len() - keywords.len());
            return print(arguments, keywords, named, output);
        }
        if !keywords.is_empty() {
            let name = self.name();
            return Err(Fault::type_error(format_args!(
                "{name}() takes no keyword arguments"
            )));
        }
        match self {
            Self::Abs => abs(self.only(arguments)?),
            Self::Bool => Ok(Value::Boolean(
                self.at_most_one(arguments)?.is_some_and(Value::is_true),
            )),
            Self::Chr => chr(self.only(arguments)?),
            Self::Int => int(arguments),
            Self::Len => len(self.only(arguments)?),
            Self::Max => self.extreme(arguments, ">"),
            Self::Min => self.extreme(arguments, "<"),
            Self::Ord => ord(self.only(arguments)?),
            Self::Range => range(arguments),
            Self::Repr => Ok(text(self.only(arguments)?.repr())),
            Self::Str => str(self.at_most_one(arguments)?),
            Self::Print => Ok(Value::None),
        }
    }

    fn only(self, arguments: &[Value]) -> Result<&Value, Fault> {
        match arguments {
            [argument] => Ok(argument),
            _ => Err(Fault::type_error(format_args!(
                "{}() takes exactly one argument ({} given)",
                self.name(),
                arguments.len()
            ))),
        }
    }

    fn at_most_one(self, arguments: &[Value]) -> Result<Option<&Value>, Fault> {
        match arguments {
            [] => Ok(None),
            [argument] => Ok(Some(argument)),
            _ => Err(Fault::type_error(format_args!(
                "{} expected at most 1 argument, got {}",
                self.name(),
                arguments.len()
            ))),
        }
    }

    /// The first of the largest or the smallest values: of the arguments, or of the items of the
    /// only one.
    fn extreme(self, arguments: &[Value], symbol: &str) -> Result<Value, Fault> {
        let name = self.name();
        let found = match arguments {
            [] => {
                return Err(Fault::type_error(format_args!(
                    "{name} expected at least 1 argument, got 0"
                )))
            }
            [iterable] => extreme_of(iterable.iterate()?, symbol)?,
            _ => extreme_of(arguments.iter().cloned(), symbol)?,
        };
        found.ok_or_else(|| Fault::value_error(format_args!("{name}() arg is an empty sequence")))
    }
}

fn extreme_of(
    mut values: impl Iterator<Item = Value>,
    symbol: &str,
) -> Result<Option<Value>, Fault> {
    let Some(mut best) = values.next() else {
        return Ok(None);
    };
    for value in values {
        let order = operators::order(symbol, &value, &best)?;
        let is_better = if symbol == ">" {
            order.is_gt()
        } else {
            order.is_lt()
        };
        if is_better {
            best = value;
        }
    }
    Ok(Some(best))
}

fn print(
    arguments: &[Value],
    keywords: &[Rc<str>],
    named: &[Value],
    output: &mut dyn Write,
) -> Result<Value, Fault> {
    let mut separator = " ";
    let mut end = "\n";
    for (keyword, value) in keywords.iter().zip(named) {
        match &**keyword {
            "sep" => separator = print_option("sep", value, " ")?,
            "end" => end = print_option("end", value, "\n")?,
            "file" | "flush" => {
                return Err(Fault::unsupported(format_args!(
                    "print()'s argument '{keyword}' is"
                )))
            }
            _ => {
                return Err(Fault::type_error(format_args!(
                    "'{keyword}' is an invalid keyword argument for print()"
                )))
            }
        }
    }
    for (index, argument) in arguments.iter().enumerate() {
        if index > 0 {
            output.write_str(separator)?;
        }
        write_value(argument, output)?;
    }
    output.write_str(end)?;
    Ok(Value::None)
}

/// Strings, which most programs print most, go past the formatting machinery.
fn write_value(value: &Value, output: &mut dyn Write) -> std::fmt::Result {
    match value {
        Value::Text(text) => output.write_str(text),
        _ => write!(output, "{value}"),
    }
}

fn print_option<'v>(name: &str, value: &'v Value, default: &'static str) -> Result<&'v str, Fault> {
    match value {
        Value::None => Ok(default),
        Value::Text(text) => Ok(text),
        _ => {
            let found = value.type_name();
            Err(Fault::type_error(format_args!(
                "{name} must be None or a string, not {found}"
            )))
        }
    }
}

fn abs(argument: &Value) -> Result<Value, Fault> {
    let Some(value) = argument.as_integer() else {
        let found = argument.type_name();
        return Err(Fault::type_error(format_args!(
            "bad operand type for abs(): '{found}'"
        )));
    };
    value
        .checked_abs()
        .map(Value::Integer)
        .ok_or_else(Fault::overflow)
}

fn chr(argument: &Value) -> Result<Value, Fault> {
    let code = argument.to_index()?;
    if (0xd800..=0xdfff).contains(&code) {
        return Err(Fault::unsupported(format_args!("lone surrogates are")));
    }
    u32::try_from(code)
        .ok()
        .and_then(char::from_u32)
        .map(text)
        .ok_or_else(|| Fault::value_error(format_args!("chr() arg not in range(0x110000)")))
}

fn ord(argument: &Value) -> Result<Value, Fault> {
    let Value::Text(text) = argument else {
        let found = argument.type_name();
        return Err(Fault::type_error(format_args!(
            "ord() expected string of length 1, but {found} found"
        )));
    };
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) => Ok(Value::Integer(i64::from(u32::from(character)))),
        _ => {
            let length = text.chars().count();
            Err(Fault::type_error(format_args!(
                "ord() expected a character, but string of length {length} found"
            )))
        }
    }
}

fn int(arguments: &[Value]) -> Result<Value, Fault> {
    let argument = match arguments {
        [] => return Ok(Value::Integer(0)),
        [argument] => argument,
        [_, _] => return Err(Fault::unsupported(format_args!("int() with a base is"))),
        _ => {
            let count = arguments.len();
            return Err(Fault::type_error(format_args!(
                "int() takes at most 2 arguments ({count} given)"
            )));
        }
    };
    if let Value::Text(text) = argument {
        return parse_integer(text);
    }
    argument.as_integer().map(Value::Integer).ok_or_else(|| {
        let found = argument.type_name();
        Fault::type_error(format_args!(
            "int() argument must be a string, a bytes-like object or a real number, not '{found}'"
        ))
    })
}

/// Reads what `int()` accepts: blanks around it, a sign, and single underscores between digits.
fn parse_integer(text: &Rc<str>) -> Result<Value, Fault> {
    let trimmed = text.trim();
    let digits = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
    let is_valid = digits
        .split('_')
        .all(|group| !group.is_empty() && group.bytes().all(|digit| digit.is_ascii_digit()));
    if !is_valid {
        let literal = Value::Text(Rc::clone(text));
        return Err(Fault::value_error(format_args!(
            "invalid literal for int() with base 10: {}",
            literal.repr()
        )));
    }
    trimmed
        .replace('_', "")
        .parse()
        .map(Value::Integer)
        .map_err(|_| Fault::overflow())
}

fn len(argument: &Value) -> Result<Value, Fault> {
    let length = match argument {
        Value::Text(text) => i64::try_from(text.chars().count()),
        Value::Range(range) => i64::try_from(range.len()),
        _ => {
            let found = argument.type_name();
            return Err(Fault::type_error(format_args!(
                "object of type '{found}' has no len()"
            )));
        }
    };
    length.map(Value::Integer).map_err(|_| Fault::overflow())
}

fn range(arguments: &[Value]) -> Result<Value, Fault> {
    let range = match arguments {
        [stop] => Range::new(0, stop.to_index()?, 1)?,
        [start, stop] => Range::new(start.to_index()?, stop.to_index()?, 1)?,
        [start, stop, step] => Range::new(start.to_index()?, stop.to_index()?, step.to_index()?)?,
        [] => {
            let message = format_args!("range expected at least 1 argument, got 0");
            return Err(Fault::type_error(message));
        }
        _ => {
            let count = arguments.len();
            return Err(Fault::type_error(format_args!(
                "range expected at most 3 arguments, got {count}"
            )));
        }
    };
    Ok(Value::Range(Rc::new(range)))
}

fn str(argument: Option<&Value>) -> Result<Value, Fault> {
    Ok(match argument {
        None => Value::Text("".into()),
        Some(Value::Text(text)) => Value::Text(Rc::clone(text)),
        Some(other) => text(other),
    })
}

fn text(value: impl std::fmt::Display) -> Value {
    Value::Text(value.to_string().into())
}

#[cfg(test)]
mod tests;
