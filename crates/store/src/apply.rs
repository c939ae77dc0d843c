//! Changes, each as its statement.
//!
//! What belongs to a deleted thing goes with it by foreign key.

use rules::{
    ApiKey, Authenticator, Change, Organisation, PrivateKey, Quorum, Tag, TagKind, User, Wallet,
    WalletAccount,
};
use wire::Timestamp;
use wire::id::{OrganisationId, UserId};

use crate::RecordError;
use crate::backend::{Connection, Fault, Value, values};
use crate::record::Failure;
use crate::sql::{Statement, statements};
use crate::wallet_account::address_key;

statements! {
    INSERT_ORGANISATION =
        "INSERT INTO organisations
            (id, parent, name, revision, threshold, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    DELETE_ORGANISATION = "DELETE FROM organisations WHERE id = $1";
    RENAME_ORGANISATION = "UPDATE organisations SET name = $1, updated_at = $2 WHERE id = $3";
    SET_THRESHOLD = "UPDATE organisations SET threshold = $1, updated_at = $2 WHERE id = $3";
    DELETE_QUORUM = "DELETE FROM quorum_members WHERE organisation = $1";
    INSERT_QUORUM_MEMBER =
        "INSERT INTO quorum_members (organisation, position, user_id) VALUES ($1, $2, $3)";
    SET_FEATURE =
        "INSERT INTO features (organisation, name, value) VALUES ($1, $2, $3)
         ON CONFLICT (organisation, name) DO UPDATE SET value = excluded.value";
    DELETE_FEATURE = "DELETE FROM features WHERE organisation = $1 AND name = $2";

    INSERT_USER =
        "INSERT INTO users (organisation, id, name, email, phone, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    UPDATE_USER =
        "UPDATE users SET name = $1, email = $2, phone = $3, updated_at = $4
         WHERE organisation = $5 AND id = $6";
    DELETE_USER = "DELETE FROM users WHERE organisation = $1 AND id = $2";
    INSERT_API_KEY =
        "INSERT INTO api_keys
            (organisation, id, user_id, name, curve, public_key, expiration_seconds, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    DELETE_API_KEY = "DELETE FROM api_keys WHERE organisation = $1 AND id = $2 AND user_id = $3";
    INSERT_AUTHENTICATOR =
        "INSERT INTO authenticators
            (organisation, id, user_id, name, credential_id, public_key, rp_id_hash, aaguid,
             attestation_type, transports, backup_eligible, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    DELETE_AUTHENTICATOR =
        "DELETE FROM authenticators WHERE organisation = $1 AND id = $2 AND user_id = $3";

    INSERT_TAG =
        "INSERT INTO tags (organisation, id, kind, name, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6)";
    RENAME_TAG =
        "UPDATE tags SET name = $1, updated_at = $2 WHERE organisation = $3 AND id = $4";
    DELETE_TAG = "DELETE FROM tags WHERE organisation = $1 AND id = $2";
    INSERT_USER_TAG = "INSERT INTO user_tags (organisation, tag, user_id) VALUES ($1, $2, $3)";
    DELETE_USER_TAG =
        "DELETE FROM user_tags WHERE organisation = $1 AND tag = $2 AND user_id = $3";
    DELETE_USER_TAGS = "DELETE FROM user_tags WHERE organisation = $1 AND user_id = $2";
    INSERT_PRIVATE_KEY_TAG =
        "INSERT INTO private_key_tags (organisation, tag, private_key) VALUES ($1, $2, $3)";
    DELETE_PRIVATE_KEY_TAG =
        "DELETE FROM private_key_tags WHERE organisation = $1 AND tag = $2 AND private_key = $3";

    INSERT_WALLET =
        "INSERT INTO wallets
            (organisation, id, name, seed, exported, imported, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    RENAME_WALLET =
        "UPDATE wallets SET name = $1, updated_at = $2 WHERE organisation = $3 AND id = $4";
    DELETE_WALLET = "DELETE FROM wallets WHERE organisation = $1 AND id = $2";
    INSERT_WALLET_ACCOUNT =
        "INSERT INTO wallet_accounts
            (organisation, id, wallet, curve, path, address_format, address, address_key,
             public_key, name, exported, created_at, updated_at, list_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    RENAME_WALLET_ACCOUNT =
        "UPDATE wallet_accounts SET name = $1, updated_at = $2
         WHERE organisation = $3 AND id = $4";
    DELETE_WALLET_ACCOUNT = "DELETE FROM wallet_accounts WHERE organisation = $1 AND id = $2";

    INSERT_PRIVATE_KEY =
        "INSERT INTO private_keys
            (organisation, id, name, curve, public_key, secret, exported, imported, created_at,
             updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    INSERT_PRIVATE_KEY_ADDRESS =
        "INSERT INTO private_key_addresses
            (organisation, private_key, position, format, address)
         VALUES ($1, $2, $3, $4, $5)";
    DELETE_PRIVATE_KEY = "DELETE FROM private_keys WHERE organisation = $1 AND id = $2";
}

/// Applies a change to the organisation, or to the one the change names. `place` is the change's
/// own in its batch.
pub(crate) fn apply(
    connection: &mut Connection,
    organisation: OrganisationId,
    change: &Change,
    place: u64,
) -> Result<(), Failure> {
    let mut on = On {
        connection,
        organisation,
    };
    match change {
        Change::InsertOrganisation(new) => {
            On {
                connection: on.connection,
                organisation: new.id,
            }
            .insert_organisation(new)?;
        }
        Change::DeleteOrganisation => on.one(&DELETE_ORGANISATION, values![organisation])?,
        Change::RenameOrganisation { name, at } => {
            on.one(&RENAME_ORGANISATION, values![name, *at, organisation])?;
        }
        Change::SetQuorum { quorum, at } => on.set_quorum(quorum, *at)?,
        Change::SetFeature { name, value } => {
            on.run(
                &SET_FEATURE,
                values![organisation, name.as_str(), value.as_ref()],
            )?;
        }
        Change::RemoveFeature { name } => {
            on.one(&DELETE_FEATURE, values![organisation, name.as_str()])?;
        }

        Change::InsertUser(user) => on.insert_user(user)?,
        Change::UpdateUser(user) => on.update_user(user)?,
        Change::DeleteUser(id) => on.one(&DELETE_USER, values![organisation, *id])?,
        Change::InsertApiKey { user, key } => on.insert_api_key(*user, key)?,
        Change::DeleteApiKey { user, id } => {
            on.one(&DELETE_API_KEY, values![organisation, *id, *user])?;
        }
        Change::InsertAuthenticator {
            user,
            authenticator,
        } => {
            on.insert_authenticator(*user, authenticator)?;
        }
        Change::DeleteAuthenticator { user, id } => {
            on.one(&DELETE_AUTHENTICATOR, values![organisation, *id, *user])?;
        }

        Change::InsertTag(tag) => on.insert_tag(tag)?,
        Change::RenameTag { id, name, at } => {
            on.one(&RENAME_TAG, values![name, *at, organisation, *id])?;
        }
        Change::DeleteTag(id) => on.one(&DELETE_TAG, values![organisation, *id])?,
        Change::TagUser { tag, user } => {
            on.one(&INSERT_USER_TAG, values![organisation, *tag, *user])?;
        }
        Change::UntagUser { tag, user } => {
            on.one(&DELETE_USER_TAG, values![organisation, *tag, *user])?;
        }
        Change::TagPrivateKey { tag, key } => {
            on.one(&INSERT_PRIVATE_KEY_TAG, values![organisation, *tag, *key])?;
        }
        Change::UntagPrivateKey { tag, key } => {
            on.one(&DELETE_PRIVATE_KEY_TAG, values![organisation, *tag, *key])?;
        }

        Change::InsertWallet(wallet) => on.insert_wallet(wallet)?,
        Change::RenameWallet { id, name, at } => {
            on.one(&RENAME_WALLET, values![name, *at, organisation, *id])?;
        }
        Change::DeleteWallet(id) => on.one(&DELETE_WALLET, values![organisation, *id])?,
        Change::InsertWalletAccount(account) => on.insert_wallet_account(account, place)?,
        Change::RenameWalletAccount { id, name, at } => {
            on.one(
                &RENAME_WALLET_ACCOUNT,
                values![name, *at, organisation, *id],
            )?;
        }
        Change::DeleteWalletAccount(id) => {
            on.one(&DELETE_WALLET_ACCOUNT, values![organisation, *id])?;
        }

        Change::InsertPrivateKey(key) => on.insert_private_key(key)?,
        Change::DeletePrivateKey(id) => on.one(&DELETE_PRIVATE_KEY, values![organisation, *id])?,
    }
    Ok(())
}

/// A connection and the organisation the rows belong to.
struct On<'a> {
    connection: &'a mut Connection,
    organisation: OrganisationId,
}

impl On<'_> {
    fn run(&mut self, statement: &Statement, values: &[Value]) -> Result<u64, Fault> {
        self.connection.execute(statement, values)
    }

    /// Runs a statement that must find its row: if it does not, what the batch was decided on is
    /// no longer so. Wallet accounts can go without a change of revision.
    fn one(&mut self, statement: &Statement, values: &[Value]) -> Result<(), Failure> {
        match self.run(statement, values)? {
            1 => Ok(()),
            _ => Err(Failure::Alone(RecordError::Conflict)),
        }
    }

    fn insert_organisation(&mut self, new: &Organisation) -> Result<(), Failure> {
        self.run(
            &INSERT_ORGANISATION,
            values![
                new.id,
                new.parent,
                &new.name,
                new.revision,
                u64::from(new.quorum.threshold),
                new.created_at,
                new.updated_at,
            ],
        )?;
        self.insert_quorum(&new.quorum)?;
        for (name, value) in &new.features {
            self.run(&SET_FEATURE, values![new.id, name.as_str(), value.as_ref()])?;
        }
        // Tags first: what bears them refers to them.
        new.tags.values().try_for_each(|tag| self.insert_tag(tag))?;
        new.users
            .values()
            .try_for_each(|user| self.insert_user(user))?;
        new.wallets
            .values()
            .try_for_each(|wallet| self.insert_wallet(wallet))?;
        new.private_keys
            .values()
            .try_for_each(|key| self.insert_private_key(key))?;
        Ok(())
    }

    fn set_quorum(&mut self, quorum: &Quorum, at: Timestamp) -> Result<(), Failure> {
        let threshold = u64::from(quorum.threshold);
        self.one(&SET_THRESHOLD, values![threshold, at, self.organisation])?;
        self.run(&DELETE_QUORUM, values![self.organisation])?;
        Ok(self.insert_quorum(quorum)?)
    }

    fn insert_quorum(&mut self, quorum: &Quorum) -> Result<(), Fault> {
        for (user, position) in quorum.users.iter().zip(0u64..) {
            self.run(
                &INSERT_QUORUM_MEMBER,
                values![self.organisation, position, *user],
            )?;
        }
        Ok(())
    }

    fn insert_user(&mut self, user: &User) -> Result<(), Fault> {
        self.run(
            &INSERT_USER,
            values![
                self.organisation,
                user.id,
                &user.name,
                user.email.as_ref(),
                user.phone.as_ref(),
                user.created_at,
                user.updated_at,
            ],
        )?;
        self.insert_user_tags(user)?;
        user.api_keys
            .iter()
            .try_for_each(|key| self.insert_api_key(user.id, key))?;
        user.authenticators
            .iter()
            .try_for_each(|found| self.insert_authenticator(user.id, found))
    }

    fn update_user(&mut self, user: &User) -> Result<(), Failure> {
        self.one(
            &UPDATE_USER,
            values![
                &user.name,
                user.email.as_ref(),
                user.phone.as_ref(),
                user.updated_at,
                self.organisation,
                user.id,
            ],
        )?;
        self.run(&DELETE_USER_TAGS, values![self.organisation, user.id])?;
        Ok(self.insert_user_tags(user)?)
    }

    fn insert_user_tags(&mut self, user: &User) -> Result<(), Fault> {
        for tag in &user.tags {
            self.run(&INSERT_USER_TAG, values![self.organisation, *tag, user.id])?;
        }
        Ok(())
    }

    fn insert_api_key(&mut self, user: UserId, key: &ApiKey) -> Result<(), Fault> {
        let values = values![
            self.organisation,
            key.id,
            user,
            &key.name,
            key.curve.as_str(),
            &key.public_key,
            key.expiration_seconds,
            key.created_at,
        ];
        self.run(&INSERT_API_KEY, values).map(|_| ())
    }

    fn insert_authenticator(&mut self, user: UserId, new: &Authenticator) -> Result<(), Fault> {
        let values = values![
            self.organisation,
            new.id,
            user,
            &new.name,
            &new.credential_id,
            &new.public_key,
            &new.rp_id_hash,
            &new.aaguid,
            &new.attestation_type,
            // Names of capital letters and underscores.
            new.transports.join(" "),
            new.backup_eligible,
            new.created_at,
        ];
        self.run(&INSERT_AUTHENTICATOR, values).map(|_| ())
    }

    fn insert_tag(&mut self, tag: &Tag) -> Result<(), Fault> {
        let kind = tag_kind(tag.kind);
        let values = values![
            self.organisation,
            tag.id,
            kind,
            &tag.name,
            tag.created_at,
            tag.updated_at
        ];
        self.run(&INSERT_TAG, values).map(|_| ())
    }

    fn insert_wallet(&mut self, wallet: &Wallet) -> Result<(), Fault> {
        let values = values![
            self.organisation,
            wallet.id,
            &wallet.name,
            &wallet.seed,
            wallet.exported,
            wallet.imported,
            wallet.created_at,
            wallet.updated_at,
        ];
        self.run(&INSERT_WALLET, values).map(|_| ())
    }

    fn insert_wallet_account(
        &mut self,
        account: &WalletAccount,
        place: u64,
    ) -> Result<(), Failure> {
        // The account of a new sub-organisation's wallet names that organisation, not the parent
        // that is addressed.
        let values = values![
            account.organisation,
            account.id,
            account.wallet,
            account.curve.as_str(),
            account.path.to_string(),
            account.address_format.as_str(),
            &account.address,
            address_key(&account.address),
            &account.public_key,
            account.name.as_ref(),
            account.exported,
            account.created_at,
            account.updated_at,
            list_key(account, place),
        ];
        self.run(&INSERT_WALLET_ACCOUNT, values)?;
        Ok(())
    }

    fn insert_private_key(&mut self, key: &PrivateKey) -> Result<(), Fault> {
        self.run(
            &INSERT_PRIVATE_KEY,
            values![
                self.organisation,
                key.id,
                &key.name,
                key.curve.as_str(),
                &key.public_key,
                &key.secret,
                key.exported,
                key.imported,
                key.created_at,
                key.updated_at,
            ],
        )?;
        for ((format, address), position) in key.addresses.iter().zip(0u64..) {
            self.run(
                &INSERT_PRIVATE_KEY_ADDRESS,
                values![
                    self.organisation,
                    key.id,
                    position,
                    format.as_str(),
                    address
                ],
            )?;
        }
        for tag in &key.tags {
            self.run(
                &INSERT_PRIVATE_KEY_TAG,
                values![self.organisation, *tag, key.id],
            )?;
        }
        Ok(())
    }
}

/// What accounts are listed by, greatest first: the time they were made, and in a batch the one
/// asked for first is the greatest.
fn list_key(account: &WalletAccount, place: u64) -> u64 {
    const PLACES: u64 = 4096;
    (account.created_at.as_millis() + 1)
        .saturating_mul(PLACES)
        .saturating_sub(place.min(PLACES - 1))
}

/// How a tag's kind is spelled in its row.
pub(crate) fn tag_kind(kind: TagKind) -> &'static str {
    match kind {
        TagKind::User => "USER",
        TagKind::PrivateKey => "PRIVATE_KEY",
    }
}
