//! Amazon API Gateway's management of REST APIs, version 2015-07-09: a file per family of operations.
//!
//! A write works on a copy of its region (`txn`), is written to the store in one transaction, then becomes what everybody reads, and
//! is then published to the gateway. Until all of that is done nobody is answered; if the store refuses, nothing happened.
//! Writes run one after the other; reads never wait for them.

mod access_associations;
mod account;
mod api_key_file;
mod api_keys;
mod authorizers;
mod base_path_mappings;
mod client_certificates;
mod deployments;
mod documentation_parts;
mod documentation_versions;
mod domain_names;
mod error;
mod exports;
mod gateway_responses;
mod hosted_zones;
mod imports;
mod integration_responses;
mod integrations;
mod mapping;
mod method_responses;
mod methods;
mod model_template;
mod models;
mod page;
mod quotas;
mod rates;
mod request_validators;
mod resource_policy;
mod resources;
mod rest_apis;
mod sdk;
mod stages;
mod state;
mod state_file;
mod tags;
mod test_invoke;
#[cfg(test)]
mod tests;
mod truststores;
mod txn;
mod usage;
mod usage_plan_keys;
mod usage_plans;
mod vpc_links;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use serde_json::Value;
use tokio::sync::Mutex as AsyncMutex;

pub use quotas::Quotas;
pub use state::LoadError;
pub use state_file::Imported;
pub use truststores::Truststores;

use self::domain_names::Domain;
use self::rates::Rates;
use self::state::{Api, Part, Region, State, kind};
use self::txn::Txn;
use crate::base::{Chance, Clock, Ids};
use crate::engine::gateway::{DomainSettings, Gateway, KeyChange, PrivateDomain, TestInvokeError};
use crate::engine::store::{Change, Row, Store};
use crate::engine::wire::{Input, Operation, Output, ServiceError};
use crate::model::{Definition, Stage, UsagePlan};

/// What an operation answers: an object by wire names, or null.
type Answer = Result<Value, ServiceError>;

/// What the service works with.
#[derive(Debug)]
pub struct Deps {
    /// For dates.
    pub clock: Clock,
    /// For new entities.
    pub ids: Arc<Ids>,
    /// For the ids of test requests.
    pub chance: Chance,
    /// Twelve digits.
    pub account: String,
    /// How many of each there may be.
    pub quotas: Quotas,
    /// Which files stand for the truststores of mutual TLS.
    pub truststores: Truststores,
    /// Whether the control plane's rate limits are enforced.
    pub enforce_rates: bool,
    /// Where the gateway listens, which generated SDKs call: `http://127.0.0.1:4566`.
    pub endpoint: String,
    /// Where writes go before they are acknowledged.
    pub store: Arc<Store>,
    /// What serves the deployed APIs.
    pub gateway: Arc<Gateway>,
}

/// The service, with the state of all regions.
#[derive(Debug)]
pub struct ApiGateway {
    deps: Deps,
    state: ArcSwap<State>,
    /// Held by the one write that runs.
    writing: AsyncMutex<()>,
    /// What may be called how often, when that is enforced.
    rates: Option<Rates>,
    /// Gives each test request its own generator.
    testing: Mutex<Chance>,
}

/// The kinds of rows in the store that belong to this service.
const KINDS: &[&str] = &[
    kind::API,
    kind::API_KEY,
    kind::USAGE_PLAN,
    kind::USAGE_PLAN_KEY,
    kind::DOMAIN_NAME,
    kind::ACCESS_ASSOCIATION,
    kind::ACCOUNT,
    kind::VPC_LINK,
    kind::CLIENT_CERTIFICATE,
    crate::model::Resource::KIND,
    crate::model::Model::KIND,
    crate::model::RequestValidator::KIND,
    crate::model::Authorizer::KIND,
    crate::model::GatewayResponse::KIND,
    state::Deployed::KIND,
    Stage::KIND,
    state::Documented::KIND,
    state::Published::KIND,
];

/// The kind of the rows that hold counts of usage. They are restored into the gateway, not here.
pub const USAGE: &str = "usage";

/// How an operation runs.
enum Run {
    Read(fn(&Txn<'_>, &Input) -> Answer),
    Write(fn(&mut Txn<'_>, &Input) -> Answer),
    UpdateUsage,
    /// Answers a document as it is.
    Document(fn(&Txn<'_>, &Input) -> Result<Output, ServiceError>),
    TestInvoke,
    TestAuthorizer,
}

#[allow(clippy::too_many_lines, reason = "a table, a line per operation")]
fn run_of(operation: &str) -> Option<Run> {
    use Run::{Read, Write};
    Some(match operation {
        "CreateApiKey" => Write(api_keys::create),
        "CreateAuthorizer" => Write(authorizers::create),
        "CreateBasePathMapping" => Write(base_path_mappings::create),
        "CreateDomainName" => Write(domain_names::create),
        "CreateDomainNameAccessAssociation" => Write(access_associations::create),
        "DeleteDomainNameAccessAssociation" => Write(access_associations::delete),
        "GetDomainNameAccessAssociations" => Read(access_associations::list),
        "RejectDomainNameAccessAssociation" => Write(access_associations::reject),
        "CreateDeployment" => Write(deployments::create),
        "CreateDocumentationPart" => Write(documentation_parts::create),
        "CreateDocumentationVersion" => Write(documentation_versions::create),
        "CreateModel" => Write(models::create),
        "CreateRequestValidator" => Write(request_validators::create),
        "CreateResource" => Write(resources::create),
        "CreateRestApi" => Write(rest_apis::create),
        "CreateStage" => Write(stages::create),
        "CreateUsagePlan" => Write(usage_plans::create),
        "CreateVpcLink" => Write(vpc_links::create),
        "DeleteClientCertificate" => Write(client_certificates::delete),
        "DeleteVpcLink" => Write(vpc_links::delete),
        "GenerateClientCertificate" => Write(client_certificates::generate),
        "GetClientCertificate" => Read(client_certificates::get),
        "GetClientCertificates" => Read(client_certificates::list),
        "GetVpcLink" => Read(vpc_links::get),
        "GetVpcLinks" => Read(vpc_links::list),
        "UpdateClientCertificate" => Write(client_certificates::update),
        "UpdateVpcLink" => Write(vpc_links::update),
        "CreateUsagePlanKey" => Write(usage_plan_keys::create),
        "DeleteApiKey" => Write(api_keys::delete),
        "DeleteAuthorizer" => Write(authorizers::delete),
        "DeleteBasePathMapping" => Write(base_path_mappings::delete),
        "DeleteDomainName" => Write(domain_names::delete),
        "DeleteDeployment" => Write(deployments::delete),
        "DeleteDocumentationPart" => Write(documentation_parts::delete),
        "DeleteDocumentationVersion" => Write(documentation_versions::delete),
        "DeleteGatewayResponse" => Write(gateway_responses::delete),
        "DeleteIntegration" => Write(integrations::delete),
        "DeleteIntegrationResponse" => Write(integration_responses::delete),
        "DeleteMethod" => Write(methods::delete),
        "DeleteMethodResponse" => Write(method_responses::delete),
        "DeleteModel" => Write(models::delete),
        "DeleteRequestValidator" => Write(request_validators::delete),
        "DeleteResource" => Write(resources::delete),
        "DeleteRestApi" => Write(rest_apis::delete),
        "DeleteStage" => Write(stages::delete),
        "DeleteUsagePlan" => Write(usage_plans::delete),
        "DeleteUsagePlanKey" => Write(usage_plan_keys::delete),
        "FlushStageAuthorizersCache" => Read(stages::flush_authorizers),
        "FlushStageCache" => Read(stages::flush_cache),
        "GetAccount" => Read(account::get),
        "GetApiKey" => Read(api_keys::get),
        "GetApiKeys" => Read(api_keys::list),
        "GetAuthorizer" => Read(authorizers::get),
        "GetAuthorizers" => Read(authorizers::list),
        "GetBasePathMapping" => Read(base_path_mappings::get),
        "GetBasePathMappings" => Read(base_path_mappings::list),
        "GetDomainName" => Read(domain_names::get),
        "GetDomainNames" => Read(domain_names::list),
        "GetDeployment" => Read(deployments::get),
        "GetDeployments" => Read(deployments::list),
        "GetDocumentationPart" => Read(documentation_parts::get),
        "GetDocumentationParts" => Read(documentation_parts::list),
        "GetDocumentationVersion" => Read(documentation_versions::get),
        "GetDocumentationVersions" => Read(documentation_versions::list),
        "GetExport" => Run::Document(exports::get),
        "GetGatewayResponse" => Read(gateway_responses::get),
        "GetGatewayResponses" => Read(gateway_responses::list),
        "GetIntegration" => Read(integrations::get),
        "GetIntegrationResponse" => Read(integration_responses::get),
        "GetMethod" => Read(methods::get),
        "GetMethodResponse" => Read(method_responses::get),
        "GetModel" => Read(models::get),
        "GetModelTemplate" => Read(models::template),
        "GetModels" => Read(models::list),
        "GetRequestValidator" => Read(request_validators::get),
        "GetRequestValidators" => Read(request_validators::list),
        "GetResource" => Read(resources::get),
        "GetResources" => Read(resources::list),
        "GetRestApi" => Read(rest_apis::get),
        "GetRestApis" => Read(rest_apis::list),
        "GetSdk" => Run::Document(sdk::get),
        "GetSdkType" => Read(sdk::type_of),
        "GetSdkTypes" => Read(sdk::types),
        "GetStage" => Read(stages::get),
        "GetStages" => Read(stages::list),
        "GetTags" => Read(tags::get),
        "GetUsage" => Read(usage::get),
        "GetUsagePlan" => Read(usage_plans::get),
        "GetUsagePlanKey" => Read(usage_plan_keys::get),
        "GetUsagePlanKeys" => Read(usage_plan_keys::list),
        "GetUsagePlans" => Read(usage_plans::list),
        "ImportApiKeys" => Write(api_keys::import),
        "ImportDocumentationParts" => Write(documentation_parts::import),
        "ImportRestApi" => Write(imports::create),
        "PutGatewayResponse" => Write(gateway_responses::put),
        "PutIntegration" => Write(integrations::put),
        "PutIntegrationResponse" => Write(integration_responses::put),
        "PutMethod" => Write(methods::put),
        "PutMethodResponse" => Write(method_responses::put),
        "PutRestApi" => Write(imports::put),
        "TagResource" => Write(tags::tag),
        "TestInvokeAuthorizer" => Run::TestAuthorizer,
        "TestInvokeMethod" => Run::TestInvoke,
        "UntagResource" => Write(tags::untag),
        "UpdateAccount" => Write(account::update),
        "UpdateApiKey" => Write(api_keys::update),
        "UpdateAuthorizer" => Write(authorizers::update),
        "UpdateBasePathMapping" => Write(base_path_mappings::update),
        "UpdateDomainName" => Write(domain_names::update),
        "UpdateDeployment" => Write(deployments::update),
        "UpdateDocumentationPart" => Write(documentation_parts::update),
        "UpdateDocumentationVersion" => Write(documentation_versions::update),
        "UpdateGatewayResponse" => Write(gateway_responses::update),
        "UpdateIntegration" => Write(integrations::update),
        "UpdateIntegrationResponse" => Write(integration_responses::update),
        "UpdateMethod" => Write(methods::update),
        "UpdateMethodResponse" => Write(method_responses::update),
        "UpdateModel" => Write(models::update),
        "UpdateRequestValidator" => Write(request_validators::update),
        "UpdateResource" => Write(resources::update),
        "UpdateRestApi" => Write(rest_apis::update),
        "UpdateStage" => Write(stages::update),
        "UpdateUsage" => Run::UpdateUsage,
        "UpdateUsagePlan" => Write(usage_plans::update),
        _ => return None,
    })
}

impl ApiGateway {
    /// Restores the state from the store's rows, of which those of other services are passed over, and publishes it to the gateway.
    pub fn load(rows: &[Row], mut deps: Deps) -> Result<Self, LoadError> {
        let own = rows.iter().filter(|row| KINDS.contains(&row.kind.as_str()));
        let state = state::load(own)?;
        publish_all(&deps, &state);
        Ok(Self {
            state: ArcSwap::from_pointee(state),
            writing: AsyncMutex::new(()),
            rates: deps.enforce_rates.then(|| Rates::new(deps.clock.clone())),
            testing: Mutex::new(deps.chance.split()),
            deps,
        })
    }

    /// Answers an operation. Constraints of the model are checked already.
    pub async fn call(
        &self,
        region: &str,
        operation: &Operation,
        input: Input,
    ) -> Result<Output, ServiceError> {
        if let Some(rates) = &self.rates {
            rates.take(region, operation.name, &input)?;
        }
        if let Some(Run::Document(run)) = run_of(operation.name) {
            return run(&Txn::new(&self.deps, &self.state.load(), region), &input);
        }
        self.answer(region, operation, &input)
            .await
            .map(Output::from)
    }

    async fn answer(&self, region: &str, operation: &Operation, input: &Input) -> Answer {
        match run_of(operation.name) {
            Some(Run::Read(run)) => run(&Txn::new(&self.deps, &self.state.load(), region), input),
            Some(Run::Write(run)) => self.write(region, |txn| run(txn, input)).await,
            Some(Run::UpdateUsage) => self.update_usage(region, input).await,
            Some(Run::TestInvoke) => self.test_invoke(region, input).await,
            Some(Run::TestAuthorizer) => self.test_authorizer(region, input).await,
            Some(Run::Document(_)) | None => Err(ServiceError::not_implemented(operation.name)),
        }
    }

    async fn test_invoke(&self, region: &str, input: &Input) -> Answer {
        let (definition, test) = {
            let state = self.state.load();
            test_invoke::prepare(&Txn::new(&self.deps, &state, region), input)?
        };
        let mut chance = {
            let mut testing = self.testing.lock().unwrap_or_else(PoisonError::into_inner);
            testing.split()
        };
        let gateway = &self.deps.gateway;
        match gateway.test_invoke(&definition, test, &mut chance).await {
            Ok(answer) => Ok(test_invoke::shown(&answer)),
            Err(error @ (TestInvokeError::NoResource | TestInvokeError::NoMethod)) => {
                Err(ServiceError::not_found(error.to_string()))
            }
            Err(error @ TestInvokeError::Unserved(_)) => {
                Err(ServiceError::bad_request(error.to_string()))
            }
        }
    }

    async fn test_authorizer(&self, region: &str, input: &Input) -> Answer {
        let (definition, authorizer, test) = {
            let state = self.state.load();
            test_invoke::prepare_authorizer(&Txn::new(&self.deps, &state, region), input)?
        };
        let mut chance = {
            let mut testing = self.testing.lock().unwrap_or_else(PoisonError::into_inner);
            testing.split()
        };
        let gateway = &self.deps.gateway;
        let asked = gateway.test_authorizer(&definition, &authorizer, test, &mut chance);
        Ok(test_invoke::shown_authorizer(&asked.await))
    }

    async fn write(&self, region: &str, run: impl FnOnce(&mut Txn<'_>) -> Answer) -> Answer {
        let _writing = self.writing.lock().await;
        let state = self.state.load_full();
        let mut txn = Txn::new(&self.deps, &state, region);
        let answer = run(&mut txn)?;
        let Txn {
            region: changed,
            changes,
            ..
        } = txn;
        if changes.is_empty() {
            return Ok(answer);
        }
        // What to publish is told by the changes, which the store takes.
        let touched: BTreeSet<(&'static str, String, bool)> = changes
            .iter()
            .map(|change| (change.kind, change.key.clone(), change.value.is_some()))
            .collect();
        self.commit(changes).await?;
        let mut state = state.as_ref().clone();
        state.insert(region.to_owned(), changed.clone());
        self.state.store(Arc::new(state));
        self.publish(region, &changed, &touched);
        Ok(answer)
    }

    async fn commit(&self, changes: Vec<Change>) -> Result<(), ServiceError> {
        self.deps.store.commit(changes).await.map_err(|error| {
            tracing::error!(%error, "the store refused a write");
            ServiceError::internal(format!("The change could not be stored: {error}"))
        })
    }

    /// Grants requests: stored first, then given.
    async fn update_usage(&self, region: &str, input: &Input) -> Answer {
        let _writing = self.writing.lock().await;
        let state = self.state.load_full();
        let txn = Txn::new(&self.deps, &state, region);
        let granted = usage::granted(&txn, input)?;
        if let Some(left) = granted.left {
            let gateway = &self.deps.gateway;
            let row = gateway.remaining_row(region, &granted.plan.id, &granted.key, left);
            let change = row.map(|row| Change {
                region: row.region,
                kind: USAGE,
                key: row.key,
                value: Some(row.value),
            });
            self.commit(change.into_iter().collect()).await?;
            gateway.set_remaining(region, &granted.plan.id, &granted.key, left);
        }
        Ok(usage::told_today(&txn, &granted))
    }

    fn publish(
        &self,
        name: &str,
        region: &Region,
        touched: &BTreeSet<(&'static str, String, bool)>,
    ) {
        let gateway = &self.deps.gateway;
        let mut keys = BTreeSet::new();
        let mut named = false;
        let mut associated = false;
        for (of, key, put) in touched {
            match *of {
                kind::API if !put => gateway.remove_api(key),
                Stage::KIND => {
                    let (id, stage) = key.split_once('/').unwrap_or_default();
                    let Some(api) = region.apis.get(id) else {
                        continue;
                    };
                    match api.stages.get(stage) {
                        Some(stage) => publish_stage(&self.deps, name, id, api, stage),
                        None => gateway.remove_stage(id, stage),
                    }
                }
                kind::DOMAIN_NAME => match region.domains.get(key) {
                    Some(held) => publish_domain(&self.deps, name, region, &held.entity),
                    None => gateway.remove_domain(key),
                },
                kind::API_KEY => {
                    keys.insert(key.as_str());
                }
                kind::USAGE_PLAN_KEY => keys.extend(key.split_once('/').map(|(_, key)| key)),
                kind::USAGE_PLAN => {
                    let members = region.members.keys();
                    keys.extend(
                        members
                            .filter(|(plan, _)| plan == key)
                            .map(|(_, k)| k.as_str()),
                    );
                }
                kind::VPC_LINK | kind::CLIENT_CERTIFICATE => named = true,
                kind::ACCESS_ASSOCIATION => associated = true,
                _ => {}
            }
        }
        if named {
            publish_named(&self.deps, name, region);
        }
        if associated {
            for held in region.domains.values() {
                publish_domain(&self.deps, name, region, &held.entity);
            }
        }
        publish_keys(&self.deps, name, region, &keys);
    }

    /// Forgets everything, in the store too: for an engine that keeps nothing.
    pub async fn reset(&self) -> Result<(), ServiceError> {
        let regions: Vec<String> = self.state.load().keys().cloned().collect();
        for region in regions {
            self.write(&region, |txn| {
                let apis: Vec<String> = txn.region.apis.keys().cloned().collect();
                for id in &apis {
                    txn.remove_api(id);
                }
                let keys: Vec<String> = txn.region.keys.keys().cloned().collect();
                for id in &keys {
                    txn.remove_key(id);
                }
                let domains = Arc::clone(&txn.region.domains);
                for held in domains.values() {
                    txn.remove_domain(&held.entity.domain);
                }
                let plans: Vec<String> = txn.region.plans.keys().cloned().collect();
                for id in &plans {
                    txn.remove_plan(id);
                }
                let links: Vec<String> = txn.region.links.keys().cloned().collect();
                for id in &links {
                    txn.remove_link(id);
                }
                let certificates: Vec<String> = txn.region.certificates.keys().cloned().collect();
                for id in &certificates {
                    txn.remove_certificate(id);
                }
                txn.put_account(crate::model::Account::default())?;
                txn::NOTHING
            })
            .await?;
        }
        // What was counted under the old keys goes too.
        self.deps.gateway.reset();
        Ok(())
    }

    /// The region that an API is in.
    #[must_use]
    pub fn region_of(&self, api: &str) -> Option<String> {
        let state = self.state.load();
        let (name, _) = state
            .iter()
            .find(|(_, region)| region.apis.contains_key(api))?;
        Some(name.clone())
    }

    /// An API as it stands, deployed or not.
    #[must_use]
    pub fn definition(&self, region: &str, api: &str) -> Option<Definition> {
        self.with_api(region, api, Api::definition)
    }

    /// What a deployment froze.
    #[must_use]
    pub fn deployment_definition(
        &self,
        region: &str,
        api: &str,
        deployment: &str,
    ) -> Option<Arc<Definition>> {
        self.with_api(region, api, |api| {
            let deployed = api.deployments.get(deployment)?;
            Some(Arc::clone(&deployed.definition))
        })?
    }

    /// A stage.
    #[must_use]
    pub fn stage(&self, region: &str, api: &str, name: &str) -> Option<Arc<Stage>> {
        self.with_api(region, api, |api| api.stages.get(name).cloned())?
    }

    fn with_api<T>(&self, region: &str, api: &str, look: impl FnOnce(&Api) -> T) -> Option<T> {
        let state = self.state.load();
        state.get(region)?.apis.get(api).map(|api| look(api))
    }
}

/// Puts everything into service.
fn publish_all(deps: &Deps, state: &State) {
    for (name, region) in state {
        let keys = region.keys.keys().map(String::as_str).collect();
        publish_keys(deps, name, region, &keys);
        for held in region.domains.values() {
            publish_domain(deps, name, region, &held.entity);
        }
        publish_named(deps, name, region);
        for (id, api) in region.apis.iter() {
            for stage in api.stages.values() {
                publish_stage(deps, name, id, api, stage);
            }
        }
    }
}

fn publish_domain(deps: &Deps, region_name: &str, region: &Region, held: &Domain) {
    let domain = &held.domain;
    let associations = region.associations.values();
    let own =
        associations.filter(|a| Some(&a.entity.domain_name_arn) == domain.domain_name_arn.as_ref());
    let endpoints: Vec<&str> = own
        .map(|a| a.entity.access_association_source.as_str())
        .collect();
    let arn = domain_names::execute_arn(region_name, &deps.account, domain);
    let settings = DomainSettings {
        security_policy: domain.security_policy.as_deref(),
        // A truststore that isn't there admits nobody.
        truststore: domain
            .mutual_tls_authentication
            .as_ref()
            .map(|_| held.truststore.as_deref().unwrap_or_default()),
        targets: [
            domain.regional_domain_name.as_deref(),
            domain.distribution_domain_name.as_deref(),
        ],
        private: domain.domain_name_id.is_some().then_some(PrivateDomain {
            arn: &arn,
            policy: domain.policy.as_deref(),
            endpoints: &endpoints,
        }),
    };
    let name = domain.domain_name.to_ascii_lowercase();
    deps.gateway.publish_domain(&name, &held.mappings, settings);
}

fn publish_stage(deps: &Deps, region: &str, id: &str, api: &Api, stage: &Stage) {
    let frozen = |id: &String| {
        let deployed = api.deployments.get(id)?;
        Some((
            deployed.deployment.id.as_str(),
            deployed.definition.as_ref(),
        ))
    };
    let canary = stage
        .canary_settings
        .as_ref()
        .and_then(|canary| canary.deployment_id.as_ref())
        .and_then(frozen);
    if let Some(deployment) = frozen(&stage.deployment_id) {
        deps.gateway
            .publish_stage(region, &deps.account, id, stage, deployment, canary);
    }
}

fn publish_named(deps: &Deps, name: &str, region: &Region) {
    let links = region.links.iter();
    let certificates = region.certificates.iter();
    deps.gateway.publish_named(
        name,
        links.map(|(id, held)| (id.as_str(), held.entity.link.name.as_str())),
        certificates.map(|(id, held)| {
            let pem = &held.entity.certificate.pem_encoded_certificate;
            (id.as_str(), pem.as_str(), held.entity.key.as_str())
        }),
    );
}

/// Publishes these keys as they are now, with the plans that each is in.
fn publish_keys(deps: &Deps, name: &str, region: &Region, ids: &BTreeSet<&str>) {
    if ids.is_empty() {
        return;
    }
    let mut plans: HashMap<&str, Vec<Arc<UsagePlan>>> = HashMap::new();
    let mut join =
        |plan: &Arc<UsagePlan>, key| plans.entry(key).or_default().push(Arc::clone(plan));
    if ids.len() * region.plans.len() < region.members.len() {
        for (plan_id, plan) in region.plans.iter() {
            for key in ids {
                let member = (plan_id.clone(), (*key).to_owned());
                if region.members.contains_key(&member) {
                    join(&plan.entity, *key);
                }
            }
        }
    } else {
        for (plan, key) in region.members.keys() {
            if let (Some(plan), true) = (region.plans.get(plan), ids.contains(key.as_str())) {
                join(&plan.entity, key);
            }
        }
    }
    let change = |id: &&str| KeyChange {
        id: (*id).to_owned(),
        now: region.keys.get(*id).map(|key| {
            let plans = plans.remove(*id).unwrap_or_default();
            (Arc::clone(&key.entity), plans)
        }),
    };
    deps.gateway
        .publish_keys(name, ids.iter().map(change).collect());
}
