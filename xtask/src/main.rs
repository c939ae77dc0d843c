//! `cargo xtask`: what a developer and CI run.
//!
//! `test` installs what the tests need and runs them, `tidy` keeps the rules of the house, `lint`
//! asks the compiler's friends, `crash` kills a server under load and looks at what is left,
//! `bench-peers` compares with others.

mod chains;
mod crash;
mod evm;
mod install;
mod lint;
mod peers;
mod postgres;
mod runner;
mod stage;
mod tidy;
mod workspace;
mod zegel;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::stage::Stage;

/// Tests, tidiness and crashes.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", max_term_width = 100)]
struct Xtask {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what the tests need and run them; the last line is the total.
    Test {
        /// Which ones.
        #[arg(value_enum, default_value = "all")]
        stages: Vec<Stage>,
    },
    /// Compare the code with the rules of the house.
    Tidy,
    /// Show in which tests each numbered threat is met.
    Threats,
    /// Format, clippy, rustdoc and tidy; warnings are errors.
    Lint,
    /// Hold what we say about Solana and about contracts against their machines: `test chains evm`.
    TestChains,
    /// Compile the verifier that Solana's machine runs; needed after a change of its source only.
    BuildVerifier,
    /// Kill a server under load, start it again, and look for anything lost or done twice.
    Crash(crash::Options),
    /// Verify a passkey's assertion as often as can be, and let others verify it beside us.
    BenchPeers(peers::Options),
}

fn main() -> ExitCode {
    let done = match Xtask::parse().command {
        // Says itself what failed, in its last line.
        Command::Test { stages } => return stage::run(&stages),
        Command::TestChains => return stage::run(&[Stage::Chains, Stage::Evm]),
        Command::BuildVerifier => chains::build_verifier(),
        Command::Tidy => tidy::run(),
        Command::Threats => tidy::threats::print(),
        Command::Lint => lint::run(),
        Command::Crash(options) => crash::run(&options).map(|report| println!("{report}")),
        Command::BenchPeers(options) => peers::run(&options).map(|table| println!("{table}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
