//! How often AWS lets an account call.

use crate::model::control_rate;
pub use crate::model::control_rate::{Rate, operation as operation_rate};

/// A service with a quota of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// API Gateway's control plane: 10 calls a second over all operations, 40 at once.
    ApiGateway,
    /// CloudWatch.
    CloudWatch,
    /// STS: asked once a session.
    Sts,
    /// The bundled gateway's extension: never paced.
    Extension,
}

impl Service {
    /// The rate over all operations of the service.
    #[must_use]
    pub const fn rate(self) -> Option<Rate> {
        match self {
            Self::ApiGateway => Some(control_rate::SERVICE),
            // ListMetrics has 25 a second and GetMetricData 50 ("CloudWatch service quotas"); others use them too.
            Self::CloudWatch => Some(Rate::new(20.0, 10.0)),
            Self::Sts | Self::Extension => None,
        }
    }
}
