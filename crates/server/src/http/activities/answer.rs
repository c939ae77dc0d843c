//! What came out, in the protocol's JSON.
//!
//! Clients insist on every member of an activity and on every list, empty ones too; 64-bit
//! numbers travel as strings.

use engine::{Answer, Beside, View};
use rules::activity::{Activity, ActivityStatus, Selection, Vote};
use rules::decide;
use rules::outcome::{NewPrivateKey, NewWallet, Signature};
use rules::{
    ApiKey, Authenticator, Done, Organisation, PrivateKey, Query, Refusal, Tag, TagKind, User,
    Wallet, WalletAccount,
};
use serde_json::{Map, Value, json};
use wire::Timestamp;
use wire::activities::endpoint;
use wire::encoding::{base64url, hex};
use wire::keys::{AddressFormat, Curve};

use super::problem::Problem;

/// The answer to a command: the activity, or the rule's refusal.
pub(super) fn submitted(view: View, now: Timestamp) -> Result<Value, Problem> {
    match &view.activity.status {
        ActivityStatus::Refused(refusal) => Err(Problem::refusal(refusal)),
        ActivityStatus::Held | ActivityStatus::Completed(_) | ActivityStatus::Rejected => {
            Ok(json!({ "activity": activity(&view, now) }))
        }
    }
}

/// The answer to a query.
pub(super) fn answered(answer: Answer, now: Timestamp) -> Result<Value, Problem> {
    let organisation = &*answer.organisation;
    Ok(match (&answer.query, answer.found) {
        (Query::GetActivity { .. }, Beside::Activities(views)) => {
            json!({ "activity": views.first().map(|view| activity(view, now)) })
        }
        (_, Beside::Activities(views)) => {
            json!({ "activities": each(&views, |view| activity(view, now)) })
        }
        (_, Beside::Receipt(receipt)) => json!({ "receipt": receipt }),
        (_, Beside::Organisations(ids)) => {
            json!({ "organizationIds": each(&ids, |id| id.to_string().into()) })
        }
        (Query::GetWalletAccount { .. }, Beside::Accounts(accounts)) => {
            json!({ "account": accounts.first().map(account) })
        }
        (query, Beside::Accounts(accounts)) => {
            let detailed = matches!(
                query,
                Query::ListWalletAccounts {
                    with_wallets: true,
                    ..
                }
            );
            json!({ "accounts": each(&accounts, |found| {
                let mut rendered = account(found);
                let wallet = organisation.wallets.get(&found.wallet);
                if let (true, Some(held)) = (detailed, wallet) {
                    rendered["walletDetails"] = wallet_of(held);
                }
                rendered
            }) })
        }
        (query, Beside::Nothing) => of_organisation(query, organisation, &answer.asker)?,
    })
}

/// Answers that are all in the organisation's own value.
fn of_organisation(
    query: &Query,
    organisation: &Organisation,
    asker: &User,
) -> Result<Value, Problem> {
    let users = || organisation.users.values();
    Ok(match query {
        Query::Whoami => json!({
            "organizationId": organisation.id,
            "organizationName": organisation.name,
            "userId": asker.id,
            "username": asker.name,
        }),
        Query::GetOrganizationConfigs => json!({ "configs": {
            "features": organisation.features.iter().map(|(name, value)| {
                feature(name.as_str(), value.as_deref())
            }).collect::<Vec<_>>(),
            "quorum": {
                "threshold": organisation.quorum.threshold,
                "userIds": organisation.quorum.users,
            },
        } }),
        Query::GetUser { user: id } => {
            let found = organisation.users.get(id);
            json!({ "user": user(found.ok_or_else(|| missing("user", id))?) })
        }
        Query::ListUsers => json!({ "users": users().map(user).collect::<Vec<_>>() }),
        Query::GetApiKey { key } => {
            let found = users()
                .flat_map(|user| &user.api_keys)
                .find(|held| held.id == *key);
            json!({ "apiKey": api_key(found.ok_or_else(|| missing("api key", key))?) })
        }
        Query::GetApiKeys { user } => {
            let owners = users().filter(|held| user.is_none_or(|id| id == held.id));
            let keys = owners.flat_map(|user| &user.api_keys).map(api_key);
            json!({ "apiKeys": keys.collect::<Vec<_>>() })
        }
        Query::GetAuthenticator { authenticator: id } => {
            let found = users()
                .flat_map(|user| &user.authenticators)
                .find(|held| held.id == *id);
            json!({ "authenticator": authenticator(found.ok_or_else(|| missing("authenticator", id))?) })
        }
        Query::GetAuthenticators { user } => {
            let owner = organisation
                .users
                .get(user)
                .ok_or_else(|| missing("user", user))?;
            json!({ "authenticators": each(&owner.authenticators, authenticator) })
        }
        Query::GetOauthProviders => json!({ "oauthProviders": [] }),
        Query::ListUserTags => json!({ "userTags": tags(organisation, TagKind::User) }),
        Query::ListPrivateKeyTags => {
            json!({ "privateKeyTags": tags(organisation, TagKind::PrivateKey) })
        }
        Query::GetWallet { wallet } => {
            let found = organisation.wallets.get(wallet);
            json!({ "wallet": wallet_of(found.ok_or_else(|| missing("wallet", wallet))?) })
        }
        Query::ListWallets => {
            json!({ "wallets": organisation.wallets.values().map(wallet_of).collect::<Vec<_>>() })
        }
        Query::GetPrivateKey { key } => {
            let found = organisation.private_keys.get(key);
            json!({ "privateKey": private_key(found.ok_or_else(|| missing("private key", key))?) })
        }
        Query::ListPrivateKeys => {
            let keys = organisation.private_keys.values().map(private_key);
            json!({ "privateKeys": keys.collect::<Vec<_>>() })
        }
        Query::GetActivity { .. }
        | Query::GetReceipt { .. }
        | Query::ListActivities { .. }
        | Query::ListSuborgs { .. }
        | Query::GetWalletAccount { .. }
        | Query::ListWalletAccounts { .. } => json!({}),
    })
}

/// What is not there and what is not yours look alike, for every kind of thing.
fn missing(what: &str, id: &impl std::fmt::Display) -> Problem {
    Problem::refusal(&Refusal::not_found(format!(
        "{what} {id} not found in this organization"
    )))
}

fn activity(view: &View, now: Timestamp) -> Value {
    let View {
        activity,
        organisation,
        viewer,
    } = view;
    let organisation = organisation.as_deref();
    let approvable =
        organisation.is_some_and(|within| decide::can_approve(activity, *viewer, within, now));
    let rejectable =
        organisation.is_some_and(|within| decide::can_reject(activity, *viewer, within));
    json!({
        "id": activity.id,
        "organizationId": activity.organisation,
        "status": status(&activity.status),
        "type": activity.kind,
        "intent": intent(activity),
        "result": match &activity.status {
            ActivityStatus::Completed(done) => result(&activity.kind, done),
            ActivityStatus::Held | ActivityStatus::Refused(_) | ActivityStatus::Rejected => json!({}),
        },
        "votes": each(&activity.votes, |cast| vote(cast, activity, organisation)),
        "fingerprint": format!("sha256:{}", hex::encode(activity.fingerprint)),
        "canApprove": approvable,
        "canReject": rejectable,
        "createdAt": time(activity.created_at),
        "updatedAt": time(activity.updated_at),
        "failure": match &activity.status {
            ActivityStatus::Refused(refusal) => {
                let code = Problem::refusal(refusal).code();
                json!({ "code": code, "message": refusal.message, "details": [] })
            }
            ActivityStatus::Held | ActivityStatus::Completed(_) | ActivityStatus::Rejected => Value::Null,
        },
    })
}

fn status(status: &ActivityStatus) -> &'static str {
    match status {
        ActivityStatus::Held => "ACTIVITY_STATUS_CONSENSUS_NEEDED",
        ActivityStatus::Completed(_) => "ACTIVITY_STATUS_COMPLETED",
        ActivityStatus::Refused(_) => "ACTIVITY_STATUS_FAILED",
        ActivityStatus::Rejected => "ACTIVITY_STATUS_REJECTED",
    }
}

/// The parameters as they were stamped, under the name of their version, without members that
/// were sent as `null`. The body was read when it was accepted, so it can be read again.
fn intent(activity: &Activity) -> Value {
    let body = wire::json::parse(&activity.body).unwrap_or_default();
    // The founding of an organisation was not submitted as an activity, so it has none.
    let Some(mut parameters) = body.get("parameters").cloned() else {
        return json!({});
    };
    drop_nulls(&mut parameters);
    json!({ endpoint::intent_key(&activity.kind): parameters })
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(elements) => elements.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn vote(cast: &Vote, activity: &Activity, organisation: Option<&Organisation>) -> Value {
    let voter = organisation.and_then(|organisation| organisation.users.get(&cast.user));
    json!({
        "id": cast.id,
        "userId": cast.user,
        "user": match voter {
            Some(voter) => user(voter),
            // Removed since: the vote stays, and verifies by itself.
            None => json!({
                "userId": cast.user, "userName": "", "authenticators": [], "apiKeys": [],
                "userTags": [], "oauthProviders": [], "mfaPolicies": [],
                "createdAt": time(cast.created_at), "updatedAt": time(cast.created_at),
            }),
        },
        "activityId": activity.id,
        "selection": match cast.selection {
            Selection::Approved => "VOTE_SELECTION_APPROVED",
            Selection::Rejected => "VOTE_SELECTION_REJECTED",
        },
        "message": String::from_utf8_lossy(&cast.message),
        "publicKey": cast.public_key,
        "signature": cast.signature,
        "scheme": cast.scheme,
        "createdAt": time(cast.created_at),
    })
}

/// The result under the name of its version.
fn result(kind: &str, done: &Done) -> Value {
    json!({ endpoint::result_key(kind): match done {
        Done::OrganisationFounded { organisation } => json!({ "organizationId": organisation }),
        Done::SubOrganisationCreated { organisation, wallet, private_keys, root_users } => {
            let mut created = json!({
                "subOrganizationId": organisation,
                "rootUserIds": root_users,
            });
            if let Some(wallet) = wallet {
                created["wallet"] = new_wallet(wallet);
            }
            if kind.ends_with("_V3") {
                created["privateKeys"] = each(private_keys, new_private_key);
            }
            created
        }
        Done::SubOrganisationDeleted { organisation } => {
            json!({ "subOrganizationUuid": organisation })
        }
        Done::OrganisationRenamed { organisation, name } => {
            json!({ "organizationId": organisation, "organizationName": name })
        }
        Done::QuorumUpdated => json!({}),
        Done::FeaturesChanged { features } => json!({
            "features": each(features, |(name, value)| feature(name, value.as_deref())),
        }),
        Done::UsersCreated { users } | Done::UsersDeleted { users } => json!({ "userIds": users }),
        Done::UserUpdated { user } => json!({ "userId": user }),
        Done::ApiKeysCreated { keys } | Done::ApiKeysDeleted { keys } => {
            json!({ "apiKeyIds": keys })
        }
        Done::AuthenticatorsCreated { authenticators }
        | Done::AuthenticatorsDeleted { authenticators } => {
            json!({ "authenticatorIds": authenticators })
        }
        Done::UserTagCreated { tag, users } => json!({ "userTagId": tag, "userIds": users }),
        Done::UserTagUpdated { tag } => json!({ "userTagId": tag }),
        Done::UserTagsDeleted { tags, users } => json!({ "userTagIds": tags, "userIds": users }),
        Done::PrivateKeyTagCreated { tag, keys } => {
            json!({ "privateKeyTagId": tag, "privateKeyIds": keys })
        }
        Done::PrivateKeyTagUpdated { tag } => json!({ "privateKeyTagId": tag }),
        Done::PrivateKeyTagsDeleted { tags, keys } => {
            json!({ "privateKeyTagIds": tags, "privateKeyIds": keys })
        }
        Done::WalletCreated(wallet) => new_wallet(wallet),
        Done::WalletAccountsCreated { addresses } => json!({ "addresses": addresses }),
        Done::WalletUpdated { wallet } => json!({ "walletId": wallet }),
        Done::WalletsDeleted { wallets } => json!({ "walletIds": wallets }),
        Done::WalletAccountRenamed { account } => json!({ "walletAccountId": account }),
        Done::WalletAccountsDeleted { accounts } => json!({ "walletAccountIds": accounts }),
        Done::PrivateKeysCreated { keys } if kind.ends_with("_V2") => {
            json!({ "privateKeys": each(keys, new_private_key) })
        }
        Done::PrivateKeysCreated { keys } => {
            json!({ "privateKeyIds": each(keys, |new| new.key.to_string().into()) })
        }
        Done::PrivateKeysDeleted { keys } => json!({ "privateKeyIds": keys }),
        Done::PayloadSigned(signed) => signature(signed),
        Done::PayloadsSigned { signatures } => json!({ "signatures": each(signatures, signature) }),
        Done::TransactionSigned { transaction } => json!({ "signedTransaction": transaction }),
        Done::Voted { activity } => json!({ "activityId": activity }),
    } })
}

fn new_wallet(new: &NewWallet) -> Value {
    json!({ "walletId": new.wallet, "addresses": new.addresses })
}

fn new_private_key(new: &NewPrivateKey) -> Value {
    json!({ "privateKeyId": new.key, "addresses": addresses(&new.addresses) })
}

fn signature(signed: &Signature) -> Value {
    json!({ "r": signed.r, "s": signed.s, "v": signed.v })
}

fn feature(name: &str, value: Option<&str>) -> Value {
    with_optional(json!({ "name": name }), [("value", value.map(Value::from))])
}

fn user(user: &User) -> Value {
    let rendered = json!({
        "userId": user.id,
        "userName": user.name,
        "authenticators": each(&user.authenticators, authenticator),
        "apiKeys": each(&user.api_keys, api_key),
        "userTags": user.tags,
        "oauthProviders": [],
        "mfaPolicies": [],
        "createdAt": time(user.created_at),
        "updatedAt": time(user.updated_at),
    });
    with_optional(
        rendered,
        [
            ("userEmail", user.email.clone().map(Value::from)),
            ("userPhoneNumber", user.phone.clone().map(Value::from)),
        ],
    )
}

fn api_key(key: &ApiKey) -> Value {
    let kind = match key.curve {
        Curve::P256 => "CREDENTIAL_TYPE_API_KEY_P256",
        Curve::Secp256k1 => "CREDENTIAL_TYPE_API_KEY_SECP256K1",
        Curve::Ed25519 => "CREDENTIAL_TYPE_API_KEY_ED25519",
    };
    let rendered = json!({
        "credential": { "publicKey": hex::encode(&key.public_key), "type": kind },
        "apiKeyId": key.id,
        "apiKeyName": key.name,
        "createdAt": time(key.created_at),
        "updatedAt": time(key.created_at),
    });
    let expiry = key
        .expiration_seconds
        .map(|seconds| seconds.to_string().into());
    with_optional(rendered, [("expirationSeconds", expiry)])
}

fn authenticator(held: &Authenticator) -> Value {
    json!({
        "transports": held.transports,
        "attestationType": held.attestation_type,
        "aaguid": base64url::encode(held.aaguid),
        "credentialId": base64url::encode(&held.credential_id),
        "model": "Security key",
        "credential": {
            "publicKey": base64url::encode(&held.public_key),
            "type": "CREDENTIAL_TYPE_WEBAUTHN_AUTHENTICATOR",
        },
        "authenticatorId": held.id,
        "authenticatorName": held.name,
        "createdAt": time(held.created_at),
        "updatedAt": time(held.created_at),
    })
}

fn tags(organisation: &Organisation, kind: TagKind) -> Value {
    let of_kind: Vec<&Tag> = organisation
        .tags
        .values()
        .filter(|tag| tag.kind == kind)
        .collect();
    each(&of_kind, |tag| {
        json!({
            "tagId": tag.id,
            "tagName": tag.name,
            "tagType": match tag.kind {
                TagKind::User => "TAG_TYPE_USER",
                TagKind::PrivateKey => "TAG_TYPE_PRIVATE_KEY",
            },
            "createdAt": time(tag.created_at),
            "updatedAt": time(tag.updated_at),
        })
    })
}

fn wallet_of(wallet: &Wallet) -> Value {
    json!({
        "walletId": wallet.id,
        "walletName": wallet.name,
        "createdAt": time(wallet.created_at),
        "updatedAt": time(wallet.updated_at),
        "exported": wallet.exported,
        "imported": wallet.imported,
    })
}

fn account(account: &WalletAccount) -> Value {
    let rendered = json!({
        "walletAccountId": account.id,
        "organizationId": account.organisation,
        "walletId": account.wallet,
        "curve": account.curve,
        "pathFormat": "PATH_FORMAT_BIP32",
        "path": account.path.to_string(),
        "addressFormat": account.address_format,
        "address": account.address,
        "publicKey": hex::encode(&account.public_key),
        "createdAt": time(account.created_at),
        "updatedAt": time(account.updated_at),
    });
    with_optional(rendered, [("name", account.name.clone().map(Value::from))])
}

fn private_key(key: &PrivateKey) -> Value {
    json!({
        "privateKeyId": key.id,
        "publicKey": hex::encode(&key.public_key),
        "privateKeyName": key.name,
        "curve": key.curve,
        "addresses": addresses(&key.addresses),
        "privateKeyTags": key.tags,
        "createdAt": time(key.created_at),
        "updatedAt": time(key.updated_at),
        "exported": key.exported,
        "imported": key.imported,
    })
}

fn addresses(list: &[(AddressFormat, String)]) -> Value {
    each(
        list,
        |(format, address)| json!({ "format": format, "address": address }),
    )
}

/// `{seconds, nanos}`, both of them strings.
fn time(at: Timestamp) -> Value {
    let nanos = at.as_millis() % 1000 * 1_000_000;
    json!({ "seconds": at.as_seconds().to_string(), "nanos": nanos.to_string() })
}

fn each<T>(list: &[T], render: impl Fn(&T) -> Value) -> Value {
    list.iter().map(render).collect()
}

/// Members that are left out, rather than `null`, when there is nothing to say.
fn with_optional<const N: usize>(
    mut object: Value,
    members: [(&'static str, Option<Value>); N],
) -> Value {
    let none = &mut Map::new();
    let object_members = object.as_object_mut().unwrap_or(none);
    for (name, value) in members {
        if let Some(value) = value {
            object_members.insert(name.to_owned(), value);
        }
    }
    object
}
