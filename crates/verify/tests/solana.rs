//! Real assertions for the external signature program, and addresses known elsewhere.

use serde::Deserialize;
use testkit::vectors;
use verify::solana::{
    Assertion, Derived, Expect, LowS, Nonce, SeedsError, SignatureRejection, TemplateRejection,
    derive, derive_with, execution_account, passkey_account,
};
use wire::encoding::{base64url, hex};
use wire::solana::external_signature::{
    Execute, Initialise, Inner, ProgramError, Refresh, SessionLifetime, SignerScheme,
};
use wire::solana::secp256r1::{CompressedKey, SignedMessage};
use wire::solana::{
    AccountMeta, Address, Instruction, Message, Transaction, TruncatedSlot, Version, program,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    #[serde(rename = "about")]
    _about: String,
    rp_id: String,
    slot: u64,
    slot_hash: String,
    nonce_signer: Address,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    purpose: Purpose,
    challenge: String,
    client_data_json: String,
    authenticator_data: String,
    signature: String,
    low_s: String,
    high: bool,
    public_key: String,
    shape: String,
    sign_count: u32,
    passkey_account: Address,
    passkey_bump: u8,
    execution_account: Address,
    execution_bump: u8,
    accounts: Option<Vec<Account>>,
    instructions: Option<String>,
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

#[derive(Deserialize)]
struct Account {
    address: Address,
    rights: String,
}

/// A case with its bytes decoded.
struct Decoded {
    challenge: [u8; 32],
    client_data_json: Vec<u8>,
    authenticator_data: Vec<u8>,
    signature: Vec<u8>,
    key: CompressedKey,
}

impl Case {
    fn decode(&self) -> Decoded {
        let base64 = |text: &str| base64url::decode(text).unwrap();
        Decoded {
            challenge: base64(&self.challenge).try_into().unwrap(),
            client_data_json: base64(&self.client_data_json),
            authenticator_data: base64(&self.authenticator_data),
            signature: hex::decode(&self.signature).unwrap(),
            key: CompressedKey::from_bytes(array(&self.public_key)).unwrap(),
        }
    }

    fn session(&self) -> Option<SessionLifetime> {
        Some(SessionLifetime {
            key: self.session_key?,
            lifetime_s: self.lifetime_s?,
        })
    }
}

impl Decoded {
    fn assertion(&self) -> Assertion<'_> {
        Assertion {
            authenticator_data: &self.authenticator_data,
            client_data_json: &self.client_data_json,
            signature: &self.signature,
        }
    }

    fn signed(&self) -> SignedMessage {
        self.assertion().signed_by(&self.key).unwrap()
    }

    fn expect<'a>(&'a self, rp_id: &'a str) -> Expect<'a> {
        Expect {
            rp_id,
            challenge: &self.challenge,
            counter: 0,
        }
    }
}

fn known() -> Vectors {
    vectors::read("solana/assertions.json")
}

fn array<const N: usize>(digits: &str) -> [u8; N] {
    hex::decode(digits).unwrap().try_into().unwrap()
}

fn nonce(known: &Vectors) -> Nonce {
    Nonce {
        slot_hash: array(&known.slot_hash),
        signer: known.nonce_signer,
    }
}

/// What the executions of the vectors ask for: an empty memo, and one SOL from the execution
/// account to the nonce signer.
fn asked(signer: Address, execution_account: Address) -> [Instruction; 2] {
    let memo = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";
    [
        Instruction {
            program: memo.parse().unwrap(),
            accounts: vec![AccountMeta::writable(signer).signed()],
            data: Vec::new(),
        },
        Instruction {
            program: program::SYSTEM,
            accounts: vec![
                AccountMeta::writable(execution_account),
                AccountMeta::writable(signer),
            ],
            data: [&[2, 0, 0, 0][..], &1_000_000_000_u64.to_le_bytes()].concat(),
        },
    ]
}

/// The inner instructions with their accounts in the order of a message of their own, which is
/// how the browsers' challenges were made.
fn inner(signer: Address, execution_account: Address) -> Inner {
    let asked = asked(signer, execution_account);
    let message = Message::compile(Version::Legacy, signer, &asked, [0; 32]).unwrap();
    let keys = message.account_keys().iter();
    let metas = keys.map(|key| message.meta(key).unwrap()).collect();
    Inner::from_parts(metas, message.instructions().to_vec()).unwrap()
}

#[test]
fn the_vectors_cover_every_purpose() {
    let cases = known().cases;
    let count = |purpose| cases.iter().filter(|case| case.purpose == purpose).count();
    assert_eq!(count(Purpose::Initialise), 4);
    assert_eq!(count(Purpose::Execute), 4);
    assert_eq!(count(Purpose::Refresh), 1);
    assert!(cases.iter().any(|case| case.high));
}

#[test]
fn challenges_are_those_that_browsers_signed() {
    let known = known();
    let nonce = nonce(&known);
    for case in &known.cases {
        let challenge = match case.purpose {
            Purpose::Initialise => nonce.initialise(None),
            Purpose::Refresh => nonce.refresh(case.session().unwrap()),
            Purpose::Execute => {
                let inner = inner(nonce.signer, case.execution_account);
                let accounts = case.accounts.as_ref().unwrap();
                for (account, expected) in inner.accounts().iter().zip(accounts) {
                    assert_eq!(account.address, expected.address, "{}", case.name);
                    assert_eq!(account.is_signer, expected.rights.contains('s'));
                    assert_eq!(account.is_writable, expected.rights.contains('w'));
                }
                assert_eq!(inner.accounts().len(), accounts.len());
                let instructions = hex::encode(inner.to_bytes());
                assert_eq!(Some(&instructions), case.instructions.as_ref());
                nonce.execute(&inner)
            }
        };
        assert_eq!(challenge, case.decode().challenge, "{}", case.name);
    }
}

#[test]
fn addresses_follow_from_the_key_alone() {
    for case in known().cases {
        let account = passkey_account(&case.decode().key);
        let expected = Derived {
            address: case.passkey_account,
            bump: case.passkey_bump,
        };
        assert_eq!(account, expected, "{}", case.name);
        let expected = Derived {
            address: case.execution_account,
            bump: case.execution_bump,
        };
        assert_eq!(execution_account(&account.address), expected);
    }
}

#[test]
fn accepts_what_real_authenticators_signed() {
    let known = known();
    for case in &known.cases {
        let decoded = case.decode();
        let rebuilt = decoded.assertion().rebuild(&decoded.expect(&known.rp_id));
        let rebuilt = rebuilt.expect(&case.name);
        assert_eq!(hex::encode(rebuilt.shape.to_bytes()), case.shape);
        assert_eq!(rebuilt.sign_count, case.sign_count);
        assert!(rebuilt.user_verified);
        assert_eq!(rebuilt.rp_id.as_str(), known.rp_id);

        let signed = decoded.signed();
        assert_eq!(signed.public_key, decoded.key);
        assert_eq!(hex::encode(signed.signature), case.low_s, "{}", case.name);
        assert_eq!(signed.message, decoded.assertion().message());
        let low = LowS::from_der(&decoded.signature).unwrap();
        assert_eq!(*low.as_bytes(), signed.signature);
    }
}

#[test]
fn the_key_is_among_the_two_that_are_recovered() {
    for case in known().cases {
        let decoded = case.decode();
        let candidates = decoded.assertion().candidates().unwrap();
        assert_ne!(candidates[0], candidates[1]);
        assert!(candidates.contains(&decoded.key), "{}", case.name);
        for key in candidates {
            assert!(decoded.assertion().signed_by(&key).is_ok(), "by either");
        }
    }
}

#[test]
fn refuses_a_signature_over_anything_else_or_by_another_key() {
    let cases = known().cases;
    for case in &cases {
        let decoded = case.decode();
        let other = cases.iter().map(|other| other.decode().key);
        for key in other.filter(|key| *key != decoded.key) {
            let refused = decoded.assertion().signed_by(&key);
            assert_eq!(refused, Err(SignatureRejection::Mismatch));
        }
        let mut changed = case.decode();
        changed.authenticator_data[33] ^= 1;
        let refused = changed.assertion().signed_by(&changed.key);
        assert_eq!(refused, Err(SignatureRejection::Mismatch));
        assert_ne!(
            changed.assertion().candidates(),
            decoded.assertion().candidates()
        );

        let mut changed = case.decode();
        changed.signature.push(0);
        let refused = changed.assertion().signed_by(&changed.key);
        assert_eq!(refused, Err(SignatureRejection::Malformed));
        let refused = changed.assertion().candidates();
        assert_eq!(refused, Err(SignatureRejection::Malformed));
    }
    let decoded = cases[0].decode();
    let nowhere = CompressedKey::from_bytes([2; 33]).map(|key| decoded.assertion().signed_by(&key));
    assert!(matches!(
        nowhere,
        Ok(Err(SignatureRejection::Key | SignatureRejection::Mismatch))
    ));
}

#[test]
fn refuses_a_counter_that_does_not_grow() {
    let known = known();
    let counting = known.cases.iter().find(|case| case.sign_count == 29);
    let decoded = counting.unwrap().decode();
    let rebuild = |counter| {
        let expect = Expect {
            counter,
            ..decoded.expect(&known.rp_id)
        };
        decoded.assertion().rebuild(&expect).map(|_| ())
    };
    assert_eq!(rebuild(28), Ok(()));
    let refused = TemplateRejection::Counter {
        stored: 29,
        found: 29,
    };
    assert_eq!(rebuild(29), Err(refused));
    assert_eq!(refused.program_error(), None, "the program panics");
}

#[test]
fn refuses_another_relying_party_or_challenge() {
    let known = known();
    for case in &known.cases {
        let decoded = case.decode();
        let other_party = decoded
            .assertion()
            .rebuild(&decoded.expect("passkeys-debugger.io"));
        assert_eq!(other_party, Err(TemplateRejection::RpIdHash));
        let mut expect = decoded.expect(&known.rp_id);
        expect.challenge = &[0; 32];
        let other_challenge = decoded.assertion().rebuild(&expect).unwrap_err();
        assert_eq!(other_challenge, TemplateRejection::Challenge);
        assert_eq!(
            other_challenge.program_error(),
            Some(ProgramError::ClientDataHash)
        );
    }
}

#[test]
fn whole_transactions_fit_into_a_packet_and_are_read_back() {
    let known = known();
    let nonce = nonce(&known);
    let slot = TruncatedSlot::of(known.slot);
    for case in &known.cases {
        let decoded = case.decode();
        let rebuilt = decoded.assertion().rebuild(&decoded.expect(&known.rp_id));
        let rebuilt = rebuilt.unwrap();
        let (account, public_key) = (case.passkey_account, decoded.key);
        let call = match case.purpose {
            Purpose::Initialise => Initialise {
                account,
                payer: nonce.signer,
                slot,
                rp_id: rebuilt.rp_id,
                public_key,
                shape: rebuilt.shape,
                session: None,
            }
            .instruction(),
            Purpose::Refresh => Refresh {
                account,
                nonce_signer: nonce.signer,
                slot,
                public_key,
                shape: rebuilt.shape,
                session: case.session().unwrap(),
            }
            .instruction(),
            Purpose::Execute => Execute {
                account,
                nonce_signer: nonce.signer,
                slot,
                public_key,
                shape: rebuilt.shape,
                signer: SignerScheme::ExecutionAccount,
                inner: inner(nonce.signer, case.execution_account),
            }
            .instruction(),
        };
        let wanted = [decoded.signed().instruction().unwrap(), call];
        let message = Message::compile(Version::V0, nonce.signer, &wanted, [7; 32]).unwrap();
        if case.purpose == Purpose::Execute {
            let inner = inner(nonce.signer, case.execution_account);
            assert_eq!(inner.clone().as_seen_in(&message), inner, "no surprise");
        }
        let transaction = Transaction::unsigned(message);
        let packet = transaction.to_packet().expect(&case.name);
        let read = Transaction::parse(&packet).unwrap();
        let first = &read.message().instructions()[0];
        assert_eq!(read.message().program(first), Some(&program::SECP256R1));
        assert_eq!(SignedMessage::parse(&first.data), Ok(decoded.signed()));
        assert_eq!(read, transaction);
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Addresses {
    #[serde(rename = "about")]
    _about: String,
    cases: Vec<AddressCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddressCase {
    program: Address,
    seeds: Vec<String>,
    bump: Option<u8>,
    address: Address,
}

#[test]
fn derives_the_addresses_that_others_derive() {
    let cases = vectors::read::<Addresses>("solana/derived-addresses.json").cases;
    assert_eq!(cases.len(), 31);
    for AddressCase {
        program,
        seeds,
        bump,
        address,
    } in cases
    {
        let seeds: Vec<_> = seeds.iter().map(|it| hex::decode(it).unwrap()).collect();
        let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
        let Some(bump) = bump else {
            assert_eq!(derive_with(&seeds, &program), Ok(address));
            continue;
        };
        assert_eq!(derive(&seeds, &program), Ok(Derived { address, bump }));
        let exactly = |bump: u8| derive_with(&[&seeds[..], &[&[bump]]].concat(), &program);
        assert_eq!(exactly(bump), Ok(address));
        for above in (bump..=u8::MAX).skip(1) {
            assert_eq!(exactly(above), Err(SeedsError::OnCurve));
        }
    }
}
