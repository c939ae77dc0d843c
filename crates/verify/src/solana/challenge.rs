//! The challenges: SHA-256 over what is asked for. Three are the program's; the others mean nothing
//! to any chain.
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
    /// signature for it ever means anything to the chain. `salt` tells those apart who ask in the
    /// same slot.
    pub fn find(&self, salt: &[u8]) -> [u8; 32] {
        self.challenge(b"find_passkey", salt)
    }

    /// For a session of an account that is named, which any of its passkeys may answer.
    pub fn refresh_of(&self, account: Address, session: SessionLifetime) -> [u8; 32] {
        let asked = [account.as_bytes(), &session.to_bytes()[..]].concat();
        self.challenge(b"named_account_session", &asked)
    }

    /// For saying yes to another passkey of an account: the passkey by the account it makes.
    pub fn add_passkey(&self, account: Address, passkey: Address) -> [u8; 32] {
        let asked = [account.as_bytes().as_slice(), passkey.as_bytes()].concat();
        self.challenge(b"add_passkey", &asked)
    }

    /// For saying yes to an account losing a passkey, and its session at once or not.
    pub fn remove_passkey(
        &self,
        account: Address,
        passkey: Address,
        ends_session: bool,
    ) -> [u8; 32] {
        let (account, passkey) = (account.as_bytes(), passkey.as_bytes());
        let asked = [&account[..], passkey, &[u8::from(ends_session)]].concat();
        self.challenge(b"remove_passkey", &asked)
    }

    fn challenge(&self, purpose: &[u8], asked: &[u8]) -> [u8; 32] {
        sha256(&[&self.slot_hash[..], self.signer.as_bytes(), purpose, asked].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: Nonce = Nonce {
        slot_hash: [1; 32],
        signer: Address::from_bytes([2; 32]),
    };
    const KEY: Address = Address::from_bytes([3; 32]);

    fn hash(purpose: &[u8], rest: &[u8]) -> [u8; 32] {
        sha256(&[&[1; 32][..], &[2; 32], purpose, rest].concat())
    }

    #[test]
    fn a_first_session_is_covered_with_its_end() {
        let session = SessionKey {
            key: KEY,
            expires_at_s: 1_800_000_000,
        };
        let covered = [&[3; 32][..], &[0x00, 0xd2, 0x49, 0x6b, 0, 0, 0, 0]].concat();
        assert_eq!(
            NONCE.initialise(Some(session)),
            hash(b"initialize_passkey", &covered)
        );
        assert_eq!(NONCE.initialise(None), hash(b"initialize_passkey", &[]));
    }

    #[test]
    fn a_later_session_is_covered_with_its_length_and_another_purpose() {
        let lifetime_s = 1_800_000_000;
        let refresh = NONCE.refresh(SessionLifetime {
            key: KEY,
            lifetime_s,
        });
        let covered = [&[3; 32][..], &lifetime_s.to_le_bytes()].concat();
        assert_eq!(refresh, hash(b"refresh_session_key", &covered));
        let initialise = NONCE.initialise(Some(SessionKey {
            key: KEY,
            expires_at_s: lifetime_s,
        }));
        assert_ne!(refresh, initialise);
    }

    #[test]
    fn what_becomes_of_an_account_is_covered_with_whose_it_is() {
        let (a, b) = (KEY, Address::from_bytes([4; 32]));
        let both = [[3; 32], [4; 32]].concat();
        assert_eq!(NONCE.add_passkey(a, b), hash(b"add_passkey", &both));
        for ends in [false, true] {
            let covered = [&both[..], &[u8::from(ends)]].concat();
            let removal = NONCE.remove_passkey(a, b, ends);
            assert_eq!(removal, hash(b"remove_passkey", &covered));
        }
        let session = SessionLifetime {
            key: b,
            lifetime_s: 900,
        };
        let covered = [&both[..], &900u64.to_le_bytes()].concat();
        let named = NONCE.refresh_of(a, session);
        assert_eq!(named, hash(b"named_account_session", &covered));
        assert_ne!(named, NONCE.refresh(session));
        assert_ne!(NONCE.add_passkey(a, b), NONCE.add_passkey(b, a));
        let other = Nonce {
            slot_hash: [9; 32],
            ..NONCE
        };
        assert_ne!(NONCE.add_passkey(a, b), other.add_passkey(a, b));
    }

    #[test]
    fn an_execution_covers_the_rights_of_every_account() {
        let account = wire::solana::AccountMeta::readonly(KEY);
        let challenge = |account| NONCE.execute(&Inner::from_parts(vec![account], vec![]).unwrap());
        let covered = |signer, writable| {
            let covered = [&[1][..], &[3; 32], &[signer, writable], &[0]].concat();
            hash(b"execute_instructions", &covered)
        };
        assert_eq!(challenge(account), covered(0, 0));
        assert_eq!(challenge(account.signed()), covered(1, 0));
        let writable = wire::solana::AccountMeta::writable(KEY);
        assert_eq!(challenge(writable), covered(0, 1));
    }
}
