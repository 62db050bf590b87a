//! How often AWS lets an account call API Gateway's control plane. Source: `spec/rest/resources-methods.md` §5, "Control-plane rate
//! limits". The console keeps to these; the gateway enforces them on request.

/// How many calls may come at once, and how many a second after that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Calls at once.
    pub burst: f64,
    /// Calls a second.
    pub per_second: f64,
}

impl Rate {
    /// So many at once, so many a second after that.
    #[must_use]
    pub const fn new(burst: f64, per_second: f64) -> Self {
        Self { burst, per_second }
    }

    /// One call in so many seconds.
    #[must_use]
    pub const fn every(seconds: f64) -> Self {
        Self::new(1.0, 1.0 / seconds)
    }
}

/// All operations together.
pub const SERVICE: Rate = Rate::new(40.0, 10.0);

/// Creating an edge-optimized API, which is rarer than what [`operation`] has for the others (unverified).
pub const CREATE_EDGE_API: Rate = Rate::every(30.0);

/// The rate of one operation, if it has its own besides the service's.
#[must_use]
pub fn operation(name: &str) -> Option<Rate> {
    Some(match name {
        "CreateApiKey" | "DeleteApiKey" | "CreateResource" | "DeleteResource" => {
            Rate::new(5.0, 5.0)
        }
        "CreateDeployment" => Rate::every(5.0),
        // Regional and private APIs (unverified).
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
