//! From the SDK's errors to ours.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_apigateway::config::http::HttpResponse;
use aws_sdk_apigateway::error::{ProvideErrorMetadata, SdkError};

use super::error::{Cause, Refusal};

/// Why one attempt failed, before it is known whether there will be another.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failure {
    pub(crate) cause: Cause,
    /// Whether the request may have reached the service: a write then may have happened.
    pub(crate) sent: bool,
}

impl Failure {
    /// No answer within the time that an attempt may take.
    pub(crate) const fn timed_out(after: Duration) -> Self {
        Self {
            cause: Cause::TimedOut(after),
            sent: true,
        }
    }
}

impl<E> From<SdkError<E, HttpResponse>> for Failure
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        match error {
            SdkError::ServiceError(context) => {
                let raw = context.raw();
                let status = raw.status().as_u16();
                if status < 400 {
                    // An answer that the SDK can't read comes as an error of no known kind.
                    return Self {
                        cause: Cause::Malformed(chain(context.err())),
                        sent: true,
                    };
                }
                let meta = context.err().meta();
                let message = match (meta.code(), meta.message()) {
                    (None, None) => "the body isn't an error of AWS",
                    (_, message) => message.unwrap_or_default(),
                };
                Self::refused(Refusal {
                    code: meta.code().unwrap_or_default().to_owned(),
                    status,
                    message: message.to_owned(),
                    request_id: header(
                        raw,
                        &["x-amzn-requestid", "x-amzn-request-id", "x-amz-request-id"],
                    ),
                    retry_after: header(raw, &["retry-after"])
                        .and_then(|text| text.parse().ok())
                        .map(Duration::from_secs),
                })
            }
            SdkError::ResponseError(context) => {
                let raw = context.raw();
                let status = raw.status().as_u16();
                if status >= 400 {
                    return Self::refused(Refusal {
                        status,
                        message: "the body isn't an error of AWS".to_owned(),
                        request_id: header(raw, &["x-amzn-requestid"]),
                        ..Refusal::default()
                    });
                }
                Self {
                    cause: Cause::Malformed(chain(&SdkError::<E, HttpResponse>::ResponseError(
                        context,
                    ))),
                    sent: true,
                }
            }
            SdkError::ConstructionFailure(failure) => {
                not_sent(&SdkError::<E, HttpResponse>::ConstructionFailure(failure))
            }
            SdkError::TimeoutError(failure) => {
                let text = chain(&SdkError::<E, HttpResponse>::TimeoutError(failure));
                Self {
                    sent: !text.contains("connect"),
                    cause: Cause::Unreachable(text),
                }
            }
            SdkError::DispatchFailure(failure) => {
                not_sent(&SdkError::<E, HttpResponse>::DispatchFailure(failure))
            }
            other => Self {
                cause: Cause::Malformed(chain(&other)),
                sent: true,
            },
        }
    }
}

impl Failure {
    fn refused(refusal: Refusal) -> Self {
        Self {
            cause: if refusal.is_expired() {
                Cause::ExpiredCredentials(refusal.message)
            } else {
                Cause::Refused(Box::new(refusal))
            },
            sent: true,
        }
    }
}

/// An error before an answer: credentials, connection, or a broken one.
fn not_sent(error: &(dyn StdError + 'static)) -> Failure {
    let text = chain(error);
    for source in sources(error) {
        if let Some(credentials) = source.downcast_ref::<CredentialsError>() {
            let lower = text.to_ascii_lowercase();
            let cause = if lower.contains("expired") {
                Cause::ExpiredCredentials(text)
            } else if matches!(credentials, CredentialsError::ProviderTimedOut(_)) {
                Cause::Unreachable(text)
            } else {
                Cause::NoCredentials(text)
            };
            return Failure { cause, sent: false };
        }
    }
    let no_connection = sources(error).any(|source| {
        source.downcast_ref::<io::Error>().is_some_and(|e| {
            matches!(
                e.kind(),
                io::ErrorKind::ConnectionRefused
                    | io::ErrorKind::NetworkUnreachable
                    | io::ErrorKind::HostUnreachable
                    | io::ErrorKind::NotFound
                    | io::ErrorKind::AddrNotAvailable
            )
        }) || source.to_string().contains("(Connect)")
    });
    Failure {
        cause: Cause::Unreachable(text),
        sent: !no_connection,
    }
}

/// An error with its causes, without repetitions: the outermost only says "dispatch failure", the innermost what happened.
pub(crate) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    for source in sources(error) {
        let text = source.to_string();
        if !text.is_empty() && !parts.iter().any(|known| known.contains(&text)) {
            parts.push(text);
        }
    }
    // The SDK's own outermost words help nobody once there is something behind them.
    if parts.len() > 1 {
        parts.retain(|p| {
            p != "dispatch failure"
                && p != "failed to construct request"
                && p != "io error"
                && p != "other"
        });
    }
    parts.join(": ").trim_end_matches('.').to_owned()
}

fn sources<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |e| (*e).source())
}

fn header(raw: &HttpResponse, names: &[&str]) -> Option<String> {
    names
        .iter()
        .find_map(|name| raw.headers().get(*name))
        .map(str::to_owned)
}
