//! The vault from outside, as engine and CLI see it.

mod addresses;
mod ceremony;
mod evidence;
#[cfg(target_os = "linux")]
mod own_memory;
mod payer;
mod payload;
mod sealing;
mod secrecy;
mod signing;
mod stamps;
mod support;
mod tokens;
mod transaction;
mod user_operations;
