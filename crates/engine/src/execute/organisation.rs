//! Organisations, quorums and features.

use std::collections::BTreeMap;

use rules::command::NewSubOrganisation;
use rules::outcome::Done;
use rules::text::Label;
use rules::{Change, FeatureName, Organisation, Quorum};
use wire::id::{OrganisationId, UserId};

use super::{Effect, Execution};

impl Execution<'_> {
    pub(super) fn create_sub_organisation(&mut self, new: &NewSubOrganisation) -> Effect {
        let id = self.id(OrganisationId::from_random)?;
        let mut users = BTreeMap::new();
        let mut root_users = Vec::new();
        for user in &new.root_users {
            let user = self.new_user(user)?;
            root_users.push(user.id);
            users.insert(user.id, user);
        }
        let mut wallets = BTreeMap::new();
        let first_wallet = match &new.wallet {
            None => None,
            Some(first) => {
                let (wallet, accounts, told) = self.new_wallet(id, first)?;
                wallets.insert(wallet.id, wallet);
                Some((accounts, told))
            }
        };
        let mut private_keys = BTreeMap::new();
        let mut told_keys = Vec::new();
        for key in &new.private_keys {
            let (key, told) = self.new_private_key(id, key)?;
            private_keys.insert(key.id, key);
            told_keys.push(told);
        }
        // What signs in by e-mail is on unless it was switched off; the switches are remembered
        // for when this server serves them.
        let features = [FeatureName::EmailAuth, FeatureName::OtpEmailAuth]
            .into_iter()
            .filter(|feature| !new.disabled.contains(feature))
            .map(|feature| (feature, None))
            .collect();
        self.change(Change::InsertOrganisation(Box::new(Organisation {
            id,
            parent: Some(self.organisation().id),
            name: new.name.as_str().to_owned(),
            revision: 0,
            quorum: Quorum {
                threshold: new.threshold,
                users: root_users.clone(),
            },
            users,
            tags: BTreeMap::new(),
            features,
            wallets,
            private_keys,
            created_at: self.now,
            updated_at: self.now,
        })));
        let wallet = first_wallet.map(|(accounts, told)| {
            for account in accounts {
                self.change(Change::InsertWalletAccount(Box::new(account)));
            }
            told
        });
        Ok(Done::SubOrganisationCreated {
            organisation: id,
            wallet,
            private_keys: told_keys,
            root_users,
        })
    }

    pub(super) fn delete_sub_organisation(&mut self) -> Effect {
        for wallet in self.organisation().wallets.keys() {
            self.engine.vault.forget_wallet(*wallet);
        }
        for key in self.organisation().private_keys.keys() {
            self.engine.vault.forget_private_key(*key);
        }
        self.change(Change::DeleteOrganisation);
        Ok(Done::SubOrganisationDeleted {
            organisation: self.organisation().id,
        })
    }

    pub(super) fn rename_organisation(&mut self, name: &Label) -> Effect {
        let name = name.as_str().to_owned();
        self.change(Change::RenameOrganisation {
            name: name.clone(),
            at: self.now,
        });
        Ok(Done::OrganisationRenamed {
            organisation: self.organisation().id,
            name,
        })
    }

    pub(super) fn set_quorum(&mut self, threshold: u32, users: &[UserId]) -> Effect {
        let quorum = Quorum {
            threshold,
            users: users.to_vec(),
        };
        self.change(Change::SetQuorum {
            quorum,
            at: self.now,
        });
        Ok(Done::QuorumUpdated)
    }

    pub(super) fn set_feature(&mut self, name: FeatureName, value: Option<String>) -> Effect {
        let mut features = self.organisation().features.clone();
        features.insert(name, value.clone());
        self.change(Change::SetFeature { name, value });
        Ok(told(features))
    }

    pub(super) fn remove_feature(&mut self, name: FeatureName) -> Effect {
        let mut features = self.organisation().features.clone();
        features.remove(&name);
        self.change(Change::RemoveFeature { name });
        Ok(told(features))
    }
}

fn told(features: BTreeMap<FeatureName, Option<String>>) -> Done {
    let features = features
        .into_iter()
        .map(|(name, value)| (name.as_str().to_owned(), value))
        .collect();
    Done::FeaturesChanged { features }
}
