//! The syntax tree.
//!
//! Whatever repeats without limit is a list here, not a deeper tree: `1 + 1 + 1 + …`,
//! `a and b and …`, `f()()() …` and `elif` after `elif`. Depth comes from brackets, prefix
//! operators, `**`, conditional expressions and blocks alone, and the lexer and the parser limit
//! all of those; so the recursive walks over the tree, dropping it included, stay shallow.

use std::rc::Rc;

use crate::error::Position;

pub(crate) type Block<'s> = Vec<Statement<'s>>;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Statement<'s> {
    pub(crate) kind: StatementKind<'s>,
    pub(crate) position: Position,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum StatementKind<'s> {
    Expression(Expression<'s>),
    /// `a = b = value`, or `a, b = c, d`: every list of targets is as long as the list of values.
    Assign {
        targets: Vec<Vec<Name<'s>>>,
        values: Vec<Expression<'s>>,
    },
    AugmentedAssign {
        target: Name<'s>,
        operator: BinaryOperator,
        operator_position: Position,
        value: Expression<'s>,
    },
    If {
        /// The condition and block of `if` and of every `elif`.
        branches: Vec<(Expression<'s>, Block<'s>)>,
        otherwise: Block<'s>,
    },
    While {
        condition: Expression<'s>,
        body: Block<'s>,
        otherwise: Block<'s>,
    },
    For {
        target: Name<'s>,
        iterable: Expression<'s>,
        body: Block<'s>,
        otherwise: Block<'s>,
    },
    Function(Function<'s>),
    Return(Option<Expression<'s>>),
    Global(Vec<Name<'s>>),
    Break,
    Continue,
    Pass,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function<'s> {
    pub(crate) name: Name<'s>,
    pub(crate) parameters: Vec<Name<'s>>,
    pub(crate) body: Block<'s>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name<'s> {
    pub(crate) text: &'s str,
    pub(crate) position: Position,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expression<'s> {
    pub(crate) kind: ExpressionKind<'s>,
    /// Where an error in it is reported: at the operator, where it has one.
    pub(crate) position: Position,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ExpressionKind<'s> {
    None,
    Boolean(bool),
    Integer(i64),
    Text(Rc<str>),
    Name(&'s str),
    Unary {
        operator: UnaryOperator,
        operand: Box<Expression<'s>>,
    },
    /// Operators of one precedence, from left to right.
    Chain {
        first: Box<Expression<'s>>,
        rest: Vec<Operation<'s, BinaryOperator>>,
    },
    Power {
        base: Box<Expression<'s>>,
        exponent: Box<Expression<'s>>,
    },
    /// `a < b <= c`, each operand evaluated once.
    Comparison {
        first: Box<Expression<'s>>,
        rest: Vec<Operation<'s, Comparator>>,
    },
    Logical {
        operator: LogicalOperator,
        operands: Vec<Expression<'s>>,
    },
    Conditional {
        condition: Box<Expression<'s>>,
        consequence: Box<Expression<'s>>,
        alternative: Box<Expression<'s>>,
    },
    /// Calls and subscripts, from left to right.
    Suffixed {
        base: Box<Expression<'s>>,
        suffixes: Vec<Suffix<'s>>,
    },
}

/// An operator and its right operand.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Operation<'s, O> {
    pub(crate) operator: O,
    pub(crate) position: Position,
    pub(crate) operand: Expression<'s>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Suffix<'s> {
    pub(crate) kind: SuffixKind<'s>,
    pub(crate) position: Position,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SuffixKind<'s> {
    Call {
        arguments: Vec<Expression<'s>>,
        keywords: Vec<(Name<'s>, Expression<'s>)>,
    },
    Subscript(Expression<'s>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnaryOperator {
    Not,
    Negate,
    Plus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BinaryOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Modulo,
    Power,
}

impl BinaryOperator {
    /// How error messages show the operator.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::FloorDivide => "//",
            Self::Modulo => "%",
            Self::Power => "** or pow()",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparator {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    In,
    NotIn,
    Is,
    IsNot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogicalOperator {
    And,
    Or,
}
