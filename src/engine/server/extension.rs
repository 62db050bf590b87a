//! What AWS has no call for, under `/_sluice/`: health, reset, changes not deployed, figures by side and method, contents of caches.

use std::rc::Rc;
use std::sync::Arc;

use std::borrow::Cow;

use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::{ControlBody, requests};
use crate::base::Clock;
use crate::engine::control::Control;
use crate::engine::gateway::Gateway;
use crate::engine::gateway::desk::Desk;
use crate::engine::telemetry::Window;
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
}

/// Why a call of the extension fails.
pub(super) struct Failure {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Extension {
    /// Answers one request.
    pub(crate) async fn answer(&self, control: &Control, head: &Parts) -> Response<ControlBody> {
        if let Err(error) = control.permit.check_extension(head) {
            let Cow::Borrowed(code) = error.code else {
                return fail(&Failure::not_found(error.message));
            };
            return fail(&Failure {
                status: StatusCode::FORBIDDEN,
                code,
                message: error.message,
            });
        }
        let path = head.uri.path();
        let segments: Vec<&str> = path.split('/').skip(2).collect();
        let query = head.uri.query().unwrap_or_default();
        let (allowed, result) = match segments.as_slice() {
            ["health"] => (Method::GET, Ok(self.health())),
            ["reset"] if head.method != Method::POST => (Method::POST, Ok(Value::Null)),
            ["reset"] => (Method::POST, self.reset(control).await),
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
                code: "ConflictException",
                message: "Only a gateway in memory (--ephemeral) is emptied by reset; this one keeps its state in a data folder".to_owned(),
            });
        }
        self.desk.forget();
        let emptied = control.reset().await;
        emptied.map_err(|error| Failure::internal(error.message))?;
        Ok(json!({ "status": "ok" }))
    }
}

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
            code: "InternalFailure",
            message,
        }
    }

    pub(super) fn bad_request(message: String) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: "BadRequestException",
            message,
        }
    }

    pub(super) fn not_found(message: String) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            code: "NotFoundException",
            message,
        }
    }
}

pub(super) fn fail(failure: &Failure) -> Response<ControlBody> {
    let mut answer = reply(failure.status, &json!({ "message": failure.message }));
    answer
        .headers_mut()
        .insert("x-amzn-errortype", HeaderValue::from_static(failure.code));
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
