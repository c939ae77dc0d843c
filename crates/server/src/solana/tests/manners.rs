//! How much is asked of a node, and how often.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use engine::chain::{Chain, ChainError};
use futures_util::future::join_all;
use serde_json::{Value, json};
use wire::encoding::{base58, base64};
use wire::solana::{SlotHash, SlotHashes, program};

use super::stub::Says;
use super::{SIGNATURE, Stub, packet};
use crate::solana::node::AT_A_TIME;

/// A node that hangs up on the first requests, so many of them.
fn hanging_up(times: usize, then: Value) -> Stub {
    let asked = AtomicUsize::new(0);
    Stub::new(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
        nth if nth < times => Says::Raw(Vec::new()),
        _ => Says::Result(then.clone()),
    })
}

#[tokio::test]
async fn a_read_is_tried_again_once_when_the_connection_fails() {
    let stub = hanging_up(1, json!(480));
    assert_eq!(stub.chain().block_height().await, Ok(480));
    assert_eq!(stub.asked().len(), 2);

    let stub = hanging_up(2, json!(480));
    let outcome = stub.chain().block_height().await;
    assert!(
        matches!(outcome, Err(ChainError::Unreachable(_))),
        "{outcome:?}"
    );
    assert_eq!(stub.asked().len(), 2);
}

#[tokio::test]
async fn a_transaction_is_handed_over_once_whatever_happens() {
    let stub = hanging_up(1, json!(base58::encode(SIGNATURE)));
    let chain = stub.chain();
    let outcome = chain.send(&packet()).await;
    assert!(
        matches!(outcome, Err(ChainError::Unreachable(_))),
        "{outcome:?}"
    );
    assert_eq!(stub.asked().len(), 1);
    assert_eq!(chain.send(&packet()).await, Ok(()));
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_not_asked_for_again() {
    let stub = Stub::result(json!("many"));
    assert!(stub.chain().block_height().await.is_err());
    assert_eq!(stub.asked().len(), 1);
}

#[tokio::test]
async fn only_so_many_calls_are_under_way_at_a_time() {
    let (now, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let (barrier, highest) = (Barrier::new(AT_A_TIME), Arc::clone(&most));
    let stub = Stub::new(move |_| {
        let under_way = now.fetch_add(1, Ordering::SeqCst) + 1;
        highest.fetch_max(under_way, Ordering::SeqCst);
        // Nobody is answered before all that may come have come.
        barrier.wait();
        now.fetch_sub(1, Ordering::SeqCst);
        Says::Result(json!(480))
    });
    let chain = stub.chain();
    let answers = join_all((0..4 * AT_A_TIME).map(|_| chain.block_height())).await;
    assert!(
        answers.iter().all(|answer| *answer == Ok(480)),
        "{answers:?}"
    );
    assert_eq!(most.load(Ordering::SeqCst), AT_A_TIME);
}

#[tokio::test(start_paused = true)]
async fn a_crowd_shares_the_recent_slots_and_they_are_asked_for_again_after_a_slot() {
    let entry = SlotHash {
        slot: 499,
        hash: [3; 32],
    };
    let hashes = SlotHashes::new(vec![entry]).unwrap();
    let data = json!([base64::encode(hashes.to_bytes()), "base64"]);
    let account = json!({ "data": data, "lamports": 1, "owner": program::SYSTEM });
    let stub = Stub::result(json!({ "context": { "slot": 500 }, "value": account }));
    let chain = stub.chain();
    for answer in join_all((0..50).map(|_| chain.slot_hashes())).await {
        assert_eq!(answer.as_ref(), Ok(&hashes));
    }
    assert_eq!(stub.asked().len(), 1);
    tokio::time::advance(Duration::from_millis(400)).await;
    chain.slot_hashes().await.unwrap();
    assert_eq!(stub.asked().len(), 2);
}
