//! `$input`, `$util`, `$context`, `$stageVariables` (`spec/vtl.md` §2).

use std::any::Any;
use std::fmt::Write as _;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::java::{Host, Map, MapClass, Printer, Value, json, text};
use crate::jsonpath::{Path, ReadError};

use super::context::context_value;
use super::frame::Layer;
use super::methods::{Called, Method, Property, Thrown};
use super::render::host;
use super::run::{Ran, Run};
use super::tree::{Expr, MethodCall, Part};
use super::{ErrorKind, Names};

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
        layer: &Layer,
        into: &mut Value,
    ) -> Ran<Option<&'p [Part]>> {
        let Some((first, rest)) = parts.split_first() else {
            return Ok(None);
        };
        match (binding, first) {
            (Binding::Context, Part::Property { .. }) if self.context.is_none() => {
                let found = context_value(self.input.context, parts, self.source);
                Ok(found.map(|(value, rest)| {
                    *into = value;
                    rest
                }))
            }
            (Binding::StageVariables, Part::Property { name, property, .. }) => {
                let name = name.of(self.source);
                if *property == Property::Class {
                    return Ok(None);
                }
                let value = self.input.stage_variables.get(name);
                *into = value.map_or(Value::Null, |text| Value::text(&text));
                Ok(Some(rest))
            }
            (Binding::Util, Part::Method(call)) if call.method == Method::EscapeJavaScript => {
                let [argument] = &*call.arguments else {
                    return Ok(None);
                };
                let mut value = [Value::Null];
                self.value_to(argument, layer, &mut value[0])?;
                self.here = call.span;
                match self.util(call.method, &value) {
                    Ok(value) => {
                        *into = value.unwrap_or_default();
                        Ok(Some(rest))
                    }
                    Err(thrown) => self.thrown(thrown, call.span, call.name.of(self.source)),
                }
            }
            (Binding::Input, Part::Method(call)) => Ok(self.input_method(call)?.map(|value| {
                *into = value;
                rest
            })),
            _ => Ok(None),
        }
    }

    fn input_method(&mut self, call: &MethodCall) -> Ran<Option<Value>> {
        if let Some(path) = &call.path {
            self.here = call.span;
            let read = match call.method {
                Method::Path => self.read(Some(path), None),
                _ => self.read_json(Some(path), None),
            };
            return match read {
                Ok(value) => Ok(Some(value.unwrap_or_default())),
                Err(Thrown::Exit(exit)) => Err(exit),
                Err(Thrown::Exception(message)) => self.fail(ErrorKind::Method, call.span, message),
            };
        }
        if let (Method::Params, [Expr::Str(name)]) = (call.method, &*call.arguments) {
            return Ok(Some(self.parameter(name.of(self.source))));
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
    pub(super) fn tool(&mut self, tool: Binding, method: Method, arguments: &[Value]) -> Called {
        if tool == Binding::Util {
            return self.util(method, arguments);
        }
        match (method, arguments) {
            (Method::GetBody, []) => Ok(Some(self.body())),
            (Method::Path, [Value::Str(path)]) => self.read(None, Some(path)),
            (Method::Json, [Value::Str(path)]) => self.read_json(None, Some(path)),
            (Method::Path | Method::Json, [Value::Null]) => Err(Thrown::new("the path is null")),
            (Method::Params, []) => Ok(Some(self.all_params())),
            (Method::Params, [Value::Str(name)]) => Ok(Some(self.parameter(name))),
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
                    (Some(compiled), _) => compiled.is_whole(),
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

    fn util(&mut self, method: Method, arguments: &[Value]) -> Called {
        let [argument] = arguments else {
            return Ok(None);
        };
        if method == Method::EscapeJavaScript {
            let Some(text) = self.text_of(argument).map_err(Thrown::Exit)? else {
                return Ok(None);
            };
            if text.bytes().all(|byte| PLAIN[usize::from(byte)]) {
                return Ok(Some(Value::Str(text)));
            }
            return self.made(escape_java_script(&text));
        }
        let known = matches!(
            method,
            Method::ParseJson
                | Method::UrlEncode
                | Method::UrlDecode
                | Method::Base64Encode
                | Method::Base64Decode
        );
        let text = match argument {
            Value::Str(text) if known => text,
            Value::Null if known => return Err(Thrown::new("the argument is null")),
            _ => return Ok(None),
        };
        self.work(text.len() as u64 / 8).map_err(Thrown::Exit)?;
        match method {
            Method::ParseJson => {
                self.allot(text.len() * 4).map_err(Thrown::Exit)?;
                match json::parse_shared(text) {
                    Ok(value) => Ok(Some(value)),
                    Err(error) => Err(Thrown::Exception(format!("invalid JSON: {error}").into())),
                }
            }
            Method::UrlEncode => self.made(url_encode(text)),
            Method::UrlDecode => match url_decode(text) {
                Some(text) => self.made(text),
                None => Err(Thrown::new(
                    "URLDecoder: a % is not followed by two hexadecimal digits",
                )),
            },
            Method::Base64Encode => self.made(STANDARD.encode(text::encoded(text.to_string()))),
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
}

fn names_map(names: &dyn Names) -> Rc<Map> {
    let map = Map::new(MapClass::Linked);
    names.each(&mut |name, text| {
        map.put(Value::text(name), Value::text(text));
    });
    Rc::new(map)
}

/// The bytes that commons-lang leaves as they are.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0x20;
    while byte < 0x80 {
        plain[byte] = !matches!(byte, 0x22 | 0x27 | 0x2f | 0x5c);
        byte += 1;
    }
    plain
};

/// commons-lang 2.6.
fn escape_java_script(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    loop {
        let mut bytes = rest.bytes();
        let plain = bytes.position(|byte| !PLAIN[usize::from(byte)]);
        let (plain, special) = rest.split_at(plain.unwrap_or(rest.len()));
        out.push_str(plain);
        let mut chars = special.chars();
        let Some(c) = chars.next() else {
            return out;
        };
        rest = chars.as_str();
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
