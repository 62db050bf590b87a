//! Why a signature isn't taken, in AWS's names and words.

/// Why a request isn't taken for its caller's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SignatureError {
    /// What kind of refusal.
    pub kind: SignatureErrorKind,
    /// What the client reads.
    pub message: String,
}

/// The exceptions that refuse a signature. All are answered with 403.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureErrorKind {
    /// Something is missing or can't be read.
    Incomplete,
    /// Signature, scope or date are wrong.
    Invalid,
    /// Nobody has that access key or session token.
    UnrecognizedClient,
    /// The session is over.
    ExpiredToken,
    /// A presigned request came too late.
    RequestExpired,
    /// The request isn't signed at all.
    MissingToken,
}

impl SignatureErrorKind {
    /// The exception's name, as `x-amzn-ErrorType` has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Incomplete => "IncompleteSignatureException",
            Self::Invalid => "InvalidSignatureException",
            Self::UnrecognizedClient => "UnrecognizedClientException",
            Self::ExpiredToken => "ExpiredTokenException",
            Self::RequestExpired => "RequestExpired",
            Self::MissingToken => "MissingAuthenticationTokenException",
        }
    }
}

impl SignatureError {
    pub(super) fn incomplete(message: impl Into<String>) -> Self {
        Self {
            kind: SignatureErrorKind::Incomplete,
            message: message.into(),
        }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self {
            kind: SignatureErrorKind::Invalid,
            message: message.into(),
        }
    }

    /// Nobody has that access key, or not with that session token.
    #[must_use]
    pub fn unrecognized() -> Self {
        Self {
            kind: SignatureErrorKind::UnrecognizedClient,
            message: "The security token included in the request is invalid.".to_owned(),
        }
    }

    /// The session is over.
    #[must_use]
    pub fn expired_token() -> Self {
        Self {
            kind: SignatureErrorKind::ExpiredToken,
            message: "The security token included in the request is expired".to_owned(),
        }
    }

    /// The request isn't signed.
    #[must_use]
    pub fn missing_token() -> Self {
        Self {
            kind: SignatureErrorKind::MissingToken,
            message: "Missing Authentication Token".to_owned(),
        }
    }

    pub(super) fn request_expired() -> Self {
        Self {
            kind: SignatureErrorKind::RequestExpired,
            message: "Request has expired.".to_owned(),
        }
    }
}
