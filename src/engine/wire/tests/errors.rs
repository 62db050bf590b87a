//! Errors in each protocol's form.

use serde_json::{Value, json};

use super::{head, header, text};
use crate::engine::wire::operations::{APIGATEWAY, CLOUDWATCH, STS};
use crate::engine::wire::{Protocol, ServiceError};

#[test]
fn rest_json_names_the_exception_in_a_header() {
    let error = ServiceError::not_found("Invalid API identifier specified 000000000000:abc");
    let reply = Protocol::RestJson.encode_error(Some(APIGATEWAY), &error, "id-1");
    assert_eq!(reply.status, 404);
    assert_eq!(header(&reply, "x-amzn-errortype"), "NotFoundException");
    assert_eq!(header(&reply, "x-amzn-requestid"), "id-1");
    assert_eq!(header(&reply, "content-type"), "application/json");
    assert_eq!(
        text(&reply),
        r#"{"message":"Invalid API identifier specified 000000000000:abc"}"#
    );
    assert_eq!(header(&reply, "retry-after"), "");
}

#[test]
fn what_asks_for_patience_says_how_long() {
    for (error, code, status) in [
        (
            ServiceError::too_many_requests(5),
            "TooManyRequestsException",
            429,
        ),
        (
            ServiceError::limit_exceeded("x", 5),
            "LimitExceededException",
            429,
        ),
        (
            ServiceError::unavailable("x", 5),
            "ServiceUnavailableException",
            503,
        ),
    ] {
        let reply = Protocol::RestJson.encode_error(Some(APIGATEWAY), &error, "id-1");
        assert_eq!(reply.status, status);
        assert_eq!(header(&reply, "x-amzn-errortype"), code);
        assert_eq!(header(&reply, "retry-after"), "5");
    }
}

#[test]
fn json_names_it_in_the_body_and_the_query_code_in_a_header() {
    let error = ServiceError::of(CLOUDWATCH, "InvalidParameterValueException", "no");
    let reply = Protocol::Json10.encode_error(Some(CLOUDWATCH), &error, "id-1");
    assert_eq!(reply.status, 400);
    assert_eq!(header(&reply, "content-type"), "application/x-amz-json-1.0");
    assert_eq!(
        header(&reply, "x-amzn-query-error"),
        "InvalidParameterValue;Sender"
    );
    assert_eq!(
        serde_json::from_slice::<Value>(&reply.body).unwrap(),
        json!({ "__type": "GraniteServiceVersion20100801#InvalidParameterValueException", "message": "no" })
    );
}

#[test]
fn query_answers_in_xml() {
    let error = ServiceError::unrecognized_client();
    let reply = Protocol::Query.encode_error(Some(STS), &error, "id-1");
    assert_eq!(reply.status, 403);
    assert_eq!(header(&reply, "content-type"), "text/xml");
    assert_eq!(
        text(&reply),
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
         <Code>InvalidClientTokenId</Code><Message>The security token included in the request is invalid.</Message>\
         </Error><RequestId>id-1</RequestId></ErrorResponse>"
    );
    let reply = Protocol::Query.encode_error(None, &ServiceError::internal("<oops>"), "id-1");
    assert!(
        text(&reply).starts_with("<ErrorResponse><Error><Type>Receiver</Type>"),
        "{}",
        text(&reply)
    );
    assert!(
        text(&reply).contains("<Message>&lt;oops&gt;</Message>"),
        "{}",
        text(&reply)
    );
}

#[test]
fn cbor_answers_in_cbor() {
    let error = ServiceError::of(CLOUDWATCH, "ResourceNotFound", "gone");
    let reply = Protocol::Cbor.encode_error(Some(CLOUDWATCH), &error, "id-1");
    assert_eq!(reply.status, 404);
    assert_eq!(header(&reply, "smithy-protocol"), "rpc-v2-cbor");
    assert_eq!(header(&reply, "content-type"), "application/cbor");
    assert_eq!(
        header(&reply, "x-amzn-query-error"),
        "ResourceNotFound;Sender"
    );
    let mut body = minicbor::Decoder::new(&reply.body);
    assert_eq!(body.map().unwrap(), Some(2));
    let texts: Vec<&str> = (0..4).map(|_| body.str().unwrap()).collect();
    assert_eq!(
        texts,
        [
            "__type",
            "com.amazonaws.cloudwatch#ResourceNotFound",
            "message",
            "gone"
        ]
    );
}

#[test]
fn the_protocol_of_an_error_shows_in_the_head_alone() {
    let table = [
        ("GET /restapis", None, Protocol::RestJson),
        ("POST /restapis", Some(APIGATEWAY), Protocol::RestJson),
        (
            "POST /\nx-amz-target: GraniteServiceVersion20100801.X\ncontent-type: application/x-amz-json-1.0",
            None,
            Protocol::Json10,
        ),
        (
            "POST /\nx-amz-target: Logs_20140328.X\ncontent-type: application/x-amz-json-1.1; charset=utf-8",
            None,
            Protocol::Json11,
        ),
        (
            "POST /\ncontent-type: application/x-www-form-urlencoded; charset=utf-8",
            None,
            Protocol::Query,
        ),
        ("GET /?Action=GetCallerIdentity", Some(STS), Protocol::Query),
        (
            "POST /service/GraniteServiceVersion20100801/operation/X",
            None,
            Protocol::Cbor,
        ),
        (
            "POST /x\nsmithy-protocol: rpc-v2-cbor",
            Some(CLOUDWATCH),
            Protocol::Cbor,
        ),
        // A REST service looks at nothing but method and path.
        (
            "POST /restapis\nx-amz-target: A.B",
            Some(APIGATEWAY),
            Protocol::RestJson,
        ),
    ];
    for (text, service, protocol) in table {
        assert_eq!(Protocol::of(&head(text), service), protocol, "{text}");
    }
}
