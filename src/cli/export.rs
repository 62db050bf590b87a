//! `sluice export`: what a stage serves, as an OpenAPI document.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::remote::{self, Failed, Remote};
use crate::aws::Export;
use crate::openapi;

/// Exports what a stage serves as an OpenAPI document
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The API, by id or name
    api: String,
    /// The stage
    stage: String,
    /// The document's version: oas30 is OpenAPI 3.0.1, swagger is Swagger 2.0
    #[arg(long = "type", value_enum, default_value_t = Kind::Oas30)]
    kind: Kind,
    /// integrations, authorizers, apigateway (all of the gateway's), documentation, postman; empty for plain OpenAPI
    #[arg(long, value_name = "LIST", default_value = "apigateway")]
    extensions: String,
    /// The document's form
    #[arg(long, value_enum, default_value_t = Form::Json)]
    accepts: Form,
    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Oas30,
    Swagger,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Json,
    Yaml,
}

impl ExportArgs {
    pub(super) fn run(&self) -> ExitCode {
        self.export().unwrap_or_else(|failed| failed.exit())
    }

    fn export(&self) -> Result<ExitCode, Failed> {
        let remote = self.remote.open()?;
        let api = remote::api(&remote, &self.api)?;
        let mut text = remote.export(Export {
            api: &api.id,
            stage: &self.stage,
            kind: match self.kind {
                Kind::Oas30 => "oas30",
                Kind::Swagger => "swagger",
            },
            extensions: &self.extensions,
        })?;
        if self.accepts == Form::Yaml {
            let document = serde_json::from_str(&text)
                .map_err(|error| Failed(3, format!("the export isn't JSON: {error}")))?;
            text = openapi::to_yaml(&document);
        }
        if !text.ends_with('\n') {
            text.push('\n');
        }
        match &self.output {
            Some(path) => std::fs::write(path, text).map_err(|error| {
                Failed::usage(format!("{} can't be written: {error}", path.display()))
            })?,
            // A closed standard output is the reader's decision, not a failure.
            None => drop(std::io::stdout().lock().write_all(text.as_bytes())),
        }
        Ok(ExitCode::SUCCESS)
    }
}
