//! The one gate through which every operation goes.

use super::session::Session;
use crate::aws::{Danger, Kind, Op, is_production};

/// What the gate says of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not in this session, and why.
    Refused(String),
    /// Only when the user confirms.
    Ask(Danger),
    /// It may run.
    Go,
}

/// Judges an operation before anything is sent.
///
/// A read-only session refuses changes, and requests to backends whose verb may change something. On AWS every request to a backend and
/// every change to a production stage is asked about, and so is showing a secret. What an operation says of its own danger is asked
/// everywhere.
#[must_use]
pub fn judge(op: &Op, session: &Session) -> Verdict {
    if session.read_only {
        match op.kind {
            Kind::Change => {
                return Verdict::Refused(format!(
                    "this session is read-only: ⟨global.write⟩ allows changes. Not done: {}",
                    op.title
                ));
            }
            Kind::Reach { safe: false } => {
                return Verdict::Refused(format!(
                    "this session is read-only, and this request may change something in the backend: ⟨global.write⟩ allows it. Not sent: {}",
                    op.title
                ));
            }
            Kind::Reach { safe: true } | Kind::Reveal => {}
        }
    }
    if op.danger != Danger::None {
        return Verdict::Ask(op.danger.clone());
    }
    if !session.is_aws() {
        return Verdict::Go;
    }
    let production = op.target.stage.as_deref().is_some_and(is_production);
    match op.kind {
        Kind::Change if production => Verdict::Ask(Danger::Confirm(
            "This changes a production stage.".to_owned(),
        )),
        Kind::Change => Verdict::Go,
        Kind::Reach { .. } => Verdict::Ask(Danger::Confirm(
            "This sends a request to the real backend.".to_owned(),
        )),
        Kind::Reveal => Verdict::Ask(Danger::Confirm(
            "This shows a secret on the screen.".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Api, Place};
    use crate::console::app::session::testing;

    fn op(kind: Kind, danger: Danger, stage: &str) -> Op {
        let api = Api {
            id: "a1".to_owned(),
            name: "PetStore".to_owned(),
        };
        let mut op = Op::change("do it", Place::stage(&api, stage), Vec::new()).danger(danger);
        op.kind = kind;
        op
    }

    #[test]
    fn each_kind_of_operation_is_judged_by_where_it_runs() {
        let confirm = || Danger::Confirm("sure?".to_owned());
        let (local, read_only, aws) = (testing::local(), testing::aws(false), testing::aws(true));
        let table = [
            (&local, Kind::Change, Danger::None, "prod", "go"),
            (&local, Kind::Change, confirm(), "dev", "ask"),
            (
                &local,
                Kind::Reach { safe: false },
                Danger::None,
                "dev",
                "go",
            ),
            (&local, Kind::Reveal, Danger::None, "dev", "go"),
            (&read_only, Kind::Change, Danger::None, "dev", "refused"),
            (&read_only, Kind::Change, confirm(), "dev", "refused"),
            (
                &read_only,
                Kind::Reach { safe: true },
                Danger::None,
                "dev",
                "ask",
            ),
            (
                &read_only,
                Kind::Reach { safe: false },
                Danger::None,
                "dev",
                "refused",
            ),
            (&read_only, Kind::Reveal, Danger::None, "dev", "ask"),
            (&aws, Kind::Change, Danger::None, "dev", "go"),
            (&aws, Kind::Change, Danger::None, "prod", "ask"),
            (&aws, Kind::Reach { safe: true }, Danger::None, "dev", "ask"),
        ];
        for (session, kind, danger, stage, expected) in table {
            let verdict = match judge(&op(kind, danger.clone(), stage), session) {
                Verdict::Refused(_) => "refused",
                Verdict::Ask(_) => "ask",
                Verdict::Go => "go",
            };
            assert_eq!(
                verdict,
                expected,
                "{kind:?} {danger:?} on {stage} of {}",
                session.name()
            );
        }
    }
}
