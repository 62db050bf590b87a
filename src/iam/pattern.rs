//! Patterns of a policy: wildcards, policy variables, and how far a wildcard reaches in an ARN.
//!
//! Source: `spec/iam-policy.md` §2 and page "IAM JSON policy elements: Resource" ("If the `*` wildcard is the last character of a
//! resource ARN segment, it can expand to match beyond the colon boundaries").

use std::borrow::Cow;

use super::keys::Keys;

/// What a pattern is for: decides what its wildcards mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// `service:Name`, letters' case aside.
    Action,
    /// The `Resource` element.
    Resource,
    /// `StringEquals`: no wildcards.
    Text,
    /// `StringLike`.
    Like,
    /// `ArnLike`: each of the six parts by itself.
    Arn,
}

/// A compiled pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    tokens: Box<[Token]>,
    ignore_case: bool,
    has_variables: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Text(Box<str>),
    /// Any run of characters.
    Any,
    /// Any run of characters but colons.
    Run,
    /// One character.
    One,
    /// One character, no colon.
    OneInside,
    Variable {
        /// In lower case.
        key: Box<str>,
        default: Option<Box<str>>,
    },
}

/// Whether the rest of a value matches. `Never` means that no earlier wildcard could help by taking more.
#[derive(PartialEq)]
enum Outcome {
    Match,
    Fail,
    Never,
}

impl Pattern {
    /// Compiles a pattern. `variables`: whether `${…}` means something, which it does from version 2012-10-17 on.
    pub(super) fn compile(text: &str, mode: Mode, variables: bool) -> Self {
        let variables = variables && mode != Mode::Action;
        let mut builder = Builder::default();
        // In an ARN the sixth part is free; what isn't an ARN is free from the start.
        let mut colons = match mode {
            Mode::Resource | Mode::Arn if text.starts_with("arn:") => 0,
            _ => 5,
        };
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if variables && let Some((token, after)) = variable(rest) {
                match token {
                    Token::Text(text) => builder.text.push_str(&text),
                    token => builder.push(token),
                }
                rest = after;
                continue;
            }
            rest = &rest[c.len_utf8()..];
            let inside = colons < 5;
            match c {
                '*' if mode != Mode::Text => {
                    let ends_part = rest.is_empty() || rest.starts_with(':');
                    let crosses = !inside || (mode == Mode::Resource && ends_part);
                    builder.push(if crosses { Token::Any } else { Token::Run });
                }
                '?' if mode != Mode::Text => {
                    builder.push(if inside { Token::OneInside } else { Token::One });
                }
                c => {
                    colons += usize::from(c == ':');
                    builder.text.push(c);
                }
            }
        }
        Self {
            has_variables: builder.has_variables,
            tokens: builder.finish().into(),
            ignore_case: mode == Mode::Action,
        }
    }

    /// The same pattern for values whose letters' case doesn't count.
    pub(super) fn ignoring_case(mut self) -> Self {
        self.ignore_case = true;
        self
    }

    /// Whether the value matches; nothing when a variable has no value, and so nobody can tell.
    pub(super) fn matches(&self, value: &str, keys: &dyn Keys) -> Option<bool> {
        let tokens = if self.has_variables {
            Cow::Owned(self.resolve(keys)?)
        } else {
            Cow::Borrowed(&*self.tokens)
        };
        Some(glob(&tokens, value, self.ignore_case) == Outcome::Match)
    }

    /// The tokens with the values of this request in place of the variables; a wildcard in such a value is only a character.
    fn resolve(&self, keys: &dyn Keys) -> Option<Vec<Token>> {
        let mut tokens = Vec::with_capacity(self.tokens.len());
        for token in &self.tokens {
            tokens.push(match token {
                Token::Variable { key, default } => match (keys.get(key), default) {
                    (Some(value), _) => Token::Text(value.into()),
                    (None, Some(default)) => Token::Text(default.clone()),
                    (None, None) => return None,
                },
                token => token.clone(),
            });
        }
        Some(tokens)
    }
}

#[derive(Default)]
struct Builder {
    tokens: Vec<Token>,
    text: String,
    has_variables: bool,
}

impl Builder {
    fn push(&mut self, token: Token) {
        self.flush();
        self.has_variables |= matches!(token, Token::Variable { .. });
        // Two wildcards in a row are one.
        if !(token == Token::Any && self.tokens.last() == Some(&Token::Any)) {
            self.tokens.push(token);
        }
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.tokens
                .push(Token::Text(std::mem::take(&mut self.text).into()));
        }
    }

    fn finish(mut self) -> Vec<Token> {
        self.flush();
        self.tokens
    }
}

/// A variable at the start of `text`, and what follows it: `${key}`, `${key, 'default'}`, or a character that is meant as itself.
fn variable(text: &str) -> Option<(Token, &str)> {
    let (inner, after) = text.strip_prefix("${")?.split_once('}')?;
    let token = match inner {
        "*" | "?" | "$" => Token::Text(inner.into()),
        _ => {
            let (key, default) = match inner.split_once(',') {
                Some((key, default)) => {
                    let default = default.trim().strip_prefix('\'')?.strip_suffix('\'')?;
                    (key, Some(default.into()))
                }
                None => (inner, None),
            };
            Token::Variable {
                key: key.trim().to_ascii_lowercase().into(),
                default,
            }
        }
    };
    Some((token, after))
}

fn glob(tokens: &[Token], mut value: &str, ignore_case: bool) -> Outcome {
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Text(text) => {
                let Some(head) = value.as_bytes().get(..text.len()) else {
                    return Outcome::Never;
                };
                let same = if ignore_case {
                    head.eq_ignore_ascii_case(text.as_bytes())
                } else {
                    head == text.as_bytes()
                };
                // Equal bytes end where a character ends; folded ASCII too.
                match value.get(text.len()..) {
                    Some(rest) if same => value = rest,
                    _ => return Outcome::Fail,
                }
            }
            Token::One | Token::OneInside => match value.chars().next() {
                None => return Outcome::Never,
                Some(':') if *token == Token::OneInside => return Outcome::Fail,
                Some(c) => value = &value[c.len_utf8()..],
            },
            Token::Any | Token::Run => {
                let rest = &tokens[at + 1..];
                if rest.is_empty() && *token == Token::Any {
                    return Outcome::Match;
                }
                loop {
                    match glob(rest, value, ignore_case) {
                        Outcome::Fail => {}
                        decided => return decided,
                    }
                    match value.chars().next() {
                        None => return Outcome::Never,
                        Some(':') if *token == Token::Run => return Outcome::Fail,
                        Some(c) => value = &value[c.len_utf8()..],
                    }
                }
            }
            // Resolved before.
            Token::Variable { .. } => return Outcome::Never,
        }
    }
    if value.is_empty() {
        Outcome::Match
    } else {
        Outcome::Fail
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn keys() -> BTreeMap<String, Vec<String>> {
        [
            ("aws:username", "alice"),
            ("aws:principaltag/team", "pets"),
            ("aws:star", "a*"),
        ]
        .into_iter()
        .map(|(k, v)| (k.to_owned(), vec![v.to_owned()]))
        .collect()
    }

    fn matches(mode: Mode, pattern: &str, value: &str) -> Option<bool> {
        Pattern::compile(pattern, mode, true).matches(value, &keys())
    }

    #[test]
    fn wildcards_reach_as_far_as_their_element_lets_them() {
        const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:abc/prod/GET/pets/7:x";
        let table = [
            (Mode::Action, "execute-api:*", "execute-api:Invoke", true),
            (
                Mode::Action,
                "EXECUTE-API:inv?KE",
                "execute-api:Invoke",
                true,
            ),
            (Mode::Action, "*", "execute-api:Invoke", true),
            (
                Mode::Action,
                "execute-api:Invoke",
                "execute-api:InvokeX",
                false,
            ),
            (Mode::Resource, "*", ARN, true),
            (Mode::Resource, "arn:aws:execute-api:*:*:abc/*", ARN, true),
            (
                Mode::Resource,
                "arn:aws:execute-api:us-*-1:*:abc/*/GET/*",
                ARN,
                true,
            ),
            (Mode::Resource, "arn:aws:execute-api:*", ARN, true),
            // Within a part it stays inside, at a part's end it may go on.
            (Mode::Resource, "arn:aws:execute-api:u*:abc/*", ARN, true),
            (Mode::Resource, "arn:aws:execute-api:u*2:abc/*", ARN, false),
            (
                Mode::Resource,
                "arn:aws:execute-api:us-east-?:*:abc/*",
                ARN,
                true,
            ),
            (
                Mode::Resource,
                "arn:aws:execute-api:us-east-1?123456789012:abc/*",
                ARN,
                false,
            ),
            (
                Mode::Resource,
                "arn:aws:execute-api:*:*:abc/prod/get/*",
                ARN,
                false,
            ),
            (Mode::Resource, "arn:aws:execute-api:*:*:abc/*:x", ARN, true),
            (
                Mode::Resource,
                "arn:aws:execute-api:*:*:abc/*/pets/?:x",
                ARN,
                true,
            ),
            (Mode::Arn, "arn:aws:execute-api:u*:abc/*", ARN, false),
            (Mode::Arn, "arn:aws:execute-api:*:*:abc/*", ARN, true),
            (Mode::Text, "a*", "ab", false),
            (Mode::Text, "a*", "a*", true),
            (Mode::Like, "a*c?", "abbbcé", true),
            (Mode::Like, "a*c?", "abbbc", false),
            (Mode::Like, "", "", true),
            (Mode::Like, "*", "", true),
        ];
        for (mode, pattern, value, expected) in table {
            assert_eq!(
                matches(mode, pattern, value),
                Some(expected),
                "{pattern} on {value}"
            );
        }
    }

    #[test]
    fn variables_stand_for_values_and_never_for_wildcards() {
        let table = [
            ("${aws:username}/x", "alice/x", Some(true)),
            ("${AWS:UserName}/*", "alice/y/z", Some(true)),
            ("${aws:PrincipalTag/team}", "pets", Some(true)),
            ("${aws:gone}", "x", None),
            ("${aws:gone, 'there'}", "there", Some(true)),
            ("${aws:gone,'a*'}", "ab", Some(false)),
            ("${aws:star}", "ab", Some(false)),
            ("${aws:star}", "a*", Some(true)),
            ("${*}${?}${$}", "*?$", Some(true)),
            ("${*}", "x", Some(false)),
            ("${unclosed", "${unclosed", Some(true)),
        ];
        for (pattern, value, expected) in table {
            assert_eq!(
                matches(Mode::Like, pattern, value),
                expected,
                "{pattern} on {value}"
            );
        }
        let old = Pattern::compile("${aws:username}", Mode::Like, false);
        assert_eq!(old.matches("${aws:username}", &keys()), Some(true));
    }

    /// Wildcards by definition: all ways to split.
    fn naive(pattern: &[char], value: &[char]) -> bool {
        match pattern.split_first() {
            None => value.is_empty(),
            Some(('*', rest)) => (0..=value.len()).any(|n| naive(rest, &value[n..])),
            Some(('?', rest)) => !value.is_empty() && naive(rest, &value[1..]),
            Some((c, rest)) => value.first() == Some(c) && naive(rest, &value[1..]),
        }
    }

    proptest! {
        #[test]
        fn a_wildcard_matches_what_its_definition_says(pattern in "[ab*?]{0,8}", value in "[ab]{0,10}") {
            let expected = naive(
                &pattern.chars().collect::<Vec<_>>(),
                &value.chars().collect::<Vec<_>>(),
            );
            prop_assert_eq!(matches(Mode::Like, &pattern, &value), Some(expected));
        }

        /// Inside the first five parts of an ARN a wildcard of a condition takes no colon.
        #[test]
        fn parts_of_an_arn_match_one_by_one(
            pattern in prop::collection::vec("[ab*?]{0,3}", 6), value in prop::collection::vec("[ab]{0,4}", 6),
        ) {
            let mut pattern = pattern;
            let mut value = value;
            pattern[0] = "arn".to_owned();
            value[0] = "arn".to_owned();
            let chars = |s: &String| s.chars().collect::<Vec<_>>();
            let expected = pattern.iter().zip(&value).all(|(p, v)| naive(&chars(p), &chars(v)));
            prop_assert_eq!(matches(Mode::Arn, &pattern.join(":"), &value.join(":")), Some(expected));
        }
    }

    #[test]
    fn many_wildcards_take_no_time() {
        let pattern = "*a".repeat(40) + "*b";
        assert_eq!(
            matches(Mode::Like, &pattern, &"a".repeat(4_000)),
            Some(false)
        );
    }
}
