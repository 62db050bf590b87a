//! API Gateway as data, in AWS's JSON form.
//!
//! Every entity serialises to the members, names and omissions that the service's answers have, so that one type serves the
//! engine's answers, the engine's store and the console. Facts: `spec/rest/control-plane.md` §4 and the topic files it names.
//! Dates are epoch seconds, as the service sends them.

pub mod account;
pub mod client_certificate;
pub mod control_rate;
pub mod deployment;
pub mod difference;
pub mod documentation;
pub mod domain_name;
pub mod gateway_response;
pub mod integration;
pub mod key;
pub mod method;
pub mod parts;
pub mod patch;
pub mod path;
pub mod resource;
pub mod rest_api;
pub mod stage;
pub mod usage_plan;
pub mod vpc_link;

pub use account::Account;
pub use client_certificate::ClientCertificate;
pub use deployment::{Deployment, MethodSnapshot};
pub use documentation::{DocumentationLocation, DocumentationPart, DocumentationVersion};
pub use domain_name::{
    BasePathMapping, DomainName, DomainNameAccessAssociation, MutualTlsAuthentication,
};
pub use gateway_response::{GatewayResponse, GatewayResponseType};
pub use integration::{
    ContentHandling, Integration, IntegrationResponse, IntegrationType, PassthroughBehavior,
};
pub use key::{ApiKey, UsagePlanKey};
pub use method::{Method, MethodResponse};
pub use parts::{
    Authorizer, JwtAdditionalClaim, JwtConfiguration, JwtIssuer, Model, RequestValidator,
};
pub use path::{PathTemplate, RouteTree};
pub use resource::Resource;
pub use rest_api::{Definition, EndpointConfiguration, RestApi};
pub use stage::{AccessLogSettings, CanarySettings, MethodSetting, Stage};
pub use usage_plan::{ApiStage, QuotaPeriod, QuotaSettings, ThrottleSettings, UsagePlan};
pub use vpc_link::VpcLink;

/// A JSON object with members of one type, in the order in which they were given.
pub type Map<V> = indexmap::IndexMap<String, V>;

/// Seconds since 1970-01-01T00:00:00Z.
pub type EpochSeconds = i64;

/// The verbs a method may have, in the order in which the service lists them.
///
/// Source: `spec/rest/control-plane.md` §2, row `PutMethod` (recorded).
pub const VERBS: [&str; 8] = [
    "GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY",
];
