//! What a template reads: payload, parameters, stage variables, `$context`. Borrowed, and asked for only when the template does.

use std::borrow::Cow;

use indexmap::IndexMap;
use serde_json::Value as Json;

/// What one rendering reads.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The raw payload; empty counts as `{}`. Read as JSON when the template first asks for a path.
    pub body: &'a str,
    /// Path parameters of the request.
    pub path: &'a dyn Names,
    /// Query parameters of the request.
    pub querystring: &'a dyn Names,
    /// Headers of the request, names in the case the client sent.
    pub header: &'a dyn Names,
    /// Variables of the stage.
    pub stage_variables: &'a dyn Names,
    /// The `$context` tree, without the overrides.
    pub context: &'a dyn Context,
}

impl Default for Input<'_> {
    fn default() -> Self {
        Self {
            body: "",
            path: &(),
            querystring: &(),
            header: &(),
            stage_variables: &(),
            context: &(),
        }
    }
}

/// Names with a text each, in order, no name twice.
pub trait Names {
    /// The text of `name`, which is case-sensitive.
    fn get(&self, name: &str) -> Option<Cow<'_, str>>;
    /// Calls `each` with every name and its text.
    fn each(&self, each: &mut dyn FnMut(&str, &str));
}

/// No names.
impl Names for () {
    fn get(&self, _: &str) -> Option<Cow<'_, str>> {
        None
    }

    fn each(&self, _: &mut dyn FnMut(&str, &str)) {}
}

impl Names for IndexMap<String, String> {
    fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(name).map(|text| Cow::Borrowed(text.as_str()))
    }

    fn each(&self, each: &mut dyn FnMut(&str, &str)) {
        for (name, text) in self {
            each(name, text);
        }
    }
}

impl Names for [(&str, &str)] {
    fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.iter()
            .find(|(n, _)| *n == name)
            .map(|(_, text)| Cow::Borrowed(*text))
    }

    fn each(&self, each: &mut dyn FnMut(&str, &str)) {
        for (name, text) in self {
            each(name, text);
        }
    }
}

impl<const N: usize> Names for [(&str, &str); N] {
    fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        Names::get(self.as_slice(), name)
    }

    fn each(&self, each: &mut dyn FnMut(&str, &str)) {
        Names::each(self.as_slice(), each);
    }
}

/// The `$context` tree. A property is made when a template asks for it; the whole tree only when one asks for the whole.
pub trait Context {
    /// The property `name` of `$context`.
    fn get(&self, name: &str) -> Option<Node<'_>>;
    /// Calls `each` with the name of every property, in order.
    fn names(&self, each: &mut dyn FnMut(&str));
}

/// A value in the `$context` tree.
#[derive(Clone, Debug)]
pub enum Node<'a> {
    /// A property that is there without a value; prints as nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(Cow<'a, str>),
    /// An object: properties in order.
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
    /// Any of these, as JSON.
    Json(&'a Json),
}

impl<'a> Node<'a> {
    /// The text of `text`, or null: many properties of `$context` have no value in most requests.
    #[must_use]
    pub fn text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(Cow::Borrowed(text)))
    }
}

/// A `$context` without properties.
impl Context for () {
    fn get(&self, _: &str) -> Option<Node<'_>> {
        None
    }

    fn names(&self, _: &mut dyn FnMut(&str)) {}
}

/// A `$context` given as JSON: test requests, the command line.
impl Context for serde_json::Map<String, Json> {
    fn get(&self, name: &str) -> Option<Node<'_>> {
        self.get(name).map(Node::Json)
    }

    fn names(&self, each: &mut dyn FnMut(&str)) {
        for name in self.keys() {
            each(name);
        }
    }
}
