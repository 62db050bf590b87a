//! Signature V4: reading, verifying and making signatures, with one canonical request for all of it.
//!
//! Source: `spec/iam-policy.md` §5, `spec/rest/auth.md` §2; pages "Create a signed AWS API request" and "Elements of an AWS API request
//! signature" of the IAM user guide. The texts of refusals are AWS's, from experience and not recorded.

mod canonical;
mod claim;
mod error;
mod sign;
#[cfg(test)]
mod tests;
mod verify;

pub use claim::{Claim, Credential};
pub use error::{SignatureError, SignatureErrorKind};
pub use sign::{Signer, presign, sign, sign_hashed};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const TERMINATOR: &str = "aws4_request";
/// What stands for the hash of a body that isn't signed.
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// A request as it came or as it is to be sent, before anything was rewritten.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// The verb on the wire.
    pub method: &'a str,
    /// The path on the wire, percent-encoded.
    pub path: &'a str,
    /// The query on the wire, without `?`.
    pub query: &'a str,
    /// Names in lower case, values as they came; a name may come more than once.
    pub headers: &'a [(&'a str, &'a [u8])],
}

impl Received<'_> {
    fn header(&self, name: &str) -> Option<std::borrow::Cow<'_, str>> {
        let (_, value) = self.headers.iter().find(|(n, _)| *n == name)?;
        Some(String::from_utf8_lossy(value))
    }

    /// The query's names and values, decoded.
    fn parameters(&self) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
        let pairs = self.query.split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (canonical::decoded(name), canonical::decoded(value))
        })
    }

    fn parameter(&self, name: &str) -> Option<String> {
        let (_, value) = self.parameters().find(|(n, _)| n == name.as_bytes())?;
        Some(String::from_utf8_lossy(&value).into_owned())
    }
}

/// The key of a day, a region and a service. Deriving it takes four hashes of a few bytes, less than the body's own.
struct SigningKey([u8; 32]);

impl SigningKey {
    fn derive(secret: &str, credential: &Credential) -> Self {
        let first = hmac(
            format!("AWS4{secret}").as_bytes(),
            credential.date.as_bytes(),
        );
        let second = hmac(&first, credential.region.as_bytes());
        let third = hmac(&second, credential.service.as_bytes());
        Self(hmac(&third, TERMINATOR.as_bytes()))
    }

    fn mac(&self, text: &str) -> Option<Hmac<Sha256>> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        Some(mac.chain_update(text.as_bytes()))
    }
}

/// HMAC-SHA256; it takes keys of any length.
fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mac| mac.chain_update(text).finalize().into_bytes().into())
        .unwrap_or_default()
}

/// What stands for a body in its request's signature.
#[must_use]
pub fn payload_hash(body: &[u8]) -> String {
    hash(body)
}

/// SHA-256 in hexadecimal.
fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| char::from(c).to_digit(16);
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match *pair {
            [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
            _ => None,
        })
        .collect()
}
