//! How clients spell the names of headers.
//!
//! Functions and templates see names as the client wrote them (`tEsT-HEADeR`, recorded), but maps of headers keep them in lower
//! case. The few methods that show names look the head up again, which comes along as it was written.

use http::HeaderMap;

use super::headers;

/// Names whose spelling isn't the usual one: in lower case, and as they came.
#[derive(Debug, Default)]
pub(crate) struct Spelling(Vec<(Box<str>, Box<str>)>);

impl Spelling {
    /// A name, given in lower case, as the client wrote it; in its usual spelling where that isn't known.
    pub(crate) fn of<'a>(&'a self, name: &'a str) -> &'a str {
        let own = self.0.iter().find(|(lower, _)| **lower == *name);
        own.map_or_else(|| headers::spelled(name), |(_, spelled)| spelled)
    }

    /// What a head says of the names in `known`. A header that comes more than once is called as it was first.
    pub(super) fn read(head: &[u8], known: &HeaderMap) -> Self {
        let mut own: Vec<(Box<str>, Box<str>)> = Vec::new();
        for line in head.split(|byte| *byte == b'\n') {
            if line.is_empty() || line == b"\r" {
                break;
            }
            let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
            let Ok(name) = std::str::from_utf8(name) else {
                continue;
            };
            let lower = name.to_ascii_lowercase();
            if known.contains_key(&lower)
                && headers::spelled(&lower) != name
                && !own.iter().any(|(seen, _)| **seen == *lower)
            {
                own.push((lower.into(), name.into()));
            }
        }
        Self(own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(names: &[&'static str]) -> HeaderMap {
        let each = names.iter().map(|name| {
            let name = http::HeaderName::from_static(name);
            (name, http::HeaderValue::from_static(""))
        });
        each.collect()
    }

    #[test]
    fn names_are_spelled_as_they_came() {
        let known = known(&["test-header", "accept", "host", "x-body", "content-type"]);
        let head = b"GET / HTTP/1.1\r\nHost: a\r\ntEsT-HEADeR: X-Own: 1\r\naccept:*/*\r\nX-Other: 2\r\nTest-Header: 2\r\n\r\nX-Body: no";
        let spelling = Spelling::read(head, &known);
        let cases = [
            ("test-header", "tEsT-HEADeR"),
            ("accept", "accept"),
            ("host", "Host"),
            // What isn't in the head: the usual spelling.
            ("content-type", "Content-Type"),
            ("x-body", "x-body"),
            ("x-other", "x-other"),
        ];
        for (name, expected) in cases {
            assert_eq!(spelling.of(name), expected);
        }
    }
}
