//! One file per command.

pub mod activities;
pub mod credentials;
pub mod doctor;
pub mod init;
pub mod keys;
pub mod log;
pub mod networks;
pub mod receipt;
pub mod request;
pub mod serve;
pub mod sessions;
pub mod stamp;
pub mod tenants;
pub mod transactions;
pub mod users;
pub mod vote;
