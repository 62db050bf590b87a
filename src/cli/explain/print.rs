//! Explanations for people.

use std::fmt::Write;

use serde_json::Value;

/// How long a value may be where it stands in a line.
const SHOWN: usize = 100;

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// Microseconds as milliseconds.
fn time(micros: &Value) -> String {
    let micros = micros.as_u64().unwrap_or_default();
    format!("{}.{:03} ms", micros / 1_000, micros % 1_000)
}

/// A request in one line.
pub(super) fn line(request: &Value) -> String {
    let canary = if request["canary"] == true {
        " canary"
    } else {
        ""
    };
    let why = text(request, "gatewayResponse");
    format!(
        "{}  {}  {:>10}  {:6} {}/{}{}{canary}  {}  {why}",
        text(request, "time").get(..19).unwrap_or_default(),
        request["status"],
        time(&request["latencyMicros"]),
        text(request, "httpMethod"),
        text(request, "restApiId"),
        text(request, "stageName"),
        printable(text(request, "path")),
        text(request, "requestId"),
    )
    .trim_end()
    .to_owned()
}

/// A request with its phases; the one that failed is opened, with what to do about it. `styled` makes that bold.
pub(super) fn request(request: &Value, styled: bool) -> String {
    let mut out = line(request);
    let failed = text(&request["failure"], "phase");
    for phase in request["phases"].as_array().into_iter().flatten() {
        let name = text(phase, "phase");
        let took = time(&phase["durationMicros"]);
        let mark = if name == failed { '✗' } else { ' ' };
        let _ = write!(out, "\n{mark} {name:22} {took:>12}");
        let steps = phase["steps"].as_array();
        for (n, step) in steps.into_iter().flatten().enumerate() {
            let refused = step["passed"] == false;
            let lead = if n == 0 {
                "  ".to_owned()
            } else {
                format!("\n{:39}", "")
            };
            let decision = printable(text(step, "decision"));
            let _ = write!(out, "{lead}{}", bold(&decision, styled && refused));
            let reason = text(step, "reason");
            if !reason.is_empty() {
                let _ = write!(out, ": {}", printable(reason));
            }
            if name == failed || refused {
                open(&mut out, &step["input"]);
            }
        }
    }
    if let Some(failure) = request["failure"].as_object() {
        let of = |name: &str| {
            failure
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let reason = printable(of("reason"));
        let _ = write!(out, "\n  why   {}", bold(&reason, styled));
        let _ = write!(out, "\n  do    {}", of("remedy"));
    }
    out.push('\n');
    out
}

/// What a step was taken from, a line each.
fn open(out: &mut String, input: &Value) {
    for (name, value) in input.as_object().into_iter().flatten() {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Null => continue,
            other => other.to_string(),
        };
        if !value.is_empty() && value != "{}" {
            let _ = write!(out, "\n{:41}{name} {}", "", cut(&printable(&value)));
        }
    }
}

fn cut(text: &str) -> String {
    let mut chars = text.chars();
    let short: String = chars.by_ref().take(SHOWN).collect();
    if chars.next().is_some() {
        format!("{short}…")
    } else {
        short
    }
}

/// What a client sent must not move the cursor of who reads about it.
fn printable(text: &str) -> String {
    let shown = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    text.chars().map(shown).collect()
}

fn bold(text: &str, styled: bool) -> String {
    if styled {
        format!("\x1b[1m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_phase_that_failed_is_opened_with_reason_and_remedy() {
        let explanation = json!({
            "time": "2026-01-02T03:04:05.123Z", "requestId": "id", "restApiId": "api", "stageName": "prod", "canary": false,
            "httpMethod": "GET", "path": "/pets\u{1b}[2J", "status": 400, "latencyMicros": 1500, "gatewayResponse": "BAD_REQUEST_BODY",
            "phases": [
                {"phase": "route", "durationMicros": 20, "steps": [{"decision": "GET /pets", "input": {"parameters": {"a": "b"}}}]},
                {"phase": "validate", "durationMicros": 30, "steps": [
                    {"decision": "parameters valid"},
                    {"decision": "body invalid", "reason": "no name", "passed": false, "input": {"body": "{}x", "empty": {}}},
                ]},
            ],
            "failure": {"phase": "validate", "reason": "no name", "remedy": "Send one."},
        });
        let expected = "2026-01-02T03:04:05  400    1.500 ms  GET    api/prod/pets\u{fffd}[2J  id  BAD_REQUEST_BODY
  route                      0.020 ms  GET /pets
✗ validate                   0.030 ms  parameters valid
                                       body invalid: no name
                                         body {}x
  why   no name
  do    Send one.
";
        assert_eq!(request(&explanation, false), expected);
        assert!(request(&explanation, true).contains("\x1b[1mbody invalid\x1b[0m"));
    }
}
