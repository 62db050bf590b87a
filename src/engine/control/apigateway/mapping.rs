//! The grammar of parameter mappings: which targets and sources there are.
//!
//! Source: `spec/rest/integrations.md` §2 and §4, `spec/rest/validation.md` §3.

use super::error::bad_mapping;
use crate::engine::wire::ServiceError;
use crate::model::{Map, Method, MethodResponse};

/// `{prefix}.{place}.{name}` with one of these places and a name that a mapping may have.
fn is_named(expression: &str, prefix: &str, places: &[&str]) -> bool {
    expression
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('.'))
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(place, name)| places.contains(&place) && is_name(name))
}

/// `^[a-zA-Z0-9._$-]+$`, and the colon that path parameters may have.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._$-:".contains(&b))
}

/// What may stand as a source everywhere: a literal, a stage variable, a context variable.
fn is_common_source(source: &str) -> bool {
    let literal = source.len() >= 2 && source.starts_with('\'') && source.ends_with('\'');
    let variable = ["stageVariables.", "context."]
        .iter()
        .any(|prefix| source.strip_prefix(prefix).is_some_and(is_name));
    literal || variable
}

/// `{prefix}.body` or `{prefix}.body.{path}`.
fn is_body(source: &str, prefix: &str) -> bool {
    source
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix(".body"))
        .is_some_and(|rest| rest.is_empty() || (rest.len() > 1 && rest.starts_with(['.', '['])))
}

/// What is wrong with some mappings, all of it: the service lists every finding.
#[derive(Default)]
struct Findings(Vec<String>);

impl Findings {
    fn wrong(&mut self, expression: &str) {
        let finding = format!("Invalid mapping expression specified: {expression}");
        self.0.push(finding);
    }

    fn undeclared(&mut self, parameter: &str) {
        let finding = format!("Invalid mapping expression parameter specified: {parameter}");
        self.0.push(finding);
    }

    fn result(self) -> Result<(), ServiceError> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(bad_mapping(self.0.join(", ")))
    }
}

/// The parameters that a method declares: `method.request.{path|querystring|header}.{name}`.
pub(super) fn check_declared(parameters: &Map<bool>) -> Result<(), ServiceError> {
    let mut findings = Findings::default();
    for key in parameters.keys() {
        if !is_named(key, "method.request", &["path", "querystring", "header"]) {
            findings.wrong(key);
        }
    }
    findings.result()
}

/// The headers that a method response declares: `method.response.header.{name}`.
pub(super) fn check_response_declared(parameters: &Map<bool>) -> Result<(), ServiceError> {
    let mut findings = Findings::default();
    for key in parameters.keys() {
        if !is_named(key, "method.response", &["header"]) {
            findings.wrong(key);
        }
    }
    findings.result()
}

/// The request parameters of an integration; sources in the request must be declared by the method.
pub(super) fn check_request(parameters: &Map<String>, method: &Method) -> Result<(), ServiceError> {
    let targets = ["path", "querystring", "header"];
    let sources = [
        "path",
        "querystring",
        "header",
        "multivaluequerystring",
        "multivalueheader",
    ];
    let mut findings = Findings::default();
    for (target, source) in parameters {
        if !is_named(target, "integration.request", &targets) {
            findings.wrong(target);
        }
        if is_common_source(source) || is_body(source, "method.request") {
            continue;
        }
        if !is_named(source, "method.request", &sources) {
            findings.wrong(source);
            continue;
        }
        // All values of a parameter are declared under the name of one.
        let single = source.replacen("method.request.multivalue", "method.request.", 1);
        let declared = method
            .request_parameters
            .as_ref()
            .is_some_and(|declared| declared.contains_key(&single));
        if !declared {
            findings.undeclared(source);
        }
    }
    findings.result()
}

/// The response parameters of an integration response; targets must be declared by the method response.
pub(super) fn check_response(
    parameters: &Map<String>,
    declared_by: Option<&MethodResponse>,
) -> Result<(), ServiceError> {
    let mut findings = Findings::default();
    for (target, source) in parameters {
        let declared = declared_by
            .and_then(|response| response.response_parameters.as_ref())
            .is_some_and(|declared| declared.contains_key(target));
        if !is_named(target, "method.response", &["header"]) {
            findings.wrong(target);
        } else if !declared {
            findings.undeclared(target);
        }
        let known = is_common_source(source)
            || is_body(source, "integration.response")
            || is_named(
                source,
                "integration.response",
                &["header", "multivalueheader"],
            );
        if !known {
            findings.wrong(source);
        }
    }
    findings.result()
}

/// The parameters of a gateway response.
pub(super) fn check_gateway_response(parameters: &Map<String>) -> Result<(), ServiceError> {
    let sources = ["path", "querystring", "header"];
    let mut findings = Findings::default();
    for (target, source) in parameters {
        if !is_named(target, "gatewayresponse", &["header"]) {
            findings.wrong(target);
        }
        if !is_common_source(source) && !is_named(source, "method.request", &sources) {
            findings.wrong(source);
        }
    }
    findings.result()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(target: &str, source: &str) -> Map<String> {
        [(target.to_owned(), source.to_owned())].into()
    }

    #[test]
    fn request_mappings_name_their_mistake() {
        let method = Method {
            request_parameters: Some(
                [
                    ("method.request.path.petId".to_owned(), true),
                    ("method.request.querystring.q".to_owned(), false),
                ]
                .into(),
            ),
            ..Method::default()
        };
        let target = "integration.request.header.h";
        let good = [
            "'static'",
            "''",
            "stageVariables.v",
            "context.identity.sourceIp",
            "method.request.body",
            "method.request.body.a[0].b",
            "method.request.path.petId",
            "method.request.multivaluequerystring.q",
        ];
        for source in good {
            assert!(
                check_request(&one(target, source), &method).is_ok(),
                "{source}"
            );
        }
        let wrong = [
            (target, "true", "Invalid mapping expression specified: true"),
            (
                target,
                "method.request.cookie.c",
                "Invalid mapping expression specified: method.request.cookie.c",
            ),
            (
                target,
                "method.request.header.h",
                "Invalid mapping expression parameter specified: method.request.header.h",
            ),
            (
                "header.h",
                "'x'",
                "Invalid mapping expression specified: header.h",
            ),
            (
                "header.h",
                "x",
                "Invalid mapping expression specified: header.h, Invalid mapping expression specified: x",
            ),
        ];
        for (target, source, finding) in wrong {
            let error = check_request(&one(target, source), &method).unwrap_err();
            assert_eq!(
                error.message,
                format!(
                    "Invalid mapping expression specified: Validation Result: warnings : [], errors : [{finding}]"
                )
            );
        }
    }

    #[test]
    fn response_headers_must_be_declared() {
        let response = MethodResponse {
            response_parameters: Some([("method.response.header.h".to_owned(), true)].into()),
            ..MethodResponse::default()
        };
        let check = |target, source| check_response(&one(target, source), Some(&response));
        assert!(check("method.response.header.h", "integration.response.header.x").is_ok());
        assert!(check("method.response.header.h", "integration.response.body.a").is_ok());
        assert!(check("method.response.header.h", "nonsense").is_err());
        assert!(check("method.response.header.other", "'x'").is_err());
    }

    #[test]
    fn gateway_responses_map_requests_not_answers() {
        let check = |target, source| check_gateway_response(&one(target, source));
        assert!(check("gatewayresponse.header.h", "method.request.header.Accept").is_ok());
        assert!(check("gatewayresponse.header.h", "'a.b.c'").is_ok());
        assert!(check("gatewayresponse.header.h", "integration.response.header.h").is_err());
        assert!(check("method.response.header.h", "'x'").is_err());
    }
}
