//! Session keys that stamp requests of an organisation.

mod chain;
mod ends;
mod reach;
mod walls;

// For `every_store`, which calls the tests once more on other stores.
pub use self::{chain::*, ends::*, reach::*, walls::*};

use rules::tenant::{Command, Config};
use serde_json::{Value, json};
use testkit::{ApiKey, Passkey};
use wire::solana::Address;

use crate::sessions::{GRID, passkey, post, query, submission};
use crate::support::{Persona, Reply, Wallet, World, authenticator, root_user};
use crate::tenants::{App, config, found};

/// An organisation in which Anna has a passkey and may sign, and a tenant that may have a session
/// key of hers stamp for it.
pub struct Place {
    pub app: App,
    /// Another member of the root quorum, who is enough as well.
    pub owner: Persona,
    pub wallet: Wallet,
    /// Anna, with her session's key.
    pub anna: Persona,
    pub authenticator: String,
}

pub fn organisations(list: &[&str]) -> Value {
    let mut config = config();
    config["zegel"]["sessions"] = json!({ "organizations": list });
    config
}

/// As it is asked for: a key and what it may stamp.
pub fn asked(key: &ApiKey, activities: Value) -> Value {
    let key = Address::from_bytes(key.public_key().try_into().unwrap());
    let scope = match activities.is_null() {
        true => json!({}),
        false => json!({ "activities": activities }),
    };
    json!({ "sessionKey": { "key": key, "expiration": 900, "scope": scope } })
}

/// Binds a key to the account of a passkey, and tells the account's address.
pub async fn bind(app: &App, kind: &str, passkey: &Passkey, asked: Value) -> String {
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
    pub async fn new() -> Self {
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
    pub async fn bound() -> (Self, String) {
        let place = Self::new().await;
        let all = json!({ "organizationId": place.owner.organisation });
        let asked = asked(&place.anna.key, all);
        let account = bind(&place.app, "create", &passkey(), asked).await;
        place.sign(&place.anna).await.completed();
        (place, account)
    }

    pub fn world(&self) -> &World {
        &self.app.world
    }

    pub fn payload(&self) -> Value {
        json!({
            "signWith": self.wallet.address, "payload": "11".repeat(32),
            "encoding": "PAYLOAD_ENCODING_HEXADECIMAL", "hashFunction": "HASH_FUNCTION_NO_OP",
        })
    }

    pub async fn sign(&self, who: &Persona) -> Reply {
        let kind = "SIGN_RAW_PAYLOAD_V2";
        self.world().submit(who, kind, self.payload()).await
    }

    /// Neither signs nor reads, and is told what anybody is whom nobody knows.
    pub async fn is_unknown(&self, who: &Persona) {
        let told = "could not find public key in organization or its parent";
        self.sign(who).await.fails(401, told);
        let asked = self.world().ask(who, "whoami", json!({})).await;
        asked.fails(401, told);
    }

    pub async fn is_over(&self) {
        self.sign(&self.anna).await.fails(401, "expired api key");
        let asked = self.world().ask(&self.anna, "whoami", json!({})).await;
        asked.fails(401, "expired api key");
        assert_eq!(asked.body["turnkeyErrorCode"], "API_KEY_EXPIRED");
    }

    pub async fn configure(&self, config: Value) {
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

/// For all that a session may stamp of the place's organisation.
pub fn asked_again(place: &Place) -> Value {
    asked(
        &place.anna.key,
        json!({ "organizationId": place.owner.organisation }),
    )
}
