//! `application/hal+json`: how API Gateway answers clients that don't ask for plain JSON.
//!
//! Source: `spec/rest/control-plane.md` §1, samples of the API reference. Of the links there are `self`, `first`, `next` and `item`; AWS's
//! links to actions and their `curies` are left out. Entries of lists stand in `_embedded`, as an array even if there is one only.

use http::header::ACCEPT;
use http::request::Parts;
use serde_json::{Map, Value, json};

use super::operations::APIGATEWAY;
use super::table::Service;

/// The request that an answer links to.
#[derive(Debug)]
pub(crate) struct Hal {
    /// As it came, still encoded.
    path: String,
    query: Vec<(String, String)>,
}

impl Hal {
    /// What an answer to this request needs to know, unless it is plain JSON.
    pub(crate) fn of(service: &Service, head: &Parts, query: &[(String, String)]) -> Option<Self> {
        let plain = head.headers.get_all(ACCEPT).iter().any(|accept| {
            accept
                .to_str()
                .is_ok_and(|accept| accept.contains("application/json"))
        });
        (service.name == APIGATEWAY.name && !plain).then(|| Self {
            path: head.uri.path().to_owned(),
            query: query.to_vec(),
        })
    }

    /// The answer with its links; the entries of a list move into `_embedded`.
    pub(crate) fn wrap(&self, mut members: Map<String, Value>) -> Value {
        let mut links = Map::new();
        let mut link = |name: &str, href: String| {
            links.insert(name.to_owned(), json!({ "href": href }));
        };
        link("self", self.href(None));
        let Some(Value::Array(items)) = members.shift_remove("item") else {
            return Self::put_together(links, None, members);
        };
        if let Some(Value::String(position)) = members.shift_remove("position") {
            link("first", self.href(Some("")));
            link("next", self.href(Some(&position)));
        }
        let mut of_items = Vec::with_capacity(items.len());
        let mut embedded = Vec::with_capacity(items.len());
        for item in items {
            let Value::Object(item) = item else {
                continue;
            };
            let mut own = Map::new();
            if let Some(id) = self.id_of(&item) {
                let href = json!({ "href": format!("{}/{}", self.path, encoded(id)) });
                of_items.push(href.clone());
                own.insert("self".to_owned(), href);
            }
            embedded.push(Self::put_together(own, None, item));
        }
        links.insert("item".to_owned(), of_items.into());
        Self::put_together(links, Some(embedded), members)
    }

    fn put_together(
        links: Map<String, Value>,
        embedded: Option<Vec<Value>>,
        members: Map<String, Value>,
    ) -> Value {
        let mut all = Map::with_capacity(members.len() + 2);
        all.insert("_links".to_owned(), links.into());
        if let Some(items) = embedded {
            all.insert("_embedded".to_owned(), json!({ "item": items }));
        }
        all.extend(members);
        all.into()
    }

    /// The request's path and query, at another position if one is given; an empty one is the beginning.
    fn href(&self, position: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.query {
            if position.is_none() || name != "position" {
                query.append_pair(name, value);
            }
        }
        if let Some(position) = position.filter(|position| !position.is_empty()) {
            query.append_pair("position", position);
        }
        match query.finish() {
            query if query.is_empty() => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }

    /// What the path of an entry of this list ends with.
    fn id_of<'i>(&self, item: &'i Map<String, Value>) -> Option<&'i str> {
        let by_name = self.path.ends_with("/models");
        [
            "id",
            "name",
            "responseType",
            "domainName",
            "basePath",
            "version",
            "stageName",
            "clientCertificateId",
        ]
        .iter()
        .filter(|member| !by_name || **member != "id")
        .find_map(|member| item.get(*member)?.as_str())
    }
}

fn encoded(id: &str) -> String {
    percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC)
        .to_string()
        .replace("%2D", "-")
        .replace("%2E", ".")
        .replace("%5F", "_")
}
