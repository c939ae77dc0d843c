//! Does a command make sense in the organisation as it is?
//!
//! One file for each noun. Every function answers with the first thing that is wrong, naming it.

mod credential;
mod organisation;
mod private_key;
mod signing;
mod tag;
mod user;
mod vote;
mod wallet;

use wire::Timestamp;

use crate::command::Command;
use crate::facts::Facts;
use crate::refusal::Refusal;
use crate::user::User;

type Checked = Result<(), Refusal>;

pub(crate) fn command(command: &Command, member: &User, facts: &Facts, now: Timestamp) -> Checked {
    let organisation = &facts.organisation;
    match command {
        Command::CreateSubOrganisation(new) => organisation::create_sub(new, facts, now),
        Command::DeleteSubOrganisation {
            delete_without_export,
        } => organisation::delete_sub(*delete_without_export, organisation),
        Command::UpdateOrganisationName { .. } => Ok(()),
        Command::UpdateRootQuorum { threshold, users } => {
            organisation::quorum(*threshold, users, organisation, now)
        }
        Command::SetOrganisationFeature { name, value } => {
            organisation::feature(*name, value.as_deref())
        }
        Command::RemoveOrganisationFeature { name } => {
            organisation::feature_is_on(*name, organisation)
        }
        Command::CreateUsers { users } => user::create(users, facts, now),
        Command::UpdateUser { user, update } => user::update(*user, update, organisation),
        Command::UpdateUserName { user, name } => user::rename(*user, name, organisation),
        Command::UpdateUserEmail { user, .. } | Command::UpdateUserPhoneNumber { user, .. } => {
            user::exists(*user, organisation).map(drop)
        }
        Command::DeleteUsers { users } => user::delete(users, organisation),
        Command::CreateApiKeys { user, keys } => {
            credential::create_api_keys(*user, keys, organisation)
        }
        Command::DeleteApiKeys { user, keys } => {
            credential::delete_api_keys(*user, keys, organisation)
        }
        Command::CreateAuthenticators {
            user,
            authenticators,
        } => credential::create_authenticators(*user, authenticators, facts, now),
        Command::DeleteAuthenticators {
            user,
            authenticators,
        } => credential::delete_authenticators(*user, authenticators, organisation),
        Command::CreateUserTag { name, users } => tag::create_user_tag(name, users, organisation),
        Command::UpdateUserTag {
            tag,
            name,
            add,
            remove,
        } => tag::update_user_tag(*tag, name.as_ref(), add, remove, organisation),
        Command::DeleteUserTags { tags } => tag::delete(tags, crate::TagKind::User, organisation),
        Command::CreatePrivateKeyTag { name, keys } => {
            tag::create_private_key_tag(name, keys, organisation)
        }
        Command::UpdatePrivateKeyTag {
            tag,
            name,
            add,
            remove,
        } => tag::update_private_key_tag(*tag, name.as_ref(), add, remove, organisation),
        Command::DeletePrivateKeyTags { tags } => {
            tag::delete(tags, crate::TagKind::PrivateKey, organisation)
        }
        Command::CreateWallet(new) => wallet::create(new, organisation),
        Command::CreateWalletAccounts {
            wallet, accounts, ..
        } => wallet::create_accounts(*wallet, accounts, facts),
        Command::UpdateWallet { wallet, name } => {
            wallet::rename(*wallet, name.as_ref(), organisation)
        }
        Command::UpdateWalletAccountName { account, .. } => {
            wallet::accounts_exist(std::slice::from_ref(account), facts)
        }
        Command::DeleteWallets {
            wallets,
            delete_without_export,
        } => wallet::delete(wallets, *delete_without_export, organisation),
        Command::DeleteWalletAccounts {
            accounts,
            delete_without_export,
        } => wallet::delete_accounts(accounts, *delete_without_export, facts),
        Command::CreatePrivateKeys { keys } => private_key::create(keys, organisation),
        Command::DeletePrivateKeys {
            keys,
            delete_without_export,
        } => private_key::delete(keys, *delete_without_export, organisation),
        Command::SignRawPayload { sign_with, .. } | Command::SignTransaction { sign_with, .. } => {
            signing::key_is_there(sign_with, facts)
        }
        Command::SignRawPayloads {
            sign_with,
            payloads,
            ..
        } => {
            signing::payloads(payloads)?;
            signing::key_is_there(sign_with, facts)
        }
        Command::ApproveActivity { .. } => vote::approval(member, facts, now),
        Command::RejectActivity { .. } => vote::held(facts).map(drop),
    }
}

/// Refuses a list that names one thing twice.
fn distinct<T: Ord + Copy>(things: &[T], field: &str) -> Checked {
    let mut sorted = things.to_vec();
    sorted.sort_unstable();
    if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Refusal::invalid(format!(
            "{field}: the same id is listed twice"
        )));
    }
    Ok(())
}

/// Refuses an empty list.
fn not_empty<T>(things: &[T], field: &str) -> Checked {
    if things.is_empty() {
        return Err(Refusal::invalid(format!("{field}: must not be empty")));
    }
    Ok(())
}
