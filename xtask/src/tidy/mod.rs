//! The rules of the house that no compiler keeps.
//!
//! Runs as `cargo xtask tidy` and as a test of this crate. A rule that stops being right is
//! changed here and in `ARCHITECTURE.md`, in one commit.

mod arrows;
mod bans;
mod dependencies;
mod publishing;
mod shape;
pub mod threats;
mod walls;

use std::fmt;

use anyhow::ensure;

use crate::workspace::{self, File};

/// One thing that is not as it should be.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    /// A path below the root, with a line if there is one.
    place: String,
    /// What is wrong, and what to do instead.
    complaint: String,
}

impl Finding {
    fn new(place: impl Into<String>, complaint: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            complaint: complaint.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.complaint)
    }
}

/// Checks everything and lists all that is wrong.
pub fn run() -> anyhow::Result<()> {
    let files = workspace::files()?;
    let mut findings = arrows::check()?;
    findings.extend(bans::check(&files));
    findings.extend(dependencies::check()?);
    findings.extend(publishing::check(&files));
    findings.extend(shape::check(&files));
    findings.extend(threats::check(&files));
    findings.extend(walls::check(&files));
    for finding in &findings {
        eprintln!("{finding}");
    }
    ensure!(findings.is_empty(), "{} findings", findings.len());
    Ok(())
}

/// The lines of a file that ship, with their numbers: what stands below `#[cfg(test)]` does not.
fn shipped(file: &File) -> impl Iterator<Item = (usize, &str)> {
    let lines = file
        .text
        .lines()
        .zip(1..)
        .map(|(line, number)| (number, line));
    lines.take_while(|(_, line)| line.trim() != "#[cfg(test)]")
}

/// Rust that ends up in the binary.
fn is_shipped_rust(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    path.ends_with(".rs")
        && matches!(parts.as_slice(), ["crates", name, "src", ..] if *name != "testkit")
        && !parts
            .iter()
            .any(|part| matches!(*part, "tests" | "tests.rs" | "fixtures.rs"))
}

/// Whether `word` stands in a line by itself and not inside a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_of_the_house_hold() {
        run().unwrap();
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("use tokio::time;", "tokio"));
        assert!(!has_word("tokio_postgres", "tokio"));
    }

    #[test]
    fn what_only_tests_compile_does_not_ship() {
        for (path, ships) in [
            ("crates/wire/src/id.rs", true),
            ("crates/wire/src/stamp/tests.rs", false),
            ("crates/store/src/tests/bodies.rs", false),
            ("crates/verify/tests/w3c.rs", false),
            ("crates/testkit/src/keys.rs", false),
            ("xtask/src/main.rs", false),
        ] {
            assert_eq!(is_shipped_rust(path), ships, "{path}");
        }
        let file = File {
            path: String::new(),
            text: "a\n#[cfg(test)]\nb\n".to_owned(),
        };
        assert_eq!(shipped(&file).collect::<Vec<_>>(), [(1, "a")]);
    }
}
