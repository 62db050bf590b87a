//! API keys and usage plans.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{API, Reply, Rig, api, mock, run, stage};
use crate::engine::gateway::{KeyChange, StoredUsage};
use crate::model::{ApiKey, UsagePlan};

const VALUE: &str = "0123456789012345678901234567890123456789";

fn keyed() -> Value {
    let mut method = mock("1");
    method["apiKeyRequired"] = json!(true);
    method
}

impl Rig {
    fn publish_key(&self, enabled: bool, plan: Value) {
        let key: ApiKey =
            serde_json::from_value(json!({"id": "key0000001", "value": VALUE, "enabled": enabled}))
                .unwrap();
        let mut whole =
            json!({"id": "plan01", "name": "p", "apiStages": [{"apiId": API, "stage": "prod"}]});
        super::merge(&mut whole, plan);
        let plan: UsagePlan = serde_json::from_value(whole).unwrap();
        let id = key.id.clone();
        let now = Some((Arc::new(key), vec![Arc::new(plan)]));
        self.gateway
            .publish_keys("us-east-1", vec![KeyChange { id, now }]);
    }

    async fn with_key(&self, path: &str) -> Reply {
        self.call("GET", path, &[("x-api-key", VALUE)], "").await
    }

    fn used(&self, day: &str) -> (u64, Option<u64>) {
        let day = day.parse().unwrap();
        let told = self
            .gateway
            .usage("us-east-1", "plan01", "key0000001", day, day);
        let day = told.unwrap()[0];
        (day.used, day.remaining)
    }
}

#[test]
fn a_key_opens_its_plans_stages_while_it_is_enabled() {
    run(|| async {
        let rig = Rig::serving(api(json!({"GET /x": keyed(), "GET /open": mock("1")}))).await;
        let forbidden = (403, Some("ForbiddenException"), "Forbidden".to_owned());
        assert_eq!(rig.with_key("/x").await.error(), forbidden);
        rig.publish_key(true, json!({}));
        assert_eq!(rig.with_key("/x").await.status, 200);
        assert_eq!(rig.get("/x").await.error(), forbidden);
        let other = [("x-api-key", "another")];
        assert_eq!(rig.call("GET", "/x", &other, "").await.error(), forbidden);
        // A method that needs none ignores keys.
        assert_eq!(rig.call("GET", "/open", &other, "").await.status, 200);
        rig.publish_key(true, json!({"apiStages": [{"apiId": API, "stage": "dev"}]}));
        assert_eq!(rig.with_key("/x").await.error(), forbidden);
        rig.publish_key(false, json!({}));
        assert_eq!(rig.with_key("/x").await.error(), forbidden);
        // Only what was let in counts.
        assert_eq!(rig.used("2026-01-02"), (1, None));
    });
}

#[test]
fn a_plans_limits_are_per_key_and_the_methods_come_first() {
    run(|| async {
        let rig = Rig::serving(api(json!({"GET /a": keyed(), "GET /b": keyed()}))).await;
        rig.publish_key(true, json!({
            "throttle": {"burstLimit": 3, "rateLimit": 1.0},
            "apiStages": [{"apiId": API, "stage": "prod", "throttle": {"/a/GET": {"burstLimit": 1, "rateLimit": 1.0}}}],
            "quota": {"limit": 100, "period": "DAY"},
        }));
        let mut statuses = Vec::new();
        for path in ["/a", "/a", "/b", "/b", "/b"] {
            statuses.push(rig.with_key(path).await.status);
        }
        assert_eq!(statuses, [200, 429, 200, 200, 429]);
        let refused = rig.with_key("/a").await;
        assert_eq!(
            refused.error(),
            (
                429,
                Some("TooManyRequestsException"),
                "Too Many Requests".to_owned()
            )
        );
        // Throttled requests take nothing from the quota.
        assert_eq!(rig.used("2026-01-02"), (3, Some(97)));
        rig.clock.advance(Duration::from_secs(1));
        assert_eq!(rig.with_key("/a").await.status, 200);
    });
}

#[test]
fn a_quota_ends_and_is_extended_and_begins_anew() {
    run(|| async {
        let rig = Rig::serving(api(json!({"GET /x": keyed()}))).await;
        rig.publish_key(true, json!({"quota": {"limit": 2, "period": "DAY"}}));
        assert_eq!(rig.with_key("/x").await.status, 200);
        assert_eq!(rig.with_key("/x").await.status, 200);
        let reply = rig.with_key("/x").await;
        assert_eq!(
            reply.error(),
            (
                429,
                Some("LimitExceededException"),
                "Limit Exceeded".to_owned()
            )
        );
        assert_eq!(rig.used("2026-01-02"), (2, Some(0)));
        assert!(
            rig.gateway
                .set_remaining("us-east-1", "plan01", "key0000001", 1)
        );
        assert_eq!(rig.with_key("/x").await.status, 200);
        assert_eq!(rig.with_key("/x").await.status, 429);
        rig.clock.advance(Duration::from_hours(24));
        assert_eq!(rig.with_key("/x").await.status, 200);
        assert_eq!(rig.used("2026-01-02"), (3, Some(0)));
        assert_eq!(rig.used("2026-01-03"), (1, Some(1)));
        assert!(
            !rig.gateway
                .set_remaining("us-east-1", "other", "key0000001", 1)
        );
        assert!(
            rig.gateway
                .usage(
                    "eu-west-1",
                    "plan01",
                    "key0000001",
                    "2026-01-02".parse().unwrap(),
                    "2026-01-02".parse().unwrap()
                )
                .is_none()
        );
    });
}

#[test]
fn counts_survive_a_restart() {
    run(|| async {
        let rig = Rig::serving(api(json!({"GET /x": keyed()}))).await;
        let plan = json!({"quota": {"limit": 5, "period": "MONTH"}});
        rig.publish_key(true, plan.clone());
        assert_eq!(rig.with_key("/x").await.status, 200);
        let mut stored = rig.gateway.take_changed_usage();
        assert!(rig.gateway.take_changed_usage().is_empty());
        // A store that refused them gets them again.
        rig.gateway.usage_not_stored();
        assert_eq!(rig.gateway.take_changed_usage(), stored);
        rig.clock.advance(Duration::from_hours(24));
        assert_eq!(rig.with_key("/x").await.status, 200);
        stored.extend(rig.gateway.take_changed_usage());
        assert_eq!(stored.len(), 3, "the first day again: it is over now");
        stored.remove(0);
        stored.reverse();
        let gone = StoredUsage {
            key: "plan01/gone/20455".to_owned(),
            ..stored[0].clone()
        };
        stored.push(gone);
        let again = Rig::new().await;
        again.clock.advance(Duration::from_hours(24));
        again.gateway.restore_usage(stored);
        again.publish_key(true, plan);
        again.publish(&stage(json!({})), &api(json!({"GET /x": keyed()})));
        assert_eq!(again.used("2026-01-02"), (1, Some(4)));
        assert_eq!(again.used("2026-01-03"), (1, Some(3)));
        assert_eq!(again.with_key("/x").await.status, 200);
        assert_eq!(again.used("2026-01-03"), (2, Some(2)));
        let orphans = again.gateway.take_orphaned_usage();
        let keys: Vec<&str> = orphans.iter().map(|row| row.key.as_str()).collect();
        assert_eq!(keys, ["plan01/gone/20455", "plan01/gone/20456"]);
    });
}
