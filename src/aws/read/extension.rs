//! What only the bundled gateway can tell.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::aws::error::{Cause, Error, Refusal};
use crate::aws::failure::Failure;
use crate::aws::limits::Service;
use crate::aws::query::Query;
use crate::aws::reply::{Changes, Reply, StageFigures};
use crate::aws::session::{ExtensionAnswer, Target};
use crate::model::difference::Change;

use super::Context;

/// The answer to `GET /_sluice/restapis/{id}/stages/{stage}/changes`.
#[derive(Deserialize)]
struct Body {
    changes: Vec<Change>,
}

#[derive(Default, Deserialize)]
struct ErrorBody {
    #[serde(default)]
    message: String,
}

impl ExtensionAnswer {
    /// The refusal that it is, if the gateway refused.
    fn refusal(&self) -> Option<Refusal> {
        let code = self.code.clone().filter(|_| self.status >= 400)?;
        let error: ErrorBody = serde_json::from_slice(&self.body).unwrap_or_default();
        Some(Refusal {
            code,
            status: self.status,
            message: error.message,
            ..Refusal::default()
        })
    }
}

impl Context {
    pub(crate) async fn changes(
        &self,
        query: &Query,
        api: &str,
        stage: &str,
    ) -> Result<Reply, Error> {
        let path = format!("{}/changes", stage_path(api, stage));
        let told = self
            .extended::<Body>("changes not deployed", query, &path)
            .await?;
        Ok(Reply::Changes(match told {
            Ok(body) => Changes::Known(body.changes),
            Err(why) => Changes::CantTell(why),
        }))
    }

    pub(crate) async fn figures(
        &self,
        query: &Query,
        (api, stage): (&str, &str),
        span: u32,
        period: u32,
    ) -> Result<Reply, Error> {
        let path = format!(
            "{}/figures?span={span}&period={}",
            stage_path(api, stage),
            period.max(1)
        );
        let told = self
            .extended::<StageFigures>("stage figures", query, &path)
            .await?;
        Ok(Reply::Figures(told))
    }

    /// What an extension call answers, or why the endpoint can't tell.
    async fn extended<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        query: &Query,
        path: &str,
    ) -> Result<Result<T, String>, Error> {
        let cant_tell = |why: &str| Ok(Err(why.to_owned()));
        let extension = match &self.extension {
            None => return cant_tell("only the bundled gateway can"),
            Some(Err(why)) => {
                return Err(self.failed(operation, query, Cause::Unreachable(why.clone())));
            }
            Some(Ok(extension)) => extension,
        };
        let get = || async {
            let got = extension.get(path).await;
            let answer = got.map_err(|cause| Failure { cause, sent: true })?;
            // What another try may mend is told to the queue, as of every other call.
            match answer.refusal() {
                Some(refusal) if refusal.is_throttle() || refusal.is_failure() => Err(Failure {
                    cause: Cause::Refused(Box::new(refusal)),
                    sent: true,
                }),
                _ => Ok(answer),
            }
        };
        let answer = self.once(operation, Service::Extension, query, get).await?;
        let local = matches!(self.session.target, Target::Local { .. });
        if answer.status == 200 {
            return match serde_json::from_slice(&answer.body) {
                Ok(body) => Ok(Ok(body)),
                Err(_) if !local => cant_tell("this endpoint isn't a Sluice gateway"),
                Err(error) => {
                    let cause = Cause::Malformed(error.to_string());
                    Err(self.failed(operation, query, cause))
                }
            };
        }
        let error: ErrorBody = serde_json::from_slice(&answer.body).unwrap_or_default();
        if error.message.starts_with("Sluice has no extension") {
            return cant_tell("this gateway's version can't");
        }
        match answer.refusal() {
            Some(refusal) => {
                let cause = Cause::Refused(Box::new(refusal));
                Err(self.failed(operation, query, cause))
            }
            None => cant_tell("this endpoint isn't a Sluice gateway"),
        }
    }
}

fn stage_path(api: &str, stage: &str) -> String {
    format!(
        "/_sluice/restapis/{}/stages/{}",
        segment(api),
        segment(stage)
    )
}

/// A path segment that means exactly this text.
fn segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
