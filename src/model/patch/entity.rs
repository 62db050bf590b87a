//! Applying a patch to an entity that a [table](super::table) describes.

use serde_json::{Map, Value};

use super::table::{Form, Patchable, Row, Wording};
use super::{PatchError, PatchOperation, Verb, segments};

/// Applies a patch, all of it or nothing.
pub fn apply<E: Patchable>(
    entity: &mut E,
    operations: &[PatchOperation],
) -> Result<(), PatchError> {
    let unreadable = |_| PatchError::BadRequest("Invalid patch value specified".to_owned());
    let mut json = serde_json::to_value(&*entity).map_err(unreadable)?;
    for operation in operations {
        let found = locate::<E>(operation)?;
        found.change(&mut json, operation)?;
    }
    *entity = serde_json::from_value(json).map_err(unreadable)?;
    Ok(())
}

/// A row that an operation addresses, with the map's key or the list's value.
struct Found {
    row: &'static Row,
    verb: Verb,
    key: Option<String>,
}

fn locate<E: Patchable>(operation: &PatchOperation) -> Result<Found, PatchError> {
    let (path, op) = (operation.path_text(), operation.op_text());
    let found = segments(path).and_then(|given| {
        E::ROWS
            .iter()
            .find_map(|row| row.key_in(&given).map(|key| (row, key)))
    });
    let refuse = |ending: String| {
        PatchError::BadRequest(match E::WORDING {
            Wording::Listing => {
                format!("Invalid patch path  '{path}' specified for op '{op}'. {ending}")
            }
            Wording::Plain => format!("Invalid patch path {path}"),
        })
    };
    let verb = operation.verb();
    match (found, verb) {
        (Some((row, key)), Some(verb)) if row.verbs.contains(&verb) => Ok(Found { row, verb, key }),
        (None, Some(verb)) if E::ROWS.iter().any(|row| row.verbs.contains(&verb)) => {
            // The paths that there are for this operation: for `add` of a usage the service lists none, and says so.
            let rows = E::ROWS.iter().filter(|row| row.verbs.contains(&verb));
            let paths: Vec<&str> = rows.map(|row| row.path).collect();
            Err(refuse(format!("Must be one of: [{}]", paths.join(", "))))
        }
        _ => Err(refuse("Please choose supported operations".to_owned())),
    }
}

impl Row {
    /// Whether the path addresses this row, and with which key.
    #[allow(clippy::option_option, reason = "a row that matches may have no key")]
    fn key_in(&self, given: &[String]) -> Option<Option<String>> {
        let own: Vec<&str> = self.path.split('/').skip(1).collect();
        let rest = given.strip_prefix(
            own.iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .as_slice(),
        )?;
        let keyed = matches!(
            self.form,
            Form::Texts(_)
                | Form::Booleans(_)
                | Form::Templates(_)
                | Form::Keyed
                | Form::Numbered
                | Form::List
        );
        match rest {
            [] if !keyed || self.form == Form::List => Some(None),
            [key] if keyed => Some(Some(key.clone())),
            // `/labels/x`, `/labels`: nothing is stored, so nothing needs telling apart.
            [_] if self.form == Form::Ignored => Some(None),
            _ => None,
        }
    }
}

impl Found {
    fn change(&self, root: &mut Value, operation: &PatchOperation) -> Result<(), PatchError> {
        let (parents, name) = self.row.path.rsplit_once('/').unwrap_or_default();
        let name = match name {
            // The members that the patch names otherwise than the entity does.
            "stages" => "stageKeys",
            name => name,
        };
        let Some(object) = descend(root, parents) else {
            return Err(operation.unfit("addressed to a member"));
        };
        let value = match self.row.form {
            Form::Ignored => return Ok(()),
            Form::Texts(_) | Form::Booleans(_) | Form::Templates(_) => {
                return self.change_map(object, name, operation);
            }
            Form::Keyed | Form::Numbered | Form::List => {
                return self.change_list(object, name, operation);
            }
            _ if self.verb == Verb::Remove => None,
            Form::Text => operation.filled().map(Value::from),
            Form::AnyText => operation.value.clone().map(Value::from),
            Form::Boolean => Some(operation.boolean()?.into()),
            Form::Integer => match operation.filled() {
                Some(_) => Some(operation.integer()?.into()),
                None => None,
            },
            Form::Word(words) => match operation.filled() {
                Some(word) if words.contains(&word) => Some(word.into()),
                Some(_) => return Err(operation.unfit(&format!("one of [{}]", words.join(", ")))),
                None => None,
            },
        };
        match value {
            Some(value) => object.insert(name.to_owned(), value),
            None => object.shift_remove(name),
        };
        Ok(())
    }

    fn change_map(
        &self,
        object: &mut Map<String, Value>,
        name: &str,
        operation: &PatchOperation,
    ) -> Result<(), PatchError> {
        let key = self.key.clone().unwrap_or_default();
        let held = object.get(name).and_then(Value::as_object);
        let present = held.is_some_and(|map| map.contains_key(&key));
        let (Form::Texts(missing) | Form::Booleans(missing) | Form::Templates(missing)) =
            self.row.form
        else {
            return Ok(());
        };
        let value = match (self.verb, self.row.form) {
            (Verb::Remove, _) => None,
            (_, Form::Booleans(_)) => Some(operation.boolean()?.into()),
            (_, Form::Templates(_)) => Some(operation.filled().map_or(Value::Null, Value::from)),
            _ => match operation.filled() {
                Some(text) => Some(text.into()),
                None => {
                    return Err(PatchError::BadRequest(format!(
                        "Invalid null or empty value in {name}"
                    )));
                }
            },
        };
        if self.verb != Verb::Add && !present {
            return Err(PatchError::NotFound(missing.to_owned()));
        }
        let map = object
            .entry(name)
            .or_insert_with(|| Value::Object(Map::new()));
        if let Some(map) = map.as_object_mut() {
            match value {
                Some(value) => map.insert(key, value),
                None => map.shift_remove(&key),
            };
            if map.is_empty() {
                object.shift_remove(name);
            }
        }
        Ok(())
    }

    fn change_list(
        &self,
        object: &mut Map<String, Value>,
        name: &str,
        operation: &PatchOperation,
    ) -> Result<(), PatchError> {
        let Some(key) = self
            .key
            .clone()
            .or_else(|| operation.filled().map(str::to_owned))
        else {
            return Err(operation.unfit("given"));
        };
        let list = object
            .entry(name)
            .or_insert_with(|| Value::Array(Vec::new()));
        let Some(list) = list.as_array_mut() else {
            return Ok(());
        };
        let at = list.iter().position(|v| v.as_str() == Some(&key));
        let at = match self.row.form {
            Form::Numbered | Form::List => {
                at.or_else(|| key.parse().ok().filter(|n| *n < list.len()))
            }
            _ => at,
        };
        let appended = match self.verb {
            Verb::Add => Some(key),
            Verb::Replace => Some(operation.filled().map_or(key, str::to_owned)),
            _ => None,
        };
        if self.verb != Verb::Add {
            let Some(at) = at else {
                // Not recorded; the path names something that isn't there.
                let path = operation.path_text();
                return Err(PatchError::BadRequest(format!("Invalid patch path {path}")));
            };
            list.remove(at);
        }
        if let Some(value) = appended.filter(|v| !list.iter().any(|held| held.as_str() == Some(v)))
        {
            list.push(value.into());
        }
        if list.is_empty() {
            object.shift_remove(name);
        }
        Ok(())
    }
}

/// The object at this pointer, made on the way; nothing if something else is there.
fn descend<'v>(root: &'v mut Value, pointer: &str) -> Option<&'v mut Map<String, Value>> {
    let mut at = root.as_object_mut()?;
    for name in pointer.split('/').skip(1) {
        at = at
            .entry(name)
            .or_insert_with(|| Value::Object(Map::new()))
            .as_object_mut()?;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{
        ApiKey, GatewayResponse, GatewayResponseType, Integration, IntegrationResponse, Method,
        RequestValidator, Resource, RestApi,
    };

    fn op(op: &str, path: &str, value: Option<&str>) -> PatchOperation {
        PatchOperation {
            op: Some(op.into()),
            path: (path != "-").then(|| path.into()),
            value: value.map(Into::into),
            from: None,
        }
    }

    /// Applies one operation and shows the members that it concerns, or the refusal.
    fn run<E: Patchable>(mut entity: E, operation: &PatchOperation, member: &str) -> Value {
        match apply(&mut entity, std::slice::from_ref(operation)) {
            Ok(()) => serde_json::to_value(entity).unwrap()[member].clone(),
            Err(PatchError::BadRequest(text)) => json!(format!("400 {text}")),
            Err(PatchError::NotFound(text)) => json!(format!("404 {text}")),
        }
    }

    #[test]
    fn apis_patch_as_recorded() {
        let api = || RestApi {
            description: Some("mine".into()),
            binary_media_types: vec!["image/png".into(), "image/jpeg".into()],
            minimum_compression_size: Some(10),
            endpoint_configuration: crate::model::EndpointConfiguration {
                types: vec!["EDGE".into()],
                ..Default::default()
            },
            ..Default::default()
        };
        let bad = json!("400 Invalid patch path /binaryMediaTypes");
        let cases = [
            (
                op("add", "/binaryMediaTypes/a~1b", Some("x")),
                "binaryMediaTypes",
                json!(["image/png", "image/jpeg", "a/b"]),
            ),
            (
                op("add", "/binaryMediaTypes/image~1png", None),
                "binaryMediaTypes",
                json!(["image/png", "image/jpeg"]),
            ),
            (
                op("replace", "/binaryMediaTypes/image~1png", Some("image/gif")),
                "binaryMediaTypes",
                json!(["image/jpeg", "image/gif"]),
            ),
            (
                op("remove", "/binaryMediaTypes/image~1png", None),
                "binaryMediaTypes",
                json!(["image/jpeg"]),
            ),
            (
                op("add", "/binaryMediaTypes/-", Some("image/gif")),
                "binaryMediaTypes",
                json!(["image/png", "image/jpeg", "-"]),
            ),
            (
                op("add", "/binaryMediaTypes", Some("image/gif")),
                "",
                bad.clone(),
            ),
            (
                op("replace", "/binaryMediaTypes", Some("image/gif")),
                "",
                bad.clone(),
            ),
            (
                op("remove", "/binaryMediaTypes", Some("image/gif")),
                "",
                bad,
            ),
            (
                op("remove", "/description", None),
                "description",
                json!(null),
            ),
            (
                op("replace", "/minimumCompressionSize", None),
                "minimumCompressionSize",
                json!(null),
            ),
            (
                op("replace", "/minimumCompressionSize", Some("7")),
                "minimumCompressionSize",
                json!(7),
            ),
            (
                op(
                    "replace",
                    "/endpointConfiguration/types/EDGE",
                    Some("REGIONAL"),
                ),
                "endpointConfiguration",
                json!({"types": ["REGIONAL"]}),
            ),
            (
                op(
                    "add",
                    "/endpointConfiguration/vpcEndpointIds",
                    Some("vpce-1"),
                ),
                "endpointConfiguration",
                json!({"types": ["EDGE"], "vpcEndpointIds": ["vpce-1"]}),
            ),
        ];
        for (operation, member, want) in cases {
            assert_eq!(run(api(), &operation, member), want, "{operation:?}");
        }
    }

    #[test]
    fn apis_refuse_plainly() {
        let refused = |operation| run(RestApi::default(), &operation, "");
        assert_eq!(
            refused(op("add", "/name", Some("x"))),
            "400 Invalid patch path /name"
        );
        assert_eq!(
            refused(op("replace", "/apiKeySource", Some("MOON"))),
            "400 Invalid value 'MOON' specified for patch path '/apiKeySource'. Must be one of [HEADER, AUTHORIZER]"
        );
    }

    #[test]
    fn listing_entities_name_their_paths() {
        let cases = [
            (
                op("replace", "/invalid", Some("x")),
                "400 Invalid patch path  '/invalid' specified for op 'replace'. Must be one of: [/parentId, /pathPart]",
            ),
            (
                op("remove", "/pathPart", None),
                "400 Invalid patch path  '/pathPart' specified for op 'remove'. Please choose supported operations",
            ),
            (
                op("move", "/pathPart", None),
                "400 Invalid patch path  '/pathPart' specified for op 'move'. Please choose supported operations",
            ),
            (
                op("replace", "pathPart", None),
                "400 Invalid patch path  'pathPart' specified for op 'replace'. Must be one of: [/parentId, /pathPart]",
            ),
            (
                op("remove", "/nothing", None),
                "400 Invalid patch path  '/nothing' specified for op 'remove'. Please choose supported operations",
            ),
        ];
        for (operation, want) in cases {
            assert_eq!(run(Resource::default(), &operation, ""), want);
        }
        assert_eq!(
            run(Method::default(), &op("remove", "/nothing", None), ""),
            "400 Invalid patch path  '/nothing' specified for op 'remove'. Must be one of: [/authorizationScopes, /requestModels, /requestParameters]",
            "those that can be removed"
        );
        assert_eq!(
            run(
                RequestValidator::default(),
                &op("replace", "/invalidPath", None),
                ""
            ),
            "400 Invalid patch path  '/invalidPath' specified for op 'replace'. Must be one of: [/name, /validateRequestParameters, /validateRequestBody]"
        );
        let validator = RequestValidator {
            validate_request_body: true,
            ..Default::default()
        };
        assert_eq!(
            run(
                validator,
                &op("replace", "/validateRequestBody", None),
                "validateRequestBody"
            ),
            false
        );
    }

    #[test]
    fn maps_know_what_is_missing() {
        let gateway = || {
            let mut response = GatewayResponse::default_of(GatewayResponseType::Default4xx);
            response
                .response_parameters
                .insert("gatewayresponse.header.a".into(), "'1'".into());
            response
        };
        let header = "/responseParameters/gatewayresponse.header.a";
        let cases = [
            (
                op("replace", header, Some("'2'")),
                "responseParameters",
                json!({"gatewayresponse.header.a": "'2'"}),
            ),
            (op("remove", header, None), "responseParameters", json!({})),
            (
                op("replace", "/responseParameters/x", Some("'2'")),
                "",
                json!("404 Invalid parameter name specified"),
            ),
            (
                op("remove", "/responseTemplates/text~1x", None),
                "",
                json!("404 Content-Type specified was not found"),
            ),
            (
                op("replace", "/responseTemplates/application~1json", None),
                "",
                json!("400 Invalid null or empty value in responseTemplates"),
            ),
            (
                op("replace", header, None),
                "",
                json!("400 Invalid null or empty value in responseParameters"),
            ),
            (
                op("add", "/statusCode", Some("1")),
                "",
                json!("400 Invalid patch path /statusCode"),
            ),
            (
                op("replace", "/statusCode", Some("444")),
                "statusCode",
                json!("444"),
            ),
            (
                op("replace", "-", Some("444")),
                "",
                json!("400 Invalid patch path null"),
            ),
        ];
        for (operation, member, want) in cases {
            assert_eq!(run(gateway(), &operation, member), want, "{operation:?}");
        }
        let method = || Method {
            request_parameters: Some([("method.request.header.h".to_owned(), true)].into()),
            ..Default::default()
        };
        assert_eq!(
            run(
                method(),
                &op("remove", "/requestParameters/method.request.header.h", None),
                "requestParameters"
            ),
            json!(null),
            "the last entry takes the member with it"
        );
        assert_eq!(
            run(
                method(),
                &op("add", "/authorizationScopes", Some("a/b")),
                "authorizationScopes"
            ),
            json!(["a/b"])
        );
        let answer = IntegrationResponse::default();
        assert_eq!(
            run(
                answer,
                &op("add", "/responseTemplates/application~1json", Some("")),
                "responseTemplates"
            ),
            json!({"application/json": null})
        );
    }

    #[test]
    fn a_refused_patch_changes_nothing() {
        let mut method = Method {
            http_method: "GET".into(),
            ..Default::default()
        };
        let before = method.clone();
        let operations = [
            op("replace", "/operationName", Some("x")),
            op("replace", "/nothing", Some("x")),
        ];
        assert!(apply(&mut method, &operations).is_err());
        assert_eq!(method, before);
        assert!(apply(&mut method, &operations[..1]).is_ok());
        assert_eq!(method.operation_name.as_deref(), Some("x"));
    }

    #[test]
    fn nested_members_are_made_on_the_way() {
        let got = run(
            Integration::default(),
            &op(
                "replace",
                "/tlsConfig/insecureSkipVerification",
                Some("true"),
            ),
            "tlsConfig",
        );
        assert_eq!(got, json!({"insecureSkipVerification": true}));
        assert_eq!(
            run(
                ApiKey::default(),
                &op("add", "/stages", Some("a/b")),
                "stageKeys"
            ),
            json!(["a/b"])
        );
    }
}
