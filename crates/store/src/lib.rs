//! What is remembered.
//!
//! Organisations and their activities, tenants and their events, and the log that proves them, over
//! embedded SQLite or PostgreSQL. Reads are one query per method; writes are [`Batch`]es and
//! [`TenantBatch`]es, which commit whole or not at all and come back as [`Recorded`] with a leaf in
//! the log. I/O, but no rules: nothing here decides what
//! may happen.
//!
//! The two databases differ in `backend` and nowhere else. All SQL is written once, in the
//! subset both take, and a test prepares every statement on both.

mod activity;
mod aggregate;
mod apply;
mod backend;
mod batch;
mod cache;
mod error;
mod listing;
mod log;
mod lookup;
mod migrate;
mod record;
mod sql;
mod store;
mod tenant;
mod wallet_account;
mod writer;

#[cfg(test)]
mod tests;

pub use batch::{Batch, Recorded};
pub use error::{Error, RecordError};
pub use log::{Audit, Damage, Head, Inclusion};
pub use store::{Location, Store};
pub use tenant::{
    Attempt, EventFilter, EventProof, Idempotent, Listed, Page, Sent, SessionRead, Stamping,
    TenantBatch, Turn,
};
