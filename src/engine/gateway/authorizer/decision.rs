//! What an authorizer said of a caller.
//!
//! Facts: `spec/rest/auth.md` §4 and §5.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::iam::{Policy, PolicyKind};
use crate::vtl::Node;

/// What an authorizer said of a caller; for a function what it answered, for a token its claims.
#[derive(Debug, Default)]
pub(crate) struct Decision {
    pub(crate) principal: Option<String>,
    /// What a function allows and denies; nothing where a token was checked.
    pub(crate) policy: Option<Policy>,
    /// The same as text.
    pub(crate) policy_text: Option<String>,
    /// The function's `context`, all of it text.
    pub(crate) context: Vec<(String, String)>,
    /// The token's claims, all of them text.
    pub(crate) claims: Option<Vec<(String, String)>>,
    /// The scopes of a JWT authorizer's token.
    pub(crate) scopes: Option<String>,
    /// The API key that the function gives the caller.
    pub(crate) usage_key: Option<String>,
}

impl Decision {
    /// Reads what a function answered.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(payload: &[u8]) -> Result<Self, String> {
        let Ok(Value::Object(answer)) = serde_json::from_slice(payload) else {
            return Err("the authorizer's answer is not a JSON object".to_owned());
        };
        let Some(Value::String(principal)) = answer.get("principalId") else {
            return Err("the authorizer's answer has no principalId".to_owned());
        };
        let Some(document) = answer.get("policyDocument") else {
            return Err("the authorizer's answer has no policyDocument".to_owned());
        };
        let policy = Policy::from_value(document, PolicyKind::Identity)
            .map_err(|error| format!("the authorizer's policyDocument is not a policy: {error}"))?;
        let usage_key = match answer.get("usageIdentifierKey") {
            Some(Value::String(key)) => Some(key.clone()),
            None | Some(Value::Null) => None,
            Some(_) => return Err("the authorizer's usageIdentifierKey is no text".to_owned()),
        };
        let context = match answer.get("context") {
            Some(Value::Object(context)) => texts(context)?,
            None | Some(Value::Null) => Vec::new(),
            Some(_) => return Err("the authorizer's context is no object".to_owned()),
        };
        Ok(Self {
            principal: Some(principal.clone()),
            policy: Some(policy),
            policy_text: Some(document.to_string()),
            context,
            usage_key,
            ..Self::default()
        })
    }

    /// The value of `$context.authorizer.{name}`.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let named =
            |pairs: &'_ [(String, String)], name: &str| pairs.iter().position(|(n, _)| n == name);
        if name == "principalId" {
            return self.principal.as_deref();
        }
        if name == "scopes" && self.scopes.is_some() {
            return self.scopes.as_deref();
        }
        let claim = name.strip_prefix("claims").and_then(|rest| {
            let quoted = rest.strip_prefix("['").and_then(|r| r.strip_suffix("']"));
            rest.strip_prefix('.').or(quoted)
        });
        if let (Some(claim), Some(claims)) = (claim, &self.claims) {
            return named(claims, claim).map(|at| claims[at].1.as_str());
        }
        named(&self.context, name).map(|at| self.context[at].1.as_str())
    }

    /// What `$context.authorizer` holds, and `requestContext.authorizer` of an event.
    pub(super) fn members(&self, latency: i64) -> Vec<(Cow<'_, str>, Node<'_>)> {
        fn all(pairs: &[(String, String)]) -> Vec<(Cow<'_, str>, Node<'_>)> {
            let pair = |(name, value): &'_ (String, String)| (name.clone(), value.clone());
            let pairs = pairs.iter().map(pair);
            pairs
                .map(|(n, v)| (n.into(), Node::Text(v.into())))
                .collect()
        }
        if let Some(claims) = &self.claims {
            let mut members = vec![("claims".into(), Node::Object(all(claims)))];
            if self.scopes.is_some() {
                members.push(("scopes".into(), Node::text(self.scopes.as_deref())));
            }
            return members;
        }
        let mut members = all(&self.context);
        members.push(("principalId".into(), Node::text(self.principal.as_deref())));
        members.push(("integrationLatency".into(), Node::Number(latency)));
        members
    }
}

/// The context as text: numbers and booleans are printed, objects and lists aren't allowed.
fn texts(context: &Map<String, Value>) -> Result<Vec<(String, String)>, String> {
    let mut texts = Vec::with_capacity(context.len());
    for (name, value) in context {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
            Value::Null => continue,
            Value::Array(_) | Value::Object(_) => {
                return Err(format!(
                    "the authorizer's context.{name} is neither text, number nor boolean"
                ));
            }
        };
        texts.push((name.clone(), text));
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy() -> Value {
        json!({"Version": "2012-10-17", "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "*"}]})
    }

    #[test]
    fn an_answer_is_read_and_its_context_made_text() {
        let answer = json!({"principalId": "me", "policyDocument": policy(), "usageIdentifierKey": "key",
            "context": {"text": "a", "number": 1.5, "whole": 3, "yes": true, "none": null}, "unknown": 1});
        let decision = Decision::parse(answer.to_string().as_bytes()).unwrap();
        let texts = [
            "principalId",
            "text",
            "number",
            "whole",
            "yes",
            "none",
            "claims.sub",
            "gone",
        ];
        assert_eq!(
            texts.map(|name| decision.text(name)),
            [
                Some("me"),
                Some("a"),
                Some("1.5"),
                Some("3"),
                Some("true"),
                None,
                None,
                None
            ]
        );
        assert_eq!(decision.usage_key.as_deref(), Some("key"));
        let names: Vec<_> = decision
            .members(7)
            .iter()
            .map(|(n, _)| n.to_string())
            .collect();
        assert_eq!(
            names,
            [
                "text",
                "number",
                "whole",
                "yes",
                "principalId",
                "integrationLatency"
            ]
        );
    }

    #[test]
    fn answers_that_are_none_are_refused() {
        let refused = [
            json!(null),
            json!("text"),
            json!({}),
            json!({"principalId": "me"}),
            json!({"policyDocument": policy()}),
            json!({"principalId": 1, "policyDocument": policy()}),
            json!({"principalId": "me", "policyDocument": "text"}),
            json!({"principalId": "me", "policyDocument": {}}),
            json!({"principalId": "me", "policyDocument": policy(), "context": []}),
            json!({"principalId": "me", "policyDocument": policy(), "context": {"a": {}}}),
            json!({"principalId": "me", "policyDocument": policy(), "context": {"a": []}}),
            json!({"principalId": "me", "policyDocument": policy(), "usageIdentifierKey": 1}),
        ];
        for answer in refused {
            assert!(
                Decision::parse(answer.to_string().as_bytes()).is_err(),
                "{answer}"
            );
        }
    }

    #[test]
    fn claims_are_found_by_name_and_by_quoted_name() {
        let decision = Decision {
            claims: Some(vec![
                ("sub".into(), "1".into()),
                ("custom:role".into(), "admin".into()),
            ]),
            ..Decision::default()
        };
        assert_eq!(decision.text("claims.sub"), Some("1"));
        assert_eq!(decision.text("claims['custom:role']"), Some("admin"));
        assert_eq!(decision.text("claims.custom:role"), Some("admin"));
        assert_eq!(decision.text("claims"), None);
        assert_eq!(decision.members(0).len(), 1);
    }
}
