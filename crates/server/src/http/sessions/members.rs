//! The passkeys of an account: listed, added and removed, in the words of the newer generation.
//!
//! Where that one sends a transaction to be signed by whoever signs for the account, there is a
//! document here that holds the challenge, and a page on which a passkey of the account approves it.

use engine::tenants::{Answer, OpenedSession, PasskeysChanged};
use rules::tenant::{Command, Least, Member, PasskeyAccount, PasskeyChange, Role, SessionTerms};
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;
use wire::Timestamp;
use wire::encoding::{base64, base64url};
use wire::solana::Address;

use super::answer;
use super::call::{Call, parse, unexpected};
use super::dialect::member::PERMISSIONS;
use super::dialect::{self, Body};
use super::problem::Problem;
use crate::http::instant::rfc3339;

impl Call<'_> {
    pub(super) async fn passkeys(&self, address: &str) -> Result<Value, Problem> {
        let address = parse(address)?;
        let reader = self.reader().await?;
        let account = reader.passkey_account(self.environment, address).await?;
        let members = match &account {
            Some(_) => reader.members(self.environment, address).await?,
            None => Vec::new(),
        };
        Ok(listed(address, account.as_ref(), &members))
    }

    pub(super) async fn add_passkey(&self, address: &str, body: &[u8]) -> Result<Value, Problem> {
        let account = parse(address)?;
        let read = |body: &Body| dialect::member::add(body, self.environment, account);
        self.change_passkeys(body, read).await
    }

    pub(super) async fn remove_passkey(
        &self,
        address: &str,
        passkey: &str,
        body: &[u8],
    ) -> Result<Value, Problem> {
        let (account, passkey) = (parse(address)?, parse(passkey)?);
        let read = |body: &Body| dialect::member::remove(body, self.environment, account, passkey);
        self.change_passkeys(body, read).await
    }

    async fn change_passkeys(
        &self,
        body: &[u8],
        read: impl Fn(&Body) -> Result<Command, Problem>,
    ) -> Result<Value, Problem> {
        match self.perform(body, Least::Bearer, None, read).await? {
            Answer::ChangeOpened(opened, member) => {
                let url = answer::url(&opened, self.tenant);
                let asked = asked(&opened, &member, url);
                let asked = asked.ok_or_else(|| {
                    let error = "a change was opened that is none".to_owned();
                    Problem::from(engine::Error::Unreadable(error))
                })?;
                Ok(self.at().envelope(&asked))
            }
            other => Err(unexpected(&other)),
        }
    }
}

/// All of an account: its own first, then those that joined.
fn listed(address: Address, account: Option<&PasskeyAccount>, members: &[Member]) -> Value {
    let own = account.map(|it| passkey(it.address, Role::Primary, it.created_at));
    let joined = members.iter().map(member);
    let all: Vec<Value> = own.clone().into_iter().chain(joined).collect();
    json!({ "data": { "account_address": address, "passkey": own, "passkeys": all } })
}

fn member(member: &Member) -> Value {
    passkey(member.passkey, member.role, member.added_at)
}

fn passkey(address: Address, role: Role, added_at: Timestamp) -> Value {
    json!({
        "address": address,
        "role": role.name(),
        "permissions": PERMISSIONS,
        "provider": "passkey",
        "added_at": rfc3339(added_at),
    })
}

/// What waits for a passkey of the account.
fn asked(opened: &OpenedSession, member: &Member, mut asked: Value) -> Option<Value> {
    let terms = &opened.terms;
    let change = terms.change.as_ref()?;
    asked["transaction"] = base64::encode(document(opened, change).to_string()).into();
    asked[name(change)] = self::member(member);
    asked["threshold"] = 1.into();
    asked["status"] = "pending".into();
    asked["expires_at"] = rfc3339(opened.expires_at).into();
    Some(asked)
}

/// What stands where others have a transaction: all that the challenge is made of.
fn document(opened: &OpenedSession, change: &PasskeyChange) -> Value {
    let terms = &opened.terms;
    let mut document = json!({
        "purpose": purpose(change),
        "account": terms.account,
        "passkey": change.passkey(),
        "nonce": { "slotHash": terms.anchor.hash, "signer": terms.anchor.payer },
        "challenge": base64url::encode(&opened.challenge),
        "expiresAt": rfc3339(opened.expires_at),
    });
    if let PasskeyChange::Remove { ends_session, .. } = change {
        document["revokeSession"] = (*ends_session).into();
    }
    document
}

fn purpose(change: &PasskeyChange) -> &'static str {
    match change {
        PasskeyChange::Add { .. } => "add_passkey",
        PasskeyChange::Remove { .. } => "remove_passkey",
    }
}

/// What the answer calls the passkey.
fn name(change: &PasskeyChange) -> &'static str {
    match change {
        PasskeyChange::Add { .. } => "passkey",
        PasskeyChange::Remove { .. } => "removed_passkey",
    }
}

/// It was approved. The account's session is not told: who approves opens none.
pub(super) fn changed(changed: &PasskeysChanged) -> Value {
    let account = changed.account.to_string();
    let mut body = json!({
        "passkey_account": account,
        "passkeyAccount": account,
        "externallySignedAccount": account,
        "address": account,
        "status": "confirmed",
    });
    body[name(&changed.change)] = member(&changed.member);
    body
}

/// Tells a page of a tenant's own whom it is about.
pub(super) fn tell(query: &mut Serializer<'_, String>, terms: &SessionTerms) {
    if let Some(account) = terms.account {
        query.append_pair("account", &account.to_string());
    }
    if let Some(change) = &terms.change {
        query.append_pair("change", purpose(change));
        query.append_pair("passkey", &change.passkey().to_string());
    }
}
