//! Two processes on one database, in front of which somebody spreads the requests.

use engine::tenants::Answer;
use futures_util::future::join_all;
use rules::tenant::Command;
use serde_json::{Value, json};
use testkit::Passkey;

use super::tokens::{claims, jwks, token, verified};
use super::{App, ORIGIN, RP_ID, challenge, payment};

/// Called where two servers can share a store.
pub async fn two_servers_know_one_tenant() {
    let one = App::new().await;
    let other = App {
        world: one.world.beside(),
        tenant: one.tenant,
        key: one.key.clone(),
    };
    a_ceremony_is_finished_wherever_it_was_begun(&one, &other).await;
    what_happens_once_happens_once_on_both(&one, &other).await;
    keys_are_known_and_forgotten_at_once(&one, &other).await;
    every_token_verifies_with_the_keys_of_either(&one, &other).await;
}

async fn a_ceremony_is_finished_wherever_it_was_begun(one: &App, other: &App) {
    let options = one.begin_registration("bob").await;
    let made = Passkey::es256(9, RP_ID, ORIGIN).attestation(&challenge(&options));
    let done = other.post_keyless("/registration/finalize", made.to_json());
    done.await.ok();
    let ada = one.register("ada", 1).await;
    for (begins, finishes) in [(one, other), (other, one)] {
        let options = begins.begin_login().await;
        let answer = ada.answer(&options);
        finishes.post_keyless("/login/finalize", answer).await.ok();
    }
    // What one has removed, the other does not know either, however warm its memory.
    let path = format!("/credentials/{}", ada.credential_id());
    let gone = one.call("DELETE", &path, Some(&one.key), None).await;
    assert_eq!(gone.status, 204);
    other
        .get(&path)
        .await
        .is_refused(404, "credential_not_found");
    other
        .log_in(&ada)
        .await
        .is_refused(401, "credential_not_found");
}

async fn what_happens_once_happens_once_on_both(one: &App, other: &App) {
    let ada = one.register("ada", 2).await;
    let servers = [one, other];
    // Threat T28.
    let options = one.begin_login().await;
    let answer = ada.answer(&options);
    let logins = (0..100).map(|n| servers[n % 2].post_keyless("/login/finalize", answer.clone()));
    let answers = join_all(logins).await;
    assert_eq!(
        answers.iter().filter(|answer| answer.status == 200).count(),
        1
    );

    // Threat T64.
    let begun = (0..100).map(|n| {
        let mut body = payment("ada", "pay-1");
        body["payment"]["amount"] = format!("{n}.00").into();
        servers[n % 2].post("/v2/transactions", body)
    });
    let answers = join_all(begun).await;
    let (made, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 201);
    let [made] = made.try_into().unwrap();
    for answer in refused {
        answer.is_refused(409, "transaction_exists");
    }

    let made = made.is(201);
    let (path, answer) = ("/v2/transactions/pay-1", ada.answer(&made));
    let confirm = format!("{path}/confirm");
    let confirmed = (0..20).map(|n| servers[n % 2].post(&confirm, answer.clone()));
    let answers = join_all(confirmed).await.into_iter();
    let mut ids: Vec<Value> = answers
        .map(|answer| claims(&answer.ok())["jti"].clone())
        .collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);

    let (consume, body) = (
        format!("{path}/consume"),
        json!({ "payment": made["payment"] }),
    );
    let taken = (0..20).map(|n| servers[n % 2].post(&consume, body.clone()));
    let answers = join_all(taken).await;
    assert_eq!(
        answers.iter().filter(|answer| answer.status == 200).count(),
        1
    );
}

async fn keys_are_known_and_forgotten_at_once(one: &App, other: &App) {
    let name = "second".to_owned();
    let Answer::Secret(secret) = one
        .operate(Command::CreateSecret {
            name,
            environment: None,
        })
        .await
    else {
        panic!("no key was made");
    };
    let key = Some(secret.secret.as_str());
    let begun = json!({ "user_id": "ada", "username": "ada" });
    let path = "/registration/initialize";
    for server in [other, one] {
        server.call("GET", "/credentials", key, None).await.ok();
        server.call("POST", path, key, Some(&begun)).await.ok();
    }
    one.operate(Command::DeleteSecret { id: secret.id }).await;
    for server in [other, one] {
        let answer = server.call("GET", "/credentials", key, None).await;
        answer.is_refused(401, "not_proven");
        let answer = server.call("POST", path, key, Some(&begun)).await;
        answer.is_refused(401, "not_proven");
    }
}

async fn every_token_verifies_with_the_keys_of_either(one: &App, other: &App) {
    let ada = one.register("ada", 3).await;
    let name = "next".to_owned();
    other.operate(Command::CreateTokenKey { name }).await;
    for signs in [one, other] {
        let answer = signs.log_in(&ada).await.ok();
        for publishes in [one, other] {
            let keys = jwks(publishes).await;
            assert!(verified(token(&answer), &keys).is_some());
        }
    }
}
