//! A REST API and everything that belongs to its definition.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Authorizer, EpochSeconds, GatewayResponse, GatewayResponseType, Map, Method, Model,
    RequestValidator, Resource,
};

/// The API itself, as `GetRestApi` answers it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RestApi {
    /// Ten lower-case letters and digits.
    pub id: String,
    /// Not unique.
    pub name: String,
    /// Never empty: the service refuses an empty description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was created.
    pub created_date: EpochSeconds,
    /// The version named by an imported definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What an import complained of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Media types that are passed as bytes; wildcards allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub binary_media_types: Vec<String>,
    /// Bytes from which answers are compressed; absent turns compression off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_compression_size: Option<i64>,
    /// `HEADER` or `AUTHORIZER`: where the API key of a request comes from.
    pub api_key_source: String,
    /// Edge, regional or private.
    pub endpoint_configuration: EndpointConfiguration,
    /// The resource policy, as JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Absent where the service leaves tags out (create, lists).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Map<String>>,
    /// Whether the `execute-api` address is off and only custom domains serve.
    pub disable_execute_api_endpoint: bool,
    /// The id of the resource `/`.
    pub root_resource_id: String,
    /// The TLS policy of the endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_policy: Option<String>,
    /// `BASIC` or `STRICT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_access_mode: Option<String>,
}

/// What kind of endpoint serves the API.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EndpointConfiguration {
    /// One of `EDGE`, `REGIONAL`, `PRIVATE`.
    pub types: Vec<String>,
    /// `ipv4` or `dualstack`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_address_type: Option<String>,
    /// The VPC endpoints through which a private API is reached.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vpc_endpoint_ids: Vec<String>,
}

/// Everything that `CreateDeployment` freezes: the API-level settings and all its parts.
///
/// Source: `spec/rest/deployments-stages-canary.md` §1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Definition {
    /// API-level settings: binary media types, compression, API key source, policy.
    pub rest_api: RestApi,
    /// By resource id.
    pub resources: BTreeMap<String, Resource>,
    /// By model name, which is how the service sorts them.
    pub models: BTreeMap<String, Model>,
    /// By validator id.
    pub request_validators: BTreeMap<String, RequestValidator>,
    /// By authorizer id.
    pub authorizers: BTreeMap<String, Authorizer>,
    /// Only those that were put; the others have the service's defaults.
    pub gateway_responses: BTreeMap<GatewayResponseType, GatewayResponse>,
}

impl Definition {
    /// The resource at exactly this path template, `/pets/{petId}`.
    #[must_use]
    pub fn resource_at(&self, path: &str) -> Option<&Resource> {
        self.resources.values().find(|r| r.path == path)
    }

    /// The methods of all resources, with their resource, sorted by path and then verb.
    #[must_use]
    pub fn methods(&self) -> Vec<(&Resource, &Method)> {
        let mut all: Vec<_> = self
            .resources
            .values()
            .flat_map(|r| r.resource_methods.values().map(move |m| (r, m)))
            .collect();
        all.sort_by(|a, b| (&a.0.path, &a.1.http_method).cmp(&(&b.0.path, &b.1.http_method)));
        all
    }

    /// Recomputes the path of every resource from its parent and path part, after a rename or a move.
    pub fn recompute_paths(&mut self) {
        let paths: Vec<(String, String)> = self
            .resources
            .keys()
            .map(|id| (id.clone(), self.path_of(id)))
            .collect();
        for (id, path) in paths {
            if let Some(resource) = self.resources.get_mut(&id) {
                resource.path = path;
            }
        }
    }

    /// The ids of a resource and of everything below it.
    #[must_use]
    pub fn subtree(&self, id: &str) -> Vec<String> {
        let mut found = vec![id.to_owned()];
        let mut at = 0;
        while at < found.len() {
            let children = self
                .resources
                .values()
                .filter(|r| r.parent_id.as_deref() == Some(&found[at]))
                .map(|r| r.id.clone());
            let children: Vec<String> = children.collect();
            found.extend(children);
            at += 1;
        }
        found
    }

    fn path_of(&self, id: &str) -> String {
        let mut parts = Vec::new();
        let mut at = self.resources.get(id);
        // A tree that a broken store closed into a ring must not hang us.
        while let (Some(resource), true) = (at, parts.len() <= self.resources.len()) {
            if let Some(part) = &resource.path_part {
                parts.push(part.as_str());
            }
            at = resource
                .parent_id
                .as_deref()
                .and_then(|parent| self.resources.get(parent));
        }
        if parts.is_empty() {
            return "/".to_owned();
        }
        parts.reverse();
        format!("/{}", parts.join("/"))
    }
}
