//! The command line: a file per subcommand.
//!
//! Exit codes: 0 done, 1 a finding (a template that fails, a difference, a failed invoke), 2 wrong use, 3 the other side failed.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "sluice", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {}

/// Runs the program with these arguments and says how it ended.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    match Cli::try_parse_from(args) {
        Ok(cli) => match cli.command {},
        Err(error) => {
            // Help and version are answers (0), everything else is wrong use (2); nothing is left to do if the stream is closed.
            let _ = error.print();
            ExitCode::from(if error.use_stderr() { 2 } else { 0 })
        }
    }
}
