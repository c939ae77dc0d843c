//! The files of the repository, as git knows them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

/// The folder with the workspace's `Cargo.toml`.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    // xtask lies directly below the root; cargo says so at build time.
    here.parent().unwrap_or(here)
}

/// A text file of the repository.
#[derive(Debug)]
pub struct File {
    /// Below the root, with `/`.
    pub path: String,
    /// The whole of it.
    pub text: String,
}

/// Every text file that is committed or could be: nothing that git ignores.
pub fn files() -> anyhow::Result<Vec<File>> {
    let listed = output(
        Command::new("git")
            .args([
                "ls-files",
                "--cached",
                "--others",
                "--exclude-standard",
                "-z",
            ])
            .current_dir(root()),
    )?;
    let paths = listed.split('\0').filter(|path| !path.is_empty());
    let read = paths.filter_map(|path| {
        // Deleted but not yet committed, or not text: neither is ours to judge.
        let text = std::fs::read_to_string(root().join(path)).ok()?;
        Some(File {
            path: path.to_owned(),
            text,
        })
    });
    Ok(read.collect())
}

/// A path below the root.
pub fn path(below: &str) -> PathBuf {
    root().join(below)
}

/// What a command prints, which must succeed.
pub fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command
        .output()
        .with_context(|| format!("cannot run {command:?}"))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {complaint}");
    String::from_utf8(output.stdout).with_context(|| format!("{command:?} printed no UTF-8"))
}

/// Runs a command that talks to the terminal itself, and must succeed.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot run {command:?}"))?;
    ensure!(status.success(), "{command:?}: {status}");
    Ok(())
}

/// The cargo that runs us.
pub fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root());
    command
}
