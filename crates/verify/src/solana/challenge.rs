//! The three challenges: SHA-256 over what is asked for.
//!
//! Not covered, and so not proven by a signature: the passkey account, the relying party, the
//! number that names the slot hash, in whose name instructions run, and the fee.

use wire::solana::Address;
use wire::solana::external_signature::{Inner, SessionKey, SessionLifetime};

use crate::webauthn::sha256;

/// What makes a challenge good for about a minute and for one sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Nonce {
    /// The hash of a recent slot.
    pub slot_hash: [u8; 32],
    /// Who has to sign the transaction; when an account is created, who pays.
    pub signer: Address,
}

impl Nonce {
    /// The challenge that creates an account, with a first session or without.
    pub fn initialise(&self, session: Option<SessionKey>) -> [u8; 32] {
        let session: Vec<u8> = session.into_iter().flat_map(SessionKey::to_bytes).collect();
        self.challenge(b"initialize_passkey", &session)
    }

    /// The challenge that carries instructions out. The accounts must have the rights that the
    /// compiled message gives them: [`Inner::as_seen_in`].
    pub fn execute(&self, inner: &Inner) -> [u8; 32] {
        let mut asked = vec![inner.accounts().len() as u8]; // At most 64.
        for account in inner.accounts() {
            asked.extend(account.address.as_bytes());
            asked.extend([account.is_signer, account.is_writable].map(u8::from));
        }
        asked.extend(inner.to_bytes());
        self.challenge(b"execute_instructions", &asked)
    }

    /// The challenge that puts a new session in place of the old one.
    pub fn refresh(&self, session: SessionLifetime) -> [u8; 32] {
        self.challenge(b"refresh_session_key", &session.to_bytes())
    }

    /// For saying which account is one's own. The program knows no such instruction, so no
    /// signature for it ever means anything to the chain.
    pub fn find(&self) -> [u8; 32] {
        self.challenge(b"find_passkey", &[])
    }

    fn challenge(&self, purpose: &[u8], asked: &[u8]) -> [u8; 32] {
        sha256(&[&self.slot_hash[..], self.signer.as_bytes(), purpose, asked].concat())
    }
}
