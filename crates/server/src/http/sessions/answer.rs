//! Answers of this family: members under the names of every generation at once.

use engine::tenants::{Listed, OpenedSession, OpenedSigning, Page, Sent, SignedDocument, ToSign};
use rules::tenant::{PasskeyAccount, SessionKey};
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;
use verify::solana::execution_account;
use wire::Timestamp;
use wire::encoding::{base64, base64url, hex};
use wire::id::TenantId;
use wire::solana::signature_text;

use super::dialect::KeyForm;
use super::members;
use crate::http::instant::rfc3339;

/// The address of the page that asks for the passkey.
pub(super) fn url(opened: &OpenedSession, tenant: TenantId) -> Value {
    let terms = &opened.terms;
    let mut query = Serializer::new(String::new());
    query.append_pair("env", terms.environment.name());
    if let Some(name) = &terms.app_name {
        query.append_pair("app-name", name);
    }
    query.append_pair("user-id", &terms.user_handle);
    if let Some(url) = &terms.redirect_url {
        query.append_pair("redirect-url", url);
    }
    query.append_pair("challenge", &base64url::encode(&opened.challenge));
    query.append_pair("slot-num", &terms.anchor.slot.to_string());
    if let Some(key) = &terms.key {
        query.append_pair("session-key", &key.key.to_string());
        query.append_pair("expiration-in-seconds", &key.lifetime_seconds.to_string());
    }
    query.append_pair("tenant", &tenant.to_string());
    members::tell(&mut query, terms);
    let base = opened.base_url.trim_end_matches('/');
    let page = terms.action.name();
    json!({ "url": format!("{base}/{page}?{}", query.finish()) })
}

/// The address of the page that asks for a signature. The document is not in it: our page has it
/// from here, and a tenant's own from who asked.
pub(super) fn signing_url(opened: &OpenedSigning, tenant: TenantId) -> Value {
    let terms = &opened.terms;
    let mut query = Serializer::new(String::new());
    query.append_pair("env", terms.environment.name());
    if let Some(name) = &terms.app_name {
        query.append_pair("app-name", name);
    }
    if let Some(url) = &terms.redirect_url {
        query.append_pair("redirect-url", url);
    }
    query.append_pair("challenge", &base64url::encode(&opened.challenge));
    query.append_pair("chain", &terms.chain());
    query.append_pair("tenant", &tenant.to_string());
    let base = opened.base_url.trim_end_matches('/');
    json!({ "url": format!("{base}/sign?{}", query.finish()) })
}

/// A signature in the bytes of the account's contract.
pub(super) fn signed(signed: &SignedDocument) -> Value {
    let hex = |bytes: &[u8]| format!("0x{}", hex::encode(bytes));
    let address = signed.account.address.to_string();
    let (x, y) = signed.encoded.public_key.split_at(32);
    json!({
        "passkey_account": address,
        "passkeyAccount": address,
        "address": address,
        "evm": {
            "signature": hex(&signed.encoded.signature),
            "publicKey": { "x": hex(x), "y": hex(y) },
            "verifyInput": hex(&signed.encoded.precompile_input),
            "hash": hex(&signed.terms.hash),
            "family": signed.terms.account.name(),
            "chainId": signed.terms.chain(),
        },
    })
}

/// An account with its session, as submitting and finding answer it. A session that is over is
/// none. Older clients turn `passkey_account` from bytes into base58 only beside a `session_key`.
pub(super) fn bound(account: &PasskeyAccount, form: KeyForm, now: Timestamp) -> Value {
    let address = account.address.to_string();
    let mut body = json!({
        "passkey_account": address,
        "passkeyAccount": address,
        "externallySignedAccount": address,
        "address": address,
    });
    tell_execution_account(&mut body, account);
    if let Some(session) = live(account, now) {
        body["passkey_account"] = json!(account.address.as_bytes());
        body["session_key"] = json!({
            "key": session.key.as_bytes(),
            "expiration": session.expires_at_seconds,
        });
        body["sessionKey"] = session_key(session, form);
    }
    body
}

fn session_key(session: &SessionKey, form: KeyForm) -> Value {
    let key = match form {
        KeyForm::Text => json!(session.key.to_string()),
        KeyForm::Bytes => json!(session.key.as_bytes()),
    };
    json!({ "key": key, "expiration": session.expires_at_seconds })
}

/// An account as it is looked up. A session that is over is none.
pub(super) fn account(account: &PasskeyAccount, now: Timestamp) -> Value {
    let key = base64::encode(&account.public_key);
    let mut body = json!({
        "relyingPartyId": account.rp_id,
        "relying_party_id": account.rp_id,
        "pubkey": key,
    });
    tell_execution_account(&mut body, account);
    if let Some(session) = live(account, now) {
        body["sessionKey"] = session_key(session, KeyForm::Text);
        body["session_key"] = session_key(session, KeyForm::Text);
    }
    body
}

/// The account object of the newer generation.
pub(super) fn whole(account: &PasskeyAccount, now: Timestamp) -> Value {
    let session = live(account, now).map(|session| session_key(session, KeyForm::Text));
    let mut body = json!({
        "address": account.address,
        "type": "passkey",
        "status": "active",
        "policies": { "threshold": 1, "admin_address": null },
        "authentication": [{
            "provider": "passkey",
            "session": { "Passkey": {
                "passkey_account": account.address,
                "pubkey": base64::encode(&account.public_key),
                "relying_party_id": account.rp_id,
                "session_key": session,
            } },
        }],
        "created_at": rfc3339(account.created_at),
        "updated_at": rfc3339(account.updated_at),
    });
    tell_execution_account(&mut body, account);
    body
}

/// Where the money lies: a member of our own.
fn tell_execution_account(body: &mut Value, account: &PasskeyAccount) {
    let address = execution_account(&account.address).address.to_string();
    body["executionAccount"] = address.as_str().into();
    body["execution_account"] = address.into();
}

/// An account in a list, as it is kept here: with its session, which may be over.
fn listed(account: &PasskeyAccount) -> Value {
    let mut body = json!({
        "address": account.address,
        "executionAccount": execution_account(&account.address).address,
        "rpId": account.rp_id,
        "environment": account.environment,
        "createdAt": rfc3339(account.created_at),
        "updatedAt": rfc3339(account.updated_at),
    });
    if let Some(session) = &account.session {
        body["session"] = json!({
            "key": session.key,
            "expiration": session.expires_at_seconds,
            "scope": session.scope,
            "used": session.used,
            "revoked": session.is_revoked,
        });
    }
    body
}

/// A page of a list.
pub(super) fn page(listed: &Listed<PasskeyAccount>, page: Page) -> Value {
    json!({
        "data": listed.items.iter().map(self::listed).collect::<Vec<_>>(),
        "page": page.number,
        "per_page": page.size,
        "total": listed.total,
    })
}

/// The request that is answered, as envelopes tell it.
pub(super) struct At<'a> {
    pub(super) request_id: &'a str,
    pub(super) now: Timestamp,
}

impl At<'_> {
    pub(super) fn envelope(&self, data: &Value) -> Value {
        json!({
            "data": data,
            "metadata": { "request_id": self.request_id, "timestamp": rfc3339(self.now) },
        })
    }
}

/// A session key's transaction, for those to sign who have to. Clients sign with the keys that are
/// listed as long as no payloads for other services are.
pub(super) fn to_sign(to_sign: &ToSign, at: At<'_>) -> Value {
    at.envelope(&json!({
        "transaction": base64::encode(&to_sign.transaction),
        "transaction_signers": to_sign.signers,
        "account_signers": to_sign.signers,
        "kms_payloads": [],
    }))
}

/// A transaction that the chain has carried out.
pub(super) fn carried(sent: &Sent, at: At<'_>) -> Value {
    at.envelope(&json!({
        "transaction_signature": signature_text(&sent.signature),
        "confirmed_at": rfc3339(sent.at),
    }))
}

fn live(account: &PasskeyAccount, now: Timestamp) -> Option<&SessionKey> {
    account
        .session
        .as_ref()
        .filter(|session| session.is_live(now))
}
