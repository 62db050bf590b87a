//! Logs of requests, in AWS's words: renderings of their records.

pub(crate) mod access;
pub(crate) mod execution;
pub(crate) mod mask;
