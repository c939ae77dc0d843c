//! Tenants of the Passkey API: one noun per file, each with its rows, how they are read and how
//! they are written.
//!
//! The tenant is the wall: its id is in every row, in every statement, and comes from the scope
//! the call was believed for. A batch is written in one savepoint of the one writer; each change
//! carries its precondition into the statement that makes it, so nothing is read to be checked.
//! What a ceremony begins is kept in memory as well ([`memory`]), so finishing it reads nothing.

pub(crate) mod account;
pub(crate) mod aggregate;
pub(crate) mod ceremony;
pub(crate) mod event;
pub(crate) mod idempotency;
pub(crate) mod member;
pub(crate) mod memory;
pub(crate) mod passkey;
pub(crate) mod record;
pub(crate) mod sending;
pub(crate) mod stamp;
pub(crate) mod transaction;
pub(crate) mod user;

pub use event::{EventFilter, EventProof};
pub use idempotency::{Attempt, Idempotent, Turn};
pub use sending::Sent;
pub use stamp::{SessionRead, Stamping};

use rules::tenant::{Event, TenantChange};
use serde::de::DeserializeOwned;
use verify::tenant::TenantScope;
use wire::id::TenantId;

use crate::record::{CONFLICT, Failure};
use crate::{Error, RecordError, Recorded, Store};

/// Everything one command on a tenant leaves behind. Recorded whole or not at all.
#[derive(Clone, Debug, PartialEq)]
pub struct TenantBatch {
    /// The revision at which the tenant was read. It must still be the same; if a change
    /// [touches](TenantChange::touches_tenant) the tenant, recording raises it by one. A batch
    /// that makes the tenant has nothing to compare it with.
    pub revision: u64,
    /// The effects, in order, each with its own precondition.
    pub changes: Vec<TenantChange>,
    /// What happened, which gets a leaf in the log. `None` where nobody in particular has only
    /// begun something.
    pub event: Option<Event>,
}

impl TenantBatch {
    /// Whether recording it raises the tenant's revision.
    fn touches_tenant(&self) -> bool {
        self.changes.iter().any(TenantChange::touches_tenant)
    }
}

impl Store {
    /// Records a batch, with a leaf in the log for its event. Returns after it is durable.
    ///
    /// # Errors
    ///
    /// [`RecordError::Conflict`] if anything the batch rests on is no longer so: the tenant's
    /// revision, or the precondition of one of its changes. Nothing is written then.
    pub async fn record_tenant(
        &self,
        scope: TenantScope,
        batch: TenantBatch,
    ) -> Result<Recorded<()>, RecordError> {
        self.record_tenant_in(scope.tenant(), batch).await
    }
}

/// A page of a list, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Which one.
    pub number: u64,
    /// How many items a page has.
    pub size: u64,
}

impl Page {
    fn offset(self) -> u64 {
        self.number.saturating_sub(1).saturating_mul(self.size)
    }
}

/// A page's items, and how many there are on all pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    /// The items of the page.
    pub items: Vec<T>,
    /// How many there are in all.
    pub total: u64,
}

impl<T> Listed<T> {
    fn nothing() -> Self {
        Self {
            items: Vec::new(),
            total: 0,
        }
    }
}

/// The precondition of a change: the one row it is about was there, as it was read.
fn exactly_one(changed: u64) -> Result<(), Failure> {
    if changed == 1 { Ok(()) } else { Err(CONFLICT) }
}

/// Whether a text can be in the store at all. PostgreSQL has no zero character in texts, so what
/// has one is not there to be found, on either database.
fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}

/// What is kept as JSON in one column.
fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(bad_json)
}

fn bad_json(error: serde_json::Error) -> Error {
    Error::Damaged(error.to_string())
}

/// Something stored under a name that this release does not know.
fn unknown(name: &str) -> Error {
    Error::Damaged(format!("{name:?} is unknown"))
}

/// A batch on its way to the writer, with the wall it must stay in.
pub(crate) struct Writing {
    pub(crate) tenant: TenantId,
    pub(crate) batch: TenantBatch,
}
