//! A method's life, as AWS's console draws it: method request → integration request → backend → integration response → method response.

use ratatui::layout::Rect;

use crate::console::ui::canvas::Canvas;
use crate::console::ui::theme::Meaning;
use crate::model::difference::Part;
use crate::model::{Integration, IntegrationType, Method};

/// The boxes in the order in which a request meets them: the order in which they are walked through.
pub(super) const BOXES: [Part; 4] = [
    Part::MethodRequest,
    Part::IntegrationRequest,
    Part::IntegrationResponse,
    Part::MethodResponse,
];

/// What a box is called on the screen.
pub(super) fn title(part: Part) -> &'static str {
    match part {
        Part::MethodRequest => "method request",
        Part::IntegrationRequest => "integration request",
        Part::IntegrationResponse => "integration response",
        Part::MethodResponse => "method response",
    }
}

/// Where the first box begins, after `client ─▶ `.
const FIRST: u16 = 10;
/// Where the second begins, after the first and an arrow.
const SECOND: u16 = 31;

/// What goes to the backend, in a few words: `HTTP backend`, `Lambda create-order`, `mock`.
pub(super) fn backend(integration: Option<&Integration>) -> String {
    let Some(integration) = integration else {
        return "nothing yet".to_owned();
    };
    let uri = integration.uri.as_deref().unwrap_or_default();
    match integration.integration_type {
        IntegrationType::Http | IntegrationType::HttpProxy => "HTTP backend".to_owned(),
        IntegrationType::Mock => "answered by the gateway".to_owned(),
        IntegrationType::Aws | IntegrationType::AwsProxy => match function_name(uri) {
            Some(name) => format!("Lambda {name}"),
            None => match service(uri) {
                Some(service) => format!("AWS {service}"),
                None => "AWS service".to_owned(),
            },
        },
    }
}

/// The function's name and qualifier in a Lambda invocation URI.
fn function_name(uri: &str) -> Option<&str> {
    let after = uri.split_once("/functions/")?.1;
    let arn = after.strip_suffix("/invocations").unwrap_or(after);
    arn.split_once(":function:").map(|(_, name)| name)
}

/// The service in `arn:aws:apigateway:{region}:{service}:path|action/…`.
fn service(uri: &str) -> Option<&str> {
    uri.strip_prefix("arn:")?.split(':').nth(3)
}

/// How many lines a template has, in words.
fn lines(template: &str) -> String {
    match template.lines().count() {
        1 => "1 line".to_owned(),
        n => format!("{n} lines"),
    }
}

type Entry = (String, Meaning);

fn named(name: &str, value: &str) -> Entry {
    (format!("{name:<6} {value}"), Meaning::Text)
}

/// The last part of `method.request.header.X-Stage`: where, and its name.
fn parameter(key: &str) -> (String, &str) {
    let mut parts = key.splitn(4, '.').skip(2);
    let place = match parts.next() {
        Some("querystring") => "query",
        Some(place) => place,
        None => "",
    };
    (place.to_owned(), parts.next().unwrap_or(key))
}

pub(super) fn method_request(method: &Method) -> Vec<Entry> {
    let auth = match method.authorization_type.as_str() {
        "NONE" | "" => "none",
        "AWS_IAM" => "IAM",
        "CUSTOM" => "authorizer",
        "COGNITO_USER_POOLS" => "Cognito",
        other => other,
    };
    let key = if method.api_key_required {
        "required"
    } else {
        "no"
    };
    let mut entries = vec![named("auth", auth), named("key", key)];
    for (content_type, model) in method.request_models.iter().flatten() {
        let name = if content_type == "application/json" {
            "model"
        } else {
            content_type
        };
        entries.push(named(name, model));
    }
    for (key, required) in method.request_parameters.iter().flatten() {
        let (place, name) = parameter(key);
        let sign = if *required { "!" } else { "" };
        entries.push(named(&place, &format!("{name}{sign}")));
    }
    if method.request_validator_id.is_some() {
        entries.push(named("check", "validator"));
    }
    entries
}

pub(super) fn integration_request(method: &Method, left: &str) -> Vec<Entry> {
    let Some(integration) = &method.method_integration else {
        return vec![("none yet".to_owned(), Meaning::Warn)];
    };
    let mut entries = Vec::new();
    let kind = integration.integration_type;
    if let Some(uri) = &integration.uri {
        let verb = integration.http_method.as_deref().unwrap_or("ANY");
        entries.push((format!("{verb} {uri}"), Meaning::Link));
    }
    if kind.is_proxy() {
        entries.push(("passed through as it is".to_owned(), Meaning::Dim));
    }
    for (content_type, template) in &integration.request_templates {
        let text = match template {
            Some(template) => format!("{content_type}  {}", lines(template)),
            None => format!("{content_type}  empty"),
        };
        entries.push((text, Meaning::Text));
    }
    for (key, value) in &integration.request_parameters {
        let (place, name) = parameter(key);
        entries.push((format!("{place:<7} {name} {left} {value}"), Meaning::Text));
    }
    if !matches!(kind, IntegrationType::Mock) {
        let seconds = integration.timeout_in_millis;
        let text = if seconds % 1000 == 0 {
            format!("timeout {} s", seconds / 1000)
        } else {
            format!("timeout {seconds} ms")
        };
        entries.push((text, Meaning::Dim));
    }
    entries
}

pub(super) fn integration_response(method: &Method, right: &str) -> Vec<Entry> {
    let integration = method.method_integration.as_ref();
    if integration.is_some_and(|i| i.integration_type.is_proxy()) {
        return vec![("passed through as it is".to_owned(), Meaning::Dim)];
    }
    let responses = integration.and_then(|i| i.integration_responses.as_ref());
    let mut entries = Vec::new();
    for response in responses.into_iter().flat_map(|r| r.values()) {
        let pattern = match response.selection_pattern.as_deref() {
            None | Some("") => "default",
            Some(pattern) => pattern,
        };
        let templates = response.response_templates.iter().flatten();
        let filled: Vec<String> = templates
            .filter_map(|(_, template)| template.as_deref())
            .map(lines)
            .collect();
        let how = match filled.as_slice() {
            [] => "passthrough".to_owned(),
            [one] => one.clone(),
            many => format!("{} templates", many.len()),
        };
        let text = format!("{pattern:<7} {right} {}  {how}", response.status_code);
        entries.push((text, Meaning::Text));
    }
    if entries.is_empty() && integration.is_some() {
        entries.push(("none: every answer is a 500".to_owned(), Meaning::Warn));
    }
    entries
}

pub(super) fn method_response(method: &Method) -> Vec<Entry> {
    let responses = method.method_responses.iter().flatten();
    let mut entries: Vec<Entry> = responses
        .map(|(status, response)| {
            let models: Vec<&str> = response
                .response_models
                .iter()
                .flatten()
                .map(|(_, model)| model.as_str())
                .collect();
            (format!("{status}  {}", models.join(", ")), Meaning::Text)
        })
        .collect();
    if entries.is_empty() {
        entries.push(("none".to_owned(), Meaning::Dim));
    }
    entries
}

/// Draws the method's life from the first row of `area` down; returns how many rows it took. `focus` is the box under the cursor,
/// `changed` are those that differ from what is deployed.
pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    method: &Method,
    focus: Option<Part>,
    changed: &[Part],
) -> u16 {
    let signs = canvas.signs();
    let head = |part: Part| -> Entry {
        let sign = if changed.contains(&part) {
            signs.changed
        } else {
            ""
        };
        let meaning = if focus == Some(part) {
            Meaning::Cursor
        } else if changed.contains(&part) {
            Meaning::Changed
        } else {
            Meaning::Title
        };
        (format!("{}{sign}", title(part)), meaning)
    };
    let mut y = area.y;
    let end = format!(
        " {} {}",
        signs.request,
        backend(method.method_integration.as_ref())
    );
    way(
        canvas,
        area,
        y,
        signs.request,
        &[head(BOXES[0]), head(BOXES[1])],
        &end,
    );
    y += 1;
    let there = [
        method_request(method),
        integration_request(method, signs.left),
    ];
    y += columns(canvas, area, y, &there);
    y += 1;
    let end = format!(" {}{}", signs.response, signs.turn);
    way(
        canvas,
        area,
        y,
        signs.response,
        &[head(BOXES[3]), head(BOXES[2])],
        &end,
    );
    y += 1;
    let back = [
        method_response(method),
        integration_response(method, signs.right),
    ];
    y += columns(canvas, area, y, &back);
    y - area.y
}

/// One way through two boxes: `client ─▶ method request ─▶ integration request ─▶ backend`.
fn way(canvas: &mut Canvas<'_>, area: Rect, y: u16, arrow: &str, heads: &[Entry; 2], end: &str) {
    if y >= area.bottom() {
        return;
    }
    let row = |x: u16| Rect::new(area.x + x, y, area.width.saturating_sub(x), 1);
    canvas.line(row(0), &[("client ", Meaning::Dim), (arrow, Meaning::Rule)]);
    canvas.line(row(FIRST), &[(&heads[0].0, heads[0].1)]);
    canvas.line(row(SECOND - 3), &[(arrow, Meaning::Rule)]);
    canvas.line(
        row(SECOND),
        &[(&heads[1].0, heads[1].1), (end, Meaning::Dim)],
    );
}

/// Two columns of entries; returns how many rows they took.
fn columns(canvas: &mut Canvas<'_>, area: Rect, top: u16, entries: &[Vec<Entry>; 2]) -> u16 {
    let widths = [SECOND - FIRST - 1, area.width.saturating_sub(SECOND)];
    let mut used = 0;
    for ((entries, x), width) in entries.iter().zip([FIRST, SECOND]).zip(widths) {
        for ((text, meaning), y) in entries.iter().zip(top..area.bottom()) {
            canvas.put(area.x + x, y, width, text, *meaning);
            used = used.max(y - top + 1);
        }
    }
    used
}
