//! What the compiler's friends say. Warnings are errors.

use anyhow::ensure;

use crate::runner::Tally;
use crate::tidy;
use crate::workspace::{cargo, run as command};

/// All of them, each even if one before it failed; fails with their names.
pub fn run() -> anyhow::Result<()> {
    let failed = failures();
    ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
    Ok(())
}

/// The same as tests.
pub fn tally() -> Tally {
    let (all, failed) = (CHECKS.len(), failures().len());
    // Four checks.
    let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    Tally {
        passed: count(all - failed),
        failed: count(failed),
    }
}

fn failures() -> Vec<&'static str> {
    let failed = CHECKS.into_iter().filter(|(name, check)| {
        eprintln!("── {name}");
        check().inspect_err(|error| eprintln!("{error:#}")).is_err()
    });
    failed.map(|(name, _)| name).collect()
}

fn format() -> anyhow::Result<()> {
    command(cargo().args(["fmt", "--all", "--check"]))
}

fn clippy() -> anyhow::Result<()> {
    command(cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

fn rustdoc() -> anyhow::Result<()> {
    let all = [
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
    ];
    // Help texts of the command line are doc comments, and say `<name>` and addresses as they are.
    let flags = "-D warnings -A rustdoc::bare_urls -A rustdoc::invalid_html_tags";
    command(cargo().args(all).env("RUSTDOCFLAGS", flags))
}

type Check = fn() -> anyhow::Result<()>;

const CHECKS: [(&str, Check); 4] = [
    ("format", format),
    ("clippy", clippy),
    ("rustdoc", rustdoc),
    ("tidy", tidy::run),
];
