//! The walk of commands on tenants, from a call to what is recorded, without HTTP around it.

mod chain;
mod hostile;
mod sessions;
mod signing;
mod support;
mod two_servers;

use engine::tenants::{Answer, Failure, Options};
use rules::tenant::{Command, EventKind, Least, Purpose, Refusal, State, Which};
use serde_json::json;

use support::{Bank, NOBODY, PAGE, payment};

#[tokio::test(flavor = "multi_thread")]
async fn somebody_registers_and_logs_in() {
    let bank = Bank::open().await;
    let alice = bank.register("alice", Purpose::Passkey).await;
    let challenge = bank.begin_login(None).await;
    let token = bank.finish_login(false, &alice, &challenge, "alice").await;
    let claims = support::claims(&token.unwrap());
    assert_eq!(claims["sub"], "alice");
    assert_eq!(claims["use"], "login");
    assert_eq!(claims["aud"], json!(["bank.example"]));
    let again = bank.finish_login(false, &alice, &challenge, "alice").await;
    assert_eq!(
        again,
        Err(Refusal::ChallengeUnknown),
        "a challenge is spent"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn t29_a_challenge_is_finished_as_what_it_was_begun_as_or_burnt() {
    let bank = Bank::open().await;
    let alice = bank.register("alice", Purpose::Passkey).await;
    let factor = bank.register("alice", Purpose::Mfa).await;
    let challenge = bank.begin_login(None).await;
    let as_factor = bank.finish_login(true, &alice, &challenge, "alice").await;
    assert_eq!(as_factor, Err(Refusal::ChallengeUnknown));
    let late = bank.finish_login(false, &alice, &challenge, "alice").await;
    assert_eq!(late, Err(Refusal::ChallengeUnknown), "the attempt burnt it");
    let challenge = bank.begin_login(None).await;
    let second = bank.finish_login(false, &factor, &challenge, "alice").await;
    assert_eq!(
        second,
        Err(Refusal::CredentialNotFound),
        "no second factor logs in"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn t28_of_a_hundred_equal_answers_one_gets_a_token() {
    let bank = Bank::open().await;
    let alice = bank.register("alice", Purpose::Passkey).await;
    let challenge = bank.begin_login(None).await;
    let answers = (0..100).map(|_| bank.finish_login(false, &alice, &challenge, "alice"));
    let answers = futures_util::future::join_all(answers).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_confirmed_and_consumed_once() {
    let bank = Bank::open().await;
    let alice = bank.register("alice", Purpose::Passkey).await;
    let begun = bank.begin_payment("pay-1", "12.34").await.unwrap();
    let Some(Options::Request(options)) = &begun.options else {
        panic!("options are expected, not {begun:?}");
    };
    let confirmed = bank
        .confirm("pay-1", &alice, &options.challenge, "alice")
        .await;
    let (transaction, token) = confirmed.unwrap();
    let claims = support::claims(&token);
    assert_eq!(claims["trans"], "pay-1");
    assert_eq!(claims["txd"], transaction.terms.digest);
    let again = bank
        .confirm("pay-1", &alice, &options.challenge, "alice")
        .await;
    assert_eq!(support::claims(&again.unwrap().1)["jti"], claims["jti"]);

    let other = bank.consume("pay-1", payment("12.35")).await;
    assert_eq!(other.unwrap_err(), Refusal::PaymentMismatch);
    assert!(bank.consume("pay-1", payment("12.34")).await.is_ok());
    let twice = bank.consume("pay-1", payment("12.34")).await;
    assert_eq!(twice.unwrap_err(), Refusal::AlreadyConsumed);

    let receipt = bank.receipt("pay-1").await;
    let verified = bank.check_receipt(&receipt);
    assert_eq!(verified.unwrap(), "pay-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_failed_attempts_block_a_payment() {
    let bank = Bank::open().await;
    let alice = bank.register("alice", Purpose::Passkey).await;
    bank.begin_payment("pay-1", "1.00").await.unwrap();
    for left in (0..5).rev() {
        let renewed = bank.renew("pay-1").await.unwrap();
        let Some(Options::Request(options)) = renewed.options else {
            panic!("options are expected");
        };
        let wrong = bank
            .confirm_on("pay-1", &alice, &options.challenge, "https://evil.example")
            .await;
        assert!(matches!(wrong.unwrap_err(), Refusal::NotBelieved(_)));
        let now = bank.transaction("pay-1").await;
        assert_eq!(now.terms.attempts_left, left);
    }
    let renewed = bank.renew("pay-1").await;
    assert_eq!(renewed.unwrap_err(), Refusal::TransactionIs(State::Blocked));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_told_nothing_and_leaves_nothing() {
    let bank = Bank::open().await;
    let refused = bank
        .ask(
            NOBODY,
            Least::Bearer,
            Command::CancelTransaction {
                which: Which::Identifier("pay-1".to_owned()),
            },
        )
        .await;
    assert!(matches!(refused, Err(Failure::NotProven)), "{refused:?}");
    let login = bank.begin_login(None).await;
    assert_eq!(login.len(), 32);
    let events = bank.events().await;
    assert_eq!(events, [EventKind::TenantCreated]);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_stay_in_the_audit_log() {
    let bank = Bank::open().await;
    let alice = bank.register("alice", Purpose::Passkey).await;
    let challenge = bank.begin_login(None).await;
    let wrong = bank
        .finish_login(
            false,
            &alice.on("https://evil.example"),
            &challenge,
            "alice",
        )
        .await;
    assert!(matches!(wrong, Err(Refusal::NotBelieved(_))), "{wrong:?}");
    let events = bank
        .reader()
        .await
        .events(Default::default(), PAGE)
        .await
        .unwrap();
    let failed = &events.items[0];
    assert_eq!(failed.audit_type(), "webauthn_authentication_final_failed");
    assert!(
        failed.error.as_deref().unwrap().starts_with("origin_"),
        "{:?}",
        failed.error
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_signs_is_joined_by_its_successor() {
    let bank = Bank::open().await;
    let alice = bank.register("alice", Purpose::Passkey).await;
    let first = bank.login(&alice).await;
    let made = bank
        .operate(Command::CreateTokenKey {
            name: "next".to_owned(),
        })
        .await;
    let Answer::TokenKey(next) = made.unwrap() else {
        panic!("a key is expected");
    };
    let second = bank.login(&alice).await;
    assert_eq!(support::header(&second)["kid"], json!(next.id));
    assert_ne!(
        support::header(&first)["kid"],
        support::header(&second)["kid"]
    );
    let tenant = bank.engine.tenant(bank.tenant).await.unwrap().unwrap();
    assert_eq!(
        tenant.token_keys.len(),
        2,
        "tokens of the first still verify"
    );
}
