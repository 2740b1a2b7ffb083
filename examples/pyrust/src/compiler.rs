//! The syntax tree to byte code.
//!
//! Names are resolved here: a name that is assigned anywhere in a function is local to all of it,
//! unless it is declared `global`; every other name is global. Both kinds become slot numbers.

mod expressions;
mod scope;

use std::rc::Rc;

use crate::ast::{Block, Expression, Function, Name, Statement, StatementKind};
use crate::bytecode::{Instruction, Program};
use crate::error::{Position, PyRustError};
use crate::value::Value;
use scope::{Loop, Scope, Slots};

/// CPython's limit on loops within loops.
const MAX_NESTED_LOOPS: usize = 20;

/// Compiles a whole program.
pub(crate) fn compile(module: &[Statement]) -> Result<Program, PyRustError> {
    let mut compiler = Compiler {
        globals: Slots::default(),
        scope: Scope::module(),
    };
    compiler.block(module)?;
    compiler.return_none(Position::START);
    Ok(Program {
        module: Rc::new(compiler.scope.code),
        global_names: compiler.globals.into_names(),
    })
}

struct Compiler<'s> {
    globals: Slots<'s>,
    /// The module, or the function that is being compiled.
    scope: Scope<'s>,
}

impl<'s> Compiler<'s> {
    // Instructions.

    // Called from everywhere: inlined, it would make the program larger by 4 kB.
    #[inline(never)]
    fn emit(&mut self, instruction: Instruction, position: Position) {
        self.scope.code.instructions.push(instruction);
        self.scope.code.positions.push(position);
    }

    /// Where the next instruction will be.
    fn here(&self) -> usize {
        self.scope.code.instructions.len()
    }

    /// Emits a jump whose target [`Self::land`] fills in, and returns where it is.
    fn emit_jump(&mut self, jump: fn(usize) -> Instruction, position: Position) -> usize {
        let place = self.here();
        self.emit(jump(usize::MAX), position);
        place
    }

    /// Makes the jump at `place` go to the next instruction.
    fn land(&mut self, place: usize) {
        let here = self.here();
        let (Instruction::Jump(target)
        | Instruction::JumpIfFalse(target)
        | Instruction::JumpIfFalseOrPop(target)
        | Instruction::JumpIfTrueOrPop(target)
        | Instruction::NextOrJump(target)) = &mut self.scope.code.instructions[place]
        else {
            return;
        };
        *target = here;
    }

    fn land_all(&mut self, places: Vec<usize>) {
        for place in places {
            self.land(place);
        }
    }

    fn constant(&mut self, value: Value, position: Position) {
        self.scope.code.constants.push(value);
        let index = self.scope.code.constants.len() - 1;
        self.emit(Instruction::Constant(index), position);
    }

    fn return_none(&mut self, position: Position) {
        self.constant(Value::None, position);
        self.emit(Instruction::Return, position);
    }

    // Names.

    fn load(&mut self, name: Name<'s>) {
        let instruction = match self.scope.read(name.text) {
            Some(slot) => Instruction::LoadLocal(slot),
            None => Instruction::LoadGlobal(self.globals.slot(name.text)),
        };
        self.emit(instruction, name.position);
    }

    fn store(&mut self, name: Name<'s>) {
        let instruction = match self.scope.assign(name.text) {
            Some(slot) => Instruction::StoreLocal(slot),
            None => Instruction::StoreGlobal(self.globals.slot(name.text)),
        };
        self.emit(instruction, name.position);
    }

    // Statements.

    fn block(&mut self, block: &[Statement<'s>]) -> Result<(), PyRustError> {
        block
            .iter()
            .try_for_each(|statement| self.statement(statement))
    }

    fn statement(&mut self, statement: &Statement<'s>) -> Result<(), PyRustError> {
        let position = statement.position;
        match &statement.kind {
            StatementKind::Pass => Ok(()),
            StatementKind::Expression(expression) => {
                self.expression(expression)?;
                self.emit(Instruction::Pop, position);
                Ok(())
            }
            StatementKind::Assign { targets, values } => self.assign(targets, values),
            StatementKind::AugmentedAssign {
                target,
                operator,
                operator_position,
                value,
            } => {
                self.load(*target);
                self.expression(value)?;
                self.emit(Instruction::Binary(*operator), *operator_position);
                self.store(*target);
                Ok(())
            }
            StatementKind::If {
                branches,
                otherwise,
            } => self.if_statement(branches, otherwise),
            StatementKind::While {
                condition,
                body,
                otherwise,
            } => self.while_statement(condition, body, otherwise, position),
            StatementKind::For {
                target,
                iterable,
                body,
                otherwise,
            } => {
                self.expression(iterable)?;
                self.emit(Instruction::Iterate, iterable.position);
                self.for_statement(*target, body, otherwise, position)
            }
            StatementKind::Break => self.break_statement(position),
            StatementKind::Continue => self.continue_statement(position),
            StatementKind::Function(function) => self.function(function, position),
            StatementKind::Return(value) => self.return_statement(value.as_ref(), position),
            StatementKind::Global(names) => names
                .iter()
                .try_for_each(|name| self.scope.declare_global(*name)),
        }
    }

    /// Evaluates all values, then assigns them to each list of targets from the left.
    fn assign(
        &mut self,
        targets: &[Vec<Name<'s>>],
        values: &[Expression<'s>],
    ) -> Result<(), PyRustError> {
        for value in values {
            self.expression(value)?;
        }
        if let ([names], [_]) = (targets, values) {
            self.store(names[0]);
            return Ok(());
        }
        for names in targets {
            for (index, name) in names.iter().enumerate() {
                self.emit(Instruction::Copy(values.len() - 1 - index), name.position);
                self.store(*name);
            }
        }
        for value in values {
            self.emit(Instruction::Pop, value.position);
        }
        Ok(())
    }

    fn if_statement(
        &mut self,
        branches: &[(Expression<'s>, Block<'s>)],
        otherwise: &[Statement<'s>],
    ) -> Result<(), PyRustError> {
        let mut exits = Vec::new();
        for (condition, body) in branches {
            self.expression(condition)?;
            let skip = self.emit_jump(Instruction::JumpIfFalse, condition.position);
            self.block(body)?;
            exits.push(self.emit_jump(Instruction::Jump, condition.position));
            self.land(skip);
        }
        self.block(otherwise)?;
        self.land_all(exits);
        Ok(())
    }

    fn while_statement(
        &mut self,
        condition: &Expression<'s>,
        body: &[Statement<'s>],
        otherwise: &[Statement<'s>],
        position: Position,
    ) -> Result<(), PyRustError> {
        let start = self.here();
        self.expression(condition)?;
        let exit = self.emit_jump(Instruction::JumpIfFalse, condition.position);
        let breaks = self.loop_body(body, start, false, position)?;
        self.land(exit);
        self.block(otherwise)?;
        self.land_all(breaks);
        Ok(())
    }

    /// The loop itself, with the iterator on the stack.
    fn for_statement(
        &mut self,
        target: Name<'s>,
        body: &[Statement<'s>],
        otherwise: &[Statement<'s>],
        position: Position,
    ) -> Result<(), PyRustError> {
        let start = self.here();
        let exit = self.emit_jump(Instruction::NextOrJump, position);
        self.store(target);
        let breaks = self.loop_body(body, start, true, position)?;
        self.land(exit);
        self.block(otherwise)?;
        self.land_all(breaks);
        Ok(())
    }

    /// The body and the jump back to `start`; returns the jumps that leave the loop.
    fn loop_body(
        &mut self,
        body: &[Statement<'s>],
        start: usize,
        has_iterator: bool,
        position: Position,
    ) -> Result<Vec<usize>, PyRustError> {
        if self.scope.loops.len() >= MAX_NESTED_LOOPS {
            let message = format_args!("too many statically nested blocks");
            return Err(PyRustError::syntax(message, position));
        }
        self.scope.loops.push(Loop {
            start,
            has_iterator,
            breaks: Vec::new(),
        });
        self.block(body)?;
        self.emit(Instruction::Jump(start), position);
        Ok(self
            .scope
            .loops
            .pop()
            .map_or_else(Vec::new, |finished| finished.breaks))
    }

    fn break_statement(&mut self, position: Position) -> Result<(), PyRustError> {
        let Some(enclosing) = self.scope.loops.last() else {
            return Err(PyRustError::syntax(
                format_args!("'break' outside loop"),
                position,
            ));
        };
        if enclosing.has_iterator {
            self.emit(Instruction::Pop, position);
        }
        let jump = self.emit_jump(Instruction::Jump, position);
        if let Some(enclosing) = self.scope.loops.last_mut() {
            enclosing.breaks.push(jump);
        }
        Ok(())
    }

    fn continue_statement(&mut self, position: Position) -> Result<(), PyRustError> {
        let Some(enclosing) = self.scope.loops.last() else {
            let message = format_args!("'continue' not properly in loop");
            return Err(PyRustError::syntax(message, position));
        };
        self.emit(Instruction::Jump(enclosing.start), position);
        Ok(())
    }

    fn return_statement(
        &mut self,
        value: Option<&Expression<'s>>,
        position: Position,
    ) -> Result<(), PyRustError> {
        if self.scope.is_module() {
            return Err(PyRustError::syntax(
                format_args!("'return' outside function"),
                position,
            ));
        }
        match value {
            Some(value) => self.expression(value)?,
            None => self.constant(Value::None, position),
        }
        self.emit(Instruction::Return, position);
        Ok(())
    }

    fn function(&mut self, function: &Function<'s>, position: Position) -> Result<(), PyRustError> {
        if !self.scope.is_module() {
            return Err(PyRustError::unsupported(
                format_args!("nested functions are"),
                position,
            ));
        }
        let enclosing = std::mem::replace(&mut self.scope, Scope::function(function)?);
        let result = self.block(&function.body);
        self.return_none(position);
        let finished = std::mem::replace(&mut self.scope, enclosing);
        result?;
        self.scope.code.functions.push(Rc::new(finished.code));
        let index = self.scope.code.functions.len() - 1;
        self.emit(Instruction::Function(index), position);
        self.store(function.name);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
