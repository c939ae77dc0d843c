//! What is asked, and what an answer means.

use engine::chain::{Blockhash, Chain, ChainAccount, ChainFailure, Status};
use serde_json::{Value, json};
use wire::encoding::{base58, base64};
use wire::solana::{SlotHash, SlotHashes, program};

use super::{ADDRESS, SIGNATURE, Stub, packet};

/// A value at a slot.
fn at(value: Value) -> Value {
    json!({ "context": { "slot": 500, "apiVersion": "3.0.0" }, "value": value })
}

fn account(data: &[u8]) -> Value {
    at(json!({
        "data": [base64::encode(data), "base64"], "executable": false, "lamports": 12,
        "owner": program::SYSTEM, "rentEpoch": u64::MAX, "space": data.len(),
    }))
}

/// The one request that was made.
fn asked(stub: &Stub) -> Value {
    let [request] = stub.asked().try_into().unwrap();
    assert_eq!(request["jsonrpc"], "2.0");
    json!([request["method"], request["params"]])
}

#[tokio::test]
async fn reads_accounts_and_knows_where_there_is_none() {
    let stub = Stub::result(account(b"what a program wrote"));
    let expected = ChainAccount {
        lamports: 12,
        owner: program::SYSTEM,
        data: b"what a program wrote".to_vec(),
    };
    assert_eq!(stub.chain().account(&ADDRESS).await, Ok(Some(expected)));
    let how = json!({ "encoding": "base64", "commitment": "confirmed" });
    assert_eq!(asked(&stub), json!(["getAccountInfo", [ADDRESS, how]]));
    let stub = Stub::result(at(Value::Null));
    assert_eq!(stub.chain().account(&ADDRESS).await, Ok(None));
}

#[tokio::test]
async fn reads_the_recent_slots_and_the_clock_from_their_sysvars() {
    let entry = |slot| SlotHash {
        slot,
        hash: [3; 32],
    };
    let hashes = SlotHashes::new(vec![entry(499), entry(497)]).unwrap();
    let stub = Stub::result(account(&hashes.to_bytes()));
    assert_eq!(stub.chain().slot_hashes().await, Ok(hashes));
    assert_eq!(asked(&stub)[1][0], json!(program::SLOT_HASHES_SYSVAR));

    let numbers: [u64; 5] = [500, 0, 0, 0, 1_900_000_000];
    let stub = Stub::result(account(&numbers.map(u64::to_le_bytes).concat()));
    assert_eq!(stub.chain().now_s().await, Ok(1_900_000_000));
    assert_eq!(asked(&stub)[1][0], json!(program::CLOCK_SYSVAR));
}

#[tokio::test]
async fn reads_blockhashes_and_heights() {
    let latest = json!({ "blockhash": base58::encode([5; 32]), "lastValidBlockHeight": 650 });
    let stub = Stub::result(at(latest));
    let expected = Blockhash {
        hash: [5; 32],
        last_valid_height: 650,
    };
    assert_eq!(stub.chain().latest_blockhash().await, Ok(expected));
    let confirmed = json!([{ "commitment": "confirmed" }]);
    assert_eq!(asked(&stub), json!(["getLatestBlockhash", confirmed]));

    let stub = Stub::result(json!(480));
    assert_eq!(stub.chain().block_height().await, Ok(480));
    assert_eq!(asked(&stub), json!(["getBlockHeight", confirmed]));
}

#[tokio::test]
async fn sends_a_transaction_as_it_is() {
    let stub = Stub::result(json!(base58::encode(SIGNATURE)));
    assert_eq!(stub.chain().send(&packet()).await, Ok(()));
    let how = json!({ "encoding": "base64", "skipPreflight": true, "maxRetries": 0 });
    let params = json!([base64::encode(packet()), how]);
    assert_eq!(asked(&stub), json!(["sendTransaction", params]));
}

#[tokio::test]
async fn a_transaction_counts_once_its_block_is_confirmed() {
    let failed = json!({ "InstructionError": [1, { "Custom": 26 }] });
    let failure = ChainFailure {
        instruction: Some(1),
        custom: Some(26),
        error: failed.to_string(),
    };
    let status = |failed| Some(Status { slot: 499, failed });
    for (confirmation, error, expected) in [
        ("processed", Value::Null, None),
        ("processed", failed.clone(), None),
        ("confirmed", Value::Null, status(None)),
        ("finalized", Value::Null, status(None)),
        ("finalized", failed, status(Some(failure))),
    ] {
        let stub = Stub::result(at(json!([{
            "slot": 499, "confirmations": 1, "confirmationStatus": confirmation, "err": error,
        }])));
        assert_eq!(stub.chain().status(&SIGNATURE).await, Ok(expected));
        let params = json!([[base58::encode(SIGNATURE)], { "searchTransactionHistory": true }]);
        assert_eq!(asked(&stub), json!(["getSignatureStatuses", params]));
    }
    let stub = Stub::result(at(json!([null])));
    assert_eq!(stub.chain().status(&SIGNATURE).await, Ok(None));
}

#[tokio::test]
async fn simulates_without_asking_who_signed() {
    let stub = Stub::result(at(json!({ "err": null, "logs": [], "unitsConsumed": 5 })));
    assert_eq!(stub.chain().simulate(&packet()).await, Ok(Ok(())));
    let how = json!({
        "encoding": "base64", "commitment": "confirmed",
        "sigVerify": false, "replaceRecentBlockhash": false,
    });
    let params = json!([base64::encode(packet()), how]);
    assert_eq!(asked(&stub), json!(["simulateTransaction", params]));

    let stub = Stub::result(at(json!({ "err": "BlockhashNotFound", "logs": null })));
    let refused = stub.chain().simulate(&packet()).await.unwrap().unwrap_err();
    assert_eq!(refused.error, "\"BlockhashNotFound\"");
    assert_eq!((refused.instruction, refused.custom), (None, None));
}

#[tokio::test]
async fn answers_that_do_not_fit_are_answers_and_nothing_else() {
    let long = base64::encode([0; 600]);
    let blockhash = base58::encode([5; 32]);
    let whole = json!({
        "data": ["", "base64"], "lamports": 1, "owner": program::SYSTEM,
    });
    let without = |member: &str| {
        let mut account = whole.clone();
        account.as_object_mut().unwrap().remove(member);
        at(account)
    };
    let with = |member: &str, value: Value| {
        let mut account = whole.clone();
        account[member] = value;
        at(account)
    };
    let accounts = [
        json!({ "context": { "slot": 1 } }),
        json!({ "value": null }),
        at(json!([])),
        without("data"),
        without("lamports"),
        without("owner"),
        with("lamports", json!(-1)),
        with("lamports", json!(1.5)),
        with("lamports", json!("1")),
        with("lamports", json!(u64::MAX)),
        with("owner", json!("nobody")),
        with("owner", json!(format!("{}1", program::SYSTEM))),
        with("data", json!("")),
        with("data", json!(["", "base58"])),
        with("data", json!(["", "base64", ""])),
        with("data", json!(["AA", "base64"])),
        with("data", json!({ "parsed": {} })),
    ];
    let sysvars = [
        at(Value::Null),
        account(b""),
        account(&[0; 40 * 512 + 8]),
        with("data", json!([long, "base64"])),
        // A slot, and a time, that cannot be.
        account(&[1_u64, 1 << 60, 0, 0, 0, 0].map(u64::to_le_bytes).concat()),
        account(&[1_u64, 0, 0, 0, 1 << 50].map(u64::to_le_bytes).concat()),
        account(&[1_u64, 0, 0, 0, u64::MAX].map(u64::to_le_bytes).concat()),
    ];
    let blockhashes = [
        at(json!({ "blockhash": blockhash })),
        at(json!({ "lastValidBlockHeight": 1 })),
        at(json!({ "blockhash": &blockhash[1..], "lastValidBlockHeight": 1 })),
        at(json!({ "blockhash": "O0Il", "lastValidBlockHeight": 1 })),
        at(json!({ "blockhash": blockhash, "lastValidBlockHeight": -1 })),
        at(json!({ "blockhash": blockhash, "lastValidBlockHeight": 801 })),
        json!({ "context": { "slot": u64::MAX },
                "value": { "blockhash": blockhash, "lastValidBlockHeight": u64::MAX } }),
    ];
    let heights = [
        json!("1"),
        json!(-1),
        json!(u64::MAX),
        json!(1e3),
        at(json!(1)),
    ];
    let sent = [
        json!(""),
        json!(base58::encode([8; 64])),
        json!(base58::encode([9; 65])),
        json!(7),
    ];
    let confirmed = json!({ "slot": 1, "confirmationStatus": "confirmed", "err": null });
    let status = |member: &str, value: Value| {
        let mut status = confirmed.clone();
        status[member] = value;
        at(json!([status]))
    };
    let statuses = [
        at(Value::Null),
        at(json!([])),
        at(json!([null, null])),
        at(json!([confirmed, confirmed])),
        at(json!([{ "slot": 1, "confirmationStatus": "confirmed" }])),
        at(json!([{ "slot": 1, "err": null }])),
        at(json!([{ "confirmationStatus": "confirmed", "err": null }])),
        status("confirmationStatus", json!("recent")),
        status("confirmationStatus", Value::Null),
        status("slot", json!(u64::MAX)),
        status("err", json!(false)),
        status("err", json!({ "InstructionError": [300, "A"] })),
    ];
    let simulations = [
        at(Value::Null),
        at(json!({ "logs": [] })),
        at(json!({ "err": 0 })),
        json!({ "context": { "slot": 1 }, "err": null }),
    ];
    let refused = |answer: Result<(), _>, of: &Value| {
        let refused = matches!(answer, Err(engine::chain::ChainError::Answered(_)));
        assert!(refused, "{answer:?} of {of}");
    };
    for of in &accounts {
        let answer = Stub::result(of.clone()).chain().account(&ADDRESS).await;
        refused(answer.map(drop), of);
    }
    for of in accounts.iter().chain(&sysvars) {
        let chain = Stub::result(of.clone()).chain();
        refused(chain.slot_hashes().await.map(drop), of);
        refused(chain.now_s().await.map(drop), of);
    }
    for of in &blockhashes {
        let answer = Stub::result(of.clone()).chain().latest_blockhash().await;
        refused(answer.map(drop), of);
    }
    for of in &heights {
        let answer = Stub::result(of.clone()).chain().block_height().await;
        refused(answer.map(drop), of);
    }
    for of in &sent {
        let answer = Stub::result(of.clone()).chain().send(&packet()).await;
        refused(answer, of);
    }
    for of in &statuses {
        let answer = Stub::result(of.clone()).chain().status(&SIGNATURE).await;
        refused(answer.map(drop), of);
    }
    for of in &simulations {
        let answer = Stub::result(of.clone()).chain().simulate(&packet()).await;
        refused(answer.map(drop), of);
    }
}
