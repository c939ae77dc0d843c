//! Passkey sessions, without a chain.

use engine::tenants::{Answer, Failure, OpenedSession};
use rules::tenant::{
    AskedKey, Command, EventKind, Least, PasskeyAccount, Refusal, SessionAction, SessionAnswer,
    SessionScope,
};
use testkit::authenticator::Passkey;
use wire::Timestamp;
use wire::environment::Environment;
use wire::solana::Address;

use crate::support::{Bank, NOBODY};

const ORIGIN: &str = "https://zegel.example";
const RP_ID: &str = "zegel.example";

/// The session key of the tests.
fn key(n: u8) -> Address {
    Address::from_bytes([n; 32])
}

pub fn passkey(n: u64) -> Passkey {
    Passkey::es256(n, RP_ID, ORIGIN)
}

/// SubjectPublicKeyInfo, as a browser tells it.
fn spki(passkey: &Passkey) -> Vec<u8> {
    let cose = passkey.public_key();
    let prefix = "3059301306072a8648ce3d020106082a8648ce3d03010703420004";
    let prefix = wire::encoding::hex::decode(prefix).unwrap();
    [&prefix[..], &cose[10..42], &cose[45..77]].concat()
}

pub async fn open(bank: &Bank, action: SessionAction, lifetime: u64) -> OpenedSession {
    let opened = try_open(bank, action, Some((key(1), lifetime)), None).await;
    opened.unwrap()
}

async fn try_open(
    bank: &Bank,
    action: SessionAction,
    key: Option<(Address, u64)>,
    base_url: Option<&str>,
) -> Result<OpenedSession, Refusal> {
    let command = Command::OpenSession {
        environment: Environment::Sandbox,
        action,
        key: key.map(|(key, expiration)| AskedKey {
            key,
            expiration,
            scope: SessionScope::default(),
        }),
        base_url: base_url.map(str::to_owned),
        redirect_url: None,
        app_name: Some("Wallet".to_owned()),
        account: None,
    };
    match bank
        .ask(Some(&bank.key), Least::Bearer, command)
        .await
        .unwrap()?
    {
        Answer::SessionOpened(opened) => Ok(*opened),
        other => panic!("a session is expected, not {other:?}"),
    }
}

pub async fn bind(
    bank: &Bank,
    action: SessionAction,
    opened: &OpenedSession,
    passkey: &Passkey,
    tells_key: bool,
) -> Result<PasskeyAccount, Refusal> {
    bind_telling(bank, action, opened, passkey, (tells_key, None)).await
}

async fn bind_telling(
    bank: &Bank,
    action: SessionAction,
    opened: &OpenedSession,
    passkey: &Passkey,
    (tells_key, credential_id): (bool, Option<Vec<u8>>),
) -> Result<PasskeyAccount, Refusal> {
    let made = passkey.assertion(&opened.challenge);
    let command = Command::BindSession {
        action,
        key: opened.terms.key.as_ref().map(|key| key.key),
        slot: Some(opened.terms.anchor.slot),
        answer: Box::new(SessionAnswer {
            client_data_json: made.client_data_json,
            authenticator_data: made.authenticator_data,
            signature: made.signature,
            public_key: tells_key.then(|| spki(passkey)),
            credential_id,
        }),
    };
    match bank.ask(NOBODY, Least::Nobody, command).await {
        Ok(Ok(Answer::SessionBound(account))) => Ok(*account),
        Ok(Err(refusal)) | Err(Failure::Unbelieved(refusal)) => Err(refusal),
        other => panic!("an account or a refusal is expected, not {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_told_is_kept_if_it_can_be_one() {
    let bank = Bank::open().await;
    for (length, kept) in [(1024, None), (1023, Some(1023)), (40_000, Some(1023))] {
        let opened = open(&bank, SessionAction::Create, 900).await;
        let told = (true, Some(vec![1; length]));
        let bound = bind_telling(&bank, SessionAction::Create, &opened, &passkey(1), told).await;
        let id = bound.unwrap().credential_id;
        assert_eq!(id.map(|id| id.len()), kept);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_and_later_found_by_its_signature_alone() {
    let bank = Bank::open().await;
    let opened = open(&bank, SessionAction::Create, 900).await;
    let made = bind(&bank, SessionAction::Create, &opened, &passkey(1), true).await;
    let made = made.unwrap();
    let session = made.session.unwrap();
    assert_eq!((session.key, session.lifetime_seconds), (key(1), 900));

    let opened = open(&bank, SessionAction::Auth, 60).await;
    let again = bind(&bank, SessionAction::Auth, &opened, &passkey(1), false).await;
    let again = again.unwrap();
    assert_eq!(again.address, made.address);
    assert_eq!(again.session.as_ref().unwrap().lifetime_seconds, 60);

    let opened = try_open(&bank, SessionAction::Find, None, None)
        .await
        .unwrap();
    let found = bind(&bank, SessionAction::Find, &opened, &passkey(1), false).await;
    assert_eq!(
        found.unwrap().session,
        again.session,
        "finding binds nothing"
    );
    let events = bank.events().await;
    assert!(events.contains(&EventKind::SessionBound) && events.contains(&EventKind::AccountFound));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_nobody_knows_has_no_account() {
    let bank = Bank::open().await;
    for tells_key in [true, false] {
        let opened = open(&bank, SessionAction::Auth, 900).await;
        let refused = bind(&bank, SessionAction::Auth, &opened, &passkey(2), tells_key).await;
        assert_eq!(refused.unwrap_err(), Refusal::AccountUnknown);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t49_the_session_key_is_in_what_is_signed() {
    let bank = Bank::open().await;
    let one = open(&bank, SessionAction::Create, 900).await;
    let other = try_open(&bank, SessionAction::Create, Some((key(2), 900)), None)
        .await
        .unwrap();
    assert_ne!(one.challenge, other.challenge);
    // An answer is bound to the session of its challenge, whatever key the caller repeats.
    let made = passkey(1).assertion(&one.challenge);
    let command = Command::BindSession {
        action: SessionAction::Create,
        key: Some(key(2)),
        slot: None,
        answer: Box::new(SessionAnswer {
            client_data_json: made.client_data_json,
            authenticator_data: made.authenticator_data,
            signature: made.signature,
            public_key: Some(spki(&passkey(1))),
            credential_id: None,
        }),
    };
    let refused = bank.ask(NOBODY, Least::Nobody, command).await.unwrap();
    assert_eq!(refused.unwrap_err(), Refusal::SessionMismatch("sessionKey"));
}

#[tokio::test(flavor = "multi_thread")]
async fn t28_of_a_hundred_equal_submissions_one_is_bound() {
    let bank = Bank::open().await;
    let opened = open(&bank, SessionAction::Create, 900).await;
    let passkey = passkey(1);
    let answers = (0..100).map(|_| bind(&bank, SessionAction::Create, &opened, &passkey, true));
    let answers = futures_util::future::join_all(answers).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn t30_a_challenge_lives_for_sixty_seconds() {
    for (passed_ms, is_good) in [(59_999, true), (60_000, false), (60_001, false)] {
        let bank = Bank::open().await;
        let opened = open(&bank, SessionAction::Create, 900).await;
        let then = bank.engine.clock().now().as_millis() + passed_ms;
        bank.engine.clock().set(Timestamp::from_millis(then));
        let bound = bind(&bank, SessionAction::Create, &opened, &passkey(1), true).await;
        assert_eq!(bound.is_ok(), is_good, "after {passed_ms} ms");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_finished_as_what_it_was_opened_for_or_burnt() {
    let bank = Bank::open().await;
    let opened = open(&bank, SessionAction::Create, 900).await;
    let refused = bind(&bank, SessionAction::Auth, &opened, &passkey(1), true).await;
    assert_eq!(refused.unwrap_err(), Refusal::ChallengeUnknown);
    let burnt = bind(&bank, SessionAction::Create, &opened, &passkey(1), true).await;
    assert_eq!(burnt.unwrap_err(), Refusal::ChallengeUnknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_would_bind_a_key_may_look_the_account_up_and_binds_nothing() {
    let bank = Bank::open().await;
    let opened = open(&bank, SessionAction::Create, 900).await;
    let made = bind(&bank, SessionAction::Create, &opened, &passkey(1), true).await;
    let first = made.unwrap().session;

    let asked = Some((key(2), 60));
    let opened = try_open(&bank, SessionAction::Auth, asked, None).await;
    let opened = opened.unwrap();
    let found = bind(&bank, SessionAction::Find, &opened, &passkey(1), false).await;
    let found = found.unwrap();
    assert_eq!(
        found.session, first,
        "the key that was asked for is unbound"
    );
    let stored = bank
        .reader()
        .await
        .passkey_account(Environment::Sandbox, found.address)
        .await;
    assert_eq!(stored.unwrap().unwrap().session, first);
    let events = bank.events().await;
    let bound = |kind: &&EventKind| **kind == EventKind::SessionBound;
    assert_eq!(events.iter().filter(bound).count(), 1, "{events:?}");
    assert!(events.contains(&EventKind::AccountFound));

    // What was signed for the key cannot bind it any more.
    let again = bind(&bank, SessionAction::Auth, &opened, &passkey(1), false).await;
    assert_eq!(again.unwrap_err(), Refusal::ChallengeUnknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_taken_for_no_more_than_its_session_was_opened_for() {
    for (opened, answered) in [
        (SessionAction::Find, SessionAction::Auth),
        (SessionAction::Find, SessionAction::Create),
        (SessionAction::Create, SessionAction::Find),
        (SessionAction::Create, SessionAction::Auth),
        (SessionAction::Auth, SessionAction::Create),
    ] {
        let bank = Bank::open().await;
        let session = open(&bank, SessionAction::Create, 900).await;
        bind(&bank, SessionAction::Create, &session, &passkey(1), true)
            .await
            .unwrap();
        let session = open(&bank, opened, 900).await;
        for action in [answered, opened] {
            let refused = bind(&bank, action, &session, &passkey(1), true).await;
            assert_eq!(
                refused.unwrap_err(),
                Refusal::ChallengeUnknown,
                "{action:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t50_pages_are_those_the_tenant_lists_and_ours() {
    let bank = Bank::open().await;
    let asked = |base: &'static str| {
        let bank = &bank;
        async move { try_open(bank, SessionAction::Create, None, Some(base)).await }
    };
    for ours in ["https://zegel.example", "https://zegel.example/"] {
        assert_eq!(asked(ours).await.unwrap().base_url, "https://zegel.example");
    }
    for other in [
        "https://evil.example",
        "https://zegel.example/other",
        "https://zegel.example@evil.example",
    ] {
        assert!(
            matches!(asked(other).await, Err(Refusal::Invalid(_))),
            "{other}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn auth_needs_a_session_key_that_ends() {
    let bank = Bank::open().await;
    let none = try_open(&bank, SessionAction::Auth, None, None).await;
    assert_eq!(none.unwrap_err(), Refusal::MissingSessionKey);
    for expiration in [0, 7_776_001] {
        let asked = Some((key(1), expiration));
        let refused = try_open(&bank, SessionAction::Auth, asked, None).await;
        assert!(matches!(refused, Err(Refusal::Invalid(_))), "{expiration}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_key_can_be_taken_away() {
    let bank = Bank::open().await;
    let opened = open(&bank, SessionAction::Create, 900).await;
    let made = bind(&bank, SessionAction::Create, &opened, &passkey(1), true)
        .await
        .unwrap();
    let revoke = Command::RevokeSession {
        environment: Environment::Sandbox,
        account: made.address,
    };
    let revoked = bank
        .ask(Some(&bank.key), Least::Bearer, revoke)
        .await
        .unwrap();
    let Ok(Answer::SessionBound(account)) = revoked else {
        panic!("an account is expected, not {revoked:?}");
    };
    assert!(account.session.unwrap().is_revoked);
    let stored = bank
        .reader()
        .await
        .passkey_account(Environment::Sandbox, made.address)
        .await
        .unwrap();
    let session = stored.unwrap().session.unwrap();
    assert!(!session.is_live(Timestamp::from_millis(0)));
}
