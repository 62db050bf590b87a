//! `ValidationException`. The API Gateway texts are recorded: `spec/rest/control-plane.md` §2.

use super::{call, rest};

fn breach(line: &str, body: &str) -> String {
    let error = rest(line, body).map(|(_, input)| input).unwrap_err();
    assert_eq!(
        (error.code.as_ref(), error.status),
        ("ValidationException", 400),
        "{body}"
    );
    error.message
}

const OPS: &str = "Member must satisfy enum value set: [add, remove, move, test, replace, copy]";

#[test]
fn patch_operations_are_named_by_their_index() {
    let line = "PATCH /restapis/a/resources/b/methods/GET/responses/200";
    assert_eq!(
        breach(
            line,
            r#"{"patchOperations": [{"op": "wrong_op", "path": "/x"}]}"#
        ),
        format!(
            "1 validation error detected: Value 'wrong_op' at 'updateMethodResponseInput.patchOperations.1.member.op' \
             failed to satisfy constraint: {OPS}"
        )
    );
    let body = r#"{"patchOperations": [{"op": "wrong_op"}, {"op": "add"}, {"path": "/x"}, {"op": "Add"}]}"#;
    let at = "updateMethodResponseInput.patchOperations";
    assert_eq!(
        breach(line, body),
        format!(
            "2 validation errors detected: Value 'wrong_op' at '{at}.1.member.op' failed to satisfy constraint: {OPS}; \
             Value 'Add' at '{at}.4.member.op' failed to satisfy constraint: {OPS}"
        )
    );
}

#[test]
fn endpoint_types_come_before_address_types_whatever_is_sent_first() {
    let types = "Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' failed to satisfy constraint: \
                 Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, REGIONAL]]";
    let address = "Value 'wrong' at 'createRestApiInput.endpointConfiguration.ipAddressType' failed to satisfy constraint: \
                   Member must satisfy enum value set: [ipv4, dualstack]";
    for (configuration, expected) in [
        (
            r#"{"types": ["wrong"]}"#,
            format!("1 validation error detected: {types}"),
        ),
        (
            r#"{"ipAddressType": "wrong"}"#,
            format!("1 validation error detected: {address}"),
        ),
        (
            r#"{"ipAddressType": "wrong", "types": ["wrong"]}"#,
            format!("2 validation errors detected: {types}; {address}"),
        ),
    ] {
        let body = format!(
            r#"{{"name": "", "description": "", "endpointConfiguration": {configuration}}}"#
        );
        assert_eq!(breach("POST /restapis", &body), expected);
    }
}

#[test]
fn labels_are_named_alone() {
    assert_eq!(
        breach(
            "PUT /restapis/a/resources/b/methods/GET/integration/responses/wrong",
            "{}"
        ),
        r"1 validation error detected: Value 'wrong' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\d\d"
    );
    for code in ["600", "20", "2000", "2xx"] {
        breach(
            &format!("GET /restapis/a/resources/b/methods/GET/responses/{code}"),
            "",
        );
    }
    assert_eq!(
        breach("GET /restapis/a/gatewayresponses/FAKE_RESPONSE_TYPE", ""),
        "1 validation error detected: Value 'FAKE_RESPONSE_TYPE' at 'responseType' failed to satisfy constraint: Member must \
         satisfy enum value set: [REQUEST_TOO_LARGE, RESOURCE_NOT_FOUND, AUTHORIZER_CONFIGURATION_ERROR, \
         MISSING_AUTHENTICATION_TOKEN, BAD_REQUEST_BODY, INVALID_SIGNATURE, INVALID_API_KEY, BAD_REQUEST_PARAMETERS, \
         AUTHORIZER_FAILURE, UNAUTHORIZED, INTEGRATION_TIMEOUT, ACCESS_DENIED, DEFAULT_4XX, DEFAULT_5XX, WAF_FILTERED, \
         QUOTA_EXCEEDED, THROTTLED, API_CONFIGURATION_ERROR, UNSUPPORTED_MEDIA_TYPE, INTEGRATION_FAILURE, EXPIRED_TOKEN]"
    );
}

#[test]
fn patterns_and_enumerations_hold_in_bodies_too() {
    assert_eq!(
        breach(
            "PUT /restapis/a/gatewayresponses/THROTTLED",
            r#"{"statusCode": "9"}"#
        ),
        r"1 validation error detected: Value '9' at 'putGatewayResponseInput.statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\d\d"
    );
    let body = r#"{"location": {"type": "METHODS", "statusCode": "*"}, "properties": "{}"}"#;
    let message = breach("POST /restapis/a/documentation/parts", body);
    assert!(
        message.starts_with("1 validation error detected: Value 'METHODS' at 'createDocumentationPartInput.location.type'"),
        "{message}"
    );
}

#[test]
fn what_is_missing_in_a_body_is_null() {
    assert_eq!(
        breach(
            "POST /restapis/a/authorizers",
            r#"{"name": null, "type": "CUSTOM"}"#
        ),
        "2 validation errors detected: Value null at 'createAuthorizerInput.name' failed to satisfy constraint: Member must not be null; \
         Value 'CUSTOM' at 'createAuthorizerInput.type' failed to satisfy constraint: \
         Member must satisfy enum value set: [TOKEN, REQUEST, COGNITO_USER_POOLS, JWT]"
    );
}

#[test]
fn what_has_a_text_of_its_own_is_left_to_the_operation() {
    // Empty names and query enumerations: BadRequestException, from the control plane.
    for (line, body) in [
        ("POST /restapis", r#"{"name": ""}"#),
        (
            "POST /restapis/a/models",
            r#"{"name": "", "contentType": ""}"#,
        ),
        ("PUT /restapis/a?mode=replace", "{}"),
        (
            "PUT /restapis/a/resources/b/methods/BadVerb",
            r#"{"authorizationType": "CUSTOM"}"#,
        ),
        (
            "PATCH /restapis/a",
            r#"{"patchOperations": [{"path": "/name"}]}"#,
        ),
    ] {
        assert!(rest(line, body).is_ok(), "{line}");
    }
}

#[test]
fn cloudwatch_checks_its_model_too() {
    let input = |action: &str, form: &str| {
        let head = "POST /\ncontent-type: application/x-www-form-urlencoded";
        let body = format!("Action={action}&Version=2010-08-01&{form}");
        let call = call("monitoring", head, body.as_bytes()).unwrap();
        call.decode().map(|_| ()).unwrap_err()
    };
    // Recorded: spec/cloudwatch-metrics.md §1.
    let error = input(
        "SetAlarmState",
        "AlarmName=a&StateValue=INVALID&StateReason=r",
    );
    assert_eq!(
        error.message,
        "1 validation error detected: Value 'INVALID' at 'stateValue' failed to satisfy constraint: \
         Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]"
    );
    let error = input("SetAlarmState", "AlarmName=&StateValue=OK&StateReason=r");
    assert_eq!(
        error.message,
        "1 validation error detected: Value '' at 'alarmName' failed to satisfy constraint: \
         Member must have length greater than or equal to 1"
    );
    let error = input("PutMetricData", "MetricData.member.1.Value=1");
    assert_eq!(error.code, "MissingRequiredParameterException");
    assert_eq!(error.message, "The parameter Namespace is required.");
    let error = input("PutMetricData", "Namespace=n&MetricData.member.1.Value=1");
    assert_eq!(
        error.message,
        "The parameter MetricData.member.1.MetricName is required."
    );
}

#[test]
fn elsewhere_what_is_missing_is_a_breach() {
    let head = "POST /\ncontent-type: application/x-www-form-urlencoded";
    let body = b"Action=AssumeRole&Version=2011-06-15&RoleSessionName=x&DurationSeconds=5";
    let error = call("sts", head, body).unwrap().decode().unwrap_err();
    assert_eq!(
        error.message,
        "3 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null; \
         Value 'x' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2; \
         Value '5' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"
    );
}
