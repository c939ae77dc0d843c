//! Instants as people and other programs spell them: RFC 3339.

use std::num::NonZero;

use time::OffsetDateTime;
use time::format_description::well_known::iso8601::{Config, EncodedConfig, TimePrecision};
use time::format_description::well_known::{Iso8601, Rfc3339};
use wire::Timestamp;

const TO_THE_MILLISECOND: EncodedConfig = Config::DEFAULT
    .set_time_precision(TimePrecision::Second {
        decimal_digits: NonZero::new(3),
    })
    .encode();

/// The end of the year 9999, in milliseconds since 1970: nothing later can be spelled.
const LAST: u64 = 253_402_300_799_999;

const NANOS_PER_MILLI: u64 = 1_000_000;

/// The instant in UTC, to the millisecond: `2027-01-15T08:00:00.000Z`.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    let nanos = i128::from(at.as_millis().min(LAST)) * i128::from(NANOS_PER_MILLI);
    OffsetDateTime::from_unix_timestamp_nanos(nanos)
        .expect("it is in the years 1970 to 9999")
        .format(&Iso8601::<TO_THE_MILLISECOND>)
        .expect("such a year has four digits")
}

/// Reads a date and time with an offset (RFC 3339 §5.6); digits beyond the millisecond are cut
/// off. `None` for anything else, and for what lies before 1970.
pub(crate) fn parse_rfc3339(text: &str) -> Option<Timestamp> {
    // The library takes any character here.
    if !matches!(text.as_bytes().get(10), Some(b'T' | b't')) {
        return None;
    }
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    let millis = u128::try_from(at.unix_timestamp_nanos()).ok()? / u128::from(NANOS_PER_MILLI);
    Some(Timestamp::from_millis(u64::try_from(millis).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_spelled_in_utc() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_800_000_000_007, "2027-01-15T08:00:00.007Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(rfc3339(Timestamp::from_millis(ms)), text);
            assert_eq!(parse_rfc3339(text).map(Timestamp::as_millis), Some(ms));
        }
    }

    #[test]
    fn every_day_of_some_centuries_reads_back() {
        for day in 0..200 * 366 {
            let at = Timestamp::from_millis(day * 86_400_000 + 1);
            assert_eq!(parse_rfc3339(&rfc3339(at)), Some(at));
        }
    }

    #[test]
    fn what_lies_beyond_the_year_9999_is_its_end() {
        let last = "9999-12-31T23:59:59.999Z";
        assert_eq!(rfc3339(Timestamp::from_millis(LAST)), last);
        assert_eq!(rfc3339(Timestamp::from_millis(u64::MAX)), last);
    }

    #[test]
    fn offsets_and_fractions_are_understood() {
        for (text, ms) in [
            ("1970-01-01T01:00:00+01:00", 0),
            ("1970-01-01T00:00:00-00:30", 1_800_000),
            ("1970-01-01t00:00:00.1z", 100),
            ("1970-01-01T00:00:00.123456789Z", 123),
            // Nobody's clock here knows leap seconds.
            ("2016-12-31T23:59:60Z", 1_483_228_799_999),
        ] {
            assert_eq!(
                parse_rfc3339(text).map(Timestamp::as_millis),
                Some(ms),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in [
            "",
            "1970-01-01",
            "1970-01-01T00:00:00",
            "1970-01-01 00:00:00Z",
            "1970-02-29T00:00:00Z",
            "1970-13-01T00:00:00Z",
            "1970-00-01T00:00:00Z",
            "1970-01-00T00:00:00Z",
            "1970-01-01T24:00:00Z",
            "1970-01-01T00:60:00Z",
            "1970-01-01T00:00:00.Z",
            "1970-01-01T00:00:00.1",
            "1970-01-01T00:00:00+0100",
            "1970-01-01T00:00:00+24:00",
            "1970-01-01T00:00:00é",
            "+970-01-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "0000-01-01T00:00:00Z",
        ] {
            assert_eq!(parse_rfc3339(text), None, "{text}");
        }
    }
}
