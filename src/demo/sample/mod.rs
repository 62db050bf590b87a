//! The sample API: a pet store in the manner of the one that AWS shows newcomers, with a history.
//!
//! It is made by the calls that a user's console would make, in the order in which a team would have made them: pets first, then
//! orders, then reports, a deployment after each; a canary on `prod`; and edits that nobody has deployed yet.

mod keys;
mod method;
mod parts;
mod paths;

use std::net::SocketAddr;
use std::time::Duration;

pub use keys::Key;

use self::method::{Answer, JSON};
use self::paths::Path;
use super::hand::Hand;
use crate::aws::call::{
    CreateDeployment, CreateResource, CreateRestApi, CreateStage, DeploymentCanary, Member,
    TagResource, UpdateIntegration, UpdateIntegrationResponse, UpdateStage,
};
use crate::aws::patch::{method_setting, pointer};
use crate::aws::{Call, Error, Id, Patch, Query, Reply};
use crate::model::{EndpointConfiguration, Map};

/// What tells the sample from other APIs.
const TAG: (&str, &str) = ("made-by", "sluice-sample");
/// The tag that holds the shop's address: stages that name another backend are the user's, and stay as they are.
const SHOP_TAG: &str = "sample-shop";
/// The tag that says that the sample was made to its end.
const WHOLE_TAG: &str = "sample-complete";
/// The name of the sample API.
pub const NAME: &str = "PetStore";
/// The stage variable that holds the shop's address.
const BACKEND: &str = "backend";
/// Percent of `prod`'s requests that its canary gets.
const CANARY_PERCENT: f64 = 10.0;

/// The sample, as far as its users need to know it.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The API's id.
    pub api: String,
    /// Its keys with their values.
    pub keys: Vec<Key>,
}

/// Makes the sample; its stages call the shop at `backend`.
pub async fn build(hand: &mut Hand, backend: SocketAddr) -> Result<Sample, Error> {
    let mut team = Team::begin(hand, backend).await?;
    let api = team.api.clone();
    team.hand
        .run("make the sample's models", parts::models(&api))
        .await?;
    team.hand
        .run(
            "make the sample's gateway responses",
            parts::gateway_responses(&api),
        )
        .await?;

    team.add(paths::pets()).await?;
    team.deploy("dev", "pets").await?;
    team.hand.later(hours(26));
    team.add(paths::orders()).await?;
    team.deploy("dev", "orders").await?;
    team.hand.later(hours(19));
    team.add(paths::reports()).await?;
    let deployment = team.deploy("prod", "checkout flow").await?;
    team.stage("test", deployment).await?;
    team.settings().await?;

    team.hand.later(hours(3));
    team.retry().await?;
    team.deploy("dev", "retry on 503").await?;
    team.hand.later(Duration::from_mins(10));
    team.canary("retry on 503, as a canary").await?;
    let keys = keys::build(team.hand, &team.id).await?;
    team.hand.later(Duration::from_mins(12));
    team.edit().await?;
    // The last call: what was cut off before it isn't taken for the whole sample later.
    let (arn, complete) = (team.hand.arn(&team.id), method::one(WHOLE_TAG, "yes"));
    team.hand.call(tag(arn, complete)).await?;
    Ok(Sample { api: team.id, keys })
}

const fn hours(n: u64) -> Duration {
    Duration::from_hours(n)
}

/// What was found of a sample that an earlier start made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// All of it.
    Whole,
    /// A part: the start that made it was cut off.
    Part,
    /// Nothing: the user has deleted it.
    Nothing,
}

/// Finds the sample among the APIs, and lets its stages call the shop where it is now.
pub async fn find(hand: &mut Hand, backend: SocketAddr) -> Result<Found, Error> {
    let Reply::Apis(apis) = hand.ask(Query::Apis).await? else {
        return Ok(Found::Nothing);
    };
    for api in apis.into_iter().filter(|api| api.name == NAME) {
        let Reply::Api(api) = hand.ask(Query::Api { api: api.id }).await? else {
            continue;
        };
        let tags = api.tags.unwrap_or_default();
        if tags.get(TAG.0).is_none_or(|value| value != TAG.1) {
            continue;
        }
        let shop = tags.get(SHOP_TAG).cloned().unwrap_or_default();
        lead_to(hand, &api.id, &shop, &backend.to_string()).await?;
        return Ok(if tags.contains_key(WHOLE_TAG) {
            Found::Whole
        } else {
            Found::Part
        });
    }
    Ok(Found::Nothing)
}

/// Lets the stages that call the shop at its old address call it at the new one.
async fn lead_to(hand: &mut Hand, api: &str, old: &str, new: &str) -> Result<(), Error> {
    if old == new {
        return Ok(());
    }
    let stages = Query::Stages {
        api: api.to_owned(),
    };
    let Reply::Stages(stages) = hand.ask(stages).await? else {
        return Ok(());
    };
    for stage in stages {
        let now = stage.variables.as_ref().and_then(|v| v.get(BACKEND));
        if now.is_some_and(|now| now == old) {
            hand.call(UpdateStage {
                rest_api_id: api.into(),
                stage_name: stage.stage_name,
                patch_operations: vec![Patch::replace(pointer(&["variables", BACKEND]), new)],
            })
            .await?;
        }
    }
    // After the stages: cut off between them, the next start finds the rest by the old address.
    let arn = hand.arn(api);
    hand.call(tag(arn, method::one(SHOP_TAG, new))).await?;
    Ok(())
}

fn tag(resource_arn: String, tags: Map<String>) -> TagResource {
    TagResource { resource_arn, tags }
}

/// The team that makes the sample.
struct Team<'a> {
    hand: &'a mut Hand,
    id: String,
    api: Id,
    backend: SocketAddr,
    /// Path → id of what exists.
    resources: Map<Id>,
}

impl<'a> Team<'a> {
    async fn begin(hand: &'a mut Hand, backend: SocketAddr) -> Result<Self, Error> {
        let made = hand
            .call(CreateRestApi {
                name: NAME.to_owned(),
                description: Some(
                    "Pets, and orders of pets. Made by Sluice to try things on.".to_owned(),
                ),
                endpoint_configuration: Some(EndpointConfiguration {
                    types: vec!["REGIONAL".to_owned()],
                    ..EndpointConfiguration::default()
                }),
                tags: Map::from([
                    (TAG.0.to_owned(), TAG.1.to_owned()),
                    (SHOP_TAG.to_owned(), backend.to_string()),
                ]),
                ..CreateRestApi::default()
            })
            .await?;
        let member = |member| {
            let text = made.as_ref().and_then(|made| made.member(member));
            text.unwrap_or_default().to_owned()
        };
        let (id, root) = (member(Member::Id), member(Member::RootResourceId));
        Ok(Self {
            hand,
            api: id.as_str().into(),
            id,
            backend,
            resources: [("/".to_owned(), root.into())].into(),
        })
    }

    /// Adds resources with their methods.
    async fn add(&mut self, paths: Vec<Path>) -> Result<(), Error> {
        let mut calls: Vec<Call> = Vec::new();
        let mut new: Vec<(&str, usize)> = Vec::new();
        for Path { path, methods } in paths {
            let resource = if let Some(id) = self.resources.get(path) {
                id.clone()
            } else {
                let (parent, part) = path.rsplit_once('/').unwrap_or(("", path));
                let parent = if parent.is_empty() { "/" } else { parent };
                let id = Id::of(calls.len());
                new.push((path, calls.len()));
                calls.push(
                    CreateResource {
                        rest_api_id: self.api.clone(),
                        parent_id: self.resources.get(parent).cloned().unwrap_or_default(),
                        path_part: part.to_owned(),
                    }
                    .into(),
                );
                self.resources.insert(path.to_owned(), id.clone());
                id
            };
            for method in methods {
                calls.extend(method.calls(&self.api, &resource));
            }
        }
        let answers = self.hand.run("add resources to the sample", calls).await?;
        for (path, call) in new {
            let id = answers
                .get(call)
                .and_then(|answer| answer.member(Member::Id));
            self.resources
                .insert(path.to_owned(), id.unwrap_or_default().into());
        }
        Ok(())
    }

    fn resource(&self, path: &str) -> Id {
        self.resources.get(path).cloned().unwrap_or_default()
    }

    fn variables(&self) -> Map<String> {
        Map::from([
            (BACKEND.to_owned(), self.backend.to_string()),
            ("release".to_owned(), "v1".to_owned()),
            ("currency".to_owned(), "EUR".to_owned()),
        ])
    }

    /// Deploys to a stage, which is made if it doesn't exist; answers the deployment's id.
    async fn deploy(&mut self, stage: &str, description: &str) -> Result<Id, Error> {
        let call = CreateDeployment {
            rest_api_id: self.api.clone(),
            stage_name: Some(stage.to_owned()),
            description: Some(description.to_owned()),
            variables: self.variables(),
            ..CreateDeployment::default()
        };
        let made = self.hand.call(call).await?;
        Ok(made
            .as_ref()
            .and_then(|made| made.member(Member::Id))
            .unwrap_or_default()
            .into())
    }

    async fn stage(&mut self, name: &str, deployment: Id) -> Result<(), Error> {
        let call = CreateStage {
            rest_api_id: self.api.clone(),
            stage_name: name.to_owned(),
            deployment_id: deployment,
            variables: self.variables(),
            ..CreateStage::default()
        };
        self.hand.call(call).await.map(drop)
    }

    /// What each stage is for, metrics for each method, and limits where they matter.
    async fn settings(&mut self) -> Result<(), Error> {
        type Limits<'a> = &'a [(String, &'static str)];
        let all = |setting| method_setting(None, setting);
        let orders = |setting| method_setting(Some(("/orders", "POST")), setting);
        let stages: [(&str, &str, Limits<'_>); 3] = [
            ("dev", "Where we try things", &[]),
            ("test", "What the partners test against", &[]),
            (
                "prod",
                "What our customers use",
                &[
                    (all("throttling/rateLimit"), "1000"),
                    (all("throttling/burstLimit"), "2000"),
                    (orders("throttling/rateLimit"), "50"),
                    (orders("throttling/burstLimit"), "100"),
                ],
            ),
        ];
        let call = |(name, description, limits): (&str, &str, Limits<'_>)| {
            let mut patches = vec![
                Patch::replace("/description", description),
                Patch::replace(all("metrics/enabled"), "true"),
            ];
            patches.extend(
                limits
                    .iter()
                    .map(|(path, value)| Patch::replace(path, *value)),
            );
            UpdateStage {
                rest_api_id: self.api.clone(),
                stage_name: name.to_owned(),
                patch_operations: patches,
            }
            .into()
        };
        let calls = stages.map(call).into();
        self.hand
            .run("set the sample's stages", calls)
            .await
            .map(drop)
    }

    /// The change that is on the canary: orders give up sooner, and tell the shop to try again by itself.
    async fn retry(&mut self) -> Result<(), Error> {
        let header = pointer(&["requestParameters", "integration.request.header.X-Retry"]);
        let change = |path: &str, verb: &str| UpdateIntegration {
            rest_api_id: self.api.clone(),
            resource_id: self.resource(path),
            http_method: verb.to_owned(),
            patch_operations: vec![
                Patch::add(&header, "'2'"),
                Patch::replace("/timeoutInMillis", "5000"),
            ],
        };
        let calls = vec![
            change("/orders", "POST").into(),
            change("/orders/{orderId}", "GET").into(),
        ];
        self.hand.run("let orders try again", calls).await.map(drop)
    }

    async fn canary(&mut self, description: &str) -> Result<(), Error> {
        let call = CreateDeployment {
            rest_api_id: self.api.clone(),
            stage_name: Some("prod".to_owned()),
            description: Some(description.to_owned()),
            canary_settings: Some(DeploymentCanary {
                percent_traffic: CANARY_PERCENT,
                stage_variable_overrides: method::one("release", "v2"),
                use_stage_cache: false,
            }),
            ..CreateDeployment::default()
        };
        self.hand.call(call).await.map(drop)
    }

    /// What nobody has deployed yet.
    async fn edit(&mut self) -> Result<(), Error> {
        let template = pointer(&["responseTemplates", JSON]);
        let links = UpdateIntegrationResponse {
            rest_api_id: self.api.clone(),
            resource_id: self.resource("/pets/{petId}"),
            http_method: "GET".to_owned(),
            status_code: "200".to_owned(),
            patch_operations: vec![Patch::replace(
                template,
                include_str!("../templates/pet-with-links.vtl"),
            )],
        };
        let mut calls: Vec<Call> = vec![links.into()];
        calls.extend(Answer::error("409").when("409").calls(
            &self.api,
            &self.resource("/pets"),
            "POST",
        ));
        self.hand.run("edit the sample", calls).await.map(drop)
    }
}
