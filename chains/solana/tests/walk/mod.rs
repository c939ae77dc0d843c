//! Passkey sessions along the engine's whole walk, with a chain behind them: what is decided, paid
//! for, sent, and remembered of what came of it. In the place of a node stands the machine itself,
//! which loses, holds back or refuses what it is told to; no time passes but what tests let pass.

mod accounts;
mod boundaries;
mod crossing;
mod net;
mod once;
mod past_us;
mod person;
mod refused_answers;
mod refused_transactions;
mod server;
mod told;
mod world;
