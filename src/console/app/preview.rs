//! What a template makes of a sample request: a pure function from values to values, run beside the loop.

use std::collections::HashSet;
use std::time::Duration;

use serde::de::IgnoredAny;
use serde_json::{Map as Object, Value, json};

use super::samples::{Sample, sent};
use crate::base::Clock;
use crate::model::Map;
use crate::vtl::{self, Input, Limits, Overrides, Span, Step, TemplateError, Tracer};

/// Steps kept of one rendering; a loop of a thousand turns makes more than anybody looks at.
const MAX_STEPS: usize = 4_000;
/// Characters kept of one step's value.
const MAX_VALUE: usize = 200;

/// A template and everything that it is rendered over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rendering {
    /// What the template is, in words: a preview of another template is never taken for this one's.
    pub subject: String,
    /// The text.
    pub template: String,
    /// The payload.
    pub body: String,
    /// Path parameters.
    pub path: Map<String>,
    /// Query parameters.
    pub query: Map<String>,
    /// Headers.
    pub headers: Map<String>,
    /// Stage variables.
    pub variables: Map<String>,
    /// `$context`.
    pub context: Object<String, Value>,
    /// Whether the output should be JSON.
    pub json: bool,
}

/// What came of a rendering.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// The output, or where and why there is none.
    pub output: Result<String, TemplateError>,
    /// Why the output isn't JSON, if it should be.
    pub not_json: Option<NotJson>,
    /// What the template overrides.
    pub overrides: Overrides,
    /// References and assignments with their values, in the order of their evaluation.
    pub steps: Vec<Evaluated>,
    /// References that never had a value, though they aren't written as quiet ones: each once, in the order of evaluation.
    pub empty: Vec<Span>,
    /// The output's lines; none if there is no output.
    pub lines: Vec<String>,
    /// How long parsing and rendering took.
    pub took: Duration,
}

/// Where a text stops being JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotJson {
    /// Line of the output, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// A reference or assignment that was evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluated {
    /// Where it stands in the template.
    pub span: Span,
    /// What it printed, or the value that was stored; cut when long.
    pub value: String,
    /// Whether there was a value.
    pub found: bool,
    /// It was a reference to print, not an assignment.
    pub printed: bool,
}

impl Rendering {
    /// A template over a sample. `context` is made by [`context`].
    #[must_use]
    pub fn new(
        subject: String,
        template: String,
        body: &str,
        sample: &Sample,
        variables: &Map<String>,
        context: Object<String, Value>,
    ) -> Self {
        let map = |pairs: &[(String, String)]| -> Map<String> {
            sent(pairs)
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect()
        };
        Self {
            subject,
            template,
            body: body.to_owned(),
            path: map(&sample.path),
            query: map(&sample.query),
            headers: map(&sample.headers),
            variables: sample.stage_variables(variables),
            context,
            json: true,
        }
    }

    /// Parses and renders.
    #[must_use]
    pub fn run(&self, clock: &Clock) -> Preview {
        let begun = clock.monotonic();
        let mut overrides = Overrides::default();
        let mut trace = Trace::default();
        let input = Input {
            body: &self.body,
            path: &self.path,
            querystring: &self.query,
            header: &self.headers,
            stage_variables: &self.variables,
            context: &self.context,
        };
        let output = vtl::parse(&self.template, &Limits::default())
            .and_then(|template| template.render(&input, &mut overrides, Some(&mut trace)));
        let took = clock.monotonic().saturating_sub(begun);
        let not_json = match &output {
            Ok(text) if self.json => not_json(text),
            _ => None,
        };
        let lines = output.iter().flat_map(|text| text.split('\n'));
        Preview {
            lines: lines.map(str::to_owned).collect(),
            empty: without_value(&self.template, &trace.0),
            output,
            not_json,
            overrides,
            steps: trace.0,
            took,
        }
    }
}

/// References that were to print something and never had a value; quiet ones (`$!a`) are meant to.
pub(crate) fn without_value(template: &str, steps: &[Evaluated]) -> Vec<Span> {
    let printed = || steps.iter().filter(|step| step.printed);
    let mut told: HashSet<Span> = printed()
        .filter(|step| step.found)
        .map(|s| s.span)
        .collect();
    printed()
        .map(|step| step.span)
        .filter(|span| !span.of(template).starts_with("$!") && told.insert(*span))
        .collect()
}

/// Why a text isn't JSON; nothing if it is.
#[must_use]
pub fn not_json(text: &str) -> Option<NotJson> {
    let error = serde_json::from_str::<IgnoredAny>(text).err()?;
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    Some(NotJson {
        line: error.line(),
        column: error.column(),
        message: message.strip_suffix(&place).unwrap_or(&message).to_owned(),
    })
}

/// The `$context` of a test request, with the values that AWS gives one (`spec/rest/logging-metrics-tracing.md` §2); the stage is the
/// one whose variables are used.
#[must_use]
pub fn context(
    account: Option<&str>,
    api: &str,
    (resource_id, resource_path): (&str, &str),
    verb: &str,
    path: &str,
    stage: &str,
) -> Object<String, Value> {
    let path = path.split('?').next().unwrap_or(path);
    let value = json!({
        "accountId": account.unwrap_or_default(),
        "apiId": api,
        "domainName": "testPrefix.testDomainName",
        "domainPrefix": "testPrefix",
        "extendedRequestId": "test-invoke-extended-request-id",
        "httpMethod": verb,
        "identity": {
            "apiKey": "test-invoke-api-key",
            "apiKeyId": "test-invoke-api-key-id",
            "sourceIp": "test-invoke-source-ip",
            "userAgent": "sluice",
        },
        "path": path,
        "protocol": "HTTP/1.1",
        "requestId": "test-invoke-request",
        "resourceId": resource_id,
        "resourcePath": resource_path,
        "stage": stage,
    });
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

#[derive(Default)]
struct Trace(Vec<Evaluated>);

impl Tracer for Trace {
    fn step(&mut self, step: Step<'_>) {
        if self.0.len() >= MAX_STEPS {
            return;
        }
        let cut = |text: &str| text.chars().take(MAX_VALUE).collect();
        self.0.extend(match step {
            Step::Reference {
                span,
                output,
                found,
                ..
            } => Some(Evaluated {
                span,
                value: cut(output),
                found,
                printed: true,
            }),
            Step::Assign {
                span,
                value,
                stored,
                ..
            } => Some(Evaluated {
                span,
                value: cut(value),
                found: stored,
                printed: false,
            }),
            _ => None,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Clock {
        Clock::manual("2026-03-01T12:00:00Z".parse().unwrap())
    }

    fn rendering(template: &str) -> Rendering {
        Rendering {
            template: template.to_owned(),
            json: true,
            ..Rendering::default()
        }
    }

    #[test]
    fn output_is_checked_for_json_only_where_it_should_be() {
        let preview = rendering("{\"a\": }").run(&clock());
        assert_eq!(preview.output.as_deref(), Ok("{\"a\": }"));
        let problem = preview.not_json.unwrap();
        assert_eq!((problem.line, problem.column), (1, 7));
        assert_eq!(problem.message, "expected value");
        let mut text = rendering("not JSON");
        text.json = false;
        assert_eq!(text.run(&clock()).not_json, None);
        assert_eq!(rendering("{\"a\": 1}").run(&clock()).not_json, None);
    }

    #[test]
    fn a_broken_template_says_where() {
        let error = rendering("{\n  #set(").run(&clock()).output.unwrap_err();
        assert_eq!(error.line, 2);
    }

    #[test]
    fn the_context_is_that_of_a_test_request() {
        let context = context(
            Some("1"),
            "a1",
            ("r1", "/pets/{id}"),
            "GET",
            "/pets/7?x=1",
            "dev",
        );
        assert_eq!(context["path"], "/pets/7");
        assert_eq!(context["resourcePath"], "/pets/{id}");
        assert_eq!(context["stage"], "dev");
        assert_eq!(context["identity"]["sourceIp"], "test-invoke-source-ip");
    }
}
