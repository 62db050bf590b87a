//! The local gateway: AWS's wire protocols on one port, and the APIs that they define, served.
//!
//! `server` owns the sockets and sorts requests; `wire` turns bytes into calls and back; `control` answers the services' operations;
//! `gateway` serves the deployed APIs; `telemetry` measures them; `store` keeps what must survive.

pub mod control;
pub mod gateway;
pub mod store;
pub mod telemetry;
pub mod wire;
