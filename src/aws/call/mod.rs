//! The writes of API Gateway, each as data: one list per call says what goes to the SDK and what stands in the AWS CLI text,
//! so that the two can't differ.

mod apis;
mod arg;
mod definition;
mod integrations;
mod keys;
mod methods;
mod plans;
mod stages;
#[cfg(test)]
mod tests;

pub use apis::{
    CreateRestApi, DeleteRestApi, TagResource, UntagResource, UpdateAccount, UpdateRestApi,
};
pub(crate) use arg::{Argument, Shown};
pub use arg::{
    CacheSize, ConnectionType, DeploymentCanary, Id, KeySource, KeysFormat, Member, SecretBytes,
    TransferMode,
};
pub use definition::{
    CreateModel, CreateResource, DeleteGatewayResponse, DeleteModel, DeleteResource,
    PutGatewayResponse, UpdateGatewayResponse, UpdateModel, UpdateResource,
};
pub use integrations::{
    DeleteIntegration, DeleteIntegrationResponse, PutIntegration, PutIntegrationResponse,
    UpdateIntegration, UpdateIntegrationResponse,
};
pub use keys::{CreateApiKey, DeleteApiKey, GetApiKey, ImportApiKeys, UpdateApiKey};
pub use methods::{
    DeleteMethod, DeleteMethodResponse, PutMethod, PutMethodResponse, TestInvokeMethod,
    UpdateMethod, UpdateMethodResponse,
};
pub use plans::{
    CreateUsagePlan, CreateUsagePlanKey, DeleteUsagePlan, DeleteUsagePlanKey, UpdateUsage,
    UpdateUsagePlan,
};
pub use stages::{
    CreateDeployment, CreateStage, DeleteDeployment, DeleteStage, FlushStageAuthorizersCache,
    FlushStageCache, UpdateDeployment, UpdateStage,
};

use aws_sdk_apigateway::Client;

use super::failure::Failure;
use super::reply::{Secret, TestResult};

/// What a call answered, as far as anybody needs it: what changed is read again anyway.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// It worked.
    Done,
    /// It worked, and this is the new thing's id.
    Id(String),
    /// A new API.
    RestApi {
        /// Its id.
        id: String,
        /// The id of its resource `/`.
        root_resource_id: String,
    },
    /// An API key with its value.
    Key {
        /// Its id.
        id: String,
        /// Its value.
        value: Secret,
    },
    /// Imported API keys.
    Imported {
        /// Their ids.
        ids: Vec<String>,
        /// What the service complained of.
        warnings: Vec<String>,
    },
    /// A test invocation's result.
    Test(TestResult),
}

impl Answer {
    /// The id that a later call may need.
    #[must_use]
    pub fn member(&self, member: Member) -> Option<&str> {
        match (self, member) {
            (Self::Id(id) | Self::RestApi { id, .. } | Self::Key { id, .. }, Member::Id) => {
                Some(id)
            }
            (
                Self::RestApi {
                    root_resource_id, ..
                },
                Member::RootResourceId,
            ) => Some(root_resource_id),
            _ => None,
        }
    }
}

/// What every call can do.
pub(crate) trait ApiCall {
    /// AWS's name of the operation: `CreateResource`.
    const OPERATION: &'static str;
    /// The same as the SDK's function: `create_resource`.
    const FUNCTION: &'static str;

    fn arguments(&self) -> Vec<Argument>;
    fn resolve(&mut self, answers: &[Answer]);
    fn is_resolved(&self) -> bool;
    async fn send(&self, client: &Client) -> Result<Answer, Failure>;
}

/// Declares calls: name, the SDK's function, members with the SDK's setters, and what is kept of the output.
macro_rules! calls {
    ($($(#[$doc:meta])* $Name:ident: $function:ident {
        $($(#[$member_doc:meta])* $member:ident / $setter:ident: $ty:ty,)*
    } => |$out:pat_param| $answer:expr;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $Name {
            $($(#[$member_doc])* pub $member: $ty,)*
        }

        impl $crate::aws::call::ApiCall for $Name {
            const OPERATION: &'static str = stringify!($Name);
            const FUNCTION: &'static str = stringify!($function);

            fn arguments(&self) -> Vec<$crate::aws::call::Argument> {
                vec![$($crate::aws::call::Argument {
                    name: stringify!($member),
                    shown: $crate::aws::call::arg::Arg::shown(&self.$member),
                },)*]
            }

            fn resolve(&mut self, answers: &[$crate::aws::call::Answer]) {
                $($crate::aws::call::arg::Arg::resolve(&mut self.$member, answers);)*
            }

            fn is_resolved(&self) -> bool {
                true $(&& $crate::aws::call::arg::Arg::is_resolved(&self.$member))*
            }

            async fn send(
                &self,
                client: &aws_sdk_apigateway::Client,
            ) -> Result<$crate::aws::call::Answer, $crate::aws::failure::Failure> {
                let $out = client.$function()
                    $(.$setter($crate::aws::call::arg::Arg::sdk(&self.$member)))*
                    .send()
                    .await?;
                Ok($answer)
            }
        }

        impl From<$Name> for $crate::aws::Call {
            fn from(call: $Name) -> Self {
                Self::$Name(call)
            }
        }
    )* };
}
pub(crate) use calls;

/// Declares the enum of all calls.
macro_rules! all {
    ($($Name:ident),* $(,)?) => {
        /// A write of API Gateway, or one of its reads that a gate guards.
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs, reason = "each variant is its structure, which is documented")]
        pub enum Call {
            $($Name($Name),)*
        }

        /// The names of all calls, in the order of the enum.
        #[cfg(test)]
        pub(crate) const OPERATIONS: &[&str] = &[$($Name::OPERATION),*];

        impl Call {
            /// AWS's name of the operation: `CreateResource`.
            #[must_use]
            pub const fn operation(&self) -> &'static str {
                match self { $(Self::$Name(_) => $Name::OPERATION,)* }
            }

            /// The AWS CLI's command: `create-resource`.
            pub(crate) fn command(&self) -> String {
                match self { $(Self::$Name(_) => $Name::FUNCTION,)* }.replace('_', "-")
            }

            pub(crate) fn arguments(&self) -> Vec<Argument> {
                match self { $(Self::$Name(call) => call.arguments(),)* }
            }

            /// Fills in ids that earlier calls answered.
            pub(crate) fn resolve(&mut self, answers: &[Answer]) {
                match self { $(Self::$Name(call) => call.resolve(answers),)* }
            }

            /// Whether all ids are known.
            pub(crate) fn is_resolved(&self) -> bool {
                match self { $(Self::$Name(call) => call.is_resolved(),)* }
            }

            pub(crate) async fn send(&self, client: &Client) -> Result<Answer, Failure> {
                match self { $(Self::$Name(call) => call.send(client).await,)* }
            }
        }
    };
}

all! {
    CreateRestApi, UpdateRestApi, DeleteRestApi, UpdateAccount, TagResource, UntagResource,
    CreateResource, UpdateResource, DeleteResource,
    CreateModel, UpdateModel, DeleteModel,
    PutGatewayResponse, UpdateGatewayResponse, DeleteGatewayResponse,
    PutMethod, UpdateMethod, DeleteMethod,
    PutMethodResponse, UpdateMethodResponse, DeleteMethodResponse,
    TestInvokeMethod,
    PutIntegration, UpdateIntegration, DeleteIntegration,
    PutIntegrationResponse, UpdateIntegrationResponse, DeleteIntegrationResponse,
    CreateDeployment, UpdateDeployment, DeleteDeployment,
    CreateStage, UpdateStage, DeleteStage, FlushStageCache, FlushStageAuthorizersCache,
    CreateUsagePlan, UpdateUsagePlan, DeleteUsagePlan,
    CreateUsagePlanKey, DeleteUsagePlanKey, UpdateUsage,
    CreateApiKey, UpdateApiKey, DeleteApiKey, ImportApiKeys, GetApiKey,
}

impl Call {
    /// Whether sending it twice does no harm, so that a time-out isn't a riddle.
    #[must_use]
    pub const fn is_read(&self) -> bool {
        matches!(self, Self::GetApiKey(_))
    }

    /// What it acts on, for errors: the ids among its arguments.
    #[must_use]
    pub fn subject(&self) -> String {
        let part = |argument: &Argument| match (argument.name, &argument.shown) {
            ("rest_api_id", Shown::Text(id)) => Some(format!("API {id}")),
            ("resource_id", Shown::Text(id)) => Some(format!("resource {id}")),
            ("http_method" | "status_code", Shown::Text(text)) => Some(text.clone()),
            ("stage_name", Shown::Text(name)) => Some(format!("stage {name}")),
            ("deployment_id", Shown::Text(id)) => Some(format!("deployment {id}")),
            ("usage_plan_id", Shown::Text(id)) => Some(format!("usage plan {id}")),
            ("api_key" | "key_id", Shown::Text(id)) => Some(format!("API key {id}")),
            ("resource_arn", Shown::Text(arn)) => Some(arn.clone()),
            ("name" | "model_name" | "path_part", Shown::Text(name)) => Some(format!("“{name}”")),
            _ => None,
        };
        let parts: Vec<_> = self.arguments().iter().filter_map(part).collect();
        if parts.is_empty() {
            "the account".to_owned()
        } else {
            parts.join(" ")
        }
    }
}
