//! Documents in order, and a log that signs for whatever it is given.

use serde_json::{Value, json};
use testkit::encode::base64url;
use testkit::keys::SigningKey;
use testkit::{BrowserKey, Passkey};
use verify::receipt;
use verify::transaction::{self, TransactionContent};
use wire::Timestamp;
use wire::id::TenantId;
use wire::log::{Checkpoint, Note, NoteSignature, Proof, VerifierKey};
use wire::tenants::{ConfirmationMethod, Payment};

pub(crate) const LOG: &str = "log.example.com/zegel";
pub(crate) const TENANT: &str = "0d8f4b8e-27c5-4b3a-9c55-0f5f8a3f6a11";
pub(crate) const RP_ID: &str = "bank.example";
pub(crate) const ORIGIN: &str = "https://bank.example";
pub(crate) const SHOP: &str = "https://shop.example";
pub(crate) const SALT: [u8; 32] = [9; 32];
pub(crate) const EXPIRES_MS: u64 = 1_782_000_300_000;

/// A log with one key, which signs whatever it is given.
pub(crate) fn log_key() -> SigningKey {
    SigningKey::ed25519([3; 32])
}

pub(crate) fn log() -> VerifierKey {
    let public = log_key().public_key_compressed();
    receipt::verifier_key(LOG, public.try_into().expect("Ed25519 keys have 32 bytes"))
}

/// Enters `leaf` as the second of two and proves it.
pub(crate) fn prove(leaf: &str) -> String {
    let sibling = receipt::leaf_hash(b"another leaf");
    let root = receipt::node_hash(sibling, receipt::leaf_hash(leaf.as_bytes()));
    let text = Checkpoint::new(LOG, 2, root).unwrap().to_string();
    let signature = NoteSignature {
        name: LOG.to_owned(),
        key_id: log().key_id,
        signature: log_key().sign(text.as_bytes()),
    };
    let proof = Proof {
        extra: Some(leaf.as_bytes().to_vec()),
        index: 1,
        path: vec![sibling],
        checkpoint: Note::new(text, vec![signature]).unwrap(),
    };
    proof.to_string()
}

/// The leaf of an event, committing to `record`.
pub(crate) fn leaf(record: &str) -> Value {
    json!({
        "v": 1, "kind": "event", "tenantId": TENANT,
        "eventId": "01938b5e-7c00-7a00-8000-000000000001",
        "type": "WEBAUTHN_TRANSACTION_FINAL", "status": "SUCCEEDED",
        "fingerprint": "01".repeat(32), "timeMs": 1_782_000_000_000_u64,
        "commitment": hex::encode(receipt::commitment(&SALT, record.as_bytes())),
    })
}

/// The leaf's one spelling, whose members are not in the order of a map.
pub(crate) fn leaf_text(leaf: &Value) -> String {
    let names = [
        "v",
        "kind",
        "tenantId",
        "eventId",
        "organizationId",
        "activityId",
        "type",
        "status",
        "fingerprint",
        "timeMs",
        "commitment",
    ];
    let members: Vec<String> = names
        .iter()
        .filter_map(|name| Some(format!("\"{name}\":{}", leaf.get(name)?)))
        .collect();
    format!("{{{}}}", members.join(","))
}

/// A document whose log, leaf and commitment are in order, whatever the record says.
pub(crate) fn document(record: &Value) -> String {
    let record = record.to_string();
    document_of(&record, &leaf_text(&leaf(&record)))
}

pub(crate) fn document_of(record: &str, leaf: &str) -> String {
    json!({
        "version": 1, "receipt": prove(leaf), "salt": hex::encode(SALT), "record": record,
    })
    .to_string()
}

pub(crate) fn payment() -> Payment {
    Payment::from_value(&json!({
        "amount": "123.45", "currency": "EUR", "payee": { "name": "Bücher & Söhne" },
    }))
    .unwrap()
}

pub(crate) fn digest(method: ConfirmationMethod) -> [u8; 32] {
    transaction::digest_v2(&TransactionContent {
        tenant: TENANT.parse::<TenantId>().unwrap(),
        user_id: "alice",
        transaction_id: "order-1",
        payment: &payment(),
        rp_id: RP_ID,
        method,
        expires_at: Timestamp::from_millis(EXPIRES_MS),
    })
}

pub(crate) fn passkey() -> Passkey {
    Passkey::es256(1, RP_ID, ORIGIN)
}

/// The parts of a record that all kinds share.
pub(crate) fn record(transaction: Value, assertion: Value, expected: Value) -> Value {
    let passkey = passkey();
    json!({
        "v": 1, "type": "webauthn_transaction_final_succeeded",
        "userId": "alice", "transactionId": "order-1", "sourceIp": "192.0.2.1",
        "userAgent": "a browser", "requestId": "r-1",
        "detail": {
            "transaction": transaction,
            "credential": {
                "id": base64url(passkey.credential_id()),
                "publicKey": base64url(passkey.public_key()),
                "aaguid": "00000000-0000-0000-0000-000000000000",
                "backupEligible": false, "backupState": false, "signCount": 0,
            },
            "assertion": assertion,
            "expected": expected,
        },
    })
}

pub(crate) fn transaction(method: ConfirmationMethod) -> Value {
    json!({
        "tenantId": TENANT, "userId": "alice", "transactionId": "order-1",
        "payment": payment().canonical(), "rpId": RP_ID, "method": method,
        "expiresMs": EXPIRES_MS, "digest": hex::encode(digest(method)), "version": 2,
    })
}

pub(crate) fn signed(answer: &testkit::Assertion) -> Value {
    json!({
        "clientDataJSON": base64url(&answer.client_data_json),
        "authenticatorData": base64url(&answer.authenticator_data),
        "signature": base64url(&answer.signature),
    })
}

pub(crate) fn by_webauthn() -> Value {
    let method = ConfirmationMethod::Webauthn;
    let answer = passkey().assertion(&transaction::challenge([5; 32], digest(method)));
    let expected = json!({ "origins": ["https://other.example", ORIGIN] });
    record(transaction(method), signed(&answer), expected)
}

pub(crate) fn by_spc(browser: Option<&BrowserKey>) -> Value {
    let method = ConfirmationMethod::SecurePaymentConfirmation;
    let shown = json!({
        "rpId": RP_ID, "topOrigin": SHOP, "payeeName": "Bücher & Söhne", "payeeOrigin": SHOP,
        "paymentEntitiesLogos": [],
        "total": { "value": "123.45", "currency": "EUR" },
        "instrument": { "icon": "data:i", "displayName": "Card" },
    });
    let challenge = transaction::challenge([5; 32], digest(method));
    let answer = passkey().payment_assertion_with(&challenge, SHOP, &shown, browser, |_, _| {});
    let mut assertion = signed(&answer.assertion);
    if let Some(signature) = &answer.browser_bound_signature {
        assertion["browserBoundSignature"] = base64url(signature).into();
    }
    let expected = json!({
        "origins": [ORIGIN],
        "spc": {
            "callerOrigin": SHOP, "topOrigin": SHOP, "payeeOrigin": SHOP,
            "instrument": { "displayName": "Card", "icon": "data:i" },
        },
    });
    record(transaction(method), assertion, expected)
}

pub(crate) fn compatible() -> Value {
    let data = json!({ "payload": "<Lorem & Ipsum>" });
    let digest = transaction::compat_digest("order-1", &data);
    let answer = passkey().assertion(&transaction::challenge([5; 32], digest));
    let mut transaction = transaction(ConfirmationMethod::Webauthn);
    transaction["version"] = json!(1);
    transaction["payment"] = wire::tenants::go_json::canonical(&data).into();
    transaction["digest"] = hex::encode(digest).into();
    record(transaction, signed(&answer), json!({ "origins": [ORIGIN] }))
}
