//! `sluice` without a subcommand: the console on a target.

use std::process::ExitCode;

use clap::Args;

use super::config::Config;
use super::fail;
use crate::aws::{Session, Target, session};
use crate::base::{Chance, Clock};
use crate::console::{self, End, Options};

/// What the console talks to, and how it looks.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct ConsoleArgs {
    /// Work on AWS, with the credentials of the environment; read-only unless --write is given
    #[arg(long)]
    pub(super) aws: bool,
    /// Work on AWS with this profile
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// The region
    #[arg(
        long,
        help = "The region; otherwise AWS_REGION, AWS_DEFAULT_REGION, the profile's, us-east-1"
    )]
    pub(super) region: Option<String>,
    /// Allow changes on AWS from the start
    #[arg(long)]
    pub(super) write: bool,
    /// Work on the endpoint at this URL instead of AWS's own
    #[arg(long, value_name = "URL")]
    pub(super) endpoint_url: Option<String>,
    /// Show ASCII signs only
    #[arg(long)]
    pub(super) ascii: bool,
    /// Never synchronise frames (mode 2026), for terminals that mishandle it
    #[arg(long)]
    pub(super) no_sync: bool,
    /// Bytes a second that the line takes, 0 for no limit; by default 32768 over SSH and no limit elsewhere
    #[arg(long, value_name = "N")]
    pub(super) line_rate: Option<u32>,
    /// Use the mouse; text is then selected with shift held
    #[arg(long)]
    pub(super) mouse: bool,
    /// The theme: default, monochrome, dark, or one of yours
    #[arg(long, value_name = "NAME")]
    pub(super) theme: Option<String>,
}

impl ConsoleArgs {
    /// The target that the flags name; `None` is the bundled gateway.
    pub(super) fn target(&self) -> Result<Option<Target>, String> {
        if let Some(url) = &self.endpoint_url {
            let target = Target::endpoint(url, self.profile.clone(), self.aws);
            return target.map(Some).map_err(|error| error.to_string());
        }
        let aws = self.aws || self.profile.is_some();
        Ok(aws.then(|| Target::Aws {
            profile: self.profile.clone(),
        }))
    }

    /// Runs the console on a target until it ends.
    pub(super) fn open(&self, target: Target, owns_gateway: bool) -> ExitCode {
        let var = |name: &str| std::env::var(name).ok();
        let mut region = session::region(self.region.as_deref(), var);
        if region.is_none() && !target.is_aws() {
            region = Some(session::DEFAULT_REGION.to_owned());
        }
        let config = match Config::read() {
            Ok(config) => config,
            Err(error) => return fail(2, &error),
        };
        let options = Options {
            ascii: self.ascii,
            no_sync: self.no_sync,
            line_rate: self.line_rate,
            mouse: self.mouse,
            theme: self.theme.clone(),
            write: self.write,
            owns_gateway,
            keys: config.keys,
            themes: config.themes,
        };
        let clock = Clock::system();
        let session = Session { target, region };
        match console::run(session, &options, &clock, Chance::from_machine(), var) {
            Ok(End::Quit | End::HungUp | End::Asked) => ExitCode::SUCCESS,
            Err(error) => fail(2, &error.to_string()),
        }
    }
}
