//! What only the bundled gateway can tell.

use serde::Deserialize;

use crate::aws::error::{Cause, Error, Refusal};
use crate::aws::failure::Failure;
use crate::aws::limits::Service;
use crate::aws::query::Query;
use crate::aws::reply::{Changes, Reply};
use crate::aws::session::Target;
use crate::model::difference::Change;

use super::Context;

/// The answer to `GET /_sluice/restapis/{id}/stages/{stage}/changes`.
#[derive(Deserialize)]
struct Body {
    changes: Vec<Change>,
}

#[derive(Default, Deserialize)]
struct ErrorBody {
    #[serde(default, alias = "Message")]
    message: String,
}

impl Context {
    pub(crate) async fn changes(
        &self,
        query: &Query,
        api: &str,
        stage: &str,
    ) -> Result<Reply, Error> {
        const OPERATION: &str = "changes not deployed";
        let cant_tell = |why: &str| Reply::Changes(Changes::CantTell(why.to_owned()));
        let extension = match &self.extension {
            None => {
                return Ok(cant_tell(
                    "only the bundled gateway can compare with what is deployed",
                ));
            }
            Some(Err(why)) => {
                return Err(self.failed(OPERATION, query, Cause::Unreachable(why.clone())));
            }
            Some(Ok(extension)) => extension,
        };
        let path = format!(
            "/_sluice/restapis/{}/stages/{}/changes",
            segment(api),
            segment(stage)
        );
        let get = || async {
            let got = extension.get(&path).await;
            got.map_err(|cause| Failure { cause, sent: true })
        };
        let (status, body) = self.once(OPERATION, Service::Extension, query, get).await?;
        if status == 200
            && let Ok(body) = serde_json::from_slice::<Body>(&body)
        {
            return Ok(Reply::Changes(Changes::Known(body.changes)));
        }
        if !matches!(self.session.target, Target::Local { .. }) {
            return Ok(cant_tell(
                "this endpoint isn't a Sluice gateway, or wants signed requests",
            ));
        }
        let cause = if status == 200 {
            Cause::Malformed("no list of changes".to_owned())
        } else {
            let error: ErrorBody = serde_json::from_slice(&body).unwrap_or_default();
            Cause::Refused(Refusal {
                status,
                message: error.message,
                ..Refusal::default()
            })
        };
        Err(self.failed(OPERATION, query, cause))
    }
}

/// A path segment that means exactly this text.
fn segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
