//! Paths and queries on their way: what routes, what mappings read, what backends get, what is refused.

use serde_json::{Value, json};

use super::failures::raw;
use super::{API, Backend, Rig, api, mock, run};

fn proxy(uri: &str, parameter: &str) -> Value {
    json!({"methodIntegration": {"type": "HTTP_PROXY", "httpMethod": "ANY", "uri": uri, "requestParameters": {
        format!("integration.request.path.{parameter}"): format!("method.request.path.{parameter}"),
    }}})
}

/// Parameters stay as they were sent, encoded or not; slashes around the path don't count, those inside do.
#[test]
fn paths_are_matched_and_passed_on_as_they_were_sent() {
    run(|| async {
        let backend = Backend::saying(200, "{}").await;
        let rig = Rig::serving(api(json!({
            "ANY /pets/{id}": proxy(&backend.url("/one/{id}"), "id"),
            "ANY /files/{path+}": proxy(&backend.url("/all/{path}"), "path"),
        })))
        .await;
        let cases = [
            ("/pets/a%2Fb", Some("/one/a%2Fb")),
            ("/pets/a%2fb", Some("/one/a%2fb")),
            ("/pets/a%252Fb", Some("/one/a%252Fb")),
            ("/pets/a+b", Some("/one/a+b")),
            ("/pets/a;b=c,d", Some("/one/a;b=c,d")),
            ("/pets/a@b:c", Some("/one/a@b:c")),
            ("/pets/%C3%BC", Some("/one/%C3%BC")),
            ("/pets/7/", Some("/one/7")),
            ("//pets/7", Some("/one/7")),
            ("/pets//7", None),
            ("/pets/", None),
            ("/Pets/7", None),
            ("/pets%2F7", None),
            ("/files/a/b%2Fc//d/", Some("/all/a/b%2Fc//d")),
            ("/files/../x", Some("/all/../x")),
            ("/files/", None),
        ];
        for (path, expected) in cases {
            let reply = rig.get(path).await;
            match expected {
                Some(expected) => assert_eq!(backend.last().path, expected, "{path}"),
                None => assert_eq!(reply.error().2, "Missing Authentication Token", "{path}"),
            }
        }
        assert!(backend.requests.borrow().is_empty());
    });
}

/// Parameters are decoded once, parted by semicolons too; of a repeated one the last counts.
#[test]
fn queries_are_read_as_documented() {
    run(|| async {
        let template = "$input.params('a')|$input.params('b')|$input.params('c d')|$input.params().querystring.keySet().size()";
        let rig = Rig::serving(api(json!({"GET /x": mock(template)}))).await;
        let cases = [
            ("a=1&b=2", "1|2||2"),
            ("a=1;b=2", "1|2||2"),
            ("a=1&a=3;a=2", "2|||1"),
            ("a=%2B+%20&b=%253D&c%20d=x", "+  |%3D|x|3"),
            ("c+d=%2f", "||/|1"),
            ("a&b=", "|||2"),
            ("a==&b=1=2", "=|1=2||2"),
            ("&;&", "|||0"),
            ("", "|||0"),
        ];
        for (query, expected) in cases {
            let reply = rig.get(&format!("/x?{query}")).await;
            assert_eq!(reply.body, expected, "{query}");
        }
        // Bars and braces must be encoded.
        for (query, status) in [
            ("a=1|2", 400),
            ("a={1}", 400),
            ("a=}", 400),
            ("a=%7C%7B%7D", 200),
            ("a=[1]'@,:", 200),
        ] {
            let line = format!("GET /_aws/execute-api/{API}/prod/x?{query} HTTP/1.1\r\n");
            let reply = raw(&rig, &format!("{line}host: h\r\nconnection: close\r\n\r\n")).await;
            assert!(
                reply.starts_with(&format!("HTTP/1.1 {status} ")),
                "{query}: {reply}"
            );
        }
    });
}

#[test]
fn verbs_are_served_by_their_own_methods_or_any() {
    run(|| async {
        let rig = Rig::serving(api(json!({
            "GET /get": mock("got"),
            "ANY /any": mock("any"),
            "HEAD /own": mock("own"),
            "OPTIONS /{proxy+}": mock("options"),
        })))
        .await;
        let cases = [
            ("GET", "/get", 200, "got"),
            ("HEAD", "/get", 403, ""),
            ("HEAD", "/own", 200, ""),
            ("HEAD", "/any", 200, ""),
            ("OPTIONS", "/any", 200, "any"),
            // A greedy resource beside it serves what a resource lacks (recorded).
            ("OPTIONS", "/get", 200, "options"),
            ("OPTIONS", "/own", 200, "options"),
            (
                "OPTIONS",
                "/",
                403,
                "{\"message\":\"Missing Authentication Token\"}",
            ),
            (
                "DELETE",
                "/get",
                403,
                "{\"message\":\"Missing Authentication Token\"}",
            ),
        ];
        for (verb, path, status, body) in cases {
            let reply = rig.call(verb, path, &[], "").await;
            assert_eq!(
                (reply.status, reply.body.as_str()),
                (status, body),
                "{verb} {path}"
            );
        }
        // What HEAD would have been answered is known by its length.
        let reply = rig.call("HEAD", "/own", &[], "").await;
        assert_eq!(reply.header("content-length"), Some("3"));
    });
}

#[test]
fn how_long_a_url_may_be_depends_on_the_endpoint() {
    run(|| async {
        for (kind, longest) in [("EDGE", 8_192), ("REGIONAL", 10_240)] {
            let mut definition = api(json!({"GET /x": mock("1")}));
            definition.rest_api.endpoint_configuration.types = vec![kind.to_owned()];
            let rig = Rig::serving(definition).await;
            for (length, status) in [(longest, 200), (longest + 1, 414)] {
                let path = format!("/_aws/execute-api/{API}/prod/x?");
                let path = format!("{path}{}", "a".repeat(length - path.len()));
                assert_eq!(rig.at("GET", &path, &[], "").await.status, status, "{kind}");
            }
        }
    });
}

/// The headers by which a client on this machine speaks to the gateway are for nobody else.
#[test]
fn the_gateways_own_headers_go_nowhere() {
    run(|| async {
        let backend = Backend::saying(200, "{}").await;
        let names = "#foreach($name in $input.params().header.keySet())$name #end";
        let rig = Rig::serving(api(json!({
            "GET /p/{id}": proxy(&backend.url("/"), "id"),
            "GET /names": mock(names),
        })))
        .await;
        let headers = [
            ("x-sluice-canary", "never"),
            ("x-sluice-vpce", "vpce-1"),
            ("x-sluice-vpc", "vpc-1"),
            ("x-other", "1"),
        ];
        rig.call("GET", "/p/1", &headers, "").await;
        let asked = backend.last();
        assert_eq!(asked.header("x-other").as_deref(), Some("1"));
        for (name, _) in &headers[..3] {
            assert_eq!(asked.header(name), None, "{name}");
        }
        let reply = rig.call("GET", "/names", &headers, "").await;
        assert!(
            reply.body.contains("x-other") && !reply.body.contains("sluice"),
            "{}",
            reply.body
        );
    });
}

/// How a request came is told by the gateway: a client's word counts only for who had it before.
#[test]
fn forwarding_headers_are_the_gateways() {
    run(|| async {
        let template = "$input.params('X-Forwarded-For')|$input.params('x-forwarded-proto')|$input.params().header.get('X-Forwarded-Port')";
        let mut edge = api(json!({"GET /x": mock(template)}));
        let regional = edge.clone();
        edge.rest_api.endpoint_configuration.types = vec!["EDGE".to_owned()];
        let headers = [
            ("X-Forwarded-For", "203.0.113.7"),
            ("X-Forwarded-For", "203.0.113.8, 203.0.113.9"),
            ("X-Forwarded-Proto", "http"),
            ("X-Forwarded-Port", "80"),
        ];
        let given = "203.0.113.7, 203.0.113.8, 203.0.113.9, ";
        for (definition, own) in [(regional, "127.0.0.1"), (edge, "127.0.0.1, 127.0.0.1")] {
            let rig = Rig::serving(definition).await;
            assert_eq!(rig.get("/x").await.body, format!("{own}|https|443"));
            let reply = rig.call("GET", "/x", &headers, "").await;
            assert_eq!(reply.body, format!("{given}{own}|https|443"));
        }
    });
}
