//! The shop behind the sample API: what it sells, what it answers, how long it takes. No socket, no clock.
//!
//! It speaks a form of its own (`pet_id`, `price_cents`), so that the API's mapping templates have something to map. Its release `v2`
//! is the canary's: a little slower, and now and then out of order.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::{Value, json};

use crate::base::Chance;

/// A request as the shop sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// The verb.
    pub(super) verb: &'a str,
    /// The path, with the release in front: `/v1/pets/7`.
    pub(super) path: &'a str,
    /// The query without its question mark.
    pub(super) query: &'a str,
    /// The body.
    pub(super) body: &'a [u8],
    /// Whether a person must look at this order first: the header `X-Review`.
    pub(super) review: bool,
}

/// What the shop answers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answered {
    /// The HTTP status.
    pub(super) status: u16,
    /// The body; nothing to send if null.
    pub(super) body: Value,
    /// How long it takes.
    pub(super) after: Duration,
}

/// Name, kind, price in cents, tags.
const STOCK: [(&str, &str, u64, &[&str]); 12] = [
    ("Rex", "dog", 24_999, &["small", "loud"]),
    ("Bella", "dog", 31_500, &["calm"]),
    ("Tom", "cat", 12_000, &["quick"]),
    ("Luna", "cat", 14_900, &["shy", "night"]),
    ("Nemo", "fish", 999, &["orange"]),
    ("Dory", "fish", 1_299, &["blue", "forgetful"]),
    ("Kiwi", "bird", 5_450, &["green", "talks"]),
    ("Hedwig", "bird", 89_000, &["night"]),
    ("Speedy", "turtle", 7_700, &["slow"]),
    ("Nibbles", "rabbit", 3_900, &["soft"]),
    ("Gizmo", "hamster", 1_850, &["night", "soft"]),
    ("Ziggy", "iguana", 18_400, &["calm"]),
];

const CUSTOMERS: [&str; 6] = ["Ana", "Bo", "Chidi", "Dara", "Emre", "Freya"];
const STATES: [&str; 4] = ["paid", "packed", "shipped", "review"];
/// The first number of an order; numbers from here to [`LAST_OLD_ORDER`] were there before the shop opened.
const FIRST_ORDER: u64 = 1001;
const LAST_OLD_ORDER: u64 = 1060;
/// Pets and orders that customers add are kept up to this many, then the oldest is forgotten: a demo may run for days.
const KEPT: usize = 40;
/// Pets on one page unless asked otherwise.
const PAGE: usize = 20;

/// The shop.
#[derive(Debug)]
pub(super) struct Shop {
    chance: Chance,
    pets: Vec<Value>,
    orders: VecDeque<Value>,
    next_pet: u64,
    next_order: u64,
}

impl Shop {
    /// A shop that does the same in the same order for the same seed.
    pub(super) fn new(seed: u64) -> Self {
        let pet = |(id, (name, kind, cents, tags)): (u64, (&str, &str, u64, &[&str]))| json!({ "pet_id": id, "pet_name": name, "kind": kind, "price_cents": cents, "tags": tags });
        let mut shop = Self {
            chance: Chance::seeded(seed),
            pets: (1..).zip(STOCK).map(pet).collect(),
            orders: VecDeque::new(),
            next_pet: 101,
            next_order: LAST_OLD_ORDER + 1,
        };
        for number in LAST_OLD_ORDER - 4..=LAST_OLD_ORDER {
            shop.orders.push_back(old_order(number));
        }
        shop
    }

    /// Answers a request.
    pub(super) fn answer(&mut self, asked: &Asked<'_>) -> Answered {
        let mut parts = asked.path.trim_matches('/').split('/');
        let release = parts.next().unwrap_or_default();
        let rest: Vec<&str> = parts.collect();
        let canary = match release {
            "v1" => false,
            "v2" => true,
            _ => {
                return self.refuse(
                    404,
                    "no_such_release",
                    "the shop has the releases v1 and v2",
                );
            }
        };
        let after = self.time(rest.first().copied().unwrap_or_default(), canary);
        if let Some(failed) = self.fails(rest.first().copied().unwrap_or_default(), canary) {
            return Answered { after, ..failed };
        }
        let answered = match (asked.verb, rest.as_slice()) {
            ("GET", ["pets"]) => self.list_pets(asked.query),
            ("POST", ["pets"]) => self.add_pet(asked.body),
            ("GET", ["pets", id]) => self.find_pet(id),
            ("DELETE", ["pets", id]) => self.remove_pet(id),
            ("GET", ["orders"]) => answer(
                200,
                json!({ "items": self.orders.iter().rev().take(10).collect::<Vec<_>>() }),
            ),
            ("POST", ["orders"]) => self.add_order(asked),
            ("GET", ["orders", number]) => self.find_order(number),
            (_, ["reports", report @ ..]) => self.report(&report.join("/"), release),
            _ => self.refuse(404, "no_such_page", "the shop has pets, orders and reports"),
        };
        Answered { after, ..answered }
    }

    /// Most answers are quick, a few take several times as long: the tail that a p99 is for.
    fn time(&mut self, what: &str, canary: bool) -> Duration {
        let (least, spread) = match what {
            "orders" => (14.0, 34.0),
            "reports" => (40.0, 90.0),
            _ => (5.0, 16.0),
        };
        let mut millis: f64 = least + spread * self.chance.fraction().powi(2);
        if self.chance.fraction() < 0.02 {
            millis *= 4.0;
        }
        if canary {
            millis = millis * 1.3 + 4.0;
            if what == "orders" && self.chance.fraction() < 0.08 {
                millis += 180.0;
            }
        }
        Duration::from_secs_f64(millis / 1000.0)
    }

    fn fails(&mut self, what: &str, canary: bool) -> Option<Answered> {
        let share = match (canary, what) {
            (true, "orders") => 0.09,
            (true, _) => 0.025,
            (false, _) => 0.002,
        };
        (self.chance.fraction() < share).then(|| {
            self.refuse(
                503,
                "out_of_order",
                if canary {
                    "no connection to the warehouse left in the pool"
                } else {
                    "the warehouse is restarting"
                },
            )
        })
    }

    #[allow(
        clippy::unused_self,
        reason = "reads like the shop's other answers at its callers"
    )]
    fn refuse(&self, status: u16, code: &str, detail: &str) -> Answered {
        answer(status, json!({ "error": code, "detail": detail }))
    }

    fn list_pets(&self, query: &str) -> Answered {
        let asked = |name: &str| {
            let values = query.split('&').filter_map(|pair| pair.split_once('='));
            values.filter(|(n, _)| *n == name).map(|(_, v)| v).next()
        };
        let kind = asked("kind").filter(|kind| !kind.is_empty());
        let limit = asked("limit").and_then(|limit| limit.parse().ok());
        let found = self
            .pets
            .iter()
            .filter(|pet| kind.is_none_or(|kind| pet["kind"] == kind));
        let page: Vec<_> = found.clone().take(limit.unwrap_or(PAGE)).collect();
        answer(200, json!({ "items": page, "total": found.count() }))
    }

    fn find_pet(&self, id: &str) -> Answered {
        match self.pet_at(id) {
            Some(at) => answer(200, self.pets[at].clone()),
            None => self.refuse(404, "no_such_pet", &format!("there is no pet {id}")),
        }
    }

    fn pet_at(&self, id: &str) -> Option<usize> {
        let id: u64 = id.parse().ok()?;
        self.pets.iter().position(|pet| pet["pet_id"] == id)
    }

    fn remove_pet(&mut self, id: &str) -> Answered {
        match self.pet_at(id) {
            Some(at) => {
                self.pets.remove(at);
                answer(204, Value::Null)
            }
            None => self.refuse(404, "no_such_pet", &format!("there is no pet {id}")),
        }
    }

    fn add_pet(&mut self, body: &[u8]) -> Answered {
        let mut pet: Value = serde_json::from_slice(body).unwrap_or_default();
        if pet["pet_name"].as_str().is_none_or(str::is_empty) {
            return self.refuse(400, "invalid_pet", "a pet needs a name");
        }
        if pet["price_cents"].as_u64().is_none_or(|cents| cents == 0) {
            return self.refuse(400, "invalid_pet", "a pet needs a price above 0 cents");
        }
        pet["pet_id"] = self.next_pet.into();
        self.next_pet += 1;
        if self.pets.len() >= STOCK.len() + KEPT {
            self.pets.remove(STOCK.len());
        }
        self.pets.push(pet.clone());
        answer(201, pet)
    }

    fn add_order(&mut self, asked: &Asked<'_>) -> Answered {
        let mut order: Value = serde_json::from_slice(asked.body).unwrap_or_default();
        if order["lines"].as_array().is_none_or(Vec::is_empty) {
            return self.refuse(400, "empty_order", "an order needs at least one line");
        }
        order["order_no"] = self.next_order.into();
        order["state"] = if asked.review { "review" } else { "paid" }.into();
        self.next_order += 1;
        if self.orders.len() >= KEPT {
            self.orders.pop_front();
        }
        self.orders.push_back(order.clone());
        answer(201, order)
    }

    fn find_order(&self, number: &str) -> Answered {
        let wanted: u64 = number.parse().unwrap_or_default();
        match self.orders.iter().find(|order| order["order_no"] == wanted) {
            Some(order) => answer(200, order.clone()),
            None if (FIRST_ORDER..=LAST_OLD_ORDER).contains(&wanted) => {
                answer(200, old_order(wanted))
            }
            None => self.refuse(404, "no_such_order", &format!("there is no order {number}")),
        }
    }

    fn report(&self, report: &str, release: &str) -> Answered {
        if report.is_empty() {
            return self.refuse(
                404,
                "no_such_report",
                "name a report: daily/2026-03-01 or stock",
            );
        }
        let cents: u64 = self
            .orders
            .iter()
            .filter_map(|o| o["total_cents"].as_u64())
            .sum();
        answer(
            200,
            json!({
                "report": report,
                "release": release,
                "pets in stock": self.pets.len(),
                "newest order": self.next_order - 1,
                "open orders": self.orders.len(),
                "worth": { "cents": cents },
            }),
        )
    }
}

fn answer(status: u16, body: Value) -> Answered {
    Answered {
        status,
        body,
        after: Duration::ZERO,
    }
}

/// An order of the time before the shop opened, made up from its number.
fn old_order(number: u64) -> Value {
    let pick = |salt: u64, of: usize| usize::try_from(number * 7 + salt).unwrap_or(0) % of;
    let lines: Vec<Value> = (0..=pick(1, 3))
        .map(|line| {
            let pet = pick(line as u64 * 5, STOCK.len());
            json!({ "no": line + 1, "pet_id": pet + 1, "quantity": 1, "cents": STOCK[pet].2 })
        })
        .collect();
    let total: u64 = lines.iter().filter_map(|line| line["cents"].as_u64()).sum();
    json!({
        "order_no": number,
        "customer": CUSTOMERS[pick(2, CUSTOMERS.len())],
        "state": STATES[pick(3, STATES.len())],
        "lines": lines,
        "total_cents": total,
        "currency": "EUR",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(shop: &mut Shop, verb: &str, path: &str, body: &str) -> Answered {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        shop.answer(&Asked {
            verb,
            path,
            query,
            body: body.as_bytes(),
            review: false,
        })
    }

    /// A shop of a seed with which its first requests don't fail.
    fn shop() -> Shop {
        Shop::new(1)
    }

    #[test]
    fn pages_answer_as_the_api_expects() {
        for (verb, path, body, status) in [
            ("GET", "/v1/pets", "", 200),
            ("GET", "/v1/pets/1", "", 200),
            ("GET", "/v1/pets/999", "", 404),
            ("GET", "/v1/pets/x", "", 404),
            (
                "POST",
                "/v1/pets",
                r#"{"pet_name":"Ida","price_cents":5}"#,
                201,
            ),
            (
                "POST",
                "/v1/pets",
                r#"{"pet_name":"","price_cents":5}"#,
                400,
            ),
            (
                "POST",
                "/v1/pets",
                r#"{"pet_name":"Ida","price_cents":0}"#,
                400,
            ),
            ("POST", "/v1/pets", "no json", 400),
            ("DELETE", "/v1/pets/2", "", 204),
            ("GET", "/v1/orders", "", 200),
            ("GET", "/v1/orders/1001", "", 200),
            ("GET", "/v1/orders/1000", "", 404),
            ("POST", "/v1/orders", r#"{"lines":[{"pet_id":1}]}"#, 201),
            ("POST", "/v1/orders", r#"{"lines":[]}"#, 400),
            ("GET", "/v1/reports/stock", "", 200),
            ("GET", "/v1/reports", "", 404),
            ("GET", "/v3/pets", "", 404),
            ("GET", "/", "", 404),
        ] {
            assert_eq!(
                ask(&mut shop(), verb, path, body).status,
                status,
                "{verb} {path} {body}"
            );
        }
    }

    #[test]
    fn what_is_added_is_found_and_the_oldest_is_forgotten() {
        let mut shop = shop();
        shop.chance = Chance::seeded(3);
        let mut added = Vec::new();
        while added.len() < KEPT + 5 {
            let pet = ask(
                &mut shop,
                "POST",
                "/v1/pets",
                r#"{"pet_name":"Ida","price_cents":5}"#,
            );
            if pet.status == 201 {
                added.push(pet.body["pet_id"].as_u64().unwrap());
            }
        }
        assert_eq!(shop.pets.len(), STOCK.len() + KEPT);
        assert!(shop.pet_at(&added[0].to_string()).is_none());
        assert!(shop.pet_at(&added[KEPT + 4].to_string()).is_some());
        assert!(shop.pet_at("1").is_some(), "the stock stays");
        let of_a_kind = shop.list_pets("kind=cat&limit=1").body;
        assert_eq!(
            (
                of_a_kind["items"].as_array().unwrap().len(),
                &of_a_kind["total"]
            ),
            (1, &json!(2))
        );
    }

    #[test]
    fn the_same_seed_does_the_same() {
        let run = || {
            let mut shop = Shop::new(7);
            (0..50)
                .map(|_| ask(&mut shop, "GET", "/v2/orders/1010", ""))
                .collect::<Vec<_>>()
        };
        assert_eq!(run(), run());
    }

    #[test]
    fn the_canarys_release_is_slower_and_flakier() {
        let mut shop = Shop::new(11);
        let mut measure = |path: &str| {
            let answers: Vec<_> = (0..2000).map(|_| ask(&mut shop, "GET", path, "")).collect();
            let failed = answers.iter().filter(|a| a.status >= 500).count();
            let time: Duration = answers.iter().map(|a| a.after).sum();
            (failed, time / 2000)
        };
        let (base_failed, base_time) = measure("/v1/orders/1001");
        let (canary_failed, canary_time) = measure("/v2/orders/1001");
        assert!(
            base_failed < 20 && (120..260).contains(&canary_failed),
            "{base_failed} {canary_failed}"
        );
        assert!(
            canary_time > base_time.mul_f64(1.2),
            "{base_time:?} {canary_time:?}"
        );
        assert!(canary_time < base_time * 3, "{base_time:?} {canary_time:?}");
    }
}
