//! Logs of requests, in AWS's words: renderings of their records.

#[allow(
    dead_code,
    reason = "the log of a stage is written once it has somewhere to go"
)]
pub(crate) mod execution;
mod mask;
