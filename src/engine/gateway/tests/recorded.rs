//! What was recorded from AWS, played again (recordings `mock-integration`, `vtl`, `canary`, FACTS.md §12).

use serde_json::{Value, json};

use super::{API, Backend, Rig, api, mock, run, stage};

/// A mock with both templates given.
fn mocked(request: &str, response: &str) -> Value {
    let mut method = mock(response);
    method["methodIntegration"]["requestTemplates"]["application/json"] = json!(request);
    method
}

#[test]
fn a_mock_reads_path_parameters() {
    run(|| async {
        let template = "{\"statusCode\": 200, \"id\": $input.params().path.id}";
        for behavior in ["WHEN_NO_MATCH", "WHEN_NO_TEMPLATES"] {
            let mut method = mock(template);
            method["methodIntegration"]["passthroughBehavior"] = json!(behavior);
            let rig = Rig::serving(api(json!({"ANY /{id}": method}))).await;
            for verb in ["GET", "POST"] {
                let reply = rig.call(verb, "/42", &[], "").await;
                assert_eq!(
                    reply.json(),
                    json!({"id": 42, "statusCode": 200}),
                    "{behavior} {verb}"
                );
            }
        }
        let rig = Rig::serving(api(json!({
            "GET /echo/{data}": mock("{\"echo\": \"$input.params('data')\", \"response\": \"mocked\"}"),
        })))
        .await;
        let reply = rig.get("/echo/foobar").await;
        assert_eq!(
            reply.json(),
            json!({"echo": "foobar", "response": "mocked"})
        );
    });
}

#[test]
fn a_mocks_status_may_be_loose_json() {
    run(|| async {
        let mut method = mocked("{statusCode: 200}", "");
        method["methodIntegration"]["integrationResponses"]["200"] = json!({"statusCode": "200"});
        let rig = Rig::serving(api(json!({"GET /{testPath}": method}))).await;
        let reply = rig.get("/anything").await;
        assert_eq!((reply.status, reply.body.as_str()), (200, ""));
    });
}

#[test]
fn what_the_request_template_overrides_is_read_in_the_response_template() {
    run(|| async {
        let request = "#set($body = $util.base64Decode($input.params('path')))\
            #set($context.requestOverride.path.body = $body)\n{\"statusCode\": 200}";
        let response = "#if($context.requestOverride.path.body == 'path one')\
            {\"response\": \"path was path one\"}\
            #elseif($context.requestOverride.path.body == 'path two')\
            {\"response\": \"path was path two\"}\
            #else{\"response\": \"this is the else clause\"}#end";
        let rig = Rig::serving(api(json!({"GET /{path}": mocked(request, response)}))).await;
        // base64 of "path one", "path two", "other"
        let cases = [
            ("/cGF0aCBvbmU=", "path was path one"),
            ("/cGF0aCB0d28=", "path was path two"),
            ("/b3RoZXI=", "this is the else clause"),
        ];
        for (path, expected) in cases {
            assert_eq!(
                rig.get(path).await.json(),
                json!({ "response": expected }),
                "{path}"
            );
        }
    });
}

#[test]
fn what_the_request_template_overrides_of_the_answer_takes_effect() {
    run(|| async {
        let request = "#set($context.responseOverride.header.foo = \"bar\")\
            #set($context.responseOverride.custom = \"is also passed around\")\
            #set($context.responseOverride.status = 444)\n{\"statusCode\": 200}";
        let response = "{\"custom\": \"$context.responseOverride.custom\", \
            \"fooHeader\": \"$context.responseOverride.header.foo\", \
            \"statusOverride\": \"$context.responseOverride.status\"}";
        let mut bare = mocked(request, "");
        bare["methodIntegration"]["integrationResponses"]["200"] = json!({"statusCode": "200"});
        let rig = Rig::serving(api(
            json!({"GET /with": mocked(request, response), "GET /without": bare}),
        ))
        .await;
        let reply = rig.get("/with").await;
        assert_eq!((reply.status, reply.header("foo")), (444, Some("bar")));
        assert_eq!(
            reply.json(),
            json!({"custom": "is also passed around", "fooHeader": "bar", "statusOverride": "444"})
        );
        let reply = rig.get("/without").await;
        assert_eq!((reply.status, reply.header("foo")), (444, Some("bar")));
    });
}

#[test]
fn a_canary_shows_in_templates() {
    run(|| async {
        let template = |message: &str| {
            format!(
                "{{\"message\": \"{message}\", \"isCanary\": \"$context.isCanaryRequest\", \"variable\": \"$stageVariables.testVar\", \
                 \"nonExistingDefault\": \"$stageVariables.noStageVar\", \"nonOverridden\": \"$stageVariables.defaultVar\", \"statusCode\": 200}}"
            )
        };
        let base = api(json!({"GET /x": mock(&template("default deployment"))}));
        let next = api(json!({"GET /x": mock(&template("canary deployment"))}));
        let rig = Rig::new().await;
        let publish = |percent: f64| {
            let stage = stage(json!({
                "variables": {"defaultVar": "default", "testVar": "default"},
                "canarySettings": {"percentTraffic": percent, "stageVariableOverrides": {"noStageVar": "canary", "testVar": "canary"}},
            }));
            rig.gateway.publish_stage(
                "us-east-1",
                "0",
                API,
                &stage,
                ("dep001", &base),
                Some(("dep002", &next)),
            );
        };
        publish(0.0);
        assert_eq!(
            rig.get("/x").await.json(),
            json!({"isCanary": "false", "message": "default deployment", "nonExistingDefault": "",
                "nonOverridden": "default", "statusCode": 200, "variable": "default"})
        );
        publish(100.0);
        assert_eq!(
            rig.get("/x").await.json(),
            json!({"isCanary": "true", "message": "canary deployment", "nonExistingDefault": "canary",
                "nonOverridden": "default", "statusCode": 200, "variable": "canary"})
        );
    });
}

/// The names that `$context` and `$context.identity` have in a request template without an authorizer (compared as sets).
#[test]
fn the_context_has_the_recorded_names() {
    run(|| async {
        let template = "#foreach($k in $context.keySet())$k #end|#foreach($k in $context.identity.keySet())$k #end|\
            #foreach($k in $context.authorizer.keySet())$k #end";
        let rig = Rig::serving(api(json!({"GET /x": mock(template)}))).await;
        let reply = rig.get("/x").await;
        let sets: Vec<Vec<&str>> = reply
            .body
            .split('|')
            .map(|set| {
                let mut names: Vec<&str> = set.split_whitespace().collect();
                names.sort_unstable();
                names
            })
            .collect();
        assert_eq!(
            sets[0].join(" "),
            "accountId apiId deploymentId domainName domainPrefix extendedRequestId httpMethod identity path protocol requestId \
             requestOverride requestTime requestTimeEpoch resourceId resourcePath responseOverride stage"
        );
        assert_eq!(
            sets[1].join(" "),
            "accessKey accountId caller cognitoAuthenticationProvider cognitoAuthenticationType cognitoIdentityId \
             cognitoIdentityPoolId principalOrgId sourceIp user userAgent userArn"
        );
        assert!(sets[2].is_empty());
    });
}

#[test]
fn the_context_has_the_requests_values() {
    run(|| async {
        let template = "$context.accountId $context.apiId $context.deploymentId $context.domainName $context.domainPrefix \
            $context.httpMethod $context.identity.sourceIp $context.identity.userAgent $context.path $context.protocol \
            $context.requestTime $context.requestTimeEpoch $context.resourceId $context.resourcePath $context.stage \
            [$context.isCanaryRequest$context.identity.caller$context.nothing] $context.requestId";
        let rig = Rig::serving(api(json!({"ANY /pets/{id}": mock(template)}))).await;
        let headers = [
            ("host", "api0000000.execute-api.localhost:4566"),
            ("user-agent", "test/1"),
        ];
        let reply = rig.at("PUT", "/prod/pets/7?x=1", &headers, "").await;
        let id = reply.header("x-amzn-requestid").unwrap();
        assert_eq!(
            reply.body,
            format!(
                "000000000000 api0000000 dep001 api0000000.execute-api.localhost api0000000 PUT 127.0.0.1 test/1 /prod/pets/7 \
                 HTTP/1.1 02/Jan/2026:03:04:05 +0000 1767323045000 res001 /pets/{{id}} prod [] {id}"
            )
        );
    });
}

#[test]
fn templates_map_bodies_both_ways() {
    run(|| async {
        let backend = Backend::saying(200, "{\"items\":[{\"n\":1},{\"n\":2}]}").await;
        let rig = Rig::new().await;
        let definition = api(json!({"POST /x": {"methodIntegration": {
            "type": "HTTP", "httpMethod": "POST", "uri": backend.url("/{id}"),
            "requestParameters": {
                "integration.request.header.X-Name": "method.request.body.pet.name",
                "integration.request.header.X-Object": "method.request.body.pet",
                "integration.request.header.X-None": "method.request.body.none",
            },
            "requestTemplates": {"application/json":
                "#set($context.requestOverride.path.id = 'over')#set($context.requestOverride.querystring.q = 'a b')\
                 #set($context.requestOverride.header.X-Over = 'yes')\
                 {\"who\":$input.json('$.pet.name'),\"stage\":\"$stageVariables.color\",\"q\":\"$input.params('q')\"}"},
            "integrationResponses": {"200": {"statusCode": "200",
                "responseParameters": {"method.response.header.X-First": "integration.response.body.items[0].n"},
                "responseTemplates": {"application/json":
                    "#foreach($i in $input.path('$.items'))$i.n#if($foreach.hasNext),#end#end"}}},
        }}}));
        rig.publish(&stage(json!({"variables": {"color": "blue"}})), &definition);
        let reply = rig
            .call("POST", "/x?q=%26", &[], "{\"pet\":{\"name\":\"cat\"}}")
            .await;
        assert_eq!((reply.status, reply.body.as_str()), (200, "1,2"));
        assert_eq!(reply.header("x-first"), Some("1"));
        let asked = backend.last();
        assert_eq!(
            asked.body,
            "{\"who\":\"cat\",\"stage\":\"blue\",\"q\":\"&\"}"
        );
        assert_eq!(asked.path, "/over?q=a%20b");
        assert_eq!(asked.header("x-name").as_deref(), Some("cat"));
        assert_eq!(
            asked.header("x-object").as_deref(),
            Some("{\"name\":\"cat\"}")
        );
        assert_eq!(asked.header("x-none"), None);
        assert_eq!(asked.header("x-over").as_deref(), Some("yes"));
    });
}

#[test]
fn a_template_that_can_not_read_the_body_is_the_clients_fault_and_any_other_ours() {
    run(|| async {
        let backend = Backend::saying(200, "{").await;
        let http = |request: Value, response: Value| {
            json!({"methodIntegration": {"type": "HTTP", "httpMethod": "POST", "uri": backend.url("/"),
                "requestTemplates": request,
                "integrationResponses": {"200": {"statusCode": "200", "responseTemplates": response}}}})
        };
        let reads = json!({"application/json": "$input.path('$.x')"});
        let rig = Rig::serving(api(json!({
            "POST /request": http(reads.clone(), json!({})),
            "POST /response": http(json!({}), reads),
            "POST /throws": http(json!({"application/json": "$input.params('q').substring(9)"}), json!({})),
        })))
        .await;
        let (status, kind, said) = {
            let reply = rig.call("POST", "/request", &[], "{\"a\":").await;
            let (status, kind, said) = reply.error();
            (status, kind.map(str::to_owned), said)
        };
        assert_eq!(
            (status, kind.as_deref()),
            (400, Some("BadRequestException"))
        );
        // The service tells what its reader says; the words behind the colon are ours.
        let about = "Could not parse request body into json: ";
        assert!(
            said.starts_with(about) && said.len() > about.len(),
            "{said}"
        );
        assert_eq!(rig.call("POST", "/request", &[], "{}").await.status, 200);
        assert_eq!(rig.call("POST", "/response", &[], "").await.status, 500);
        assert_eq!(rig.call("POST", "/throws?q=a", &[], "").await.status, 500);
    });
}

/// Recorded: what of the client's headers `$input.params()` shows.
#[test]
fn templates_see_the_recorded_headers() {
    run(|| async {
        let rig = Rig::serving(api(json!({"GET /x": mock(
            "$input.params('Range')|$input.params('x-own')|$input.params().header.get('x-own')|$input.params('Max-Forwards')|$input.params('TE')|$input.params('X-Forwarded-For')|$input.params().header.Range"
        )}))).await;
        let headers = [
            ("range", "bytes=0-1"),
            ("X-Own", "1"),
            ("max-forwards", "2"),
            ("te", "trailers"),
        ];
        let reply = rig.call("GET", "/x", &headers, "").await;
        assert_eq!(reply.body, "bytes=0-1|1|1|||127.0.0.1|bytes=0-1");
    });
}
