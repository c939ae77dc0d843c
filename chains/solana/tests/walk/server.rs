//! The server, which can be replaced by another.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::chain::Chain;
use engine::{Clock, Engine, Settings};
use rules::tenant::{Config, Source};
use serde_json::json;
use store::{Location, Store};
use vault::{LogKey, RootKey, Vault};
use wire::id::TenantId;
use wire::{Sealed, Timestamp};

use super::net::Net;
use super::world::{HERE, LOG, ORIGIN, World};
use crate::support::{NOW_S, RP_ID};

/// A tenant whose server is gone.
pub struct Parted {
    pub(super) net: Arc<Net>,
    pub(super) tenant: TenantId,
    pub(super) key: String,
    pub(super) sealed: Sealed,
    pub(super) now: Timestamp,
}

impl Parted {
    /// A server on the same store and the same chain.
    pub async fn return_to(self, place: &Location) -> World {
        let log_key = LogKey::open(&root(), LOG, &self.sealed).unwrap();
        let engine = server(place, log_key, &self.net).await;
        engine.clock().set(self.now);
        World {
            net: self.net,
            engine,
            tenant: self.tenant,
            key: self.key,
            sealed: self.sealed,
        }
    }
}

pub(super) fn source() -> Source {
    Source::new("127.0.0.1", "test", "request")
}

pub(super) fn root() -> RootKey {
    RootKey::from_bytes(b"any thirty-two bytes that differ").unwrap()
}

pub(super) async fn server(place: &Location, log_key: LogKey, net: &Arc<Net>) -> Arc<Engine> {
    let settings = Settings {
        audience: ORIGIN.to_owned(),
        not_before: Timestamp::from_millis(0),
    };
    let store = Store::open(place).unwrap();
    let clock = Arc::new(Clock::manual(Timestamp::from_millis(NOW_S * 1000)));
    let engine = Engine::new(store, Vault::new(root()), log_key, clock, settings);
    let chain: Arc<dyn Chain> = Arc::clone(net) as _;
    let chains = BTreeMap::from([(HERE, chain)]);
    Arc::new(engine.with_chains(chains).await.unwrap())
}

pub(super) fn config() -> Config {
    let ceremonies = |attestation: &str| {
        json!({
            "timeout": 60_000, "user_verification": "preferred",
            "attestation_preference": attestation, "resident_key_requirement": "required",
        })
    };
    let mut text = json!({
        "cors": { "allowed_origins": [ORIGIN], "allow_unsafe_wildcard": false },
        "webauthn": ceremonies("none"),
        "mfa": ceremonies("direct"),
        "zegel": { "token_algorithm": "ES256" },
    });
    text["webauthn"]["relying_party"] =
        json!({ "id": RP_ID, "display_name": "App", "origins": [ORIGIN] });
    serde_json::from_value(text).unwrap()
}
