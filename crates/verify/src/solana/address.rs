//! Addresses that programs speak for.
//!
//! Such an address is a hash that is *not* a point on Ed25519's curve, so that nobody can have its
//! private key. Since about half of all hashes are points, a byte called bump is counted down from
//! 255 until one is not.

use curve25519_dalek::edwards::CompressedEdwardsY;
use wire::solana::secp256r1::CompressedKey;
use wire::solana::{Address, program};

use crate::webauthn::sha256;

/// The most seeds, the bump included.
const MAX_SEEDS: usize = 16;

/// The most bytes of one seed.
const MAX_SEED: usize = 32;

/// An address and the bump that led to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Derived {
    /// The address.
    pub address: Address,
    /// The highest bump that leads off the curve.
    pub bump: u8,
}

/// Why seeds lead to no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeedsError {
    /// More than 16 seeds, the bump included.
    #[error("more than 16 seeds")]
    TooMany,
    /// A seed of more than 32 bytes.
    #[error("a seed is longer than 32 bytes")]
    TooLong,
    /// The hash is a point on the curve, or is for every bump (which happens to nobody).
    #[error("the seeds lead to a point on the curve")]
    OnCurve,
}

/// The account of a passkey. It depends on the key alone: not on the relying party, not on the
/// network.
pub fn passkey_account(key: &CompressedKey) -> Derived {
    // A seed holds 32 bytes and the key has 33, so the program hashes it.
    derive(
        &[b"passkey", &sha256(key.as_bytes())],
        &program::EXTERNAL_SIGNATURE,
    )
    .expect("two short seeds; 255 hashes are not all points")
}

/// The account that holds what the owner of a passkey account has.
pub fn execution_account(passkey_account: &Address) -> Derived {
    derive(
        &[passkey_account.as_bytes(), b"execution_account"],
        &program::EXTERNAL_SIGNATURE,
    )
    .expect("two short seeds; 255 hashes are not all points")
}

/// The address of these seeds with the highest bump that gives one.
///
/// # Errors
///
/// [`SeedsError`].
pub fn derive(seeds: &[&[u8]], program: &Address) -> Result<Derived, SeedsError> {
    // Solana's own search stops before bump 0.
    for bump in (1..=u8::MAX).rev() {
        match derive_with(&[seeds, &[&[bump]]].concat(), program) {
            Ok(address) => return Ok(Derived { address, bump }),
            Err(SeedsError::OnCurve) => {}
            Err(error) => return Err(error),
        }
    }
    Err(SeedsError::OnCurve)
}

/// The address of exactly these seeds, a bump among them or not.
///
/// # Errors
///
/// [`SeedsError`].
pub fn derive_with(seeds: &[&[u8]], program: &Address) -> Result<Address, SeedsError> {
    if seeds.len() > MAX_SEEDS {
        return Err(SeedsError::TooMany);
    }
    if seeds.iter().any(|seed| seed.len() > MAX_SEED) {
        return Err(SeedsError::TooLong);
    }
    let preimage = [
        &seeds.concat()[..],
        program.as_bytes(),
        b"ProgramDerivedAddress",
    ]
    .concat();
    let hash = sha256(&preimage);
    if CompressedEdwardsY(hash).decompress().is_some() {
        Err(SeedsError::OnCurve)
    } else {
        Ok(Address::from_bytes(hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_seeds_that_lead_nowhere() {
        let program = &program::EXTERNAL_SIGNATURE;
        let seed: &[u8] = &[7; 32];
        assert!(derive(&[seed; 15], program).is_ok());
        assert_eq!(derive(&[seed; 16], program), Err(SeedsError::TooMany));
        assert_eq!(derive(&[&[7; 33]], program), Err(SeedsError::TooLong));
    }

    #[test]
    fn refuses_every_bump_above_the_one_it_answers() {
        let seeds: [&[u8]; 1] = [b"with a bump"];
        for seed in 0..50_u8 {
            let seeds = [seeds[0], &[seed]];
            let found = derive(&seeds, &program::SYSTEM).unwrap();
            for bump in found.bump..=u8::MAX {
                let address = derive_with(&[seeds[0], seeds[1], &[bump]], &program::SYSTEM);
                let expected = if bump == found.bump {
                    Ok(found.address)
                } else {
                    Err(SeedsError::OnCurve)
                };
                assert_eq!(address, expected);
            }
        }
    }
}
