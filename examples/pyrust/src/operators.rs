//! Arithmetic and comparison, with Python's rules and messages.

use std::cmp::Ordering;
use std::rc::Rc;

use crate::ast::{BinaryOperator, Comparator, UnaryOperator};
use crate::error::{ErrorKind, Fault};
use crate::value::{Value, MAX_TEXT_BYTES};

pub(crate) fn unary(operator: UnaryOperator, operand: &Value) -> Result<Value, Fault> {
    let symbol = match operator {
        UnaryOperator::Not => return Ok(Value::Boolean(!operand.is_true())),
        UnaryOperator::Negate => "-",
        UnaryOperator::Plus => "+",
    };
    let Some(value) = operand.as_integer() else {
        let found = operand.type_name();
        return Err(Fault::type_error(format_args!(
            "bad operand type for unary {symbol}: '{found}'"
        )));
    };
    match operator {
        UnaryOperator::Negate => integer(value.checked_neg()),
        _ => Ok(Value::Integer(value)),
    }
}

pub(crate) fn binary(
    operator: BinaryOperator,
    left: &Value,
    right: &Value,
) -> Result<Value, Fault> {
    if let (Some(left), Some(right)) = (left.as_integer(), right.as_integer()) {
        return arithmetic(operator, left, right);
    }
    match (operator, left, right) {
        (BinaryOperator::Add, Value::Text(left), Value::Text(right)) => concatenate(left, right),
        (BinaryOperator::Add, Value::Text(_), _) => {
            let found = right.type_name();
            Err(Fault::type_error(format_args!(
                "can only concatenate str (not \"{found}\") to str"
            )))
        }
        (BinaryOperator::Multiply, Value::Text(text), count)
        | (BinaryOperator::Multiply, count, Value::Text(text)) => repeat(text, count),
        (BinaryOperator::Modulo, Value::Text(_), _) => Err(Fault::unsupported(format_args!(
            "string formatting with % is"
        ))),
        _ => Err(Fault::type_error(format_args!(
            "unsupported operand type(s) for {}: '{}' and '{}'",
            operator.symbol(),
            left.type_name(),
            right.type_name()
        ))),
    }
}

fn arithmetic(operator: BinaryOperator, left: i64, right: i64) -> Result<Value, Fault> {
    match operator {
        BinaryOperator::Add => integer(left.checked_add(right)),
        BinaryOperator::Subtract => integer(left.checked_sub(right)),
        BinaryOperator::Multiply => integer(left.checked_mul(right)),
        BinaryOperator::Divide if right == 0 => Err(zero_division("division by zero")),
        BinaryOperator::Divide => Err(Fault::unsupported(format_args!(
            "'/' gives a float, and floats are (use '//')"
        ))),
        BinaryOperator::FloorDivide if right == 0 => {
            Err(zero_division("integer division or modulo by zero"))
        }
        BinaryOperator::FloorDivide => integer(floor_divide(left, right)),
        BinaryOperator::Modulo if right == 0 => Err(zero_division("integer modulo by zero")),
        BinaryOperator::Modulo => Ok(Value::Integer(modulo(left, right))),
        BinaryOperator::Power => power(left, right),
    }
}

fn integer(value: Option<i64>) -> Result<Value, Fault> {
    value.map(Value::Integer).ok_or_else(Fault::overflow)
}

#[cold]
fn zero_division(message: &str) -> Fault {
    Fault::new(ErrorKind::ZeroDivision, format_args!("{message}"))
}

/// The quotient rounded towards negative infinity; `divisor` is not zero.
fn floor_divide(dividend: i64, divisor: i64) -> Option<i64> {
    let quotient = dividend.checked_div(divisor)?;
    let is_exact = quotient * divisor == dividend;
    let is_negative = (dividend < 0) != (divisor < 0);
    Some(quotient - i64::from(!is_exact && is_negative))
}

/// The remainder, which has the divisor's sign; `divisor` is not zero.
fn modulo(dividend: i64, divisor: i64) -> i64 {
    let remainder = dividend.wrapping_rem(divisor);
    if remainder != 0 && (remainder < 0) != (divisor < 0) {
        remainder + divisor
    } else {
        remainder
    }
}

fn power(base: i64, exponent: i64) -> Result<Value, Fault> {
    if exponent < 0 && base == 0 {
        let message = "0.0 cannot be raised to a negative power";
        return Err(zero_division(message));
    }
    if exponent < 0 {
        return Err(Fault::unsupported(format_args!(
            "a negative power gives a float, and floats are"
        )));
    }
    match base {
        0 => Ok(Value::Integer(i64::from(exponent == 0))),
        1 => Ok(Value::Integer(1)),
        -1 => Ok(Value::Integer(if exponent % 2 == 0 { 1 } else { -1 })),
        // Any other base leaves 64 bits before the exponent leaves 32.
        _ => integer(
            u32::try_from(exponent)
                .ok()
                .and_then(|exponent| base.checked_pow(exponent)),
        ),
    }
}

fn concatenate(left: &Rc<str>, right: &Rc<str>) -> Result<Value, Fault> {
    if left.len() + right.len() > MAX_TEXT_BYTES {
        return Err(text_too_long());
    }
    let mut text = String::with_capacity(left.len() + right.len());
    text.push_str(left);
    text.push_str(right);
    Ok(Value::Text(text.into()))
}

fn repeat(text: &str, count: &Value) -> Result<Value, Fault> {
    let Some(count) = count.as_integer() else {
        let found = count.type_name();
        return Err(Fault::type_error(format_args!(
            "can't multiply sequence by non-int of type '{found}'"
        )));
    };
    let count = usize::try_from(count.max(0)).unwrap_or(usize::MAX);
    if text.len().saturating_mul(count) > MAX_TEXT_BYTES {
        return Err(text_too_long());
    }
    if text.is_empty() {
        return Ok(Value::Text("".into()));
    }
    Ok(Value::Text(text.repeat(count).into()))
}

#[cold]
fn text_too_long() -> Fault {
    Fault::new(ErrorKind::Memory, format_args!("string is too long"))
}

pub(crate) fn compare(comparator: Comparator, left: &Value, right: &Value) -> Result<bool, Fault> {
    match comparator {
        Comparator::Equal => Ok(equals(left, right)),
        Comparator::NotEqual => Ok(!equals(left, right)),
        Comparator::Is => Ok(is_same(left, right)),
        Comparator::IsNot => Ok(!is_same(left, right)),
        Comparator::In => contains(right, left),
        Comparator::NotIn => contains(right, left).map(|is_in| !is_in),
        Comparator::Less => order("<", left, right).map(Ordering::is_lt),
        Comparator::LessEqual => order("<=", left, right).map(Ordering::is_le),
        Comparator::Greater => order(">", left, right).map(Ordering::is_gt),
        Comparator::GreaterEqual => order(">=", left, right).map(Ordering::is_ge),
    }
}

/// How two values compare; `symbol` is for the error message. Strings compare by code points,
/// which is how their bytes compare in UTF-8.
pub(crate) fn order(symbol: &str, left: &Value, right: &Value) -> Result<Ordering, Fault> {
    if let (Some(left), Some(right)) = (left.as_integer(), right.as_integer()) {
        return Ok(left.cmp(&right));
    }
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => Ok(left.cmp(right)),
        _ => Err(Fault::type_error(format_args!(
            "'{symbol}' not supported between instances of '{}' and '{}'",
            left.type_name(),
            right.type_name()
        ))),
    }
}

fn equals(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::None, Value::None) => true,
        (Value::Text(left), Value::Text(right)) => left == right,
        (Value::Range(left), Value::Range(right)) => left == right,
        (Value::Function(left), Value::Function(right)) => Rc::ptr_eq(left, right),
        (Value::Builtin(left), Value::Builtin(right)) => left == right,
        _ => match (left.as_integer(), right.as_integer()) {
            (Some(left), Some(right)) => left == right,
            _ => false,
        },
    }
}

/// Identity. Integers and strings have none worth speaking of, so equal ones count as the same;
/// but `True` is not `1`.
fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Range(left), Value::Range(right)) => Rc::ptr_eq(left, right),
        _ => left.type_name() == right.type_name() && equals(left, right),
    }
}

fn contains(container: &Value, item: &Value) -> Result<bool, Fault> {
    match (container, item) {
        (Value::Text(text), Value::Text(part)) => Ok(text.contains(&**part)),
        (Value::Text(_), _) => {
            let found = item.type_name();
            Err(Fault::type_error(format_args!(
                "'in <string>' requires string as left operand, not {found}"
            )))
        }
        (Value::Range(range), _) => {
            Ok(item.as_integer().is_some_and(|value| range.contains(value)))
        }
        _ => {
            let found = container.type_name();
            Err(Fault::type_error(format_args!(
                "argument of type '{found}' is not iterable"
            )))
        }
    }
}

#[cfg(test)]
mod tests;
