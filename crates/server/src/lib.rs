//! The front doors: HTTP, pages, configuration, telemetry, and the life of a server from its
//! first file to its last request.

pub mod aaguids;
pub mod admin_token;
pub mod admin_url;
pub mod config;
mod connections;
mod courier;
pub mod data_dir;
pub mod first_step;
pub mod http;
pub mod keys;
pub mod outbound;
mod pages;
pub mod rate_limit;
pub mod serve;
pub mod solana;
pub mod telemetry;
pub mod trust;

pub use config::Config;
pub use pages::words::of_digest as digest_words;
pub use serve::{Greeting, Opened, Server, open};
