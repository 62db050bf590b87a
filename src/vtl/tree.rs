//! A template as a tree. Immutable and shared: nothing in here belongs to one rendering.

use std::collections::HashMap;
use std::sync::Arc;

use crate::java::number::Operator;
use crate::jsonpath::Path;

use super::Span;
use super::bindings::Binding;
use super::methods::{Method, Property};

/// A variable's number.
pub(super) type Slot = u32;

/// Names of variables and their numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// All names, one behind the other.
    text: String,
    /// Where each name ends in it.
    ends: Vec<u32>,
    /// What tells most names apart without reading them.
    marks: Vec<u32>,
    /// Those beyond the first few, which are found faster by going through their marks.
    slots: HashMap<Box<str>, Slot>,
}

/// How many names are gone through one by one.
const LISTED: usize = 64;

/// Length, first and last byte.
fn mark(name: &str) -> u32 {
    let bytes = name.as_bytes();
    let byte = |byte: Option<&u8>| byte.copied().map_or(0, u32::from);
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX) & 0xffff;
    length << 16 | byte(bytes.first()) << 8 | byte(bytes.last())
}

impl Names {
    pub(super) fn slot(&mut self, name: &str) -> Slot {
        if let Some(slot) = self.find(name) {
            return slot;
        }
        let slot = Slot::try_from(self.ends.len()).unwrap_or(Slot::MAX);
        if self.ends.len() >= LISTED {
            self.slots.insert(name.into(), slot);
        }
        self.text.push_str(name);
        self.ends
            .push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        self.marks.push(mark(name));
        slot
    }

    pub(super) fn find(&self, name: &str) -> Option<Slot> {
        let wanted = mark(name);
        for (slot, &mark) in (0..).zip(self.marks.iter().take(LISTED)) {
            if mark == wanted && self.name(slot) == name {
                return Some(slot);
            }
        }
        if self.slots.is_empty() {
            return None;
        }
        self.slots.get(name).copied()
    }

    pub(super) fn name(&self, slot: Slot) -> &str {
        let at = slot as usize;
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before));
        let start = start.copied().unwrap_or_default() as usize;
        let end = self.ends.get(at).map_or(start, |&end| end as usize);
        self.text.get(start..end).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }
}

/// Variables that the engine itself knows, when the template names them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    pub(super) foreach: Option<Slot>,
    pub(super) count: Option<Slot>,
    pub(super) has_next: Option<Slot>,
    /// In the order of [`Binding::ALL`].
    pub(super) bound: [Option<Slot>; Binding::ALL.len()],
}

impl Known {
    pub(super) fn of(names: &Names) -> Self {
        Self {
            foreach: names.find("foreach"),
            count: names.find("velocityCount"),
            has_next: names.find("velocityHasNext"),
            bound: Binding::ALL.map(|binding| names.find(binding.name())),
        }
    }
}

/// A parsed template.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) block: Block,
    pub(super) names: Names,
    pub(super) known: Known,
    pub(super) macros: Macros,
}

pub(super) type Macros = HashMap<Box<str>, Arc<Macro>>;

pub(super) type Block = Box<[Node]>;

/// Text that prints.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    /// As it stands in the template.
    At(Span),
    /// Resolved, put together, or of a text that isn't kept: a string's, an evaluated one.
    Own(Box<str>),
}

impl Piece {
    /// The text. `source` is the template's.
    #[inline]
    pub(super) fn of<'a>(&'a self, source: &'a str) -> &'a str {
        match self {
            Self::At(span) => span.of(source),
            Self::Own(text) => text,
        }
    }
}

impl Default for Piece {
    fn default() -> Self {
        Self::Own(Box::default())
    }
}

impl From<&str> for Piece {
    fn from(text: &str) -> Self {
        Self::Own(text.into())
    }
}

impl From<String> for Piece {
    fn from(text: String) -> Self {
        Self::Own(text.into())
    }
}

/// None, one or many: most references have one part, most calls one argument, which then needs no place of its own.
#[derive(Debug)]
pub(super) enum Few<T> {
    None,
    One(T),
    Many(Box<[T]>),
}

impl<T> Few<T> {
    /// Takes what stands from `first` on.
    pub(super) fn taken(from: &mut Vec<T>, first: usize) -> Self {
        match from.len().saturating_sub(first) {
            0 => Self::None,
            1 => from.pop().map_or(Self::None, Self::One),
            _ => Self::Many(from.drain(first..).collect()),
        }
    }
}

impl<T> std::ops::Deref for Few<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match self {
            Self::None => &[],
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// What renders.
#[derive(Debug)]
pub(super) enum Node {
    Text {
        text: Piece,
        span: Span,
    },
    Reference(Reference),
    If(Box<[Branch]>),
    Set(Box<Set>),
    Foreach(Box<Foreach>),
    Call(Arc<Call>),
    Define(Arc<Define>),
    Break {
        scope: Option<Expr>,
        span: Span,
    },
    Stop,
    Evaluate {
        source: Expr,
        span: Span,
    },
    /// A directive that fails when it renders.
    Fail {
        resource: bool,
        message: &'static str,
        span: Span,
    },
}

/// One arm of an `#if`.
#[derive(Debug)]
pub(super) struct Branch {
    /// `None` for `#else`.
    pub(super) condition: Option<Expr>,
    pub(super) span: Span,
    pub(super) block: Block,
}

#[derive(Debug)]
pub(super) struct Set {
    pub(super) span: Span,
    pub(super) target: Reference,
    /// The variable that a target without parts sets.
    pub(super) slot: Slot,
    pub(super) value: Expr,
}

#[derive(Debug)]
pub(super) struct Foreach {
    pub(super) span: Span,
    pub(super) element: Slot,
    pub(super) source: Expr,
    pub(super) block: Block,
}

/// A macro.
#[derive(Debug)]
pub(super) struct Macro {
    pub(super) parameters: Box<[Slot]>,
    pub(super) block: Block,
}

/// A call of a macro, or of a name that no macro has.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) span: Span,
    pub(super) name: Box<str>,
    pub(super) arguments: Box<[Argument]>,
    /// The call as written: what prints when there is no such macro.
    pub(super) literal: Piece,
    /// The first argument that is a bare word: an error when there is such a macro.
    pub(super) bad_argument: Option<Span>,
    /// The block of `#@name() … #end`.
    pub(super) body: Option<Arc<Define>>,
}

#[derive(Debug)]
pub(super) struct Argument {
    pub(super) value: Expr,
    /// As written.
    pub(super) literal: Piece,
}

/// The block of a `#define`, or the body of a macro call.
#[derive(Debug)]
pub(super) struct Define {
    pub(super) slot: Slot,
    pub(super) block: Block,
    /// How often it may be inside itself.
    pub(super) depth: u32,
}

/// `$name.part.part`
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) span: Span,
    pub(super) root: Slot,
    pub(super) kind: ReferenceKind,
    pub(super) parts: Few<Part>,
    /// Backslashes and other text that print before the value.
    pub(super) prefix: Option<Box<Prefix>>,
    /// What prints when there is no value.
    pub(super) null_text: Piece,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReferenceKind {
    Normal,
    /// `$\!x`: has no value.
    NotComputable,
    /// A name without `$`: null, and prints itself.
    Runt,
}

#[derive(Debug)]
pub(super) struct Prefix {
    pub(super) escape: Box<str>,
    pub(super) more: Box<str>,
    pub(super) escaped: bool,
}

#[derive(Debug)]
pub(super) enum Part {
    Property {
        name: Piece,
        property: Property,
        span: Span,
    },
    Method(Box<MethodCall>),
    Index {
        index: Expr,
        span: Span,
    },
}

#[derive(Debug)]
pub(super) struct MethodCall {
    pub(super) span: Span,
    pub(super) name: Piece,
    pub(super) method: Method,
    pub(super) arguments: Few<Expr>,
    /// The only argument compiled as a JSON path, when it is a plain string and the method takes one.
    pub(super) path: Option<Box<Path>>,
}

/// What has a value.
#[derive(Debug)]
pub(super) enum Expr {
    Null,
    Bool(bool),
    Int(i32),
    Long(i64),
    Big(Box<num_bigint::BigInt>),
    Double(f64),
    Str(Piece),
    Interpolated(Box<Interpolated>),
    List(Box<[Expr]>),
    Map(Box<[(Expr, Expr)]>),
    Range(Box<(Expr, Expr)>),
    Reference(Box<Reference>),
    Not(Box<Expr>),
    And(Box<(Expr, Expr)>),
    Or(Box<(Expr, Expr)>),
    Compare(Comparison, Box<(Expr, Expr)>, Span),
    Math(Operator, Box<(Operand, Operand)>, Span),
}

/// A side of a computation, and how it is written: `+` prints that when the side has no value.
#[derive(Debug)]
pub(super) struct Operand {
    pub(super) expr: Expr,
    pub(super) literal: Option<Piece>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A string that holds references or directives.
#[derive(Debug)]
pub(super) struct Interpolated {
    pub(super) block: Block,
    /// Velocity renders the string with a blank behind it and takes the last character away again.
    pub(super) cut_last: bool,
}
