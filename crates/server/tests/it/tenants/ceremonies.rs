//! A challenge is for one ceremony, once, for a while.

use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::Passkey;

use super::{App, Person, RP_ID, challenge};

/// Ways a ceremony can be begun, and the road it must be finished on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Registration,
    MfaRegistration,
    Login,
    NamedLogin,
    MfaLogin,
    Transaction,
    Payment,
}

const KINDS: [Kind; 7] = [
    Kind::Registration,
    Kind::MfaRegistration,
    Kind::Login,
    Kind::NamedLogin,
    Kind::MfaLogin,
    Kind::Transaction,
    Kind::Payment,
];

impl Kind {
    async fn begin(self, app: &App, id: &str) -> Value {
        let named = json!({ "user_id": "ada", "username": "ada" });
        match self {
            Self::Registration => app.post("/registration/initialize", named).await.ok(),
            Self::MfaRegistration => app.post("/mfa/registration/initialize", named).await.ok(),
            Self::Login => app.begin_login().await,
            Self::NamedLogin => app.post("/login/initialize", named).await.ok(),
            Self::MfaLogin => app.post("/mfa/login/initialize", named).await.ok(),
            Self::Transaction => app.begin_transaction("ada", id, json!(1)).await.ok(),
            Self::Payment => app.begin_payment("ada", id).await.is(201),
        }
    }

    fn road(self, id: &str) -> String {
        match self {
            Self::Registration => "/registration/finalize".to_owned(),
            Self::MfaRegistration => "/mfa/registration/finalize".to_owned(),
            Self::Login | Self::NamedLogin => "/login/finalize".to_owned(),
            Self::MfaLogin => "/mfa/login/finalize".to_owned(),
            Self::Transaction => "/transaction/finalize".to_owned(),
            Self::Payment => format!("/v2/transactions/{id}/confirm"),
        }
    }

    fn is_registration(self) -> bool {
        matches!(self, Self::Registration | Self::MfaRegistration)
    }
}

/// What fits the road: a new credential, or an assertion by one that is registered.
fn answer(road: Kind, ada: &Person, options: &Value, seed: u64) -> Value {
    if road.is_registration() {
        let fresh = Passkey::es256(seed, RP_ID, super::ORIGIN);
        fresh.attestation(&challenge(options)).to_json()
    } else {
        ada.answer(options)
    }
}

#[tokio::test]
pub async fn t29_a_challenge_is_answered_on_its_own_road_and_no_other() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    let mut number = 100;
    for begun in KINDS {
        for road in KINDS {
            number += 1;
            let id = format!("tx-{number}");
            let options = begun.begin(&app, &id).await;
            let body = answer(road, &ada, &options, number);
            let told = app.post(&road.road(&id), body).await;
            // The compatible road finds a transaction by its challenge, whoever began it.
            let fits = begun.road(&id) == road.road(&id)
                || begun == Kind::Payment && road == Kind::Transaction
                || begun == Kind::Transaction && road == Kind::Payment;
            assert_eq!(
                told.status == 200,
                fits,
                "{begun:?} on {road:?}: {:#}",
                told.body
            );
            if !fits {
                assert_eq!(
                    told.body["code"], "challenge_unknown",
                    "{begun:?} on {road:?}"
                );
            }
        }
    }
}

#[tokio::test]
pub async fn t28_of_a_hundred_equal_answers_one_gets_a_token() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    for kind in [
        Kind::Registration,
        Kind::MfaRegistration,
        Kind::Login,
        Kind::MfaLogin,
        Kind::Transaction,
    ] {
        let options = kind.begin(&app, "tx-1").await;
        let body = answer(kind, &ada, &options, 7);
        let road = kind.road("tx-1");
        let answers = join_all((0..100).map(|_| app.post(&road, body.clone()))).await;
        let with_token = answers
            .iter()
            .filter(|answer| answer.body["token"].is_string());
        assert_eq!(with_token.count(), 1, "{kind:?}");
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            let status = answer.status.as_u16();
            assert!((400..500).contains(&status), "{kind:?}: {:#}", answer.body);
        }
        if kind.is_registration() {
            // The credential is needed once more.
            let id = body["id"].as_str().unwrap();
            let path = format!("/credentials/{id}");
            let gone = app.call("DELETE", &path, Some(&app.key), None).await;
            assert_eq!(gone.status, 204);
        }
    }
}

#[tokio::test]
pub async fn a_failed_attempt_burns_the_challenge() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    for kind in KINDS {
        let id = format!("tx-{kind:?}");
        let options = kind.begin(&app, &id).await;
        let good = answer(kind, &ada, &options, 8);
        let elsewhere = Person {
            passkey: Passkey::es256(1, RP_ID, "https://evil.example"),
            ..ada.clone()
        };
        let mut bad = answer(kind, &elsewhere, &options, 8);
        if kind.is_registration() {
            let evil = Passkey::es256(8, RP_ID, "https://evil.example");
            bad = evil.attestation(&challenge(&options)).to_json();
        }
        let road = kind.road(&id);
        assert_eq!(
            app.post(&road, bad).await.body["code"],
            "origin_mismatch",
            "{kind:?}"
        );
        let late = app.post(&road, good).await;
        assert_eq!(late.body["code"], "challenge_unknown", "{kind:?}");
    }
}

#[tokio::test]
pub async fn t30_a_ceremony_expires_to_the_millisecond() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    let mut seed = 20;
    for (kind, life) in [
        (Kind::Registration, 60_000),
        (Kind::MfaRegistration, 30_000),
        (Kind::Login, 60_000),
        (Kind::NamedLogin, 60_000),
        (Kind::MfaLogin, 30_000),
        (Kind::Transaction, 60_000),
    ] {
        for (wait, in_time) in [(life - 1, true), (life, false), (life + 1, false)] {
            seed += 1;
            let id = format!("tx-{seed}");
            let options = kind.begin(&app, &id).await;
            assert_eq!(options["publicKey"]["timeout"], life, "{kind:?}");
            app.world.advance_ms(wait);
            let told = app
                .post(&kind.road(&id), answer(kind, &ada, &options, seed))
                .await;
            assert_eq!(
                told.status == 200,
                in_time,
                "{kind:?} {wait}: {:#}",
                told.body
            );
            if !in_time {
                assert_eq!(
                    told.body["details"], "Session has Expired",
                    "{kind:?} {wait}"
                );
            }
        }
    }
}

#[tokio::test]
pub async fn t29_a_challenge_is_for_one_tenant() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    let options = app.begin_login().await;
    let (tenant, key) = super::found(&app.world, super::config()).await;
    let here = App { tenant, key, ..app };
    here.register("ada", 1).await;
    let answer = here
        .post_keyless("/login/finalize", ada.answer(&options))
        .await;
    answer.is_refused(401, "challenge_unknown");
}

/// Anybody may begin a login; what that leaves behind goes when nobody can finish it any more.
#[tokio::test]
pub async fn what_nobody_can_finish_is_swept() {
    let app = App::new().await;
    for _ in 0..10 {
        app.begin_login().await;
    }
    assert_eq!(app.world.state.engine.sweep().await.unwrap(), 0);
    app.world.advance_ms(60_000);
    assert_eq!(app.world.state.engine.sweep().await.unwrap(), 10);
}
