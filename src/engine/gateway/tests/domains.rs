//! Requests that come by a custom domain name.

use serde_json::{Value, json};

use super::{API, Rig, api, mock, run, stage};
use crate::engine::gateway::{DomainSettings, PrivateDomain};
use crate::model::BasePathMapping;

#[allow(clippy::needless_pass_by_value, reason = "written in place with json!")]
fn mapping(base_path: &str, stage: Value) -> BasePathMapping {
    let mapping = json!({"basePath": base_path, "restApiId": API, "stage": stage});
    serde_json::from_value(mapping).unwrap()
}

#[test]
fn a_domain_leads_to_its_stages() {
    run(|| async {
        let rig = Rig::new().await;
        let mut method = mock("pets");
        method["methodIntegration"]["integrationResponses"]["200"]["responseParameters"] = json!({
            "method.response.header.X-Path": "context.path",
            "method.response.header.X-Base": "context.customDomain.basePathMatched",
            "method.response.header.X-Domain": "context.domainName",
        });
        let mut definition = api(json!({ "GET /pets": method }));
        definition.rest_api.disable_execute_api_endpoint = true;
        rig.publish(&stage(json!({})), &definition);
        let all = [mapping("v1", json!("prod")), mapping("free", json!(null))];
        rig.gateway
            .publish_domain("api.example.com", &all, DomainSettings::default());
        let get = async |host: &str, path: &str| {
            let reply = rig.at("GET", path, &[("host", host)], "").await;
            let seen =
                ["x-path", "x-base", "x-domain"].map(|n| reply.header(n).unwrap_or("-").to_owned());
            (reply.status, seen.join(" "))
        };
        let found = |seen: &str| (200, seen.to_owned());
        let forbidden = (403, "- - -".to_owned());
        let name = "api.example.com";
        assert_eq!(
            get(name, "/v1/pets").await,
            found("/v1/pets v1 api.example.com")
        );
        let with_port = get("API.example.com:4566", "/free/prod/pets").await;
        assert_eq!(with_port, found("/free/prod/pets free API.example.com"));
        for path in ["/pets", "/v1/other", "/v1x/pets", "/free/pets", "/"] {
            assert_eq!(get(name, path).await, forbidden, "{path}");
        }
        // The API's own address is off; the domain's other mappings come and go at once.
        assert_eq!(rig.get("/pets").await.status, 403);
        let whole = [mapping("(none)", json!("prod"))];
        rig.gateway
            .publish_domain("api.example.com", &whole, DomainSettings::default());
        assert_eq!(
            get(name, "/pets").await,
            found("/pets (none) api.example.com")
        );
        rig.gateway.remove_domain("api.example.com");
        assert_eq!(rig.gateway.target(Some(name), "/pets"), None);
    });
}

/// A private domain: who comes by an associated endpoint, and is let in by the policy.
#[test]
fn a_private_domain_is_reached_through_its_endpoints() {
    run(|| async {
        let rig = Rig::new().await;
        let mut definition = api(json!({ "GET /pets": mock("pets") }));
        definition.rest_api.endpoint_configuration.types = vec!["PRIVATE".to_owned()];
        let all = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}]});
        definition.rest_api.policy = Some(all.to_string());
        rig.publish(&stage(json!({})), &definition);
        let arn = "arn:aws:execute-api:us-east-1:000000000000:/domainnames/a.example.com+d1";
        let policy = |effect: &str, resource: &str| {
            let allow = json!({"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": resource});
            let more = json!({"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": arn,
                "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-2"}}});
            Some(json!({"Statement": [allow, more]}).to_string())
        };
        let cases = [
            (policy("Allow", arn), "vpce-1", 200),
            (policy("Allow", arn), "vpce-2", 200),
            (policy("Allow", arn), "vpce-3", 403),
            (policy("Allow", arn), "", 403),
            (policy("Deny", arn), "vpce-1", 200),
            (policy("Deny", arn), "vpce-2", 403),
            (policy("Allow", "arn:aws:execute-api:other"), "vpce-1", 403),
            (None, "vpce-1", 403),
            (Some("no policy".to_owned()), "vpce-1", 403),
        ];
        for (policy, endpoint, status) in cases {
            let private = PrivateDomain {
                arn,
                policy: policy.as_deref(),
                endpoints: &["vpce-1", "vpce-2"],
            };
            let settings = DomainSettings {
                private: Some(private),
                ..DomainSettings::default()
            };
            let mapped = [mapping("(none)", json!("prod"))];
            rig.gateway
                .publish_domain("a.example.com", &mapped, settings);
            let headers = [("host", "a.example.com"), ("x-sluice-vpce", endpoint)];
            let reply = rig.at("GET", "/pets", &headers, "").await;
            assert_eq!(reply.status, status, "{endpoint} {policy:?}");
        }
    });
}
