//! `sluice gateway`: the engine alone.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::{data_folder, say};
use crate::engine::control::apigateway::{Quotas, Truststores};
use crate::engine::gateway::{Functions, JwksSource, LambdaCredentials, LambdaEndpoint, Settings};
use crate::engine::store::Location;
use crate::engine::{Config, start};
use crate::iam::Credentials;
use crate::model::ThrottleSettings;

/// Serve APIs and AWS's control plane, without the console
#[derive(Debug, Args)]
pub(crate) struct Gateway {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4566")]
    listen: SocketAddr,
    /// Address to speak TLS on, with certificates of an authority of its own (see the README)
    #[arg(long, value_name = "ADDR")]
    tls_listen: Option<SocketAddr>,
    /// Folder that keeps the state [default: sluice in the user's data folder]
    #[arg(long, value_name = "DIR", conflicts_with = "ephemeral")]
    data_dir: Option<PathBuf>,
    /// Keep everything in memory
    #[arg(long)]
    ephemeral: bool,
    /// Account that the gateway plays
    #[arg(long, value_name = "N", default_value = "000000000000", value_parser = account)]
    account: String,
    /// Threads that serve requests [default: one per usable core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Seed of the generator, so that canary draws and ids repeat
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Another host name that the control plane answers to; may be given again
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,
    /// The account's throttle in a region: requests a second and burst, as 10000:5000, which is AWS's
    #[arg(long, value_name = "RATE:BURST", value_parser = throttle)]
    account_throttle: Option<ThrottleSettings>,
    /// Access keys, and whom they stand for: signatures are verified, and --listen may leave loopback (see the README)
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// File with quotas that differ from AWS's, such as `resourcesPerApi: 500`, a line each
    #[arg(long, value_name = "FILE")]
    quotas: Option<PathBuf>,
    /// Answer 429 to control-plane calls beyond AWS's rates, so that clients' back-off can be tested
    #[arg(long)]
    enforce_control_quotas: bool,
    /// Let other users of this machine use the control plane
    #[arg(long)]
    allow_other_users: bool,
    /// Where a VPC link leads, as LINK=URL with the link's id or name; may be given again
    #[arg(long, value_name = "LINK=URL")]
    vpc_link: Vec<String>,
    /// The file that stands for a truststore of mutual TLS; may be given again
    #[arg(long, value_name = "s3://BUCKET/KEY=FILE")]
    truststore: Vec<String>,
    /// Where Lambda functions run: an endpoint that speaks Lambda's Invoke
    #[arg(long, value_name = "URL", value_parser = LambdaEndpoint::parse)]
    lambda_endpoint: Option<LambdaEndpoint>,
    /// Sign invocations with the AWS credentials of the environment's variables, not with test keys
    #[arg(long, requires = "lambda_endpoint")]
    lambda_credentials_from_env: bool,
    /// Where the keys of a token issuer are; may be given again
    #[arg(long, value_name = "ISSUER=FILE|URL|discover", value_parser = JwksSource::parse)]
    jwks: Vec<JwksSource>,
    /// X-Ray daemon that gets the segments of traced requests by UDP, besides the gateway itself
    #[arg(long, value_name = "ADDR")]
    xray_daemon: Option<SocketAddr>,
}

fn account(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("an AWS account number has 12 digits".to_owned())
    }
}

fn throttle(text: &str) -> Result<ThrottleSettings, String> {
    let read = || {
        let (rate, burst) = text.split_once(':')?;
        let rate_limit = rate
            .parse::<f64>()
            .ok()
            .filter(|r| r.is_finite() && *r >= 0.0)?;
        let burst_limit = burst.parse::<i64>().ok().filter(|b| *b >= 0)?;
        Some(ThrottleSettings {
            burst_limit,
            rate_limit,
        })
    };
    read().ok_or_else(|| "give requests a second and burst, such as 10000:5000".to_owned())
}

fn credentials(file: &Path) -> Result<Credentials, String> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| format!("can't read {}: {error}", file.display()))?;
    Credentials::parse(&text)
        .map_err(|error| format!("{} is no credentials file: {error}", file.display()))
}

fn lambda_credentials(
    variable: impl Fn(&str) -> Option<String>,
) -> Result<LambdaCredentials, String> {
    let filled = |name| variable(name).filter(|value| !value.is_empty());
    let needed = |name| {
        filled(name).ok_or_else(|| format!("--lambda-credentials-from-env: {name} isn't set"))
    };
    Ok(LambdaCredentials {
        access_key: needed("AWS_ACCESS_KEY_ID")?,
        secret: needed("AWS_SECRET_ACCESS_KEY")?,
        token: filled("AWS_SESSION_TOKEN"),
    })
}

fn read_quotas(file: &Path) -> Result<Quotas, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string());
    text.and_then(|text| Quotas::read(&text))
        .map_err(|error| format!("--quotas {}: {error}", file.display()))
}

impl Gateway {
    /// Serves until a signal ends it.
    pub(crate) fn run(self) -> ExitCode {
        super::log_to_stderr();
        let location = if self.ephemeral {
            Location::Memory
        } else {
            match self.data_dir.map_or_else(data_folder, Ok) {
                Ok(folder) => Location::Folder(folder),
                Err(error) => return super::fail(3, &error),
            }
        };
        // Before the engine starts, so that a signal that comes early ends it properly too.
        let mut signals = match Signals::new([SIGTERM, SIGINT, SIGHUP]) {
            Ok(signals) => signals,
            Err(error) => return super::fail(3, &format!("can't wait for signals: {error}")),
        };
        let quotas = match self
            .quotas
            .as_deref()
            .map_or(Ok(Quotas::default()), read_quotas)
        {
            Ok(quotas) => quotas,
            Err(error) => return super::fail(2, &error),
        };
        let mut limits = Settings::default();
        if let Some(account) = self.account_throttle {
            limits.account = account;
        }
        for link in &self.vpc_link {
            if let Err(error) = limits.vpc_links.add(link) {
                return super::fail(2, &format!("--vpc-link {link}: {error}"));
            }
        }
        let mut truststores = Truststores::default();
        for truststore in &self.truststore {
            if let Err(error) = truststores.add(truststore) {
                return super::fail(2, &format!("--truststore {truststore}: {error}"));
            }
        }
        limits.jwks = self.jwks;
        if let Some(mut endpoint) = self.lambda_endpoint {
            if self.lambda_credentials_from_env {
                match lambda_credentials(|name| std::env::var(name).ok()) {
                    Ok(credentials) => endpoint = endpoint.signing_with(credentials),
                    Err(error) => return super::fail(2, &error),
                }
            }
            limits.functions = Functions::Endpoint(endpoint);
        }
        if let Some(file) = &self.credentials {
            match credentials(file) {
                Ok(credentials) => limits.credentials = Some(Arc::new(credentials)),
                Err(error) => return super::fail(2, &error),
            }
        }
        let config = Config {
            limits,
            quotas,
            truststores,
            enforce_control_quotas: self.enforce_control_quotas,
            listen: self.listen,
            tls_listen: self.tls_listen,
            location,
            account: self.account,
            threads: self.threads,
            seed: self.seed,
            hosts: self.host,
            allow_other_users: self.allow_other_users,
            xray_daemon: self.xray_daemon,
            ..Config::default()
        };
        let engine = match start(config) {
            Ok(engine) => engine,
            Err(error) => return super::fail(3, &error.to_string()),
        };
        say(&format!("ready http://{}", engine.addr()));
        if let Some(tls) = engine.tls() {
            let authority = match &tls.authority {
                Some(file) => file.display().to_string(),
                None => format!("http://{}/_sluice/ca.pem", engine.addr()),
            };
            say(&format!("tls https://{} ca {authority}", tls.addr));
        }
        signals.forever().next();
        engine.stop();
        ExitCode::SUCCESS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_come_from_the_environment_whole() {
        let read = |given: &[(&str, &str)]| {
            lambda_credentials(|name| {
                let found = given.iter().find(|(n, _)| *n == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        let (id, secret) = (("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b"));
        let found = read(&[id, secret, ("AWS_SESSION_TOKEN", "")]).unwrap();
        assert_eq!((found.access_key.as_str(), found.token), ("a", None));
        assert!(read(&[id]).unwrap_err().contains("AWS_SECRET_ACCESS_KEY"));
        let empty = read(&[("AWS_ACCESS_KEY_ID", ""), secret]).unwrap_err();
        assert!(empty.contains("AWS_ACCESS_KEY_ID"));
    }

    #[test]
    fn a_throttle_is_a_rate_and_a_burst() {
        let read = |text| throttle(text).ok().map(|t| (t.rate_limit, t.burst_limit));
        assert_eq!(read("10000:5000"), Some((10_000.0, 5_000)));
        assert_eq!(read("0.5:1"), Some((0.5, 1)));
        for text in ["", "5", "5:", ":5", "-1:5", "inf:1", "1:1.5", "a:b"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
