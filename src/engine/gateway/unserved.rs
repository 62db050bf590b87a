//! What the gateway can't serve yet, in one table. What is listed here can be stored and read back, but not deployed or put on a stage:
//! a protection that isn't built must never be skipped.

use std::fmt;

use super::lambda::LambdaUri;
use crate::model::{Definition, IntegrationType, Method, Resource, Stage};

/// A definition or a stage uses what the gateway can't serve yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unserved {
    /// The feature, as a noun: `AWS_IAM authorization`.
    pub feature: &'static str,
    /// The method that uses it, `GET` and `/pets`; empty when it is the API or the stage as a whole.
    pub verb: String,
    /// The method's resource path.
    pub path: String,
}

impl fmt::Display for Unserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sluice can't serve {} yet", self.feature)?;
        if self.verb.is_empty() {
            return Ok(());
        }
        write!(f, ": {} {}", self.verb, self.path)
    }
}

impl std::error::Error for Unserved {}

enum Uses {
    Method(fn(&Definition, &Method) -> bool),
    Stage(fn(&Stage) -> bool),
}

use Uses::{Method as OnMethod, Stage as OnStage};

/// The table.
const UNSERVED: &[(&str, Uses)] = &[
    ("authorizers that aren't there", OnMethod(misses_authorizer)),
    // Whatever else the service may come to know, an absent type included.
    (
        "this authorization type",
        OnMethod(|_, m| {
            let kinds = ["NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS", "JWT"];
            !kinds.contains(&m.authorization_type.as_str())
        }),
    ),
    (SERVICES, OnMethod(calls_service)),
    ("web ACLs", OnStage(|s| s.web_acl_arn.is_some())),
    (
        "access logs in Firehose",
        OnStage(|s| {
            let log = s.access_log_settings.as_ref();
            let arn = log.and_then(|log| log.destination_arn.as_deref());
            arn.is_some_and(|arn| arn.starts_with("arn:aws:firehose:"))
        }),
    ),
];

/// The one kind of integration that isn't served.
pub(crate) const SERVICES: &str = "integrations with AWS services other than Lambda";

/// A method that names no authorizer of a kind that its authorization type goes with would be open.
fn misses_authorizer(definition: &Definition, method: &Method) -> bool {
    let id = method.authorizer_id.as_deref().unwrap_or_default();
    let found = definition.authorizers.get(id);
    let kind = found.map(|authorizer| authorizer.authorizer_type.as_str());
    match method.authorization_type.as_str() {
        "CUSTOM" => !matches!(kind, Some("TOKEN" | "REQUEST")),
        own @ ("COGNITO_USER_POOLS" | "JWT") => kind != Some(own),
        _ => false,
    }
}

fn calls_service(_: &Definition, method: &Method) -> bool {
    method.method_integration.as_ref().is_some_and(|i| {
        matches!(
            i.integration_type,
            IntegrationType::Aws | IntegrationType::AwsProxy
        ) && LambdaUri::parse(i.uri.as_deref().unwrap_or_default()).is_none()
    })
}

/// Refuses a definition that the gateway can't serve as it is written; `CreateDeployment` asks this before anything is frozen.
pub fn check(definition: &Definition) -> Result<(), Unserved> {
    for (resource, method) in definition.methods() {
        check_method(definition, method).map_err(|feature| Unserved {
            feature,
            verb: method.http_method.clone(),
            path: resource.path.clone(),
        })?;
    }
    Ok(())
}

/// Refuses a test request to a method that can't be served. What protects a method doesn't take part in a test and doesn't hinder it.
pub(crate) fn check_test(
    definition: &Definition,
    resource: &Resource,
    method: &Method,
) -> Result<(), Unserved> {
    let unprotected = Method {
        authorization_type: "NONE".to_owned(),
        api_key_required: false,
        ..method.clone()
    };
    check_method(definition, &unprotected).map_err(|feature| Unserved {
        feature,
        verb: method.http_method.clone(),
        path: resource.path.clone(),
    })
}

/// The feature that one method uses and the gateway can't serve.
fn check_method(definition: &Definition, method: &Method) -> Result<(), &'static str> {
    for (feature, uses) in UNSERVED {
        if let OnMethod(uses) = uses
            && uses(definition, method)
        {
            return Err(feature);
        }
    }
    Ok(())
}

/// Refuses stage settings that the gateway can't serve; asked before a stage is created or changed.
pub fn check_stage(stage: &Stage) -> Result<(), Unserved> {
    for (feature, uses) in UNSERVED {
        if let OnStage(uses) = uses
            && uses(stage)
        {
            return Err(Unserved {
                feature,
                verb: String::new(),
                path: String::new(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A definition with one method `GET /pets` on which nothing needs refusing, changed by `change`.
    fn definition(change: impl FnOnce(&mut Value)) -> Definition {
        let mut value = json!({
            "restApi": {"id": "api", "apiKeySource": "HEADER", "endpointConfiguration": {"types": ["EDGE"]}},
            "resources": {"r": {"id": "r", "path": "/pets", "pathPart": "pets", "resourceMethods": {"GET": {
                "httpMethod": "GET",
                "authorizationType": "NONE",
                "methodIntegration": {"type": "MOCK", "integrationResponses": {"200": {"statusCode": "200"}}},
            }}}},
        });
        change(&mut value);
        serde_json::from_value(value).unwrap()
    }

    fn in_method(pointer: &'static str, new: Value) -> impl FnOnce(&mut Value) {
        move |value| {
            let method = &mut value["resources"]["r"]["resourceMethods"]["GET"];
            match pointer.rsplit_once('/') {
                Some((parent, name)) => method.pointer_mut(parent).unwrap()[name] = new,
                None => method[pointer] = new,
            }
        }
    }

    #[test]
    fn what_is_built_passes() {
        assert_eq!(check(&definition(|_| {})), Ok(()));
        for kind in ["HTTP", "HTTP_PROXY"] {
            assert_eq!(
                check(&definition(in_method(
                    "/methodIntegration/type",
                    json!(kind)
                ))),
                Ok(())
            );
        }
        assert_eq!(check_stage(&Stage::default()), Ok(()));
        let quiet =
            json!({"methodSettings": {"*/*": {"loggingLevel": "OFF", "metricsEnabled": true}}});
        assert_eq!(check_stage(&serde_json::from_value(quiet).unwrap()), Ok(()));
    }

    /// Every row of the table is met by a definition or a stage that differs from one that passes in one place.
    #[test]
    fn every_feature_of_the_table_is_refused_by_name() {
        let method = |pointer, new| check(&definition(in_method(pointer, new)));
        let stage = |new: Value| check_stage(&serde_json::from_value(new).unwrap());
        let refused = [
            method("authorizationType", json!("CUSTOM")),
            method("authorizationType", json!("")),
            method("/methodIntegration/type", json!("AWS")),
            stage(json!({"webAclArn": "arn"})),
            stage(
                json!({"accessLogSettings": {"destinationArn": "arn:aws:firehose:r:1:deliverystream/amazon-apigateway-x"}}),
            ),
        ];
        let names: Vec<&str> = refused
            .iter()
            .map(|r| r.as_ref().unwrap_err().feature)
            .collect();
        let table: Vec<&str> = UNSERVED.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, table);
    }

    #[test]
    fn the_message_names_the_method() {
        let text = |r: Result<(), Unserved>| r.unwrap_err().to_string();
        assert_eq!(
            text(check(&definition(in_method(
                "authorizationType",
                json!("JWT")
            )))),
            "Sluice can't serve authorizers that aren't there yet: GET /pets"
        );
        assert_eq!(
            text(check_stage(
                &serde_json::from_value(json!({"webAclArn": "arn"})).unwrap()
            )),
            "Sluice can't serve web ACLs yet"
        );
    }
}
