//! Binary media types and `contentHandling`: what becomes of a body between client and integration.
//!
//! Facts: `spec/rest/integrations.md` §5 (both tables agree with every recorded combination).

use std::borrow::Cow;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};

use super::exchange::{Exchange, as_text};
use super::failure::Failure;
use super::mapping::media_type;
use super::record::What;
use crate::engine::message::Fields;
use crate::model::ContentHandling;

/// The API's `binaryMediaTypes`.
#[derive(Debug, Default)]
pub(crate) struct BinaryTypes(Box<[Box<str>]>);

impl BinaryTypes {
    pub(crate) fn compile(types: &[String]) -> Self {
        Self(
            types
                .iter()
                .map(|t| t.to_ascii_lowercase().into())
                .collect(),
        )
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether bodies of this media type are binary; `*/*` and `image/*` stand for all and for a family.
    pub(crate) fn matches(&self, media_type: &str) -> bool {
        self.0.iter().any(|listed| match listed.strip_suffix('*') {
            Some("*/") => true,
            Some(family) => media_type
                .get(..family.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(family)),
            None => listed.eq_ignore_ascii_case(media_type),
        })
    }

    /// Whether a Lambda proxy's base64 answer is decoded for a client that accepts `media_type` first: by what is listed word for
    /// word or a listed `*/*` (`spec/rest/lambda-proxy.md`, open between the documentation and the recordings).
    pub(crate) fn decodes(&self, media_type: &str) -> bool {
        let matches = |listed: &str| listed == "*/*" || listed.eq_ignore_ascii_case(media_type);
        self.0.iter().any(|listed| matches(listed))
    }
}

/// What is done to a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Conversion {
    /// It is text: what isn't UTF-8 becomes U+FFFD.
    #[default]
    Text,
    /// It stays as it is.
    Bytes,
    /// From base64 to bytes.
    Decode,
    /// From bytes to base64.
    Encode,
}

impl Conversion {
    /// On the way to the integration; `binary` tells whether the content type is.
    pub(crate) const fn of_request(binary: bool, handling: Option<ContentHandling>) -> Self {
        use ContentHandling::{ConvertToBinary, ConvertToText};
        match (binary, handling) {
            (false, None | Some(ConvertToText)) => Self::Text,
            (false, Some(ConvertToBinary)) => Self::Decode,
            (true, None | Some(ConvertToBinary)) => Self::Bytes,
            (true, Some(ConvertToText)) => Self::Encode,
        }
    }

    /// On the way to the client; `payload` tells whether the content type of the integration's answer is binary, `accepted` whether
    /// the first media type that the client accepts is.
    pub(crate) const fn of_response(
        payload: bool,
        accepted: bool,
        handling: Option<ContentHandling>,
    ) -> Self {
        use ContentHandling::{ConvertToBinary, ConvertToText};
        match (payload, accepted, handling) {
            (false, false, None) | (false, _, Some(ConvertToText)) => Self::Text,
            (false, true, None) | (false, _, Some(ConvertToBinary)) => Self::Decode,
            (true, true, None) | (true, _, Some(ConvertToBinary)) => Self::Bytes,
            (true, false, None) | (true, _, Some(ConvertToText)) => Self::Encode,
        }
    }

    /// Whether the outcome is text, which templates can read.
    pub(crate) const fn gives_text(self) -> bool {
        matches!(self, Self::Text | Self::Encode)
    }

    /// Whether the body must be there as a whole.
    pub(crate) const fn needs_whole(self) -> bool {
        matches!(self, Self::Decode | Self::Encode)
    }

    pub(crate) fn apply(self, body: Bytes) -> Result<Bytes, Failure> {
        match self {
            Self::Text => Ok(as_text(body)),
            Self::Bytes => Ok(body),
            Self::Encode => Ok(BASE64_STANDARD.encode(&body).into()),
            // The status is recorded, in both directions.
            Self::Decode => BASE64_STANDARD.decode(&body).map(Bytes::from).map_err(|error| {
                Failure::configuration(format!(
                    "Execution failed due to configuration error: Unable to base64 decode the body: {error}"
                ))
            }),
        }
    }

    const fn how(self) -> &'static str {
        match self {
            Self::Text => "bytes to text",
            Self::Bytes => "bytes as they are",
            Self::Decode => "base64 to bytes",
            Self::Encode => "bytes to base64",
        }
    }
}

/// Decides what becomes of the client's body; its method is known.
pub(crate) fn of_request(x: &Exchange) -> Conversion {
    let types = &x.side().deployment.binary;
    let handling = x.integration().and_then(|i| i.content_handling);
    if types.is_empty() && handling.is_none() {
        return Conversion::Text;
    }
    let kind = media_type(x.request.headers.get(CONTENT_TYPE));
    let binary = types.matches(kind);
    let conversion = Conversion::of_request(binary, handling);
    note(
        x,
        conversion,
        false,
        &[("Content-Type", kind, binary)],
        handling,
    );
    conversion
}

/// Converts the client's body, which was read, for its integration.
pub(crate) fn convert_request(x: &mut Exchange) -> Result<(), Failure> {
    let body = std::mem::take(&mut x.request.body);
    x.request.body = x.conversion.apply(body)?;
    Ok(())
}

/// Decides what becomes of an integration's answer with these headers.
pub(crate) fn of_answer(
    x: &Exchange,
    headers: &Fields,
    handling: Option<ContentHandling>,
) -> Conversion {
    let types = &x.side().deployment.binary;
    if types.is_empty() && handling.is_none() {
        return Conversion::Text;
    }
    let kind = media_type(headers.get(CONTENT_TYPE));
    let accepted = media_type(x.request.headers.get(ACCEPT));
    let (payload, wanted) = (types.matches(kind), types.matches(accepted));
    let conversion = Conversion::of_response(payload, wanted, handling);
    let said = [
        ("the answer's Content-Type", kind, payload),
        ("Accept", accepted, wanted),
    ];
    note(x, conversion, true, &said, handling);
    conversion
}

fn note(
    x: &Exchange,
    conversion: Conversion,
    response: bool,
    said: &[(&str, &str, bool)],
    handling: Option<ContentHandling>,
) {
    x.record.note(|| {
        let mut reasons: Vec<Cow<'_, str>> = said
            .iter()
            .map(|(what, kind, binary)| {
                let is = if *binary { "is binary" } else { "is text" };
                format!("{what} {kind} {is}").into()
            })
            .collect();
        reasons.push(match handling {
            None => "no contentHandling".into(),
            Some(ContentHandling::ConvertToBinary) => "contentHandling CONVERT_TO_BINARY".into(),
            Some(ContentHandling::ConvertToText) => "contentHandling CONVERT_TO_TEXT".into(),
        });
        What::Converted {
            response,
            how: conversion.how(),
            reason: reasons.join(", "),
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use ContentHandling::{ConvertToBinary, ConvertToText};

    #[test]
    fn listed_types_match_by_name_family_or_all() {
        let of = |types: &[&str]| {
            let types: Vec<String> = types.iter().map(ToString::to_string).collect();
            BinaryTypes::compile(&types)
        };
        let cases = [
            (&["image/png"][..], "image/png", true),
            (&["Image/PNG"], "image/png", true),
            (&["image/png"], "IMAGE/png", true),
            (&["image/png"], "image/jpeg", false),
            (&["image/png"], "*/*", false),
            (&["image/*"], "image/jpeg", true),
            (&["image/*"], "application/pdf", false),
            (&["image/*"], "imag", false),
            (&["a/b", "*/*"], "x/y", true),
            (&[], "image/png", false),
            // Recorded as a type that can be listed; no body has it.
            (&["-"], "image/png", false),
        ];
        for (types, kind, matches) in cases {
            assert_eq!(of(types).matches(kind), matches, "{types:?} {kind}");
        }
        assert!(of(&["image/png"]).decodes("image/png"));
        assert!(of(&["*/*"]).decodes("image/png"));
        assert!(!of(&["image/*"]).decodes("image/png"));
    }

    /// The whole table of requests: payload's kind, contentHandling → outcome.
    #[test]
    fn the_request_matrix_is_the_services() {
        let table = [
            (false, None, Conversion::Text),
            (false, Some(ConvertToBinary), Conversion::Decode),
            (false, Some(ConvertToText), Conversion::Text),
            (true, None, Conversion::Bytes),
            (true, Some(ConvertToBinary), Conversion::Bytes),
            (true, Some(ConvertToText), Conversion::Encode),
        ];
        for (binary, handling, expected) in table {
            assert_eq!(
                Conversion::of_request(binary, handling),
                expected,
                "{binary} {handling:?}"
            );
        }
    }

    /// The whole table of answers: payload's kind, accepted kind, contentHandling → outcome.
    #[test]
    fn the_response_matrix_is_the_services() {
        let table = [
            (false, false, None, Conversion::Text),
            (false, false, Some(ConvertToText), Conversion::Text),
            (false, false, Some(ConvertToBinary), Conversion::Decode),
            (false, true, None, Conversion::Decode),
            (false, true, Some(ConvertToBinary), Conversion::Decode),
            (false, true, Some(ConvertToText), Conversion::Text),
            (true, false, None, Conversion::Encode),
            (true, false, Some(ConvertToText), Conversion::Encode),
            (true, false, Some(ConvertToBinary), Conversion::Bytes),
            (true, true, None, Conversion::Bytes),
            (true, true, Some(ConvertToBinary), Conversion::Bytes),
            (true, true, Some(ConvertToText), Conversion::Encode),
        ];
        for (payload, accepted, handling, expected) in table {
            assert_eq!(
                Conversion::of_response(payload, accepted, handling),
                expected,
                "{payload} {accepted} {handling:?}"
            );
        }
    }

    #[test]
    fn conversions_do_what_they_say() {
        let bytes = || Bytes::from_static(b"a\xff");
        assert_eq!(Conversion::Text.apply(bytes()).unwrap(), "a\u{fffd}");
        assert_eq!(Conversion::Bytes.apply(bytes()).unwrap(), bytes());
        assert_eq!(Conversion::Encode.apply(bytes()).unwrap(), "Yf8=");
        assert_eq!(
            Conversion::Decode
                .apply(Bytes::from_static(b"Yf8="))
                .unwrap(),
            bytes()
        );
        let failed = Conversion::Decode.apply(bytes()).unwrap_err();
        assert_eq!(failed.kind.default_status(), Some(500));
    }
}
