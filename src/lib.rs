//! Sluice: a terminal console for Amazon API Gateway with a gateway in the box.
//!
//! The map. A directory is a layer or a library, a file is one thing in it:
//!
//! * [`base`]: clock, chance, identifiers; the only place that asks the machine for time or randomness.
//! * [`model`]: API Gateway as data, in AWS's JSON form: entities, patch operations, difference, path matching.
//! * [`openapi`]: Swagger 2.0 and OpenAPI 3 with API Gateway's extensions, to and from the model.
//! * [`java`], [`jsonpath`], [`vtl`]: mapping templates, from the values of the JVM up to `$input` and `$util`.
//! * [`iam`]: policy documents and their evaluation; Signature V4.
//! * `engine` (feature `gateway`): the local gateway. `wire` speaks AWS's protocols, `control` answers AWS's services, `gateway`
//!   serves requests, `telemetry` measures them, `store` keeps what must survive.
//! * `aws` (feature `console`): the console's side of AWS: session, calls, pacing, operations. SDK types stay in here.
//! * `console` (feature `console`): `app` is state and update without a terminal, `ui` draws it, `term` owns the terminal.
//! * `demo` (both features): the sample API, its backend, its traffic.
//! * [`cli`]: a file per subcommand; the only module that starts engine, console and demo.
//!
//! Dependencies run one way, and `tests/layers.rs` enforces it: `console` → `aws`, `vtl`, `openapi`, `iam`, `model`, never `engine`;
//! `engine` → `model`, `openapi`, `vtl`, `jsonpath`, `java`, `iam`; `vtl` → `jsonpath`, `java`; `jsonpath` → `java`; `aws` → `model`;
//! `openapi` → `model`; `demo` → `aws`, `model`;
//! `java`, `iam`, `model` and `base` use nothing of ours, except that everything above the libraries may use `base`.
//! The console reaches the engine only as it reaches AWS: through the SDK, at an endpoint.

#[cfg(feature = "console")]
pub mod aws;
pub mod base;
pub mod cli;
#[cfg(feature = "console")]
pub mod console;
#[cfg(all(feature = "console", feature = "gateway"))]
pub mod demo;
#[cfg(feature = "gateway")]
pub mod engine;
pub mod iam;
pub mod java;
pub mod jsonpath;
pub mod model;
pub mod openapi;
pub mod vtl;
