//! One request on its way through the phases: everything that they read and leave behind.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::{HeaderMap, Method, Uri, Version};

use super::authorizer::Authorized;
use super::cache::Pending;
use super::client_tls::{ClientCertificate, ClientTls};
use super::content::Conversion;
use super::edge;
use super::failure::Failure;
use super::headers;
use super::keys::{Key, Member};
use super::record::{Record, What};
use super::request_ids::RequestIds;
use super::snapshot;
use super::spelling::Spelling;
use super::stage::{Side, Stage};
use super::target::Target;
use super::xray::Trace;
use crate::engine::message::Fields;
use crate::iam::Identity;
use crate::model::Map;
use crate::vtl::Overrides;

/// One request and its answer in the making.
pub(crate) struct Exchange {
    pub(crate) stage: Arc<Stage>,
    /// Whether the canary serves it.
    pub(crate) canary: bool,
    /// The method that answers, an index into the deployment's; nothing until routed.
    pub(crate) method: Option<usize>,
    pub(crate) request: ClientRequest,
    pub(crate) ids: RequestIds,
    /// What is told of it to X-Ray; nothing where nobody traces.
    pub(crate) trace: Option<Box<Trace>>,
    /// What TLS says of the client, if it came by TLS.
    pub(crate) tls: Option<Box<ByTls>>,
    /// What an authorizer said of the caller.
    pub(crate) authorized: Option<Box<Authorized>>,
    /// Who calls, where a signature says so.
    pub(crate) identity: Option<Arc<Identity>>,
    /// The API key that opened the method.
    pub(crate) key: Option<UsedKey>,
    /// What becomes of the client's body on its way to the integration. [`Conversion::Bytes`] means that [`ClientRequest::body`] is
    /// no text.
    pub(crate) conversion: Conversion,
    /// What templates overrode so far.
    pub(crate) overrides: Overrides,
    /// What the backend answered.
    pub(crate) backend: Option<BackendAnswer>,
    /// An answer that the cache waits for.
    pub(crate) cache: Option<Box<Pending>>,
    /// Why it failed, if it did.
    pub(crate) failure: Option<Failure>,
    pub(crate) record: Record,
    query: OnceLock<Vec<(String, String)>>,
}

/// The client's request.
pub(crate) struct ClientRequest {
    /// The verb that counts: `X-HTTP-Method-Override` wins.
    pub(crate) verb: Method,
    /// The verb on the wire, which signatures are about.
    pub(crate) sent_verb: Method,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    /// How their names are spelled; known where the method shows names or the request is told about.
    pub(crate) spelling: Spelling,
    pub(crate) place: Place,
    pub(crate) caller: Caller,
    /// The body, once it was read; then UTF-8, unless [`Exchange::conversion`] leaves it bytes.
    pub(crate) body: Bytes,
}

/// Where the path and query of a request stand.
pub(crate) enum Place {
    /// In its URL.
    Url { uri: Uri, target: Target },
    /// Given by who tests a method: path, query, headers as they were spelled, and whether the path is one of the method's.
    Given {
        path: String,
        query: String,
        headers: Vec<(String, String)>,
        matches: bool,
    },
}

/// Who calls.
pub(crate) enum Caller {
    Peer(IpAddr),
    Test,
}

/// What TLS says of a client.
pub(crate) struct ByTls {
    pub(crate) session: Arc<ClientTls>,
    /// Its certificate, where the domain's truststore admits it.
    pub(crate) certificate: Option<Arc<ClientCertificate>>,
}

/// An API key that opened a method.
pub(crate) struct UsedKey {
    pub(crate) key: Arc<Key>,
    /// Its place in the usage plan that opens the stage.
    pub(crate) member: Arc<Member>,
}

/// What a backend answered; for a mock the status only.
pub(crate) struct BackendAnswer {
    pub(crate) status: u16,
    pub(crate) headers: Fields,
    /// UTF-8 once `contentHandling` was applied, unless that leaves it bytes; empty where the body is passed on as it comes.
    pub(crate) body: Bytes,
}

impl BackendAnswer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_default()
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("request_id", &self.ids.request_id())
            .field("record", &self.record)
            .finish_non_exhaustive()
    }
}

impl Exchange {
    pub(crate) fn new(
        stage: Arc<Stage>,
        canary: bool,
        request: ClientRequest,
        ids: RequestIds,
        record: Record,
    ) -> Self {
        Self {
            stage,
            canary,
            method: None,
            request,
            ids,
            trace: None,
            tls: None,
            authorized: None,
            identity: None,
            key: None,
            conversion: Conversion::default(),
            overrides: Overrides::default(),
            backend: None,
            cache: None,
            failure: None,
            record,
            query: OnceLock::new(),
        }
    }

    /// The deployment and variables that serve this request.
    pub(crate) fn side(&self) -> &Side {
        self.stage.side(self.canary)
    }

    pub(crate) fn method(&self) -> Option<&snapshot::Method> {
        self.side().deployment.methods.get(self.method?)
    }

    pub(crate) fn integration(&self) -> Option<&snapshot::Integration> {
        self.method()?.integration.as_ref()
    }

    pub(crate) fn stage_variables(&self) -> &Map<String> {
        &self.side().variables
    }

    /// The path after the stage, as it was sent.
    pub(crate) fn path(&self) -> &str {
        match &self.request.place {
            Place::Url { uri, target } => target.path(uri.path()),
            Place::Given { path, .. } => path,
        }
    }

    /// The same with the base path of a custom domain name, which Lambda functions see.
    pub(crate) fn client_path(&self) -> &str {
        match &self.request.place {
            Place::Url { uri, target } if target.base_path().is_some() => uri.path(),
            _ => self.path(),
        }
    }

    /// The query as it was sent, without `?`.
    pub(crate) fn raw_query(&self) -> &str {
        match &self.request.place {
            Place::Url { uri, .. } => uri.query().unwrap_or_default(),
            Place::Given { query, .. } => query,
        }
    }

    /// Path parameters, still encoded, in the order of the resource's path.
    pub(crate) fn path_parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        let matches = !matches!(self.request.place, Place::Given { matches: false, .. });
        let method = self.method().filter(|_| matches);
        method
            .into_iter()
            .flat_map(|method| method.template.parameters(self.path()))
    }

    pub(crate) fn path_parameter(&self, name: &str) -> Option<&str> {
        self.path_parameters()
            .find_map(|(n, value)| (n == name).then_some(value))
    }

    /// Query parameters, decoded once, in order, names repeated as they came. A semicolon parts them too
    /// (`spec/rest/resources-methods.md` §3).
    pub(crate) fn query(&self) -> impl Iterator<Item = (&str, &str)> {
        self.query
            .get_or_init(|| {
                let parts = self.raw_query().split(';');
                parts
                    .flat_map(|part| form_urlencoded::parse(part.as_bytes()))
                    .map(|(name, value)| (name.into_owned(), value.into_owned()))
                    .collect()
            })
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The last value of a query parameter.
    pub(crate) fn query_value(&self, name: &str) -> Option<&str> {
        self.query()
            .filter_map(|(n, value)| (n == name).then_some(value))
            .last()
    }

    /// The last value of a header that mappings may see, letters' case aside.
    pub(crate) fn header_value(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut last = None;
        self.header_values(name, &mut |value| last = Some(value.to_owned()));
        last.map(Cow::Owned)
    }

    /// All values of a header that mappings may see.
    pub(crate) fn header_values(&self, name: &str, each: &mut dyn FnMut(&str)) {
        let lower;
        let name = if name.bytes().any(|b| b.is_ascii_uppercase()) {
            lower = name.to_ascii_lowercase();
            &lower
        } else {
            name
        };
        if !headers::is_visible(name) {
            return;
        }
        if let Some(forwarded) = self.forwarded_header(name) {
            return each(&forwarded);
        }
        let mut found = false;
        for value in self.request.headers.get_all(name) {
            found = true;
            each(&String::from_utf8_lossy(value.as_bytes()));
        }
        if !found && let Some(added) = self.added_header(name) {
            each(&added);
        }
    }

    /// How the request came, which the gateway says itself: only who had it before may be the client's word
    /// (`spec/rest/headers.md` §2). AWS's clients always come over HTTPS.
    fn forwarded_header(&self, name: &str) -> Option<Cow<'_, str>> {
        let after = name.strip_prefix("x-forwarded-")?;
        let Caller::Peer(peer) = self.request.caller else {
            return None;
        };
        match after {
            "for" => {
                let mut hops = String::new();
                for given in self.request.headers.get_all(name) {
                    hops.push_str(&String::from_utf8_lossy(given.as_bytes()));
                    hops.push_str(", ");
                }
                hops.push_str(&peer.to_string());
                if edge::serves(self) {
                    hops.push_str(", ");
                    hops.push_str(edge::ADDRESS);
                }
                Some(Cow::Owned(hops))
            }
            "port" => Some(Cow::Borrowed("443")),
            "proto" => Some(Cow::Borrowed("https")),
            _ => None,
        }
    }

    /// What is added to the client's headers before mappings see them, unless the client sent it (`spec/rest/headers.md` §2).
    fn added_header(&self, name: &str) -> Option<Cow<'_, str>> {
        if !matches!(self.request.caller, Caller::Peer(_)) {
            return None;
        }
        if name == "x-amzn-trace-id" {
            let trace = self.trace_header();
            return Some(Cow::Owned(trace.to_str().unwrap_or_default().to_owned()));
        }
        edge::header(self, name)
    }

    /// Every header that mappings may see, as the client spelled it, once each; of a repeated one the last value.
    pub(crate) fn each_header(&self, each: &mut dyn FnMut(&str, &str)) {
        if let Place::Given { headers, .. } = &self.request.place {
            for (name, value) in headers {
                each(name, value);
            }
            return;
        }
        for name in self.request.headers.keys() {
            if let Some(value) = self.header_value(name.as_str()) {
                each(self.request.spelling.of(name.as_str()), &value);
            }
        }
        let of_edge: &[&str] = if edge::serves(self) {
            &edge::NAMES
        } else {
            &[]
        };
        for name in of_edge.iter().chain(&[
            "X-Amzn-Trace-Id",
            "X-Forwarded-For",
            "X-Forwarded-Port",
            "X-Forwarded-Proto",
        ]) {
            if !self.request.headers.contains_key(*name)
                && let Some(value) = self.header_value(name)
            {
                each(name, &value);
            }
        }
    }

    /// Notes that the method takes the request up.
    pub(crate) fn note_start(&self) {
        self.record.note(|| What::Started {
            request_id: self.ids.logged_id().into_owned(),
            verb: self.request.verb.to_string(),
            path: self.path().to_owned(),
        });
    }

    /// Notes the request as the method gets it.
    pub(crate) fn note_method_request(&self) {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        self.record.note(|| {
            let mut headers = Vec::new();
            self.each_header(&mut |name, value| headers.push(owned((name, value))));
            What::MethodRequest {
                path: self.path_parameters().map(owned).collect(),
                query: self.query().map(owned).collect(),
                headers,
                body: self.request.body.clone(),
            }
        });
    }

    /// The body as text; empty until it was read.
    pub(crate) fn body_text(&self) -> &str {
        std::str::from_utf8(&self.request.body).unwrap_or_default()
    }
}

/// The text that a body is to the gateway: bytes that aren't UTF-8 become U+FFFD, which is what API Gateway does to everything that
/// isn't a binary media type (`spec/rest/integrations.md` §5, recorded). Valid text isn't copied.
pub(crate) fn as_text(body: Bytes) -> Bytes {
    match std::str::from_utf8(&body) {
        Ok(_) => body,
        Err(_) => Bytes::from(String::from_utf8_lossy(&body).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_become_replacement_characters() {
        assert_eq!(as_text(Bytes::from_static(b"a\xffb")), "a\u{fffd}b");
        assert_eq!(as_text(Bytes::from_static(b"ok")), "ok");
    }
}
