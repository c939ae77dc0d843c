//! Accounts that a passkey owns.

use rules::tenant::{PasskeyAccount, SessionKey};
use wire::Timestamp;
use wire::environment::Environment;
use wire::id::{OrganisationId, TenantId};
use wire::solana::Address;

use super::{Listed, Page, bad_json, exactly_one, from_json};
use crate::backend::{Connection, Row, Value, values};
use crate::record::{CONFLICT, Failure};
use crate::sql::statements;
use crate::{Error, Store};

macro_rules! accounts {
    ($rest:literal) => {
        concat!(
            "SELECT environment, address, public_key, credential_id, rp_id, session, sign_count,
                    revision, created_at, updated_at
             FROM passkey_accounts WHERE tenant = $1 AND ",
            $rest
        )
    };
}

/// Accounts in an environment (or any) whose session ends after a second (or with any or none).
macro_rules! listed {
    () => {
        "(CAST($2 AS TEXT) = '' OR environment = $2) AND COALESCE(session_until, 0) > $3"
    };
}

statements! {
    SELECT_ACCOUNT = accounts!("environment = $2 AND address = $3");
    LIST_ACCOUNTS = concat!(
        accounts!(""),
        listed!(),
        " ORDER BY created_at DESC, address DESC LIMIT $4 OFFSET $5"
    );
    COUNT_ACCOUNTS =
        concat!("SELECT COUNT(*) FROM passkey_accounts WHERE tenant = $1 AND ", listed!());
    INSERT_ACCOUNT =
        "INSERT INTO passkey_accounts
            (tenant, environment, address, public_key, credential_id, rp_id, session, session_until,
             session_key, session_organisation, sign_count, revision, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    // The key and the RP ID are fixed: they are compared, never written.
    UPDATE_ACCOUNT =
        "UPDATE passkey_accounts
         SET credential_id = $1, session = $2, session_until = $3, session_key = $4,
             session_organisation = $5, sign_count = $6, revision = revision + 1, updated_at = $7
         WHERE tenant = $8 AND environment = $9 AND address = $10 AND revision = $11
           AND public_key = $12 AND rp_id = $13";
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

    /// The accounts of a tenant in an environment or in any, newest first; if a time is given, only
    /// those whose session key may still act then. What is kept here is listed, whatever a chain has
    /// made of it since.
    pub async fn passkey_accounts(
        &self,
        tenant: TenantId,
        environment: Option<Environment>,
        live_at: Option<Timestamp>,
        page: Page,
    ) -> Result<Listed<PasskeyAccount>, Error> {
        let environment = environment.map_or("", Environment::name);
        let until = match live_at {
            None => Value::Int(-1),
            Some(now) => now.as_seconds().into(),
        };
        self.read_at_length(move |connection| {
            let mut values = vec![tenant.into(), environment.into(), until];
            let counted = connection.query(&COUNT_ACCOUNTS, &values)?.pop();
            values.extend([page.size.into(), page.offset().into()]);
            let rows = connection.query(&LIST_ACCOUNTS, &values)?;
            Ok(Listed {
                items: rows.into_iter().map(account).collect::<Result<_, _>>()?,
                total: counted.map_or(Ok(0), |row| row.only())?,
            })
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

/// The second after the last at which the session key may act, if it may at all.
fn session_until(account: &PasskeyAccount) -> Option<u64> {
    let session = account.session.as_ref();
    let session = session.filter(|session| !session.is_revoked);
    session.map(|session| session.expires_at_seconds)
}

/// What a stamp by the session key would be found by. That it is over or was taken away is told to
/// its holder, so it is found all the same.
fn stamp(account: &PasskeyAccount) -> Option<Stamp> {
    let session = account.session.as_ref()?;
    let activities = session.scope.activities.as_ref()?;
    Some(Stamp {
        key: session.key,
        organisation: activities.organisation,
    })
}

/// A key, and the organisation whose requests it was asked for to stamp.
struct Stamp {
    key: Address,
    organisation: OrganisationId,
}

pub(super) fn insert(
    connection: &mut Connection,
    tenant: TenantId,
    account: &PasskeyAccount,
) -> Result<(), Failure> {
    let stamp = stamp(account);
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
            session_until(account),
            stamp.as_ref().map(|stamp| stamp.key.as_bytes()),
            stamp.as_ref().map(|stamp| stamp.organisation),
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
    let stamp = stamp(account);
    let updated = connection.execute(
        &UPDATE_ACCOUNT,
        values![
            account.credential_id.as_ref(),
            session_text(account)?,
            session_until(account),
            stamp.as_ref().map(|stamp| stamp.key.as_bytes()),
            stamp.as_ref().map(|stamp| stamp.organisation),
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
