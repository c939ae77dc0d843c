//! The negative corpus, through the doors: every answer that is wrong in exactly one way is
//! refused by the check that is meant, and every control is accepted.
//!
//! The cases answer one fixed challenge, so their ceremonies are put into the store. What a tenant
//! cannot be set to is left out, by name.

use engine::tenants::Authenticators;
use rules::tenant::config::Preference;
use rules::tenant::{
    Begun, Ceremony, Config, ExpectedUser, Passkey, Purpose, TenantChange, TenantUser, UserProfile,
};
use serde_json::{Value, json};
use store::TenantBatch;
use testkit::negative::{self, Case, Ceremony as About, Context};
use verify::webauthn::TrustStore;
use wire::Timestamp;
use wire::encoding::base64url;
use wire::id::TenantUserId;

use super::{App, config, found, operator};
use crate::support::World;

/// What no tenant can ask for, or what the doors tell otherwise.
fn is_out_of_reach(case: &Case) -> bool {
    let (context, attestation) = (&case.context, &case.context.attestation);
    let stored = context.credential.as_ref();
    attestation.formats.is_some()
        || attestation.aaguids.is_some()
        || attestation.android_key.is_some()
        // Ten algorithms are offered, whatever the tenant; those and no others.
        || case.expect == "alg_not_allowed" && context.algorithms == [-7]
        || context.algorithms.iter().any(|number| !(-300..=-7).contains(number) || [-47, -48, -49].contains(number))
        // No AppID is ever asked for, and no credential ever disabled.
        || context.app_id.is_some()
        || stored.is_some_and(|stored| !stored.enabled)
        || !context.allowed.is_empty()
        // Longer than a request may be.
        || case.input["body"].as_str().is_some_and(|body| body.len() > 60_000)
}

/// The code the doors tell, where a lookup stands before the verifier.
fn expected(case: &Case) -> &str {
    match case.expect.as_str() {
        "challenge_mismatch" => "challenge_unknown",
        "credential_unknown" => "credential_not_found",
        "credential_already_registered" => "credential_taken",
        other => other,
    }
}

#[tokio::test]
async fn every_case_of_the_corpus_is_answered_with_its_code() {
    let mut anchors: Vec<&Vec<String>> = Vec::new();
    let cases: Vec<Case> = negative::cases();
    let cases: Vec<&Case> = cases
        .iter()
        .filter(|case| case.ceremony != About::Stamp)
        .collect();
    anchors.extend(
        cases
            .iter()
            .filter_map(|case| case.context.attestation.anchors.as_ref()),
    );
    anchors.sort();
    anchors.dedup();
    let (mut seen, mut wrong) = (0, Vec::new());
    for anchors in anchors.into_iter().map(Some).chain([None]) {
        let world = trusting(anchors).await;
        for case in &cases {
            if case.context.attestation.anchors.as_ref() != anchors || is_out_of_reach(case) {
                continue;
            }
            seen += 1;
            let told = judge(&world, case).await;
            if told != expected(case) {
                wrong.push(format!("{}: {told}, not {}", case.id, expected(case)));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {seen}: {wrong:#?}", wrong.len());
    assert_eq!(seen, SEEN);
}

/// How many cases there are, those out of reach left out.
const SEEN: usize = 475;

/// A server that trusts these anchors.
async fn trusting(anchors: Option<&Vec<String>>) -> World {
    let mut trust = TrustStore::empty();
    for anchor in anchors.into_iter().flatten() {
        trust.add(&bytes(anchor)).unwrap();
    }
    World::with(|engine| {
        engine.with_authenticators(Authenticators {
            trust,
            ..Authenticators::default()
        })
    })
    .await
}

/// `accept`, or the code of the refusal.
async fn judge(world: &World, case: &Case) -> String {
    let (tenant, key) = found(world, configured(case)).await;
    let app = App {
        world: world.shared(),
        tenant,
        key,
    };
    prepare(&app, case).await;
    let road = match case.ceremony {
        About::Registration => "/registration/finalize",
        About::Assertion | About::Stamp => "/login/finalize",
    };
    let request = axum::http::Request::post(format!("/{tenant}{road}"))
        .header("content-type", "application/json")
        .body(case.input["body"].as_str().unwrap().to_owned().into())
        .unwrap();
    let answer = app.world.send(request).await;
    match &answer.body["code"] {
        Value::String(code) => code.clone(),
        _ if answer.status == 200 => "accept".to_owned(),
        _ => format!("{} {}", answer.status, answer.body),
    }
}

/// A tenant as the case wants it.
fn configured(case: &Case) -> Value {
    let context = &case.context;
    let mut config = config();
    let party = &mut config["webauthn"]["relying_party"];
    party["id"] = context.rp_id.as_str().into();
    party["origins"] = json!(context.origins);
    let extras = &mut config["zegel"];
    if let Some(listed) = &context.top_origins {
        extras["top_origins"] = json!(listed);
    }
    if context.conformance {
        extras["profile"] = "fido_conformance".into();
    }
    // A tenant demands trust or does not ask; a control without certificates is for the latter.
    let judgement = &context.attestation;
    let demands =
        judgement.demand_certificates || judgement.anchors.is_some() && case.expect != "accept";
    extras["attestation"] = json!({ "require_trusted": demands });
    let _: Config = serde_json::from_value(config.clone()).unwrap();
    config
}

/// Puts what the case rests on into the store: a ceremony, and perhaps a credential.
async fn prepare(app: &App, case: &Case) {
    let context = &case.context;
    let now = Timestamp::from_millis(app.world.now_ms());
    let profile = UserProfile {
        name: "name".to_owned(),
        display_name: "name".to_owned(),
        icon: None,
    };
    let begun = match case.ceremony {
        About::Registration => Begun::Registration {
            purpose: Purpose::Passkey,
            user_id: "user-1".to_owned(),
            user: None,
            profile: profile.clone(),
            conditional: context.conditional,
        },
        About::Assertion | About::Stamp => Begun::Login {
            mfa: false,
            user: context.user.as_deref().map(|handle| {
                let user_id = String::from_utf8(bytes(handle)).unwrap();
                ExpectedUser {
                    id: row(&user_id),
                    user_id,
                }
            }),
        },
    };
    let mut changes = vec![TenantChange::OpenCeremony(Ceremony {
        challenge: bytes(&context.challenge),
        begun,
        user_verification: match context.user_verification.as_str() {
            "required" => Preference::Required,
            "preferred" => Preference::Preferred,
            _ => Preference::Discouraged,
        },
        expires_at: now.plus_seconds(60),
    })];
    let stored = known(context, now);
    if let Some(passkey) = &stored {
        let user = TenantUser {
            id: passkey.owner,
            user_id: passkey.user_id.clone(),
            profile,
            created_at: now,
            updated_at: now,
        };
        changes.push(TenantChange::InsertUser(user));
    }
    changes.extend(stored.map(TenantChange::InsertPasskey));
    let asked = operator().present(app.tenant, Vec::new());
    let Ok(asked) = asked.read(|_| Ok::<_, std::convert::Infallible>(()));
    let store = app.world.state.engine.store();
    let tenant = store.tenant(app.tenant).await.unwrap().unwrap();
    let batch = TenantBatch {
        revision: tenant.revision,
        changes,
        event: None,
    };
    store.record_tenant(asked.scope(), batch).await.unwrap();
}

/// The credential the case says is registered.
fn known(context: &Context, now: Timestamp) -> Option<Passkey> {
    let registered = context.registered.first();
    let stored = context.credential.as_ref();
    let id = stored.map(|stored| &stored.id).or(registered)?;
    let user = stored.map(|stored| bytes(&stored.user_handle));
    let user_id = user.map_or("other".to_owned(), |user| String::from_utf8(user).unwrap());
    Some(Passkey {
        credential_id: bytes(id),
        owner: row(&user_id),
        user_id,
        public_key: stored.map_or_else(Vec::new, |stored| bytes(&stored.public_key)),
        name: None,
        attestation_format: "none".to_owned(),
        aaguid: [0; 16],
        transports: Vec::new(),
        purpose: Purpose::Passkey,
        backup_eligible: stored.is_some_and(|stored| stored.backup_eligible),
        backup_state: false,
        sign_count: stored.map_or(0, |stored| stored.sign_count),
        revision: 0,
        created_at: now,
        last_used_at: now,
    })
}

/// The row of a user, for whoever has only the name.
fn row(user_id: &str) -> TenantUserId {
    let hash = testkit::encode::sha256(&[user_id.as_bytes()]);
    TenantUserId::from_bytes(hash[..16].try_into().unwrap())
}

fn bytes(text: &str) -> Vec<u8> {
    base64url::decode(text).unwrap()
}
