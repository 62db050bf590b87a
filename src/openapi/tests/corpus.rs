//! Documents of many kinds, in both versions and both layouts.
#![allow(
    clippy::needless_raw_string_hashes,
    reason = "all documents are quoted alike"
)]

/// Name, text, and whether Swagger can say all that it says.
pub(super) const ALL: &[(&str, &str, bool)] = &[
    ("nothing", NOTHING, true),
    ("pet store 2.0", PET_STORE_2, true),
    ("pet store 3.0", PET_STORE_3, true),
    ("pet store 3.1", PET_STORE_31, true),
    ("cors", CORS, true),
    ("lambda proxy", LAMBDA_PROXY, true),
    ("authorizers", AUTHORIZERS, true),
    ("validators", VALIDATORS, true),
    ("gateway responses", GATEWAY_RESPONSES, true),
    ("settings", SETTINGS, true),
    ("private", PRIVATE, true),
    ("vpc link", VPC_LINK, true),
    ("aws services", SERVICES, true),
    ("inline schemas", INLINE, true),
    ("content types", CONTENT_TYPES, false),
    ("references", REFERENCES, true),
    ("documented", DOCUMENTED, true),
    ("deep paths", DEEP, true),
    ("odd texts", ODD, true),
];

const NOTHING: &str = r#"{"swagger": "2.0", "info": {"title": "nothing"}, "paths": {}}"#;

const PET_STORE_2: &str = r##"
swagger: "2.0"
info:
  title: PetStore
  version: 1.0.0
  description: |
    A pet store.
    With "quotes".
basePath: /v1
consumes: [application/json]
produces: [application/json]
paths:
  /pets:
    get:
      operationId: listPets
      parameters:
        - {name: type, in: query, type: string}
        - {name: page, in: query, required: true, type: integer}
        - {name: X-Trace, in: header, type: string}
      responses:
        200:
          description: all of them
          schema: {$ref: "#/definitions/Pets"}
          headers:
            X-Next: {type: string}
        404: {description: none}
      x-amazon-apigateway-integration:
        type: http
        httpMethod: GET
        uri: http://petstore.example.com/pets
        requestParameters:
          integration.request.querystring.page: method.request.querystring.page
        responses:
          default:
            statusCode: 200
            responseParameters:
              method.response.header.X-Next: integration.response.header.next
          "4\\d{2}": {statusCode: 404}
    post:
      operationId: createPet
      parameters:
        - {name: body, in: body, schema: {$ref: "#/definitions/NewPet"}}
      responses:
        201: {description: made, schema: {$ref: "#/definitions/Pet"}}
      x-amazon-apigateway-integration:
        type: http_proxy
        httpMethod: POST
        uri: http://petstore.example.com/pets
  /pets/{petId}:
    parameters:
      - {name: petId, in: path, required: true, type: string}
    get:
      responses:
        200: {description: one, schema: {$ref: "#/definitions/Pet"}}
      x-amazon-apigateway-integration:
        type: http
        httpMethod: GET
        uri: http://petstore.example.com/pets/{petId}
        requestParameters:
          integration.request.path.petId: method.request.path.petId
        responses:
          default: {statusCode: "200"}
    delete:
      responses:
        204: {description: gone}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 204}'}
        responses: {default: {statusCode: "204"}}
definitions:
  Pets: {type: array, items: {$ref: "#/definitions/Pet"}}
  Pet:
    type: object
    required: [name, id]
    properties:
      id: {type: integer, format: int64}
      name: {type: string, minLength: 1, maxLength: 64}
      parent: {$ref: "#/definitions/Pet"}
  NewPet:
    type: object
    description: A pet before it has an id
    properties: {name: {type: string}, type: {type: string, enum: [dog, cat]}}
"##;

const PET_STORE_3: &str = r##"{
  "openapi": "3.0.1",
  "info": {"title": "PetStore", "version": "1.0.0"},
  "servers": [{"url": "https://{region}.example.com/{basePath}", "variables": {"basePath": {"default": "/v1"}, "region": {"default": "eu"}}}],
  "paths": {
    "/pets": {
      "get": {
        "operationId": "listPets",
        "parameters": [{"$ref": "#/components/parameters/Page"}, {"name": "type", "in": "query", "schema": {"type": "string"}}],
        "responses": {
          "200": {"description": "all", "headers": {"X-Next": {"schema": {"type": "string"}}}, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pets"}}}},
          "404": {"$ref": "#/components/responses/Missing"}
        },
        "x-amazon-apigateway-integration": {
          "type": "http", "httpMethod": "GET", "uri": "http://petstore.example.com/pets", "passthroughBehavior": "never",
          "responses": {"default": {"statusCode": "200"}, "404": {"statusCode": "404", "responseTemplates": {"application/json": "{\"a\": $input.json('$.a')}"}}}
        }
      },
      "post": {
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}},
        "responses": {},
        "x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}}
      },
      "head": {"responses": {"200": {"description": "ok"}}},
      "patch": {"responses": {"200": {"description": "ok"}}},
      "put": {"responses": {"200": {"description": "ok"}}}
    }
  },
  "components": {
    "parameters": {"Page": {"name": "page", "in": "query", "required": true, "schema": {"type": "integer"}}},
    "responses": {"Missing": {"description": "none", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}},
    "schemas": {
      "Pets": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}},
      "Pet": {"type": "object", "properties": {"name": {"type": "string", "nullable": true, "example": "Rex"}}, "additionalProperties": false},
      "Problem": {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"type": "object", "required": ["z", "a"]}]}
    }
  }
}"##;

const PET_STORE_31: &str = r##"
openapi: 3.1.0
info: {title: PetStore, version: '3', summary: pets}
paths:
  /pets:
    get:
      responses:
        '200':
          description: all
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Pet'}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        responses: {default: {statusCode: '200', responseTemplates: {application/json: '[]'}}}
components:
  schemas:
    Pet:
      type: object
      properties:
        age: {type: number, exclusiveMinimum: 0, exclusiveMaximum: 99.5}
        name: {type: [string, 'null']}
        kind: {const: pet}
"##;

const CORS: &str = r##"{
  "swagger": "2.0", "info": {"title": "cors", "version": "1"},
  "definitions": {"Empty": {"type": "object", "title": "Empty Schema"}},
  "paths": {"/x": {"options": {
    "consumes": ["application/json"], "produces": ["application/json"],
    "responses": {"200": {"description": "200 response", "schema": {"$ref": "#/definitions/Empty"}, "headers": {
      "Access-Control-Allow-Origin": {"type": "string"}, "Access-Control-Allow-Methods": {"type": "string"}, "Access-Control-Allow-Headers": {"type": "string"}}}},
    "x-amazon-apigateway-integration": {
      "type": "mock", "passthroughBehavior": "when_no_match", "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
      "responses": {"default": {"statusCode": "200", "responseParameters": {
        "method.response.header.Access-Control-Allow-Methods": "'DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT'",
        "method.response.header.Access-Control-Allow-Headers": "'Content-Type,Authorization'",
        "method.response.header.Access-Control-Allow-Origin": "'*'"}}}
    }
  }}}
}"##;

const LAMBDA_PROXY: &str = r#"
openapi: 3.0.3
info: {title: proxy, version: 2024-01-01}
paths:
  /{proxy+}:
    x-amazon-apigateway-any-method:
      parameters:
        - {name: proxy, in: path, required: true, schema: {type: string}}
      x-amazon-apigateway-integration:
        type: aws_proxy
        httpMethod: POST
        uri: arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:f:${stageVariables.alias}/invocations
        passthroughBehavior: when_no_match
        contentHandling: CONVERT_TO_TEXT
        timeoutInMillis: 12000
        cacheNamespace: shared
        cacheKeyParameters: [method.request.path.proxy]
  /:
    get:
      x-amazon-apigateway-integration:
        type: AWS_PROXY
        httpMethod: POST
        uri: arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/arn:aws:lambda:us-east-1:111111111111:function:f/response-streaming-invocations
        credentials: arn:aws:iam::111111111111:role/caller
        responseTransferMode: STREAM
        timeoutInMillis: 900000
"#;

const AUTHORIZERS: &str = r##"{
  "openapi": "3.0.1", "info": {"title": "guarded", "version": "1"},
  "security": [{"token": []}],
  "paths": {
    "/token": {"get": {"responses": {}}},
    "/request": {"get": {"security": [{"request": []}], "responses": {}}},
    "/cognito": {"get": {"security": [{"cognito": ["b", "a"], "api_key": []}], "responses": {}}},
    "/iam": {"get": {"security": [{"sigv4": []}], "responses": {}}, "post": {"x-amazon-apigateway-auth": {"type": "aws_iam"}, "responses": {}}},
    "/jwt": {"get": {"security": [{"jwt": ["read"]}], "responses": {}}},
    "/key": {"get": {"security": [{"api_key": []}], "responses": {}}},
    "/open": {"get": {"security": [], "responses": {}}}
  },
  "components": {"securitySchemes": {
    "token": {"type": "apiKey", "name": "X-Token", "in": "header", "x-amazon-apigateway-authtype": "oauth2", "x-amazon-apigateway-authorizer": {
      "type": "token", "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111111111111:function:a/invocations",
      "authorizerCredentials": "arn:aws:iam::111111111111:role/r", "identityValidationExpression": "^x-[a-z]+", "authorizerResultTtlInSeconds": 0}},
    "request": {"type": "apiKey", "name": "Unused", "in": "header", "x-amazon-apigateway-authtype": "custom", "x-amazon-apigateway-authorizer": {
      "type": "request", "identitySource": "method.request.header.A, method.request.querystring.b, stageVariables.c",
      "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111111111111:function:a/invocations"}},
    "cognito": {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "cognito_user_pools", "x-amazon-apigateway-authorizer": {
      "type": "cognito_user_pools", "providerARNs": ["arn:aws:cognito-idp:us-east-1:111111111111:userpool/p1", "arn:aws:cognito-idp:us-east-1:111111111111:userpool/p2"]}},
    "unused": {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authorizer": {
      "type": "request", "authorizerResultTtlInSeconds": 60, "identitySource": "method.request.header.Authorization",
      "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111111111111:function:a/invocations"}},
    "jwt": {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "jwt", "x-amazon-apigateway-authorizer": {
      "type": "jwt", "jwtConfiguration": {"defaultAlgorithms": ["RS256", "ES256"], "issuers": [{"issuer": "https://id.example.com", "audiences": ["a", "b"],
        "additionalClaims": [{"claimName": "tenant", "format": "SINGLE_STRING", "required": true, "expectedValues": ["x"]}]}]}}},
    "sigv4": {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"},
    "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}
  }}
}"##;

const VALIDATORS: &str = r##"{
  "openapi": "3.0.0", "info": {"title": "ReqValidators Sample", "version": "1.0.0"},
  "x-amazon-apigateway-request-validators": {
    "all": {"validateRequestBody": true, "validateRequestParameters": true},
    "params-only": {"validateRequestBody": false, "validateRequestParameters": true}
  },
  "x-amazon-apigateway-request-validator": "params-only",
  "paths": {"/validation": {
    "post": {
      "x-amazon-apigateway-request-validator": "all",
      "parameters": [{"in": "header", "name": "h1", "required": true, "schema": {"type": "string"}}],
      "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/RequestBodyModel"}}}, "required": true},
      "responses": {"200": {"description": "ok"}}
    },
    "get": {"parameters": [{"name": "q1", "in": "query", "required": true, "schema": {"type": "string"}}], "responses": {"200": {"description": "ok"}}}
  }},
  "components": {"schemas": {"RequestBodyModel": {"type": "object", "required": ["name", "price", "type"], "properties": {"id": {"type": "integer"}, "type": {"type": "string", "enum": ["dog", "cat", "fish"]}, "name": {"type": "string"}, "price": {"type": "number", "minimum": 25.0, "maximum": 500.0}}}}}
}"##;

const GATEWAY_RESPONSES: &str = r#"
swagger: '2.0'
info: {title: answers, version: '1'}
paths: {}
x-amazon-apigateway-gateway-responses:
  DEFAULT_4XX:
    responseParameters:
      gatewayresponse.header.Access-Control-Allow-Origin: "'*'"
    responseTemplates:
      application/json: '{"error": $context.error.messageString}'
  THROTTLED: {statusCode: 420}
  UNAUTHORIZED:
    statusCode: "401"
    responseTemplates: {application/json: '{}', text/html: '<p>$context.error.message</p>'}
    responseParameters: {gatewayresponse.header.X-Path: method.request.path.petId}
"#;

const SETTINGS: &str = r#"{
  "swagger": "2.0", "info": {"title": "settings", "version": "1", "description": "All of them"}, "paths": {},
  "x-amazon-apigateway-api-key-source": "AUTHORIZER",
  "x-amazon-apigateway-binary-media-types": ["image/png", "application/octet-stream"],
  "x-amazon-apigateway-minimum-compression-size": 1024,
  "x-amazon-apigateway-endpoint-configuration": {"disableExecuteApiEndpoint": true},
  "x-amazon-apigateway-security-policy": "TLS_1_2",
  "x-amazon-apigateway-policy": {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"},
    {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": ["execute-api:/prod/GET/x"], "Condition": {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}}
  ]}
}"#;

const PRIVATE: &str = r"
openapi: 3.0.1
info: {title: private, version: '1'}
servers:
  - url: https://example.com/
    x-amazon-apigateway-endpoint-configuration:
      vpcEndpointIds: [vpce-0212a4ababd5b8c3e, vpce-01d622316a7df47f9]
paths: {}
";

const VPC_LINK: &str = r#"{
  "openapi": "3.0.1", "info": {"title": "linked", "version": "1"},
  "paths": {"/x": {
    "get": {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": {
      "type": "http_proxy", "httpMethod": "ANY", "uri": "https://backend.internal/x", "connectionType": "VPC_LINK", "connectionId": "${stageVariables.link}",
      "tlsConfig": {"insecureSkipVerification": true}}},
    "put": {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": {
      "type": "http", "httpMethod": "PUT", "uri": "http://backend.internal/x", "connectionType": "VPC_LINK", "connectionId": "abc123",
      "integrationTarget": "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/app/a/1", "responses": {"default": {"statusCode": "200"}}}}
  }}
}"#;

const SERVICES: &str = r#"
swagger: '2.0'
info: {title: services, version: '1'}
paths:
  /queue:
    post:
      consumes: [application/json]
      responses: {'200': {description: sent}, '500': {description: failed}}
      x-amazon-apigateway-integration:
        type: aws
        httpMethod: POST
        uri: arn:aws:apigateway:us-east-1:sqs:path/111111111111/queue
        credentials: arn:aws:iam::111111111111:role/r
        passthroughBehavior: never
        requestParameters:
          integration.request.header.Content-Type: "'application/x-www-form-urlencoded'"
        requestTemplates:
          application/json: Action=SendMessage&MessageBody=$util.urlEncode($input.body)
        responses:
          "200": {statusCode: '200', responseTemplates: {application/json: ''}}
          '5\d{2}':
            statusCode: '500'
            contentHandling: CONVERT_TO_BINARY
            responseTemplates: {application/json: '{"failed": true}'}
"#;

const INLINE: &str = r##"{
  "openapi": "3.0.1", "info": {"title": "inline", "version": "1"},
  "paths": {"/x": {
    "post": {
      "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {"type": "string"}}}}}},
      "responses": {
        "200": {"description": "a list", "content": {"application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}}}},
        "201": {"description": "the same", "content": {"application/json": {"schema": {"type": "object", "properties": {"a": {"type": "string"}}}}}},
        "202": {"description": "inline in inline", "content": {"application/json": {"schema": {"type": "array", "items": {"type": "integer"}}}}}
      }
    }
  }},
  "components": {"schemas": {"Pet": {"type": "object"}}}
}"##;

const CONTENT_TYPES: &str = r##"{
  "openapi": "3.0.1", "info": {"title": "types", "version": "1"},
  "paths": {"/x": {"post": {
    "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}, "application/xml": {"schema": {"$ref": "#/components/schemas/B"}}}},
    "responses": {"200": {
      "description": "ok", "headers": {"ETag": {"required": true, "schema": {"type": "string"}}},
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/B"}}, "text/csv": {"schema": {"$ref": "#/components/schemas/A"}}, "text/plain": {}}
    }},
    "x-amazon-apigateway-integration": {
      "type": "mock", "requestTemplates": {"text/plain": "{\"statusCode\": 200}"},
      "responses": {"default": {"statusCode": "200", "responseTemplates": {"text/html": "<p/>"}}}
    }
  }}},
  "components": {"schemas": {"A": {"type": "object"}, "B": {"type": "string"}}}
}"##;

const REFERENCES: &str = r##"
swagger: '2.0'
info: {title: references, version: '1'}
parameters:
  Id: {name: id, in: path, required: true, type: string}
  Body: {name: Body, in: body, required: true, schema: {$ref: '#/definitions/Node'}}
responses:
  Node: {description: a node, schema: {$ref: '#/definitions/Node'}}
paths:
  /nodes/{id}:
    put:
      consumes: [application/json]
      produces: [application/json]
      parameters: [{$ref: '#/parameters/Id'}, {$ref: '#/parameters/Body'}]
      responses: {'200': {$ref: '#/responses/Node'}}
definitions:
  Node:
    type: object
    properties:
      next: {$ref: '#/definitions/Node'}
      type: {type: string, default: node}
      required: {type: boolean}
      example: {type: string}
"##;

const DOCUMENTED: &str = r#"{
  "openapi": "3.0.1", "info": {"title": "documented", "version": "1", "description": "own"},
  "paths": {"/pets/{petId}": {"get": {
    "parameters": [{"name": "petId", "in": "path", "required": true, "schema": {"type": "string"}}],
    "responses": {"200": {"description": "200 response", "headers": {"ETag": {"schema": {"type": "string"}}}}}
  }}},
  "x-amazon-apigateway-documentation": {"version": "7", "documentationParts": [
    {"location": {"type": "API"}, "properties": {"info": {"contact": {"name": "us"}}, "tags": [{"name": "pets"}]}},
    {"location": {"type": "RESOURCE", "path": "/pets/{petId}"}, "properties": {"description": "one pet"}},
    {"location": {"type": "METHOD", "path": "/pets", "method": "*"}, "properties": {"summary": "about pets", "unknown": 1}},
    {"location": {"type": "PATH_PARAMETER", "path": "/", "method": "*", "name": "petId"}, "properties": {"description": "which"}},
    {"location": {"type": "RESPONSE", "path": "/", "method": "*", "statusCode": "200"}, "properties": {"description": "found"}},
    {"location": {"type": "RESPONSE_HEADER", "path": "/", "method": "*", "statusCode": "*", "name": "ETag"}, "properties": {"description": "its version"}}
  ]}
}"#;

const DEEP: &str = r#"{
  "swagger": "2.0", "info": {"title": "deep", "version": "1"},
  "paths": {"/a/b/c/{d}/{e+}": {"get": {"responses": {}}}, "/a/b": {"post": {"responses": {}}}, "/lonely/leaf": {}, "/trailing/": {"get": {"responses": {}}}}
}"#;

const ODD: &str = r##"
openapi: 3.0.1
info: {title: "yes: \"no\" # ~ % @", version: "1e3", description: "tabs\tand\u0000 \u2028 ünï 🐟 '"}
paths:
  /x:
    get:
      operationId: "null"
      responses:
        "200": {description: ok, headers: {"X-Odd": {schema: {type: string}}, "123": {schema: {type: string}}}}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates:
          "application/json": "#set($a = 1)\n## a comment\n{\n  \"statusCode\": 200\n}\n"
          "true": " leading and trailing "
        responses:
          default: {statusCode: 200}
          "no": {statusCode: 500}
          ".*\"x\".*|: #": {statusCode: 400}
"##;
