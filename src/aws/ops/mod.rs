//! What an operator does, as values: each function describes one action completely and does nothing.

pub mod apis;
pub mod canary;
pub mod integrations;
pub mod keys;
pub mod methods;
pub mod plans;
pub mod resources;
pub mod stages;
pub mod test;
#[cfg(test)]
mod tests;

use crate::model::Resource;

use super::call::Id;
use super::op::{Api, Danger, Place, is_production};
use super::query::Query;

/// A method of a resource: what operations on methods and integrations need to find it.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// The API.
    pub api: &'a Api,
    /// The resource.
    pub resource: &'a Resource,
    /// The verb, or `ANY`.
    pub verb: &'a str,
}

impl At<'_> {
    fn place(&self) -> Place {
        Place {
            verb: Some(self.verb.to_owned()),
            ..Place::resource(self.api, &self.resource.path)
        }
    }

    fn api_id(&self) -> Id {
        self.api.id.as_str().into()
    }

    fn resource_id(&self) -> Id {
        self.resource.id.as_str().into()
    }

    /// `POST /pets`
    fn words(&self) -> String {
        format!("{} {}", self.verb, self.resource.path)
    }
}

/// What editing an API's definition makes stale. (What isn't deployed of it follows: [`Query::stales`].)
fn definition(api: &Api) -> Vec<Query> {
    vec![Query::Resources {
        api: api.id.clone(),
    }]
}

fn stages_of(api: &Api) -> Vec<Query> {
    vec![Query::Stages {
        api: api.id.clone(),
    }]
}

/// What people say of an edit that the stages don't serve yet.
const LATER: &str = "stages go on as deployed until the next deployment";

/// Production-like stages ask before they change.
fn ask_on_production(stage: &str, what: &str) -> Danger {
    if is_production(stage) {
        Danger::Confirm(format!("{stage} looks like production. {what}"))
    } else {
        Danger::None
    }
}

/// A number as the service writes fractions: `5.0`, `10.5`.
fn fraction(number: f64) -> String {
    format!("{number:?}")
}
