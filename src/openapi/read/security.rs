//! Security schemes to authorizers, and what an operation requires of them.

use serde_json::{Value, json};

use super::Reader;
use crate::model::{Authorizer, JwtConfiguration, Method};
use crate::openapi::X;
use crate::openapi::document::{Object, member, scalar, texts};

/// How a scheme protects a method.
enum Scheme {
    ApiKey,
    Iam,
    /// `CUSTOM`, `COGNITO_USER_POOLS` or `JWT`.
    Authorizer(&'static str),
    /// An authorizer is meant, and nothing says which: what it protects must not be served without it.
    Missing,
    /// Nothing that a REST API does.
    None,
}

impl<'a> Reader<'a> {
    /// Authorizers, used or not.
    pub(super) fn security_schemes(&mut self) {
        for (name, scheme) in self.document.security_schemes().into_iter().flatten() {
            let Some(scheme) = self.document.resolve(scheme).as_object() else {
                continue;
            };
            if let Some(extension) = scheme
                .get(&format!("{X}authorizer"))
                .and_then(Value::as_object)
            {
                self.authorizer(name, scheme, extension);
            } else if wants_authorizer(scheme) {
                // The service's words, as reports have them.
                self.warn(format!(
                    "Unable to create authorizer from security definition: '{name}'. Extension {X}authorizer is required. Any methods with security: '{name}' will not be created. If this security definition is not a custom authorizer, remove the {X}authtype extension and it will be ignored."
                ));
            }
        }
    }

    fn authorizer(&mut self, name: &str, scheme: &Object, extension: &Object) {
        let text = |key| member(extension, key).filter(|text| !text.is_empty());
        let kind = text("type").unwrap_or_default().to_ascii_uppercase();
        if !["TOKEN", "REQUEST", "COGNITO_USER_POOLS", "JWT"].contains(&kind.as_str()) {
            self.fail(format!(
                "Unable to create authorizer '{name}': invalid type '{kind}', must be token, request, cognito_user_pools or jwt"
            ));
            return;
        }
        let configuration = extension
            .get("jwtConfiguration")
            .filter(|_| kind == "JWT")
            .map(jwt_configuration);
        let jwt_configuration = match configuration {
            Some(Ok(configuration)) => Some(configuration),
            Some(Err(error)) => {
                self.fail(format!(
                    "Unable to create authorizer '{name}': invalid jwtConfiguration: {error}"
                ));
                return;
            }
            None => None,
        };
        // The header that carries the token is the scheme's own, unless several things do.
        let header = member(scheme, "name")
            .filter(|header| !header.eq_ignore_ascii_case("unused") && !header.is_empty())
            .filter(|_| member(scheme, "in").is_none_or(|place| place == "header"))
            .map(|header| format!("method.request.header.{header}"));
        let given = text("authorizerResultTtlInSeconds");
        let ttl = match given.as_deref().map(str::parse::<i64>) {
            Some(Ok(seconds)) => Some(seconds),
            Some(Err(_)) => {
                self.warn(format!(
                    "Ignoring authorizerResultTtlInSeconds of authorizer '{name}': it must be a number"
                ));
                None
            }
            // Recorded: only REQUEST authorizers show the default.
            None => (kind == "REQUEST").then_some(300),
        };
        let arns = texts(extension.get("providerARNs"));
        let auth_type = member(scheme, &format!("{X}authtype")).unwrap_or_else(|| {
            let word = match kind.as_str() {
                "COGNITO_USER_POOLS" => "cognito_user_pools",
                "JWT" => "jwt",
                _ => "custom",
            };
            word.to_owned()
        });
        let authorizer = Authorizer {
            id: name.to_owned(),
            name: name.to_owned(),
            provider_arns: (!arns.is_empty()).then_some(arns),
            auth_type: Some(auth_type),
            authorizer_uri: text("authorizerUri"),
            authorizer_credentials: text("authorizerCredentials"),
            identity_source: text("identitySource").map(source).or(header).or_else(|| {
                // Schemes such as openIdConnect name no header; tokens come in this one.
                let tokens = matches!(kind.as_str(), "COGNITO_USER_POOLS" | "JWT");
                tokens.then(|| "method.request.header.Authorization".to_owned())
            }),
            identity_validation_expression: text("identityValidationExpression"),
            authorizer_result_ttl_in_seconds: ttl,
            authorizer_type: kind,
            jwt_configuration,
        };
        let authorizers = &mut self.import.definition.authorizers;
        authorizers.insert(name.to_owned(), authorizer);
    }

    /// Sets what an operation requires: its own list, else the document's. False if the method can't be had: an authorizer is missing.
    pub(super) fn protect(
        &mut self,
        path: &str,
        operation: &'a Object,
        method: &mut Method,
    ) -> bool {
        let mut protected = true;
        "NONE".clone_into(&mut method.authorization_type);
        let verb = method.http_method.clone();
        let requirements = operation.get("security").or(self.default_security);
        let requirements = requirements.and_then(Value::as_array);
        for requirement in requirements.into_iter().flatten() {
            for (name, scopes) in requirement.as_object().into_iter().flatten() {
                match self.scheme(name) {
                    Scheme::ApiKey => method.api_key_required = true,
                    Scheme::Iam => "AWS_IAM".clone_into(&mut method.authorization_type),
                    Scheme::Authorizer(_) if method.authorizer_id.is_some() => {
                        self.warn(format!(
                            "Ignoring authorizer '{name}' on method '{verb}' of resource '{path}': a method has one authorizer"
                        ));
                    }
                    Scheme::Authorizer(kind) => {
                        kind.clone_into(&mut method.authorization_type);
                        method.authorizer_id = Some(name.clone());
                        let mut scopes = texts(Some(scopes));
                        scopes.sort();
                        method.authorization_scopes = (!scopes.is_empty()).then_some(scopes);
                    }
                    Scheme::Missing => protected = false,
                    Scheme::None => self.warn(format!(
                        "Ignoring security scheme '{name}' on method '{verb}' of resource '{path}': it is neither an API key in the header x-api-key nor AWS Signature V4, and has no {X}authorizer"
                    )),
                }
            }
        }
        let auth = operation.get(&format!("{X}auth"));
        if let Some(kind) = auth.and_then(|auth| auth.get("type")) {
            match scalar(kind).to_ascii_uppercase().as_str() {
                "AWS_IAM" => {
                    "AWS_IAM".clone_into(&mut method.authorization_type);
                    method.authorizer_id = None;
                    method.authorization_scopes = None;
                }
                "NONE" => {}
                other => self.fail(format!(
                    "Unable to put method '{verb}' on resource at path '{path}': invalid {X}auth type '{other}', must be NONE or AWS_IAM"
                )),
            }
        }
        protected
    }

    fn scheme(&self, name: &str) -> Scheme {
        if let Some(authorizer) = self.import.definition.authorizers.get(name) {
            return Scheme::Authorizer(match authorizer.authorizer_type.as_str() {
                "COGNITO_USER_POOLS" => "COGNITO_USER_POOLS",
                "JWT" => "JWT",
                _ => "CUSTOM",
            });
        }
        let Some(scheme) = self
            .document
            .security_schemes()
            .and_then(|schemes| schemes.get(name))
            .and_then(|scheme| self.document.resolve(scheme).as_object())
        else {
            return Scheme::None;
        };
        let auth_type = member(scheme, &format!("{X}authtype")).unwrap_or_default();
        if auth_type.eq_ignore_ascii_case("awsSigv4") {
            return Scheme::Iam;
        }
        let is = |key, value: &str| {
            member(scheme, key).is_some_and(|given| given.eq_ignore_ascii_case(value))
        };
        if is("type", "apiKey") && is("in", "header") && is("name", "x-api-key") {
            return Scheme::ApiKey;
        }
        if wants_authorizer(scheme) {
            return Scheme::Missing;
        }
        Scheme::None
    }
}

/// Whether a scheme says that an authorizer stands behind it. The prefix `aws` is the service's own.
fn wants_authorizer(scheme: &Object) -> bool {
    member(scheme, &format!("{X}authtype"))
        .is_some_and(|word| !word.to_ascii_lowercase().starts_with("aws"))
}

/// An identity source in the spelling of REST APIs; files that were written for HTTP APIs begin theirs with a dollar sign.
fn source(text: String) -> String {
    match text.strip_prefix("$request.") {
        Some(rest) => format!("method.request.{rest}"),
        None => text,
    }
}

/// Issuers and their audiences: in the form of REST APIs, or in that of HTTP APIs, which know one issuer.
fn jwt_configuration(given: &Value) -> Result<JwtConfiguration, String> {
    let form = match (given.get("issuers"), given.get("issuer")) {
        (None, Some(issuer)) => {
            let audiences = texts(given.get("audience").or_else(|| given.get("audiences")));
            json!({
                "issuers": [{"issuer": issuer, "audiences": audiences}],
                "defaultAlgorithms": ["RS256"],
            })
        }
        _ => given.clone(),
    };
    serde_json::from_value(form).map_err(|error| error.to_string())
}
