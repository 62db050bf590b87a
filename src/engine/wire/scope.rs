//! Whom a request claims to come from: the credential scope of Signature V4's `Authorization` header.
//!
//! Only read here; [`sigv4`](crate::iam::sigv4) verifies. Page "Create a signed AWS API request" of the IAM user guide.

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::error::ServiceError;
use crate::iam::sigv4::{Credential, SignatureError};

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
        let credential = Credential::of_header(value)?;
        Ok(Self {
            access_key: credential.access_key,
            date: credential.date,
            region: credential.region,
            service: credential.service,
        })
    }
}

/// A refused signature is the same exception in every service.
impl From<SignatureError> for ServiceError {
    fn from(error: SignatureError) -> Self {
        Self::new(error.kind.name(), 403, error.message)
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
            (
                "Bearer abc",
                "IncompleteSignatureException",
                "'abc' not a valid",
            ),
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
