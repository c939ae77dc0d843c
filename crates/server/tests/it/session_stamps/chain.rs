//! Session keys of accounts on a chain.

use std::sync::{Arc, Mutex};

use engine::chain::{Answer, Blockhash, Chain, ChainAccount, ChainError, ChainFailure, Status};
use serde_json::json;
use testkit::ApiKey;
use verify::session::key_from_cose;
use wire::environment::Environment;
use wire::solana::external_signature::{PasskeyAccount, SessionKey};
use wire::solana::{Address, SlotHashes, program};

use super::Place;
use crate::sessions::passkey;
use crate::support::AUDIENCE;

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
