//! From the bodies of queries to what is asked.

use engine::dialect::Malformed;
use rules::Query;
use rules::query::{Page, Question, StatusFilter, SubOrganisationFilter};
use serde_json::Value;
use std::str::FromStr;
use wire::Timestamp;
use wire::activities::queries::{Pagination, QueryBody};
use wire::activities::{Members, shape};
use wire::encoding::base64url;

use super::fields::{Read, decimal, id};

/// Reads the body of a query path.
pub fn question(path: &str, body: &Value, members: Members) -> Read<Question> {
    // A submission is good for its own path only, and a captured one must not serve as a question
    // that never goes stale (threats T8, T9).
    if body.get("type").is_some() {
        return Err(Malformed::new(
            "invalid request body: type belongs to activities, not queries",
        ));
    }
    let body: QueryBody = shape(body, "", members).map_err(Malformed::shape)?;
    let name = path.rsplit('/').next().unwrap_or_default();
    // What is searched for goes to the database as it is, and not every database takes a NUL.
    for (field, text) in [
        ("address", &body.address),
        ("path", &body.path),
        ("filterValue", &body.filter_value),
    ] {
        if text.as_deref().is_some_and(|text| text.contains('\0')) {
            return Err(Malformed::new(format!(
                "{field}: must not contain the character NUL"
            )));
        }
    }
    Ok(Question {
        query: query(name, &body)?,
        timestamp: body
            .timestamp_ms
            .as_deref()
            .map(|text| decimal("timestampMs", text).map(Timestamp::from_millis))
            .transpose()?,
        audience: body.audience,
    })
}

fn query(name: &str, body: &QueryBody) -> Read<Query> {
    Ok(match name {
        "whoami" => Query::Whoami,
        "get_activity" => Query::GetActivity {
            activity: required("activityId", &body.activity_id)?,
        },
        "get_receipt" => Query::GetReceipt {
            activity: required("activityId", &body.activity_id)?,
        },
        "list_activities" => Query::ListActivities {
            statuses: statuses(body)?,
            kinds: body.filter_by_type.clone().unwrap_or_default(),
            page: page(body)?,
        },
        "get_organization_configs" => Query::GetOrganizationConfigs,
        "list_suborgs" => Query::ListSuborgs {
            filter: filter(body)?,
            page: page(body)?,
        },
        "get_user" => Query::GetUser {
            user: required("userId", &body.user_id)?,
        },
        "list_users" => Query::ListUsers,
        "get_api_key" => Query::GetApiKey {
            key: required("apiKeyId", &body.api_key_id)?,
        },
        "get_api_keys" => Query::GetApiKeys {
            user: optional("userId", &body.user_id)?,
        },
        "get_authenticator" => Query::GetAuthenticator {
            authenticator: required("authenticatorId", &body.authenticator_id)?,
        },
        "get_authenticators" => Query::GetAuthenticators {
            user: required("userId", &body.user_id)?,
        },
        "get_oauth_providers" => Query::GetOauthProviders,
        "list_user_tags" => Query::ListUserTags,
        "list_private_key_tags" => Query::ListPrivateKeyTags,
        "get_wallet" => Query::GetWallet {
            wallet: required("walletId", &body.wallet_id)?,
        },
        "list_wallets" => Query::ListWallets,
        "get_wallet_account" => {
            if body.address.is_none() && body.path.is_none() {
                return Err(Malformed::new(
                    "invalid request body: missing field address or path",
                ));
            }
            Query::GetWalletAccount {
                wallet: required("walletId", &body.wallet_id)?,
                address: body.address.clone(),
                path: body.path.clone(),
            }
        }
        "list_wallet_accounts" => Query::ListWalletAccounts {
            wallet: optional("walletId", &body.wallet_id)?,
            with_wallets: body.include_wallet_details.unwrap_or_default(),
            page: page(body)?,
        },
        "get_private_key" => Query::GetPrivateKey {
            key: required("privateKeyId", &body.private_key_id)?,
        },
        "list_private_keys" => Query::ListPrivateKeys,
        _ => {
            return Err(Malformed::unsupported(format!(
                "the query path {name} is not served by this server"
            )));
        }
    })
}

fn required<T: FromStr>(field: &str, text: &Option<String>) -> Read<T> {
    let text = text
        .as_deref()
        .ok_or_else(|| Malformed::new(format!("invalid request body: missing field {field}")))?;
    id(field, text)
}

fn optional<T: FromStr>(field: &str, text: &Option<String>) -> Read<Option<T>> {
    text.as_deref()
        .filter(|text| !text.is_empty())
        .map(|text| id(field, text))
        .transpose()
}

/// Default 10, at most 100. Cursors are ids of items on a neighbouring page.
fn page<Id: FromStr>(body: &QueryBody) -> Read<Page<Id>> {
    let none = Pagination::default();
    let options = body.pagination_options.as_ref().unwrap_or(&none);
    let limit = match options.limit.as_deref().filter(|text| !text.is_empty()) {
        None => 10,
        Some(text) => match decimal("paginationOptions.limit", text)? {
            limit @ 1..=100 => limit as u32,
            other => {
                return Err(Malformed::new(format!(
                    "paginationOptions.limit: {other} is not between 1 and 100"
                )));
            }
        },
    };
    Ok(Page {
        limit,
        before: optional("paginationOptions.before", &options.before)?,
        after: optional("paginationOptions.after", &options.after)?,
    })
}

/// `None` means any; states this server never leaves an activity in match nothing.
fn statuses(body: &QueryBody) -> Read<Option<Vec<StatusFilter>>> {
    let Some(names) = body
        .filter_by_status
        .as_deref()
        .filter(|names| !names.is_empty())
    else {
        return Ok(None);
    };
    let mut statuses = Vec::new();
    for name in names {
        match name.as_str() {
            "ACTIVITY_STATUS_CONSENSUS_NEEDED" => statuses.push(StatusFilter::Held),
            "ACTIVITY_STATUS_COMPLETED" => statuses.push(StatusFilter::Completed),
            "ACTIVITY_STATUS_FAILED" => statuses.push(StatusFilter::Refused),
            "ACTIVITY_STATUS_REJECTED" => statuses.push(StatusFilter::Rejected),
            "ACTIVITY_STATUS_CREATED"
            | "ACTIVITY_STATUS_PENDING"
            | "ACTIVITY_STATUS_AUTHENTICATORS_NEEDED" => {}
            other => {
                return Err(Malformed::new(format!(
                    "filterByStatus: {other:?} is not an activity status"
                )));
            }
        }
    }
    Ok(Some(statuses))
}

fn filter(body: &QueryBody) -> Read<Option<SubOrganisationFilter>> {
    let Some(kind) = body.filter_type.as_deref().filter(|kind| !kind.is_empty()) else {
        return Ok(None);
    };
    let value = body
        .filter_value
        .clone()
        .ok_or_else(|| Malformed::new("invalid request body: missing field filterValue"))?;
    Ok(Some(match kind {
        "NAME" => SubOrganisationFilter::Name(value),
        "USERNAME" => SubOrganisationFilter::UserName(value),
        "EMAIL" => SubOrganisationFilter::Email(value),
        "PHONE_NUMBER" => SubOrganisationFilter::PhoneNumber(value),
        "CREDENTIAL_ID" => SubOrganisationFilter::CredentialId(
            base64url::decode(&value)
                .map_err(|_| Malformed::new("filterValue: must be base64url without padding"))?,
        ),
        "PUBLIC_KEY" => SubOrganisationFilter::PublicKey(
            wire::encoding::hex::decode(&value)
                .map_err(|_| Malformed::new("filterValue: must be lower-case hex"))?,
        ),
        "WALLET_ACCOUNT_ADDRESS" => SubOrganisationFilter::WalletAccountAddress(value),
        "OIDC_TOKEN" => {
            return Err(Malformed::unsupported(
                "filterType: identities of OpenID providers are not served",
            ));
        }
        other => {
            return Err(Malformed::new(format!(
                "filterType: {other:?} is not a filter"
            )));
        }
    }))
}
