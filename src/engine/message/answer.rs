//! An answer on its way to the client.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};

use super::Fields;

use super::names::Spellings;

/// An answer: its head, as far as its author decides about it, and its body.
///
/// Header lines that are the same for every answer of a kind, or that are made as text, need not become a map and text again.
#[derive(Debug)]
pub struct Answer<B> {
    pub(crate) status: StatusCode,
    /// Header lines that are written as they are: `name: value`, each with its line's end.
    pub(crate) lines: [Bytes; 2],
    /// Further headers.
    pub(crate) headers: Fields,
    /// Those of them that aren't spelled as usual.
    pub(crate) spellings: Spellings,
    pub(crate) body: B,
}

impl<B> Answer<B> {
    /// The same answer with another body.
    pub(crate) fn map<C>(self, body: impl FnOnce(B) -> C) -> Answer<C> {
        Answer {
            status: self.status,
            lines: self.lines,
            headers: self.headers,
            spellings: self.spellings,
            body: body(self.body),
        }
    }
}

impl<B> From<Response<B>> for Answer<B> {
    fn from(response: Response<B>) -> Self {
        let (head, body) = response.into_parts();
        Self {
            status: head.status,
            lines: [const { Bytes::new() }; 2],
            headers: Fields::from(&head.headers),
            spellings: Spellings::new(),
            body,
        }
    }
}

/// For whoever writes answers as the HTTP library has them.
impl<B> From<Answer<B>> for Response<B> {
    fn from(answer: Answer<B>) -> Self {
        let mut response = Self::new(answer.body);
        *response.status_mut() = answer.status;
        let headers = response.headers_mut();
        for (name, value) in answer.headers {
            headers.append(name, value);
        }
        for lines in &answer.lines {
            for line in lines.split(|b| *b == b'\n') {
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                let Some(colon) = line.iter().position(|b| *b == b':') else {
                    continue;
                };
                let value = line[colon + 1..].trim_ascii();
                if let (Ok(name), Ok(value)) = (
                    HeaderName::from_bytes(&line[..colon]),
                    HeaderValue::from_bytes(value),
                ) {
                    headers.append(name, value);
                }
            }
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_headers() {
        let mut headers = Fields::new();
        headers.insert(
            HeaderName::from_static("x-own"),
            HeaderValue::from_static("1"),
        );
        let answer = Answer {
            status: StatusCode::CREATED,
            lines: [
                Bytes::from_static(b"A: b:c\r\nx-d: \r\n"),
                Bytes::from_static(b"a: e\r\n"),
            ],
            headers,
            spellings: Spellings::new(),
            body: (),
        };
        let response = Response::from(answer);
        assert_eq!(response.status(), 201);
        let values: Vec<_> = response.headers().get_all("a").iter().collect();
        assert_eq!(values, ["b:c", "e"]);
        assert_eq!(response.headers()["x-d"], "");
        assert_eq!(response.headers()["x-own"], "1");
    }
}
