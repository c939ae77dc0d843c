//! The binary from outside: what it prints, what it leaves on the disk, how it ends.

mod approvals;
mod failing_disk;
mod first_step;
mod help;
mod life;
mod postgres;
mod receipts;
mod secrecy;
mod sessions;
mod solana;
mod stamps;
mod stories;
mod support;
mod tenants;
