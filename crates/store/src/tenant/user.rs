//! The people of a tenant.

use rules::tenant::{TenantUser, UserProfile};
use wire::id::{TenantId, TenantUserId};

use super::{Listed, Page, exactly_one, is_storable};
use crate::backend::{Connection, Row, values};
use crate::record::Failure;
use crate::sql::statements;
use crate::{Error, Store};

/// The columns a user is read from.
macro_rules! users {
    ($rest:literal) => {
        concat!(
            "SELECT id, user_id, name, display_name, icon, created_at, updated_at
             FROM tenant_users WHERE tenant = $1 ",
            $rest
        )
    };
}

statements! {
    SELECT_BY_USER_ID = users!("AND user_id = $2");
    SELECT_BY_ID = users!("AND id = $2");
    LIST_NEWEST = users!("ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3");
    LIST_OLDEST = users!("ORDER BY created_at, id LIMIT $2 OFFSET $3");
    COUNT_USERS = "SELECT COUNT(*) FROM tenant_users WHERE tenant = $1";
    INSERT_USER =
        "INSERT INTO tenant_users
            (tenant, id, user_id, name, display_name, icon, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    UPDATE_USER =
        "UPDATE tenant_users SET name = $1, display_name = $2, icon = $3, updated_at = $4
         WHERE tenant = $5 AND id = $6 AND user_id = $7";
    DELETE_USER = "DELETE FROM tenant_users WHERE tenant = $1 AND id = $2";
}

impl Store {
    /// The user a tenant calls by this name.
    pub async fn tenant_user(
        &self,
        tenant: TenantId,
        user_id: &str,
    ) -> Result<Option<TenantUser>, Error> {
        if !is_storable(user_id) {
            return Ok(None);
        }
        let user_id = user_id.to_owned();
        self.read(move |connection| {
            let rows = connection.query(&SELECT_BY_USER_ID, values![tenant, user_id])?;
            rows.into_iter().next().map(user).transpose()
        })
        .await
    }

    /// The user of a tenant with our identifier.
    pub async fn tenant_user_by_id(
        &self,
        tenant: TenantId,
        id: TenantUserId,
    ) -> Result<Option<TenantUser>, Error> {
        self.read(move |connection| {
            let rows = connection.query(&SELECT_BY_ID, values![tenant, id])?;
            rows.into_iter().next().map(user).transpose()
        })
        .await
    }

    /// The users of a tenant, by the time of their first passkey.
    pub async fn tenant_users(
        &self,
        tenant: TenantId,
        page: Page,
        newest_first: bool,
    ) -> Result<Listed<TenantUser>, Error> {
        let statement = match newest_first {
            true => &LIST_NEWEST,
            false => &LIST_OLDEST,
        };
        self.read_at_length(move |connection| {
            let rows = connection.query(statement, values![tenant, page.size, page.offset()])?;
            let count = connection.query(&COUNT_USERS, values![tenant])?.pop();
            Ok(Listed {
                items: rows.into_iter().map(user).collect::<Result<_, _>>()?,
                total: count.map_or(Ok(0), |row| row.only())?,
            })
        })
        .await
    }
}

fn user(row: Row) -> Result<TenantUser, Error> {
    let mut row = row.fields();
    Ok(TenantUser {
        id: row.next()?,
        user_id: row.next()?,
        profile: UserProfile {
            name: row.next()?,
            display_name: row.next()?,
            icon: row.next()?,
        },
        created_at: row.next()?,
        updated_at: row.next()?,
    })
}

pub(super) fn insert(
    connection: &mut Connection,
    tenant: TenantId,
    user: &TenantUser,
) -> Result<(), Failure> {
    let UserProfile {
        name,
        display_name,
        icon,
    } = &user.profile;
    connection.execute(
        &INSERT_USER,
        values![
            tenant,
            user.id,
            &user.user_id,
            name,
            display_name,
            icon.as_ref(),
            user.created_at,
            user.updated_at,
        ],
    )?;
    Ok(())
}

pub(super) fn update(
    connection: &mut Connection,
    tenant: TenantId,
    user: &TenantUser,
) -> Result<(), Failure> {
    let UserProfile {
        name,
        display_name,
        icon,
    } = &user.profile;
    let changed = connection.execute(
        &UPDATE_USER,
        values![
            name,
            display_name,
            icon.as_ref(),
            user.updated_at,
            tenant,
            user.id,
            &user.user_id,
        ],
    )?;
    exactly_one(changed)
}

pub(super) fn delete(
    connection: &mut Connection,
    tenant: TenantId,
    id: TenantUserId,
) -> Result<(), Failure> {
    exactly_one(connection.execute(&DELETE_USER, values![tenant, id])?)
}
