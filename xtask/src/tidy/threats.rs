//! Every numbered threat has its row in `docs/known-attacks.md`, and every row names tests that
//! exist, or says why there is none.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use anyhow::Context;

use super::Finding;
use crate::workspace::{self, File};

const TABLE: &str = "docs/known-attacks.md";

/// Which numbers must have a row.
const CLAIMED: [(&str, RangeInclusive<u32>); 5] = [
    ("stamps, parsing, HTTP", 1..=26),
    ("WebAuthn", 27..=46),
    ("tenancy, authorisation, quorum", 81..=97),
    ("keys at rest and in use", 98..=112),
    ("storage, durability, time", 113..=120),
];

/// What a row has instead of tests when there is none.
const WITHOUT: &str = "no test:";

/// A row of the table: number, and what its last column says.
struct Row<'a> {
    threat: u32,
    line: usize,
    proof: &'a str,
}

/// Shows which tests meet which threat.
pub fn print() -> anyhow::Result<()> {
    let files = workspace::files()?;
    let table = files
        .iter()
        .find(|file| file.path == TABLE)
        .context(TABLE)?;
    let (mut tested, mut untested) = (0, 0);
    for row in rows(table) {
        if row.proof.starts_with(WITHOUT) {
            untested += 1;
        } else {
            tested += 1;
        }
        println!("T{:<4} {}", row.threat, row.proof);
    }
    println!("\n{tested} with tests, {untested} without");
    Ok(())
}

pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let Some(table) = files.iter().find(|file| file.path == TABLE) else {
        return vec![Finding::new(TABLE, "missing")];
    };
    let tests = tests(files);
    let mut rows_seen = BTreeSet::new();
    let mut findings = Vec::new();
    for row in rows(table) {
        let place = format!("{TABLE}:{}", row.line);
        if !rows_seen.insert(row.threat) {
            findings.push(Finding::new(
                &place,
                format!("a second row for T{}", row.threat),
            ));
        }
        let named: Vec<&str> = row.proof.split('`').skip(1).step_by(2).collect();
        if named.is_empty() && !row.proof.starts_with(WITHOUT) {
            findings.push(Finding::new(
                &place,
                format!("name a test, or write `{WITHOUT} …`"),
            ));
        }
        for name in named {
            if !tests.contains(name) {
                findings.push(Finding::new(&place, format!("there is no test {name}")));
            }
        }
    }
    for (group, numbers) in CLAIMED {
        for number in numbers.filter(|number| !rows_seen.contains(number)) {
            findings.push(Finding::new(
                TABLE,
                format!("no row for T{number} ({group})"),
            ));
        }
    }
    findings
}

fn rows(table: &File) -> impl Iterator<Item = Row<'_>> {
    table.text.lines().zip(1..).filter_map(|(line, number)| {
        let columns: Vec<&str> = line
            .trim()
            .trim_matches('|')
            .split('|')
            .map(str::trim)
            .collect();
        let threat = columns.first()?.strip_prefix('T')?.parse().ok()?;
        Some(Row {
            threat,
            line: number,
            proof: columns.last()?,
        })
    })
}

/// The names of all tests: functions in Rust and Python, titles in JavaScript. A macro may run a
/// function on every database, so the attribute is not looked for.
fn tests(files: &[File]) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for file in files {
        for line in file.text.lines().map(str::trim_start) {
            if file.path.ends_with(".rs") {
                let (before, after) = line.split_once("fn ").unwrap_or((line, ""));
                // What may stand before: `async`, `pub`, or `pub(in crate::tests)`.
                if before.is_empty() || before.starts_with("pub") || before == "async " {
                    names.extend(identifier(after));
                }
            } else if file.path.ends_with(".py") {
                names.extend(line.strip_prefix("def ").and_then(identifier));
            } else if file.path.ends_with(".test.js") {
                let title = line
                    .strip_prefix("test(\"")
                    .or_else(|| line.strip_prefix("it(\""));
                names.extend(title.and_then(|rest| rest.split('"').next()));
            }
        }
    }
    names
}

fn identifier(rest: &str) -> Option<&str> {
    rest.split(|c: char| !c.is_alphanumeric() && c != '_')
        .next()
        .filter(|name| !name.is_empty())
}

#[cfg(test)]
mod checks {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_row_names_tests_that_exist_or_says_why_not() {
        let code = file(
            "crates/a/tests/a.rs",
            "#[test]\nfn t1_yes() {}\n    pub async fn t2_yes() {}\n",
        );
        let complaints = |row: &str| {
            let files = [file("crates/a/tests/a.rs", &code.text), file(TABLE, row)];
            check(&files)
                .iter()
                .filter(|f| !f.complaint.starts_with("no row"))
                .count()
        };
        assert_eq!(complaints("| T1 | a | b | `t1_yes`, `t2_yes` |"), 0);
        assert_eq!(complaints("| T1 | a | b | `t1_no` |"), 1);
        assert_eq!(
            complaints("| T1 | a | b | no test: nothing to attack yet |"),
            0
        );
        assert_eq!(complaints("| T1 | a | b | trust us |"), 1);
        assert_eq!(
            complaints("| T1 | a | b | `t1_yes` |\n| T1 | a | b | `t1_yes` |"),
            1
        );
    }

    #[test]
    fn a_claimed_number_without_a_row_is_found() {
        let findings = check(&[file(TABLE, "| T1 | a | b | no test: none |")]);
        assert_eq!(findings.len(), 26 + 20 + 17 + 15 + 8 - 1);
    }
}
