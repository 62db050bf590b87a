//! Authorizers to security schemes, and what methods require.

use serde_json::{Value, json};

use super::{Object, Writer, documentation};
use crate::model::{Authorizer, Method};
use crate::openapi::X;

/// The service's names of the schemes that no authorizer stands behind.
const API_KEY: &str = "api_key";
const SIGV4: &str = "sigv4";

impl Writer<'_> {
    /// What a method requires, a list of one entry each.
    pub(super) fn security(&self, method: &Method) -> Vec<Value> {
        let mut all = Vec::new();
        match method.authorization_type.as_str() {
            "AWS_IAM" => all.push(one(SIGV4, json!([]))),
            "NONE" | "" => {}
            _ => {
                let authorizer = method
                    .authorizer_id
                    .as_ref()
                    .and_then(|id| self.definition.authorizers.get(id));
                if let Some(authorizer) = authorizer {
                    let scopes = method.authorization_scopes.clone().unwrap_or_default();
                    all.push(one(&authorizer.name, json!(scopes)));
                }
            }
        }
        if method.api_key_required {
            all.push(one(API_KEY, json!([])));
        }
        all
    }

    /// The schemes: all authorizers with their extension, else those in use.
    pub(super) fn security_schemes(&self) -> Object {
        let methods = self.definition.methods();
        let mut schemes = Object::new();
        let extended = self.options.extensions.authorizers;
        let mut authorizers: Vec<&Authorizer> = self.definition.authorizers.values().collect();
        authorizers.sort_by(|a, b| a.name.cmp(&b.name));
        for authorizer in authorizers {
            let used = || {
                let id = Some(&authorizer.id);
                methods.iter().any(|(_, m)| m.authorizer_id.as_ref() == id)
            };
            if extended || used() {
                schemes.insert(authorizer.name.clone(), self.scheme(authorizer));
            }
        }
        if methods.iter().any(|(_, method)| method.api_key_required) {
            let scheme = json!({"type": "apiKey", "name": "x-api-key", "in": "header"});
            schemes.insert(API_KEY.to_owned(), scheme);
        }
        if methods
            .iter()
            .any(|(_, m)| m.authorization_type == "AWS_IAM")
        {
            let mut scheme = json!({"type": "apiKey", "name": "Authorization", "in": "header"});
            if extended || self.options.extensions.integrations {
                scheme[format!("{X}authtype")] = json!("awsSigv4");
            }
            if self.options.extensions.postman {
                // Recalled from Postman's importer; not recorded.
                scheme["x-postman-meta"] =
                    json!({"currentHelper": "awsSigV4", "helperAttributes": {}});
            }
            schemes.insert(SIGV4.to_owned(), scheme);
        }
        schemes
    }

    fn scheme(&self, authorizer: &Authorizer) -> Value {
        let source = authorizer.identity_source.as_deref();
        // One header is the scheme's own name; anything else is told by the extension.
        let header = source
            .and_then(|source| source.strip_prefix("method.request.header."))
            .filter(|name| !name.contains(','));
        let mut scheme = Object::new();
        scheme.insert("type".to_owned(), json!("apiKey"));
        scheme.insert("name".to_owned(), json!(header.unwrap_or("Unused")));
        scheme.insert("in".to_owned(), json!("header"));
        let texts = self.texts.at("AUTHORIZER", "", "", "", &authorizer.name);
        documentation::fill(&mut scheme, &texts, &["description"]);
        if self.options.extensions.authorizers {
            if let Some(word) = &authorizer.auth_type {
                scheme.insert(format!("{X}authtype"), json!(word));
            }
            let extension = extension(authorizer, header.is_some());
            scheme.insert(format!("{X}authorizer"), extension);
        }
        scheme.into()
    }
}

fn extension(authorizer: &Authorizer, named: bool) -> Value {
    let mut members = Object::new();
    let mut text = |key: &str, value: Option<&String>| {
        if let Some(value) = value {
            members.insert(key.to_owned(), json!(value));
        }
    };
    // A request authorizer always tells its sources.
    let told = !named || authorizer.authorizer_type == "REQUEST";
    let source = authorizer.identity_source.as_ref().filter(|_| told);
    text("identitySource", source);
    text(
        "identityValidationExpression",
        authorizer.identity_validation_expression.as_ref(),
    );
    text("authorizerUri", authorizer.authorizer_uri.as_ref());
    text(
        "authorizerCredentials",
        authorizer.authorizer_credentials.as_ref(),
    );
    if let Some(arns) = &authorizer.provider_arns {
        members.insert("providerARNs".to_owned(), json!(arns));
    }
    if let Some(seconds) = authorizer.authorizer_result_ttl_in_seconds {
        members.insert("authorizerResultTtlInSeconds".to_owned(), json!(seconds));
    }
    if let Some(configuration) = &authorizer.jwt_configuration {
        members.insert("jwtConfiguration".to_owned(), json!(configuration));
    }
    let kind = authorizer.authorizer_type.to_ascii_lowercase();
    members.insert("type".to_owned(), json!(kind));
    members.into()
}

fn one(name: &str, scopes: Value) -> Value {
    Value::Object([(name.to_owned(), scopes)].into_iter().collect())
}
