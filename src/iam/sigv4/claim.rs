//! Whom a request claims to come from: the `Authorization` header, or the parameters of a presigned URL.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{ALGORITHM, Received, SignatureError, TERMINATOR};

/// A credential scope with its access key: `AKID/20260101/us-east-1/execute-api/aws4_request`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The access key id.
    pub access_key: String,
    /// The day of the signing key, `YYYYMMDD`.
    pub date: String,
    /// The region.
    pub region: String,
    /// The signing name: `execute-api`, `apigateway`, `sts`.
    pub service: String,
}

/// What a signed request says of itself. Nothing of it is proved before [`verify`](Self::verify).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Who, for what day, region and service.
    pub credential: Credential,
    /// The session token, if one was sent.
    pub token: Option<String>,
    pub(super) signed_headers: String,
    pub(super) signature: String,
    /// When it was signed.
    pub(super) time: Timestamp,
    /// How many seconds a presigned request is good for.
    pub(super) expires: Option<i64>,
}

/// The most that `X-Amz-Expires` may say, in seconds: a week.
const MAX_EXPIRES: i64 = 604_800;

impl Claim {
    /// Reads what a request claims; nothing when it isn't signed.
    ///
    /// # Errors
    /// When the signature can't be read.
    pub fn read(request: &Received<'_>) -> Result<Option<Self>, SignatureError> {
        if let Some(value) = request.header("authorization")
            && !value.trim().is_empty()
        {
            return Self::of_header(value.trim(), request).map(Some);
        }
        let presigned = ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature"];
        if presigned
            .iter()
            .any(|name| request.parameter(name).is_some())
        {
            return Self::of_query(request).map(Some);
        }
        Ok(None)
    }

    fn of_header(value: &str, request: &Received<'_>) -> Result<Self, SignatureError> {
        let stamp = request
            .header("x-amz-date")
            .or_else(|| request.header("date"));
        let parts = Parts::read(value, stamp.is_some())?;
        let credential = Credential::read(parts.credential)?;
        let time = time(stamp.as_deref().unwrap_or_default())?;
        Ok(Self {
            credential,
            token: request.header("x-amz-security-token").map(Into::into),
            signed_headers: parts.signed_headers.to_owned(),
            signature: parts.signature.to_owned(),
            time,
            expires: None,
        })
    }

    fn of_query(request: &Received<'_>) -> Result<Self, SignatureError> {
        let required = |name: &str| {
            let value = request.parameter(name).filter(|v| !v.is_empty());
            value.ok_or_else(|| {
                SignatureError::incomplete(format!(
                    "AWS query-string parameters must include '{name}'. Re-examine the query-string parameters."
                ))
            })
        };
        let algorithm = required("X-Amz-Algorithm")?;
        if algorithm != ALGORITHM {
            return Err(SignatureError::incomplete(format!(
                "Unsupported AWS 'algorithm': '{algorithm}'"
            )));
        }
        let credential = Credential::read(&required("X-Amz-Credential")?)?;
        let signature = required("X-Amz-Signature")?;
        let signed_headers = required("X-Amz-SignedHeaders")?;
        let time = time(&required("X-Amz-Date")?)?;
        let expires = required("X-Amz-Expires")?;
        let expires = expires
            .parse()
            .ok()
            .filter(|seconds| (1..=MAX_EXPIRES).contains(seconds))
            .ok_or_else(|| {
                SignatureError::incomplete(format!(
                    "X-Amz-Expires must be a number of seconds from 1 to {MAX_EXPIRES}, not '{expires}'"
                ))
            })?;
        Ok(Self {
            credential,
            token: request.parameter("X-Amz-Security-Token"),
            signed_headers,
            signature,
            time,
            expires: Some(expires),
        })
    }
}

/// The three parts of the header.
struct Parts<'a> {
    credential: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

impl<'a> Parts<'a> {
    fn read(value: &'a str, dated: bool) -> Result<Self, SignatureError> {
        let (algorithm, rest) = value.split_once(' ').unwrap_or((value, ""));
        let no_pair = |part: &str| {
            SignatureError::incomplete(format!(
                "'{part}' not a valid key=value pair (missing equal-sign) in Authorization header: '{value}'."
            ))
        };
        if rest.is_empty() && algorithm != ALGORITHM && !algorithm.contains('=') {
            return Err(no_pair(algorithm));
        }
        let (mut credential, mut signed_headers, mut signature) = ("", "", "");
        let parts = rest.split(',').map(str::trim).filter(|p| !p.is_empty());
        for part in parts {
            match part.split_once('=').ok_or_else(|| no_pair(part))? {
                ("Credential", value) => credential = value,
                ("SignedHeaders", value) => signed_headers = value,
                ("Signature", value) => signature = value,
                _ => {}
            }
        }
        let mut lacking = String::new();
        for (name, given) in [
            ("Credential", credential),
            ("Signature", signature),
            ("SignedHeaders", signed_headers),
        ] {
            if given.is_empty() {
                lacking.push_str("Authorization header requires '");
                lacking.push_str(name);
                lacking.push_str("' parameter. ");
            }
        }
        if !dated {
            lacking.push_str(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
            );
        }
        if !lacking.is_empty() {
            return Err(SignatureError::incomplete(format!(
                "{lacking}Authorization={value}"
            )));
        }
        if algorithm != ALGORITHM {
            return Err(SignatureError::incomplete(format!(
                "Unsupported AWS 'algorithm': '{algorithm}'"
            )));
        }
        Ok(Self {
            credential,
            signed_headers,
            signature,
        })
    }
}

impl Credential {
    /// Reads the scope of an `Authorization` header, whatever else of a signature the request lacks.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn of_header(value: &str) -> Result<Self, SignatureError> {
        Self::read(Parts::read(value, true)?.credential)
    }

    fn read(credential: &str) -> Result<Self, SignatureError> {
        let parts: Vec<&str> = credential.split('/').collect();
        let &[access_key, date, region, service, terminator] = parts.as_slice() else {
            return Err(SignatureError::incomplete(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'"
            )));
        };
        if [access_key, date, region, service].contains(&"") {
            return Err(SignatureError::incomplete(format!(
                "Credential has an empty element: '{credential}'"
            )));
        }
        if date.len() != 8 || !date.bytes().all(|b| b.is_ascii_digit()) {
            return Err(SignatureError::invalid(format!(
                "Date in Credential scope must be YYYYMMDD, not '{date}'"
            )));
        }
        if terminator != TERMINATOR {
            return Err(SignatureError::invalid(format!(
                "Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{terminator}'."
            )));
        }
        Ok(Self {
            access_key: access_key.to_owned(),
            date: date.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
        })
    }

    /// The scope without the access key.
    pub(super) fn scope(&self) -> String {
        format!(
            "{}/{}/{}/{TERMINATOR}",
            self.date, self.region, self.service
        )
    }
}

const BASIC: &str = "%Y%m%dT%H%M%SZ";

/// A time in the basic ISO form, `20260101T000000Z`.
pub(super) fn stamp(time: Timestamp) -> String {
    time.strftime(BASIC).to_string()
}

/// `X-Amz-Date`, or a `Date` header in the form of HTTP.
fn time(text: &str) -> Result<Timestamp, SignatureError> {
    let basic = || {
        let civil = DateTime::strptime(BASIC, text).ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    let of_http = || jiff::fmt::rfc2822::parse(text).ok().map(|z| z.timestamp());
    basic().or_else(of_http).ok_or_else(|| {
        SignatureError::incomplete(format!(
            "Date must be in ISO-8601 'basic format'. Got '{text}'. See http://en.wikipedia.org/wiki/ISO_8601"
        ))
    })
}
