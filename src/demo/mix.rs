//! What customers do: who asks for what, how often. No socket, no clock.

use std::time::Duration;

use serde_json::{Value, json};

use crate::base::Chance;

/// One request of a customer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Visit {
    /// The stage that is called.
    pub(super) stage: &'static str,
    /// The verb.
    pub(super) verb: &'static str,
    /// Path and query below the stage.
    pub(super) path: String,
    /// The name of the API key that is sent along.
    pub(super) key: Option<&'static str>,
    /// The JSON body.
    pub(super) body: Option<Value>,
}

/// What can happen, and how often among the rest.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Browse,
    Look,
    Order,
    Follow,
    Orders,
    Sell,
    Report,
    Welcome,
    Preflight,
    LookForNothing,
    SellNonsense,
    ForgetKey,
    OldKey,
    Stray,
    Trial,
    Hobby,
    Test,
    Dev,
}

const WEIGHTS: [(Kind, usize); 18] = [
    (Kind::Browse, 24),
    (Kind::Look, 30),
    (Kind::Order, 10),
    (Kind::Follow, 8),
    (Kind::Orders, 4),
    (Kind::Sell, 3),
    (Kind::Report, 2),
    (Kind::Welcome, 2),
    (Kind::Preflight, 2),
    (Kind::LookForNothing, 3),
    (Kind::SellNonsense, 2),
    (Kind::ForgetKey, 1),
    (Kind::OldKey, 1),
    (Kind::Stray, 1),
    (Kind::Trial, 2),
    (Kind::Hobby, 2),
    (Kind::Test, 6),
    (Kind::Dev, 4),
];

/// Customers, repeatable by their seed.
#[derive(Debug)]
pub(super) struct Mix {
    chance: Chance,
}

impl Mix {
    pub(super) fn new(chance: Chance) -> Self {
        Self { chance }
    }

    /// What happens next.
    pub(super) fn next(&mut self) -> Visit {
        let kind = self.draw();
        self.visit(kind)
    }

    /// A bot of the partner on trial that asks for everything at once: more than its plan's burst allows.
    pub(super) fn burst(&mut self) -> Vec<Visit> {
        (0..14).map(|_| self.visit(Kind::Trial)).collect()
    }

    /// How long until the next one, `elapsed` after the shop opened: 20 to 40 a second, in waves.
    pub(super) fn pause(&mut self, elapsed: Duration) -> Duration {
        let wave = (elapsed.as_secs_f64() / 90.0 * std::f64::consts::TAU).sin();
        let per_second = 30.0 + 8.0 * wave;
        Duration::from_secs_f64((0.5 + self.chance.fraction()) / per_second)
    }

    fn draw(&mut self) -> Kind {
        let mut at = self
            .chance
            .below(WEIGHTS.iter().map(|(_, weight)| weight).sum());
        for (kind, weight) in WEIGHTS {
            if at < weight {
                return kind;
            }
            at -= weight;
        }
        Kind::Look
    }

    fn visit(&mut self, kind: Kind) -> Visit {
        let get = |stage, path: String, key| Visit {
            stage,
            verb: "GET",
            path,
            key,
            body: None,
        };
        let prod = |path: String, key| get("prod", path, key);
        match kind {
            Kind::Browse => {
                let kind = self.pick(&["", "?type=dog", "?type=cat", "?type=fish&limit=5"]);
                prod(format!("/pets{kind}"), None)
            }
            Kind::Look => prod(format!("/pets/{}", 1 + self.chance.below(12)), None),
            Kind::Order => self.order(),
            Kind::Follow => prod(self.an_order(), Some("acme-prod")),
            Kind::Orders => prod("/orders".to_owned(), Some("zoo")),
            Kind::Sell => {
                let name = self.pick(&["Ida", "Otto", "Mimi", "Zoe's Joy"]);
                let kind = self.pick(&["Dog", "cat", "bird"]);
                let cents = 500 + self.chance.below(20_000);
                let pet = json!({ "name": name, "type": kind, "price": { "cents": cents }, "tags": ["new"] });
                post("/pets", "acme-prod", pet)
            }
            Kind::Report => {
                let report = self.pick(&["daily/2026-03-01", "stock"]);
                prod(format!("/reports/{report}"), Some("zoo"))
            }
            Kind::Welcome => prod("/".to_owned(), None),
            Kind::Preflight => Visit {
                verb: "OPTIONS",
                ..prod("/orders".to_owned(), None)
            },
            Kind::LookForNothing => prod(format!("/pets/{}", 900 + self.chance.below(99)), None),
            Kind::SellNonsense => post("/pets", "acme-prod", json!({ "name": "Ghost" })),
            Kind::ForgetKey => prod("/orders".to_owned(), None),
            Kind::OldKey => prod(self.an_order(), Some("old-mobile")),
            Kind::Stray => prod("/admin/login".to_owned(), None),
            Kind::Trial => prod(self.an_order(), Some("trial")),
            Kind::Hobby => prod("/orders".to_owned(), Some("hobby")),
            Kind::Test => match self.chance.below(2) {
                0 => get("test", "/pets".to_owned(), None),
                _ => get("test", self.an_order(), Some("acme-prod")),
            },
            Kind::Dev => match self.chance.below(2) {
                0 => get("dev", "/health".to_owned(), None),
                _ => get("dev", format!("/pets/{}", 1 + self.chance.below(12)), None),
            },
        }
    }

    fn order(&mut self) -> Visit {
        let items: Vec<Value> = (0..=self.chance.below(3))
            .map(|_| {
                json!({
                    "petId": 1 + self.chance.below(12),
                    "quantity": 1 + self.chance.below(3),
                    "cents": 900 + self.chance.below(40_000),
                })
            })
            .collect();
        let customer = self.pick(&["Ana", "Chidi", "Dara O'Neill", "Freya"]);
        let key = self.pick(&["acme-prod", "acme-prod", "zoo"]);
        post(
            "/orders",
            key,
            json!({ "customer": customer, "items": items }),
        )
    }

    fn an_order(&mut self) -> String {
        format!("/orders/{}", 1001 + self.chance.below(60))
    }

    fn pick(&mut self, of: &[&'static str]) -> &'static str {
        of.get(self.chance.below(of.len()))
            .copied()
            .unwrap_or_default()
    }
}

fn post(path: &str, key: &'static str, body: Value) -> Visit {
    Visit {
        stage: "prod",
        verb: "POST",
        path: path.to_owned(),
        key: Some(key),
        body: Some(body),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_of_visit_comes_and_repeats_with_its_seed() {
        let visits = || {
            let mut mix = Mix::new(Chance::seeded(5));
            (0..2000).map(|_| mix.next()).collect::<Vec<_>>()
        };
        let first = visits();
        assert_eq!(first, visits());
        let stages: BTreeSet<_> = first.iter().map(|v| v.stage).collect();
        assert_eq!(
            stages.into_iter().collect::<Vec<_>>(),
            ["dev", "prod", "test"]
        );
        let keys: BTreeSet<_> = first.iter().filter_map(|v| v.key).collect();
        assert_eq!(
            keys.into_iter().collect::<Vec<_>>(),
            ["acme-prod", "hobby", "old-mobile", "trial", "zoo"]
        );
        assert!(first.iter().any(|v| v.path == "/admin/login"));
    }

    #[test]
    fn the_rate_stays_between_twenty_and_forty_a_second() {
        let mut mix = Mix::new(Chance::seeded(5));
        for at in [0, 22, 45, 67, 90] {
            let total: Duration = (0..500).map(|_| mix.pause(Duration::from_secs(at))).sum();
            let per_second = 500.0 / total.as_secs_f64();
            assert!((20.0..40.0).contains(&per_second), "{per_second} at {at} s");
        }
    }
}
