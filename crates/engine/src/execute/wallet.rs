//! Wallets and accounts.

use rules::command::{self, NewAccount};
use rules::outcome::{Done, NewWallet};
use rules::text::Label;
use rules::{Change, Refusal, Wallet, WalletAccount};
use vault::{KeyRef, WalletRow, WordCount};
use wire::Sealed;
use wire::id::{OrganisationId, WalletAccountId, WalletId};

use super::{Effect, Execution, Failure};
use crate::entropy::System;

impl Execution<'_> {
    pub(super) fn create_wallet(&mut self, new: &command::NewWallet) -> Effect {
        let (wallet, accounts, told) = self.new_wallet(self.organisation().id, new)?;
        self.change(Change::InsertWallet(Box::new(wallet)));
        for account in accounts {
            self.change(Change::InsertWalletAccount(Box::new(account)));
        }
        Ok(Done::WalletCreated(told))
    }

    /// A wallet of `organisation`, which need not be the one addressed: it may be a child that
    /// is made in the same breath.
    pub(super) fn new_wallet(
        &self,
        organisation: OrganisationId,
        new: &command::NewWallet,
    ) -> Result<(Wallet, Vec<WalletAccount>, NewWallet), Failure> {
        let id = self.id(WalletId::from_random)?;
        let words = WordCount::from_number(u32::from(new.words)).ok_or_else(|| {
            Failure::Refused(Refusal::invalid(format!(
                "mnemonicLength {} is unknown",
                new.words
            )))
        })?;
        let row = WalletRow {
            organisation,
            wallet: id,
        };
        let seed = self.engine.vault.create_wallet(&row, words, &mut System)?;
        let accounts = self.derive(organisation, id, &seed, &new.accounts)?;
        let told = NewWallet {
            wallet: id,
            addresses: addresses(&accounts),
        };
        let wallet = Wallet {
            id,
            name: new.name.as_str().to_owned(),
            seed,
            exported: false,
            imported: false,
            created_at: self.now,
            updated_at: self.now,
        };
        Ok((wallet, accounts, told))
    }

    pub(super) fn create_accounts(
        &mut self,
        wallet: WalletId,
        new: &[NewAccount],
        persist: bool,
    ) -> Effect {
        let organisation = self.organisation();
        let seed = &self.wallet(wallet)?.seed;
        let accounts = self.derive(organisation.id, wallet, seed, new)?;
        let addresses = addresses(&accounts);
        if persist {
            for account in accounts {
                self.change(Change::InsertWalletAccount(Box::new(account)));
            }
        }
        Ok(Done::WalletAccountsCreated { addresses })
    }

    fn derive(
        &self,
        organisation: OrganisationId,
        wallet: WalletId,
        seed: &Sealed,
        new: &[NewAccount],
    ) -> Result<Vec<WalletAccount>, Failure> {
        let mut accounts = Vec::new();
        for account in new {
            let key = KeyRef::Account {
                wallet: WalletRow {
                    organisation,
                    wallet,
                },
                sealed: seed,
                path: &account.path,
                curve: account.curve,
            };
            let public_key = self.engine.vault.public_key(&key)?;
            let address = vault::address(account.address_format, &public_key)
                .map_err(|error| Failure::Refused(Refusal::invalid(error.to_string())))?;
            accounts.push(WalletAccount {
                id: self.id(WalletAccountId::from_random)?,
                organisation,
                wallet,
                curve: account.curve,
                path: account.path.clone(),
                address_format: account.address_format,
                address,
                public_key: public_key.as_bytes().to_vec(),
                name: account.name.clone().map(String::from),
                exported: false,
                created_at: self.now,
                updated_at: self.now,
            });
        }
        Ok(accounts)
    }

    pub(super) fn rename_wallet(&mut self, id: WalletId, name: Option<&Label>) -> Effect {
        if let Some(name) = name {
            self.change(Change::RenameWallet {
                id,
                name: name.as_str().to_owned(),
                at: self.now,
            });
        }
        Ok(Done::WalletUpdated { wallet: id })
    }

    pub(super) fn rename_account(&mut self, id: WalletAccountId, name: &Label) -> Effect {
        let name = name.as_str().to_owned();
        self.change(Change::RenameWalletAccount {
            id,
            name,
            at: self.now,
        });
        Ok(Done::WalletAccountRenamed { account: id })
    }

    pub(super) fn delete_wallets(&mut self, wallets: &[WalletId]) -> Effect {
        for id in wallets {
            self.engine.vault.forget_wallet(*id);
            self.change(Change::DeleteWallet(*id));
        }
        Ok(Done::WalletsDeleted {
            wallets: wallets.to_vec(),
        })
    }

    pub(super) fn delete_accounts(&mut self, accounts: &[WalletAccountId]) -> Effect {
        for id in accounts {
            self.change(Change::DeleteWalletAccount(*id));
        }
        Ok(Done::WalletAccountsDeleted {
            accounts: accounts.to_vec(),
        })
    }

    pub(super) fn wallet(&self, id: WalletId) -> Result<&Wallet, Failure> {
        let found = self.organisation().wallets.get(&id);
        found.ok_or_else(|| Failure::Refused(Refusal::not_found(format!("wallet {id} not found"))))
    }
}

fn addresses(accounts: &[WalletAccount]) -> Vec<String> {
    accounts
        .iter()
        .map(|account| account.address.clone())
        .collect()
}
