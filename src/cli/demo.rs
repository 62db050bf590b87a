//! `sluice demo`: the console on a gateway in memory, with a sample API, its backend and its customers.

use std::process::ExitCode;

use clap::Args;

use super::console::Screen;
use super::local::{Kind, Local};

/// Try it: a sample API with traffic, in memory
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Seed of all that is drawn, so that the same happens again
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Region that the sample lives in
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    #[command(flatten)]
    screen: Screen,
}

impl Demo {
    /// Runs until the user quits.
    pub(super) fn run(self) -> ExitCode {
        super::logfile::start();
        let kind = Kind::Demo { seed: self.seed };
        let (region, screen) = (self.region, self.screen);
        Local {
            kind,
            region,
            screen,
        }
        .run()
    }
}
