//! What requests to an edge-optimized API have from the content delivery network that stands before it on AWS.
//!
//! Functions and templates see these headers there (recorded, `spec/rest/headers.md` §2), and code that reads them should find them here
//! too. There is no such network on this machine, so they say what a request of a desktop browser from the United States would have.
//! HTTP backends and clients aren't told what isn't there.

use std::borrow::Cow;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::exchange::Exchange;

/// The network's headers, as AWS spells them.
pub(crate) const NAMES: [&str; 9] = [
    "CloudFront-Forwarded-Proto",
    "CloudFront-Is-Desktop-Viewer",
    "CloudFront-Is-Mobile-Viewer",
    "CloudFront-Is-SmartTV-Viewer",
    "CloudFront-Is-Tablet-Viewer",
    "CloudFront-Viewer-ASN",
    "CloudFront-Viewer-Country",
    "Via",
    "X-Amz-Cf-Id",
];

/// The address that the network forwards from: this machine's.
pub(crate) const ADDRESS: &str = "127.0.0.1";

/// Whether the API is an edge-optimized one.
pub(crate) fn serves(x: &Exchange) -> bool {
    &*x.side().deployment.endpoint_type == "EDGE"
}

/// The value of one of the network's headers, given in lower case; nothing for other headers, and other APIs.
pub(crate) fn header(x: &Exchange, name: &str) -> Option<Cow<'static, str>> {
    let value = match name {
        "cloudfront-forwarded-proto" => "https",
        "cloudfront-is-desktop-viewer" => "true",
        "cloudfront-is-mobile-viewer"
        | "cloudfront-is-smarttv-viewer"
        | "cloudfront-is-tablet-viewer" => "false",
        "cloudfront-viewer-asn" => "16509",
        "cloudfront-viewer-country" => "US",
        "via" => "1.1 00000000000000000000000000000000.cloudfront.net (CloudFront)",
        "x-amz-cf-id" => return serves(x).then(|| Cow::Owned(id(x))),
        _ => return None,
    };
    serves(x).then_some(Cow::Borrowed(value))
}

/// An id of a request in the form of the network's: 56 letters of base 64.
fn id(x: &Exchange) -> String {
    BASE64_STANDARD.encode(format!("{}edge", x.ids.request_id()))
}
