//! The bodies, each given an empty store.

mod finding;
mod log;
mod organisations;
mod recording;
mod tenants;

pub(super) use finding::*;
pub(super) use log::*;
pub(super) use organisations::*;
pub(super) use recording::*;
pub(super) use tenants::*;
