//! Instants as people and other programs spell them: RFC 3339.

use wire::Timestamp;

const DAY: u64 = 86_400;

/// The instant in UTC, to the millisecond: `2027-01-15T08:00:00.000Z`.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    let (seconds, millis) = (at.as_seconds(), at.as_millis() % 1000);
    let (year, month, day) = civil(seconds / DAY);
    let clock = seconds % DAY;
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// Reads a date and time with an offset (RFC 3339 §5.6); digits beyond the millisecond are cut
/// off. `None` for anything else, and for what lies before 1970.
pub(crate) fn parse_rfc3339(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let is_dated = text.is_ascii()
        && bytes.len() >= 20
        && [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')]
            .iter()
            .all(|&(at, mark)| bytes[at] == mark)
        && matches!(bytes[10], b'T' | b't');
    if !is_dated {
        return None;
    }
    let (year, month, day) = (
        digits(&text[..4])?,
        digits(&text[5..7])?,
        digits(&text[8..10])?,
    );
    let (hour, minute, second) = (
        digits(&text[11..13])?,
        digits(&text[14..16])?,
        digits(&text[17..19])?,
    );
    let is_clock = hour < 24 && minute < 60 && second <= 60;
    let is_date = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
    if !is_clock || !is_date {
        return None;
    }
    let (millis, offset) = fraction(&text[19..])?;
    let days = days_from_civil(year, month, day)?;
    // A leap second is the one after it: nobody's clock here knows them.
    let local = i64::try_from(days * DAY + hour * 3600 + minute * 60 + second).ok()?;
    let seconds = u64::try_from(local - offset_seconds(offset)?).ok()?;
    Some(Timestamp::from_millis(seconds * 1000 + millis))
}

/// Milliseconds of `.123456` and what follows it.
fn fraction(rest: &str) -> Option<(u64, &str)> {
    let Some(behind) = rest.strip_prefix('.') else {
        return Some((0, rest));
    };
    let end = behind.find(|c: char| !c.is_ascii_digit())?;
    if !(1..=9).contains(&end) {
        return None;
    }
    let (digits, offset) = behind.split_at(end);
    let millis = format!("{digits:0<3}")[..3].parse().ok()?;
    Some((millis, offset))
}

/// What `Z`, `+01:00` or `-01:00` is ahead of UTC.
fn offset_seconds(offset: &str) -> Option<i64> {
    if matches!(offset, "Z" | "z") {
        return Some(0);
    }
    let (sign, rest) = match offset.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes) = match (hours.len(), minutes.len()) {
        (2, 2) => (digits(hours)?, digits(minutes)?),
        _ => return None,
    };
    let seconds = i64::try_from(hours * 3600 + minutes * 60).ok()?;
    (hours < 24 && minutes < 60).then_some(sign * seconds)
}

fn digits(text: &str) -> Option<u64> {
    // Parsing alone would take a plus sign.
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in(year: u64, month: u64) -> u64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days before 1 March of a year that begins on that day: leap days come last.
fn days_before(year: u64) -> u64 {
    year * 365 + year / 4 - year / 100 + year / 400
}

/// Days since 1970-01-01; `None` before.
fn days_from_civil(year: u64, month: u64, day: u64) -> Option<u64> {
    let (year, month) = match month {
        1 | 2 => (year.checked_sub(1)?, month + 9),
        _ => (year, month - 3),
    };
    let days = days_before(year) + (153 * month + 2) / 5 + day - 1;
    days.checked_sub(EPOCH)
}

/// The date that many days after 1970-01-01.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + EPOCH;
    // Close enough to be off by one, which the search below mends.
    let mut year = days * 400 / 146_097;
    while days_before(year + 1) <= days {
        year += 1;
    }
    while days_before(year) > days {
        year -= 1;
    }
    let of_year = days - days_before(year);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    if month < 10 {
        (year, month + 3, day)
    } else {
        (year + 1, month - 9, day)
    }
}

/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: u64 = 719_468;

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
            let at = Timestamp::from_millis(day * DAY * 1000 + 1);
            assert_eq!(parse_rfc3339(&rfc3339(at)), Some(at));
        }
    }

    #[test]
    fn offsets_and_fractions_are_understood() {
        for (text, ms) in [
            ("1970-01-01T01:00:00+01:00", 0),
            ("1970-01-01T00:00:00-00:30", 1_800_000),
            ("1970-01-01t00:00:00.1z", 100),
            ("1970-01-01T00:00:00.123456789Z", 123),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000),
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
