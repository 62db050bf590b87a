//! One rendering: its variables, its budget, its end.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use crate::java::number::Failed;
use crate::java::{List, Map, Other, Printer, Str, TooMuch, Value, release, text};

use super::bindings::Binding;
use super::block::BlockObject;
use super::frame::{Found, Frame, FrameKind, Layer};
use super::parser::Fault;
use super::tree::{Expr, Known, Macro, Names, Piece, Program, Slot};
use super::{ErrorKind, Input, Limits, Overrides, Span, Step, Tracer};

/// Why rendering stops before the end.
pub(super) enum Exit {
    /// It failed.
    Fault(Fault),
    /// `#break`: the innermost loop, macro, block or evaluation ends.
    Nearest,
    /// `#break($foreach)`: this loop ends.
    Loop(Rc<Other>),
    /// `#stop`: everything ends.
    All,
}

pub(super) type Ran<T = ()> = Result<T, Exit>;

/// How many strings of a template are kept: going through more would take as long as making them.
const LITERALS: usize = 8;

/// A global variable.
#[derive(Clone, Debug, Default)]
pub(super) enum Variable {
    #[default]
    Undefined,
    Set(Value),
    /// `$context` and the like: made when first used.
    Bound(Binding),
}

/// What may refer to itself by way of others.
enum Tied {
    List(Weak<List>),
    Map(Weak<Map>),
    Array(Weak<Other>),
    Layer(Weak<Frame>),
}

impl Tied {
    /// Takes its references away, once nothing looks at it any more.
    fn untie(&self) {
        match self {
            Self::List(list) => {
                if let Some(list) = list.upgrade() {
                    let mut items = list.take();
                    items.iter_mut().for_each(release);
                }
            }
            Self::Map(map) => {
                if let Some(map) = map.upgrade() {
                    for (mut key, mut value) in map.take() {
                        release(&mut key);
                        release(&mut value);
                    }
                }
            }
            Self::Array(array) => {
                if let Some(other) = array.upgrade()
                    && let Other::Array(array) = &*other
                {
                    array.items.take().iter_mut().for_each(release);
                }
            }
            Self::Layer(layer) => {
                if let Some(layer) = layer.upgrade() {
                    layer.forget();
                }
            }
        }
    }
}

pub(super) struct Run<'r> {
    pub(super) input: &'r Input<'r>,
    pub(super) overrides: &'r mut Overrides,
    pub(super) limits: &'r Limits,
    pub(super) tracer: Option<&'r mut dyn Tracer>,
    pub(super) source: &'r str,
    pub(super) program: &'r Program,
    /// Macros that `#evaluate` defined; they win.
    pub(super) macros: HashMap<Box<str>, Arc<Macro>>,
    /// Names, once `#evaluate` has added some.
    pub(super) names: Option<Names>,
    pub(super) known: Known,
    variables: Vec<Variable>,
    /// Strings of the template that were asked for: a loop asks for them again.
    literals: Vec<(Span, Str)>,
    pub(super) empty: Str,
    steps: u64,
    memory: u64,
    depth: usize,
    pub(super) macro_depth: u32,
    /// Where the piece being evaluated stands, for failures inside values.
    pub(super) here: Span,
    pub(super) document: Option<Value>,
    pub(super) context: Option<Rc<crate::java::Map>>,
    pub(super) params: Option<Value>,
    pub(super) evaluated: u32,
    /// What may be part of a circle of references, which would never be freed.
    tied: Vec<Tied>,
}

impl<'r> Run<'r> {
    pub(super) fn new(
        program: &'r Program,
        source: &'r str,
        limits: &'r Limits,
        input: &'r Input<'r>,
        overrides: &'r mut Overrides,
        tracer: Option<&'r mut dyn Tracer>,
    ) -> Self {
        let mut run = Self {
            input,
            overrides,
            limits,
            tracer,
            source,
            program,
            macros: HashMap::new(),
            names: None,
            known: program.known,
            variables: vec![Variable::Undefined; program.names.len()],
            literals: Vec::new(),
            empty: Str::default(),
            steps: limits.steps,
            memory: limits.memory,
            depth: 0,
            macro_depth: 0,
            here: Span::default(),
            document: None,
            context: None,
            params: None,
            evaluated: 0,
            tied: Vec::new(),
        };
        run.bind_from(0);
        run
    }

    /// The payload as it was read, if it was. Circles of references end here.
    pub(super) fn ended(mut self) -> Option<Value> {
        for tied in std::mem::take(&mut self.tied) {
            tied.untie();
        }
        self.document.take()
    }

    /// Remembers a collection that was made to refer to another one.
    pub(super) fn tie(&mut self, value: &Value) {
        let before = self.tied.last();
        let tied = match value {
            Value::List(list) => match before {
                Some(Tied::List(known)) if known.as_ptr() == Rc::as_ptr(list) => return,
                _ => Tied::List(Rc::downgrade(list)),
            },
            Value::Map(map) => Tied::Map(Rc::downgrade(map)),
            Value::Other(other) => match &**other {
                Other::Array(_) => Tied::Array(Rc::downgrade(other)),
                Other::Entry(entry) => Tied::Map(Rc::downgrade(&entry.map)),
                Other::Scope(scope) => Tied::Map(Rc::downgrade(scope.map())),
                _ => return,
            },
            _ => return,
        };
        if let (Some(Tied::Map(known)), Tied::Map(map)) = (before, &tied)
            && known.ptr_eq(map)
        {
            return;
        }
        self.tied.push(tied);
    }

    /// Remembers a macro's layer that a block still refers to.
    pub(super) fn tie_layer(&mut self, frame: &Rc<Frame>) {
        self.tied.push(Tied::Layer(Rc::downgrade(frame)));
    }

    // Budget and failures.

    #[allow(clippy::unused_self, reason = "reads as the other ways to end do")]
    #[cold]
    pub(super) fn fail<T>(
        &self,
        kind: ErrorKind,
        span: Span,
        message: impl Into<Cow<'static, str>>,
    ) -> Ran<T> {
        Err(Exit::Fault(Box::new((kind, span, message.into()))))
    }

    /// Takes work from the budget.
    #[inline]
    pub(super) fn work(&mut self, units: u64) -> Ran {
        match self.steps.checked_sub(units) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => self.fail(ErrorKind::Limit, self.here, "the template takes too long"),
        }
    }

    /// What is left of the budget of work.
    pub(super) fn steps_left(&self) -> u64 {
        self.steps
    }

    /// Takes bytes from the memory budget, and the work of filling them.
    pub(super) fn allot(&mut self, bytes: usize) -> Ran {
        let bytes = bytes as u64;
        match self.memory.checked_sub(bytes) {
            Some(left) => {
                self.memory = left;
                self.work(bytes / 16)
            }
            None => self.fail(
                ErrorKind::Limit,
                self.here,
                "the template makes too much data",
            ),
        }
    }

    /// A string counted against the memory budget.
    pub(super) fn make_text(&mut self, text: &str) -> Ran<Value> {
        if text.is_empty() {
            return Ok(Value::Str(self.empty.clone()));
        }
        self.allot(text.len())?;
        Ok(Value::text(text))
    }

    /// A string of the template, counted as [`Self::make_text`] counts.
    pub(super) fn literal(&mut self, piece: &Piece) -> Ran<Value> {
        let text = piece.of(self.source);
        let Piece::At(span) = piece else {
            return self.make_text(text);
        };
        if text.is_empty() {
            return Ok(Value::Str(self.empty.clone()));
        }
        self.allot(text.len())?;
        if let Some((_, known)) = self.literals.iter().find(|(at, _)| at == span) {
            return Ok(Value::Str(known.clone()));
        }
        let made = Str::from(text);
        if self.literals.len() < LITERALS {
            self.literals.push((*span, made.clone()));
        }
        Ok(Value::Str(made))
    }

    #[inline]
    pub(super) fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Ran<T>) -> Ran<T> {
        if self.depth >= self.limits.depth {
            return self.too_deep();
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    #[cold]
    pub(super) fn too_deep<T>(&self) -> Ran<T> {
        let message = format!("nested deeper than {} levels", self.limits.depth);
        self.fail(ErrorKind::Limit, self.here, message)
    }

    #[cold]
    fn too_long<T>(&self) -> Ran<T> {
        let message = format!(
            "the output is longer than {} bytes",
            self.limits.output_bytes
        );
        self.fail(ErrorKind::Limit, self.here, message)
    }

    /// Writes to the output, as far as it may grow.
    #[inline]
    pub(super) fn write(&mut self, out: &mut String, text: &str) -> Ran {
        out.push_str(text);
        self.wrote(out, text.len())
    }

    #[inline]
    pub(super) fn wrote(&mut self, out: &str, bytes: usize) -> Ran {
        if out.len() > self.limits.output_bytes {
            return self.too_long();
        }
        self.work(bytes as u64 / 16)
    }

    pub(super) fn computed<T>(&self, result: Result<T, Failed>, span: Span) -> Ran<T> {
        match result {
            Ok(value) => Ok(value),
            Err(Failed(message)) => self.fail(ErrorKind::Runtime, span, message),
        }
    }

    // Printing.

    /// Appends what a value prints; `false` when it prints as nothing at all (`toString()` gave null).
    pub(super) fn print(&mut self, value: &Value, out: &mut String) -> Ran<bool> {
        match value {
            Value::Str(text) => {
                self.write(out, text)?;
                return Ok(true);
            }
            Value::Other(other) => {
                if let Other::Host(host) = &**other
                    && let Some(block) = host.as_any().downcast_ref::<BlockObject>()
                {
                    return self.print_block(block, &block.layer.clone(), out);
                }
            }
            _ => {}
        }
        let before = out.len();
        let limit = self.limits.output_bytes;
        let mut printer = Printer::new(out, limit);
        let ended = printer.print(value);
        let work = printer.work;
        self.work(work)?;
        if ended == Err(TooMuch) {
            return self.fail(
                ErrorKind::Limit,
                self.here,
                "the value is too long or too deep to print",
            );
        }
        self.wrote(out, out.len() - before)?;
        Ok(true)
    }

    /// What a value prints, as a string value; `None` for null.
    pub(super) fn text_of(&mut self, value: &Value) -> Ran<Option<Str>> {
        match value {
            Value::Null => Ok(None),
            Value::Str(text) => Ok(Some(text.clone())),
            _ => {
                let mut out = String::new();
                if !self.print(value, &mut out)? {
                    return Ok(None);
                }
                self.allot(out.len())?;
                Ok(Some(text::joined(out).into()))
            }
        }
    }

    // Variables.

    pub(super) fn name(&self, slot: Slot) -> &str {
        self.names
            .as_ref()
            .unwrap_or(&self.program.names)
            .name(slot)
    }

    pub(super) fn macro_named(&self, name: &str) -> Option<Arc<Macro>> {
        self.macros
            .get(name)
            .or_else(|| self.program.macros.get(name))
            .cloned()
    }

    /// Takes over the names of a template that `#evaluate` parsed.
    pub(super) fn adopt(&mut self, names: &Names) {
        self.known = Known::of(names);
        let old = self.variables.len();
        self.variables.resize(names.len(), Variable::Undefined);
        self.bind_from(old);
        self.names = Some(names.clone());
    }

    /// Binds the names that every template has, as far as their variables are new.
    fn bind_from(&mut self, first: usize) {
        for (binding, slot) in Binding::ALL.into_iter().zip(self.known.bound) {
            let slot = slot.map(|slot| slot as usize).filter(|&slot| slot >= first);
            if let Some(variable) = slot.and_then(|slot| self.variables.get_mut(slot)) {
                *variable = Variable::Bound(binding);
            }
        }
    }

    /// A variable as it lies in the template's own layer, when no other layer hides it.
    pub(super) fn unhidden(&self, slot: Slot, layer: &Layer) -> Option<&Variable> {
        let mut next = layer;
        while let Some(frame) = next {
            if !matches!(frame.find(slot), Found::No) {
                return None;
            }
            next = &frame.parent;
        }
        self.variables.get(slot as usize)
    }

    /// A variable that holds a value, when there are no other layers.
    #[inline]
    pub(super) fn plain(&self, slot: Slot, layer: &Layer) -> Option<&Value> {
        match (layer, self.variables.get(slot as usize)) {
            (None, Some(Variable::Set(value))) => Some(value),
            _ => None,
        }
    }

    /// The value of a variable; null when it has none.
    pub(super) fn get(&mut self, slot: Slot, layer: &Layer) -> Ran<Value> {
        let mut value = Value::Null;
        self.get_to(slot, layer, &mut value)?;
        Ok(value)
    }

    /// Puts the value of a variable to where it shall lie.
    #[inline]
    pub(super) fn get_to(&mut self, slot: Slot, layer: &Layer, into: &mut Value) -> Ran {
        match self.plain(slot, layer) {
            Some(value) => *into = value.clone(),
            None => *into = self.search(slot, layer)?,
        }
        Ok(())
    }

    fn search(&mut self, slot: Slot, layer: &Layer) -> Ran<Value> {
        let mut next = layer;
        while let Some(frame) = next {
            self.work(frame.width())?;
            match frame.find(slot) {
                Found::Value(value) => return Ok(value),
                Found::Null => return Ok(Value::Null),
                Found::No => next = &frame.parent,
                Found::Argument(call, at) => {
                    let parent = frame.parent.clone();
                    let argument = &call.arguments[at].value;
                    let mut value = Value::Null;
                    self.deeper(|run| match argument {
                        Expr::Reference(r) if r.parts.is_empty() => {
                            run.get_to(r.root, &parent, &mut value)
                        }
                        Expr::Reference(r) => run.execute(r, &parent, &mut value),
                        other => run.value_to(other, &parent, &mut value),
                    })?;
                    return Ok(value);
                }
            }
        }
        match self.variables.get(slot as usize) {
            Some(Variable::Set(value)) => Ok(value.clone()),
            Some(Variable::Bound(binding)) => {
                let binding = *binding;
                let value = self.bind(binding);
                self.variables[slot as usize] = Variable::Set(value.clone());
                Ok(value)
            }
            _ => Ok(Value::Null),
        }
    }

    /// Sets a variable in every layer: inside a macro it is local, and leaks out.
    pub(super) fn put(&mut self, slot: Slot, value: Value, layer: &Layer) {
        let mut next = layer;
        while let Some(frame) = next {
            // What is to be done next notices when nothing is left.
            self.steps = self.steps.saturating_sub(frame.width());
            frame.put(slot, &value);
            next = &frame.parent;
        }
        if let Some(variable) = self.variables.get_mut(slot as usize) {
            *variable = Variable::Set(value);
        }
    }

    /// The place of a variable, when there are no other layers.
    #[inline]
    pub(super) fn place(&mut self, slot: Slot, layer: &Layer) -> Option<&mut Variable> {
        match layer {
            None => self.variables.get_mut(slot as usize),
            Some(_) => None,
        }
    }

    pub(super) fn remove(&mut self, slot: Slot, layer: &Layer) {
        let mut next = layer;
        while let Some(frame) = next {
            frame.remove(slot);
            next = &frame.parent;
        }
        if let Some(variable) = self.variables.get_mut(slot as usize) {
            *variable = Variable::Undefined;
        }
    }

    /// Takes a variable's value away for a loop.
    pub(super) fn set_aside(&mut self, slot: Option<Slot>, layer: &Layer) -> Ran<Variable> {
        let Some(slot) = slot else {
            return Ok(Variable::Undefined);
        };
        if let Some(place) = self.place(slot, layer) {
            return Ok(std::mem::take(place));
        }
        Ok(Variable::Set(self.get(slot, layer)?))
    }

    /// Restores a variable after a loop.
    pub(super) fn put_back(&mut self, slot: Option<Slot>, old: Variable, layer: &Layer) {
        match (slot.and_then(|slot| self.place(slot, layer)), old) {
            (Some(place), old) => *place = old,
            (None, Variable::Set(old)) => self.restore(slot, old, layer),
            (None, _) => {}
        }
    }

    /// Restores a variable's value after a loop.
    pub(super) fn restore(&mut self, slot: Option<Slot>, old: Value, layer: &Layer) {
        if let Some(slot) = slot {
            if old.is_null() {
                self.remove(slot, layer);
            } else {
                self.put(slot, old, layer);
            }
        }
    }

    #[allow(clippy::unnecessary_wraps, reason = "a layer")]
    pub(super) fn null_element(slot: Slot, layer: &Layer) -> Layer {
        let active = std::cell::Cell::new(true);
        let kind = FrameKind::NullElement { slot, active };
        Some(Rc::new(Frame::new(layer, kind)))
    }

    // Telling the tracer.

    pub(super) fn trace(&mut self, step: impl FnOnce() -> Step<'r>) {
        if let Some(tracer) = &mut self.tracer {
            tracer.step(step());
        }
    }

    /// A value printed for the tracer: short, and never a failure.
    pub(super) fn shown(value: &Value) -> String {
        let mut out = String::new();
        let _ = Printer::new(&mut out, 4_096).print(value);
        out
    }
}
