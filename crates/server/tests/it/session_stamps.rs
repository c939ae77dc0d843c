//! Session keys that stamp requests of an organisation.

use std::sync::{Arc, Mutex};

use engine::chain::{Answer, Blockhash, Chain, ChainAccount, ChainError, ChainFailure, Status};
use futures_util::future::join_all;
use rules::tenant::{Command, Config};
use serde_json::{Value, json};
use store::{EventFilter, Page};
use testkit::{ApiKey, Passkey};
use verify::session::key_from_cose;
use wire::environment::Environment;
use wire::solana::external_signature::{PasskeyAccount, SessionKey};
use wire::solana::{Address, SlotHashes, program};

use crate::catalogue::{Things, examples, queries};
use crate::hostile::leaf;
use crate::sessions::{GRID, passkey, post, query, send, submission};
use crate::support::{AUDIENCE, Persona, Reply, Wallet, World, authenticator, root_user};
use crate::tenants::{App, config, found};

/// An organisation in which Anna has a passkey and may sign, and a tenant that may have a session
/// key of hers stamp for it.
struct Place {
    app: App,
    /// Another member of the root quorum, who is enough as well.
    owner: Persona,
    wallet: Wallet,
    /// Anna, with her session's key.
    anna: Persona,
    authenticator: String,
}

fn organisations(list: &[&str]) -> Value {
    let mut config = config();
    config["zegel"]["sessions"] = json!({ "organizations": list });
    config
}

/// As it is asked for: a key and what it may stamp.
fn asked(key: &ApiKey, activities: Value) -> Value {
    let key = Address::from_bytes(key.public_key().try_into().unwrap());
    let scope = match activities.is_null() {
        true => json!({}),
        false => json!({ "activities": activities }),
    };
    json!({ "sessionKey": { "key": key, "expiration": 900, "scope": scope } })
}

/// Binds a key to the account of a passkey, and tells the account's address.
async fn bind(app: &App, kind: &str, passkey: &Passkey, asked: Value) -> String {
    let path = match kind {
        "create" => format!("{GRID}/passkeys"),
        _ => format!("{GRID}/passkeys/auth"),
    };
    let page = query(&post(app, &path, asked).await.ok());
    let answer = submission(kind, &page, passkey);
    let bound = post(app, &format!("{GRID}/passkeys/submit"), answer).await;
    bound.ok()["address"].as_str().unwrap().to_owned()
}

impl Place {
    async fn new() -> Self {
        let world = World::new().await;
        let (owner, wallet) = world.child("Child", ApiKey::p256(2)).await;
        let passkeys = [authenticator("phone", &passkey())];
        let mut user = root_user("Anna", &[&ApiKey::p256(4)], &passkeys);
        user["userTags"] = json!([]);
        let made = world
            .done(&owner, "CREATE_USERS_V3", json!({ "users": [user] }))
            .await;
        let anna = Persona {
            key: ApiKey::ed25519(60),
            organisation: owner.organisation.clone(),
            user: made["userIds"][0].as_str().unwrap().to_owned(),
        };
        let quorum = json!({ "threshold": 1, "userIds": [owner.user, anna.user] });
        world.done(&owner, "UPDATE_ROOT_QUORUM", quorum).await;
        let whose = json!({ "userId": anna.user });
        let held = world.ask(&owner, "get_authenticators", whose).await;
        let held = &held.body["authenticators"][0]["authenticatorId"];
        let (tenant, key) = found(&world, organisations(&[&owner.organisation])).await;
        Self {
            authenticator: held.as_str().unwrap().to_owned(),
            app: App { world, tenant, key },
            owner,
            wallet,
            anna,
        }
    }

    /// With a session for everything that a session may.
    async fn bound() -> (Self, String) {
        let place = Self::new().await;
        let all = json!({ "organizationId": place.owner.organisation });
        let asked = asked(&place.anna.key, all);
        let account = bind(&place.app, "create", &passkey(), asked).await;
        place.sign(&place.anna).await.completed();
        (place, account)
    }

    fn world(&self) -> &World {
        &self.app.world
    }

    fn payload(&self) -> Value {
        json!({
            "signWith": self.wallet.address, "payload": "11".repeat(32),
            "encoding": "PAYLOAD_ENCODING_HEXADECIMAL", "hashFunction": "HASH_FUNCTION_NO_OP",
        })
    }

    async fn sign(&self, who: &Persona) -> Reply {
        let kind = "SIGN_RAW_PAYLOAD_V2";
        self.world().submit(who, kind, self.payload()).await
    }

    /// Neither signs nor reads, and is told what anybody is whom nobody knows.
    async fn is_unknown(&self, who: &Persona) {
        let told = "could not find public key in organization or its parent";
        self.sign(who).await.fails(401, told);
        let asked = self.world().ask(who, "whoami", json!({})).await;
        asked.fails(401, told);
    }

    async fn is_over(&self) {
        self.sign(&self.anna).await.fails(401, "expired api key");
        let asked = self.world().ask(&self.anna, "whoami", json!({})).await;
        asked.fails(401, "expired api key");
        assert_eq!(asked.body["turnkeyErrorCode"], "API_KEY_EXPIRED");
    }

    async fn configure(&self, config: Value) {
        let config: Config = serde_json::from_value(config).unwrap();
        let config = Box::new(config);
        self.app.operate(Command::ConfigureTenant { config }).await;
    }
}

#[tokio::test]
pub async fn a_session_key_signs_as_the_owner_of_its_passkey() {
    let (place, _) = Place::bound().await;
    let signed = place.sign(&place.anna).await;
    signed.completed();
    let vote = &signed.activity()["votes"][0];
    assert_eq!(vote["userId"], place.anna.user);
    assert_eq!(vote["publicKey"], place.anna.key.public_key_hex());
    assert_eq!(vote["scheme"], "SIGNATURE_SCHEME_TK_API_ED25519");
    let whoami = place.world().ask(&place.anna, "whoami", json!({})).await;
    assert_eq!(whoami.body["userId"], place.anna.user);
    assert_eq!(whoami.body["organizationId"], place.owner.organisation);
    // What it signed is in the log like anything else.
    let id = json!({ "activityId": signed.activity()["id"] });
    let receipt = place.world().ask(&place.anna, "get_receipt", id).await;
    let key = place.world().state.engine.log_verifier_key();
    let receipt = receipt.body["receipt"].as_str().unwrap().to_owned();
    verify::receipt::verify(&receipt, &key.parse().unwrap()).unwrap();
    // Of another key nobody knows.
    let other = Persona {
        key: ApiKey::ed25519(61),
        ..place.anna.clone()
    };
    place.is_unknown(&other).await;
}

#[tokio::test]
pub async fn t48_a_session_signs_and_reads_and_does_nothing_else() {
    let (place, _) = Place::bound().await;
    let (world, anna) = (place.world(), &place.anna);
    let things = Things::of(world, &place.owner, &place.wallet).await;
    let mut refused = 0;
    for (kind, parameters) in examples(&things) {
        let reply = world.submit(anna, kind, parameters).await;
        if kind.starts_with("SIGN_") {
            reply.completed();
            continue;
        }
        refused += 1;
        reply.fails(403, "a session's key may not send ");
        assert_eq!(reply.activity()["status"], Value::Null, "{kind}");
    }
    assert!(refused > 30, "{refused} of the catalogue");
    for (name, body) in queries(&things) {
        let reply = world.ask(anna, name, body).await;
        assert_eq!(reply.status, 200, "{name}: {:#}", reply.body);
    }
    // Each attempt is on record as hers.
    let failed = json!({
        "filterByStatus": ["ACTIVITY_STATUS_FAILED"], "paginationOptions": { "limit": "100" },
    });
    let failed = world.ask(&place.owner, "list_activities", failed).await;
    let failed = failed.body["activities"].as_array().unwrap();
    let hers = |activity: &&Value| activity["votes"][0]["userId"] == anna.user.as_str();
    assert_eq!(failed.iter().filter(hers).count(), refused);
}

#[tokio::test]
pub async fn t48_a_narrower_session_signs_what_it_names() {
    let place = Place::new().await;
    let narrow = json!({
        "organizationId": place.owner.organisation, "types": ["ACTIVITY_TYPE_SIGN_TRANSACTION"],
    });
    let narrow = asked(&place.anna.key, narrow);
    bind(&place.app, "create", &passkey(), narrow).await;
    place
        .sign(&place.anna)
        .await
        .fails(403, "this one may send ACTIVITY_TYPE_SIGN_TRANSACTION_V2.");
    let transaction = json!({
        "signWith": place.wallet.address, "type": "TRANSACTION_TYPE_ETHEREUM",
        "unsignedTransaction": crate::signing::EIP155_UNSIGNED,
    });
    let world = place.world();
    for version in ["SIGN_TRANSACTION", "SIGN_TRANSACTION_V2"] {
        let signed = world.submit(&place.anna, version, transaction.clone());
        signed.await.completed();
    }
}

#[tokio::test]
pub async fn t48_a_session_that_was_not_asked_to_stamps_nothing() {
    let place = Place::new().await;
    let silent = asked(&place.anna.key, Value::Null);
    bind(&place.app, "create", &passkey(), silent).await;
    place.is_unknown(&place.anna).await;
}

#[tokio::test]
pub async fn t48_the_operator_alone_lists_organisations() {
    let place = Place::new().await;
    let open = format!("{GRID}/passkeys");
    let refused = async |activities: Value| {
        let reply = post(&place.app, &open, asked(&place.anna.key, activities)).await;
        let body = reply.is(400);
        body["message"].as_str().unwrap().to_owned()
    };
    let root = &place.world().root.organisation;
    let told = refused(json!({ "organizationId": root })).await;
    let listed = format!("organizationId {root} is not among the tenant's");
    assert!(told.contains(&listed), "{told}");
    let here = &place.owner.organisation;
    for (types, words) in [
        (
            json!(["ACTIVITY_TYPE_CREATE_WALLET"]),
            "send some of ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2",
        ),
        (json!(["*"]), "is not a type of activity that signs"),
        (json!([]), "activities.types is empty"),
    ] {
        let told = refused(json!({ "organizationId": here, "types": types })).await;
        assert!(told.contains(words), "{types}: {told}");
    }
}

/// Another passkey that acts for the account is not thereby its owner's in an organisation.
#[tokio::test]
pub async fn t48_no_further_passkey_of_an_account_lets_a_key_stamp() {
    let (place, account) = Place::bound().await;
    let open = format!("{GRID}/passkeys/auth");
    let mut named = asked_again(&place);
    named["account"] = account.clone().into();
    let refused = post(&place.app, &open, named).await.is(400);
    let told = refused["message"].as_str().unwrap();
    assert!(told.contains("leave account out"), "{told}");
    // For an account that is named a key acts, and stamps nothing.
    let mut silent = asked(&place.anna.key, Value::Null);
    silent["account"] = account.into();
    bind(&place.app, "auth", &passkey(), silent).await;
    place.is_unknown(&place.anna).await;
}

#[tokio::test]
pub async fn t47_a_session_stamps_until_its_last_moment() {
    let (place, account) = Place::bound().await;
    let path = format!("{GRID}/passkeys/account/{account}");
    let told = send(&place.app, "GET", &path, Some(&place.app.key), json!({})).await;
    let end = told.ok()["sessionKey"]["expiration"].as_u64().unwrap() * 1000;
    // Signing takes a millisecond of its own.
    let until = |ms: u64| place.world().advance_ms(ms - place.world().now_ms());
    until(end - 2);
    place.sign(&place.anna).await.completed();
    assert_eq!(place.world().now_ms(), end - 1);
    let asked = place.world().ask(&place.anna, "whoami", json!({})).await;
    assert_eq!(asked.status, 200);
    until(end);
    place.is_over().await;
    until(end + 86_400_000);
    place.is_over().await;
    // Bound anew it stamps again.
    let again = asked_again(&place);
    bind(&place.app, "auth", &passkey(), again).await;
    place.sign(&place.anna).await.completed();
}

fn asked_again(place: &Place) -> Value {
    asked(
        &place.anna.key,
        json!({ "organizationId": place.owner.organisation }),
    )
}

#[tokio::test]
pub async fn t47_a_session_that_was_taken_away_is_over() {
    let (place, account) = Place::bound().await;
    let path = format!("{GRID}/passkeys/account/{account}/session");
    let revoked = send(&place.app, "DELETE", &path, Some(&place.app.key), json!({}));
    revoked.await.ok();
    place.is_over().await;
    // Whoever has not the key is not told.
    let mut body = json!({ "organizationId": place.owner.organisation }).to_string();
    let (header, stamp) = place.anna.key.stamp(body.as_bytes());
    body.push(' ');
    let path = "/public/v1/query/whoami";
    let forged = place.world().post(path, body.as_bytes(), (header, stamp));
    let told = forged.await.body["message"].to_string();
    assert!(!told.contains("expired"), "t26: {told}");
}

/// Stamped and believed before the session was taken away, decided after: what is recorded must
/// rest on the session as it is when it is recorded.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
pub async fn t47_a_command_under_way_does_not_outlive_its_session() {
    let (place, account) = Place::bound().await;
    let world = place.world();
    let revoke = format!("{GRID}/passkeys/account/{account}/session");
    for _ in 0..10 {
        bind(&place.app, "auth", &passkey(), asked_again(&place)).await;
        let bodies: Vec<Vec<u8>> = (0..12)
            .map(|_| {
                world.advance_ms(1);
                world.body(&place.anna, "SIGN_RAW_PAYLOAD_V2", place.payload())
            })
            .collect();
        let signing = bodies.into_iter().map(|body| {
            let (world, stamp) = (world.shared(), place.anna.key.stamp(&body));
            let path = "/public/v1/submit/sign_raw_payload";
            tokio::spawn(async move { world.post(path, &body, stamp).await })
        });
        let signing: Vec<_> = signing.collect();
        let revoked = send(
            &place.app,
            "DELETE",
            &revoke,
            Some(&place.app.key),
            json!({}),
        );
        revoked.await.ok();
        let revoked_at = revoked_at(&place.app).await;
        for reply in join_all(signing).await {
            let reply = reply.unwrap();
            if reply.status == 200 {
                let signed_at = leaf(world, &place.owner, &reply).await;
                assert!(signed_at < revoked_at, "{signed_at}, over at {revoked_at}");
            } else {
                reply.fails(401, "expired api key");
            }
        }
    }
}

/// The place in the log at which the last session was taken away.
async fn revoked_at(app: &App) -> u64 {
    let store = app.world.state.engine.store();
    let filter = EventFilter {
        types: vec!["passkey_session_revoked".to_owned()],
        ..EventFilter::default()
    };
    let newest = Page { number: 1, size: 1 };
    let events = store.events(app.tenant, &filter, newest).await.unwrap();
    let proof = store.event_inclusion(app.tenant, events.items[0].id).await;
    proof.unwrap().unwrap().index
}

#[tokio::test]
pub async fn t47_a_session_in_whose_place_another_is_stamps_nothing() {
    let (place, _) = Place::bound().await;
    let other = Persona {
        key: ApiKey::ed25519(61),
        ..place.anna.clone()
    };
    let here = json!({ "organizationId": place.owner.organisation });
    bind(&place.app, "auth", &passkey(), asked(&other.key, here)).await;
    place.is_unknown(&place.anna).await;
    place.sign(&other).await.completed();
    // Nor does one whose key was bound again for less.
    let silent = asked(&other.key, Value::Null);
    bind(&place.app, "auth", &passkey(), silent).await;
    place.is_unknown(&other).await;
}

#[tokio::test]
pub async fn t47_a_session_goes_with_its_passkey_and_its_owner() {
    let (place, _) = Place::bound().await;
    let removal = json!({
        "userId": place.anna.user, "authenticatorIds": [place.authenticator],
    });
    let world = place.world();
    world
        .done(&place.owner, "DELETE_AUTHENTICATORS", removal)
        .await;
    place.is_unknown(&place.anna).await;
    let back = json!({
        "userId": place.anna.user, "authenticators": [authenticator("phone", &passkey())],
    });
    world
        .done(&place.owner, "CREATE_AUTHENTICATORS_V2", back)
        .await;
    place.sign(&place.anna).await.completed();

    let alone = json!({ "threshold": 1, "userIds": [place.owner.user] });
    world.done(&place.owner, "UPDATE_ROOT_QUORUM", alone).await;
    let refused = place.sign(&place.anna).await;
    refused.fails(403, "You don't have sufficient permissions");
    let users = json!({ "userIds": [place.anna.user] });
    world.done(&place.owner, "DELETE_USERS", users).await;
    place.is_unknown(&place.anna).await;
}

#[tokio::test]
pub async fn t47_a_session_goes_with_what_the_operator_takes_from_its_tenant() {
    let (place, _) = Place::bound().await;
    place.configure(organisations(&[])).await;
    place.is_unknown(&place.anna).await;
    let root = place.world().root.organisation.clone();
    place.configure(organisations(&[&root])).await;
    place.is_unknown(&place.anna).await;
    place
        .configure(organisations(&[&root, &place.owner.organisation]))
        .await;
    place.sign(&place.anna).await.completed();
    place.app.operate(Command::DeleteTenant).await;
    place.is_unknown(&place.anna).await;
}

#[tokio::test]
pub async fn t47_an_organisation_that_lists_its_pages_has_sessions_of_those_alone() {
    let (place, _) = Place::bound().await;
    let set = async |origins: &str| {
        let value = json!({ "name": "FEATURE_NAME_WEBAUTHN_ORIGINS", "value": origins });
        let world = place.world();
        world
            .done(&world.root, "SET_ORGANIZATION_FEATURE", value)
            .await;
    };
    set("https://elsewhere.example").await;
    place.is_unknown(&place.anna).await;
    set(&format!("https://elsewhere.example,{AUDIENCE}")).await;
    place.sign(&place.anna).await.completed();
}

/// A chain on which one account is what somebody says, if it answers at all.
struct Ledger(Mutex<Option<Option<PasskeyAccount>>>);

fn lost<'a, T: Send + 'a>() -> Answer<'a, T> {
    Box::pin(async { Err(ChainError::Unreachable("nobody answers".to_owned())) })
}

impl Chain for Ledger {
    fn account<'a>(&'a self, _: &'a Address) -> Answer<'a, Option<ChainAccount>> {
        let Some(told) = self.0.lock().unwrap().clone() else {
            return lost();
        };
        let told = told.map(|account| ChainAccount {
            lamports: 1,
            owner: program::EXTERNAL_SIGNATURE,
            data: account.to_bytes().to_vec(),
        });
        Box::pin(async move { Ok(told) })
    }

    fn slot_hashes(&self) -> Answer<'_, SlotHashes> {
        lost()
    }

    fn now_s(&self) -> Answer<'_, u64> {
        lost()
    }

    fn latest_blockhash(&self) -> Answer<'_, Blockhash> {
        lost()
    }

    fn block_height(&self) -> Answer<'_, u64> {
        lost()
    }

    fn send<'a>(&'a self, _: &'a [u8]) -> Answer<'a, ()> {
        lost()
    }

    fn status<'a>(&'a self, _: &'a [u8; 64]) -> Answer<'a, Option<Status>> {
        lost()
    }

    fn simulate<'a>(&'a self, _: &'a [u8]) -> Answer<'a, Result<(), ChainFailure>> {
        lost()
    }
}

#[tokio::test]
pub async fn t47_on_a_chain_a_session_is_what_the_chain_says() {
    let (mut place, _) = Place::bound().await;
    let ledger = Arc::new(Ledger(Mutex::new(None)));
    let chain: Arc<dyn Chain> = Arc::clone(&ledger) as _;
    let chains = [(Environment::Sandbox, chain)].into();
    place.app.world = place.app.world.joined(chains).await;
    let now_s = place.world().now_ms() / 1000;
    let rp_id = AUDIENCE.strip_prefix("https://").unwrap();
    let says = |key: &ApiKey, expires_at_s: u64| PasskeyAccount {
        rp_id: rp_id.parse().unwrap(),
        rp_id_hash: passkey().rp_id_hash(),
        public_key: key_from_cose(&passkey().public_key()).unwrap(),
        session_key: SessionKey {
            key: Address::from_bytes(key.public_key().try_into().unwrap()),
            expires_at_s,
        },
        counter: 0,
    };
    let tell = |told| *ledger.0.lock().unwrap() = told;
    tell(Some(Some(says(&place.anna.key, now_s + 900))));
    place.sign(&place.anna).await.completed();
    let asked = place.world().ask(&place.anna, "whoami", json!({})).await;
    assert_eq!(asked.status, 200);
    // It was bound anew elsewhere, for less time, with another key, or is gone altogether.
    tell(Some(Some(says(&place.anna.key, now_s))));
    place.is_over().await;
    tell(Some(Some(says(&ApiKey::ed25519(61), now_s + 900))));
    place.is_unknown(&place.anna).await;
    tell(Some(None));
    place.is_unknown(&place.anna).await;
    // A chain that does not answer lets nothing through; it is asked only about stamps that hold.
    tell(None);
    let silent = place.sign(&place.anna).await;
    assert!(silent.status.is_server_error(), "{:#}", silent.body);
    let body = place
        .world()
        .body(&place.anna, "SIGN_RAW_PAYLOAD_V2", place.payload());
    let (header, stamp) = place.anna.key.stamp(b"another body");
    let path = "/public/v1/submit/sign_raw_payload";
    let forged = place.world().post(path, &body, (header, stamp)).await;
    assert_eq!(forged.status, 401, "{:#}", forged.body);
    tell(Some(Some(says(&place.anna.key, now_s + 900))));
    place.sign(&place.anna).await.completed();
}

#[tokio::test]
pub async fn t82_a_session_for_one_organisation_is_none_for_any_other() {
    let (place, _) = Place::bound().await;
    let world = place.world();
    let (sibling, _) = world.child("Sibling", ApiKey::p256(3)).await;
    let nowhere = "11111111-2222-4333-8444-555555555555";
    for other in [&sibling.organisation, &world.root.organisation, nowhere] {
        let told = "could not find public key in organization or its parent";
        let tag = json!({ "userTagName": "t", "userIds": [] });
        let reply = world
            .submit_in(&place.anna, other, "CREATE_USER_TAG", tag)
            .await;
        reply.fails(401, told);
        let reply = world.ask_in(&place.anna, other, "list_wallets", json!({}));
        reply.await.fails(401, told);
        let reply = world.ask_in(&place.anna, other, "whoami", json!({}));
        reply.await.fails(401, told);
    }
    // A body that names none is nobody's.
    let body = b"{}";
    let path = "/public/v1/query/whoami";
    let reply = world.post(path, body, place.anna.key.stamp(body)).await;
    assert_eq!(reply.status, 401, "{:#}", reply.body);
}

/// The user of a parent reads its children with a stamp of his own. His session is for the parent.
#[tokio::test]
pub async fn t81_a_session_of_the_parents_user_is_nobody_in_the_child() {
    let world = World::new().await;
    let (child, wallet) = world.child("Child", ApiKey::p256(2)).await;
    let root = world.root.clone();
    let own = json!({
        "userId": root.user, "authenticators": [authenticator("phone", &passkey())],
    });
    world.done(&root, "CREATE_AUTHENTICATORS_V2", own).await;
    let both = organisations(&[&root.organisation, &child.organisation]);
    let (tenant, key) = found(&world, both).await;
    let app = App { world, tenant, key };
    let session = Persona {
        key: ApiKey::ed25519(60),
        ..root.clone()
    };
    let sign = json!({
        "signWith": wallet.address, "payload": "11".repeat(32),
        "encoding": "PAYLOAD_ENCODING_HEXADECIMAL", "hashFunction": "HASH_FUNCTION_NO_OP",
    });
    let told = "could not find public key in organization or its parent";
    for (kind, named, is_home) in [
        ("create", &root.organisation, true),
        // His passkey is none of the child's.
        ("auth", &child.organisation, false),
    ] {
        let scope = json!({ "organizationId": named });
        bind(&app, kind, &passkey(), asked(&session.key, scope)).await;
        let kind = "SIGN_RAW_PAYLOAD_V2";
        let there = &child.organisation;
        let reply = app.world.submit_in(&session, there, kind, sign.clone());
        reply.await.fails(401, told);
        let reply = app.world.ask_in(&session, there, "list_wallets", json!({}));
        reply.await.fails(401, told);
        let home = app.world.ask(&session, "list_wallets", json!({})).await;
        assert_eq!(home.status == 200, is_home, "{:#}", home.body);
    }
}

#[tokio::test]
pub async fn t47_only_the_passkey_of_a_user_makes_a_session_his() {
    let place = Place::new().await;
    // Somebody else's passkey, with an account at the same tenant and the same scope.
    let host = AUDIENCE.strip_prefix("https://").unwrap();
    let stranger = Passkey::es256(8, host, AUDIENCE);
    let again = asked_again(&place);
    bind(&place.app, "create", &stranger, again).await;
    place.is_unknown(&place.anna).await;
}

#[tokio::test]
pub async fn t35_a_passkey_of_another_relying_party_makes_no_session() {
    let place = Place::new().await;
    let page = "https://auth.app.example/passkeys";
    let mut config = organisations(&[&place.owner.organisation]);
    config["zegel"]["sessions"]["base_urls"] = json!([page]);
    place.configure(config).await;
    // The same key, made for another page.
    let twin = Passkey::es256(7, "auth.app.example", "https://auth.app.example");
    assert_eq!(twin.public_key(), passkey().public_key());
    let mut asked = asked_again(&place);
    asked["baseUrl"] = page.into();
    bind(&place.app, "create", &twin, asked).await;
    place.is_unknown(&place.anna).await;
}

#[tokio::test]
pub async fn t45_a_key_of_two_sessions_stamps_for_neither() {
    let (place, _) = Place::bound().await;
    let (world, here) = (place.world(), &place.owner.organisation);
    let (tenant, key) = found(world, organisations(&[here])).await;
    let other = App {
        world: world.shared(),
        tenant,
        key,
    };
    bind(&other, "create", &passkey(), asked_again(&place)).await;
    let refused = place.sign(&place.anna).await;
    refused.fails(401, "more than one passkey session");
    assert_eq!(refused.body["turnkeyErrorCode"], "CREDENTIAL_CONFLICT");
    // One that leads to nobody takes nothing from the other.
    other
        .operate(Command::ConfigureTenant {
            config: Box::new(serde_json::from_value(organisations(&[])).unwrap()),
        })
        .await;
    place.sign(&place.anna).await.completed();
}

#[tokio::test]
pub async fn t48_a_key_that_is_registered_is_what_it_is_registered_as() {
    let (place, _) = Place::bound().await;
    let key = crate::support::api_key("own", &place.anna.key);
    let keys = json!({ "userId": place.owner.user, "apiKeys": [key] });
    let world = place.world();
    let made = world.done(&place.owner, "CREATE_API_KEYS_V2", keys).await;
    let signed = place.sign(&place.anna).await;
    signed.completed();
    assert_eq!(
        signed.activity()["votes"][0]["userId"],
        place.owner.user,
        "the organisation's own key comes first"
    );
    let removal = json!({ "userId": place.owner.user, "apiKeyIds": made["apiKeyIds"] });
    world.done(&place.owner, "DELETE_API_KEYS", removal).await;
    let signed = place.sign(&place.anna).await;
    assert_eq!(signed.activity()["votes"][0]["userId"], place.anna.user);
}

/// What a session proposes waits for others as anything does, and its own vote is none.
#[tokio::test]
pub async fn t48_a_session_proposes_and_does_not_approve() {
    let (place, _) = Place::bound().await;
    let (world, owner, anna) = (place.world(), &place.owner, &place.anna);
    let both = json!({ "threshold": 2, "userIds": [owner.user, anna.user] });
    world.done(owner, "UPDATE_ROOT_QUORUM", both).await;
    let held = place.sign(anna).await;
    assert_eq!(
        held.activity()["status"],
        "ACTIVITY_STATUS_CONSENSUS_NEEDED"
    );
    let about = json!({ "fingerprint": held.activity()["fingerprint"] });
    let refused = world.submit(anna, "APPROVE_ACTIVITY", about.clone()).await;
    refused.fails(403, "a session's key may not send APPROVE_ACTIVITY");
    let voted = world.submit(owner, "APPROVE_ACTIVITY", about.clone()).await;
    assert_eq!(
        voted.activity()["status"],
        "ACTIVITY_STATUS_CONSENSUS_NEEDED",
        "{:#}",
        voted.body
    );
    // With her passkey she agrees.
    world.advance_ms(1);
    let body = world.body(anna, "APPROVE_ACTIVITY", about);
    let path = "/public/v1/submit/approve_activity";
    let voted = world.post(path, &body, passkey().stamp(&body)).await;
    voted.completed();
}

#[tokio::test]
pub async fn t49_the_key_that_was_signed_is_the_key_that_stamps() {
    let place = Place::new().await;
    let thief = Persona {
        key: ApiKey::ed25519(66),
        ..place.anna.clone()
    };
    let open = format!("{GRID}/passkeys");
    let url = post(&place.app, &open, asked_again(&place)).await.ok();
    let mut page = query(&url);
    let swapped = Address::from_bytes(thief.key.public_key().try_into().unwrap());
    page.insert("session-key".to_owned(), swapped.to_string());
    let submit = format!("{GRID}/passkeys/submit");
    let answer = submission("create", &page, &passkey());
    let refused = post(&place.app, &submit, answer).await;
    assert!(refused.status.is_client_error(), "{:#}", refused.body);
    place.is_unknown(&thief).await;
    place.is_unknown(&place.anna).await;
}
