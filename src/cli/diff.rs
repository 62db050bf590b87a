//! `sluice diff`: what differs between two documents, APIs or stages.

use std::cell::OnceCell;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::remote::{self, Failed, Remote};
use crate::aws::{Documents, Export};
use crate::model::Definition;
use crate::model::difference::difference;
use crate::openapi::{self, Mode, ReadOptions};

/// Shows what differs between two documents, APIs or stages
///
/// Each side is an OpenAPI document's file, an API (its id or name) as it stands, or a stage as API/STAGE. Ends with 0 when nothing
/// differs, 1 when something does.
#[derive(Debug, Args)]
pub(super) struct Diff {
    /// The older side
    older: String,
    /// The newer side
    newer: String,
    /// Answer with one JSON object: {"changes", "warnings"}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: Remote,
}

impl Diff {
    pub(super) fn run(&self) -> ExitCode {
        self.diff().unwrap_or_else(|failed| failed.exit())
    }

    fn diff(&self) -> Result<ExitCode, Failed> {
        let remote = OnceCell::new();
        let mut warnings = Vec::new();
        let older = self.side(&self.older, &remote, &mut warnings)?;
        let newer = self.side(&self.newer, &remote, &mut warnings)?;
        let changes = difference(&older, &newer);
        remote::show(self.json.then(|| json!({})), &changes, &warnings);
        let code = u8::from(!changes.is_empty());
        Ok(ExitCode::from(code))
    }

    fn side(
        &self,
        given: &str,
        remote: &OnceCell<Documents>,
        warnings: &mut Vec<String>,
    ) -> Result<Definition, Failed> {
        let mut read = |name: &str, text: &str| -> Result<Definition, Failed> {
            let import = remote::document(name, text, &ReadOptions::default())?;
            let about = import.warnings.iter().chain(&import.errors);
            warnings.extend(about.map(|warning| format!("{name}: {warning}")));
            Ok(remote::merged(&remote::new_api(), &import, Mode::Overwrite))
        };
        let path = Path::new(given);
        let mut definition = if path.is_file() || given == "-" {
            read(given, &remote::text(path)?)?
        } else {
            let remote = if let Some(remote) = remote.get() {
                remote
            } else {
                let opened = self.remote.open()?;
                remote.get_or_init(|| opened)
            };
            match given.split_once('/') {
                Some((api, stage)) => {
                    let api = remote::api(remote, api)?;
                    let text = remote.export(Export {
                        api: &api.id,
                        stage,
                        kind: "oas30",
                        extensions: "apigateway",
                    })?;
                    read(given, &text)?
                }
                None => remote.definition(&remote::api(remote, given)?.id)?,
            }
        };
        normalize(&mut definition);
        Ok(definition)
    }
}

/// Takes away what a document doesn't say, or says otherwise: endpoint types, the layout of schemas, the API that references name.
fn normalize(definition: &mut Definition) {
    let endpoint = &mut definition.rest_api.endpoint_configuration;
    endpoint.types.clear();
    endpoint.ip_address_type = None;
    for model in definition.models.values_mut() {
        model.schema = model.schema.take().map(|schema| {
            serde_json::from_str::<Value>(&schema).map_or(schema, |mut schema| {
                localize(&mut schema);
                openapi::to_json(&schema)
            })
        });
    }
}

fn localize(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                match member {
                    Value::String(reference) if key == "$ref" => {
                        if let Some((_, name)) = reference.rsplit_once("/models/") {
                            *reference = name.to_owned();
                        }
                    }
                    member => localize(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(localize),
        _ => {}
    }
}
