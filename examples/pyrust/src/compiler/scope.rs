//! Which names of a function are local, and what the compiler knows while it is in it.

use std::collections::btree_map::Entry;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::ast::{Function, Name, Statement, StatementKind};
use crate::bytecode::Code;
use crate::error::PyRustError;

/// Names numbered in the order they come. A tree rather than a hash map: a hash map asks the
/// system for random numbers, which a short program would wait for.
#[derive(Default)]
pub(super) struct Slots<'s> {
    slots: BTreeMap<&'s str, usize>,
    names: Vec<&'s str>,
}

impl<'s> Slots<'s> {
    /// The slot of `name`, which is a new one if the name is new.
    pub(super) fn slot(&mut self, name: &'s str) -> usize {
        match self.slots.entry(name) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                let slot = self.names.len();
                self.names.push(name);
                *entry.insert(slot)
            }
        }
    }

    pub(super) fn into_names(self) -> Vec<Rc<str>> {
        self.names.into_iter().map(Rc::from).collect()
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

/// What is known about a name in a scope.
#[derive(Clone, Copy, Default)]
struct Binding {
    /// The slot, where the name is a local variable.
    local: Option<usize>,
    is_parameter: bool,
    /// Whether the source up to here has read the name, and assigned it; a `global` statement must
    /// come before both.
    is_used: bool,
    is_assigned: bool,
}

/// The module or a function.
pub(super) struct Scope<'s> {
    pub(super) code: Code,
    pub(super) loops: Vec<Loop>,
    is_module: bool,
    names: Slots<'s>,
    /// By the slot that `names` has for the name.
    bindings: Vec<Binding>,
}

impl<'s> Scope<'s> {
    pub(super) fn module() -> Self {
        Self::new("<module>", true)
    }

    pub(super) fn function(function: &Function<'s>) -> Result<Self, PyRustError> {
        let mut scope = Self::new(function.name.text, false);
        for parameter in &function.parameters {
            scope.add_parameter(*parameter)?;
        }
        let mut globals = Slots::default();
        visit_names(&function.body, &mut |name, role| {
            if role == Role::DeclaredGlobal {
                globals.slot(name);
            }
        });
        visit_names(&function.body, &mut |name, role| {
            if role == Role::Bound && !globals.slots.contains_key(name) {
                scope.add_local(name);
            }
        });
        Ok(scope)
    }

    fn new(name: &str, is_module: bool) -> Self {
        Self {
            code: Code {
                name: name.into(),
                ..Code::default()
            },
            loops: Vec::new(),
            is_module,
            names: Slots::default(),
            bindings: Vec::new(),
        }
    }

    fn add_parameter(&mut self, parameter: Name<'s>) -> Result<(), PyRustError> {
        let name = parameter.text;
        self.add_local(name);
        let binding = self.binding(name);
        if binding.is_parameter {
            let message = format_args!("duplicate argument '{name}' in function definition");
            return Err(PyRustError::syntax(message, parameter.position));
        }
        binding.is_parameter = true;
        self.code.parameter_count += 1;
        Ok(())
    }

    fn add_local(&mut self, name: &'s str) {
        let next = self.code.local_names.len();
        let binding = self.binding(name);
        if binding.local.is_none() {
            binding.local = Some(next);
            self.code.local_names.push(name.into());
        }
    }

    fn binding(&mut self, name: &'s str) -> &mut Binding {
        let slot = self.names.slot(name);
        if slot == self.bindings.len() {
            self.bindings.push(Binding::default());
        }
        &mut self.bindings[slot]
    }

    pub(super) fn is_module(&self) -> bool {
        self.is_module
    }

    /// Notes that the name is read here; returns its slot if it is a local variable.
    pub(super) fn read(&mut self, name: &'s str) -> Option<usize> {
        let binding = self.binding(name);
        binding.is_used = true;
        binding.local
    }

    /// Notes that the name is assigned here; returns its slot if it is a local variable.
    pub(super) fn assign(&mut self, name: &'s str) -> Option<usize> {
        let binding = self.binding(name);
        binding.is_assigned = true;
        binding.local
    }

    /// Checks a name of a `global` statement; what it means for the name is known already.
    pub(super) fn declare_global(&mut self, name: Name<'s>) -> Result<(), PyRustError> {
        let binding = *self.binding(name.text);
        let problem = if binding.is_parameter {
            "parameter and global"
        } else if binding.is_assigned {
            "assigned to before global declaration"
        } else if binding.is_used {
            "used prior to global declaration"
        } else {
            return Ok(());
        };
        let message = format_args!("name '{}' is {problem}", name.text);
        Err(PyRustError::syntax(message, name.position))
    }
}

/// What a statement does to a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Bound,
    DeclaredGlobal,
}

/// Calls `note` with every name that a function's body binds or declares global.
fn visit_names<'s>(block: &[Statement<'s>], note: &mut dyn FnMut(&'s str, Role)) {
    for statement in block {
        match &statement.kind {
            StatementKind::Assign { targets, .. } => targets
                .iter()
                .flatten()
                .for_each(|name| note(name.text, Role::Bound)),
            StatementKind::AugmentedAssign { target, .. } => note(target.text, Role::Bound),
            StatementKind::If {
                branches,
                otherwise,
            } => {
                for (_, body) in branches {
                    visit_names(body, note);
                }
                visit_names(otherwise, note);
            }
            StatementKind::While {
                body, otherwise, ..
            } => {
                visit_names(body, note);
                visit_names(otherwise, note);
            }
            StatementKind::For {
                target,
                body,
                otherwise,
                ..
            } => {
                note(target.text, Role::Bound);
                visit_names(body, note);
                visit_names(otherwise, note);
            }
            StatementKind::Global(names) => {
                for name in names {
                    note(name.text, Role::DeclaredGlobal);
                }
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
