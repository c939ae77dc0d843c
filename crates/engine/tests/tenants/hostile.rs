//! What people with bad intentions, or bad luck, try at the walk.

use engine::tenants::{Answer, Failure};
use rules::tenant::{Command, EventKind, Least, Method, Purpose, Refusal, State, Which};
use serde_json::json;
use verify::webauthn::Rejection;
use wire::id::TransactionId;
use wire::tenants::Payment;

use crate::support::{self, Bank, Customer, NOBODY, PAGE, challenge_of};

/// A UUID whose bytes spell somebody else's id.
const UUID: &str = "73697874-6565-6e2d-6279-7465732d6964";
const ITS_BYTES: &str = "sixteen-bytes-id";

#[tokio::test(flavor = "multi_thread")]
async fn t44_a_login_begun_for_one_user_is_not_finished_by_one_whose_uuid_spells_them() {
    let bank = Bank::open().await;
    bank.register(ITS_BYTES, Purpose::Passkey).await;
    let mallory = bank.register(UUID, Purpose::Passkey).await;
    for mfa in [false, true] {
        let challenge = bank.begin_login_of(mfa, ITS_BYTES).await;
        let done = bank
            .finish_login(mfa, &mallory, &challenge, ITS_BYTES)
            .await;
        let refused = Refusal::NotBelieved(Rejection::CredentialWrongUser);
        assert_eq!(done, Err(refused), "mfa: {mfa}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_that_tells_a_uuid_as_bytes_works_wherever_its_user_is_named() {
    let bank = Bank::open().await;
    let moved = bank.register(UUID, Purpose::Passkey).await;
    let challenge = bank.begin_login_of(false, UUID).await;
    let done = bank
        .finish_login(false, &moved, &challenge, ITS_BYTES)
        .await;
    assert_eq!(support::claims(&done.unwrap())["sub"], UUID);

    let begun = bank.begin_payment_of(UUID, "pay-1", "1.00").await.unwrap();
    let challenge = challenge_of(&begun);
    let done = bank.confirm("pay-1", &moved, &challenge, ITS_BYTES).await;
    assert_eq!(support::claims(&done.unwrap().1)["sub"], UUID);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_a_challenge_that_is_void_costs_no_attempt_and_burns_nothing() {
    let bank = Bank::open().await;
    let alice = bank.register("alice", Purpose::Passkey).await;
    let mallory = bank.register("mallory", Purpose::Passkey).await;
    let void = challenge_of(&bank.begin_payment("pay-1", "1.00").await.unwrap());
    let open = challenge_of(&bank.renew("pay-1").await.unwrap());
    for who in [&alice, &mallory] {
        let late = bank.confirm("pay-1", who, &void, "alice").await;
        assert_eq!(late.unwrap_err(), Refusal::ChallengeUnknown);
    }
    assert_eq!(bank.transaction("pay-1").await.terms.attempts_left, 5);
    let done = bank.confirm("pay-1", &alice, &open, "alice").await;
    assert!(done.is_ok(), "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_only_the_link_fills_no_log_by_telling_an_answer_again() {
    let bank = Bank::open().await;
    let alice = bank.register("alice", Purpose::Passkey).await;
    let begun = bank.begin_payment("pay-1", "1.00").await.unwrap();
    let (link, challenge) = (begun.transaction.id, challenge_of(&begun));
    let first = confirm_by_link(&bank, link, &alice, &challenge).await;
    let before = bank.events().await;
    for _ in 0..3 {
        let again = confirm_by_link(&bank, link, &alice, &challenge).await;
        assert_eq!(again, first, "the same token every time");
    }
    assert_eq!(bank.events().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_confirmed_for_the_rp_id_it_was_begun_for_and_no_other() {
    let bank = Bank::open().await;
    let alice = bank.register("alice", Purpose::Passkey).await;
    let begun = bank.begin_payment("pay-1", "1.00").await.unwrap();
    let open = challenge_of(&begun);
    let mut config = support::config();
    config.webauthn.relying_party.id = "example".to_owned();
    let config = Box::new(config);
    bank.operate(Command::ConfigureTenant { config })
        .await
        .unwrap();

    let elsewhere = bank
        .confirm("pay-1", &alice.of("example"), &open, "alice")
        .await;
    let refused = Refusal::NotBelieved(Rejection::RpIdHashMismatch);
    assert_eq!(elsewhere.unwrap_err(), refused);
    let open = challenge_of(&bank.renew("pay-1").await.unwrap());
    let (_, token) = bank.confirm("pay-1", &alice, &open, "alice").await.unwrap();
    assert_eq!(support::claims(&token)["aud"][0], "bank.example");
    let receipt = bank.receipt("pay-1").await;
    assert_eq!(bank.check_receipt(&receipt).unwrap(), "pay-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn t77_a_registration_begun_before_a_user_was_deleted_does_not_bring_them_back() {
    let bank = Bank::open().await;
    bank.register("alice", Purpose::Passkey).await;
    let challenge = bank.begin_registration("alice", Purpose::Passkey).await;
    let id = bank.reader().await.user("alice").await.unwrap().unwrap().id;
    bank.operate(Command::DeleteUser { id }).await.unwrap();
    let done = bank.finish_registration(&challenge, Purpose::Passkey).await;
    assert_eq!(done.map(|_| ()), Err(Refusal::UserNotFound));
    assert_eq!(bank.reader().await.user("alice").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_login_is_about_the_user_whose_passkey_it_names() {
    let bank = Bank::open().await;
    let alice = bank.register("alice", Purpose::Passkey).await;
    let challenge = bank.begin_login(None).await;
    let elsewhere = alice.on("https://evil.example");
    let wrong = bank
        .finish_login(false, &elsewhere, &challenge, "alice")
        .await;
    assert!(wrong.is_err());
    let reader = bank.reader().await;
    let events = reader.events(Default::default(), PAGE).await.unwrap();
    assert_eq!(events.items[0].kind, EventKind::AuthenticationFinal);
    assert_eq!(events.items[0].user_id.as_deref(), Some("alice"));
}

#[tokio::test(flavor = "multi_thread")]
async fn t105_no_token_is_in_what_debug_prints() {
    let bank = Bank::open().await;
    let alice = bank.register("alice", Purpose::Passkey).await;
    let begun = bank.begin_payment("pay-1", "1.00").await.unwrap();
    let (link, challenge) = (begun.transaction.id, challenge_of(&begun));
    let command = bank.confirmation(Which::Link(link), &alice, &challenge);
    let done = bank.ask(NOBODY, Least::Nobody, command).await.unwrap();
    let Ok(Answer::Transaction(told)) = &done else {
        panic!("a transaction is expected");
    };
    let token = told.token.clone().unwrap();
    assert!(!format!("{done:?}").contains(&token));
    let token = bank.login(&alice).await;
    assert!(!format!("{:?}", Answer::Token(token.clone())).contains(&token));
}

#[tokio::test(flavor = "multi_thread")]
async fn t82_a_link_is_of_no_use_with_another_tenant() {
    let (bank, other) = Bank::open_two().await;
    let alice = bank.register("alice", Purpose::Passkey).await;
    other.register("alice", Purpose::Passkey).await;
    let begun = bank.begin_payment("pay-1", "1.00").await.unwrap();
    let which = Which::Link(begun.transaction.id);
    let cancel = Command::CancelTransaction {
        which: which.clone(),
    };
    let refused = other.ask(NOBODY, Least::Nobody, cancel).await;
    let unknown = Refusal::TransactionNotFound;
    assert!(matches!(refused, Err(Failure::Unbelieved(why)) if why == unknown));
    let command = other.confirmation(which, &alice, &challenge_of(&begun));
    let refused = other.ask(NOBODY, Least::Nobody, command).await;
    let unknown = Refusal::ChallengeUnknown;
    assert!(matches!(refused, Err(Failure::Unbelieved(why)) if why == unknown));
    let now = bank.transaction("pay-1").await;
    assert_eq!(now.state(bank.engine.clock().now()), State::Pending);
}

#[tokio::test(flavor = "multi_thread")]
async fn t26_who_has_not_proven_enough_burns_nothing() {
    let bank = Bank::open().await;
    let alice = bank.register("alice", Purpose::Mfa).await;
    let challenge = bank.begin_login_of(true, "alice").await;
    let command = Command::FinishLogin {
        mfa: true,
        response: support::answer(&alice, &challenge, "alice"),
    };
    let refused = bank.ask(NOBODY, Least::Nobody, command).await;
    let not_proven = Refusal::NotProven;
    assert!(matches!(refused, Err(Failure::Unbelieved(why)) if why == not_proven));
    let done = bank.finish_login(true, &alice, &challenge, "alice").await;
    assert!(done.is_ok(), "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn t64_of_a_hundred_equal_beginnings_one_makes_the_transaction() {
    let bank = Bank::open().await;
    bank.register("alice", Purpose::Passkey).await;
    let command = Command::BeginTransaction {
        transaction_id: "tx-1".to_owned(),
        user_id: "alice".to_owned(),
        data: "{}".to_owned(),
    };
    let ask = || bank.ask(Some(&bank.key), Least::Bearer, command.clone());
    let answers = futures_util::future::join_all((0..100).map(|_| ask())).await;
    let made = answers.iter().filter(|answer| matches!(answer, Ok(Ok(_))));
    assert_eq!(made.count(), 1);
    let taken = Refusal::TransactionExists;
    let refused = answers
        .iter()
        .filter(|answer| matches!(answer, Ok(Err(why)) if *why == taken));
    assert_eq!(refused.count(), 99);
}

#[tokio::test(flavor = "multi_thread")]
async fn t65_a_browser_is_not_asked_to_show_a_name_that_turns_around() {
    let bank = Bank::open().await;
    bank.register("alice", Purpose::Payment).await;
    let begin = |id: &str, payee: &str, card: &str| {
        let payment = json!({ "amount": "1.00", "currency": "EUR", "payee": { "name": payee } });
        let terms = json!({
            "callerOrigin": "https://bank.example", "topOrigin": "https://bank.example",
            "instrument": { "displayName": card, "icon": "data:i" },
        });
        Command::BeginPayment {
            transaction_id: id.to_owned(),
            user_id: "alice".to_owned(),
            payment: Payment::from_value(&payment).unwrap(),
            method: Method::SecurePaymentConfirmation(serde_json::from_value(terms).unwrap()),
            expires_in_seconds: 300,
            return_url: None,
        }
    };
    for (id, payee, card, is_welcome) in [
        ("pay-1", "Bücher", "Card", true),
        ("pay-2", "مكتبة", "Card", true),
        ("pay-3", "\u{202e}pohS", "Card", false),
        ("pay-4", "Bücher", "Card \u{2066}12", false),
    ] {
        let command = begin(id, payee, card);
        let begun = bank.ask(Some(&bank.key), Least::Bearer, command).await;
        match begun.unwrap() {
            Ok(_) => assert!(is_welcome, "{id}"),
            Err(Refusal::Invalid(_)) => assert!(!is_welcome, "{id}"),
            Err(other) => panic!("{id}: {other}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t79_what_a_request_says_is_kept_at_a_length_that_is_bounded() {
    let bank = Bank::open().await;
    let command = Command::BeginLogin {
        mfa: false,
        user_id: Some("é".repeat(30_000)),
    };
    let refused = bank.ask(Some(&bank.key), Least::Bearer, command).await;
    assert!(matches!(refused, Ok(Err(Refusal::UserNotFound))));
    let long = "x".repeat(30_000);
    let told = json!({
        "response": { "transports": vec![long.as_str(); 20] },
        "authenticatorAttachment": long,
    });
    let challenge = bank.begin_registration("alice", Purpose::Passkey).await;
    let purpose = Purpose::Passkey;
    bank.finish_registration_telling(&challenge, purpose, &told)
        .await
        .unwrap();

    let reader = bank.reader().await;
    let events = reader.events(Default::default(), PAGE).await.unwrap();
    for event in events.items {
        assert!(format!("{event:?}").len() < 2_000, "{:?}", event.kind);
    }
    let keys = reader.credentials(None, PAGE, true).await.unwrap();
    assert!(keys.items[0].transports.is_empty());
}

async fn confirm_by_link(
    bank: &Bank,
    link: TransactionId,
    customer: &Customer,
    challenge: &[u8],
) -> String {
    let command = bank.confirmation(Which::Link(link), customer, challenge);
    let done = bank.ask(NOBODY, Least::Nobody, command).await.unwrap();
    let Ok(Answer::Transaction(told)) = done else {
        panic!("a transaction is expected, not {done:?}");
    };
    told.token.unwrap()
}
