//! API Gateway as data.
