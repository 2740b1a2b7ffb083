//! Text to tokens.
//!
//! Blocks become [`TokenKind::Indent`] and [`TokenKind::Dedent`], as CPython's tokenizer does it:
//! every line's indentation is measured twice, with tabs as wide as eight columns and as one, and
//! the two measures must agree on how lines compare.

mod literals;

use std::fmt;
use std::rc::Rc;

use crate::error::{ErrorKind, Position, PyRustError};
use crate::keyword::Keyword;

/// CPython's limit on brackets that are open at once.
const MAX_OPEN_BRACKETS: usize = 200;
/// CPython's limit on blocks within blocks.
const MAX_BLOCKS: usize = 100;
const TAB_WIDTH: usize = 8;
/// Symbols of Python that the grammar does not have.
const UNSUPPORTED_SYMBOLS: [&str; 12] = [
    "<<", ">>", ":=", "->", "{", "}", ".", "@", "&", "|", "^", "~",
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token<'s> {
    pub(crate) kind: TokenKind<'s>,
    pub(crate) position: Position,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind<'s> {
    Name(&'s str),
    Keyword(Keyword),
    /// Unsigned, so that the parser can still make `-9223372036854775808` of it.
    Integer(u64),
    Text(Rc<str>),
    Symbol(Symbol),
    Newline,
    Indent,
    Dedent,
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Symbol {
    Plus,
    Minus,
    Star,
    Slash,
    DoubleSlash,
    Percent,
    DoubleStar,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    Assign,
    PlusAssign,
    MinusAssign,
    StarAssign,
    SlashAssign,
    DoubleSlashAssign,
    PercentAssign,
    DoubleStarAssign,
    OpenParenthesis,
    CloseParenthesis,
    OpenBracket,
    CloseBracket,
    Comma,
    Colon,
    Semicolon,
}

/// Splits `source` into tokens; the last one is always [`TokenKind::End`].
pub(crate) fn tokenize(source: &str) -> Result<Vec<Token<'_>>, PyRustError> {
    let mut lexer = Lexer::new(source);
    lexer.run()?;
    Ok(lexer.tokens)
}

/// How far a line is indented, by both measures.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Indentation {
    wide_tabs: usize,
    narrow_tabs: usize,
}

struct Lexer<'s> {
    /// What is left of the source.
    rest: &'s str,
    position: Position,
    /// Whether the next character starts a line of the program.
    at_line_start: bool,
    indentations: Vec<Indentation>,
    open_brackets: Vec<(char, Position)>,
    tokens: Vec<Token<'s>>,
}

impl<'s> Lexer<'s> {
    fn new(source: &'s str) -> Self {
        Self {
            rest: source.strip_prefix('\u{feff}').unwrap_or(source),
            position: Position::START,
            at_line_start: true,
            indentations: vec![Indentation {
                wide_tabs: 0,
                narrow_tabs: 0,
            }],
            open_brackets: Vec::new(),
            tokens: Vec::with_capacity(source.len() / 4 + 4),
        }
    }

    fn run(&mut self) -> Result<(), PyRustError> {
        loop {
            if self.at_line_start {
                self.at_line_start = false;
                self.indentation()?;
            }
            self.skip_blanks();
            let Some(first) = self.peek() else {
                return self.finish();
            };
            self.token(first)?;
        }
    }

    fn finish(&mut self) -> Result<(), PyRustError> {
        if let Some(&(bracket, position)) = self.open_brackets.last() {
            let message = format_args!("'{bracket}' was never closed");
            return Err(PyRustError::syntax(message, position));
        }
        self.end_logical_line(self.position);
        while self.indentations.len() > 1 {
            self.indentations.pop();
            self.push(TokenKind::Dedent, self.position);
        }
        self.push(TokenKind::End, self.position);
        Ok(())
    }

    fn token(&mut self, first: char) -> Result<(), PyRustError> {
        match first {
            '\n' | '\r' => self.newline(),
            '\\' => self.join_lines()?,
            '"' | '\'' => self.text(false)?,
            '0'..='9' => self.number()?,
            '_' => self.word()?,
            _ if first.is_alphabetic() => self.word()?,
            _ => self.symbol(first)?,
        }
        Ok(())
    }

    // Characters.

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Takes one character; `\r\n` and `\r` count as `\n`.
    fn bump(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.rest = &self.rest[character.len_utf8()..];
        if character == '\r' {
            self.rest = self.rest.strip_prefix('\n').unwrap_or(self.rest);
        }
        if matches!(character, '\n' | '\r') {
            self.position.line = self.position.line.saturating_add(1);
            self.position.column = 1;
            return Some('\n');
        }
        self.position.column = self.position.column.saturating_add(1);
        Some(character)
    }

    /// Takes characters for as long as `accept` holds, which must reject line breaks.
    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'s str {
        let before = self.rest;
        while self.peek().is_some_and(&accept) {
            self.bump();
        }
        &before[..before.len() - self.rest.len()]
    }

    fn skip_blanks(&mut self) {
        self.take_while(|character| matches!(character, ' ' | '\t' | '\u{c}'));
        if self.peek() == Some('#') {
            self.take_while(|character| !matches!(character, '\n' | '\r'));
        }
    }

    fn push(&mut self, kind: TokenKind<'s>, position: Position) {
        self.tokens.push(Token { kind, position });
    }

    // Lines and blocks.

    fn newline(&mut self) {
        let position = self.position;
        self.bump();
        if self.open_brackets.is_empty() {
            self.end_logical_line(position);
            self.at_line_start = true;
        }
    }

    /// Ends the line unless nothing is on it.
    fn end_logical_line(&mut self, position: Position) {
        let is_empty = self.tokens.last().is_none_or(|token| {
            matches!(
                token.kind,
                TokenKind::Newline | TokenKind::Indent | TokenKind::Dedent
            )
        });
        if !is_empty {
            self.push(TokenKind::Newline, position);
        }
    }

    fn join_lines(&mut self) -> Result<(), PyRustError> {
        let position = self.position;
        self.bump();
        let message = match self.peek() {
            Some('\n' | '\r') => {
                self.bump();
                if self.peek().is_some() {
                    return Ok(());
                }
                "unexpected EOF while parsing"
            }
            Some(_) => "unexpected character after line continuation character",
            None => "unexpected EOF while parsing",
        };
        Err(PyRustError::syntax(format_args!("{message}"), position))
    }

    fn indentation(&mut self) -> Result<(), PyRustError> {
        let found = self.measure_indentation();
        let is_blank = matches!(self.peek(), None | Some('\n' | '\r' | '#'));
        if is_blank {
            return Ok(());
        }
        let current = self.current_indentation();
        if found.wide_tabs > current.wide_tabs {
            self.indent(found)
        } else {
            self.dedent(found)
        }
    }

    fn measure_indentation(&mut self) -> Indentation {
        let mut found = Indentation {
            wide_tabs: 0,
            narrow_tabs: 0,
        };
        while let Some(character @ (' ' | '\t' | '\u{c}')) = self.peek() {
            self.bump();
            found = match character {
                ' ' => Indentation {
                    wide_tabs: found.wide_tabs + 1,
                    narrow_tabs: found.narrow_tabs + 1,
                },
                '\t' => Indentation {
                    wide_tabs: (found.wide_tabs / TAB_WIDTH + 1) * TAB_WIDTH,
                    narrow_tabs: found.narrow_tabs + 1,
                },
                _ => Indentation {
                    wide_tabs: 0,
                    narrow_tabs: 0,
                },
            };
        }
        found
    }

    fn current_indentation(&self) -> Indentation {
        self.indentations.last().copied().unwrap_or(Indentation {
            wide_tabs: 0,
            narrow_tabs: 0,
        })
    }

    fn indent(&mut self, found: Indentation) -> Result<(), PyRustError> {
        if found.narrow_tabs <= self.current_indentation().narrow_tabs {
            return Err(self.inconsistent_tabs());
        }
        if self.indentations.len() >= MAX_BLOCKS {
            return Err(self.indentation_error(format_args!("too many levels of indentation")));
        }
        self.indentations.push(found);
        self.push(TokenKind::Indent, self.position);
        Ok(())
    }

    fn dedent(&mut self, found: Indentation) -> Result<(), PyRustError> {
        while found.wide_tabs < self.current_indentation().wide_tabs {
            self.indentations.pop();
            self.push(TokenKind::Dedent, self.position);
        }
        let current = self.current_indentation();
        if found.wide_tabs != current.wide_tabs {
            let message = format_args!("unindent does not match any outer indentation level");
            return Err(self.indentation_error(message));
        }
        if found.narrow_tabs != current.narrow_tabs {
            return Err(self.inconsistent_tabs());
        }
        Ok(())
    }

    fn indentation_error(&self, message: fmt::Arguments<'_>) -> PyRustError {
        PyRustError::new(ErrorKind::Indentation, message, self.position)
    }

    fn inconsistent_tabs(&self) -> PyRustError {
        let message = format_args!("inconsistent use of tabs and spaces in indentation");
        PyRustError::new(ErrorKind::Tab, message, self.position)
    }

    // Words and symbols.

    fn word(&mut self) -> Result<(), PyRustError> {
        let position = self.position;
        let word = self.take_while(is_word_character);
        if matches!(self.peek(), Some('"' | '\'')) && is_text_prefix(word) {
            return self.prefixed_text(word, position);
        }
        let kind = Keyword::from_word(word).map_or(TokenKind::Name(word), TokenKind::Keyword);
        self.push(kind, position);
        Ok(())
    }

    fn symbol(&mut self, first: char) -> Result<(), PyRustError> {
        let position = self.position;
        let Some((symbol, length)) = read_symbol(self.rest.as_bytes()) else {
            return Err(self.unknown_character(first));
        };
        self.track_brackets(symbol, first)?;
        for _ in 0..length {
            self.bump();
        }
        self.push(TokenKind::Symbol(symbol), position);
        Ok(())
    }

    fn unknown_character(&self, character: char) -> PyRustError {
        let unsupported = UNSUPPORTED_SYMBOLS
            .iter()
            .find(|symbol| self.rest.starts_with(**symbol));
        if let Some(symbol) = unsupported {
            return PyRustError::unsupported(format_args!("'{symbol}' is"), self.position);
        }
        if character.is_ascii_punctuation() {
            return PyRustError::syntax(format_args!("invalid syntax"), self.position);
        }
        if character.is_control() {
            let code = u32::from(character);
            let message = format_args!("invalid non-printable character U+{code:04X}");
            return PyRustError::syntax(message, self.position);
        }
        let message = format_args!("invalid character '{character}'");
        PyRustError::syntax(message, self.position)
    }

    fn track_brackets(&mut self, symbol: Symbol, character: char) -> Result<(), PyRustError> {
        match symbol {
            Symbol::OpenParenthesis | Symbol::OpenBracket => self.open_bracket(character),
            Symbol::CloseParenthesis | Symbol::CloseBracket => self.close_bracket(character),
            _ => Ok(()),
        }
    }

    fn open_bracket(&mut self, bracket: char) -> Result<(), PyRustError> {
        if self.open_brackets.len() >= MAX_OPEN_BRACKETS {
            let message = format_args!("too many nested parentheses");
            return Err(PyRustError::syntax(message, self.position));
        }
        self.open_brackets.push((bracket, self.position));
        Ok(())
    }

    fn close_bracket(&mut self, bracket: char) -> Result<(), PyRustError> {
        let open = match self.open_brackets.pop() {
            Some(('(', _)) if bracket == ')' => return Ok(()),
            Some(('[', _)) if bracket == ']' => return Ok(()),
            Some((open, _)) => open,
            None => {
                let message = format_args!("unmatched '{bracket}'");
                return Err(PyRustError::syntax(message, self.position));
            }
        };
        let message = format_args!(
            "closing parenthesis '{bracket}' does not match opening parenthesis '{open}'"
        );
        Err(PyRustError::syntax(message, self.position))
    }
}

fn is_word_character(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

fn is_text_prefix(word: &str) -> bool {
    word.len() <= 2
        && word
            .bytes()
            .all(|byte| matches!(byte.to_ascii_lowercase(), b'r' | b'u' | b'b' | b'f'))
}

/// The symbol that `rest` starts with, the longest there is, and its length.
fn read_symbol(rest: &[u8]) -> Option<(Symbol, usize)> {
    let symbol = match rest {
        // Outside the subset, and not to be taken for two symbols that are in it.
        [b'<', b'<', ..] | [b'>', b'>', ..] | [b':', b'=', ..] | [b'-', b'>', ..] => return None,
        [b'*', b'*', b'=', ..] => (Symbol::DoubleStarAssign, 3),
        [b'/', b'/', b'=', ..] => (Symbol::DoubleSlashAssign, 3),
        [b'*', b'*', ..] => (Symbol::DoubleStar, 2),
        [b'/', b'/', ..] => (Symbol::DoubleSlash, 2),
        [b'<', b'=', ..] => (Symbol::LessEqual, 2),
        [b'>', b'=', ..] => (Symbol::GreaterEqual, 2),
        [b'=', b'=', ..] => (Symbol::Equal, 2),
        [b'!', b'=', ..] => (Symbol::NotEqual, 2),
        [b'+', b'=', ..] => (Symbol::PlusAssign, 2),
        [b'-', b'=', ..] => (Symbol::MinusAssign, 2),
        [b'*', b'=', ..] => (Symbol::StarAssign, 2),
        [b'/', b'=', ..] => (Symbol::SlashAssign, 2),
        [b'%', b'=', ..] => (Symbol::PercentAssign, 2),
        [b'+', ..] => (Symbol::Plus, 1),
        [b'-', ..] => (Symbol::Minus, 1),
        [b'*', ..] => (Symbol::Star, 1),
        [b'/', ..] => (Symbol::Slash, 1),
        [b'%', ..] => (Symbol::Percent, 1),
        [b'<', ..] => (Symbol::Less, 1),
        [b'>', ..] => (Symbol::Greater, 1),
        [b'=', ..] => (Symbol::Assign, 1),
        [b'(', ..] => (Symbol::OpenParenthesis, 1),
        [b')', ..] => (Symbol::CloseParenthesis, 1),
        [b'[', ..] => (Symbol::OpenBracket, 1),
        [b']', ..] => (Symbol::CloseBracket, 1),
        [b',', ..] => (Symbol::Comma, 1),
        [b':', ..] => (Symbol::Colon, 1),
        [b';', ..] => (Symbol::Semicolon, 1),
        _ => return None,
    };
    Some(symbol)
}

#[cfg(test)]
mod tests;
