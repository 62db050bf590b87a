//! What the service remembers: entities in maps, each behind an `Arc`, so that a copy of a whole region costs a few pointers.
//!
//! A write works on such a copy, and readers keep theirs.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::client_certificates::HeldCertificate;
use super::domain_names::Domain;
use super::vpc_links::HeldLink;
use crate::engine::store::Row;
use crate::model::{
    Account, ApiKey, Authorizer, Definition, Deployment, DocumentationPart, DocumentationVersion,
    DomainNameAccessAssociation, GatewayResponse, GatewayResponseType, Model, RequestValidator,
    Resource, RestApi, Stage, UsagePlan,
};

/// All regions, by name.
pub(super) type State = BTreeMap<String, Region>;

/// Everything of one region. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Region {
    /// By id.
    pub(super) apis: Arc<BTreeMap<String, Arc<Api>>>,
    /// By id.
    pub(super) keys: Arc<BTreeMap<String, Listed<ApiKey>>>,
    /// By id.
    pub(super) plans: Arc<BTreeMap<String, Listed<UsagePlan>>>,
    /// Which keys are in which plans: (plan, key) → place in the order of adding.
    pub(super) members: Arc<BTreeMap<(String, String), u64>>,
    /// Custom domain names, by name.
    pub(super) domains: Arc<BTreeMap<String, Listed<Domain>>>,
    /// Access associations of private ones, by ARN.
    pub(super) associations: Arc<BTreeMap<String, Listed<DomainNameAccessAssociation>>>,
    pub(super) account: Arc<Account>,
    /// By id.
    pub(super) links: Arc<BTreeMap<String, Listed<HeldLink>>>,
    /// By id.
    pub(super) certificates: Arc<BTreeMap<String, Listed<HeldCertificate>>>,
    /// The next place in the order of creation.
    pub(super) next: u64,
}

/// An entity with its place in the order of creation, which lists follow: dates have only seconds.
#[derive(Debug)]
pub(super) struct Listed<E> {
    pub(super) place: u64,
    pub(super) entity: Arc<E>,
}

impl<E> Clone for Listed<E> {
    fn clone(&self) -> Self {
        Self {
            place: self.place,
            entity: Arc::clone(&self.entity),
        }
    }
}

/// An API with everything under it.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_field_names,
    reason = "the API's own settings are called RestApi everywhere"
)]
pub(super) struct Api {
    pub(super) place: u64,
    pub(super) rest_api: Arc<RestApi>,
    /// By id.
    pub(super) resources: BTreeMap<String, Arc<Resource>>,
    /// By name.
    pub(super) models: BTreeMap<String, Arc<Model>>,
    /// By id.
    pub(super) validators: BTreeMap<String, Arc<RequestValidator>>,
    /// By id.
    pub(super) authorizers: BTreeMap<String, Arc<Authorizer>>,
    /// By type's name; only those that were put.
    pub(super) gateway_responses: BTreeMap<String, Arc<GatewayResponse>>,
    /// By id.
    pub(super) deployments: BTreeMap<String, Arc<Deployed>>,
    /// By name.
    pub(super) stages: BTreeMap<String, Arc<Stage>>,
    /// By id.
    pub(super) documentation_parts: BTreeMap<String, Arc<Documented>>,
    /// By version.
    pub(super) documentation_versions: BTreeMap<String, Arc<Published>>,
}

/// A documentation part with its place in the order of creation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Documented {
    pub(super) place: u64,
    pub(super) part: DocumentationPart,
}

/// A documentation version with the parts that it froze, in their order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Published {
    pub(super) version: DocumentationVersion,
    pub(super) parts: Vec<DocumentationPart>,
}

/// A deployment with what it froze.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Deployed {
    pub(super) place: u64,
    pub(super) deployment: Deployment,
    #[serde(with = "shared")]
    pub(super) definition: Arc<Definition>,
}

/// An `Arc` written as what it holds.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::model::Definition;

    pub(super) fn serialize<S: Serializer>(
        definition: &Arc<Definition>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        definition.as_ref().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<Definition>, D::Error> {
        Definition::deserialize(deserializer).map(Arc::new)
    }
}

impl Api {
    pub(super) fn new(place: u64, rest_api: RestApi) -> Self {
        Self {
            place,
            rest_api: Arc::new(rest_api),
            resources: BTreeMap::new(),
            models: BTreeMap::new(),
            validators: BTreeMap::new(),
            authorizers: BTreeMap::new(),
            gateway_responses: BTreeMap::new(),
            deployments: BTreeMap::new(),
            stages: BTreeMap::new(),
            documentation_parts: BTreeMap::new(),
            documentation_versions: BTreeMap::new(),
        }
    }

    /// The API as it stands, which is what a deployment freezes.
    pub(super) fn definition(&self) -> Definition {
        fn copy<E: Clone>(map: &BTreeMap<String, Arc<E>>) -> BTreeMap<String, E> {
            map.iter()
                .map(|(key, entity)| (key.clone(), entity.as_ref().clone()))
                .collect()
        }
        Definition {
            rest_api: self.rest_api.as_ref().clone(),
            resources: copy(&self.resources),
            models: copy(&self.models),
            request_validators: copy(&self.validators),
            authorizers: copy(&self.authorizers),
            gateway_responses: self
                .gateway_responses
                .values()
                .map(|response| (response.response_type, response.as_ref().clone()))
                .collect(),
        }
    }

    pub(super) fn gateway_response(&self, of: GatewayResponseType) -> GatewayResponse {
        self.gateway_responses.get(of.name()).map_or_else(
            || GatewayResponse::default_of(of),
            |held| held.as_ref().clone(),
        )
    }
}

/// Something that belongs to an API and has a row of its own in the store.
pub(super) trait Part: Serialize + DeserializeOwned + Clone {
    /// The store's kind.
    const KIND: &'static str;
    /// Unique in its API.
    fn key(&self) -> String;
    fn map(api: &mut Api) -> &mut BTreeMap<String, Arc<Self>>;
}

macro_rules! parts {
    ($($entity:ty: $kind:literal, $map:ident, |$it:ident| $key:expr;)*) => {
        $(impl Part for $entity {
            const KIND: &'static str = $kind;
            fn key(&self) -> String {
                let $it = self;
                $key
            }
            fn map(api: &mut Api) -> &mut BTreeMap<String, Arc<Self>> {
                &mut api.$map
            }
        })*

        fn put_part(api: &mut Api, kind: &str, json: &str) -> Result<(), LoadError> {
            match kind {
                $($kind => {
                    let part: $entity = read(kind, json)?;
                    <$entity>::map(api).insert(part.key(), Arc::new(part));
                })*
                _ => {}
            }
            Ok(())
        }
    };
}

parts! {
    Resource: "resource", resources, |it| it.id.clone();
    Model: "model", models, |it| it.name.clone();
    RequestValidator: "validator", validators, |it| it.id.clone();
    Authorizer: "authorizer", authorizers, |it| it.id.clone();
    GatewayResponse: "gatewayresponse", gateway_responses, |it| it.response_type.name().to_owned();
    Deployed: "deployment", deployments, |it| it.deployment.id.clone();
    Stage: "stage", stages, |it| it.stage_name.clone();
    Documented: "documentationpart", documentation_parts, |it| it.part.id.clone();
    Published: "documentationversion", documentation_versions, |it| it.version.version.clone();
}

/// The store's form of an entity that lists show in the order of creation.
#[derive(Serialize, Deserialize)]
pub(super) struct Placed<E> {
    pub(super) place: u64,
    pub(super) entity: E,
}

/// A row of the store that can't be understood.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Its JSON doesn't fit the kind.
    #[error("a row of the kind {kind} in the store can't be read: {source}")]
    Json {
        /// The row's kind.
        kind: String,
        /// Why not.
        source: serde_json::Error,
    },
    /// It belongs to an API that isn't there.
    #[error("the {kind} {key} in the store belongs to no API")]
    Orphan {
        /// The row's kind.
        kind: String,
        /// The row's key.
        key: String,
    },
}

fn read<E: DeserializeOwned>(kind: &str, json: &str) -> Result<E, LoadError> {
    serde_json::from_str(json).map_err(|source| LoadError::Json {
        kind: kind.to_owned(),
        source,
    })
}

/// The kinds of rows that this service owns, besides those of [`Part`].
pub(super) mod kind {
    pub(in super::super) const API: &str = "api";
    pub(in super::super) const API_KEY: &str = "apikey";
    pub(in super::super) const USAGE_PLAN: &str = "usageplan";
    pub(in super::super) const USAGE_PLAN_KEY: &str = "usageplankey";
    pub(in super::super) const DOMAIN_NAME: &str = "domainname";
    pub(in super::super) const ACCESS_ASSOCIATION: &str = "domainnameaccessassociation";
    pub(in super::super) const ACCOUNT: &str = "account";
    pub(in super::super) const VPC_LINK: &str = "vpclink";
    pub(in super::super) const CLIENT_CERTIFICATE: &str = "clientcertificate";
}

/// Puts the state together from the store's rows; rows of other kinds than this service's are the caller's to sort out before.
pub(super) fn load<'r>(rows: impl Iterator<Item = &'r Row> + Clone) -> Result<State, LoadError> {
    let mut state = State::new();
    // APIs first: the rows of their parts come in any order.
    let is_api = |row: &&Row| row.kind == kind::API;
    for row in rows.clone().filter(is_api) {
        let placed: Placed<RestApi> = read(&row.kind, &row.value)?;
        let region = state.entry(row.region.clone()).or_default();
        region.next = region.next.max(placed.place + 1);
        Arc::make_mut(&mut region.apis).insert(
            row.key.clone(),
            Arc::new(Api::new(placed.place, placed.entity)),
        );
    }
    for row in rows.filter(|row| !is_api(row)) {
        let region = state.entry(row.region.clone()).or_default();
        load_row(region, row)?;
    }
    for region in state.values_mut() {
        settle_caches(region);
        let places = region.apis.values().flat_map(|api| {
            let deployments = api.deployments.values().map(|deployed| deployed.place);
            let parts = api.documentation_parts.values().map(|part| part.place);
            deployments.chain(parts)
        });
        let newest = places.max();
        region.next = region.next.max(newest.map_or(0, |place| place + 1));
    }
    Ok(state)
}

/// A cache that was on its way is there, or gone, when the gateway starts again.
fn settle_caches(region: &mut Region) {
    for api in Arc::make_mut(&mut region.apis).values_mut() {
        for stage in Arc::make_mut(api).stages.values_mut() {
            let stage = Arc::make_mut(stage);
            let status = if stage.cache_cluster_enabled {
                "AVAILABLE"
            } else {
                "NOT_AVAILABLE"
            };
            status.clone_into(&mut stage.cache_cluster_status);
        }
    }
}

fn load_row(region: &mut Region, row: &Row) -> Result<(), LoadError> {
    fn placed<E: DeserializeOwned>(
        map: &mut Arc<BTreeMap<String, Listed<E>>>,
        row: &Row,
    ) -> Result<u64, LoadError> {
        let Placed { place, entity } = read(&row.kind, &row.value)?;
        let entity = Arc::new(entity);
        Arc::make_mut(map).insert(row.key.clone(), Listed { place, entity });
        Ok(place)
    }
    let orphan = || LoadError::Orphan {
        kind: row.kind.clone(),
        key: row.key.clone(),
    };
    let place = match row.kind.as_str() {
        kind::API_KEY => placed(&mut region.keys, row)?,
        kind::USAGE_PLAN => placed(&mut region.plans, row)?,
        kind::DOMAIN_NAME => placed(&mut region.domains, row)?,
        kind::ACCESS_ASSOCIATION => placed(&mut region.associations, row)?,
        kind::VPC_LINK => placed(&mut region.links, row)?,
        kind::CLIENT_CERTIFICATE => placed(&mut region.certificates, row)?,
        kind::USAGE_PLAN_KEY => {
            let place: u64 = read(&row.kind, &row.value)?;
            let (plan, key) = row.key.split_once('/').ok_or_else(orphan)?;
            Arc::make_mut(&mut region.members).insert((plan.to_owned(), key.to_owned()), place);
            place
        }
        kind::ACCOUNT => {
            region.account = Arc::new(read(&row.kind, &row.value)?);
            return Ok(());
        }
        _ => {
            let (id, _) = row.key.split_once('/').ok_or_else(orphan)?;
            let api = Arc::make_mut(&mut region.apis)
                .get_mut(id)
                .ok_or_else(orphan)?;
            let api = Arc::make_mut(api);
            return put_part(api, &row.kind, &row.value);
        }
    };
    region.next = region.next.max(place + 1);
    Ok(())
}
