//! What is sent to a chain.
//!
//! A transaction is made and signed once, recorded by the batch that spends what allowed it, and
//! then sent: the same bytes again and again, until the chain has carried them out or no longer
//! takes them. It is never made anew, since the same assertion in another transaction would count
//! twice (the program on the chain does not remember assertions).

use serde::{Deserialize, Serialize};
use wire::environment::Environment;
use wire::solana::Address;
use wire::{Sealed, Timestamp};

use super::Source;
use super::session::SessionKey;

/// A transaction on its way to the chain, or there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// Its first signature, which names it: 64 bytes.
    pub signature: Vec<u8>,
    /// Which chain.
    pub environment: Environment,
    /// The passkey account it is about.
    pub account: Address,
    /// What is sent.
    pub packet: Vec<u8>,
    /// The last block height at which the chain takes it.
    pub last_valid_height: u64,
    /// What it is for.
    pub purpose: SendingPurpose,
    /// The challenge that was spent for it: whoever answers that again is told of this.
    pub challenge: Vec<u8>,
    /// SHA-256 of the request that caused it.
    pub fingerprint: [u8; 32],
    /// Where that came from.
    pub source: Source,
    /// When it was made.
    pub created_at: Timestamp,
    /// What became of it, as soon as that is known.
    pub outcome: Option<SendingOutcome>,
}

/// What a transaction is for, and so what is to be remembered when it has been carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "purpose", rename_all = "snake_case")]
pub enum SendingPurpose {
    /// A session key is bound to the account, which is made if it is new.
    Bind {
        /// The passkey's public key: P-256, SEC1 compressed, in base64url.
        public_key: String,
        /// The passkey's id, if a client has told it, in base64url.
        credential_id: Option<String>,
        /// The RP ID the passkey was made for.
        rp_id: String,
        /// The session key, if one is bound.
        session: Option<SessionKey>,
    },
    /// The session key acts.
    Act,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum SendingOutcome {
    /// Carried out.
    Landed {
        /// In which slot.
        slot: u64,
    },
    /// Carried out, and failed: the fee is gone and nothing else has changed.
    Failed {
        /// In which slot.
        slot: u64,
        /// The program's own number for why, if it gave one.
        custom: Option<u32>,
        /// In the chain's words.
        error: String,
    },
    /// Never carried out, and no longer possible.
    Lapsed,
}

/// Who pays for transactions in an environment: a key of the server's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payer {
    /// Where.
    pub environment: Environment,
    /// The public half.
    pub address: Address,
    /// The private half.
    pub sealed: Sealed,
    /// When it was made.
    pub created_at: Timestamp,
}
