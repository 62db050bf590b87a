//! What went wrong between the console and AWS: what we tried, on what, what came back, what can be done now.

use std::fmt;
use std::time::Duration;

/// A call that failed, in words for a person and in parts for the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The operation tried, in AWS's name: `GetResources`.
    pub operation: &'static str,
    /// What it was about: `resources of API 7k2m9x4q1z`.
    pub subject: String,
    /// What came back.
    pub cause: Cause,
    /// What the user can do now, as a sentence; empty when nothing helps but trying again.
    pub advice: String,
}

/// What came back instead of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The service refused.
    Refused(Box<Refusal>),
    /// No credentials were found. Nothing was sent.
    NoCredentials(String),
    /// The credentials that were found have expired.
    ExpiredCredentials(String),
    /// No connection: the text says why.
    Unreachable(String),
    /// A read had no answer within this time.
    TimedOut(Duration),
    /// A write was sent and its answer never came: it may have happened. What it touches is read again.
    Unknown(String),
    /// The answer isn't what this operation answers.
    Malformed(String),
    /// The request can't be made from what was given. Nothing was sent.
    Invalid(String),
    /// The endpoint has no way to tell this (an extension of the bundled gateway that it lacks).
    CantTell(String),
    /// The user, or the end of the console, stopped it before it was sent.
    Cancelled,
}

/// An error answer of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// AWS's name of the error: `NotFoundException`.
    pub code: String,
    /// The HTTP status, 0 if there was none.
    pub status: u16,
    /// The service's words.
    pub message: String,
    /// For AWS's support, and for the gateway's log.
    pub request_id: Option<String>,
    /// How long the service asked us to wait.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// Whether the service said that calls come too fast. A quota of things (`LimitExceededException`) is not that,
    /// although it has the same status: waiting doesn't free a place.
    #[must_use]
    pub fn is_throttle(&self) -> bool {
        matches!(
            self.code.as_str(),
            "TooManyRequestsException"
                | "ThrottlingException"
                | "Throttling"
                | "RequestLimitExceeded"
        ) || (self.status == 429 && self.code != "LimitExceededException")
    }

    /// Whether the service failed, as opposed to refusing this request.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.status >= 500
    }

    /// Whether the credentials have expired, by the codes that AWS's services use for it.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        matches!(
            self.code.as_str(),
            "ExpiredTokenException" | "ExpiredToken" | "RequestExpired" | "TokenRefreshRequired"
        )
    }
}

impl Error {
    /// The service's code, or a word of our own: for tests, logs and lists.
    #[must_use]
    pub fn code(&self) -> &str {
        match &self.cause {
            Cause::Refused(refusal) => &refusal.code,
            Cause::NoCredentials(_) => "NoCredentials",
            Cause::ExpiredCredentials(_) => "ExpiredCredentials",
            Cause::Unreachable(_) => "Unreachable",
            Cause::TimedOut(_) => "TimedOut",
            Cause::Unknown(_) => "Unknown",
            Cause::Malformed(_) => "Malformed",
            Cause::Invalid(_) => "Invalid",
            Cause::CantTell(_) => "CantTell",
            Cause::Cancelled => "Cancelled",
        }
    }

    /// Whether it is not known if the write happened.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self.cause, Cause::Unknown(_))
    }

    /// Whether it may pass by itself, so that asking again later makes sense without anybody doing something about it.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match &self.cause {
            Cause::Refused(refusal) => refusal.is_throttle() || refusal.is_failure(),
            Cause::Unreachable(_) | Cause::TimedOut(_) => true,
            _ => false,
        }
    }

    /// Whether the thing asked for doesn't exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(&self.cause, Cause::Refused(r) if r.status == 404 || r.code == "NotFoundException")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}: {}", self.operation, self.subject, self.cause)?;
        if !self.advice.is_empty() {
            write!(f, " {}", self.advice)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::NoCredentials(why) => write!(f, "no credentials: {why}."),
            Self::ExpiredCredentials(why) => write!(f, "the credentials have expired: {why}."),
            Self::Unreachable(why) => write!(f, "no connection: {why}."),
            Self::TimedOut(after) => write!(f, "no answer after {} s.", after.as_secs()),
            Self::Unknown(why) => write!(f, "it may or may not have happened: {why}."),
            Self::Malformed(why) => write!(f, "the answer can't be understood: {why}."),
            Self::Invalid(why) => write!(f, "the request can't be made: {why}."),
            Self::CantTell(why) => write!(f, "can't tell: {why}."),
            Self::Cancelled => f.write_str("cancelled."),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.status, self.code.as_str()) {
            (0, code) => f.write_str(code)?,
            (status, "") => write!(f, "{status}")?,
            (status, code) => write!(f, "{status} {code}")?,
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        if !self.message.ends_with('.') {
            f.write_str(".")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " Request id {id}.")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: &str, status: u16) -> Refusal {
        Refusal {
            code: code.to_owned(),
            status,
            ..Refusal::default()
        }
    }

    #[test]
    fn an_error_says_what_on_what_and_what_came_back() {
        let error = Error {
            operation: "DeleteDeployment",
            subject: "deployment d9f3 of API 7k2m9x4q1z".to_owned(),
            cause: Cause::Refused(Box::new(Refusal {
                code: "BadRequestException".to_owned(),
                status: 400,
                message: "Active stages pointing to this deployment must be moved or deleted"
                    .to_owned(),
                request_id: Some("c6af9ac6".to_owned()),
                retry_after: None,
            })),
            advice: "Roll the stage to another deployment first.".to_owned(),
        };
        assert_eq!(
            error.to_string(),
            "DeleteDeployment, deployment d9f3 of API 7k2m9x4q1z: 400 BadRequestException: Active stages pointing to this \
             deployment must be moved or deleted. Request id c6af9ac6. Roll the stage to another deployment first."
        );
    }

    #[test]
    fn too_fast_is_told_from_too_many() {
        for (code, status, throttle) in [
            ("TooManyRequestsException", 429, true),
            ("ThrottlingException", 400, true),
            ("", 429, true),
            ("LimitExceededException", 429, false),
            ("BadRequestException", 400, false),
            ("ServiceUnavailableException", 503, false),
        ] {
            assert_eq!(
                refusal(code, status).is_throttle(),
                throttle,
                "{code} {status}"
            );
        }
    }
}
