//! One file per command.

pub mod activities;
pub mod doctor;
pub mod init;
pub mod keys;
pub mod log;
pub mod receipt;
pub mod request;
pub mod serve;
pub mod stamp;
pub mod vote;
