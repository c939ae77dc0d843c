//! Documents that passkeys sign for accounts on an EVM.

use engine::tenants::{Answer, Failure, OpenedSigning, SignedDocument};
use rules::tenant::signing::{AskedSigning, DaimoKey, Document, SmartAccount};
use rules::tenant::{Command, EventKind, Least, Refusal, SessionAction, SessionAnswer};
use serde_json::json;
use testkit::authenticator::Passkey;
use verify::evm::EvmRejection;
use verify::webauthn::Rejection;
use wire::encoding::{base64url, hex};
use wire::environment::Environment;
use wire::evm::EntryPointVersion;

use crate::sessions::{bind, open, passkey};
use crate::support::{Bank, NOBODY, PAGE};

const DAIMO: SmartAccount = SmartAccount::DaimoV1(DaimoKey {
    key_slot: 3,
    valid_until: 1_900_000_000,
});

fn operation() -> Document {
    let rows: Vec<serde_json::Value> = testkit::vectors::read("payload/user-operations.json");
    Document::UserOperation {
        text: rows[0]["user_operation"].as_str().unwrap().to_owned(),
        version: EntryPointVersion::V0_6,
        entry_point: EntryPointVersion::V0_6.address(),
    }
}

/// A bank where the passkey has an account.
async fn bank() -> Bank {
    let bank = Bank::open().await;
    give_account(&bank).await;
    bank
}

async fn give_account(bank: &Bank) {
    let opened = open(bank, SessionAction::Create, 900).await;
    let bound = bind(bank, SessionAction::Create, &opened, &passkey(1), true).await;
    bound.unwrap();
}

async fn ask_for(bank: &Bank, account: SmartAccount, chain_id: u64) -> OpenedSigning {
    let command = Command::OpenSigning {
        environment: Environment::Sandbox,
        asked: Box::new(AskedSigning {
            account,
            chain_id,
            document: operation(),
        }),
        base_url: None,
        redirect_url: None,
        app_name: None,
    };
    let done = bank.ask(Some(&bank.key), Least::Bearer, command).await;
    match done.unwrap() {
        Ok(Answer::SigningOpened(opened)) => *opened,
        other => panic!("a page is expected, not {other:?}"),
    }
}

async fn sign(
    bank: &Bank,
    opened: &OpenedSigning,
    passkey: &Passkey,
    sign_count: u32,
) -> Result<SignedDocument, Refusal> {
    let made = passkey.assertion_with(&opened.challenge, |_, data| data.sign_count = sign_count);
    let command = Command::FinishSigning {
        answer: Box::new(SessionAnswer {
            client_data_json: made.client_data_json,
            authenticator_data: made.authenticator_data,
            signature: made.signature,
            public_key: None,
            credential_id: None,
        }),
    };
    match bank.ask(NOBODY, Least::Nobody, command).await {
        Ok(Ok(Answer::Signed(signed))) => Ok(*signed),
        Ok(Err(refusal)) | Err(Failure::Unbelieved(refusal)) => Err(refusal),
        other => panic!("a signature or a refusal is expected, not {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_event_keeps_all_that_a_third_party_needs_to_check_it_again() {
    let bank = bank().await;
    let opened = ask_for(&bank, DAIMO, 8453).await;
    assert_eq!(opened.challenge.len(), 39);
    let signed = sign(&bank, &opened, &passkey(1), 0).await.unwrap();
    let events = bank.reader().await.events(Default::default(), PAGE).await;
    let events = events.unwrap().items;
    let event = events
        .iter()
        .find(|event| event.kind == EventKind::PasskeySigned)
        .unwrap();
    assert_eq!(event.error, None);
    let detail = &event.detail;
    // What viem computes of this operation.
    let hash = "0x".to_owned() + &hex::encode(signed.terms.hash);
    assert_eq!(detail["hash"], hash);
    assert_eq!(detail["chain"], "eip155:8453");
    assert_eq!(detail["entryPointVersion"], "0.6");
    assert_eq!(
        detail["contract"],
        json!({ "family": "daimo-v1", "keySlot": 3, "validUntil": 1_900_000_000 })
    );
    assert_eq!(detail["document"], signed.terms.document.text());
    assert_eq!(detail["account"], json!(signed.account.address));
    let client = detail["assertion"]["clientDataJSON"].as_str().unwrap();
    let client = String::from_utf8(base64url::decode(client).unwrap()).unwrap();
    assert!(client.contains(&base64url::encode(&opened.challenge)));
    let opening = events
        .iter()
        .find(|event| event.kind == EventKind::SessionOpened && event.detail["action"] == "sign");
    assert_eq!(opening.unwrap().detail["hash"], hash);
}

#[tokio::test(flavor = "multi_thread")]
async fn t37_an_answer_that_was_given_before_is_not_taken_for_a_new_one() {
    let bank = bank().await;
    let passkey = passkey(1);
    let opened = ask_for(&bank, SmartAccount::Solady, 1).await;
    sign(&bank, &opened, &passkey, 5).await.unwrap();
    // The same document has the same challenge, so an old answer fits but for its counter.
    let opened = ask_for(&bank, SmartAccount::Solady, 1).await;
    let again = sign(&bank, &opened, &passkey, 5).await;
    assert_eq!(
        again.unwrap_err(),
        Refusal::NotBelieved(Rejection::SignCountNotIncreased)
    );
    let opened = ask_for(&bank, SmartAccount::Solady, 1).await;
    assert_eq!(
        sign(&bank, &opened, &passkey, 6)
            .await
            .unwrap()
            .account
            .sign_count,
        6
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_later_request_takes_the_place_of_the_earlier() {
    let bank = bank().await;
    let early = ask_for(&bank, SmartAccount::Solady, 1).await;
    let late = ask_for(&bank, SmartAccount::Coinbase { owner_index: 2 }, 1).await;
    assert_eq!(early.challenge, late.challenge);
    let signed = sign(&bank, &early, &passkey(1), 0).await.unwrap();
    assert_eq!(
        signed.terms.account,
        SmartAccount::Coinbase { owner_index: 2 }
    );
    let again = sign(&bank, &late, &passkey(1), 0).await;
    assert_eq!(again.unwrap_err(), Refusal::ChallengeUnknown);
    // On another chain it is another document.
    let other = ask_for(&bank, SmartAccount::Solady, 2).await;
    assert_ne!(other.challenge, early.challenge);
}

#[tokio::test(flavor = "multi_thread")]
async fn t29_only_the_tenants_own_passkeys_sign_for_it() {
    let (bank, other) = Bank::open_two().await;
    give_account(&bank).await;
    // The other tenant serves the same page, and the passkey is willing.
    let opened = ask_for(&other, SmartAccount::Solady, 1).await;
    let theirs = sign(&other, &opened, &passkey(1), 0).await;
    assert_eq!(theirs.unwrap_err(), Refusal::AccountUnknown);
    let stranger = ask_for(&bank, SmartAccount::Solady, 1).await;
    let refused = sign(&bank, &stranger, &passkey(2), 0).await;
    assert_eq!(refused.unwrap_err(), Refusal::AccountUnknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_contract_takes_is_refused_by_name_and_burns_the_challenge() {
    let bank = bank().await;
    let opened = ask_for(&bank, SmartAccount::OpenZeppelin, 1).await;
    let made = passkey(1).assertion_with(&opened.challenge, |_, data| data.flags = 0x01);
    let answer = || SessionAnswer {
        client_data_json: made.client_data_json.clone(),
        authenticator_data: made.authenticator_data.clone(),
        signature: made.signature.clone(),
        public_key: None,
        credential_id: None,
    };
    for expected in [
        Refusal::NotForContract(EvmRejection::UserVerification),
        Refusal::ChallengeUnknown,
    ] {
        let command = Command::FinishSigning {
            answer: Box::new(answer()),
        };
        match bank.ask(NOBODY, Least::Nobody, command).await {
            Ok(Err(refusal)) | Err(Failure::Unbelieved(refusal)) => assert_eq!(refusal, expected),
            other => panic!("a refusal is expected, not {other:?}"),
        }
    }
}
