//! The way in which Terraform's provider calls: create, read back, patch, read back, delete, and be told that it is gone.
//!
//! The sequences are those of its resources' source (`aws_api_gateway_*`): what it reads after each write must be what it wrote, or it
//! plans a change for ever.

use serde_json::{Value, json};

use super::{Bed, NONE, at, text};

impl Bed {
    /// Reads, and checks that each of `members` reads so.
    #[track_caller]
    fn reads(&self, operation: &str, of: &Value, members: Value) {
        let found = self.ok(operation, of.clone());
        for (name, expected) in members.as_object().unwrap() {
            assert_eq!(&found[name], expected, "{operation}: {name} of {found}");
        }
    }

    /// Deletes, and deletes again as a retry would: that it is gone already is how the provider knows that it is done.
    #[track_caller]
    fn deletes(&self, operation: &str, of: &Value) {
        self.ok(operation, of.clone());
        let again = self.refused(operation, of.clone());
        assert!(
            again.starts_with("404 NotFoundException"),
            "{operation}: {again}"
        );
    }
}

#[test]
fn an_api_is_applied_changed_and_destroyed() {
    let bed = Bed::new();
    // aws_api_gateway_rest_api
    let made = bed.ok(
        "CreateRestApi",
        json!({"name": "tf", "endpointConfiguration": {"types": ["REGIONAL"]}, "tags": {"env": "test"},
               "binaryMediaTypes": ["image/png"], "disableExecuteApiEndpoint": false}),
    );
    let id = json!({"restapi_id": made["id"]});
    let (api, root) = (text(&made["id"]), text(&made["rootResourceId"]));
    bed.reads(
        "GetRestApi",
        &id,
        json!({"name": "tf", "tags": {"env": "test"}, "binaryMediaTypes": ["image/png"], "apiKeySource": "HEADER",
               "rootResourceId": root}),
    );
    bed.patched(
        "UpdateRestApi",
        id.clone(),
        &[
            ("replace", "/name", "tf2"),
            ("add", "/binaryMediaTypes/application~1zip", ""),
            ("remove", "/binaryMediaTypes/image~1png", ""),
            ("replace", "/minimumCompressionSize", "0"),
            ("replace", "/disableExecuteApiEndpoint", "false"),
            ("replace", "/endpointConfiguration/types/0", "EDGE"),
        ],
    );
    bed.reads(
        "GetRestApi",
        &id,
        json!({"name": "tf2", "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"}, "binaryMediaTypes": ["application/zip"], "minimumCompressionSize": 0}),
    );
    let arn = format!("arn:aws:apigateway:us-east-1::/restapis/{api}");
    bed.ok(
        "TagResource",
        json!({"resource_arn": arn, "tags": {"team": "a"}}),
    );
    bed.ok(
        "UntagResource",
        json!({"resource_arn": arn, "tagKeys": ["env"]}),
    );
    bed.reads("GetRestApi", &id, json!({"tags": {"team": "a"}}));

    // aws_api_gateway_resource
    let pets = bed.resource(&api, &root, "pets");
    let resource = json!({"restapi_id": api, "resource_id": pets});
    bed.reads(
        "GetResource",
        &resource,
        json!({"path": "/pets", "parentId": root, "pathPart": "pets"}),
    );
    bed.patched(
        "UpdateResource",
        resource.clone(),
        &[("replace", "/pathPart", "dogs")],
    );
    bed.reads("GetResource", &resource, json!({"path": "/dogs"}));

    // aws_api_gateway_method, _method_response, _integration, _integration_response
    let method = at(&api, &pets, "GET", json!({}));
    let with = |more: Value| at(&api, &pets, "GET", more);
    bed.ok(
        "PutMethod",
        with(json!({"authorizationType": "NONE", "apiKeyRequired": false,
                    "requestParameters": {"method.request.querystring.page": false}})),
    );
    bed.reads(
        "GetMethod",
        &method,
        json!({"authorizationType": "NONE", "apiKeyRequired": false, "requestParameters": {"method.request.querystring.page": false}}),
    );
    bed.patched(
        "UpdateMethod",
        method.clone(),
        &[
            ("replace", "/apiKeyRequired", "true"),
            (
                "replace",
                "/requestParameters/method.request.querystring.page",
                "true",
            ),
            ("add", "/requestModels/application~1json", "Empty"),
        ],
    );
    bed.reads(
        "GetMethod",
        &method,
        json!({"apiKeyRequired": true, "requestParameters": {"method.request.querystring.page": true},
               "requestModels": {"application/json": "Empty"}}),
    );
    let answer = with(json!({"status_code": "200"}));
    bed.ok(
        "PutMethodResponse",
        with(json!({"status_code": "200", "responseModels": {"application/json": "Empty"}})),
    );
    bed.reads(
        "GetMethodResponse",
        &answer,
        json!({"responseModels": {"application/json": "Empty"}}),
    );
    bed.ok(
        "PutIntegration",
        with(json!({"type": "MOCK", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}})),
    );
    bed.reads(
        "GetIntegration",
        &method,
        json!({"type": "MOCK", "passthroughBehavior": "WHEN_NO_MATCH", "timeoutInMillis": 29_000, "cacheNamespace": pets,
               "requestTemplates": {"application/json": "{\"statusCode\": 200}"}}),
    );
    bed.patched(
        "UpdateIntegration",
        method.clone(),
        &[
            ("replace", "/passthroughBehavior", "NEVER"),
            ("replace", "/timeoutInMillis", "5000"),
            (
                "add",
                "/cacheKeyParameters/method.request.querystring.page",
                "",
            ),
        ],
    );
    bed.reads(
        "GetIntegration",
        &method,
        json!({"passthroughBehavior": "NEVER", "timeoutInMillis": 5000, "cacheKeyParameters": ["method.request.querystring.page"]}),
    );
    bed.ok(
        "PutIntegrationResponse",
        with(json!({"status_code": "200", "responseTemplates": {"application/json": "x"}})),
    );
    bed.reads(
        "GetIntegrationResponse",
        &answer,
        json!({"responseTemplates": {"application/json": "x"}}),
    );

    // aws_api_gateway_deployment, _stage, _method_settings
    let deployment = bed.ok(
        "CreateDeployment",
        json!({"restapi_id": api, "description": "first"}),
    );
    let frozen = json!({"restapi_id": api, "deployment_id": deployment["id"]});
    bed.reads("GetDeployment", &frozen, json!({"description": "first"}));
    let stage = json!({"restapi_id": api, "stage_name": "dev"});
    bed.ok(
        "CreateStage",
        json!({"restapi_id": api, "stageName": "dev", "deploymentId": deployment["id"], "variables": {"a": "1"}}),
    );
    bed.patched(
        "UpdateStage",
        stage.clone(),
        &[
            ("replace", "/*/*/metrics/enabled", "true"),
            ("replace", "/*/*/throttling/burstLimit", "10"),
            ("replace", "/*/*/throttling/rateLimit", "5"),
            ("replace", "/variables/a", "2"),
            ("replace", "/tracingEnabled", "false"),
        ],
    );
    let found = bed.ok("GetStage", stage.clone());
    let settings = &found["methodSettings"]["*/*"];
    assert_eq!(
        (
            &settings["metricsEnabled"],
            &settings["throttlingBurstLimit"],
            &settings["throttlingRateLimit"]
        ),
        (&json!(true), &json!(10), &json!(5.0))
    );
    assert_eq!(
        (&found["variables"], &found["tracingEnabled"]),
        (&json!({"a": "2"}), &json!(false))
    );
    // A deployment is replaced before the old one is destroyed, which the stage forbids as long as it points there.
    let second = bed.ok("CreateDeployment", json!({"restapi_id": api}));
    assert_eq!(
        bed.refused("DeleteDeployment", frozen.clone()),
        "400 BadRequestException: Active stages pointing to this deployment must be moved or deleted"
    );
    let id_of_second = text(&second["id"]);
    bed.patched(
        "UpdateStage",
        stage.clone(),
        &[("replace", "/deploymentId", &id_of_second)],
    );
    bed.deletes("DeleteDeployment", &frozen);

    // aws_api_gateway_api_key, _usage_plan, _usage_plan_key
    let key = json!({"api_Key": bed.ok("CreateApiKey", json!({"name": "k", "enabled": true}))["id"], "includeValue": true});
    bed.reads(
        "GetApiKey",
        &key,
        json!({"name": "k", "enabled": true, "tags": {}}),
    );
    let plan = json!({"usageplanId": bed.ok("CreateUsagePlan", json!({"name": "p"}))["id"]});
    let of = format!("{api}:dev");
    bed.patched(
        "UpdateUsagePlan",
        plan.clone(),
        &[
            ("add", "/apiStages", &of),
            ("add", "/throttle/rateLimit", "5"),
            ("add", "/throttle/burstLimit", "10"),
            ("add", "/quota/limit", "100"),
            ("add", "/quota/offset", "0"),
            ("add", "/quota/period", "DAY"),
        ],
    );
    bed.reads(
        "GetUsagePlan",
        &plan,
        json!({"apiStages": [{"apiId": api, "stage": "dev"}], "throttle": {"rateLimit": 5.0, "burstLimit": 10},
               "quota": {"limit": 100, "offset": 0, "period": "DAY"}}),
    );
    let member = json!({"usageplanId": plan["usageplanId"], "keyId": key["api_Key"]});
    let mut joined = member.clone();
    joined["keyType"] = "API_KEY".into();
    bed.ok("CreateUsagePlanKey", joined);
    bed.reads(
        "GetUsagePlanKey",
        &member,
        json!({"type": "API_KEY", "name": "k"}),
    );

    bed.deletes("DeleteUsagePlanKey", &member);
    bed.patched(
        "UpdateUsagePlan",
        plan.clone(),
        &[("remove", "/apiStages", &of)],
    );
    bed.deletes("DeleteUsagePlan", &plan);
    bed.deletes("DeleteApiKey", &json!({"api_Key": key["api_Key"]}));
    bed.deletes("DeleteStage", &stage);
    bed.deletes("DeleteIntegrationResponse", &answer);
    bed.deletes("DeleteMethodResponse", &answer);
    bed.deletes("DeleteIntegration", &method);
    bed.deletes("DeleteMethod", &method);
    bed.deletes("DeleteResource", &resource);
    bed.deletes("DeleteRestApi", &id);
}

#[test]
fn domains_mappings_links_certificates_and_documentation_are_applied_too() {
    let bed = Bed::new();
    let (api, _, deployment) = bed.deployed();
    let stage = json!({"restapi_id": api, "stageName": "dev", "deploymentId": deployment});
    bed.ok("CreateStage", stage);
    // aws_api_gateway_domain_name: the endpoint type is replaced by its index.
    let certificate = "arn:aws:acm:us-east-1:111111111111:certificate/c";
    let domain = json!({"domain_name": "a.example.com"});
    bed.ok(
        "CreateDomainName",
        json!({"domainName": "a.example.com", "certificateArn": certificate, "securityPolicy": "TLS_1_0"}),
    );
    bed.patched(
        "UpdateDomainName",
        domain.clone(),
        &[
            ("replace", "/certificateArn", ""),
            ("replace", "/endpointConfiguration/types/0", "REGIONAL"),
            ("replace", "/regionalCertificateArn", certificate),
            ("replace", "/securityPolicy", "TLS_1_2"),
        ],
    );
    bed.reads(
        "GetDomainName",
        &domain,
        json!({"regionalCertificateArn": certificate, "certificateArn": null, "securityPolicy": "TLS_1_2", "domainNameStatus": "AVAILABLE"}),
    );

    // aws_api_gateway_base_path_mapping: an empty path is read back as `(none)`.
    let mapping = |base: &str| json!({"domain_name": "a.example.com", "base_path": base});
    bed.ok(
        "CreateBasePathMapping",
        json!({"domain_name": "a.example.com", "restApiId": api, "basePath": "", "stage": "dev"}),
    );
    bed.reads(
        "GetBasePathMapping",
        &mapping("(none)"),
        json!({"restApiId": api, "stage": "dev"}),
    );
    bed.patched(
        "UpdateBasePathMapping",
        mapping("(none)"),
        &[
            ("replace", "/stage", ""),
            ("replace", "/restapiId", &api),
            ("replace", "/basePath", "v1"),
        ],
    );
    bed.reads(
        "GetBasePathMapping",
        &mapping("v1"),
        json!({"restApiId": api, "stage": null}),
    );

    // aws_api_gateway_vpc_link: waits until it is there, and until it is gone.
    let balancer = "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/net/a/b";
    let made = bed.ok(
        "CreateVpcLink",
        json!({"name": "l", "targetArns": [balancer]}),
    );
    let link = json!({"vpclink_id": made["id"]});
    bed.reads(
        "GetVpcLink",
        &link,
        json!({"status": "AVAILABLE", "targetArns": [balancer]}),
    );
    bed.patched(
        "UpdateVpcLink",
        link.clone(),
        &[("replace", "/name", "m"), ("replace", "/description", "d")],
    );
    bed.reads(
        "GetVpcLink",
        &link,
        json!({"name": "m", "description": "d"}),
    );

    // aws_api_gateway_client_certificate
    let made = bed.ok("GenerateClientCertificate", json!({"description": "d"}));
    let client = json!({"clientcertificate_id": made["clientCertificateId"]});
    bed.patched(
        "UpdateClientCertificate",
        client.clone(),
        &[("replace", "/description", "e")],
    );
    bed.reads(
        "GetClientCertificate",
        &client,
        json!({"description": "e", "pemEncodedCertificate": made["pemEncodedCertificate"]}),
    );

    // aws_api_gateway_documentation_part, _documentation_version
    let made = bed.ok(
        "CreateDocumentationPart",
        json!({"restapi_id": api, "location": {"type": "METHOD", "method": "GET", "path": "/"}, "properties": "{\"a\": 1}"}),
    );
    let part = json!({"restapi_id": api, "part_id": made["id"]});
    bed.patched(
        "UpdateDocumentationPart",
        part.clone(),
        &[("replace", "/properties", "{\"a\": 2}")],
    );
    bed.reads(
        "GetDocumentationPart",
        &part,
        json!({"properties": "{\"a\": 2}"}),
    );
    bed.ok(
        "CreateDocumentationVersion",
        json!({"restapi_id": api, "documentationVersion": "1"}),
    );
    let version = json!({"restapi_id": api, "doc_version": "1"});
    bed.patched(
        "UpdateDocumentationVersion",
        version.clone(),
        &[("replace", "/description", "d")],
    );
    bed.reads(
        "GetDocumentationVersion",
        &version,
        json!({"description": "d"}),
    );

    // aws_api_gateway_account: the role is taken away by an empty value.
    let role = "arn:aws:iam::111111111111:role/r";
    bed.patched(
        "UpdateAccount",
        json!({}),
        &[("replace", "/cloudwatchRoleArn", role)],
    );
    bed.reads("GetAccount", &json!({}), json!({"cloudwatchRoleArn": role}));
    bed.patched(
        "UpdateAccount",
        json!({}),
        &[("replace", "/cloudwatchRoleArn", "")],
    );
    bed.reads("GetAccount", &json!({}), json!({"cloudwatchRoleArn": null}));

    // aws_api_gateway_usage_plan: methods by their path as it is written, with its own slashes; changed by taking all stages out and in.
    let id = bed.ok(
        "CreateUsagePlan",
        json!({"name": "p", "apiStages": [{"apiId": api, "stage": "dev", "throttle": {"/pets/GET": {"rateLimit": 5, "burstLimit": 10}}}]}),
    )["id"].clone();
    let (plan, of) = (json!({"usageplanId": id}), format!("{api}:dev"));
    let (rate, burst) = (
        format!("/apiStages/{of}/throttle//pets/GET/rateLimit"),
        format!("/apiStages/{of}/throttle//pets/GET/burstLimit"),
    );
    bed.patched(
        "UpdateUsagePlan",
        plan.clone(),
        &[("add", "/productCode", "code")],
    );
    bed.patched(
        "UpdateUsagePlan",
        plan.clone(),
        &[
            ("remove", "/apiStages", &of),
            ("add", "/apiStages", &of),
            ("replace", &rate, "2"),
            ("replace", &burst, "3"),
            ("replace", "/throttle/rateLimit", "7"),
            ("replace", "/throttle/burstLimit", "8"),
            ("remove", "/quota", NONE),
        ],
    );
    bed.reads(
        "GetUsagePlan",
        &plan,
        json!({"apiStages": [{"apiId": api, "stage": "dev", "throttle": {"/pets/GET": {"rateLimit": 2.0, "burstLimit": 3}}}],
               "throttle": {"rateLimit": 7.0, "burstLimit": 8}, "quota": null, "productCode": "code"}),
    );

    bed.patched(
        "UpdateUsagePlan",
        plan.clone(),
        &[("remove", "/apiStages", &of)],
    );
    bed.deletes("DeleteUsagePlan", &plan);
    bed.deletes("DeleteDocumentationVersion", &version);
    bed.deletes("DeleteDocumentationPart", &part);
    bed.deletes("DeleteClientCertificate", &client);
    bed.deletes("DeleteVpcLink", &link);
    bed.deletes("DeleteBasePathMapping", &mapping("v1"));
    bed.deletes("DeleteDomainName", &domain);
}
