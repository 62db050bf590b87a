//! State of the first format is read, whatever format is written today.
//!
//! The files are what an early gateway wrote and answered; they are never brought up to date. An answer may gain members, but what was
//! told once is told for ever.

use std::time::Duration;

use serde_json::Value;

use super::Bed;
use crate::engine::store::tests::lay_down;
use crate::engine::store::{Location, Store};

const STATE: &str = include_str!("../../../../../tests/data/first-format.sql");
/// Operation, input and answer.
const ANSWERS: &str = include_str!("../../../../../tests/data/first-format.json");

/// The first place where `found` isn't what `told` says.
fn missing(told: &Value, found: &Value, at: &str) -> Option<String> {
    match (told, found) {
        (Value::Object(told), Value::Object(found)) => told.iter().find_map(|(name, told)| {
            missing(
                told,
                found.get(name).unwrap_or(&Value::Null),
                &format!("{at}/{name}"),
            )
        }),
        (Value::Array(told), Value::Array(found)) if told.len() == found.len() => {
            let mut pairs = told.iter().zip(found).enumerate();
            pairs.find_map(|(n, (told, found))| missing(told, found, &format!("{at}/{n}")))
        }
        (told, found) if told == found => None,
        (told, found) => Some(format!("{at}: {told} became {found}")),
    }
}

#[test]
fn state_of_the_first_format_is_read() {
    let folder = tempfile::tempdir().unwrap();
    lay_down(folder.path(), STATE);
    let (store, rows) = Store::open(&Location::Folder(folder.path().to_owned())).unwrap();
    let bed = Bed::over(store, &rows);
    // The day on which it was written: usage is told from there.
    bed.clock.advance(Duration::from_hours(24 * 323));
    let answers: Vec<(String, Value, Value)> = serde_json::from_str(ANSWERS).unwrap();
    for (operation, input, told) in &answers {
        let found = bed.ok(operation, input.clone());
        assert_eq!(missing(told, &found, operation), None);
    }
    let (_, input, stages) = answers.iter().find(|(of, ..)| of == "GetStages").unwrap();
    let stage = &stages["item"][0];
    let served = bed.served(input["restapi_id"].as_str().unwrap(), "dev");
    let (base, canary) = served.unwrap();
    assert_eq!(stage["deploymentId"], base.as_str());
    assert_eq!(
        stage["canarySettings"]["deploymentId"],
        canary.unwrap().as_str()
    );
    assert_eq!(bed.memberships().len(), 1);
}

#[test]
fn each_kind_of_row_is_among_the_stored_ones() {
    for kind in super::super::KINDS.iter().chain([&super::USAGE]) {
        let quoted = format!(", '{kind}', ");
        assert!(
            STATE.contains(&quoted),
            "no {kind}: add one as it was first written"
        );
    }
}
