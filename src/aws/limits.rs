//! How often AWS lets an account call. Source: `spec/rest/resources-methods.md` §5, "Control-plane rate limits".

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

/// How many calls may come at once, and how many a second after that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Calls at once.
    pub burst: f64,
    /// Calls a second.
    pub per_second: f64,
}

impl Rate {
    const fn new(burst: f64, per_second: f64) -> Self {
        Self { burst, per_second }
    }

    /// One call in so many seconds.
    const fn every(seconds: f64) -> Self {
        Self::new(1.0, 1.0 / seconds)
    }
}

impl Service {
    /// The rate over all operations of the service.
    #[must_use]
    pub const fn rate(self) -> Option<Rate> {
        match self {
            Self::ApiGateway => Some(Rate::new(40.0, 10.0)),
            // ListMetrics has 25 a second and GetMetricData 50 ("CloudWatch service quotas"); others use them too.
            Self::CloudWatch => Some(Rate::new(20.0, 10.0)),
            Self::Sts | Self::Extension => None,
        }
    }
}

/// The rate of one operation, if it has its own besides the service's.
#[must_use]
pub fn operation_rate(operation: &str) -> Option<Rate> {
    Some(match operation {
        "CreateApiKey" | "DeleteApiKey" | "CreateResource" | "DeleteResource" => {
            Rate::new(5.0, 5.0)
        }
        "CreateDeployment" => Rate::every(5.0),
        // Regional; an edge API has one in 30 seconds, which the service's own 429 then says (both rates are unverified).
        "CreateRestApi" | "ImportRestApi" => Rate::every(3.0),
        "GetResources" => Rate::new(5.0, 2.5),
        "PutRestApi" => Rate::every(1.0),
        "CreateDocumentationVersion" | "UpdateAccount" | "UpdateUsagePlan" => Rate::every(20.0),
        "CreateDomainName"
        | "DeleteDomainName"
        | "UpdateDomainName"
        | "DeleteRestApi"
        | "ImportDocumentationParts" => Rate::every(30.0),
        _ => return None,
    })
}
