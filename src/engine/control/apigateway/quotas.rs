//! The quotas of an account, as AWS has them unless a file says otherwise.
//!
//! Source: `spec/rest/resources-methods.md` §5, where each figure stands. The texts follow those of resources and of APIs, which are widely
//! quoted from AWS, their two blanks included; those of other things are not known.

use serde::Deserialize;

use super::error::limit_exceeded;
use crate::engine::wire::ServiceError;

/// How many of each there may be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Quotas {
    /// Edge-optimized APIs in a region.
    pub edge_apis: usize,
    /// Regional APIs in a region.
    pub regional_apis: usize,
    /// Private APIs in a region.
    pub private_apis: usize,
    /// Resources of an API, its root included.
    pub resources_per_api: usize,
    /// Stages of an API.
    pub stages_per_api: usize,
    /// Authorizers of an API.
    pub authorizers_per_api: usize,
    /// Request validators of an API: twenty, as users report; no page of AWS's says so.
    pub request_validators_per_api: usize,
    /// Documentation parts of an API.
    pub documentation_parts_per_api: usize,
    /// API keys in a region.
    pub api_keys: usize,
    /// Usage plans in a region.
    pub usage_plans: usize,
    /// Usage plans that one API key is in.
    pub usage_plans_per_api_key: usize,
    /// Client certificates in a region.
    pub client_certificates: usize,
    /// VPC links in a region.
    pub vpc_links: usize,
    /// Custom domain names in a region.
    pub domain_names: usize,
    /// Access associations of private custom domain names in a region.
    pub domain_name_access_associations: usize,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            edge_apis: 120,
            regional_apis: 600,
            private_apis: 600,
            resources_per_api: 300,
            stages_per_api: 10,
            authorizers_per_api: 10,
            request_validators_per_api: 20,
            documentation_parts_per_api: 2000,
            api_keys: 10_000,
            usage_plans: 300,
            usage_plans_per_api_key: 10,
            client_certificates: 60,
            vpc_links: 20,
            domain_names: 120,
            domain_name_access_associations: 100,
        }
    }
}

impl Quotas {
    /// Reads a file of quotas, YAML or JSON: a number for each that differs from AWS's.
    ///
    /// # Errors
    /// What is wrong with the text, and where.
    pub fn read(text: &str) -> Result<Self, String> {
        serde_saphyr::from_str(text).map_err(|error| error.to_string())
    }
}

/// Refuses one more of what there are `held` of when there may be `most`, in the account or `of` one thing.
pub(super) fn check(
    held: usize,
    most: usize,
    what: &str,
    of: Option<&str>,
) -> Result<(), ServiceError> {
    if held < most {
        return Ok(());
    }
    Err(limit_exceeded(&reached(what, of)))
}

/// The service's text for a quota that is reached.
pub(super) fn reached(what: &str, of: Option<&str>) -> String {
    let of = of.map(|of| format!(" for this {of}")).unwrap_or_default();
    format!(
        "Maximum number of {what}{of} has been reached.  Please contact AWS if you need additional {what}."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_what_differs() {
        let read = Quotas::read("resourcesPerApi: 500\nvpcLinks: 0\n").unwrap();
        assert_eq!((read.resources_per_api, read.vpc_links), (500, 0));
        assert_eq!(read.stages_per_api, Quotas::default().stages_per_api);
        assert_eq!(
            Quotas::read(r#"{"stagesPerApi": 11}"#)
                .unwrap()
                .stages_per_api,
            11
        );
        for (text, names) in [
            ("resource: 1", "resource"),
            ("vpcLinks: many", "many"),
            ("vpcLinks: -1", "-1"),
        ] {
            let error = Quotas::read(text).unwrap_err();
            assert!(error.contains(names) || error.contains("line 1"), "{error}");
        }
    }
}
