use std::os::unix::fs::PermissionsExt;

use super::*;

fn put(key: &str, value: &str) -> Change {
    Change {
        region: "us-east-1".into(),
        kind: "api",
        key: key.into(),
        value: Some(value.into()),
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

fn keys(rows: &[Row]) -> Vec<(&str, &str)> {
    rows.iter()
        .map(|r| (r.key.as_str(), r.value.as_str()))
        .collect()
}

/// Lays a database into a folder, as the statements of an earlier format make it.
pub(crate) fn lay_down(folder: &std::path::Path, statements: &str) {
    let file = Connection::open(folder.join("state.sqlite3")).unwrap();
    file.execute_batch(statements).unwrap();
}

#[test]
fn what_was_committed_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::Folder(folder.path().join("data"));
    let (store, rows) = Store::open(&location).unwrap();
    assert!(rows.is_empty() && store.is_kept());
    wait(async {
        store
            .commit(vec![put("a", "1"), put("b", "2")])
            .await
            .unwrap();
        let delete = Change {
            value: None,
            ..put("b", "")
        };
        store.commit(vec![delete, put("a", "3")]).await.unwrap();
    });
    drop(store);
    let (_store, rows) = Store::open(&location).unwrap();
    assert_eq!(keys(&rows), [("a", "3")]);
}

#[test]
fn a_folder_has_one_owner_and_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::Folder(folder.path().to_owned());
    assert_eq!(folder::owner(folder.path()).unwrap(), None);
    let (store, _) = Store::open(&location).unwrap();
    store.announce("http://127.0.0.1:4566").unwrap();
    let message = Store::open(&location).unwrap_err().to_string();
    assert!(message.contains("http://127.0.0.1:4566"), "{message}");
    assert!(
        message.contains(&std::process::id().to_string()),
        "{message}"
    );
    let owner = folder::owner(folder.path()).unwrap().unwrap();
    assert_eq!(owner.address, "http://127.0.0.1:4566");
    drop(store);
    assert_eq!(folder::owner(folder.path()).unwrap(), None);
    let (_next, _) = Store::open(&location).unwrap();
    let owner = folder::owner(folder.path()).unwrap().unwrap();
    assert_eq!(
        (owner.pid, owner.address.as_str()),
        (0, "an unknown address")
    );
}

#[test]
fn looking_who_owns_a_folder_never_keeps_anybody_from_taking_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    drop(Store::open(&Location::Folder(path.to_owned())).unwrap());
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let look = || {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                folder::owner(path).unwrap();
            }
        };
        scope.spawn(look);
        scope.spawn(look);
        for _ in 0..200 {
            let claimed = folder::claim(path);
            assert!(claimed.is_ok(), "{claimed:?}");
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn who_waits_for_a_folder_is_woken_when_its_owner_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let lock = folder::claim(&path).unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    let waiter = std::thread::spawn(move || {
        tell.send("waiting").unwrap();
        folder::wait_until_free(&path).unwrap();
        tell.send("free").unwrap();
    });
    assert_eq!(told.recv().unwrap(), "waiting");
    assert!(told.try_recv().is_err(), "not as long as it is owned");
    drop(lock);
    assert_eq!(told.recv().unwrap(), "free");
    waiter.join().unwrap();
}

#[test]
fn what_is_told_to_have_failed_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = schema::open(folder.path()).unwrap();
    // Stands for a full disk, which can end the transaction as a whole.
    connection
        .execute_batch(
            "CREATE TRIGGER full BEFORE INSERT ON entity WHEN NEW.key = 'full'
             BEGIN SELECT RAISE(ROLLBACK, 'full'); END",
        )
        .unwrap();
    let mut write_batch = |keys: &[&str]| {
        let works = keys.iter().map(|key| {
            let (send, _) = oneshot::channel();
            Work::Commit(vec![put(key, "1")], send)
        });
        let mut answers = Vec::new();
        let outcome = write(&mut connection, works.collect(), &mut answers);
        (
            outcome.is_ok(),
            answers.len(),
            read_all(&connection).unwrap(),
        )
    };
    let (written, answered, rows) = write_batch(&["a", "full", "b"]);
    assert_eq!((written, answered), (false, 3));
    assert_eq!(keys(&rows), []);
    let (written, _, rows) = write_batch(&["c"]);
    assert!(written);
    assert_eq!(keys(&rows), [("c", "1")]);
}

#[test]
fn folder_and_files_are_private() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let (store, _) = Store::open(&Location::Folder(path.clone())).unwrap();
    wait(store.commit(vec![put("a", "1")])).unwrap();
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o700
    );
    for entry in std::fs::read_dir(&path).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
    }
}

#[test]
fn a_newer_format_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::Folder(folder.path().to_owned());
    drop(Store::open(&location).unwrap());
    let connection = Connection::open(folder.path().join("state.sqlite3")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let message = Store::open(&location).unwrap_err().to_string();
    assert!(message.contains("format 99"), "{message}");
}

#[test]
fn a_folder_that_cannot_be_made_says_which() {
    let message = Store::open(&Location::Folder("/proc/nowhere".into()))
        .unwrap_err()
        .to_string();
    assert!(
        message.starts_with("can't use /proc/nowhere as data folder"),
        "{message}"
    );
}

#[test]
fn memory_keeps_nothing() {
    let (store, rows) = Store::open(&Location::Memory).unwrap();
    wait(store.commit(vec![put("a", "1")])).unwrap();
    assert!(rows.is_empty() && !store.is_kept());
}
