//! Assertions that browsers and authenticators really made, accepted by the machine.
//!
//! Their nonce signer lent nobody its key, so these chains do not ask who signed the transaction;
//! who signed the assertion is checked as ever.

use serde::Deserialize;
use testkit::vectors;
use verify::solana::{Assertion, Expect, execution_account, passkey_account};
use wire::encoding::{base64url, hex};
use wire::solana::external_signature::{
    Execute, Initialise, Inner, PasskeyAccount, Refresh, SessionLifetime, SignerScheme,
};
use wire::solana::secp256r1::CompressedKey;
use wire::solana::{Address, Instruction, Message, Transaction, TruncatedSlot, Version};
use zegel_solana_rpc::{Chain, Executed, Refused};

use crate::support::{NOW_S, SOL, memo, transfer};

#[derive(Deserialize)]
struct Vectors {
    rp_id: String,
    slot: u64,
    slot_hash: String,
    nonce_signer: Address,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    purpose: Purpose,
    challenge: String,
    client_data_json: String,
    authenticator_data: String,
    signature: String,
    public_key: String,
    sign_count: u64,
    session_key: Option<Address>,
    lifetime_s: Option<u64>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Purpose {
    Initialise,
    Execute,
    Refresh,
}

impl Case {
    fn key(&self) -> CompressedKey {
        let bytes = hex::decode(&self.public_key).unwrap();
        CompressedKey::from_bytes(bytes.try_into().unwrap()).unwrap()
    }

    fn account(&self) -> Address {
        passkey_account(&self.key()).address
    }

    fn execution_account(&self) -> Address {
        execution_account(&self.account()).address
    }

    /// What the passkey signed and the call it signed it for.
    fn instructions(&self, known: &Vectors, counter: u64) -> [Instruction; 2] {
        let client_data_json = base64url::decode(&self.client_data_json).unwrap();
        let authenticator_data = base64url::decode(&self.authenticator_data).unwrap();
        let signature = hex::decode(&self.signature).unwrap();
        let challenge = base64url::decode(&self.challenge).unwrap();
        let assertion = Assertion {
            authenticator_data: &authenticator_data,
            client_data_json: &client_data_json,
            signature: &signature,
        };
        let expect = Expect {
            rp_id: &known.rp_id,
            challenge: &challenge.try_into().unwrap(),
            counter,
        };
        let rebuilt = assertion.rebuild(&expect).unwrap();
        let signed = assertion.signed_by(&self.key()).unwrap();
        let slot = TruncatedSlot::of(known.slot);
        let (account, public_key, shape) = (self.account(), self.key(), rebuilt.shape);
        let call = match self.purpose {
            Purpose::Initialise => Initialise {
                account,
                payer: known.nonce_signer,
                slot,
                rp_id: rebuilt.rp_id,
                public_key,
                shape,
                session: None,
            }
            .instruction(),
            Purpose::Execute => Execute {
                account,
                nonce_signer: known.nonce_signer,
                slot,
                public_key,
                shape,
                signer: SignerScheme::ExecutionAccount,
                inner: self.inner(known.nonce_signer),
            }
            .instruction(),
            Purpose::Refresh => Refresh {
                account,
                nonce_signer: known.nonce_signer,
                slot,
                public_key,
                shape,
                session: SessionLifetime {
                    key: self.session_key.unwrap(),
                    lifetime_s: self.lifetime_s.unwrap(),
                },
            }
            .instruction(),
        };
        [signed.instruction().unwrap(), call]
    }

    /// An empty memo and one SOL for the nonce signer, with the accounts in the order of a message
    /// of their own, which is how the challenges were made.
    fn inner(&self, signer: Address) -> Inner {
        let mut send = transfer(self.execution_account(), signer, SOL);
        send.accounts[0].is_signer = false;
        let mut memo = memo(signer, "");
        memo.accounts[0].is_writable = true;
        let message = Message::compile(Version::Legacy, signer, &[memo, send], [0; 32]).unwrap();
        let keys = message.account_keys().iter();
        let metas = keys.map(|key| message.meta(key).unwrap()).collect();
        Inner::from_parts(metas, message.instructions().to_vec()).unwrap()
    }
}

fn send(chain: &mut Chain, payer: Address, wanted: &[Instruction]) -> Result<Executed, Refused> {
    let blockhash = chain.latest_blockhash();
    let message = Message::compile(Version::V0, payer, wanted, blockhash).unwrap();
    let transaction = Transaction::unsigned(message);
    chain.send(&transaction.to_packet().unwrap())
}

/// A chain whose newest slot hash is the recorded one.
fn chain(known: &Vectors) -> Chain {
    let mut chain = Chain::trusting(known.slot + 1, NOW_S);
    let newest = chain.slot_hashes().newest();
    assert_eq!(newest.slot, known.slot);
    assert_eq!(hex::encode(newest.hash), known.slot_hash);
    chain.give(&known.nonce_signer, 10 * SOL);
    chain
}

fn stored(chain: &Chain, account: &Address) -> PasskeyAccount {
    PasskeyAccount::parse(&chain.account(account).unwrap().data).unwrap()
}

#[test]
fn what_real_authenticators_signed_is_carried_out() {
    let known: Vectors = vectors::read("solana/assertions.json");
    let created = |case: &&Case| case.purpose == Purpose::Initialise;
    assert_eq!(known.cases.iter().filter(created).count(), 4);
    for first in known.cases.iter().filter(created) {
        let mut chain = chain(&known);
        let payer = known.nonce_signer;
        let account = first.account();
        chain.give(&first.execution_account(), 2 * SOL);
        let wanted = first.instructions(&known, 0);
        send(&mut chain, payer, &wanted).expect(&first.name);
        assert_eq!(stored(&chain, &account).counter, first.sign_count);

        for case in &known.cases {
            if case.key() != first.key() || case.purpose == Purpose::Initialise {
                continue;
            }
            let before = chain.account(&case.execution_account()).unwrap().lamports;
            let counter = stored(&chain, &account).counter;
            let wanted = case.instructions(&known, counter);
            send(&mut chain, payer, &wanted).expect(&case.name);
            let after = chain.account(&case.execution_account()).unwrap().lamports;
            let stored = stored(&chain, &account);
            match case.purpose {
                Purpose::Initialise => {}
                Purpose::Execute => assert_eq!(before - after, SOL, "{}", case.name),
                Purpose::Refresh => {
                    let session = stored.session().unwrap();
                    assert_eq!(Some(session.key), case.session_key);
                    assert_eq!(session.expires_at_s, NOW_S + case.lifetime_s.unwrap());
                }
            }
            assert_eq!(stored.counter, counter.max(case.sign_count));
        }
    }
}

#[test]
fn what_real_authenticators_signed_is_good_for_nothing_else() {
    let known: Vectors = vectors::read("solana/assertions.json");
    for case in &known.cases {
        if case.purpose != Purpose::Initialise {
            continue;
        }
        // A slot later, another slot hash has this number's place.
        let [proof, mut call] = case.instructions(&known, 0);
        let mut chain = chain(&known);
        call.data[1..3].copy_from_slice(&468_u16.to_le_bytes());
        let refused = send(&mut chain, known.nonce_signer, &[proof, call]).unwrap_err();
        assert_eq!(refused.custom(), Some((1, 26)), "{}", case.name);
        // Another relying party.
        let [proof, mut call] = case.instructions(&known, 0);
        call.data[6] ^= 1;
        let refused = send(&mut chain, known.nonce_signer, &[proof, call]).unwrap_err();
        assert_eq!(refused.custom(), Some((1, 25)), "{}", case.name);
    }
}
