//! One entry for each kind of command: its name, what it touches and what it takes to do it.
//!
//! The list feeds policy names, the unauthorised and permission tables of the tests, and the
//! documentation. A [`Command`] without an entry does not compile.

use crate::command::Command;

/// What a kind of command is called and how it is governed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `activity.kind` in the protocol's policy language: the type without prefix and version.
    pub name: &'static str,
    /// `activity.resource`.
    pub resource: Resource,
    /// `activity.action`.
    pub action: Action,
    /// Whether only the root quorum may do it, whatever else is permitted to others.
    pub quorum_only: bool,
    /// Whether it can wait for more approvals. Votes cannot: a vote is one person's.
    pub holdable: bool,
    /// One line for people.
    pub doc: &'static str,
}

/// What a command touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Resource {
    Organization,
    User,
    Credential,
    Wallet,
    PrivateKey,
    Activity,
}

/// What it does to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Action {
    Create,
    Update,
    Delete,
    Sign,
    Vote,
}

macro_rules! catalogue {
    ($($variant:ident $name:literal $resource:ident $action:ident $($flag:ident)*: $doc:literal;)*) => {
        /// Every entry.
        pub const CATALOGUE: &[Entry] = &[$(
            entry($name, Resource::$resource, Action::$action, &[$(Flag::$flag),*], $doc)
        ),*];

        impl Command {
            /// The entry of this command's kind.
            pub fn entry(&self) -> &'static Entry {
                match self {
                    $(Self::$variant { .. } => {
                        const ENTRY: &Entry = &entry(
                            $name, Resource::$resource, Action::$action, &[$(Flag::$flag),*], $doc,
                        );
                        ENTRY
                    })*
                }
            }
        }
    };
}

#[derive(Clone, Copy)]
enum Flag {
    QuorumOnly,
    NeverHeld,
}

const fn entry(
    name: &'static str,
    resource: Resource,
    action: Action,
    flags: &[Flag],
    doc: &'static str,
) -> Entry {
    let mut entry = Entry {
        name,
        resource,
        action,
        quorum_only: false,
        holdable: true,
        doc,
    };
    let mut i = 0;
    while i < flags.len() {
        match flags[i] {
            Flag::QuorumOnly => entry.quorum_only = true,
            Flag::NeverHeld => entry.holdable = false,
        }
        i += 1;
    }
    entry
}

catalogue! {
    CreateSubOrganisation "CREATE_SUB_ORGANIZATION" Organization Create: "Make an organisation owned by its own users alone.";
    DeleteSubOrganisation "DELETE_SUB_ORGANIZATION" Organization Delete: "Remove the sub-organisation the signer belongs to.";
    UpdateOrganisationName "UPDATE_ORGANIZATION_NAME" Organization Update QuorumOnly: "Rename the organisation.";
    UpdateRootQuorum "UPDATE_ROOT_QUORUM" Organization Update QuorumOnly: "Set who may do anything, together.";
    SetOrganisationFeature "SET_ORGANIZATION_FEATURE" Organization Update QuorumOnly: "Switch a feature on, with a value.";
    RemoveOrganisationFeature "REMOVE_ORGANIZATION_FEATURE" Organization Update QuorumOnly: "Switch a feature off.";
    CreateUsers "CREATE_USERS" User Create: "Make users.";
    UpdateUser "UPDATE_USER" User Update: "Change a user's name, contacts or tags.";
    UpdateUserName "UPDATE_USER_NAME" User Update: "Rename a user.";
    UpdateUserEmail "UPDATE_USER_EMAIL" User Update: "Change a user's e-mail address.";
    UpdateUserPhoneNumber "UPDATE_USER_PHONE_NUMBER" User Update: "Change a user's telephone number.";
    DeleteUsers "DELETE_USERS" User Delete: "Remove users.";
    CreateApiKeys "CREATE_API_KEYS" Credential Create: "Register API keys for a user.";
    DeleteApiKeys "DELETE_API_KEYS" Credential Delete: "Remove a user's API keys.";
    CreateAuthenticators "CREATE_AUTHENTICATORS" Credential Create: "Register passkeys for a user.";
    DeleteAuthenticators "DELETE_AUTHENTICATORS" Credential Delete: "Remove a user's passkeys.";
    CreateUserTag "CREATE_USER_TAG" User Create: "Make a tag and put it on users.";
    UpdateUserTag "UPDATE_USER_TAG" User Update: "Rename a user tag, or change who has it.";
    DeleteUserTags "DELETE_USER_TAGS" User Delete: "Remove user tags.";
    CreatePrivateKeyTag "CREATE_PRIVATE_KEY_TAG" PrivateKey Create: "Make a tag and put it on private keys.";
    UpdatePrivateKeyTag "UPDATE_PRIVATE_KEY_TAG" PrivateKey Update: "Rename a private key tag, or change what has it.";
    DeletePrivateKeyTags "DELETE_PRIVATE_KEY_TAGS" PrivateKey Delete: "Remove private key tags.";
    CreateWallet "CREATE_WALLET" Wallet Create: "Make a wallet, with accounts.";
    CreateWalletAccounts "CREATE_WALLET_ACCOUNTS" Wallet Create: "Derive accounts of a wallet.";
    UpdateWallet "UPDATE_WALLET" Wallet Update: "Rename a wallet.";
    UpdateWalletAccountName "UPDATE_WALLET_ACCOUNT_NAME" Wallet Update: "Rename an account.";
    DeleteWallets "DELETE_WALLETS" Wallet Delete: "Remove wallets with their seeds.";
    DeleteWalletAccounts "DELETE_WALLET_ACCOUNTS" Wallet Delete: "Forget accounts; their keys stay derivable.";
    CreatePrivateKeys "CREATE_PRIVATE_KEYS" PrivateKey Create: "Make raw private keys.";
    DeletePrivateKeys "DELETE_PRIVATE_KEYS" PrivateKey Delete: "Remove raw private keys.";
    SignRawPayload "SIGN_RAW_PAYLOAD" PrivateKey Sign: "Sign one payload.";
    SignRawPayloads "SIGN_RAW_PAYLOADS" PrivateKey Sign: "Sign several payloads with one key.";
    SignTransaction "SIGN_TRANSACTION" PrivateKey Sign: "Sign a transaction.";
    ApproveActivity "APPROVE_ACTIVITY" Activity Vote NeverHeld: "Approve an activity that waits.";
    RejectActivity "REJECT_ACTIVITY" Activity Vote NeverHeld: "Reject an activity that waits.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique() {
        let names: BTreeSet<_> = CATALOGUE.iter().map(|entry| entry.name).collect();
        assert_eq!(names.len(), CATALOGUE.len());
    }
}
