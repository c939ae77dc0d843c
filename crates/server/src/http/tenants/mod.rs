//! The Passkey API: registration, login and transactions of tenants' users.

pub mod cors;
pub mod page;
