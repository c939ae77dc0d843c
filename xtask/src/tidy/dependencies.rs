//! Bans and licences of `deny.toml`, for everything that is built here.
//!
//! `cargo deny check` reads the same file and says more; installing it takes longer than the rest
//! of the checks together, and these two lists are what a new dependency is likely to break.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::Finding;
use crate::workspace::{self, cargo, output};

pub(super) fn check() -> anyhow::Result<Vec<Finding>> {
    let rules: Table = std::fs::read_to_string(workspace::path("deny.toml"))?.parse()?;
    let tree = [
        "tree",
        "--workspace",
        "--edges",
        "normal,build,dev",
        "--prefix",
        "none",
    ];
    // What is built, unlike the lock file, which also lists what features leave out.
    let tree = output(cargo().args(tree).args(["--format", "{p}|{l}"]))?;
    Ok(judge(&rules, &tree))
}

fn judge(rules: &Table, tree: &str) -> Vec<Finding> {
    let banned: BTreeMap<&str, &str> = list(rules, "bans", "deny")
        .filter_map(|entry| {
            Some((
                entry.get("crate")?.as_str()?,
                entry.get("reason")?.as_str()?,
            ))
        })
        .collect();
    let allowed: Vec<&str> = list(rules, "licenses", "allow")
        .filter_map(Value::as_str)
        .collect();
    let built: BTreeMap<&str, &str> = tree
        .lines()
        .filter_map(|line| line.split_once('|'))
        .collect();
    let mut findings = Vec::new();
    for (package, licence) in built {
        let name = package.split(' ').next().unwrap_or_default();
        if let Some(reason) = banned.get(name) {
            findings.push(Finding::new(
                "Cargo.lock",
                format!("{name} is banned: {reason}"),
            ));
        }
        let licence = licence.trim_end_matches(" (*)");
        if !permits(licence, &allowed) {
            findings.push(Finding::new(
                "Cargo.lock",
                format!("{package}: licence {licence:?}"),
            ));
        }
    }
    findings
}

fn list<'a>(rules: &'a Table, section: &str, member: &str) -> impl Iterator<Item = &'a Value> {
    let list = rules
        .get(section)
        .and_then(|section| section.get(member)?.as_array());
    list.into_iter().flatten()
}

/// Whether an SPDX expression can be satisfied with allowed licences. `/` is an old way to write
/// `OR`; `AND` binds closer.
fn permits(expression: &str, allowed: &[&str]) -> bool {
    let expression = expression.replace('/', " OR ");
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace(" WITH ", "~");
    let mut words = spaced.split_whitespace().peekable();
    let holds = alternatives(&mut words, allowed);
    holds && words.next().is_none()
}

type Words<'a, 'b> = std::iter::Peekable<std::str::SplitWhitespace<'b>>;

fn alternatives(words: &mut Words<'_, '_>, allowed: &[&str]) -> bool {
    let mut holds = conjunction(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        holds |= conjunction(words, allowed);
    }
    holds
}

fn conjunction(words: &mut Words<'_, '_>, allowed: &[&str]) -> bool {
    let mut holds = licence(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        holds &= licence(words, allowed);
    }
    holds
}

fn licence(words: &mut Words<'_, '_>, allowed: &[&str]) -> bool {
    match words.next() {
        Some("(") => alternatives(words, allowed) && words.next() == Some(")"),
        Some(name) => allowed.contains(&name.replace('~', " WITH ").as_str()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_are_read_as_expressions() {
        let allowed = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"];
        for (expression, expected) in [
            ("MIT", true),
            ("GPL-3.0", false),
            ("MIT OR GPL-3.0", true),
            ("MIT/GPL-3.0", true),
            ("MIT AND GPL-3.0", false),
            ("ISC AND (GPL-3.0 OR MIT)", true),
            ("ISC AND (GPL-3.0 OR MPL-2.0)", false),
            ("GPL-3.0 OR MIT AND ISC", true),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("Apache-2.0", false),
            ("", false),
            ("MIT MIT", false),
        ] {
            assert_eq!(permits(expression, &allowed), expected, "{expression}");
        }
    }

    #[test]
    fn a_banned_crate_is_found_with_its_reason() {
        let rules = "[bans]\ndeny = [{ crate = \"ring\", reason = \"one library\" }]\n\
                     [licenses]\nallow = [\"MIT\"]";
        let tree = "wire v0.1.0|MIT\nring v0.17.14|MIT (*)\n\n";
        let findings = judge(&rules.parse().unwrap(), tree);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].complaint.ends_with("one library"));
    }
}
