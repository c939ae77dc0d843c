//! Is the body meant for here and now?

use rules::strictness::Strictness;
use wire::Timestamp;

use crate::error::Error;

/// A body may be this old.
pub const MAX_AGE_MS: u64 = 60 * 60 * 1000;

/// A body may be this far ahead.
pub const MAX_AHEAD_MS: u64 = 5 * 60 * 1000;

/// Refuses a time outside the window: less than one hour old, at most five minutes ahead.
pub(crate) fn time(stamped: Timestamp, now: Timestamp) -> Result<(), Error> {
    let (stamped, now) = (stamped.as_millis(), now.as_millis());
    if now.saturating_sub(stamped) >= MAX_AGE_MS {
        return Err(Error::Stale(format!(
            "timestampMs {stamped} is an hour old or older; stamp the request again (milliseconds \
             since 1970, not seconds)"
        )));
    }
    if stamped.saturating_sub(now) > MAX_AHEAD_MS {
        return Err(Error::Stale(format!(
            "timestampMs {stamped} is more than five minutes ahead of the server; check the clock"
        )));
    }
    Ok(())
}

/// Refuses what was stamped before the server's memory can be trusted.
pub(crate) fn not_before(stamped: Timestamp, not_before: Timestamp) -> Result<(), Error> {
    if stamped < not_before {
        return Err(Error::Stale(
            "timestampMs is from before this server was restored from a backup; stamp the request \
             again"
                .to_owned(),
        ));
    }
    Ok(())
}

/// A query carries a time only where the organisation asks for fresh reads.
pub(crate) fn read(
    stamped: Option<Timestamp>,
    strictness: Strictness,
    now: Timestamp,
) -> Result<(), Error> {
    match stamped {
        Some(stamped) if strictness.fresh_reads => time(stamped, now),
        None if strictness.fresh_reads => Err(Error::Stale(
            "this organisation requires fresh reads: add timestampMs to the body".to_owned(),
        )),
        _ => Ok(()),
    }
}

/// A body that names a server must name this one; one that names none passes only where the
/// organisation does not ask.
pub(crate) fn audience(
    named: Option<&str>,
    strictness: Strictness,
    own: &str,
) -> Result<(), Error> {
    match named {
        Some(named) if named == own => Ok(()),
        Some(named) => Err(Error::Stale(format!(
            "audience {named:?} is another server than this one, {own:?}"
        ))),
        None if strictness.audience => Err(Error::Stale(format!(
            "this organisation requires an audience: add \"audience\": {own:?} to the body"
        ))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(u64::try_from(1_800_000_000_000 + ms).unwrap())
    }

    #[test]
    fn t13_the_window_is_exact_to_the_millisecond() {
        let hour = MAX_AGE_MS as i64;
        let ahead = MAX_AHEAD_MS as i64;
        for (stamped, fine) in [
            (-hour - 1, false),
            (-hour, false),
            (-hour + 1, true),
            (0, true),
            (ahead - 1, true),
            (ahead, true),
            (ahead + 1, false),
        ] {
            assert_eq!(time(at(stamped), at(0)).is_ok(), fine, "{stamped}");
        }
        let seconds = Timestamp::from_millis(1_800_000_000);
        assert!(time(seconds, at(0)).is_err());
    }

    #[test]
    fn t9_reads_must_be_fresh_only_where_asked() {
        let strict = Strictness {
            fresh_reads: true,
            ..Strictness::default()
        };
        assert!(read(None, Strictness::default(), at(0)).is_ok());
        assert!(read(None, strict, at(0)).is_err());
        assert!(read(Some(at(-1)), strict, at(0)).is_ok());
        assert!(read(Some(at(-4_000_000)), strict, at(0)).is_err());
    }

    #[test]
    fn t14_a_named_audience_always_counts() {
        let strict = Strictness {
            audience: true,
            ..Strictness::default()
        };
        let lax = Strictness::default();
        assert!(audience(None, lax, "a").is_ok());
        assert!(audience(None, strict, "a").is_err());
        for strictness in [lax, strict] {
            assert!(audience(Some("a"), strictness, "a").is_ok());
            assert!(audience(Some("b"), strictness, "a").is_err());
        }
    }
}
