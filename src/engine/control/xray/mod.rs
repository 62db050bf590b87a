//! AWS X-Ray: the traces of the APIs served here and of backends that send their segments, and the rules by which requests are sampled.
//!
//! Facts: `spec/xray.md`.

mod document;
mod filter;
mod graph;
mod rules;
#[cfg(test)]
mod tests;
mod traces;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::net::{SocketAddr, UdpSocket};
use std::rc::Rc;
use std::sync::Arc;

use crate::base::Clock;
use crate::engine::gateway::{Finished, Gateway};
use crate::engine::store::{Change, Row, Store};
use crate::engine::telemetry::traces::{TRACE_KIND, Traces};
use crate::engine::wire::operations::XRAY;
use crate::engine::wire::{Input, Operation, Output, ServiceError};

/// What stands before each document that is sent to a daemon (`spec/xray.md` §1).
const HEAD: &str = "{\"format\": \"json\", \"version\": 1}\n";

/// The service, for all regions.
#[derive(Debug)]
pub(crate) struct XRay {
    clock: Clock,
    account: String,
    store: Arc<Store>,
    gateway: Arc<Gateway>,
    pub(crate) traces: Rc<Traces>,
    /// By region and name.
    rules: RefCell<HashMap<String, BTreeMap<String, rules::Record>>>,
    daemon: Option<(UdpSocket, SocketAddr)>,
}

impl XRay {
    /// The service of one account. Segments of the gateway are also sent to `daemon`.
    pub(crate) fn new(
        clock: Clock,
        account: String,
        store: Arc<Store>,
        gateway: Arc<Gateway>,
        daemon: Option<SocketAddr>,
    ) -> Self {
        let daemon = daemon.and_then(|address| match socket(address) {
            Ok(socket) => Some((socket, address)),
            Err(error) => {
                tracing::error!(%error, "segments can't be sent to the X-Ray daemon at {address}");
                None
            }
        });
        Self {
            clock,
            traces: Rc::new(Traces::new(store.is_kept())),
            account,
            store,
            gateway,
            rules: RefCell::default(),
            daemon,
        }
    }

    /// Takes up what earlier runs wrote.
    pub(crate) fn restore(&self, all: &[Row]) {
        let now = self.now();
        let stored = all.iter().filter(|row| row.kind == TRACE_KIND);
        let read = |text: &str| document::read(text, now).ok();
        let unreadable = self.traces.restore(stored, read);
        if unreadable > 0 {
            tracing::warn!(
                unreadable,
                "stored traces are too old or damaged, and left out"
            );
        }
        for row in all.iter().filter(|row| row.kind == rules::KIND) {
            if let Some(record) = rules::Record::parse(row) {
                let mut rules = self.rules.borrow_mut();
                let of_region = rules.entry(row.region.clone()).or_default();
                of_region.insert(row.key.clone(), record);
            }
        }
        let regions: Vec<String> = self.rules.borrow().keys().cloned().collect();
        for region in &regions {
            rules::publish(At { xray: self, region });
        }
    }

    /// Takes the segment of a request that the gateway served.
    pub(crate) fn take(&self, finished: &Finished) {
        let text = finished.document.to_string();
        if let Some((socket, address)) = &self.daemon {
            // A daemon that isn't there, or is too slow, misses it: as with AWS's own, nobody waits for it.
            let _ = socket.send_to(format!("{HEAD}{text}").as_bytes(), address);
        }
        match document::read(&text, self.now()) {
            Ok(segment) => self.traces.put(&finished.region, segment),
            // A client's trace id may say any time.
            Err(refused) => tracing::debug!(?refused, "a segment is not kept"),
        }
    }

    /// Forgets all traces and rules.
    pub(crate) fn clear(&self) {
        self.traces.clear();
        self.rules.borrow_mut().clear();
    }

    /// Answers one call. The codec has checked types, lengths and what is required.
    pub(crate) async fn call(
        &self,
        region: &str,
        operation: &Operation,
        input: &Input,
    ) -> Result<Output, ServiceError> {
        let at = At { xray: self, region };
        let output = match operation.name {
            "PutTraceSegments" => traces::put(at, input),
            "GetTraceSummaries" => traces::summaries(at, input)?,
            "BatchGetTraces" => traces::batch(at, input)?,
            "GetServiceGraph" => graph::of_time(at, input)?,
            "GetTraceGraph" => graph::of_traces(at, input),
            "GetSamplingRules" => rules::list(at, input)?,
            "CreateSamplingRule" => rules::create(at, input).await?,
            "UpdateSamplingRule" => rules::update(at, input).await?,
            "DeleteSamplingRule" => rules::delete(at, input).await?,
            "GetSamplingTargets" => rules::targets(at, input),
            // What daemons and SDKs tell of themselves.
            "PutTelemetryRecords" => serde_json::json!({}),
            other => return Err(ServiceError::not_implemented(other)),
        };
        Ok(output.into())
    }

    #[allow(
        clippy::cast_precision_loss,
        reason = "microseconds since 1970 are exact in a double until the year 2255"
    )]
    fn now(&self) -> f64 {
        self.clock.now().as_microsecond() as f64 / 1e6
    }
}

fn socket(daemon: SocketAddr) -> std::io::Result<UdpSocket> {
    let any: SocketAddr = if daemon.is_ipv4() {
        ([0, 0, 0, 0], 0).into()
    } else {
        ([0_u16; 8], 0).into()
    };
    let socket = UdpSocket::bind(any)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// The service as one call sees it.
#[derive(Clone, Copy)]
struct At<'a> {
    xray: &'a XRay,
    region: &'a str,
}

impl At<'_> {
    /// Epoch seconds.
    fn now(self) -> f64 {
        self.xray.now()
    }

    fn rule_arn(self, name: &str) -> String {
        format!(
            "arn:aws:xray:{}:{}:sampling-rule/{name}",
            self.region, self.xray.account
        )
    }

    async fn commit(self, change: Change) -> Result<(), ServiceError> {
        let committed = self.xray.store.commit(vec![change]).await;
        committed.map_err(|error| {
            tracing::error!(%error, "a sampling rule could not be stored");
            ServiceError::internal("The sampling rule could not be stored.")
        })
    }
}

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::of(XRAY, "InvalidRequestException", message)
}
