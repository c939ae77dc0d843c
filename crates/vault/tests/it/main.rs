//! The vault from outside, as engine and CLI see it.

mod addresses;
mod evidence;
mod payload;
mod sealing;
mod secrecy;
mod signing;
mod stamps;
mod support;
mod transaction;
