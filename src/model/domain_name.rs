//! Custom domain names, and which APIs answer under which of their base paths.

use serde::{Deserialize, Serialize};

use super::{EndpointConfiguration, EpochSeconds, Map};

/// A custom domain name, as `GetDomainName` answers it. Source: `spec/rest/domain-names.md` §3.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DomainName {
    /// `api.example.com`, or `*.example.com`.
    pub domain_name: String,
    /// What tells private ones of the same name apart; absent of public ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_name_id: Option<String>,
    /// Of a private one: `arn:aws:apigateway:{region}:{account}:/domainnames/{name}+{id}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_name_arn: Option<String>,
    /// A name for the certificate of an edge-optimized domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_name: Option<String>,
    /// The certificate of an edge-optimized domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_arn: Option<String>,
    /// When a certificate was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_upload_date: Option<EpochSeconds>,
    /// What a regional domain's DNS entry leads to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regional_domain_name: Option<String>,
    /// The zone of [`regional_domain_name`](Self::regional_domain_name).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regional_hosted_zone_id: Option<String>,
    /// A name for the certificate of a regional domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regional_certificate_name: Option<String>,
    /// The certificate of a regional domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regional_certificate_arn: Option<String>,
    /// What an edge-optimized domain's DNS entry leads to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distribution_domain_name: Option<String>,
    /// The zone of [`distribution_domain_name`](Self::distribution_domain_name).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distribution_hosted_zone_id: Option<String>,
    /// `EDGE` or `REGIONAL`, both while it moves from one to the other; or `PRIVATE`.
    pub endpoint_configuration: EndpointConfiguration,
    /// `AVAILABLE`: it is ready at once.
    pub domain_name_status: String,
    /// The oldest TLS that clients may speak.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_policy: Option<String>,
    /// `BASIC` or `STRICT`, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_access_mode: Option<String>,
    /// Whose certificates clients must have; absent unless they must have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutual_tls_authentication: Option<MutualTlsAuthentication>,
    /// Proves that its owner has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ownership_verification_certificate_arn: Option<String>,
    /// Of a private one: who may make access associations with it, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub management_policy: Option<String>,
    /// Of a private one: which VPC endpoints may invoke it, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// What decides which API answers: base path mappings, routing rules.
    pub routing_mode: String,
    /// Absent when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Map<String>>,
}

/// Whose certificates the clients of a domain must have. Source: `spec/rest/domain-names.md` §6.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MutualTlsAuthentication {
    /// `s3://bucket/key`.
    pub truststore_uri: String,
    /// The version of that object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truststore_version: Option<String>,
    /// What is wrong with single certificates of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub truststore_warnings: Vec<String>,
}

/// A VPC endpoint that a private custom domain name is reached through. Source: the service model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DomainNameAccessAssociation {
    /// `arn:aws:apigateway:{region}:{account}:/domainnameaccessassociations/domainname/{name}/vpcesource/{id}`.
    pub domain_name_access_association_arn: String,
    /// The domain.
    pub domain_name_arn: String,
    /// `VPCE`.
    pub access_association_source_type: String,
    /// The VPC endpoint's id.
    pub access_association_source: String,
    /// Absent when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Map<String>>,
}

/// Which API answers under a base path of a domain. Source: `spec/rest/domain-names.md` §4.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BasePathMapping {
    /// One segment, or `(none)`.
    pub base_path: String,
    /// The API.
    pub rest_api_id: String,
    /// Its stage; without one, clients name it as the next segment of the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
}

impl BasePathMapping {
    /// How the service writes that there is no base path, or no stage.
    pub const NONE: &'static str = "(none)";
}
