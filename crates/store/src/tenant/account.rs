//! Accounts that a passkey owns.

use rules::tenant::{PasskeyAccount, SessionKey};
use wire::id::TenantId;
use wire::solana::Address;

use super::{bad_json, exactly_one, from_json};
use crate::backend::{Connection, Row, values};
use crate::record::Failure;
use crate::sql::statements;
use crate::{Error, Store};

statements! {
    SELECT_ACCOUNT =
        "SELECT address, public_key, credential_id, rp_id, session, sign_count, revision,
                created_at, updated_at
         FROM passkey_accounts WHERE tenant = $1 AND address = $2";
    INSERT_ACCOUNT =
        "INSERT INTO passkey_accounts
            (tenant, address, public_key, credential_id, rp_id, session, sign_count, revision,
             created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    // The key and the RP ID are fixed: they are compared, never written.
    UPDATE_ACCOUNT =
        "UPDATE passkey_accounts
         SET credential_id = $1, session = $2, sign_count = $3, revision = revision + 1,
             updated_at = $4
         WHERE tenant = $5 AND address = $6 AND revision = $7 AND public_key = $8 AND rp_id = $9";
}

impl Store {
    /// The account of a tenant at this address.
    pub async fn passkey_account(
        &self,
        tenant: TenantId,
        address: Address,
    ) -> Result<Option<PasskeyAccount>, Error> {
        self.read(move |connection| {
            let rows = connection.query(&SELECT_ACCOUNT, values![tenant, address.as_bytes()])?;
            rows.into_iter().next().map(account).transpose()
        })
        .await
    }
}

fn account(row: Row) -> Result<PasskeyAccount, Error> {
    let mut row = row.fields();
    Ok(PasskeyAccount {
        address: Address::from_bytes(row.next()?),
        public_key: row.next()?,
        credential_id: row.next()?,
        rp_id: row.next()?,
        session: session(row.next()?)?,
        sign_count: count(row.next()?)?,
        revision: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
    })
}

fn session(text: Option<String>) -> Result<Option<SessionKey>, Error> {
    text.as_deref().map(from_json).transpose()
}

fn count(stored: u64) -> Result<u32, Error> {
    u32::try_from(stored).map_err(|_| Error::Damaged("a signature counter".to_owned()))
}

fn session_text(account: &PasskeyAccount) -> Result<Option<String>, Error> {
    let session = account.session.as_ref();
    let text = session.map(serde_json::to_string);
    text.transpose().map_err(bad_json)
}

pub(super) fn insert(
    connection: &mut Connection,
    tenant: TenantId,
    account: &PasskeyAccount,
) -> Result<(), Failure> {
    connection.execute(
        &INSERT_ACCOUNT,
        values![
            tenant,
            account.address.as_bytes(),
            &account.public_key,
            account.credential_id.as_ref(),
            &account.rp_id,
            session_text(account)?,
            u64::from(account.sign_count),
            account.revision,
            account.created_at,
            account.updated_at,
        ],
    )?;
    Ok(())
}

pub(super) fn update(
    connection: &mut Connection,
    tenant: TenantId,
    account: &PasskeyAccount,
) -> Result<(), Failure> {
    let updated = connection.execute(
        &UPDATE_ACCOUNT,
        values![
            account.credential_id.as_ref(),
            session_text(account)?,
            u64::from(account.sign_count),
            account.updated_at,
            tenant,
            account.address.as_bytes(),
            account.revision,
            &account.public_key,
            &account.rp_id,
        ],
    )?;
    exactly_one(updated)
}
