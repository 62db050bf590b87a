//! How the answers of a method are cached on a stage: decided when the stage is published.
//!
//! Facts: `spec/rest/caching.md` §1, §2.

use std::time::Duration;

use http::Method;

use super::super::exchange::Exchange;
use super::super::snapshot;
use super::super::source::Source;
use super::cluster::Asked;
use crate::model::{self, Map, MethodSetting};

/// What tells the entries of an integration apart.
#[derive(Debug, Default)]
pub(crate) struct KeyParts {
    /// Methods with the same one share their entries.
    namespace: Box<str>,
    /// With their names in the definition.
    parameters: Box<[(Box<str>, Source)]>,
    /// Streamed answers are never cached.
    streams: bool,
}

impl KeyParts {
    pub(crate) fn compile(integration: &model::Integration) -> Self {
        let mapped = &integration.request_parameters;
        let names = integration.cache_key_parameters.iter();
        let parameters = names.filter_map(|name| Some((name.as_str().into(), of(name, mapped)?)));
        Self {
            namespace: integration.cache_namespace.as_str().into(),
            parameters: parameters.collect(),
            streams: integration.response_transfer_mode.as_deref() == Some("STREAM"),
        }
    }
}

/// Where a key parameter's value comes from. All values of a repeated one count: a backend may look at each.
fn of(name: &str, mapped: &Map<String>) -> Option<Source> {
    let source = if name.starts_with("integration.request.") {
        Source::parse(mapped.get(name)?)?
    } else {
        Source::parse(name)?
    };
    Some(match source {
        Source::Query { name, .. } => Source::Query { name, all: true },
        Source::Header { name, .. } => Source::Header { name, all: true },
        other => other,
    })
}

/// How the answers of one method are cached.
#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) ttl: Duration,
    pub(crate) invalidation: Invalidation,
    /// Whether only `GET` is cached: the default of a stage covers no other verb.
    only_get: bool,
    /// The canary's deployment where its entries are its own.
    canary: Option<Box<str>>,
}

/// What becomes of a client's `Cache-Control: max-age=0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Invalidation {
    /// Anybody may.
    Open,
    /// Only who has the permission: anybody else is refused.
    Refuse,
    /// Anybody else is told that it was ignored.
    Warn,
    /// Anybody else isn't even told.
    Ignore,
}

impl Policy {
    /// Nothing when the method isn't cached. `canary` is the canary's deployment, where it differs from the stage's.
    pub(crate) fn of(
        stage: &model::Stage,
        method: &snapshot::Method,
        canary: Option<&str>,
    ) -> Option<Self> {
        let settings = stage.settings_of(&method.resource_path, &method.verb)?;
        let streams = method.integration.as_ref()?.cache_key.streams;
        let ttl = u64::try_from(settings.cache_ttl_in_seconds).unwrap_or(0);
        if !settings.caching_enabled || ttl == 0 || streams {
            return None;
        }
        let all = stage.method_settings.get("*/*");
        Some(Self {
            ttl: Duration::from_secs(ttl),
            invalidation: Invalidation::of(settings),
            only_get: all.is_some_and(|all| std::ptr::eq(all, settings)),
            canary: canary.map(Into::into),
        })
    }

    pub(crate) fn takes(&self, verb: &Method) -> bool {
        !self.only_get || *verb == Method::GET
    }

    /// The key of a request's entry: namespace, verb, side, and for each key parameter whether it is there and what it is.
    pub(crate) fn key(&self, parts: &KeyParts, x: &Exchange) -> Vec<u8> {
        let mut key = Vec::with_capacity(96);
        push(&mut key, &parts.namespace);
        push(&mut key, x.request.verb.as_str());
        push(&mut key, self.canary.as_deref().unwrap_or_default());
        for (_, source) in &parts.parameters {
            source.each(x, &mut |value| push(&mut key, value));
            // No value has this length: what is absent differs from what is empty, one parameter from the next.
            key.extend_from_slice(&u32::MAX.to_be_bytes());
        }
        key
    }

    /// The same for people.
    pub(crate) fn asked(&self, parts: &KeyParts, x: &Exchange) -> Asked {
        let mut parameters = Vec::new();
        for (name, source) in &parts.parameters {
            source.each(x, &mut |value| {
                parameters.push((name.to_string(), value.to_owned()));
            });
        }
        Asked {
            verb: x.request.verb.to_string(),
            resource_path: x
                .method()
                .map_or_else(String::new, |m| m.resource_path.to_string()),
            parameters,
            canary: self.canary.as_deref().map(str::to_owned),
        }
    }
}

fn push(key: &mut Vec<u8>, text: &str) {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    key.extend_from_slice(&length.to_be_bytes());
    key.extend_from_slice(text.as_bytes());
}

impl Invalidation {
    fn of(settings: &MethodSetting) -> Self {
        if !settings.require_authorization_for_cache_control {
            return Self::Open;
        }
        match settings.unauthorized_cache_control_header_strategy.as_str() {
            "FAIL_WITH_403" => Self::Refuse,
            "SUCCEED_WITHOUT_RESPONSE_HEADER" => Self::Ignore,
            _ => Self::Warn,
        }
    }
}
