//! Wallets and accounts.

use wire::id::{WalletAccountId, WalletId};

use super::{Checked, distinct, not_empty};
use crate::command::{NewAccount, NewWallet};
use crate::facts::{Facts, Found};
use crate::organisation::{MAX_WALLETS, Organisation};
use crate::refusal::Refusal;
use crate::text::Label;
use crate::wallet::{Wallet, WalletAccount};

pub(super) fn create(new: &NewWallet, organisation: &Organisation) -> Checked {
    if organisation.wallets.len() >= MAX_WALLETS {
        return Err(Refusal::limit(format!(
            "organization has exceeded maximum wallets: {MAX_WALLETS}"
        )));
    }
    name_is_free(&new.name, None, organisation)?;
    accounts(&new.accounts, "parameters.accounts")
}

/// Accounts asked for together: each on a curve its address format knows, none of them twice.
pub(super) fn accounts(new: &[NewAccount], field: &str) -> Checked {
    for (i, account) in new.iter().enumerate() {
        if !account.address_format.curves().contains(&account.curve) {
            return Err(Refusal::invalid(format!(
                "invalid address format: {field}[{i}]: {} does not go with {}",
                account.address_format.as_str(),
                account.curve.as_str()
            )));
        }
        if new[..i].iter().any(|other| same_place(other, account)) {
            return Err(already(field, i));
        }
    }
    Ok(())
}

fn same_place(one: &NewAccount, other: &NewAccount) -> bool {
    one.path == other.path && one.curve == other.curve && one.address_format == other.address_format
}

fn already(field: &str, i: usize) -> Refusal {
    Refusal::already_exists(format!(
        "{field}[{i}]: the wallet has an account with this path, curve and address format already"
    ))
}

pub(super) fn create_accounts(wallet: WalletId, new: &[NewAccount], facts: &Facts) -> Checked {
    exists(wallet, &facts.organisation)?;
    not_empty(new, "parameters.accounts")?;
    accounts(new, "parameters.accounts")?;
    let there = found(facts);
    for (i, account) in new.iter().enumerate() {
        let taken = there.iter().any(|other| {
            other.path == account.path
                && other.curve == account.curve
                && other.address_format == account.address_format
        });
        if taken {
            return Err(already("parameters.accounts", i));
        }
    }
    Ok(())
}

pub(super) fn rename(
    wallet: WalletId,
    name: Option<&Label>,
    organisation: &Organisation,
) -> Checked {
    exists(wallet, organisation)?;
    name.map_or(Ok(()), |name| {
        name_is_free(name, Some(wallet), organisation)
    })
}

pub(super) fn delete(
    wallets: &[WalletId],
    without_export: bool,
    organisation: &Organisation,
) -> Checked {
    not_empty(wallets, "parameters.walletIds")?;
    distinct(wallets, "parameters.walletIds")?;
    for id in wallets {
        let wallet = exists(*id, organisation)?;
        if !wallet.exported && !without_export {
            return Err(not_exported("wallet", &id.to_string()));
        }
    }
    Ok(())
}

pub(super) fn accounts_exist(ids: &[WalletAccountId], facts: &Facts) -> Checked {
    not_empty(ids, "parameters.walletAccountIds")?;
    distinct(ids, "parameters.walletAccountIds")?;
    for id in ids {
        if !found(facts).iter().any(|account| account.id == *id) {
            return Err(Refusal::not_found(format!("wallet account {id} not found")));
        }
    }
    Ok(())
}

/// An account counts as exported when its wallet is.
pub(super) fn delete_accounts(
    ids: &[WalletAccountId],
    without_export: bool,
    facts: &Facts,
) -> Checked {
    accounts_exist(ids, facts)?;
    for account in found(facts) {
        let wallet = facts.organisation.wallets.get(&account.wallet);
        let exported = account.exported || wallet.is_some_and(|wallet| wallet.exported);
        if !exported && !without_export {
            return Err(not_exported("wallet account", &account.id.to_string()));
        }
    }
    Ok(())
}

pub(super) fn not_exported(what: &str, id: &str) -> Refusal {
    Refusal::invalid(format!(
        "{what} {id} has not been exported; export it or set parameters.deleteWithoutExport to true"
    ))
}

fn exists(id: WalletId, organisation: &Organisation) -> Result<&Wallet, Refusal> {
    organisation
        .wallets
        .get(&id)
        .ok_or_else(|| Refusal::not_found(format!("wallet {id} not found in this organization")))
}

fn name_is_free(name: &Label, but: Option<WalletId>, organisation: &Organisation) -> Checked {
    let taken = organisation
        .wallets
        .values()
        .any(|wallet| Some(wallet.id) != but && wallet.name == name.as_str());
    if taken {
        return Err(Refusal::already_exists(format!(
            "parameters.walletName: there is a wallet named {:?} already",
            name.as_str()
        )));
    }
    Ok(())
}

fn found(facts: &Facts) -> &[WalletAccount] {
    match &facts.found {
        Found::Accounts(accounts) => accounts,
        Found::Nothing | Found::Signer(_) | Found::Activity(_) => &[],
    }
}
