//! The log database: what comes back, what survives, what goes.

use super::*;

fn group(name: &str) -> Group {
    Group {
        id: 0,
        name: name.to_owned(),
        created: 1,
        retention: None,
        class: "STANDARD".to_owned(),
        kms: None,
        tags: [("team".to_owned(), "a".to_owned())].into_iter().collect(),
    }
}

fn event(time: i64, message: &str) -> NewEvent {
    NewEvent {
        time,
        message: message.to_owned(),
    }
}

fn all(backward: bool, limit: usize) -> Range {
    Range {
        after: Cursor::START,
        before: Cursor::END,
        backward,
        limit,
    }
}

fn clock() -> Clock {
    Clock::manual("2026-01-02T03:04:05Z".parse().unwrap())
}

fn wait<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(work)
}

fn book(limits: Limits) -> Book {
    Book::new(schema::open(None).unwrap(), limits)
}

#[test]
fn events_come_back_in_order_of_time_and_streams_know_their_ends() {
    let mut book = book(Limits::default());
    assert!(book.create_group("r", &group("g")).unwrap());
    assert!(!book.create_group("r", &group("g")).unwrap());
    assert!(book.create_group("other", &group("g")).unwrap());
    let id = book.group("r", "g").unwrap().unwrap().id;
    for name in ["a", "b"] {
        assert!(book.create_stream(id, name, 5).unwrap());
    }
    assert!(!book.create_stream(id, "a", 5).unwrap());
    let a = book.stream(id, "a").unwrap().unwrap();
    let b = book.stream(id, "b").unwrap().unwrap();
    book.put(id, a.id, &[event(30, "three"), event(10, "one")], 99)
        .unwrap();
    book.put(id, b.id, &[event(20, "two")], 99).unwrap();
    let texts = |events: Vec<LoggedEvent>| -> Vec<String> {
        events.into_iter().map(|e| e.message).collect()
    };
    assert_eq!(
        texts(book.of_group(id, &[], "", all(false, 9)).unwrap()),
        ["one", "two", "three"]
    );
    assert_eq!(
        texts(
            book.of_group(id, &["b".to_owned()], "", all(false, 9))
                .unwrap()
        ),
        ["two"]
    );
    assert_eq!(
        texts(book.of_group(id, &[], "a", all(true, 1)).unwrap()),
        ["three"]
    );
    assert_eq!(texts(book.of_stream(a.id, all(false, 1)).unwrap()), ["one"]);
    let a = book.stream(id, "a").unwrap().unwrap();
    assert_eq!(
        (a.first, a.last, a.ingested),
        (Some(10), Some(30), Some(99))
    );
    assert_eq!(book.stored_bytes(id).unwrap(), 3 + 5 + 3 + 3 * 26);
    let names: Vec<String> = (book.streams(id, "", (Order::LastEvent, true), 0, 9))
        .unwrap()
        .into_iter()
        .map(|s| s.name)
        .collect();
    assert_eq!(names, ["a", "b"]);
    book.delete_group(id).unwrap();
    assert!(
        book.of_group(id, &[], "", all(false, 9))
            .unwrap()
            .is_empty()
    );
    assert!(book.group("other", "g").unwrap().is_some());
}

#[test]
fn the_oldest_events_go_when_the_database_is_full_and_when_they_expire() {
    let limits = Limits { bytes: 400_000 };
    let mut book = book(limits);
    let kept = Group {
        retention: Some(1),
        ..group("g")
    };
    book.create_group("r", &kept).unwrap();
    let id = book.group("r", "g").unwrap().unwrap().id;
    book.create_stream(id, "s", 0).unwrap();
    let stream = book.stream(id, "s").unwrap().unwrap().id;
    for n in 0..2_000 {
        book.put(id, stream, &[event(n, &"x".repeat(500))], n)
            .unwrap();
    }
    book.trim().unwrap();
    let left = book.of_stream(stream, all(false, 9_999)).unwrap();
    assert!((100..1_500).contains(&left.len()), "{}", left.len());
    assert_eq!(left.last().unwrap().cursor.time, 1_999);
    book.expire(86_400_000 + 1_990).unwrap();
    let left = book.of_stream(stream, all(false, 9_999)).unwrap();
    assert_eq!(left.first().unwrap().cursor.time, 1_990);
}

#[test]
fn what_was_logged_is_there_after_a_restart_and_a_failed_change_takes_nothing_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::Folder(folder.path().to_owned());
    let open = || LogStore::open(&location, Limits::default(), clock()).unwrap();
    let store = open();
    wait(store.ask(|book| book.create_group("r", &group("kept")))).unwrap();
    let failed = wait(store.ask(|book| {
        book.create_group("r", &group("half"))?;
        Err::<(), _>(StoreError::Closed)
    }));
    assert!(failed.is_err());
    drop(store);
    let store = open();
    let names = wait(store.ask(|book| book.groups("r", "", "", "", 9))).unwrap();
    assert_eq!(names.len(), 1);
    assert_eq!(names[0].name, "kept");
    assert_eq!(names[0].tags["team"], "a");
}
