//! JSON as json-smart reads it in its permissive mode, and as it writes it.
//!
//! Reading forgives nearly everything: words without quotes are strings (`a=b`), single quotes count, commas may be too many, what
//! follows the first value is ignored; only an unfinished `{`, `[` or string fails (`spec/vtl.md` §2).

mod read;
mod write;

use std::fmt;

use super::spare::Spare;
use super::{Str, Value};

/// Text that isn't JSON, not even loosely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// Byte offset where reading failed.
    pub at: usize,
    /// What is wrong there.
    pub problem: &'static str,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at position {}", self.problem, self.at)
    }
}

impl std::error::Error for JsonError {}

/// Reads one value.
pub fn parse(text: &str) -> Result<Value, JsonError> {
    Spare::lent(|spare| {
        let source = spare.copied(text);
        read::read(&source, spare)
    })
}

/// Reads one value; its strings are parts of `source`.
pub fn parse_shared(source: &Str) -> Result<Value, JsonError> {
    Spare::lent(|spare| read::read(source, spare))
}

/// How strings are escaped when written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As `$input.json` writes.
    Plain,
    /// As a list prints: `/` is escaped too.
    Web,
}

#[cfg(test)]
mod tests {
    use super::super::Printer;
    use super::*;

    fn show(json: &str) -> String {
        match parse(json) {
            Ok(value) => {
                let mut out = String::new();
                Printer::new(&mut out, 10_000)
                    .json(&value, Style::Plain)
                    .unwrap();
                format!("{} {out}", value.class_name().rsplit('.').next().unwrap())
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn loose_json_reads_as_json_smart_reads_it() {
        for (json, want) in [
            (
                r#"{"a":1,"b":[1,2.5,"x"],}"#,
                r#"LinkedHashMap {"a":1,"b":[1,2.5,"x"]}"#,
            ),
            ("a=b", r#"String "a=b""#),
            ("{statusCode: 200}", r#"LinkedHashMap {"statusCode":200}"#),
            ("{a:b c,'d':\"e\"}", r#"LinkedHashMap {"a":"b c","d":"e"}"#),
            ("null{", r#"String "null{""#),
            ("[a", "Unexpected End Of File at position 2"),
            ("{a", "Unexpected End Of File at position 2"),
            ("[1,,2]", "JSONArray [1,2]"),
            ("007", "Integer 7"),
            ("3000000000", "Long 3000000000"),
            ("12345678901234567890", "BigInteger 12345678901234567890"),
            (
                "0.12345678901234567890",
                "BigDecimal 0.12345678901234567890",
            ),
            ("1e3", "Double 1000.0"),
            (r#""\u00e9\x41\q/""#, r#"String "éA/""#),
            ("1 2", r#"String "1 2""#),
            ("\"a\" rest", r#"String "a""#),
            ("-", "Integer 0"),
            ("", r#"String """#),
        ] {
            assert_eq!(show(json), want, "{json}");
        }
    }
}
