//! The sysvar of slot hashes: the last slots that had a block, the newest first.
//!
//! The account holds a count as u64 and then, per entry, a slot as u64 and 32 bytes of hash, all
//! little endian. It has room for [`SlotHashes::MAX_ENTRIES`]; what a young chain does not fill stays zero.

use std::fmt;

/// One slot that had a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SlotHash {
    /// Its number.
    pub slot: u64,
    /// The hash of its bank.
    pub hash: [u8; 32],
}

/// The sysvar, at least one entry long, its slots strictly descending. Slots without a block are
/// missing, so the position of a slot is *not* its distance from the newest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotHashes(Vec<SlotHash>);

/// Why bytes are not the sysvar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlotHashesError {
    /// Fewer bytes than the count announces.
    #[error("the slot hashes are cut off")]
    TooShort,
    /// No entry at all.
    #[error("there are no slot hashes")]
    Empty,
    /// More than [`SlotHashes::MAX_ENTRIES`].
    #[error("more than 512 slot hashes")]
    TooMany,
    /// Slots that do not descend.
    #[error("the slots do not descend")]
    Order,
    /// Something other than zeroes behind the last entry.
    #[error("something follows the slot hashes")]
    Trailing,
}

/// The last three decimal digits of a slot number: how a nonce is named in an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TruncatedSlot(u16);

impl SlotHashes {
    /// The most entries the sysvar keeps.
    pub const MAX_ENTRIES: usize = 512;

    /// Reads the data of the account.
    ///
    /// # Errors
    ///
    /// [`SlotHashesError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, SlotHashesError> {
        use SlotHashesError as E;

        let (count, mut rest) = bytes.split_first_chunk().ok_or(E::TooShort)?;
        let count = u64::from_le_bytes(*count);
        let count = usize::try_from(count).map_err(|_| E::TooMany)?;
        match count {
            0 => return Err(E::Empty),
            1..=Self::MAX_ENTRIES => {}
            _ => return Err(E::TooMany),
        }
        let mut entries = Vec::with_capacity(count);
        for _ in 0..count {
            let (slot, after) = rest.split_first_chunk().ok_or(E::TooShort)?;
            let (hash, after) = after.split_first_chunk().ok_or(E::TooShort)?;
            entries.push(SlotHash {
                slot: u64::from_le_bytes(*slot),
                hash: *hash,
            });
            rest = after;
        }
        if rest.iter().any(|byte| *byte != 0) {
            return Err(E::Trailing);
        }
        Self::new(entries)
    }

    /// The sysvar with these entries, the newest first.
    ///
    /// # Errors
    ///
    /// [`SlotHashesError::Empty`], [`SlotHashesError::TooMany`], [`SlotHashesError::Order`].
    pub fn new(entries: Vec<SlotHash>) -> Result<Self, SlotHashesError> {
        if entries.is_empty() {
            Err(SlotHashesError::Empty)
        } else if entries.len() > Self::MAX_ENTRIES {
            Err(SlotHashesError::TooMany)
        } else if !entries.is_sorted_by(|newer, older| newer.slot > older.slot) {
            Err(SlotHashesError::Order)
        } else {
            Ok(Self(entries))
        }
    }

    /// The data of the account, without the zeroes behind the last entry.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = (self.0.len() as u64).to_le_bytes().to_vec();
        for entry in &self.0 {
            bytes.extend(entry.slot.to_le_bytes());
            bytes.extend(entry.hash);
        }
        bytes
    }

    /// The entries, the newest first.
    pub fn entries(&self) -> &[SlotHash] {
        &self.0
    }

    /// The newest entry: to a running program, the parent of the slot it runs in.
    pub fn newest(&self) -> SlotHash {
        self.0[0] // There is one: `new` made sure.
    }

    /// How many entries stand before the one with this hash.
    pub fn position(&self, hash: &[u8; 32]) -> Option<usize> {
        self.0.iter().position(|entry| entry.hash == *hash)
    }
}

impl TruncatedSlot {
    /// Numbers repeat after this many slots.
    pub const MODULUS: u16 = 1000;

    /// The last digits of a slot.
    ///
    /// ```
    /// use wire::solana::TruncatedSlot;
    /// assert_eq!(TruncatedSlot::of(349_863_001).number(), 1);
    /// ```
    pub const fn of(slot: u64) -> Self {
        Self((slot % Self::MODULUS as u64) as u16)
    }

    /// 0 to 999.
    pub const fn number(self) -> u16 {
        self.0
    }

    /// The slot this many before, as its last digits.
    pub const fn before(self, slots: u16) -> Self {
        let back = slots % Self::MODULUS;
        Self((self.0 + Self::MODULUS - back) % Self::MODULUS)
    }

    /// How many slots lie between an earlier slot and this one, 0 to 999.
    pub const fn since(self, earlier: Self) -> u16 {
        (self.0 + Self::MODULUS - earlier.0) % Self::MODULUS
    }
}

impl fmt::Display for TruncatedSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> SlotHashes {
        let entry = |slot| SlotHash {
            slot,
            hash: [slot as u8; 32],
        };
        SlotHashes::new(vec![entry(12), entry(11), entry(9)]).unwrap()
    }

    #[test]
    fn reads_the_account_with_and_without_the_room_it_leaves() {
        let mut bytes = three().to_bytes();
        assert_eq!(bytes.len(), 8 + 3 * 40);
        assert_eq!(SlotHashes::parse(&bytes), Ok(three()));
        bytes.resize(8 + SlotHashes::MAX_ENTRIES * 40, 0);
        let read = SlotHashes::parse(&bytes).unwrap();
        assert_eq!(read.newest().slot, 12);
        assert_eq!(read.position(&[9; 32]), Some(2));
        assert_eq!(read.position(&[10; 32]), None);
    }

    #[test]
    fn refuses_each_malformation_by_its_own_name() {
        use SlotHashesError as E;
        let good = three().to_bytes();
        for end in (0..8).chain(9..good.len()) {
            let cut = SlotHashes::parse(&good[..end]);
            assert_eq!(cut, Err(E::TooShort), "{end}");
        }
        assert_eq!(SlotHashes::parse(&[0; 48]), Err(E::Empty));
        assert_eq!(SlotHashes::parse(&[0xff; 48]), Err(E::TooMany));
        assert_eq!(
            SlotHashes::parse(&[&513_u64.to_le_bytes()[..], &[0; 40]].concat()),
            Err(E::TooMany)
        );
        assert_eq!(
            SlotHashes::parse(&[&good[..], &[0, 1]].concat()),
            Err(E::Trailing)
        );
        let mut entries = three().0;
        entries[2].slot = 11;
        assert_eq!(SlotHashes::new(entries), Err(E::Order));
    }

    #[test]
    fn slots_wrap_at_a_thousand() {
        let slot = TruncatedSlot::of;
        for (newest, earlier, distance) in [
            (100, 95, 5),
            (349_863_001, 349_862_999, 2),
            (1000, 999, 1),
            (10, 990, 20),
            (0, 1, 999),
            (7, 7, 0),
        ] {
            assert_eq!(slot(newest).since(slot(earlier)), distance);
            assert_eq!(slot(newest).before(distance), slot(earlier));
        }
        assert_eq!(slot(5).before(1005), slot(0));
    }
}
