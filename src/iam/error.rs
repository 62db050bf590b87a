//! Why a policy document isn't one.

/// What is wrong with a policy document, and where, in words for its author.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct PolicyError {
    /// `statement 2`, `the document`.
    pub place: String,
    /// What is wrong there.
    pub problem: String,
}

/// What is wrong, before it is known where.
pub(super) type Problem = String;

impl PolicyError {
    pub(super) fn document(problem: impl Into<String>) -> Self {
        Self {
            place: "the document".to_owned(),
            problem: problem.into(),
        }
    }

    /// `at` counts from 0.
    pub(super) fn statement(at: usize, problem: Problem) -> Self {
        Self {
            place: format!("statement {}", at + 1),
            problem,
        }
    }
}
