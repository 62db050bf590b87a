//! Gateway responses and limits.

use std::time::Duration;

use serde_json::json;

use super::{Rig, api, mock, run, stage};
use crate::engine::gateway::Settings;
use crate::engine::gateway::failure::Failure;
use crate::model::{GatewayResponse, GatewayResponseType, ThrottleSettings};

fn put(
    kind: GatewayResponseType,
    response: serde_json::Value,
) -> (GatewayResponseType, GatewayResponse) {
    let mut value = response;
    value["responseType"] = json!(kind.name());
    (kind, serde_json::from_value(value).unwrap())
}

/// What the gateway answers by itself: kind, status, error type and body to the letter (`spec/rest/validation.md` §3,
/// `spec/rest/headers.md` §2; the generic 500, its 502 and the missing token are recorded).
#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn failures_are_answered_to_the_letter() {
    let table = [
        (
            Failure::missing_token(),
            "MISSING_AUTHENTICATION_TOKEN 403 MissingAuthenticationTokenException",
            r#"{"message":"Missing Authentication Token"}"#,
        ),
        (
            Failure::invalid_key(),
            "INVALID_API_KEY 403 ForbiddenException",
            r#"{"message":"Forbidden"}"#,
        ),
        (
            Failure::throttled(),
            "THROTTLED 429 TooManyRequestsException",
            r#"{"message":"Too Many Requests"}"#,
        ),
        (
            Failure::quota_exceeded(),
            "QUOTA_EXCEEDED 429 LimitExceededException",
            r#"{"message":"Limit Exceeded"}"#,
        ),
        (
            Failure::missing_parameters(&["x-header-param", "issuer", "qs1"]),
            "BAD_REQUEST_PARAMETERS 400 BadRequestException",
            r#"{"message": "Missing required request parameters: [x-header-param, issuer, qs1]"}"#,
        ),
        (
            Failure::invalid_body("application/json", "[]"),
            "BAD_REQUEST_BODY 400 BadRequestException",
            r#"{"message": "Invalid request body"}"#,
        ),
        (
            Failure::too_large(),
            "REQUEST_TOO_LARGE 413 RequestTooLargeException",
            r#"{"message":"Request Too Long"}"#,
        ),
        (
            Failure::unsupported_media_type(),
            "UNSUPPORTED_MEDIA_TYPE 415 BadRequestException",
            r#"{"message": "Unsupported Media Type"}"#,
        ),
        (
            Failure::unauthorized(),
            "UNAUTHORIZED 401 UnauthorizedException",
            r#"{"message":"Unauthorized"}"#,
        ),
        (
            Failure::token_expired(),
            "UNAUTHORIZED 401 UnauthorizedException",
            r#"{"message":"The incoming token has expired"}"#,
        ),
        (
            Failure::not_authorized(false),
            "ACCESS_DENIED 403 AccessDeniedException",
            r#"{"Message":"User is not authorized to access this resource"}"#,
        ),
        (
            Failure::not_authorized(true),
            "ACCESS_DENIED 403 AccessDeniedException",
            r#"{"Message":"User is not authorized to access this resource with an explicit deny"}"#,
        ),
        (
            Failure::cache_control_refused(),
            "ACCESS_DENIED 403 ForbiddenException",
            r#"{"message":"Forbidden"}"#,
        ),
        (
            Failure::authorizer_failed(String::new()),
            "AUTHORIZER_FAILURE 500 AuthorizerConfigurationException",
            r#"{"message":null}"#,
        ),
        (
            Failure::authorizer_configuration(String::new()),
            "AUTHORIZER_CONFIGURATION_ERROR 500 AuthorizerConfigurationException",
            r#"{"message":null}"#,
        ),
        (
            Failure::arn_too_long(),
            "DEFAULT_4XX 414 RequestTooLargeException",
            r#"{"message":"Request URI too long"}"#,
        ),
        (
            Failure::configuration(""),
            "API_CONFIGURATION_ERROR 500 InternalServerErrorException",
            r#"{"message": "Internal server error"}"#,
        ),
        (
            Failure::bad_gateway(String::new()),
            "DEFAULT_5XX 502 InternalServerErrorException",
            r#"{"message": "Internal server error"}"#,
        ),
        (
            Failure::timeout(),
            "INTEGRATION_TIMEOUT 504 InternalServerErrorException",
            r#"{"message": "Endpoint request timed out"}"#,
        ),
        (
            Failure::network(""),
            "INTEGRATION_FAILURE 504 InternalServerErrorException",
            r#"{"message": "Network error communicating with endpoint"}"#,
        ),
        (
            Failure::busy(),
            "DEFAULT_5XX 503 ServiceUnavailableException",
            r#"{"message":"Service Unavailable"}"#,
        ),
    ];
    for (failure, expected, body) in table {
        let status = failure.status.or(failure.kind.default_status()).unwrap();
        let told = format!("{} {status} {}", failure.kind.name(), failure.error_type);
        assert_eq!(told, expected);
        assert_eq!(failure.default_body(), body, "{expected}");
    }
}

/// Each kind can be given another status, header and body; without its own it takes those of its default; a status alone leaves the
/// rest as it is.
#[test]
fn every_kind_can_be_customised_and_inherits() {
    use crate::engine::gateway::response_table::ResponseTable;
    let status = |table: &ResponseTable, kind| table.of(kind).map(|response| response.status);
    for &kind in GatewayResponseType::ALL {
        let own = [put(kind, json!({"statusCode": "299"}))].into();
        let own = ResponseTable::compile(&own);
        let inherits = |of: GatewayResponseType| of == kind || of.parent() == Some(kind);
        for &other in GatewayResponseType::ALL {
            let expected = inherits(other).then_some(Some(299));
            assert_eq!(status(&own, other), expected, "{kind:?} {other:?}");
        }
    }
    let family = |kind: GatewayResponseType| kind.parent().map(GatewayResponseType::name);
    for (kind, parent) in [
        (GatewayResponseType::AccessDenied, Some("DEFAULT_4XX")),
        (GatewayResponseType::QuotaExceeded, Some("DEFAULT_4XX")),
        (
            GatewayResponseType::UnsupportedMediaType,
            Some("DEFAULT_4XX"),
        ),
        (GatewayResponseType::AuthorizerFailure, Some("DEFAULT_5XX")),
        (GatewayResponseType::IntegrationTimeout, Some("DEFAULT_5XX")),
        (GatewayResponseType::Default4xx, None),
        (GatewayResponseType::Default5xx, None),
    ] {
        assert_eq!(family(kind), parent);
    }
}

#[test]
fn an_api_may_put_its_own_responses() {
    run(|| async {
        let mut keyed = mock("1");
        keyed["apiKeyRequired"] = json!(true);
        let mut definition = api(json!({"GET /keyed": keyed, "GET /x": mock("1")}));
        definition.gateway_responses = [
            put(
                GatewayResponseType::InvalidApiKey,
                json!({
                    "statusCode": "456",
                    "responseParameters": {
                        "gatewayresponse.header.api-key": "method.request.header.api-key",
                        "gatewayresponse.header.X-Stage": "context.stage",
                        "gatewayresponse.header.X-Query": "method.request.querystring.q",
                        "gatewayresponse.header.X-None": "stageVariables.none",
                    },
                    "responseTemplates": {
                        "application/json": "{\"message\": \"Bad api-key\", \"type\": \"$context.error.responseType\", \"help\": \"$stageVariables.help\"}",
                        "text/plain": "$context.error.message!",
                    },
                }),
            ),
            put(
                GatewayResponseType::Default4xx,
                json!({
                    "responseParameters": {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"},
                    "responseTemplates": {"application/json": "{\"message\":$context.error.messageString}"},
                }),
            ),
        ]
        .into();
        let rig = Rig::new().await;
        rig.publish(
            &stage(json!({"variables": {"help": "http://help"}})),
            &definition,
        );
        let reply = rig
            .call("GET", "/keyed?q=a%20b", &[("api-key", "mine")], "")
            .await;
        assert_eq!(reply.status, 456);
        assert_eq!(
            reply.json(),
            json!({"message": "Bad api-key", "type": "INVALID_API_KEY", "help": "http://help"})
        );
        assert_eq!(reply.header("api-key"), Some("mine"));
        assert_eq!(reply.header("x-stage"), Some("prod"));
        assert_eq!(reply.header("x-query"), Some("a b"));
        assert_eq!(reply.header("x-none"), None);
        assert_eq!(reply.header("x-amzn-errortype"), Some("ForbiddenException"));
        let reply = rig
            .call("GET", "/keyed", &[("accept", "text/plain")], "")
            .await;
        assert_eq!(reply.body, "Forbidden!");
        assert_eq!(reply.header("content-type"), Some("text/plain"));
        // The default applies to types without an own response, with their own status.
        let reply = rig.get("/nothing").await;
        assert_eq!(reply.status, 403);
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        assert_eq!(reply.error().2, "Missing Authentication Token");
        assert_eq!(
            rig.get("/x").await.header("access-control-allow-origin"),
            None
        );
    });
}

#[test]
fn oversized_requests_are_refused() {
    run(|| async {
        let rig = Rig::serving(api(json!({"POST /x": mock("1"), "GET /x": mock("1")}))).await;
        let path = format!("/_aws/execute-api/{}/prod/x", super::API);
        // Declared, and refused before a byte of it is read.
        let declared = "HTTP content length exceeded 10485760 bytes.";
        let reply = raw(&rig, &format!(
            "POST {path} HTTP/1.1\r\nhost: h\r\ncontent-length: 10485761\r\nconnection: close\r\n\r\n"
        )).await;
        assert!(
            reply.starts_with("HTTP/1.1 413 ") && reply.ends_with(declared),
            "{reply}"
        );
        let long = format!("/x?{}", "a".repeat(10_300));
        assert_eq!(rig.get(&long).await.status, 414);
        let header = "h".repeat(10_300);
        let reply = rig.call("GET", "/x", &[("x-long", &header)], "").await;
        assert_eq!(reply.status, 431);
        assert_eq!(rig.get("/x").await.status, 200);
    });
}

#[test]
fn a_body_of_unknown_length_is_refused_when_it_grows_too_large() {
    run(|| async {
        let rig = Rig::serving(api(json!({"POST /x": mock("1")}))).await;
        let path = format!("/_aws/execute-api/{}/prod/x", super::API);
        let chunk = format!("{:x}\r\n{}\r\n", 1 << 20, "x".repeat(1 << 20));
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
        );
        let reply = raw(&rig, &format!("{head}{}0\r\n\r\n", chunk.repeat(11))).await;
        assert!(reply.starts_with("HTTP/1.1 413 "), "{reply}");
        assert!(
            reply.ends_with("{\"message\":\"Request Too Long\"}"),
            "{reply}"
        );
    });
}

/// Sends bytes as they are and reads the answer until the server closes.
pub(super) async fn raw(rig: &Rig, request: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let stream = tokio::net::TcpStream::connect(rig.address).await.unwrap();
    let (mut read, mut write) = stream.into_split();
    let request = request.to_owned();
    // The server may answer and close before it has read everything.
    let writing = tokio::task::spawn_local(async move {
        let _ = write.write_all(request.as_bytes()).await;
        write
    });
    let mut reply = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(n) = read.read(&mut buffer).await {
        if n == 0 {
            break;
        }
        reply.extend_from_slice(&buffer[..n]);
    }
    drop(writing);
    String::from_utf8(reply).unwrap()
}

#[test]
fn the_accounts_limit_holds_over_all_methods() {
    run(|| async {
        let settings = Settings {
            account: ThrottleSettings {
                burst_limit: 2,
                rate_limit: 1.0,
            },
            ..Settings::default()
        };
        let rig = Rig::with(settings).await;
        rig.publish(
            &stage(json!({})),
            &api(json!({"GET /a": mock("1"), "GET /b": mock("1")})),
        );
        assert_eq!(rig.get("/a").await.status, 200);
        assert_eq!(rig.get("/b").await.status, 200);
        let reply = rig.get("/a").await;
        assert_eq!(
            reply.error(),
            (
                429,
                Some("TooManyRequestsException"),
                "Too Many Requests".to_owned()
            )
        );
        rig.clock.advance(Duration::from_secs(1));
        assert_eq!(rig.get("/b").await.status, 200);
        // What is refused for want of a route costs the account nothing.
        assert_eq!(rig.get("/nothing").await.status, 403);
    });
}

#[test]
fn a_stages_limits_hold_per_method_and_survive_a_new_description() {
    run(|| async {
        let definition = api(json!({"GET /a": mock("1"), "GET /b": mock("1")}));
        let rig = Rig::new().await;
        let limited = |description: &str, burst: i64| {
            stage(json!({"description": description, "methodSettings": {
                "*/*": {"throttlingBurstLimit": 1, "throttlingRateLimit": 1.0},
                "b/GET": {"throttlingBurstLimit": burst, "throttlingRateLimit": 1.0},
            }}))
        };
        rig.publish(&limited("one", 2), &definition);
        let statuses = async |paths: &[&str]| {
            let mut statuses = Vec::new();
            for path in paths {
                statuses.push(rig.get(path).await.status);
            }
            statuses
        };
        assert_eq!(
            statuses(&["/a", "/a", "/b", "/b", "/b"]).await,
            [200, 429, 200, 200, 429]
        );
        rig.publish(&limited("two", 2), &definition);
        assert_eq!(statuses(&["/a", "/b"]).await, [429, 429]);
        rig.publish(&limited("two", 3), &definition);
        assert_eq!(statuses(&["/a", "/b"]).await, [429, 200]);
        rig.publish(&limited("off", 0), &definition);
        assert_eq!(statuses(&["/b"]).await, [429]);
    });
}

#[test]
fn a_connection_serves_on_after_a_refusal() {
    run(|| async {
        let rig = Rig::serving(api(json!({"POST /x": mock("1")}))).await;
        let path = format!("/_aws/execute-api/{}/prod/x", super::API);
        let request =
            format!("POST {path}{{}} HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nhello");
        let both = request.replace("{}", "/none")
            + &request
                .replace("{}", "")
                .replace("host", "connection: close\r\nhost");
        let reply = raw(&rig, &both).await;
        let statuses: Vec<&str> = reply.matches("HTTP/1.1 ").collect();
        assert_eq!(statuses.len(), 2, "{reply}");
        assert!(reply.contains("HTTP/1.1 403 ") && reply.contains("HTTP/1.1 200 "));
    });
}
