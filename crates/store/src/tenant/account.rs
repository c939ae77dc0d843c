//! Accounts that a passkey owns.

use rules::tenant::{PasskeyAccount, SessionKey};
use wire::id::TenantId;
use wire::solana::Address;

use super::{Listed, Page, bad_json, exactly_one, from_json};
use crate::backend::{Connection, Row, values};
use crate::record::Failure;
use crate::sql::statements;
use crate::{Error, Store};

/// The columns an account is read from.
macro_rules! accounts {
    ($rest:literal) => {
        concat!(
            "SELECT address, public_key, credential_id, rp_id, session, sign_count, revision,
                    created_at, updated_at
             FROM passkey_accounts WHERE tenant = $1 ",
            $rest
        )
    };
}

statements! {
    SELECT_ACCOUNT = accounts!("AND address = $2");
    SELECT_BY_CREDENTIAL = accounts!("AND credential_id = $2");
    LIST_ACCOUNTS = accounts!("ORDER BY created_at DESC, address LIMIT $2 OFFSET $3");
    COUNT_ACCOUNTS = "SELECT COUNT(*) FROM passkey_accounts WHERE tenant = $1";
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

    /// The accounts of a tenant whose passkey has this id. Usually one; authenticators choose
    /// their ids, so nothing rests on it.
    pub async fn passkey_accounts_of_credential(
        &self,
        tenant: TenantId,
        credential_id: &[u8],
    ) -> Result<Vec<PasskeyAccount>, Error> {
        let credential_id = credential_id.to_vec();
        self.read(move |connection| {
            let rows = connection.query(&SELECT_BY_CREDENTIAL, values![tenant, &credential_id])?;
            rows.into_iter().map(account).collect()
        })
        .await
    }

    /// The accounts of a tenant, newest first.
    pub async fn passkey_accounts(
        &self,
        tenant: TenantId,
        page: Page,
    ) -> Result<Listed<PasskeyAccount>, Error> {
        self.read_at_length(move |connection| {
            let total = connection.query(&COUNT_ACCOUNTS, values![tenant])?.pop();
            let total = total.map_or(Ok(0), |row| row.only())?;
            let window = values![tenant, page.size, page.offset()];
            let rows = connection.query(&LIST_ACCOUNTS, window)?;
            let items = rows.into_iter().map(account).collect::<Result<_, _>>()?;
            Ok(Listed { items, total })
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
