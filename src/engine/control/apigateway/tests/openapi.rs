//! Imports and exports, against `spec/aws-recorded/import.json` and `export.json`. The documents are made from the recorded answers.

use serde_json::{Value, json};

use super::{Bed, REGION, text, without};

const ORIGINS: &str = "'Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token'";

fn import(bed: &Bed, document: &Value) -> Value {
    let answered = bed.ask("ImportRestApi", &json!({"body": document.to_string()}));
    assert_eq!(answered.status, 201, "{answered:?}");
    answered.body
}

fn put(bed: &Bed, api: &str, document: &Value, mode: &str, basepath: &str) -> Value {
    let input = json!({
        "restapi_id": api, "mode": mode, "body": document.to_string(), "parameters": {"basepath": basepath},
    });
    let answered = bed.ask("PutRestApi", &input);
    assert_eq!(answered.status, 200, "{answered:?}");
    answered.body
}

/// Paths with their verbs, without ids.
fn resources(bed: &Bed, api: &str) -> Vec<(String, Vec<String>)> {
    let list = bed.ok("GetResources", json!({"restapi_id": api}));
    let mut all = Vec::new();
    for resource in list["item"].as_array().unwrap() {
        let methods = resource.get("resourceMethods");
        let verbs = methods.and_then(Value::as_object);
        let mut verbs: Vec<String> = verbs
            .into_iter()
            .flatten()
            .map(|(k, v)| {
                assert_eq!(v, &json!({}), "methods aren't embedded");
                k.clone()
            })
            .collect();
        verbs.sort();
        all.push((text(&resource["path"]), verbs));
    }
    all
}

fn id_of(bed: &Bed, api: &str, path: &str) -> String {
    let list = bed.ok("GetResources", json!({"restapi_id": api}));
    let all = list["item"].as_array().unwrap().clone();
    text(&all.iter().find(|r| r["path"] == path).unwrap()["id"])
}

/// The method with `<resource>` and `<authorizer>` in place of ids.
fn method(bed: &Bed, api: &str, path: &str, verb: &str) -> Value {
    let id = id_of(bed, api, path);
    let mut method = bed.ok(
        "GetMethod",
        json!({"restapi_id": api, "resource_id": id, "http_method": verb}),
    );
    if let Some(namespace) = method.pointer_mut("/methodIntegration/cacheNamespace")
        && namespace.as_str() == Some(&id)
    {
        *namespace = json!("<resource>");
    }
    if let Some(authorizer) = method.get("authorizerId") {
        let held = json!({"restapi_id": api, "authorizer_id": authorizer});
        method["authorizerId"] = bed.ok("GetAuthorizer", held)["name"].clone();
    }
    method
}

fn verbs(all: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    all.iter()
        .map(|(path, verbs)| {
            let verbs = verbs.iter().map(ToString::to_string).collect();
            ((*path).to_owned(), verbs)
        })
        .collect()
}

#[test]
fn an_api_is_imported_with_its_binary_types() {
    let bed = Bed::new();
    let api = import(
        &bed,
        &json!({
            "openapi": "3.0.1", "info": {"title": "binary", "version": "1.0"}, "paths": {},
            "x-amazon-apigateway-binary-media-types": ["*/*"],
        }),
    );
    assert_eq!(
        without(api, &["id", "createdDate", "rootResourceId"]),
        json!({
            "apiKeySource": "HEADER", "binaryMediaTypes": ["*/*"], "disableExecuteApiEndpoint": false,
            "endpointConfiguration": {"ipAddressType": "ipv4", "types": ["EDGE"]}, "name": "binary", "version": "1.0",
        })
    );
    let regional = bed.ok(
        "ImportRestApi",
        json!({
            "body": json!({"swagger": "2.0", "info": {"title": "x"}, "paths": {}}).to_string(),
            "parameters": {"endpointConfigurationTypes": "REGIONAL"},
        }),
    );
    assert_eq!(
        regional["endpointConfiguration"]["types"],
        json!(["REGIONAL"])
    );
}

fn cors(methods: &str) -> Value {
    json!({
        "consumes": ["application/json"], "produces": ["application/json"],
        "responses": {"200": {
            "description": "Successful operation", "schema": {"$ref": "#/definitions/Empty"},
            "headers": {
                "Access-Control-Allow-Headers": {"type": "string"},
                "Access-Control-Allow-Methods": {"type": "string"},
                "Access-Control-Allow-Origin": {"type": "string"},
            },
        }},
        "x-amazon-apigateway-integration": {
            "type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
            "responses": {"default": {"statusCode": "200", "responseParameters": {
                "method.response.header.Access-Control-Allow-Methods": methods,
                "method.response.header.Access-Control-Allow-Headers": "'Content-Type,X-Amz-Date,Authorization,X-Api-Key'",
                "method.response.header.Access-Control-Allow-Origin": "'*'",
            }}},
        },
    })
}

fn backend(verb: &str, path: &str, parameters: &Value) -> Value {
    let mut integration = json!({
        "type": "http", "httpMethod": verb, "uri": format!("http://petstore.execute-api.{REGION}.amazonaws.com/petstore/{path}"),
        "passthroughBehavior": "when_no_match",
        "responses": {"default": {"statusCode": "200", "responseParameters": {"method.response.header.Access-Control-Allow-Origin": "'*'"}}},
    });
    if parameters != &json!({}) {
        integration["requestParameters"] = parameters.clone();
    }
    integration
}

const PAGE: &str = "<html>\n    <body>\n        <h1>Welcome to your Pet Store API</h1>\n        <a href=\"/$context.stage/pets/\" target=\"_blank\">pets</a>\n    </body>\n</html>";

/// The pet store of AWS's console, in Swagger 2.0.
fn pet_store() -> Value {
    let response = |model: &str| {
        json!({"200": {
            "description": "Successful operation", "schema": {"$ref": format!("#/definitions/{model}")},
            "headers": {"Access-Control-Allow-Origin": {"type": "string"}},
        }})
    };
    let pet_id = json!({"name": "petId", "in": "path", "required": true, "type": "string", "description": "The ID"});
    let mut pet_options = cors("'GET,OPTIONS'");
    pet_options["parameters"] = json!([pet_id]);
    json!({
        "swagger": "2.0",
        "info": {"description": "Your first API with Amazon API Gateway.", "title": "PetStore", "version": "1.0"},
        "schemes": ["https"],
        "paths": {
            "/": {"get": {
                "consumes": ["application/json"], "produces": ["text/html"], "security": [{"test-authorizer": []}],
                "responses": {"200": {"description": "Successful operation", "headers": {"Content-Type": {"type": "string"}}}},
                "x-amazon-apigateway-integration": {
                    "type": "mock", "passthroughBehavior": "when_no_match", "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
                    "responses": {"default": {
                        "statusCode": "200", "responseParameters": {"method.response.header.Content-Type": "'text/html'"},
                        "responseTemplates": {"text/html": PAGE},
                    }},
                },
            }},
            "/pets": {
                "get": {
                    "produces": ["application/json"], "security": [{"test-authorizer": []}],
                    "parameters": [{"name": "type", "in": "query", "required": false, "type": "string"}, {"name": "page", "in": "query", "required": false, "type": "string"}],
                    "responses": response("Pets"),
                    "x-amazon-apigateway-integration": backend("GET", "pets", &json!({
                        "integration.request.querystring.page": "method.request.querystring.page",
                        "integration.request.querystring.type": "method.request.querystring.type",
                    })),
                },
                "post": {
                    "operationId": "CreatePet", "consumes": ["application/json"], "produces": ["application/json"],
                    "parameters": [{"in": "body", "name": "NewPet", "required": true, "schema": {"$ref": "#/definitions/NewPet"}}],
                    "responses": response("NewPetResponse"),
                    "x-amazon-apigateway-integration": backend("POST", "pets", &json!({})),
                },
                "options": cors("'POST,GET,OPTIONS'"),
            },
            "/pets/{petId}": {
                "get": {
                    "operationId": "GetPet", "produces": ["application/json"], "parameters": [pet_id],
                    "responses": response("Pet"),
                    "x-amazon-apigateway-integration": backend("GET", "pets/{petId}", &json!({"integration.request.path.petId": "method.request.path.petId"})),
                },
                "options": pet_options,
            },
        },
        "securityDefinitions": {
            "test-authorizer": {
                "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "oauth2",
                "x-amazon-apigateway-authorizer": {
                    "type": "token", "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111111111111:function:a/invocations",
                    "authorizerCredentials": "arn:aws:iam::111111111111:role/r", "identityValidationExpression": "^x-[a-z]+", "authorizerResultTtlInSeconds": 60,
                },
            },
            "test-authorizer-not-used": {
                "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "oauth2",
                "x-amazon-apigateway-authorizer": {
                    "type": "token", "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111111111111:function:a/invocations",
                    "authorizerCredentials": "arn:aws:iam::111111111111:role/r", "identityValidationExpression": "^x-[a-z]+",
                },
            },
        },
        "definitions": definitions(),
    })
}

fn definitions() -> Value {
    json!({
        "Pets": {"type": "array", "items": {"$ref": "#/definitions/Pet"}},
        "Empty": {"type": "object"},
        "NewPetResponse": {"type": "object", "properties": {"pet": {"$ref": "#/definitions/Pet"}, "message": {"type": "string"}}},
        "Pet": {"type": "object", "properties": {"id": {"type": "integer"}, "type": {"type": "string"}, "price": {"type": "number"}}},
        "NewPet": {"type": "object", "properties": {"type": {"$ref": "#/definitions/PetType"}, "price": {"type": "number"}}},
        "PetType": {"type": "string", "enum": ["dog", "cat", "fish", "bird", "gecko"]},
    })
}

#[test]
fn the_pet_store_is_imported_as_recorded() {
    let bed = Bed::new();
    let api = import(&bed, &pet_store());
    assert_eq!(
        without(api.clone(), &["id", "createdDate", "rootResourceId"]),
        json!({
            "apiKeySource": "HEADER", "description": "Your first API with Amazon API Gateway.", "disableExecuteApiEndpoint": false,
            "endpointConfiguration": {"ipAddressType": "ipv4", "types": ["EDGE"]}, "name": "PetStore", "version": "1.0",
        })
    );
    let api = text(&api["id"]);
    let authorizers = bed.ok("GetAuthorizers", json!({"restapi_id": api}));
    let authorizer = |name: &str, ttl: Option<i64>| {
        let mut all = json!({
            "authType": "oauth2", "authorizerCredentials": "arn:aws:iam::111111111111:role/r",
            "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111111111111:function:a/invocations",
            "identitySource": "method.request.header.Authorization", "identityValidationExpression": "^x-[a-z]+", "name": name, "type": "TOKEN",
        });
        if let Some(ttl) = ttl {
            all["authorizerResultTtlInSeconds"] = json!(ttl);
        }
        all
    };
    let held = authorizers["item"].as_array().unwrap().clone();
    let held: Vec<Value> = held.into_iter().map(|a| without(a, &["id"])).collect();
    assert_eq!(
        held,
        [
            authorizer("test-authorizer", Some(60)),
            authorizer("test-authorizer-not-used", None)
        ]
    );

    let models = bed.ok("GetModels", json!({"restapi_id": api}));
    let models: Vec<(String, String)> = models["item"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| {
            assert_eq!(m["contentType"], "application/json");
            (text(&m["name"]), text(&m["schema"]))
        })
        .collect();
    let names: Vec<&str> = models.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "Empty",
            "NewPet",
            "NewPetResponse",
            "Pet",
            "PetType",
            "Pets"
        ]
    );
    assert_eq!(
        models[5].1,
        format!(
            "{{\n  \"type\" : \"array\",\n  \"items\" : {{\n    \"$ref\" : \"https://apigateway.amazonaws.com/restapis/{api}/models/Pet\"\n  }}\n}}"
        )
    );
    assert_eq!(
        resources(&bed, &api),
        verbs(&[
            ("/", &["GET"]),
            ("/pets", &["GET", "OPTIONS", "POST"]),
            ("/pets/{petId}", &["GET", "OPTIONS"])
        ])
    );
    assert_eq!(
        method(&bed, &api, "/", "GET"),
        json!({
            "apiKeyRequired": false, "authorizationType": "CUSTOM", "authorizerId": "test-authorizer", "httpMethod": "GET",
            "methodIntegration": {
                "cacheKeyParameters": [], "cacheNamespace": "<resource>",
                "integrationResponses": {"200": {
                    "responseParameters": {"method.response.header.Content-Type": "'text/html'"},
                    "responseTemplates": {"text/html": PAGE}, "statusCode": "200",
                }},
                "passthroughBehavior": "WHEN_NO_MATCH", "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
                "timeoutInMillis": 29000, "type": "MOCK",
            },
            "methodResponses": {"200": {"responseParameters": {"method.response.header.Content-Type": false}, "statusCode": "200"}},
        })
    );
    let origin = json!({"method.response.header.Access-Control-Allow-Origin": "'*'"});
    assert_eq!(
        method(&bed, &api, "/pets", "GET"),
        json!({
            "apiKeyRequired": false, "authorizationType": "CUSTOM", "authorizerId": "test-authorizer", "httpMethod": "GET",
            "methodIntegration": {
                "cacheKeyParameters": [], "cacheNamespace": "<resource>", "connectionType": "INTERNET", "httpMethod": "GET",
                "integrationResponses": {"200": {"responseParameters": origin, "statusCode": "200"}},
                "passthroughBehavior": "WHEN_NO_MATCH",
                "requestParameters": {
                    "integration.request.querystring.page": "method.request.querystring.page",
                    "integration.request.querystring.type": "method.request.querystring.type",
                },
                "timeoutInMillis": 29000, "type": "HTTP", "uri": "http://petstore.execute-api.us-east-1.amazonaws.com/petstore/pets",
            },
            "methodResponses": {"200": {
                "responseModels": {"application/json": "Pets"},
                "responseParameters": {"method.response.header.Access-Control-Allow-Origin": false}, "statusCode": "200",
            }},
            "requestParameters": {"method.request.querystring.page": false, "method.request.querystring.type": false},
        })
    );
    let post = method(&bed, &api, "/pets", "POST");
    assert_eq!(
        (
            &post["authorizationType"],
            &post["operationName"],
            &post["requestModels"]
        ),
        (
            &json!("NONE"),
            &json!("CreatePet"),
            &json!({"application/json": "NewPet"})
        )
    );
    assert_eq!(
        method(&bed, &api, "/pets/{petId}", "OPTIONS"),
        json!({
            "apiKeyRequired": false, "authorizationType": "NONE", "httpMethod": "OPTIONS",
            "methodIntegration": {
                "cacheKeyParameters": [], "cacheNamespace": "<resource>",
                "integrationResponses": {"200": {
                    "responseParameters": {
                        "method.response.header.Access-Control-Allow-Headers": "'Content-Type,X-Amz-Date,Authorization,X-Api-Key'",
                        "method.response.header.Access-Control-Allow-Methods": "'GET,OPTIONS'",
                        "method.response.header.Access-Control-Allow-Origin": "'*'",
                    },
                    "statusCode": "200",
                }},
                "passthroughBehavior": "WHEN_NO_MATCH", "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
                "timeoutInMillis": 29000, "type": "MOCK",
            },
            "methodResponses": {"200": {
                "responseModels": {"application/json": "Empty"},
                "responseParameters": {
                    "method.response.header.Access-Control-Allow-Headers": false,
                    "method.response.header.Access-Control-Allow-Methods": false,
                    "method.response.header.Access-Control-Allow-Origin": false,
                },
                "statusCode": "200",
            }},
            "requestParameters": {"method.request.path.petId": true},
        })
    );
}

/// The two files of the base path recordings.
fn based(server: Option<Value>) -> Value {
    let operation = |methods: Option<&str>| {
        let mut headers = json!({"Access-Control-Allow-Origin": {"schema": {"type": "string"}}});
        let mut mapped = json!({"method.response.header.Access-Control-Allow-Origin": "'*'"});
        if let Some(methods) = methods {
            for (name, value) in [("Methods", methods), ("Headers", ORIGINS)] {
                headers[format!("Access-Control-Allow-{name}")] =
                    json!({"schema": {"type": "string"}});
                mapped[format!("method.response.header.Access-Control-Allow-{name}")] =
                    json!(value);
            }
        }
        json!({
            "responses": {"200": {"description": "200", "headers": headers}},
            "x-amazon-apigateway-integration": {
                "type": "MOCK", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}, "passthroughBehavior": "when_no_match",
                "responses": {"default": {"statusCode": "200", "responseParameters": mapped}},
            },
        })
    };
    let paths =
        json!({"/test": {"get": operation(None), "options": operation(Some("'GET,OPTIONS'"))}});
    if let Some(server) = server {
        let mut paths = paths;
        paths["/test"]["get"]["x-amazon-apigateway-integration"]["requestParameters"] = json!({
            "integration.request.header.X-Amz-Invocation-Type": "'Event'",
            "integration.request.header.double-single": "'True'",
            "integration.request.header.nothing": true,
        });
        return json!({"openapi": "3.0.1", "info": {"title": "based", "version": "2.0"}, "servers": [server], "paths": paths});
    }
    json!({
        "swagger": "2.0", "info": {"title": "based", "version": 2}, "basePath": "/base", "paths": paths,
        "security": [{"authorizer": []}],
        "securityDefinitions": {"authorizer": {
            "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "custom",
            "x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111111111111:function:a/invocations"},
        }},
    })
}

#[test]
fn base_paths_become_resources_as_recorded() {
    let bed = Bed::new();
    for (basepath, path) in [
        ("ignore", "/test"),
        ("split", "/test"),
        ("prepend", "/base/test"),
    ] {
        let (api, root) = bed.api();
        let answer = put(&bed, &api, &based(None), "overwrite", basepath);
        assert_eq!(
            without(answer, &["id", "createdDate"]),
            json!({
                "apiKeySource": "HEADER", "disableExecuteApiEndpoint": false, "endpointConfiguration": {"ipAddressType": "ipv4", "types": ["EDGE"]},
                "name": "based", "rootResourceId": root, "tags": {}, "version": "2",
            })
        );
        let all = resources(&bed, &api);
        assert_eq!(
            all.last().unwrap(),
            &(
                path.to_owned(),
                vec!["GET".to_owned(), "OPTIONS".to_owned()]
            )
        );
        let options = method(&bed, &api, path, "OPTIONS");
        // A security of the whole document counts for OPTIONS too.
        assert_eq!(
            (&options["authorizationType"], &options["authorizerId"]),
            (&json!("CUSTOM"), &json!("authorizer"))
        );
        assert_eq!(options["methodIntegration"]["cacheNamespace"], "<resource>");
        assert_eq!(
            options["methodIntegration"]["passthroughBehavior"],
            "WHEN_NO_MATCH"
        );
    }
    let variable = json!({"url": "https://x.example/{other}", "variables": {"basePath": {"default": "base-var"}, "other": {"default": "o"}}});
    let url = json!({"url": "https://x.example/base-url/part"});
    let (api, _) = bed.api();
    put(
        &bed,
        &api,
        &based(Some(variable.clone())),
        "overwrite",
        "prepend",
    );
    assert_eq!(
        resources(&bed, &api),
        verbs(&[
            ("/", &[]),
            ("/base-var", &[]),
            ("/base-var/test", &["GET", "OPTIONS"])
        ])
    );
    let answer = put(
        &bed,
        &api,
        &based(Some(url.clone())),
        "overwrite",
        "prepend",
    );
    assert_eq!(
        answer["warnings"],
        json!([
            "Invalid format for 'requestParameters'. Expected type string for property 'integration.request.header.nothing' of resource '/base-url/part/test' and method 'GET' but got 'true'"
        ])
    );
    assert_eq!(
        resources(&bed, &api),
        verbs(&[
            ("/", &[]),
            ("/base-url", &[]),
            ("/base-url/part", &[]),
            ("/base-url/part/test", &["GET", "OPTIONS"])
        ])
    );
    assert_eq!(
        method(&bed, &api, "/base-url/part/test", "GET")["methodIntegration"]["requestParameters"],
        json!({"integration.request.header.X-Amz-Invocation-Type": "'Event'", "integration.request.header.double-single": "'True'"})
    );

    // An overwritten path keeps its id, and its integrations get another namespace.
    let (api, _) = bed.api();
    put(&bed, &api, &based(Some(variable)), "overwrite", "ignore");
    let id = id_of(&bed, &api, "/test");
    put(&bed, &api, &based(Some(url)), "overwrite", "ignore");
    assert_eq!(id_of(&bed, &api, "/test"), id);
    let namespace = |verb| {
        let method = method(&bed, &api, "/test", verb);
        method["methodIntegration"]["cacheNamespace"].clone()
    };
    assert_ne!(namespace("GET"), "<resource>");
    assert_eq!(namespace("GET"), namespace("OPTIONS"));
}

#[test]
fn warnings_and_errors_fail_an_import() {
    let bed = Bed::new();
    let (api, _) = bed.api();
    let document = based(Some(json!({"url": "/"})));
    let refused = bed.refused(
        "PutRestApi",
        json!({"restapi_id": api, "failonwarnings": true, "body": document.to_string()}),
    );
    assert_eq!(
        refused,
        "400 BadRequestException: Warnings found during import:\n\tInvalid format for 'requestParameters'. Expected type string for property 'integration.request.header.nothing' of resource '/test' and method 'GET' but got 'true'"
    );
    assert_eq!(
        resources(&bed, &api),
        verbs(&[("/", &[])]),
        "nothing happened"
    );

    let mut wrong = json!({"swagger": "2.0", "info": {"title": "wrong"}, "paths": {
        "/x": {"get": {"responses": {}, "x-amazon-apigateway-integration": {"type": "aws", "httpMethod": "POST", "uri": "arn:aws:apigateway:us-east-1:sqs:nothing"}}},
        "/a{b}": {"get": {"responses": {"default": {}}}},
    }});
    let refused = bed.refused("ImportRestApi", json!({"body": wrong.to_string()}));
    assert_eq!(
        refused,
        "400 BadRequestException: Errors found during import:\
        \n\tUnable to create resource at path '/a{b}': Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.\
        \n\tUnable to put integration on 'GET' for resource at path '/x': AWS ARN for integration must contain path or action\
        \nAdditionally, these warnings were found:\
        \n\tIgnoring response 'default' of method 'GET' of resource '/a{b}': a method response needs a status code"
    );
    assert_eq!(
        bed.ok("GetRestApis", json!({}))["item"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    wrong["paths"] = json!({});
    bed.ok("ImportRestApi", json!({"body": wrong.to_string()}));
    for (body, about) in [
        ("{", "400 BadRequestException: Invalid OpenAPI input."),
        ("[]", "400 BadRequestException: Invalid OpenAPI input."),
        (
            "{\"swagger\": \"1.2\"}",
            "400 BadRequestException: Invalid OpenAPI input. Unsupported version 1.2",
        ),
    ] {
        let refused = bed.refused("ImportRestApi", json!({"body": body}));
        assert!(refused.starts_with(about), "{refused}");
    }
    let refused = bed.refused(
        "ImportRestApi",
        json!({"body": wrong.to_string(), "parameters": {"basepath": "keep"}}),
    );
    assert!(refused.contains("basepath 'keep'"), "{refused}");
    let unknown = bed.refused(
        "PutRestApi",
        json!({"restapi_id": "nope", "body": wrong.to_string()}),
    );
    assert_eq!(
        unknown,
        "404 NotFoundException: Invalid API identifier specified 111111111111:nope"
    );
}

#[test]
fn a_merge_keeps_what_the_document_does_not_mention() {
    let bed = Bed::new();
    let api = text(
        &bed.ok(
            "CreateRestApi",
            json!({"name": "binary", "binaryMediaTypes": ["image/heif"], "tags": {"a": "b"}}),
        )["id"],
    );
    let root = text(&bed.ok("GetRestApi", json!({"restapi_id": api}))["rootResourceId"]);
    bed.mock(&api, &root, "GET");
    let kept = bed.resource(&api, &root, "kept");
    bed.mock(&api, &kept, "GET");
    let document = json!({
        "openapi": "3.0.1", "info": {"title": "Simple PetStore (Swagger)", "version": "1.0.0"},
        "paths": {"/": {"get": {"responses": {"200": {"description": "ok"}}}, "put": {"responses": {}}}},
        "x-amazon-apigateway-binary-media-types": ["image/png", "image/jpg"],
    });
    let answer = put(&bed, &api, &document, "merge", "ignore");
    assert_eq!(
        answer["binaryMediaTypes"],
        json!(["image/heif", "image/png", "image/jpg"])
    );
    assert_eq!(
        (
            &answer["name"],
            &answer["version"],
            &answer["rootResourceId"]
        ),
        (
            &json!("Simple PetStore (Swagger)"),
            &json!("1.0.0"),
            &json!(root)
        )
    );
    assert_eq!(answer["tags"], json!({"a": "b"}));
    assert_eq!(
        resources(&bed, &api),
        verbs(&[("/", &["GET", "PUT"]), ("/kept", &["GET"])])
    );
    // The method of the document replaces the one that was there.
    assert_eq!(
        method(&bed, &api, "/", "GET").get("methodIntegration"),
        None
    );
    let answer = put(&bed, &api, &document, "overwrite", "ignore");
    assert_eq!(
        answer["binaryMediaTypes"],
        json!(["image/png", "image/jpg"])
    );
    assert_eq!(answer["rootResourceId"], root.as_str());
    assert_eq!(resources(&bed, &api), verbs(&[("/", &["GET", "PUT"])]));
    assert_eq!(
        bed.ok("GetModels", json!({"restapi_id": api}))["item"],
        json!([])
    );
}

#[test]
fn a_request_authorizer_and_its_key_source_are_imported_as_recorded() {
    let bed = Bed::new();
    let integration = json!({"type": "http", "httpMethod": "GET", "uri": "http://petstore-demo-endpoint.execute-api.com/petstore/pets", "passthroughBehavior": "when_no_match", "responses": {"default": {"statusCode": "200"}}});
    let api = import(
        &bed,
        &json!({
            "openapi": "3.0.1", "info": {"title": "t", "version": "1.0"}, "security": [{"request_authorizer": []}],
            "x-amazon-apigateway-api-key-source": "AUTHORIZER",
            "paths": {
                "/pets": {"get": {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": integration}},
                "/echo/{data}": {"x-amazon-apigateway-any-method": {
                    "parameters": [{"name": "data", "in": "path", "required": true, "schema": {"type": "string"}}],
                    "responses": {"200": {"description": "200", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Empty"}}}}},
                    "x-amazon-apigateway-integration": {
                        "type": "mock", "passthroughBehavior": "when_no_templates", "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
                        "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": "{\"echo\": \"$input.params('data')\", \"response\": \"mocked\"}"}}},
                    },
                }},
            },
            "components": {
                "schemas": {"Empty": {"type": "object"}},
                "securitySchemes": {"request_authorizer": {
                    "type": "apiKey", "name": "Custom-Authorization", "in": "header", "x-amazon-apigateway-authtype": "custom",
                    "x-amazon-apigateway-authorizer": {
                        "type": "request", "identitySource": "method.request.header.Custom-Authorization",
                        "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111111111111:function:a/invocations",
                    },
                }},
            },
        }),
    );
    assert_eq!(api["apiKeySource"], "AUTHORIZER");
    let api = text(&api["id"]);
    let authorizers = bed.ok("GetAuthorizers", json!({"restapi_id": api}));
    assert_eq!(
        without(authorizers["item"][0].clone(), &["id", "authorizerUri"]),
        json!({"authType": "custom", "authorizerResultTtlInSeconds": 300, "identitySource": "method.request.header.Custom-Authorization", "name": "request_authorizer", "type": "REQUEST"})
    );
    assert_eq!(
        resources(&bed, &api),
        verbs(&[
            ("/", &[]),
            ("/echo", &[]),
            ("/echo/{data}", &["ANY"]),
            ("/pets", &["GET"])
        ])
    );
    let any = method(&bed, &api, "/echo/{data}", "ANY");
    assert_eq!(any["authorizationType"], "CUSTOM");
    assert_eq!(
        any["requestParameters"],
        json!({"method.request.path.data": true})
    );
    assert_eq!(
        any["methodIntegration"]["passthroughBehavior"],
        "WHEN_NO_TEMPLATES"
    );
    assert_eq!(
        method(&bed, &api, "/pets", "GET"),
        json!({
            "apiKeyRequired": false, "authorizationType": "CUSTOM", "authorizerId": "request_authorizer", "httpMethod": "GET",
            "methodIntegration": {
                "cacheKeyParameters": [], "cacheNamespace": "<resource>", "connectionType": "INTERNET", "httpMethod": "GET",
                "integrationResponses": {"200": {"statusCode": "200"}}, "passthroughBehavior": "WHEN_NO_MATCH", "timeoutInMillis": 29000, "type": "HTTP",
                "uri": "http://petstore-demo-endpoint.execute-api.com/petstore/pets",
            },
            "methodResponses": {"200": {"statusCode": "200"}},
        })
    );
}

#[test]
fn cognito_scopes_override_the_documents_as_recorded() {
    let bed = Bed::new();
    let scheme = || {
        json!({
            "type": "apiKey", "name": "TestHeaderAuth", "in": "header", "x-amazon-apigateway-authtype": "cognito_user_pools",
            "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": ["arn:aws:cognito-idp:us-east-1:111111111111:userpool/us-east-1_ABC123"]},
        })
    };
    let operation = |security: Option<Value>| {
        let mut all = json!({
            "responses": {"200": {"description": "ok"}},
            "x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "GET", "uri": "http://example.com/pets", "passthroughBehavior": "when_no_match"},
        });
        if let Some(security) = security {
            all["security"] = security;
        }
        json!({"get": all})
    };
    let api = import(
        &bed,
        &json!({
            "swagger": "2.0", "info": {"title": "Example Pet Store", "description": "A Pet Store API.", "version": "1.0"},
            "security": [{"default": ["email"]}],
            "securityDefinitions": {"default": scheme(), "extra": scheme()},
            "paths": {
                "/default-no-scope": operation(Some(json!([{"default": []}]))),
                "/default-scope-override": operation(Some(json!([{"default": ["openid"]}]))),
                "/non-default-authorizer": operation(Some(json!([{"extra": ["openid", "email"]}]))),
                "/pets": operation(None),
                "/open": operation(Some(json!([]))),
            },
        }),
    );
    let api = text(&api["id"]);
    let authorizers = bed.ok("GetAuthorizers", json!({"restapi_id": api}));
    assert_eq!(
        without(authorizers["item"][0].clone(), &["id"]),
        json!({
            "name": "default", "type": "COGNITO_USER_POOLS", "providerARNs": ["arn:aws:cognito-idp:us-east-1:111111111111:userpool/us-east-1_ABC123"],
            "authType": "cognito_user_pools", "identitySource": "method.request.header.TestHeaderAuth",
        })
    );
    for (path, authorizer, scopes) in [
        ("/default-no-scope", json!("default"), Value::Null),
        (
            "/default-scope-override",
            json!("default"),
            json!(["openid"]),
        ),
        (
            "/non-default-authorizer",
            json!("extra"),
            json!(["email", "openid"]),
        ),
        ("/pets", json!("default"), json!(["email"])),
        ("/open", Value::Null, Value::Null),
    ] {
        let method = method(&bed, &api, path, "GET");
        assert_eq!(
            (&method["authorizerId"], &method["authorizationScopes"]),
            (&authorizer, &scopes),
            "{path}"
        );
        let kind = if authorizer.is_null() {
            "NONE"
        } else {
            "COGNITO_USER_POOLS"
        };
        assert_eq!(method["authorizationType"], kind);
        assert_eq!(
            method["methodIntegration"].get("integrationResponses"),
            None
        );
    }
}

#[test]
fn models_that_refer_to_each_other_are_imported_as_recorded() {
    let bed = Bed::new();
    let api = import(
        &bed,
        &json!({
            "openapi": "3.0.0", "info": {"title": "Circular model reference", "version": "1.0"},
            "paths": {"/person": {"post": {
                "operationId": "CreatePerson",
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Person"}}}, "required": true},
                "responses": {"200": {"description": "200", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Empty"}}}}},
            }}},
            "components": {"schemas": {
                "Empty": {"type": "object", "title": "Empty Schema"},
                "House": {
                    "description": "Where a Person can live", "type": "object",
                    "properties": {
                        "randomProperty": {"format": "byte", "description": "Random property", "type": "string"},
                        "contains": {"items": {"$ref": "#/components/schemas/Person"}, "type": "array", "description": "The information of who is living in the house", "minItems": 1},
                    },
                },
                "Person": {
                    "type": "object", "description": "Random person schema.", "required": ["name", "b"],
                    "properties": {"name": {"type": "string", "description": "Random property"}, "b": {"type": "number"}, "house": {"$ref": "#/components/schemas/House"}},
                },
            }},
        }),
    );
    let api = text(&api["id"]);
    let models = bed.ok("GetModels", json!({"restapi_id": api}));
    let url = format!("https://apigateway.amazonaws.com/restapis/{api}/models");
    let compact = |at: usize| {
        let schema: Value =
            serde_json::from_str(models["item"][at]["schema"].as_str().unwrap()).unwrap();
        (
            models["item"][at]
                .get("description")
                .cloned()
                .unwrap_or_default(),
            schema.to_string(),
        )
    };
    // The order of members is recorded too.
    assert_eq!(
        compact(0),
        (
            Value::Null,
            r#"{"title":"Empty Schema","type":"object"}"#.to_owned()
        )
    );
    assert_eq!(
        compact(1),
        (
            json!("Where a Person can live"),
            format!(
                r#"{{"type":"object","properties":{{"randomProperty":{{"type":"string","description":"Random property","format":"byte"}},"contains":{{"minItems":1,"type":"array","description":"The information of who is living in the house","items":{{"$ref":"{url}/Person"}}}}}},"description":"Where a Person can live"}}"#
            )
        )
    );
    assert_eq!(
        compact(2),
        (
            json!("Random person schema."),
            format!(
                r#"{{"required":["b","name"],"type":"object","properties":{{"name":{{"type":"string","description":"Random property"}},"b":{{"type":"number"}},"house":{{"$ref":"{url}/House"}}}},"description":"Random person schema."}}"#
            )
        )
    );
    let post = method(&bed, &api, "/person", "POST");
    assert_eq!(
        (&post["operationName"], &post["requestModels"]),
        (
            &json!("CreatePerson"),
            &json!({"application/json": "Person"})
        )
    );
}

#[test]
fn an_integration_keeps_its_verb_and_handling_as_recorded() {
    let bed = Bed::new();
    let uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111111111111:function:f/invocations";
    let template = "#set($allParams = $input.params())\n{\n}\n";
    let api = import(
        &bed,
        &json!({
            "swagger": "2.0", "info": {"title": "t"},
            "definitions": {"Empty": {"type": "object"}},
            "paths": {"/": {"get": {
                "produces": ["application/json"],
                "responses": {"200": {"description": "200", "schema": {"$ref": "#/definitions/Empty"}}},
                "x-amazon-apigateway-integration": {
                    "type": "aws", "httpMethod": "POST", "uri": uri, "contentHandling": "CONVERT_TO_TEXT", "passthroughBehavior": "when_no_templates",
                    "requestParameters": {"integration.request.header.X-Amz-Invocation-Type": "'Event'"},
                    "requestTemplates": {"application/json": template}, "responses": {"default": {"statusCode": 200}},
                },
            }}},
        }),
    );
    assert_eq!(
        method(&bed, &text(&api["id"]), "/", "GET"),
        json!({
            "apiKeyRequired": false, "authorizationType": "NONE", "httpMethod": "GET",
            "methodIntegration": {
                "cacheKeyParameters": [], "cacheNamespace": "<resource>", "contentHandling": "CONVERT_TO_TEXT", "httpMethod": "POST",
                "integrationResponses": {"200": {"statusCode": "200"}}, "passthroughBehavior": "WHEN_NO_TEMPLATES",
                "requestParameters": {"integration.request.header.X-Amz-Invocation-Type": "'Event'"},
                "requestTemplates": {"application/json": template}, "timeoutInMillis": 29000, "type": "AWS", "uri": uri,
            },
            "methodResponses": {"200": {"responseModels": {"application/json": "Empty"}, "statusCode": "200"}},
        })
    );
}

/// The export of an API's stage `local`: document, file name, content type.
fn exported(bed: &Bed, api: &str, kind: &str, extensions: &str, accept: &str) -> (Value, String) {
    let mut input = json!({"restapi_id": api, "stage_name": "local", "export_type": kind});
    if !extensions.is_empty() {
        input["parameters"] = json!({"extensions": extensions});
    }
    if !accept.is_empty() {
        input["Accept"] = json!(accept);
    }
    let answered = bed.ask("GetExport", &input);
    assert_eq!(answered.status, 200, "{answered:?}");
    assert_eq!(answered.headers["content-type"], "application/octet-stream");
    let name = answered.headers["content-disposition"]
        .to_str()
        .unwrap()
        .to_owned();
    (answered.body, name)
}

fn deploy(bed: &Bed, api: &str) {
    bed.ok(
        "CreateDeployment",
        json!({"restapi_id": api, "stageName": "local"}),
    );
}

/// The recorded export of the pet store, without or with integrations.
fn pet_store_export(api: &str, extended: bool) -> Value {
    let store = pet_store();
    let origin = || json!({"Access-Control-Allow-Origin": {"type": "string"}});
    let response = |model: &str, headers: Value| json!({"200": {"description": "200 response", "schema": {"$ref": format!("#/definitions/{model}")}, "headers": headers}});
    let all = json!({
        "Access-Control-Allow-Origin": {"type": "string"}, "Access-Control-Allow-Methods": {"type": "string"}, "Access-Control-Allow-Headers": {"type": "string"},
    });
    let pet_id = json!([{"name": "petId", "in": "path", "required": true, "type": "string"}]);
    let mut paths = json!({
        "/": {"get": {
            "consumes": ["application/json"], "produces": ["text/html"],
            "responses": {"200": {"description": "200 response", "headers": {"Content-Type": {"type": "string"}}}},
        }},
        "/pets": {
            "get": {
                "produces": ["application/json"],
                "parameters": [{"name": "type", "in": "query", "required": false, "type": "string"}, {"name": "page", "in": "query", "required": false, "type": "string"}],
                "responses": response("Pets", origin()),
            },
            "post": {
                "operationId": "CreatePet", "consumes": ["application/json"], "produces": ["application/json"],
                "parameters": [{"in": "body", "name": "NewPet", "required": true, "schema": {"$ref": "#/definitions/NewPet"}}],
                "responses": response("NewPetResponse", origin()),
            },
            "options": {"consumes": ["application/json"], "produces": ["application/json"], "responses": response("Empty", all.clone())},
        },
        "/pets/{petId}": {
            "get": {"operationId": "GetPet", "produces": ["application/json"], "parameters": pet_id, "responses": response("Pet", origin())},
            "options": {"consumes": ["application/json"], "produces": ["application/json"], "parameters": pet_id, "responses": response("Empty", all)},
        },
    });
    if extended {
        for (path, item) in paths.as_object_mut().unwrap() {
            for (verb, operation) in item.as_object_mut().unwrap() {
                let mut integration =
                    store["paths"][path][verb]["x-amazon-apigateway-integration"].clone();
                integration["passthroughBehavior"] = json!("when_no_match");
                operation["x-amazon-apigateway-integration"] = integration;
            }
        }
    }
    json!({
        "swagger": "2.0",
        "info": {"description": "Your first API with Amazon API Gateway.", "version": "2026-01-02T03:04:05Z", "title": "PetStore"},
        "host": format!("{api}.execute-api.us-east-1.amazonaws.com"), "basePath": "/local", "schemes": ["https"],
        "paths": paths, "definitions": definitions(),
    })
}

#[test]
fn the_pet_store_is_exported_as_recorded() {
    let bed = Bed::new();
    let mut store = pet_store();
    let root = store.as_object_mut().unwrap();
    root.shift_remove("securityDefinitions");
    root["info"]
        .as_object_mut()
        .unwrap()
        .shift_remove("version");
    for path in ["/", "/pets"] {
        let operation = &mut store["paths"][path]["get"];
        operation.as_object_mut().unwrap().shift_remove("security");
    }
    let api = text(&import(&bed, &store)["id"]);
    deploy(&bed, &api);
    let name = "attachment; filename=\"swagger_2026-01-02T03:04:05Z.json\"";
    let (plain, file) = exported(&bed, &api, "swagger", "", "");
    assert_eq!(
        (&plain, file.as_str()),
        (&pet_store_export(&api, false), name)
    );
    let keys = |of: &Value| of.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        keys(&plain),
        [
            "swagger",
            "info",
            "host",
            "basePath",
            "schemes",
            "paths",
            "definitions"
        ]
    );
    assert_eq!(keys(&plain["info"]), ["description", "version", "title"]);
    assert_eq!(keys(&plain["paths"]["/pets"]), ["get", "post", "options"]);
    let (extended, file) = exported(&bed, &api, "swagger", "apigateway", "application/json");
    assert_eq!(
        (&extended, file.as_str()),
        (&pet_store_export(&api, true), name)
    );
    let operation = &extended["paths"]["/pets"]["get"];
    assert_eq!(
        keys(operation),
        [
            "produces",
            "parameters",
            "responses",
            "x-amazon-apigateway-integration"
        ]
    );
    assert_eq!(
        keys(&operation["x-amazon-apigateway-integration"]),
        [
            "type",
            "httpMethod",
            "uri",
            "responses",
            "requestParameters",
            "passthroughBehavior"
        ]
    );
}

/// The recorded API has binary media types too, whose place is proved where documents are written.
#[test]
fn the_pets_are_exported_as_recorded() {
    let bed = Bed::new();
    let integration = |uri: &str| json!({"type": "http", "httpMethod": "GET", "uri": uri, "passthroughBehavior": "when_no_match", "responses": {"default": {"statusCode": "200"}}});
    let mut one = integration("http://petstore-demo-endpoint.execute-api.com/petstore/pets/{id}");
    one["requestParameters"] = json!({"integration.request.path.id": "method.request.path.petId"});
    let all = integration("http://petstore-demo-endpoint.execute-api.com/petstore/pets");
    let api = import(
        &bed,
        &json!({
            "swagger": "2.0", "info": {"title": "Simple PetStore (Swagger)", "version": "1.0.0"},
            "paths": {
                "/pets": {"get": {"responses": {"200": {"description": "all"}}, "x-amazon-apigateway-integration": all}},
                "/pets/{petId}": {"get": {
                    "parameters": [{"name": "petId", "in": "path", "required": true, "type": "string"}],
                    "responses": {"200": {"description": "one"}}, "x-amazon-apigateway-integration": one,
                }},
            },
        }),
    );
    let api = text(&api["id"]);
    deploy(&bed, &api);
    let mut want = json!({
        "openapi": "3.0.1", "info": {"title": "Simple PetStore (Swagger)", "version": "1.0.0"},
        "servers": [{"url": format!("https://{api}.execute-api.us-east-1.amazonaws.com/{{basePath}}"), "variables": {"basePath": {"default": "local"}}}],
        "paths": {
            "/pets": {"get": {"responses": {"200": {"description": "200 response", "content": {}}}}},
            "/pets/{petId}": {"get": {
                "parameters": [{"name": "petId", "in": "path", "required": true, "schema": {"type": "string"}}],
                "responses": {"200": {"description": "200 response", "content": {}}},
            }},
        },
        "components": {},
    });
    let name = "attachment; filename=\"oas30_1.0.0.json\"";
    let (plain, file) = exported(&bed, &api, "oas30", "", "*/*");
    assert_eq!(
        (plain.to_string(), file.as_str()),
        (want.to_string(), name),
        "the order is recorded"
    );
    let reordered = |parameters: Option<Value>, uri: &str| {
        let mut all = json!({"httpMethod": "GET", "uri": uri, "responses": {"default": {"statusCode": "200"}}});
        if let Some(parameters) = parameters {
            all["requestParameters"] = parameters;
        }
        all["passthroughBehavior"] = json!("when_no_match");
        all["type"] = json!("http");
        all
    };
    want["paths"]["/pets"]["get"]["x-amazon-apigateway-integration"] = reordered(
        None,
        "http://petstore-demo-endpoint.execute-api.com/petstore/pets",
    );
    want["paths"]["/pets/{petId}"]["get"]["x-amazon-apigateway-integration"] = reordered(
        Some(json!({"integration.request.path.id": "method.request.path.petId"})),
        "http://petstore-demo-endpoint.execute-api.com/petstore/pets/{id}",
    );
    let (extended, file) = exported(&bed, &api, "oas30", "apigateway", "");
    assert_eq!(
        (extended.to_string(), file.as_str()),
        (want.to_string(), name)
    );

    let (yaml, file) = exported(&bed, &api, "oas30", "integrations", "application/yaml");
    assert!(
        yaml.as_str()
            .unwrap()
            .starts_with("---\nopenapi: \"3.0.1\"\ninfo:\n"),
        "{yaml}"
    );
    assert_eq!(file, "attachment; filename=\"oas30_1.0.0.yaml\"");
    // What was exported comes back the same.
    let again = text(&bed.ok("ImportRestApi", json!({"body": yaml}))["id"]);
    deploy(&bed, &again);
    let (other, _) = exported(&bed, &again, "oas30", "apigateway", "");
    assert_eq!(
        other.to_string(),
        extended.to_string().replace(&api, &again)
    );
}

#[test]
fn exports_that_cannot_be_say_why() {
    let bed = Bed::new();
    let (api, _) = bed.api();
    let export = |api: &str, stage: &str, kind: &str, more: Value| {
        let mut input = json!({"restapi_id": api, "stage_name": stage, "export_type": kind});
        input
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        bed.refused("GetExport", input)
    };
    assert_eq!(
        export("nope", "local", "oas30", json!({})),
        "404 NotFoundException: Invalid API identifier specified 111111111111:nope"
    );
    assert_eq!(
        export(&api, "local", "oas30", json!({})),
        "404 NotFoundException: Invalid stage identifier specified"
    );
    let root = text(&bed.ok("GetRestApi", json!({"restapi_id": api}))["rootResourceId"]);
    bed.mock(&api, &root, "GET");
    deploy(&bed, &api);
    assert_eq!(
        export(&api, "local", "oas2", json!({})),
        "400 BadRequestException: No API exporter for type 'oas2'"
    );
    for (more, about) in [
        (json!({"Accept": "text/html"}), "Invalid Accept 'text/html'"),
        (
            json!({"parameters": {"extensions": "nothing"}}),
            "extension 'nothing'",
        ),
    ] {
        let refused = export(&api, "local", "swagger", more);
        assert!(refused.contains(about), "{refused}");
    }
}

#[test]
fn a_clone_has_its_own_models_and_documentation() {
    let bed = Bed::new();
    let api = text(&import(&bed, &pet_store())["id"]);
    let part = json!({"restapi_id": api, "location": {"type": "API"}, "properties": r#"{"a":1}"#});
    bed.ok("CreateDocumentationPart", part);
    let clone = text(&bed.ok("CreateRestApi", json!({"name": "clone", "cloneFrom": api}))["id"]);
    let pets = bed.ok(
        "GetModel",
        json!({"restapi_id": clone, "model_name": "Pets"}),
    );
    let schema = pets["schema"].as_str().unwrap();
    assert!(
        schema.contains(&format!("/restapis/{clone}/models/Pet")),
        "{schema}"
    );
    let parts = bed.ok("GetDocumentationParts", json!({"restapi_id": clone}));
    assert_eq!(parts["item"].as_array().unwrap().len(), 1);
    assert_eq!(resources(&bed, &clone), resources(&bed, &api));
}

/// A policy in a document is held to the same rules as one that is set.
#[test]
fn an_imported_policy_is_checked_written_out_and_shown_escaped() {
    let bed = Bed::new();
    let document = |effect: &str| {
        json!({
            "openapi": "3.0.1", "info": {"title": "pets", "version": "1"}, "paths": {},
            "x-amazon-apigateway-policy": {"Version": "2012-10-17", "Statement": [
                {"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"},
            ]},
        })
        .to_string()
    };
    let created = bed.ok("ImportRestApi", json!({"body": document("Allow")}));
    let id = created["id"].as_str().unwrap();
    let policy = created["policy"].as_str().unwrap();
    assert!(
        policy.ends_with(&format!(
            "\\\"Resource\\\":\\\"arn:aws:execute-api:us-east-1:111111111111:{id}/*\\\"}}]}}"
        )),
        "{policy}"
    );
    let shown = bed.ok("GetRestApi", json!({"restapi_id": id}));
    assert_eq!(shown["policy"], created["policy"]);
    let refused = bed.refused("ImportRestApi", json!({"body": document("allow")}));
    assert!(refused.contains("Invalid policy document."), "{refused}");
}
