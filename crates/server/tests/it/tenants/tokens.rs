//! Tokens, verified as a service would: with the published keys and nothing else.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use rules::tenant::Command;
use serde_json::{Value, json};
use wire::encoding::base64url;

use super::{App, config};

/// What the token in an answer says; who says so is not looked at.
pub fn claims(answer: &Value) -> Value {
    part(token(answer), 1)
}

pub fn token(answer: &Value) -> &str {
    answer["token"].as_str().unwrap()
}

fn part(token: &str, number: usize) -> Value {
    let part = token.split('.').nth(number).unwrap();
    serde_json::from_slice(&base64url::decode(part).unwrap()).unwrap()
}

/// What a token says, if one of the published keys signed it.
pub fn verified(token: &str, jwks: &Value) -> Option<Value> {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = base64url::decode(signature).unwrap();
    let header = part(token, 0);
    let keys = jwks["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["kid"] == header["kid"])?;
    assert_eq!(key["alg"], header["alg"]);
    assert_eq!(key["use"], "sig");
    let bytes = |name: &str| base64url::decode(key[name].as_str().unwrap()).unwrap();
    let (message, signature) = (signed.as_bytes(), signature.as_slice());
    let is_right = match key["kty"].as_str().unwrap() {
        "RSA" => RsaPublicKeyComponents {
            n: bytes("n"),
            e: bytes("e"),
        }
        .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
        .is_ok(),
        "EC" => {
            let point = [vec![4], bytes("x"), bytes("y")].concat();
            let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
            key.verify(message, signature).is_ok()
        }
        _ => {
            let key = UnparsedPublicKey::new(&ED25519, bytes("x"));
            key.verify(message, signature).is_ok()
        }
    };
    is_right.then(|| part(token, 1))
}

pub async fn jwks(app: &App) -> Value {
    app.call("GET", "/.well-known/jwks.json", None, None)
        .await
        .ok()
}

#[tokio::test]
pub async fn a_token_verifies_with_the_published_keys() {
    for algorithm in [Value::Null, json!("RS256"), json!("ES256"), json!("EdDSA")] {
        let mut config = config();
        config["zegel"]["token_algorithm"] = algorithm.clone();
        config["zegel"]["issuer"] = "https://zegel.example".into();
        let app = App::with(config).await;
        let ada = app.register("ada", 1).await;
        app.world.advance_ms(1500);
        let answer = app.log_in(&ada).await.ok();
        let header = part(token(&answer), 0);
        assert_eq!(header["typ"], "JWT");
        assert_eq!(header["alg"], algorithm.as_str().unwrap_or("RS256"));
        let claims = verified(token(&answer), &jwks(&app).await).unwrap();
        let now = app.world.now_ms() / 1000;
        let jti = claims["jti"].clone();
        assert_eq!(
            claims,
            json!({
                "iss": "https://zegel.example", "sub": "ada", "aud": ["app.example"],
                "iat": now, "exp": now + 300, "jti": jti, "use": "login",
                "cred": ada.credential_id(), "amr": ["webauthn", "user"],
            })
        );
        // The token names the entry of the audit log it is about.
        let entries = app.get("/audit_logs").await.ok();
        let entry = &entries[0];
        assert_eq!(entry["id"], jti);
        assert_eq!(entry["type"], "webauthn_authentication_final_succeeded");
    }
}

#[tokio::test]
pub async fn the_published_keys_may_be_kept_for_a_while() {
    let app = App::new().await;
    let answer = app.call("GET", "/.well-known/jwks.json", None, None).await;
    assert_eq!(answer.headers["cache-control"], "max-age=600");
    let answer = app.get("/credentials").await;
    assert_eq!(answer.headers["cache-control"], "no-store");
}

#[tokio::test]
pub async fn tokens_of_the_old_key_verify_until_it_is_removed() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    let old = app.log_in(&ada).await.ok();
    let before = jwks(&app).await;
    app.operate(Command::CreateTokenKey {
        name: "next".to_owned(),
    })
    .await;
    let new = app.log_in(&ada).await.ok();
    let both = jwks(&app).await;
    assert_eq!(both["keys"].as_array().unwrap().len(), 2);
    assert!(verified(token(&old), &both).is_some());
    assert!(verified(token(&new), &both).is_some());
    assert!(verified(token(&new), &before).is_none());
    let kid = part(token(&old), 0)["kid"].clone();
    app.operate(Command::DeleteTokenKey {
        id: kid.as_str().unwrap().parse().unwrap(),
    })
    .await;
    let after = jwks(&app).await;
    assert!(verified(token(&old), &after).is_none());
    assert!(verified(token(&new), &after).is_some());
}

/// A token is good for one use, one tenant and one transaction (threat T68).
#[tokio::test]
pub async fn t68_a_token_says_what_it_is_for_and_no_other_tenant_vouches_for_it() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    let made = app.begin_payment("ada", "pay-1").await.is(201);
    let path = "/v2/transactions/pay-1/confirm";
    let answer = app.post(path, ada.answer(&made)).await.ok();
    let claims = verified(token(&answer), &jwks(&app).await).unwrap();
    assert_eq!(claims["use"], "transaction");
    assert_eq!(claims["trans"], "pay-1");
    assert_eq!(claims["txd"], made["digest"]);

    let (tenant, key) = super::found(&app.world, config()).await;
    let other = App { tenant, key, ..app };
    assert!(verified(token(&answer), &jwks(&other).await).is_none());
}
