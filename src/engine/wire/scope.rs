//! Whom a request claims to come from: the credential scope of Signature V4's `Authorization` header.
//!
//! Only read here, not verified. Page "Create a signed AWS API request" of the IAM user guide.

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::error::ServiceError;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const TERMINATOR: &str = "aws4_request";

/// What a signed request says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The access key id.
    pub access_key: String,
    /// The day of the signing key, `YYYYMMDD`.
    pub date: String,
    /// The region.
    pub region: String,
    /// The signing name: `apigateway`, `monitoring`, `sts`.
    pub service: String,
}

impl Scope {
    /// Read the scope from the headers, or answer as AWS does when there is none: 403.
    ///
    /// The texts of the refusals are AWS's, from experience and not recorded.
    pub fn read(headers: &HeaderMap) -> Result<Self, ServiceError> {
        let Some(value) = headers.get(AUTHORIZATION) else {
            return Err(ServiceError::missing_token());
        };
        let Ok(value) = value.to_str() else {
            return Err(ServiceError::incomplete_signature(
                "Authorization header has characters outside of ASCII",
            ));
        };
        let value = value.trim();
        if value.is_empty() {
            return Err(ServiceError::missing_token());
        }
        let (algorithm, rest) = value.split_once(' ').unwrap_or((value, ""));
        if algorithm != ALGORITHM {
            return Err(ServiceError::incomplete_signature(format!(
                "Unsupported algorithm in Authorization header: '{algorithm}', must be {ALGORITHM}"
            )));
        }
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for part in rest
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let Some((key, value)) = part.split_once('=') else {
                return Err(ServiceError::incomplete_signature(format!(
                    "'{part}' not a valid key=value pair (missing equal-sign) in Authorization header: '{value}'."
                )));
            };
            match key {
                "Credential" => credential = Some(value),
                "SignedHeaders" => signed_headers = Some(value),
                "Signature" => signature = Some(value),
                _ => {}
            }
        }
        let mut lacking = String::new();
        for (name, given) in [
            ("Credential", credential),
            ("Signature", signature),
            ("SignedHeaders", signed_headers),
        ] {
            if given.is_none_or(str::is_empty) {
                lacking.push_str("Authorization header requires '");
                lacking.push_str(name);
                lacking.push_str("' parameter. ");
            }
        }
        match credential {
            Some(credential) if lacking.is_empty() => Self::from_credential(credential),
            _ => Err(ServiceError::incomplete_signature(format!(
                "{lacking}Authorization={algorithm}"
            ))),
        }
    }

    fn from_credential(credential: &str) -> Result<Self, ServiceError> {
        let parts: Vec<&str> = credential.split('/').collect();
        let &[access_key, date, region, service, terminator] = parts.as_slice() else {
            return Err(ServiceError::incomplete_signature(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'"
            )));
        };
        if [access_key, date, region, service].contains(&"") {
            return Err(ServiceError::incomplete_signature(format!(
                "Credential has an empty element: '{credential}'"
            )));
        }
        if date.len() != 8 || !date.bytes().all(|b| b.is_ascii_digit()) {
            return Err(ServiceError::invalid_signature(format!(
                "Date in Credential scope must be YYYYMMDD, not '{date}'"
            )));
        }
        if terminator != TERMINATOR {
            return Err(ServiceError::invalid_signature(format!(
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<Scope, ServiceError> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, value.parse().unwrap());
        Scope::read(&headers)
    }

    #[test]
    fn a_signed_request_names_key_region_and_service() {
        // As botocore 1.44.5 sent it, the key aside.
        let scope = read(
            "AWS4-HMAC-SHA256 Credential=AKID/20261120/eu-west-1/monitoring/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date, Signature=31b822ae86ac6b6a",
        )
        .unwrap();
        assert_eq!(scope.access_key, "AKID");
        assert_eq!(scope.date, "20261120");
        assert_eq!(scope.region, "eu-west-1");
        assert_eq!(scope.service, "monitoring");
        // Some clients leave out the blanks after the commas.
        assert!(
            read("AWS4-HMAC-SHA256 Credential=A/20261120/r/sts/aws4_request,SignedHeaders=host,Signature=0")
                .is_ok()
        );
    }

    #[test]
    fn an_odd_header_is_refused_with_403_and_a_reason() {
        let table = [
            (
                "",
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            ),
            ("Bearer abc", "IncompleteSignatureException", "'Bearer'"),
            (
                "AWS4-HMAC-SHA256",
                "IncompleteSignatureException",
                "requires 'Credential'",
            ),
            (
                "AWS4-HMAC-SHA256 nonsense",
                "IncompleteSignatureException",
                "missing equal-sign",
            ),
            (
                "AWS4-HMAC-SHA256 Credential=A/20261120/r/sts/aws4_request",
                "IncompleteSignatureException",
                "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter.",
            ),
            (
                "AWS4-HMAC-SHA256 Credential=A/20261120/r/sts, SignedHeaders=host, Signature=0",
                "IncompleteSignatureException",
                "exactly 5",
            ),
            (
                "AWS4-HMAC-SHA256 Credential=A/20261120//sts/aws4_request, SignedHeaders=host, Signature=0",
                "IncompleteSignatureException",
                "empty element",
            ),
            (
                "AWS4-HMAC-SHA256 Credential=A/today/r/sts/aws4_request, SignedHeaders=host, Signature=0",
                "InvalidSignatureException",
                "YYYYMMDD",
            ),
            (
                "AWS4-HMAC-SHA256 Credential=A/20261120/r/sts/aws5, SignedHeaders=host, Signature=0",
                "InvalidSignatureException",
                "valid terminator",
            ),
        ];
        for (value, code, text) in table {
            let error = read(value).unwrap_err();
            assert_eq!((error.code.as_ref(), error.status), (code, 403), "{value}");
            assert!(error.message.contains(text), "{value}: {}", error.message);
        }
        assert_eq!(
            Scope::read(&HeaderMap::new()).unwrap_err(),
            ServiceError::missing_token()
        );
    }
}
