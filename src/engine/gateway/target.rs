//! Which API a request is for, and where stage and resource path stand in its URL.

use std::ops::Range;
use std::sync::Arc;

use super::domain_guard::Guard;
use super::domains::Mapping;
use crate::model::BasePathMapping;

/// The address of a request, read from its Host or its path. It holds positions only, so that it costs nothing to make or to pass.
///
/// Custom domain names lead to an API, and three forms:
/// `{api}.execute-api.{anything}` with `/{stage}/{path}`, `/_aws/execute-api/{api}/{stage}/{path}` and
/// `/restapis/{api}/{stage}/_user_request_/{path}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    api: Api,
    stage: Range<usize>,
    path: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Api {
    InHost(Range<usize>),
    InPath(Range<usize>),
    /// In a header of the request.
    Told(Arc<str>),
    /// By a custom domain name.
    Mapped(Arc<Mapping>),
}

impl Target {
    /// The target that a Host header with an `execute-api` name gives; `path` is the request's path.
    #[must_use]
    pub fn of_host(host: &str, path: &str) -> Option<Self> {
        let dot = host.bytes().position(|b| b == b'.')?;
        let (api, rest) = (&host[..dot], &host[dot + 1..]);
        let end = rest.bytes().position(|b| matches!(b, b'.' | b':'));
        let service = &rest[..end.unwrap_or(rest.len())];
        if api.is_empty() || !service.eq_ignore_ascii_case("execute-api") {
            return None;
        }
        // `{api}-{vpce-id}` names the VPC endpoint that a private API is reached through.
        let end = api.find("-vpce-").unwrap_or(api.len());
        Some(Self::after(Api::InHost(0..end), path, 0))
    }

    /// The target behind a VPC endpoint's own name, `{vpce}.execute-api.{region}.vpce.amazonaws.com`: `api` is what the header
    /// `x-apigw-api-id` says (`spec/rest/domain-names.md` §1).
    #[must_use]
    pub fn of_endpoint(host: &str, api: &str, path: &str) -> Option<Self> {
        let (label, rest) = host.split_once('.')?;
        let is_endpoint = label.starts_with("vpce-") && rest.starts_with("execute-api.");
        (is_endpoint && !api.is_empty()).then(|| Self::after(Api::Told(api.into()), path, 0))
    }

    /// The target that one of the two path forms gives.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        const PLAIN: &str = "/_aws/execute-api/";
        const LEGACY: &str = "/restapis/";
        if let Some(rest) = path.strip_prefix(PLAIN) {
            let api = PLAIN.len()..PLAIN.len() + first_segment(rest).len();
            return (!api.is_empty()).then(|| Self::after(Api::InPath(api.clone()), path, api.end));
        }
        let rest = path.strip_prefix(LEGACY)?;
        let api = LEGACY.len()..LEGACY.len() + first_segment(rest).len();
        let stage = first_segment(path.get(api.end + 1..)?);
        let stage = api.end + 1..api.end + 1 + stage.len();
        let rest = path.get(stage.end..)?.strip_prefix("/_user_request_")?;
        if api.is_empty() || stage.is_empty() || !(rest.is_empty() || rest.starts_with('/')) {
            return None;
        }
        Some(Self {
            api: Api::InPath(api),
            stage,
            path: path.len() - rest.len(),
        })
    }

    /// The target behind a custom domain name's mapping, whose base path ends at `end` of the request's path.
    pub(crate) fn of_mapping(mapping: Arc<Mapping>, path: &str, end: usize) -> Self {
        let staged = mapping.stage.is_some();
        let api = Api::Mapped(mapping);
        if !staged {
            return Self::after(api, path, end);
        }
        Self {
            api,
            stage: 0..0,
            path: end,
        }
    }

    /// No API at all: a custom domain name without a mapping for the path.
    pub(crate) const fn nowhere() -> Self {
        Self {
            api: Api::InPath(0..0),
            stage: 0..0,
            path: 0,
        }
    }

    /// What protects the custom domain name that led here.
    pub(crate) fn guard(&self) -> Option<&Arc<Guard>> {
        match &self.api {
            Api::Mapped(mapping) => mapping.guard.as_ref(),
            _ => None,
        }
    }

    /// The base path of the custom domain name that led here.
    pub(crate) fn base_path(&self) -> Option<&str> {
        match &self.api {
            Api::Mapped(mapping) if mapping.base.is_empty() => Some(BasePathMapping::NONE),
            Api::Mapped(mapping) => Some(&mapping.base),
            _ => None,
        }
    }

    /// Doubled slashes before the stage don't count (recorded, `spec/rest/resources-methods.md` §3).
    fn after(api: Api, path: &str, from: usize) -> Self {
        let rest = path.get(from..).unwrap_or_default();
        let start = from + rest.bytes().take_while(|b| *b == b'/').count();
        let end = start + first_segment(&path[start..]).len();
        Self {
            api,
            stage: start..end,
            path: end,
        }
    }

    /// The API's id; `host` and `path` are those the target was made from.
    #[must_use]
    pub fn api<'a>(&'a self, host: &'a str, path: &'a str) -> &'a str {
        match &self.api {
            Api::InHost(range) => host.get(range.clone()),
            Api::InPath(range) => path.get(range.clone()),
            Api::Told(api) => return api,
            Api::Mapped(mapping) => return &mapping.api_id,
        }
        .unwrap_or_default()
    }

    /// The stage's name; empty when the URL has none.
    #[must_use]
    pub fn stage<'a>(&'a self, path: &'a str) -> &'a str {
        match &self.api {
            Api::Mapped(mapping) if mapping.stage.is_some() => {
                mapping.stage.as_deref().unwrap_or_default()
            }
            _ => path.get(self.stage.clone()).unwrap_or_default(),
        }
    }

    /// The path after the stage.
    #[must_use]
    pub fn path<'a>(&self, path: &'a str) -> &'a str {
        path.get(self.path..).unwrap_or_default()
    }
}

fn first_segment(text: &str) -> &str {
    let end = text.bytes().position(|b| b == b'/');
    &text[..end.unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_forms_lead_to_an_api() {
        // host, path → api, stage, rest
        let cases: &[(&str, &str, Option<[&str; 3]>)] = &[
            (
                "abc.execute-api.localhost:4566",
                "/prod/pets/7",
                Some(["abc", "prod", "/pets/7"]),
            ),
            (
                "abc.execute-api.us-east-1.amazonaws.com",
                "/prod",
                Some(["abc", "prod", ""]),
            ),
            (
                "abc-vpce-0a1b.execute-api.us-east-1.amazonaws.com",
                "/prod",
                Some(["abc", "prod", ""]),
            ),
            ("abc.execute-api", "//prod//x", Some(["abc", "prod", "//x"])),
            ("abc.execute-api.localhost", "/", Some(["abc", "", ""])),
            ("localhost:4566", "/prod", None),
            (
                "127.0.0.1",
                "/_aws/execute-api/abc/prod/x/y",
                Some(["abc", "prod", "/x/y"]),
            ),
            ("h", "/_aws/execute-api/abc", Some(["abc", "", ""])),
            (
                "h",
                "/_aws/execute-api/abc//prod//x",
                Some(["abc", "prod", "//x"]),
            ),
            ("h", "/_aws/execute-api/", None),
            (
                "h",
                "/restapis/abc/prod/_user_request_/x",
                Some(["abc", "prod", "/x"]),
            ),
            (
                "h",
                "/restapis/abc/prod/_user_request_",
                Some(["abc", "prod", ""]),
            ),
            ("h", "/restapis/abc/resources", None),
            ("h", "/restapis/abc", None),
            ("h", "/restapis", None),
        ];
        for (host, path, expected) in cases {
            let target = Target::of_host(host, path).or_else(|| Target::of_path(path));
            let found = target
                .as_ref()
                .map(|t| [t.api(host, path), t.stage(path), t.path(path)]);
            assert_eq!(found, *expected, "{host}{path}");
        }
    }
}
