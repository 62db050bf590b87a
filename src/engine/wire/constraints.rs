//! Constraints of the service models, checked before any business rule: `ValidationException`.
//!
//! What AWS is recorded to check this way, and its wording, stands in `spec/rest/control-plane.md` §2. All breaches are
//! reported together, in the model's order.

use fancy_regex::Regex;
use serde_json::{Map, Value};

use super::error::ServiceError;
use super::operations::{APIGATEWAY, CLOUDWATCH};
use super::table::{Limits, Member, Operation, Place, Service, Shape, Structure, Text};

/// Enumerations in the order in which AWS prints them, where a recording shows it. Others are printed in the model's order (unverified).
const RECORDED_ORDER: &[&[&str]] = &[
    &["add", "remove", "move", "test", "replace", "copy"],
    &["PRIVATE", "EDGE", "REGIONAL"],
    // These two are recalled; of the first an old report has `[HTTP, MOCK, AWS]`.
    &["HTTP", "MOCK", "AWS_PROXY", "HTTP_PROXY", "AWS"],
    &["AUTHORIZER", "HEADER"],
    &["INSUFFICIENT_DATA", "ALARM", "OK"],
    &[
        "REQUEST_TOO_LARGE",
        "RESOURCE_NOT_FOUND",
        "AUTHORIZER_CONFIGURATION_ERROR",
        "MISSING_AUTHENTICATION_TOKEN",
        "BAD_REQUEST_BODY",
        "INVALID_SIGNATURE",
        "INVALID_API_KEY",
        "BAD_REQUEST_PARAMETERS",
        "AUTHORIZER_FAILURE",
        "UNAUTHORIZED",
        "INTEGRATION_TIMEOUT",
        "ACCESS_DENIED",
        "DEFAULT_4XX",
        "DEFAULT_5XX",
        "WAF_FILTERED",
        "QUOTA_EXCEEDED",
        "THROTTLED",
        "API_CONFIGURATION_ERROR",
        "UNSUPPORTED_MEDIA_TYPE",
        "INTEGRATION_FAILURE",
        "EXPIRED_TOKEN",
    ],
];

/// Check an operation's input, keyed by wire names.
pub(crate) fn check(
    service: &Service,
    operation: &Operation,
    input: &Map<String, Value>,
) -> Result<(), ServiceError> {
    let mut breaches = Breaches {
        rules: Rules::of(service),
        entries: Vec::new(),
        missing: None,
    };
    for member in operation.input.members {
        let value = input.get(member.wire);
        breaches.member(value, member, &breaches.rules.path(operation, member));
    }
    if let Some(parameter) = breaches.missing {
        // Wording from experience with CloudWatch, not recorded.
        return Err(ServiceError::of(
            CLOUDWATCH,
            "MissingRequiredParameterException",
            format!("The parameter {parameter} is required."),
        ));
    }
    if breaches.entries.is_empty() {
        Ok(())
    } else {
        Err(ServiceError::validation(&breaches.entries))
    }
}

/// Which constraints a service checks by its model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rules {
    /// Enumerations and patterns in path and body; recorded for those of `spec/rest/control-plane.md` §2, assumed for the others
    /// (unverified), and members of the body that are missing (seen in reports of `createAuthorizerInput.name`). Query parameters are a
    /// business rule's matter (`mode` has a text of its own).
    ApiGateway,
    /// All but patterns, which are Java's dialect; what is missing is named by itself.
    CloudWatch,
    /// The same, but what is missing is one breach among others.
    Other,
}

impl Rules {
    fn of(service: &Service) -> Self {
        if service.name == APIGATEWAY.name {
            Self::ApiGateway
        } else if service.name == CLOUDWATCH.name {
            Self::CloudWatch
        } else {
            Self::Other
        }
    }

    /// How a top-level member is called in a breach: what travels in API Gateway's bodies is put under the operation's input.
    fn path(self, operation: &Operation, member: &Member) -> String {
        match (self, member.place) {
            (Self::ApiGateway, Place::Body) => {
                format!("{}Input.{}", lower_first(operation.name), member.name)
            }
            (Self::ApiGateway, _) => member.name.to_owned(),
            _ => lower_first(member.name),
        }
    }

    fn inner(self, path: &str, member: &Member) -> String {
        match self {
            Self::ApiGateway => format!("{path}.{}", member.name),
            _ => format!("{path}.{}", lower_first(member.name)),
        }
    }
}

struct Breaches {
    rules: Rules,
    entries: Vec<String>,
    /// The first required parameter that is missing, as CloudWatch names it.
    missing: Option<String>,
}

impl Breaches {
    fn member(&mut self, value: Option<&Value>, member: &Member, path: &str) {
        match value {
            Some(value) if member.place != Place::Query || self.rules != Rules::ApiGateway => {
                self.value(value, member.shape, path);
            }
            None if member.required => match self.rules {
                Rules::ApiGateway if member.place != Place::Body => {}
                Rules::CloudWatch => {
                    self.missing.get_or_insert_with(|| upper_segments(path));
                }
                Rules::ApiGateway | Rules::Other => {
                    self.breach("null", path, "Member must not be null", false);
                }
            },
            _ => {}
        }
    }

    fn structure(&mut self, map: &Map<String, Value>, structure: &Structure, path: &str) {
        for member in structure.members {
            self.member(
                map.get(member.wire),
                member,
                &self.rules.inner(path, member),
            );
        }
    }

    fn value(&mut self, value: &Value, shape: Shape, path: &str) {
        match (shape, value) {
            (Shape::Text(text), Value::String(given)) => {
                if let Some(constraint) = self.text(given, text) {
                    self.breach(given, path, &constraint, true);
                }
            }
            (
                Shape::Integer(limits) | Shape::Long(limits) | Shape::Double(limits),
                Value::Number(number),
            ) => {
                self.range(number, limits, path);
            }
            (Shape::List(list), Value::Array(values)) => {
                self.length(value, values.len(), &list.length, path);
                // A list of plain values is judged as a whole; the elements of others each under its number.
                if let Shape::Text(text) = list.element {
                    let broken = values
                        .iter()
                        .filter_map(Value::as_str)
                        .find_map(|given| self.text(given, text));
                    if let Some(constraint) = broken {
                        let constraint = format!("Member must satisfy constraint: [{constraint}]");
                        self.breach(&printed(value), path, &constraint, true);
                    }
                } else {
                    for (i, value) in values.iter().enumerate() {
                        self.value(value, list.element, &format!("{path}.{}.member", i + 1));
                    }
                }
            }
            (Shape::Map(map), Value::Object(entries)) => {
                self.length(value, entries.len(), &map.length, path);
                for (key, value) in entries {
                    self.value(value, map.value, &format!("{path}.{key}.member"));
                }
            }
            (Shape::Structure(structure), Value::Object(map)) => {
                self.structure(map, structure, path);
            }
            _ => {}
        }
    }

    /// The constraint that a text breaks.
    fn text(&self, given: &str, text: &Text) -> Option<String> {
        if !text.values.is_empty() && !text.values.contains(&given) {
            return Some(format!(
                "Member must satisfy enum value set: [{}]",
                printed_order(text.values).join(", ")
            ));
        }
        if self.rules == Rules::ApiGateway {
            return text
                .pattern
                .filter(|pattern| !matches(pattern, given))
                .map(|pattern| {
                    format!("Member must satisfy regular expression pattern: {pattern}")
                });
        }
        let length = i64::try_from(given.chars().count()).unwrap_or(i64::MAX);
        match (text.length.min, text.length.max) {
            (Some(min), _) if length < min => Some(format!(
                "Member must have length greater than or equal to {min}"
            )),
            (_, Some(max)) if length > max => Some(format!(
                "Member must have length less than or equal to {max}"
            )),
            _ => None,
        }
    }

    fn range(&mut self, number: &serde_json::Number, limits: &Limits, path: &str) {
        let Some(value) = number.as_f64() else { return };
        #[expect(
            clippy::cast_precision_loss,
            reason = "the models' bounds are far below 53 bits"
        )]
        let constraint = match (limits.min, limits.max) {
            (Some(min), _) if value < min as f64 => {
                format!("Member must have value greater than or equal to {min}")
            }
            (_, Some(max)) if value > max as f64 => {
                format!("Member must have value less than or equal to {max}")
            }
            _ => return,
        };
        self.breach(&number.to_string(), path, &constraint, true);
    }

    fn length(&mut self, value: &Value, given: usize, limits: &Limits, path: &str) {
        let given = i64::try_from(given).unwrap_or(i64::MAX);
        let constraint = match (limits.min, limits.max) {
            (Some(min), _) if given < min => {
                format!("Member must have length greater than or equal to {min}")
            }
            (_, Some(max)) if given > max => {
                format!("Member must have length less than or equal to {max}")
            }
            _ => return,
        };
        self.breach(&printed(value), path, &constraint, true);
    }

    fn breach(&mut self, value: &str, path: &str, constraint: &str, quoted: bool) {
        let quote = if quoted { "'" } else { "" };
        self.entries.push(format!(
            "Value {quote}{value}{quote} at '{path}' failed to satisfy constraint: {constraint}"
        ));
    }
}

/// An enumeration in the order in which AWS prints it.
fn printed_order(values: &'static [&'static str]) -> &'static [&'static str] {
    RECORDED_ORDER
        .iter()
        .find(|order| order.len() == values.len() && values.iter().all(|v| order.contains(v)))
        .copied()
        .unwrap_or(values)
}

/// Whether the whole text matches, as Java's `matches` means it. A pattern that doesn't compile here refuses nothing.
fn matches(pattern: &str, text: &str) -> bool {
    Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|regex| regex.is_match(text).unwrap_or(true))
}

/// A value as Java prints it.
fn printed(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(printed).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Object(map) => {
            let entries: Vec<String> = map
                .iter()
                .map(|(k, v)| format!("{k}={}", printed(v)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(chars).collect()
    })
}

/// `metricData.1.member.metricName` as CloudWatch names a missing parameter: `MetricData.member.1.MetricName`.
fn upper_segments(path: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    for segment in path.split('.') {
        if segment == "member" {
            let index = out.pop().unwrap_or_default();
            out.extend(["member".to_owned(), index]);
        } else {
            let mut chars = segment.chars();
            out.push(chars.next().map_or_else(String::new, |first| {
                first.to_uppercase().chain(chars).collect()
            }));
        }
    }
    out.join(".")
}
