//! Organisations, quorums and features.

use wire::Timestamp;
use wire::id::UserId;

use super::{Checked, distinct, not_empty, private_key, user, wallet};
use crate::command::NewSubOrganisation;
use crate::facts::Facts;
use crate::feature::FeatureName;
use crate::organisation::Organisation;
use crate::refusal::Refusal;

pub(super) fn create_sub(new: &NewSubOrganisation, facts: &Facts, now: Timestamp) -> Checked {
    if facts.organisation.parent.is_some() {
        return Err(Refusal::limit(
            "a sub-organization cannot have sub-organizations of its own; send this to its parent",
        ));
    }
    not_empty(&new.root_users, "parameters.rootUsers")?;
    user::new_users(&new.root_users, "parameters.rootUsers", &[], facts, now)?;
    for (i, root) in new.root_users.iter().enumerate() {
        if root.api_keys.is_empty() && root.authenticators.is_empty() {
            return Err(Refusal::invalid(format!(
                "user missing valid credential: parameters.rootUsers[{i}] needs an API key or an \
                 authenticator"
            )));
        }
    }
    let tagged = new.root_users.iter().any(|root| !root.tags.is_empty())
        || new.private_keys.iter().any(|key| !key.tags.is_empty());
    if tagged {
        return Err(Refusal::invalid(
            "userTags, privateKeyTags: a new sub-organization has no tags yet; create them in it",
        ));
    }
    threshold(new.threshold, new.root_users.len())?;
    if let Some(first) = &new.wallet {
        wallet::accounts(&first.accounts, "parameters.wallet.accounts")?;
    }
    private_key::names(&new.private_keys, &[])
}

pub(super) fn delete_sub(without_export: bool, organisation: &Organisation) -> Checked {
    if organisation.parent.is_none() {
        return Err(Refusal::invalid(
            "only a sub-organization can be deleted this way",
        ));
    }
    let unexported = organisation.wallets.values().any(|wallet| !wallet.exported)
        || organisation.private_keys.values().any(|key| !key.exported);
    if unexported && !without_export {
        return Err(Refusal::invalid(
            "the sub-organization holds keys that have not been exported; export them or set \
             parameters.deleteWithoutExport to true",
        ));
    }
    Ok(())
}

pub(super) fn quorum(
    needed: u32,
    users: &[UserId],
    organisation: &Organisation,
    now: Timestamp,
) -> Checked {
    if users.is_empty() {
        return Err(Refusal::invalid(
            "quorum users missing: parameters.userIds must not be empty",
        ));
    }
    distinct(users, "parameters.userIds")?;
    threshold(needed, users.len())?;
    let mut lasting = 0;
    for id in users {
        let user = user::exists(*id, organisation)?;
        if !user.can_authenticate(now) {
            return Err(Refusal::invalid(format!(
                "user missing valid credential: {id}"
            )));
        }
        lasting += u32::from(user.has_lasting_credential());
    }
    if lasting < needed {
        return Err(Refusal::invalid(format!(
            "user missing valid credential: only {lasting} of these users have one that lasts, and \
             {needed} must agree; the organization would be locked out when the others expire"
        )));
    }
    Ok(())
}

fn threshold(needed: u32, members: usize) -> Checked {
    if needed == 0 {
        return Err(Refusal::invalid(
            "quorum threshold must be non-zero integer",
        ));
    }
    if usize::try_from(needed).is_ok_and(|needed| needed > members) {
        return Err(Refusal::invalid(format!(
            "quorum threshold {needed} is larger than the number of its users, {members}"
        )));
    }
    Ok(())
}

/// Values that are read have a shape; the rest are stored as they come.
pub(super) fn feature(name: FeatureName, value: Option<&str>) -> Checked {
    if value.is_some_and(|value| value.contains('\0')) {
        return Err(Refusal::invalid(
            "parameters.value: must not contain the character NUL",
        ));
    }
    match name {
        FeatureName::WebauthnOrigins => {
            let origins = crate::credential::origins(value.unwrap_or_default());
            match origins {
                Some(origins) if !origins.is_empty() => Ok(()),
                _ => Err(Refusal::invalid(
                    "parameters.value: must list origins such as https://app.example.org, \
                     separated by commas",
                )),
            }
        }
        FeatureName::ZegelStrict => crate::strictness::Strictness::parse(value.unwrap_or_default())
            .map(drop)
            .map_err(|unknown| {
                Refusal::invalid(format!(
                    "parameters.value: {unknown:?} is not one of fresh-reads, audience, \
                     strict-members"
                ))
            }),
        _ => Ok(()),
    }
}

pub(super) fn feature_is_on(name: FeatureName, organisation: &Organisation) -> Checked {
    if organisation.features.contains_key(&name) {
        return Ok(());
    }
    Err(Refusal::not_found(format!(
        "parameters.name: {} is not set",
        name.as_str()
    )))
}
