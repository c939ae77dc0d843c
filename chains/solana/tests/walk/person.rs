//! Somebody with a passkey, and what is said in their name.

use engine::tenants::ToSign;
use rules::tenant::{AskedKey, Command, SessionAction, SessionAnswer, SessionScope};
use testkit::authenticator::{AuthData, ClientData};
use testkit::{Assertion, Passkey};
use verify::solana::{Expect, ForChain, execution_account, passkey_account};
use wire::solana::{Address, Transaction};

use super::world::HERE;
use crate::support::{RP_ID, Wallet, compressed};

/// Somebody with a passkey.
#[derive(Clone)]
pub struct Person {
    pub passkey: Passkey,
    rp_id: &'static str,
}

impl Person {
    pub fn new(seed: u64) -> Self {
        Self::of(seed, RP_ID)
    }

    /// Somebody whose passkey is of another relying party.
    pub fn of(seed: u64, rp_id: &'static str) -> Self {
        Self {
            passkey: Passkey::es256(seed, rp_id, &format!("https://{rp_id}")),
            rp_id,
        }
    }

    pub fn account(&self) -> Address {
        passkey_account(&compressed(&self.passkey)).address
    }

    /// The account that holds the money.
    pub fn purse(&self) -> Address {
        execution_account(&self.account()).address
    }

    /// The answer of a passkey that is new, and says which it is.
    pub fn new_answer(&self, challenge: &[u8]) -> SessionAnswer {
        SessionAnswer {
            public_key: Some(spki(&self.passkey)),
            ..self.answer(challenge)
        }
    }

    /// The answer of a passkey that says nothing of itself.
    pub fn answer(&self, challenge: &[u8]) -> SessionAnswer {
        self.answer_with(challenge, |_, _| {})
    }

    pub fn answer_with(
        &self,
        challenge: &[u8],
        edit: impl FnOnce(&mut ClientData, &mut AuthData),
    ) -> SessionAnswer {
        let Assertion {
            client_data_json,
            authenticator_data,
            signature,
            ..
        } = self.passkey.assertion_with(challenge, edit);
        SessionAnswer {
            client_data_json,
            authenticator_data,
            signature,
            public_key: None,
            credential_id: None,
        }
    }

    /// An answer, believed.
    pub fn proof(&self, challenge: &[u8; 32]) -> ForChain {
        let answer = self.answer(challenge);
        let assertion = verify::solana::Assertion {
            authenticator_data: &answer.authenticator_data,
            client_data_json: &answer.client_data_json,
            signature: &answer.signature,
        };
        let expect = Expect {
            rp_id: self.rp_id,
            challenge,
            counter: 0,
        };
        let key = compressed(&self.passkey);
        assertion.for_chain(&key, &expect).unwrap()
    }
}

pub fn bind(action: SessionAction, answer: SessionAnswer) -> Command {
    Command::BindSession {
        action,
        key: None,
        slot: None,
        answer: Box::new(answer),
    }
}

pub fn hand_in(person: &Person, signed: &Transaction) -> Command {
    Command::SubmitTransaction {
        environment: HERE,
        account: person.account(),
        transaction: Box::new(signed.clone()),
    }
}

pub fn asked(key: &Wallet, expiration: u64) -> AskedKey {
    within(key, expiration, SessionScope::default())
}

pub fn within(key: &Wallet, expiration: u64, scope: SessionScope) -> AskedKey {
    AskedKey {
        key: key.address(),
        expiration,
        scope,
    }
}

pub fn signed(to_sign: &ToSign, by: &[&Wallet]) -> Transaction {
    let unsigned = Transaction::parse(&to_sign.transaction).unwrap();
    by.iter().fold(unsigned, |it, signer| signer.sign(it))
}

/// Nobody in particular, who can receive.
pub fn elsewhere() -> Address {
    Wallet::new(77).address()
}

/// SubjectPublicKeyInfo, as a browser tells it.
pub fn spki(passkey: &Passkey) -> Vec<u8> {
    let cose = passkey.public_key();
    let prefix = "3059301306072a8648ce3d020106082a8648ce3d03010703420004";
    let prefix = wire::encoding::hex::decode(prefix).unwrap();
    [&prefix[..], &cose[10..42], &cose[45..77]].concat()
}
