//! Errors as AWS services answer them: an exception's name, its status, its message.

use std::borrow::Cow;

use super::table::Service;

/// An error that a client gets to see. Each protocol writes it in its own form.
///
/// Statuses and texts: `spec/rest/control-plane.md` §2 and the page "Common error types" of the AWS references.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ServiceError {
    /// The exception's name in the service model, or a common one: `NotFoundException`.
    pub code: Cow<'static, str>,
    /// The HTTP status.
    pub status: u16,
    /// What the client reads.
    pub message: String,
    /// Seconds to wait, for the `Retry-After` header.
    pub retry_after: Option<u32>,
}

impl ServiceError {
    /// An error by name and status.
    pub fn new(
        code: impl Into<Cow<'static, str>>,
        status: u16,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code: code.into(),
            status,
            message: message.into(),
            retry_after: None,
        }
    }

    /// An exception of that service, with the status that its model gives.
    ///
    /// A name that the model doesn't have becomes a 400.
    pub fn of(service: &Service, name: &'static str, message: impl Into<String>) -> Self {
        let status = service.error(name).map_or(400, |error| error.status);
        Self::new(name, status, message)
    }

    /// The same error with a `Retry-After` header.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// 400: a business rule is broken.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new("BadRequestException", 400, message)
    }

    /// 401: the caller lacks a permission.
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new("UnauthorizedException", 401, message)
    }

    /// 403: the caller may not do that.
    pub fn access_denied(message: impl Into<String>) -> Self {
        Self::new("AccessDeniedException", 403, message)
    }

    /// 404: what the call names doesn't exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new("NotFoundException", 404, message)
    }

    /// 409: a duplicate, or something in use.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new("ConflictException", 409, message)
    }

    /// 429: a quota is reached.
    pub fn limit_exceeded(message: impl Into<String>, retry_after: u32) -> Self {
        Self::new("LimitExceededException", 429, message).retry_after(retry_after)
    }

    /// 429: too many calls, with AWS's text.
    #[must_use]
    pub fn too_many_requests(retry_after: u32) -> Self {
        Self::new("TooManyRequestsException", 429, "Too Many Requests").retry_after(retry_after)
    }

    /// 503: try again.
    pub fn unavailable(message: impl Into<String>, retry_after: u32) -> Self {
        Self::new("ServiceUnavailableException", 503, message).retry_after(retry_after)
    }

    /// 400: constraints of the model are broken; `entries` as `spec/rest/control-plane.md` §2 words them.
    #[must_use]
    pub fn validation(entries: &[String]) -> Self {
        let (count, plural) = (entries.len(), if entries.len() == 1 { "" } else { "s" });
        let list = entries.join("; ");
        Self::new(
            "ValidationException",
            400,
            format!("{count} validation error{plural} detected: {list}"),
        )
    }

    /// 400: the body can't be read as the operation's input.
    pub fn serialization(message: impl Into<String>) -> Self {
        Self::new("SerializationException", 400, message)
    }

    /// 404: no operation has this method and path, or this name.
    pub fn unknown_operation(message: impl Into<String>) -> Self {
        Self::new("UnknownOperationException", 404, message)
    }

    /// 413: the body is over a limit, given in bytes.
    #[must_use]
    pub fn too_large(limit: usize) -> Self {
        Self::new(
            "RequestEntityTooLargeException",
            413,
            format!("Request size exceeded {limit} bytes"),
        )
    }

    /// 403: the request isn't signed. The text is AWS's.
    #[must_use]
    pub fn missing_token() -> Self {
        Self::new(
            "MissingAuthenticationTokenException",
            403,
            "Missing Authentication Token",
        )
    }

    /// 403: the `Authorization` header can't be read.
    pub fn incomplete_signature(message: impl Into<String>) -> Self {
        Self::new("IncompleteSignatureException", 403, message)
    }

    /// 403: the signature, its scope or its date is wrong.
    pub fn invalid_signature(message: impl Into<String>) -> Self {
        Self::new("InvalidSignatureException", 403, message)
    }

    /// 403: nobody has this access key. The text is AWS's.
    #[must_use]
    pub fn unrecognized_client() -> Self {
        Self::new(
            "UnrecognizedClientException",
            403,
            "The security token included in the request is invalid.",
        )
    }

    /// 501: the operation exists on AWS and has no behaviour here.
    #[must_use]
    pub fn not_implemented(operation: &str) -> Self {
        Self::new(
            "NotImplementedException",
            501,
            format!("Sluice can't answer {operation} yet"),
        )
    }

    /// 500: something broke here; the log has the cause.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new("InternalFailure", 500, message)
    }

    /// Whether the client is at fault.
    #[must_use]
    pub fn is_sender_fault(&self) -> bool {
        self.status < 500
    }

    /// The code that the Query protocol gives this error.
    #[must_use]
    pub fn query_code(&self, service: Option<&Service>) -> &str {
        if let Some(error) = service.and_then(|service| service.error(&self.code)) {
            return error.query_code;
        }
        // The common errors have older names in the Query protocol: page "Common Errors" of the CloudWatch and STS references.
        match self.code.as_ref() {
            "AccessDeniedException" => "AccessDenied",
            "IncompleteSignatureException" => "IncompleteSignature",
            "InvalidSignatureException" => "SignatureDoesNotMatch",
            "MissingAuthenticationTokenException" => "MissingAuthenticationToken",
            "SerializationException" => "MalformedInput",
            "UnknownOperationException" => "InvalidAction",
            "UnrecognizedClientException" => "InvalidClientTokenId",
            "ValidationException" => "ValidationError",
            code => code,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::wire::operations::CLOUDWATCH;

    #[test]
    fn one_breach_is_an_error_and_two_are_errors() {
        let one = ServiceError::validation(&["a".to_owned()]);
        assert_eq!(one.message, "1 validation error detected: a");
        let two = ServiceError::validation(&["a".to_owned(), "b".to_owned()]);
        assert_eq!(two.message, "2 validation errors detected: a; b");
    }

    #[test]
    fn a_query_code_comes_from_the_model_or_the_common_list() {
        for (name, code) in [
            ("InvalidParameterValueException", "InvalidParameterValue"),
            ("MissingRequiredParameterException", "MissingParameter"),
            ("ResourceNotFound", "ResourceNotFound"),
            ("InternalServiceFault", "InternalServiceError"),
            ("ValidationException", "ValidationError"),
            ("InvalidSignatureException", "SignatureDoesNotMatch"),
        ] {
            let error = ServiceError::of(CLOUDWATCH, name, "");
            assert_eq!(error.query_code(Some(CLOUDWATCH)), code);
        }
        assert_eq!(
            ServiceError::of(CLOUDWATCH, "ResourceNotFound", "").status,
            404
        );
    }
}
