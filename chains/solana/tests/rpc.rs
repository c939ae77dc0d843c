//! The chain behind JSON-RPC, as a server meets it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use verify::solana::Nonce;
use wire::solana::external_signature::{ACCOUNT_LENGTH, PasskeyAccount};
use wire::solana::{Address, SlotHashes, program};
use zegel_solana_rpc::{Chain, Rpc, http};

use crate::support::*;

/// A node that knows the scene's chain and nothing else of it.
struct Node(Rpc);

impl Node {
    fn new() -> Self {
        Self(Rpc::new(Chain::new(350_000_500, NOW_S)))
    }

    fn answer(&mut self, method: &str, params: Value) -> Value {
        let request = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
        let answer = self.0.answer(request.to_string().as_bytes());
        assert_eq!(
            (&answer["jsonrpc"], &answer["id"]),
            (&json!("2.0"), &json!(7))
        );
        answer
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let mut answer = self.answer(method, params);
        assert_eq!(answer["error"], Value::Null, "{answer}");
        answer["result"].take()
    }

    fn account(&mut self, address: &Address) -> Option<Vec<u8>> {
        let params = json!([address, { "encoding": "base64" }]);
        let account = &self.ask("getAccountInfo", params)["value"];
        Some(STANDARD.decode(account["data"][0].as_str()?).unwrap())
    }

    /// A transaction that creates the scene's account, made of what the node answers alone.
    fn creating(&mut self, scene: &Scene) -> Vec<u8> {
        let hashes = self.account(&program::SLOT_HASHES_SYSVAR).unwrap();
        let slot: Slot = SlotHashes::parse(&hashes).unwrap().newest().into();
        let nonce = Nonce {
            slot_hash: slot.hash,
            signer: scene.payer.address(),
        };
        let proof = scene.prove(&nonce.initialise(None));
        let latest = self.ask("getLatestBlockhash", json!([]));
        let blockhash = latest["value"]["blockhash"].as_str().unwrap();
        let decoded = bs58::decode(blockhash).into_vec().unwrap();
        assert_eq!(decoded, scene.chain.latest_blockhash());
        scene.packet(
            &[proof.instruction(), scene.creating(slot, None, &proof)],
            &[],
        )
    }
}

fn encoded(packet: &[u8]) -> Value {
    json!([STANDARD.encode(packet), { "encoding": "base64" }])
}

#[test]
fn a_server_needs_nothing_but_these_methods() {
    let scene = Scene::new();
    let payer = scene.payer.address();
    let mut node = Node::new();
    assert_eq!(node.ask("getHealth", json!([])), "ok");
    assert_eq!(node.ask("getSlot", json!([])), 350_000_500);
    // The blockhash is good for this block and 149 more.
    assert_eq!(node.ask("getBlockHeight", json!([])), 350_000_500);
    let latest = node.ask("getLatestBlockhash", json!([]));
    assert_eq!(latest["value"]["lastValidBlockHeight"], 350_000_649);
    node.ask("requestAirdrop", json!([payer, SOL]));
    assert_eq!(node.ask("getBalance", json!([payer]))["value"], SOL);
    assert_eq!(node.account(&scene.account()), None);

    let packet = node.creating(&scene);
    let tried = node.ask("simulateTransaction", encoded(&packet));
    assert_eq!(tried["value"]["err"], Value::Null);
    assert!(tried["value"]["unitsConsumed"].as_u64().unwrap() > 1000);
    let signature = node.ask("sendTransaction", encoded(&packet));
    let unknown = bs58::encode([9; 64]).into_string();
    let statuses = node.ask("getSignatureStatuses", json!([[signature, unknown]]));
    assert_eq!(statuses["value"][0]["confirmationStatus"], "finalized");
    assert_eq!(statuses["value"][0]["err"], Value::Null);
    assert_eq!(statuses["value"][1], Value::Null);

    let data = node.account(&scene.account()).unwrap();
    assert_eq!(data.len(), ACCOUNT_LENGTH);
    assert_eq!(
        PasskeyAccount::parse(&data).unwrap().public_key,
        scene.key()
    );
}

#[test]
fn a_transaction_that_would_fail_is_not_sent_unless_asked() {
    let scene = Scene::new();
    let mut node = Node::new();
    node.ask("requestAirdrop", json!([scene.payer.address(), SOL]));
    let packet = node.creating(&scene);
    let passed = node.ask("zegel_advance", json!([{ "skipped": 1, "blocks": 1 }]));
    assert_eq!(passed["slot"], 350_000_502);
    assert_eq!(node.ask("getSlot", json!([])), 350_000_502);

    let refused = node.answer("sendTransaction", encoded(&packet));
    assert_eq!(refused["error"]["code"], -32002);
    let reason = json!({ "InstructionError": [1, { "Custom": 26 }] });
    assert_eq!(refused["error"]["data"]["err"], reason);
    let named = bs58::encode(&packet[1..65]).into_string();
    let statuses = node.ask("getSignatureStatuses", json!([[named]]));
    assert_eq!(statuses["value"][0], Value::Null);

    let mut params = encoded(&packet);
    params[1]["skipPreflight"] = json!(true);
    assert_eq!(node.ask("sendTransaction", params), json!(named));
    let statuses = node.ask("getSignatureStatuses", json!([[named]]));
    assert_eq!(statuses["value"][0]["err"], reason);
}

#[test]
fn a_transaction_that_nobody_signed_is_dropped() {
    let scene = Scene::new();
    let mut node = Node::new();
    node.ask("requestAirdrop", json!([scene.payer.address(), SOL]));
    let mut packet = node.creating(&scene);
    packet[1] ^= 1;
    let mut params = encoded(&packet);
    let refused = node.answer("sendTransaction", params.clone());
    assert_eq!(refused["error"]["data"]["err"], "SignatureFailure");
    params[1]["skipPreflight"] = json!(true);
    let named = node.ask("sendTransaction", params);
    let statuses = node.ask("getSignatureStatuses", json!([[named]]));
    assert_eq!(statuses["value"][0], Value::Null);
}

#[test]
fn the_same_transaction_may_be_sent_again_and_runs_once() {
    let scene = Scene::new();
    let mut node = Node::new();
    node.ask("requestAirdrop", json!([scene.payer.address(), SOL]));
    let packet = node.creating(&scene);
    let named = node.ask("sendTransaction", encoded(&packet));
    node.ask("zegel_advance", json!([{ "blocks": 3 }]));
    let again = node.answer("sendTransaction", encoded(&packet));
    assert_eq!(again["error"]["data"]["err"], "AlreadyProcessed");
    let mut params = encoded(&packet);
    params[1]["skipPreflight"] = json!(true);
    assert_eq!(node.ask("sendTransaction", params), named);
    let statuses = node.ask("getSignatureStatuses", json!([[named]]));
    assert_eq!(statuses["value"][0]["err"], Value::Null);
    assert_eq!(statuses["value"][0]["slot"], 350_000_500);
}

#[test]
fn a_simulation_asks_for_signatures_only_if_told() {
    let scene = Scene::new();
    let mut node = Node::new();
    node.ask("requestAirdrop", json!([scene.payer.address(), SOL]));
    let mut packet = node.creating(&scene);
    packet[1..65].fill(0);
    let tried = node.ask("simulateTransaction", encoded(&packet));
    assert_eq!(tried["value"]["err"], Value::Null);
    let mut params = encoded(&packet);
    params[1]["sigVerify"] = json!(true);
    let tried = node.ask("simulateTransaction", params);
    assert_eq!(tried["value"]["err"], "SignatureFailure");
}

#[test]
fn the_clock_goes_with_the_slots_and_further_if_told() {
    let mut node = Node::new();
    let passed = node.ask("zegel_advance", json!([{ "blocks": 150 }]));
    assert_eq!(passed["unixTime"], NOW_S + 60);
    let passed = node.ask("zegel_advance", json!([{ "seconds": 900 }]));
    assert_eq!(
        passed,
        json!({ "slot": 350_000_650, "unixTime": NOW_S + 960 })
    );
}

#[test]
fn bad_requests_are_told_what_is_wrong() {
    let mut node = Node::new();
    for (method, params, code) in [
        ("getNothing", json!([]), -32601),
        ("getBalance", json!([]), -32602),
        ("getBalance", json!(["0"]), -32602),
        ("getAccountInfo", json!([program::SYSTEM]), -32602),
        ("getSignatureStatuses", json!(["x"]), -32602),
        (
            "sendTransaction",
            json!(["!", { "encoding": "base64" }]),
            -32602,
        ),
        (
            "sendTransaction",
            json!(["AA==", { "encoding": "base64" }]),
            -32002,
        ),
        ("zegel_advance", json!([{ "blocks": -1 }]), -32602),
    ] {
        let answer = node.answer(method, params);
        assert_eq!(answer["error"]["code"], code, "{method}: {answer}");
    }
    assert_eq!(node.0.answer(b"{")["error"]["code"], -32700);
    assert_eq!(node.0.answer(b"{}")["error"]["code"], -32600);
    let several = node
        .0
        .answer(br#"[{"id":1,"method":"getSlot"},{"id":2,"method":"getHealth"}]"#);
    assert_eq!(several[0]["result"], 350_000_500);
    assert_eq!(several[1]["result"], "ok");
}

#[test]
fn the_node_answers_over_http() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        http::serve(&listener, &mut Rpc::new(Chain::new(500, NOW_S)), |_| {})
    });
    let exchange = |request: &str| {
        let mut connection = TcpStream::connect(address).unwrap();
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    };
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"getSlot"}"#;
    for expect in ["", "Expect: 100-continue\r\n"] {
        let answer = exchange(&format!(
            "POST / HTTP/1.1\r\nHost: x\r\n{expect}content-length: {}\r\n\r\n{body}",
            body.len()
        ));
        assert!(answer.contains("HTTP/1.1 200 OK\r\n"), "{answer}");
        let (_, answered) = answer.rsplit_once("\r\n\r\n").unwrap();
        let answered: Value = serde_json::from_str(answered).unwrap();
        assert_eq!(answered["result"], 500);
    }
    let answer = exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
}
