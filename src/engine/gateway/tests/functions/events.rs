//! The event of a proxy integration.

use serde_json::{Value, json};

use super::super::{API, api, run, stage};
use super::{ARN, event, names, proxy, returned, rig};

#[test]
fn the_proxy_event_has_the_recorded_members() {
    run(|| async {
        let (rig, lambda) = rig(|_| returned(r#"{"statusCode":200}"#)).await;
        rig.publish(
            &stage(json!({})),
            &api(json!({"ANY /{proxy+}": proxy(ARN)})),
        );
        let headers = [
            ("host", "api0000000.execute-api.localhost:4566"),
            ("user-agent", "test/1"),
            ("authorization", "random-value"),
            ("accept", "a"),
            ("accept", "b"),
            ("te", "trailers"),
        ];
        assert_eq!(
            rig.at("GET", "/prod/proxy-value", &headers, "")
                .await
                .status,
            200
        );
        let asked = lambda.last();
        assert_eq!(
            asked.path,
            format!("/2015-03-31/functions/{ARN}/invocations")
        );
        assert_eq!(asked.verb, "POST");
        for (name, value) in [
            ("x-amzn-apigateway-api-id", API),
            ("user-agent", "AmazonAPIGateway_api0000000"),
            ("accept", "application/json"),
            ("content-type", "application/json"),
            (
                "x-amz-source-arn",
                "arn:aws:execute-api:us-east-1:000000000000:api0000000/prod/ANY/{proxy+}",
            ),
        ] {
            assert_eq!(asked.header(name).as_deref(), Some(value), "{name}");
        }
        let event: Value = serde_json::from_slice(&asked.body).unwrap();
        assert_eq!(
            asked.header("x-amzn-lambda-integration-tag").as_deref(),
            event["requestContext"]["requestId"].as_str()
        );
        assert_eq!(
            names(&event).join(" "),
            "resource path httpMethod headers multiValueHeaders queryStringParameters multiValueQueryStringParameters \
             pathParameters stageVariables requestContext body isBase64Encoded"
        );
        let context = &event["requestContext"];
        assert_eq!(
            names(context).join(" "),
            "resourceId resourcePath httpMethod extendedRequestId requestTime path accountId protocol stage domainPrefix \
             requestTimeEpoch requestId identity domainName deploymentId apiId"
        );
        assert_eq!(
            context["identity"],
            json!({"cognitoIdentityPoolId": null, "accountId": null, "cognitoIdentityId": null, "caller": null,
                "sourceIp": "127.0.0.1", "principalOrgId": null, "accessKey": null, "cognitoAuthenticationType": null,
                "cognitoAuthenticationProvider": null, "userArn": null, "userAgent": "test/1", "user": null})
        );
        assert_eq!(event["resource"], "/{proxy+}");
        assert_eq!(context["domainName"], "api0000000.execute-api.localhost");
        assert_eq!(context["domainPrefix"], API);
        assert_eq!(context["deploymentId"], "dep001");
        assert_eq!(context["requestTime"], "02/Jan/2026:03:04:05 +0000");
        assert_eq!(context["requestTimeEpoch"], 1_767_323_045_000_i64);
        assert_eq!(event["headers"]["Authorization"], "random-value");
        assert_eq!(event["headers"]["Accept"], "b");
        assert_eq!(event["multiValueHeaders"]["Accept"], json!(["a", "b"]));
        assert_eq!(event["headers"]["X-Forwarded-For"], "127.0.0.1");
        assert_eq!(event["headers"]["te"], Value::Null);
        for absent in [
            "queryStringParameters",
            "multiValueQueryStringParameters",
            "stageVariables",
            "body",
        ] {
            assert_eq!(event[absent], Value::Null, "{absent}");
        }
        assert_eq!(event["isBase64Encoded"], false);
    });
}

/// Recorded: the URL that was asked for, `path`, the greedy parameter, the decoded query, and `requestContext.path`.
#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn paths_and_queries_reach_the_event_as_recorded() {
    run(|| async {
        let (rig, lambda) = rig(|_| returned("{\"statusCode\":200}")).await;
        rig.publish(
            &stage(json!({"stageName": "stage"})),
            &api(json!({"ANY /{proxy+}": proxy(ARN), "GET /hardcoded": proxy(ARN)})),
        );
        let email = "/proxy-value/api/user/test%2Balias@gmail.com/plus/test+alias@gmail.com";
        let encoded = "/proxy-value/api?whitespace=foo%20bar&zhash=abort/&dateTimeOffset=2023-06-12T18:05:10.123456+00:00\
             &url=https%3A%2F%2Fwww.google.com%2F&email=test%2Balias@gmail.com&plus=test+alias@gmail.com";
        let decoded = json!({
            "whitespace": ["foo bar"], "zhash": ["abort/"], "dateTimeOffset": ["2023-06-12T18:05:10.123456 00:00"],
            "url": ["https://www.google.com/"], "email": ["test+alias@gmail.com"], "plus": ["test alias@gmail.com"],
        });
        let cases = [
            (
                "/stage/proxy-value",
                "/proxy-value",
                Some("proxy-value"),
                None,
                "/stage/proxy-value",
            ),
            (
                "/stage/proxy-value/",
                "/proxy-value/",
                Some("proxy-value"),
                None,
                "/stage/proxy-value/",
            ),
            (
                "/stage/proxy-value//double-slash",
                "/proxy-value//double-slash",
                Some("proxy-value//double-slash"),
                None,
                "/stage/proxy-value//double-slash",
            ),
            (
                "//stage/proxy-value",
                "/proxy-value",
                Some("proxy-value"),
                None,
                "/stage/proxy-value",
            ),
            (
                "/stage//proxy-value",
                "/proxy-value",
                Some("proxy-value"),
                None,
                "/stage//proxy-value",
            ),
            (
                "/stage/proxy-value?urlparam=test",
                "/proxy-value",
                Some("proxy-value"),
                Some(json!({"urlparam": ["test"]})),
                "/stage/proxy-value",
            ),
            (
                "/stage/proxy-value/?urlparam=test",
                "/proxy-value/",
                Some("proxy-value"),
                Some(json!({"urlparam": ["test"]})),
                "/stage/proxy-value/",
            ),
            (
                &format!("/stage{email}"),
                email,
                Some(&email[1..]),
                None,
                &format!("/stage{email}"),
            ),
            (
                &format!("/stage{encoded}"),
                "/proxy-value/api",
                Some("proxy-value/api"),
                Some(decoded),
                "/stage/proxy-value/api",
            ),
            (
                "/stage/proxy-value?category=electronics&category=books&price=10&price=20&price=30",
                "/proxy-value",
                Some("proxy-value"),
                Some(json!({"category": ["electronics", "books"], "price": ["10", "20", "30"]})),
                "/stage/proxy-value",
            ),
            (
                "/stage//hardcoded",
                "/hardcoded",
                None,
                None,
                "/stage//hardcoded",
            ),
        ];
        let host = [("host", "api0000000.execute-api.localhost:4566")];
        for (url, path, parameter, query, context_path) in cases {
            assert_eq!(rig.at("GET", url, &host, "").await.status, 200, "{url}");
            let event = event(&lambda);
            assert_eq!(event["path"], path, "{url}");
            let parameters = parameter.map(|value| json!({ "proxy": value }));
            assert_eq!(event["pathParameters"], json!(parameters), "{url}");
            assert_eq!(
                event["multiValueQueryStringParameters"],
                json!(query),
                "{url}"
            );
            let last = query.as_ref().map(|all| {
                let pairs = all.as_object().unwrap().iter();
                pairs
                    .map(|(n, v)| (n.clone(), v.as_array().unwrap().last().unwrap().clone()))
                    .collect::<serde_json::Map<_, _>>()
            });
            assert_eq!(event["queryStringParameters"], json!(last), "{url}");
            assert_eq!(event["requestContext"]["path"], context_path, "{url}");
        }
    });
}

/// Recorded: which headers a function of an edge-optimized API sees.
#[test]
fn an_edge_optimized_apis_event_has_the_networks_headers() {
    run(|| async {
        let (rig, lambda) = rig(|_| returned("{\"statusCode\":200}")).await;
        let mut definition = api(json!({"GET /x": proxy(ARN)}));
        definition.rest_api.endpoint_configuration.types = vec!["EDGE".to_owned()];
        rig.publish(&stage(json!({})), &definition);
        let headers = [
            ("Accept", "*/*"),
            ("Accept-Encoding", "gzip, deflate"),
            ("Authorization", "random-value"),
            ("Host", "h"),
            ("User-Agent", "python-requests/testing"),
            ("x-http-method-override", "GET"),
        ];
        rig.call("GET", "/x", &headers[..], "").await;
        let event = event(&lambda);
        let mut seen = names(&event["headers"]);
        seen.sort_unstable();
        assert_eq!(
            seen.join(" "),
            "Accept Accept-Encoding Authorization CloudFront-Forwarded-Proto CloudFront-Is-Desktop-Viewer \
             CloudFront-Is-Mobile-Viewer CloudFront-Is-SmartTV-Viewer CloudFront-Is-Tablet-Viewer CloudFront-Viewer-ASN \
             CloudFront-Viewer-Country Host User-Agent Via X-Amz-Cf-Id X-Amzn-Trace-Id X-Forwarded-For X-Forwarded-Port \
             X-Forwarded-Proto"
        );
        let mut all = names(&event["multiValueHeaders"]);
        all.sort_unstable();
        assert_eq!(all, seen);
        for (name, value) in [
            ("CloudFront-Forwarded-Proto", "https"),
            ("CloudFront-Is-Desktop-Viewer", "true"),
            ("CloudFront-Is-Mobile-Viewer", "false"),
            ("CloudFront-Is-SmartTV-Viewer", "false"),
            ("CloudFront-Is-Tablet-Viewer", "false"),
        ] {
            assert_eq!(event["headers"][name], value, "{name}");
        }
        assert_eq!(
            event["headers"]["X-Amz-Cf-Id"].as_str().map(str::len),
            Some(56)
        );
    });
}

#[test]
fn body_variables_and_names_reach_the_event() {
    run(|| async {
        let (rig, lambda) = rig(|_| returned("{\"statusCode\":200}")).await;
        let mut method = proxy(
            "arn:aws:lambda:us-east-1:000000000000:function:${stageVariables.fn}:${stageVariables.alias}",
        );
        method["operationName"] = json!("listPets");
        rig.publish(
            &stage(json!({"variables": {"fn": "dogs", "alias": "live"}, "canarySettings": {"percentTraffic": 0.0}})),
            &api(json!({"POST /pets": method})),
        );
        rig.call("POST", "/pets", &[], "{\"a\": \"\u{20ac}\"}")
            .await;
        let asked = lambda.last();
        assert_eq!(
            asked.path,
            "/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:dogs:live/invocations"
        );
        let event: Value = serde_json::from_slice(&asked.body).unwrap();
        assert_eq!(event["body"], "{\"a\": \"\u{20ac}\"}");
        assert_eq!(
            event["stageVariables"],
            json!({"fn": "dogs", "alias": "live"})
        );
        assert_eq!(event["requestContext"]["operationName"], "listPets");
        // A variable that isn't there names no function.
        rig.gateway.remove_api(API);
        rig.publish(
            &stage(json!({"variables": {"fn": "dogs"}})),
            &api(json!({"GET /x": proxy("dogs:${stageVariables.alias}")})),
        );
        let reply = rig.get("/x").await;
        assert_eq!(
            reply.error(),
            (
                500,
                Some("InternalServerErrorException"),
                "Internal server error".to_owned()
            )
        );
        assert!(lambda.requests.borrow().is_empty());
    });
}
