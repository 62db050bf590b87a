//! Source expressions of parameter mappings: `method.request.header.x`, `context.requestId`, `'static'`.
//!
//! Facts: `spec/rest/integrations.md` §2, §4; `spec/rest/validation.md` §3.

use std::borrow::Cow;

use super::exchange::Exchange;
use super::json;

/// Where a mapped value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Static(Box<str>),
    Path(Box<str>),
    Query { name: Box<str>, all: bool },
    Header { name: Box<str>, all: bool },
    Body,
    BodyAt(Box<str>),
    BackendHeader { name: Box<str>, all: bool },
    BackendBody,
    BackendBodyAt(Box<str>),
    StageVariable(Box<str>),
    Context(Box<str>),
}

impl Source {
    /// Reads an expression; nothing when it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(text) = text.strip_prefix('\'').and_then(|t| t.strip_suffix('\'')) {
            return Some(Self::Static(text.into()));
        }
        let single = |rest: &str| (!rest.is_empty()).then(|| Box::<str>::from(rest));
        let (root, rest) = text.split_once('.')?;
        match root {
            "stageVariables" => single(rest).map(Self::StageVariable),
            "context" => single(rest).map(Self::Context),
            "method" => {
                let rest = rest.strip_prefix("request.")?;
                if rest == "body" {
                    return Some(Self::Body);
                }
                let (kind, name) = rest.split_once('.')?;
                let name = single(name)?;
                Some(match kind {
                    "path" => Self::Path(name),
                    "querystring" => Self::Query { name, all: false },
                    "multivaluequerystring" => Self::Query { name, all: true },
                    "header" => Self::header(&name, false),
                    "multivalueheader" => Self::header(&name, true),
                    "body" => Self::BodyAt(name),
                    _ => return None,
                })
            }
            "integration" => {
                let rest = rest.strip_prefix("response.")?;
                if rest == "body" {
                    return Some(Self::BackendBody);
                }
                let (kind, name) = rest.split_once('.')?;
                let name = single(name)?;
                let lower = || name.to_ascii_lowercase().into();
                Some(match kind {
                    "header" => Self::BackendHeader {
                        name: lower(),
                        all: false,
                    },
                    "multivalueheader" => Self::BackendHeader {
                        name: lower(),
                        all: true,
                    },
                    "body" => Self::BackendBodyAt(name),
                    _ => return None,
                })
            }
            _ => None,
        }
    }

    fn header(name: &str, all: bool) -> Self {
        Self::Header {
            name: name.to_ascii_lowercase().into(),
            all,
        }
    }

    /// Calls `each` with every value; not at all when the source isn't there. `multivalue…` sources may have several, all others
    /// have one: of a repeated header or query parameter the last.
    pub(crate) fn each(&self, x: &Exchange, each: &mut dyn FnMut(&str)) {
        let mut one = |value: Option<Cow<'_, str>>| {
            if let Some(value) = value {
                each(&value);
            }
        };
        match self {
            Self::Static(text) => each(text),
            Self::Path(name) => one(x.path_parameter(name).map(Cow::Borrowed)),
            Self::Query { name, all: false } => one(x.query_value(name).map(Cow::Borrowed)),
            Self::Query { name, all: true } => {
                for (n, value) in x.query() {
                    if n == &**name {
                        each(value);
                    }
                }
            }
            Self::Header { name, all: false } => one(x.header_value(name)),
            Self::Header { name, all: true } => x.header_values(name, each),
            Self::Body => each(x.body_text()),
            Self::BodyAt(path) => one(json::read(path, x.body_text()).map(Cow::Owned)),
            Self::BackendHeader { name, all } => {
                let Some(backend) = &x.backend else { return };
                let mut values = backend.headers.get_all(&**name);
                if *all {
                    values.for_each(|v| each(&String::from_utf8_lossy(v.as_bytes())));
                } else {
                    one(values
                        .next_back()
                        .map(|v| String::from_utf8_lossy(v.as_bytes())));
                }
            }
            Self::BackendBody => one(x.backend.as_ref().map(|b| Cow::Borrowed(b.text()))),
            Self::BackendBodyAt(path) => one(x
                .backend
                .as_ref()
                .and_then(|b| json::read(path, b.text()))
                .map(Cow::Owned)),
            Self::StageVariable(name) => {
                one(x
                    .stage_variables()
                    .get(&**name)
                    .map(|v| Cow::Borrowed(v.as_str())));
            }
            Self::Context(name) => one(x.context_text(name)),
        }
    }

    /// The value, if there is one; of several the last.
    pub(crate) fn value(&self, x: &Exchange) -> Option<String> {
        let mut last = None;
        self.each(x, &mut |value| last = Some(value.to_owned()));
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_as_the_service_writes_them() {
        let all = |name: &str, all| (Box::<str>::from(name), all);
        let header = |(name, all)| Source::Header { name, all };
        let query = |(name, all)| Source::Query { name, all };
        let cases = [
            (
                "'a static, with spaces'",
                Some(Source::Static("a static, with spaces".into())),
            ),
            ("''", Some(Source::Static("".into()))),
            (
                "method.request.path.petId",
                Some(Source::Path("petId".into())),
            ),
            (
                "method.request.querystring.a.b",
                Some(query(all("a.b", false))),
            ),
            (
                "method.request.multivaluequerystring.q",
                Some(query(all("q", true))),
            ),
            (
                "method.request.header.X-Foo",
                Some(header(all("x-foo", false))),
            ),
            (
                "method.request.multivalueheader.X-Foo",
                Some(header(all("x-foo", true))),
            ),
            ("method.request.body", Some(Source::Body)),
            (
                "method.request.body.a.b[0]",
                Some(Source::BodyAt("a.b[0]".into())),
            ),
            (
                "integration.response.body.x",
                Some(Source::BackendBodyAt("x".into())),
            ),
            ("integration.response.body", Some(Source::BackendBody)),
            (
                "integration.response.header.ETag",
                Some(Source::BackendHeader {
                    name: "etag".into(),
                    all: false,
                }),
            ),
            (
                "stageVariables.host",
                Some(Source::StageVariable("host".into())),
            ),
            (
                "context.identity.sourceIp",
                Some(Source::Context("identity.sourceIp".into())),
            ),
            ("true", None),
            ("method.request.cookie.x", None),
            ("method.request.path.", None),
            ("stageVariables.", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Source::parse(text), expected, "{text}");
        }
    }
}
