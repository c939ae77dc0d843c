//! The sysvar of the clock: what time it is on the chain.
//!
//! The account holds five numbers of eight bytes, little endian: the slot, the moment its epoch
//! began, the epoch, the last epoch whose leaders are known, and the time in seconds since 1970.

/// The chain's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// The slot it was set in.
    pub slot: u64,
    /// The time, in seconds since 1970: a median of what validators say, so it may lag.
    pub unix_s: u64,
}

/// The bytes are not the sysvar of a clock after 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a clock")]
pub struct NotAClock;

impl Clock {
    /// How long the account is.
    pub const LENGTH: usize = 40;

    /// Reads the data of the account.
    ///
    /// # Errors
    ///
    /// [`NotAClock`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NotAClock> {
        let bytes: &[u8; Self::LENGTH] = bytes.try_into().map_err(|_| NotAClock)?;
        let (words, _) = bytes.as_chunks();
        let unix_s = i64::from_le_bytes(words[4]);
        Ok(Self {
            slot: u64::from_le_bytes(words[0]),
            unix_s: unix_s.try_into().map_err(|_| NotAClock)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(unix_s: i64) -> Vec<u8> {
        let numbers = [350_000_500, 1_900_000_000, 810, 811, unix_s];
        numbers.iter().flat_map(|n: &i64| n.to_le_bytes()).collect()
    }

    #[test]
    fn reads_slot_and_time() {
        let clock = Clock {
            slot: 350_000_500,
            unix_s: 1_900_000_123,
        };
        assert_eq!(Clock::parse(&account(1_900_000_123)), Ok(clock));
    }

    #[test]
    fn refuses_other_lengths_and_times_before_1970() {
        let good = account(0);
        assert!(Clock::parse(&good).is_ok());
        for other in [&good[..39], &[&good[..], &[0]].concat(), &account(-1), &[]] {
            assert_eq!(Clock::parse(other), Err(NotAClock));
        }
    }
}
