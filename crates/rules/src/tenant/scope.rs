//! How far a session key may go.
//!
//! The program on the chain knows no bounds: whoever holds the key and pays the fee can go past
//! us. A scope binds what this server makes, pays for and sends, and what the key stamps here.

use serde::{Deserialize, Serialize};
use wire::solana::Address;

/// What a session key is asked to be good for. What is absent is not bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct SessionScope {
    /// The programs it may call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub programs: Option<Vec<Address>>,
    /// How many lamports it may spend in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_lamports: Option<u64>,
    /// How many transactions it may make.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_transactions: Option<u32>,
}

/// What a session key has used of its scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// Lamports spent, as far as they could be read.
    pub lamports: u64,
    /// Transactions made.
    pub transactions: u32,
}

impl SessionScope {
    /// Whether it bounds nothing.
    pub fn is_unbounded(&self) -> bool {
        *self == Self::default()
    }
}
