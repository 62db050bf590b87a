//! The console's side of AWS: where we are talking to, reads, writes as values, pacing. SDK types stay in here.
//!
//! * [`session`]: local gateway, another endpoint or AWS; credentials, region, clients.
//! * [`query`], [`reply`]: what can be asked, and the plain answers.
//! * [`op`], [`ops`]: writes as values, a file per family; [`call`]: the calls they are made of; [`cli`]: the same as text.
//! * [`exec`]: [`Aws`], which takes queries and operations and sends [`Event`]s; `read` answers queries, `pacer` lets calls go when
//!   [`scheduler`] says so, which knows AWS's [`limits`].
//! * [`documents`]: OpenAPI documents in and out, for the command line.
//! * [`error`]: what went wrong, in words.

pub mod call;
pub mod cli;
pub(crate) mod convert;
pub mod documents;
pub mod error;
pub mod event;
pub mod exec;
pub(crate) mod failure;
pub mod limits;
pub mod op;
pub mod ops;
pub(crate) mod pacer;
pub mod patch;
pub mod query;
pub(crate) mod read;
pub mod reply;
pub mod scheduler;
pub mod session;
#[cfg(test)]
mod tests;

pub use call::{Answer, Call, Id};
pub use cli::{Cli, Secrets};
pub use documents::{Documents, Export, Imported};
pub use error::{Cause, Error, Refusal};
pub use event::{Event, OpDone, Queue, Spent};
pub use exec::Aws;
pub use op::{Api, Danger, Inverse, Kind, Op, OpId, Place, is_production};
pub use patch::Patch;
pub use query::{Metric, MetricsQuery, Query, Series, Stat};
pub use reply::{
    Changes, Figures, Identity, Line, MethodFigures, Metrics, PeriodFigures, Reply, Secret,
    StageFigures, TestResult, Times, Usage,
};
pub use session::{Session, Signer, Target, TargetError};
