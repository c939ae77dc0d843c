//! Passkeys that joined an account.

use rules::tenant::{Member, Role};
use wire::environment::Environment;
use wire::id::TenantId;
use wire::solana::Address;

use super::{exactly_one, unknown};
use crate::backend::{Connection, Row, values};
use crate::record::Failure;
use crate::sql::statements;
use crate::{Error, Store};

statements! {
    SELECT_MEMBERS =
        "SELECT environment, account, passkey, role, added_at FROM account_passkeys
         WHERE tenant = $1 AND environment = $2 AND account = $3
         ORDER BY added_at, passkey";
    INSERT_MEMBER =
        "INSERT INTO account_passkeys (tenant, environment, account, passkey, role, added_at)
         VALUES ($1, $2, $3, $4, $5, $6)";
    DELETE_MEMBER =
        "DELETE FROM account_passkeys
         WHERE tenant = $1 AND environment = $2 AND account = $3 AND passkey = $4
           AND added_at = $5";
}

impl Store {
    /// The passkeys that joined an account of a tenant, oldest first. There are few of them.
    pub async fn members(
        &self,
        tenant: TenantId,
        environment: Environment,
        account: Address,
    ) -> Result<Vec<Member>, Error> {
        self.read(move |connection| {
            let key = values![tenant, environment.name(), account.as_bytes()];
            let rows = connection.query(&SELECT_MEMBERS, key)?;
            rows.into_iter().map(member).collect()
        })
        .await
    }
}

fn member(row: Row) -> Result<Member, Error> {
    let mut row = row.fields();
    Ok(Member {
        environment: row.parse()?,
        account: Address::from_bytes(row.next()?),
        passkey: Address::from_bytes(row.next()?),
        role: role(&row.next::<String>()?)?,
        added_at: row.next()?,
    })
}

fn role(name: &str) -> Result<Role, Error> {
    Role::named(name).ok_or_else(|| unknown(name))
}

pub(super) fn insert(
    connection: &mut Connection,
    tenant: TenantId,
    member: &Member,
) -> Result<(), Failure> {
    connection.execute(
        &INSERT_MEMBER,
        values![
            tenant,
            member.environment.name(),
            member.account.as_bytes(),
            member.passkey.as_bytes(),
            member.role.name(),
            member.added_at,
        ],
    )?;
    Ok(())
}

/// One that left and joined again since is another one.
pub(super) fn delete(
    connection: &mut Connection,
    tenant: TenantId,
    member: &Member,
) -> Result<(), Failure> {
    let deleted = connection.execute(
        &DELETE_MEMBER,
        values![
            tenant,
            member.environment.name(),
            member.account.as_bytes(),
            member.passkey.as_bytes(),
            member.added_at,
        ],
    )?;
    exactly_one(deleted)
}
