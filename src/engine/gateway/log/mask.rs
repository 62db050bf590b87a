//! What a log doesn't tell: keys, tokens, signatures; and text beyond what an event may hold.
//!
//! Facts: `spec/rest/logging-metrics-tracing.md` §1.

use std::borrow::Cow;

/// The most bytes of a line; longer ones are cut.
pub(crate) const LINE_LIMIT: usize = 1_024;
const CUT: &str = " [TRUNCATED]";
/// The characters of a secret that stay readable.
const SHOWN: usize = 6;
/// The headers whose values are secret.
const SECRET: [&str; 4] = [
    "authorization",
    "x-api-key",
    "x-amz-security-token",
    "proxy-authorization",
];

/// A secret with all but its last six characters replaced; one that is no longer than that isn't shown at all.
pub(crate) fn masked(secret: &str) -> String {
    let count = secret.chars().count();
    let shown = if count > SHOWN { SHOWN } else { 0 };
    let mut text = "*".repeat(count - shown);
    text.extend(secret.chars().skip(count - shown));
    text
}

/// The value of a header as a log may show it.
pub(crate) fn of_header<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    if SECRET
        .iter()
        .any(|secret| name.eq_ignore_ascii_case(secret))
    {
        Cow::Owned(masked(value))
    } else {
        Cow::Borrowed(value)
    }
}

/// The line, cut where it is longer than `limit` bytes.
pub(crate) fn cut(mut line: String, limit: usize) -> String {
    if line.len() <= limit {
        return line;
    }
    let mut end = limit.saturating_sub(CUT.len());
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    line.truncate(end);
    line.push_str(CUT);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_keep_their_last_six_characters() {
        let cases = [
            ("", ""),
            ("abc", "***"),
            ("abcdef", "******"),
            ("abcdefg", "*bcdefg"),
            ("zzzzä23456", "****ä23456"),
        ];
        for (secret, expected) in cases {
            assert_eq!(masked(secret), expected);
        }
        assert_eq!(of_header("AUTHORIZATION", "Bearer 123456"), "*******123456");
        assert_eq!(of_header("X-Api-Keys", "plain"), "plain");
    }

    #[test]
    fn a_line_is_never_longer_than_its_limit_and_stays_text() {
        for length in 1_000..1_100 {
            for prefix in ["", "x"] {
                let line = format!("{prefix}{}", "ä".repeat(length / 2));
                let cut = cut(line.clone(), LINE_LIMIT);
                assert!(cut.len() <= LINE_LIMIT);
                assert_eq!(cut == line, line.len() <= LINE_LIMIT);
                assert_eq!(cut.ends_with(CUT), line.len() > LINE_LIMIT);
            }
        }
    }
}
