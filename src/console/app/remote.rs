//! What is known of something that lives elsewhere.

use std::time::Duration;

use crate::aws::Error;

/// The state of an answer. A last good value is kept and shown with its age while a newer one is fetched, and after a failure.
#[derive(Clone, Debug, PartialEq)]
pub enum Remote<T> {
    /// Never asked for.
    Never,
    /// Asked for the first time; since when, in the clock's monotonic time.
    Loading {
        /// When it was asked for.
        since: Duration,
    },
    /// Here.
    Loaded {
        /// The value.
        value: T,
        /// When it came, in the clock's monotonic time.
        at: Duration,
        /// A newer one is being fetched.
        refreshing: bool,
    },
    /// The newest try failed.
    Failed {
        /// Why.
        error: Error,
        /// When, in the clock's monotonic time.
        at: Duration,
        /// The last good value and when it came.
        last: Option<(T, Duration)>,
        /// Another try is under way.
        refreshing: bool,
    },
}

impl<T> Remote<T> {
    /// The newest good value, however old.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Loaded { value, .. }
            | Self::Failed {
                last: Some((value, _)),
                ..
            } => Some(value),
            _ => None,
        }
    }

    /// When the newest good value came.
    #[must_use]
    pub fn at(&self) -> Option<Duration> {
        match self {
            Self::Loaded { at, .. }
            | Self::Failed {
                last: Some((_, at)),
                ..
            } => Some(*at),
            _ => None,
        }
    }

    /// Why the newest try failed, if it did.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Failed { error, .. } => Some(error),
            _ => None,
        }
    }

    /// Whether an answer is on its way.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        matches!(
            self,
            Self::Loading { .. }
                | Self::Loaded {
                    refreshing: true,
                    ..
                }
                | Self::Failed {
                    refreshing: true,
                    ..
                }
        )
    }

    /// The same state of a part of the value, or of another view of it; `None` where the value isn't of that kind.
    pub fn view<'a, U>(&'a self, view: impl Fn(&'a T) -> Option<U>) -> Remote<U> {
        match self {
            Self::Never => Remote::Never,
            Self::Loading { since } => Remote::Loading { since: *since },
            Self::Loaded {
                value,
                at,
                refreshing,
            } => match view(value) {
                Some(value) => Remote::Loaded {
                    value,
                    at: *at,
                    refreshing: *refreshing,
                },
                None => Remote::Never,
            },
            Self::Failed {
                error,
                at,
                last,
                refreshing,
            } => Remote::Failed {
                error: error.clone(),
                at: *at,
                last: last
                    .as_ref()
                    .and_then(|(value, at)| Some((view(value)?, *at))),
                refreshing: *refreshing,
            },
        }
    }
}
