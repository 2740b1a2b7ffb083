//! The machine that runs byte code.
//!
//! Calls push a [`Frame`] on a list instead of calling [`Machine::run`] again, so that recursion in
//! a program costs heap, and has a limit, rather than the machine's own stack.

use std::fmt::Write;
use std::rc::Rc;

use crate::builtins::Builtin;
use crate::bytecode::{Code, Instruction, Program};
use crate::error::{ErrorKind, Fault, PyRustError};
use crate::operators;
use crate::value::Value;

/// CPython's default recursion limit, the module's own frame included.
const MAX_FRAMES: usize = 1000;

/// Runs a program; what it prints goes to `output`.
pub(crate) fn run(program: &Program, output: &mut dyn Write) -> Result<(), PyRustError> {
    let mut machine = Machine::new(program, output);
    machine.run().map_err(|fault| {
        // The instruction that failed is the one before the next.
        let place = machine.frame.next - 1;
        fault.at(machine.frame.code.positions[place])
    })
}

/// A call that is under way.
struct Frame {
    code: Rc<Code>,
    /// The index of the next instruction.
    next: usize,
    /// Where the frame's part of [`Machine::stack`] starts.
    stack_base: usize,
    /// Where the frame's part of [`Machine::locals`] starts.
    locals_base: usize,
}

struct Machine<'p> {
    program: &'p Program,
    output: &'p mut dyn Write,
    frame: Frame,
    callers: Vec<Frame>,
    stack: Vec<Value>,
    /// The local variables of all frames; `None` is a variable that was not assigned yet.
    locals: Vec<Option<Value>>,
    globals: Vec<Option<Value>>,
}

impl<'p> Machine<'p> {
    fn new(program: &'p Program, output: &'p mut dyn Write) -> Self {
        // A built-in is a global that the program may assign.
        let builtin = |name: &Rc<str>| Builtin::from_name(name).map(Value::Builtin);
        Self {
            program,
            output,
            frame: Frame {
                code: Rc::clone(&program.module),
                next: 0,
                stack_base: 0,
                locals_base: 0,
            },
            callers: Vec::new(),
            stack: Vec::new(),
            locals: Vec::new(),
            globals: program.global_names.iter().map(builtin).collect(),
        }
    }

    fn run(&mut self) -> Result<(), Fault> {
        loop {
            let instruction = self.frame.code.instructions[self.frame.next];
            self.frame.next += 1;
            match instruction {
                Instruction::Constant(index) => {
                    let value = self.frame.code.constants[index].clone();
                    self.stack.push(value);
                }
                Instruction::Copy(depth) => {
                    let index = self.stack.len() - 1 - depth;
                    self.stack.push(self.stack[index].clone());
                }
                Instruction::Pop => {
                    self.pop();
                }
                Instruction::PopBelow => {
                    let top = self.pop();
                    *self.top() = top;
                }
                Instruction::LoadGlobal(slot) => self.load_global(slot)?,
                Instruction::StoreGlobal(slot) => self.globals[slot] = Some(self.pop()),
                Instruction::LoadLocal(slot) => self.load_local(slot)?,
                Instruction::StoreLocal(slot) => {
                    let index = self.frame.locals_base + slot;
                    self.locals[index] = Some(self.pop());
                }
                Instruction::Unary(operator) => {
                    let operand = self.top();
                    *operand = operators::unary(operator, operand)?;
                }
                Instruction::Binary(operator) => {
                    let right = self.pop();
                    let left = self.top();
                    *left = operators::binary(operator, left, &right)?;
                }
                Instruction::Compare(comparator) => {
                    let right = self.pop();
                    let left = self.top();
                    *left = Value::Boolean(operators::compare(comparator, left, &right)?);
                }
                Instruction::CompareKeepingRight(comparator) => {
                    let right = self.pop();
                    let left = self.top();
                    let result = operators::compare(comparator, left, &right)?;
                    *left = right;
                    self.stack.push(Value::Boolean(result));
                }
                Instruction::Subscript => {
                    let index = self.pop();
                    let value = self.top();
                    *value = value.subscript(&index)?;
                }
                Instruction::Jump(target) => self.frame.next = target,
                Instruction::JumpIfFalse(target) => {
                    if !self.pop().is_true() {
                        self.frame.next = target;
                    }
                }
                Instruction::JumpIfFalseOrPop(target) => self.jump_or_pop(false, target),
                Instruction::JumpIfTrueOrPop(target) => self.jump_or_pop(true, target),
                Instruction::Iterate => {
                    let value = self.top();
                    *value = Value::Iterator(Box::new(value.iterate()?));
                }
                Instruction::NextOrJump(target) => self.next_or_jump(target),
                Instruction::Function(index) => {
                    let code = Rc::clone(&self.frame.code.functions[index]);
                    self.stack.push(Value::Function(code));
                }
                Instruction::Call(arguments) => self.call(arguments, None)?,
                Instruction::CallWithKeywords {
                    arguments,
                    keywords,
                } => self.call(arguments, Some(keywords))?,
                Instruction::Return => {
                    if self.leave() {
                        return Ok(());
                    }
                }
            }
        }
    }

    // The stack. The compiler never emits code that takes more than it put there.

    fn pop(&mut self) -> Value {
        self.stack.pop().expect("compiled code balances the stack")
    }

    fn top(&mut self) -> &mut Value {
        self.stack
            .last_mut()
            .expect("compiled code balances the stack")
    }

    fn jump_or_pop(&mut self, condition: bool, target: usize) {
        if self.top().is_true() == condition {
            self.frame.next = target;
        } else {
            self.pop();
        }
    }

    fn next_or_jump(&mut self, target: usize) {
        let item = match self.top() {
            Value::Iterator(iterator) => iterator.next(),
            _ => None,
        };
        match item {
            Some(item) => self.stack.push(item),
            None => {
                self.pop();
                self.frame.next = target;
            }
        }
    }

    // Names.

    fn load_global(&mut self, slot: usize) -> Result<(), Fault> {
        let Some(value) = &self.globals[slot] else {
            let name = &self.program.global_names[slot];
            return Err(Fault::new(
                ErrorKind::Name,
                format_args!("name '{name}' is not defined"),
            ));
        };
        self.stack.push(value.clone());
        Ok(())
    }

    fn load_local(&mut self, slot: usize) -> Result<(), Fault> {
        let Some(value) = &self.locals[self.frame.locals_base + slot] else {
            let name = &self.frame.code.local_names[slot];
            return Err(Fault::new(
                ErrorKind::UnboundLocal,
                format_args!(
                    "cannot access local variable '{name}' where it is not associated with a value"
                ),
            ));
        };
        self.stack.push(value.clone());
        Ok(())
    }

    // Calls.

    fn call(&mut self, arguments: usize, keywords: Option<usize>) -> Result<(), Fault> {
        let callee = self.stack.len() - arguments - 1;
        match &self.stack[callee] {
            Value::Function(_) if keywords.is_some() => Err(Fault::unsupported(format_args!(
                "keyword arguments of a program's own functions are"
            ))),
            Value::Function(code) => {
                let code = Rc::clone(code);
                self.enter(code, callee)
            }
            &Value::Builtin(builtin) => self.call_builtin(builtin, callee, keywords),
            other => {
                let found = other.type_name();
                Err(Fault::type_error(format_args!(
                    "'{found}' object is not callable"
                )))
            }
        }
    }

    fn call_builtin(
        &mut self,
        builtin: Builtin,
        callee: usize,
        keywords: Option<usize>,
    ) -> Result<(), Fault> {
        let keywords = keywords.map_or(&[][..], |list| &self.frame.code.keyword_lists[list]);
        let result = builtin.call(&self.stack[callee + 1..], keywords, self.output)?;
        self.stack.truncate(callee);
        self.stack.push(result);
        Ok(())
    }

    /// Starts a function whose arguments are on the stack above `callee`.
    fn enter(&mut self, code: Rc<Code>, callee: usize) -> Result<(), Fault> {
        check_argument_count(&code, self.stack.len() - callee - 1)?;
        if self.callers.len() + 1 >= MAX_FRAMES {
            let message = format_args!("maximum recursion depth exceeded");
            return Err(Fault::new(ErrorKind::Recursion, message));
        }
        let locals_base = self.locals.len();
        self.locals.extend(self.stack.drain(callee + 1..).map(Some));
        self.locals
            .resize(locals_base + code.local_names.len(), None);
        self.stack.truncate(callee);
        let frame = Frame {
            code,
            next: 0,
            stack_base: callee,
            locals_base,
        };
        self.callers.push(std::mem::replace(&mut self.frame, frame));
        Ok(())
    }

    /// Goes back to the caller with the result; tells whether there is none, and the program ends.
    fn leave(&mut self) -> bool {
        let Some(caller) = self.callers.pop() else {
            return true;
        };
        let result = self.pop();
        let finished = std::mem::replace(&mut self.frame, caller);
        // A return from within a loop leaves its iterator behind.
        self.stack.truncate(finished.stack_base);
        self.locals.truncate(finished.locals_base);
        self.stack.push(result);
        false
    }
}

fn check_argument_count(code: &Code, given: usize) -> Result<(), Fault> {
    let expected = code.parameter_count;
    if given == expected {
        return Ok(());
    }
    let name = &code.name;
    if given < expected {
        let missing = &code.local_names[given..expected];
        return Err(Fault::type_error(format_args!(
            "{name}() missing {} required positional argument{}: {}",
            missing.len(),
            plural(missing.len()),
            list_names(missing)
        )));
    }
    Err(Fault::type_error(format_args!(
        "{name}() takes {expected} positional argument{} but {given} {} given",
        plural(expected),
        if given == 1 { "was" } else { "were" }
    )))
}

fn plural(count: usize) -> &'static str {
    if count == 1 {
        ""
    } else {
        "s"
    }
}

/// `'a'`, or `'a' and 'b'`, or `'a', 'b', and 'c'`.
fn list_names(names: &[Rc<str>]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    match quoted.as_slice() {
        [first, second] => format!("{first} and {second}"),
        [others @ .., last] if others.len() > 1 => format!("{}, and {last}", others.join(", ")),
        _ => quoted.join(", "),
    }
}

#[cfg(test)]
mod tests;
