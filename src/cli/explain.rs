//! `sluice explain`: what happened to a request, phase by phase, and why.

mod print;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

/// Say what happened to a request that the bundled gateway served, and why
///
/// The newest requests are kept, and failures longer than others. A request that nobody watched is explained from what is left of it;
/// one that came while `--follow` ran, or whose stage logs it, in full: with headers, bodies, mappings and limits.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["request_id", "last", "follow", "list"]))]
pub(crate) struct Explain {
    /// The request's id, as its answer's x-amzn-RequestId says
    #[arg(value_name = "REQUEST-ID")]
    request_id: Option<String>,
    /// The newest request that the filters pass
    #[arg(long)]
    last: bool,
    /// Requests as they come, until interrupted
    #[arg(long)]
    follow: bool,
    /// A line for each of the newest requests
    #[arg(long)]
    list: bool,
    /// Only failures
    #[arg(long)]
    errors: bool,
    /// Only this API
    #[arg(long, value_name = "ID")]
    api: Option<String>,
    /// Only this stage
    #[arg(long, value_name = "NAME")]
    stage: Option<String>,
    /// Only this method
    #[arg(long, value_name = "VERB")]
    method: Option<String>,
    /// Only this status, or class of them: 404, 5xx
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
    /// JSON, as the gateway gives it: a line per request with --follow and --list
    #[arg(long)]
    json: bool,
    /// Where the gateway listens
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:4566")]
    endpoint_url: String,
}

/// Why there is nothing to explain.
#[derive(Debug, thiserror::Error)]
enum ExplainError {
    #[error(
        "can't reach a gateway at {0}: {1} (start one with `sluice gateway`, or give --endpoint-url)"
    )]
    Unreachable(String, reqwest::Error),
    #[error("the gateway ended the answer: {0}")]
    Broken(reqwest::Error),
    #[error("{0}")]
    Refused(String),
    #[error("no request passes: none came yet, or the filters are too narrow")]
    Nothing,
}

impl Explain {
    pub(crate) fn run(&self) -> ExitCode {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let result = match runtime {
            Ok(runtime) => runtime.block_on(self.explain()),
            Err(error) => return super::fail(3, &format!("can't start: {error}")),
        };
        match result {
            Ok(()) => ExitCode::SUCCESS,
            Err(error @ ExplainError::Nothing) => super::fail(1, &error.to_string()),
            Err(error) => super::fail(3, &error.to_string()),
        }
    }

    async fn explain(&self) -> Result<(), ExplainError> {
        // A proxy must not catch calls to this machine.
        let client = reqwest::Client::builder().no_proxy().build();
        let client = client.map_err(ExplainError::Broken)?;
        if self.follow {
            return self.follow(&client).await;
        }
        if let Some(id) = &self.request_id {
            let found = self.get(&client, &format!("/{id}"), &[]).await?;
            self.show(&found);
            return Ok(());
        }
        let limit = if self.last { "1" } else { "50" };
        let listed = self.get(&client, "", &[("limit", limit)]).await?;
        let requests = listed["requests"].as_array();
        let requests = requests.map(Vec::as_slice).unwrap_or_default();
        let newest = requests.first().ok_or(ExplainError::Nothing)?;
        if self.last {
            let id = newest["requestId"].as_str().unwrap_or_default();
            let found = self.get(&client, &format!("/{id}"), &[]).await?;
            self.show(&found);
            return Ok(());
        }
        // The newest stands last, where the eye is.
        for request in requests.iter().rev() {
            write(&if self.json {
                request.to_string()
            } else {
                print::line(request)
            });
        }
        Ok(())
    }

    async fn follow(&self, client: &reqwest::Client) -> Result<(), ExplainError> {
        let mut answer = self.send(client, "", &[("follow", "true")]).await?;
        let mut text: Vec<u8> = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(ExplainError::Broken)? {
            text.extend_from_slice(&chunk);
            while let Some(end) = text.iter().position(|b| *b == b'\n') {
                let rest = text.split_off(end + 1);
                let line = std::mem::replace(&mut text, rest);
                if let Ok(request) = serde_json::from_slice(&line) {
                    self.show(&request);
                }
            }
        }
        Ok(())
    }

    fn show(&self, request: &Value) {
        if self.json {
            write(&request.to_string());
        } else {
            write(&print::request(request, std::io::stdout().is_terminal()));
        }
    }

    async fn get(
        &self,
        client: &reqwest::Client,
        path: &str,
        more: &[(&str, &str)],
    ) -> Result<Value, ExplainError> {
        let answer = self.send(client, path, more).await?;
        let body = answer.bytes().await.map_err(ExplainError::Broken)?;
        serde_json::from_slice(&body)
            .map_err(|error| ExplainError::Refused(format!("the answer is no JSON: {error}")))
    }

    async fn send(
        &self,
        client: &reqwest::Client,
        path: &str,
        more: &[(&str, &str)],
    ) -> Result<reqwest::Response, ExplainError> {
        let base = self.endpoint_url.trim_end_matches('/');
        let errors = self.errors.then_some("true");
        let filters = [
            ("api", self.api.as_deref()),
            ("stage", self.stage.as_deref()),
            ("method", self.method.as_deref()),
            ("status", self.status.as_deref()),
            ("errors", errors),
        ];
        let filters = filters
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        let query: Vec<String> = more
            .iter()
            .copied()
            .chain(filters)
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        let query = if path.is_empty() {
            format!("?{}", query.join("&"))
        } else {
            String::new()
        };
        let url = format!("{base}/_sluice/requests{path}{query}");
        let answer = client.get(&url).send().await;
        let answer =
            answer.map_err(|error| ExplainError::Unreachable(self.endpoint_url.clone(), error))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let body = answer.bytes().await.unwrap_or_default();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let message = body["message"].as_str().map_or_else(
            || {
                format!(
                    "{} answered {status}: is it Sluice's gateway?",
                    self.endpoint_url
                )
            },
            str::to_owned,
        );
        Err(ExplainError::Refused(message))
    }
}

fn encoded(value: &str) -> String {
    percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn write(text: &str) {
    // Whoever reads may have seen enough.
    let _ = writeln!(std::io::stdout(), "{text}");
}
