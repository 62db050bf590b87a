//! Arguments of calls: how one value goes to the SDK and how the same value is written on the AWS CLI's command line.

use std::collections::HashMap;

use aws_sdk_apigateway::types as sdk;
use serde_json::{Value, json};

use crate::aws::convert;
use crate::aws::patch::Patch;
use crate::aws::reply::Secret;
use crate::model::integration::TlsConfig;
use crate::model::{
    ApiStage, CanarySettings, ContentHandling, EndpointConfiguration, GatewayResponseType,
    IntegrationType, Map, PassthroughBehavior, QuotaSettings, ThrottleSettings,
};

use super::Answer;

/// An identifier that is known, or that an earlier call of the same operation will answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Id {
    /// This text.
    Known(String),
    /// What call number `call` (from 0) of the operation answers under `member`.
    Of {
        /// The call's number.
        call: usize,
        /// The member of its answer.
        member: Member,
    },
}

/// The member of an answer that a later call needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Member {
    /// `id`
    Id,
    /// `rootResourceId` of a new API.
    RootResourceId,
}

impl Member {
    /// The name in the service's answer, which is also the CLI's `--query`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::RootResourceId => "rootResourceId",
        }
    }
}

impl Id {
    /// The id that call number `call` of the same operation answers.
    #[must_use]
    pub const fn of(call: usize) -> Self {
        Self::Of {
            call,
            member: Member::Id,
        }
    }
}

impl Default for Id {
    fn default() -> Self {
        Self::Known(String::new())
    }
}

impl<T: Into<String>> From<T> for Id {
    fn from(text: T) -> Self {
        Self::Known(text.into())
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Known(text) => f.write_str(text),
            Self::Of { call, member } => write!(f, "({} of call {})", member.name(), call + 1),
        }
    }
}

/// How an argument stands on the command line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shown {
    /// Not at all.
    Absent,
    /// As text; the CLI would take `file://…` for the name of a file.
    Text(String),
    /// As text that is masked unless asked for.
    Secret(Secret),
    /// As bytes: the CLI wants to be told that they aren't base64.
    Bytes(Secret),
    /// As `--name` or `--no-name`.
    Flag(bool),
    /// As JSON, or in the CLI's shorthand where that is the same.
    Json(Value),
    /// As the answer of an earlier command.
    Answer { call: usize, member: Member },
}

/// A member of a call.
#[derive(Clone, Debug)]
pub(crate) struct Argument {
    /// The member's name as the SDK spells it, `rest_api_id`.
    pub(crate) name: &'static str,
    pub(crate) shown: Shown,
}

impl Argument {
    /// The name of the CLI's option, without dashes: `rest-api-id`.
    pub(crate) fn option(&self) -> String {
        self.name.trim_start_matches("r#").replace('_', "-")
    }

    /// The name in the CLI's JSON input: `restApiId`.
    pub(crate) fn json_name(&self) -> String {
        let mut words = self.name.trim_start_matches("r#").split('_');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |mut name, word| {
            let mut letters = word.chars();
            name.extend(letters.next().map(|c| c.to_ascii_uppercase()));
            name.push_str(letters.as_str());
            name
        })
    }
}

/// A value that can be a member of a call.
pub(crate) trait Arg {
    /// What the SDK's setter takes.
    type Sdk;

    /// For the SDK; `None` leaves the member out.
    fn sdk(&self) -> Option<Self::Sdk>;

    /// For the command line.
    fn shown(&self) -> Shown;

    /// Fills in what earlier calls answered.
    fn resolve(&mut self, _answers: &[Answer]) {}

    /// Whether nothing is left to fill in.
    fn is_resolved(&self) -> bool {
        true
    }
}

impl Arg for Id {
    type Sdk = String;

    fn sdk(&self) -> Option<String> {
        match self {
            Self::Known(text) => Some(text.clone()),
            Self::Of { .. } => None,
        }
    }

    fn shown(&self) -> Shown {
        match self {
            Self::Known(text) => Shown::Text(text.clone()),
            Self::Of { call, member } => Shown::Answer {
                call: *call,
                member: *member,
            },
        }
    }

    fn resolve(&mut self, answers: &[Answer]) {
        if let Self::Of { call, member } = self
            && let Some(id) = answers.get(*call).and_then(|a| a.member(*member))
        {
            *self = Self::Known(id.to_owned());
        }
    }

    fn is_resolved(&self) -> bool {
        matches!(self, Self::Known(_))
    }
}

impl Arg for String {
    type Sdk = Self;

    fn sdk(&self) -> Option<Self> {
        Some(self.clone())
    }

    fn shown(&self) -> Shown {
        Shown::Text(self.clone())
    }
}

impl Arg for Secret {
    type Sdk = String;

    fn sdk(&self) -> Option<String> {
        Some(self.reveal().to_owned())
    }

    fn shown(&self) -> Shown {
        Shown::Secret(self.clone())
    }
}

/// A secret file that travels as bytes: a list of API keys to import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretBytes(pub Secret);

impl Arg for SecretBytes {
    type Sdk = aws_sdk_apigateway::primitives::Blob;

    fn sdk(&self) -> Option<Self::Sdk> {
        Some(Self::Sdk::new(self.0.reveal()))
    }

    fn shown(&self) -> Shown {
        Shown::Bytes(self.0.clone())
    }
}

impl Arg for bool {
    type Sdk = Self;

    fn sdk(&self) -> Option<Self> {
        Some(*self)
    }

    fn shown(&self) -> Shown {
        Shown::Flag(*self)
    }
}

impl Arg for i64 {
    type Sdk = i32;

    /// The service's integers have 32 bits; what doesn't fit is sent as the largest, which the service refuses.
    fn sdk(&self) -> Option<i32> {
        Some(convert::int32(*self))
    }

    fn shown(&self) -> Shown {
        Shown::Text(self.to_string())
    }
}

impl<T: Arg> Arg for Option<T> {
    type Sdk = T::Sdk;

    fn sdk(&self) -> Option<T::Sdk> {
        self.as_ref().and_then(Arg::sdk)
    }

    fn shown(&self) -> Shown {
        self.as_ref().map_or(Shown::Absent, Arg::shown)
    }

    fn resolve(&mut self, answers: &[Answer]) {
        if let Some(inner) = self {
            inner.resolve(answers);
        }
    }

    fn is_resolved(&self) -> bool {
        self.as_ref().is_none_or(Arg::is_resolved)
    }
}

/// Left out when empty.
impl Arg for Map<String> {
    type Sdk = HashMap<String, String>;

    fn sdk(&self) -> Option<Self::Sdk> {
        (!self.is_empty()).then(|| convert::hash(self))
    }

    fn shown(&self) -> Shown {
        if self.is_empty() {
            Shown::Absent
        } else {
            Shown::Json(json!(self))
        }
    }
}

/// Left out when empty.
impl Arg for Map<bool> {
    type Sdk = HashMap<String, bool>;

    fn sdk(&self) -> Option<Self::Sdk> {
        (!self.is_empty()).then(|| self.iter().map(|(k, v)| (k.clone(), *v)).collect())
    }

    fn shown(&self) -> Shown {
        if self.is_empty() {
            Shown::Absent
        } else {
            Shown::Json(json!(self))
        }
    }
}

/// Left out when empty.
impl Arg for Map<Vec<String>> {
    type Sdk = HashMap<String, Vec<String>>;

    fn sdk(&self) -> Option<Self::Sdk> {
        (!self.is_empty()).then(|| self.iter().map(|(k, v)| (k.clone(), v.clone())).collect())
    }

    fn shown(&self) -> Shown {
        if self.is_empty() {
            Shown::Absent
        } else {
            Shown::Json(json!(self))
        }
    }
}

/// Left out when empty.
impl Arg for Vec<String> {
    type Sdk = Self;

    fn sdk(&self) -> Option<Self> {
        (!self.is_empty()).then(|| self.clone())
    }

    fn shown(&self) -> Shown {
        if self.is_empty() {
            Shown::Absent
        } else {
            Shown::Json(json!(self))
        }
    }
}

impl Arg for Vec<Patch> {
    type Sdk = Vec<sdk::PatchOperation>;

    fn sdk(&self) -> Option<Self::Sdk> {
        let operation = |patch: &Patch| {
            sdk::PatchOperation::builder()
                .op(sdk::Op::from(patch.op.name()))
                .path(&patch.path)
                .set_value(patch.value.clone())
                .set_from(patch.from.clone())
                .build()
        };
        Some(self.iter().map(operation).collect())
    }

    fn shown(&self) -> Shown {
        let operation = |patch: &Patch| {
            let mut members = serde_json::Map::new();
            members.insert("op".to_owned(), json!(patch.op.name()));
            members.insert("path".to_owned(), json!(patch.path));
            if let Some(value) = &patch.value {
                members.insert("value".to_owned(), json!(value));
            }
            if let Some(from) = &patch.from {
                members.insert("from".to_owned(), json!(from));
            }
            Value::Object(members)
        };
        Shown::Json(self.iter().map(operation).collect())
    }
}

/// Types with one name on the wire and a counterpart in the SDK that is made from that name.
macro_rules! by_name {
    ($($ty:ty => $sdk:ty),* $(,)?) => { $(
        impl Arg for $ty {
            type Sdk = $sdk;

            fn sdk(&self) -> Option<$sdk> {
                Some(convert::name(self).as_str().into())
            }

            fn shown(&self) -> Shown {
                Shown::Text(convert::name(self))
            }
        }
    )* };
}

by_name! {
    IntegrationType => sdk::IntegrationType,
    ContentHandling => sdk::ContentHandlingStrategy,
    PassthroughBehavior => String,
    GatewayResponseType => sdk::GatewayResponseType,
    KeySource => sdk::ApiKeySourceType,
    ConnectionType => sdk::ConnectionType,
    TransferMode => sdk::ResponseTransferMode,
    CacheSize => sdk::CacheClusterSize,
    KeysFormat => sdk::ApiKeysFormat,
}

/// Texts whose meaning the service fixes, and which the model keeps as text.
macro_rules! texts {
    ($($(#[$doc:meta])* $Name:ident),* $(,)?) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
        pub struct $Name(pub String);

        impl<T: Into<String>> From<T> for $Name {
            fn from(text: T) -> Self {
                Self(text.into())
            }
        }
    )* };
}

texts! {
    /// `HEADER` or `AUTHORIZER`.
    KeySource,
    /// `INTERNET` or `VPC_LINK`.
    ConnectionType,
    /// `BUFFERED` or `STREAM`.
    TransferMode,
    /// Gigabytes of a cache: `0.5`, `1.6`, `6.1`, …
    CacheSize,
    /// `csv`
    KeysFormat,
}

/// The canary of a new deployment: like a stage's canary, without the deployment that is being made.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentCanary {
    /// 0.0 to 100.0.
    pub percent_traffic: f64,
    /// Laid over the stage's variables for canary requests.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub stage_variable_overrides: Map<String>,
    /// Whether canary requests use the stage's cache.
    pub use_stage_cache: bool,
}

/// Types of the model with a conversion to the SDK's, written as their JSON.
macro_rules! by_json {
    ($($ty:ty => $sdk:ty, $convert:path);* $(;)?) => { $(
        impl Arg for $ty {
            type Sdk = $sdk;

            fn sdk(&self) -> Option<$sdk> {
                Some($convert(self))
            }

            fn shown(&self) -> Shown {
                Shown::Json(json!(self))
            }
        }
    )* };
}

by_json! {
    CanarySettings => sdk::CanarySettings, convert::to_sdk::canary_settings;
    DeploymentCanary => sdk::DeploymentCanarySettings, convert::to_sdk::deployment_canary;
    EndpointConfiguration => sdk::EndpointConfiguration, convert::to_sdk::endpoint_configuration;
    ThrottleSettings => sdk::ThrottleSettings, convert::to_sdk::throttle_settings;
    QuotaSettings => sdk::QuotaSettings, convert::to_sdk::quota_settings;
    TlsConfig => sdk::TlsConfig, convert::to_sdk::tls_config;
}

/// Left out when empty.
impl Arg for Vec<ApiStage> {
    type Sdk = Vec<sdk::ApiStage>;

    fn sdk(&self) -> Option<Self::Sdk> {
        (!self.is_empty()).then(|| self.iter().map(convert::to_sdk::api_stage).collect())
    }

    fn shown(&self) -> Shown {
        if self.is_empty() {
            Shown::Absent
        } else {
            Shown::Json(json!(self))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelt_for_the_option_and_for_json() {
        for (name, option, json) in [
            ("rest_api_id", "rest-api-id", "restApiId"),
            ("r#type", "type", "type"),
            ("timeout_in_millis", "timeout-in-millis", "timeoutInMillis"),
        ] {
            let argument = Argument {
                name,
                shown: Shown::Absent,
            };
            assert_eq!(
                (argument.option(), argument.json_name()),
                (option.to_owned(), json.to_owned())
            );
        }
    }

    #[test]
    fn an_id_is_filled_in_from_the_answer_it_names() {
        let mut id = Id::of(1);
        id.resolve(&[Answer::Done]);
        assert!(!id.is_resolved());
        id.resolve(&[Answer::Done, Answer::Id("abc123".to_owned())]);
        assert_eq!(id, Id::from("abc123"));
    }
}
