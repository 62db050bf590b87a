//! Parts of the time of a point, in UTC.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The part that a function of that name gives, of a time in epoch seconds; nothing for another name.
pub(super) fn part(function: &str, at: i64) -> Option<f64> {
    let time = Timestamp::from_second(at).ok()?.to_zoned(TimeZone::UTC);
    Some(match function {
        "MINUTE" => f64::from(time.minute()),
        "HOUR" => f64::from(time.hour()),
        // 1 is Monday.
        "DAY" => f64::from(time.weekday().to_monday_one_offset()),
        "DATE" => f64::from(time.day()),
        "MONTH" => f64::from(time.month()),
        "YEAR" => f64::from(time.year()),
        "EPOCH" => super::functions::float(at),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_those_of_utc() {
        // 2026-11-22 is a Sunday.
        let at = "2026-11-22T23:59:07Z"
            .parse::<Timestamp>()
            .unwrap()
            .as_second();
        for (function, expected) in [
            ("MINUTE", 59.0),
            ("HOUR", 23.0),
            ("DAY", 7.0),
            ("DATE", 22.0),
            ("MONTH", 11.0),
            ("YEAR", 2026.0),
        ] {
            assert_eq!(part(function, at), Some(expected), "{function}");
        }
        assert_eq!(part("EPOCH", 60), Some(60.0));
        assert_eq!(part("SUM", at), None);
    }
}
