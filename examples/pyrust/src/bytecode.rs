//! What the compiler produces and the machine runs: instructions for a stack machine.

use std::rc::Rc;

use crate::ast::{BinaryOperator, Comparator, UnaryOperator};
use crate::error::Position;
use crate::value::Value;

/// A compiled program.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) module: Rc<Code>,
    /// The name of every global slot.
    pub(crate) global_names: Vec<Rc<str>>,
}

/// The byte code of the module or of one function.
#[derive(Debug, Default)]
pub(crate) struct Code {
    pub(crate) name: Rc<str>,
    pub(crate) parameter_count: usize,
    /// The name of every local slot; the parameters come first.
    pub(crate) local_names: Vec<Rc<str>>,
    /// Always ends with [`Instruction::Return`].
    pub(crate) instructions: Vec<Instruction>,
    /// Where in the source each instruction comes from.
    pub(crate) positions: Vec<Position>,
    pub(crate) constants: Vec<Value>,
    pub(crate) functions: Vec<Rc<Code>>,
    /// The names of the keyword arguments of each call that has some.
    pub(crate) keyword_lists: Vec<Vec<Rc<str>>>,
}

/// One step of the machine. "Pushes" and "pops" are about the value stack, and jumps go to the
/// index of an instruction in the same [`Code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instruction {
    /// Pushes a constant.
    Constant(usize),
    /// Pushes a copy of the value this far below the top.
    Copy(usize),
    /// Pops a value.
    Pop,
    /// Pops the value under the top.
    PopBelow,
    LoadGlobal(usize),
    StoreGlobal(usize),
    LoadLocal(usize),
    StoreLocal(usize),
    /// Pops an operand and pushes the result.
    Unary(UnaryOperator),
    /// Pops the right operand, then the left one, and pushes the result.
    Binary(BinaryOperator),
    /// Pops the right operand, then the left one, and pushes the result.
    Compare(Comparator),
    /// As [`Instruction::Compare`], but leaves the right operand under the result.
    CompareKeepingRight(Comparator),
    /// Pops the index, then the value, and pushes the item.
    Subscript,
    Jump(usize),
    /// Pops a value and jumps if it is false.
    JumpIfFalse(usize),
    /// Jumps if the top is false, otherwise pops it.
    JumpIfFalseOrPop(usize),
    /// Jumps if the top is true, otherwise pops it.
    JumpIfTrueOrPop(usize),
    /// Pops a value and pushes an iterator over it.
    Iterate,
    /// Pushes the next item of the iterator on top, or pops the iterator and jumps if it is at its
    /// end.
    NextOrJump(usize),
    /// Pushes a function.
    Function(usize),
    /// Pops this many arguments, then the callee, and pushes the result.
    Call(usize),
    /// As [`Instruction::Call`]; the last arguments are named by a list of keywords.
    CallWithKeywords {
        arguments: usize,
        keywords: usize,
    },
    /// Pops the result and leaves the function, or the module.
    Return,
}
