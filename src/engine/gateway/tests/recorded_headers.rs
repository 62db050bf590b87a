//! The 27 headers that were probed on AWS, each sent, mapped to the backend, and mapped to the client, in one request through an HTTP
//! integration and one through a proxied function (recording `header-remapping`; which headers fail alone is tested beside the
//! integrations).

use serde_json::{Map, Value, json};

use super::failures::raw;
use super::{API, Backend, Rig, api, run};
use crate::engine::gateway::headers::{self, Fate};

/// Name, what the client sends (nothing where that would frame the request anew), what a template reads of it.
const PROBED: &[(&str, Option<&str>, &str)] = &[
    ("Accept", Some("application/json"), "application/json"),
    ("Accept-Charset", Some("UTF-8"), "UTF-8"),
    ("Accept-Encoding", Some("br"), "br"),
    ("Age", Some("request_Age"), "request_Age"),
    ("Authorization", Some("Unauthorized"), "Unauthorized"),
    ("Connection", Some("close"), ""),
    ("Content-Encoding", Some("deflate"), "deflate"),
    ("Content-Length", None, ""),
    ("Content-MD5", Some("Q2hlY2sgSW50ZWdyaXR5IQ=="), ""),
    ("Content-Type", Some("application/json"), "application/json"),
    (
        "Date",
        Some("Tue, 15 Nov 1994 08:12:31 GMT"),
        "Tue, 15 Nov 1994 08:12:31 GMT",
    ),
    ("Expect", Some("100-continue"), ""),
    ("Host", None, "localhost"),
    ("Max-Forwards", Some("10"), ""),
    ("Pragma", Some("cache"), "cache"),
    ("Proxy-Authenticate", Some("Basic"), ""),
    ("Range", Some("bytes=500-999"), "bytes=500-999"),
    (
        "Referer",
        Some("https://example.com/"),
        "https://example.com/",
    ),
    ("Server", Some("https://example.com/"), ""),
    ("TE", Some("deflate"), ""),
    ("Trailer", Some("Expires"), ""),
    ("Transfer-Encoding", None, ""),
    ("Upgrade", Some("HTTP/2.0"), ""),
    ("User-Agent", Some("sluice/0.0"), "sluice/0.0"),
    ("Via", Some("1.1 vegur"), "1.1 vegur"),
    ("Warn", Some("299 sluice/0.0"), "299 sluice/0.0"),
    ("WWW-Authenticate", Some("Basic"), ""),
];

fn request() -> String {
    let sent = PROBED
        .iter()
        .filter_map(|(name, value, _)| Some(format!("{name}: {}\r\n", (*value)?)));
    let sent: String = sent.collect();
    format!("GET /_aws/execute-api/{API}/prod/x HTTP/1.1\r\nHost: localhost\r\n{sent}\r\n")
}

/// `{prefix}.{name}` → `'{name}'`, for each header that `keep` lets in.
fn mapped(prefix: &str, keep: impl Fn(&str) -> bool) -> Value {
    let kept = PROBED.iter().filter(|(name, _, _)| keep(name));
    let entries =
        kept.map(|(name, _, _)| (format!("{prefix}.{name}"), json!(format!("'to-{name}'"))));
    Value::Object(entries.collect::<Map<_, _>>())
}

#[test]
fn an_http_integration_reads_maps_and_renames_them() {
    run(|| async {
        let backend = Backend::saying(200, "{}").await;
        let names: Vec<String> = PROBED.iter().map(|(n, _, _)| format!("\"{n}\"")).collect();
        let template = format!(
            "{{#foreach($name in [{}])\"$name\": \"$input.params($name)\"#if($foreach.hasNext), #end#end}}",
            names.join(", ")
        );
        let fails = ["Content-Length", "Transfer-Encoding"];
        let rig = Rig::serving(api(json!({"GET /x": {"methodIntegration": {
            "type": "HTTP", "httpMethod": "POST", "uri": backend.url("/"),
            "requestTemplates": {"application/json": template},
            "requestParameters": mapped("integration.request.header", |name| !fails.contains(&name)),
            "integrationResponses": {"200": {"statusCode": "200",
                "responseParameters": mapped("method.response.header", |_| true)}},
        }}})))
        .await;
        let reply = raw(&rig, &request()).await;
        assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");

        let asked = backend.last();
        let seen: Value = serde_json::from_slice(&asked.body).unwrap();
        for (name, _, read) in PROBED {
            assert_eq!(seen[name], *read, "{name}");
        }
        let lost = ["Connection", "Expect", "Proxy-Authenticate", "TE", "Via"];
        for (name, _, _) in PROBED.iter().filter(|(n, _, _)| !fails.contains(n)) {
            let expected = (!lost.contains(name)).then(|| format!("to-{name}"));
            assert_eq!(asked.header(name), expected, "{name}");
        }

        let (head, _) = reply.split_once("\r\n\r\n").unwrap();
        let value = |name: &str| {
            let is_it = |line: &&str| {
                line.len() > name.len()
                    && line.as_bytes()[name.len()] == b':'
                    && line[..name.len()].eq_ignore_ascii_case(name)
            };
            head.lines()
                .find(is_it)
                .map(|line| line[name.len() + 1..].trim())
        };
        for (name, _, _) in PROBED {
            let own = Some(format!("to-{name}"));
            let (plain, renamed) = (value(name), value(&format!("x-amzn-Remapped-{name}")));
            match headers::mapped_to_client(&name.to_ascii_lowercase()) {
                Fate::Pass => assert_eq!((plain, renamed), (own.as_deref(), None), "{name}"),
                Fate::Remap => {
                    assert_eq!(renamed, own.as_deref(), "{name}");
                    assert_ne!(plain, own.as_deref(), "{name}");
                }
                _ => assert_eq!((plain, renamed), (None, None), "{name}"),
            }
        }
        // Recorded: the client said so.
        assert_eq!(value("Connection"), Some("close"));
    });
}

#[test]
fn a_proxied_functions_event_has_those_that_are_visible() {
    run(|| async {
        let (rig, lambda) =
            super::functions::rig(|_| super::functions::returned("{\"statusCode\":200}")).await;
        rig.publish(
            &super::stage(json!({})),
            &api(json!({"GET /x": super::functions::proxy(super::functions::ARN)})),
        );
        let reply = raw(&rig, &request()).await;
        assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
        let event: Value = serde_json::from_slice(&lambda.last().body).unwrap();
        let mut names: Vec<&str> = event["headers"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        names.sort_unstable();
        assert_eq!(
            names.join(", "),
            "Accept, Accept-Charset, Accept-Encoding, Age, Authorization, Content-Encoding, Content-Type, Date, Host, Pragma, Range, \
             Referer, User-Agent, Via, Warn, X-Amzn-Trace-Id, X-Forwarded-For, X-Forwarded-Port, X-Forwarded-Proto"
        );
        for (name, sent, read) in PROBED.iter().filter(|(_, _, read)| !read.is_empty()) {
            assert_eq!(event["headers"][*name], *read, "{name}: {sent:?}");
            assert_eq!(event["multiValueHeaders"][*name], json!([read]), "{name}");
        }
    });
}
