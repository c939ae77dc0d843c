//! What a decision rests on.

use std::sync::Arc;

use wire::id::UserId;

use crate::activity::Activity;
use crate::organisation::Organisation;
use crate::private_key::PrivateKey;
use crate::wallet::WalletAccount;

/// Everything read for one decision, at one revision of the organisation.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The organisation addressed.
    pub organisation: Arc<Organisation>,
    /// Its parent, whose settings reach into it; `None` at the root.
    pub parent: Option<Arc<Organisation>>,
    /// Users whose approval the command already has, the submitter among them.
    pub approvals: Vec<UserId>,
    /// What the command [needs](crate::command::Needs) beside the organisation.
    pub found: Found,
}

/// The answer to what a command needs.
#[derive(Clone, Debug)]
pub enum Found {
    /// It needed nothing.
    Nothing,
    /// The key to sign with, if the text names one.
    Signer(Option<SignWith>),
    /// The accounts that are there of those asked for.
    Accounts(Vec<WalletAccount>),
    /// The activity with the fingerprint, if there is one.
    Activity(Option<Box<Activity>>),
}

/// The key a signature is asked of.
#[derive(Clone, Debug, PartialEq)]
pub enum SignWith {
    /// An account of a wallet.
    Account(Box<WalletAccount>),
    /// A raw private key, and the address format it was named by, if by an address.
    PrivateKey(Box<PrivateKey>, Option<wire::keys::AddressFormat>),
}

impl Facts {
    /// The activity a vote is about.
    pub fn activity(&self) -> Option<&Activity> {
        match &self.found {
            Found::Activity(activity) => activity.as_deref(),
            Found::Nothing | Found::Signer(_) | Found::Accounts(_) => None,
        }
    }

    /// The organisation whose features govern passkeys: the parent, or the root itself.
    pub fn settings(&self) -> &Organisation {
        self.parent.as_deref().unwrap_or(&self.organisation)
    }
}
