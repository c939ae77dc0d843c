//! `zegel`: the server and the hand tool.
//!
//! One file per command in `commands`; `demo` and `bench` are stories of their own and have a
//! folder each. Everything a command prints for people has a `--json` form for machines. Exit
//! codes: 0 done, 1 failed, 2 awaiting approval, 3 refused.

mod admin;
mod bench;
mod client;
mod commands;
mod demo;
mod ethereum;
mod key_file;
mod outcome;
mod output;
mod passkey;
mod settings;
mod table;
mod throw_away;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::outcome::Outcome;
use crate::output::Output;

/// Keys that only their owners can use: passkeys and API keys stamp every request.
#[derive(Parser)]
#[command(
    name = "zegel",
    version,
    max_term_width = 100,
    after_help = "\
Start here:
  zegel serve                    run a server and follow the link it prints
  zegel init --org Acme          the same first step with an API key, for scripts
  zegel demo                     the whole story in seconds, against a throw-away server

Exit codes: 0 done, 1 failed, 2 awaiting approval, 3 refused."
)]
struct Zegel {
    /// Print JSON for machines, errors included.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Serve(commands::serve::Serve),
    Init(commands::init::Init),
    Keys(commands::keys::Keys),
    Stamp(commands::stamp::Stamp),
    Request(commands::request::Request),
    Activities(commands::activities::Activities),
    Approve(commands::vote::Approve),
    Reject(commands::vote::Reject),
    Receipt(commands::receipt::Receipt),
    Tenants(commands::tenants::Tenants),
    Users(commands::users::Users),
    Credentials(commands::credentials::Credentials),
    Transactions(commands::transactions::Transactions),
    Sessions(commands::sessions::Sessions),
    Networks(commands::networks::Networks),
    Log(commands::log::Log),
    Doctor(commands::doctor::Doctor),
    Demo(demo::Demo),
    Bench(bench::Bench),
}

/// A seventh of a signature's time went into the system's allocator; this one takes a third of it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let Zegel { json, command } = Zegel::parse();
    let out = Output::new(json);
    let done = match command {
        Command::Serve(command) => command.run(out),
        Command::Init(command) => command.run(out),
        Command::Keys(command) => command.run(out),
        Command::Stamp(command) => command.run(out),
        Command::Request(command) => command.run(out),
        Command::Activities(command) => command.run(out),
        Command::Approve(command) => command.run(out),
        Command::Reject(command) => command.run(out),
        Command::Receipt(command) => command.run(out),
        Command::Tenants(command) => command.run(out),
        Command::Users(command) => command.run(out),
        Command::Credentials(command) => command.run(out),
        Command::Transactions(command) => command.run(out),
        Command::Sessions(command) => command.run(out),
        Command::Networks(command) => command.run(out),
        Command::Log(command) => command.run(out),
        Command::Doctor(command) => command.run(out),
        Command::Demo(command) => command.run(out),
        Command::Bench(command) => command.run(out),
    };
    let outcome = done.unwrap_or_else(|error| {
        out.problem(&error);
        Outcome::of_error(&error)
    });
    outcome.into()
}
