//! The state machine: messages in, state and effects out.

use super::*;
use crate::aws::{Answer, Cause, Error, Identity, Kind, Place};
use crate::model::{RestApi, Stage};

fn clock() -> Clock {
    Clock::manual("2026-03-01T12:00:00Z".parse().unwrap())
}

fn local() -> App {
    App::new(testing::local(), clock())
}

fn aws() -> App {
    App::new(testing::aws(false), clock())
}

fn api(id: &str) -> Api {
    Api {
        id: id.to_owned(),
        name: format!("name of {id}"),
    }
}

fn op(title: &str) -> Op {
    Op::change(title, Place::api(&api("a1")), Vec::new()).stale([Query::Apis])
}

fn answer(app: &mut App, query: &Query, reply: &Reply) {
    for effect in app.want(std::slice::from_ref(query)) {
        let Effect::Fetch(fetch) = effect else {
            panic!("{effect:?}");
        };
        let event = Event::Got {
            query: fetch.query,
            generation: fetch.generation,
            result: Ok(reply.clone()),
        };
        app.update(Message::Aws(Box::new(event)));
    }
}

fn end(app: &mut App, effect: &Effect, failed: Option<Cause>, undo: Option<Op>) {
    end_after(app, effect, failed, undo, 0);
}

/// Ends an operation after this many of its calls were answered.
fn end_after(
    app: &mut App,
    effect: &Effect,
    failed: Option<Cause>,
    undo: Option<Op>,
    answers: usize,
) {
    let Effect::Run { id, op } = effect else {
        panic!("{effect:?}");
    };
    let failed = failed.map(|cause| Error {
        operation: "DeleteStage",
        subject: "stage prod".to_owned(),
        cause,
        advice: String::new(),
    });
    let event = Event::OpDone(Box::new(OpDone {
        id: *id,
        op: (**op).clone(),
        answers: vec![Answer::Id("x".to_owned()); answers],
        failed,
        undo,
    }));
    app.update(Message::Aws(Box::new(event)));
}

fn propose(app: &mut App, op: Op) -> Vec<Effect> {
    app.update(Message::Propose(Box::new(op)))
}

#[test]
fn an_operation_runs_is_logged_and_outdates_what_it_touches() {
    let mut app = local();
    answer(&mut app, &Query::Apis, &Reply::Apis(Vec::new()));
    assert!(app.want(&[Query::Apis]).is_empty());
    let effects = propose(&mut app, op("create it"));
    assert_eq!(effects.len(), 1);
    assert_eq!(app.calls.running(), 1);
    end(&mut app, &effects[0], None, None);
    let entry = app.calls.newest_first().next().unwrap();
    assert_eq!(
        (entry.title.as_str(), &entry.outcome),
        ("create it", &Outcome::Done)
    );
    assert_eq!(app.want(&[Query::Apis]).len(), 1, "asked again");
    assert_eq!(app.toasts.current().unwrap().text, "done: create it");
}

#[test]
fn a_dangerous_operation_waits_for_the_users_word() {
    let mut app = local();
    let dangerous = || op("delete it").danger(Danger::Confirm("All of it.".to_owned()));
    assert!(propose(&mut app, dangerous()).is_empty());
    assert!(app.asking.is_some() && app.calls.is_empty());
    assert!(app.update(Message::Answer(Reaction::No)).is_empty());
    assert!(app.asking.is_none() && app.calls.is_empty());
    propose(&mut app, dangerous());
    assert_eq!(app.update(Message::Answer(Reaction::Yes)).len(), 1);
    assert!(
        app.update(Message::Answer(Reaction::Yes)).is_empty(),
        "once"
    );
}

#[test]
fn operations_proposed_together_are_asked_about_one_after_the_other() {
    let mut app = local();
    let ask = |title| op(title).danger(Danger::Confirm("Sure?".to_owned()));
    propose(&mut app, ask("first"));
    assert!(propose(&mut app, op("second")).is_empty(), "waits its turn");
    propose(&mut app, ask("third"));
    assert_eq!(app.update(Message::Answer(Reaction::Yes)).len(), 2);
    assert_eq!(app.asking.as_ref().unwrap().op.title, "third");
    propose(&mut app, op("fourth"));
    assert!(app.update(Message::Answer(Reaction::No)).is_empty());
    assert_eq!((app.calls.len(), app.asking.is_none()), (2, true));
}

#[test]
fn a_read_only_session_changes_nothing_until_unlocked() {
    let mut app = aws();
    assert!(propose(&mut app, op("create it")).is_empty());
    let toast = app.toasts.current().unwrap();
    assert_eq!(toast.level, Level::Failed);
    assert!(toast.text.contains("read-only") && toast.text.contains("create it"));
    app.update(Message::Unlock);
    assert_eq!(propose(&mut app, op("create it")).len(), 1);
    app.update(Message::Lock);
    assert!(propose(&mut app, op("create it")).is_empty());
}

#[test]
fn undo_says_what_it_does_and_does_it_once() {
    let mut app = local();
    app.update(Message::Undo);
    assert!(app.asking.is_none() && app.no_undo().is_some());
    let effects = propose(&mut app, op("rename"));
    end(&mut app, &effects[0], None, Some(op("rename back")));
    assert_eq!(app.undoable().unwrap().title, "rename back");
    app.update(Message::Undo);
    assert_eq!(app.asking.as_ref().unwrap().op.title, "rename back");
    app.update(Message::Answer(Reaction::No));
    assert!(app.undoable().is_some(), "still there");
    app.update(Message::Undo);
    let effects = app.update(Message::Answer(Reaction::Yes));
    end(&mut app, &effects[0], None, Some(op("rename")));
    assert!(app.undoable().is_none(), "an undo isn't itself undone");
    // What can't be undone closes the way back.
    let effects = propose(&mut app, op("rename"));
    end(&mut app, &effects[0], None, Some(op("rename back")));
    let effects = propose(&mut app, op("delete"));
    end(&mut app, &effects[0], None, None);
    assert!(app.undoable().is_none());
}

/// Proposes an operation and lets it end well, with this way back.
fn done(app: &mut App, title: &str, back: &str) {
    let effects = propose(app, op(title));
    end(app, &effects[0], None, Some(op(back)));
}

#[test]
fn undo_takes_back_what_it_said_and_leaves_the_rest() {
    let mut app = local();
    done(&mut app, "rename", "rename back");
    app.update(Message::Undo);
    let undo = app.update(Message::Answer(Reaction::Yes));
    // Something else ends first.
    done(&mut app, "describe", "describe back");
    end(&mut app, &undo[0], None, Some(op("rename")));
    assert_eq!(app.undoable().unwrap().title, "describe back");
}

#[test]
fn undo_waits_for_the_end_of_a_change_for_that_would_be_the_last() {
    let mut app = local();
    done(&mut app, "rename", "rename back");
    let change = propose(&mut app, op("describe"));
    app.update(Message::Undo);
    assert!(app.asking.is_none());
    let said = &app.toasts.current().unwrap().text;
    assert!(said.contains("under way"), "{said}");
    end(&mut app, &change[0], None, Some(op("describe back")));
    app.update(Message::Undo);
    assert_eq!(app.asking.as_ref().unwrap().op.title, "describe back");
}

#[test]
fn what_ended_unknown_or_half_done_closes_the_way_back() {
    let unknown = || Cause::Unknown("no answer".to_owned());
    for (cause, answers, closed) in [
        (unknown(), 0, true),
        (Cause::Cancelled, 1, true),
        (Cause::Cancelled, 0, false),
    ] {
        let mut app = local();
        done(&mut app, "rename", "rename back");
        let effects = propose(&mut app, op("delete"));
        end_after(&mut app, &effects[0], Some(cause.clone()), None, answers);
        assert_eq!(app.undoable().is_none(), closed, "{cause:?} {answers}");
    }
}

#[test]
fn the_region_is_that_of_the_clients() {
    let mut app = App::new(testing::somewhere(), clock());
    let commands = |app: &mut App| {
        propose(app, op("create it").danger(Danger::None));
        app.session.cli().region.clone()
    };
    assert_eq!(commands(&mut app), None);
    let region = Event::Region("eu-north-1".to_owned());
    app.update(Message::Aws(Box::new(region)));
    assert_eq!(commands(&mut app).as_deref(), Some("eu-north-1"));
    assert_eq!(app.session.region(), "eu-north-1");
}

#[test]
fn failures_are_told_and_kept_apart_from_the_unknown() {
    let mut app = local();
    let effects = propose(&mut app, op("delete"));
    end(&mut app, &effects[0], Some(Cause::Cancelled), None);
    let effects = propose(&mut app, op("deploy"));
    end(
        &mut app,
        &effects[0],
        Some(Cause::Unknown("no answer".to_owned())),
        None,
    );
    let outcomes: Vec<_> = app.calls.newest_first().map(|e| &e.outcome).collect();
    assert!(matches!(
        outcomes[..],
        [Outcome::Unknown(_), Outcome::Failed(_)]
    ));
    assert_eq!(app.toasts.current().unwrap().level, Level::Failed);
}

#[test]
fn reaching_a_backend_leaves_the_way_back_alone() {
    let mut app = local();
    let effects = propose(&mut app, op("rename"));
    end(&mut app, &effects[0], None, Some(op("rename back")));
    let mut test = op("test");
    test.kind = Kind::Reach { safe: true };
    let effects = propose(&mut app, test);
    end(&mut app, &effects[0], None, None);
    assert!(app.undoable().is_some());
}

#[test]
fn what_is_read_fills_session_and_selection() {
    let mut app = aws();
    let identity = Identity {
        account: "123456789012".to_owned(),
        role: "Operator".to_owned(),
        ..Identity::default()
    };
    answer(&mut app, &Query::Identity, &Reply::Identity(identity));
    assert_eq!(app.session.account.as_deref(), Some("123456789012"));
    assert_eq!(app.session.unlock_word(), "123456789012");
    let only = RestApi {
        id: "a1".to_owned(),
        name: "PetStore".to_owned(),
        ..RestApi::default()
    };
    answer(&mut app, &Query::Apis, &Reply::Apis(vec![only]));
    assert_eq!(app.selection.api.as_ref().unwrap().name, "PetStore");
    let stages = ["dev", "prod"].map(|name| Stage {
        stage_name: name.to_owned(),
        ..Stage::default()
    });
    let query = Query::Stages {
        api: "a1".to_owned(),
    };
    answer(&mut app, &query, &Reply::Stages(stages.to_vec()));
    assert_eq!(app.selection.stage.as_deref(), Some("dev"));
    app.update(Message::ChooseStage("prod".to_owned()));
    app.update(Message::ChooseMethod {
        path: "/pets".to_owned(),
        verb: "GET".to_owned(),
    });
    app.update(Message::ChooseApi(api("a2")));
    let expected = Selection {
        api: Some(api("a2")),
        ..Selection::default()
    };
    assert_eq!(app.selection, expected);
}

#[test]
fn a_file_of_keys_is_read_beside_the_loop_and_then_proposed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.csv");
    std::fs::write(&path, "name,key\nzoo,012345678901234567890").unwrap();
    let mut app = local();
    let import = |app: &mut App, path: std::path::PathBuf| {
        let effects = app.update(Message::ImportKeys(path));
        let [Effect::Work(task)] = effects.as_slice() else {
            panic!("{effects:?}");
        };
        assert!(app.calls.is_empty(), "nothing is read by the loop itself");
        app.update(Message::Finished(Box::new(task.clone().run(&clock()))))
    };
    assert!(import(&mut app, path).is_empty());
    assert_eq!(app.asking.as_ref().unwrap().op.title, "import keys");
    assert!(import(&mut app, folder.path().to_owned()).is_empty());
    let toast = app.toasts.current().unwrap();
    assert!(toast.text.contains("isn't a file"), "{toast:?}");
}

#[test]
fn copying_is_told() {
    let mut app = local();
    let effects = app.update(Message::Copy {
        what: "URL".to_owned(),
        text: "http://x".to_owned(),
    });
    assert_eq!(effects, [Effect::Copy("http://x".to_owned())]);
    assert_eq!(app.toasts.current().unwrap().text, "copied: URL");
}
