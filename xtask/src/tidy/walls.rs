//! What may be said where: SQL, databases, HTTP, the outside, public shapes.

use super::{Finding, has_word, is_shipped_rust, shipped};
use crate::workspace::File;

/// A word that only some places may use.
struct Wall {
    words: &'static [&'static str],
    /// Where the rule looks.
    watched: &'static [&'static str],
    /// Where the words are at home.
    home: &'static [&'static str],
    complaint: &'static str,
}

const PURE: &[&str] = &[
    "crates/wire/src/",
    "crates/verify/src/",
    "crates/rules/src/",
    "crates/vault/src/",
];

const WALLS: &[Wall] = &[
    Wall {
        words: &[
            "INSERT INTO",
            "DELETE FROM",
            "CREATE TABLE",
            "SELECT COUNT",
            "ON CONFLICT",
        ],
        watched: &["crates/"],
        home: &["crates/store/"],
        complaint: "SQL lives in `store`",
    },
    Wall {
        words: &["rusqlite", "postgres::", "tokio_postgres"],
        watched: &["crates/"],
        // The log names the client of one to quieten it.
        home: &[
            "crates/store/src/backend/",
            "crates/server/src/telemetry.rs",
        ],
        complaint: "only `store/src/backend` knows which database",
    },
    Wall {
        words: &["axum", "hyper", "StatusCode"],
        watched: &["crates/"],
        // The shop of the demonstration is a customer, with a web server of its own.
        home: &["crates/server/", "crates/cli/src/demo/shop/counter.rs"],
        complaint: "only `server` knows HTTP",
    },
    Wall {
        words: &[
            "tokio",
            "std::fs",
            "std::env",
            "std::net",
            "std::process",
            "SystemTime",
            "Instant",
            "SystemRandom",
            "OsRng",
            "thread_rng",
            "getrandom",
        ],
        watched: PURE,
        home: &[],
        complaint: "this room is pure: no files, clock, environment, network or randomness",
    },
    Wall {
        words: &[
            "static mut",
            "lazy_static",
            "thread_local",
            "OnceLock",
            "LazyLock",
        ],
        watched: &["crates/"],
        home: &[],
        complaint: "no global state",
    },
    Wall {
        words: &["Serialize"],
        watched: &["crates/"],
        home: SERIALIZED,
        complaint: "only `wire` derives Serialize for public shapes",
    },
];

/// Where `Serialize` is at home, and why.
const SERIALIZED: &[&str] = &[
    "crates/wire/",
    // The form in which outcomes are stored; renderings are the families'.
    "crates/rules/src/outcome.rs",
    "crates/rules/src/refusal.rs",
    // A tenant's configuration, ceremonies and terms are kept as JSON, each in one column.
    "crates/rules/src/tenant/",
    // The record behind a leaf's commitment, read by nobody but the store.
    "crates/store/src/log/entries.rs",
    // The key file: this tool's own.
    "crates/cli/src/key_file.rs",
];

pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let rust = files.iter().filter(|file| is_shipped_rust(&file.path));
    rust.flat_map(|file| WALLS.iter().flat_map(|wall| wall.breaches(file)))
        .collect()
}

impl Wall {
    fn breaches(&self, file: &File) -> Vec<Finding> {
        let below = |folders: &[&str]| folders.iter().any(|folder| file.path.starts_with(folder));
        if !below(self.watched) || below(self.home) {
            return Vec::new();
        }
        let code = shipped(file).filter(|(_, line)| !line.trim_start().starts_with("//"));
        let said = code.filter_map(|(number, line)| {
            let word = self.words.iter().find(|word| says(line, word))?;
            let place = format!("{}:{number}", file.path);
            Some(Finding::new(place, format!("{word:?}: {}", self.complaint)))
        });
        said.collect()
    }
}

fn says(line: &str, word: &str) -> bool {
    // A word that ends in a colon continues by nature.
    if word.ends_with(':') {
        line.contains(word)
    } else {
        has_word(line, word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, line: &str) -> usize {
        check(&[File {
            path: path.to_owned(),
            text: line.to_owned(),
        }])
        .len()
    }

    #[test]
    fn words_are_found_outside_their_home_only() {
        for (path, line, expected) in [
            (
                "crates/engine/src/query.rs",
                "let sql = \"DELETE FROM users\";",
                1,
            ),
            (
                "crates/store/src/apply.rs",
                "let sql = \"DELETE FROM users\";",
                0,
            ),
            ("crates/store/src/apply.rs", "use rusqlite::Row;", 1),
            (
                "crates/store/src/backend/sqlite.rs",
                "use rusqlite::Row;",
                0,
            ),
            (
                "crates/rules/src/decide.rs",
                "let now = SystemTime::now();",
                1,
            ),
            ("crates/rules/src/decide.rs", "// not SystemTime", 0),
            (
                "crates/engine/src/clock.rs",
                "let now = SystemTime::now();",
                0,
            ),
            ("crates/rules/src/user.rs", "#[derive(Clone, Serialize)]", 1),
            (
                "crates/rules/src/outcome.rs",
                "#[derive(Clone, Serialize)]",
                0,
            ),
            ("crates/engine/src/error.rs", "StatusCode::NOT_FOUND", 1),
            ("crates/vault/tests/it/secrecy.rs", "use std::fs::File;", 0),
        ] {
            assert_eq!(findings(path, line), expected, "{path}: {line}");
        }
    }
}
