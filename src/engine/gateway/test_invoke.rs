//! `TestInvokeMethod`: one request to a method of an API as it is now, deployed or not, with the log of its execution.
//!
//! No authorizer, API key, plan, throttle or cache takes part (`spec/rest/logging-metrics-tracing.md` §2).

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Version};
use http_body_util::BodyExt;

use super::authorize::Protection;
use super::authorizer::Authorizers;
use super::backend::Caller;
use super::content::BinaryTypes;
use super::exchange::{self, ClientRequest, Exchange, Place};
use super::pool::{Pool, PoolLimits, Tls};
use super::record::Record;
use super::request_ids::{GivenIds, IdSource};
use super::response_table::ResponseTable;
use super::schema::Schemas;
use super::snapshot::{Deployment, Method as CompiledMethod};
use super::spelling::Spelling;
use super::stage::{self, Stage};
use super::{Gateway, content, life, log, unserved, validate};
use crate::base::Chance;
use crate::model::{self, Definition, Map, RouteTree};

/// A test request.
#[derive(Clone, Debug, Default)]
pub struct TestInvoke {
    /// The API's region.
    pub region: String,
    /// The account's id.
    pub account: String,
    /// The resource's id.
    pub resource_id: String,
    /// The method's verb as it is defined: `GET`, `ANY`.
    pub verb: String,
    /// Path and query; the resource's own path if absent.
    pub path_with_query_string: Option<String>,
    /// The body; empty if absent.
    pub body: String,
    /// Headers, as they were spelled; a name may come more than once.
    pub headers: Vec<(String, String)>,
    /// Stage variables.
    pub stage_variables: Map<String>,
    /// The certificate that an HTTPS backend is shown.
    pub client_certificate_id: Option<String>,
}

/// What came of a test request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestInvokeAnswer {
    /// The status.
    pub status: u16,
    /// Headers in the order of the log, of a repeated one the last value.
    pub headers: Map<String>,
    /// Headers with all their values.
    pub multi_value_headers: Map<Vec<String>>,
    /// The body.
    pub body: String,
    /// The execution log.
    pub log: String,
    /// How long it took.
    pub latency: Duration,
}

/// Why a test request can't be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TestInvokeError {
    /// No resource has that id.
    #[error("Invalid Resource identifier specified")]
    NoResource,
    /// The resource has no such method.
    #[error("Invalid Method identifier specified")]
    NoMethod,
    /// The method uses what can't be served yet.
    #[error("{0}")]
    Unserved(unserved::Unserved),
}

impl Gateway {
    /// Runs a test request. `chance` draws its ids. The backend is really called.
    pub async fn test_invoke(
        &self,
        definition: &Definition,
        test: TestInvoke,
        chance: &mut Chance,
    ) -> Result<TestInvokeAnswer, TestInvokeError> {
        let mut x = self.test_exchange(definition, test, chance)?;
        let pool = Pool::new(self.clock.clone(), PoolLimits::default(), Tls::default());
        let caller = Caller {
            pool: &pool,
            clock: &self.clock,
            functions: &self.settings.functions,
            keyring: &self.keyring,
            body_patience: self.settings.body_patience,
        };
        let checked = validate::parameters(&x)
            .and_then(|()| validate::body(&x))
            .and_then(|()| {
                x.conversion = content::of_request(&x);
                content::convert_request(&mut x)
            });
        let mut answer = match checked {
            Ok(()) => life::serve(&mut x, &caller, None).await,
            Err(failure) => life::refuse(&mut x, failure),
        };
        let latency = self.clock.monotonic().saturating_sub(x.record.started);
        let mut headers = Map::new();
        let mut multi_value_headers: Map<Vec<String>> = Map::new();
        for (name, value) in answer.spelled.take().unwrap_or_default() {
            multi_value_headers
                .entry(name.clone())
                .or_default()
                .push(value.clone());
            headers.insert(name, value);
        }
        let body = answer
            .body
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes);
        Ok(TestInvokeAnswer {
            status: answer.status,
            headers,
            multi_value_headers,
            body: String::from_utf8_lossy(&body.unwrap_or_default()).into_owned(),
            log: log::execution::of_test(x.ids.request_id(), &x.record.events()),
            latency,
        })
    }

    fn test_exchange(
        &self,
        definition: &Definition,
        test: TestInvoke,
        chance: &mut Chance,
    ) -> Result<Exchange, TestInvokeError> {
        let resource = definition
            .resources
            .get(&test.resource_id)
            .ok_or(TestInvokeError::NoResource)?;
        let method = resource
            .resource_methods
            .get(&test.verb)
            .ok_or(TestInvokeError::NoMethod)?;
        unserved::check_test(definition, resource, method).map_err(TestInvokeError::Unserved)?;
        let x = self.exchange_of(definition, resource, method, test, chance);
        x.note_start();
        x.note_method_request();
        Ok(x)
    }

    /// A request to this method, told in full.
    pub(crate) fn exchange_of(
        &self,
        definition: &Definition,
        resource: &model::Resource,
        method: &model::Method,
        test: TestInvoke,
        chance: &mut Chance,
    ) -> Exchange {
        let compiled = CompiledMethod::compile(resource, method, &mut Schemas::new(definition));
        let given = test.path_with_query_string.filter(|p| !p.is_empty());
        let given = given.unwrap_or_else(|| resource.path.clone());
        let (path, query) = given.split_once('?').unwrap_or((&given, ""));
        let matches = compiled.template.matches(path);
        let mut headers = HeaderMap::new();
        for (name, value) in &test.headers {
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name), HeaderValue::try_from(value))
            {
                // More than a map holds, tens of thousands, are left out as those are that no request can have.
                let _ = headers.try_append(name, value);
            }
        }
        let now = self.clock.now();
        let ids = IdSource::new(chance.split()).draw(now, GivenIds::default());
        let mut record = Record::new(now, self.clock.monotonic());
        record.ask(&self.clock, true);
        // A method for any verb is tested with the verb that AWS's console offers first.
        let verb: Method = test
            .verb
            .parse()
            .ok()
            .filter(|v| *v != "ANY")
            .unwrap_or(Method::GET);
        let request = ClientRequest {
            sent_verb: verb.clone(),
            verb,
            version: Version::HTTP_11,
            headers,
            spelling: Spelling::default(),
            place: Place::Given {
                path: path.to_owned(),
                query: query.to_owned(),
                headers: test.headers,
                matches,
            },
            caller: exchange::Caller::Test,
            body: test.body.into(),
        };
        let deployment = Deployment {
            id: "".into(),
            api_name: definition.rest_api.name.as_str().into(),
            tree: RouteTree::default(),
            methods: vec![compiled],
            responses: ResponseTable::compile(&definition.gateway_responses),
            endpoint_disabled: false,
            // No authorization takes part in a test.
            protection: Protection::default(),
            binary: BinaryTypes::compile(&definition.rest_api.binary_media_types),
            // No connection, so nothing is packed.
            compression: None,
            longest_pause: Duration::from_secs(35),
            longest_url: usize::MAX,
            authorizers: Authorizers::default(),
            authorizers_give_keys: false,
            endpoint_type: "".into(),
        };
        let stage = model::Stage {
            stage_name: "test-invoke-stage".to_owned(),
            variables: Some(test.stage_variables),
            client_certificate_id: test.client_certificate_id,
            ..model::Stage::default()
        };
        let place = stage::Place {
            region: self.detached_region(&test.region),
            account: test.account.as_str().into(),
            api_id: definition.rest_api.id.as_str().into(),
        };
        let stage = Stage::assemble(
            place,
            stage::Meter(None),
            &stage,
            Arc::new(deployment),
            None,
            None,
            std::time::Duration::ZERO,
        );
        let mut x = Exchange::new(Arc::new(stage), false, request, ids, record);
        x.method = Some(0);
        x
    }
}
