//! Whose contracts check the signature, and what each asks for.

use wire::evm::daimo::{self, ValidUntil};

/// Contracts that take the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// Coinbase Smart Wallet.
    Coinbase {
        /// The passkey's place among the wallet's owners.
        owner_index: u64,
    },
    /// Accounts that read Solady's `WebAuthnAuth`, which is Coinbase's without the wrapper.
    Solady,
    /// OpenZeppelin: `SignerWebAuthn`, and keys of ERC-7913.
    OpenZeppelin,
    /// Safe with its passkey module.
    Safe,
    /// Daimo.
    Daimo {
        /// Which account.
        version: DaimoVersion,
        /// The passkey's place among the account's keys.
        key_slot: u8,
        /// Until when the signature is good; the passkey signs it.
        valid_until: ValidUntil,
    },
}

/// Which account of Daimo's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DaimoVersion {
    /// `DaimoAccount`.
    V1,
    /// `DaimoAccountV2`.
    V2,
}

/// The challenge for the passkey: the hash as it is, for all but Daimo.
///
/// The hash is the one that the contract checks the signature with. For a user operation that is
/// `userOpHash`, and for Safe's the hash of its own `SafeOp`; for ERC-1271 most accounts first put
/// a hash into a structure of their own.
pub fn challenge(family: &Family, user_op_hash: &[u8; 32]) -> Vec<u8> {
    match *family {
        Family::Coinbase { .. } | Family::Solady | Family::OpenZeppelin | Family::Safe => {
            user_op_hash.to_vec()
        }
        Family::Daimo {
            version: DaimoVersion::V1,
            valid_until,
            ..
        } => daimo::challenge_v1(valid_until, user_op_hash),
        Family::Daimo {
            version: DaimoVersion::V2,
            valid_until,
            ..
        } => daimo::challenge_v2(valid_until, user_op_hash),
    }
}

impl Family {
    /// Whether its contracts demand that the user was verified. Coinbase and Daimo do not; for
    /// Solady it is the account that decides, and a passkey asked for verification never harms.
    pub const fn demands_user_verification(&self) -> bool {
        match self {
            Self::OpenZeppelin | Self::Safe => true,
            Self::Coinbase { .. } | Self::Solady | Self::Daimo { .. } => false,
        }
    }

    /// Whether its contracts refuse a backup of what may not be backed up.
    pub(super) const fn compares_backup_flags(&self) -> bool {
        match self {
            Self::OpenZeppelin | Self::Daimo { .. } => true,
            Self::Coinbase { .. } | Self::Solady | Self::Safe => false,
        }
    }
}
