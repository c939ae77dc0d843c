//! What is allowed is done: the only functions that take [`Authorised`].
//!
//! One file for each noun. Each turns a command into a list of changes and an answer, and asks
//! the vault for whatever needs a secret. Nothing is written here: what is not recorded has not
//! happened, and doing it again is harmless.

mod credential;
mod organisation;
mod private_key;
mod signing;
mod tag;
mod user;
mod wallet;

use rules::command::Command;
use rules::facts::Facts;
use rules::{Authorised, Change, Decision, Done, Organisation, Outcome, Refusal};
use verify::Authenticated;
use wire::Timestamp;

use crate::error::Error;
use crate::{Engine, entropy};

/// What executing a command comes to.
pub(crate) struct Executed {
    pub outcome: Outcome,
    pub changes: Vec<Change>,
}

impl Executed {
    fn without_effect(outcome: Outcome) -> Self {
        Self {
            outcome,
            changes: Vec::new(),
        }
    }
}

/// Why executing came to nothing: the command was at fault after all, or we were.
enum Failure {
    Refused(Refusal),
    Error(Error),
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

/// The result of each noun's functions.
type Effect = Result<Done, Failure>;

/// One execution under way.
struct Execution<'a> {
    engine: &'a Engine,
    facts: &'a Facts,
    evidence: &'a Authenticated,
    now: Timestamp,
    changes: Vec<Change>,
}

impl Engine {
    /// Executes what is allowed; a hold and a refusal have no effect but are outcomes too.
    /// `evidence` is who asked for it, for the vault.
    pub(crate) fn carry_out(
        &self,
        decision: Decision,
        facts: &Facts,
        evidence: &Authenticated,
        now: Timestamp,
    ) -> Result<Executed, Error> {
        match decision {
            Decision::Allow(authorised) => self.execute(&authorised, facts, evidence, now),
            Decision::Hold { .. } => Ok(Executed::without_effect(Outcome::Held)),
            Decision::Deny(refusal) => Ok(Executed::without_effect(Outcome::Refused(refusal))),
        }
    }

    fn execute(
        &self,
        authorised: &Authorised,
        facts: &Facts,
        evidence: &Authenticated,
        now: Timestamp,
    ) -> Result<Executed, Error> {
        let mut execution = Execution {
            engine: self,
            facts,
            evidence,
            now,
            changes: Vec::new(),
        };
        match execution.run(authorised.command()) {
            Ok(done) => Ok(Executed {
                outcome: Outcome::Completed(done),
                changes: execution.changes,
            }),
            Err(Failure::Refused(refusal)) => {
                Ok(Executed::without_effect(Outcome::Refused(refusal)))
            }
            Err(Failure::Error(error)) => Err(error),
        }
    }
}

impl Execution<'_> {
    fn run(&mut self, command: &Command) -> Effect {
        match command {
            Command::CreateSubOrganisation(new) => self.create_sub_organisation(new),
            Command::DeleteSubOrganisation { .. } => self.delete_sub_organisation(),
            Command::UpdateOrganisationName { name } => self.rename_organisation(name),
            Command::UpdateRootQuorum { threshold, users } => self.set_quorum(*threshold, users),
            Command::SetOrganisationFeature { name, value } => {
                self.set_feature(*name, value.clone())
            }
            Command::RemoveOrganisationFeature { name } => self.remove_feature(*name),
            Command::CreateUsers { users } => self.create_users(users),
            Command::UpdateUser { user, update } => self.update_user(*user, update),
            Command::UpdateUserName { user, name } => {
                self.change_user(*user, |user| user.name = name.as_str().to_owned())
            }
            Command::UpdateUserEmail { user, email } => {
                self.change_user(*user, |user| user.email = email.clone().map(String::from))
            }
            Command::UpdateUserPhoneNumber { user, phone } => {
                self.change_user(*user, |user| user.phone = phone.clone().map(String::from))
            }
            Command::DeleteUsers { users } => self.delete_users(users),
            Command::CreateApiKeys { user, keys } => self.create_api_keys(*user, keys),
            Command::DeleteApiKeys { user, keys } => self.delete_api_keys(*user, keys),
            Command::CreateAuthenticators {
                user,
                authenticators,
            } => self.create_authenticators(*user, authenticators),
            Command::DeleteAuthenticators {
                user,
                authenticators,
            } => self.delete_authenticators(*user, authenticators),
            Command::CreateUserTag { name, users } => self.create_user_tag(name, users),
            Command::UpdateUserTag {
                tag,
                name,
                add,
                remove,
            } => self.update_user_tag(*tag, name.as_ref(), add, remove),
            Command::DeleteUserTags { tags } => self.delete_user_tags(tags),
            Command::CreatePrivateKeyTag { name, keys } => self.create_private_key_tag(name, keys),
            Command::UpdatePrivateKeyTag {
                tag,
                name,
                add,
                remove,
            } => self.update_private_key_tag(*tag, name.as_ref(), add, remove),
            Command::DeletePrivateKeyTags { tags } => self.delete_private_key_tags(tags),
            Command::CreateWallet(new) => self.create_wallet(new),
            Command::CreateWalletAccounts {
                wallet,
                accounts,
                persist,
            } => self.create_accounts(*wallet, accounts, *persist),
            Command::UpdateWallet { wallet, name } => self.rename_wallet(*wallet, name.as_ref()),
            Command::UpdateWalletAccountName { account, name } => {
                self.rename_account(*account, name)
            }
            Command::DeleteWallets { wallets, .. } => self.delete_wallets(wallets),
            Command::DeleteWalletAccounts { accounts, .. } => self.delete_accounts(accounts),
            Command::CreatePrivateKeys { keys } => self.create_private_keys(keys),
            Command::DeletePrivateKeys { keys, .. } => self.delete_private_keys(keys),
            Command::SignRawPayload { payload, how, .. } => self.sign_payload(payload, *how),
            Command::SignRawPayloads { payloads, how, .. } => self.sign_payloads(payloads, *how),
            Command::SignTransaction {
                transaction, kind, ..
            } => self.sign_transaction(transaction, *kind),
            // Counting a vote is the walk's own business: it ends another activity.
            Command::ApproveActivity { .. } | Command::RejectActivity { .. } => Err(
                Failure::Error(Error::Unreadable("a vote is not executed".to_owned())),
            ),
        }
    }

    fn organisation(&self) -> &Organisation {
        &self.facts.organisation
    }

    fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// A fresh random identifier.
    fn id<T>(&self, make: fn([u8; 16]) -> T) -> Result<T, vault::Error> {
        entropy::sixteen().map(make)
    }
}
