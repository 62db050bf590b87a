//! Signing a request that is to be sent.

use hmac::Mac;
use jiff::Timestamp;

use super::claim::stamp;
use super::{ALGORITHM, Credential, Received, SigningKey, canonical, hash, hex};

/// Whose name a request is signed in, and for whom.
#[derive(Clone, Debug)]
pub struct Signer<'a> {
    /// The access key id.
    pub access_key: &'a str,
    /// The secret access key.
    pub secret: &'a str,
    /// The session token of temporary credentials.
    pub token: Option<&'a str>,
    /// The region.
    pub region: &'a str,
    /// The service's signing name.
    pub service: &'a str,
}

impl Signer<'_> {
    fn credential(&self, time: &str) -> Credential {
        Credential {
            access_key: self.access_key.to_owned(),
            date: time.get(..8).unwrap_or_default().to_owned(),
            region: self.region.to_owned(),
            service: self.service.to_owned(),
        }
    }

    /// The signature of a request whose headers and parameters are complete.
    fn signature(
        &self,
        request: &Received<'_>,
        signed: &[&str],
        payload: &str,
        time: &str,
    ) -> String {
        let credential = self.credential(time);
        let canonical = canonical::request(request, signed, payload);
        let text = canonical::string_to_sign(time, &credential.scope(), &canonical);
        let mac = SigningKey::derive(self.secret, &credential).mac(&text);
        mac.map(|mac| hex(&mac.finalize().into_bytes()))
            .unwrap_or_default()
    }
}

fn names<'a>(request: &Received<'a>) -> Vec<&'a str> {
    let mut names: Vec<&str> = request.headers.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The headers that sign a request: `authorization`, `x-amz-date` and, for temporary credentials, `x-amz-security-token`. All headers
/// of `request` are signed; `host` must be among them.
#[must_use]
pub fn sign(
    request: &Received<'_>,
    body: &[u8],
    by: &Signer<'_>,
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    sign_hashed(request, &hash(body), by, now)
}

/// The same for a body that was hashed before.
#[must_use]
pub fn sign_hashed(
    request: &Received<'_>,
    payload: &str,
    by: &Signer<'_>,
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    let time = stamp(now);
    let mut headers = request.headers.to_vec();
    headers.push(("x-amz-date", time.as_bytes()));
    if let Some(token) = by.token {
        headers.push(("x-amz-security-token", token.as_bytes()));
    }
    let request = Received {
        headers: &headers,
        ..*request
    };
    let signed = names(&request);
    let signature = by.signature(&request, &signed, payload, &time);
    let scope = by.credential(&time).scope();
    let mut added = vec![(
        "authorization",
        format!(
            "{ALGORITHM} Credential={}/{scope}, SignedHeaders={}, Signature={signature}",
            by.access_key,
            signed.join(";")
        ),
    )];
    if let Some(token) = by.token {
        added.push(("x-amz-security-token", token.to_owned()));
    }
    added.push(("x-amz-date", time));
    added
}

/// The query of a presigned URL for a request without a body, good for `expires` seconds. All headers of `request` are signed and must
/// be sent.
#[must_use]
pub fn presign(request: &Received<'_>, by: &Signer<'_>, now: Timestamp, expires: u32) -> String {
    let time = stamp(now);
    let signed = names(request);
    let scope = by.credential(&time).scope();
    let mut query = request.query.to_owned();
    let mut add = |name: &str, value: &str| {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(name);
        query.push('=');
        canonical::push_encoded(&mut query, value.as_bytes());
    };
    add("X-Amz-Algorithm", ALGORITHM);
    add("X-Amz-Credential", &format!("{}/{scope}", by.access_key));
    add("X-Amz-Date", &time);
    add("X-Amz-Expires", &expires.to_string());
    if let Some(token) = by.token {
        add("X-Amz-Security-Token", token);
    }
    add("X-Amz-SignedHeaders", &signed.join(";"));
    let unsigned = Received {
        query: &query,
        ..*request
    };
    let signature = by.signature(&unsigned, &signed, &hash(b""), &time);
    query.push_str("&X-Amz-Signature=");
    query.push_str(&signature);
    query
}
