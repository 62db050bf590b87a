//! Tags: on APIs, stages, API keys, usage plans, custom domain names, VPC links and client certificates.
//!
//! Source: `spec/rest/control-plane.md` §4.

use serde_json::json;

use super::error::{NO_API_KEY, NO_STAGE, bad, not_found};
use super::txn::{NOTHING, Txn, read, text};
use super::{Answer, access_associations, client_certificates, domain_names, state, vpc_links};
use crate::engine::wire::{Input, ServiceError};
use crate::model::Map;

const MAX_TAGS: usize = 50;
const MAX_KEY: usize = 128;
const MAX_VALUE: usize = 256;

/// What tags hang on.
enum Tagged {
    Api(String),
    Stage(String, String),
    Key(String),
    Plan(String),
    Domain(String),
    Association(String),
    Link(String),
    Certificate(String),
}

pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Answer {
    let tags = held(txn, &locate(input)?)?;
    Ok(json!({ "tags": tags }))
}

pub(super) fn tag(txn: &mut Txn<'_>, input: &Input) -> Answer {
    #[derive(serde::Deserialize)]
    struct TagResource {
        #[serde(default)]
        tags: Map<String>,
    }
    let target = locate(input)?;
    let mut tags = held(txn, &target)?;
    let TagResource { tags: given } = read(input)?;
    tags.extend(given);
    check(&tags)?;
    put(txn, target, tags)?;
    NOTHING
}

pub(super) fn untag(txn: &mut Txn<'_>, input: &Input) -> Answer {
    #[derive(serde::Deserialize)]
    struct UntagResource {
        #[serde(default, rename = "tagKeys")]
        tag_keys: Vec<String>,
    }
    let target = locate(input)?;
    let mut tags = held(txn, &target)?;
    let UntagResource { tag_keys } = read(input)?;
    for key in tag_keys {
        tags.shift_remove(&key);
    }
    put(txn, target, tags)?;
    NOTHING
}

/// Tags as they are kept: none rather than empty, after a check. Of the refusals' texts only that of the prefix is known, quoted from AWS.
pub(super) fn kept(tags: Option<Map<String>>) -> Result<Option<Map<String>>, ServiceError> {
    let tags = tags.filter(|tags| !tags.is_empty());
    if let Some(tags) = &tags {
        check(tags)?;
    }
    Ok(tags)
}

fn check(tags: &Map<String>) -> Result<(), ServiceError> {
    if tags.len() > MAX_TAGS {
        return Err(bad(format!(
            "A resource can have at most {MAX_TAGS} tags, but this one would have {}",
            tags.len()
        )));
    }
    let length = |text: &str| text.chars().count();
    for (key, value) in tags {
        if key
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("aws:"))
        {
            return Err(bad(
                "Invalid tag key. Tag keys cannot start with 'aws:' (case insensitive)",
            ));
        }
        if key.is_empty() || length(key) > MAX_KEY || !key.chars().all(fits) {
            return Err(bad(format!(
                "Invalid tag key '{key}'. Tag keys can have 1 to {MAX_KEY} letters, digits, blanks and characters of _.:/=+-@"
            )));
        }
        if length(value) > MAX_VALUE || !value.chars().all(fits) {
            return Err(bad(format!(
                "Invalid value of the tag '{key}'. Tag values can have at most {MAX_VALUE} letters, digits, blanks and characters of _.:/=+-@"
            )));
        }
    }
    Ok(())
}

/// What AWS allows in tags: page "Tag naming limits and requirements".
fn fits(c: char) -> bool {
    c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c)
}

/// `arn:aws:apigateway:{region}::/restapis/{id}/stages/{stage}` and its like.
fn locate(input: &Input) -> Result<Tagged, ServiceError> {
    let arn = text(input, "resource_arn");
    let wrong = || bad(format!("Invalid ARN. ARN is not well formed {arn}"));
    let [_, _, service, _, _, path] = arn
        .splitn(6, ':')
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| wrong())?;
    let parts: Vec<&str> = path.split('/').collect();
    let id = |id: &&str| (*id).to_owned();
    match (service, parts.as_slice()) {
        ("apigateway", ["", "restapis", api]) => Ok(Tagged::Api(id(api))),
        ("apigateway", ["", "restapis", api, "stages", stage]) => {
            Ok(Tagged::Stage(id(api), id(stage)))
        }
        ("apigateway", ["", "apikeys", key]) => Ok(Tagged::Key(id(key))),
        ("apigateway", ["", "usageplans", plan]) => Ok(Tagged::Plan(id(plan))),
        ("apigateway", ["", "domainnames", name]) => {
            // A private one's has its id after the name.
            let name = name.split('+').next().unwrap_or_default();
            Ok(Tagged::Domain(name.to_owned()))
        }
        ("apigateway", ["", "domainnameaccessassociations", ..]) => {
            Ok(Tagged::Association(arn.to_owned()))
        }
        ("apigateway", ["", "vpclinks", link]) => Ok(Tagged::Link(id(link))),
        ("apigateway", ["", "clientcertificates", certificate]) => {
            Ok(Tagged::Certificate(id(certificate)))
        }
        _ => Err(wrong()),
    }
}

fn held(txn: &Txn<'_>, target: &Tagged) -> Result<Map<String>, ServiceError> {
    let tags = match target {
        Tagged::Api(api) => txn.api(api)?.rest_api.tags.clone(),
        Tagged::Stage(api, stage) => {
            let api = txn.api(api)?;
            let stage = api.stages.get(stage).ok_or_else(|| not_found(NO_STAGE))?;
            stage.tags.clone()
        }
        Tagged::Key(key) => key_of(txn, key)?.entity.tags.clone(),
        Tagged::Plan(plan) => txn.plan(plan)?.entity.tags.clone(),
        Tagged::Domain(name) => domain_names::named(txn, name)?.entity.domain.tags.clone(),
        Tagged::Association(arn) => access_associations::find(txn, arn)?.entity.tags.clone(),
        Tagged::Link(id) => vpc_links::find(txn, id)?.entity.link.tags.clone(),
        Tagged::Certificate(id) => {
            let held = client_certificates::find(txn, id)?;
            held.entity.certificate.tags.clone()
        }
    };
    Ok(tags.unwrap_or_default())
}

fn put(txn: &mut Txn<'_>, target: Tagged, tags: Map<String>) -> Result<(), ServiceError> {
    let tags = Some(tags).filter(|tags| !tags.is_empty());
    match target {
        Tagged::Api(api) => {
            let held = txn.api(&api)?;
            let mut rest_api = held.rest_api.as_ref().clone();
            rest_api.tags = tags;
            txn.put_api(held.place, rest_api)
        }
        Tagged::Stage(api, stage) => {
            let held = txn.api(&api)?;
            let stage = held.stages.get(&stage).ok_or_else(|| not_found(NO_STAGE))?;
            let mut stage = stage.as_ref().clone();
            stage.tags = tags;
            txn.put(&api, stage)
        }
        Tagged::Key(key) => {
            let held = key_of(txn, &key)?;
            let mut key = held.entity.as_ref().clone();
            key.tags = tags;
            txn.put_key(held.place, key)
        }
        Tagged::Plan(plan) => {
            let held = txn.plan(&plan)?;
            let mut plan = held.entity.as_ref().clone();
            plan.tags = tags;
            txn.put_plan(held.place, plan)
        }
        Tagged::Domain(name) => {
            let held = domain_names::named(txn, &name)?;
            let mut domain = held.entity.as_ref().clone();
            domain.domain.tags = tags;
            txn.put_domain(held.place, domain)
        }
        Tagged::Association(arn) => {
            let found = access_associations::find(txn, &arn)?;
            let mut held = found.entity.as_ref().clone();
            held.tags = tags;
            txn.put_association(found.place, held)
        }
        Tagged::Link(id) => {
            let found = vpc_links::find(txn, &id)?;
            let mut held = found.entity.as_ref().clone();
            held.link.tags = tags;
            txn.put_link(found.place, held)
        }
        Tagged::Certificate(id) => {
            let found = client_certificates::find(txn, &id)?;
            let mut held = found.entity.as_ref().clone();
            held.certificate.tags = tags;
            txn.put_certificate(found.place, held)
        }
    }
}

fn key_of(txn: &Txn<'_>, id: &str) -> Result<state::Listed<crate::model::ApiKey>, ServiceError> {
    txn.region
        .keys
        .get(id)
        .cloned()
        .ok_or_else(|| not_found(NO_API_KEY))
}
