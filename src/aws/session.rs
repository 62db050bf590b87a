//! Where the console is talking to, and with which credentials.

use std::net::IpAddr;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::retry::RetryConfig;

use super::cli::Cli;
use super::error::{Cause, Error};
use super::failure::chain;

/// The region when nothing names one.
pub const DEFAULT_REGION: &str = "us-east-1";

/// The port at which a bundled gateway is usually found, and where other tools look for a local AWS.
pub const LOCAL_PORT: u16 = 4566;

/// Where we are talking to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The bundled gateway at this URL.
    Local {
        /// `http://127.0.0.1:4566`
        endpoint: String,
    },
    /// Another endpoint that speaks AWS's protocols.
    Endpoint {
        /// Its URL.
        url: String,
        /// What requests are signed with.
        signer: Signer,
    },
    /// AWS itself.
    Aws {
        /// The profile, or the environment's if absent.
        profile: Option<String>,
    },
}

/// What requests are signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The key `test` with the secret `test`: a gateway on the loopback takes any.
    Test,
    /// The SDK's whole chain: environment, profiles, single sign-on, container, instance.
    Chain {
        /// The profile, or the environment's if absent.
        profile: Option<String>,
    },
}

/// What a session is started with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Where to.
    pub target: Target,
    /// The region, if anything names one: see [`region`].
    pub region: Option<String>,
}

/// Why a target can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Not an address.
    #[error(
        "--endpoint-url {0}: not an http or https URL with a host, such as http://127.0.0.1:4566"
    )]
    NotAUrl(String),
    /// Test credentials are only for this machine, and the environment's are used only when asked for.
    #[error(
        "--endpoint-url {0} is not on this machine: add --profile NAME, or --aws for the environment's credentials, to say which to use"
    )]
    NoSigner(String),
}

impl Target {
    /// The target of `--endpoint-url`, with `--profile` and `--aws` as given. Without these, only this machine is talked to,
    /// with test credentials: neither endpoint nor credentials of AWS are ever taken from the environment unasked.
    pub fn endpoint(url: &str, profile: Option<String>, aws: bool) -> Result<Self, TargetError> {
        let parsed = reqwest::Url::parse(url).ok();
        let parsed = parsed
            .filter(|u| matches!(u.scheme(), "http" | "https") && u.host_str().is_some())
            .ok_or_else(|| TargetError::NotAUrl(url.to_owned()))?;
        let signer = match profile {
            None if !aws && is_loopback(&parsed) => Signer::Test,
            None if !aws => return Err(TargetError::NoSigner(url.to_owned())),
            profile => Signer::Chain { profile },
        };
        Ok(Self::Endpoint {
            url: url.trim_end_matches('/').to_owned(),
            signer,
        })
    }

    /// The endpoint, unless it is AWS's own.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Local { endpoint } => Some(endpoint),
            Self::Endpoint { url, .. } => Some(url),
            Self::Aws { .. } => None,
        }
    }

    /// Whether it may be AWS: where mistakes hurt, quotas hold and metrics cost money. That is wherever real credentials are used,
    /// also on this machine: a tunnel or a proxy may lead from there to AWS.
    #[must_use]
    pub fn is_aws(&self) -> bool {
        matches!(self.signer(), Signer::Chain { .. })
    }

    /// Whether the endpoint is AWS's own by its name, as opposed to a gateway, a tunnel or a proxy somewhere.
    #[must_use]
    pub fn has_aws_host(&self) -> bool {
        self.url().is_none_or(|url| {
            reqwest::Url::parse(url).ok().is_some_and(|u| {
                let host = u.host_str().unwrap_or_default().to_ascii_lowercase();
                [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"]
                    .iter()
                    .any(|suffix| host.ends_with(suffix))
            })
        })
    }

    /// The port of a gateway on this machine, if it isn't the usual one.
    #[must_use]
    pub fn unusual_port(&self) -> Option<u16> {
        let Self::Local { endpoint } = self else {
            return None;
        };
        let url = reqwest::Url::parse(endpoint).ok()?;
        url.port_or_known_default()
            .filter(|port| *port != LOCAL_PORT)
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.url()
            .and_then(|url| reqwest::Url::parse(url).ok())
            .is_some_and(|url| is_loopback(&url))
    }

    fn signer(&self) -> Signer {
        match self {
            Self::Local { .. } => Signer::Test,
            Self::Endpoint { signer, .. } => signer.clone(),
            Self::Aws { profile } => Signer::Chain {
                profile: profile.clone(),
            },
        }
    }

    fn profile(&self) -> Option<String> {
        match self.signer() {
            Signer::Chain { profile } => profile,
            Signer::Test => None,
        }
    }
}

/// The region by the order that the command line documents: `--region`, `AWS_REGION`, `AWS_DEFAULT_REGION`. With none of these,
/// AWS's profile decides, and after it [`DEFAULT_REGION`].
pub fn region(flag: Option<&str>, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    flag.map(str::to_owned)
        .into_iter()
        .chain(variable("AWS_REGION"))
        .chain(variable("AWS_DEFAULT_REGION"))
        .find(|region| !region.is_empty())
}

/// The clients of one session. Made off the console's loop: reading profiles takes a moment, and a chain may ask the network.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    pub(crate) apigateway: aws_sdk_apigateway::Client,
    pub(crate) cloudwatch: aws_sdk_cloudwatch::Client,
    pub(crate) sts: aws_sdk_sts::Client,
    pub(crate) region: String,
}

impl Session {
    /// What AWS CLI commands need to reach the same place.
    #[must_use]
    pub fn cli(&self) -> Cli {
        Cli {
            endpoint_url: self.target.url().map(str::to_owned),
            region: self.known_region(),
            profile: self.target.profile(),
        }
    }

    /// The region as far as it is known before the clients are made: with real credentials, the profile may name it.
    #[must_use]
    pub fn known_region(&self) -> Option<String> {
        let default = || (!self.target.is_aws()).then(|| DEFAULT_REGION.to_owned());
        self.region.clone().or_else(default)
    }

    pub(crate) async fn clients(&self) -> Clients {
        let config = match self.target.signer() {
            Signer::Test => self.by_hand(),
            Signer::Chain { profile } => self.by_chain(profile).await,
        };
        let region = config
            .region()
            .map_or_else(|| DEFAULT_REGION.to_owned(), ToString::to_string);
        Clients {
            apigateway: aws_sdk_apigateway::Client::new(&config),
            cloudwatch: aws_sdk_cloudwatch::Client::new(&config),
            sts: aws_sdk_sts::Client::new(&config),
            region,
        }
    }

    /// Nothing of the environment, no roots, no proxy: a bastion's `HTTP_PROXY` must not catch local calls.
    fn by_hand(&self) -> SdkConfig {
        let region = self
            .known_region()
            .unwrap_or_else(|| DEFAULT_REGION.to_owned());
        let keys = Credentials::new("test", "test", None, None, "sluice");
        let builder = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region))
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .retry_config(RetryConfig::disabled());
        // Plain HTTP unless the endpoint itself has TLS.
        let builder = if self
            .target
            .url()
            .is_some_and(|url| url.starts_with("https:"))
        {
            builder
        } else {
            builder.http_client(aws_smithy_http_client::Builder::new().build_http())
        };
        match self.target.url() {
            Some(url) => builder.endpoint_url(url).build(),
            None => builder.build(),
        }
    }

    async fn by_chain(&self, profile: Option<String>) -> SdkConfig {
        let mut loader =
            aws_config::defaults(BehaviorVersion::latest()).retry_config(RetryConfig::disabled());
        if let Some(profile) = profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = &self.region {
            loader = loader.region(Region::new(region.clone()));
        }
        let chain = loader.load().await;
        // Rebuilt without what the environment may have put there: `AWS_ENDPOINT_URL…` choose no endpoint of ours.
        let region = chain.region().cloned();
        let region = region.unwrap_or_else(|| Region::new(DEFAULT_REGION));
        let mut builder = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(region)
            .retry_config(RetryConfig::disabled());
        builder.set_credentials_provider(chain.credentials_provider());
        builder.set_identity_cache(chain.identity_cache());
        builder.set_sleep_impl(chain.sleep_impl());
        builder.set_time_source(chain.time_source());
        builder.set_use_fips(chain.use_fips());
        builder.set_use_dual_stack(chain.use_dual_stack());
        if let Some(url) = self.target.url() {
            if url.starts_with("http:") {
                let plain = aws_smithy_http_client::Builder::new().build_http();
                builder.set_http_client(Some(plain));
            }
            builder.endpoint_url(url).build()
        } else {
            builder.set_http_client(chain.http_client());
            builder.build()
        }
    }

    /// What the user can do about an error, in one sentence; empty if there is nothing to do but try again.
    pub(crate) fn advice(&self, cause: &Cause, write: bool) -> String {
        let profile = self.target.profile();
        let with_profile = |command: &str| match &profile {
            Some(profile) => format!("`{command} --profile {profile}`"),
            None => format!("`{command}`"),
        };
        match cause {
            Cause::NoCredentials(_) => format!(
                "Run {} or {}, or choose another profile with --profile.",
                with_profile("aws configure sso"),
                with_profile("aws configure")
            ),
            Cause::ExpiredCredentials(_) => format!(
                "Run {} (or renew the keys in the environment), then try again.",
                with_profile("aws sso login")
            ),
            Cause::Unreachable(_) => match &self.target {
                Target::Local { endpoint } => {
                    format!("Is the gateway still running at {endpoint}?")
                }
                Target::Endpoint { url, .. } => format!("Is anything listening at {url}?"),
                Target::Aws { .. } => {
                    "Check the network, HTTPS_PROXY, and that the region's name is right."
                        .to_owned()
                }
            },
            Cause::Unknown(_) => "Look at it before you repeat it.".to_owned(),
            Cause::Refused(refusal) => match (refusal.code.as_str(), refusal.status) {
                (
                    "AccessDeniedException"
                    | "AccessDenied"
                    | "UnauthorizedException"
                    | "UnauthorizedOperation",
                    _,
                ) => "Your role needs a policy that allows it.".to_owned(),
                ("UnrecognizedClientException" | "InvalidClientTokenId", _) => {
                    "The access key isn't known there: choose another profile with --profile."
                        .to_owned()
                }
                (
                    "SignatureDoesNotMatch" | "InvalidSignatureException" | "RequestTimeTooSkewed",
                    _,
                ) => "Check the secret key and this machine's clock.".to_owned(),
                _ if refusal.is_throttle() => {
                    "Others use the account's quota too: try again in a minute.".to_owned()
                }
                (_, 500 | 502 | 504) if write => {
                    "It may have happened all the same: look before you repeat it.".to_owned()
                }
                _ => String::new(),
            },
            _ => String::new(),
        }
    }
}

fn is_loopback(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Calls to the bundled gateway that AWS has no operation for.
#[derive(Clone, Debug)]
pub(crate) struct Extension {
    client: reqwest::Client,
    endpoint: String,
}

/// What an extension call answered.
pub(crate) struct ExtensionAnswer {
    pub(crate) status: u16,
    /// The error's name, which Sluice sends with each of its errors.
    pub(crate) code: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// How long the gateway may take to answer an extension call: it computes, it asks nobody.
const EXTENSION_TIMEOUT: Duration = Duration::from_secs(10);

impl Extension {
    /// The extension at the target, if it can have one: only endpoints on this machine are asked.
    pub(crate) fn at(target: &Target) -> Option<Result<Self, String>> {
        let endpoint = target.url().filter(|_| target.is_local())?.to_owned();
        let client = reqwest::Client::builder()
            .no_proxy()
            // Plain HTTP to this machine needs no roots, and a bare container has none to load.
            .tls_certs_only([])
            .timeout(EXTENSION_TIMEOUT)
            .build();
        Some(match client {
            Ok(client) => Ok(Self { client, endpoint }),
            Err(error) => Err(chain(&error)),
        })
    }

    /// The answer to `GET {path}`.
    pub(crate) async fn get(&self, path: &str) -> Result<ExtensionAnswer, Cause> {
        let url = format!("{}{path}", self.endpoint);
        let unreachable = |error: reqwest::Error| {
            if error.is_timeout() {
                Cause::TimedOut(EXTENSION_TIMEOUT)
            } else {
                Cause::Unreachable(chain(&error))
            }
        };
        let response = self.client.get(url).send().await.map_err(unreachable)?;
        let status = response.status().as_u16();
        let code = response.headers().get("x-amzn-errortype");
        let code = code.and_then(|c| c.to_str().ok()).map(str::to_owned);
        let body = response.bytes().await.map_err(unreachable)?.to_vec();
        Ok(ExtensionAnswer { status, code, body })
    }
}

/// An error of an operation, with what can be done about it here.
pub(crate) fn explain(
    session: &Session,
    operation: &'static str,
    subject: impl Into<String>,
    cause: Cause,
    write: bool,
) -> Error {
    let advice = session.advice(&cause, write);
    Error {
        operation,
        subject: subject.into(),
        cause,
        advice,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::error::Refusal;

    #[test]
    fn the_region_comes_from_the_flag_then_the_environment() {
        let env = |pairs: &'static [(&str, &str)]| {
            move |name: &str| {
                let found = pairs.iter().find(|p| p.0 == name);
                found.map(|p| p.1.to_owned())
            }
        };
        let both = &[
            ("AWS_REGION", "eu-west-1"),
            ("AWS_DEFAULT_REGION", "eu-west-2"),
        ];
        for (flag, variables, expected) in [
            (Some("eu-north-1"), &both[..], Some("eu-north-1")),
            (None, &both[..], Some("eu-west-1")),
            (None, &both[1..], Some("eu-west-2")),
            (None, &[("AWS_REGION", "")], None),
            (None, &[], None),
        ] {
            assert_eq!(region(flag, env(variables)).as_deref(), expected);
        }
    }

    #[test]
    fn an_endpoint_elsewhere_needs_to_be_told_its_credentials() {
        for (url, profile, aws, signer) in [
            ("http://127.0.0.1:4566/", None, false, Ok(Signer::Test)),
            ("http://localhost:4566", None, false, Ok(Signer::Test)),
            ("http://api.localhost:4566", None, false, Ok(Signer::Test)),
            ("http://[::1]:4566", None, false, Ok(Signer::Test)),
            (
                "https://apigateway.us-east-1.amazonaws.com",
                None,
                false,
                Err(()),
            ),
            ("http://10.0.0.7:4566", None, false, Err(())),
            ("http://127.0.0.1.evil.example", None, false, Err(())),
            (
                "http://10.0.0.7:4566",
                None,
                true,
                Ok(Signer::Chain { profile: None }),
            ),
            (
                "http://127.0.0.1:4566",
                Some("ops".to_owned()),
                false,
                Ok(Signer::Chain {
                    profile: Some("ops".to_owned()),
                }),
            ),
            ("127.0.0.1:4566", None, false, Err(())),
            ("ftp://127.0.0.1", None, false, Err(())),
        ] {
            let target = Target::endpoint(url, profile, aws);
            assert_eq!(target.map(|t| t.signer()).map_err(|_| ()), signer, "{url}");
        }
    }

    #[test]
    fn aws_is_wherever_real_credentials_are_used() {
        let endpoint = |url: &str, aws| Target::endpoint(url, None, aws).unwrap();
        let local = Target::Local {
            endpoint: "http://127.0.0.1:41234".to_owned(),
        };
        // The target, may it be AWS, has it AWS's name, is it on this machine.
        for (target, is_aws, has_aws_host, is_local) in [
            (Target::Aws { profile: None }, true, true, false),
            (
                endpoint("https://apigateway.eu-west-1.amazonaws.com", true),
                true,
                true,
                false,
            ),
            (
                endpoint("https://amazonaws.com.example", true),
                true,
                false,
                false,
            ),
            // A tunnel to AWS looks like this.
            (endpoint("https://127.0.0.1:8443", true), true, false, true),
            (endpoint("http://127.0.0.1:4566", false), false, false, true),
            (local.clone(), false, false, true),
        ] {
            assert_eq!(target.is_aws(), is_aws, "{target:?}");
            assert_eq!(target.has_aws_host(), has_aws_host, "{target:?}");
            assert_eq!(target.is_local(), is_local, "{target:?}");
        }
        assert_eq!(local.unusual_port(), Some(41234));
        assert_eq!(endpoint("http://127.0.0.1:99", false).unusual_port(), None);
    }

    #[test]
    fn a_region_that_the_profile_may_name_is_not_guessed() {
        let session = |target: Target, region: Option<&str>| Session {
            target,
            region: region.map(str::to_owned),
        };
        let local = || Target::endpoint("http://127.0.0.1:4566", None, false).unwrap();
        let profile = || Target::endpoint("http://127.0.0.1:4566", None, true).unwrap();
        for (target, given, known) in [
            (Target::Aws { profile: None }, None, None),
            (
                Target::Aws { profile: None },
                Some("eu-west-1"),
                Some("eu-west-1"),
            ),
            (profile(), None, None),
            (local(), None, Some("us-east-1")),
        ] {
            let cli = session(target, given).cli();
            assert_eq!(cli.region.as_deref(), known);
        }
    }

    #[test]
    fn errors_say_what_to_run() {
        let session = |profile: Option<&str>| Session {
            target: Target::Aws {
                profile: profile.map(str::to_owned),
            },
            region: None,
        };
        let expired = Cause::ExpiredCredentials(String::new());
        assert!(
            session(Some("ops"))
                .advice(&expired, false)
                .contains("`aws sso login --profile ops`")
        );
        assert!(
            session(None)
                .advice(&expired, false)
                .contains("`aws sso login`")
        );
        let none = Cause::NoCredentials(String::new());
        assert!(
            session(None)
                .advice(&none, false)
                .contains("`aws configure`")
        );
        let failed = Cause::Refused(Box::new(Refusal {
            status: 504,
            ..Refusal::default()
        }));
        assert_eq!(session(None).advice(&failed, false), "");
        assert!(
            session(None)
                .advice(&failed, true)
                .contains("may have happened")
        );
    }
}
