//! `$input`, `$util`, `$context`, `$stageVariables` (`spec/vtl.md` §2).

use std::any::Any;
use std::fmt::Write as _;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use crate::java::{Host, Map, MapClass, Other, Printer, Value, json, text};
use crate::jsonpath::{Path, ReadError};

use super::methods::{Called, Property, Thrown};
use super::render::host;
use super::run::{Ran, Run};
use super::tree::{Expr, MethodCall, Part};
use super::{Context, ErrorKind, Names, Node, Overrides};

/// A name that every template has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binding {
    Input,
    Util,
    Context,
    StageVariables,
}

impl Binding {
    pub(super) const ALL: [Self; 4] =
        [Self::Input, Self::Util, Self::Context, Self::StageVariables];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Util => "util",
            Self::Context => "context",
            Self::StageVariables => "stageVariables",
        }
    }
}

/// `$input` or `$util`: methods without data of their own.
#[derive(Debug)]
pub(super) struct Tool(pub(super) Binding);

impl Host for Tool {
    fn class(&self) -> &'static str {
        match self.0 {
            Binding::Input => "Oracle$Input",
            _ => "Oracle$Util",
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    /// AWS recorded nothing (2016).
    fn print(&self) -> Option<String> {
        Some(String::new())
    }
}

/// The groups that exist before a template sets anything.
const REQUEST_GROUPS: [&str; 3] = ["header", "path", "querystring"];
const RESPONSE_GROUPS: [&str; 1] = ["header"];

impl Run<'_> {
    /// The value of a bound name, as a whole.
    pub(super) fn bind(&mut self, binding: Binding) -> Value {
        match binding {
            Binding::Input | Binding::Util => host(Tool(binding)),
            Binding::Context => Value::Map(self.whole_context()),
            Binding::StageVariables => Value::Map(names_map(self.input.stage_variables)),
        }
    }

    /// What the first parts of a bound name give that need nothing but themselves, and the parts that are left; `None`: ask the whole.
    pub(super) fn bound_part<'p>(
        &mut self,
        binding: Binding,
        parts: &'p [Part],
    ) -> Ran<Option<(Value, &'p [Part])>> {
        let Some((first, rest)) = parts.split_first() else {
            return Ok(None);
        };
        match (binding, first) {
            (Binding::Context, Part::Property { .. }) if self.context.is_none() => {
                Ok(context_value(self.input.context, parts))
            }
            (Binding::StageVariables, Part::Property { name, property, .. }) => {
                if *property == Property::Class {
                    return Ok(None);
                }
                let value = self.input.stage_variables.get(name);
                let value = value.map_or(Value::Null, |text| Value::text(&text));
                Ok(Some((value, rest)))
            }
            (Binding::Input, Part::Method(call)) => {
                let value = self.input_method(call)?;
                Ok(value.map(|value| (value, rest)))
            }
            _ => Ok(None),
        }
    }

    fn input_method(&mut self, call: &MethodCall) -> Ran<Option<Value>> {
        if let Some(path) = &call.path {
            self.here = call.span;
            let read = match &*call.name {
                "path" => self.read(Some(path), None),
                _ => self.read_json(Some(path), None),
            };
            return match read {
                Ok(value) => Ok(Some(value.unwrap_or_default())),
                Err(Thrown::Exit(exit)) => Err(exit),
                Err(Thrown::Exception(message)) => self.fail(ErrorKind::Method, call.span, message),
            };
        }
        if let ("params", [Expr::Str(name)]) = (&*call.name, &*call.arguments) {
            return Ok(Some(self.parameter(name)));
        }
        Ok(None)
    }

    fn parameter(&self, name: &str) -> Value {
        let input = self.input;
        [input.path, input.querystring, input.header]
            .into_iter()
            .find_map(|group| group.get(name))
            .map_or(Value::Null, |text| Value::text(&text))
    }

    /// Methods of `$input` and `$util`.
    pub(super) fn tool(&mut self, tool: Binding, name: &str, arguments: &[Value]) -> Called {
        if tool == Binding::Util {
            return self.util(name, arguments);
        }
        match (name, arguments) {
            ("getBody", []) => Ok(Some(self.body())),
            ("path", [Value::Str(path)]) => self.read(None, Some(path)),
            ("json", [Value::Str(path)]) => self.read_json(None, Some(path)),
            ("path" | "json", [Value::Null]) => Err(Thrown::new("the path is null")),
            ("params", []) => Ok(Some(self.all_params())),
            ("params", [Value::Str(name)]) => Ok(Some(self.parameter(name))),
            _ => Ok(None),
        }
    }

    pub(super) fn body(&self) -> Value {
        let body = self.input.body;
        Value::text(if body.is_empty() { "{}" } else { body })
    }

    fn all_params(&mut self) -> Value {
        let input = self.input;
        self.params
            .get_or_insert_with(|| {
                let groups = [
                    ("path", input.path),
                    ("querystring", input.querystring),
                    ("header", input.header),
                ];
                let groups =
                    groups.map(|(name, names)| (Value::text(name), Value::Map(names_map(names))));
                Value::map(MapClass::Linked, groups)
            })
            .clone()
    }

    fn document(&mut self) -> Result<Value, Thrown> {
        if let Some(document) = &self.document {
            return Ok(document.clone());
        }
        let body = self.input.body;
        self.work(body.len() as u64 / 16).map_err(Thrown::Exit)?;
        let document = json::parse(if body.is_empty() { "{}" } else { body }).map_err(|error| {
            let message = format!("the payload isn't JSON: {error}");
            match self.fail::<()>(ErrorKind::Payload, self.here, message) {
                Err(exit) => Thrown::Exit(exit),
                Ok(()) => Thrown::new("the payload isn't JSON"),
            }
        })?;
        self.document = Some(document.clone());
        Ok(document)
    }

    /// `$input.path`: the compiled path, or its text.
    fn read(&mut self, compiled: Option<&Path>, path: Option<&str>) -> Called {
        let document = self.document()?;
        match &document {
            Value::Null => return Ok(None),
            Value::Map(_) | Value::List(_) => {}
            _ => {
                let root = match (compiled, path) {
                    (Some(compiled), _) => text::trim(compiled.source()) == "$",
                    (None, path) => text::trim(path.unwrap_or_default()) == "$",
                };
                return Ok(root.then_some(document));
            }
        }
        let fresh;
        let compiled = match (compiled, path) {
            (Some(compiled), _) => compiled,
            (None, path) => {
                let path = path.unwrap_or_default();
                self.work(path.len() as u64).map_err(Thrown::Exit)?;
                fresh = Path::compile(path).map_err(|e| Thrown::Exception(e.to_string().into()))?;
                &fresh
            }
        };
        let mut budget = self.limits.steps;
        let read = compiled.read(&document, &mut budget);
        let spent = self.limits.steps - budget;
        self.work(spent).map_err(Thrown::Exit)?;
        match read {
            Ok(value) => Ok(value),
            Err(ReadError::NotFound) => Ok(None),
            Err(ReadError::Failed(message)) => Err(Thrown::Exception(message.into())),
        }
    }

    fn read_json(&mut self, compiled: Option<&Path>, path: Option<&str>) -> Called {
        let value = self.read(compiled, path)?;
        let Some(value) = value.filter(|value| !value.is_null()) else {
            return Ok(Some(Value::text("\"\"")));
        };
        let mut out = String::new();
        let limit = self.limits.output_bytes;
        if Printer::new(&mut out, limit)
            .json(&value, json::Style::Plain)
            .is_err()
        {
            return Err(Thrown::new("the value is too long or too deep to print"));
        }
        self.allot(out.len()).map_err(Thrown::Exit)?;
        Ok(Some(Value::from(out)))
    }

    fn util(&mut self, name: &str, arguments: &[Value]) -> Called {
        let [argument] = arguments else {
            return Ok(None);
        };
        if name == "escapeJavaScript" {
            let Some(text) = self.text_of(argument).map_err(Thrown::Exit)? else {
                return Ok(None);
            };
            if !text
                .bytes()
                .any(|b| !matches!(b, b' '..=b'~') || is_escaped(b))
            {
                return Ok(Some(Value::Str(text)));
            }
            return self.made(escape_java_script(&text));
        }
        let known = matches!(
            name,
            "parseJson" | "urlEncode" | "urlDecode" | "base64Encode" | "base64Decode"
        );
        let text = match argument {
            Value::Str(text) if known => text,
            Value::Null if known => return Err(Thrown::new("the argument is null")),
            _ => return Ok(None),
        };
        self.work(text.len() as u64 / 8).map_err(Thrown::Exit)?;
        match name {
            "parseJson" => {
                self.allot(text.len() * 4).map_err(Thrown::Exit)?;
                match json::parse_shared(text) {
                    Ok(value) => Ok(Some(value)),
                    Err(error) => Err(Thrown::Exception(format!("invalid JSON: {error}").into())),
                }
            }
            "urlEncode" => self.made(url_encode(text)),
            "urlDecode" => match url_decode(text) {
                Some(text) => self.made(text),
                None => Err(Thrown::new(
                    "URLDecoder: a % is not followed by two hexadecimal digits",
                )),
            },
            "base64Encode" => self.made(STANDARD.encode(text::encoded(text.to_string()))),
            _ => match java_base64(text) {
                Some(bytes) => self.made(String::from_utf8_lossy(&bytes).into_owned()),
                None => Err(Thrown::new("this is not Base64")),
            },
        }
    }

    fn made(&mut self, text: String) -> Called {
        self.allot(text.len()).map_err(Thrown::Exit)?;
        Ok(Some(Value::from(text)))
    }

    // $context.

    fn whole_context(&mut self) -> Rc<Map> {
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
                Value::Other(other)
                    if matches!(**other, Other::Host(_)) && Self::as_scope(&value).is_none() =>
                {
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

fn names_map(names: &dyn Names) -> Rc<Map> {
    let map = Map::new(MapClass::Linked);
    names.each(&mut |name, text| {
        map.put(Value::text(name), Value::text(text));
    });
    Rc::new(map)
}

/// A value below `$context` that isn't an object, and the parts behind it; `None`: ask the whole.
fn context_value<'p>(context: &dyn Context, parts: &'p [Part]) -> Option<(Value, &'p [Part])> {
    let mut node: Option<Node<'_>> = None;
    let mut authorizer = false;
    for (depth, part) in parts.iter().enumerate() {
        let Part::Property { name, property, .. } = part else {
            return None;
        };
        let overridden = depth == 0 && matches!(&**name, "requestOverride" | "responseOverride");
        if overridden || *property == Property::Class {
            return None;
        }
        node = match node {
            None => context.get(name),
            Some(Node::Object(entries)) => {
                let mut entries = entries.into_iter();
                entries.find(|(n, _)| **n == **name).map(|(_, node)| node)
            }
            Some(Node::Json(Json::Object(entries))) => entries.get(&**name).map(Node::Json),
            Some(_) => None,
        };
        let value = match &node {
            Some(Node::Object(_) | Node::Json(Json::Object(_))) => {
                authorizer = depth == 0 && &**name == "authorizer";
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
            _ => match Run::as_scope(value) {
                Some(scope) => to_json(&Value::Map(Rc::clone(scope.map())), depth + 1, budget),
                None => Json::String(printed(value)),
            },
        },
    }
}

/// Whether commons-lang puts a backslash before a printing character.
fn is_escaped(byte: u8) -> bool {
    matches!(byte, b'\'' | b'"' | b'\\' | b'/')
}

/// commons-lang 2.6.
fn escape_java_script(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if matches!(byte, b' '..=0x7f) && !is_escaped(byte) || !text.is_char_boundary(at) {
            continue;
        }
        let Some(c) = text[at..].chars().next() else {
            break;
        };
        out.push_str(&text[from..at]);
        from = at + c.len_utf8();
        match c {
            '\u{8}' => out.push_str("\\b"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            ' '..='\u{7f}' => {
                out.push('\\');
                out.push(c);
            }
            _ => {
                let mut whole = [0; 4];
                for unit in text::units(c.encode_utf8(&mut whole)) {
                    let _ = write!(out, "\\u{unit:04X}");
                }
            }
        }
    }
    out.push_str(&text[from..]);
    out
}

/// `URLEncoder.encode(text, "UTF-8")`: half a surrogate pair becomes `?`.
fn url_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for byte in text::encoded(text.to_owned()).bytes() {
        match byte {
            b' ' => out.push('+'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => {
                out.push(char::from(byte));
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// `URLDecoder.decode(text, "UTF-8")`; `None` for a malformed `%`.
fn url_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        match c {
            '+' => bytes.push(b' '),
            '%' => {
                let digits = rest.get(1..3)?;
                // Java reads the two with Integer.parseInt, which takes a sign, and refuses negative results.
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                rest = &rest[3..];
                continue;
            }
            _ => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = &rest[c.len_utf8()..];
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// `Base64.getDecoder()`: padding may be missing, but not wrong.
fn java_base64(text: &str) -> Option<Vec<u8>> {
    use base64::alphabet;
    use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
    const LOOSE: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    LOOSE.decode(text).ok()
}
