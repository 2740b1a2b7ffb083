//! Expressions, from the loosest binding to the tightest.

use std::rc::Rc;

use super::Parser;
use crate::ast::{
    BinaryOperator, Comparator, Expression, ExpressionKind, LogicalOperator, Name, Operation,
    Suffix, SuffixKind, UnaryOperator,
};
use crate::error::{Fault, Position, PyRustError};
use crate::keyword::Keyword;
use crate::lexer::{Symbol, TokenKind};

/// How an integer literal looks that only fits with a minus before it.
const MIN_INTEGER_MAGNITUDE: u64 = i64::MIN.unsigned_abs();

impl<'s> Parser<'s> {
    /// A conditional expression, or anything that binds tighter.
    pub(super) fn expression(&mut self) -> Result<Expression<'s>, PyRustError> {
        let consequence = self.disjunction()?;
        let position = self.position();
        if !self.accept_keyword(Keyword::If) {
            return Ok(consequence);
        }
        let condition = self.disjunction()?;
        if !self.accept_keyword(Keyword::Else) {
            let message = format_args!("expected 'else' after 'if' expression");
            return Err(PyRustError::syntax(message, self.position()));
        }
        let alternative = self.nested(Self::expression)?;
        let kind = ExpressionKind::Conditional {
            condition: Box::new(condition),
            consequence: Box::new(consequence),
            alternative: Box::new(alternative),
        };
        Ok(Expression { kind, position })
    }

    fn disjunction(&mut self) -> Result<Expression<'s>, PyRustError> {
        self.logical(Keyword::Or, LogicalOperator::Or, Self::conjunction)
    }

    fn conjunction(&mut self) -> Result<Expression<'s>, PyRustError> {
        self.logical(Keyword::And, LogicalOperator::And, Self::inversion)
    }

    fn logical(
        &mut self,
        keyword: Keyword,
        operator: LogicalOperator,
        operand: fn(&mut Self) -> Result<Expression<'s>, PyRustError>,
    ) -> Result<Expression<'s>, PyRustError> {
        let first = operand(self)?;
        let position = self.position();
        if self.peek() != &TokenKind::Keyword(keyword) {
            return Ok(first);
        }
        let mut operands = vec![first];
        while self.accept_keyword(keyword) {
            operands.push(operand(self)?);
        }
        let kind = ExpressionKind::Logical { operator, operands };
        Ok(Expression { kind, position })
    }

    fn inversion(&mut self) -> Result<Expression<'s>, PyRustError> {
        let position = self.position();
        if !self.accept_keyword(Keyword::Not) {
            return self.comparison();
        }
        let operand = self.nested(Self::inversion)?;
        Ok(unary(UnaryOperator::Not, operand, position))
    }

    fn comparison(&mut self) -> Result<Expression<'s>, PyRustError> {
        let first = self.sum()?;
        let mut rest = Vec::new();
        loop {
            let position = self.position();
            let Some(operator) = self.comparator()? else {
                break;
            };
            rest.push(Operation {
                operator,
                position,
                operand: self.sum()?,
            });
        }
        let Some(position) = rest.first().map(|operation| operation.position) else {
            return Ok(first);
        };
        let kind = ExpressionKind::Comparison {
            first: Box::new(first),
            rest,
        };
        Ok(Expression { kind, position })
    }

    /// Takes a comparison operator, if one is there; `not in` and `is not` are two tokens.
    fn comparator(&mut self) -> Result<Option<Comparator>, PyRustError> {
        let comparator = match self.peek() {
            TokenKind::Symbol(Symbol::Less) => Comparator::Less,
            TokenKind::Symbol(Symbol::LessEqual) => Comparator::LessEqual,
            TokenKind::Symbol(Symbol::Greater) => Comparator::Greater,
            TokenKind::Symbol(Symbol::GreaterEqual) => Comparator::GreaterEqual,
            TokenKind::Symbol(Symbol::Equal) => Comparator::Equal,
            TokenKind::Symbol(Symbol::NotEqual) => Comparator::NotEqual,
            TokenKind::Keyword(Keyword::In) => Comparator::In,
            TokenKind::Keyword(Keyword::Is) => Comparator::Is,
            TokenKind::Keyword(Keyword::Not) => Comparator::NotIn,
            _ => return Ok(None),
        };
        self.advance();
        match comparator {
            Comparator::NotIn if !self.accept_keyword(Keyword::In) => Err(self.unexpected()),
            Comparator::Is if self.accept_keyword(Keyword::Not) => Ok(Some(Comparator::IsNot)),
            _ => Ok(Some(comparator)),
        }
    }

    fn sum(&mut self) -> Result<Expression<'s>, PyRustError> {
        self.chain(additive_operator, Self::term)
    }

    fn term(&mut self) -> Result<Expression<'s>, PyRustError> {
        self.chain(multiplicative_operator, Self::factor)
    }

    /// Operands with operators of one precedence between them.
    fn chain(
        &mut self,
        operator_of: fn(Symbol) -> Option<BinaryOperator>,
        operand: fn(&mut Self) -> Result<Expression<'s>, PyRustError>,
    ) -> Result<Expression<'s>, PyRustError> {
        let first = operand(self)?;
        let mut rest = Vec::new();
        while let &TokenKind::Symbol(symbol) = self.peek() {
            let Some(operator) = operator_of(symbol) else {
                break;
            };
            let position = self.position();
            self.advance();
            rest.push(Operation {
                operator,
                position,
                operand: operand(self)?,
            });
        }
        let Some(position) = rest.first().map(|operation| operation.position) else {
            return Ok(first);
        };
        let kind = ExpressionKind::Chain {
            first: Box::new(first),
            rest,
        };
        Ok(Expression { kind, position })
    }

    fn factor(&mut self) -> Result<Expression<'s>, PyRustError> {
        let position = self.position();
        if self.accept_symbol(Symbol::Minus) {
            if self.accept_smallest_magnitude() {
                let kind = ExpressionKind::Integer(i64::MIN);
                return Ok(Expression { kind, position });
            }
            let operand = self.nested(Self::factor)?;
            return Ok(unary(UnaryOperator::Negate, operand, position));
        }
        if self.accept_symbol(Symbol::Plus) {
            let operand = self.nested(Self::factor)?;
            return Ok(unary(UnaryOperator::Plus, operand, position));
        }
        self.power()
    }

    /// Takes the literal `9223372036854775808` after a minus, unless `**` binds it tighter.
    fn accept_smallest_magnitude(&mut self) -> bool {
        let is_operand_of_power = matches!(
            self.tokens.get(self.next + 1).map(|token| &token.kind),
            Some(TokenKind::Symbol(Symbol::DoubleStar))
        );
        !is_operand_of_power && self.accept(&TokenKind::Integer(MIN_INTEGER_MAGNITUDE))
    }

    fn power(&mut self) -> Result<Expression<'s>, PyRustError> {
        let base = self.suffixed()?;
        let position = self.position();
        if !self.accept_symbol(Symbol::DoubleStar) {
            return Ok(base);
        }
        let exponent = self.nested(Self::factor)?;
        let kind = ExpressionKind::Power {
            base: Box::new(base),
            exponent: Box::new(exponent),
        };
        Ok(Expression { kind, position })
    }

    fn suffixed(&mut self) -> Result<Expression<'s>, PyRustError> {
        let base = self.atom()?;
        let base_position = base.position;
        let mut suffixes = Vec::new();
        while let &TokenKind::Symbol(symbol) = self.peek() {
            let position = self.position();
            let kind = match symbol {
                Symbol::OpenParenthesis => self.call()?,
                Symbol::OpenBracket => self.subscript()?,
                _ => break,
            };
            suffixes.push(Suffix { kind, position });
        }
        if suffixes.is_empty() {
            return Ok(base);
        }
        let kind = ExpressionKind::Suffixed {
            base: Box::new(base),
            suffixes,
        };
        Ok(Expression {
            kind,
            position: base_position,
        })
    }

    fn subscript(&mut self) -> Result<SuffixKind<'s>, PyRustError> {
        self.advance();
        if self.at_symbol(Symbol::Colon) {
            return Err(self.unsupported(format_args!("slices are")));
        }
        let index = self.nested(Self::expression)?;
        if self.at_symbol(Symbol::Colon) {
            return Err(self.unsupported(format_args!("slices are")));
        }
        self.reject_tuple()?;
        self.expect_symbol(Symbol::CloseBracket)?;
        Ok(SuffixKind::Subscript(index))
    }

    fn call(&mut self) -> Result<SuffixKind<'s>, PyRustError> {
        self.advance();
        let mut arguments = Vec::new();
        let mut keywords = Vec::new();
        while !self.accept_symbol(Symbol::CloseParenthesis) {
            self.argument(&mut arguments, &mut keywords)?;
            if !self.accept_symbol(Symbol::Comma) {
                self.expect_symbol(Symbol::CloseParenthesis)?;
                break;
            }
        }
        Ok(SuffixKind::Call {
            arguments,
            keywords,
        })
    }

    fn argument(
        &mut self,
        arguments: &mut Vec<Expression<'s>>,
        keywords: &mut Vec<(Name<'s>, Expression<'s>)>,
    ) -> Result<(), PyRustError> {
        if self.at_symbol(Symbol::Star) || self.at_symbol(Symbol::DoubleStar) {
            return Err(self.unsupported(format_args!("unpacking of arguments is")));
        }
        let argument = self.nested(Self::expression)?;
        if self.peek() == &TokenKind::Keyword(Keyword::For) {
            return Err(self.unsupported(format_args!("comprehensions are")));
        }
        let position = argument.position;
        if self.accept_symbol(Symbol::Assign) {
            let name = keyword_name(&argument)?;
            keywords.push((name, self.nested(Self::expression)?));
        } else if keywords.is_empty() {
            arguments.push(argument);
        } else {
            let message = format_args!("positional argument follows keyword argument");
            return Err(PyRustError::syntax(message, position));
        }
        Ok(())
    }

    fn atom(&mut self) -> Result<Expression<'s>, PyRustError> {
        let position = self.position();
        let kind = match self.peek() {
            TokenKind::Name(text) => ExpressionKind::Name(text),
            &TokenKind::Integer(magnitude) => integer(magnitude, position)?,
            TokenKind::Text(text) => {
                let text = Rc::clone(text);
                return Ok(self.adjacent_texts(text, position));
            }
            TokenKind::Keyword(Keyword::None) => ExpressionKind::None,
            TokenKind::Keyword(Keyword::True) => ExpressionKind::Boolean(true),
            TokenKind::Keyword(Keyword::False) => ExpressionKind::Boolean(false),
            TokenKind::Keyword(keyword @ (Keyword::Lambda | Keyword::Await | Keyword::Yield)) => {
                return Err(self.unsupported(format_args!("'{}' is", keyword.word())))
            }
            TokenKind::Symbol(Symbol::OpenParenthesis) => return self.parenthesised(),
            TokenKind::Symbol(Symbol::OpenBracket) => {
                return Err(self.unsupported(format_args!("lists are")))
            }
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(Expression { kind, position })
    }

    /// One or more string literals in a row, which are one string.
    fn adjacent_texts(&mut self, first: Rc<str>, position: Position) -> Expression<'s> {
        self.advance();
        let mut joined: Option<String> = None;
        while let TokenKind::Text(text) = self.peek() {
            joined
                .get_or_insert_with(|| first.to_string())
                .push_str(text);
            self.advance();
        }
        let text = joined.map_or(first, Rc::from);
        Expression {
            kind: ExpressionKind::Text(text),
            position,
        }
    }

    fn parenthesised(&mut self) -> Result<Expression<'s>, PyRustError> {
        self.advance();
        if self.at_symbol(Symbol::CloseParenthesis) {
            return Err(self.unsupported(format_args!("tuples are")));
        }
        let expression = self.nested(Self::expression)?;
        if self.peek() == &TokenKind::Keyword(Keyword::For) {
            return Err(self.unsupported(format_args!("comprehensions are")));
        }
        self.reject_tuple()?;
        self.expect_symbol(Symbol::CloseParenthesis)?;
        Ok(expression)
    }
}

fn unary<'s>(
    operator: UnaryOperator,
    operand: Expression<'s>,
    position: Position,
) -> Expression<'s> {
    let kind = ExpressionKind::Unary {
        operator,
        operand: Box::new(operand),
    };
    Expression { kind, position }
}

fn integer<'s>(magnitude: u64, position: Position) -> Result<ExpressionKind<'s>, PyRustError> {
    i64::try_from(magnitude)
        .map(ExpressionKind::Integer)
        .map_err(|_| Fault::overflow().at(position))
}

fn keyword_name<'s>(argument: &Expression<'s>) -> Result<Name<'s>, PyRustError> {
    let position = argument.position;
    match argument.kind {
        ExpressionKind::Name(text) => Ok(Name { text, position }),
        _ => {
            let message =
                format_args!("expression cannot contain assignment, perhaps you meant \"==\"?");
            Err(PyRustError::syntax(message, position))
        }
    }
}

fn additive_operator(symbol: Symbol) -> Option<BinaryOperator> {
    match symbol {
        Symbol::Plus => Some(BinaryOperator::Add),
        Symbol::Minus => Some(BinaryOperator::Subtract),
        _ => None,
    }
}

fn multiplicative_operator(symbol: Symbol) -> Option<BinaryOperator> {
    match symbol {
        Symbol::Star => Some(BinaryOperator::Multiply),
        Symbol::Slash => Some(BinaryOperator::Divide),
        Symbol::DoubleSlash => Some(BinaryOperator::FloorDivide),
        Symbol::Percent => Some(BinaryOperator::Modulo),
        _ => None,
    }
}
