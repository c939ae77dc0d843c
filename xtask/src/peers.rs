//! `cargo xtask bench-peers`: how long we take to verify a passkey's assertion, and how long
//! others take, in one run on one machine.
//!
//! Programs below `compat/peers` do the measuring: one in Rust, where all contestants take turns
//! in one process, and one in Node.js. They are run alternately, and the fastest counts, for that
//! was disturbed least.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use clap::Args;
use serde_json::{Value, json};

use crate::install;
use crate::workspace::{self, cargo};

/// How to measure.
#[derive(Args)]
pub struct Options {
    /// How often each program is run.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    runs: u32,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Verifications a second.
struct Rate {
    name: String,
    per_second: f64,
}

/// Measures everything and gives the table.
pub fn run(options: &Options) -> anyhow::Result<String> {
    install::openssl()?;
    install::node()?;
    let node = workspace::path("compat/peers/node");
    workspace::run(Command::new("npm").arg("ci").current_dir(&node))?;
    workspace::run(&mut rust("build"))?;
    let mut best: Vec<Rate> = Vec::new();
    for turn in 1..=options.runs {
        eprintln!("── run {turn} of {}", options.runs);
        let told = measure(&mut rust("run"), &Value::Null)?;
        let mut theirs = Command::new("node");
        theirs.arg("verify-authentication.mjs").current_dir(&node);
        let in_node = measure(&mut theirs, &told["fixture"])?;
        for rate in rates(&told)?.into_iter().chain(rates(&in_node)?) {
            keep_fastest(&mut best, rate);
        }
    }
    let raw = best.first().context("no rates")?.per_second;
    let ours = best.get(1).context("no rate of ours")?.per_second;
    Ok(if options.json {
        let rates = best.iter().map(|Rate { name, per_second }| {
            json!({
                "name": name,
                "perSecond": per_second,
                "shareOfRaw": per_second / raw,
                "zegelTimes": ours / per_second,
            })
        });
        json!(rates.collect::<Vec<_>>()).to_string()
    } else {
        table(&best, raw, ours)
    })
}

/// Ours, and the peers in Rust. It shares `target` with the workspace: most of what it needs was
/// built for the server.
fn rust(what: &str) -> Command {
    let mut command = cargo();
    command
        .args([what, "--release", "--locked", "--quiet", "--manifest-path"])
        .arg(workspace::path("compat/peers/rust/Cargo.toml"))
        .arg("--target-dir")
        .arg(workspace::path("target"));
    command
}

/// Runs a program on a fixture and reads what it prints.
fn measure(command: &mut Command, fixture: &Value) -> anyhow::Result<Value> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {command:?}"))?;
    let mut stdin = child.stdin.take().context("a piped standard input")?;
    // A program that wants no fixture may have closed its end.
    let _ = stdin.write_all(fixture.to_string().as_bytes());
    drop(stdin);
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "{command:?}: {}", output.status);
    serde_json::from_slice(&output.stdout).context("what a program printed")
}

fn rates(told: &Value) -> anyhow::Result<Vec<Rate>> {
    let rates = told["rates"].as_array().context("rates")?.iter();
    let read = |rate: &Value| {
        Some(Rate {
            name: rate["name"].as_str()?.to_owned(),
            per_second: rate["perSecond"].as_f64()?,
        })
    };
    rates
        .map(|rate| read(rate).context("a name and a rate"))
        .collect()
}

fn keep_fastest(best: &mut Vec<Rate>, rate: Rate) {
    match best.iter_mut().find(|known| known.name == rate.name) {
        Some(known) => known.per_second = known.per_second.max(rate.per_second),
        None => best.push(rate),
    }
}

fn table(best: &[Rate], raw: f64, ours: f64) -> String {
    let rows = best.iter().map(|Rate { name, per_second }| {
        let (share, times) = (100.0 * per_second / raw, ours / per_second);
        format!("{name:<40} {per_second:>8.0}/s {share:>8.0} % {times:>8.1} ×")
    });
    let head = format!(
        "{:<40} {:>10} {:>10} {:>10}",
        "one ES256 assertion, one core", "verified", "of raw", "zegel is"
    );
    let lines: Vec<String> = std::iter::once(head).chain(rows).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(name: &str, per_second: f64) -> Rate {
        Rate {
            name: name.to_owned(),
            per_second,
        }
    }

    #[test]
    fn the_fastest_run_of_each_counts() {
        let mut best = Vec::new();
        for (name, per_second) in [("raw", 3.0), ("ours", 1.0), ("ours", 2.0), ("raw", 1.0)] {
            keep_fastest(&mut best, rate(name, per_second));
        }
        let kept: Vec<_> = best.iter().map(|rate| rate.per_second).collect();
        assert_eq!(kept, [3.0, 2.0]);
    }

    #[test]
    fn the_table_compares_with_raw_and_with_ours() {
        let best = [
            rate("raw", 200.0),
            rate("ours", 150.0),
            rate("theirs", 50.0),
        ];
        let table = table(&best, 200.0, 150.0);
        let last: Vec<_> = table.lines().last().unwrap().split_whitespace().collect();
        assert_eq!(last, ["theirs", "50/s", "25", "%", "3.0", "×"]);
    }
}
