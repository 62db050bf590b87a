//! How the names of headers are spelled in answers.
//!
//! HTTP doesn't care, but people and some scripts do, and what AWS sends is recorded: its own names have a spelling that never changes, and
//! what an API's author or a function calls a header keeps theirs (`tesT-Multi`).

use http::HeaderName;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

/// Names that aren't spelled as usual.
pub(crate) type Spellings = Vec<(HeaderName, Box<str>)>;

/// A name as AWS spells it where the name is its own; any other in lower case, as names are kept.
pub(crate) fn usual(name: &HeaderName) -> &str {
    if *name == CONTENT_TYPE {
        return "Content-Type";
    }
    if *name == CONTENT_ENCODING {
        return "Content-Encoding";
    }
    let text = name.as_str();
    match text.strip_prefix("x-amzn-") {
        Some("trace-id") => "X-Amzn-Trace-Id",
        Some("errortype") => "x-amzn-ErrorType",
        Some("requestid") => "x-amzn-RequestId",
        Some("remapped-connection") => "x-amzn-Remapped-Connection",
        Some("remapped-content-length") => "x-amzn-Remapped-Content-Length",
        Some("remapped-date") => "x-amzn-Remapped-Date",
        Some("remapped-server") => "x-amzn-Remapped-Server",
        Some("remapped-x-amzn-requestid") => "x-amzn-Remapped-x-amzn-RequestId",
        _ => text,
    }
}

/// A name as it is written.
pub(crate) fn written<'a>(
    name: &'a HeaderName,
    spellings: &'a [(HeaderName, Box<str>)],
) -> &'a str {
    let own = spellings.iter().find(|(spelled, _)| spelled == name);
    own.map_or_else(|| usual(name), |(_, spelled)| spelled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_as_aws_or_their_author_does() {
        let own: Spellings = vec![(HeaderName::from_static("x-own"), "X-oWn".into())];
        for expected in [
            "Content-Type",
            "X-Amzn-Trace-Id",
            "x-amzn-ErrorType",
            "x-amzn-RequestId",
            "x-amz-apigw-id",
            "x-amzn-Remapped-Date",
            "x-amzn-other",
            "X-oWn",
            "x-other",
        ] {
            let name = HeaderName::try_from(expected).unwrap();
            assert_eq!(written(&name, &own), expected);
        }
    }
}
