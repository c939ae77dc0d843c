//! What is proven on an EVM: a workspace of its own below `chains/evm`, and the contracts that it
//! puts there.

use std::path::PathBuf;
use std::process::Command;

use crate::install;
use crate::workspace::{self, cargo, output};

/// Its target folder is shared with nothing, as that of the other chain.
const TARGET: &str = "target/evm";

const FOLDER: &str = "chains/evm";

/// The tests, with the contracts compiled before them.
pub fn tests() -> anyhow::Result<Command> {
    let contracts = contracts()?;
    let mut tests = cargo();
    tests
        .args(["test", "--locked", "--no-fail-fast", "--target-dir"])
        .arg(workspace::path(TARGET))
        .env("EVM_CONTRACTS", contracts)
        .current_dir(workspace::path(FOLDER));
    Ok(tests)
}

/// The compiled contracts. Their name says what they were made of, so that nothing is fetched and
/// compiled twice, and nothing old is taken for new.
fn contracts() -> anyhow::Result<PathBuf> {
    let folder = workspace::path(FOLDER);
    let made_of = "cat package-lock.json compile.js contracts/* | sha256sum | cut -c 1-16";
    let name = output(
        Command::new("sh")
            .args(["-c", made_of])
            .current_dir(&folder),
    )?;
    let target = workspace::path(TARGET);
    let contracts = target.join(format!("contracts-{}.json", name.trim()));
    if contracts.exists() {
        return Ok(contracts);
    }
    install::node()?;
    std::fs::create_dir_all(&target)?;
    let mut packages = Command::new("npm");
    packages.args(["ci", "--ignore-scripts"]);
    workspace::run(packages.current_dir(&folder))?;
    let mut compiler = Command::new("node");
    compiler.arg("compile.js").arg(&contracts);
    workspace::run(compiler.current_dir(&folder))?;
    Ok(contracts)
}
