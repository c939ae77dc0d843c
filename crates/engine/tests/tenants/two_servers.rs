//! Two servers on one database, each remembering what the other has changed.

use engine::tenants::{Answer, Failure};
use rules::tenant::{Command, Least, Purpose, Refusal, Which};
use store::Location;
use testkit::postgres::Cluster;

use crate::support::{self, Bank, Customer, NOBODY, challenge_of, payment};

/// One test, so that the database starts once.
#[tokio::test(flavor = "multi_thread")]
async fn what_one_server_remembers_the_other_may_have_changed() {
    let mut cluster = Cluster::start();
    let mut place = || Location::Postgres(cluster.database());
    t47_a_key_that_was_revoked_opens_nothing(Bank::open_on_two_servers(&place()).await).await;
    t28_one_answer_on_both_is_one_confirmation(Bank::open_on_two_servers(&place()).await).await;
    void_challenges_are_void_on_both(Bank::open_on_two_servers(&place()).await).await;
    t68_a_confirmation_is_taken_once(Bank::open_on_two_servers(&place()).await).await;
    who_is_gone_is_gone_on_both(Bank::open_on_two_servers(&place()).await).await;
}

async fn t47_a_key_that_was_revoked_opens_nothing((first, second): (Bank, Bank)) {
    let alice = second.register("alice", Purpose::Passkey).await;
    let made = first
        .operate(Command::CreateTokenKey {
            name: "next".to_owned(),
        })
        .await;
    let Ok(Answer::TokenKey(key)) = made else {
        panic!("a key is expected");
    };
    // Who fetches keys from the second finds the one that the first signs with.
    let tenant = second.engine.tenant_as_stored(second.tenant).await.unwrap();
    assert_eq!(tenant.unwrap().signing_key().unwrap().id, key.id);
    let token = second.login(&alice).await;
    assert_eq!(support::header(&token)["kid"], key.id.to_string());

    let secret = first.reader().await.tenant().secrets[0].id;
    first
        .operate(Command::DeleteSecret { id: secret })
        .await
        .unwrap();
    let which = Which::Identifier("pay-1".to_owned());
    for command in [
        Command::CancelTransaction { which },
        Command::BeginLogin {
            mfa: true,
            user_id: Some("alice".to_owned()),
        },
    ] {
        let refused = second.ask(Some(&second.key), Least::Bearer, command).await;
        assert!(matches!(refused, Err(Failure::NotProven)), "{refused:?}");
    }
    assert!(second.try_reader().await.is_err());
}

async fn t28_one_answer_on_both_is_one_confirmation((first, second): (Bank, Bank)) {
    let alice = first.register("alice", Purpose::Passkey).await;
    let challenge = challenge_of(&first.begin_payment("pay-1", "1.00").await.unwrap());
    let banks = (0..40).map(|n| if n % 2 == 0 { &first } else { &second });
    let answers = banks.map(|bank| bank.confirm("pay-1", &alice, &challenge, "alice"));
    let answers = futures_util::future::join_all(answers).await;
    let mut names: Vec<_> = answers
        .into_iter()
        .map(|answer| support::claims(&answer.unwrap().1)["jti"].to_string())
        .collect();
    names.dedup();
    assert_eq!(names.len(), 1, "one event, however often it is told");

    let challenge = first.begin_login(None).await;
    let banks = (0..40).map(|n| if n % 2 == 0 { &first } else { &second });
    let answers = banks.map(|bank| bank.finish_login(false, &alice, &challenge, "alice"));
    let answers = futures_util::future::join_all(answers).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
}

async fn void_challenges_are_void_on_both((first, second): (Bank, Bank)) {
    let alice = first.register("alice", Purpose::Passkey).await;
    let void = challenge_of(&second.begin_payment("pay-1", "1.00").await.unwrap());
    let open = challenge_of(&first.renew("pay-1").await.unwrap());
    let late = second.confirm("pay-1", &alice, &void, "alice").await;
    assert_eq!(late.unwrap_err(), Refusal::ChallengeUnknown);
    // What the first burns is burnt for the second, which has it in memory.
    let warm = challenge_of(&second.renew("pay-1").await.unwrap());
    let wrong = first
        .confirm_on("pay-1", &alice, &warm, "https://evil.example")
        .await;
    assert!(matches!(wrong.unwrap_err(), Refusal::NotBelieved(_)));
    for challenge in [&open, &warm] {
        let late = second.confirm("pay-1", &alice, challenge, "alice").await;
        assert_eq!(late.unwrap_err(), Refusal::ChallengeUnknown);
    }
    assert_eq!(second.transaction("pay-1").await.terms.attempts_left, 4);
}

async fn t68_a_confirmation_is_taken_once((first, second): (Bank, Bank)) {
    let alice = first.register("alice", Purpose::Passkey).await;
    let challenge = challenge_of(&first.begin_payment("pay-1", "1.00").await.unwrap());
    second
        .confirm("pay-1", &alice, &challenge, "alice")
        .await
        .unwrap();
    let banks = (0..40).map(|n| if n % 2 == 0 { &first } else { &second });
    let takings = banks.map(|bank| bank.consume("pay-1", payment("1.00")));
    let takings = futures_util::future::join_all(takings).await;
    assert_eq!(takings.iter().filter(|taken| taken.is_ok()).count(), 1);
}

async fn who_is_gone_is_gone_on_both((first, second): (Bank, Bank)) {
    let alice = second.register("alice", Purpose::Passkey).await;
    second.login(&alice).await;
    let begun = second.begin_payment("pay-1", "1.00").await.unwrap();
    let (link, open) = (begun.transaction.id, challenge_of(&begun));
    let login = second.begin_login_of(false, "alice").await;
    let id = first
        .reader()
        .await
        .user("alice")
        .await
        .unwrap()
        .unwrap()
        .id;
    first.operate(Command::DeleteUser { id }).await.unwrap();
    let done = second.finish_login(false, &alice, &login, "alice").await;
    assert_eq!(done, Err(Refusal::CredentialNotFound));
    let done = second.confirm("pay-1", &alice, &open, "alice").await;
    assert_eq!(done.unwrap_err(), Refusal::ChallengeUnknown);
    assert_eq!(second.engine.linked(link).await.unwrap(), None);

    let bob: Customer = second.register("bob", Purpose::Passkey).await;
    let login = second.begin_login(None).await;
    first.operate(Command::DeleteTenant).await.unwrap();
    let command = Command::FinishLogin {
        mfa: false,
        response: support::answer(&bob, &login, "bob"),
    };
    let refused = second.ask(NOBODY, Least::Nobody, command).await;
    assert!(matches!(refused, Err(Failure::NoTenant)), "{refused:?}");
}
