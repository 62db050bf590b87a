//! Running the tree: statements.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use crate::java::{Cursor, Host, Other, Scope, Value, ViewClass};

use super::block::BlockObject;
use super::frame::{Frame, FrameKind, Layer};
use super::parser::{self, Kept};
use super::run::{Exit, Ran, Run, Variable};
use super::tree::{Branch, Call, Expr, Foreach, Node, Reference, ReferenceKind, Set};
use super::{ErrorKind, Span, Step};

/// How deep macros may call each other: Velocity's `velocimacro.max.depth`.
const MACRO_DEPTH: u32 = 20;

impl Run<'_> {
    pub(super) fn block(&mut self, nodes: &[Node], layer: &Layer, out: &mut String) -> Ran {
        for node in nodes {
            self.node(node, layer, out)?;
        }
        Ok(())
    }

    fn node(&mut self, node: &Node, layer: &Layer, out: &mut String) -> Ran {
        self.work(1)?;
        match node {
            Node::Text { text, span } => {
                self.here = *span;
                let text = text.of(self.source);
                self.write(out, text)?;
                if let Some(tracer) = &mut self.tracer {
                    tracer.step(Step::Text {
                        span: *span,
                        output: text,
                    });
                }
                Ok(())
            }
            Node::Reference(reference) => {
                let before = out.len();
                let found = self.render_reference(reference, layer, out)?;
                if let Some(tracer) = &mut self.tracer {
                    tracer.step(Step::Reference {
                        span: reference.span,
                        source: reference.span.of(self.source),
                        output: out.get(before..).unwrap_or_default(),
                        found,
                    });
                }
                Ok(())
            }
            Node::If(branches) => self.condition(branches, layer, out),
            Node::Set(set) => self.set(set, layer),
            Node::Foreach(foreach) => self.deeper(|run| run.foreach(foreach, layer, out)),
            Node::Call(call) => self.deeper(|run| run.call(call, layer, out)),
            Node::Define(define) => {
                let block = BlockObject {
                    define: Arc::clone(define),
                    layer: layer.clone(),
                    depth: Cell::new(0),
                };
                self.put(define.slot, host(block), layer);
                Ok(())
            }
            Node::Break { scope: None, .. } => Err(Exit::Nearest),
            Node::Break {
                scope: Some(scope),
                span,
            } => match self.value(scope, layer)? {
                Value::Other(other) if matches!(*other, Other::Scope(_)) => Err(Exit::Loop(other)),
                _ => self.fail(
                    ErrorKind::Runtime,
                    *span,
                    "#break takes a loop's $foreach, nothing else",
                ),
            },
            Node::Stop => Err(Exit::All),
            Node::Evaluate { source, span } => {
                self.deeper(|run| run.evaluate(source, *span, layer, out))
            }
            Node::Fail {
                resource,
                message,
                span,
            } => {
                let kind = if *resource {
                    ErrorKind::Resource
                } else {
                    ErrorKind::Runtime
                };
                self.fail(kind, *span, *message)
            }
        }
    }

    /// Writes a reference; says whether it had a value.
    fn render_reference(
        &mut self,
        reference: &Reference,
        layer: &Layer,
        out: &mut String,
    ) -> Ran<bool> {
        self.here = reference.span;
        if reference.kind == ReferenceKind::Runt {
            self.write(out, reference.null_text.of(self.source))?;
            return Ok(true);
        }
        let prefix = reference.prefix.as_deref();
        if reference.parts.is_empty()
            && prefix.is_none()
            && let Some(Value::Str(text)) = self.plain(reference.root, layer)
            && !text.is_empty()
        {
            // The commonest, without taking the value out of its variable.
            let bytes = text.len();
            out.push_str(text);
            self.wrote(out, bytes + 16)?;
            return Ok(true);
        }
        if prefix.is_none() && reference.kind == ReferenceKind::Normal {
            let before = out.len();
            let text = self.look(reference, layer, |value| match value {
                Value::Str(text) if !text.is_empty() => {
                    out.push_str(text);
                    true
                }
                _ => false,
            });
            if text == Some(true) {
                self.wrote(out, out.len() - before + 16)?;
                return Ok(true);
            }
        }
        let mut value = Value::Null;
        self.execute(reference, layer, &mut value)?;
        if let Some(prefix) = prefix.filter(|prefix| prefix.escaped) {
            // With AWS's handler there is always a value, and `\$x` prints the reference.
            self.write(out, &prefix.escape)?;
            let text = self.null_text(reference, layer);
            self.write(out, text)?;
            return Ok(true);
        }
        let block = match &value {
            Value::Other(other) => match &**other {
                Other::Host(host) => host.as_any().downcast_ref::<BlockObject>(),
                _ => None,
            },
            _ => None,
        };
        if let Some(block) = block {
            // A block renders with the variables of where it is used, and without what stands before it.
            if self.print_block(block, layer, out)? {
                return Ok(true);
            }
            if let Some(prefix) = prefix {
                self.write(out, &prefix.escape)?;
            }
        }
        if let Some(prefix) = prefix {
            self.write(out, &prefix.escape)?;
            self.write(out, &prefix.more)?;
        }
        if block.is_none() && self.print(&value, out)? {
            let empty = matches!(&value, Value::Str(text) if text.is(&self.empty));
            return Ok(!empty);
        }
        let text = self.null_text(reference, layer);
        self.write(out, text)?;
        Ok(false)
    }

    /// Renders a block; `false` when it is inside itself too often.
    pub(super) fn print_block(
        &mut self,
        block: &BlockObject,
        layer: &Layer,
        out: &mut String,
    ) -> Ran<bool> {
        if block.depth.get() >= block.define.depth {
            return Ok(false);
        }
        block.depth.set(block.depth.get() + 1);
        let result = self.deeper(|run| run.block(&block.define.block, layer, out));
        block.depth.set(block.depth.get() - 1);
        match result {
            Ok(()) | Err(Exit::Nearest) => Ok(true),
            Err(exit) => Err(exit),
        }
    }

    fn condition(&mut self, branches: &[Branch], layer: &Layer, out: &mut String) -> Ran {
        for branch in branches {
            let taken = match &branch.condition {
                Some(condition) => {
                    self.here = branch.span;
                    self.truth(condition, layer)?
                }
                None => true,
            };
            let span = branch.span;
            self.trace(|| Step::Branch { span, taken });
            if taken {
                return self.deeper(|run| run.block(&branch.block, layer, out));
            }
        }
        Ok(())
    }

    fn set(&mut self, set: &Set, layer: &Layer) -> Ran {
        self.here = set.span;
        let mut value = Value::Null;
        self.value_to(&set.value, layer, &mut value)?;
        let stored = !value.is_null();
        let shown = self.tracer.is_some().then(|| Self::shown(&value));
        if stored {
            if set.target.parts.is_empty() {
                // Numbers are stored from where they are, not moved as a whole: that would have to wait for them.
                match (self.place(set.slot, layer), &value) {
                    (Some(place), Value::Int(n)) => *place = Variable::Set(Value::Int(*n)),
                    (Some(place), Value::Double(d)) => *place = Variable::Set(Value::Double(*d)),
                    _ => self.put(set.slot, value, layer),
                }
            } else {
                self.assign(&set.target, value, layer)?;
            }
        }
        if let (Some(tracer), Some(shown)) = (&mut self.tracer, shown) {
            tracer.step(Step::Assign {
                span: set.span,
                target: set.target.span.of(self.source),
                value: if stored { &shown } else { "" },
                stored,
            });
        }
        Ok(())
    }

    fn cursor(value: &Value) -> Option<Cursor> {
        let cursor = match value {
            Value::List(list) => Cursor::list(list),
            Value::Map(map) => Cursor::view(ViewClass::Values, map),
            Value::Other(other) => match &**other {
                Other::View(view) => Cursor::view(view.class, &view.map),
                Other::Array(array) => Cursor::fixed(array.items.borrow().clone()),
                Other::Scope(scope) => Cursor::view(ViewClass::Values, scope.map()),
                _ => return None,
            },
            _ => return None,
        };
        Some(cursor)
    }

    fn foreach(&mut self, foreach: &Foreach, layer: &Layer, out: &mut String) -> Ran {
        self.here = foreach.span;
        let source = self.value(&foreach.source, layer)?;
        // A template can also loop over an iterator, which then is used up.
        let iterator = match &source {
            Value::Other(other) if matches!(**other, Other::Iterator(_)) => Some(Rc::clone(other)),
            _ => None,
        };
        let made = if iterator.is_some() {
            None
        } else {
            if let Value::Other(other) = &source
                && let Other::Array(array) = &**other
            {
                // Its elements are copied.
                self.work(array.items.borrow().len() as u64 / 8)?;
            }
            Self::cursor(&source)
        };
        let cursor = match (&iterator, &made) {
            (Some(other), _) => match &**other {
                Other::Iterator(cursor) => cursor,
                _ => return Ok(()),
            },
            (None, Some(cursor)) => cursor,
            (None, None) => return Ok(()),
        };
        let (count_slot, next_slot) = (self.known.count, self.known.has_next);
        let known = [count_slot, next_slot, self.known.foreach];
        let element = if known.contains(&Some(foreach.element)) {
            // Both take the same away: the first takes a copy.
            Variable::Set(self.get(foreach.element, layer)?)
        } else {
            self.set_aside(Some(foreach.element), layer)?
        };
        let count = self.set_aside(count_slot, layer)?;
        let next = self.set_aside(next_slot, layer)?;
        let scope = match self.known.foreach {
            Some(slot) => {
                let previous = self.get(slot, layer)?;
                if previous
                    .as_scope()
                    .is_some_and(|scope| scope.depth >= self.limits.depth)
                {
                    return self.too_deep();
                }
                let scope = Value::other(Other::Scope(Scope::new(previous)));
                self.put(slot, scope.clone(), layer);
                Some(scope)
            }
            None => None,
        };
        let ended = self.turns(foreach, cursor, scope.as_ref(), layer, out);
        self.put_back(Some(foreach.element), element, layer);
        self.put_back(count_slot, count, layer);
        self.put_back(next_slot, next, layer);
        if let Some(slot) = self.known.foreach
            && scope.is_some()
        {
            let now = self.get(slot, layer)?;
            if let Some(scope) = now.as_scope() {
                let outer = if scope.parent.is_null() {
                    scope.replaced.clone()
                } else {
                    scope.parent.clone()
                };
                self.restore(Some(slot), outer, layer);
            }
        }
        match (ended, scope) {
            (Err(Exit::Nearest), _) => Ok(()),
            (Err(Exit::Loop(which)), Some(Value::Other(own))) if Rc::ptr_eq(&which, &own) => Ok(()),
            (ended, _) => ended,
        }
    }

    fn turns(
        &mut self,
        foreach: &Foreach,
        cursor: &Cursor,
        scope: Option<&Value>,
        layer: &Layer,
        out: &mut String,
    ) -> Ran {
        let mut hidden: Layer = None;
        let mut count = 0;
        let scope = scope.and_then(Value::as_scope);
        // Whether elements can be put to where they are read at once.
        let straight = self.tracer.is_none() && self.known.has_next != Some(foreach.element);
        while count < self.limits.loop_turns && cursor.has_next() {
            self.work(1)?;
            count += 1;
            if let Some(slot) = self.known.count {
                self.put(slot, Value::int(count), layer);
            }
            let mut value = Value::Null;
            let given = match self.place(foreach.element, layer) {
                Some(Variable::Set(place)) if straight => {
                    cursor.next_to(place).map(|()| (true, place.is_null()))
                }
                _ => cursor
                    .next_to(&mut value)
                    .map(|()| (false, value.is_null())),
            };
            let Ok((stored, null)) = given else {
                return self.fail(
                    ErrorKind::Runtime,
                    foreach.span,
                    "the collection was changed while #foreach went through it",
                );
            };
            let more = cursor.has_next();
            if let Some(slot) = self.known.has_next {
                self.put(slot, Value::Bool(more), layer);
            }
            if let Some(scope) = scope {
                scope.index.set(scope.index.get() + 1);
                scope.has_next.set(more);
            }
            if self.tracer.is_some() {
                let shown = Self::shown(&value);
                let name = self.name(foreach.element).to_owned();
                if let Some(tracer) = &mut self.tracer {
                    tracer.step(Step::Turn {
                        span: foreach.span,
                        count,
                        name: &name,
                        value: &shown,
                    });
                }
            }
            if !stored {
                self.put(foreach.element, value, layer);
            }
            if null {
                if hidden.is_none() {
                    hidden = Self::null_element(foreach.element, layer);
                }
                self.block(&foreach.block, &hidden, out)?;
            } else {
                self.block(&foreach.block, layer, out)?;
            }
        }
        Ok(())
    }

    fn call(&mut self, call: &Arc<Call>, layer: &Layer, out: &mut String) -> Ran {
        self.here = call.span;
        let Some(definition) = self.macro_named(&call.name) else {
            return self.write(out, call.literal.of(self.source));
        };
        if let Some(span) = call.bad_argument {
            return self.fail(
                ErrorKind::Runtime,
                span,
                "a bare word can't be an argument of a macro: put it in quotes",
            );
        }
        if self.macro_depth >= MACRO_DEPTH {
            let message = format!("macros call each other more than {MACRO_DEPTH} deep");
            return self.fail(ErrorKind::Runtime, call.span, message);
        }
        if let Some(tracer) = &mut self.tracer {
            tracer.step(Step::Macro {
                span: call.span,
                name: &call.name,
            });
        }
        // Each argument is compared with those before it.
        let arguments = call.arguments.len().min(definition.parameters.len()) as u64;
        self.work(arguments * arguments / 16)?;
        let mut local = Vec::new();
        for (argument, &slot) in call.arguments.iter().zip(&definition.parameters) {
            if argument.value.is_constant() {
                let value = self.value(&argument.value, layer)?;
                local.retain(|(s, _)| *s != slot);
                local.push((slot, value));
            }
        }
        if let Some(body) = &call.body {
            let block = BlockObject {
                define: Arc::clone(body),
                layer: layer.clone(),
                depth: Cell::new(0),
            };
            local.retain(|(s, _)| *s != body.slot);
            local.push((body.slot, host(block)));
        }
        let frame = Rc::new(Frame::new(
            layer,
            FrameKind::Macro {
                call: Arc::clone(call),
                definition: Arc::clone(&definition),
                local: RefCell::new(local),
                removed: RefCell::default(),
            },
        ));
        if frame.depth > self.limits.depth {
            // Blocks keep the layers that they were defined in.
            return self.too_deep();
        }
        let inner: Layer = Some(Rc::clone(&frame));
        self.macro_depth += 1;
        let result = self.block(&definition.block, &inner, out);
        self.macro_depth -= 1;
        drop(inner);
        if Rc::strong_count(&frame) > 1 {
            self.tie_layer(&frame);
        }
        match result {
            Err(Exit::Nearest) => Ok(()),
            other => other,
        }
    }

    /// Parses and renders a string as a template.
    fn evaluate(&mut self, source: &Expr, span: Span, layer: &Layer, out: &mut String) -> Ran {
        self.here = span;
        let value = self.value(source, layer)?;
        let Some(text) = self.text_of(&value)? else {
            return Ok(());
        };
        self.evaluated += 1;
        self.allot(text.len() * 16 + 1_024)?;
        let names = self.names.as_ref().unwrap_or(&self.program.names);
        // Names and macros are copied.
        let copied = names.len() + 2 * (self.macros.len() + self.program.macros.len());
        self.work(copied as u64)?;
        let names = self.names.as_ref().unwrap_or(&self.program.names).clone();
        let mut macros = self.program.macros.clone();
        macros.extend(self.macros.iter().map(|(k, v)| (k.clone(), Arc::clone(v))));
        let program = match parser::program(&text, self.limits, names, macros, Kept::No) {
            Ok(program) => program,
            Err(fault) => {
                let (kind, _, message) = *fault;
                let message = format!("in the evaluated text: {message}");
                return self.fail(kind, span, message);
            }
        };
        self.adopt(&program.names);
        self.macros = program.macros.into_iter().collect();
        // Its spans are of a text that nobody sees.
        let tracer = self.tracer.take();
        let result = self.block(&program.block, layer, out);
        self.tracer = tracer;
        match result {
            Err(Exit::Nearest | Exit::All) => Ok(()),
            Err(Exit::Fault(fault)) => {
                let (kind, _, message) = *fault;
                self.fail(kind, span, message)
            }
            other => other,
        }
    }
}

impl<'r> Run<'r> {
    /// A reference as text: inside a macro, a parameter is what the caller wrote.
    fn null_text<'a>(&self, reference: &'a Reference, layer: &'a Layer) -> &'a str
    where
        'r: 'a,
    {
        let text = reference.null_text.of(self.source);
        if let Some(name) = text.strip_prefix('$') {
            let mut next = layer;
            while let Some(frame) = next {
                if name == self.name(reference.root)
                    && let Some(literal) = frame.literal(reference.root)
                {
                    return literal.of(self.source);
                }
                next = &frame.parent;
            }
        }
        text
    }
}

/// An object of the engine as a value.
pub(super) fn host(object: impl Host) -> Value {
    Value::other(Other::Host(Box::new(object)))
}
