//! The `sluice` binary: parses the command line and runs it.

use std::process::ExitCode;

fn main() -> ExitCode {
    sluice::cli::run(std::env::args_os())
}
