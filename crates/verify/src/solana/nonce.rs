//! Which number names a slot hash.
//!
//! An instruction names the slot hash its challenge covers by the last three digits of a slot. The
//! program takes the distance of these digits from the newest slot *as a position* in the sysvar.
//! A slot without a block has no entry there, so after every skipped slot the honest number leads
//! to an entry too old, and a good signature is refused as a client data mismatch. The number is
//! not signed: whoever submits may look up where the hash stands and name that position.

use wire::solana::external_signature::NONCE_LIFE;
use wire::solana::{SlotHash, SlotHashes, TruncatedSlot};

/// Where a slot hash stands at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Located {
    /// The number to submit: (newest − position) mod 1000.
    pub number: TruncatedSlot,
    /// The position, 0 to 149. It grows by one with every block until it is 150 and too old.
    pub age: u16,
}

/// Why a nonce cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NonceRejection {
    /// The hash is not among the slot hashes: never was, or has long dropped out.
    #[error("the slot hash is not among the recent ones")]
    Unknown,
    /// The hash stands too far back.
    #[error("the slot hash is 150 entries old or older")]
    Expired,
}

/// Finds a slot hash and the number that names it as long as these are the slot hashes.
///
/// # Errors
///
/// [`NonceRejection`].
pub fn locate(hashes: &SlotHashes, slot_hash: &[u8; 32]) -> Result<Located, NonceRejection> {
    let position = hashes.position(slot_hash).ok_or(NonceRejection::Unknown)?;
    match u16::try_from(position) {
        Ok(age) if age < NONCE_LIFE => Ok(Located {
            number: TruncatedSlot::of(hashes.newest().slot).before(age),
            age,
        }),
        Ok(_) | Err(_) => Err(NonceRejection::Expired),
    }
}

/// The entry the program takes for a number.
///
/// # Errors
///
/// [`NonceRejection`]: also for numbers of slots to come, which look like very old ones.
pub fn resolve(hashes: &SlotHashes, number: TruncatedSlot) -> Result<SlotHash, NonceRejection> {
    let distance = TruncatedSlot::of(hashes.newest().slot).since(number);
    if distance >= NONCE_LIFE {
        return Err(NonceRejection::Expired);
    }
    let entry = hashes.entries().get(usize::from(distance));
    entry.copied().ok_or(NonceRejection::Unknown)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hash(slot: u64) -> [u8; 32] {
        crate::webauthn::sha256(&slot.to_le_bytes())
    }

    /// The slot hashes of these slots, which come newest first.
    fn hashes(slots: impl IntoIterator<Item = u64>) -> SlotHashes {
        let entries = slots.into_iter().map(|slot| SlotHash {
            slot,
            hash: hash(slot),
        });
        SlotHashes::new(entries.collect()).unwrap()
    }

    #[test]
    fn accepts_an_age_of_149() {
        let hashes = hashes((1000..1300).rev());
        let located = locate(&hashes, &hash(1299 - 149)).unwrap();
        assert_eq!((located.number.number(), located.age), (150, 149));
        assert_eq!(resolve(&hashes, located.number).unwrap().slot, 1150);
    }

    #[test]
    fn refuses_an_age_of_150() {
        let hashes = hashes((1000..1300).rev());
        let refused = Err(NonceRejection::Expired);
        assert_eq!(locate(&hashes, &hash(1299 - 150)), refused);
        assert_eq!(
            resolve(&hashes, TruncatedSlot::of(149)),
            Err(NonceRejection::Expired)
        );
    }

    #[test]
    fn refuses_what_is_not_there() {
        let hashes = hashes([1002, 1001, 1000]);
        assert_eq!(locate(&hashes, &[1; 32]), Err(NonceRejection::Unknown));
        let behind = TruncatedSlot::of(999);
        assert_eq!(resolve(&hashes, behind), Err(NonceRejection::Unknown));
        let to_come = TruncatedSlot::of(1003);
        assert_eq!(resolve(&hashes, to_come), Err(NonceRejection::Expired));
    }

    #[test]
    fn two_skipped_slots_mislead_the_honest_number_and_not_the_located_one() {
        // Slots 1003 and 1004 had no block.
        let hashes = hashes([1006, 1005, 1002, 1001, 1000, 999, 998]);
        let honest = TruncatedSlot::of(1001);
        assert_eq!(resolve(&hashes, honest).unwrap().slot, 999);
        let located = locate(&hashes, &hash(1001)).unwrap();
        assert_eq!((located.number.number(), located.age), (3, 3));
        assert_eq!(resolve(&hashes, located.number).unwrap().slot, 1001);
    }

    proptest! {
        #[test]
        fn the_located_number_leads_to_the_hash_whatever_was_skipped(
            newest in 2_000_000_u64..u64::MAX, gaps in prop::collection::vec(1..5_u64, 0..300),
        ) {
            let mut slot = newest;
            let older = gaps.into_iter().map(|gap| { slot -= gap; slot });
            let hashes = hashes([newest].into_iter().chain(older));
            for (position, entry) in hashes.entries().iter().enumerate() {
                let found = locate(&hashes, &entry.hash).and_then(|it| resolve(&hashes, it.number));
                let expected = if position < 150 { Ok(*entry) } else { Err(NonceRejection::Expired) };
                prop_assert_eq!(found, expected);
            }
        }
    }
}
