//! `sluice gateway`: the engine alone.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::{data_folder, say};
use crate::engine::store::Location;
use crate::engine::{Config, start};

/// Serve APIs and AWS's control plane, without the console
#[derive(Debug, Args)]
pub(crate) struct Gateway {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4566")]
    listen: SocketAddr,
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
    /// Let other users of this machine use the control plane
    #[arg(long)]
    allow_other_users: bool,
}

fn account(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("an AWS account number has 12 digits".to_owned())
    }
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
        let config = Config {
            listen: self.listen,
            location,
            account: self.account,
            threads: self.threads,
            seed: self.seed,
            hosts: self.host,
            allow_other_users: self.allow_other_users,
            ..Config::default()
        };
        let engine = match start(config) {
            Ok(engine) => engine,
            Err(error) => return super::fail(3, &error.to_string()),
        };
        say(&format!("ready http://{}", engine.addr()));
        signals.forever().next();
        engine.stop();
        ExitCode::SUCCESS
    }
}
