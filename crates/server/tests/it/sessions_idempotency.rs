//! Keys that requests are repeated by: told again, refused, let go, taken over.

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request};
use engine::tenants::Idempotent;
use futures_util::future::join_all;
use http_body_util::BodyExt;
use rules::tenant::Command;
use serde_json::{Value, json};
use tower::ServiceExt;
use wire::Timestamp;
use wire::encoding::base64;
use wire::solana::Address;

use crate::sessions::{GRID, app, passkey, query, session_key, submission};
use crate::tenants::{App, config};

const DAY: u64 = 24 * 60 * 60 * 1000;

/// A request under a key.
#[derive(Clone)]
struct Ask {
    method: &'static str,
    path: String,
    environment: &'static str,
    api_key: Option<String>,
    key: &'static str,
    body: Vec<u8>,
}

/// An answer as it came over the wire.
#[derive(Debug)]
struct Told {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

/// Opening a session, under the key `one`.
fn opening(app: &App) -> Ask {
    Ask {
        method: "POST",
        path: format!("{GRID}/passkeys"),
        environment: "sandbox",
        api_key: Some(app.key.clone()),
        key: "one",
        body: json!({ "sessionKey": session_key(900) })
            .to_string()
            .into_bytes(),
    }
}

async fn ask(app: &App, ask: &Ask) -> Told {
    let mut request = Request::builder()
        .method(ask.method)
        .uri(&ask.path)
        .header("x-grid-environment", ask.environment)
        .header("x-idempotency-key", ask.key);
    if let Some(key) = &ask.api_key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    let request = request.body(Body::from(ask.body.clone())).unwrap();
    let router = app.world.router.clone();
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let told = Told {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: body.collect().await.unwrap().to_bytes(),
    };
    assert_eq!(told.headers["x-idempotency-key"], ask.key);
    told
}

impl Told {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Expects an answer that was worked for.
    #[track_caller]
    fn anew(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{:#}", self.json());
        assert!(!self.headers.contains_key("x-idempotent-replay"));
        self
    }

    /// Expects what was told before, byte for byte.
    #[track_caller]
    fn repeats(&self, first: &Self) {
        assert_eq!(self.headers["x-idempotent-replay"], "true");
        assert_eq!((self.status, &self.body), (first.status, &first.body));
        let kind = "content-type";
        assert_eq!(self.headers[kind], first.headers[kind]);
    }

    /// Expects 409 with this in its details.
    #[track_caller]
    fn conflicts(self, code: &str) {
        let told = self.anew(409);
        let body = told.json();
        assert_eq!(body["details"][0]["code"], code);
        assert_eq!(body["details"][0]["field"], "x-idempotency-key");
        assert_eq!(body["error"]["details"], body["details"]);
        let waits = code == "IDEMPOTENCY_KEY_IN_PROGRESS";
        assert_eq!(told.headers.contains_key("retry-after"), waits);
    }
}

fn leaves(app: &App) -> u64 {
    app.world.state.engine.store().head().size
}

#[tokio::test]
pub async fn the_same_request_is_told_the_same_for_a_day() {
    let app = app().await;
    let first = ask(&app, &opening(&app)).await.anew(200);
    let recorded = leaves(&app);
    for ms in [0, 1, DAY - 2] {
        app.world.advance_ms(ms);
        let again = ask(&app, &opening(&app)).await;
        again.repeats(&first);
        // It is the answer that is the same, not the request.
        assert_ne!(again.headers["x-request-id"], first.headers["x-request-id"]);
    }
    assert_eq!(leaves(&app), recorded);
    app.world.advance_ms(1);
    let next = ask(&app, &opening(&app)).await.anew(200);
    assert_ne!(next.body, first.body);
    ask(&app, &opening(&app)).await.repeats(&next);
}

#[tokio::test]
pub async fn a_key_stands_for_one_request() {
    let app = app().await;
    let command = Command::CreateSecret {
        environment: None,
        name: "second".to_owned(),
    };
    let second = match app.operate(command).await {
        engine::tenants::Answer::Secret(made) => made.secret.to_string(),
        other => panic!("{other:?}"),
    };
    let opening = opening(&app);
    let first = ask(&app, &opening).await.anew(200);
    let recorded = leaves(&app);
    let others = [
        Ask {
            body: [&opening.body[..], b" "].concat(),
            ..opening.clone()
        },
        Ask {
            path: format!("{GRID}/passkeys/auth"),
            ..opening.clone()
        },
        Ask {
            path: format!("{GRID}/passkeys?x"),
            ..opening.clone()
        },
        Ask {
            method: "DELETE",
            path: format!("{GRID}/passkeys/account/x/session"),
            ..opening.clone()
        },
        Ask {
            environment: "devnet",
            ..opening.clone()
        },
        Ask {
            api_key: Some(second.clone()),
            ..opening.clone()
        },
    ];
    for other in &others {
        let told = ask(&app, other).await;
        told.conflicts("IDEMPOTENCY_KEY_REUSED");
    }
    assert_eq!(leaves(&app), recorded);
    ask(&app, &opening).await.repeats(&first);
    // Keys are told apart letter by letter, and each may be any of these requests.
    for (other, key) in others.iter().zip(["One", "two", "3", "-", "_", "ONE"]) {
        let other = Ask {
            key,
            ..other.clone()
        };
        let told = ask(&app, &other).await;
        ask(&app, &other).await.repeats(&told);
    }
    // Without a believed API key nobody learns what a key stands for.
    let stranger = Ask {
        api_key: Some("wrong".to_owned()),
        ..opening
    };
    ask(&app, &stranger).await.anew(401);
}

#[tokio::test]
pub async fn another_tenants_keys_are_its_own() {
    let app = app().await;
    let (_, key) = crate::tenants::found(&app.world, config()).await;
    let ours = opening(&app);
    let theirs = Ask {
        api_key: Some(key),
        body: b"{}".to_vec(),
        ..ours.clone()
    };
    let (our, their) = (ask(&app, &ours).await, ask(&app, &theirs).await);
    let (our, their) = (our.anew(200), their.anew(200));
    ask(&app, &ours).await.repeats(&our);
    ask(&app, &theirs).await.repeats(&their);
}

/// A submission is the call for which repeating matters: its challenge is good once.
#[tokio::test]
pub async fn a_passkeys_answer_is_told_again_and_spends_one_challenge() {
    let app = app().await;
    let opened = ask(&app, &opening(&app)).await.anew(200);
    let body = submission("create", &query(&opened.json()), &passkey());
    let submit = Ask {
        path: format!("{GRID}/passkeys/submit"),
        key: "two",
        body: body.to_string().into_bytes(),
        ..opening(&app)
    };
    let first = ask(&app, &submit).await.anew(200);
    let recorded = leaves(&app);
    ask(&app, &submit).await.repeats(&first);
    assert_eq!(leaves(&app), recorded);
    // Under no other key, nor under none, does the challenge mean anything any more.
    let other = Ask {
        key: "three",
        ..submit.clone()
    };
    let refused = ask(&app, &other).await.anew(409);
    assert_eq!(refused.json()["code"], "ChallengeAlreadyUsed");

    // Who looks sees what is there now, whatever the key.
    let address = first.json()["address"].as_str().unwrap().to_owned();
    let look = Ask {
        method: "GET",
        path: format!("{GRID}/passkeys/account/{address}"),
        key: "four",
        body: Vec::new(),
        ..submit
    };
    let revoke = Ask {
        method: "DELETE",
        path: format!("{}/session", look.path),
        key: "five",
        ..look.clone()
    };
    assert!(ask(&app, &look).await.anew(200).json()["sessionKey"].is_object());
    let revoked = ask(&app, &revoke).await.anew(200);
    assert!(ask(&app, &look).await.anew(200).json()["sessionKey"].is_null());
    ask(&app, &revoke).await.repeats(&revoked);
}

#[tokio::test]
pub async fn refusals_are_told_again_and_what_may_go_better_is_not() {
    let app = app().await;
    let refused = Ask {
        path: format!("{GRID}/passkeys/auth"),
        body: b"{}".to_vec(),
        ..opening(&app)
    };
    let first = ask(&app, &refused).await.anew(400);
    assert_eq!(first.json()["code"], "MissingSessionKey");
    // Made anew it would have another time in it.
    app.world.advance_ms(5_000);
    ask(&app, &refused).await.repeats(&first);

    let address = Address::from_bytes([1; 32]);
    // Nothing signed for nobody: an instruction without accounts and data.
    let header = [&[1][..], &[0; 64], &[1, 0, 1, 2]].concat();
    let packet = [&header[..], &[1; 32], &[2; 32], &[3; 32], &[1, 1, 0, 0]].concat();
    let unavailable = Ask {
        path: format!("{GRID}/accounts/{address}/transactions"),
        body: format!(r#"{{"transaction":"{}"}}"#, base64::encode(packet)).into_bytes(),
        key: "two",
        ..opening(&app)
    };
    ask(&app, &unavailable).await.anew(501);
    ask(&app, &unavailable).await.anew(501);
    let other = Ask {
        key: "two",
        ..opening(&app)
    };
    ask(&app, &other).await.anew(200);
}

/// What a request's key is bound to, in words of our own.
fn binding(ask: &Ask) -> [u8; 32] {
    let api_key = ask.api_key.as_ref().unwrap();
    let mut bytes = format!("{}\0{}\0{}\0", ask.method, ask.path, ask.environment).into_bytes();
    bytes.extend_from_slice(digest(&SHA256, &ask.body).as_ref());
    bytes.extend_from_slice(digest(&SHA256, api_key.as_bytes()).as_ref());
    digest(&SHA256, &bytes).as_ref().try_into().unwrap()
}

#[tokio::test]
pub async fn a_request_under_way_is_waited_for_and_taken_over_when_it_died() {
    let app = app().await;
    let opening = opening(&app);
    // Begun elsewhere, by a server that is slow or dead.
    let engine = &app.world.state.engine;
    let begin = || engine.begin_idempotent(app.tenant, opening.key, binding(&opening));
    let Idempotent::Begun(lost) = begin().await.unwrap() else {
        panic!("the key is free");
    };
    for ms in [0, 59_999] {
        app.world.advance_ms(ms);
        let told = ask(&app, &opening).await;
        assert_eq!(told.headers["retry-after"], "1");
        told.conflicts("IDEMPOTENCY_KEY_IN_PROGRESS");
    }
    let recorded = leaves(&app);
    app.world.advance_ms(1);
    let other = Ask {
        body: b"{}".to_vec(),
        ..opening.clone()
    };
    let told = ask(&app, &other).await;
    told.conflicts("IDEMPOTENCY_KEY_REUSED");
    assert_eq!(leaves(&app), recorded);
    let first = ask(&app, &opening).await.anew(200);
    // If it lives after all it is too late.
    engine.finish_idempotent(lost, 200, b"lost").await.unwrap();
    ask(&app, &opening).await.repeats(&first);
}

#[tokio::test]
pub async fn of_fifty_equal_requests_one_is_carried_out() {
    let app = app().await;
    let recorded = leaves(&app);
    let opening = opening(&app);
    let told = join_all((0..50).map(|_| ask(&app, &opening))).await;
    assert_eq!(leaves(&app), recorded + 1);
    let is_replay = |told: &Told| told.headers.contains_key("x-idempotent-replay");
    let (first, others): (Vec<_>, Vec<_>) = told
        .into_iter()
        .partition(|told| told.status == 200 && !is_replay(told));
    let [first] = &first[..] else {
        panic!("{} were carried out", first.len());
    };
    for other in others {
        if is_replay(&other) {
            other.repeats(first);
        } else {
            other.conflicts("IDEMPOTENCY_KEY_IN_PROGRESS");
        }
    }
    ask(&app, &opening).await.repeats(first);
}

#[tokio::test]
pub async fn t125_who_has_no_api_key_leaves_nothing_under_a_key() {
    let app = app().await;
    let far = Timestamp::from_millis(u64::MAX / 2);
    let store = app.world.state.engine.store();
    let opened = ask(&app, &opening(&app)).await.anew(200);
    assert_eq!(store.sweep_idempotent(far).await.unwrap(), 1);

    let mut body = submission("create", &query(&opened.json()), &passkey());
    body["tenant"] = app.tenant.to_string().into();
    let page = Ask {
        path: format!("{GRID}/passkeys/submit"),
        api_key: None,
        body: body.to_string().into_bytes(),
        ..opening(&app)
    };
    ask(&app, &page).await.anew(200);
    let again = ask(&app, &page).await.anew(409);
    assert_eq!(again.json()["code"], "ChallengeAlreadyUsed");
    let guessing = Ask {
        api_key: Some("wrong".to_owned()),
        ..page.clone()
    };
    ask(&app, &guessing).await.anew(401);
    let nobody = Ask {
        body: b"{}".to_vec(),
        ..page
    };
    ask(&app, &nobody).await.anew(401);
    assert_eq!(store.sweep_idempotent(far).await.unwrap(), 0);
}

#[tokio::test]
async fn what_is_kept_is_swept_after_a_day() {
    let app = app().await;
    ask(&app, &opening(&app)).await.anew(200);
    let engine = &app.world.state.engine;
    app.world.advance_ms(DAY - 1);
    // The session that was opened.
    assert_eq!(engine.sweep().await.unwrap(), 1);
    app.world.advance_ms(1);
    assert_eq!(engine.sweep().await.unwrap(), 1);
    assert_eq!(engine.sweep().await.unwrap(), 0);
}
