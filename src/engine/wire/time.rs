//! Points in time on the wire: in an [`Input`](super::Input) and an [`Output`](super::Output) they are epoch seconds.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

/// Epoch seconds as JSON has them: an integer when whole, as API Gateway prints them.
pub(crate) fn number(seconds: f64) -> Value {
    if seconds.fract() == 0.0 && seconds.abs() < 9e15 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 53 bits")]
        let whole = seconds as i64;
        Value::from(whole)
    } else {
        Value::from(seconds)
    }
}

/// ISO 8601 with `Z`, and with the fraction only if there is one; `None` outside of the years that it can name.
pub(crate) fn iso(seconds: f64) -> Option<String> {
    // Microseconds are what a double of this size still holds.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates, and then is out of range"
    )]
    let micros = (seconds * 1e6).round() as i64;
    Timestamp::from_microsecond(micros)
        .ok()
        .map(|timestamp| timestamp.to_string())
}

/// Epoch seconds of an ISO 8601 text; without a zone it is UTC.
pub(crate) fn parse(text: &str) -> Option<f64> {
    let timestamp = text.parse::<Timestamp>().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        civil
            .to_zoned(TimeZone::UTC)
            .ok()
            .map(|zoned| zoned.timestamp())
    })?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "microseconds of any year until 2255 fit 53 bits"
    )]
    let micros = timestamp.as_microsecond() as f64;
    Some(micros / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_seconds_are_integers() {
        assert_eq!(number(1_511_379_433.0).to_string(), "1511379433");
        assert_eq!(number(1.5).to_string(), "1.5");
    }

    #[test]
    fn iso_texts_go_both_ways() {
        for (text, seconds) in [
            ("2026-01-01T00:00:00Z", 1_767_225_600.0),
            ("2026-01-01T00:00:00.25Z", 1_767_225_600.25),
            ("1969-12-31T23:59:59Z", -1.0),
        ] {
            assert_eq!(parse(text), Some(seconds), "{text}");
            assert_eq!(iso(seconds).as_deref(), Some(text));
        }
        assert_eq!(parse("2026-01-01T02:00:00+02:00"), Some(1_767_225_600.0));
        assert_eq!(parse("2026-01-01T00:00:00"), Some(1_767_225_600.0));
        assert_eq!(parse("2026-01-01"), Some(1_767_225_600.0));
        assert_eq!(parse("yesterday"), None);
        assert_eq!(iso(1e300), None);
    }
}
