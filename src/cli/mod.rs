//! The command line: a file per subcommand.
//!
//! Exit codes: 0 done, 1 a finding (a template that fails, a difference, a failed invoke), 2 wrong use, 3 the other side failed.

#[cfg(feature = "console")]
mod config;
#[cfg(feature = "console")]
mod console;
#[cfg(all(feature = "console", feature = "gateway"))]
mod demo;
#[cfg(feature = "console")]
mod diff;
#[cfg(all(feature = "console", feature = "gateway"))]
mod explain;
#[cfg(feature = "console")]
mod export;
#[cfg(feature = "gateway")]
mod gateway;
#[cfg(feature = "console")]
mod import;
#[cfg(feature = "console")]
mod keys;
#[cfg(all(feature = "console", feature = "gateway"))]
mod local;
#[cfg(feature = "console")]
mod logfile;
#[cfg(feature = "console")]
mod remote;
mod render;

use std::ffi::OsString;
use std::io::Write;
#[cfg(feature = "gateway")]
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(
    name = "sluice",
    version,
    about,
    max_term_width = 100,
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[cfg(feature = "console")]
    #[command(flatten)]
    console: console::ConsoleArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[cfg(all(feature = "console", feature = "gateway"))]
    Demo(demo::Demo),
    #[cfg(feature = "console")]
    Diff(diff::Diff),
    #[cfg(feature = "console")]
    Export(export::ExportArgs),
    #[cfg(all(feature = "console", feature = "gateway"))]
    Explain(explain::Explain),
    #[cfg(feature = "gateway")]
    Gateway(Box<gateway::Gateway>),
    #[cfg(feature = "console")]
    Import(import::Import),
    #[cfg(feature = "console")]
    Keys(keys::Keys),
    Render(render::RenderArgs),
}

/// Runs the program with these arguments and says how it ended.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    match Cli::try_parse_from(args) {
        Ok(cli) => match cli.command {
            #[cfg(all(feature = "console", feature = "gateway"))]
            Some(Command::Demo(demo)) => demo.run(),
            #[cfg(feature = "console")]
            Some(Command::Diff(diff)) => diff.run(),
            #[cfg(feature = "console")]
            Some(Command::Export(export)) => export.run(),
            #[cfg(all(feature = "console", feature = "gateway"))]
            Some(Command::Explain(explain)) => explain.run(),
            #[cfg(feature = "gateway")]
            Some(Command::Gateway(gateway)) => gateway.run(),
            #[cfg(feature = "console")]
            Some(Command::Import(import)) => import.run(),
            #[cfg(feature = "console")]
            Some(Command::Keys(keys)) => keys.run(),
            Some(Command::Render(args)) => render::run(&args),
            #[cfg(feature = "console")]
            None => cli.console.run(),
            #[cfg(not(feature = "console"))]
            None => fail(2, "this build has no console: see `sluice --help`"),
        },
        Err(error) => {
            // Help and version are answers (0), everything else is wrong use (2); nothing is left to do if the stream is closed.
            let _ = error.print();
            ExitCode::from(if error.use_stderr() { 2 } else { 0 })
        }
    }
}

/// A line for whoever started us. A closed stream means that nobody listens, which is no failure of ours.
#[cfg(feature = "gateway")]
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Says what went wrong and gives the exit code for it.
fn fail(code: u8, message: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "sluice: {message}");
    ExitCode::from(code)
}

/// Where state is kept unless `--data-dir` says otherwise.
#[cfg(feature = "gateway")]
fn data_folder() -> Result<PathBuf, String> {
    use etcetera::BaseStrategy;
    etcetera::choose_base_strategy()
        .map(|base| base.data_dir().join("sluice"))
        .map_err(|error| format!("can't find your data folder ({error}): give one with --data-dir"))
}

/// Warnings and errors of the engine, for a program without a screen of its own.
#[cfg(feature = "gateway")]
fn log_to_stderr() {
    // A second subscriber in one process (tests) leaves the first in place.
    let _ = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::WARN)
        .with_target(false)
        .try_init();
}
