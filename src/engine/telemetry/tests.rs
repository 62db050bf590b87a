//! From requests to points, on a clock that moves only when told.

use std::time::Duration;

use super::*;

fn clock() -> Clock {
    // The beginning of an hour.
    Clock::manual("2026-11-20T12:00:00Z".parse().unwrap())
}

fn start<const N: usize>(clock: &Clock) -> (Telemetry, [Recorder; N]) {
    let telemetry = Telemetry::new(clock.clone());
    let recorders = std::array::from_fn(|_| telemetry.recorder());
    (telemetry, recorders)
}

fn key(stage: &str, resource: &str) -> SlotKey {
    SlotKey {
        region: "eu-west-1".into(),
        api_id: "abc123".into(),
        api_name: "pets".into(),
        stage: stage.into(),
        method: Some(MethodName {
            resource: resource.into(),
            verb: "GET".into(),
        }),
        detailed: false,
    }
}

fn request(clock: &Clock, status: u16, millis: u64, canary: bool) -> Observation {
    Observation {
        cache_hit: None,
        at: clock.now(),
        canary,
        status,
        latency_micros: millis * 1000,
        integration_micros: (status == 200).then(|| (millis - 1) * 1000),
    }
}

fn all() -> Selection<'static> {
    Selection {
        region: "eu-west-1",
        ..Selection::default()
    }
}

fn window(clock: &Clock, period: i64) -> Window {
    Window {
        start: 0,
        end: clock.now().as_second() + 60,
        period,
        anchor: 0,
    }
}

fn counts(telemetry: &Telemetry, selection: &Selection<'_>, window: &Window) -> Vec<f64> {
    let points = telemetry.read().points(selection, window);
    points.values().map(Point::requests).collect()
}

#[test]
fn a_request_counts_as_soon_as_it_is_recorded_and_only_once() {
    let clock = clock();
    let (telemetry, recorders) = start::<2>(&clock);
    let slot = telemetry.slot(key("prod", "/pets"));
    for step in 0..10u32 {
        recorders[0].record(&slot, &request(&clock, 200, 5, false));
        recorders[1].record(&slot, &request(&clock, 500, 7, false));
        let total: f64 = counts(&telemetry, &all(), &window(&clock, 1)).iter().sum();
        assert!((total - f64::from(2 * (step + 1))).abs() < 1e-9);
        clock.advance(Duration::from_millis(700));
    }
    // 20 requests over 6.3 seconds, and the seconds are seven points.
    assert_eq!(
        counts(&telemetry, &all(), &window(&clock, 1)),
        [4.0, 2.0, 4.0, 2.0, 4.0, 2.0, 2.0]
    );
    clock.advance(Duration::from_hours(1));
    assert_eq!(counts(&telemetry, &all(), &window(&clock, 60)), [20.0]);
    let points = telemetry.read().points(&all(), &window(&clock, 3600));
    let point = points.values().next().unwrap();
    assert_eq!(
        (
            point.requests(),
            point.client_errors(),
            point.server_errors()
        ),
        (20.0, 0.0, 10.0)
    );
    let (p50, p99) = (point.latency(50.0).unwrap(), point.latency(99.0).unwrap());
    assert!((p50 / 5.0 - 1.0).abs() < 0.01 && (p99 / 7.0 - 1.0).abs() < 0.01);
    // Only the answers of an integration have its latency.
    assert!((point.integration_latency(100.0).unwrap() - 4.0).abs() < 1e-9);
}

#[test]
fn recorders_may_be_many_and_come_and_go() {
    let clock = clock();
    let (telemetry, recorders) = start::<20>(&clock);
    let slot = telemetry.slot(key("prod", "/pets"));
    for recorder in recorders {
        recorder.record(&slot, &request(&clock, 200, 5, false));
    }
    telemetry
        .recorder()
        .record(&slot, &request(&clock, 200, 5, true));
    assert_eq!(counts(&telemetry, &all(), &window(&clock, 1)), [21.0]);
    assert!(telemetry.0.take_seat() < 20, "a seat that was left");
}

#[test]
fn a_canary_counts_for_the_stage_and_for_itself() {
    let clock = clock();
    let (telemetry, recorders) = start::<1>(&clock);
    let slot = telemetry.slot(key("prod", "/pets"));
    for n in 0..10 {
        recorders[0].record(&slot, &request(&clock, 200, 5, n < 3));
    }
    for (side, requests) in [(Side::Whole, 10.0), (Side::Base, 7.0), (Side::Canary, 3.0)] {
        let selection = Selection { side, ..all() };
        assert_eq!(
            counts(&telemetry, &selection, &window(&clock, 60)),
            [requests]
        );
    }
    let figures = telemetry.figures("eu-west-1", "abc123", "prod", &window(&clock, 60));
    assert_eq!(figures.methods.len(), 1);
    let json = serde_json::to_value(&figures).unwrap();
    assert_eq!(json["methods"][0]["base"]["requests"], 7.0);
    assert_eq!(json["canary"][0]["requests"], 3.0);
    assert_eq!(json["base"][0]["latency"]["maximum"], 5.0);
}

#[test]
fn selections_take_what_they_name() {
    let clock = clock();
    let (telemetry, recorders) = start::<1>(&clock);
    let mut slots = vec![
        telemetry.slot(key("prod", "/pets")),
        telemetry.slot(key("prod", "/owners")),
        telemetry.slot(key("dev", "/pets")),
        telemetry.slot(SlotKey {
            method: None,
            ..key("prod", "")
        }),
        telemetry.slot(SlotKey {
            api_name: "pe\u{e4}ts".into(),
            api_id: "other1".into(),
            ..key("prod", "/pets")
        }),
        telemetry.slot(SlotKey {
            region: "us-east-1".into(),
            ..key("prod", "/pets")
        }),
        telemetry.slot(SlotKey {
            api_name: "\u{732b}".into(),
            api_id: "cats".into(),
            ..key("prod", "/pets")
        }),
    ];
    slots.push(telemetry.slot(SlotKey {
        detailed: true,
        ..key("prod", "/pets")
    }));
    for slot in &slots {
        recorders[0].record(slot, &request(&clock, 200, 5, false));
    }
    let named = Selection {
        api_name: Some("pets"),
        ..all()
    };
    let pets = Some(("/pets", "GET"));
    for (selection, requests) in [
        (all(), 7.0),
        (named, 6.0),
        (
            Selection {
                api_id: Some("abc123"),
                ..all()
            },
            5.0,
        ),
        (
            Selection {
                stage: Some("prod"),
                ..named
            },
            5.0,
        ),
        (
            Selection {
                stage: Some("prod"),
                method: pets,
                ..named
            },
            3.0,
        ),
        (
            Selection {
                stage: Some("prod"),
                method: pets,
                detailed: true,
                ..named
            },
            1.0,
        ),
        (
            Selection {
                api_name: Some("cats"),
                ..all()
            },
            1.0,
        ),
    ] {
        assert_eq!(
            counts(&telemetry, &selection, &window(&clock, 60)),
            [requests],
            "{selection:?}"
        );
    }
    assert_eq!(telemetry.read().known("eu-west-1").len(), 7);
    assert_eq!(telemetry.read().regions().len(), 2);
}

#[test]
fn a_slot_ends_with_who_keeps_it_and_what_it_counted_stays() {
    let clock = clock();
    let (telemetry, recorders) = start::<1>(&clock);
    let slot = telemetry.slot(key("prod", "/pets"));
    assert!(Arc::ptr_eq(&slot, &telemetry.slot(key("prod", "/pets"))));
    recorders[0].record(&slot, &request(&clock, 200, 5, false));
    drop(slot);
    assert_eq!(counts(&telemetry, &all(), &window(&clock, 60)), [1.0]);
    assert_eq!(telemetry.0.state().slots.len(), 0);
    assert_eq!(counts(&telemetry, &all(), &window(&clock, 60)), [1.0]);
    telemetry.clear();
    assert!(counts(&telemetry, &all(), &window(&clock, 60)).is_empty());
}

#[test]
fn seconds_that_nobody_reads_are_brought_in_and_end() {
    let clock = clock();
    let (telemetry, [recorder]) = start(&clock);
    let slot = telemetry.slot(key("prod", "/pets"));
    let archived = || {
        let mut seconds = 0;
        for (_, series) in telemetry.0.state().archive.iter() {
            series.each(0, i64::MAX / 2, true, |_, _| seconds += 1);
        }
        seconds
    };
    for _ in 0..200 {
        recorder.record(&slot, &request(&clock, 200, 5, false));
        clock.advance(Duration::from_secs(1));
    }
    assert!(archived() >= 128);
    for _ in 0..4 * 3600 {
        recorder.record(&slot, &request(&clock, 200, 5, false));
        clock.advance(Duration::from_secs(1));
    }
    assert!(
        (3 * 3600..3 * 3600 + 300).contains(&archived()),
        "{}",
        archived()
    );
}

#[test]
fn readers_see_all_that_other_threads_record() {
    let clock = clock();
    let (telemetry, recorders) = start::<2>(&clock);
    let slot = telemetry.slot(key("prod", "/pets"));
    let threads: Vec<_> = (recorders.into_iter())
        .map(|recorder| {
            let (slot, clock) = (Arc::clone(&slot), clock.clone());
            std::thread::spawn(move || {
                for n in 0..20_000u64 {
                    // Both together 1.6 s: a thread that the system stops between reading the clock and recording stays within
                    // the time that a cell allows for.
                    if n % 100 == 0 {
                        clock.advance(Duration::from_millis(4));
                    }
                    recorder.record(&slot, &request(&clock, 200, n % 90 + 1, false));
                }
            })
        })
        .collect();
    let total = || -> f64 { counts(&telemetry, &all(), &window(&clock, 1)).iter().sum() };
    let mut last = 0.0;
    while !threads.iter().all(std::thread::JoinHandle::is_finished) {
        let now = total();
        assert!(now >= last && now <= 40_000.0, "{last} {now}");
        last = now;
    }
    assert!((total() - 40_000.0).abs() < 0.5);
    clock.advance(Duration::from_hours(1));
    assert!((total() - 40_000.0).abs() < 0.5);
}

/// The store as it is after these commits.
fn commit(rows: &mut Vec<crate::engine::store::Row>, changes: Vec<crate::engine::store::Change>) {
    for change in changes {
        rows.retain(|row| row.region != change.region || row.key != change.key);
        rows.extend(change.value.map(|value| crate::engine::store::Row {
            region: change.region,
            kind: KIND.into(),
            key: change.key,
            value,
        }));
    }
}

#[test]
fn what_is_saved_comes_back_whenever_the_process_ends() {
    let clock = clock();
    let (telemetry, recorders) = start::<1>(&clock);
    let slot = telemetry.slot(key("prod", "/pets"));
    let mut rows = Vec::new();
    for n in 1..=150u32 {
        recorders[0].record(&slot, &request(&clock, 200, 5, n % 3 == 0));
        clock.advance(Duration::from_secs(1));
        commit(&mut rows, telemetry.unsaved());
        let other = Telemetry::new(clock.clone());
        assert_eq!(other.restore(&rows), 0);
        for selection in [
            all(),
            Selection {
                side: Side::Canary,
                ..all()
            },
        ] {
            let there = other.read().points(&selection, &window(&clock, 60));
            assert_eq!(
                there,
                telemetry.read().points(&selection, &window(&clock, 60)),
                "{n}"
            );
        }
    }
    assert_eq!(rows.len(), 4, "an hour and a running minute of each side");
    clock.advance(Duration::from_mins(2));
    commit(&mut rows, telemetry.unsaved());
    assert_eq!(rows.len(), 2);
    assert!(telemetry.unsaved().is_empty(), "nothing changed");
    telemetry.not_saved();
    assert_eq!(telemetry.unsaved().len(), 2);
}

#[test]
fn rows_that_are_damaged_or_old_are_left_out() {
    let clock = clock();
    let (telemetry, recorders) = start::<1>(&clock);
    let slot = telemetry.slot(key("prod", "/pets"));
    recorders[0].record(&slot, &request(&clock, 200, 5, false));
    let mut rows = Vec::new();
    clock.advance(Duration::from_mins(2));
    commit(&mut rows, telemetry.unsaved());
    clock.advance(Duration::from_hours(16 * 24));
    let later = Telemetry::new(clock.clone());
    let mut bad = rows[0].clone();
    bad.value = "{\"points\":\"?\"}".into();
    assert_eq!(later.restore(rows.iter().chain([&bad])), 1);
    assert!(counts(&later, &all(), &window(&clock, 60)).is_empty());
    commit(&mut rows, later.unsaved());
    assert!(rows.is_empty(), "its row is deleted: {rows:?}");
}

#[test]
fn who_saves_is_woken_by_requests_only() {
    let clock = clock();
    let (telemetry, recorders) = start::<1>(&clock);
    let slot = telemetry.slot(key("prod", "/pets"));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let mut woken = || {
        Box::pin(telemetry.changed())
            .as_mut()
            .poll(&mut context)
            .is_ready()
    };
    assert!(!woken());
    recorders[0].record(&slot, &request(&clock, 200, 5, false));
    assert!(woken());
    assert!(!woken());
    assert_eq!(telemetry.unsaved().len(), 1);
    // The second still runs: what comes in it must be saved too.
    assert!(woken());
    recorders[0].record(&slot, &request(&clock, 200, 5, false));
    clock.advance(Duration::from_secs(3));
    assert_eq!(telemetry.unsaved().len(), 1);
    assert!(!woken());
}
