//! What AWS has no call for, under `/_sluice/`: health, reset, changes not deployed, figures by side and method, contents of caches,
//! the whole state as a file.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Body;
use hyper::header::{ALLOW, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::{ControlBody, requests};
use crate::base::Clock;
use crate::engine::control::Control;
use crate::engine::gateway::Gateway;
use crate::engine::gateway::desk::Desk;
use crate::engine::telemetry::Window;
use crate::engine::wire::ServiceError;
use crate::model::difference::difference;

/// The extension's own answers.
pub(crate) struct Extension {
    /// Whether state outlives the process; then reset is refused.
    pub(crate) kept: bool,
    /// The account that the gateway plays.
    pub(crate) account: String,
    /// For the end of a span.
    pub(crate) clock: Clock,
    /// For what is cached.
    pub(crate) gateway: Arc<Gateway>,
    /// Where requests that are over can be seen.
    pub(crate) desk: Rc<Desk>,
    /// The certificate of the authority that TLS is spoken with, as PEM.
    pub(crate) authority: Option<Arc<str>>,
}

/// Why a call of the extension fails.
pub(super) struct Failure {
    status: StatusCode,
    code: Cow<'static, str>,
    message: String,
}

impl Extension {
    /// Answers one request.
    pub(crate) async fn answer<B>(
        &self,
        control: &Control,
        head: &Parts,
        body: B,
    ) -> Response<ControlBody>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let takes_body = head.method == Method::POST && head.uri.path() == STATE;
        let body = match whole(body, if takes_body { MAX_STATE } else { 0 }).await {
            Ok(body) => body,
            Err(failure) => return fail(&failure),
        };
        // What everybody who connects is shown: signing for it would be asked of those who can't connect without.
        if head.method == Method::GET && head.uri.path() == AUTHORITY {
            return self.authority();
        }
        if let Err(error) = control.permit.check_extension(head, &body) {
            return fail(&error.into());
        }
        let path = head.uri.path();
        let segments: Vec<&str> = path.split('/').skip(2).collect();
        let query = head.uri.query().unwrap_or_default();
        let (allowed, result) = match segments.as_slice() {
            ["health"] => (Method::GET, Ok(self.health())),
            ["reset"] if head.method != Method::POST => (Method::POST, Ok(Value::Null)),
            ["reset"] => (Method::POST, self.reset(control).await),
            ["state"] if head.method == Method::POST => {
                (Method::POST, import_state(control, &body).await)
            }
            ["state"] => match control.apigateway.export_state() {
                Ok(state) if head.method == Method::GET => return file(state),
                Ok(_) => (Method::GET, Ok(Value::Null)),
                Err(error) => (Method::GET, Err(Failure::internal(error.message))),
            },
            ["restapis", api, "stages", stage, "changes"] => {
                (Method::GET, changes(control, api, stage))
            }
            ["restapis", api, "stages", stage, "figures"] => {
                (Method::GET, self.figures(control, api, stage, query))
            }
            ["restapis", api, "stages", stage, "cache"] => {
                (Method::GET, self.cache(control, api, stage))
            }
            ["restapis", api, "stages", stage, "cache", _] if head.method != Method::DELETE => {
                (Method::DELETE, cache_of(control, api, stage))
            }
            ["restapis", api, "stages", stage, "cache", id] => {
                (Method::DELETE, self.drop_cached(control, api, stage, id))
            }
            ["requests"] if head.method == Method::GET => {
                return requests::list(&self.desk, query).await;
            }
            ["requests"] => (Method::GET, Ok(Value::Null)),
            ["requests", id] => (Method::GET, requests::explain(&self.desk, id).await),
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
                code: Cow::Borrowed("MethodNotAllowedException"),
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

    /// The certificate that clients are to trust.
    fn authority(&self) -> Response<ControlBody> {
        let Some(pem) = &self.authority else {
            let message = "There is no certificate authority: start the gateway with --tls-listen";
            return fail(&Failure::not_found(message.to_owned()));
        };
        let mut answer = Response::new(ControlBody::from(pem.to_string()));
        let kind = HeaderValue::from_static("application/x-pem-file");
        answer.headers_mut().insert(CONTENT_TYPE, kind);
        answer
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

    /// What a stage's cache holds.
    fn cache(&self, control: &Control, api: &str, stage: &str) -> Result<Value, Failure> {
        cache_of(control, api, stage)?;
        let contents = self.gateway.cache_contents(api, stage);
        let contents = contents
            .ok_or_else(|| Failure::not_found(format!("The stage {stage} has no cache cluster")))?;
        serde_json::to_value(contents).map_err(|error| Failure::internal(error.to_string()))
    }

    /// Drops one entry of it.
    fn drop_cached(
        &self,
        control: &Control,
        api: &str,
        stage: &str,
        id: &str,
    ) -> Result<Value, Failure> {
        cache_of(control, api, stage)?;
        if !self.gateway.drop_cached(api, stage, id) {
            let message = format!("The cache of the stage {stage} has no entry {id}");
            return Err(Failure::not_found(message));
        }
        Ok(json!({ "dropped": id }))
    }

    /// The figures of a stage, base and canary apart, over the `span` seconds that end now, in periods of `period` seconds.
    fn figures(
        &self,
        control: &Control,
        api: &str,
        stage: &str,
        query: &str,
    ) -> Result<Value, Failure> {
        let (mut span, mut period) = (900, 60);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let seconds = value
                .parse::<i64>()
                .ok()
                .filter(|n| (1..=MAX_SPAN).contains(n));
            let place = match name.as_ref() {
                "span" => &mut span,
                "period" => &mut period,
                _ => {
                    return Err(Failure::bad_request(format!(
                        "there is no parameter {name}: give span and period"
                    )));
                }
            };
            *place = seconds.ok_or_else(|| {
                Failure::bad_request(format!(
                    "{name} must be a number of seconds from 1 to {MAX_SPAN}"
                ))
            })?;
        }
        if span / period > MAX_PERIODS {
            return Err(Failure::bad_request(format!(
                "a span may have {MAX_PERIODS} periods: make period longer"
            )));
        }
        let region = control
            .apigateway
            .region_of(api)
            .ok_or_else(|| unknown("API"))?;
        if control.apigateway.stage(&region, api, stage).is_none() {
            return Err(unknown("stage"));
        }
        let end = self.clock.now().as_second() + 1;
        let window = Window {
            start: end - span,
            end,
            period,
            // A span that is one period stays one: its percentiles can't be put together from two.
            anchor: if period >= span { end - span } else { 0 },
        };
        let figures = control.telemetry.figures(&region, api, stage, &window);
        serde_json::to_value(figures).map_err(|error| Failure::internal(error.to_string()))
    }

    async fn reset(&self, control: &Control) -> Result<Value, Failure> {
        if self.kept {
            return Err(Failure {
                status: StatusCode::CONFLICT,
                code: Cow::Borrowed("ConflictException"),
                message: "Only a gateway in memory (--ephemeral) is emptied by reset; this one keeps its state in a data folder".to_owned(),
            });
        }
        self.desk.forget();
        let emptied = control.reset().await;
        emptied.map_err(|error| Failure::internal(error.message))?;
        Ok(json!({ "status": "ok" }))
    }
}

/// Reads a body of `most` bytes at the most; with 0 none is read.
async fn whole<B>(body: B, most: usize) -> Result<Bytes, Failure>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if most == 0 {
        return Ok(Bytes::new());
    }
    let body = Limited::new(body, most).collect().await;
    let body =
        body.map_err(|error| Failure::bad_request(format!("the body couldn't be read: {error}")))?;
    Ok(body.to_bytes())
}

/// The state that a body describes, into this gateway.
async fn import_state(control: &Control, body: &[u8]) -> Result<Value, Failure> {
    let text = std::str::from_utf8(body)
        .map_err(|error| Failure::bad_request(format!("the state must be UTF-8: {error}")))?;
    let imported = control.apigateway.import_state(text).await?;
    serde_json::to_value(imported).map_err(|error| Failure::internal(error.to_string()))
}

/// Where the certificate of the authority is.
const AUTHORITY: &str = "/_sluice/ca.pem";

/// Where the state is.
const STATE: &str = "/_sluice/state";
/// The largest state that is read, in bytes; an API of 1,000 methods and its deployment come to about two million.
const MAX_STATE: usize = 256 * 1024 * 1024;
/// The longest span of figures, in seconds: that for which they are kept.
const MAX_SPAN: i64 = 15 * 24 * 3600;
/// The most periods in one answer.
const MAX_PERIODS: i64 = 1_440;

/// What of an API has changed since the stage's deployment was made.
fn changes(control: &Control, api: &str, stage: &str) -> Result<Value, Failure> {
    let region = control
        .apigateway
        .region_of(api)
        .ok_or_else(|| unknown("API"))?;
    let live = control
        .apigateway
        .definition(&region, api)
        .ok_or_else(|| unknown("API"))?;
    let stage = control
        .apigateway
        .stage(&region, api, stage)
        .ok_or_else(|| unknown("stage"))?;
    let deployed = control
        .apigateway
        .deployment_definition(&region, api, &stage.deployment_id)
        .ok_or_else(|| unknown("deployment"))?;
    Ok(json!({
        "restApiId": api,
        "stageName": stage.stage_name,
        "deploymentId": stage.deployment_id,
        "changes": difference(&deployed, &live),
    }))
}

/// There must be a stage for it to have a cache.
fn cache_of(control: &Control, api: &str, stage: &str) -> Result<Value, Failure> {
    let region = control
        .apigateway
        .region_of(api)
        .ok_or_else(|| unknown("API"))?;
    match control.apigateway.stage(&region, api, stage) {
        Some(_) => Ok(Value::Null),
        None => Err(unknown("stage")),
    }
}

fn unknown(what: &str) -> Failure {
    Failure::not_found(format!("Invalid {what} identifier specified"))
}

impl Failure {
    fn internal(message: String) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: Cow::Borrowed("InternalFailure"),
            message,
        }
    }

    pub(super) fn bad_request(message: String) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: Cow::Borrowed("BadRequestException"),
            message,
        }
    }

    pub(super) fn not_found(message: String) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            code: Cow::Borrowed("NotFoundException"),
            message,
        }
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        Self {
            status: StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code: error.code,
            message: error.message,
        }
    }
}

/// A file to keep.
fn file(state: String) -> Response<ControlBody> {
    let mut answer = Response::new(ControlBody::from(state));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(
        CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"sluice-state.json\""),
    );
    answer
}

pub(super) fn fail(failure: &Failure) -> Response<ControlBody> {
    let mut answer = reply(failure.status, &json!({ "message": failure.message }));
    if let Ok(code) = HeaderValue::from_str(&failure.code) {
        answer.headers_mut().insert("x-amzn-errortype", code);
    }
    answer
}

pub(super) fn reply(status: StatusCode, value: &Value) -> Response<ControlBody> {
    let mut answer = Response::new(ControlBody::from(value.to_string()));
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
