//! What the corpus alone doesn't show.

use serde_json::{Value, json};

use super::*;

fn import_of(document: &Value) -> Import {
    read(&document.to_string(), &options("abc123")).unwrap()
}

fn plain(definition: &Definition, format: Format, extensions: &str) -> Value {
    let options = WriteOptions {
        format,
        extensions: Extensions::named(extensions).unwrap(),
        host: "h",
        stage: "s",
        version: "v",
        documentation: None,
    };
    write(definition, &options).unwrap()
}

#[test]
fn a_plain_export_has_no_extension() {
    for (name, source, _) in super::corpus::ALL {
        let definition = defined(&imported(source), 0);
        for format in [Format::Oas30, Format::Swagger] {
            // OpenAPI has no other word for a method of every verb.
            let text = plain(&definition, format, "").to_string();
            let text = text.replace("x-amazon-apigateway-any-method", "");
            assert!(!text.contains("x-amazon"), "{name}: {text}");
        }
    }
}

#[test]
fn extensions_come_as_asked_for() {
    let source = corpus::ALL.iter().find(|(name, ..)| *name == "authorizers");
    let definition = defined(&imported(source.unwrap().1), 0);
    let scheme = |extensions: &str, name: &str| {
        let document = plain(&definition, Format::Swagger, extensions);
        document["securityDefinitions"][name].clone()
    };
    assert_eq!(
        scheme("", "token"),
        json!({"type": "apiKey", "name": "X-Token", "in": "header"})
    );
    assert_eq!(scheme("", "unused"), Value::Null);
    assert_eq!(scheme("integrations", "unused"), Value::Null);
    assert!(scheme("authorizers", "unused").is_object());
    assert!(scheme("apigateway", "unused").is_object());
    assert_eq!(
        scheme("authorizers", "token")["x-amazon-apigateway-authorizer"]["type"],
        "token"
    );
    assert!(scheme("postman", "sigv4")["x-postman-meta"].is_object());
    assert_eq!(Extensions::named("integrations,x"), Err("x".to_owned()));
}

/// Files of identity providers say `openIdConnect` and `oauth2`, and those written for HTTP APIs know one issuer.
#[test]
fn schemes_of_every_type_carry_authorizers() {
    let import = import_of(&json!({
        "openapi": "3.0.1", "info": {"title": "t"},
        "paths": {
            "/oidc": {"get": {"security": [{"oidc": ["b", "a"]}]}},
            "/oauth": {"get": {"security": [{"oauth": []}]}},
            "/bearer": {"get": {"security": [{"bearer": []}]}},
            "/lost": {"get": {"security": [{"lost": []}]}, "post": {}},
        },
        "components": {"securitySchemes": {
            "oidc": {"type": "openIdConnect", "openIdConnectUrl": "https://id.example.com/x", "x-amazon-apigateway-authorizer": {
                "type": "jwt", "identitySource": "$request.header.Token",
                "jwtConfiguration": {"issuer": "https://id.example.com", "audience": ["me"]}}},
            "oauth": {"type": "oauth2", "flows": {}, "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": ["arn:p"]}},
            "bearer": {"type": "http", "scheme": "bearer"},
            "lost": {"type": "apiKey", "name": "A", "in": "header", "x-amazon-apigateway-authtype": "custom"},
        }},
    }));
    let oidc = &import.definition.authorizers["oidc"];
    assert_eq!(
        (oidc.authorizer_type.as_str(), oidc.auth_type.as_deref()),
        ("JWT", Some("jwt"))
    );
    let source = oidc.identity_source.as_deref();
    assert_eq!(source, Some("method.request.header.Token"));
    let configuration = oidc.jwt_configuration.clone().unwrap();
    assert_eq!(configuration.default_algorithms, ["RS256"]);
    assert_eq!(configuration.issuers[0].audiences, ["me"]);
    let oauth = &import.definition.authorizers["oauth"];
    let source = oauth.identity_source.as_deref();
    assert_eq!(source, Some("method.request.header.Authorization"));
    let kinds: Vec<(String, String)> = import
        .definition
        .methods()
        .iter()
        .map(|(r, m)| (r.path.clone(), m.authorization_type.clone()))
        .collect();
    let want = [
        ("/bearer", "NONE"),
        ("/lost", "NONE"),
        ("/oauth", "COGNITO_USER_POOLS"),
        ("/oidc", "JWT"),
    ];
    assert_eq!(
        kinds,
        want.map(|(path, kind)| (path.to_owned(), kind.to_owned()))
    );
    let lost = &import.definition.resources["/lost"].resource_methods;
    assert_eq!(lost.keys().collect::<Vec<_>>(), ["POST"]);
    assert!(import.warnings.iter().any(|warning| warning.starts_with(
        "Unable to create authorizer from security definition: 'lost'. Extension x-amazon-apigateway-authorizer is required."
    )));
}

/// Recorded: `components` comes before the binary media types, at the document's end.
#[test]
fn binary_media_types_stand_at_the_end() {
    let import = import_of(&json!({
        "swagger": "2.0", "info": {"title": "t", "version": "1.0.0"}, "paths": {},
        "x-amazon-apigateway-binary-media-types": ["image/png", "image/jpg"],
    }));
    let document = plain(&defined(&import, 0), Format::Oas30, "apigateway");
    let keys: Vec<&String> = document.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "openapi",
            "info",
            "servers",
            "paths",
            "components",
            "x-amazon-apigateway-binary-media-types"
        ]
    );
    assert_eq!(
        document["x-amazon-apigateway-binary-media-types"],
        json!(["image/png", "image/jpg"])
    );
}

#[test]
fn what_is_passed_over_is_warned_of() {
    let import = import_of(&json!({
        "openapi": "3.0.1", "info": {"title": "t"},
        "x-amazon-apigateway-cors": {"allowOrigins": ["*"]},
        "components": {"securitySchemes": {"oauth": {"type": "oauth2"}}},
        "paths": {
            "x": {},
            "/x": {
                "trace": {},
                "get": {
                    "security": [{"oauth": ["a"]}],
                    "parameters": [{"name": "session", "in": "cookie"}],
                    "responses": {"default": {}, "2XX": {}},
                    "x-amazon-apigateway-integration": {
                        "type": "mock", "timeoutInMillis": "soon", "passthroughBehavior": "sometimes",
                        "responses": {"a": {"statusCode": "200"}, "default": {"statusCode": "200", "responseParameters": {"method.response.header.x": 1}}},
                    },
                },
            },
        },
    }));
    let about = [
        "x-amazon-apigateway-cors",
        "path 'x'",
        "TRACE",
        "security scheme 'oauth'",
        "'cookie'",
        "response 'default'",
        "response '2XX'",
        "'passthroughBehavior'",
        "'timeoutInMillis'",
        "'responseParameters'",
        "lead to 200",
    ];
    for text in about {
        let found = import.warnings.iter().filter(|w| w.contains(text)).count();
        assert_eq!(found, 1, "{text}: {:?}", import.warnings);
    }
    assert_eq!(import.warnings.len(), about.len(), "{:?}", import.warnings);
    assert_eq!(import.errors, [] as [String; 0]);
}

#[test]
fn what_cannot_be_is_an_error() {
    let import = import_of(&json!({
        "swagger": "2.0", "info": {"title": ""},
        "x-amazon-apigateway-gateway-responses": {"TEAPOT": {}},
        "x-amazon-apigateway-api-key-source": "COOKIE",
        "x-amazon-apigateway-minimum-compression-size": "big",
        "securityDefinitions": {"a": {"type": "apiKey", "x-amazon-apigateway-authorizer": {"type": "magic"}}},
        "definitions": {"No.Name": {"type": "object"}},
        "paths": {"/x": {"get": {
            "x-amazon-apigateway-request-validator": "none",
            "x-amazon-apigateway-auth": {"type": "magic"},
            "responses": {"200": {"schema": {"$ref": "#/definitions/Missing"}}},
            "x-amazon-apigateway-integration": {"type": "magic"},
        }}},
    }));
    let about = [
        "title",
        "TEAPOT",
        "COOKIE",
        "'big'",
        "authorizer 'a'",
        "Model name must be alphanumeric: No.Name",
        "identifier specified: none",
        "'MAGIC'",
        "integration on 'GET'",
    ];
    for text in about {
        let found = import.errors.iter().any(|e| e.contains(text));
        assert!(found, "{text}: {:?}", import.errors);
    }
}

#[test]
fn inline_schemas_are_named_after_what_they_hold() {
    let source = corpus::ALL
        .iter()
        .find(|(name, ..)| *name == "inline schemas");
    let import = imported(source.unwrap().1);
    let names: Vec<&String> = import.definition.models.keys().collect();
    assert_eq!(names.len(), 5, "{names:?}");
    assert!(names[0].starts_with("ArrayOfMODEL"), "{names:?}");
    assert!(names.iter().any(|name| *name == "ArrayOfPet"));
    let generated = names
        .iter()
        .filter(|name| name.starts_with("MODEL") && name.len() == 11);
    assert_eq!(generated.count(), 2);
    let method = &import.definition.resources["/x"].resource_methods["POST"];
    let responses = method.method_responses.as_ref().unwrap();
    assert_eq!(
        method.request_models, responses["201"].response_models,
        "one schema, one model"
    );
}

#[test]
fn a_merge_keeps_ids_and_an_overwrite_drops_the_rest() {
    let source = |path: &str| {
        json!({"swagger": "2.0", "info": {"title": path}, "definitions": {"M": {"type": "object"}},
            "x-amazon-apigateway-request-validators": {"v": {}},
            "paths": {path: {"get": {"x-amazon-apigateway-request-validator": "v"}}}})
    };
    let held = defined(&import_of(&source("/a")), 0);
    let mut next = 900;
    let mut new_id = |_: IdKind| {
        next += 1;
        format!("n{next}")
    };
    let import = import_of(&source("/b"));
    let merged = merge(&held, &import, Mode::Merge, &mut new_id);
    let paths = |d: &Definition| {
        d.methods()
            .iter()
            .map(|(r, _)| r.path.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(paths(&merged), ["/a", "/b"]);
    assert_eq!(merged.models["M"].id, held.models["M"].id);
    assert_eq!(merged.request_validators.len(), 1);
    assert_eq!(merged.resource_at("/a"), held.resource_at("/a"));
    let over = merge(&merged, &import, Mode::Overwrite, &mut new_id);
    assert_eq!(paths(&over), ["/b"]);
    assert_eq!(
        over.resource_at("/b").unwrap().id,
        merged.resource_at("/b").unwrap().id
    );
    assert_eq!(over.rest_api.root_resource_id, "root");
    assert_eq!(over.rest_api.name, "/b");
}

#[test]
fn bodies_that_no_schema_describes_cannot_be_exported() {
    let mut definition = defined(
        &import_of(&json!({
            "swagger": "2.0", "info": {"title": "t"}, "definitions": {"M": {"type": "object"}},
            "paths": {"/x": {"post": {"parameters": [{"in": "body", "name": "M", "schema": {"$ref": "#/definitions/M"}}]}}},
        })),
        0,
    );
    definition.models.get_mut("M").unwrap().content_type = "application/xml".to_owned();
    let refused = write(&definition, &WriteOptions::default()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "Only found non-JSON body models for POST /x"
    );
}

/// 300 resources with 1,000 methods, and a model for each resource. Only its coming out right is asserted; times are measured elsewhere.
#[test]
fn a_large_document_goes_around() {
    let mut paths = serde_json::Map::new();
    let mut schemas = serde_json::Map::new();
    for at in 0..299 {
        let model = format!("Model{at}");
        schemas.insert(model.clone(), json!({"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Model0"}}}));
        let operation = json!({
            "requestBody": {"content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{model}")}}}},
            "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{model}")}}}}},
            "x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}, "responses": {"default": {"statusCode": "200"}}},
        });
        let mut item = serde_json::Map::new();
        for verb in ["get", "post", "put", "delete"]
            .iter()
            .take(if at < 103 { 4 } else { 3 })
        {
            item.insert((*verb).to_owned(), operation.clone());
        }
        paths.insert(format!("/r{at}"), item.into());
    }
    let document = json!({"openapi": "3.0.1", "info": {"title": "large", "version": "1"}, "paths": paths, "components": {"schemas": schemas}});
    let definition = defined(&imported(&document.to_string()), 0);
    assert_eq!(
        (definition.resources.len(), definition.methods().len()),
        (300, 1000)
    );
    let text = to_json(&written(&definition, Format::Oas30, None));
    assert_eq!(
        difference(&definition, &defined(&imported(&text), 500_000)),
        []
    );
}
