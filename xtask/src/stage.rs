//! The stages of `cargo xtask test`.

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::bail;
use clap::ValueEnum;

use crate::postgres::Cluster;
use crate::runner::{self, Tally};
use crate::workspace::{self, cargo};
use crate::zegel::{self, Place};
use crate::{chains, crash, evm, install, lint};

/// A part of the tests that can be run alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    /// Every test of the workspace, and the examples in its documentation.
    Unit,
    /// The published npm clients in Node.js.
    Node,
    /// The published npm clients in Chromium.
    Browser,
    /// The published npm client of passkey sessions in Node.js and Chromium.
    Grid,
    /// The pages in Chromium.
    Pages,
    /// The published Python client.
    Python,
    /// The published Rust client.
    Rust,
    /// Solana's virtual machine; takes minutes to build the first time.
    Chains,
    /// The published npm client of passkey sessions, from its calls and pages to a Solana chain.
    OnChain,
    /// An EVM, and the contracts that check passkey signatures on it.
    Evm,
    /// kill -9 under load, twenty times on SQLite and five on PostgreSQL; two tests.
    Crash,
    /// Format, clippy, rustdoc and tidy; four tests.
    Lint,
    /// The five with published clients.
    Compat,
    /// All of them.
    All,
}

impl Stage {
    fn parts(self) -> &'static [Stage] {
        use Stage::{
            All, Browser, Chains, Compat, Crash, Evm, Grid, Lint, Node, OnChain, Pages, Python,
            Rust, Unit,
        };
        match self {
            All => &[
                Unit, Node, Browser, Grid, Pages, Python, Rust, Chains, OnChain, Evm, Crash, Lint,
            ],
            Compat => &[Node, Browser, Grid, Python, Rust],
            Unit => &[Unit],
            Node => &[Node],
            Browser => &[Browser],
            Grid => &[Grid],
            Pages => &[Pages],
            Python => &[Python],
            Rust => &[Rust],
            Chains => &[Chains],
            OnChain => &[OnChain],
            Evm => &[Evm],
            Crash => &[Crash],
            Lint => &[Lint],
        }
    }

    fn run(self) -> anyhow::Result<Tally> {
        match self {
            Self::Unit => unit(),
            Self::Node => against_a_server(npm("compat/node", "test")?),
            Self::Browser => {
                install::chromium()?;
                against_a_server(npm("compat/browser", "test")?)
            }
            Self::Grid => {
                install::chromium()?;
                against_a_server(npm("compat/grid", "test")?)
            }
            Self::Pages => {
                install::chromium()?;
                runner::run(&mut pages()?)
            }
            Self::Python => against_a_server(python()?),
            Self::Rust => against_a_server(rust()),
            Self::Chains => runner::run(&mut chains::tests()?),
            Self::OnChain => on_chain(),
            Self::Evm => runner::run(&mut evm::tests()?),
            Self::Crash => {
                install::postgres()?;
                let mut tally = crash(&crash::Options::default());
                tally += crash(&crash::Options::on_postgres());
                Ok(tally)
            }
            Self::Lint => Ok(lint::tally()),
            Self::Compat | Self::All => bail!("{self:?} is not one stage but several"),
        }
    }
}

/// Runs the stages, each even if one before it failed, and closes with the total.
pub fn run(chosen: &[Stage]) -> ExitCode {
    let mut stages: Vec<Stage> = chosen
        .iter()
        .flat_map(|stage| stage.parts())
        .copied()
        .collect();
    stages.dedup();
    let mut lines = Vec::new();
    let mut total = Tally::default();
    for stage in stages {
        eprintln!("── {stage:?}");
        let began = Instant::now();
        let tally = stage.run().unwrap_or_else(|error| {
            eprintln!("{stage:?}: {error:#}");
            Tally::FAILED
        });
        let Tally { passed, failed } = tally;
        let seconds = began.elapsed().as_secs();
        lines.push(format!(
            "  {stage:<8?} {passed:>5} passed {failed:>4} failed {seconds:>5} s"
        ));
        total += tally;
    }
    let Tally { passed, failed } = total;
    println!("\n{}\n\n{passed} passed, {failed} failed", lines.join("\n"));
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn unit() -> anyhow::Result<Tally> {
    install::nextest()?;
    install::postgres()?;
    let tests = ["nextest", "run", "--workspace", "--no-fail-fast"];
    let mut tally = runner::run(cargo().args(tests))?;
    let examples = ["test", "--doc", "--workspace", "--no-fail-fast"];
    tally += runner::run(cargo().args(examples))?;
    Ok(tally)
}

fn crash(options: &crash::Options) -> Tally {
    match crash::run(options) {
        Ok(report) => {
            println!("{report}");
            Tally::PASSED
        }
        Err(error) => {
            println!("{error:#}");
            Tally::FAILED
        }
    }
}

/// Each stage gets a server of its own, so that none leans on what another left behind.
fn against_a_server(mut tests: Command) -> anyhow::Result<Tally> {
    let place = Place::new(&zegel::build()?, None)?;
    let server = place.serve()?;
    tests.env("ZEGEL_URL", &server.url);
    tests.env("ZEGEL_ORGANISATION_ID", &place.organisation);
    tests.env("ZEGEL_API_PUBLIC_KEY", &place.public_key);
    tests.env("ZEGEL_API_PRIVATE_KEY", &place.private_key);
    tests.env("ZEGEL_ADMIN_URL", &server.admin_url);
    tests.env("ZEGEL_ADMIN_TOKEN", &server.admin_token);
    runner::run(&mut tests)
}

fn npm(folder: &str, script: &str) -> anyhow::Result<Command> {
    install::node()?;
    let folder = workspace::path(folder);
    workspace::run(Command::new("npm").arg("ci").current_dir(&folder))?;
    let mut tests = Command::new("npm");
    tests.args(["run", "--silent", script]).current_dir(folder);
    Ok(tests)
}

/// These tests start servers and chains of their own, since they kill them.
fn on_chain() -> anyhow::Result<Tally> {
    install::chromium()?;
    install::postgres()?;
    let mut tests = npm("compat/grid", "test:chain")?;
    tests.env("ZEGEL", zegel::build()?);
    tests.env("ZEGEL_SOLANA_RPC", chains::node()?);
    tests.env("SHOTS", pictures()?);
    let cluster = Cluster::start()?;
    tests.env("ZEGEL_TEST_DATABASE", cluster.url());
    runner::run(&mut tests)
}

/// The pages' tests borrow the driver of the clients' and start servers of their own. What the
/// pages look like lies in `target/screenshots` afterwards.
fn pages() -> anyhow::Result<Command> {
    npm("compat/browser", "test")?;
    let mut tests = Command::new("node");
    tests.args(["--test", "--test-concurrency=1", "--test-reporter=spec"]);
    tests.arg("crates/cli/tests/page/");
    tests.current_dir(workspace::root());
    tests.env("ZEGEL", zegel::build()?);
    tests.env("SHOTS", pictures()?);
    Ok(tests)
}

fn pictures() -> anyhow::Result<PathBuf> {
    let pictures = workspace::path("target/screenshots");
    std::fs::create_dir_all(&pictures)?;
    Ok(pictures)
}

/// The virtual environment lies in `target`, where `cargo clean` finds it.
fn python() -> anyhow::Result<Command> {
    install::python()?;
    let environment = workspace::path("target/compat-python");
    workspace::run(
        Command::new("python3")
            .args(["-m", "venv"])
            .arg(&environment),
    )?;
    let python = environment.join("bin/python");
    let folder = workspace::path("compat/python");
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--require-hashes",
        "-r",
        "requirements.txt",
    ];
    workspace::run(Command::new(&python).args(pip).current_dir(&folder))?;
    let mut tests = Command::new(python);
    tests.args(["-m", "unittest", "-v"]).current_dir(folder);
    Ok(tests)
}

/// A workspace of its own; its build shares nothing with ours but the folder.
fn rust() -> Command {
    let mut tests = cargo();
    tests
        .args(["test", "--locked", "--target-dir"])
        .arg(workspace::path("target/compat"));
    tests.current_dir(workspace::path("compat/rust"));
    tests
}
