//! Transactions on their way to a chain, and who pays there.

use rules::tenant::{Event, Payer, Sending, SendingOutcome, TenantChange};
use wire::Timestamp;
use wire::environment::Environment;
use wire::id::TenantId;
use wire::solana::Address;

use super::{TenantBatch, bad_json, exactly_one, from_json};
use crate::backend::{Connection, Fault, Row, values};
use crate::record::{Failure, Writing, Written};
use crate::sql::statements;
use crate::store::unasked;
use crate::{Error, RecordError, Recorded, Store};

statements! {
    SELECT_SENDING =
        "SELECT tenant, signature, environment, account, packet, last_valid_height, purpose,
                challenge, fingerprint, source, created_at, outcome
         FROM sendings WHERE tenant = $1 AND signature = $2";
    SELECT_SENDING_OF =
        "SELECT tenant, signature, environment, account, packet, last_valid_height, purpose,
                challenge, fingerprint, source, created_at, outcome
         FROM sendings WHERE tenant = $1 AND challenge = $2";
    SELECT_SENDING_ABOUT =
        "SELECT created_at FROM sendings
         WHERE environment = $1 AND account = $2 AND tenant = $3 LIMIT 1";
    COUNT_SENDINGS = "SELECT COUNT(*) FROM sendings WHERE tenant = $1 AND created_at > $2";
    // Of those that began long enough ago for whoever began them to be done.
    SELECT_UNDER_WAY =
        "SELECT tenant, signature, environment, account, packet, last_valid_height, purpose,
                challenge, fingerprint, source, created_at, outcome
         FROM sendings WHERE outcome IS NULL AND environment = $1 AND created_at <= $2
         ORDER BY created_at LIMIT $3";
    INSERT_SENDING =
        "INSERT INTO sendings
            (tenant, signature, environment, account, packet, last_valid_height, purpose,
             challenge, fingerprint, source, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    SETTLE_SENDING =
        "UPDATE sendings SET outcome = $1 WHERE tenant = $2 AND signature = $3 AND outcome IS NULL";
    SWEEP_SENDINGS =
        "DELETE FROM sendings WHERE (tenant, signature) IN
            (SELECT tenant, signature FROM sendings
             WHERE outcome IS NOT NULL AND created_at <= $1 ORDER BY created_at LIMIT $2)";
    SELECT_PAYER = "SELECT address, sealed, created_at FROM payers WHERE environment = $1";
    // The first one counts, whichever server made it.
    INSERT_PAYER =
        "INSERT INTO payers (environment, address, sealed, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (environment) DO NOTHING";
}

/// A transaction whose outcome is to be recorded, with the wall it is behind. Made only by the
/// store, of rows that a believed call has left.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    tenant: TenantId,
    sending: Sending,
}

impl Sent {
    /// Whose it is.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The transaction.
    pub fn sending(&self) -> &Sending {
        &self.sending
    }
}

impl Store {
    /// The transaction of a tenant with this first signature.
    pub async fn sending(&self, tenant: TenantId, signature: &[u8]) -> Result<Option<Sent>, Error> {
        let signature = signature.to_vec();
        self.read(move |connection| {
            let rows = connection.query(&SELECT_SENDING, values![tenant, &signature])?;
            rows.into_iter().next().map(sent).transpose()
        })
        .await
    }

    /// The transaction of a tenant that this challenge was spent for.
    pub async fn sending_of(
        &self,
        tenant: TenantId,
        challenge: &[u8],
    ) -> Result<Option<Sent>, Error> {
        let challenge = challenge.to_vec();
        self.read(move |connection| {
            let rows = connection.query(&SELECT_SENDING_OF, values![tenant, &challenge])?;
            rows.into_iter().next().map(sent).transpose()
        })
        .await
    }

    /// Whether a transaction about this account was made for a tenant.
    pub async fn has_sent(
        &self,
        tenant: TenantId,
        environment: Environment,
        account: Address,
    ) -> Result<bool, Error> {
        self.read(move |connection| {
            let values = values![environment.name(), account.as_bytes(), tenant];
            Ok(!connection.query(&SELECT_SENDING_ABOUT, values)?.is_empty())
        })
        .await
    }

    /// How many transactions were made for a tenant since then.
    pub async fn sendings_since(&self, tenant: TenantId, since: Timestamp) -> Result<u64, Error> {
        self.read(move |connection| {
            let rows = connection.query(&COUNT_SENDINGS, values![tenant, since])?;
            rows.into_iter().next().map_or(Ok(0), Row::only)
        })
        .await
    }

    /// Some of the transactions in an environment that are under way since `before` or longer, of
    /// all tenants, the oldest first.
    pub async fn under_way(
        &self,
        environment: Environment,
        before: Timestamp,
    ) -> Result<Vec<Sent>, Error> {
        const AT_ONCE: u64 = 100;
        self.read(move |connection| {
            let values = values![environment.name(), before, AT_ONCE];
            let rows = connection.query(&SELECT_UNDER_WAY, values)?;
            rows.into_iter().map(sent).collect()
        })
        .await
    }

    /// Records what became of a transaction, with what follows from it.
    ///
    /// # Errors
    ///
    /// [`RecordError::Conflict`] if the outcome is known already, or anything that the changes
    /// rest on is no longer so.
    pub async fn settle(
        &self,
        sent: &Sent,
        outcome: SendingOutcome,
        revision: u64,
        mut changes: Vec<TenantChange>,
        event: Event,
    ) -> Result<Recorded<()>, RecordError> {
        changes.push(TenantChange::SettleSending {
            signature: sent.sending.signature.clone(),
            outcome,
        });
        let batch = TenantBatch {
            revision,
            changes,
            event: Some(event),
        };
        self.record_tenant_in(sent.tenant, batch).await
    }

    /// Who pays in an environment.
    pub async fn payer(&self, environment: Environment) -> Result<Option<Payer>, Error> {
        self.read(move |connection| {
            let rows = connection.query(&SELECT_PAYER, values![environment.name()])?;
            let row = rows.into_iter().next();
            row.map(|row| payer(environment, row)).transpose()
        })
        .await
    }

    /// Makes this one pay in its environment, unless somebody does already.
    pub async fn appoint_payer(&self, payer: Payer) -> Result<(), Error> {
        match self.write(Writing::Payer(Box::new(payer))).await {
            Ok(Written::Changed(_)) => Ok(()),
            Ok(other) => Err(unasked(&other)),
            Err(RecordError::Store(error)) => Err(error),
            // Somebody does.
            Err(RecordError::Conflict) => Ok(()),
        }
    }
}

/// How long a transaction is kept after its outcome is known, in milliseconds: thirty days, for who
/// asks again. What happened is in the log for ever.
const KEPT_FOR_MS: u64 = 2_592_000_000;

/// Rows deleted in one transaction.
const SWEPT_AT_ONCE: u64 = 1_000;

/// Deletes some of the transactions that were settled long before `now`.
pub(crate) fn sweep(connection: &mut Connection, now: Timestamp) -> Result<u64, Fault> {
    let before = now.as_millis().saturating_sub(KEPT_FOR_MS);
    let before = Timestamp::from_millis(before);
    connection.execute(&SWEEP_SENDINGS, values![before, SWEPT_AT_ONCE])
}

pub(crate) fn appoint(connection: &mut Connection, payer: &Payer) -> Result<u64, Failure> {
    Ok(connection.execute(
        &INSERT_PAYER,
        values![
            payer.environment.name(),
            payer.address.as_bytes(),
            &payer.sealed,
            payer.created_at,
        ],
    )?)
}

fn payer(environment: Environment, row: Row) -> Result<Payer, Error> {
    let mut row = row.fields();
    Ok(Payer {
        environment,
        address: Address::from_bytes(row.next()?),
        sealed: row.next()?,
        created_at: row.next()?,
    })
}

fn sent(row: Row) -> Result<Sent, Error> {
    let mut row = row.fields();
    Ok(Sent {
        tenant: row.next()?,
        sending: Sending {
            signature: row.next()?,
            environment: row.parse()?,
            account: Address::from_bytes(row.next()?),
            packet: row.next()?,
            last_valid_height: row.next()?,
            purpose: from_json(&row.next::<String>()?)?,
            challenge: row.next()?,
            fingerprint: row.next()?,
            source: from_json(&row.next::<String>()?)?,
            created_at: row.next()?,
            outcome: row
                .next::<Option<String>>()?
                .as_deref()
                .map(from_json)
                .transpose()?,
        },
    })
}

/// An environment as it is stored.
pub(super) fn environment(name: &str) -> Result<Environment, Error> {
    name.parse().map_err(|_| super::unknown(name))
}

pub(super) fn insert(
    connection: &mut Connection,
    tenant: TenantId,
    sending: &Sending,
) -> Result<(), Failure> {
    let json = |text: serde_json::Result<String>| text.map_err(bad_json);
    connection.execute(
        &INSERT_SENDING,
        values![
            tenant,
            &sending.signature,
            sending.environment.name(),
            sending.account.as_bytes(),
            &sending.packet,
            sending.last_valid_height,
            json(serde_json::to_string(&sending.purpose))?,
            &sending.challenge,
            &sending.fingerprint,
            json(serde_json::to_string(&sending.source))?,
            sending.created_at,
        ],
    )?;
    Ok(())
}

pub(super) fn settle(
    connection: &mut Connection,
    tenant: TenantId,
    signature: &[u8],
    outcome: &SendingOutcome,
) -> Result<(), Failure> {
    let outcome = serde_json::to_string(outcome).map_err(bad_json)?;
    exactly_one(connection.execute(&SETTLE_SENDING, values![outcome, tenant, signature])?)
}
