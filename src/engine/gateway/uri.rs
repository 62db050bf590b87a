//! Integration URIs with their placeholders: `https://${stageVariables.host}/pets/{petId}`.

use std::sync::Arc;

use super::trust::Trust;

/// A piece of an integration's URI.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(Box<str>),
    /// `{name}`: what `integration.request.path.{name}` maps.
    Path(Box<str>),
    /// `${stageVariables.name}`
    Variable(Box<str>),
}

/// An integration's URI, taken apart once.
#[derive(Clone, Debug)]
pub(crate) struct UriTemplate {
    parts: Vec<Part>,
    /// The address, when neither placeholder stands in it.
    fixed: Option<Address>,
    /// The whole, when there is no placeholder at all.
    constant: Option<Endpoint>,
}

/// Where a backend is reached: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// `https://host:port`, what tells connections apart.
    pub(crate) origin: Arc<str>,
    pub(crate) tls: bool,
    /// Where the host ends in `origin`'s authority.
    host: (usize, usize),
    pub(crate) port: u16,
    /// The value of the Host header: the port only where it isn't the scheme's own.
    pub(crate) authority: http::HeaderValue,
    pub(crate) trust: Trust,
}

impl Address {
    /// Reads `scheme://authority`; nothing when it isn't an address of HTTP.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let tls = match scheme {
            s if s.eq_ignore_ascii_case("http") => false,
            s if s.eq_ignore_ascii_case("https") => true,
            _ => return None,
        };
        // User information is of no use to the gateway and would otherwise end up in the Host header.
        let authority = authority.rsplit('@').next()?;
        let parsed: http::uri::Authority = authority.parse().ok()?;
        let host = parsed.host();
        if host.is_empty() {
            return None;
        }
        let own = if tls { 443 } else { 80 };
        let port = match parsed.as_str().strip_prefix(host)?.strip_prefix(':') {
            Some(port) => port.parse().ok()?,
            None => own,
        };
        let start = if tls {
            "https://".len()
        } else {
            "http://".len()
        };
        let origin = format!("{}://{host}:{port}", if tls { "https" } else { "http" });
        let authority = if port == own {
            host.to_owned()
        } else {
            format!("{host}:{port}")
        };
        Some(Self {
            origin: origin.into(),
            tls,
            host: (start, start + host.len()),
            port,
            authority: authority.try_into().ok()?,
            trust: Trust::default(),
        })
    }

    /// The same address, reached with other certificates: connections to it are told apart from those without.
    pub(crate) fn trusting(&self, trust: Trust) -> Self {
        Self {
            origin: format!("{}{}", self.origin, trust.suffix()).into(),
            trust,
            ..self.clone()
        }
    }

    /// The host, without the brackets of an IPv6 literal.
    pub(crate) fn host(&self) -> &str {
        self.origin
            .get(self.host.0..self.host.1)
            .unwrap_or_default()
            .trim_matches(['[', ']'])
    }
}

/// A URI with its placeholders filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) address: Address,
    /// Path and query, from the slash on.
    pub(crate) path: String,
}

impl UriTemplate {
    /// Takes a URI apart. Braces that enclose no placeholder stay as they are.
    pub(crate) fn parse(text: &str) -> Self {
        const VARIABLE: &str = "${stageVariables.";
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let part = if let Some(after) = rest.strip_prefix(VARIABLE) {
                after.find('}').map(|end| {
                    let name = after[..end].into();
                    (Part::Variable(name), VARIABLE.len() + end + 1)
                })
            } else if next == '{' {
                rest.find('}').map(|end| {
                    let name = rest[1..end].trim_end_matches('+');
                    (Part::Path(name.into()), end + 1)
                })
            } else {
                None
            };
            if let Some((part, length)) = part {
                if !literal.is_empty() {
                    parts.push(Part::Literal(std::mem::take(&mut literal).into()));
                }
                parts.push(part);
                rest = &rest[length..];
            } else {
                literal.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal.into()));
        }
        let fixed = match parts.as_slice() {
            [Part::Literal(text)] => Address::parse(split(text).0),
            [Part::Literal(text), ..] if !split(text).1.is_empty() => Address::parse(split(text).0),
            _ => None,
        };
        let mut template = Self {
            parts,
            fixed,
            constant: None,
        };
        if let [] | [Part::Literal(_)] = template.parts.as_slice() {
            template.constant = template.endpoint(|_| None, |_| None);
        }
        template
    }

    /// The whole, when it is an address of HTTP without placeholders.
    pub(crate) fn constant(&self) -> Option<Endpoint> {
        self.constant.clone()
    }

    /// The text with its placeholders filled in. What isn't given is left empty.
    pub(crate) fn text(
        &self,
        mut path: impl FnMut(&str) -> Option<String>,
        mut variable: impl FnMut(&str) -> Option<String>,
    ) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Variable(name) => text.push_str(&variable(name).unwrap_or_default()),
                Part::Path(name) => encode_into(&mut text, &path(name).unwrap_or_default()),
            }
        }
        text
    }

    /// The URI with its placeholders filled in. What isn't given is left empty. Nothing when that is no address of HTTP.
    pub(crate) fn endpoint(
        &self,
        path: impl FnMut(&str) -> Option<String>,
        variable: impl FnMut(&str) -> Option<String>,
    ) -> Option<Endpoint> {
        if let Some(constant) = &self.constant {
            return Some(constant.clone());
        }
        let text = self.text(path, variable);
        let (front, path) = split(&text);
        let address = match &self.fixed {
            Some(address) => address.clone(),
            None => Address::parse(front)?,
        };
        // A fragment is for the client that holds the URI and never sent.
        let path = path.split('#').next().unwrap_or_default();
        let mut encoded = String::with_capacity(path.len() + 1);
        if !path.starts_with('/') {
            encoded.push('/');
        }
        for c in path.chars() {
            // What a request line can't hold, should a stage variable or the author have written it.
            if c.is_ascii_graphic()
                && !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '}' | '|')
            {
                encoded.push(c);
            } else {
                push_encoded(&mut encoded, c);
            }
        }
        Some(Endpoint {
            address,
            path: encoded,
        })
    }
}

/// `scheme://authority` and the rest, which starts with `/`, `?` or `#`.
fn split(uri: &str) -> (&str, &str) {
    let from = uri.find("://").map_or(0, |at| at + 3);
    let end = uri[from..]
        .find(['/', '?', '#'])
        .map_or(uri.len(), |at| from + at);
    uri.split_at(end)
}

/// Appends a path parameter's value. Values come from the path still encoded, so `%2B` stays; everything that may not stand in a path
/// is encoded, the slashes of a greedy value are not.
fn encode_into(out: &mut String, value: &str) {
    let bytes = value.as_bytes();
    for (i, c) in value.char_indices() {
        let keep = match c {
            '%' => bytes
                .get(i + 1..i + 3)
                .is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)),
            '-' | '.' | '_' | '~' | '!' | '$' | '&' | '\'' | '(' | ')' | '*' | '+' | ',' | ';'
            | '=' | ':' | '@' | '/' => true,
            c => c.is_ascii_alphanumeric(),
        };
        if keep {
            out.push(c);
        } else {
            push_encoded(out, c);
        }
    }
}

fn push_encoded(out: &mut String, c: char) {
    let mut buffer = [0; 4];
    for &byte in c.encode_utf8(&mut buffer).as_bytes() {
        out.push_str(percent_encoding::percent_encode_byte(byte));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(template: &str) -> Option<(String, String, String)> {
        let path = |name: &str| match name {
            "id" => Some("a b%2Bc".to_owned()),
            "proxy" => Some("x//y?".to_owned()),
            _ => None,
        };
        let variable = |name: &str| match name {
            "host" => Some("dev.example.com:8080".to_owned()),
            "path" => Some("v1/ü".to_owned()),
            _ => None,
        };
        let found = UriTemplate::parse(template).endpoint(path, variable)?;
        let authority = found.address.authority.to_str().unwrap().to_owned();
        Some((found.address.origin.to_string(), authority, found.path))
    }

    #[test]
    fn placeholders_are_filled_wherever_they_stand() {
        let cases = [
            ("http://h", Some(("http://h:80", "h", "/"))),
            ("https://h?x=1", Some(("https://h:443", "h", "/?x=1"))),
            ("HTTP://h:8080/a", Some(("http://h:8080", "h:8080", "/a"))),
            (
                "http://h/p/{id}",
                Some(("http://h:80", "h", "/p/a%20b%2Bc")),
            ),
            ("http://h/{proxy}", Some(("http://h:80", "h", "/x//y%3F"))),
            (
                "http://h/{proxy+}/z",
                Some(("http://h:80", "h", "/x//y%3F/z")),
            ),
            (
                "http://h/?q={id}&r={gone}",
                Some(("http://h:80", "h", "/?q=a%20b%2Bc&r=")),
            ),
            (
                "http://${stageVariables.host}/${stageVariables.path}",
                Some((
                    "http://dev.example.com:8080",
                    "dev.example.com:8080",
                    "/v1/%C3%BC",
                )),
            ),
            (
                "http://x.${stageVariables.host}",
                Some((
                    "http://x.dev.example.com:8080",
                    "x.dev.example.com:8080",
                    "/",
                )),
            ),
            ("http://h/a#b", Some(("http://h:80", "h", "/a"))),
            ("http://u:p@h/a", Some(("http://h:80", "h", "/a"))),
            (
                "http://[::1]:9/a",
                Some(("http://[::1]:9", "[::1]:9", "/a")),
            ),
            ("http://${stageVariables.gone}/a", None),
            ("ftp://h/a", None),
            ("h/a", None),
            ("http://h:99999/a", None),
        ];
        for (template, expected) in cases {
            let expected = expected.map(|(o, a, p)| (o.to_owned(), a.to_owned(), p.to_owned()));
            assert_eq!(endpoint(template), expected, "{template}");
        }
    }

    proptest::proptest! {
        /// Whatever a URI and its parameters are, what comes out can be a request's path.
        #[test]
        fn any_uri_makes_a_path_or_nothing(tail in "[a/?#{}$%é \\u{1}]{0,16}", value in "[a/%2é?# ]{0,8}") {
            let template = UriTemplate::parse(&format!("http://h/{tail}{{id}}"));
            let endpoint = template.endpoint(|_| Some(value.clone()), |_| Some(value.clone())).unwrap();
            let parsed = endpoint.path.parse::<http::uri::PathAndQuery>();
            proptest::prop_assert!(parsed.is_ok(), "{}", endpoint.path);
        }
    }

    #[test]
    fn a_host_loses_its_brackets() {
        let found = UriTemplate::parse("http://[::1]:9/a").endpoint(|_| None, |_| None);
        assert_eq!(found.unwrap().address.host(), "::1");
    }
}
