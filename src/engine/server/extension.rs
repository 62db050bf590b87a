//! What AWS has no call for, under `/_sluice/`: health, reset, changes not deployed.

use http_body_util::Full;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::engine::control::Control;
use crate::model::difference::difference;

/// The extension's own answers.
pub(crate) struct Extension {
    /// Whether state outlives the process; then reset is refused.
    pub(crate) kept: bool,
    /// The account that the gateway plays.
    pub(crate) account: String,
}

/// Why a call of the extension fails.
struct Failure {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Extension {
    /// Answers one request.
    pub(crate) async fn answer(
        &self,
        control: &Control,
        head: &Parts,
    ) -> Response<Full<bytes::Bytes>> {
        let path = head.uri.path();
        let segments: Vec<&str> = path.split('/').skip(2).collect();
        let (allowed, result) = match segments.as_slice() {
            ["health"] => (Method::GET, Ok(self.health())),
            ["reset"] if head.method != Method::POST => (Method::POST, Ok(Value::Null)),
            ["reset"] => (Method::POST, self.reset(control).await),
            ["restapis", api, "stages", stage, "changes"] => {
                (Method::GET, changes(control, api, stage))
            }
            _ => {
                let message = format!("Sluice has no extension at {path}");
                return fail(&Failure::not_found(message));
            }
        };
        if head.method != allowed {
            let message = format!("{path} takes {allowed} only");
            let status = StatusCode::METHOD_NOT_ALLOWED;
            let mut answer = fail(&Failure {
                status,
                code: "MethodNotAllowedException",
                message,
            });
            if let Ok(value) = HeaderValue::from_str(allowed.as_str()) {
                answer.headers_mut().insert(ALLOW, value);
            }
            return answer;
        }
        match result {
            Ok(value) => reply(StatusCode::OK, &value),
            Err(failure) => fail(&failure),
        }
    }

    fn health(&self) -> Value {
        json!({
            "status": "ok",
            "version": env!("CARGO_PKG_VERSION"),
            "account": self.account,
            "pid": std::process::id(),
            "state": if self.kept { "data folder" } else { "memory" },
        })
    }

    async fn reset(&self, control: &Control) -> Result<Value, Failure> {
        if self.kept {
            return Err(Failure {
                status: StatusCode::CONFLICT,
                code: "ConflictException",
                message: "Only a gateway in memory (--ephemeral) is emptied by reset; this one keeps its state in a data folder".to_owned(),
            });
        }
        control.reset().await.map_err(|error| Failure {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "InternalFailure",
            message: error.message,
        })?;
        Ok(json!({ "status": "ok" }))
    }
}

/// What of an API has changed since the stage's deployment was made.
fn changes(control: &Control, api: &str, stage: &str) -> Result<Value, Failure> {
    let not_found = |what: &str| Failure::not_found(format!("Invalid {what} identifier specified"));
    let region = control
        .apigateway
        .region_of(api)
        .ok_or_else(|| not_found("API"))?;
    let live = control
        .apigateway
        .definition(&region, api)
        .ok_or_else(|| not_found("API"))?;
    let stage = control
        .apigateway
        .stage(&region, api, stage)
        .ok_or_else(|| not_found("stage"))?;
    let deployed = control
        .apigateway
        .deployment_definition(&region, api, &stage.deployment_id)
        .ok_or_else(|| not_found("deployment"))?;
    Ok(json!({
        "restApiId": api,
        "stageName": stage.stage_name,
        "deploymentId": stage.deployment_id,
        "changes": difference(&deployed, &live),
    }))
}

impl Failure {
    fn not_found(message: String) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            code: "NotFoundException",
            message,
        }
    }
}

fn fail(failure: &Failure) -> Response<Full<bytes::Bytes>> {
    let mut answer = reply(failure.status, &json!({ "message": failure.message }));
    answer
        .headers_mut()
        .insert("x-amzn-errortype", HeaderValue::from_static(failure.code));
    answer
}

fn reply(status: StatusCode, value: &Value) -> Response<Full<bytes::Bytes>> {
    let mut answer = Response::new(Full::from(value.to_string()));
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
