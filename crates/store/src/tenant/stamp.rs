//! Sessions whose keys stamp requests of an organisation.

use wire::environment::Environment;
use wire::id::{OrganisationId, TenantId};
use wire::solana::Address;

use crate::backend::{Connection, Row, values};
use crate::record::{CONFLICT, Failure};
use crate::sql::statements;
use crate::{Error, Store};

statements! {
    STAMPING =
        "SELECT tenant, environment, address FROM passkey_accounts
         WHERE session_key = $1 AND session_organisation = $2
         ORDER BY tenant, environment, address LIMIT $3";
    SELECT_REVISIONS =
        "SELECT t.revision, a.revision FROM passkey_accounts a JOIN tenants t ON t.id = a.tenant
         WHERE a.tenant = $1 AND a.environment = $2 AND a.address = $3";
}

/// Where the account is whose session key may be a stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamping {
    /// Whose account it is.
    pub tenant: TenantId,
    /// Where it is.
    pub environment: Environment,
    /// Its address.
    pub address: Address,
}

/// A session as somebody read it who then believed its key's stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionRead {
    /// Its account.
    pub of: Stamping,
    /// The tenant's revision.
    pub tenant_revision: u64,
    /// The account's revision.
    pub revision: u64,
}

impl Store {
    /// The accounts whose session key is this one and was asked for to stamp requests of this
    /// organisation; over or not, and whatever has become of what it hangs on. At most `limit`.
    pub async fn stamping(
        &self,
        key: Address,
        organisation: OrganisationId,
        limit: u64,
    ) -> Result<Vec<Stamping>, Error> {
        self.read(move |connection| {
            let rows = connection.query(&STAMPING, values![key.as_bytes(), organisation, limit])?;
            rows.into_iter().map(stamping).collect()
        })
        .await
    }
}

fn stamping(row: Row) -> Result<Stamping, Error> {
    let mut row = row.fields();
    Ok(Stamping {
        tenant: row.next()?,
        environment: row.parse()?,
        address: Address::from_bytes(row.next()?),
    })
}

/// The session is still as it was read, and so is what its tenant may.
pub(crate) fn hold(connection: &mut Connection, read: &SessionRead) -> Result<(), Failure> {
    let SessionRead {
        of,
        tenant_revision,
        revision,
    } = read;
    let key = values![of.tenant, of.environment.name(), of.address.as_bytes()];
    let found = connection.query(&SELECT_REVISIONS, key)?.pop();
    let mut row = found.ok_or(CONFLICT)?.fields();
    let found: (u64, u64) = (row.next()?, row.next()?);
    match found == (*tenant_revision, *revision) {
        true => Ok(()),
        false => Err(CONFLICT),
    }
}
