//! What a tenant's users are to confirm.

use std::sync::Arc;

use rules::tenant::{Stage, State, Transaction};
use wire::Timestamp;
use wire::id::{TenantId, TenantUserId, TransactionId};

use super::{Listed, Page, bad_json, exactly_one, from_json, is_storable, unknown};
use crate::backend::{Connection, Fields, Row, values};
use crate::record::Failure;
use crate::sql::statements;
use crate::{Error, Store};

/// The columns a transaction is read from.
macro_rules! columns {
    () => {
        "tenant, id, identifier, owner, challenge, stage, expires_at, terms, revision, created_at,
         updated_at"
    };
}

macro_rules! transactions {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), " FROM transactions WHERE ", $rest)
    };
}

/// Transactions of a tenant in a stage (or any) that end in a time, of one user or of all.
macro_rules! listed {
    ($columns:expr, $owner:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM transactions
             WHERE tenant = $1 AND (CAST($2 AS TEXT) = '' OR stage = $2)
               AND expires_at > $3 AND expires_at <= $4 AND ",
            $owner,
            $rest
        )
    };
}

macro_rules! page {
    ($owner:literal) => {
        listed!(
            columns!(),
            $owner,
            " ORDER BY created_at DESC, id DESC LIMIT $6 OFFSET $7"
        )
    };
}

statements! {
    SELECT_BY_CHALLENGE = transactions!("tenant = $1 AND challenge = $2");
    SELECT_BY_IDENTIFIER = transactions!("tenant = $1 AND identifier = $2");
    SELECT_BY_LINK = transactions!("id = $1");
    SELECT_OF_OWNER =
        transactions!("tenant = $1 AND owner = $2 ORDER BY created_at DESC, id DESC");
    // `$5` must appear even where nothing is asked of it, so that the places stay the same.
    LIST_ALL = page!("CAST($5 AS TEXT) = ''");
    LIST_OF_USER = page!(
        "owner IN (SELECT u.id FROM tenant_users u
                   WHERE u.tenant = transactions.tenant AND u.user_id = $5)");
    COUNT_ALL = listed!("COUNT(*)", "CAST($5 AS TEXT) = ''", "");
    COUNT_OF_USER = listed!(
        "COUNT(*)",
        "owner IN (SELECT u.id FROM tenant_users u
                   WHERE u.tenant = transactions.tenant AND u.user_id = $5)",
        "");
    INSERT_TRANSACTION =
        "INSERT INTO transactions
            (tenant, id, identifier, owner, challenge, stage, expires_at, terms, revision,
             created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    // Whose it is and what it is called are compared, not written.
    UPDATE_TRANSACTION =
        "UPDATE transactions SET challenge = $1, stage = $2, expires_at = $3, terms = $4,
                updated_at = $5, revision = revision + 1
         WHERE tenant = $6 AND id = $7 AND revision = $8 AND identifier = $9 AND owner = $10";
}

impl Store {
    /// The transaction of a tenant whose open challenge this is. From memory if this process has
    /// opened it; whoever changes it finds out whether it is still so.
    pub async fn transaction_by_challenge(
        &self,
        tenant: TenantId,
        challenge: &[u8],
    ) -> Result<Option<Arc<Transaction>>, Error> {
        if let Some(transaction) = self.memory().transaction(tenant, challenge) {
            return Ok(Some(transaction));
        }
        let challenge = challenge.to_vec();
        let found = self.read(move |connection| {
            let rows = connection.query(&SELECT_BY_CHALLENGE, values![tenant, &challenge])?;
            rows.into_iter().next().map(transaction).transpose()
        });
        Ok(found.await?.map(|(_, transaction)| Arc::new(transaction)))
    }

    /// The transaction a tenant calls by this name.
    pub async fn transaction(
        &self,
        tenant: TenantId,
        identifier: &str,
    ) -> Result<Option<Transaction>, Error> {
        if !is_storable(identifier) {
            return Ok(None);
        }
        let identifier = identifier.to_owned();
        let found = self.read(move |connection| {
            let rows = connection.query(&SELECT_BY_IDENTIFIER, values![tenant, identifier])?;
            rows.into_iter().next().map(transaction).transpose()
        });
        Ok(found.await?.map(|(_, transaction)| transaction))
    }

    /// The transaction a confirmation page's link leads to, and its tenant.
    pub async fn transaction_by_link(
        &self,
        id: TransactionId,
    ) -> Result<Option<(TenantId, Transaction)>, Error> {
        self.read(move |connection| {
            let rows = connection.query(&SELECT_BY_LINK, values![id])?;
            rows.into_iter().next().map(transaction).transpose()
        })
        .await
    }

    /// Every transaction of a user, newest first.
    pub async fn transactions_of(
        &self,
        tenant: TenantId,
        owner: TenantUserId,
    ) -> Result<Vec<Transaction>, Error> {
        self.read(move |connection| {
            let rows = connection.query(&SELECT_OF_OWNER, values![tenant, owner])?;
            items(rows)
        })
        .await
    }

    /// The transactions of a tenant, or of one of its users as the tenant calls them, newest
    /// first.
    pub async fn transactions(
        &self,
        tenant: TenantId,
        user_id: Option<&str>,
        page: Page,
    ) -> Result<Listed<Transaction>, Error> {
        self.list(tenant, user_id, Standing::ANY, page).await
    }

    /// As [`transactions`](Self::transactions), but only those that are in this state now.
    pub async fn transactions_in_state(
        &self,
        tenant: TenantId,
        user_id: Option<&str>,
        state: State,
        now: Timestamp,
        page: Page,
    ) -> Result<Listed<Transaction>, Error> {
        let standing = Standing::of(state, now);
        self.list(tenant, user_id, standing, page).await
    }

    async fn list(
        &self,
        tenant: TenantId,
        user_id: Option<&str>,
        standing: Standing,
        page: Page,
    ) -> Result<Listed<Transaction>, Error> {
        if !user_id.is_none_or(is_storable) {
            return Ok(Listed::nothing());
        }
        let (list, count) = match user_id {
            None => (&LIST_ALL, &COUNT_ALL),
            Some(_) => (&LIST_OF_USER, &COUNT_OF_USER),
        };
        let user_id = user_id.unwrap_or_default().to_owned();
        self.read_at_length(move |connection| {
            let Standing {
                stage,
                after,
                until,
            } = standing;
            let (after, until) = (
                crate::backend::Value::Int(after),
                crate::backend::Value::Int(until),
            );
            let mut values = vec![tenant.into(), stage.into(), after, until, user_id.into()];
            let counted = connection.query(count, &values)?.pop();
            values.extend([page.size.into(), page.offset().into()]);
            let rows = connection.query(list, &values)?;
            Ok(Listed {
                items: items(rows)?,
                total: counted.map_or(Ok(0), |row| row.only())?,
            })
        })
        .await
    }
}

/// A state as what is stored: a stage, or any if empty, and an end after one time and until
/// another (in milliseconds). Expiry is a matter of the clock.
struct Standing {
    stage: &'static str,
    after: i64,
    until: i64,
}

impl Standing {
    const ANY: Self = Self {
        stage: "",
        after: -1,
        until: i64::MAX,
    };

    fn of(state: State, now: Timestamp) -> Self {
        let now = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        let in_stage = |stage: Stage| Self {
            stage: stage.name(),
            ..Self::ANY
        };
        match state {
            State::Pending => Self {
                after: now,
                ..in_stage(Stage::Pending)
            },
            State::Expired => Self {
                until: now,
                ..in_stage(Stage::Pending)
            },
            State::Confirmed => in_stage(Stage::Confirmed),
            State::Cancelled => in_stage(Stage::Cancelled),
            State::Blocked => in_stage(Stage::Blocked),
        }
    }
}

fn items(rows: Vec<Row>) -> Result<Vec<Transaction>, Error> {
    let read = |row| transaction(row).map(|(_, transaction)| transaction);
    rows.into_iter().map(read).collect()
}

fn transaction(row: Row) -> Result<(TenantId, Transaction), Error> {
    let mut row = row.fields();
    let tenant = row.next()?;
    let transaction = Transaction {
        id: row.next()?,
        identifier: row.next()?,
        user: row.next()?,
        challenge: row.next()?,
        stage: stage(&mut row)?,
        expires_at: row.next()?,
        terms: from_json(&row.next::<String>()?)?,
        revision: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
    };
    Ok((tenant, transaction))
}

fn stage(row: &mut Fields) -> Result<Stage, Error> {
    let name: String = row.next()?;
    Stage::named(&name).ok_or_else(|| unknown(&name))
}

pub(super) fn insert(
    connection: &mut Connection,
    tenant: TenantId,
    transaction: &Transaction,
) -> Result<(), Failure> {
    connection.execute(
        &INSERT_TRANSACTION,
        values![
            tenant,
            transaction.id,
            &transaction.identifier,
            transaction.user,
            transaction.challenge.as_ref(),
            transaction.stage.name(),
            transaction.expires_at,
            serde_json::to_string(&transaction.terms).map_err(bad_json)?,
            transaction.revision,
            transaction.created_at,
            transaction.updated_at,
        ],
    )?;
    Ok(())
}

pub(super) fn update(
    connection: &mut Connection,
    tenant: TenantId,
    transaction: &Transaction,
) -> Result<(), Failure> {
    let changed = connection.execute(
        &UPDATE_TRANSACTION,
        values![
            transaction.challenge.as_ref(),
            transaction.stage.name(),
            transaction.expires_at,
            serde_json::to_string(&transaction.terms).map_err(bad_json)?,
            transaction.updated_at,
            tenant,
            transaction.id,
            transaction.revision,
            &transaction.identifier,
            transaction.user,
        ],
    )?;
    exactly_one(changed)
}
