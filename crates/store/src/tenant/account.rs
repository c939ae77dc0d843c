//! Accounts that a passkey owns.

use rules::tenant::{PasskeyAccount, SessionKey};
use wire::environment::Environment;
use wire::id::TenantId;
use wire::solana::Address;

use super::{bad_json, exactly_one, from_json};
use crate::backend::{Connection, Row, values};
use crate::record::{CONFLICT, Failure};
use crate::sql::statements;
use crate::{Error, Store};

statements! {
    SELECT_ACCOUNT =
        "SELECT environment, address, public_key, credential_id, rp_id, session, sign_count, revision,
                created_at, updated_at
         FROM passkey_accounts WHERE tenant = $1 AND environment = $2 AND address = $3";
    INSERT_ACCOUNT =
        "INSERT INTO passkey_accounts
            (tenant, environment, address, public_key, credential_id, rp_id, session, sign_count,
             revision, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    // The key and the RP ID are fixed: they are compared, never written.
    UPDATE_ACCOUNT =
        "UPDATE passkey_accounts
         SET credential_id = $1, session = $2, sign_count = $3, revision = revision + 1,
             updated_at = $4
         WHERE tenant = $5 AND environment = $6 AND address = $7 AND revision = $8
           AND public_key = $9 AND rp_id = $10";
}

impl Store {
    /// The account of a tenant at this address in an environment.
    pub async fn passkey_account(
        &self,
        tenant: TenantId,
        environment: Environment,
        address: Address,
    ) -> Result<Option<PasskeyAccount>, Error> {
        self.read(move |connection| {
            let key = values![tenant, environment.name(), address.as_bytes()];
            let rows = connection.query(&SELECT_ACCOUNT, key)?;
            rows.into_iter().next().map(account).transpose()
        })
        .await
    }
}

/// What an account begins with.
const FIRST_REVISION: u64 = 0;

fn account(row: Row) -> Result<PasskeyAccount, Error> {
    let mut row = row.fields();
    Ok(PasskeyAccount {
        environment: row.parse()?,
        address: Address::from_bytes(row.next()?),
        public_key: row.next()?,
        credential_id: row.next()?,
        rp_id: row.next()?,
        session: session(row.next()?)?,
        sign_count: count(row.next()?)?,
        revision: Some(row.next()?),
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
            account.environment.name(),
            account.address.as_bytes(),
            &account.public_key,
            account.credential_id.as_ref(),
            &account.rp_id,
            session_text(account)?,
            u64::from(account.sign_count),
            FIRST_REVISION,
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
    // What was not read from here cannot be changed here.
    let read_at = account.revision.ok_or(CONFLICT)?;
    let updated = connection.execute(
        &UPDATE_ACCOUNT,
        values![
            account.credential_id.as_ref(),
            session_text(account)?,
            u64::from(account.sign_count),
            account.updated_at,
            tenant,
            account.environment.name(),
            account.address.as_bytes(),
            read_at,
            &account.public_key,
            &account.rp_id,
        ],
    )?;
    exactly_one(updated)
}
