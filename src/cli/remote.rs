//! What the subcommands share that work on APIs: where these are, and how differences are told.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use super::console::session;
use crate::aws::{Documents, Target};
use crate::base::{Chance, Clock};
use crate::model::difference::{Change, Kind, Part, Place};
use crate::model::{Definition, Resource, RestApi};
use crate::openapi::{self, IdKind, Import, Mode, ReadOptions};

/// Where a bundled gateway listens unless told otherwise.
const GATEWAY: &str = "http://127.0.0.1:4566";

/// Where the APIs are; without any of these, the bundled gateway.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Where")]
pub(super) struct Remote {
    /// Work on AWS, with the credentials of the environment
    #[arg(long)]
    aws: bool,
    /// Work on AWS with this profile
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The region
    #[arg(long)]
    region: Option<String>,
    /// Work on the endpoint at this URL [default: the bundled gateway's, port 4566]
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
}

/// How a subcommand ends that couldn't do its work: the exit code and the reason.
pub(super) struct Failed(pub(super) u8, pub(super) String);

impl Failed {
    /// Wrong use.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self(2, message.into())
    }

    pub(super) fn exit(&self) -> ExitCode {
        super::fail(self.0, &self.1)
    }
}

impl From<crate::aws::Error> for Failed {
    fn from(error: crate::aws::Error) -> Self {
        Self(3, error.to_string())
    }
}

impl Remote {
    /// A session with the place that the flags name.
    pub(super) fn open(&self) -> Result<Documents, Failed> {
        let target = if self.endpoint_url.is_some() || !(self.aws || self.profile.is_some()) {
            let url = self.endpoint_url.as_deref().unwrap_or(GATEWAY);
            Target::endpoint(url, self.profile.clone(), self.aws)
                .map_err(|error| Failed::usage(error.to_string()))?
        } else {
            Target::Aws {
                profile: self.profile.clone(),
            }
        };
        let session = session(target, self.region.as_deref());
        Documents::open(session, Clock::system(), Chance::from_machine())
            .map_err(|error| Failed(3, format!("can't start threads: {error}")))
    }
}

/// The API of this id, or the only one of this name.
pub(super) fn api(remote: &Documents, given: &str) -> Result<RestApi, Failed> {
    let all = remote.apis()?;
    if let Some(api) = all.iter().find(|api| api.id == given) {
        return Ok(api.clone());
    }
    let mut named = all.into_iter().filter(|api| api.name == given);
    match (named.next(), named.next()) {
        (Some(api), None) => Ok(api),
        (Some(_), Some(_)) => Err(Failed::usage(format!(
            "several APIs are named {given}: give the id of one"
        ))),
        _ => Err(Failed::usage(format!("there is no API {given}"))),
    }
}

/// The text of a file, `-` for standard input.
pub(super) fn text(path: &Path) -> Result<String, Failed> {
    let read = if path.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    };
    read.map_err(|error| Failed::usage(format!("{} can't be read: {error}", path.display())))
}

/// What a document says, unless it is none.
pub(super) fn document(
    name: &str,
    text: &str,
    options: &ReadOptions<'_>,
) -> Result<Import, Failed> {
    openapi::read(text, options).map_err(|error| Failed::usage(format!("{name}: {error}")))
}

/// What an import into a definition comes to, with ids that only stand in for those that the service will give.
pub(super) fn merged(held: &Definition, import: &Import, mode: Mode) -> Definition {
    let mut next = 0;
    let mut new_id = |_: IdKind| {
        next += 1;
        format!("new {next}")
    };
    openapi::merge(held, import, mode, &mut new_id)
}

/// A new API with nothing but its root.
pub(super) fn new_api() -> Definition {
    let root = Resource {
        id: "root".to_owned(),
        path: "/".to_owned(),
        ..Resource::default()
    };
    Definition {
        rest_api: RestApi {
            root_resource_id: "root".to_owned(),
            ..RestApi::default()
        },
        resources: [("root".to_owned(), root)].into(),
        ..Definition::default()
    }
}

/// Prints differences, a line each, or a JSON object with them.
pub(super) fn show(json: Option<Value>, changes: &[Change], warnings: &[String]) {
    let mut out = std::io::stdout().lock();
    // A closed standard output is the reader's decision, not a failure.
    if let Some(mut answer) = json {
        answer["changes"] = serde_json::to_value(changes).unwrap_or_default();
        answer["warnings"] = warnings.into();
        let _ = writeln!(out, "{answer}");
        return;
    }
    for change in changes {
        let _ = writeln!(out, "{}", line(change));
    }
    drop(out);
    for warning in warnings {
        let _ = writeln!(std::io::stderr(), "warning: {warning}");
    }
}

/// A difference in a line: `~ GET /pets, integration request, timeoutInMillis: 29000 → 50`.
fn line(change: &Change) -> String {
    let sign = match change.kind {
        Kind::Added => '+',
        Kind::Removed => '-',
        Kind::Changed => '~',
    };
    let place = match &change.place {
        Place::Api => "API".to_owned(),
        Place::Resource { path } => format!("resource {path}"),
        Place::Method {
            path,
            verb,
            part,
            status,
        } => {
            let part = part.map_or("", |part| match part {
                Part::MethodRequest => ", method request",
                Part::IntegrationRequest => ", integration request",
                Part::IntegrationResponse => ", integration response",
                Part::MethodResponse => ", method response",
            });
            let status = status
                .as_ref()
                .map_or_else(String::new, |s| format!(" {s}"));
            format!("{verb} {path}{part}{status}")
        }
        Place::Model { name } => format!("model {name}"),
        Place::RequestValidator { name } => format!("request validator {name}"),
        Place::Authorizer { name } => format!("authorizer {name}"),
        Place::GatewayResponse { name } => format!("gateway response {name}"),
    };
    let member = change
        .member
        .as_ref()
        .map_or_else(String::new, |member| format!(", {member}"));
    let values = match (&change.before, &change.after) {
        (Some(before), Some(after)) => format!(": {} → {}", short(before), short(after)),
        (Some(only), None) | (None, Some(only)) => format!(": {}", short(only)),
        (None, None) => String::new(),
    };
    format!("{sign} {place}{member}{values}")
}

/// Characters of a value that a line shows.
const SHOWN: usize = 60;

/// A value on one line; the whole of it is in the JSON.
fn short(value: &str) -> String {
    let flat = value.split_whitespace().collect::<Vec<_>>().join(" ");
    if flat.chars().count() <= SHOWN {
        return flat;
    }
    let cut: String = flat.chars().take(SHOWN - 1).collect();
    format!("{cut}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_a_line() {
        let mut change = Change {
            kind: Kind::Changed,
            place: Place::Method {
                path: "/pets".to_owned(),
                verb: "GET".to_owned(),
                part: Some(Part::IntegrationResponse),
                status: Some("200".to_owned()),
            },
            member: Some("selectionPattern".to_owned()),
            before: None,
            after: Some("2..\n3..".to_owned()),
        };
        assert_eq!(
            line(&change),
            "~ GET /pets, integration response 200, selectionPattern: 2.. 3.."
        );
        change.before = Some("x".repeat(100));
        assert!(line(&change).contains(&format!("{}… → 2..", "x".repeat(59))));
    }
}
