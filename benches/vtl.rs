//! How fast a template of 1.8 KB renders over a payload of 3.8 KB, with parsing and without.
//!
//! Apache Velocity 1.7, warmed up, does about 12,800 a CPU-second without parsing and 7,600 with (`spec/vtl.md` §4); figures of two
//! programs compare only when taken in one run on one machine. Run with `cargo bench --bench vtl`.
#![allow(clippy::print_stdout, reason = "figures are what a benchmark prints")]

use std::hint::black_box;
use std::time::Duration;

use indexmap::IndexMap;
use serde_json::{Map, Value};
use sluice::base::Clock;
use sluice::vtl::{self, Input, Limits, Overrides};

const CASE: &str = include_str!("data/vtl.json");
const ROUND: Duration = Duration::from_secs(2);

/// Processor time of this thread where Linux tells it, and time since `clock` was made elsewhere.
fn spent(clock: &Clock) -> Duration {
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|stat| stat.split(' ').next()?.parse().ok())
        .map_or_else(|| clock.monotonic(), Duration::from_nanos)
}

fn texts(value: &Value) -> IndexMap<String, String> {
    let entries = value.as_object().into_iter().flatten();
    entries
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect()
}

fn rate(what: &str, clock: &Clock, mut once: impl FnMut()) {
    let (from, cpu) = (clock.monotonic(), spent(clock));
    let mut count = 0_u32;
    while clock.monotonic().saturating_sub(from) < ROUND {
        for _ in 0..100 {
            once();
        }
        count += 100;
    }
    let seconds = spent(clock).saturating_sub(cpu).as_secs_f64();
    println!(
        "{what}: {:.0} renders/CPU-second",
        f64::from(count) / seconds
    );
}

fn main() {
    let clock = Clock::system();
    let case: Value = serde_json::from_str(CASE).unwrap_or_default();
    let text = case["template"].as_str().unwrap_or_default();
    let group = |name: &str| texts(&case["params"][name]);
    let (path, querystring, header) = (group("path"), group("querystring"), group("header"));
    let stage_variables = texts(&case["stageVariables"]);
    let no_context = Map::new();
    let input = Input {
        body: case["body"].as_str().unwrap_or_default(),
        path: &path,
        querystring: &querystring,
        header: &header,
        stage_variables: &stage_variables,
        context: case["context"].as_object().unwrap_or(&no_context),
    };
    let limits = Limits::default();
    let both = || {
        let template = vtl::parse(text, &limits).map_err(|error| error.to_string());
        template.and_then(|template| {
            let mut overrides = Overrides::default();
            let output = template.render(&input, &mut overrides, None);
            output.map_err(|error| error.to_string())
        })
    };
    let from = clock.monotonic();
    let first = both();
    println!(
        "first parse+render: {:?}",
        clock.monotonic().saturating_sub(from)
    );
    match first {
        Ok(output) => println!("output: {} bytes", output.len()),
        Err(error) => {
            println!("failed: {error}");
            return;
        }
    }
    rate("parse+render", &clock, || {
        let _ = black_box(both());
    });
    let Ok(template) = vtl::parse(text, &limits) else {
        return;
    };
    rate("parse", &clock, || {
        let _ = black_box(vtl::parse(text, &limits));
    });
    rate("render", &clock, || {
        let mut overrides = Overrides::default();
        let _ = black_box(template.render(&input, &mut overrides, None));
    });
}
