//! The stage's cache.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use serde_json::{Value, json};

use super::{API, Backend, Rig, api, merge, run, stage};

/// A stage with a cache and these settings of all methods.
fn cached(settings: Value) -> crate::model::Stage {
    let mut all = json!({"cachingEnabled": true});
    merge(&mut all, settings);
    stage(json!({
        "cacheClusterEnabled": true,
        "cacheClusterSize": "0.5",
        "cacheClusterStatus": "AVAILABLE",
        "methodSettings": {"*/*": all},
    }))
}

fn proxy(backend: &Backend, more: Value) -> Value {
    let mut method = json!({"methodIntegration": {
        "type": "HTTP_PROXY",
        "httpMethod": "ANY",
        "uri": backend.url("/x"),
        "cacheNamespace": "res001",
    }});
    merge(&mut method, more);
    method
}

/// A backend that numbers its answers.
async fn counting() -> Backend {
    let count = std::cell::Cell::new(0);
    Backend::answering(move |_| {
        count.set(count.get() + 1);
        Response::builder()
            .header("content-type", "text/plain")
            .header("x-count", count.get())
            .body(Full::new(Bytes::from(format!("answer {}", count.get()))))
            .unwrap()
    })
    .await
}

#[test]
fn an_answer_is_served_from_the_cache_until_its_time_is_over() {
    run(|| async {
        let backend = counting().await;
        let rig = Rig::new().await;
        let methods =
            json!({"GET /x": proxy(&backend, json!({})), "POST /x": proxy(&backend, json!({}))});
        rig.publish(&cached(json!({"cacheTtlInSeconds": 60})), &api(methods));
        let first = rig.get("/x").await;
        let second = rig.get("/x").await;
        assert_eq!([&*first.body, &*second.body], ["answer 1", "answer 1"]);
        assert_eq!(second.header("x-count"), Some("1"));
        assert_eq!(second.header("content-type"), Some("text/plain"));
        assert_eq!(second.header("content-length"), Some("8"));
        assert_ne!(
            first.header("x-amzn-requestid"),
            second.header("x-amzn-requestid")
        );
        // Query parameters that are no key parameters don't count; other verbs aren't cached by the stage's default.
        assert_eq!(rig.get("/x?a=1").await.body, "answer 1");
        assert_eq!(rig.call("POST", "/x", &[], "").await.body, "answer 2");
        rig.clock.advance(Duration::from_secs(59));
        assert_eq!(rig.get("/x").await.body, "answer 1");
        rig.clock.advance(Duration::from_secs(1));
        assert_eq!(rig.get("/x").await.body, "answer 3");
        rig.gateway.flush_cache(API, "prod");
        assert_eq!(
            rig.gateway.cache_status(API, "prod"),
            Some("FLUSH_IN_PROGRESS")
        );
        assert_eq!(rig.get("/x").await.body, "answer 4");
        rig.clock.advance(Duration::from_secs(1));
        assert_eq!(rig.get("/x").await.body, "answer 5");
        assert_eq!(rig.get("/x").await.body, "answer 5");
        let now = rig.clock.now().as_second() + 1;
        let window = crate::engine::telemetry::Window {
            start: 0,
            end: now,
            period: now,
            anchor: 0,
        };
        let selection = crate::engine::telemetry::Selection {
            region: "us-east-1",
            ..Default::default()
        };
        let points = rig.telemetry.read().points(&selection, &window);
        let cached: Vec<_> = points
            .values()
            .map(crate::engine::telemetry::Point::cached)
            .collect();
        assert_eq!(cached, [(4.0, 3.0)]);
    });
}

#[test]
fn key_parameters_tell_entries_apart() {
    run(|| async {
        let backend = counting().await;
        let rig = Rig::new().await;
        let method = proxy(
            &backend,
            json!({
                "requestParameters": {"method.request.querystring.type": false},
                "methodIntegration": {
                    "requestParameters": {"integration.request.header.x-who": "method.request.header.who"},
                    "cacheKeyParameters": ["method.request.querystring.type", "integration.request.header.x-who"],
                },
            }),
        );
        rig.publish(&cached(json!({})), &api(json!({"GET /x": method})));
        let cases = [
            ("/x?type=admin&department=A", None, 1),
            ("/x?type=admin&department=B", None, 1),
            ("/x?type=regular", None, 2),
            ("/x", None, 3),
            ("/x?type=", None, 4),
            ("/x?type=admin&type=regular", None, 5),
            ("/x?type=admin", Some("me"), 6),
            ("/x?type=admin", Some("me"), 6),
        ];
        for (path, who, expected) in cases {
            let headers: Vec<_> = who.map(|who| ("who", who)).into_iter().collect();
            let reply = rig.call("GET", path, &headers, "").await;
            assert_eq!(reply.body, format!("answer {expected}"), "{path} {who:?}");
        }
        let cluster = rig.gateway.cluster(API, "prod").unwrap();
        let listed = cluster.list(rig.clock.monotonic());
        assert_eq!(listed.len(), 6);
        let admin = json!([["method.request.querystring.type", "admin"]]);
        let admin = listed
            .iter()
            .find(|l| json!(l.entry.asked.parameters) == admin)
            .unwrap();
        assert!(cluster.drop_entry(&admin.id));
        assert_eq!(rig.get("/x?type=admin").await.body, "answer 7");
    });
}

#[test]
fn methods_of_one_namespace_share_entries_and_settings_of_a_method_win() {
    run(|| async {
        let backend = counting().await;
        let rig = Rig::new().await;
        let mut stage = cached(json!({}));
        let setting =
            |enabled: bool| serde_json::from_value(json!({"cachingEnabled": enabled})).unwrap();
        stage
            .method_settings
            .insert("c/POST".to_owned(), setting(true));
        stage
            .method_settings
            .insert("d/GET".to_owned(), setting(false));
        let method = || proxy(&backend, json!({}));
        let other = proxy(
            &backend,
            json!({"methodIntegration": {"cacheNamespace": "other"}}),
        );
        rig.publish(&stage, &api(json!({
            "GET /a": method(), "GET /b": method(), "POST /c": method(), "GET /d": method(), "GET /e": other,
        })));
        let cases = [
            ("GET", "/a", 1),
            ("GET", "/b", 1),
            ("POST", "/c", 2),
            ("POST", "/c", 2),
            ("GET", "/d", 3),
            ("GET", "/d", 4),
            ("GET", "/e", 5),
            ("GET", "/e", 5),
        ];
        for (verb, path, expected) in cases {
            let reply = rig.call(verb, path, &[], "").await;
            assert_eq!(reply.body, format!("answer {expected}"), "{verb} {path}");
        }
    });
}

#[test]
fn a_client_invalidates_an_entry_if_it_may() {
    const WARNING: &str =
        "199 Cache-control headers were ignored because the caller was unauthorized.";
    run(|| async {
        // Settings → status, answer and warning of a client that asks for a new answer, and the answer of the next one.
        let open = json!({"requireAuthorizationForCacheControl": false});
        let strategy = |name| json!({"unauthorizedCacheControlHeaderStrategy": name});
        let cases = [
            (open, 200, Some("answer 2"), None, "answer 2"),
            (strategy("FAIL_WITH_403"), 403, None, None, "answer 1"),
            (
                strategy("SUCCEED_WITH_RESPONSE_HEADER"),
                200,
                Some("answer 1"),
                Some(WARNING),
                "answer 1",
            ),
            (
                strategy("SUCCEED_WITHOUT_RESPONSE_HEADER"),
                200,
                Some("answer 1"),
                None,
                "answer 1",
            ),
        ];
        for (settings, status, body, warning, next) in cases {
            let backend = counting().await;
            let rig = Rig::new().await;
            rig.publish(
                &cached(settings),
                &api(json!({"GET /x": proxy(&backend, json!({}))})),
            );
            assert_eq!(rig.get("/x").await.body, "answer 1");
            let anew = [("cache-control", "no-transform, Max-Age=0")];
            let reply = rig.call("GET", "/x", &anew, "").await;
            assert_eq!((reply.status, reply.header("warning")), (status, warning));
            if let Some(body) = body {
                assert_eq!(reply.body, body);
            } else {
                assert_eq!(
                    reply.error(),
                    (403, Some("ForbiddenException"), "Forbidden".into())
                );
            }
            let other = [("cache-control", "no-cache, max-age=00")];
            assert_eq!(rig.call("GET", "/x", &other, "").await.body, next);
        }
    });
}

#[test]
fn a_canary_has_its_own_entries_or_none() {
    run(|| async {
        let backend = counting().await;
        let rig = Rig::new().await;
        let definition = api(json!({"GET /x": proxy(&backend, json!({}))}));
        let publish = |canary: &str, uses: bool, percent: f64| {
            let mut stage = cached(json!({}));
            let settings =
                json!({"percentTraffic": percent, "deploymentId": canary, "useStageCache": uses});
            stage.canary_settings = serde_json::from_value(settings).unwrap();
            rig.gateway.publish_stage(
                "us-east-1",
                "000000000000",
                API,
                &stage,
                ("dep001", &definition),
                Some((canary, &definition)),
            );
        };
        // Canary's deployment, whether it uses the cache, its share → the answer.
        let cases = [
            ("dep001", true, 0.0, 1),
            ("dep001", true, 100.0, 1),
            ("dep002", true, 100.0, 2),
            ("dep002", true, 100.0, 2),
            ("dep002", true, 0.0, 1),
            ("dep002", false, 100.0, 3),
            ("dep002", false, 100.0, 4),
            ("dep002", false, 0.0, 1),
        ];
        for (canary, uses, percent, expected) in cases {
            publish(canary, uses, percent);
            let reply = rig.get("/x").await;
            assert_eq!(
                reply.body,
                format!("answer {expected}"),
                "{canary} {uses} {percent}"
            );
        }
    });
}

#[test]
fn what_is_too_long_or_an_error_is_not_kept() {
    run(|| async {
        let backend = Backend::answering(|asked| {
            let answer = Response::builder();
            let (status, length) = match asked.header("x-want").unwrap().as_str() {
                "long" => (200, 1_048_577),
                "longest" => (200, 1_048_576),
                "missing" => (404, 3),
                _ => (500, 3),
            };
            let body = Bytes::from(vec![b'x'; length]);
            answer.status(status).body(Full::new(body)).unwrap()
        })
        .await;
        let rig = Rig::new().await;
        let key =
            json!({"methodIntegration": {"cacheKeyParameters": ["method.request.header.x-want"]}});
        rig.publish(
            &cached(json!({})),
            &api(json!({"GET /x": proxy(&backend, key)})),
        );
        for (want, asked) in [("long", 2), ("longest", 1), ("missing", 1), ("broken", 2)] {
            backend.requests.borrow_mut().clear();
            let mut lengths = Vec::new();
            for _ in 0..2 {
                let reply = rig.call("GET", "/x", &[("x-want", want)], "").await;
                lengths.push(reply.body.len());
            }
            assert_eq!(lengths[0], lengths[1]);
            assert_eq!(backend.requests.borrow().len(), asked, "{want}");
        }
    });
}
