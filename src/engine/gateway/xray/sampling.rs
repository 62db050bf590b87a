//! Sampling rules: which requests are traced.
//!
//! Facts: `spec/xray.md` §7, page "Configuring sampling rules" of the X-Ray guide.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// The name of the rule that always is there, and decides when no other does.
pub const DEFAULT_RULE: &str = "Default";

/// A sampling rule in AWS's form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SamplingRule {
    /// Unique in its region.
    pub rule_name: String,
    /// Which resource, `*` for any.
    #[serde(rename = "ResourceARN")]
    pub resource_arn: String,
    /// 1 to 9999, the lowest is asked first; 10000 is the default rule's.
    pub priority: i64,
    /// The share of further requests that is sampled, 0.0 to 1.0.
    pub fixed_rate: f64,
    /// Requests a second that are sampled in any case.
    pub reservoir_size: i64,
    /// `{API}/{stage}` for stages.
    pub service_name: String,
    /// `AWS::ApiGateway::Stage` for stages.
    pub service_type: String,
    /// The header `Host`.
    pub host: String,
    /// The verb.
    #[serde(rename = "HTTPMethod")]
    pub http_method: String,
    /// The path, with the stage.
    #[serde(rename = "URLPath")]
    pub url_path: String,
    /// Always 1.
    pub version: i64,
    /// Headers and what they must be.
    #[serde(default)]
    pub attributes: IndexMap<String, String>,
}

impl SamplingRule {
    /// One request a second and five of a hundred others.
    #[must_use]
    pub fn default_rule() -> Self {
        let any = || "*".to_owned();
        Self {
            rule_name: DEFAULT_RULE.to_owned(),
            resource_arn: any(),
            priority: 10_000,
            fixed_rate: 0.05,
            reservoir_size: 1,
            service_name: any(),
            service_type: any(),
            host: any(),
            http_method: any(),
            url_path: any(),
            version: 1,
            attributes: IndexMap::new(),
        }
    }
}

/// What rules are asked about a request.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) service_name: &'a str,
    pub(super) host: &'a str,
    pub(super) verb: &'a str,
    pub(super) path: &'a str,
    pub(super) resource_arn: &'a str,
    /// The values of a header.
    pub(super) header: &'a dyn Fn(&str) -> Option<String>,
}

/// A stage's type of service.
const SERVICE_TYPE: &str = "AWS::ApiGateway::Stage";

/// A rule that requests are judged by. Its reservoir and its counts live as long as its settings stay.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) settings: SamplingRule,
    /// The second of the monotonic clock in the high half, how many were taken in it in the low half.
    reservoir: AtomicU64,
}

/// The rules of a region in the order in which they are asked.
#[derive(Debug)]
pub(crate) struct SamplingRules(Vec<Arc<Rule>>);

impl Default for SamplingRules {
    fn default() -> Self {
        Self::of(vec![SamplingRule::default_rule()], None)
    }
}

impl SamplingRules {
    /// These rules; those of `old` that are the same keep what is left of their second.
    pub(crate) fn of(mut rules: Vec<SamplingRule>, old: Option<&Self>) -> Self {
        rules.sort_by(|a, b| (a.priority, &a.rule_name).cmp(&(b.priority, &b.rule_name)));
        let rule = |settings: SamplingRule| {
            let mut all = old.into_iter().flat_map(|old| &old.0);
            match all.find(|rule| rule.settings == settings) {
                Some(same) => Arc::clone(same),
                None => Arc::new(Rule {
                    settings,
                    reservoir: AtomicU64::new(0),
                }),
            }
        };
        Self(rules.into_iter().map(rule).collect())
    }

    /// The rule that decides, and whether the request is sampled. `second` is the clock's, `draw` gives 0.0 to 1.0.
    pub(super) fn decide(
        &self,
        asked: Asked<'_>,
        second: u64,
        draw: impl FnOnce() -> f64,
    ) -> (bool, Option<&Arc<Rule>>) {
        let Some(rule) = self.0.iter().find(|rule| rule.settings.takes(asked)) else {
            return (false, None);
        };
        let sampled = rule.takes_from_reservoir(second) || draw() < rule.settings.fixed_rate;
        (sampled, Some(rule))
    }
}

impl SamplingRule {
    fn takes(&self, asked: Asked<'_>) -> bool {
        matches(&self.service_name, asked.service_name)
            && matches(&self.service_type, SERVICE_TYPE)
            && matches(&self.host, asked.host)
            && matches(&self.http_method, asked.verb)
            && matches(&self.url_path, asked.path)
            && matches(&self.resource_arn, asked.resource_arn)
            && self.attributes.iter().all(|(name, pattern)| {
                (asked.header)(name).is_some_and(|value| matches(pattern, &value))
            })
    }
}

impl Rule {
    /// Takes one of the requests that this second may have in any case.
    fn takes_from_reservoir(&self, second: u64) -> bool {
        // A shifted second wraps after 136 years.
        let this = (second + 1) << 32;
        let size = u64::try_from(self.settings.reservoir_size).unwrap_or(0);
        let size = size.min(u64::from(u32::MAX) - 1);
        let take = |held: u64| {
            let used = if held & !u64::from(u32::MAX) == this {
                held & u64::from(u32::MAX)
            } else {
                0
            };
            (used < size).then_some(this | (used + 1))
        };
        self.reservoir
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok()
    }
}

/// Whether a text matches a pattern as a whole, letters' case aside: `*` is any text, `?` one character.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where the last `*` stands, and where what it stands for ends.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == b'?' || c.eq_ignore_ascii_case(&text[t]) => {
                p += 1;
                t += 1;
            }
            _ => match &mut star {
                Some((at, end)) => {
                    *end += 1;
                    (p, t) = (*at + 1, *end);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|b| *b == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(header: &dyn Fn(&str) -> Option<String>) -> Asked<'_> {
        Asked {
            service_name: "pets/prod",
            host: "api.example.com",
            verb: "GET",
            path: "/prod/pets/7",
            resource_arn: "arn:aws:apigateway:us-east-1::/restapis/a/stages/prod",
            header,
        }
    }

    fn rule(change: impl FnOnce(&mut SamplingRule)) -> SamplingRule {
        let mut rule = SamplingRule {
            rule_name: "mine".to_owned(),
            priority: 5,
            ..SamplingRule::default_rule()
        };
        change(&mut rule);
        rule
    }

    #[test]
    fn each_field_must_match() {
        let tenant = |name: &str| (name == "x-tenant").then(|| "acme".to_owned());
        let asked = asked(&tenant);
        for (matching, field) in [
            (true, rule(|r| r.service_name = "PETS/*".into())),
            (false, rule(|r| r.service_name = "cats/*".into())),
            (true, rule(|r| r.service_type = "AWS::ApiGateway::*".into())),
            (false, rule(|r| r.service_type = "AWS::EC2::*".into())),
            (true, rule(|r| r.host = "api.?xample.com".into())),
            (false, rule(|r| r.host = "api.example.org".into())),
            (false, rule(|r| r.http_method = "POST".into())),
            (true, rule(|r| r.url_path = "/prod/*/7".into())),
            (false, rule(|r| r.url_path = "/dev/*".into())),
            (true, rule(|r| r.resource_arn = "*/stages/prod".into())),
            (false, rule(|r| r.resource_arn = "*/stages/dev".into())),
            (
                true,
                rule(|r| drop(r.attributes.insert("x-tenant".into(), "ac*".into()))),
            ),
            (
                false,
                rule(|r| drop(r.attributes.insert("x-other".into(), "*".into()))),
            ),
        ] {
            assert_eq!(field.takes(asked), matching, "{field:?}");
        }
    }

    #[test]
    fn the_first_rule_by_priority_decides_with_its_reservoir_first() {
        let none = |_: &str| None;
        let rules = SamplingRules::of(
            vec![
                SamplingRule::default_rule(),
                rule(|r| {
                    r.reservoir_size = 2;
                    r.fixed_rate = 0.5;
                }),
            ],
            None,
        );
        let ask = |second, draw: f64| {
            let (sampled, rule) = rules.decide(asked(&none), second, || draw);
            (sampled, rule.unwrap().settings.rule_name.clone())
        };
        let mine = |sampled| (sampled, "mine".to_owned());
        assert_eq!(ask(7, 0.9), mine(true));
        assert_eq!(ask(7, 0.9), mine(true));
        assert_eq!(ask(7, 0.9), mine(false));
        assert_eq!(ask(7, 0.4), mine(true));
        assert_eq!(ask(8, 0.9), mine(true));
        let same = SamplingRules::of(vec![rule(|r| r.reservoir_size = 2)], Some(&rules));
        assert_eq!(same.0.len(), 1);
        // Another rate makes it another rule, with its whole second.
        assert!(same.decide(asked(&none), 8, || 0.9).0);
    }

    #[test]
    fn the_default_rule_takes_one_a_second_and_a_twentieth() {
        let none = |_: &str| None;
        let rules = SamplingRules::default();
        let mut chance = crate::base::Chance::seeded(1);
        let mut taken = 0;
        for n in 0..20_000_u64 {
            let (sampled, _) = rules.decide(asked(&none), n / 1000, || chance.fraction());
            taken += u32::from(sampled);
        }
        // 20 from the reservoir, 999 of 19,980 on average, with a standard deviation of 31.
        assert!((860..1180).contains(&taken), "{taken}");
    }

    #[test]
    fn stars_and_question_marks() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("**", "abc", true),
            ("?", "", false),
            ("a?c", "ABC", true),
            ("*a", "baba", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
