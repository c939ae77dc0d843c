//! What requests under a key were answered, to be told again to whoever repeats them.
//!
//! These rows are no part of the tenant as a value and of no batch: they rest on nothing and leave
//! no leaf. One statement settles whose turn a key is, so of many equal requests one begins.

use wire::Timestamp;
use wire::id::TenantId;

use crate::backend::{Connection, Fault, Row, values};
use crate::record::{Failure, Writing, Written};
use crate::sql::statements;
use crate::store::unasked;
use crate::{Error, RecordError, Store};

statements! {
    // What has expired is as good as gone, and what was given up may be begun again. Anything else
    // that has the name stays as it is.
    BEGIN_REQUEST =
        "INSERT INTO idempotent_requests (tenant, name, binding, begun_at, expires_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant, name) DO UPDATE
         SET binding = excluded.binding, status = NULL, body = NULL,
             begun_at = excluded.begun_at, expires_at = excluded.expires_at
         WHERE idempotent_requests.expires_at <= excluded.begun_at
            OR (idempotent_requests.status IS NULL
                AND idempotent_requests.binding = excluded.binding
                AND idempotent_requests.begun_at <= $6)";
    SELECT_REQUEST =
        "SELECT binding, status, body FROM idempotent_requests WHERE tenant = $1 AND name = $2";
    FINISH_REQUEST =
        "UPDATE idempotent_requests SET status = $1, body = $2
         WHERE tenant = $3 AND name = $4 AND begun_at = $5 AND status IS NULL";
    RELEASE_REQUEST =
        "DELETE FROM idempotent_requests
         WHERE tenant = $1 AND name = $2 AND begun_at = $3 AND status IS NULL";
    SWEEP_REQUESTS =
        "DELETE FROM idempotent_requests WHERE (tenant, name) IN
            (SELECT tenant, name FROM idempotent_requests WHERE expires_at <= $1
             ORDER BY expires_at LIMIT $2)";
}

/// A request under a key, about to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The tenant that keys are told apart in.
    pub tenant: TenantId,
    /// The key, as the caller made it up.
    pub key: String,
    /// A hash of all that must be the same for the answer to be the same.
    pub binding: [u8; 32],
    /// Now.
    pub at: Timestamp,
    /// When the key is free again.
    pub expires_at: Timestamp,
    /// An equal request that began by then and is still under way was given up.
    pub given_up_by: Timestamp,
}

/// What there is under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Idempotent {
    /// Nothing: the request's turn has come.
    Begun(Turn),
    /// The same request, with what it was answered.
    Replay {
        /// The answer's status.
        status: u16,
        /// Its body, byte for byte.
        body: Vec<u8>,
    },
    /// Another request.
    Other,
    /// The same request, not answered yet.
    UnderWay,
}

/// The right to say what a request was answered. Only [`Store::begin_idempotent`] makes one; it is
/// void once somebody else has begun under the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    tenant: TenantId,
    key: String,
    begun_at: Timestamp,
}

/// What is written.
pub(crate) enum Step {
    Begin(Attempt),
    Finish {
        turn: Turn,
        status: u16,
        body: Vec<u8>,
    },
    Release(Turn),
    Sweep {
        now: Timestamp,
    },
}

impl Store {
    /// Begins a request under a key, or tells what there is already.
    pub async fn begin_idempotent(&self, attempt: Attempt) -> Result<Idempotent, Error> {
        match self.write(step(Step::Begin(attempt))).await {
            Ok(Written::Begun(found)) => Ok(found),
            Ok(other) => Err(unasked(&other)),
            Err(RecordError::Store(error)) => Err(error),
            // The tenant has just gone; whoever comes back will be told so.
            Err(RecordError::Conflict) => Ok(Idempotent::UnderWay),
        }
    }

    /// Keeps what a request was answered. If its turn is void nothing is kept: another has begun
    /// meanwhile, and what that one is answered counts.
    pub async fn finish_idempotent(
        &self,
        turn: Turn,
        status: u16,
        body: &[u8],
    ) -> Result<(), Error> {
        let body = body.to_vec();
        let finish = Step::Finish { turn, status, body };
        self.take_step(finish).await.map(|_| ())
    }

    /// Frees the key of a request whose answer is not worth keeping.
    pub async fn release_idempotent(&self, turn: Turn) -> Result<(), Error> {
        self.take_step(Step::Release(turn)).await.map(|_| ())
    }

    /// Deletes what is kept under keys that expired by `now`, of all tenants, and tells how many
    /// there were. A part at a time, so that nobody waits long behind it.
    pub async fn sweep_idempotent(&self, now: Timestamp) -> Result<u64, Error> {
        let mut swept = 0;
        loop {
            let part = self.take_step(Step::Sweep { now }).await?;
            swept += part;
            if part < SWEPT_AT_ONCE {
                return Ok(swept);
            }
        }
    }

    /// Writes what rests on nothing; how many rows it changed.
    async fn take_step(&self, taken: Step) -> Result<u64, Error> {
        match self.write(step(taken)).await {
            Ok(Written::Changed(count)) => Ok(count),
            Ok(other) => Err(unasked(&other)),
            Err(RecordError::Store(error)) => Err(error),
            Err(RecordError::Conflict) => Ok(0),
        }
    }
}

fn step(step: Step) -> Writing {
    Writing::Idempotency(Box::new(step))
}

/// Requests deleted in one transaction.
const SWEPT_AT_ONCE: u64 = 1_000;

/// Writes one step, inside the savepoint the writer made for it.
pub(crate) fn write(connection: &mut Connection, step: &Step) -> Result<Written, Failure> {
    Ok(match step {
        Step::Begin(attempt) => Written::Begun(begin(connection, attempt)?),
        Step::Finish { turn, status, body } => {
            Written::Changed(finish(connection, turn, *status, body)?)
        }
        Step::Release(turn) => Written::Changed(connection.execute(
            &RELEASE_REQUEST,
            values![turn.tenant, &turn.key, turn.begun_at],
        )?),
        Step::Sweep { now } => {
            Written::Changed(connection.execute(&SWEEP_REQUESTS, values![*now, SWEPT_AT_ONCE])?)
        }
    })
}

fn begin(connection: &mut Connection, attempt: &Attempt) -> Result<Idempotent, Failure> {
    let begun = connection.execute(
        &BEGIN_REQUEST,
        values![
            attempt.tenant,
            &attempt.key,
            &attempt.binding,
            attempt.at,
            attempt.expires_at,
            attempt.given_up_by,
        ],
    )?;
    if begun == 1 {
        return Ok(Idempotent::Begun(Turn {
            tenant: attempt.tenant,
            key: attempt.key.clone(),
            begun_at: attempt.at,
        }));
    }
    let rows = connection.query(&SELECT_REQUEST, values![attempt.tenant, &attempt.key])?;
    let found = rows.into_iter().next().map(|row| found(row, attempt));
    // Gone between the two statements: whoever comes back begins.
    Ok(found.transpose()?.unwrap_or(Idempotent::UnderWay))
}

fn found(row: Row, attempt: &Attempt) -> Result<Idempotent, Error> {
    let mut row = row.fields();
    let binding: [u8; 32] = row.next()?;
    let status: Option<u64> = row.next()?;
    let body: Option<Vec<u8>> = row.next()?;
    if binding != attempt.binding {
        return Ok(Idempotent::Other);
    }
    let Some(status) = status else {
        return Ok(Idempotent::UnderWay);
    };
    let damaged = || Error::Damaged("an answer kept under a key".to_owned());
    Ok(Idempotent::Replay {
        status: u16::try_from(status).map_err(|_| damaged())?,
        body: body.ok_or_else(damaged)?,
    })
}

fn finish(
    connection: &mut Connection,
    turn: &Turn,
    status: u16,
    body: &[u8],
) -> Result<u64, Fault> {
    connection.execute(
        &FINISH_REQUEST,
        values![
            u64::from(status),
            body,
            turn.tenant,
            &turn.key,
            turn.begun_at,
        ],
    )
}
