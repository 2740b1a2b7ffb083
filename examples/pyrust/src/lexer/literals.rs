//! Integer and string literals.

use std::num::IntErrorKind;

use super::{is_word_character, Lexer, TokenKind};
use crate::error::{ErrorKind, Fault, Position, PyRustError};

impl<'s> Lexer<'s> {
    // Numbers.

    pub(super) fn number(&mut self) -> Result<(), PyRustError> {
        let position = self.position;
        let word = self.take_while(is_word_character);
        if self.peek() == Some('.') {
            return Err(PyRustError::unsupported(
                format_args!("floats are"),
                position,
            ));
        }
        let value = read_integer(word).map_err(|fault| fault.at(position))?;
        self.push(TokenKind::Integer(value), position);
        Ok(())
    }

    // Strings.

    pub(super) fn prefixed_text(
        &mut self,
        prefix: &str,
        position: Position,
    ) -> Result<(), PyRustError> {
        match prefix.to_ascii_lowercase().as_str() {
            "u" => self.text(false),
            "r" => self.text(true),
            "f" | "rf" | "fr" => Err(PyRustError::unsupported(
                format_args!("f-strings are"),
                position,
            )),
            "b" | "rb" | "br" => Err(PyRustError::unsupported(
                format_args!("byte strings are"),
                position,
            )),
            _ => Err(PyRustError::syntax(
                format_args!("invalid syntax"),
                position,
            )),
        }
    }

    /// Reads a string from its opening quote to its closing one.
    pub(super) fn text(&mut self, is_raw: bool) -> Result<(), PyRustError> {
        let start = self.position;
        let quote = self.bump().unwrap_or('"');
        let is_triple = self.take_triple(quote);
        let mut text = String::new();
        loop {
            match self.peek() {
                None => return Err(self.unterminated(is_triple, start)),
                Some('\n' | '\r') if !is_triple => return Err(self.unterminated(false, start)),
                Some('\\') if is_raw => self.raw_backslash(&mut text),
                Some('\\') => self.escape(&mut text)?,
                Some(character) if character == quote => {
                    self.bump();
                    if !is_triple || self.take_triple(quote) {
                        break;
                    }
                    text.push(quote);
                }
                Some(_) => text.extend(self.bump()),
            }
        }
        self.push(TokenKind::Text(text.into()), start);
        Ok(())
    }

    /// Takes two more of the quote that was just taken, if they are there.
    fn take_triple(&mut self, quote: char) -> bool {
        let mut ahead = self.rest.chars();
        let is_triple = ahead.next() == Some(quote) && ahead.next() == Some(quote);
        if is_triple {
            self.bump();
            self.bump();
        }
        is_triple
    }

    fn unterminated(&self, is_triple: bool, start: Position) -> PyRustError {
        let kind = if is_triple {
            "triple-quoted string"
        } else {
            "string"
        };
        let line = self.position.line;
        let message = format_args!("unterminated {kind} literal (detected at line {line})");
        PyRustError::syntax(message, start)
    }

    /// In a raw string a backslash stands for itself, yet keeps a quote from closing the string.
    fn raw_backslash(&mut self, text: &mut String) {
        text.extend(self.bump());
        text.extend(self.bump());
    }

    fn escape(&mut self, text: &mut String) -> Result<(), PyRustError> {
        let position = self.position;
        self.bump();
        // Nothing after the backslash: the caller finds the string unterminated.
        let Some(character) = self.peek() else {
            return Ok(());
        };
        if let digit @ '0'..='7' = character {
            text.push(self.octal_escape(digit));
            return Ok(());
        }
        self.bump();
        match character {
            '\n' | '\r' => {}
            '\\' | '\'' | '"' => text.push(character),
            'a' => text.push('\u{7}'),
            'b' => text.push('\u{8}'),
            'f' => text.push('\u{c}'),
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            'v' => text.push('\u{b}'),
            'x' => text.push(self.hexadecimal_escape("\\xXX", 2, position)?),
            'u' => text.push(self.hexadecimal_escape("\\uXXXX", 4, position)?),
            'U' => text.push(self.hexadecimal_escape("\\UXXXXXXXX", 8, position)?),
            'N' => {
                return Err(PyRustError::unsupported(
                    format_args!("\\N escapes are"),
                    position,
                ))
            }
            _ => text.extend(['\\', character]),
        }
        Ok(())
    }

    /// One to three octal digits, so at most `0o777`, which is a character.
    fn octal_escape(&mut self, first: char) -> char {
        self.bump();
        let mut code = first.to_digit(8).unwrap_or(0);
        for _ in 0..2 {
            let Some(digit) = self.peek().and_then(|digit| digit.to_digit(8)) else {
                break;
            };
            self.bump();
            code = code * 8 + digit;
        }
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    fn hexadecimal_escape(
        &mut self,
        form: &str,
        length: usize,
        position: Position,
    ) -> Result<char, PyRustError> {
        let mut code = 0;
        for _ in 0..length {
            let Some(digit) = self.peek().and_then(|digit| digit.to_digit(16)) else {
                return Err(PyRustError::syntax(
                    format_args!("(unicode error) truncated {form} escape"),
                    position,
                ));
            };
            self.bump();
            code = code * 16 + digit;
        }
        match code {
            0xd800..=0xdfff => Err(PyRustError::unsupported(
                format_args!("lone surrogates are"),
                position,
            )),
            _ => char::from_u32(code).ok_or_else(|| {
                PyRustError::syntax(
                    format_args!("(unicode error) illegal Unicode character"),
                    position,
                )
            }),
        }
    }
}

fn read_integer(word: &str) -> Result<u64, Fault> {
    let syntax_error = |message| Err(Fault::new(ErrorKind::Syntax, message));
    let (name, radix, digits) = split_radix(word);
    if radix == 10 && is_float_or_imaginary(digits) {
        return Err(Fault::unsupported(format_args!("floats are")));
    }
    let Some(digits) = without_underscores(digits, radix != 10) else {
        return syntax_error(format_args!("invalid {name} literal"));
    };
    if radix == 10 && digits.starts_with('0') && digits.bytes().any(|digit| digit != b'0') {
        return syntax_error(format_args!(
            "leading zeros in decimal integer literals are not permitted; \
             use an 0o prefix for octal integers"
        ));
    }
    match u64::from_str_radix(&digits, radix) {
        Ok(value) => Ok(value),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => Err(Fault::overflow()),
        Err(_) => syntax_error(format_args!("invalid {name} literal")),
    }
}

fn split_radix(word: &str) -> (&'static str, u32, &str) {
    match word.as_bytes() {
        [b'0', b'x' | b'X', ..] => ("hexadecimal", 16, &word[2..]),
        [b'0', b'o' | b'O', ..] => ("octal", 8, &word[2..]),
        [b'0', b'b' | b'B', ..] => ("binary", 2, &word[2..]),
        _ => ("decimal", 10, word),
    }
}

/// Whether the word is `1e5`, `1j` or the like.
fn is_float_or_imaginary(word: &str) -> bool {
    let rest = word.trim_start_matches(|digit: char| digit.is_ascii_digit() || digit == '_');
    match rest.as_bytes() {
        [b'j' | b'J'] => true,
        // In `1e-5` the word ends before the sign.
        [b'e' | b'E', exponent @ ..] => exponent.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// The digits alone, or `None` where an underscore does not stand between two digits. After a
/// prefix such as `0x` the first digit may have one before it.
fn without_underscores(digits: &str, is_prefixed: bool) -> Option<String> {
    let starts_well = is_prefixed || !digits.starts_with('_');
    let is_valid = starts_well && !digits.ends_with('_') && !digits.contains("__");
    is_valid.then(|| digits.replace('_', ""))
}
