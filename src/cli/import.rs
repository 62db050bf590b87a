//! `sluice import`: an OpenAPI document into a new API or one that is there.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::remote::{self, Failed, Remote};
use crate::aws::Documents;
use crate::model::Definition;
use crate::model::difference::{Change, difference};
use crate::openapi::{self, BasePath, Import as Read, ReadOptions};

/// Imports an OpenAPI document, after showing what would change
///
/// Swagger 2.0, OpenAPI 3.0 or 3.1, in JSON or YAML. Ends with 0 when it is done, 1 when nothing was changed: the document has errors,
/// or nobody said yes.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The document, `-` for standard input
    file: PathBuf,
    /// Import into this API, by id or name, instead of making a new one
    #[arg(long, value_name = "API")]
    into: Option<String>,
    /// What happens to what the document doesn't mention: it stays, or goes
    #[arg(long, value_enum, default_value_t = Mode::Merge, requires = "into")]
    mode: Mode,
    /// What happens to the document's base path
    #[arg(long, value_enum, default_value_t = Base::Ignore)]
    base_path: Base,
    /// Leave the document's documentation parts out
    #[arg(long)]
    ignore_documentation: bool,
    /// Import nothing if there are warnings
    #[arg(long)]
    fail_on_warnings: bool,
    /// Import without asking
    #[arg(long)]
    yes: bool,
    /// Answer with one JSON object: {"id", "name", "imported", "changes", "warnings"}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Mode {
    Merge,
    Overwrite,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Base {
    Ignore,
    Prepend,
    Split,
}

impl Base {
    const fn word(self) -> &'static str {
        match self {
            Self::Ignore => "ignore",
            Self::Prepend => "prepend",
            Self::Split => "split",
        }
    }
}

impl Import {
    pub(super) fn run(&self) -> ExitCode {
        self.import().unwrap_or_else(|failed| failed.exit())
    }

    fn import(&self) -> Result<ExitCode, Failed> {
        let text = remote::text(&self.file)?;
        // What is no document at all needs nobody to be asked.
        let name = self.file.display().to_string();
        self.read(&name, &text, &ReadOptions::default())?;
        let remote = self.remote.open()?;
        let held = match &self.into {
            Some(given) => remote.definition(&remote::api(&remote, given)?.id)?,
            None => remote::new_api(),
        };
        let identity = remote.identity()?;
        let options = ReadOptions {
            api_id: &held.rest_api.id,
            account: &identity.account,
            region: &identity.region,
            ..ReadOptions::default()
        };
        let read = self.read(&name, &text, &options)?;
        let changes = self.changes(&held, &read);
        if self.fail_on_warnings && !read.warnings.is_empty() {
            return Ok(self.leave(
                &held,
                &changes,
                &read,
                "nothing was imported: there are warnings",
            ));
        }
        if !self.yes {
            if !std::io::stdin().is_terminal() || self.file.as_os_str() == "-" || self.json {
                return Ok(self.leave(
                    &held,
                    &changes,
                    &read,
                    "nothing was imported: say --yes to import",
                ));
            }
            remote::show(None, &changes, &read.warnings);
            if !self.agreed(&held, &changes)? {
                return Ok(super::fail(1, "nothing was imported"));
            }
        }
        self.done(&remote, &held, &text, &changes)
    }

    fn read(&self, name: &str, text: &str, options: &ReadOptions<'_>) -> Result<Read, Failed> {
        let options = ReadOptions {
            base_path: BasePath::named(self.base_path.word()).unwrap_or_default(),
            ignore_documentation: self.ignore_documentation,
            ..*options
        };
        let read = remote::document(name, text, &options)?;
        if read.errors.is_empty() {
            return Ok(read);
        }
        let errors: Vec<String> = read.errors.iter().map(|e| format!("\n  {e}")).collect();
        Err(Failed(
            1,
            format!("{name} can't be imported:{}", errors.concat()),
        ))
    }

    fn changes(&self, held: &Definition, read: &Read) -> Vec<Change> {
        let mode = match self.mode {
            Mode::Overwrite => openapi::Mode::Overwrite,
            Mode::Merge => openapi::Mode::Merge,
        };
        // A new API begins with the settings that every import starts from, which are no change to tell of.
        let mut held = held.clone();
        if self.into.is_none() {
            "HEADER".clone_into(&mut held.rest_api.api_key_source);
        }
        difference(&held, &remote::merged(&held, read, mode))
    }

    /// Shows what would have changed, and says why it didn't.
    fn leave(&self, held: &Definition, changes: &[Change], read: &Read, why: &str) -> ExitCode {
        let api = &held.rest_api;
        let answer = self.json.then(|| {
            let id = self.into.as_ref().map(|_| &api.id);
            json!({"id": id, "name": read.definition.rest_api.name, "imported": false})
        });
        remote::show(answer, changes, &read.warnings);
        super::fail(1, why)
    }

    fn agreed(&self, held: &Definition, changes: &[Change]) -> Result<bool, Failed> {
        let (api, count) = (&held.rest_api, changes.len());
        let question = match &self.into {
            Some(_) => format!(
                "{count} changes to {} ({}). Import? [y/N] ",
                api.name, api.id
            ),
            None => "A new API. Import? [y/N] ".to_owned(),
        };
        let mut err = std::io::stderr().lock();
        let _ = write!(err, "{question}").and_then(|()| err.flush());
        let mut answer = String::new();
        std::io::stdin()
            .lock()
            .read_line(&mut answer)
            .map_err(|error| Failed::usage(format!("standard input can't be read: {error}")))?;
        let answer = answer.trim().to_ascii_lowercase();
        Ok(answer == "y" || answer == "yes")
    }

    fn done(
        &self,
        remote: &Documents,
        held: &Definition,
        text: &str,
        changes: &[Change],
    ) -> Result<ExitCode, Failed> {
        let mut parameters = vec![("basepath".to_owned(), self.base_path.word().to_owned())];
        if self.ignore_documentation {
            parameters.push(("ignore".to_owned(), "documentation".to_owned()));
        }
        let strict = self.fail_on_warnings;
        let done = if self.into.is_some() {
            let overwrite = self.mode == Mode::Overwrite;
            remote.put(&held.rest_api.id, overwrite, text, strict, &parameters)
        } else {
            remote.import(text, strict, &parameters)
        };
        // What the service refuses is a finding about the document; everything else is the other side's failure.
        let done = done.map_err(|error| {
            let code = if error.code() == "BadRequestException" {
                1
            } else {
                3
            };
            Failed(code, error.to_string())
        })?;
        if self.json {
            let answer = json!({"id": done.id, "name": done.name, "imported": true});
            remote::show(Some(answer), changes, &done.warnings);
        } else {
            remote::show(None, &[], &done.warnings);
            let mut out = std::io::stdout().lock();
            let _ = writeln!(out, "imported {} ({})", done.name, done.id);
        }
        Ok(ExitCode::SUCCESS)
    }
}
