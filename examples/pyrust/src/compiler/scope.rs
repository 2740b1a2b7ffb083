//! Which names of a function are local, and what the compiler knows while it is in it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::ast::{Function, Name, Statement, StatementKind};
use crate::bytecode::Code;
use crate::error::PyRustError;

/// Names numbered in the order they come. A tree rather than a hash map: a hash map asks the
/// system for random numbers, which a short program would wait for.
#[derive(Default)]
pub(super) struct Slots<'s> {
    slots: BTreeMap<&'s str, usize>,
    names: Vec<Rc<str>>,
}

impl<'s> Slots<'s> {
    /// The slot of `name`, which is a new one if the name is new.
    pub(super) fn slot(&mut self, name: &'s str) -> usize {
        match self.slots.entry(name) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                let slot = self.names.len();
                self.names.push(name.into());
                *entry.insert(slot)
            }
        }
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.slots.get(name).copied()
    }

    pub(super) fn into_names(self) -> Vec<Rc<str>> {
        self.names
    }
}

/// A loop that is being compiled.
pub(super) struct Loop {
    pub(super) start: usize,
    /// Whether an iterator is on the stack, which `break` has to remove.
    pub(super) has_iterator: bool,
    /// The jumps to the end of the loop.
    pub(super) breaks: Vec<usize>,
}

/// The module or a function.
pub(super) struct Scope<'s> {
    pub(super) code: Code,
    pub(super) loops: Vec<Loop>,
    /// `None` for the module, whose names are all global.
    locals: Option<Slots<'s>>,
    parameters: BTreeSet<&'s str>,
    /// What the source up to here has read and assigned; `global` must come before both.
    used: BTreeSet<&'s str>,
    assigned: BTreeSet<&'s str>,
}

impl<'s> Scope<'s> {
    pub(super) fn module() -> Self {
        Self::new("<module>", None)
    }

    pub(super) fn function(function: &Function<'s>) -> Result<Self, PyRustError> {
        let mut locals = Slots::default();
        let mut parameters = BTreeSet::new();
        for parameter in &function.parameters {
            if !parameters.insert(parameter.text) {
                let name = parameter.text;
                let message = format_args!("duplicate argument '{name}' in function definition");
                return Err(PyRustError::syntax(message, parameter.position));
            }
            locals.slot(parameter.text);
        }
        let mut names = BoundNames::default();
        names.visit(&function.body);
        for name in names.bound.difference(&names.global) {
            locals.slot(name);
        }
        let mut scope = Self::new(function.name.text, Some(locals));
        scope.code.parameter_count = parameters.len();
        scope.parameters = parameters;
        Ok(scope)
    }

    fn new(name: &str, locals: Option<Slots<'s>>) -> Self {
        Self {
            code: Code {
                name: name.into(),
                ..Code::default()
            },
            loops: Vec::new(),
            locals,
            parameters: BTreeSet::new(),
            used: BTreeSet::new(),
            assigned: BTreeSet::new(),
        }
    }

    /// The finished byte code.
    pub(super) fn code(mut self) -> Code {
        self.code.local_names = self.locals.map_or_else(Vec::new, Slots::into_names);
        self.code
    }

    pub(super) fn is_module(&self) -> bool {
        self.locals.is_none()
    }

    /// The slot of `name`, if it is a local variable.
    pub(super) fn local(&self, name: &str) -> Option<usize> {
        self.locals.as_ref()?.find(name)
    }

    pub(super) fn note_use(&mut self, name: &'s str) {
        self.used.insert(name);
    }

    pub(super) fn note_assignment(&mut self, name: &'s str) {
        self.assigned.insert(name);
    }

    /// Checks a name of a `global` statement; what it means for the name is known already.
    pub(super) fn declare_global(&self, name: Name<'s>) -> Result<(), PyRustError> {
        let problem = if self.parameters.contains(name.text) {
            "parameter and global"
        } else if self.assigned.contains(name.text) {
            "assigned to before global declaration"
        } else if self.used.contains(name.text) {
            "used prior to global declaration"
        } else {
            return Ok(());
        };
        let message = format_args!("name '{}' is {problem}", name.text);
        Err(PyRustError::syntax(message, name.position))
    }
}

/// The names that a function's body binds, and those it declares global.
#[derive(Default)]
struct BoundNames<'s> {
    bound: BTreeSet<&'s str>,
    global: BTreeSet<&'s str>,
}

impl<'s> BoundNames<'s> {
    fn visit(&mut self, block: &[Statement<'s>]) {
        for statement in block {
            self.visit_statement(&statement.kind);
        }
    }

    fn visit_statement(&mut self, statement: &StatementKind<'s>) {
        match statement {
            StatementKind::Assign { targets, .. } => {
                let names = targets.iter().flatten();
                self.bound.extend(names.map(|name| name.text));
            }
            StatementKind::AugmentedAssign { target, .. } => {
                self.bound.insert(target.text);
            }
            StatementKind::If {
                branches,
                otherwise,
            } => {
                for (_, body) in branches {
                    self.visit(body);
                }
                self.visit(otherwise);
            }
            StatementKind::While {
                body, otherwise, ..
            } => {
                self.visit(body);
                self.visit(otherwise);
            }
            StatementKind::For {
                target,
                body,
                otherwise,
                ..
            } => {
                self.bound.insert(target.text);
                self.visit(body);
                self.visit(otherwise);
            }
            StatementKind::Global(names) => {
                self.global.extend(names.iter().map(|name| name.text));
            }
            // A function in a function is refused when it is compiled.
            StatementKind::Function(_)
            | StatementKind::Expression(_)
            | StatementKind::Return(_)
            | StatementKind::Break
            | StatementKind::Continue
            | StatementKind::Pass => {}
        }
    }
}
