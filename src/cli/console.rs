//! `sluice` without a subcommand: the console on the bundled gateway, on AWS, or on another endpoint.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::config::Config;
use super::fail;
use crate::aws::{Session, Target, session};
use crate::base::{Chance, Clock};
use crate::console::{self, ConsoleError, End, Options, Outside};

/// What the console talks to; without any of these, the bundled gateway.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct ConsoleArgs {
    /// Work on AWS, with the credentials of the environment; read-only unless --write is given
    #[arg(long)]
    aws: bool,
    /// Work on AWS with this profile
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The region
    #[arg(
        long,
        help = "The region; otherwise AWS_REGION, AWS_DEFAULT_REGION, the profile's, us-east-1"
    )]
    region: Option<String>,
    /// Allow changes on AWS from the start
    #[arg(long)]
    write: bool,
    /// Work on the endpoint at this URL instead of AWS's own
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
    /// Folder that keeps the bundled gateway's state [default: sluice in the user's data folder]
    #[arg(long, value_name = "DIR", conflicts_with_all = ["aws", "profile", "endpoint_url"])]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    screen: Screen,
}

/// How the console looks and behaves.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Screen")]
pub(super) struct Screen {
    /// Show ASCII signs only
    #[arg(long)]
    ascii: bool,
    /// Never synchronise frames (mode 2026), for terminals that mishandle it
    #[arg(long)]
    no_sync: bool,
    /// Bytes a second that the line takes, 0 for no limit; by default 32768 over SSH and no limit elsewhere
    #[arg(long, value_name = "N")]
    line_rate: Option<u32>,
    /// Use the mouse; text is then selected with shift held
    #[arg(long)]
    mouse: bool,
    /// The theme: default, monochrome, dark, or one of yours
    #[arg(long, value_name = "NAME")]
    theme: Option<String>,
}

/// What a console may do there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rights {
    /// Changes on AWS from the start.
    pub(super) write: bool,
    /// Its end is the gateway's.
    pub(super) owns_gateway: bool,
}

impl ConsoleArgs {
    /// The target that the flags name; `None` is the bundled gateway.
    fn target(&self) -> Result<Option<Target>, String> {
        if let Some(url) = &self.endpoint_url {
            let target = Target::endpoint(url, self.profile.clone(), self.aws);
            return target.map(Some).map_err(|error| error.to_string());
        }
        let aws = self.aws || self.profile.is_some();
        Ok(aws.then(|| Target::Aws {
            profile: self.profile.clone(),
        }))
    }

    /// Runs the console until it ends.
    pub(super) fn run(self) -> ExitCode {
        match self.target() {
            Ok(Some(target)) => {
                super::logfile::start();
                let session = session(target, self.region.as_deref());
                let rights = Rights {
                    write: self.write,
                    owns_gateway: false,
                };
                self.screen.run(session, rights, |outside| outside.ready())
            }
            Ok(None) => bundled(self.data_dir, self.region, self.screen),
            Err(problem) => fail(2, &problem),
        }
    }
}

/// A session with this target, in the region that flag and environment name.
pub(super) fn session(target: Target, region: Option<&str>) -> Session {
    let region = session::region(region, |name| std::env::var(name).ok());
    let asked = Session { target, region };
    Session {
        region: asked.known_region(),
        ..asked
    }
}

#[cfg(feature = "gateway")]
fn bundled(data_dir: Option<PathBuf>, region: Option<String>, screen: Screen) -> ExitCode {
    use super::local::{Kind, Local};
    super::logfile::start();
    match data_dir.map_or_else(super::data_folder, Ok) {
        Ok(folder) => Local {
            kind: Kind::Kept(folder),
            region,
            screen,
        }
        .run(),
        Err(error) => fail(3, &error),
    }
}

#[cfg(not(feature = "gateway"))]
fn bundled(_: Option<PathBuf>, _: Option<String>, _: Screen) -> ExitCode {
    fail(
        2,
        "this build has no gateway: choose AWS with --aws or --profile, or an endpoint with --endpoint-url",
    )
}

impl Screen {
    /// Runs the console until it ends. `begin` is called beside it once the first frame is drawn, and says when the other side answers.
    pub(super) fn run(
        self,
        session: Session,
        rights: Rights,
        begin: impl FnOnce(Outside) + Send + 'static,
    ) -> ExitCode {
        let config = match Config::read() {
            Ok(config) => config,
            Err(error) => return fail(2, &error),
        };
        let options = Options {
            ascii: self.ascii,
            no_sync: self.no_sync,
            line_rate: self.line_rate,
            mouse: self.mouse,
            theme: self.theme,
            write: rights.write,
            owns_gateway: rights.owns_gateway,
            keys: config.keys,
            themes: config.themes,
        };
        let var = |name: &str| std::env::var(name).ok();
        let (clock, chance) = (Clock::system(), Chance::from_machine());
        match console::run(session, &options, &clock, chance, var, begin) {
            Ok(End::Quit | End::HungUp | End::Asked) => ExitCode::SUCCESS,
            Err(error) => {
                let code = match error {
                    ConsoleError::Io(_) | ConsoleError::Outside(_) => 3,
                    _ => 2,
                };
                fail(code, &error.to_string())
            }
        }
    }
}
