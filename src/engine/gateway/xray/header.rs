//! `X-Amzn-Trace-Id`: `Root=1-{8 hex}-{24 hex};Parent={16 hex};Sampled=0|1|?`.
//!
//! Facts: `spec/xray.md` §3, `spec/rest/logging-metrics-tracing.md` §5.

use http::HeaderValue;

/// The header as it came, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Given<'a> {
    /// What a load balancer puts before the rest: `Self=…`, whole.
    own: Option<&'a str>,
    /// The trace, if it has the form of one.
    pub(super) root: Option<&'a str>,
    pub(super) parent: Option<&'a str>,
    /// What was decided before; nothing for `?` or no word about it.
    pub(super) sampled: Option<bool>,
    /// Everything else, `Lineage=…` for one, which is passed on.
    others: Vec<&'a str>,
}

impl<'a> Given<'a> {
    pub(super) fn parse(header: &'a str) -> Self {
        let mut given = Self::default();
        for part in header.split(';').map(str::trim).filter(|p| !p.is_empty()) {
            match part.split_once('=') {
                Some(("Root", root)) => given.root = Some(root).filter(|r| is_trace_id(r)),
                Some(("Parent", parent)) => given.parent = Some(parent).filter(|p| is_span_id(p)),
                Some(("Sampled", "1")) => given.sampled = Some(true),
                Some(("Sampled", "0")) => given.sampled = Some(false),
                Some(("Sampled", _)) => {}
                Some(("Self", _)) => given.own = Some(part),
                _ => given.others.push(part),
            }
        }
        given
    }

    /// The header for who is called next.
    pub(super) fn onward(&self, root: &str, parent: Option<&str>, sampled: bool) -> HeaderValue {
        let mut text = String::with_capacity(96);
        if let Some(own) = self.own {
            text.push_str(own);
            text.push(';');
        }
        text.push_str("Root=");
        text.push_str(root);
        if let Some(parent) = parent {
            text.push_str(";Parent=");
            text.push_str(parent);
        }
        text.push_str(if sampled { ";Sampled=1" } else { ";Sampled=0" });
        for other in &self.others {
            text.push(';');
            text.push_str(other);
        }
        // It is made of what came in a header, and of digits.
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
    }
}

/// Whether a text is a trace's id.
pub(crate) fn is_trace_id(text: &str) -> bool {
    let mut parts = text.split('-');
    let [version, time, unique, end] = std::array::from_fn(|_| parts.next());
    let hex = |part: Option<&str>, length: usize| {
        part.is_some_and(|p| p.len() == length && p.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    version == Some("1") && hex(time, 8) && hex(unique, 24) && end.is_none()
}

/// Whether a text is the id of a segment or a subsegment.
pub(crate) fn is_span_id(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "1-695735a5-0123456789abcdef01234567";
    const PARENT: &str = "00f067aa0ba902b7";

    #[test]
    fn parts_are_told_apart_whatever_their_order() {
        let text = format!("Self=1-2-3; Sampled=1;Lineage=a:b;Parent={PARENT};Root={ROOT}");
        let given = Given::parse(&text);
        assert_eq!(
            (given.root, given.parent, given.sampled),
            (Some(ROOT), Some(PARENT), Some(true))
        );
        assert_eq!(
            given.onward(ROOT, Some("53995c3f42cd8ad8"), true),
            format!("Self=1-2-3;Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:b")
        );
    }

    #[test]
    fn what_has_no_meaning_counts_as_absent() {
        for (text, sampled) in [
            ("Sampled=0", Some(false)),
            ("Sampled=?", None),
            ("Sampled=", None),
            ("", None),
            (";;", None),
            ("Root=1-5-6;Parent=x", None),
        ] {
            let given = Given::parse(text);
            assert_eq!(
                (given.root, given.parent, given.sampled),
                (None, None, sampled),
                "{text}"
            );
        }
        for text in [
            "",
            "1-695735a5-0123456789abcdef0123456",
            "2-695735a5-0123456789abcdef01234567",
            "1-695735a5-0123456789abcdef01234567-",
            "1-695735ag-0123456789abcdef01234567",
        ] {
            assert!(!is_trace_id(text), "{text}");
        }
    }
}
