//! `$context`: read piece by piece while a template only asks for texts in it, made as a whole when it asks for more; and what a
//! template overrides through it (`spec/vtl.md` §2).

use std::rc::Rc;

use serde_json::Value as Json;

use crate::java::{Map, MapClass, Other, Printer, Value, json, text};

use super::methods::Property;
use super::run::Run;
use super::tree::Part;
use super::{Context, Node, Overrides};

/// The groups that exist before a template sets anything.
const REQUEST_GROUPS: [&str; 3] = ["header", "path", "querystring"];
const RESPONSE_GROUPS: [&str; 1] = ["header"];

impl Run<'_> {
    /// The whole tree.
    pub(super) fn whole_context(&mut self) -> Rc<Map> {
        if let Some(map) = &self.context {
            return Rc::clone(map);
        }
        let context = self.input.context;
        let map = Map::new(MapClass::Context);
        context.names(&mut |name| {
            let node = context.get(name).unwrap_or(Node::Null);
            map.put(Value::text(name), tree(&node));
        });
        if let Some(Value::Map(authorizer)) = map.get_text("authorizer") {
            let entries = authorizer.pairs().clone();
            for (key, value) in entries {
                if !matches!(value, Value::Null | Value::Map(_)) {
                    authorizer.put(key, Value::from(authorizer_text(&value)));
                }
            }
        }
        for (side, groups, set) in [
            (
                "requestOverride",
                &REQUEST_GROUPS[..],
                &self.overrides.request,
            ),
            (
                "responseOverride",
                &RESPONSE_GROUPS[..],
                &self.overrides.response,
            ),
        ] {
            let side = sub_map(&map, side);
            for group in groups {
                sub_map(&side, group);
            }
            for (key, value) in set {
                match value {
                    Json::Object(entries) => {
                        let group = sub_map(&side, key);
                        for (name, value) in entries {
                            group.put(Value::text(name), tree(&Node::Json(value)));
                        }
                    }
                    value => {
                        side.put(Value::text(key), tree(&Node::Json(value)));
                    }
                }
            }
        }
        let map = Rc::new(map);
        self.context = Some(Rc::clone(&map));
        map
    }

    /// Turns what `#define` made into its text, in a map and in the maps under it.
    fn settle(&mut self, map: &Rc<Map>, depth: usize) {
        let entries = map.pairs().clone();
        for (key, value) in entries {
            match &value {
                Value::Map(inner) if depth > 0 => self.settle(inner, depth - 1),
                Value::Other(other) if matches!(**other, Other::Host(_)) => {
                    if let Ok(Some(text)) = self.text_of(&value) {
                        map.put(key, Value::Str(text));
                    }
                }
                _ => {}
            }
        }
    }

    /// Hands over what the template overrode.
    pub(super) fn collect_overrides(&mut self) {
        let Some(context) = self.context.take() else {
            return;
        };
        for side in ["requestOverride", "responseOverride"] {
            if let Some(Value::Map(side)) = context.get_text(side) {
                self.settle(&side, 2);
            }
        }
        *self.overrides = Overrides {
            request: overridden(&context, "requestOverride"),
            response: overridden(&context, "responseOverride"),
        };
    }
}

/// A value below `$context` that isn't an object, and the parts behind it; `None`: ask the whole.
pub(super) fn context_value<'p>(
    context: &dyn Context,
    parts: &'p [Part],
    source: &str,
) -> Option<(Value, &'p [Part])> {
    let mut node: Option<Node<'_>> = None;
    let mut authorizer = false;
    for (depth, part) in parts.iter().enumerate() {
        let Part::Property { name, property, .. } = part else {
            return None;
        };
        let name = name.of(source);
        let overridden = depth == 0 && matches!(name, "requestOverride" | "responseOverride");
        if overridden || *property == Property::Class {
            return None;
        }
        node = match node {
            None => context.get(name),
            Some(Node::Object(entries)) => {
                let mut entries = entries.into_iter();
                entries.find(|(n, _)| **n == *name).map(|(_, node)| node)
            }
            Some(Node::Json(Json::Object(entries))) => entries.get(name).map(Node::Json),
            Some(_) => None,
        };
        let value = match &node {
            Some(Node::Object(_) | Node::Json(Json::Object(_))) => {
                authorizer = depth == 0 && name == "authorizer";
                continue;
            }
            Some(Node::Json(Json::Array(_))) => return None,
            Some(node) => tree(node),
            None => Value::Null,
        };
        let value = match value {
            Value::Null => value,
            value if authorizer => Value::from(authorizer_text(&value)),
            value => value,
        };
        return Some((value, &parts[depth + 1..]));
    }
    None
}

/// A node of `$context` as values; objects print as nothing.
fn tree(node: &Node<'_>) -> Value {
    match node {
        Node::Null | Node::Json(Json::Null) => Value::Null,
        Node::Bool(b) | Node::Json(Json::Bool(b)) => Value::Bool(*b),
        Node::Number(n) => i32::try_from(*n).map_or(Value::Long(*n), Value::Int),
        Node::Text(text) => Value::text(text),
        Node::Object(entries) => Value::map(
            MapClass::Context,
            entries
                .iter()
                .map(|(name, node)| (Value::text(name), tree(node))),
        ),
        Node::Json(Json::Object(entries)) => Value::map(
            MapClass::Context,
            entries
                .iter()
                .map(|(name, value)| (Value::text(name), tree(&Node::Json(value)))),
        ),
        Node::Json(Json::String(text)) => Value::text(text),
        // Numbers and lists as json-smart reads them.
        Node::Json(value) => json::parse(&value.to_string()).unwrap_or_default(),
    }
}

fn authorizer_text(value: &Value) -> String {
    let mut out = String::new();
    let mut printer = Printer::new(&mut out, 1 << 20);
    let _ = match value {
        Value::List(_) => printer.json(value, json::Style::Plain),
        _ => printer.print(value),
    };
    out
}

/// The map under a key, made if there is none.
fn sub_map(map: &Map, key: &str) -> Rc<Map> {
    if let Some(Value::Map(found)) = map.get_text(key) {
        return found;
    }
    let made = Rc::new(Map::new(MapClass::Context));
    map.put(Value::text(key), Value::Map(Rc::clone(&made)));
    made
}

fn overridden(context: &Map, side: &str) -> serde_json::Map<String, Json> {
    let Some(Value::Map(side)) = context.get_text(side) else {
        return serde_json::Map::new();
    };
    let mut budget = 100_000;
    side.pairs()
        .iter()
        .filter(|(_, value)| !matches!(value, Value::Map(group) if group.is_empty()))
        .map(|(key, value)| (printed(key), to_json(value, 0, &mut budget)))
        .collect()
}

fn printed(value: &Value) -> String {
    let mut out = String::new();
    let _ = Printer::new(&mut out, 1 << 20).print(value);
    text::encoded(out)
}

/// A value as JSON. What contains itself, or itself many times over, is cut off.
fn to_json(value: &Value, depth: usize, budget: &mut u32) -> Json {
    *budget = budget.saturating_sub(1);
    match value {
        _ if *budget == 0 || depth > 100 => Json::Null,
        Value::Null => Json::Null,
        Value::Bool(b) => Json::Bool(*b),
        Value::Int(n) => Json::from(*n),
        Value::Long(n) => Json::from(*n),
        Value::Double(d) => Json::from(*d),
        Value::Str(text) => Json::String(text::encoded(text.to_string())),
        Value::List(list) => list
            .items()
            .iter()
            .map(|v| to_json(v, depth + 1, budget))
            .collect(),
        Value::Map(map) => Json::Object(
            map.pairs()
                .iter()
                .map(|(key, value)| (printed(key), to_json(value, depth + 1, budget)))
                .collect(),
        ),
        Value::Other(other) => match &**other {
            Other::Short(n) => Json::from(*n),
            Other::Byte(n) => Json::from(*n),
            Other::Big(_) | Other::Decimal(_) | Other::Float(_) => {
                let text = printed(value);
                serde_json::from_str(&text).unwrap_or(Json::String(text))
            }
            // A loop's scope is a map too.
            Other::Scope(scope) => to_json(&Value::Map(Rc::clone(scope.map())), depth + 1, budget),
            _ => Json::String(printed(value)),
        },
    }
}
