//! Expressions: each leaves exactly one value on the stack.

use std::rc::Rc;

use super::{Compiler, Slots};
use crate::ast::{
    BinaryOperator, Comparator, Expression, ExpressionKind, LogicalOperator, Name, Operation,
    Suffix, SuffixKind,
};
use crate::bytecode::Instruction;
use crate::error::{Position, PyRustError};
use crate::value::Value;

impl<'s> Compiler<'s> {
    pub(super) fn expression(&mut self, expression: &Expression<'s>) -> Result<(), PyRustError> {
        let position = expression.position;
        match &expression.kind {
            ExpressionKind::None => self.constant(Value::None, position),
            ExpressionKind::Boolean(value) => self.constant(Value::Boolean(*value), position),
            ExpressionKind::Integer(value) => self.constant(Value::Integer(*value), position),
            ExpressionKind::Text(text) => self.constant(Value::Text(Rc::clone(text)), position),
            ExpressionKind::Name(text) => self.load(Name { text, position }),
            ExpressionKind::Unary { operator, operand } => {
                self.expression(operand)?;
                self.emit(Instruction::Unary(*operator), position);
            }
            ExpressionKind::Chain { first, rest } => self.chain(first, rest)?,
            ExpressionKind::Power { base, exponent } => {
                self.expression(base)?;
                self.expression(exponent)?;
                self.emit(Instruction::Binary(BinaryOperator::Power), position);
            }
            ExpressionKind::Comparison { first, rest } => self.comparison(first, rest)?,
            ExpressionKind::Logical { operator, operands } => {
                self.logical(*operator, operands, position)?;
            }
            ExpressionKind::Conditional {
                condition,
                consequence,
                alternative,
            } => self.conditional(condition, consequence, alternative)?,
            ExpressionKind::Suffixed { base, suffixes } => {
                self.expression(base)?;
                for suffix in suffixes {
                    self.suffix(suffix)?;
                }
            }
        }
        Ok(())
    }

    fn chain(
        &mut self,
        first: &Expression<'s>,
        rest: &[Operation<'s, BinaryOperator>],
    ) -> Result<(), PyRustError> {
        self.expression(first)?;
        for operation in rest {
            self.expression(&operation.operand)?;
            self.emit(Instruction::Binary(operation.operator), operation.position);
        }
        Ok(())
    }

    /// Every comparison but the last keeps its right operand, which is the next one's left. Where
    /// one fails, that operand is still under the result and has to go.
    fn comparison(
        &mut self,
        first: &Expression<'s>,
        rest: &[Operation<'s, Comparator>],
    ) -> Result<(), PyRustError> {
        self.expression(first)?;
        let Some((last, others)) = rest.split_last() else {
            return Ok(());
        };
        let mut failures = Vec::new();
        for operation in others {
            self.expression(&operation.operand)?;
            let position = operation.position;
            self.emit(
                Instruction::CompareKeepingRight(operation.operator),
                position,
            );
            failures.push(self.emit_jump(Instruction::JumpIfFalseOrPop, position));
        }
        self.expression(&last.operand)?;
        self.emit(Instruction::Compare(last.operator), last.position);
        if !failures.is_empty() {
            let exit = self.emit_jump(Instruction::Jump, last.position);
            self.land_all(failures);
            self.emit(Instruction::PopBelow, last.position);
            self.land(exit);
        }
        Ok(())
    }

    fn logical(
        &mut self,
        operator: LogicalOperator,
        operands: &[Expression<'s>],
        position: Position,
    ) -> Result<(), PyRustError> {
        let jump = match operator {
            LogicalOperator::And => Instruction::JumpIfFalseOrPop,
            LogicalOperator::Or => Instruction::JumpIfTrueOrPop,
        };
        let mut exits = Vec::new();
        for (index, operand) in operands.iter().enumerate() {
            if index > 0 {
                exits.push(self.emit_jump(jump, position));
            }
            self.expression(operand)?;
        }
        self.land_all(exits);
        Ok(())
    }

    fn conditional(
        &mut self,
        condition: &Expression<'s>,
        consequence: &Expression<'s>,
        alternative: &Expression<'s>,
    ) -> Result<(), PyRustError> {
        self.expression(condition)?;
        let skip = self.emit_jump(Instruction::JumpIfFalse, condition.position);
        self.expression(consequence)?;
        let exit = self.emit_jump(Instruction::Jump, condition.position);
        self.land(skip);
        self.expression(alternative)?;
        self.land(exit);
        Ok(())
    }

    fn suffix(&mut self, suffix: &Suffix<'s>) -> Result<(), PyRustError> {
        match &suffix.kind {
            SuffixKind::Subscript(index) => {
                self.expression(index)?;
                self.emit(Instruction::Subscript, suffix.position);
                Ok(())
            }
            SuffixKind::Call {
                arguments,
                keywords,
            } => self.call(arguments, keywords, suffix.position),
        }
    }

    fn call(
        &mut self,
        arguments: &[Expression<'s>],
        keywords: &[(Name<'s>, Expression<'s>)],
        position: Position,
    ) -> Result<(), PyRustError> {
        for argument in arguments {
            self.expression(argument)?;
        }
        if keywords.is_empty() {
            self.emit(Instruction::Call(arguments.len()), position);
            return Ok(());
        }
        reject_repeated(keywords)?;
        for (_, value) in keywords {
            self.expression(value)?;
        }
        let names = keywords.iter().map(|(name, _)| name.text.into()).collect();
        self.scope.code.keyword_lists.push(names);
        let call = Instruction::CallWithKeywords {
            arguments: arguments.len() + keywords.len(),
            keywords: self.scope.code.keyword_lists.len() - 1,
        };
        self.emit(call, position);
        Ok(())
    }
}

fn reject_repeated(keywords: &[(Name, Expression)]) -> Result<(), PyRustError> {
    let mut seen = Slots::default();
    for (index, (name, _)) in keywords.iter().enumerate() {
        // A name that was there before has an earlier slot.
        if seen.slot(name.text) != index {
            let message = format_args!("keyword argument repeated: {}", name.text);
            return Err(PyRustError::syntax(message, name.position));
        }
    }
    Ok(())
}
