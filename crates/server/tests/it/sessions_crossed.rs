//! One passkey that logs in, confirms, opens sessions and signs, all for one relying party and on
//! one origin: what it answered as one thing is not taken for another.

use serde_json::{Value, json};
use wire::encoding::base64url;

use crate::sessions::{GRID, post, query, session_key, submission};
use crate::tenants::{App, ORIGIN, Person, challenge, config};

/// Ada's passkey logs in to the tenant, and has an account there.
async fn scene() -> (App, Person) {
    let mut config = config();
    config["zegel"]["sessions"] = json!({ "base_urls": [ORIGIN] });
    let app = App::with(config).await;
    let ada = app.register("ada", 1).await;
    let page = query(&open(&app, "passkeys", json!({})).await);
    let made = submission("create", &page, &ada.passkey);
    post(&app, &format!("{GRID}/passkeys/submit"), made)
        .await
        .ok();
    (app, ada)
}

/// Opens what is answered on the tenant's own page.
async fn open(app: &App, path: &str, mut asked: Value) -> Value {
    asked["baseUrl"] = ORIGIN.into();
    post(app, &format!("{GRID}/{path}"), asked).await.ok()
}

fn typed() -> Value {
    json!({ "evm": { "family": "solady", "chainId": "eip155:8453", "typedData": {
        "domain": { "name": "A", "chainId": 8453 },
        "types": { "Note": [{ "name": "text", "type": "string" }] },
        "primaryType": "Note",
        "message": { "text": "hello" },
    } } })
}

#[tokio::test]
pub async fn t29_what_was_signed_for_a_session_logs_nobody_in_and_confirms_nothing() {
    let (app, ada) = scene().await;
    app.begin_transaction("ada", "tx-1", json!(1)).await.ok();
    app.begin_payment("ada", "tx-2").await.is(201);
    let session = json!({ "sessionKey": session_key(900) });
    for (path, asked) in [("passkeys/auth", session), ("passkeys/sign", typed())] {
        for road in [
            "/login/finalize",
            "/mfa/login/finalize",
            "/transaction/finalize",
        ] {
            let page = query(&open(&app, path, asked.clone()).await);
            let told = app.post(
                road,
                ada.answer(&json!({ "publicKey": { "challenge": page["challenge"] } })),
            );
            let told = told.await;
            assert_ne!(told.status, 200, "{path} on {road}");
            assert_eq!(told.body["code"], "challenge_unknown", "{path} on {road}");
        }
    }
}

#[tokio::test]
pub async fn t29_what_was_signed_to_log_in_or_to_confirm_opens_no_session_and_signs_nothing() {
    let (app, ada) = scene().await;
    let named = json!({ "user_id": "ada", "username": "ada" });
    for kind in ["auth", "sign"] {
        let begun = [
            app.begin_login().await,
            app.post("/login/initialize", named.clone()).await.ok(),
            app.begin_transaction("ada", kind, json!(1)).await.ok(),
        ];
        for options in begun {
            let page = [
                ("challenge", base64url::encode(challenge(&options))),
                ("slot-num", "1".to_owned()),
            ];
            let page = page.map(|(name, value)| (name.to_owned(), value)).into();
            let mut answer = submission(kind, &page, &ada.passkey);
            if kind == "sign" {
                answer.as_object_mut().unwrap().remove("slotNumber");
            }
            let told = post(&app, &format!("{GRID}/passkeys/submit"), answer).await;
            assert_eq!(told.is(409)["code"], "ChallengeAlreadyUsed", "{kind}");
        }
    }
    // The same passkey is taken for what it was asked.
    let asked = json!({ "sessionKey": session_key(900) });
    let page = query(&open(&app, "passkeys/auth", asked).await);
    let answer = submission("auth", &page, &ada.passkey);
    post(&app, &format!("{GRID}/passkeys/submit"), answer)
        .await
        .ok();
    app.log_in(&ada).await.ok();
}
