//! The AWS services that the engine answers: a folder each, a file per resource family.

pub mod apigateway;
pub mod cloudwatch;
