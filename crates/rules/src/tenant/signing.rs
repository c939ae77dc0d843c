//! Signing for accounts on an EVM: a passkey signs a document, and never a hash somebody chose.
//!
//! 32 bytes that a caller chooses may be another protocol's challenge, and the passkey may own an
//! account there as well. So what is asked for is always a document, the server hashes it, and the
//! document is what the person is shown.

use serde::{Deserialize, Serialize};
use verify::evm::{DaimoVersion, Family, challenge};
use wire::environment::Environment;
use wire::evm::EntryPointVersion;
use wire::evm::daimo::ValidUntil;

/// The longest document, in bytes of text: what nobody could be shown is not signed.
pub const MAX_DOCUMENT: usize = 32_768;

/// The account that the passkey owns, as far as its contract's signatures differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "family",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum SmartAccount {
    /// Coinbase Smart Wallet.
    Coinbase {
        /// The passkey's place among the wallet's owners.
        owner_index: u64,
    },
    /// Accounts that read Solady's `WebAuthnAuth`.
    Solady,
    /// OpenZeppelin's.
    #[serde(rename = "openzeppelin")]
    OpenZeppelin,
    /// Safe with its passkey module.
    Safe,
    /// Daimo's first.
    DaimoV1(DaimoKey),
    /// Daimo's second.
    DaimoV2(DaimoKey),
}

/// A key of Daimo's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DaimoKey {
    /// Its place among the account's keys.
    pub key_slot: u8,
    /// The second since 1970 at which the signature stops being good, below 2^48; 0 is never.
    pub valid_until: u64,
}

impl SmartAccount {
    /// The family's name on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Coinbase { .. } => "coinbase",
            Self::Solady => "solady",
            Self::OpenZeppelin => "openzeppelin",
            Self::Safe => "safe",
            Self::DaimoV1(_) => "daimo-v1",
            Self::DaimoV2(_) => "daimo-v2",
        }
    }

    /// What its contracts take; `None` if the end is too far away to be written.
    pub fn family(&self) -> Option<Family> {
        let daimo = |version, key: &DaimoKey| {
            Some(Family::Daimo {
                version,
                key_slot: key.key_slot,
                valid_until: ValidUntil::at_s(key.valid_until)?,
            })
        };
        match self {
            Self::Coinbase { owner_index } => Some(Family::Coinbase {
                owner_index: *owner_index,
            }),
            Self::Solady => Some(Family::Solady),
            Self::OpenZeppelin => Some(Family::OpenZeppelin),
            Self::Safe => Some(Family::Safe),
            Self::DaimoV1(key) => daimo(DaimoVersion::V1, key),
            Self::DaimoV2(key) => daimo(DaimoVersion::V2, key),
        }
    }
}

/// What is to be signed, as it is asked for or, after it was read, as it is kept and shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Document {
    /// A user operation (ERC-4337).
    UserOperation {
        /// Its members, as JSON.
        text: String,
        /// How they are hashed.
        version: EntryPointVersion,
        /// The entry point that is to carry it out.
        entry_point: [u8; 20],
    },
    /// Typed data (EIP-712), as JSON.
    TypedData {
        /// The whole document.
        text: String,
    },
}

impl Document {
    /// Its JSON.
    pub fn text(&self) -> &str {
        match self {
            Self::UserOperation { text, .. } | Self::TypedData { text } => text,
        }
    }

    /// The member of a request that holds it.
    pub fn member(&self) -> &'static str {
        match self {
            Self::UserOperation { .. } => "userOperation",
            Self::TypedData { .. } => "typedData",
        }
    }
}

/// A signature as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedSigning {
    /// The account that the passkey owns.
    pub account: SmartAccount,
    /// The chain's number (EIP-155).
    pub chain_id: u64,
    /// What is to be signed.
    pub document: Document,
}

/// A document that was read, with its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hashed {
    /// The document in the form that is kept.
    pub document: Document,
    /// What a contract checks the signature with.
    pub hash: [u8; 32],
}

/// What the passkey is asked to sign. Kept with its challenge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningTerms {
    /// Whose accounts the passkey must be among.
    pub environment: Environment,
    /// The account that the passkey owns on the chain.
    pub account: SmartAccount,
    /// The chain's number.
    pub chain_id: u64,
    /// What is signed.
    pub document: Document,
    /// Its hash.
    pub hash: [u8; 32],
    /// The RP ID: the host of the page.
    pub rp_id: String,
    /// The page's origin.
    pub origin: String,
    /// Where the page leads back to.
    pub redirect_url: Option<String>,
    /// What the page calls the app.
    pub app_name: Option<String>,
}

impl SigningTerms {
    /// The chain, as CAIP-2 names it.
    pub fn chain(&self) -> String {
        format!("eip155:{}", self.chain_id)
    }

    /// What the passkey signs: the hash, which Daimo puts its end before.
    pub fn challenge(&self) -> Option<Vec<u8>> {
        Some(challenge(&self.account.family()?, &self.hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: DaimoKey = DaimoKey {
        key_slot: 3,
        valid_until: 1_800_000_000,
    };

    #[test]
    fn a_family_is_kept_by_the_name_it_is_asked_for() {
        for account in [
            SmartAccount::Coinbase { owner_index: 7 },
            SmartAccount::Solady,
            SmartAccount::OpenZeppelin,
            SmartAccount::Safe,
            SmartAccount::DaimoV1(KEY),
            SmartAccount::DaimoV2(KEY),
        ] {
            let kept = serde_json::to_value(account).unwrap();
            assert_eq!(kept["family"], account.name());
            assert_eq!(
                serde_json::from_value::<SmartAccount>(kept).unwrap(),
                account
            );
        }
    }

    #[test]
    fn an_end_has_six_bytes_and_no_more() {
        let with = |valid_until| SmartAccount::DaimoV1(DaimoKey { valid_until, ..KEY });
        assert!(with((1 << 48) - 1).family().is_some());
        assert_eq!(with(1 << 48).family(), None);
    }
}
