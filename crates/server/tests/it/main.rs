//! The server from outside: real stamps, real bodies, the real router over the real store.

mod activities;
mod admin;
mod bound_keys;
mod catalogue;
mod consensus;
mod credentials;
mod every_store;
mod hostile;
mod http;
mod passkeys;
mod raw;
mod receipts;
mod replay;
mod session_lists;
mod session_stamps;
mod sessions;
mod sessions_crossed;
mod sessions_evm;
mod sessions_idempotency;
mod sessions_passkeys;
mod signing;
mod stores;
mod strict;
mod support;
mod tenants;
mod walls;
