//! Tokens to the syntax tree: recursive descent, one function for each rule of the grammar.
//!
//! Statements are here, expressions in `expressions`.

mod expressions;

use std::fmt;

use crate::ast::{BinaryOperator, SuffixKind};
use crate::ast::{Block, Expression, ExpressionKind, Function, Name, Statement, StatementKind};
use crate::error::{ErrorKind, Position, PyRustError};
use crate::keyword::Keyword;
use crate::lexer::{Symbol, Token, TokenKind};

/// How deeply blocks and expressions may be nested. Every level takes stack here, in the compiler
/// and when the tree is dropped: at worst 11 KiB without optimisation and 3 KiB with it, so that
/// even an unoptimised build fits the smallest usual stack, which is 1 MiB.
const MAX_DEPTH: usize = 64;

/// Parses a whole program. `tokens` must end with [`TokenKind::End`], as the lexer's do.
pub(crate) fn parse(tokens: Vec<Token<'_>>) -> Result<Block<'_>, PyRustError> {
    let mut parser = Parser {
        tokens,
        next: 0,
        depth: 0,
    };
    let mut module = Block::new();
    while parser.peek() != &TokenKind::End {
        parser.statement(&mut module)?;
    }
    Ok(module)
}

struct Parser<'s> {
    tokens: Vec<Token<'s>>,
    next: usize,
    /// How many blocks and expressions enclose the current one.
    depth: usize,
}

impl<'s> Parser<'s> {
    // Tokens.

    fn peek(&self) -> &TokenKind<'s> {
        &self.tokens[self.next].kind
    }

    fn position(&self) -> Position {
        self.tokens[self.next].position
    }

    /// Passes the current token, unless it is the end.
    fn advance(&mut self) {
        if self.next + 1 < self.tokens.len() {
            self.next += 1;
        }
    }

    fn accept(&mut self, kind: &TokenKind) -> bool {
        let is_there = self.peek() == kind;
        if is_there {
            self.advance();
        }
        is_there
    }

    fn accept_symbol(&mut self, symbol: Symbol) -> bool {
        self.accept(&TokenKind::Symbol(symbol))
    }

    fn accept_keyword(&mut self, keyword: Keyword) -> bool {
        self.accept(&TokenKind::Keyword(keyword))
    }

    fn at_symbol(&self, symbol: Symbol) -> bool {
        self.peek() == &TokenKind::Symbol(symbol)
    }

    fn expect_symbol(&mut self, symbol: Symbol) -> Result<(), PyRustError> {
        if self.accept_symbol(symbol) {
            return Ok(());
        }
        Err(self.unexpected())
    }

    fn expect_name(&mut self) -> Result<Name<'s>, PyRustError> {
        let position = self.position();
        let &TokenKind::Name(text) = self.peek() else {
            return Err(self.unexpected());
        };
        self.advance();
        Ok(Name { text, position })
    }

    /// The error for a token that the grammar does not allow here.
    fn unexpected(&self) -> PyRustError {
        let (kind, message) = match self.peek() {
            TokenKind::Indent => (ErrorKind::Indentation, "unexpected indent"),
            _ => (ErrorKind::Syntax, "invalid syntax"),
        };
        PyRustError::new(kind, format_args!("{message}"), self.position())
    }

    fn unsupported(&self, what: fmt::Arguments<'_>) -> PyRustError {
        PyRustError::unsupported(what, self.position())
    }

    // Statements.

    fn statement(&mut self, block: &mut Block<'s>) -> Result<(), PyRustError> {
        let position = self.position();
        let kind = match self.peek() {
            TokenKind::Keyword(Keyword::If) => self.if_statement()?,
            TokenKind::Keyword(Keyword::While) => self.while_statement()?,
            TokenKind::Keyword(Keyword::For) => self.for_statement()?,
            TokenKind::Keyword(Keyword::Def) => self.function()?,
            _ => return self.simple_line(block),
        };
        block.push(Statement { kind, position });
        Ok(())
    }

    /// One or more simple statements with semicolons between them, to the end of the line.
    fn simple_line(&mut self, block: &mut Block<'s>) -> Result<(), PyRustError> {
        loop {
            let position = self.position();
            let kind = self.simple_statement()?;
            block.push(Statement { kind, position });
            if self.accept_symbol(Symbol::Semicolon) {
                if self.accept(&TokenKind::Newline) {
                    return Ok(());
                }
            } else if self.accept(&TokenKind::Newline) {
                return Ok(());
            } else {
                return Err(self.unexpected());
            }
        }
    }

    fn simple_statement(&mut self) -> Result<StatementKind<'s>, PyRustError> {
        let TokenKind::Keyword(keyword) = *self.peek() else {
            return self.expression_statement();
        };
        match keyword {
            Keyword::Pass => self.advance_to(StatementKind::Pass),
            Keyword::Break => self.advance_to(StatementKind::Break),
            Keyword::Continue => self.advance_to(StatementKind::Continue),
            Keyword::Return => self.return_statement(),
            Keyword::Global => self.global_statement(),
            _ if keyword.is_supported() => self.expression_statement(),
            _ => Err(self.unsupported(format_args!("'{}' is", keyword.word()))),
        }
    }

    fn advance_to(&mut self, kind: StatementKind<'s>) -> Result<StatementKind<'s>, PyRustError> {
        self.advance();
        Ok(kind)
    }

    fn return_statement(&mut self) -> Result<StatementKind<'s>, PyRustError> {
        self.advance();
        let ends = matches!(
            self.peek(),
            TokenKind::Newline | TokenKind::Symbol(Symbol::Semicolon)
        );
        if ends {
            return Ok(StatementKind::Return(None));
        }
        let value = self.expression()?;
        self.reject_tuple()?;
        Ok(StatementKind::Return(Some(value)))
    }

    fn global_statement(&mut self) -> Result<StatementKind<'s>, PyRustError> {
        self.advance();
        let mut names = vec![self.expect_name()?];
        while self.accept_symbol(Symbol::Comma) {
            names.push(self.expect_name()?);
        }
        Ok(StatementKind::Global(names))
    }

    /// An expression, an assignment or an augmented assignment: which one shows after the first
    /// expression.
    fn expression_statement(&mut self) -> Result<StatementKind<'s>, PyRustError> {
        let position = self.position();
        let first = self.expression_list()?;
        if self.at_symbol(Symbol::Assign) {
            return self.assignment(first);
        }
        if self.at_symbol(Symbol::Colon) {
            return Err(self.unsupported(format_args!("annotations are")));
        }
        let expression = single(first, position)?;
        match self.augmented_operator() {
            Some(operator) => self.augmented_assignment(expression, operator),
            None => Ok(StatementKind::Expression(expression)),
        }
    }

    fn expression_list(&mut self) -> Result<Vec<Expression<'s>>, PyRustError> {
        let mut expressions = vec![self.expression()?];
        while self.accept_symbol(Symbol::Comma) {
            let ends = matches!(
                self.peek(),
                TokenKind::Newline | TokenKind::Symbol(Symbol::Assign | Symbol::Semicolon)
            );
            if ends && expressions.len() == 1 {
                return Err(self.unsupported(format_args!("tuples are")));
            }
            if ends {
                break;
            }
            expressions.push(self.expression()?);
        }
        Ok(expressions)
    }

    fn assignment(&mut self, first: Vec<Expression<'s>>) -> Result<StatementKind<'s>, PyRustError> {
        let mut targets = Vec::new();
        let mut values = first;
        while self.at_symbol(Symbol::Assign) {
            targets.push(values.iter().map(target).collect::<Result<Vec<_>, _>>()?);
            self.advance();
            values = self.expression_list()?;
        }
        if targets.iter().any(|names| names.len() != values.len()) {
            let what = format_args!("an assignment that packs or unpacks a tuple is");
            return Err(PyRustError::unsupported(what, values[0].position));
        }
        Ok(StatementKind::Assign { targets, values })
    }

    fn augmented_operator(&self) -> Option<BinaryOperator> {
        let TokenKind::Symbol(symbol) = self.peek() else {
            return None;
        };
        match symbol {
            Symbol::PlusAssign => Some(BinaryOperator::Add),
            Symbol::MinusAssign => Some(BinaryOperator::Subtract),
            Symbol::StarAssign => Some(BinaryOperator::Multiply),
            Symbol::SlashAssign => Some(BinaryOperator::Divide),
            Symbol::DoubleSlashAssign => Some(BinaryOperator::FloorDivide),
            Symbol::PercentAssign => Some(BinaryOperator::Modulo),
            Symbol::DoubleStarAssign => Some(BinaryOperator::Power),
            _ => None,
        }
    }

    fn augmented_assignment(
        &mut self,
        expression: Expression<'s>,
        operator: BinaryOperator,
    ) -> Result<StatementKind<'s>, PyRustError> {
        let operator_position = self.position();
        let target = augmented_target(&expression)?;
        self.advance();
        let value = self.expression()?;
        self.reject_tuple()?;
        Ok(StatementKind::AugmentedAssign {
            target,
            operator,
            operator_position,
            value,
        })
    }

    fn reject_tuple(&self) -> Result<(), PyRustError> {
        if self.at_symbol(Symbol::Comma) {
            return Err(self.unsupported(format_args!("tuples are")));
        }
        Ok(())
    }

    // Compound statements.

    fn if_statement(&mut self) -> Result<StatementKind<'s>, PyRustError> {
        let mut branches = vec![self.branch("'if' statement")?];
        while self.peek() == &TokenKind::Keyword(Keyword::Elif) {
            branches.push(self.branch("'elif' statement")?);
        }
        let otherwise = self.else_block()?;
        Ok(StatementKind::If {
            branches,
            otherwise,
        })
    }

    /// The keyword, a condition and the block that it guards.
    fn branch(&mut self, owner: &str) -> Result<(Expression<'s>, Block<'s>), PyRustError> {
        let line = self.position().line;
        self.advance();
        let condition = self.expression()?;
        let body = self.block(owner, line)?;
        Ok((condition, body))
    }

    fn else_block(&mut self) -> Result<Block<'s>, PyRustError> {
        let line = self.position().line;
        if self.accept_keyword(Keyword::Else) {
            return self.block("'else' statement", line);
        }
        Ok(Block::new())
    }

    fn while_statement(&mut self) -> Result<StatementKind<'s>, PyRustError> {
        let (condition, body) = self.branch("'while' statement")?;
        Ok(StatementKind::While {
            condition,
            body,
            otherwise: self.else_block()?,
        })
    }

    fn for_statement(&mut self) -> Result<StatementKind<'s>, PyRustError> {
        let line = self.position().line;
        self.advance();
        let target = self.expect_name()?;
        self.reject_tuple()?;
        if !self.accept_keyword(Keyword::In) {
            return Err(self.unexpected());
        }
        let iterable = self.expression()?;
        self.reject_tuple()?;
        let body = self.block("'for' statement", line)?;
        Ok(StatementKind::For {
            target,
            iterable,
            body,
            otherwise: self.else_block()?,
        })
    }

    fn function(&mut self) -> Result<StatementKind<'s>, PyRustError> {
        let line = self.position().line;
        self.advance();
        let name = self.expect_name()?;
        self.expect_symbol(Symbol::OpenParenthesis)?;
        let parameters = self.parameters()?;
        let body = self.block("function definition", line)?;
        Ok(StatementKind::Function(Function {
            name,
            parameters,
            body,
        }))
    }

    /// The parameters, and the parenthesis that closes them.
    fn parameters(&mut self) -> Result<Vec<Name<'s>>, PyRustError> {
        let mut parameters = Vec::new();
        while !self.accept_symbol(Symbol::CloseParenthesis) {
            match self.peek() {
                TokenKind::Symbol(Symbol::Star | Symbol::DoubleStar | Symbol::Slash) => {
                    return Err(self.unsupported(format_args!("this kind of parameter is")));
                }
                _ => parameters.push(self.expect_name()?),
            }
            match self.peek() {
                TokenKind::Symbol(Symbol::Comma) => self.advance(),
                TokenKind::Symbol(Symbol::CloseParenthesis) => {}
                TokenKind::Symbol(Symbol::Assign) => {
                    return Err(self.unsupported(format_args!("default values of parameters are")));
                }
                TokenKind::Symbol(Symbol::Colon) => {
                    return Err(self.unsupported(format_args!("annotations are")));
                }
                _ => return Err(self.unexpected()),
            }
        }
        Ok(parameters)
    }

    /// The colon and the block after it, which belongs to `owner` on `line`.
    fn block(&mut self, owner: &str, line: u32) -> Result<Block<'s>, PyRustError> {
        if !self.accept_symbol(Symbol::Colon) {
            return Err(PyRustError::syntax(
                format_args!("expected ':'"),
                self.position(),
            ));
        }
        let mut block = Block::new();
        if !self.accept(&TokenKind::Newline) {
            self.simple_line(&mut block)?;
            return Ok(block);
        }
        if !self.accept(&TokenKind::Indent) {
            let message = format_args!("expected an indented block after {owner} on line {line}");
            return Err(PyRustError::new(
                ErrorKind::Indentation,
                message,
                self.position(),
            ));
        }
        self.nested(|parser| {
            while !parser.accept(&TokenKind::Dedent) {
                parser.statement(&mut block)?;
            }
            Ok(block)
        })
    }

    /// Parses one level deeper, or fails where that is too deep.
    fn nested<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, PyRustError>,
    ) -> Result<T, PyRustError> {
        if self.depth >= MAX_DEPTH {
            return Err(PyRustError::new(
                ErrorKind::Recursion,
                format_args!("maximum recursion depth exceeded during compilation"),
                self.position(),
            ));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }
}

/// The only expression of a list.
fn single(
    mut expressions: Vec<Expression<'_>>,
    position: Position,
) -> Result<Expression<'_>, PyRustError> {
    match (expressions.pop(), expressions.is_empty()) {
        (Some(expression), true) => Ok(expression),
        _ => Err(PyRustError::unsupported(
            format_args!("tuples are"),
            position,
        )),
    }
}

/// The name that an assignment to `expression` binds.
fn target<'s>(expression: &Expression<'s>) -> Result<Name<'s>, PyRustError> {
    let position = expression.position;
    let description = match &expression.kind {
        ExpressionKind::Name(text) => return Ok(Name { text, position }),
        ExpressionKind::Suffixed { suffixes, .. } => match suffixes.last().map(|last| &last.kind) {
            Some(SuffixKind::Subscript(_)) => {
                return Err(PyRustError::unsupported(
                    format_args!("item assignment is"),
                    position,
                ));
            }
            _ => "function call here. Maybe you meant '==' instead of '='?",
        },
        ExpressionKind::Integer(_) | ExpressionKind::Text(_) => {
            "literal here. Maybe you meant '==' instead of '='?"
        }
        ExpressionKind::None => "None",
        ExpressionKind::Boolean(true) => "True",
        ExpressionKind::Boolean(false) => "False",
        ExpressionKind::Comparison { .. } => "comparison",
        ExpressionKind::Conditional { .. } => "conditional expression",
        ExpressionKind::Unary { .. }
        | ExpressionKind::Chain { .. }
        | ExpressionKind::Power { .. }
        | ExpressionKind::Logical { .. } => "expression here. Maybe you meant '==' instead of '='?",
    };
    let message = format_args!("cannot assign to {description}");
    Err(PyRustError::syntax(message, position))
}

fn augmented_target<'s>(expression: &Expression<'s>) -> Result<Name<'s>, PyRustError> {
    target(expression).map_err(|error| match error.kind() {
        ErrorKind::Syntax => PyRustError::syntax(
            format_args!("illegal expression for augmented assignment"),
            expression.position,
        ),
        _ => error,
    })
}

#[cfg(test)]
mod tests;
